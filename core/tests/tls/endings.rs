//! How a conversation inside TLS ends.

use passerelle::tls::{ClientTls, End, Event, Input, ResultType, Verification, Version};
use passerelle::{Machine, Millis, Now, Output, limits};

use crate::certificates::{Leaf, NOW};
use crate::pair::{Pair, drain, failure, lines};
use crate::toy::{Said, Start, Tell};

const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

fn pair(version: Version) -> Pair {
    let server = Leaf::self_signed(&["mx.example.com"]).server();
    let mut pair = Pair::new(&server, &ClientTls::new(Verification::None).only(version), Start::StartTls);
    pair.run();
    pair
}

fn ended(heard: &[Event<Said>]) -> Vec<(End, usize)> {
    let ends = heard.iter().filter_map(|event| match event {
        Event::Inner(Said::Ended(end, unfinished)) => Some((*end, *unfinished)),
        _ => None,
    });
    ends.collect()
}

#[test]
fn close_notify_in_the_middle_of_content() {
    for version in VERSIONS {
        let mut pair = pair(version);
        pair.client_says("whole\r\nunfinish");
        pair.client.handle(pair.now, Input::Inner(Tell::Leave)).unwrap();
        pair.run();
        assert_eq!(lines(&pair.heard_by_server), ["whole"]);
        assert_eq!(ended(&pair.heard_by_server), [(End::Orderly, 8)]);
        // The connection's own end is no news.
        pair.end_at_server(End::Orderly);
        assert_eq!(ended(&pair.heard_by_server).len(), 1);
        assert!(pair.server.is_over());
    }
}

/// RFC 8446 §6.1: what comes after close_notify is ignored.
#[test]
fn nothing_counts_after_close_notify() {
    for version in VERSIONS {
        let mut pair = pair(version);
        pair.client.handle(pair.now, Input::Inner(Tell::Say("before\r\n"))).unwrap();
        pair.client.handle(pair.now, Input::Inner(Tell::Leave)).unwrap();
        let mut wire = drain(&mut pair.client, &mut pair.heard_by_client);
        wire.extend(b"\x17\x03\x03\x00\x20 this can't be deciphered at all anyway, and more");
        pair.server.handle(pair.now, Input::Wire(&wire)).unwrap();
        drain(&mut pair.server, &mut pair.heard_by_server);
        assert_eq!(lines(&pair.heard_by_server), ["before"]);
        assert_eq!(ended(&pair.heard_by_server), [(End::Orderly, 0)]);
        assert!(!pair.heard_by_server.iter().any(|event| matches!(event, Event::Failed(_))));
    }
}

#[test]
fn an_end_without_close_notify_is_a_cut() {
    for version in VERSIONS {
        for end in [End::Orderly, End::Cut] {
            let mut pair = pair(version);
            pair.client_says("whole\r\nunfinish").end_at_server(end);
            assert_eq!(ended(&pair.heard_by_server), [(End::Cut, 8)]);
        }
    }
}

/// Octets that are already here come before the end, at every place where the wire may be cut.
#[test]
fn a_cut_at_every_octet() {
    for version in VERSIONS {
        let mut pair = pair(version);
        for text in ["one\r\n", "two\r\n"] {
            pair.client.handle(pair.now, Input::Inner(Tell::Say(text))).unwrap();
        }
        let wire = drain(&mut pair.client, &mut pair.heard_by_client);
        let half = wire.len() / 2;
        for cut in [0, 1, 4, 5, half - 1, half, half + 1, wire.len() - 1, wire.len()] {
            let mut pair = self::pair(version);
            for text in ["one\r\n", "two\r\n"] {
                pair.client.handle(pair.now, Input::Inner(Tell::Say(text))).unwrap();
            }
            let wire = drain(&mut pair.client, &mut pair.heard_by_client);
            pair.server.handle(pair.now, Input::Wire(&wire[..cut])).unwrap();
            pair.end_at_server(End::Orderly);
            let expected: &[&str] = match cut {
                _ if cut < half => &[],
                _ if cut < wire.len() => &["one"],
                _ => &["one", "two"],
            };
            assert_eq!(lines(&pair.heard_by_server), expected, "{cut} of {}", wire.len());
            assert_eq!(ended(&pair.heard_by_server), [(End::Cut, 0)]);
        }
    }
}

