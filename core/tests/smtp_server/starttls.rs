//! STARTTLS, and TLS from the beginning.

use passerelle::smtp::server::{Closed, Extensions, Input, Settings, TlsPolicy};
use passerelle::tls::{Converse, End};
use passerelle::{Machine, Misuse};

use crate::talk::{Talk, session, settings};

fn with_starttls() -> Settings {
    Settings { extensions: Extensions { starttls: true, require_tls: true, ..Extensions::default() }, ..settings() }
}

#[test]
fn a_dialogue() {
    let mut talk = Talk::new(with_starttls());
    talk.run(
        "S: 220 mx.example.com ESMTP
         C: STARTTLS
         S: 503 5.5.1 Say EHLO first
         C: EHLO client.example.org
         S: 250-mx.example.com
         S: 250-PIPELINING
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-CHUNKING
         S: 250-ENHANCEDSTATUSCODES
         S: 250-STARTTLS
         S: 250 SIZE 52428800
         C: STARTTLS now
         S: 501 5.5.4 The command has no arguments
         C: MAIL FROM:<ann@example.org> REQUIRETLS
         S: 555 5.5.4 A parameter was not offered
         C: MAIL FROM:<ann@example.org>
         S: 250 2.1.0 Sender OK
         C: STARTTLS
         S: 503 5.5.1 Not while a message has begun
         C: RSET
         S: 250 2.0.0 OK
         C: STARTTLS
         S: 220 2.0.0 Ready to start TLS
         TLS
         # RFC 3207 section 4.2: nothing is known of the client.
         C: MAIL FROM:<ann@example.org>
         S: 503 5.5.1 Say EHLO first
         C: EHLO client.example.org
         S: 250-mx.example.com
         S: 250-PIPELINING
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-CHUNKING
         S: 250-ENHANCEDSTATUSCODES
         S: 250-REQUIRETLS
         S: 250 SIZE 52428800
         C: STARTTLS
         S: 503 5.5.1 TLS is on already
         C: MAIL FROM:<ann@example.org> REQUIRETLS
         C: RCPT TO:<bob@example.com>
         C: DATA
         S: 250 2.1.0 Sender OK
         S: 250 2.1.5 Recipient OK
         S: 354 Go ahead; end with <CRLF>.<CRLF>
         C: .
         S: 250 2.0.0 Message accepted",
    );
    assert_eq!(talk.messages[0].0.protocol, "ESMTPS");
    assert!(talk.messages[0].0.sender.parameters.require_tls);
}

/// ANCHORS: what was pipelined behind STARTTLS in clear text is dropped, at every chunk boundary.
#[test]
fn injection() {
    let octets =
        "STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nX";
    for split in 0..=octets.len() {
        let mut talk = Talk::new(with_starttls());
        talk.send("EHLO client.example.org\r\n");
        let (one, two) = octets.split_at(split);
        let replies = talk.send(one) + &talk.send(two);
        assert_eq!(replies, "220 2.0.0 Ready to start TLS\r\n", "{split}");
        assert_eq!(talk.secure(), "", "{split}");
        assert_eq!(talk.send("\r\n"), "500 5.5.2 Command not recognized\r\n", "nothing is left of a line");
        assert_eq!(talk.send("MAIL FROM:<ann@example.org>\r\n"), "503 5.5.1 Say EHLO first\r\n");
        assert_eq!(talk.server.peer().hello, None);
    }
}

/// The handshake begins when the reply has been polled, and what the client says until then does not count.
#[test]
fn the_reply_goes_first() {
    let mut talk = Talk::new(with_starttls());
    talk.send("EHLO client.example.org\r\n");
    talk.server.handle(talk.now, Input::Octets(b"STARTTLS\r\n")).unwrap();
    assert!(!talk.server.starts_tls());
    assert_eq!(talk.send("EHLO evil.example\r\n"), "220 2.0.0 Ready to start TLS\r\n");
    assert!(talk.server.starts_tls() && !talk.server.wants_octets());
    assert_eq!(talk.secure(), "");
    assert!(!talk.server.starts_tls() && talk.server.wants_octets());
    assert!(matches!(talk.server.secured(talk.now, session()), Err(Misuse::OutOfOrder(_))));
}

#[test]
fn a_failed_handshake() {
    let mut talk = Talk::new(with_starttls());
    talk.send("EHLO client.example.org\r\nSTARTTLS\r\n");
    assert_eq!(talk.end(End::TlsFailed), "");
    assert_eq!(talk.closed, Some(Closed::Ended(End::TlsFailed)));
    assert!(!talk.server.starts_tls());
}

#[test]
fn implicit_tls() {
    let mut talk = Talk::new(Settings { tls: TlsPolicy { implicit: true, required: true }, ..with_starttls() });
    assert_eq!(talk.read(), "");
    assert_eq!(talk.send("EHLO client.example.org\r\n"), "", "clear text");
    assert_eq!(talk.secure(), "220 mx.example.com ESMTP\r\n");
    let reply = talk.send("EHLO client.example.org\r\n");
    assert!(!reply.contains("STARTTLS") && reply.contains("REQUIRETLS"), "{reply}");
}

#[test]
fn nothing_without_tls() {
    let mut talk = Talk::new(Settings { tls: TlsPolicy { implicit: false, required: true }, ..with_starttls() });
    talk.send("EHLO client.example.org\r\n");
    talk.run(
        "C: MAIL FROM:<ann@example.org>
         S: 530 5.7.0 Must issue a STARTTLS command first
         C: RCPT TO:<bob@example.com>
         S: 530 5.7.0 Must issue a STARTTLS command first
         C: VRFY bob
         S: 530 5.7.0 Must issue a STARTTLS command first
         C: BDAT 6
         C: RSET
         S: 530 5.7.0 Must issue a STARTTLS command first
         C: NOOP
         S: 250 2.0.0 OK
         C: STARTTLS
         S: 220 2.0.0 Ready to start TLS
         TLS
         C: HELO client.example.org
         S: 250 mx.example.com
         C: MAIL FROM:<ann@example.org>
         S: 250 2.1.0 Sender OK
         C: QUIT
         S: 221 2.0.0 Bye",
    );
}
