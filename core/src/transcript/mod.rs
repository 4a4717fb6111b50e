//! Transcripts: the answers of the world as a JSON file, to be read, answered from, and recorded.
//!
//! ```json
//! {"default": "NXDOMAIN",
//!  "answers": [
//!   {"name": "example.com", "type": "TXT", "records": ["v=spf1 mx -all", ["split ", "in two strings"]], "ttl": 300},
//!   {"name": "example.com", "type": "MX", "records": ["10 mx.example.com"], "secure": true},
//!   {"name": "www.example.com", "type": "CNAME", "records": ["example.com"], "secure": true},
//!   {"name": "slow.example.com", "type": "TXT", "status": "TIMEOUT"}],
//!  "sts": {"example.com": "version: STSv1\nmode: enforce\n…", "down.example.com": {"error": "fetch"}}}
//! ```
//!
//! `status` is NOERROR (which without records is NODATA), NXDOMAIN, SERVFAIL or TIMEOUT. `default` is what a name that
//! is not listed gets, and NXDOMAIN where it is missing; a name that is listed with any type gets NODATA for its other
//! types. Members that are not known are passed over.
//!
//! CNAMEs are followed here, so that an evaluator never sees one. It is told of them: an answer has the
//! [`aliases`](DnsAnswer::aliases) on the way, each `secure` as its entry says, and is itself secure where all of them and
//! the last entry are. An entry with a member `aliases`, a list of `{"target": "example.com", "secure": true}`, is the
//! answer to its question as it stands, and comes before all other entries. A recording has one where
//! CNAME entries cannot say what was answered: when answers contradict each other, or a TTL changed in between.
//!
//! The errors of `sts` are those of [`StsError`]; a domain that is not listed there has the error `fetch`. `sts_cache` is an
//! [`StsCache`]: the policies that were had before.
//!
//! `quota` has how much of a quota is used: `{"messages user:ann 24h": 9999, "recipients organisation 10m": "error"}`; what is
//! not listed is 0, and a key without scope and window (`"user:ann"`) stands for all of them.
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

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::sync::Arc;

use thiserror::Error;

use crate::domain::Domain;
use crate::limits::MAX_CNAME_CHAIN;
use crate::lookup::{Alias, Answer, DnsAnswer, Question, QuotaScope, Record, RecordType, Status, StsCache, StsError};

pub use presentation::{parse_record, record_text};

/// A set of answers that stands for the DNS and for MTA-STS policy servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    default: Status,
    /// What the names have: none of these answers has aliases, of which there are entries instead.
    names: BTreeMap<Domain, BTreeMap<RecordType, DnsAnswer>>,
    /// Answers to one question each, of which the names know nothing.
    exact: BTreeMap<(Domain, RecordType), DnsAnswer>,
    sts: BTreeMap<Domain, Result<Arc<str>, StsError>>,
    sts_cache: StsCache,
    quota: BTreeMap<QuotaKey, Option<u64>>,
}