#[test]
fn the_end_of_the_machine_is_close_notify() {
    for version in VERSIONS {
        let mut pair = pair(version);
        pair.client_says("hello\r\nQUIT\r\nmore\r\n");
        assert_eq!(lines(&pair.heard_by_client), ["220 ready", "echo hello", "221 bye"][1..]);
        assert_eq!(ended(&pair.heard_by_client), [(End::Orderly, 0)]);
        assert!(pair.server.is_over() && pair.client.is_over());
        assert_eq!(pair.server.poll(), Output::Idle { wake: None });
    }
}

#[test]
fn a_record_that_was_changed() {
    for version in VERSIONS {
        let mut pair = pair(version);
        pair.client.handle(pair.now, Input::Inner(Tell::Say("good\r\n"))).unwrap();
        let good = drain(&mut pair.client, &mut pair.heard_by_client);
        pair.client.handle(pair.now, Input::Inner(Tell::Say("evil\r\n"))).unwrap();
        let mut evil = drain(&mut pair.client, &mut pair.heard_by_client);
        *evil.last_mut().unwrap() ^= 1;
        pair.server.handle(pair.now, Input::Wire(&[good, evil].concat())).unwrap();
        let sent = drain(&mut pair.server, &mut pair.heard_by_server);
        assert_eq!(lines(&pair.heard_by_server), ["good"]);
        assert_eq!(failure(&pair.heard_by_server).result, ResultType::ValidationFailure);
        assert_eq!(ended(&pair.heard_by_server), [(End::TlsFailed, 0)]);
        assert!(pair.server.is_over());
        // The reply to the good record, then the alert.
        pair.client.handle(pair.now, Input::Wire(&sent)).unwrap();
        drain(&mut pair.client, &mut pair.heard_by_client);
        assert_eq!(lines(&pair.heard_by_client), ["echo good"]);
        assert_eq!(pair.failure().reason, "the peer refused with the alert bad_record_mac");
    }
}

#[test]
fn the_connection_ends_during_the_handshake() {
    let server = Leaf::self_signed(&["mx.example.com"]).server();
    let client = ClientTls::new(Verification::None);
    for octets in [0, 1, 100] {
        let mut pair = Pair::new(&server, &client, Start::Implicit);
        let hello = drain(&mut pair.client, &mut pair.heard_by_client);
        pair.server.handle(pair.now, Input::Wire(&hello[..octets])).unwrap();
        pair.end_at_server(End::Cut);
        assert!(failure(&pair.heard_by_server).reason.contains("ended the connection during the TLS handshake"));
        assert_eq!(ended(&pair.heard_by_server), [(End::TlsFailed, 0)]);
    }
}

#[test]
fn a_handshake_takes_too_long() {
    let server = Leaf::self_signed(&["mx.example.com"]).server();
    let mut pair = Pair::new(&server, &ClientTls::new(Verification::None), Start::Implicit);
    let end = Millis(NOW * 1000) + limits::TLS_HANDSHAKE_TIMEOUT;
    assert_eq!(pair.server.poll(), Output::Idle { wake: Some(end) });
    let at = |millis| Now { monotonic: Millis(millis), ..pair.now };
    let (before, then) = (at(end.0 - 1), at(end.0));
    pair.server.handle(before, Input::Tick).unwrap();
    assert_eq!(pair.server.poll(), Output::Idle { wake: Some(end) });
    pair.server.handle(then, Input::Tick).unwrap();
    drain(&mut pair.server, &mut pair.heard_by_server);
    assert!(failure(&pair.heard_by_server).reason.contains("not finished in time"));
    assert!(pair.server.is_over());
}

/// The machine inside gives up in the middle of the handshake, and says so in clear text to nobody.
#[test]
fn the_machine_ends_during_the_handshake() {
    let server = Leaf::self_signed(&["mx.example.com"]).server();
    let mut pair = Pair::new(&server, &ClientTls::new(Verification::None), Start::Implicit);
    assert!(drain(&mut pair.server, &mut pair.heard_by_server).is_empty());
    pair.server.handle(pair.now, Input::Inner(Tell::Say("421 too slow\r\n"))).unwrap();
    pair.server.handle(pair.now, Input::Inner(Tell::Leave)).unwrap();
    let sent = drain(&mut pair.server, &mut pair.heard_by_server);
    assert_eq!(sent, b"\x15\x03\x03\x00\x02\x01\x00", "close_notify and nothing else");
    assert!(pair.server.is_over());
}
