//! Whether the name of an address leads back to it (RFC 8601 §3).

use std::net::IpAddr;

use serde::Serialize;

use crate::domain::Domain;
use crate::evaluate::Evaluate;
use crate::limits::MAX_IPREV_NAMES;
use crate::lookup::{Answers, Outcome, Pending, Record, RecordType};
use crate::words::words;

/// The iprev evaluation of a client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpRev {
    /// The address.
    pub ip: IpAddr,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IpRevVerdict {
    /// The result.
    pub result: IpRevResult,
    /// The address; an IPv4-mapped one as IPv4.
    pub ip: IpAddr,
    /// The first name, in the order of the alphabet, that leads back to the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Domain>,
    /// Whether the address was taken from the message itself, without the host vouching for it. Then the result does not
    /// stand in Authentication-Results.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub derived: bool,
    /// Why it did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// The results of RFC 8601 §2.7.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IpRevResult {
    /// A name of the address has the address.
    Pass,
    /// The address has names, and none of them has the address.
    Fail,
    /// The DNS did not answer.
    TempError,
    /// The address has no name.
    PermError,
}

impl IpRevResult {
    /// The RFC's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

words!(Display for IpRevResult);

impl Evaluate for IpRev {
    type Verdict = IpRevVerdict;

    fn evaluate(&self, answers: &mut Answers) -> Result<IpRevVerdict, Pending> {
        let ip = self.ip.to_canonical();
        let verdict =
            |result, reason| Ok(IpRevVerdict { result, ip, name: None, derived: false, reason: Some(reason) });
        let pointers = answers.dns(&Domain::reverse(ip), RecordType::Ptr)?;
        let records = match pointers.outcome() {
            Outcome::Records(records) => records,
            Outcome::NoData | Outcome::NxDomain => return verdict(IpRevResult::PermError, "the address has no name"),
            Outcome::ServFail | Outcome::Timeout => {
                return verdict(IpRevResult::TempError, "the DNS did not say what name the address has");
            }
        };
        let names = records.iter();
        let mut names: Vec<_> =
            names.filter_map(|record| if let Record::Ptr(name) = record { Some(name) } else { None }).collect();
        // Which names are looked at, and which is the first, must not depend on how a resolver rotates its answers.
        names.sort_unstable();
        names.dedup();
        names.truncate(MAX_IPREV_NAMES);
        let record_type = if ip.is_ipv4() { RecordType::A } else { RecordType::Aaaa };
        for name in &names {
            answers.note_dns(name, record_type);
        }
        let mut failed = false;
        for name in names {
            match answers.dns(name, record_type)?.outcome() {
                Outcome::Records(records) if records.iter().any(|record| is_address(record, ip)) => {
                    return Ok(IpRevVerdict {
                        result: IpRevResult::Pass,
                        ip,
                        name: Some(name.clone()),
                        derived: false,
                        reason: None,
                    });
                }
                Outcome::ServFail | Outcome::Timeout => failed = true,
                Outcome::Records(_) | Outcome::NoData | Outcome::NxDomain => {}
            }
        }
        match failed {
            true => verdict(IpRevResult::TempError, "the DNS did not say what addresses a name has"),
            false => verdict(IpRevResult::Fail, "no name of the address leads back to it"),
        }
    }
}

fn is_address(record: &Record, ip: IpAddr) -> bool {
    match record {
        Record::A(address) => ip == IpAddr::V4(*address),
        Record::Aaaa(address) => ip == IpAddr::V6(*address),
        _ => false,
    }
}
