//! What a well-formed response says.

use passerelle::{DnsAnswer, Record, RecordType, Status};

use crate::wire::{
    A, AAAA, AD, CNAME, DNAME, MX, Message, NS, PTR, RESPONSE, RRSIG, SOA, TLSA, TXT, name, opt, record, record_of, soa,
};
use crate::{answer, domain};

fn steps(answer: &DnsAnswer) -> Vec<(&str, bool)> {
    answer.aliases.iter().map(|alias| (alias.target.as_str(), alias.secure)).collect()
}

fn addresses(answer: &DnsAnswer) -> Vec<u8> {
    answer.records.iter().map(|r| if let Record::A(a) = r { a.octets()[3] } else { panic!("{r:?}") }).collect()
}

#[test]
fn records_of_every_type_are_read() {
    let host = || domain("host.example.org");
    let numbers = [1u32, 2, 3, 4, 5].map(u32::to_be_bytes).concat();
    let cases: [(u16, Vec<u8>, Record); 10] = [
        (A, vec![192, 0, 2, 1], Record::A([192, 0, 2, 1].into())),
        (AAAA, vec![1; 16], Record::Aaaa([1; 16].into())),
        (MX, [&[0, 10][..], &name("HOST.example.org")].concat(), Record::Mx { preference: 10, exchange: Some(host()) }),
        (MX, vec![0, 0, 0], Record::Mx { preference: 0, exchange: None }),
        (PTR, name("host.example.org"), Record::Ptr(host())),
        (NS, name("host.example.org"), Record::Ns(host())),
        (CNAME, name("host.example.org"), Record::Cname(host())),
        (
            SOA,
            [name("host.example.org"), name("root.example.org"), numbers].concat(),
            Record::Soa { mname: host(), rname: domain("root.example.org"), numbers: [1, 2, 3, 4, 5] },
        ),
        (TLSA, vec![3, 1, 1, 0xab], Record::Tlsa { usage: 3, selector: 1, matching: 1, data: vec![0xab] }),
        (TXT, b"\x06v=spf1\x00\x05 \xff-al".to_vec(), Record::Txt(b"v=spf1 \xff-al".to_vec())),
    ];
    for (kind, data, expected) in cases {
        let record_type = RecordType::from_number(kind).unwrap();
        let message = Message::to("example.org", kind).answer(record("example.org", kind, 300, &data)).octets();
        assert_eq!(
            answer(&message, "example.org", record_type),
            Ok(DnsAnswer::found([expected]).with_ttl(300)),
            "{record_type}"
        );
    }
}

#[test]
fn nodata_and_nxdomain_are_told_apart() {
    let nodata = Message::to("example.org", A).authority(soa("example.org", 60, 60)).octets();
    assert_eq!(answer(&nodata, "example.org", RecordType::A), Ok(DnsAnswer::empty(Status::NoError).with_ttl(60)));
    let gone = Message::to("example.org", A).flags(RESPONSE | 3).octets();
    assert_eq!(answer(&gone, "example.org", RecordType::A), Ok(DnsAnswer::empty(Status::NxDomain)));
}

#[test]
fn the_ad_bit_says_secure_and_nothing_else_does() {
    for (flags, secure) in
        [(RESPONSE | AD, true), (RESPONSE, false), (RESPONSE | 0x0010, false), (RESPONSE | 0x0400, false)]
    {
        let message = Message::to("www.example", A)
            .flags(flags)
            .answer(record("www.example", CNAME, 60, &name("a.example")))
            .answer(record("a.example", A, 60, &[192, 0, 2, 1]));
        let found = answer(&message.octets(), "www.example", RecordType::A).unwrap();
        assert_eq!((found.secure, steps(&found)), (secure, vec![("a.example", secure)]), "{flags:x}");
        let gone = Message::to("x.example", A).flags(flags | 3).octets();
        assert_eq!(answer(&gone, "x.example", RecordType::A).unwrap().secure, secure, "a secure denial");
    }
}

