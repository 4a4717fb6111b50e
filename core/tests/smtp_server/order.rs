//! The order of commands (RFC 5321 §4.1.4), and what sessions without extensions can't have.

use passerelle::smtp::server::{Abort, Extensions, Settings};
use passerelle::smtp::{Capabilities, Reply};

use crate::talk::{Talk, settings};

#[test]
fn commands_out_of_order() {
    let mut talk = Talk::new(settings());
    talk.run(
        "S: 220 mx.example.com ESMTP
         C: MAIL FROM:<ann@example.org>
         S: 503 5.5.1 Say EHLO first
         C: RCPT TO:<bob@example.com>
         S: 503 5.5.1 Say MAIL first
         C: DATA
         S: 503 5.5.1 Say MAIL first
         C: RSET
         S: 250 2.0.0 OK
         C: NOOP whatever
         S: 250 2.0.0 OK
         C: HELP
         S: 214 2.0.0 See RFC 5321 and the reply to EHLO
         C: LHLO client.example.org
         S: 500 5.5.1 This is SMTP: EHLO
         C: EHLO
         S: 501 5.5.4 EHLO domain
         C: HELO client.example.org
         S: 250 mx.example.com
         C: RCPT TO:<bob@example.com>
         S: 503 5.5.1 Say MAIL first
         C: MAIL FROM:<ann@example.org>
         S: 250 2.1.0 Sender OK
         C: MAIL FROM:<ann@example.org>
         S: 503 5.5.1 A message has begun already
         C: DATA
         S: 554 5.5.1 No valid recipients
         C: RCPT TO:<bob@example.com>
         S: 250 2.1.5 Recipient OK
         C: RSET
         S: 250 2.0.0 OK
         C: DATA
         S: 503 5.5.1 Say MAIL first
         C: MAIL FROM:<ann@example.org>
         S: 250 2.1.0 Sender OK
         C: HELO client.example.org
         S: 250 mx.example.com
         C: RCPT TO:<bob@example.com>
         S: 503 5.5.1 Say MAIL first
         C: NONSENSE
         S: 500 5.5.2 Command not recognized
         C: ETRN example.com
         S: 502 5.5.1 ETRN is not implemented
         C: VRFY
         S: 501 5.5.4 VRFY string
         C: QUIT now
         S: 501 5.5.4 The command has no arguments
         C: QUIT
         S: 221 2.0.0 Bye",
    );
    assert_eq!(talk.aborted, [Abort::Reset, Abort::Reset]);
}

/// RFC 5321 §4.1.1.11: parameters that were not offered; and to a client that said HELO none were.
#[test]
fn parameters() {
    let parameters = [
        "SIZE=100",
        "BODY=8BITMIME",
        "BODY=BINARYMIME",
        "SMTPUTF8",
        "RET=HDRS",
        "ENVID=x",
        "MT-PRIORITY=3",
        "BY=120;R",
        "HOLDFOR=60",
        "AUTH=<>",
        "REQUIRETLS",
    ];
    let nothing = Extensions {
        pipelining: false,
        size: false,
        eight_bit_mime: false,
        chunking: false,
        enhanced_status_codes: false,
        ..Extensions::default()
    };
    let everything = Extensions {
        binary_mime: true,
        dsn: true,
        mt_priority: true,
        deliver_by: Some(60),
        future_release: Some(3600),
        limits: true,
        vrfy: true,
        expn: true,
        help: true,
        ..Extensions::default()
    };
    for (extensions, hello, offered) in
        [(&nothing, "EHLO", &[][..]), (&everything, "HELO", &[]), (&everything, "EHLO", &parameters[..9])]
    {
        let mut talk = Talk::new(Settings { extensions: extensions.clone(), ..settings() });
        talk.send(format!("{hello} client.example.org\r\n"));
        for parameter in parameters {
            let reply = talk.send(format!("MAIL FROM:<> {parameter}\r\nRSET\r\n"));
            let expected = if offered.contains(&parameter) { "250" } else { "555" };
            assert!(reply.starts_with(expected), "{hello} {parameter}: {reply}");
        }
        talk.send("MAIL FROM:<>\r\n");
        for parameter in ["NOTIFY=NEVER", "ORCPT=rfc822;bob@example.com"] {
            let reply = talk.send(format!("RCPT TO:<bob@example.com> {parameter}\r\n"));
            assert!(reply.starts_with(if offered.is_empty() { "555" } else { "250" }), "{hello} {parameter}: {reply}");
        }
    }
}

