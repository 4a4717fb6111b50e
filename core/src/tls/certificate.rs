//! What a certificate says of itself, for people (RFC 5280 §4.1). Whether any of it is true is another question.

use crate::crypto::der::{OBJECT_IDENTIFIER, Reader, SEQUENCE};
use crate::limits::MAX_CERTIFICATE_NAMES;
use crate::time::UnixTime;
use crate::trail::shown;

/// What is written in a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateText {
    /// Whom it is for: the attributes of the subject, `CN=mx.example.com, O=Example`. Printable ASCII, the rest as `\xNN`.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// The host names that it is for, in lower case: `mx.example.com`, `*.example.com`. At most
    /// [`MAX_CERTIFICATE_NAMES`].
    pub names: Vec<String>,
    /// Its first second.
    pub not_before: UnixTime,
    /// Its last second.
    pub not_after: UnixTime,
    /// Whether subject and issuer are the same: it signs itself, or is an authority's root.
    pub is_self_issued: bool,
}

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SET: u8 = 0x31;
const OCTET_STRING: u8 = 0x04;
const BOOLEAN: u8 = 0x01;
/// Octets of a name that are shown.
const SHOWN: usize = 100;

impl CertificateText {
    /// Reads a certificate in DER; `None` where it is none.
    pub fn of(der: &[u8]) -> Option<Self> {
        let mut certificate = Reader(Reader(der).next(SEQUENCE)?);
        let mut body = Reader(certificate.next(SEQUENCE)?);
        let _version = body.next(0xa0);
        body.next(INTEGER)?;
        body.next(SEQUENCE)?;
        let issuer = body.next(SEQUENCE)?;
        let mut validity = Reader(body.next(SEQUENCE)?);
        let (not_before, not_after) = (time(&mut validity)?, time(&mut validity)?);
        let subject = body.next(SEQUENCE)?;
        body.next(SEQUENCE)?;
        // Identifiers that nobody uses, and then the extensions.
        let _ = (body.next(0x81), body.next(0x82));
        let extensions = body.next(0xa3).and_then(|outer| Reader(outer).next(SEQUENCE)).unwrap_or_default();
        Some(Self {
            subject: attributes(subject),
            issuer: attributes(issuer),
            names: names(extensions),
            not_before,
            not_after,
            is_self_issued: subject == issuer,
        })
    }
}

/// A distinguished name, its attributes in order, those that are not known left out.
fn attributes(name: &[u8]) -> String {
    let mut reader = Reader(name);
    let mut parts = Vec::new();
    while let Some(set) = reader.next(SET) {
        let Some(mut pair) = Reader(set).next(SEQUENCE).map(Reader) else { continue };
        let word = match pair.next(OBJECT_IDENTIFIER) {
            // 2.5.4: X.520.
            Some([0x55, 0x04, 0x03]) => "CN",
            Some([0x55, 0x04, 0x0a]) => "O",
            Some([0x55, 0x04, 0x0b]) => "OU",
            Some([0x55, 0x04, 0x06]) => "C",
            _ => continue,
        };
        // UTF8String, PrintableString, IA5String, TeletexString.
        let text = [0x0c, 0x13, 0x16, 0x14].into_iter().find_map(|tag| pair.next(tag));
        parts.extend(text.map(|text| format!("{word}={}", shown(text, SHOWN))));
    }
    parts.join(", ")
}

/// The dNSName entries of subjectAltName (RFC 5280 §4.2.1.6).
fn names(extensions: &[u8]) -> Vec<String> {
    let mut reader = Reader(extensions);
    while let Some(extension) = reader.next(SEQUENCE) {
        let mut extension = Reader(extension);
        // 2.5.29.17
        if extension.next(OBJECT_IDENTIFIER) != Some(&[0x55, 0x1d, 0x11]) {
            continue;
        }
        let _is_critical = extension.next(BOOLEAN);
        let names = extension.next(OCTET_STRING).and_then(|value| Reader(value).next(SEQUENCE)).unwrap_or_default();
        return general_names(names);
    }
    Vec::new()
}

fn general_names(names: &[u8]) -> Vec<String> {
    let mut reader = Reader(names);
    let mut found = Vec::new();
    while let Some(&tag) = reader.0.first() {
        let Some(name) = reader.next(tag) else { break };
        if tag == 0x82 && found.len() < MAX_CERTIFICATE_NAMES {
            found.push(shown(name, SHOWN).to_ascii_lowercase());
        }
    }
    found
}

/// A UTCTime or GeneralizedTime, both in the one form that certificates may have (RFC 5280 §4.1.2.5).
fn time(reader: &mut Reader<'_>) -> Option<UnixTime> {
    let (text, century) = match reader.next(UTC_TIME) {
        // Two digits: from 1950 to 2049.
        Some(text) => (text, if text.first()? >= &b'5' { "19" } else { "20" }),
        None => (reader.next(GENERALIZED_TIME)?, ""),
    };
    let text = [century, str::from_utf8(text).ok()?.strip_suffix('Z')?].concat();
    if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let (hour, minute, second) = (part(8..10)?, part(10..12)?, part(12..14)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year < 1970 {
        return None;
    }
    // Years from March on: the leap day is the last one.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let seconds = (days.checked_sub(719_468)? * 24 + hour) * 3600 + minute * 60 + second;
    Some(UnixTime(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: u8, text: &str) -> Option<u64> {
        let der = crate::crypto::der::element(tag, text.as_bytes());
        time(&mut Reader(&der)).map(|time| time.0)
    }

    /// The expectations are those of `date --utc +%s`.
    #[test]
    fn times() {
        assert_eq!(read(UTC_TIME, "700101000000Z"), Some(0));
        assert_eq!(read(UTC_TIME, "000229000000Z"), Some(951_782_400));
        assert_eq!(read(UTC_TIME, "491231235959Z"), Some(2_524_607_999));
        assert_eq!(read(GENERALIZED_TIME, "21000301000000Z"), Some(4_107_542_400));
        for wrong in [
            "700101000000",
            "7001010000Z",
            "701301000000Z",
            "700132000000Z",
            "700100000000Z",
            "7001010000x0Z",
            "690101000000Z",
        ] {
            assert_eq!(read(UTC_TIME, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_certificate_is_read_and_what_is_cut_is_none() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters =
            rcgen::CertificateParams::new(vec!["MX.example.com".to_owned(), "*.example.net".to_owned()]).unwrap();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "mx\u{1b}[31m");
        parameters.not_before = rcgen::date_time_ymd(2024, 2, 29);
        parameters.not_after = rcgen::date_time_ymd(2051, 1, 1);
        let certificate = parameters.self_signed(&key).unwrap();
        let read = CertificateText::of(certificate.der()).unwrap();
        assert_eq!(read.names, ["mx.example.com", "*.example.net"]);
        assert!(read.subject.contains("CN=mx\\x1B[31m") && read.is_self_issued && read.subject == read.issuer);
        assert_eq!((read.not_before.0, read.not_after.0), (1_709_164_800, 2_556_144_000));
        // It reads no further than the extensions, and never beyond the end.
        for length in 0..certificate.der().len() {
            let _ = CertificateText::of(&certificate.der()[..length]);
        }
        assert_eq!(CertificateText::of(b""), None);
    }
}
