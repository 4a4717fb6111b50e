//! PROXY and XCLIENT, from named neighbours and from others.

use passerelle::smtp::server::{Closed, Decision, Decisions, Network, Settings, TlsPolicy};

use crate::talk::{Talk, settings};

fn networks(names: &[&str]) -> Vec<Network> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn from(address: &str, settings: Settings) -> Talk {
    Talk::from(settings, address, Box::new(|_| Some(Decision::Accept)))
}

fn behind_proxy() -> Settings {
    Settings { proxy_from: networks(&["10.0.0.0/8"]), ..settings() }
}

#[test]
fn proxy_header() {
    for split in 0.."PROXY TCP4 203.0.113.9 198.51.100.7 40000 25\r\n".len() {
        let mut talk = from("10.1.2.3:5000", behind_proxy());
        assert_eq!(talk.read(), "");
        let header = "PROXY TCP4 203.0.113.9 198.51.100.7 40000 25\r\n";
        let (one, two) = header.split_at(split);
        assert_eq!(talk.send(one) + &talk.send(two), "220 mx.example.com ESMTP\r\n");
        let peer = talk.server.peer();
        assert_eq!(peer.address, Some("203.0.113.9:40000".parse().unwrap()));
        assert_eq!(peer.local, Some("198.51.100.7:25".parse().unwrap()));
        assert_eq!(peer.connection, Some("10.1.2.3:5000".parse().unwrap()));
    }
}

#[test]
fn a_neighbour_without_header() {
    for octets in ["EHLO a.example\r\n", "PROXY NONSENSE\r\n", "\r\n\r\n\0\r\nQUIT\nx"] {
        let mut talk = from("10.1.2.3:5000", behind_proxy());
        assert_eq!(talk.send(octets), "");
        assert_eq!(talk.closed, Some(Closed::NoProxyHeader));
    }
}

/// From others it is no command, and they stay who they are. The session ends: what comes behind the header was said before the
/// greeting.
#[test]
fn others_are_not_believed() {
    let mut talk = from("11.1.2.3:5000", behind_proxy());
    talk.read();
    let reply = talk.send("PROXY TCP4 127.0.0.1 198.51.100.7 40000 25\r\n");
    assert_eq!(reply, "554 5.5.1 This is SMTP, not a PROXY header\r\n");
    assert_eq!(talk.server.peer().address, Some("11.1.2.3:5000".parse().unwrap()));
    let mut talk = from("11.1.2.3:5000", Settings { xclient_from: networks(&["10.0.0.0/8"]), ..settings() });
    assert!(!talk.send("EHLO a.example\r\n").contains("XCLIENT"));
    assert_eq!(talk.send("XCLIENT ADDR=127.0.0.1\r\n"), "550 5.7.0 You may not use XCLIENT\r\n");
}

/// The greeting comes behind the header, and TLS between them.
#[test]
fn before_implicit_tls() {
    let tls = TlsPolicy { implicit: true, required: false };
    let mut talk = from("10.1.2.3:5000", Settings { tls, ..behind_proxy() });
    assert_eq!(talk.send("PROXY TCP4 203.0.113.9 198.51.100.7 40000 465\r\n"), "");
    assert_eq!(talk.secure(), "220 mx.example.com ESMTP\r\n");
}

#[test]
fn xclient() {
    let decisions = Decisions { connect: true, message: true, ..Decisions::default() };
    let xclient_from = networks(&["10.0.0.0/8"]);
    let mut talk =
        from("10.1.2.3:5000", Settings { decisions, xclient_from, relay_for_authenticated: true, ..settings() });
    talk.run(
        "S: 220 mx.example.com ESMTP
         C: EHLO proxy.example.net
         S: 250-mx.example.com
         S: 250-PIPELINING
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-CHUNKING
         S: 250-ENHANCEDSTATUSCODES
         S: 250-SIZE 52428800
         S: 250 XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT
         C: XCLIENT FROM=1
         S: 501 5.5.4 the XCLIENT attribute FROM is not known
         C: XCLIENT NAME=mail.example.org ADDR=IPV6:2001:db8::1 HELO=real.example.org LOGIN=ann
         S: 220 mx.example.com ESMTP
         # Postfix's XCLIENT_README: the session begins anew.
         C: MAIL FROM:<ann@example.org>
         S: 503 5.5.1 Say EHLO first
         C: HELO proxy.example.net
         S: 250 mx.example.com
         C: MAIL FROM:<ann@example.org>
         C: RCPT TO:<bob@example.net>
         C: XCLIENT ADDR=127.0.0.1
         C: DATA
         S: 250 2.1.0 Sender OK
         S: 250 2.1.5 Recipient OK
         # The neighbour has said that somebody else speaks now.
         S: 550 5.7.0 You may not use XCLIENT
         S: 354 Go ahead; end with <CRLF>.<CRLF>
         C: .
         S: 250 2.0.0 Message accepted",
    );
    let peer = talk.server.peer();
    assert_eq!(peer.address, Some("[2001:db8::1]:5000".parse().unwrap()));
    assert_eq!(peer.name.as_deref(), Some("mail.example.org"));
    assert_eq!(peer.hello.as_ref().unwrap().name.as_str(), "real.example.org");
    assert_eq!(peer.identity.as_ref().unwrap().user, "ann");
}

