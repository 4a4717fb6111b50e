//! Everything of DMARC that needs the DNS: the policy, the organizational domain, and which identifiers would be
//! aligned (RFC 9989 §4.10).

use std::collections::BTreeSet;

use crate::dmarc::alignment::{self, Aligned, Alignment};
use crate::dmarc::existence;
use crate::dmarc::faults;
use crate::dmarc::lookup::{Found, SeveralRecords};
use crate::dmarc::record::{AlignmentMode, Policy, PolicyRecord, Psd, Standing, Subject};
use crate::dmarc::standard::Standard;
use crate::dmarc::walk::{self, Walk};
use crate::domain::Domain;
use crate::evaluate::Evaluate;
use crate::limits::{MAX_ALIGNMENT_WALKS, MAX_NAMED, MAX_TOLD_WALKS};
use crate::lookup::{Answers, Pending, Status};
use crate::trail::Trail;

/// Policy discovery for one message.
///
/// It knows nothing of SPF and DKIM results and can start when the header section has been read; what comes of it
/// is later asked to [`conclude`](Discovery::conclude).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discover {
    /// The author domain (RFC 9989 §3.2.2).
    pub author: Domain,
    /// The domains that may turn out to be authenticated: the SPF domain of the MAIL FROM identity and the `d=` of
    /// each signature. The order does not matter, and they need not be different.
    pub candidates: Vec<Domain>,
    /// Domains that cannot be authenticated any more, such as those of signatures that have expired. No result depends on
    /// them; the discovery says how they stand to the author domain all the same.
    pub others: Vec<Domain>,
    with_trail: bool,
}

/// What the DNS says about an author domain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discovery {
    /// By which standard it was found out.
    pub standard: Standard,
    /// The author domain.
    pub author: Domain,
    /// The policy that applies to it.
    pub policy: PolicyDiscovery,
    /// Its organizational domain; `None` where nothing depended on it (RFC 9989 §4.10.2), where there is no record, or where
    /// it is not certain.
    pub organizational_domain: Option<Domain>,
    /// Where the record stands that decided which domain that is, and what its tag `psd` says. `None` by RFC 7489, which
    /// has a list for it.
    pub decided_by: Option<(Domain, Psd)>,
    /// How the candidates and the others stand to it, each once.
    pub alignments: Vec<Alignment>,
    /// The names on the way at which there are several policy records, so that none of them counts.
    pub several: Vec<SeveralRecords>,
    /// What is wrong with the records on the way, in sentences with the remedy; they have no part in a result.
    pub faults: Vec<String>,
    /// The steps that led to this.
    pub trail: Trail,
}

/// What policy discovery found (RFC 9989 §4.10.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyDiscovery {
    /// No record: DMARC does not apply to the message.
    Absent,
    /// A record and its policy.
    Found(Box<AppliedPolicy>),
    /// A record that is good for nothing, which ends it: DMARC is not applied to the message.
    Unusable {
        /// Where the record stands.
        domain: Domain,
    },
    /// Several records at one name, which end RFC 7489's discovery: DMARC is not applied to the message (RFC 7489
    /// §6.6.3 step 5). RFC 9989 discards them and goes on.
    Several {
        /// Where the records stand.
        domain: Domain,
    },
    /// A query failed for now, so that there is no saying which record applies.
    Failed {
        /// The name whose record was asked for.
        domain: Domain,
        /// How the query ended.
        status: Status,
    },
}

