//! Messages whose author is not certain: what the owner of each domain that may be the author's asks for (RFC 9989 §11.5).

use serde::Serialize;

use crate::dmarc::record::Policy;
use crate::dmarc::standard::{Clause, Standard};
use crate::dmarc::verdict::{Disposition, DmarcResult, Method, Verdict};
use crate::domain::Domain;
use crate::trail::Trail;
use crate::words::words;

/// How certain it is whose domain the author's is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthorCertainty {
    /// Every reader of the message finds the same domain.
    #[default]
    Certain,
    /// Readers may find one domain or another, and all of these are among the verdict's candidates.
    Candidates,
    /// There may be more domains than the candidates: there are too many, or a bound was met.
    Incomplete,
    /// No reader finds a domain.
    None,
}

impl AuthorCertainty {
    /// The word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Candidates => "candidates",
            Self::Incomplete => "incomplete",
            Self::None => "none",
        }
    }
}

words!(Display, Serialize for AuthorCertainty);

/// A domain that some reader may take for the author's, and what DMARC says were it the author's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Candidate {
    /// The domain.
    pub domain: Domain,
    /// What the result would be.
    pub result: DmarcResult,
    /// The policy that applies to it.
    pub policy: Option<Policy>,
    /// Where the policy record stands.
    pub policy_domain: Option<Domain>,
    /// What its owner would ask for.
    pub disposition: Disposition,
    /// The mechanisms with an authenticated identifier that is aligned with it.
    pub aligned_by: Vec<Method>,
}

impl Candidate {
    fn of(verdict: &Verdict) -> Option<Self> {
        Some(Self {
            domain: verdict.domain.clone()?,
            result: verdict.result,
            policy: verdict.policy,
            policy_domain: verdict.policy_domain.clone(),
            disposition: verdict.disposition,
            aligned_by: verdict.aligned_by.clone(),
        })
    }
}

impl Verdict {
    /// The verdict on a message whose author is not certain, from what it would be for each domain that may be the
    /// author's.
    ///
    /// DMARC cannot be applied to it (RFC 9989 §5.3.1), and no later attempt would change that, which is `permerror`
    /// (§9.2), even where each candidate passes. What is asked for is the strictest of what the owners of those that fail
    /// ask for (§11.5); where the candidates are not all there are, at least to quarantine, since whose policy was passed
    /// over is not known. `certainty` is any but [`AuthorCertainty::Certain`].
    pub fn of_candidates(certainty: AuthorCertainty, reason: impl Into<String>, candidates: &[Self]) -> Self {
        let standard = candidates.first().map(|verdict| verdict.standard).unwrap_or_default();
        let with_trail = !candidates.iter().any(|verdict| verdict.trail.is_off());
        Self::of_candidates_by(standard, certainty, reason.into(), candidates, with_trail)
    }

    /// The same by either standard: RFC 7489 §6.6.1 says the same.
    pub(crate) fn of_candidates_by(
        standard: Standard,
        certainty: AuthorCertainty,
        reason: String,
        candidates: &[Self],
        with_trail: bool,
    ) -> Self {
        let asked = candidates.iter().map(|verdict| verdict.disposition).max().unwrap_or(Disposition::None);
        let disposition = match certainty {
            AuthorCertainty::Incomplete => asked.max(Disposition::Quarantine),
            _ => asked,
        };
        let trail = match with_trail {
            true => trail(standard, certainty, &reason, candidates, (asked, disposition)),
            false => Trail::off(),
        };
        Self {
            result: DmarcResult::PermError,
            domain: None,
            policy_domain: None,
            policy: None,
            disposition,
            lowered: false,
            pct: None,
            aligned_by: Vec::new(),
            author: certainty,
            candidates: candidates.iter().filter_map(Candidate::of).collect(),
            cause: None,
            reason: Some(reason),
            evaluated_policy: None,
            standard,
            trail,
        }
    }
}

/// The steps for each candidate, and what came of them.
fn trail(
    standard: Standard,
    certainty: AuthorCertainty,
    reason: &str,
    candidates: &[Verdict],
    (asked, disposition): (Disposition, Disposition),
) -> Trail {
    let mut trail = Trail::joined(candidates.iter().map(|verdict| &verdict.trail));
    let step = format!("{} author domain", standard.prefix());
    trail.push(step, DmarcResult::PermError.as_str(), reason.to_owned(), standard.section(Clause::Author));
    let why = match (certainty, asked) {
        (AuthorCertainty::None, _) => return trail,
        (AuthorCertainty::Incomplete, Disposition::None | Disposition::Quarantine) => {
            "the author may be of a domain that was not looked at"
        }
        (_, Disposition::None) => "no domain that may be the author's fails and asks for anything",
        _ => "the strictest that the owner of a domain asks for which may be the author's and fails",
    };
    let step = format!("{} disposition", standard.prefix());
    trail.push(step, disposition.as_str(), why, standard.section(Clause::Candidates));
    trail
}
