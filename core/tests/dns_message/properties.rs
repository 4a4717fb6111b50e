//! Properties over messages made at random.

use passerelle::dns_message::Query;
use passerelle::{DnsAnswer, Domain, Record, RecordType, Status};
use proptest::prelude::*;

use crate::domain;
use crate::hostile::agrees_with_a_plain_reader;
use crate::wire::{AD, Message, RESPONSE, name, opt, record_of, soa};

/// Few names, so that records, aliases and questions meet.
fn few_names() -> impl Strategy<Value = String> {
    (0u8..5, any::<bool>()).prop_map(|(n, upper)| format!("{}{n}.example", if upper { "N" } else { "n" }))
}

fn any_name() -> impl Strategy<Value = Domain> {
    proptest::collection::vec("[ -~&&[^.]]{1,20}", 1..8).prop_filter_map("no name", |labels| {
        Domain::from_dns(&labels.join(".")).ok().filter(|name| name.label_count() == labels.len())
    })
}

fn kinds() -> impl Strategy<Value = u16> {
    prop_oneof![3 => Just(1), 3 => Just(5), 1 => Just(15), 1 => Just(12), 1 => Just(2), 1 => Just(6), 1 => Just(16), 1 => Just(46)]
}

/// A record that may be well made or not.
fn an_entry() -> impl Strategy<Value = Vec<u8>> {
    let data = prop_oneof![
        3 => few_names().prop_map(|n| name(&n)),
        3 => proptest::collection::vec(any::<u8>(), 4..=4),
        1 => few_names().prop_map(|n| [&[0, 5][..], &name(&n)].concat()),
        1 => Just(vec![0xc0, 12]),
        1 => proptest::collection::vec(any::<u8>(), 0..30),
        1 => few_names().prop_map(|n| [name(&n), name("r.example"), vec![0; 20]].concat()),
    ];
    let owner = prop_oneof![4 => few_names().prop_map(|n| name(&n)), 1 => Just(vec![0xc0, 12])];
    let class = prop_oneof![9 => Just(1u16), 1 => Just(3)];
    let ttl = prop_oneof![0u32..1000, any::<u32>()];
    (owner, kinds(), class, ttl, data)
        .prop_map(|(owner, kind, class, ttl, data)| record_of(&owner, kind, class, ttl, &data))
}

fn a_message() -> impl Strategy<Value = (Vec<u8>, String, RecordType)> {
    let section = || proptest::collection::vec(an_entry(), 0..8);
    let types = prop::sample::select(&RecordType::ALL[..]);
    let authority = (section(), any::<bool>()).prop_map(|(mut section, with_soa)| {
        if with_soa {
            section.insert(0, soa("example", 60, 30));
        }
        section
    });
    let additional = proptest::option::of(prop_oneof![4 => Just(0), 1 => any::<u8>()]);
    let flags = prop_oneof![4 => Just(RESPONSE), 2 => Just(RESPONSE | AD), 2 => Just(RESPONSE | 3), 1 => any::<u16>()];
    (few_names(), types, flags, section(), authority, additional).prop_map(
        |(asked, record_type, flags, answers, authorities, additional)| {
            let mut message = Message::to(&asked, record_type.number()).flags(flags);
            message.sections = [answers, authorities, additional.map(opt).into_iter().collect()];
            (message.octets(), asked, record_type)
        },
    )
}

