//! How the wire is split into calls changes nothing.

use passerelle::tls::{ClientTls, Event, Input, ServerTls, Verification, Version};
use passerelle::{Machine, Output};
use proptest::prelude::*;
use std::sync::LazyLock;

use crate::certificates::Leaf;
use crate::pair::{Pair, lines};
use crate::toy::{Said, Start, Tell};

static SERVER: LazyLock<ServerTls> = LazyLock::new(|| Leaf::self_signed(&["mx.example.com"]).server());

fn pair(start: Start, version: Version) -> Pair {
    Pair::new(&SERVER, &ClientTls::new(Verification::None).only(version), start)
}

#[test]
fn a_conversation_in_chunks_of_every_size() {
    let talk = |start, version, chunk| {
        let mut pair = pair(start, version);
        pair.chunk = chunk;
        pair.run().client_says("hello\r\n").client_says("a\r\nb\r\nc").client_says("\r\nQUIT\r\n");
        (told(&pair.heard_by_server), told(&pair.heard_by_client), records(&pair.from_server))
    };
    for start in [Start::Implicit, Start::StartTls] {
        for version in [Version::Tls12, Version::Tls13] {
            let whole = talk(start, version, usize::MAX);
            assert!(whole.1.last().unwrap().contains("Ended"), "{whole:?}");
            for chunk in (1..=20).chain([50, 100, 333, 1000, 5000]) {
                assert_eq!(talk(start, version, chunk), whole, "{start:?} {version:?} {chunk}");
            }
        }
    }
}

/// What was reported, without what differs from one connection to the next.
fn told(heard: &[Event<Said>]) -> Vec<String> {
    let text = |event: &Event<Said>| match event {
        Event::Secured(session) => format!("{} {}", session.version.as_str(), session.cipher_suite),
        other => format!("{other:?}"),
    };
    heard.iter().map(text).collect()
}

/// The lengths of the records with enciphered content, which are the last on the wire. Those of the handshake differ: a
/// signature's length is not always the same.
fn records(wire: &[u8]) -> Vec<usize> {
    let start = wire.windows(3).position(|w| matches!(w, [0x16, 3, 3])).unwrap_or(0);
    let mut lengths = Vec::new();
    let mut rest = &wire[start..];
    while let [_, 3, 3, high, low, more @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        lengths.push(length);
        rest = &more[length..];
    }
    // Three replies and close_notify.
    lengths.split_off(lengths.len() - 6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any lines in any records, any split of the wire, polled between the calls or not: the same lines, replies and end.
    #[test]
    fn any_split_gives_the_same(
        texts in prop::collection::vec("([a-z]{0,8}\r\n|[a-z]{1,8}|WAIT\r\n|[a-z]{4000}){1,4}", 1..8),
        cuts in prop::collection::vec((1..3000_usize, any::<bool>()), 1..20),
        version in prop::sample::select(vec![Version::Tls12, Version::Tls13]),
        damaged in prop::option::of(0..100_usize),
    ) {
        let mut outcomes = Vec::new();
        for split in [false, true] {
            let mut pair = pair(Start::StartTls, version);
            pair.run();
            for text in &texts {
                pair.client.handle(pair.now, Input::Inner(Tell::Say(text))).unwrap();
            }
            let mut wire = crate::pair::drain(&mut pair.client, &mut pair.heard_by_client);
            if let Some(octet) = damaged.and_then(|back| wire.len().checked_sub(back + 1)) {
                wire[octet] ^= 0x40;
            }
            let mut rest = wire.as_slice();
            let mut sent = Vec::new();
            let mut cuts = cuts.iter().cycle();
            while !rest.is_empty() && !pair.server.is_over() {
                let &(length, poll) = cuts.next().unwrap();
                let length = if split { length.min(rest.len()) } else { rest.len() };
                pair.server.handle(pair.now, Input::Wire(&rest[..length])).unwrap();
                rest = &rest[length..];
                while poll || !split || !pair.server.wants_wire() {
                    match pair.server.poll() {
                        Output::Transmit(octets) => sent.extend(octets),
                        Output::Event(event) => {
                            let waits = matches!(&event, Event::Inner(Said::Line(line, _)) if line == "WAIT");
                            pair.heard_by_server.push(event);
                            if waits {
                                pair.server.handle(pair.now, Input::Inner(Tell::Go)).unwrap();
                            }
                        }
                        _ => break,
                    }
                }
            }
            loop {
                match pair.server.poll() {
                    Output::Transmit(octets) => sent.extend(octets),
                    Output::Event(event) => {
                        let waits = matches!(&event, Event::Inner(Said::Line(line, _)) if line == "WAIT");
                        pair.heard_by_server.push(event);
                        if waits {
                            pair.server.handle(pair.now, Input::Inner(Tell::Go)).unwrap();
                        }
                    }
                    _ => break,
                }
            }
            let lengths: Vec<usize> = std::iter::successors(Some(&sent[..]), |rest| {
                let length = 5 + usize::from(u16::from_be_bytes([*rest.get(3)?, *rest.get(4)?]));
                rest.get(length..)
            })
            .map(<[u8]>::len)
            .collect();
            if damaged.is_none() {
                let whole: String = texts.concat();
                let count = whole.matches("\r\n").count();
                prop_assert_eq!(lines(&pair.heard_by_server).len(), count);
            }
            outcomes.push((told(&pair.heard_by_server), lengths));
        }
        prop_assert_eq!(&outcomes[0], &outcomes[1]);
    }
}
