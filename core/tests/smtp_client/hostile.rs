//! Servers that say what makes no sense, or too much, or at the wrong time.

use passerelle::smtp::client::{Client, Closed, Delivery, Event, Settings};
use passerelle::tls::Converse;
use proptest::prelude::*;

use crate::dialogue::{Play, WHOLE, dialogue, envelope, settings, start};

const READY: &str = "
    S: 220 mx.example
    C: EHLO client.example
    S: 250-mx.example
    S: 250 PIPELINING
    E: ready
    ! send
    C: MAIL FROM:<ann@client.example>
    C: RCPT TO:<bob@mx.example>
    C: DATA";

fn plays(script: &str) {
    dialogue(&settings(), &[envelope(&["bob@mx.example"])], &format!("{READY}{script}"));
}

#[test]
fn no_smtp() {
    for (line, why) in [
        ("HTTP/1.1 400 Bad Request", "a line does not begin with a reply code"),
        ("199 x", "199 is no reply code of SMTP"),
        ("600 x", "600 is no reply code of SMTP"),
        ("250=x", "the reply code is not followed by a space or a hyphen"),
    ] {
        let script = format!("S: {line}\nE: closed, {why}; the greeting was waited for");
        dialogue(&settings(), &[], &script);
    }
}

#[test]
fn codes_that_make_no_sense() {
    dialogue(
        &settings(),
        &[],
        "
        S: 354 Go on
        E: closed, the server replied 354, which makes no sense here; the greeting was waited for",
    );
    plays(
        "
        S: 354 Go on
        E: bob@mx.example: not sent, the server replied 354, which makes no sense here; the reply to MAIL was waited for
        E: closed, the server replied 354, which makes no sense here; the reply to MAIL was waited for",
    );
    plays(
        "
        S: 250 Ok
        S: 250 Ok
        S: 250 Ok
        E: bob@mx.example: not sent, the server replied 250, which makes no sense here; the reply to DATA was waited for
        E: closed, the server replied 250, which makes no sense here; the reply to DATA was waited for",
    );
    plays("
        S: 250 Ok
        S: 250 Ok
        S: 354 Go on
        E: wants content
        ! end
        C: .
        S: 354 Go on
        E: bob@mx.example: unconfirmed, the server replied 354, which makes no sense here; the reply to the end of the content was waited for
        E: closed, the server replied 354, which makes no sense here; the reply to the end of the content was waited for");
}

#[test]
fn replies_to_nothing() {
    // While the content goes out; it was never ended, so it can't have been accepted.
    plays(
        "
        S: 250 Ok
        S: 250 Ok
        S: 354 Go on
        E: wants content
        ! content x
        C: x
        S: 250 Queued
        E: bob@mx.example: not sent, the server replied 250 before it was asked; the end of the content was waited for
        E: closed, the server replied 250 before it was asked; the end of the content was waited for",
    );
    // Behind the last one.
    dialogue(
        &settings(),
        &[],
        "
        S: 220 mx.example
        C: EHLO client.example
        S: 250 mx.example
        S: 250 Ok
        E: ready
        E: closed, the server replied 250 before it was asked; the next message was waited for",
    );
}

/// The reply to a message, in the octets that begin with 354: the message has not been sent yet.
#[test]
fn a_reply_to_the_end_before_the_end_is_out() {
    let mut play = Play::new(Client::new(settings(), start()), &[envelope(&["bob@mx.example"])], WHOLE);
    play.script("S: 220 mx.example\nS: 250 mx.example\n");
    assert!(matches!(play.events[..], [Event::Closed(_)]), "EHLO was not polled: {:?}", play.events);

    for (reply, is_refused) in [("250 Queued\r\n", false), ("554 No\r\n", true)] {
        let mut play = Play::new(Client::new(settings(), start()), &[envelope(&["bob@mx.example"])], WHOLE);
        play.script("S: 220 mx.example\n! wait 1\nS: 250-mx.example\nS: 250 PIPELINING\n! send\nS: 250 Ok\nS: 250 Ok\nS: 354 Go on\n! content x\n");
        let before = play.wire.len();
        play.act("! end");
        play.client.octets(play.now, reply.as_bytes()).unwrap();
        play.drain();
        assert_eq!(play.wire.len(), before, "the end must not be sent any more");
        let delivery = &play.outcomes()[0].recipients[0].delivery;
        match is_refused {
            true => assert!(matches!(delivery, Delivery::Refused { .. }), "{delivery:?}"),
            false => assert!(matches!(delivery, Delivery::NotSent(Closed::Protocol { .. })), "{delivery:?}"),
        }
        assert!(play.client.is_over());
    }
}

#[test]
fn without_end() {
    for endless in [&b"2"[..], b"220 x", b"220-x\r\n", b"220-\r\n", b"\r\n", b"\0", b"220 ", b"220-\xff\xff\r\n"] {
        let mut play = Play::new(Client::new(settings(), start()), &[], WHOLE);
        play.server(b"220 ");
        for _ in 0..1_000_000 {
            if play.client.is_over() {
                break;
            }
            play.client.octets(play.now, endless).unwrap();
        }
        play.drain();
        let over = matches!(play.events.last(), Some(Event::Closed(Closed::Protocol { .. })));
        assert!(over, "{:?}: {:?}", endless.escape_ascii().to_string(), play.events);
    }
}

fn line() -> impl Strategy<Value = String> {
    let codes = prop::sample::select(vec![
        "220 x",
        "250 x",
        "250-x",
        "250 PIPELINING",
        "250-PIPELINING",
        "250 STARTTLS",
        "250-CHUNKING",
        "250 SIZE 5",
        "354 x",
        "334 x",
        "421 x",
        "450 x",
        "500 x",
        "550 5.1.1 x",
        "552 x",
        "554 x",
        "235 x",
        "221 x",
        "25",
        "\0",
        "250-\u{e9}",
    ]);
    codes.prop_map(|line| format!("{line}\r\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes, in whatever chunks: each message gets one outcome, the connection one end, and nothing is accepted that
    /// the end was not out for.
    #[test]
    fn anything(lines in prop::collection::vec(line(), 0..24), size in 1..9_usize, chunking: bool, lmtp: bool) {
        let protocol = if lmtp { passerelle::smtp::client::Protocol::Lmtp } else { passerelle::smtp::client::Protocol::Smtp };
        let run = |size: usize| {
            let settings = Settings { chunking, protocol, chunk_size: 3, ..settings() };
            let envelopes = [envelope(&["a@mx.example", "b@mx.example"]), envelope(&["c@mx.example"])];
            let mut play = Play::new(Client::new(settings, start()), &envelopes, (size, size));
            let mut sent = 0;
            play.drain();
            for line in &lines {
                play.server(line.as_bytes());
                if play.client.is_ready() && !play.envelopes.is_empty() {
                    play.act("! send");
                    play.drain();
                    sent += 1;
                }
                if play.client.wants_content() {
                    play.content(b"x\r\n.\r\n");
                    if !play.client.is_over() && play.client.wants_content() {
                        play.act("! end");
                        play.drain();
                    }
                }
            }
            if !play.client.is_over() {
                play.act("! cut");
                play.drain();
            }
            (sent, play)
        };
        let (sent, play) = run(usize::MAX);
        prop_assert_eq!(play.outcomes().len(), sent);
        let closed = play.events.iter().filter(|event| matches!(event, Event::Closed(_))).count();
        prop_assert_eq!(closed, 1);
        prop_assert!(matches!(play.events.last(), Some(Event::Closed(_))));
        let ends = |wire: &[u8]| {
            let text = String::from_utf8_lossy(wire).into_owned();
            text.matches("\r\n.\r\n").count() + text.matches(" LAST\r\n").count()
        };
        let accepted = play.outcomes().iter().flat_map(|outcome| &outcome.recipients).filter(|to| to.delivery.is_accepted()).count();
        prop_assert!(accepted == 0 || ends(&play.wire) > 0);
        let (_, other) = run(size);
        prop_assert_eq!(&other.events, &play.events);
        prop_assert_eq!(&other.wire, &play.wire);
    }
}