/// Records of one type, each with its data as it goes over the wire.
fn records() -> impl Strategy<Value = (RecordType, Vec<(Vec<u8>, Record)>)> {
    let wire = |domain: &Domain| {
        let mut octets: Vec<u8> = domain.labels().flat_map(|l| [&[l.len() as u8], l.as_bytes()].concat()).collect();
        octets.push(0);
        octets
    };
    let list = |one: BoxedStrategy<(Vec<u8>, Record)>| proptest::collection::vec(one, 1..5);
    let octets = || proptest::collection::vec(any::<u8>(), 1..300);
    prop_oneof![
        list(any::<[u8; 4]>().prop_map(|a| (a.to_vec(), Record::A(a.into()))).boxed()).prop_map(|r| (RecordType::A, r)),
        list(any::<[u8; 16]>().prop_map(|a| (a.to_vec(), Record::Aaaa(a.into()))).boxed())
            .prop_map(|r| (RecordType::Aaaa, r)),
        list(any_name().prop_map(move |n| (wire(&n), Record::Ptr(n))).boxed()).prop_map(|r| (RecordType::Ptr, r)),
        list(
            (any::<u16>(), any_name())
                .prop_map(move |(preference, n)| {
                    let data = [&preference.to_be_bytes()[..], &wire(&n)].concat();
                    (data, Record::Mx { preference, exchange: Some(n) })
                })
                .boxed()
        )
        .prop_map(|r| (RecordType::Mx, r)),
        list(
            octets()
                .prop_map(|text| {
                    let strings = text.chunks(255).flat_map(|c| [&[c.len() as u8], c].concat()).collect();
                    (strings, Record::Txt(text))
                })
                .boxed()
        )
        .prop_map(|r| (RecordType::Txt, r)),
        list(
            (any::<[u8; 3]>(), octets())
                .prop_map(|([usage, selector, matching], data)| {
                    let octets = [&[usage, selector, matching][..], &data].concat();
                    (octets, Record::Tlsa { usage, selector, matching, data })
                })
                .boxed()
        )
        .prop_map(|r| (RecordType::Tlsa, r)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_query_that_comes_back_as_a_response_is_understood(asked in any_name(), (record_type, records) in records(), secure in any::<bool>()) {
        let query = Query::new(&asked, record_type);
        let mut response = query.encode();
        response[2] |= 0x80;
        response[3] = if secure { 0xa0 } else { 0x80 };
        response[7] = records.len() as u8;
        let opt = response.split_off(response.len() - 11);
        for (data, _) in &records {
            response.extend(record_of(&[0xc0, 12], record_type.number(), 1, 77, data));
        }
        response.extend(opt);
        let records: Vec<Record> = records.into_iter().map(|(_, record)| record).collect();
        prop_assert_eq!(query.answer(&response), Ok(DnsAnswer::found(records).with_ttl(77).with_secure(secure)));
        // The same response is none to any other question.
        let other = Query::new(&asked.prepend("x").unwrap_or(domain("x")), record_type);
        prop_assert!(other.answer(&response).is_err());
    }

    #[test]
    fn messages_of_all_kinds_are_read_as_a_plain_reader_reads_them((message, asked, record_type) in a_message()) {
        agrees_with_a_plain_reader(&message, &asked, record_type);
    }

    #[test]
    fn messages_with_octets_changed_are_read_as_a_plain_reader_reads_them(
        (mut message, asked, record_type) in a_message(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        for (at, octet) in changes {
            let at = at.index(message.len());
            message[at] = octet;
        }
        if let Some(cut) = cut {
            message.truncate(cut.index(message.len()));
        }
        agrees_with_a_plain_reader(&message, &asked, record_type);
    }

    #[test]
    fn no_octets_make_it_panic(message in proptest::collection::vec(any::<u8>(), 0..300)) {
        agrees_with_a_plain_reader(&message, "a.example", RecordType::Txt);
    }

    #[test]
    fn a_failure_has_no_records_and_counts_as_insecure((message, asked, record_type) in a_message()) {
        if let Ok(answer) = Query::new(&domain(&asked), record_type).answer(&message) {
            if answer.status != Status::NoError {
                prop_assert!(answer.records.is_empty());
            }
            if answer.status == Status::ServFail {
                prop_assert_eq!(answer, DnsAnswer::empty(Status::ServFail));
            } else {
                prop_assert_eq!(answer.secure, message[3] & 0x20 != 0);
                prop_assert!(answer.records.iter().all(|record| record.record_type() == record_type));
                prop_assert!(answer.aliases.len() <= passerelle::limits::MAX_CNAME_CHAIN);
            }
        }
    }
}
