//! Names: compression, bounds, loops.

use passerelle::dns_message::MessageError;
use passerelle::{Record, RecordType};

use crate::wire::{CNAME, MX, Message, PTR, TXT, name, record, record_of};
use crate::{answer, domain};

fn malformed(message: &[u8], asked: &str, record_type: RecordType) -> bool {
    matches!(answer(message, asked, record_type), Err(MessageError::Malformed(_)))
}

/// A response to `example.org MX`, with this exchange; the owner is a pointer to the question.
fn mx(exchange: &[u8]) -> Vec<u8> {
    let data = [&[0, 5][..], exchange].concat();
    Message::to("example.org", MX).answer(record_of(&[0xc0, 12], MX, 1, 60, &data)).octets()
}

/// Where the exchange's name begins.
const EXCHANGE: u8 = 12 + 13 + 4 + 12 + 2;

#[test]
fn a_compressed_name_is_read() {
    let expected = |host: &str| vec![Record::Mx { preference: 5, exchange: Some(domain(host)) }];
    for (exchange, host) in [
        (&[2, b'm', b'x', 0xc0, 12][..], "mx.example.org"),
        (&[0xc0, 12], "example.org"),
        (&[0xc0, 20], "org"),
        (&[1, b'a', 1, b'b', 0xc0, 20], "a.b.org"),
    ] {
        let found = answer(&mx(exchange), "example.org", RecordType::Mx).unwrap();
        assert_eq!(found.records.to_vec(), expected(host));
    }
}

#[test]
fn a_pointer_to_a_pointer_is_followed() {
    // The owner of the second record points to the first one's, which points to the question.
    let data = [0, 5, 0xc0, 12];
    let first = 12 + 13 + 4;
    let message = Message::to("example.org", MX).answer(record_of(&[0xc0, 12], MX, 1, 60, &data)).answer(record_of(
        &[0xc0, first],
        MX,
        1,
        60,
        &[0, 6, 0xc0, first],
    ));
    let found = answer(&message.octets(), "example.org", RecordType::Mx).unwrap();
    assert_eq!(found.records.len(), 2);
}

#[test]
fn pointers_forward_into_themselves_and_out_of_the_message_are_malformed() {
    for exchange in [
        &[0xc0, EXCHANGE][..],                   // into itself
        &[1, b'a', 0xc0, EXCHANGE],              // to the label before it, and round again
        &[1, b'a', 0xc0, EXCHANGE + 2],          // into itself, behind a label
        &[0xc0, EXCHANGE + 2, 0],                // forward
        &[1, b'a', 1, b'b', 0xc0, EXCHANGE + 2], // into the middle of its own labels
        &[0xc0, 0],                              // into the header
        &[0xc0, 11],                             // to the end of the header
        &[0xff, 0xff],                           // past the end
        &[0xc0],                                 // half a pointer
        &[0x40, 1, 0],                           // label types that do not exist
        &[0x80, 1, 0],
        &[63, b'a'], // a label longer than what is left
        &[1, b'a'],  // a name without an end
        &[],
    ] {
        assert!(malformed(&mx(exchange), "example.org", RecordType::Mx), "{exchange:?}");
    }
}

#[test]
fn a_loop_of_two_names_ends() {
    // The data of a TXT record: two names of which each points to the other.
    let at = 12 + 11 + 4 + 11 + 10 + 1;
    let pointers = [5, 1, b'a', 0xc0, at + 4, 0xc0, at];
    let message = Message::to("a.example", PTR).answer(record("t.example", TXT, 60, &pointers)).answer(record(
        "a.example",
        PTR,
        60,
        &[0xc0, at],
    ));
    assert!(malformed(&message.octets(), "a.example", RecordType::Ptr));
}

#[test]
fn pointers_are_bounded_in_number() {
    // The data of a record that nobody asked for: a name, and pointers of which each points to the one before it.
    let base = 12 + name("a.example").len() + 4 + name("t.example").len() + 10;
    let at = |count: usize| if count == 0 { base } else { base + 5 + 2 * (count - 1) };
    let pointer = |count: usize| [0xc0 | (at(count) >> 8) as u8, at(count) as u8];
    let through = |count: usize| {
        let pointers: Vec<u8> = (0..count).flat_map(pointer).collect();
        Message::to("a.example", CNAME)
            .answer(record("t.example", TXT, 60, &[b"\x03end\x00", &pointers[..]].concat()))
            .answer(record("a.example", CNAME, 60, &pointer(count)))
            .octets()
    };
    let found = answer(&through(126), "a.example", RecordType::Cname).unwrap();
    assert_eq!(*found.records, [Record::Cname(domain("end"))]);
    assert!(malformed(&through(127), "a.example", RecordType::Cname));
    assert!(malformed(&through(8000), "a.example", RecordType::Cname));
}

#[test]
fn a_name_has_at_most_255_octets_compressed_or_not() {
    let long = |last: usize| [&"a".repeat(63)[..]; 3].join(".") + "." + &"b".repeat(last);
    let ptr = |target: &[u8]| Message::to("a.example", PTR).answer(record("a.example", PTR, 60, target)).octets();
    let found = answer(&ptr(&name(&long(61))), "a.example", RecordType::Ptr).unwrap();
    assert_eq!(*found.records, [Record::Ptr(domain(&long(61)))]);
    assert!(malformed(&ptr(&name(&long(62))), "a.example", RecordType::Ptr));
    // The question has the rest: its 9 octets of "\x07example\x00" and 246 before the pointer make 255.
    let prefix = |last: usize| {
        let labels = name(&long(last));
        [&labels[..labels.len() - 1], &[0xc0, 14]].concat()
    };
    assert!(answer(&ptr(&prefix(53)), "a.example", RecordType::Ptr).is_ok());
    assert!(malformed(&ptr(&prefix(54)), "a.example", RecordType::Ptr));
}

#[test]
fn a_name_in_data_ends_where_the_data_ends() {
    // The name would be fine if it could go on behind its record.
    let message = Message::to("a.example", PTR)
        .answer(record("a.example", PTR, 60, b"\x07example"))
        .answer(record("", TXT, 60, b"\x00"));
    assert!(malformed(&message.octets(), "a.example", RecordType::Ptr));
}

#[test]
fn the_question_may_not_be_compressed_into_nothing() {
    let mut message = Message::to("a.example", PTR).octets();
    (message[12], message[13]) = (0xc0, 12);
    assert!(malformed(&message, "a.example", RecordType::Ptr));
}
