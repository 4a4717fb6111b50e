//! The query: every octet of it.

use passerelle::RecordType;
use passerelle::dns_message::{MessageError, Query};

use crate::domain;

#[test]
fn a_query_has_one_question_recursion_ad_and_opt() {
    let query = Query::new(&domain("_DMARC.Example.org"), RecordType::Txt);
    let mut expected = b"\x00\x00\x01\x20\x00\x01\x00\x00\x00\x00\x00\x01".to_vec();
    expected.extend(b"\x06_dmarc\x07example\x03org\x00\x00\x10\x00\x01");
    expected.extend(b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00");
    assert_eq!(query.encode(), expected);
}

#[test]
fn id_ad_do_and_the_size_are_the_host_s_to_set() {
    let mut query = Query::new(&domain("a"), RecordType::Tlsa);
    (query.id, query.authentic_data, query.dnssec_ok, query.udp_size) = (0x1234, false, true, 4096);
    let message = query.encode();
    assert_eq!(message[..4], [0x12, 0x34, 0x01, 0x00]);
    assert_eq!(message[12..], *b"\x01a\x00\x00\x34\x00\x01\x00\x00\x29\x10\x00\x00\x00\x80\x00\x00\x00");
}

#[test]
fn every_type_is_asked_for_by_its_number() {
    for record_type in RecordType::ALL {
        let message = Query::new(&domain("a"), record_type).encode();
        assert_eq!(message[15..17], record_type.number().to_be_bytes(), "{record_type}");
        assert_eq!(RecordType::from_number(record_type.number()), Some(record_type));
    }
    let numbers = RecordType::ALL.map(RecordType::number);
    assert_eq!(numbers, [1, 28, 15, 12, 5, 2, 6, 52, 16], "A AAAA MX PTR CNAME NS SOA TLSA TXT");
    assert_eq!(RecordType::from_number(255), None);
}

#[test]
fn the_longest_name_fits_and_odd_octets_go_out_as_they_are() {
    let longest = [&"a".repeat(63)[..]; 3].join(".") + "." + &"b".repeat(61);
    let message = Query::new(&domain(&longest), RecordType::A).encode();
    assert_eq!(message.len(), 12 + 255 + 4 + 11);
    let odd = Query::new(&domain(r"a b.\032.example"), RecordType::A).encode();
    assert_eq!(odd[12..31], *b"\x03a b\x04\\032\x07example\x00\x00");
}

#[test]
fn a_query_is_no_answer_to_itself() {
    let query = Query::new(&domain("example.org"), RecordType::A);
    assert_eq!(query.answer(&query.encode()), Err(MessageError::NoResponse));
}
