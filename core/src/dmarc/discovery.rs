//! Everything of DMARC that needs the DNS: the policy, the organizational domain, and which identifiers would be
//! aligned (RFC 9989 §4.10).

use std::collections::BTreeSet;

use crate::dmarc::alignment::{self, Aligned, Alignment};
use crate::dmarc::existence;
use crate::dmarc::lookup::Found;
use crate::dmarc::record::{AlignmentMode, Policy, PolicyRecord, Psd, Standing, Subject};
use crate::dmarc::standard::Standard;
use crate::dmarc::walk::{self, Walk};
use crate::domain::Domain;
use crate::evaluate::Evaluate;
use crate::limits::MAX_ALIGNMENT_WALKS;
use crate::lookup::{Answers, Pending, Status};
use crate::trail::Trail;

/// Policy discovery for one message.
///
/// It knows nothing of SPF and DKIM results and can start when the header section has been read; what comes of it
/// is later asked to [`conclude`](Discovery::conclude).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discover {
    /// The author domain (RFC 9989 §3.2.2).
    pub author: Domain,
    /// The domains that may turn out to be authenticated: the SPF domain of the MAIL FROM identity and the `d=` of
    /// each signature. The order does not matter, and they need not be different.
    pub candidates: Vec<Domain>,
}

/// What the DNS says about an author domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// By which standard it was found out.
    pub standard: Standard,
    /// The author domain.
    pub author: Domain,
    /// The policy that applies to it.
    pub policy: PolicyDiscovery,
    /// Its organizational domain; `None` where nothing depended on it (RFC 9989 §4.10.2) or where it is not certain.
    pub organizational_domain: Option<Domain>,
    /// Where the record stands that decided which domain that is, and what its tag `psd` says. `None` by RFC 7489, which
    /// has a list for it.
    pub decided_by: Option<(Domain, Psd)>,
    /// How the candidates stand to it, each once.
    pub alignments: Vec<Alignment>,
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
        Self { author, candidates: candidates.into_iter().collect() }
    }
}

impl Evaluate for Discover {
    type Verdict = Discovery;

    fn evaluate(&self, answers: &mut Answers) -> Result<Discovery, Pending> {
        let author = &self.author;
        walk::note(author, answers);
        let mut trail = Trail::new();
        let end = |policy, trail| Discovery {
            standard: Standard::Rfc9989,
            author: author.clone(),
            policy,
            organizational_domain: None,
            decided_by: None,
            alignments: Vec::new(),
            trail,
        };

        // RFC 9989 §4.10.1: the author domain's own record comes before all others.
        let own = walk::look(author, answers)?;
        if let Found::Failed(status) = own {
            trace(&mut trail, author, &own);
            return Ok(end(PolicyDiscovery::Failed { domain: author.clone(), status }, trail));
        }
        let author_walk = match &own {
            Found::Record(record) if !self.needs_walk(record) => None,
            _ => Some(walk::walk(author, answers)?),
        };
        match &author_walk {
            Some(walk) => walk.stops.iter().for_each(|(name, found)| trace(&mut trail, name, found)),
            None => trace(&mut trail, author, &own),
        }
        let (domain, record) = match (own, &author_walk) {
            (Found::Record(record), _) => (author.clone(), record),
            (_, Some(walk)) => {
                if let Some((name, status)) = walk.failures().next() {
                    let failed = PolicyDiscovery::Failed { domain: name.clone(), status };
                    return Ok(end(failed, trail));
                }
                match walk.applicable() {
                    Some((domain, record)) => (domain.clone(), record.clone()),
                    None => return Ok(end(PolicyDiscovery::Absent, trail)),
                }
            }
            // `needs_walk` is only asked about a record.
            (_, None) => return Ok(end(PolicyDiscovery::Absent, trail)),
        };
        trace_standing(&mut trail, &domain, &record);
        if record.standing() == Standing::Unusable {
            return Ok(end(PolicyDiscovery::Unusable { domain }, trail));
        }

        let below = domain != *author;
        let exists_matters = below && existence::matters(&record);
        if exists_matters {
            existence::note(author, answers);
        }
        let alignments = self.alignments(author_walk.as_ref(), answers, &mut trail)?;
        let subject = match (below, exists_matters) {
            (false, _) => Ok(Subject::Itself),
            (true, false) => Ok(Subject::Subdomain),
            (true, true) => existence::subject(author, answers)?,
        };
        let policy = subject.ok().and_then(|subject| record.policy_for(subject));
        trace_policy(&mut trail, author, subject, policy);

        let certain = author_walk.filter(|walk| walk.failures().next().is_none());
        let deciding = certain.as_ref().and_then(Walk::deciding);
        Ok(Discovery {
            standard: Standard::Rfc9989,
            author: author.clone(),
            policy: PolicyDiscovery::Found(Box::new(AppliedPolicy { domain, record, policy })),
            decided_by: deciding.map(|(at, record)| (at.clone(), record.psd)),
            organizational_domain: certain.map(|walk| walk.organizational_domain()),
            alignments,
            trail,
        })
    }
}

