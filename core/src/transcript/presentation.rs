//! Record data in presentation form (RFC 1035 §5.1, RFC 6698 §2.2).

use std::fmt::Write;

use crate::domain::Domain;
use crate::lookup::{Record, RecordType};

/// Reads the presentation form of a record's data, such as `10 mx.example.com`. A TXT record is its text as it
/// stands: without quotes, and joined if it is made of several character-strings. In names a space is written `\032`
/// and a backslash `\\` (RFC 1035 §5.1).
///
/// # Errors
/// A sentence that says what the form would be.
pub fn parse_record(record_type: RecordType, text: &str) -> Result<Record, String> {
    if record_type == RecordType::Txt {
        return Ok(Record::Txt(text.as_bytes().to_vec()));
    }
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let record = match (record_type, &*fields) {
        (RecordType::A, [address]) => address.parse().ok().map(Record::A),
        (RecordType::Aaaa, [address]) => address.parse().ok().map(Record::Aaaa),
        (RecordType::Mx, [preference, exchange]) => mx(preference, exchange),
        (RecordType::Ptr, [text]) => name(text).map(Record::Ptr),
        (RecordType::Cname, [text]) => name(text).map(Record::Cname),
        (RecordType::Ns, [text]) => name(text).map(Record::Ns),
        (RecordType::Soa, [mname, rname, numbers @ ..]) => soa(mname, rname, numbers),
        (RecordType::Tlsa, [usage, selector, matching, data @ ..]) => tlsa(usage, selector, matching, &data.concat()),
        _ => None,
    };
    record.ok_or_else(|| format!("'{text}' is no {record_type} record; it has the form '{}'", form(record_type)))
}

/// The presentation form of a record's data. A TXT record's text must be UTF-8 to have one.
pub fn record_text(record: &Record) -> Option<String> {
    Some(match record {
        Record::A(address) => address.to_string(),
        Record::Aaaa(address) => address.to_string(),
        Record::Mx { preference, exchange: Some(exchange) } => format!("{preference} {}", escaped(exchange)),
        Record::Mx { preference, exchange: None } => format!("{preference} ."),
        Record::Ptr(name) | Record::Cname(name) | Record::Ns(name) => escaped(name),
        Record::Soa { mname, rname, numbers: [serial, refresh, retry, expire, minimum] } => {
            let (mname, rname) = (escaped(mname), escaped(rname));
            format!("{mname} {rname} {serial} {refresh} {retry} {expire} {minimum}")
        }
        Record::Tlsa { usage, selector, matching, data } => {
            let mut text = format!("{usage} {selector} {matching} ");
            for octet in data {
                let _ = write!(text, "{octet:02x}"); // Writing to a String cannot fail.
            }
            text
        }
        Record::Txt(text) => str::from_utf8(text).ok()?.to_owned(),
    })
}

fn form(record_type: RecordType) -> &'static str {
    match record_type {
        RecordType::A => "192.0.2.1",
        RecordType::Aaaa => "2001:db8::1",
        RecordType::Mx => "10 mx.example.com",
        RecordType::Ptr | RecordType::Cname | RecordType::Ns => "host.example.com",
        RecordType::Soa => "ns.example.com hostmaster.example.com 1 7200 900 1209600 86400",
        RecordType::Tlsa => "3 1 1 0123…ef",
        RecordType::Txt => "text",
    }
}

fn mx(preference: &str, exchange: &str) -> Option<Record> {
    let exchange = match exchange {
        "." => None,
        text => Some(name(text)?),
    };
    Some(Record::Mx { preference: preference.parse().ok()?, exchange })
}

fn soa(mname: &str, rname: &str, numbers: &[&str]) -> Option<Record> {
    let numbers: Vec<u32> = numbers.iter().map(|n| n.parse().ok()).collect::<Option<_>>()?;
    Some(Record::Soa { mname: name(mname)?, rname: name(rname)?, numbers: numbers.try_into().ok()? })
}

/// Reads a name; `\` stands before three digits, which are an octet's number, or before a character that is meant as it
/// is (RFC 1035 §5.1). A dot inside a label is something that a [`Domain`] cannot have.
fn name(text: &str) -> Option<Domain> {
    let mut unescaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        unescaped.push_str(before);
        let digits = behind.get(..3).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        let meant = match digits {
            Some(number) => char::from(number.parse::<u8>().ok()?),
            None => behind.chars().next().filter(|c| !c.is_ascii_digit())?,
        };
        if meant == '.' {
            return None;
        }
        unescaped.push(meant);
        rest = &behind[digits.map_or(meant.len_utf8(), str::len)..];
    }
    unescaped.push_str(rest);
    Domain::from_dns(&unescaped).ok()
}

/// A name as [`name`] reads it.
fn escaped(name: &Domain) -> String {
    name.as_str().replace('\\', "\\\\").replace(' ', "\\032")
}

fn tlsa(usage: &str, selector: &str, matching: &str, hex: &str) -> Option<Record> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let data = pairs.iter().map(|&[high, low]| Some(nibble(high)? << 4 | nibble(low)?)).collect::<Option<Vec<u8>>>()?;
    (rest.is_empty() && !data.is_empty()).then_some(())?;
    Some(Record::Tlsa {
        usage: usage.parse().ok()?,
        selector: selector.parse().ok()?,
        matching: matching.parse().ok()?,
        data,
    })
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|d| d as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_its_own_form_and_writes_it_again() {
        for record_type in RecordType::ALL {
            let text = form(record_type).replace('…', "45");
            let record = parse_record(record_type, &text).unwrap();
            assert_eq!(record.record_type(), record_type);
            assert_eq!(record_text(&record).unwrap(), text);
        }
        assert_eq!(parse_record(RecordType::Mx, "0 .").unwrap(), Record::Mx { preference: 0, exchange: None });
    }

    #[test]
    fn names_with_spaces_and_backslashes_are_escaped() {
        for (text, name) in [(r"a\032b.example", "a b.example"), (r"\\032.example", r"\032.example"), (r"\\", r"\")] {
            let record = Record::Ptr(Domain::from_dns(name).unwrap());
            assert_eq!(parse_record(RecordType::Ptr, text), Ok(record.clone()));
            assert_eq!(record_text(&record).unwrap(), text);
        }
        let record = parse_record(RecordType::Mx, r"10 \m\120\032.example").unwrap();
        let exchange = Some(Domain::from_dns("mx .example").unwrap());
        assert_eq!(record, Record::Mx { preference: 10, exchange });
        // A dot inside a label, a number that is no octet, nothing behind the backslash, a letter outside ASCII.
        for text in [r"a\.b", r"a\046b", r"a\256", r"a\", r"a\00", "a\\\u{fc}"] {
            assert!(parse_record(RecordType::Ptr, text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_malformed_is_refused_with_the_form() {
        for (record_type, text) in [
            (RecordType::A, "2001:db8::1"),
            (RecordType::A, ""),
            (RecordType::Aaaa, "192.0.2.1"),
            (RecordType::Mx, "mx.example.com"),
            (RecordType::Mx, "70000 mx.example.com"),
            (RecordType::Ptr, "a b"),
            (RecordType::Soa, "a b 1 2 3 4"),
            (RecordType::Tlsa, "3 1 1 abc"),
            (RecordType::Tlsa, "3 1 1"),
        ] {
            assert!(parse_record(record_type, text).unwrap_err().contains("it has the form"), "{text}");
        }
    }
}
