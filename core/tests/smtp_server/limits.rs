//! How much of everything.

use passerelle::smtp::Reply;
use passerelle::smtp::server::{Abort, Closed, Decision, Decisions, Limits, Protocol, Request, Settings};

use crate::talk::{Talk, settings};

const MAIL: &str = "EHLO a.example\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\n";

fn limited(limits: Limits) -> Settings {
    Settings { limits, ..settings() }
}

#[test]
fn large_messages() {
    let settings = limited(Limits { message_size: Some(100), ..Limits::default() });
    let mut talk = Talk::new(settings.clone());
    talk.send("EHLO a.example\r\n");
    assert_eq!(talk.send("MAIL FROM:<> SIZE=101\r\n"), "552 5.3.4 The message is too large\r\n");
    assert_eq!(talk.send("MAIL FROM:<> SIZE=100\r\n"), "250 2.1.0 Sender OK\r\n");
    talk.send("RCPT TO:<bob@example.com>\r\nDATA\r\n");
    // It is read to its end, and is no command.
    assert_eq!(talk.send("QUIT\r\n".repeat(50)), "");
    assert_eq!(talk.aborted, [Abort::TooLarge]);
    assert_eq!(talk.send(".\r\nNOOP\r\n"), "552 5.3.4 The message is too large\r\n250 2.0.0 OK\r\n");
    // Exactly as large as allowed, stuffed dots not counted.
    talk.send(MAIL);
    talk.send("DATA\r\n");
    assert_eq!(talk.send("\r\n".to_owned() + &"..\r\n".repeat(32) + "\r\n.\r\n"), "250 2.0.0 Message accepted\r\n");
    assert_eq!(talk.messages[0].1.len(), 100);
    // In LMTP for each recipient.
    let mut talk = Talk::new(Settings { protocol: Protocol::Lmtp, ..settings });
    talk.send(MAIL.replace("EHLO", "LHLO") + "RCPT TO:<carol@example.com>\r\nDATA\r\n");
    assert_eq!(talk.send("x".repeat(102) + "\r\n.\r\n"), "552 5.3.4 The message is too large\r\n".repeat(2));
}

#[test]
fn large_header_sections() {
    let mut talk = Talk::new(limited(Limits { header_size: 100, ..Limits::default() }));
    talk.send(MAIL);
    talk.send("DATA\r\n");
    let header = "A: 34567\r\n".repeat(10);
    assert_eq!(
        talk.send([&header, "\r\nbody\r\n.\r\n"].concat()),
        "552 5.3.4 The message's header section is too large\r\n"
    );
    assert_eq!(talk.aborted, [Abort::HeaderTooLarge]);
    talk.send(MAIL);
    talk.send("DATA\r\n");
    assert_eq!(talk.send([&header[..90], "\r\nbody body body\r\n.\r\n"].concat()), "250 2.0.0 Message accepted\r\n");
}

/// RFC 5321 §6.3.
#[test]
fn loops() {
    for (fields, reply) in
        [(100, "250 2.0.0 Message accepted\r\n"), (101, "554 5.4.6 Too many hops: the message is in a loop\r\n")]
    {
        let mut talk = Talk::new(settings());
        talk.send(MAIL);
        talk.send("DATA\r\n");
        // Those in the body are another message's.
        let message =
            "Received: from a by b; date\r\n".repeat(fields) + "\r\n" + &"Received: x\r\n".repeat(50) + ".\r\n";
        assert_eq!(talk.send(message), reply);
        assert_eq!(talk.aborted.len(), usize::from(fields > 100));
    }
}

/// RFC 5321 §4.5.3.1.10.
#[test]
fn many_recipients() {
    let mut talk = Talk::new(settings());
    talk.send("EHLO a.example\r\nMAIL FROM:<>\r\n");
    let recipients: String = (0..1001).map(|number| format!("RCPT TO:<user{number}@example.com>\r\n")).collect();
    let replies = talk.send(recipients);
    assert_eq!(replies, "250 2.1.5 Recipient OK\r\n".repeat(1000) + "452 4.5.3 Too many recipients\r\n");
    talk.send("DATA\r\n");
    talk.send(".\r\n");
    assert_eq!(talk.messages[0].0.recipients.len(), 1000);
}

