//! What goes out as content: nothing that any server could take for the end of a message, however the host cuts it.

use passerelle::Machine;
use passerelle::smtp::client::{Client, Closed, Delivery, Envelope, Event, Input, Needs, Settings, Withheld};
use passerelle::smtp::data::{EncodePolicy, LongLine, LongLines};
use serde_json::Value;

use crate::dialogue::{Play, WHOLE, dialogue, envelope, settings, start};
use crate::server::Server;
use crate::support;

/// What goes out for a message in these pieces, by DATA or by BDAT, behind the reply to RCPT; and what was reported.
fn sent(settings: &Settings, offer: &'static str, envelope: &Envelope, pieces: &[&[u8]]) -> (Vec<u8>, Vec<Event>) {
    let mut play = Play::new(Client::new(settings.clone(), start()), std::slice::from_ref(envelope), WHOLE);
    let mut server = Server::new(offer);
    play.server(b"220 mx.example\r\n");
    while !play.client.is_ready() {
        let replies = server.replies(&play.wire);
        play.server(&replies);
    }
    play.act("! send");
    play.drain();
    while !matches!(play.events.last(), Some(Event::WantsContent | Event::Sent(_))) {
        let replies = server.replies(&play.wire);
        play.server(&replies);
    }
    let begins = play.wire.len();
    for piece in pieces {
        if play.client.wants_content() {
            play.client.handle(play.now, Input::Content(piece)).unwrap();
            play.drain();
        }
    }
    if play.client.wants_content() {
        play.act("! end");
        play.drain();
    }
    (play.wire.split_off(begins), play.events)
}

fn withheld(events: &[Event]) -> Option<Withheld> {
    events.iter().find_map(|event| match event {
        Event::Sent(outcome) => match outcome.recipients[0].delivery {
            Delivery::Withheld { why, .. } => Some(why),
            _ => None,
        },
        _ => None,
    })
}

fn cuts(message: &[u8]) -> impl Iterator<Item = [&[u8]; 2]> {
    (0..=message.len()).map(|at| <[_; 2]>::from(message.split_at(at)))
}

