//! The data of DNS records as it goes over the wire (RFC 1035 §3.3), without compression.

use std::net::{Ipv4Addr, Ipv6Addr};

use engine::{Domain, Record, RecordType};

/// Reads one record's data.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub(crate) fn parse(record_type: RecordType, data: &[u8]) -> Result<Record, &'static str> {
    let mut rest = Rest(data);
    let record = match record_type {
        RecordType::A => Record::A(Ipv4Addr::from(rest.array()?)),
        RecordType::Aaaa => Record::Aaaa(Ipv6Addr::from(rest.array()?)),
        RecordType::Mx => Record::Mx { preference: u16::from_be_bytes(rest.array()?), exchange: rest.name()? },
        RecordType::Ptr => Record::Ptr(rest.name()?.ok_or(ROOT)?),
        RecordType::Cname => Record::Cname(rest.name()?.ok_or(ROOT)?),
        RecordType::Ns => Record::Ns(rest.name()?.ok_or(ROOT)?),
        RecordType::Soa => Record::Soa {
            mname: rest.name()?.ok_or(ROOT)?,
            rname: rest.name()?.ok_or(ROOT)?,
            numbers: [rest.number()?, rest.number()?, rest.number()?, rest.number()?, rest.number()?],
        },
        RecordType::Tlsa => {
            let [usage, selector, matching] = rest.array()?;
            let data = std::mem::take(&mut rest.0).to_vec();
            if data.is_empty() {
                return Err(SHORT);
            }
            Record::Tlsa { usage, selector, matching, data }
        }
        RecordType::Txt => Record::Txt(rest.strings()?),
    };
    if rest.0.is_empty() { Ok(record) } else { Err("there are octets behind the record's data") }
}

const SHORT: &str = "the record's data ends too early";
const NO_DOMAIN: &str = "the record has a name that is no domain name";
const ROOT: &str = "the record names the root, which is no domain here";

/// What has not been read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(SHORT)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn number(&mut self) -> Result<u32, &'static str> {
        self.array().map(u32::from_be_bytes)
    }

    /// A name (RFC 1035 §3.1); the root is `None`.
    fn name(&mut self) -> Result<Option<Domain>, &'static str> {
        let mut text = String::new();
        loop {
            let [length] = self.array()?;
            match length {
                0 => break,
                1..=63 => {}
                64.. => return Err("the name in the record is compressed"),
            }
            for &octet in self.take(usize::from(length))? {
                // A dot inside a label would pass for one between labels.
                if octet == b'.' {
                    return Err(NO_DOMAIN);
                }
                text.push(char::from(octet));
            }
            text.push('.');
        }
        match text.is_empty() {
            true => Ok(None),
            false => Domain::from_dns(&text).map(Some).map_err(|_| NO_DOMAIN),
        }
    }

    /// One or more character-strings (RFC 1035 §3.3.14), joined.
    fn strings(&mut self) -> Result<Vec<u8>, &'static str> {
        let mut joined = Vec::new();
        loop {
            let [length] = self.array()?;
            joined.extend_from_slice(self.take(usize::from(length))?);
            if self.0.is_empty() {
                return Ok(joined);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> Domain {
        Domain::parse(text).unwrap()
    }

    #[test]
    fn every_type_is_read() {
        let name = b"\x02mx\x07Example\x03com\x00";
        let soa = [&name[..], b"\x01h\x00", &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 1, 0, 0]].concat();
        let host = domain("mx.example.com");
        let cases: [(RecordType, &[u8], Record); 11] = [
            (RecordType::A, &[192, 0, 2, 1], Record::A([192, 0, 2, 1].into())),
            (RecordType::Aaaa, &[0; 16], Record::Aaaa(Ipv6Addr::UNSPECIFIED)),
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
            assert_eq!(parse(record_type, data), Ok(expected), "{record_type}");
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let long = [&b"\x3f"[..], &[b'a'; 63]].concat().repeat(4);
        for (record_type, data) in [
            (RecordType::A, &[1, 2, 3][..]),
            (RecordType::A, &[1, 2, 3, 4, 5]),
            (RecordType::Aaaa, &[0; 15]),
            (RecordType::Mx, &[0]),
            (RecordType::Mx, b"\x00\x0a\x02mx"),
            (RecordType::Mx, b"\x00\x0a\x02mx\xc0\x0c"),
            (RecordType::Ptr, b"\x00"),
            (RecordType::Ptr, b"\x03a.b\x00"),
            (RecordType::Ptr, b"\x03a\tb\x00"),
            (RecordType::Ptr, b"\x02\xc3\xa9\x00"),
            (RecordType::Ptr, b"\x01a\x00\x00"),
            (RecordType::Ptr, &[&long[..], b"\x00"].concat()),
            (RecordType::Soa, b"\x01a\x00\x01b\x00\x00\x00"),
            (RecordType::Tlsa, &[3, 1, 1]),
            (RecordType::Txt, b""),
            (RecordType::Txt, b"\x05abc"),
        ] {
            assert!(parse(record_type, data).is_err(), "{record_type} {data:?}");
        }
    }
}
