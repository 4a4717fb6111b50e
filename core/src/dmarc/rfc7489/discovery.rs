//! Policy discovery and alignment by RFC 7489 (§6.6.3, §3.1).

use std::collections::BTreeSet;

use super::suffix::organizational_domain;
use crate::dmarc::alignment::{Aligned, Alignment};
use crate::dmarc::discovery::{AppliedPolicy, Discovery, PolicyDiscovery, relaxed as told_relaxed};
use crate::dmarc::faults;
use crate::dmarc::lookup::{Found, look, note};
use crate::dmarc::record::{PolicyRecord, Standing, Subject};
use crate::dmarc::standard::{Clause, Standard};
use crate::domain::Domain;
use crate::evaluate::Evaluate;
use crate::lookup::{Answers, Pending};
use crate::trail::Trail;

const STANDARD: Standard = Standard::Rfc7489;

/// Policy discovery for one message by RFC 7489; the counterpart of [`dmarc::Discover`](crate::dmarc::Discover).
///
/// It asks for two records at most, which the tree walk of RFC 9989 asks for as well.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discover {
    /// The domain of the From field.
    pub author: Domain,
    /// The domains that may turn out to be authenticated. The order does not matter, and they need not be different.
    pub candidates: Vec<Domain>,
    /// Domains that cannot be authenticated any more, whose alignment is told all the same.
    pub others: Vec<Domain>,
    with_trail: bool,
}

impl Discover {
    /// Discovery for `author`, with the identifiers that may be authenticated.
    pub fn new(author: Domain, candidates: impl IntoIterator<Item = Domain>) -> Self {
        Self { author, candidates: candidates.into_iter().collect(), others: Vec::new(), with_trail: true }
    }

    /// The same with domains whose alignment is only to be told.
    #[must_use]
    pub fn telling_of(mut self, others: impl IntoIterator<Item = Domain>) -> Self {
        self.others.extend(others);
        self
    }

    /// Leaves the trail out, here and in the verdict.
    #[must_use]
    pub fn without_trail(mut self) -> Self {
        self.with_trail = false;
        self
    }
}

impl Evaluate for Discover {
    type Verdict = Discovery;

    fn evaluate(&self, answers: &mut Answers) -> Result<Discovery, Pending> {
        let author = &self.author;
        let organizational = organizational_domain(author);
        // Both go out together, though the second answer may not be needed.
        note(author, answers);
        note(&organizational, answers);

        let mut trail = Trail::kept_if(self.with_trail);
        if self.with_trail {
            let why = "by the public suffix list";
            let step = format!("{} organizational domain of {author}", STANDARD.prefix());
            trail.push(step, organizational.to_string(), why, "RFC 7489 §3.2");
        }
        // Steps 1 to 4: only where the author domain has no record at all is the organizational domain asked for one.
        let (mut domain, mut found) = (author, look(STANDARD, author, answers)?);
        trace(&mut trail, domain, &found);
        let mut faults: Vec<String> = found.faults(domain).into_iter().collect();
        if matches!(found, Found::Nothing { .. }) && organizational != *author {
            (domain, found) = (&organizational, look(STANDARD, &organizational, answers)?);
            trace(&mut trail, domain, &found);
            faults.extend(found.faults(domain));
        }
        let several = found.several(domain).into_iter().collect();
        let mut record_read = None;
        let policy = match found {
            Found::Record(record) => {
                record_read = Some(record.clone());
                faults.extend(faults::of_record(domain, &record));
                apply(domain, record, domain == author, &mut trail)
            }
            Found::Nothing { .. } => PolicyDiscovery::Absent,
            Found::Several { .. } => PolicyDiscovery::Several { domain: domain.clone() },
            Found::Failed(status) => PolicyDiscovery::Failed { domain: domain.clone(), status },
        };
        let alignments = self.alignments(&organizational, record_read.as_ref(), &mut trail);
        Ok(Discovery {
            standard: STANDARD,
            author: author.clone(),
            policy,
            organizational_domain: Some(organizational),
            decided_by: None,
            alignments,
            several,
            faults,
            trail,
        })
    }
}

impl Discover {
    /// RFC 7489 §3.1.1, §3.1.2. The list always knows; nothing is asked.
    fn alignments(&self, organizational: &Domain, record: Option<&PolicyRecord>, trail: &mut Trail) -> Vec<Alignment> {
        let candidates: BTreeSet<&Domain> = self.candidates.iter().chain(&self.others).collect();
        let alignment = |candidate: &Domain| {
            let strict = *candidate == self.author;
            let theirs = organizational_domain(candidate);
            let relaxed = if theirs == *organizational { Aligned::Yes } else { Aligned::No };
            if self.with_trail {
                let its = || format!("its organizational domain is {theirs}");
                let (outcome, why) = match (strict, relaxed) {
                    (true, _) => ("strictly aligned", "it is the author domain".to_owned()),
                    (false, Aligned::Yes) => match record {
                        Some(record) => told_relaxed(&self.author, record),
                        None => ("aligned, relaxed", its()),
                    },
                    (false, _) => ("not aligned", its()),
                };
                let step = format!("{} alignment {candidate}", STANDARD.prefix());
                trail.push(step, outcome, why, "RFC 7489 §3.1");
            }
            Alignment { domain: candidate.clone(), strict, relaxed }
        };
        candidates.into_iter().map(alignment).collect()
    }
}

/// Step 6, and which of the record's policies applies (§6.3, tags `p` and `sp`).
fn apply(domain: &Domain, record: PolicyRecord, own: bool, trail: &mut Trail) -> PolicyDiscovery {
    let (outcome, why) = match record.standing() {
        Standing::AsPublished => ("applies", "its policies are valid"),
        Standing::AsNone => ("applies as p=none", "its policies are not all valid, and it asks for reports"),
        Standing::Unusable => ("unusable", "its policies are not all valid, and it has no address for reports"),
    };
    if !trail.is_off() {
        let step = format!("{} policy record {domain}", STANDARD.prefix());
        trail.push(step, outcome, why, STANDARD.section(Clause::Unusable));
    }
    if record.standing() == Standing::Unusable {
        return PolicyDiscovery::Unusable { domain: domain.clone() };
    }
    let policy = record.policy_for(if own { Subject::Itself } else { Subject::Subdomain });
    PolicyDiscovery::Found(Box::new(AppliedPolicy { domain: domain.clone(), record, policy }))
}

fn trace(trail: &mut Trail, name: &Domain, found: &Found) {
    if trail.is_off() {
        return;
    }
    let (outcome, why) = match found {
        Found::Record(_) => ("found", "one policy record"),
        Found::Nothing { why, .. } => ("none", *why),
        Found::Several { .. } => ("several", "more policy records than one end the search"),
        Found::Failed(status) => (status.as_str(), "the query failed for now"),
    };
    trail.push(format!("{} record {name}", STANDARD.prefix()), outcome, why, "RFC 7489 §6.6.3");
}