#[test]
fn aliases_are_followed_in_any_order_of_the_records_and_any_case() {
    let message = Message::to("WWW.example.org", A)
        .answer(record("C.example.org", A, 100, &[192, 0, 2, 3]))
        .answer(record("b.example.org", CNAME, 50, &name("c.EXAMPLE.org")))
        .answer(record("www.Example.org", CNAME, 70, &name("B.example.org")))
        .answer(record("unrelated.example.org", A, 5, &[192, 0, 2, 66]));
    let found = answer(&message.octets(), "www.example.org", RecordType::A).unwrap();
    assert_eq!((addresses(&found), found.ttl), (vec![3], 50));
    assert_eq!(steps(&found), [("b.example.org", false), ("c.example.org", false)]);
    assert_eq!(found.canonical_name(&domain("www.example.org")), &domain("c.example.org"));
}

#[test]
fn an_alias_that_is_asked_for_itself_is_not_followed() {
    let message = Message::to("www.example", CNAME)
        .answer(record("www.example", CNAME, 60, &name("a.example")))
        .answer(record("a.example", CNAME, 10, &name("b.example")));
    let found = answer(&message.octets(), "www.example", RecordType::Cname).unwrap();
    assert_eq!((&*found.records, found.ttl), (&[Record::Cname(domain("a.example"))][..], 60));
    assert!(found.aliases.is_empty());
}

#[test]
fn eight_aliases_are_followed_nine_and_a_loop_are_servfail() {
    let chain = |length: u32| {
        let mut message = Message::to("n0.example", A);
        for n in 0..length {
            let target = name(&format!("n{}.example", n + 1));
            message = message.answer(record(&format!("n{n}.example"), CNAME, 60, &target));
        }
        message.answer(record(&format!("n{length}.example"), A, 60, &[192, 0, 2, 9])).octets()
    };
    let found = answer(&chain(8), "n0.example", RecordType::A).unwrap();
    assert_eq!((addresses(&found), found.aliases.len()), (vec![9], 8));
    assert_eq!(answer(&chain(9), "n0.example", RecordType::A), Ok(DnsAnswer::empty(Status::ServFail)));
    for target in ["b.example", "a.example"] {
        let message = Message::to("a.example", A)
            .flags(RESPONSE | AD)
            .answer(record("a.example", CNAME, 60, &name(target)))
            .answer(record("b.example", CNAME, 60, &name("a.example")));
        assert_eq!(answer(&message.octets(), "a.example", RecordType::A), Ok(DnsAnswer::empty(Status::ServFail)));
    }
}

#[test]
fn the_cname_that_a_dname_makes_is_followed() {
    let message = Message::to("www.old.example", A)
        .answer(record("old.example", DNAME, 3600, &name("new.example")))
        .answer(record("www.old.example", CNAME, 0, &name("www.new.example")))
        .answer(record("www.new.example", A, 60, &[192, 0, 2, 7]));
    let found = answer(&message.octets(), "www.old.example", RecordType::A).unwrap();
    assert_eq!((addresses(&found), steps(&found), found.ttl), (vec![7], vec![("www.new.example", false)], 0));
}

#[test]
fn an_alias_whose_end_has_nothing_is_nodata_or_nxdomain_and_keeps_its_name() {
    let alias = |flags| {
        Message::to("www.example", A)
            .flags(flags)
            .answer(record("www.example", CNAME, 60, &name("gone.example")))
            .authority(soa("example", 300, 120))
            .octets()
    };
    for (flags, status) in [(RESPONSE, Status::NoError), (RESPONSE | 3, Status::NxDomain)] {
        let found = answer(&alias(flags), "www.example", RecordType::A).unwrap();
        assert_eq!((found.status, found.records.len(), found.ttl), (status, 0, 60));
        assert_eq!(found.canonical_name(&domain("www.example")), &domain("gone.example"));
    }
}

