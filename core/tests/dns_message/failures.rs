//! What is a failure and never an absence, and what is no answer at all.

use passerelle::dns_message::MessageError;
use passerelle::{DnsAnswer, RecordType, Status};

use crate::wire::{
    A, AAAA, AD, CNAME, MX, Message, NS, PTR, RESPONSE, SOA, TC, TLSA, TXT, name, opt, record, record_of, soa,
};
use crate::{answer, wire};

const SERVFAIL: fn() -> Result<DnsAnswer, MessageError> = || Ok(DnsAnswer::empty(Status::ServFail));

fn malformed(result: &Result<DnsAnswer, MessageError>) -> bool {
    matches!(result, Err(MessageError::Malformed(_)))
}

#[test]
fn every_other_rcode_is_servfail_never_an_absence() {
    for rcode in [1, 2, 4, 5, 6, 9, 10, 11, 15] {
        let message = Message::to("a.example", A).answer(record("a.example", A, 60, &[192, 0, 2, 1]));
        for message in [message.clone(), Message::to("a.example", A)] {
            let message = message.flags(RESPONSE | AD | rcode).octets();
            assert_eq!(answer(&message, "a.example", RecordType::A), SERVFAIL(), "RCODE {rcode}");
        }
    }
}

/// The fuzz target `dns_message` found it.
#[test]
fn a_malformed_record_is_told_behind_one_whose_name_is_no_domain() {
    let no_domain = record("a.example", MX, 60, b"\x00\x0a\x02m\xf8\x00");
    let malformed_one = record("a.example", MX, 60, b"\x00\x0a\xaa\xaa");
    let message = Message::to("a.example", MX).answer(no_domain.clone()).octets();
    assert_eq!(answer(&message, "a.example", RecordType::Mx), SERVFAIL());
    for pair in [[no_domain.clone(), malformed_one.clone()], [malformed_one, no_domain]] {
        let message = pair.into_iter().fold(Message::to("a.example", MX), Message::answer).octets();
        assert!(malformed(&answer(&message, "a.example", RecordType::Mx)));
    }
}

#[test]
fn an_extended_rcode_is_not_taken_for_noerror_or_nxdomain() {
    // BADVERS is 16: NOERROR in the header, and 1 in the OPT record (RFC 6891 §6.1.3).
    for flags in [RESPONSE, RESPONSE | 3] {
        let message = Message::to("a.example", A).flags(flags).additional(opt(1)).octets();
        assert_eq!(answer(&message, "a.example", RecordType::A), SERVFAIL());
    }
}

#[test]
fn a_referral_is_no_absence() {
    let referral = Message::to("a.example", A).authority(record("example", NS, 60, &name("ns.example")));
    assert_eq!(answer(&referral.octets(), "a.example", RecordType::A), SERVFAIL());
    // With an SOA record it is an absence (RFC 2308 §2.2, types 1 and 2), and so it is without either (type 3).
    let absent = Ok(DnsAnswer::empty(Status::NoError).with_ttl(60));
    assert_eq!(answer(&referral.authority(soa("example", 60, 60)).octets(), "a.example", RecordType::A), absent);
    let nothing = Message::to("a.example", A).octets();
    assert_eq!(answer(&nothing, "a.example", RecordType::A), Ok(DnsAnswer::empty(Status::NoError)));
    // An alias to a name that the server does not resolve.
    let alias = Message::to("a.example", A).answer(record("a.example", CNAME, 60, &name("b.test"))).authority(record(
        "test",
        NS,
        60,
        &name("ns.test"),
    ));
    assert_eq!(answer(&alias.octets(), "a.example", RecordType::A), SERVFAIL());
}

#[test]
fn a_truncated_response_says_so() {
    let message = Message::to("a.example", A).flags(RESPONSE | TC);
    assert_eq!(answer(&message.octets(), "a.example", RecordType::A), Err(MessageError::Truncated));
    let some = message.answer(record("a.example", A, 60, &[192, 0, 2, 1])).octets();
    assert_eq!(answer(&some, "a.example", RecordType::A), Err(MessageError::Truncated), "records or not");
    assert_eq!(answer(&some[..some.len() - 3], "a.example", RecordType::A), Err(MessageError::Truncated), "cut or not");
    // But not when it is the response to something else.
    assert_eq!(answer(&some, "b.example", RecordType::A), Err(MessageError::OtherQuestion));
}

#[test]
fn what_answers_another_question_is_no_answer() {
    let message = Message::to("a.example", A).answer(record("a.example", A, 60, &[192, 0, 2, 1]));
    let other = Err(MessageError::OtherQuestion);
    assert_eq!(answer(&message.octets(), "b.example", RecordType::A), other);
    assert_eq!(answer(&message.octets(), "example", RecordType::A), other);
    assert_eq!(answer(&message.octets(), "x.a.example", RecordType::A), other);
    assert_eq!(answer(&message.octets(), "a.example", RecordType::Aaaa), other);
    let none = Message { questions: 0, question: Vec::new(), ..message.clone() };
    assert_eq!(answer(&none.octets(), "a.example", RecordType::A), other);
    let two = Message { questions: 2, question: message.question.repeat(2), ..message.clone() };
    assert_eq!(answer(&two.octets(), "a.example", RecordType::A), other);
    let mut chaos = message.clone();
    *chaos.question.last_mut().unwrap() = 3;
    assert_eq!(answer(&chaos.octets(), "a.example", RecordType::A), other);
    assert!(answer(&message.octets(), "A.EXAMPLE", RecordType::A).is_ok(), "case does not count");
}