/// The policy record that applies to an author domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedPolicy {
    /// The DMARC policy domain (RFC 9989 §3.2.5): where the record stands.
    pub domain: Domain,
    /// The record.
    pub record: PolicyRecord,
    /// The one of its policies that applies, before `t=y` is considered. `None` when that depends on whether the author
    /// domain exists and the lookup failed.
    pub policy: Option<Policy>,
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
        walk::note(author, answers);
        let mut trail = Trail::kept_if(self.with_trail);

        // RFC 9989 §4.10.1: the author domain's own record comes before all others.
        let own = walk::look(author, answers)?;
        if let Found::Failed(status) = own {
            trace(&mut trail, author, &own);
            let failed = PolicyDiscovery::Failed { domain: author.clone(), status };
            return Ok(self.without_policy(failed, Vec::new(), Vec::new(), trail));
        }
        let author_walk = match &own {
            Found::Record(_) if !self.needs_walk() => None,
            _ => Some(walk::walk(author, answers)?),
        };
        match &author_walk {
            Some(walk) => walk.stops.iter().for_each(|(name, found)| trace(&mut trail, name, found)),
            None => trace(&mut trail, author, &own),
        }
        let several = author_walk.as_ref().map(Walk::several).unwrap_or_default();
        let mut faults: Vec<String> = author_walk.iter().flat_map(Walk::faults).take(MAX_NAMED).collect();
        let (domain, record) = match (own, &author_walk) {
            (Found::Record(record), _) => (author.clone(), record),
            (_, Some(walk)) => {
                if let Some((name, status)) = walk.failures().next() {
                    let failed = PolicyDiscovery::Failed { domain: name.clone(), status };
                    return Ok(self.without_policy(failed, several, faults, trail));
                }
                match walk.applicable() {
                    Some((domain, record)) => (domain.clone(), record.clone()),
                    None => return Ok(self.without_policy(PolicyDiscovery::Absent, several, faults, trail)),
                }
            }
            // Only where there is a record is there no walk.
            (_, None) => return Ok(self.without_policy(PolicyDiscovery::Absent, several, faults, trail)),
        };
        trace_standing(&mut trail, &domain, &record);
        if let Some(fault) = faults::of_record(&domain, &record) {
            trail.push(format!("dmarc policy record {domain}"), "at fault", fault.clone(), "RFC 9989 §4.8");
            faults.push(fault);
        }
        let unusable = record.standing() == Standing::Unusable;
        let below = domain != *author;
        let exists_matters = below && !unusable && existence::matters(&record);
        if exists_matters {
            existence::note(author, answers);
        }
        let alignments = self.alignments(author_walk.as_ref(), &record, answers, &mut trail)?;
        let policy = if unusable {
            PolicyDiscovery::Unusable { domain }
        } else {
            let subject = match (below, exists_matters) {
                (false, _) => Ok(Subject::Itself),
                (true, false) => Ok(Subject::Subdomain),
                (true, true) => existence::subject(author, answers)?,
            };
            let policy = subject.ok().and_then(|subject| record.policy_for(subject));
            trace_policy(&mut trail, author, subject, policy);
            PolicyDiscovery::Found(Box::new(AppliedPolicy { domain, record, policy }))
        };
        let certain = author_walk.filter(|walk| walk.failures().next().is_none());
        let deciding = certain.as_ref().and_then(Walk::deciding);
        Ok(Discovery {
            standard: Standard::Rfc9989,
            author: author.clone(),
            policy,
            decided_by: deciding.map(|(at, record)| (at.clone(), record.psd)),
            organizational_domain: certain.map(|walk| walk.organizational_domain()),
            alignments,
            several,
            faults,
            trail,
        })
    }
}

impl Discover {
    /// Whether the author's organizational domain matters although it has a record of its own: not for identifiers that
    /// are the author domain (RFC 9989 §4.10.2). Where strict alignment is asked for, the result does not depend on it, but
    /// what is told of the identifiers does.
    fn needs_walk(&self) -> bool {
        let other = |c: &Domain| *c != self.author && alignment::related(c, &self.author);
        self.candidates.iter().chain(&self.others).any(other)
    }

    /// The discovery where no record is at hand. Without any, each domain is its own organizational domain (RFC 9989
    /// §4.10.2); where a query failed, that of the author domain may be any name above it.
    fn without_policy(
        &self,
        policy: PolicyDiscovery,
        several: Vec<SeveralRecords>,
        faults: Vec<String>,
        trail: Trail,
    ) -> Discovery {
        let failed = matches!(policy, PolicyDiscovery::Failed { .. });
        let domains: BTreeSet<&Domain> = self.candidates.iter().chain(&self.others).collect();
        let alignment = |domain: &Domain| {
            let strict = *domain == self.author;
            let relaxed = match strict {
                true => Aligned::Yes,
                false if failed && alignment::related(domain, &self.author) => Aligned::Unknown,
                false => Aligned::No,
            };
            Alignment { domain: domain.clone(), strict, relaxed }
        };
        Discovery {
            standard: Standard::Rfc9989,
            author: self.author.clone(),
            policy,
            organizational_domain: None,
            decided_by: None,
            alignments: domains.into_iter().map(alignment).collect(),
            several,
            faults,
            trail,
        }
    }

    /// The alignment of each candidate. Without a walk from the author domain only the author domain is aligned.
    fn alignments(
        &self,
        author_walk: Option<&Walk>,
        record: &PolicyRecord,
        answers: &mut Answers,
        trail: &mut Trail,
    ) -> Result<Vec<Alignment>, Pending> {
        let candidates: BTreeSet<&Domain> = self.candidates.iter().collect();
        let others: BTreeSet<&Domain> = self.others.iter().filter(|other| !candidates.contains(other)).collect();
        // What nothing depends on must not use up what there is for the rest.
        let mut walks_left = [MAX_ALIGNMENT_WALKS, MAX_TOLD_WALKS];
        let domains =
            candidates.into_iter().map(|domain| (domain, 0)).chain(others.into_iter().map(|domain| (domain, 1)));
        let mut open = Vec::new();
        let mut alignments = Vec::new();
        for (domain, kind) in domains {
            let known = match author_walk {
                Some(walk) => alignment::without_questions(domain, &self.author, walk),
                None => Some(if *domain == self.author { Aligned::Yes } else { Aligned::No }),
            };
            if known.is_none() && walks_left[kind] > 0 {
                walks_left[kind] -= 1;
                walk::note(domain, answers);
                open.push(alignments.len());
            }
            let strict = *domain == self.author;
            let relaxed = known.unwrap_or(Aligned::Unknown);
            alignments.push(Alignment { domain: domain.clone(), strict, relaxed });
        }
        // All questions are noted by now.
        for alignment in open.iter().filter_map(|&index| alignments.get(index)) {
            walk::wait(&alignment.domain, answers)?;
        }
        let mut organizational = Vec::new();
        if let Some(author_walk) = author_walk {
            for index in open {
                let Some(alignment) = alignments.get_mut(index) else { continue };
                let (aligned, domain) = alignment::with_questions(&alignment.domain, author_walk, answers)?;
                alignment.relaxed = aligned;
                organizational.push((index, domain));
            }
        }
        for (index, alignment) in alignments.iter().enumerate() {
            let domain = organizational.iter().find(|(at, _)| *at == index).map(|(_, domain)| domain);
            trace_alignment(trail, &self.author, record, alignment, domain);
        }
        Ok(alignments)
    }
}