/// What the reply to EHLO says is what a client reads in it.
#[test]
fn what_is_offered() {
    let extensions = Extensions {
        binary_mime: true,
        dsn: true,
        starttls: true,
        require_tls: true,
        mt_priority: true,
        deliver_by: Some(60),
        future_release: Some(3600),
        limits: true,
        vrfy: true,
        expn: true,
        help: true,
        ..Extensions::default()
    };
    let mut talk = Talk::new(Settings { extensions, ..settings() });
    talk.read();
    let reply = talk.send("EHLO client.example.org\r\n");
    let lines = reply.lines().map(|line| line[4..].to_owned()).collect();
    let offered = Capabilities::parse(&Reply { code: 250, enhanced: None, lines });
    assert_eq!(offered.name, "mx.example.com");
    assert!(
        offered.pipelining && offered.eight_bit_mime && offered.smtputf8 && offered.chunking && offered.binary_mime
    );
    assert!(offered.enhanced_status_codes && offered.dsn && offered.starttls && !offered.require_tls);
    assert!(offered.vrfy && offered.expn && offered.help && offered.auth.is_empty() && offered.xclient.is_empty());
    assert_eq!(offered.size, Some(Some(52_428_800)));
    assert_eq!((offered.limits.rcpt_max, offered.limits.mail_max), (Some(1000), Some(10_000)));
    assert_eq!((offered.mt_priority, offered.deliver_by), (Some(None), Some(Some(60))));
    let hold = offered.future_release.unwrap();
    assert_eq!((hold.max_interval, hold.max_until), (Some(3600), Some(passerelle::UnixTime(talk.now.unix.0 + 3600))));
    assert_eq!(offered.others, Vec::<String>::new());
    // BINARYMIME needs CHUNKING, and SMTPUTF8 8BITMIME.
    let extensions = Extensions { chunking: false, eight_bit_mime: false, binary_mime: true, ..Extensions::default() };
    let mut talk = Talk::new(Settings { extensions, ..settings() });
    talk.read();
    let reply = talk.send("EHLO client.example.org\r\n");
    assert!(!reply.contains("BINARYMIME") && !reply.contains("SMTPUTF8"), "{reply}");
}

#[test]
fn future_and_past() {
    let extensions = Extensions { deliver_by: Some(60), future_release: Some(3600), ..Extensions::default() };
    let mut talk = Talk::new(Settings { extensions, ..settings() });
    talk.send("EHLO client.example.org\r\n");
    for (parameter, code) in [
        ("BY=60;R", "250"),
        ("BY=59;R", "555"),
        ("BY=0;R", "501"),
        ("BY=-10;N", "250"),
        ("HOLDFOR=3600", "250"),
        ("HOLDFOR=3601", "501"),
        ("HOLDUNTIL=2026-11-21T12:30:00Z", "250"),
        ("HOLDUNTIL=2026-11-21T13:30:00Z", "501"),
    ] {
        let reply = talk.send(format!("MAIL FROM:<> {parameter}\r\nRSET\r\n"));
        assert!(reply.starts_with(code), "{parameter}: {reply}");
    }
}

/// RFC 6531 §3.5 and §3.7.4.
#[test]
fn smtputf8() {
    let mut talk = Talk::new(settings());
    talk.send("EHLO client.example.org\r\n");
    talk.run(
        "C: MAIL FROM:<jörg@example.org>
         S: 553 5.6.7 The address has characters outside ASCII and needs the SMTPUTF8 parameter
         C: MAIL FROM:<ann@example.org>
         S: 250 2.1.0 Sender OK
         C: RCPT TO:<jörg@example.com>
         S: 553 5.6.7 The address has characters outside ASCII and needs the SMTPUTF8 parameter
         C: RSET
         S: 250 2.0.0 OK
         C: MAIL FROM:<jörg@example.org> SMTPUTF8
         S: 250 2.1.0 Sender OK
         C: RCPT TO:<jürgen@example.com>
         S: 250 2.1.5 Recipient OK
         C: DATA
         S: 354 Go ahead; end with <CRLF>.<CRLF>
         C: .
         S: 250 2.0.0 Message accepted",
    );
    assert_eq!(talk.messages[0].0.protocol, "UTF8SMTP");
}

/// Without ENHANCEDSTATUSCODES no reply has one; with it all have but those of RFC 2034 §4.
#[test]
fn enhanced_status_codes() {
    let extensions = Extensions { enhanced_status_codes: false, ..Extensions::default() };
    let mut talk = Talk::new(Settings { extensions, ..settings() });
    talk.send("EHLO client.example.org\r\n");
    talk.run(
        "C: MAIL FROM:<ann@example.org>
         S: 250 Sender OK
         C: RCPT TO:<carol@example.net>
         S: 550 Relaying denied
         C: NONSENSE
         S: 500 Command not recognized
         C: QUIT
         S: 221 Bye",
    );
}