/// RFC 5321 §4.5.3.1.10: those that are too many are the client's to send again, and cost it neither the session nor the
/// recipients that were taken. Without that a long list would never come through.
#[test]
fn many_more_recipients() {
    let mut talk = Talk::new(settings());
    talk.send("EHLO a.example\r\nMAIL FROM:<>\r\n");
    let recipients = |count: usize| "RCPT TO:<user@example.com>\r\n".repeat(count);
    let replies: usize = (0..20).map(|_| talk.send(recipients(100)).matches("\r\n").count()).sum();
    assert_eq!((replies, talk.closed), (2000, None));
    talk.send("DATA\r\n");
    assert_eq!(talk.send(".\r\n"), "250 2.0.0 Message accepted\r\n");
    assert_eq!(talk.messages[0].0.recipients.len(), 1000);
    // However many there are.
    talk.send("MAIL FROM:<>\r\n");
    (0..100).for_each(|_| drop(talk.send(recipients(100))));
    assert_eq!(talk.closed, None);
}

/// 452 says that the server has no room: whoever says it, and to whatever, it is no fault of the client's.
#[test]
fn after_many_452_of_the_host_the_session_goes_on() {
    for refuses_mail in [false, true] {
        let mut talk = Talk::with_host(
            Settings { decisions: Decisions { mail: true, rcpt: true, ..Decisions::default() }, ..settings() },
            Box::new(move |request| {
                let refuses = matches!(request, Request::Mail(_)) == refuses_mail;
                let full = Reply::new(452, None, "The disk is full");
                Some(if refuses { Decision::Refuse(full) } else { Decision::Accept })
            }),
        );
        talk.send("EHLO a.example\r\nMAIL FROM:<>\r\n");
        let command = if refuses_mail { "MAIL FROM:<>\r\n" } else { "RCPT TO:<bob@example.com>\r\n" };
        for _ in 0..1000 {
            assert_eq!(talk.send(command), "452 4.0.0 The disk is full\r\n");
        }
    }
}

/// A client that pipelines (RFC 2920 §3.1) can't know yet that MAIL, or every RCPT, is refused: what it sends behind is no fault.
#[test]
fn what_is_pipelined_behind_a_refusal_is_no_fault() {
    for mail in ["MAIL FROM:<> SIZE=99999999999\r\n", "MAIL FROM:<a@b@c>\r\n"] {
        for end in ["DATA\r\n", "BDAT 4 LAST\r\nQUIT"] {
            let mut talk = Talk::new(settings());
            talk.send("EHLO a.example\r\n");
            let replies = talk.send([mail, &"RCPT TO:<bob@example.com>\r\n".repeat(300), end].concat());
            assert_eq!((replies.matches("503 5.5.1 Say MAIL first").count(), talk.closed), (301, None), "{mail}");
            assert_eq!(talk.send("RSET\r\n"), "250 2.0.0 OK\r\n");
        }
    }
    let mut talk = Talk::new(settings());
    talk.send("EHLO a.example\r\n");
    for number in 0..30 {
        let replies = talk.send(format!("MAIL FROM:<>\r\nRCPT TO:<gone{number}@example.net>\r\nDATA\r\n"));
        assert!(replies.ends_with("554 5.5.1 No valid recipients\r\n"), "{number}: {replies}");
        talk.send("RSET\r\n");
    }
    // There is an end to it nevertheless.
    let mut talk = Talk::new(settings());
    talk.send("EHLO a.example\r\nMAIL FROM:<> SIZE=99999999999\r\n");
    (0..30).for_each(|_| drop(talk.send("RCPT TO:<bob@example.com>\r\n".repeat(100))));
    assert_eq!(talk.closed, Some(Closed::TooMany));
}

/// One message that is refused is one refusal, for however many recipients (RFC 2033 §4.2).
#[test]
fn a_message_for_many_that_is_refused_is_one_error() {
    use passerelle::smtp::Reply;
    use passerelle::smtp::server::Decision;

    let no = || Reply::new(452, None, "The mailbox is full");
    let settings = Settings { protocol: Protocol::Lmtp, ..limited(Limits { errors: 3, ..Limits::default() }) };
    for each in [false, true] {
        let decide = move |request: &Request| {
            let Request::Message(message) = request else { return Some(Decision::Accept) };
            Some(if each {
                Decision::Each(message.recipients.iter().map(|_| no()).collect())
            } else {
                Decision::Refuse(no())
            })
        };
        let mut talk = Talk::with_host(settings.clone(), Box::new(decide));
        for _ in 0..3 {
            talk.send(MAIL.replace("EHLO", "LHLO") + &"RCPT TO:<bob@example.com>\r\n".repeat(9) + "DATA\r\n");
            assert_eq!(talk.send(".\r\n"), "452 4.0.0 The mailbox is full\r\n".repeat(10));
            assert_eq!(talk.send("NOOP\r\n"), "250 2.0.0 OK\r\n");
        }
        // One that is too large, likewise.
        let small = limited(Limits { errors: 1, message_size: Some(1), ..Limits::default() });
        let mut talk = Talk::new(Settings { protocol: Protocol::Lmtp, ..small });
        talk.send(MAIL.replace("EHLO", "LHLO") + &"RCPT TO:<bob@example.com>\r\n".repeat(9) + "DATA\r\n");
        assert_eq!(talk.send("xx\r\n.\r\n").matches("552").count(), 10);
        assert_eq!(talk.send("NOOP\r\n"), "250 2.0.0 OK\r\n");
    }
}

