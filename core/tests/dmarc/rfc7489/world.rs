//! One message, judged by both standards over one DNS.

use passerelle::dmarc::{Authenticated, Discover, Discovery, PolicyDiscovery, Verdict, rfc7489};
use passerelle::{Evaluation, Question};

use crate::zone::{Zone, domain};

pub(crate) struct Both {
    pub(crate) new: Discovery,
    pub(crate) old: Discovery,
    pub(crate) by_rfc9989: Verdict,
    pub(crate) by_rfc7489: Verdict,
    pub(crate) difference: Option<String>,
}

impl Both {
    /// The two results, which must differ, and the difference, which must say so.
    pub(crate) fn told(&self) -> (&str, &str, &str) {
        let difference = self.difference.as_deref().expect("the verdicts differ");
        (self.by_rfc9989.result.as_str(), self.by_rfc7489.result.as_str(), difference)
    }
}

pub(crate) fn both(zone: &Zone, author: &str, passed: &[Authenticated]) -> Both {
    both_undecided(zone, author, passed, &[])
}

pub(crate) fn both_undecided(zone: &Zone, author: &str, passed: &[Authenticated], open: &[Authenticated]) -> Both {
    let identifiers = [passed, open].concat();
    let candidates: Vec<_> = identifiers.iter().map(|identifier| identifier.domain.clone()).collect();
    let new = Evaluation::new(Discover::new(domain(author), candidates.clone())).run_with(|q| zone.answer(q));
    let old = Evaluation::new(rfc7489::Discover::new(domain(author), candidates)).run_with(|q| zone.answer(q));
    let (by_rfc9989, by_rfc7489) = (new.conclude(passed, open), old.conclude(passed, open));
    let difference = rfc7489::difference((&new, &by_rfc9989), (&old, &by_rfc7489), &identifiers);
    Both { new, old, by_rfc9989, by_rfc7489, difference }
}

/// Discovery by RFC 7489 alone, and the names whose records it asked for, in order.
pub(crate) fn asked(zone: &Zone, author: &str) -> (Discovery, Vec<String>) {
    let mut asked = Vec::new();
    let discovery = Evaluation::new(rfc7489::Discover::new(domain(author), [])).run_with(|question| {
        if let Question::Dns(name, record_type) = question {
            asked.push(format!("{name} {record_type}"));
        }
        zone.answer(question)
    });
    (discovery, asked)
}

/// Where the record that applies stands, and its policy.
pub(crate) fn applied(discovery: &Discovery) -> Option<(&str, &str)> {
    match &discovery.policy {
        PolicyDiscovery::Found(applied) => Some((applied.domain.as_str(), applied.policy?.as_str())),
        _ => None,
    }
}
