//! Transcripts: the answers of the world as a JSON file, to be read, answered from, and recorded.
//!
//! ```json
//! {"default": "NXDOMAIN",
//!  "answers": [
//!   {"name": "example.com", "type": "TXT", "records": ["v=spf1 mx -all", ["split ", "in two strings"]], "ttl": 300},
//!   {"name": "example.com", "type": "MX", "records": ["10 mx.example.com"], "secure": true},
//!   {"name": "slow.example.com", "type": "TXT", "status": "TIMEOUT"}],
//!  "sts": {"example.com": "version: STSv1\nmode: enforce\n…", "down.example.com": {"error": "HTTP 503"}}}
//! ```
//!
//! `status` is NOERROR (which without records is NODATA), NXDOMAIN, SERVFAIL or TIMEOUT. `default` is what a name that
//! is not listed gets, and NXDOMAIN where it is missing; a name that is listed with any type gets NODATA for its other
//! types. Members that are not known are passed over. CNAMEs are followed here, so that an evaluator never sees one.
//!
//! ```
//! use passerelle::{Domain, Question, RecordType, Answer, Record, Transcript};
//!
//! let transcript = Transcript::parse(br#"{"answers": [
//!     {"name": "example.com", "type": "A", "records": ["192.0.2.1"]}]}"#)?;
//! let question = Question::Dns(Domain::parse("Example.COM")?, RecordType::A);
//! let Answer::Dns(answer) = transcript.answer(&question) else { unreachable!() };
//! assert_eq!(*answer.records, [Record::A([192, 0, 2, 1].into())]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod json;
mod presentation;

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use crate::domain::Domain;
use crate::limits::MAX_CNAME_CHAIN;
use crate::lookup::{Answer, DnsAnswer, Question, Record, RecordType, Status};

pub use presentation::{parse_record, record_text};

/// A set of answers that stands for the DNS and for MTA-STS policy servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    default: Status,
    names: BTreeMap<Domain, BTreeMap<RecordType, DnsAnswer>>,
    sts: BTreeMap<Domain, Result<Arc<str>, Arc<str>>>,
}

/// Why a text is not a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TranscriptError {
    /// Larger than [`MAX_TRANSCRIPT_SIZE`](crate::limits::MAX_TRANSCRIPT_SIZE).
    #[error("the transcript is larger than {} octets", crate::limits::MAX_TRANSCRIPT_SIZE)]
    TooLarge,
    /// Not JSON, or not of the transcript's form.
    #[error("the transcript is not readable: {0}")]
    Json(String),
    /// An entry that does not make sense.
    #[error("the transcript's entry for {name} {kind}: {problem}")]
    Entry {
        /// The entry's name.
        name: String,
        /// The entry's record type, or `sts`.
        kind: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

impl Default for Transcript {
    fn default() -> Self {
        Self { default: Status::NxDomain, names: BTreeMap::new(), sts: BTreeMap::new() }
    }
}

impl Transcript {
    /// An empty transcript, in which no name exists.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a transcript.
    ///
    /// # Errors
    /// [`TranscriptError`] names the entry and what is wrong with it.
    pub fn parse(json: &[u8]) -> Result<Self, TranscriptError> {
        json::parse(json)
    }

    /// The transcript as JSON, an answer a line, sorted by name and type.
    pub fn to_json(&self) -> String {
        json::render(self)
    }

    /// The answer to a question.
    pub fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::Dns(name, record_type) => Answer::Dns(self.dns(name, *record_type)),
            Question::StsPolicy(domain) => Answer::StsPolicy(
                self.sts.get(domain).cloned().unwrap_or_else(|| Err("no policy in the transcript".into())),
            ),
        }
    }

    /// Notes an answer that the world gave, so that [`to_json`](Self::to_json) tells it. A later answer to the same
    /// question takes the place of the earlier one.
    pub fn record(&mut self, question: &Question, answer: &Answer) {
        match (question, answer) {
            (Question::Dns(name, record_type), Answer::Dns(answer)) => {
                self.names.entry(name.clone()).or_default().insert(*record_type, answer.clone());
            }
            (Question::StsPolicy(domain), Answer::StsPolicy(policy)) => {
                self.sts.insert(domain.clone(), policy.clone());
            }
            _ => {} // An answer of the wrong kind is no answer.
        }
    }

    /// Follows CNAMEs as a resolver does: at most [`MAX_CNAME_CHAIN`] of them, a loop being SERVFAIL.
    fn dns(&self, name: &Domain, record_type: RecordType) -> DnsAnswer {
        let mut name = name;
        let (mut ttl, mut secure) = (u32::MAX, true);
        for _ in 0..=MAX_CNAME_CHAIN {
            let Some(types) = self.names.get(name) else {
                return DnsAnswer::empty(self.default);
            };
            let alias = types.get(&RecordType::Cname).filter(|_| record_type != RecordType::Cname);
            if let (None, Some(alias)) = (types.get(&record_type), alias) {
                (ttl, secure) = (ttl.min(alias.ttl), secure && alias.secure);
                match &*alias.records {
                    [Record::Cname(target), ..] => name = target,
                    _ => return alias.clone(), // The CNAME lookup itself failed.
                }
                continue;
            }
            let mut answer = types.get(&record_type).cloned().unwrap_or(DnsAnswer::empty(Status::NoError));
            (answer.ttl, answer.secure) = (answer.ttl.min(ttl), answer.secure && secure);
            return answer;
        }
        DnsAnswer::empty(Status::ServFail)
    }
}