/// A client behind a proxy has not the proxy's rights, whether the proxy can name it or not.
#[test]
fn trust_does_not_pass_through_a_proxy() {
    let settings = Settings { xclient_from: networks(&["10.0.0.0/8"]), ..behind_proxy() };
    for (header, may) in [
        ("PROXY TCP4 203.0.113.9 198.51.100.7 40000 25\r\n", false),
        ("PROXY UNKNOWN\r\n", false),
        ("PROXY TCP4 10.9.9.9 198.51.100.7 40000 25\r\n", true),
    ] {
        let mut talk = from("10.1.2.3:5000", settings.clone());
        talk.send(header);
        assert_eq!(talk.send("EHLO a.example\r\n").contains("XCLIENT"), may, "{header}");
    }
}

/// XCLIENT is the neighbour's to send, and again as long as it has not told whose address it is; who speaks behind that can't.
#[test]
fn only_the_first_peer_may_send_xclient_again() {
    let settings = Settings { xclient_from: networks(&["10.0.0.0/8"]), ..settings() };
    let greeting = "220 mx.example.com ESMTP\r\n";
    for (told, may) in [
        ("NAME=mail.example.org", true),
        ("ADDR=203.0.113.9", false),
        ("ADDR=[UNAVAILABLE]", false),
        ("ADDR=10.9.9.9", true),
    ] {
        for between in ["", "EHLO a.example\r\n", "RSET\r\n"] {
            let mut talk = from("10.1.2.3:5000", settings.clone());
            talk.send("EHLO proxy.example.net\r\n");
            assert_eq!(talk.send(format!("XCLIENT {told}\r\n")), greeting);
            assert_eq!(talk.send("EHLO a.example\r\n").contains("XCLIENT"), may, "{told}");
            talk.send(between);
            let reply = talk.send("XCLIENT ADDR=127.0.0.1\r\n");
            assert_eq!(reply == greeting, may, "{told} {between:?}: {reply}");
        }
    }
}

/// The proxy's TLS, its certificate and who it is are its own: nothing of them is the client's.
#[test]
fn nothing_of_the_proxys_tls_stays_behind_xclient() {
    use passerelle::Machine;
    use passerelle::smtp::sasl::server as sasl;
    use passerelle::smtp::sasl::{Mechanism, SecretKey};
    use passerelle::smtp::server::{Extensions, Input};
    use passerelle::tls::ClientCertificate;

    let mechanisms = vec![Mechanism::External, Mechanism::ScramSha256Plus, Mechanism::ScramSha256, Mechanism::Plain];
    let auth = sasl::Settings { mechanisms, ..sasl::Settings::new(SecretKey::new([1; 32])) };
    let settings = Settings {
        xclient_from: networks(&["10.0.0.0/8"]),
        auth: Some(std::sync::Arc::new(auth)),
        tls: TlsPolicy { implicit: true, required: true },
        extensions: Extensions { starttls: true, require_tls: true, ..Extensions::default() },
        decisions: Decisions { auth: true, message: true, ..Decisions::default() },
        ..settings()
    };
    let accept = |request: &passerelle::smtp::server::Request| {
        Some(match request {
            passerelle::smtp::server::Request::Auth { .. } => Decision::Auth(sasl::Decision::AcceptAs("proxy".into())),
            _ => Decision::Accept,
        })
    };
    let mut talk = Talk::from(settings, "10.1.2.3:5000", Box::new(accept));
    let certificate = ClientCertificate { der: vec![0x30], verified: true };
    let session = passerelle::tls::Session { client_certificate: Some(certificate), ..crate::talk::session() };
    talk.server.handle(talk.now, Input::Secured(session)).unwrap();
    talk.drain();
    assert!(talk.send("EHLO proxy.example.net\r\n").contains("AUTH EXTERNAL SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN"));
    assert!(talk.send("AUTH EXTERNAL =\r\n").starts_with("235 "));
    assert_eq!(talk.send("XCLIENT ADDR=203.0.113.9\r\n"), "220 mx.example.com ESMTP\r\n");
    let peer = talk.server.peer();
    assert_eq!((&peer.tls, &peer.identity, &peer.hello), (&None, &None, &None));
    let offered = talk.send("EHLO a.example\r\n");
    assert!(offered.contains("AUTH SCRAM-SHA-256\r\n"), "{offered}");
    // The connection is inside TLS all the same, and can't be put into TLS again.
    assert!(!offered.contains("STARTTLS") && !offered.contains("REQUIRETLS"), "{offered}");
    assert_eq!(talk.send("STARTTLS\r\n"), "503 5.5.1 TLS is on already\r\n");
    assert!(talk.send("AUTH EXTERNAL =\r\n").starts_with("538 "));
    assert!(talk.send("AUTH PLAIN AGFubgBwZW5jaWw=\r\n").starts_with("538 "));
    talk.send("MAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n");
    assert_eq!(talk.send(".\r\n"), "250 2.0.0 Message accepted\r\n");
    assert_eq!(talk.messages[0].0.protocol, "ESMTP");
}
