//! Slow clients, early talkers, and leaving; all by a clock that the test moves.

use passerelle::smtp::server::{
    Abort, Closed, Decision, Decisions, EarlyTalkers, Input, Request, Settings, Timeouts, TlsPolicy,
};
use passerelle::tls::Converse;
use passerelle::{Machine, Millis};

use crate::talk::{Talk, settings};

const MINUTE: u64 = 60_000;

/// RFC 5321 §4.5.3.2.7: five minutes for a command.
#[test]
fn silence() {
    for (before, aborted) in [("", 0), ("EHLO a.example\r\n", 0), ("EHLO a.example\r\nMAIL FROM:<>\r\n", 1)] {
        let mut talk = Talk::new(settings());
        talk.send(before);
        assert_eq!(talk.wake, Some(talk.now.monotonic + 5 * MINUTE));
        assert_eq!(talk.pass(5 * MINUTE - 1), "");
        assert_eq!(talk.pass(1), "421 4.4.2 Timeout\r\n");
        assert_eq!((talk.closed, talk.aborted.len()), (Some(Closed::TimedOut), aborted));
        assert_eq!(talk.wake, None);
    }
}

/// Single octets do not buy time; a whole command does.
#[test]
fn slow_commands() {
    let mut talk = Talk::new(settings());
    talk.read();
    for _ in 0..4 {
        talk.send("N");
        assert_eq!(talk.pass(MINUTE), "");
    }
    talk.send("O");
    assert_eq!(talk.pass(MINUTE), "421 4.4.2 Timeout\r\n");
    let mut talk = Talk::new(settings());
    for _ in 0..10 {
        talk.send("NOOP\r\n");
        assert_eq!(talk.pass(4 * MINUTE), "");
    }
}

#[test]
fn slow_content() {
    for (begin, content) in [("DATA\r\n", "x\r\n"), ("BDAT 1000 LAST\r\n", "x\r\n")] {
        let mut talk = Talk::new(settings());
        talk.send("EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\n");
        talk.send(begin);
        for _ in 0..5 {
            talk.send(content);
            assert_eq!(talk.pass(4 * MINUTE), "");
        }
        assert_eq!(talk.pass(MINUTE), "421 4.4.2 Timeout\r\n");
        assert_eq!((talk.closed, &talk.aborted[..]), (Some(Closed::TimedOut), &[Abort::SessionEnded][..]));
        assert!(talk.messages.is_empty());
    }
}

#[test]
fn long_sessions() {
    let mut talk = Talk::new(settings());
    for _ in 0..14 {
        talk.send("NOOP\r\n");
        assert_eq!(talk.pass(4 * MINUTE), "");
    }
    talk.send("NOOP\r\n");
    assert_eq!(talk.wake, Some(Millis(1000 + 60 * MINUTE)));
    assert_eq!(talk.pass(4 * MINUTE), "421 4.4.2 The session has lasted too long\r\n");
    assert_eq!(talk.closed, Some(Closed::SessionTooLong));
}

/// The end of the session's time does not cut off a host that decides on a message: that has its own.
#[test]
fn a_decision_outlasts_the_session() {
    let timeouts = Timeouts { session: MINUTE, ..Timeouts::default() };
    let mut talk = Talk::with_host(Settings { timeouts, ..settings() }, Box::new(|_| None));
    talk.send("EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n");
    talk.send(".\r\n");
    assert_eq!(talk.wake, Some(talk.now.monotonic + 9 * MINUTE));
    assert_eq!(talk.pass(2 * MINUTE), "");
    assert_eq!(talk.decide(Decision::Accept), "250 2.0.0 Message accepted\r\n");
    assert_eq!(talk.pass(0), "421 4.4.2 The session has lasted too long\r\n");
}