impl Discover {
    /// Whether the author's organizational domain matters although it has a record of its own: not where strict
    /// alignment is asked for, nor for identifiers that are the author domain (RFC 9989 §4.10.2).
    fn needs_walk(&self, own: &PolicyRecord) -> bool {
        let relaxed = own.adkim == AlignmentMode::Relaxed || own.aspf == AlignmentMode::Relaxed;
        let candidate = |c: &Domain| *c != self.author && alignment::related(c, &self.author);
        own.standing() != Standing::Unusable && relaxed && self.candidates.iter().any(candidate)
    }

    /// The alignment of each candidate. Without a walk from the author domain only the author domain is aligned.
    fn alignments(
        &self,
        author_walk: Option<&Walk>,
        answers: &mut Answers,
        trail: &mut Trail,
    ) -> Result<Vec<Alignment>, Pending> {
        let candidates: BTreeSet<&Domain> = self.candidates.iter().collect();
        let mut walks = 0;
        let mut open = Vec::new();
        let mut alignments = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let known = match author_walk {
                Some(walk) => alignment::without_questions(candidate, &self.author, walk),
                None => Some(if *candidate == self.author { Aligned::Yes } else { Aligned::No }),
            };
            if known.is_none() && walks < MAX_ALIGNMENT_WALKS {
                walks += 1;
                walk::note(candidate, answers);
                open.push(alignments.len());
            }
            let strict = *candidate == self.author;
            let relaxed = known.unwrap_or(Aligned::Unknown);
            alignments.push(Alignment { domain: candidate.clone(), strict, relaxed });
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
            trace_alignment(trail, &self.author, alignment, domain);
        }
        Ok(alignments)
    }
}

fn trace(trail: &mut Trail, name: &Domain, found: &Found) {
    let step = format!("dmarc record {name}");
    match found {
        Found::Record(_) => trail.push(step, "found", "one policy record", "RFC 9989 §4.10"),
        Found::Several => {
            trail.push(step, "none", "several policy records, which are all discarded", "RFC 9989 §4.10");
        }
        Found::Nothing(why) => trail.push(step, "none", *why, "RFC 9989 §4.10"),
        Found::Failed(status) => trail.push(step, status.as_str(), "the query failed for now", "RFC 9989 §4.10.1"),
    }
}

fn trace_standing(trail: &mut Trail, domain: &Domain, record: &PolicyRecord) {
    let (outcome, why) = match record.standing() {
        Standing::AsPublished => ("applies", "it comes first of the records found"),
        Standing::AsNone => ("applies as p=none", "its policies are not all valid, and it asks for reports"),
        Standing::Unusable => ("unusable", "its policies are not all valid, and it has no address for reports"),
    };
    trail.push(format!("dmarc policy record {domain}"), outcome, why, "RFC 9989 §4.10.1");
}

fn trace_policy(trail: &mut Trail, author: &Domain, subject: Result<Subject, Status>, policy: Option<Policy>) {
    let why = match subject {
        Ok(Subject::Itself) => "the record stands at the author domain: tag p",
        Ok(Subject::Subdomain) => "the record stands above the author domain: tag sp, or else p",
        Ok(Subject::NonExistent) => "the author domain does not exist: tag np, or else sp, or else p",
        Err(_) => "whether the author domain exists could not be found out",
    };
    trail.push(format!("dmarc policy for {author}"), policy.map_or("unknown", Policy::as_str), why, "RFC 9989 §4.10.1");
}

fn trace_alignment(trail: &mut Trail, author: &Domain, alignment: &Alignment, organizational: Option<&Domain>) {
    let (outcome, why) = match (alignment.strict, alignment.relaxed) {
        (true, _) => ("strictly aligned", "it is the author domain".to_owned()),
        (false, Aligned::Yes) => ("aligned, relaxed", format!("its organizational domain is that of {author}")),
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
