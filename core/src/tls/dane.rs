//! DANE for SMTP: what a destination's TLSA records ask for (RFC 6698, RFC 7671, RFC 7672).

use crate::crypto;
use crate::limits::{MAX_TLSA_DATA, MAX_TLSA_RECORDS};
use crate::lookup::{DnsAnswer, Record, Status};

/// What the answer to the question for `_25._tcp.<host> TLSA` means for a delivery to that host.
///
/// Only ask when the addresses of the host (and the MX records that name it) were found secure themselves
/// (RFC 7672 §2.2.2); else DANE does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dane {
    /// There is none: TLS as without DANE. The records are absent, or DNSSEC does not vouch for them.
    Absent,
    /// TLS with a certificate that fits one of these is mandatory. Never empty.
    Authenticated(Vec<Tlsa>),
    /// TLS is mandatory, and nothing can be authenticated: there are records, and none is usable (RFC 7672 §2.2).
    Encrypted,
    /// The lookup failed, which must not be taken for "none": the delivery waits, or another host is tried
    /// (RFC 7672 §2.1.1).
    Unknown,
}

impl Dane {
    /// Reads the answer.
    pub fn of(answer: &DnsAnswer) -> Self {
        match answer.status {
            Status::ServFail | Status::Timeout => return Self::Unknown,
            Status::NxDomain => return Self::Absent,
            Status::NoError if !answer.secure || answer.records.is_empty() => return Self::Absent,
            Status::NoError => {}
        }
        let records = answer.records.iter().filter_map(Tlsa::of).take(MAX_TLSA_RECORDS).collect();
        match strongest(records) {
            usable if usable.is_empty() => Self::Encrypted,
            usable => Self::Authenticated(usable),
        }
    }
}

/// Of the records that differ only in the digest, those with the strongest one (RFC 7671 §9); the others are not looked at.
/// Records without a digest stay.
fn strongest(mut records: Vec<Tlsa>) -> Vec<Tlsa> {
    let mut seen = [[false; 2]; 2];
    for record in records.iter().filter(|r| r.matching == Matching::Sha512) {
        seen[record.usage as usize][record.selector as usize] = true;
    }
    records.retain(|r| r.matching != Matching::Sha256 || !seen[r.usage as usize][r.selector as usize]);
    records
}

/// A TLSA record that SMTP can use (RFC 7672 §3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tlsa {
    /// What the data describes.
    pub usage: Usage,
    /// What of the certificate the data is made of.
    pub selector: Selector,
    /// How.
    pub matching: Matching,
    /// The certificate association data.
    pub data: Vec<u8>,
}

/// Certificate usages that mean something in SMTP; PKIX-TA and PKIX-EE do not (RFC 7672 §3.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// DANE-TA(2): an authority that the server's chain must lead to.
    TrustAnchor,
    /// DANE-EE(3): the server's certificate itself; its names and dates do not count (RFC 7672 §3.1.1).
    EndEntity,
}

/// What of a certificate is compared (RFC 6698 §2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Cert(0): all of it.
    Certificate,
    /// SPKI(1): its SubjectPublicKeyInfo.
    PublicKey,
}

/// How it is compared (RFC 6698 §2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// Full(0): octet for octet.
    Full,
    /// SHA2-256(1).
    Sha256,
    /// SHA2-512(2).
    Sha512,
}

impl Tlsa {
    /// The record, if it is a TLSA record that can be used.
    pub fn of(record: &Record) -> Option<Self> {
        let Record::Tlsa { usage, selector, matching, data } = record else { return None };
        let usage = match usage {
            2 => Usage::TrustAnchor,
            3 => Usage::EndEntity,
            _ => return None,
        };
        let selector = match selector {
            0 => Selector::Certificate,
            1 => Selector::PublicKey,
            _ => return None,
        };
        let (matching, fits) = match matching {
            0 => (Matching::Full, !data.is_empty() && data.len() <= MAX_TLSA_DATA),
            1 => (Matching::Sha256, data.len() == 32),
            2 => (Matching::Sha512, data.len() == 64),
            _ => return None,
        };
        fits.then(|| Self { usage, selector, matching, data: data.clone() })
    }

    /// Whether a certificate with this SubjectPublicKeyInfo, both in DER, is the one that the record describes.
    pub fn matches(&self, certificate: &[u8], public_key: &[u8]) -> bool {
        let selected = match self.selector {
            Selector::Certificate => certificate,
            Selector::PublicKey => public_key,
        };
        match self.matching {
            Matching::Full => self.data == selected,
            Matching::Sha256 => self.data == crypto::Sha256::digest(selected),
            Matching::Sha512 => self.data == crypto::sha512(selected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(usage: u8, selector: u8, matching: u8, data: Vec<u8>) -> Record {
        Record::Tlsa { usage, selector, matching, data }
    }

    fn secure(records: Vec<Record>) -> DnsAnswer {
        DnsAnswer::found(records).with_secure(true)
    }

    #[test]
    fn servfail_is_not_read_as_no_tlsa() {
        for secure in [false, true] {
            for status in [Status::ServFail, Status::Timeout] {
                assert_eq!(Dane::of(&DnsAnswer::empty(status).with_secure(secure)), Dane::Unknown);
            }
        }
    }

    #[test]
    fn no_records_secure_or_not() {
        for secure in [false, true] {
            for status in [Status::NxDomain, Status::NoError] {
                assert_eq!(Dane::of(&DnsAnswer::empty(status).with_secure(secure)), Dane::Absent);
            }
        }
    }

    #[test]
    fn insecure_records_are_none() {
        assert_eq!(Dane::of(&DnsAnswer::found([record(3, 1, 1, vec![0; 32])])), Dane::Absent);
    }

    #[test]
    fn usable_records_are_told_from_others() {
        let good = record(3, 1, 1, vec![7; 32]);
        let Dane::Authenticated(usable) = Dane::of(&secure(vec![record(1, 1, 1, vec![7; 32]), good.clone()])) else {
            panic!("one is usable")
        };
        assert_eq!(usable, [Tlsa::of(&good).unwrap()]);
        for useless in [
            record(0, 0, 1, vec![7; 32]), // PKIX-TA
            record(1, 1, 1, vec![7; 32]), // PKIX-EE
            record(4, 1, 1, vec![7; 32]),
            record(3, 2, 1, vec![7; 32]),
            record(3, 1, 3, vec![7; 32]),
            record(3, 1, 1, vec![7; 31]),
            record(3, 1, 2, vec![7; 32]),
            record(3, 1, 0, vec![]),
            record(2, 0, 0, vec![7; MAX_TLSA_DATA + 1]),
        ] {
            assert_eq!(Dane::of(&secure(vec![useless.clone()])), Dane::Encrypted, "{useless:?}");
        }
    }

    /// RFC 7671 §9: the strongest digest of each usage and selector decides.
    #[test]
    fn the_strongest_digest_decides() {
        let strong = record(3, 1, 2, vec![7; 64]);
        let full = record(3, 1, 0, vec![7; 10]);
        let other = record(3, 0, 1, vec![7; 32]);
        let answer = secure(vec![record(3, 1, 1, vec![7; 32]), strong.clone(), full.clone(), other.clone()]);
        let expected = [strong, full, other].iter().map(|r| Tlsa::of(r).unwrap()).collect();
        assert_eq!(Dane::of(&answer), Dane::Authenticated(expected));
    }
}