/// Scope, key and window of a quota; without scope and window, all of that key.
type QuotaKey = (String, Option<(QuotaScope, u64)>);

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
        Self {
            default: Status::NxDomain,
            names: BTreeMap::new(),
            exact: BTreeMap::new(),
            sts: BTreeMap::new(),
            sts_cache: StsCache::new(),
            quota: BTreeMap::new(),
        }
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

    /// The MTA-STS policies that were had before.
    pub fn sts_cache(&self) -> &StsCache {
        &self.sts_cache
    }

    /// Notes the MTA-STS policies that were had before, so that [`to_json`](Self::to_json) tells them.
    pub fn set_sts_cache(&mut self, cache: StsCache) {
        self.sts_cache = cache;
    }

    /// The answer to a question.
    pub fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::Dns(name, record_type) => Answer::Dns(self.dns(name, *record_type)),
            Question::StsPolicy(domain) => {
                Answer::StsPolicy(self.sts.get(domain).cloned().unwrap_or(Err(StsError::Fetch)))
            }
            Question::Quota { scope, key, window } => {
                let exact = self.quota.get(&(key.clone(), Some((*scope, *window))));
                let used = exact.or_else(|| self.quota.get(&(key.clone(), None)));
                Answer::Quota(used.copied().unwrap_or(Some(0)))
            }
        }
    }

    /// Notes an answer that the world gave, so that [`to_json`](Self::to_json) tells it. A later answer to the same
    /// question takes the place of the earlier one.
    pub fn record(&mut self, question: &Question, answer: &Answer) {
        match (question, answer) {
            (Question::Dns(name, record_type), Answer::Dns(answer)) => {
                self.record_dns(name, *record_type, answer);
            }
            (Question::StsPolicy(domain), Answer::StsPolicy(policy)) => {
                self.sts.insert(domain.clone(), policy.clone());
            }
            (Question::Quota { scope, key, window }, Answer::Quota(used)) => {
                self.quota.insert((key.clone(), Some((*scope, *window))), *used);
            }
            _ => {} // An answer of the wrong kind is no answer.
        }
    }

    /// Follows CNAMEs as a resolver does: at most [`MAX_CNAME_CHAIN`] of them, a loop being SERVFAIL.
    fn dns(&self, name: &Domain, record_type: RecordType) -> DnsAnswer {
        if !self.exact.is_empty()
            && let Some(answer) = self.exact.get(&(name.clone(), record_type))
        {
            return answer.clone();
        }
        let mut name = name;
        let mut aliases: Vec<Alias> = Vec::new();
        let (mut ttl, mut secure) = (u32::MAX, true);
        let mut answer = loop {
            let Some(types) = self.names.get(name) else {
                break DnsAnswer::empty(self.default);
            };
            let alias = types.get(&RecordType::Cname).filter(|_| record_type != RecordType::Cname);
            match (types.get(&record_type), alias) {
                (Some(answer), _) => break answer.clone(),
                (None, None) => break DnsAnswer::empty(Status::NoError),
                (None, Some(alias)) => match &*alias.records {
                    [Record::Cname(_), ..] if aliases.len() == MAX_CNAME_CHAIN => {
                        return DnsAnswer::empty(Status::ServFail);
                    }
                    [Record::Cname(target), ..] => {
                        (ttl, secure, name) = (ttl.min(alias.ttl), secure && alias.secure, target);
                        aliases.push(Alias::new(target.clone(), alias.secure));
                    }
                    _ => break alias.clone(), // The CNAME lookup itself failed.
                },
            }
        };
        (answer.ttl, answer.secure) = (answer.ttl.min(ttl), answer.secure && secure);
        answer.aliases = aliases.into();
        answer
    }

    /// Notes an answer so that its question has it again, and no other question another one than before.
    fn record_dns(&mut self, name: &Domain, record_type: RecordType, answer: &DnsAnswer) {
        let question = (name.clone(), record_type);
        self.exact.remove(&question);
        let noted = match answer.aliases.is_empty() {
            true => self.record_plain(name, record_type, answer),
            false => self.record_chain(name, record_type, answer),
        };
        if !noted {
            self.exact.insert(question, answer.clone());
        }
    }

    /// Notes an answer without aliases, unless one that came by an alias could rest on what is there.
    fn record_plain(&mut self, name: &Domain, record_type: RecordType, answer: &DnsAnswer) -> bool {
        let types = self.names.get(name);
        let known = types.and_then(|types| types.get(&record_type));
        let is_alias = types.is_some_and(|types| types.contains_key(&RecordType::Cname));
        let may_rest_on_it = match known {
            Some(known) if known == answer => return true,
            Some(_) => record_type == RecordType::Cname || self.is_target(name),
            None => record_type != RecordType::Cname && is_alias && self.is_target(name),
        };
        if !may_rest_on_it {
            self.names.entry(name.clone()).or_default().insert(record_type, answer.clone());
        }
        !may_rest_on_it
    }

    /// Notes each CNAME record on the way, and the answer at the last name, unless that contradicts what is there.
    fn record_chain(&mut self, name: &Domain, record_type: RecordType, answer: &DnsAnswer) -> bool {
        let found = answer.clone().with_aliases([]);
        let steps = || iter::once(name).chain(answer.aliases.iter().map(|alias| &alias.target)).zip(&*answer.aliases);
        let last = answer.canonical_name(name);
        let entry = |name: &Domain, record_type| self.names.get(name).and_then(|types| types.get(&record_type));
        let fits = |(name, alias): (&Domain, &Alias)| {
            // Nor may the alias be kept for less long: it may have been asked for itself, so its TTL is not raised.
            let same = |cname: &DnsAnswer| {
                *cname.records == [Record::Cname(alias.target.clone())]
                    && cname.secure == alias.secure
                    && cname.ttl >= answer.ttl
            };
            name != last && entry(name, record_type).is_none() && entry(name, RecordType::Cname).is_none_or(same)
        };
        let last_fits = match entry(last, record_type) {
            Some(known) => *known == found,
            None => entry(last, RecordType::Cname).is_none(),
        };
        let distinct: BTreeSet<&Domain> = steps().map(|(name, _)| name).collect();
        if record_type == RecordType::Cname
            || answer.aliases.len() > MAX_CNAME_CHAIN
            || distinct.len() < answer.aliases.len()
            || (answer.secure && !answer.chain_secure())
            || !(last_fits && steps().all(fits))
        {
            return false;
        }
        for (name, alias) in steps() {
            let types = self.names.entry(name.clone()).or_default();
            // What the whole answer may be kept, the alias may, and perhaps longer.
            types.entry(RecordType::Cname).or_insert_with(|| {
                let cname = DnsAnswer::found([Record::Cname(alias.target.clone())]);
                cname.with_ttl(answer.ttl).with_secure(alias.secure)
            });
        }
        self.names.entry(last.clone()).or_default().insert(record_type, found);
        true
    }

    /// Whether a CNAME record leads to this name.
    fn is_target(&self, name: &Domain) -> bool {
        let mut aliases = self.names.values().filter_map(|types| types.get(&RecordType::Cname));
        aliases.any(|alias| matches!(&*alias.records, [Record::Cname(target), ..] if target == name))
    }
}
