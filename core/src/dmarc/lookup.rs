//! The policy record of one name: where it stands, and what the answer for it says, by either standard.

use crate::dmarc::faults;
use crate::dmarc::record::PolicyRecord;
use crate::dmarc::standard::Standard;
use crate::domain::Domain;
use crate::limits::{MAX_DMARC_RECORD, MAX_NAMED, MAX_RECORD_SHOWN};
use crate::lookup::{Answers, DnsAnswer, Outcome, Pending, Record, RecordType, Status};
use crate::trail::shown;

/// What there is at one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// One policy record.
    Record(PolicyRecord),
    /// More than one. RFC 9989 §4.10 (step 2) discards them all and goes on; with RFC 7489 §6.6.3 (step 5) the search
    /// ends.
    Several {
        /// How many.
        count: usize,
        /// The beginning of the first two.
        shown: Vec<String>,
    },
    /// None.
    Nothing {
        /// Why.
        why: &'static str,
        /// What is wrong with the records that somebody may have meant for one.
        faults: Vec<String>,
    },
    /// The query failed for now.
    Failed(Status),
}

/// Several policy records at one name: RFC 9989 §4.10 (step 2) discards them all and goes on, RFC 7489 §6.6.3 (step 5)
/// ends there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeveralRecords {
    /// Where they stand.
    pub domain: Domain,
    /// How many they are.
    pub count: usize,
    /// The beginning of the first two, for people.
    pub shown: Vec<String>,
}

/// Notes the question for the record of `name`.
pub(crate) fn note(name: &Domain, answers: &mut Answers) {
    if let Some(owner) = record_name(name) {
        answers.note_dns(&owner, RecordType::Txt);
    }
}

/// Waits for the record of `name` without reading it.
pub(crate) fn wait(name: &Domain, answers: &mut Answers) -> Result<(), Pending> {
    match record_name(name) {
        Some(owner) => answers.dns(&owner, RecordType::Txt).map(drop),
        None => Ok(()),
    }
}

/// The record of `name`, read by a standard.
pub(crate) fn look(standard: Standard, name: &Domain, answers: &mut Answers) -> Result<Found, Pending> {
    match record_name(name) {
        Some(owner) => answers.dns(&owner, RecordType::Txt).map(|answer| read(standard, &answer)),
        None => Ok(nothing("the name is so long that no record can stand at it")),
    }
}

/// What is no policy record is discarded (RFC 9989 §4.10 step 2, RFC 7489 §6.6.3 step 2).
fn read(standard: Standard, answer: &DnsAnswer) -> Found {
    let records = match answer.outcome() {
        Outcome::Records(records) => records,
        Outcome::NoData | Outcome::NxDomain => return nothing("no TXT record"),
        Outcome::ServFail | Outcome::Timeout => return Found::Failed(answer.status),
    };
    let texts =
        || records.iter().filter_map(|record| if let Record::Txt(text) = record { Some(&**text) } else { None });
    let mut policies = texts().filter(|text| PolicyRecord::is_one(text));
    match (policies.next().and_then(|text| PolicyRecord::parse_by(standard, text)), policies.next()) {
        (Some(record), None) => Found::Record(record),
        (Some(_), Some(_)) => {
            let all = || texts().filter(|text| PolicyRecord::is_one(text));
            Found::Several {
                count: all().count(),
                shown: all().take(2).map(|text| shown(text, MAX_RECORD_SHOWN)).collect(),
            }
        }
        (None, _) => Found::Nothing {
            why: match texts().any(|text| text.len() > MAX_DMARC_RECORD) {
                true => "a TXT record is longer than a policy record may be",
                false => "no TXT record is a policy record",
            },
            faults: texts().take(MAX_NAMED).filter_map(faults::of_text).collect(),
        },
    }
}

fn nothing(why: &'static str) -> Found {
    Found::Nothing { why, faults: Vec::new() }
}

impl Found {
    /// What is wrong with what stands at `name` and is no policy record.
    pub(crate) fn faults(&self, name: &Domain) -> Option<String> {
        match self {
            Self::Nothing { faults, .. } if !faults.is_empty() => {
                Some(format!("at _dmarc.{name} {}", faults.join(", and ")))
            }
            _ => None,
        }
    }

    /// The records of `name`, where there are several.
    pub(crate) fn several(&self, name: &Domain) -> Option<SeveralRecords> {
        match self {
            Self::Several { count, shown } => {
                Some(SeveralRecords { domain: name.clone(), count: *count, shown: shown.clone() })
            }
            Self::Record(_) | Self::Nothing { .. } | Self::Failed(_) => None,
        }
    }
}

/// Where the policy record of `name` stands (RFC 9989 §4.5, RFC 7489 §6.1). `None` when that would be longer than a name
/// can be.
fn record_name(name: &Domain) -> Option<Domain> {
    name.prepend("_dmarc").ok()
}