#[test]
fn the_ttl_is_the_least_of_all_that_the_answer_rests_on() {
    let message = |alias, first, second| {
        Message::to("www.example", A)
            .answer(record("www.example", CNAME, alias, &name("a.example")))
            .answer(record("a.example", A, first, &[192, 0, 2, 1]))
            .answer(record("a.example", A, second, &[192, 0, 2, 2]))
            .additional(record("a.example", AAAA, 1, &[0; 16]))
            .octets()
    };
    for (alias, first, second, least) in [(9, 300, 300, 9), (300, 300, 8, 8), (300, 7, 300, 7)] {
        assert_eq!(answer(&message(alias, first, second), "www.example", RecordType::A).unwrap().ttl, least);
    }
    // RFC 2181 §8: a TTL with the top bit set counts as zero.
    assert_eq!(answer(&message(300, 0x8000_0000, 300), "www.example", RecordType::A).unwrap().ttl, 0);
    assert_eq!(
        answer(&message(0x7fff_ffff, 0x7fff_ffff, 0x7fff_ffff), "www.example", RecordType::A).unwrap().ttl,
        0x7fff_ffff
    );
}

#[test]
fn absence_lasts_as_long_as_the_soa_record_and_its_minimum_say() {
    for (ttl, minimum, least) in [(3600, 300, 300), (60, 300, 60), (u32::MAX, 300, 0)] {
        for flags in [RESPONSE, RESPONSE | 3] {
            let message = Message::to("x.example", A)
                .flags(flags)
                .authority(record("example", NS, 5, &name("ns.example")))
                .authority(soa("example", ttl, minimum))
                .octets();
            assert_eq!(answer(&message, "x.example", RecordType::A).unwrap().ttl, least, "RFC 2308 §5");
        }
    }
    let without = Message::to("x.example", A).flags(RESPONSE | 3).octets();
    assert_eq!(answer(&without, "x.example", RecordType::A).unwrap().ttl, 0, "not to be kept");
}

#[test]
fn records_of_another_name_type_or_class_are_not_taken() {
    let message = Message::to("example.org", A)
        .answer(record("evil.example", A, 60, &[192, 0, 2, 1]))
        .answer(record("example.org", AAAA, 60, &[1; 16]))
        .answer(record("example.org", RRSIG, 60, &[0; 30]))
        .answer(record_of(&name("example.org"), A, 3, 60, &[192, 0, 2, 2]))
        .answer(record_of(&name("example.org"), CNAME, 3, 60, &name("evil.example")))
        .answer(record("example.org", A, 60, &[192, 0, 2, 3]))
        .additional(record("example.org", A, 60, &[192, 0, 2, 4]))
        .authority(record("example.org", A, 60, &[192, 0, 2, 5]));
    assert_eq!(addresses(&answer(&message.octets(), "example.org", RecordType::A).unwrap()), [3]);
}

#[test]
fn a_name_with_records_is_no_alias_whatever_else_stands_there() {
    let message = Message::to("a.example", A)
        .answer(record("a.example", CNAME, 60, &name("b.example")))
        .answer(record("b.example", A, 60, &[192, 0, 2, 2]))
        .answer(record("a.example", A, 60, &[192, 0, 2, 1]));
    let found = answer(&message.octets(), "a.example", RecordType::A).unwrap();
    assert_eq!((addresses(&found), found.aliases.len()), (vec![1], 0));
}

#[test]
fn nxdomain_is_believed_though_records_stand_beside_it() {
    let message = Message::to("a.example", A).flags(RESPONSE | 3).answer(record("a.example", A, 60, &[192, 0, 2, 1]));
    assert_eq!(answer(&message.octets(), "a.example", RecordType::A), Ok(DnsAnswer::empty(Status::NxDomain)));
}

#[test]
fn edns_and_octets_behind_the_message_do_no_harm() {
    let message = Message::to("a.example", A).answer(record("a.example", A, 60, &[192, 0, 2, 1])).additional(opt(0));
    let octets = [&message.octets()[..], b"junk"].concat();
    assert_eq!(addresses(&answer(&octets, "a.example", RecordType::A).unwrap()), [1]);
}