#[test]
fn bad_commands() {
    for octets in
        ["NONSENSE\r\n", "RCPT TO:<a@example.com>\r\n", "MAIL FROM:x\r\n", "BDAT 1\r\nx", "HELO\r\n", "a\nb\r\n"]
    {
        let mut talk = Talk::new(settings());
        talk.read();
        for _ in 0..20 {
            assert!(talk.send(octets).starts_with('5'), "{octets:?}");
        }
        assert!(talk.send(octets).ends_with("421 4.7.0 Too many bad commands\r\n"), "{octets:?}");
        assert_eq!(talk.closed, Some(Closed::TooMany));
        // Nothing of what comes later counts.
        assert_eq!(talk.send("NOOP\r\n"), "");
    }
}

#[test]
fn errors() {
    let mut talk = Talk::new(limited(Limits { errors: 30, ..Limits::default() }));
    talk.send("EHLO a.example\r\nMAIL FROM:<>\r\n");
    let replies = talk.send("RCPT TO:<a@example.net>\r\n".repeat(100));
    let denied = "550 5.7.1 Relaying denied\r\n".repeat(31);
    assert_eq!(replies, denied + "421 4.7.0 Too many errors\r\n");
    assert_eq!(talk.aborted, [Abort::SessionEnded]);
}

#[test]
fn idle_commands() {
    for octets in ["NOOP\r\n", "RSET\r\n", "HELP\r\n", "VRFY bob\r\n", "EXPN x\r\n", "HELO a.example\r\n"] {
        let mut talk = Talk::new(settings());
        talk.send("HELO a.example\r\n");
        let replies = talk.send(octets.repeat(1000));
        assert_eq!(replies.lines().count(), 102, "{octets:?}");
        assert!(replies.ends_with("421 4.7.0 Too many commands that move nothing\r\n"));
    }
    // A message that is taken begins a new count.
    let mut talk = Talk::new(settings());
    talk.send("HELO a.example\r\n");
    for _ in 0..3 {
        talk.send("NOOP\r\n".repeat(90));
        talk.send("MAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n");
        assert_eq!(talk.send(".\r\n"), "250 2.0.0 Message accepted\r\n");
    }
}

#[test]
fn transactions() {
    let mut talk = Talk::new(limited(Limits { transactions: 2, ..Limits::default() }));
    talk.send("HELO a.example\r\nMAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\nRSET\r\n");
    assert_eq!(talk.send("MAIL FROM:<>\r\n"), "421 4.7.0 Too many messages in one session\r\n");
}

/// A host that does not poll stops the reading, and the memory with it.
#[test]
fn replies_that_nobody_polls() {
    use passerelle::smtp::server::Input;
    use passerelle::tls::Converse;
    use passerelle::{Machine, Misuse};

    let limits = Limits { idle_commands: u32::MAX, ..Limits::default() };
    let mut talk = Talk::new(limited(limits));
    let noops = b"NOOP\r\n".repeat(1000);
    let mut given = 0;
    while talk.server.wants_octets() {
        talk.server.handle(talk.now, Input::Octets(&noops)).unwrap();
        given += 1;
        assert!(given < 10);
    }
    while talk.server.handle(talk.now, Input::Octets(&noops)) != Err(Misuse::NotReading) {
        given += 1;
        assert!(given < 100);
    }
    talk.drain();
    let replies = talk.read();
    assert!(talk.server.wants_octets(), "{}", replies.len());
    assert_eq!(replies.matches("250 2.0.0 OK").count(), 1000 * given);
    assert!(talk.requests.iter().all(|request| !matches!(request, Request::Message(_))));
}
