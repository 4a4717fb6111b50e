//! Rules that can never match, or never decide, as far as their own words and those before them tell.

use std::collections::BTreeSet;

use super::checks::pairs;
use crate::route::policy::finding::Findings;
use crate::route::policy::pattern::{AddressPattern, AddressSet};
use crate::route::policy::relays::Senders;
use crate::route::policy::rules::{Conditions, Direction, Rule};
use crate::route::policy::table::{Table, quoted};
use crate::route::policy::{NetworkSet, Policy};

pub(super) fn check(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let mut stopping: Vec<&Rule> = Vec::new();
    let mut deciding: Vec<&Rule> = Vec::new();
    for (item, rule) in pairs(table, "rule", &policy.rules) {
        let place = item.get("name").map_or(item.place(), |name| name.place());
        let covers = |earlier: &&&Rule, is_deciding| covers(earlier, rule, is_deciding);
        if let Some(before) = stopping.iter().find(|earlier| covers(earlier, false)) {
            let message = format!(
                "this rule can never match: {} before it matches all that it does and stops",
                quoted(&before.name)
            );
            found.warn(place, "name", message);
        } else if let Some(reason) = contradiction(rule, policy) {
            found.warn(place, "match", format!("this rule can never match: {reason}"));
        } else if rule.verdict.is_some()
            && rule.changes.is_empty()
            && !rule.require_tls
            && let Some(earlier) = deciding.iter().find(|earlier| covers(earlier, true))
        {
            let message =
                format!("this rule can never decide: {} before it decides whatever it matches", quoted(&earlier.name));
            found.warn(place, "name", message);
        }
        // What it does not match, another may.
        if rule.unless.is_none() && policy.index.namesakes(&rule.name).is_empty() {
            deciding.extend(rule.verdict.is_some().then_some(rule));
            stopping.extend(rule.stop.then_some(rule));
        }
    }
}

/// Whether an earlier rule matches all that a later one does; where both decide, all of which the later one could.
fn covers(earlier: &Rule, later: &Rule, is_deciding: bool) -> bool {
    let is_of_unit = match earlier.unit.depth() {
        0 => true,
        // Whose unit counts depends on the direction.
        _ => later.unit.is_within(&earlier.unit) && earlier.conditions.direction == later.conditions.direction,
    };
    let ways = |rule: &Rule| match (&rule.conditions.direction, is_deciding) {
        // Strangers' mail is taken in by rules that say so, and by no other.
        (None, true) => Ways { is_inbound: false, ..Ways::of(None) },
        (named, _) => Ways::of(named.as_ref()),
    };
    is_of_unit && ways(earlier).include(&ways(later)) && includes(&earlier.conditions, &later.conditions)
}

/// The ways of mail that a condition on the direction lets through. Mail from ours to ours has two names.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ways {
    is_inbound: bool,
    is_outbound: bool,
    is_internal: bool,
}

impl Ways {
    fn of(named: Option<&BTreeSet<Direction>>) -> Self {
        let has = |direction| named.is_none_or(|named| named.contains(&direction));
        Self {
            is_inbound: has(Direction::Inbound),
            is_outbound: has(Direction::Outbound),
            is_internal: has(Direction::InternalSending) || has(Direction::InternalReceiving),
        }
    }

    fn include(&self, other: &Self) -> bool {
        (self.is_inbound || !other.is_inbound)
            && (self.is_outbound || !other.is_outbound)
            && (self.is_internal || !other.is_internal)
    }
}

/// Whether whatever meets the narrow conditions meets the wide ones, the direction left aside.
fn includes(wide: &Conditions, narrow: &Conditions) -> bool {
    fn part<T>(wide: Option<&T>, narrow: Option<&T>, includes: impl Fn(&T, &T) -> bool) -> bool {
        wide.is_none_or(|wide| narrow.is_some_and(|narrow| includes(wide, narrow)))
    }
    part(wide.to.as_ref(), narrow.to.as_ref(), AddressSet::includes)
        && part(wide.from.as_ref(), narrow.from.as_ref(), AddressSet::includes)
        && part(wide.author.as_ref(), narrow.author.as_ref(), AddressSet::includes)
        && part(wide.peer.as_ref(), narrow.peer.as_ref(), NetworkSet::includes)
        && part(wide.user.as_ref(), narrow.user.as_ref(), BTreeSet::is_superset)
        && part(wide.results.as_ref(), narrow.results.as_ref(), BTreeSet::is_superset)
        && part(wide.larger_than.as_ref(), narrow.larger_than.as_ref(), |wide, narrow| wide <= narrow)
        && part(wide.header.as_ref(), narrow.header.as_ref(), |wide, narrow| {
            narrow.iter().all(|pattern| wide.contains(pattern))
        })
}

fn contradiction(rule: &Rule, policy: &Policy) -> Option<String> {
    let Conditions { direction, from, to, user, .. } = &rule.conditions;
    let ways = Ways::of(direction.as_ref());
    if rule
        .unless
        .as_ref()
        .is_some_and(|unless| Ways::of(unless.direction.as_ref()).include(&ways) && includes(unless, &rule.conditions))
    {
        return Some("unless takes away all that match has".to_owned());
    }
    let is_known_elsewhere = policy.relays.iter().any(|relay| relay.require_auth && relay.users.is_none());
    if let Some(names) = user.as_ref().filter(|names| !names.is_empty() && !is_known_elsewhere)
        && !names.iter().any(|name| policy.accounts.contains_key(name))
    {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        return Some(format!("no file of users has {}", names.join(" or ")));
    }
    direction.as_ref().filter(|named| !named.is_empty())?;
    if !(ways.is_outbound || ways.is_internal) && user.is_some() {
        return Some("who is authenticated is no stranger, so that nothing of a user is inbound".to_owned());
    }
    if ways == (Ways { is_inbound: false, is_outbound: true, is_internal: false }) && are_all(to, policy, true) {
        return Some("mail to our own domains is never outbound".to_owned());
    }
    if !ways.is_outbound && are_all(to, policy, false) {
        return Some("mail to other domains is always outbound".to_owned());
    }
    if let Some(from) = from.as_ref().filter(|_| !ways.is_inbound && !policy.relays.is_empty())
        && are_all(&rule.conditions.from, policy, false)
        && !may_send(from, policy)
    {
        return Some("no [[relay]] admits such a sender".to_owned());
    }
    None
}

/// Whether there are patterns, and all of them are of our own domains, or all of others.
fn are_all(set: &Option<AddressSet>, policy: &Policy, own: bool) -> bool {
    let patterns = set.as_ref().map(AddressSet::patterns).unwrap_or_default();
    !patterns.is_empty()
        && patterns.iter().all(|pattern| match pattern {
            AddressPattern::Address(mailbox) => policy.is_own_address(mailbox) == own,
            AddressPattern::Domain(domain) => policy.is_own(domain) == own,
            AddressPattern::Below(_) | AddressPattern::Any | AddressPattern::Null => false,
        })
}

/// Whether one of these foreign senders can be admitted: by an entry for any, or for those registered.
fn may_send(from: &AddressSet, policy: &Policy) -> bool {
    let registered = || policy.accounts.values().any(|account| account.senders.meets(from));
    policy.relays.iter().any(|relay| match relay.senders {
        Senders::Any => true,
        Senders::Registered => registered(),
        Senders::OwnDomains => false,
    })
}
