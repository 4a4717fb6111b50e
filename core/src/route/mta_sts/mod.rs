//! MTA-STS (RFC 8461): which policy is in force for a domain.
//!
//! The TXT record `_mta-sts` says that there is a policy, and by its `id` whether it is a new one; the policy itself is a file on
//! `https://mta-sts.<domain>/.well-known/mta-sts.txt`, for which the host is asked by [`Question::StsPolicy`]. What was had before is handed
//! in as an [`StsCache`] and, where it changed, handed back.
//!
//! The cached policy stays in force until its `max_age` is over, whatever becomes of the DNS and of the policy's host
//! meanwhile: an attacker who can suppress either gains nothing (RFC 8461 §3.3, §10.2). It is fetched anew when the `id` changes, and
//! before its end at a moment that depends on the host's seed, so that nobody can wait for it.
//!
//! ```
//! use passerelle::route::mta_sts::{self, Mode};
//! use passerelle::{Answers, Domain, StsCache, Transcript, UnixTime};
//!
//! let transcript = Transcript::parse(br#"{"answers": [
//!     {"name": "_mta-sts.example.com", "type": "TXT", "records": ["v=STSv1; id=20160831085700Z;"]}],
//!   "sts": {"example.com": "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 86400\n"}}"#)?;
//! let domain = Domain::parse("example.com")?;
//! let mut answers = Answers::new();
//! let found = loop {
//!     if let Ok(found) = mta_sts::discover(&domain, &StsCache::new(), UnixTime(1_472_633_820), 0, &mut answers) {
//!         break found;
//!     }
//!     while let Some((id, question)) = answers.next_question() {
//!         answers.supply(id, transcript.answer(&question)).unwrap();
//!     }
//! };
//! assert_eq!(found.policy.map(|policy| policy.mode), Some(Mode::Enforce));
//! assert_eq!(found.update.map(|entry| entry.id).as_deref(), Some("20160831085700Z"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod policy;
mod txt;

use thiserror::Error;

use super::security::Sts;
use super::seed;
use crate::domain::Domain;
use crate::limits::STS_REFRESH;
use crate::lookup::{Answer, Answers, CachedPolicy, Outcome, Pending, Question, RecordType, StsCache, StsError};
use crate::time::UnixTime;
use crate::tls::ResultType;

pub use policy::{Mode, MxPattern, StsPolicy, StsPolicyError};
pub use txt::{StsRecord, StsRecordError};

/// What is in force for a domain, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discovery {
    /// The policy in force, one in mode `none` included.
    pub policy: Option<StsPolicy>,
    /// Where it comes from.
    pub source: Source,
    /// What the host has to keep in place of what it had: the policy was fetched.
    pub update: Option<CachedPolicy>,
    /// What went wrong on the way, be there a cached policy or not.
    pub problem: Option<Problem>,
}

/// Where a policy comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// There is none.
    Nowhere,
    /// It was fetched now.
    Fetched,
    /// It was had before, and nothing says that there is a new one.
    Cached,
    /// It was had before, and that is all there is: the look-up or the fetch failed, or the record is gone.
    Kept,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The look-up of the TXT record failed.
    #[error("the look-up of the TXT record failed")]
    Dns,
    /// The TXT record is missing or malformed. That it is missing is nothing wrong where there was no policy.
    #[error("{0}")]
    Record(StsRecordError),
    /// The policy file could not be had.
    #[error("{0}")]
    Fetch(StsError),
    /// The policy file was had and is none.
    #[error("{0}")]
    Policy(StsPolicyError),
}

impl Problem {
    /// The word of TLS reports (RFC 8460 §4.3.2), where there is one: a domain without a record has no policy to fail.
    pub fn result(&self) -> Option<ResultType> {
        match self {
            Self::Dns | Self::Record(StsRecordError::None) => None,
            Self::Record(_) | Self::Policy(_) | Self::Fetch(StsError::Syntax | StsError::Size) => {
                Some(ResultType::StsPolicyInvalid)
            }
            Self::Fetch(StsError::Certificate) => Some(ResultType::StsWebpkiInvalid),
            Self::Fetch(_) => Some(ResultType::StsPolicyFetchError),
        }
    }
}

