//! Clients that speak something else, or are made to say what they do not know: browsers above all.

use passerelle::smtp::server::{
    Closed, Decision, Decisions, EarlyTalkers, Input, Protocol, Settings, Timeouts, TlsPolicy,
};
use passerelle::tls::Converse;
use passerelle::{Machine, Now};

use crate::talk::{START, Talk, settings};

/// What an attacker's page puts into the body of a request.
const BODY: &str = "EHLO a.example\r\nMAIL FROM:<boss@example.com>\r\nRCPT TO:<bob@example.com>\r\n\
                    BDAT 6 LAST\r\nHello\n\r\nQUIT\r\n";

fn post() -> String {
    let fields = "Host: mx.example.com:25\r\nUser-Agent: curl/8.5.0\r\nContent-Type: text/plain\r\n";
    format!("POST / HTTP/1.1\r\n{fields}Content-Length: {}\r\n\r\n{BODY}", BODY.len())
}

#[test]
fn an_http_post_whose_body_is_smtp_files_nothing() {
    let post = post();
    for early_talkers in [EarlyTalkers::Refuse, EarlyTalkers::Serve] {
        for size in [1, 2, 7, 100, post.len()] {
            let mut talk = Talk::new(Settings { early_talkers, ..settings() });
            talk.read();
            let replies: String = post.as_bytes().chunks(size).map(|chunk| talk.send_at_once(chunk)).collect();
            assert_eq!(replies, "554 5.5.1 This is SMTP, not HTTP\r\n", "{size}");
            assert_eq!((talk.closed, talk.messages.len()), (Some(Closed::OtherProtocol), 0));
        }
    }
}

/// Methods may be any word, lines may end with LF alone or be longer than any command, and a request need not be the first.
#[test]
fn requests_of_http_end_the_session_however_they_are_written() {
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(20_000));
    let long_and_unknown = format!("XYZZY /{} HTTP/1.1\r\n", "x".repeat(20_000));
    let fields = format!("NOOP /{} HTTP/1.1\r\nHost: mx.example.com\r\n", "x".repeat(20_000));
    for request in [
        "GET /\r\n",
        "HEAD / HTTP/1.0\r\n",
        "PUT /x HTTP/1.1\r\n",
        "OPTIONS * HTTP/1.1\r\n",
        "CONNECT mx.example.com:25 HTTP/1.1\r\n",
        "PRI * HTTP/2.0\r\n",
        "NOOP /x HTTP/1.1\r\n",
        "EHLO /x HTTP/1.1\r\n",
        "VRFY /x http/1.1\r\n",
        "XYZZY /x HTTP/1.1\r\n",
        "POST / HTTP/1.1\n",
        &long,
        &long_and_unknown,
        &fields,
    ] {
        for before in ["", "NOOP\r\n", "EHLO a.example\r\n"] {
            if request == long_and_unknown && !before.is_empty() {
                continue;
            }
            for size in [1, 4096, request.len()] {
                let mut talk = Talk::new(settings());
                talk.send(before);
                talk.read();
                let replies: String = request.as_bytes().chunks(size).map(|chunk| talk.send_at_once(chunk)).collect();
                let last = replies.lines().last().unwrap_or_default();
                assert!(last.starts_with("554 5.5.1 This is SMTP, not "), "{before:?} {request:?}: {replies}");
                assert_eq!(talk.closed, Some(Closed::OtherProtocol));
                assert_eq!(talk.send_at_once(BODY), "");
            }
        }
    }
}

