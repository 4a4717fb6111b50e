//! Whether an identifier is aligned with the author domain (RFC 9989 §4.4, §4.10.2).

use crate::alignment::IdentifierAlignment;
use crate::dmarc::record::AlignmentMode;
use crate::dmarc::walk::{Walk, walk};
use crate::domain::Domain;
use crate::lookup::{Answers, Pending};

/// Whether two domains are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aligned {
    /// They are.
    Yes,
    /// They are not.
    No,
    /// A query that would tell failed for now.
    Unknown,
}

/// How one identifier stands to the author domain, should it be authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alignment {
    /// The identifier: an SPF domain or a signing domain.
    pub domain: Domain,
    /// Whether it is the author domain (RFC 9989 §3.2.10.2).
    pub strict: bool,
    /// Whether both have the same organizational domain (RFC 9989 §3.2.10.1), whichever mode is asked for.
    pub relaxed: Aligned,
}

impl Alignment {
    /// Whether the identifier is aligned where this mode is asked for.
    pub fn under(&self, mode: AlignmentMode) -> Aligned {
        match mode {
            // Identical domains have the same organizational domain.
            _ if self.strict => Aligned::Yes,
            AlignmentMode::Strict => Aligned::No,
            AlignmentMode::Relaxed => self.relaxed,
        }
    }

    /// The same in one word, whatever mode is asked for.
    pub fn word(&self) -> IdentifierAlignment {
        match self.relaxed {
            _ if self.strict => IdentifierAlignment::Strict,
            Aligned::Yes => IdentifierAlignment::Relaxed,
            Aligned::No => IdentifierAlignment::No,
            Aligned::Unknown => IdentifierAlignment::Unknown,
        }
    }
}

/// Whether `candidate` could have the organizational domain of `author`, as far as that is plain from the names: both
/// must then be below that domain, and so have the last label in common.
pub(crate) fn related(candidate: &Domain, author: &Domain) -> bool {
    candidate.labels().next_back() == author.labels().next_back()
}

/// Relaxed alignment as far as the author's own walk tells; `None` when a walk from the candidate has to.
pub(crate) fn without_questions(candidate: &Domain, author: &Domain, author_walk: &Walk) -> Option<Aligned> {
    let organizational = author_walk.organizational_domain();
    // A query that failed may hide the organizational domain further up, so that only a name that is not even below
    // the highest that comes into question is certain not to be aligned.
    let highest = author_walk.failures().map(|(name, _)| name).chain([&organizational]).min_by_key(|d| d.label_count());
    if candidate == author {
        return Some(Aligned::Yes);
    }
    // A name's organizational domain is the name itself or one above it.
    if highest.is_some_and(|highest| !candidate.is_within(highest)) {
        return Some(Aligned::No);
    }
    if author_walk.failures().next().is_some() {
        return Some(Aligned::Unknown);
    }
    // The organizational domain is its own: a walk from there meets what the author's walk met from there on.
    (*candidate == organizational).then_some(Aligned::Yes)
}

/// Relaxed alignment of a candidate below the author's organizational domain. The author's walk was without failures.
pub(crate) fn with_questions(
    candidate: &Domain,
    author_walk: &Walk,
    answers: &mut Answers,
) -> Result<(Aligned, Domain), Pending> {
    let candidate_walk = walk(candidate, answers)?;
    let organizational = candidate_walk.organizational_domain();
    let aligned = match organizational == author_walk.organizational_domain() {
        // A record at a name whose query failed, which is below the author's organizational domain, could only make
        // the candidate's organizational domain a lower one.
        false => Aligned::No,
        true if candidate_walk.failures().next().is_some() => Aligned::Unknown,
        true => Aligned::Yes,
    };
    Ok((aligned, organizational))
}
