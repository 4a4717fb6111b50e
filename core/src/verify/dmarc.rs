//! DMARC within a verification: by one standard, or by both over the same answers.

use super::Settings;
use super::candidates::Uncertain;
use crate::alignment::IdentifierAlignment;
#[cfg(feature = "psl")]
use crate::dmarc::rfc7489;
use crate::dmarc::{Authenticated, AuthorCertainty, Cause, Discover, Discovery, DmarcResult, Verdict};
use crate::domain::Domain;
use crate::evaluate::Run;
use crate::lookup::Answers;
use crate::message::{AuthorError, Authorship};

/// By which standard DMARC is evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DmarcMode {
    /// By RFC 9989: the organizational domain comes of the tree walk.
    #[default]
    Rfc9989,
    /// By RFC 7489, which RFC 9989 obsoletes: the organizational domain comes of the public suffix list.
    #[cfg(feature = "psl")]
    Rfc7489,
    /// By both, over the same answers: the report's `dmarc` is the verdict by RFC 9989, `dmarc_rfc7489` the other, and
    /// `dmarc_difference` says where they differ and why.
    #[cfg(feature = "psl")]
    Both,
}

/// What is found out about the author domain while the body streams in.
#[derive(Debug)]
pub(super) enum Dmarc {
    /// There is no certain author.
    Uncertain(Uncertain),
    Rfc9989(Box<Run<Discover>>),
    #[cfg(feature = "psl")]
    Rfc7489(Box<Run<rfc7489::Discover>>),
    #[cfg(feature = "psl")]
    Both(Box<(Run<Discover>, Run<rfc7489::Discover>)>),
}

/// The report's members about DMARC.
pub(super) struct Verdicts {
    pub(super) dmarc: Verdict,
    pub(super) rfc7489: Option<Verdict>,
    pub(super) difference: Option<String>,
    /// Whether what [`Missing`] stands for might have made the message pass.
    pub(super) is_open: bool,
}

/// An identifier that SPF might have authenticated, had the client's address been known, or known for certain.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) identifier: Authenticated,
    pub(super) cause: Cause,
    /// Why it was not counted, in words.
    pub(super) reason: String,
}

impl From<Verdict> for Verdicts {
    fn from(dmarc: Verdict) -> Self {
        Self { dmarc, rfc7489: None, difference: None, is_open: false }
    }
}

impl Dmarc {
    /// Begins the discovery. `identifiers` may turn out to be authenticated; of `others` is told how they stand.
    pub(super) fn new(settings: &Settings, authorship: &Authorship, identifiers: &[Domain], others: &[Domain]) -> Self {
        // How others stand to each candidate is not told.
        let uncertain = |certainty, found: &[Domain], why: &AuthorError| {
            let discover = |domain| Self::of(settings, domain, identifiers, &[]);
            Self::Uncertain(Uncertain::new(settings, certainty, *why, found, discover))
        };
        match authorship {
            Authorship::Certain(author) => Self::of(settings, author.domain.clone(), identifiers, others),
            Authorship::Candidates(found, why) => uncertain(AuthorCertainty::Candidates, found.domains(), why),
            Authorship::Incomplete(found, why) => uncertain(AuthorCertainty::Incomplete, found.domains(), why),
            Authorship::None(why) => uncertain(AuthorCertainty::None, &[], why),
        }
    }

    /// The discovery for one domain.
    fn of(settings: &Settings, author: Domain, identifiers: &[Domain], others: &[Domain]) -> Self {
        let new = |author, candidates: Vec<Domain>, others: Vec<Domain>| {
            let discover = Discover::new(author, candidates).telling_of(others);
            Run::new(if settings.trail { discover } else { discover.without_trail() })
        };
        #[cfg(feature = "psl")]
        let old = |author, candidates: Vec<Domain>, others: Vec<Domain>| {
            let discover = rfc7489::Discover::new(author, candidates).telling_of(others);
            Run::new(if settings.trail { discover } else { discover.without_trail() })
        };
        let (candidates, others) = (identifiers.to_vec(), others.to_vec());
        match settings.dmarc {
            DmarcMode::Rfc9989 => Self::Rfc9989(Box::new(new(author, candidates, others))),
            #[cfg(feature = "psl")]
            DmarcMode::Rfc7489 => Self::Rfc7489(Box::new(old(author, candidates, others))),
            #[cfg(feature = "psl")]
            DmarcMode::Both => {
                let new = new(author.clone(), candidates.clone(), others.clone());
                Self::Both(Box::new((new, old(author, candidates, others))))
            }
        }
    }

