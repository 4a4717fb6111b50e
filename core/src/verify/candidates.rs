//! DMARC where the author is not certain: discovery for each domain that may be the author's.

use super::Settings;
use super::dmarc::{Dmarc, DmarcMode, Verdicts};
use crate::dmarc::{Authenticated, AuthorCertainty, Standard, Verdict};
use crate::domain::Domain;
use crate::lookup::Answers;
use crate::message::AuthorError;

/// What is found out about the domains that may be the author's.
#[derive(Debug)]
pub(super) struct Uncertain {
    mode: DmarcMode,
    with_trail: bool,
    certainty: AuthorCertainty,
    why: AuthorError,
    /// One for each of them, as if it were the author's.
    each: Vec<Dmarc>,
}

impl Uncertain {
    /// `discover` begins the discovery for one of the domains.
    pub(super) fn new(
        settings: &Settings,
        certainty: AuthorCertainty,
        why: AuthorError,
        domains: &[Domain],
        discover: impl Fn(Domain) -> Dmarc,
    ) -> Self {
        let each = domains.iter().cloned().map(discover).collect();
        Self { mode: settings.dmarc, with_trail: settings.trail, certainty, why, each }
    }

    /// Goes on as far as the answers reach; whether that is to the end.
    pub(super) fn advance(&mut self, answers: &mut Answers) -> bool {
        let mut decided = true;
        // All of them, so that what they ask goes out together.
        for dmarc in &mut self.each {
            decided &= dmarc.advance(answers);
        }
        decided
    }

    /// The verdicts, once everything is decided.
    pub(super) fn conclude(&self, authenticated: &[Authenticated], undecided: &[Authenticated]) -> Option<Verdicts> {
        // Whatever SPF might have said, the message does not pass: which author counts is not certain.
        let each = self.each.iter().map(|dmarc| dmarc.conclude(authenticated, undecided, None));
        let each = each.collect::<Option<Vec<Verdicts>>>()?;
        let first: Vec<Verdict> = each.iter().map(|verdicts| verdicts.dmarc.clone()).collect();
        let by = |standard, verdicts: &[Verdict]| {
            let reason = self.why.to_string();
            Verdict::of_candidates_by(standard, self.certainty, reason, verdicts, self.with_trail)
        };
        Some(match self.mode {
            DmarcMode::Rfc9989 => by(Standard::Rfc9989, &first).into(),
            #[cfg(feature = "psl")]
            DmarcMode::Rfc7489 => by(Standard::Rfc7489, &first).into(),
            #[cfg(feature = "psl")]
            DmarcMode::Both => {
                let second: Vec<Verdict> = each.iter().filter_map(|verdicts| verdicts.rfc7489.clone()).collect();
                let difference = |verdicts: Verdicts| {
                    let author = verdicts.dmarc.domain?;
                    verdicts.difference.map(|difference| format!("for {author}: {difference}"))
                };
                let differences: Vec<String> = each.into_iter().filter_map(difference).collect();
                Verdicts {
                    dmarc: by(Standard::Rfc9989, &first),
                    rfc7489: Some(by(Standard::Rfc7489, &second)),
                    difference: (!differences.is_empty()).then(|| differences.join(", ")),
                    is_open: false,
                }
            }
        })
    }
}
