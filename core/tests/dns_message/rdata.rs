//! The data of single records, as resolvers' libraries hand it out.

use passerelle::dns_message::parse_rdata;
use passerelle::{Record, RecordType};

use crate::domain;

#[test]
fn the_data_of_every_type_is_read_by_itself() {
    let name = b"\x02mx\x07Example\x03com\x00";
    let soa = [&name[..], b"\x01h\x00", &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 1, 0, 0]].concat();
    let host = domain("mx.example.com");
    let cases: [(RecordType, &[u8], Record); 11] = [
        (RecordType::A, &[192, 0, 2, 1], Record::A([192, 0, 2, 1].into())),
        (RecordType::Aaaa, &[0; 16], Record::Aaaa([0; 16].into())),
        (
            RecordType::Mx,
            &[b"\x01\x02", &name[..]].concat(),
            Record::Mx { preference: 258, exchange: Some(host.clone()) },
        ),
        (RecordType::Mx, &[0, 0, 0], Record::Mx { preference: 0, exchange: None }),
        (RecordType::Ptr, name, Record::Ptr(host.clone())),
        (RecordType::Cname, name, Record::Cname(host.clone())),
        (RecordType::Ns, name, Record::Ns(host.clone())),
        (RecordType::Soa, &soa, Record::Soa { mname: host, rname: domain("h"), numbers: [1, 2, 3, 4, 65536] }),
        (RecordType::Tlsa, &[3, 1, 1, 0xab], Record::Tlsa { usage: 3, selector: 1, matching: 1, data: vec![0xab] }),
        (RecordType::Txt, b"\x06v=spf1\x00\x05 -all", Record::Txt(b"v=spf1 -all".to_vec())),
        (RecordType::Txt, b"\x00", Record::Txt(Vec::new())),
    ];
    for (record_type, data, expected) in cases {
        assert_eq!(parse_rdata(record_type, data), Ok(expected), "{record_type}");
    }
}

#[test]
fn data_that_is_malformed_compressed_or_names_no_domain_is_refused() {
    let long = [&b"\x3f"[..], &[b'a'; 63]].concat().repeat(4);
    for (record_type, data) in [
        (RecordType::A, &[1, 2, 3][..]),
        (RecordType::A, &[1, 2, 3, 4, 5]),
        (RecordType::Aaaa, &[0; 15]),
        (RecordType::Mx, &[0]),
        (RecordType::Mx, b"\x00\x0a\x02mx"),
        (RecordType::Mx, b"\x00\x0a\x02mx\xc0\x0c"),
        (RecordType::Txt, &[]),
        (RecordType::Ptr, b"\x00"),
        (RecordType::Ptr, b"\x03a.b\x00"),
        (RecordType::Ptr, b"\x03a\tb\x00"),
        (RecordType::Ptr, b"\x02\xc3\xa9\x00"),
        (RecordType::Ptr, b"\x01a\x00\x00"),
        (RecordType::Ptr, &[&long[..], b"\x00"].concat()),
        (RecordType::Soa, b"\x01a\x00\x01b\x00\x00\x00"),
        (RecordType::Tlsa, &[3, 1, 1]),
        (RecordType::Txt, b"\x05abc"),
    ] {
        assert!(parse_rdata(record_type, data).is_err(), "{record_type} {data:?}");
    }
    // A pointer that would be good in a message is none here, even if there are octets enough before it.
    let data = [&name_of_twenty()[..], &[0xc0, 12]].concat();
    assert_eq!(parse_rdata(RecordType::Ptr, &data), Err("a name is compressed"));
}

fn name_of_twenty() -> Vec<u8> {
    [&[19][..], &[b'a'; 19]].concat()
}