    /// Goes on as far as the answers reach; whether that is to the end.
    pub(super) fn advance(&mut self, answers: &mut Answers) -> bool {
        match self {
            Self::Uncertain(uncertain) => uncertain.advance(answers),
            Self::Rfc9989(run) => run.advance(answers).is_some(),
            #[cfg(feature = "psl")]
            Self::Rfc7489(run) => run.advance(answers).is_some(),
            #[cfg(feature = "psl")]
            Self::Both(both) => {
                let (new, old) = &mut **both;
                // Both, so that what they ask goes out together.
                let (new, old) = (new.advance(answers).is_some(), old.advance(answers).is_some());
                new && old
            }
        }
    }

    /// How an identifier stands to the author domain; by RFC 9989 where both standards were asked for.
    pub(super) fn alignment_of(&self, domain: Option<&Domain>) -> IdentifierAlignment {
        let known = self.discovery().zip(domain).map(|(discovery, domain)| discovery.alignment_of(domain));
        known.unwrap_or(IdentifierAlignment::Unknown)
    }

    fn discovery(&self) -> Option<&Discovery> {
        match self {
            Self::Uncertain(_) => None,
            Self::Rfc9989(run) => run.verdict(),
            #[cfg(feature = "psl")]
            Self::Rfc7489(run) => run.verdict(),
            #[cfg(feature = "psl")]
            Self::Both(both) => both.0.verdict(),
        }
    }

    /// The domain of the author, where it is certain.
    pub(super) fn author(&self) -> Option<&Domain> {
        self.discovery().map(|discovery| &discovery.author)
    }

    /// Whether these identifiers alone would authenticate the message.
    pub(super) fn would_pass(&self, identifiers: &[Authenticated]) -> bool {
        let verdict = self.discovery().map(|discovery| discovery.conclude(identifiers, &[]));
        verdict.is_some_and(|verdict| match verdict.result {
            DmarcResult::Pass => true,
            DmarcResult::None => !verdict.aligned_by.is_empty(),
            _ => false,
        })
    }

    /// The verdicts, once everything is decided. A fail that `missing` would have averted is none: neither the one nor the
    /// other can be said.
    pub(super) fn conclude(
        &self,
        authenticated: &[Authenticated],
        undecided: &[Authenticated],
        missing: Option<&Missing>,
    ) -> Option<Verdicts> {
        let with: Vec<Authenticated> =
            missing.iter().map(|missing| &missing.identifier).chain(authenticated).cloned().collect();
        let conclude = |discovery: &Discovery| {
            let verdict = discovery.conclude(authenticated, undecided);
            let Some(missing) = missing else { return (verdict, false) };
            let other = discovery.conclude(&with, undecided);
            match verdict.result {
                DmarcResult::Fail if other.result != DmarcResult::Fail => {
                    (verdict.withheld(missing.cause, missing.reason.clone()), true)
                }
                // Without a policy it is the alignment that says whether the message is authenticated.
                DmarcResult::None => {
                    let is_open = verdict.aligned_by.is_empty() && !other.aligned_by.is_empty();
                    (verdict, is_open)
                }
                _ => (verdict, false),
            }
        };
        let only = |(dmarc, is_open)| Verdicts { is_open, ..Verdicts::from(dmarc) };
        Some(match self {
            Self::Uncertain(uncertain) => uncertain.conclude(authenticated, undecided)?,
            Self::Rfc9989(run) => only(conclude(run.verdict()?)),
            #[cfg(feature = "psl")]
            Self::Rfc7489(run) => only(conclude(run.verdict()?)),
            #[cfg(feature = "psl")]
            Self::Both(both) => {
                let (new, old) = (both.0.verdict()?, both.1.verdict()?);
                let ((dmarc, is_open), (by_rfc7489, _)) = (conclude(new), conclude(old));
                let identifiers = [&with, undecided].concat();
                let difference = rfc7489::difference((new, &dmarc), (old, &by_rfc7489), &identifiers);
                Verdicts { dmarc, rfc7489: Some(by_rfc7489), difference, is_open }
            }
        })
    }
}