#[test]
fn before_the_greeting() {
    let timeouts = Timeouts { greeting_delay: 2000, ..Timeouts::default() };
    let slow = Settings { timeouts, ..settings() };
    let mut talk = Talk::new(slow.clone());
    assert_eq!((talk.read().as_str(), talk.wake), ("", Some(Millis(3000))));
    assert_eq!(talk.pass(2000), "220 mx.example.com ESMTP\r\n");

    let mut talk = Talk::new(slow.clone());
    assert_eq!(talk.send("EHLO a.example\r\n"), "554 You talk before the greeting\r\n");
    assert_eq!(talk.closed, Some(Closed::EarlyTalker));

    let mut talk = Talk::new(Settings { early_talkers: EarlyTalkers::Serve, ..slow });
    assert_eq!(talk.send("HELO a.example\r\n"), "");
    assert_eq!(talk.pass(2000), "220 mx.example.com ESMTP\r\n250 mx.example.com\r\n");

    // Likewise while the host decides whether to serve the client; its decision finds nobody then.
    let decisions = Decisions { connect: true, ..Decisions::default() };
    let mut talk = Talk::with_host(Settings { decisions, ..settings() }, Box::new(|_| None));
    assert!(talk.server.wants_octets());
    assert_eq!(talk.send("EHLO a.example\r\n"), "554 You talk before the greeting\r\n");
    assert_eq!(talk.decide(Decision::Accept), "");
}

/// RFC 2920 §3.1: DATA is the last command of a group.
#[test]
fn before_the_reply_to_data() {
    let octets = "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n";
    let mut talk = Talk::new(settings());
    talk.read();
    let replies = talk.send(octets);
    assert!(replies.ends_with("250 2.1.5 Recipient OK\r\n554 5.5.0 You sent the message before the reply to DATA\r\n"));
    assert_eq!((talk.closed, &talk.aborted[..]), (Some(Closed::EarlyTalker), &[Abort::SessionEnded][..]));

    let mut talk = Talk::new(Settings { early_talkers: EarlyTalkers::Serve, ..settings() });
    assert!(talk.send(octets).ends_with("250 2.0.0 Message accepted\r\n"));
}

#[test]
fn no_handshake() {
    let mut talk = Talk::new(Settings { tls: TlsPolicy { implicit: true, required: true }, ..settings() });
    assert_eq!(talk.pass(5 * MINUTE), "");
    assert_eq!(talk.closed, Some(Closed::TimedOut));
}

fn shut_down(talk: &mut Talk) -> String {
    talk.server.handle(talk.now, Input::Shutdown).unwrap();
    talk.drain();
    talk.read()
}

/// A message that is on its way gets its reply before the server leaves.
#[test]
fn shutting_down() {
    let bye = "421 4.3.2 Shutting down\r\n";
    for (before, aborted) in [("", 0), ("EHLO a.example\r\n", 0), ("EHLO a.example\r\nMAIL FROM:<>\r\n", 1)] {
        let mut talk = Talk::new(settings());
        talk.send(before);
        assert_eq!(shut_down(&mut talk), bye);
        assert_eq!((talk.closed, talk.aborted.len()), (Some(Closed::Shutdown), aborted));
    }
    let begin = "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\n";
    let mut talk = Talk::new(settings());
    talk.send(begin);
    talk.send("DATA\r\n");
    assert_eq!(shut_down(&mut talk), "");
    assert_eq!(talk.send("x\r\n.\r\nMAIL FROM:<>\r\n"), ["250 2.0.0 Message accepted\r\n", bye].concat());
    assert_eq!(talk.messages.len(), 1);

    let mut talk = Talk::with_host(
        settings(),
        Box::new(|request| (!matches!(request, Request::Message(_))).then_some(Decision::Accept)),
    );
    talk.send(begin);
    talk.send("BDAT 2\r\nab");
    assert_eq!(shut_down(&mut talk), "");
    assert_eq!(talk.send("BDAT 2 LAST\r\ncd"), "");
    assert_eq!(talk.decide(Decision::Accept), ["250 2.0.0 Message accepted\r\n", bye].concat());
}