impl Discovery {
    /// What the table of security has to know of a host: by its name as MX records or the route have it.
    pub fn of(&self, host: &Domain) -> Sts {
        match &self.policy {
            None => Sts::None,
            Some(policy) => match (policy.mode, policy.lists(host)) {
                (Mode::None, _) => Sts::None,
                (Mode::Testing, true) => Sts::Testing,
                (Mode::Testing, false) => Sts::TestingUnlisted,
                (Mode::Enforce, true) => Sts::Enforce,
                (Mode::Enforce, false) => Sts::EnforceUnlisted,
            },
        }
    }

    fn without_news(cached: Option<StsPolicy>, source: Source, problem: Option<Problem>) -> Self {
        let source = if cached.is_some() { source } else { Source::Nowhere };
        Self { policy: cached, source, update: None, problem }
    }
}

/// The name of the TXT record; `None` where it would be too long for the DNS.
pub fn record_name(domain: &Domain) -> Option<Domain> {
    domain.prepend("_mta-sts").ok()
}

/// The policy in force for a domain: that of the recipient's address, or the smart host's own name (RFC 8461 §3).
///
/// # Errors
/// [`Pending`] when an answer is missing.
pub fn discover(
    domain: &Domain,
    cache: &StsCache,
    now: UnixTime,
    seed: u64,
    answers: &mut Answers,
) -> Result<Discovery, Pending> {
    let cached = cache.policy(domain).and_then(|entry| in_force(entry, now));
    let known = cached.as_ref().map(|(_, policy)| policy.clone());
    let Some(name) = record_name(domain) else {
        return Ok(Discovery::without_news(known, Source::Kept, None));
    };
    let answer = answers.dns(&name, RecordType::Txt)?;
    let found = match answer.outcome() {
        Outcome::Records(records) => StsRecord::find(records).map_err(Problem::Record),
        Outcome::NoData | Outcome::NxDomain => Err(Problem::Record(StsRecordError::None)),
        Outcome::ServFail | Outcome::Timeout => Err(Problem::Dns),
    };
    let id = match found {
        Ok(StsRecord { id }) => id,
        // RFC 8461 §3.3: that no record is to be found is no reason to drop what is known.
        Err(problem) => return Ok(Discovery::without_news(known, Source::Kept, Some(problem))),
    };
    if let Some((entry, policy)) = &cached
        && entry.id == id
        && now < refresh_at(domain, entry, policy, seed)
        && entry.fetched <= now
    {
        return Ok(Discovery::without_news(known, Source::Cached, None));
    }
    let fetched = match answers.answer(Question::StsPolicy(domain.clone()))? {
        Answer::StsPolicy(fetched) => fetched.map_err(Problem::Fetch),
        // `supply` lets no other kind in.
        _ => Err(Problem::Fetch(StsError::Fetch)),
    };
    match fetched.and_then(|text| Ok((StsPolicy::parse(&text).map_err(Problem::Policy)?, text))) {
        Ok((policy, text)) => Ok(Discovery {
            policy: Some(policy),
            source: Source::Fetched,
            update: Some(CachedPolicy::new(id, now, &*text)),
            problem: None,
        }),
        Err(problem) => Ok(Discovery::without_news(known, Source::Kept, Some(problem))),
    }
}

/// A policy that was had before, while it is within its time.
fn in_force(entry: &CachedPolicy, now: UnixTime) -> Option<(&CachedPolicy, StsPolicy)> {
    let policy = StsPolicy::parse(&entry.policy).ok()?;
    let age = now.0.saturating_sub(entry.fetched.0);
    (age < policy.max_age).then_some((entry, policy))
}

/// Whether a policy that was had before is still to be kept.
pub fn is_in_force(entry: &CachedPolicy, now: UnixTime) -> bool {
    in_force(entry, now).is_some()
}

/// When a policy is fetched anew although its `id` has not changed: between a half and nine tenths of its time, and once a
/// day where that is sooner. The seed says when exactly.
fn refresh_at(domain: &Domain, entry: &CachedPolicy, policy: &StsPolicy, seed: u64) -> UnixTime {
    let latest = (policy.max_age / 10 * 9).min(STS_REFRESH);
    let earliest = latest / 9 * 5;
    let number = seed::number(seed, &[b"mta-sts", domain.as_str().as_bytes(), &entry.fetched.0.to_be_bytes()]);
    let after = earliest + number % (latest - earliest + 1);
    UnixTime(entry.fetched.0.saturating_add(after))
}