fn trace(trail: &mut Trail, name: &Domain, found: &Found) {
    if trail.is_off() {
        return;
    }
    let step = format!("dmarc record {name}");
    match found {
        Found::Record(_) => trail.push(step, "found", "one policy record", "RFC 9989 §4.10"),
        Found::Several { .. } => {
            trail.push(step, "none", "several policy records, which are all discarded", "RFC 9989 §4.10");
        }
        Found::Nothing { why, .. } => {
            let why = found.faults(name).unwrap_or_else(|| (*why).to_owned());
            trail.push(step, "none", why, "RFC 9989 §4.10");
        }
        Found::Failed(status) => trail.push(step, status.as_str(), "the query failed for now", "RFC 9989 §4.10.1"),
    }
}

fn trace_standing(trail: &mut Trail, domain: &Domain, record: &PolicyRecord) {
    if trail.is_off() {
        return;
    }
    let (outcome, why) = match record.standing() {
        Standing::AsPublished => ("applies", "it comes first of the records found"),
        Standing::AsNone => ("applies as p=none", "its policies are not all valid, and it asks for reports"),
        Standing::Unusable => ("unusable", "its policies are not all valid, and it has no address for reports"),
    };
    trail.push(format!("dmarc policy record {domain}"), outcome, why, "RFC 9989 §4.10.1");
}

fn trace_policy(trail: &mut Trail, author: &Domain, subject: Result<Subject, Status>, policy: Option<Policy>) {
    if trail.is_off() {
        return;
    }
    let why = match subject {
        Ok(Subject::Itself) => "the record stands at the author domain: tag p",
        Ok(Subject::Subdomain) => "the record stands above the author domain: tag sp, or else p",
        Ok(Subject::NonExistent) => "the author domain does not exist: tag np, or else sp, or else p",
        Err(_) => "whether the author domain exists could not be found out",
    };
    trail.push(format!("dmarc policy for {author}"), policy.map_or("unknown", Policy::as_str), why, "RFC 9989 §4.10.1");
}

/// Says how an identifier stands to the author domain, and which tag of the record is content with that.
fn trace_alignment(
    trail: &mut Trail,
    author: &Domain,
    record: &PolicyRecord,
    alignment: &Alignment,
    organizational: Option<&Domain>,
) {
    if trail.is_off() {
        return;
    }
    let (outcome, why) = match (alignment.strict, alignment.relaxed) {
        (true, _) => ("strictly aligned", "it is the author domain".to_owned()),
        (false, Aligned::Yes) => relaxed(author, record),
        (false, Aligned::No) => match organizational {
            Some(domain) => ("not aligned", format!("its organizational domain is {domain}")),
            None => (
                "not aligned",
                format!("it is not below the organizational domain of {author}, or would have to be {author}"),
            ),
        },
        (false, Aligned::Unknown) => ("unknown", "not all queries were answered".to_owned()),
    };
    trail.push(format!("dmarc alignment {}", alignment.domain), outcome, why, "RFC 9989 §4.10.2");
}

/// What follows for an identifier that has the author's organizational domain and is not the author domain.
pub(crate) fn relaxed(author: &Domain, record: &PolicyRecord) -> (&'static str, String) {
    use AlignmentMode::{Relaxed, Strict};
    let same = format!("its organizational domain is that of {author}");
    match (record.adkim, record.aspf) {
        (Relaxed, Relaxed) => ("aligned, relaxed", format!("{same}, which adkim=r and aspf=r take")),
        (Strict, Strict) => ("not aligned", format!("{same}, but adkim=s and aspf=s take the author domain alone")),
        (Strict, Relaxed) => {
            ("aligned for SPF alone", format!("{same}, which aspf=r takes; adkim=s takes the author domain alone"))
        }
        (Relaxed, Strict) => {
            ("aligned for DKIM alone", format!("{same}, which adkim=r takes; aspf=s takes the author domain alone"))
        }
    }
}
