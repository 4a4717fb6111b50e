//! Octets that somebody means ill with: cut, changed, and made to cost much.

use std::time::{Duration, Instant};

use passerelle::RecordType;
use passerelle::dns_message::MessageError;

use crate::wire::{A, CNAME, MX, Message, NS, TXT, name, opt, record, record_of, soa};
use crate::{answer, domain, naive};

/// A response with all there can be: aliases, compression, three sections, EDNS.
fn whole() -> Vec<u8> {
    Message::to("www.example.org", MX)
        .answer(record_of(&[0xc0, 12], CNAME, 1, 60, &[0xc0, 16]))
        .answer(record_of(&[0xc0, 16], MX, 1, 60, &[0, 10, 2, b'm', b'x', 0xc0, 16]))
        .answer(record_of(&[0xc0, 16], MX, 1, 60, &[0, 20, 3, b'm', b'x', b'2', 0xc0, 16]))
        .authority(record("example.org", NS, 60, &name("ns.example.org")))
        .authority(soa("example.org", 60, 60))
        .additional(record("mx.example.org", A, 60, &[192, 0, 2, 1]))
        .additional(opt(0))
        .octets()
}

#[test]
fn a_response_cut_at_any_octet_is_malformed() {
    let whole = whole();
    assert_eq!(answer(&whole, "www.example.org", RecordType::Mx).unwrap().records.len(), 2);
    for length in 0..whole.len() {
        let result = answer(&whole[..length], "www.example.org", RecordType::Mx);
        assert!(matches!(result, Err(MessageError::Malformed(_))), "{length}: {result:?}");
    }
}

#[test]
fn any_octet_changed_gives_what_a_plain_reader_makes_of_it() {
    let whole = whole();
    for at in 0..whole.len() {
        for octet in 0..=255 {
            let mut changed = whole.clone();
            changed[at] = octet;
            agrees_with_a_plain_reader(&changed, "www.example.org", RecordType::Mx);
        }
    }
}

/// That two readers say the same; what exactly is malformed aside.
pub(crate) fn agrees_with_a_plain_reader(message: &[u8], asked: &str, record_type: RecordType) {
    let plain = |result| match result {
        Err(MessageError::Malformed(_)) => Err(MessageError::Malformed("")),
        other => other,
    };
    let ours = answer(message, asked, record_type);
    assert_eq!(
        plain(ours),
        plain(naive::read(message, &domain(asked), record_type)),
        "{asked} {record_type}: {message:?}"
    );
}

/// The largest messages, of the costliest kinds: each takes far less than what a hang would be.
#[test]
fn the_worst_message_is_read_in_linear_time() {
    // As many records as fit, each owned by a name that takes 126 pointers to read.
    let base = 12 + name("a.example").len() + 4 + name("t.example").len() + 10;
    let at = |count: usize| if count == 0 { base } else { base + 5 + 2 * (count - 1) };
    let pointer = |count: usize| [0xc0 | (at(count) >> 8) as u8, at(count) as u8];
    let pointers: Vec<u8> = (0..126).flat_map(pointer).collect();
    let mut deep =
        Message::to("a.example", CNAME).answer(record("t.example", TXT, 60, &[b"\x03end\x00", &pointers[..]].concat()));
    // Chains of aliases whose steps all have to be looked for among thousands of others.
    let mut wide = Message::to("n0.example", A);
    for n in 0..8 {
        wide = wide.answer(record(&format!("n{n}.example"), CNAME, 60, &name(&format!("n{}.example", n + 1))));
    }
    let long = name(&([&"a".repeat(63)[..]; 3].join(".") + "." + &"b".repeat(61)));
    wide = wide.answer(record_of(&long, A, 1, 60, &[192, 0, 2, 1]));
    let shared = 12 + 12 + 4 + 8 * (12 + 10 + 12);
    for _ in 0..4000 {
        deep = deep.answer(record_of(&pointer(126), CNAME, 1, 60, &pointer(125)));
        wide = wide.answer(record_of(&[0xc0 | (shared >> 8) as u8, shared as u8], A, 1, 60, &[192, 0, 2, 1]));
    }
    for (message, asked, record_type) in [(deep, "a.example", RecordType::Cname), (wide, "n0.example", RecordType::A)] {
        let octets = message.octets();
        assert!(octets.len() <= 65_535, "{}", octets.len());
        let start = Instant::now();
        let result = answer(&octets, asked, record_type);
        assert!(result.is_ok(), "{result:?}");
        assert!(start.elapsed() < Duration::from_secs(2), "{asked}: {:?}", start.elapsed());
    }
}

#[test]
fn counts_of_records_that_are_not_there_cost_nothing() {
    let mut message = Message::to("a.example", A).octets();
    message[6..12].fill(0xff);
    assert!(matches!(answer(&message, "a.example", RecordType::A), Err(MessageError::Malformed(_))));
}