#[test]
fn first_lines_of_other_protocols_end_the_session() {
    for (octets, name) in [
        (&b"\x16\x03\x01\x02\x00\x01\x00"[..], "TLS"),
        (b"\x80\x2e\x01\x00\x02", "TLS"),
        (b"\x05\x01\x00", "SOCKS"),
        (b"\x03\x00\x00\x13\x0e\xe0", "a binary protocol"),
        (b"\0\0\0\x85\xffSMB", "a binary protocol"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "SSH"),
        (b"OPTIONS sip:nm SIP/2.0\r\n", "HTTP"),
        (b"INVITE sip:bob@example.com SIP/2.0\r\n", "SIP"),
        (b"DESCRIBE rtsp://x RTSP/1.0\r\n", "RTSP"),
        (b"<?xml version='1.0'?>\r\n", "XML"),
        (b"*1\r\n$4\r\nPING\r\n", "Redis"),
        (b"a001 LOGIN ann pencil\r\n", "IMAP"),
        (b"CAPA\r\n", "POP3"),
        (b"USER ann\r\n", "POP3 or FTP"),
        (b"NICK ann\r\n", "IRC"),
        (b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", "a PROXY header"),
    ] {
        for size in [1, octets.len()] {
            let mut talk = Talk::new(settings());
            talk.read();
            let replies: String = octets.chunks(size).map(|chunk| talk.send_at_once(chunk)).collect();
            assert_eq!(replies, format!("554 5.5.1 This is SMTP, not {name}\r\n"), "{}", octets.escape_ascii());
            assert_eq!(talk.closed, Some(Closed::OtherProtocol));
        }
    }
    // Whoever has said hello may mistype; and names are names.
    let mut talk = Talk::new(settings());
    talk.read();
    assert!(talk.send("EHLO login\r\n").starts_with("250-"));
    assert_eq!(talk.send("CAPA\r\n"), "500 5.5.2 Command not recognized\r\n");
    let mut talk = Talk::new(Settings { protocol: Protocol::Lmtp, ..settings() });
    talk.read();
    assert_eq!(talk.send("GET / HTTP/1.1\r\n"), "554 5.5.1 This is LMTP, not HTTP\r\n");
}

/// The first line inside TLS is a first line, too.
#[test]
fn https_to_a_port_with_implicit_tls() {
    let mut talk = Talk::new(Settings { tls: TlsPolicy { implicit: true, required: false }, ..settings() });
    assert_eq!(talk.secure(), "220 mx.example.com ESMTP\r\n");
    assert_eq!(talk.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "554 5.5.1 This is SMTP, not HTTP\r\n");
}

/// RFC 2920 §3.1: EHLO is the last command of its group. BDAT would need no reply before it, so it is no exception.
#[test]
fn what_is_pipelined_behind_ehlo_is_refused() {
    for hello in ["EHLO", "HELO"] {
        for behind in ["MAIL FROM:<>\r\n", "BDAT 5 LAST\r\nHello", "QUIT\r\n", "N"] {
            let mut talk = Talk::new(settings());
            talk.read();
            let reply = talk.send_at_once(format!("{hello} a.example\r\n{behind}"));
            assert_eq!(reply, format!("554 5.5.0 You went on before the reply to {hello}\r\n"), "{behind}");
            assert_eq!(talk.closed, Some(Closed::EarlyTalker));
        }
    }
    let mut talk = Talk::new(settings());
    talk.read();
    let whole = "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nBDAT 5 LAST\r\nHello";
    assert!(talk.send_at_once(whole).starts_with("554 5.5.0 "));
    assert!(talk.messages.is_empty());
    // In the middle of a session as well; the message that had begun is told of.
    let mut talk = Talk::new(settings());
    talk.send("EHLO a.example\r\nMAIL FROM:<>\r\n");
    assert!(talk.send_at_once("EHLO a.example\r\nNOOP\r\n").starts_with("554 5.5.0 "));
    assert_eq!(talk.aborted.len(), 1);
    // Those who ask for it are served.
    let mut talk = Talk::new(Settings { early_talkers: EarlyTalkers::Serve, ..settings() });
    assert!(talk.send_at_once(whole).ends_with("250 2.0.0 Message accepted\r\n"));
}

/// The greeting goes out when it is polled; what came until then came before it.
#[test]
fn octets_before_the_greeting_are_refused() {
    let refused = "554 You talk before the greeting\r\n";
    for delay in [0, 1000] {
        let timeouts = Timeouts { greeting_delay: delay, ..Timeouts::default() };
        let settings = std::sync::Arc::new(Settings { timeouts, ..settings() });
        let mut server = passerelle::smtp::server::Server::new(settings, None, None, [7; 32], Now::at(START));
        assert!(server.wants_octets());
        server.handle(Now::at(START), Input::Octets(b"EHLO a.example\r\n")).unwrap();
        let passerelle::Output::Transmit(octets) = server.poll() else { panic!() };
        assert_eq!(octets, refused.as_bytes());
        assert!(server.is_over());
    }
    // While the host decides whether to serve, too.
    let decisions = Decisions { connect: true, ..Decisions::default() };
    let mut talk = Talk::with_host(Settings { decisions, ..settings() }, Box::new(|_| None));
    assert_eq!(talk.send_at_once("EHLO a.example\r\n"), refused);
    assert_eq!((talk.closed, talk.decide(Decision::Accept)), (Some(Closed::EarlyTalker), String::new()));
}

/// A PROXY header comes before the greeting by right; what is behind it in one piece does not.
#[test]
fn behind_an_expected_proxy_header_the_greeting_is_waited_for() {
    let header = "PROXY TCP4 203.0.113.9 198.51.100.7 40000 25\r\n";
    let proxy_from = vec!["10.0.0.0/8".parse().unwrap()];
    let settings = Settings { proxy_from, ..settings() };
    let talk = || Talk::from(settings.clone(), "10.1.2.3:5000", Box::new(|_| Some(Decision::Accept)));
    assert_eq!(talk().send_at_once(header), "220 mx.example.com ESMTP\r\n");
    let mut early = talk();
    assert_eq!(early.send_at_once(format!("{header}{BODY}")), "554 You talk before the greeting\r\n");
    assert_eq!((early.closed, early.messages.len()), (Some(Closed::EarlyTalker), 0));
    let mut patient = Talk::from(
        Settings { early_talkers: EarlyTalkers::Serve, ..settings.clone() },
        "10.1.2.3:5000",
        Box::new(|_| Some(Decision::Accept)),
    );
    assert!(patient.send_at_once(format!("{header}EHLO a.example\r\n")).starts_with("220 "));
}