#[test]
fn a_query_and_another_opcode_are_no_response() {
    for flags in [0x0100, 0x0000, RESPONSE | 0x0800, RESPONSE | 0x2800] {
        let message = Message::to("a.example", A).flags(flags).octets();
        assert_eq!(answer(&message, "a.example", RecordType::A), Err(MessageError::NoResponse), "{flags:x}");
    }
}

#[test]
fn what_is_longer_than_a_message_can_be_is_refused() {
    let mut message = Message::to("a.example", A).octets();
    message.resize(65_535, 0);
    assert!(answer(&message, "a.example", RecordType::A).is_ok());
    message.push(0);
    assert_eq!(answer(&message, "a.example", RecordType::A), Err(MessageError::TooLong));
}

#[test]
fn data_that_does_not_have_its_length_is_malformed() {
    for (kind, data) in [
        (A, &[192, 0, 2][..]),
        (A, &[192, 0, 2, 1, 1]),
        (A, &[]),
        (AAAA, &[1; 15]),
        (AAAA, &[1; 17]),
        (MX, &[0]),
        (MX, &[0, 5]),
        (MX, b"\x00\x05\x01a\x00\x00"),
        (PTR, b"\x01a\x00\x00"),
        (PTR, b""),
        (CNAME, b"\x01a\x00\x00"),
        (NS, b"\x01"),
        (TXT, b""),
        (TXT, b"\x05abc"),
        (TXT, b"\x01a\x05"),
        (SOA, b"\x00\x00\x00\x00\x00\x01"),
        (TLSA, &[]),
        (TLSA, &[3, 1, 1]),
    ] {
        let record_type = RecordType::from_number(kind).unwrap();
        let message = Message::to("a.example", kind).answer(record("a.example", kind, 60, data)).octets();
        assert!(malformed(&answer(&message, "a.example", record_type)), "{record_type} {data:?}");
        // Where nobody asked for it, it does not matter.
        let message = Message::to("a.example", A).answer(record("b.example", kind, 60, data)).octets();
        assert!(answer(&message, "a.example", RecordType::A).is_ok(), "{record_type} {data:?}");
    }
}

#[test]
fn a_length_that_reaches_past_the_message_is_malformed() {
    for section in 0..3 {
        let mut message = Message::to("a.example", A);
        let mut entry = record("a.example", A, 60, &[192, 0, 2, 1]);
        let at = entry.len() - 5;
        entry[at] = 5; // RDLENGTH
        message.sections[section].push(entry);
        assert!(malformed(&answer(&message.octets(), "a.example", RecordType::A)), "section {section}");
    }
    let mut message = Message::to("a.example", A).octets();
    message[7] = 1; // an answer that is not there
    assert!(malformed(&answer(&message, "a.example", RecordType::A)));
}

#[test]
fn an_alias_with_octets_behind_its_name_is_malformed() {
    let message = Message::to("a.example", A)
        .answer(record("a.example", CNAME, 60, b"\x01b\x07example\x00\x00"))
        .answer(record("b.example", A, 60, &[192, 0, 2, 1]));
    assert!(malformed(&answer(&message.octets(), "a.example", RecordType::A)));
}

#[test]
fn a_broken_soa_record_and_a_second_opt_record_are_malformed() {
    let broken = record("example", SOA, 60, b"\x00\x00\x00");
    let message = Message::to("a.example", A).authority(broken).octets();
    assert!(malformed(&answer(&message, "a.example", RecordType::A)));
    let message = Message::to("a.example", A).additional(opt(0)).additional(opt(0)).octets();
    assert!(malformed(&answer(&message, "a.example", RecordType::A)));
}

#[test]
fn a_name_that_no_domain_can_be_makes_the_answer_a_failure() {
    // A dot, a NUL and an octet outside ASCII inside a label, and the root.
    for target in [&b"\x08good.org\x04evil\x00"[..], b"\x01\x00\x00", b"\x02\xc3\xa9\x00", b"\x00"] {
        for (asked, kind) in [(PTR, PTR), (NS, NS), (CNAME, CNAME), (A, CNAME)] {
            let message = Message::to("a.example", asked).answer(record("a.example", kind, 60, target)).answer(record(
                "a.example",
                kind,
                60,
                &name("fine.example"),
            ));
            let record_type = RecordType::from_number(asked).unwrap();
            assert_eq!(answer(&message.octets(), "a.example", record_type), SERVFAIL(), "{kind} {target:?}");
        }
    }
    // As the owner of other records it does not matter.
    let other = record_of(b"\x03a.b\x00", A, 1, 60, &[192, 0, 2, 1]);
    let message = Message::to("a.b", A).answer(other).answer(wire::record("a.b", A, 60, &[192, 0, 2, 2])).octets();
    assert_eq!(answer(&message, "a.b", RecordType::A).unwrap().records.len(), 1, "a.b is not a\\.b");
}
