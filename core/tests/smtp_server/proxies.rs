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

/// From others it is a line like any other, and they stay who they are.
#[test]
fn others_are_not_believed() {
    let mut talk = from("11.1.2.3:5000", behind_proxy());
    talk.read();
    let reply = talk.send("PROXY TCP4 127.0.0.1 198.51.100.7 40000 25\r\n");
    assert_eq!(reply, "500 5.5.2 Command not recognized\r\n");
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
         S: 503 5.5.1 Not while a message has begun
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