fn payloads() -> Option<Vec<String>> {
    let folder = support::suite("smuggling")?;
    let text = std::fs::read_to_string(folder.join("payloads.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let payloads = json["union"].as_array().unwrap().iter().map(|payload| payload.as_str().unwrap().to_owned());
    Some(payloads.collect())
}

/// A message and an injected transaction with a payload between them.
fn smuggler(payload: &str) -> Vec<u8> {
    format!("Subject: x\r\n\r\nText{payload}MAIL FROM:<x@x.example>\r\nRCPT TO:<y@y.example>\r\nDATA\r\nx\r\n").into()
}

#[test]
fn smuggling_is_refused() {
    let Some(payloads) = payloads() else { return };
    assert_eq!(payloads.len(), 12);
    let plain = envelope(&["bob@mx.example"]);
    for payload in payloads {
        let message = smuggler(&payload);
        for pieces in cuts(&message) {
            let (wire, events) = sent(&settings(), "250 PIPELINING", &plain, &pieces);
            // Nothing of what follows the payload is there, and no end.
            let text = String::from_utf8_lossy(&wire).replace("\r\n..", "\r\n.");
            assert!(message.starts_with(text.as_bytes()) && !text.contains("MAIL"), "{payload:?}: {text:?}");
            assert!(!ends(&wire));
            assert!(matches!(withheld(&events), Some(Withheld::Irregular(_))), "{events:?}");
            assert!(matches!(events.last(), Some(Event::Closed(Closed::MessageWithdrawn))));
        }
        // A host that has scanned the message learns it before anything is sent.
        let scanned = Envelope { needs: Some(Needs::of(&message)), ..plain.clone() };
        let (wire, events) = sent(&settings(), "250 PIPELINING", &scanned, &[&message]);
        assert!(wire.is_empty() && matches!(withheld(&events), Some(Withheld::Irregular(_))));
    }
}

/// By count nothing can be smuggled here, but the server may send the message on.
#[test]
fn smuggling_by_bdat_is_refused() {
    let Some(payloads) = payloads() else { return };
    for payload in payloads {
        let message = smuggler(&payload);
        for pieces in cuts(&message) {
            let (wire, events) = sent(&settings(), "250 CHUNKING", &envelope(&["bob@mx.example"]), &pieces);
            assert_eq!(wire, b"RSET\r\n", "{payload:?}");
            assert!(!events.iter().any(|event| matches!(event, Event::Closed(_))));
        }
    }
}

#[test]
fn smuggling_is_repaired() {
    let Some(payloads) = payloads() else { return };
    let settings = Settings { irregular: EncodePolicy::Repair, ..settings() };
    for payload in payloads {
        let message = smuggler(&payload);
        for pieces in cuts(&message) {
            let (wire, events) = sent(&settings, "250 PIPELINING", &envelope(&["bob@mx.example"]), &pieces);
            if payload.contains('\0') {
                assert!(!contains(&wire, b"MAIL") && !ends(&wire), "{payload:?}: {}", wire.escape_ascii());
                assert!(matches!(withheld(&events), Some(Withheld::Irregular(_))));
            } else {
                // Line by line: CRLF and nothing else, and a lone dot at the very end only.
                let text = wire.strip_suffix(b"\r\n.\r\n").expect("an end");
                let lines: Vec<&[u8]> = text.split(|octet| *octet == b'\n').collect();
                let (last, lines) = lines.split_last().unwrap();
                assert!(lines.iter().all(|line| line.ends_with(b"\r") && line != b".\r"), "{}", wire.escape_ascii());
                assert!(
                    std::iter::once(last)
                        .chain(lines)
                        .all(|line| !line[..line.len().saturating_sub(1)].contains(&b'\r'))
                );
                assert!(contains(text, b"MAIL FROM"));
            }
        }
    }
}

fn contains(octets: &[u8], what: &[u8]) -> bool {
    octets.windows(what.len()).any(|window| window == what)
}

fn ends(wire: &[u8]) -> bool {
    wire.ends_with(b"\r\n.\r\n") || wire == b".\r\n"
}

/// Any cut gives the same octets, by DATA and by BDAT.
#[test]
fn pieces_make_no_difference() {
    let message = b"A: b\r\n\r\n.\r\n..\r\n.x\r\n\r\n.";
    for offer in ["250 PIPELINING", "250 CHUNKING"] {
        let whole = sent(&settings(), offer, &envelope(&["bob@mx.example"]), &[message]);
        for pieces in cuts(message) {
            assert_eq!(sent(&settings(), offer, &envelope(&["bob@mx.example"]), &pieces), whole);
        }
        let octets: Vec<&[u8]> = message.chunks(1).collect();
        assert_eq!(sent(&settings(), offer, &envelope(&["bob@mx.example"]), &octets), whole);
    }
}

/// What a scan would have told before shows on the way: the connection is given up without an end.
#[test]
fn content_that_the_server_does_not_take() {
    let plain = envelope(&["bob@mx.example"]);
    let message = "A: b\r\n\r\ncaf\u{e9}\r\n".as_bytes();
    let (wire, events) = sent(&settings(), "250 PIPELINING", &plain, &[message]);
    assert!(!ends(&wire), "{}", wire.escape_ascii());
    assert_eq!(withheld(&events), Some(Withheld::EightBit));
    let (wire, _) = sent(&settings(), "250-PIPELINING\r\n250 8BITMIME", &plain, &[message]);
    assert!(ends(&wire));

    let message = [b"A: b\r\n\r\n", &[b'x'; 999][..], b"\r\n"].concat();
    let strict = Settings { long_lines: LongLines::Refuse, ..settings() };
    let (wire, events) = sent(&strict, "250 PIPELINING", &plain, &[&message[..500], &message[500..]]);
    assert!(!ends(&wire));
    let line = LongLine { number: 3, octets: 999, is_whole: false, longest: 998 };
    assert_eq!(withheld(&events), Some(Withheld::LineTooLong(line)));
    let text = Withheld::LineTooLong(line).reply().to_string();
    assert_eq!(
        text,
        "554 5.6.0 A line of the message is too long: line 3 has at least 999 octets, and 998 are the most"
    );
    let (wire, _) = sent(&strict, "250 PIPELINING", &plain, &[&message[1..]]);
    assert!(!ends(&wire), "998 octets are the most");
    let fits = [b"A: b\r\n\r\n", &[b'x'; 998][..], b"\r\n"].concat();
    assert!(ends(&sent(&strict, "250 PIPELINING", &plain, &[&fits]).0));
}

/// Octet for octet, by DATA and by BDAT, whether somebody has looked before or not: never wrapped. Beyond the bound it is refused.
#[test]
fn long_lines_pass_as_they_are() {
    let message = [b"A: b\r\n\r\n.", &[b'x'; 100_000][..], b"\r\n"].concat();
    let plain = envelope(&["bob@mx.example"]);
    let mut scanned = plain.clone();
    scanned.needs = Some(Needs::of(&message));
    for envelope in [&plain, &scanned] {
        let (wire, _) = sent(&settings(), "250 PIPELINING", envelope, &[&message]);
        let stuffed = [b"A: b\r\n\r\n..", &[b'x'; 100_000][..], b"\r\n.\r\n"].concat();
        assert!(wire.ends_with(&stuffed));
        let whole = Settings { chunk_size: 1 << 20, ..settings() };
        let (wire, _) = sent(&whole, "250 CHUNKING", envelope, &[&message]);
        assert!(wire.ends_with(&[format!("BDAT {} LAST\r\n", message.len()).as_bytes(), &message].concat()));
        let bounded = Settings { long_lines: LongLines::Pass { longest: 100_000 }, ..settings() };
        let (wire, events) = sent(&bounded, "250 PIPELINING", envelope, &[&message]);
        assert!(!ends(&wire));
        let Some(Withheld::LineTooLong(line)) = withheld(&events) else { panic!("{events:?}") };
        assert_eq!((line.number, line.octets), (3, 100_001));
    }
}

#[test]
fn in_chunks() {
    let settings = Settings { chunk_size: 10, ..settings() };
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250-PIPELINING
        S: 250 CHUNKING
        E: ready
        ! send
        C: MAIL FROM:<ann@client.example>
        C: RCPT TO:<bob@mx.example>
        S: 250 Ok
        S: 250 Ok
        E: wants content
        ! content .2345678
        ! content .2345678
        ! content .2345678
        C: BDAT 10
        C: .2345678
        C: BDAT 10
        C: .2345678
        ! end
        C: BDAT 10 LAST
        C: .2345678
        S: 250 Ok
        S: 250 Ok
        S: 250 Queued
        E: bob@mx.example: accepted, 250 Queued";
    dialogue(&settings, &[envelope(&["bob@mx.example"])], script);
}

/// Without PIPELINING a chunk waits for the reply to the one before, and the host is told to wait.
#[test]
fn in_chunks_one_by_one() {
    let settings = Settings { chunk_size: 10, ..settings() };
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 CHUNKING
        E: ready
        ! send
        C: MAIL FROM:<ann@client.example>
        S: 250 Ok
        C: RCPT TO:<bob@mx.example>
        S: 250 Ok
        E: wants content
        ! content .2345678
        ! content .2345678
        ! content .2345678
        C: BDAT 10
        C: .2345678
        ! end
        S: 250 Ok
        C: BDAT 10
        C: .2345678
        S: 250 Ok
        C: BDAT 10 LAST
        C: .2345678
        S: 250 Queued
        E: bob@mx.example: accepted, 250 Queued";
    dialogue(&settings, &[envelope(&["bob@mx.example"])], script);
}

#[test]
fn a_chunk_is_refused() {
    let settings = Settings { chunk_size: 10, ..settings() };
    let begins = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250-PIPELINING
        S: 250 CHUNKING
        E: ready
        ! send
        C: MAIL FROM:<ann@client.example>
        C: RCPT TO:<bob@mx.example>
        S: 250 Ok
        S: 250 Ok
        E: wants content
        ! content 12345678
        ! content 12345678
        ! content 12345678
        C: BDAT 10
        C: 12345678
        C: BDAT 10
        C: 12345678";
    let on_the_way = "
        S: 552 5.3.4 Too large
        C: RSET
        S: 503 5.5.1 No
        S: 250 Ok
        E: bob@mx.example: refused at Content, 552 5.3.4 Too large
        ! quit
        C: QUIT";
    dialogue(&settings, &[envelope(&["bob@mx.example"])], &format!("{begins}{on_the_way}"));
    let behind_the_end = "
        ! end
        C: BDAT 10 LAST
        C: 12345678
        S: 552 5.3.4 Too large
        S: 503 5.5.1 No
        S: 503 5.5.1 No
        C: RSET
        S: 250 Ok
        E: bob@mx.example: refused at Content, 552 5.3.4 Too large";
    dialogue(&settings, &[envelope(&["bob@mx.example"])], &format!("{begins}{behind_the_end}"));
    // A server that forgets what it has refused does not have the message, whatever it says.
    let forgotten =
        behind_the_end.replacen("S: 503 5.5.1 No\n        S: 503 5.5.1 No", "S: 250 Ok\n        S: 250 Ok", 1);
    assert_ne!(forgotten, behind_the_end);
    dialogue(&settings, &[envelope(&["bob@mx.example"])], &format!("{begins}{forgotten}"));
}

/// A message of no octets has an end all the same.
#[test]
fn an_empty_message() {
    for (offer, end) in [("250 HELP", &b".\r\n"[..]), ("250 CHUNKING", b"BDAT 0 LAST\r\n")] {
        assert_eq!(sent(&settings(), offer, &envelope(&["bob@mx.example"]), &[]).0, end);
    }
}
