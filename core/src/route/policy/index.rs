//! Which rules can match at all, found by sender and recipient instead of by looking at each.

use std::collections::BTreeMap;

use super::pattern::{AddressSet, MatchKey, ancestors};
use super::rules::{Conditions, Rule};
use crate::mailbox::Mailbox;

/// For each rule the one address condition that fewest messages meet is looked up; rules without one are always looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RuleIndex {
    always: Vec<usize>,
    from: BTreeMap<MatchKey, Vec<usize>>,
    to: BTreeMap<MatchKey, Vec<usize>>,
    /// The rules of each name that several have.
    namesakes: BTreeMap<String, Vec<usize>>,
}

impl RuleIndex {
    pub(crate) fn of(rules: &[Rule]) -> Self {
        let mut index = Self::default();
        for (number, rule) in rules.iter().enumerate() {
            index.namesakes.entry(rule.name.clone()).or_default().push(number);
        }
        index.namesakes.retain(|_, rules| rules.len() > 1);
        for (number, rule) in rules.iter().enumerate() {
            let keys = |set: &Option<AddressSet>| set.as_ref().and_then(AddressSet::keys);
            let Conditions { from, to, .. } = &rule.conditions;
            let (map, keys) = match (keys(from), keys(to)) {
                (Some(from), Some(to)) if to.len() < from.len() => (&mut index.to, to),
                (Some(from), _) => (&mut index.from, from),
                (None, Some(to)) => (&mut index.to, to),
                (None, None) => {
                    index.always.push(number);
                    continue;
                }
            };
            for key in keys {
                map.entry(key).or_default().push(number);
            }
        }
        index
    }

    /// The rules of this name, where there are several.
    pub(crate) fn namesakes(&self, name: &str) -> &[usize] {
        self.namesakes.get(name).map_or(&[], Vec::as_slice)
    }

    /// The rules that may match, in order.
    pub(crate) fn candidates(&self, from: Option<&Mailbox>, to: &Mailbox) -> Vec<usize> {
        let mut found = self.always.clone();
        for (map, mailbox) in [(&self.from, from), (&self.to, Some(to))] {
            let (Some(mailbox), false) = (mailbox, map.is_empty()) else { continue };
            let Some(domain) = mailbox.domain() else {
                found.extend(map.get(&MatchKey::Literal).into_iter().flatten());
                continue;
            };
            found.extend(map.get(&MatchKey::Exact(domain.clone())).into_iter().flatten());
            for name in ancestors(domain) {
                found.extend(map.get(&MatchKey::Below(name)).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
