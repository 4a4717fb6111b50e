//! Rules: which of them match a message for one recipient, and what they make of it.

pub(crate) mod changes;
pub(crate) mod edit;
pub(crate) mod ledger;

use std::collections::BTreeSet;

use crate::mailbox::Mailbox;
use crate::route::facts::Message;
use crate::route::policy::{Conditions, Direction, Policy, Rule, UnitPath, Verdict};
use crate::route::request::Session;
use crate::trail::Trail;

/// Where the order of rules is written.
const SOURCE: &str = "[[rule]]";

/// A message, as rules see it.
pub(crate) struct Subject<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) session: &'a Session,
    pub(crate) from: Option<&'a Mailbox>,
    pub(crate) message: Option<&'a Message>,
    /// The unit of the sender.
    pub(crate) unit: UnitPath,
}

/// What rules make of a message for one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Those that match, in order.
    pub(crate) applied: Vec<usize>,
    /// The one that decides.
    pub(crate) decided_by: Option<usize>,
    /// One that may decide when the content is known, where none has decided.
    pub(crate) may_decide: Option<usize>,
    /// Those of which the content will tell.
    pub(crate) open: Vec<usize>,
    /// Whether content has a say.
    pub(crate) late: bool,
}

/// Whether something holds, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    No,
    /// The content will tell.
    Open,
    Yes,
}

impl Subject<'_> {
    /// Looks at the rules that may match, in order.
    pub(crate) fn evaluate(&self, to: &Mailbox, directions: &[Direction], trail: &mut Trail) -> Outcome {
        let mut outcome = Outcome::default();
        let recipients_unit = match self.policy.units.is_empty() {
            true => UnitPath::default(),
            false => self.policy.unit_of(Some(to)),
        };
        let is_inbound = directions.contains(&Direction::Inbound);
        for number in self.policy.index.candidates(self.from, to) {
            let Some(rule) = self.policy.rules.get(number) else { continue };
            if !self.is_of_unit(rule, number, directions, &recipients_unit) {
                continue;
            }
            let (held, rests_on_content) = self.holds(rule, to, directions);
            outcome.late |= rests_on_content;
            // Strangers are taken in by rules that say so, and by no other.
            let may_decide = rule.verdict.is_some() && (!is_inbound || names_inbound(rule));
            match held {
                Held::No => continue,
                Held::Open => {
                    outcome.open.push(number);
                    if may_decide && outcome.decided_by.is_none() {
                        outcome.may_decide.get_or_insert(number);
                    }
                    tell(rule, "open", "it rests on content", trail);
                    continue;
                }
                Held::Yes => outcome.applied.push(number),
            }
            match (&rule.verdict, outcome.decided_by.and_then(|first| self.policy.rules.get(first))) {
                (Some(verdict), Some(first)) if may_decide => {
                    let why = format!("it would have decided {}; {} has decided before", shown(verdict), first.name);
                    tell(rule, "matches", &why, trail);
                }
                (Some(verdict), None) if may_decide => {
                    outcome.decided_by = Some(number);
                    tell(rule, "decides", &shown(verdict), trail);
                }
                (Some(_), _) => tell(rule, "matches", "it does not name inbound, so it does not take mail in", trail),
                (None, _) => tell(rule, "matches", "", trail),
            }
            if rule.stop {
                tell(rule, "stops", "no later rule is looked at", trail);
                break;
            }
        }
        outcome
    }

    /// Whether the rule is of the message's unit, or of one above in whose place no rule of the same name stands.
    fn is_of_unit(&self, rule: &Rule, number: usize, directions: &[Direction], recipients_unit: &UnitPath) -> bool {
        if self.policy.units.is_empty() {
            return rule.unit.depth() == 0;
        }
        let namesakes = self.policy.index.namesakes(&rule.name);
        let is_replaced_for = |unit: &UnitPath| {
            namesakes.iter().filter(|other| **other != number).any(|other| {
                self.policy.rules.get(*other).is_some_and(|other| {
                    other.unit.depth() > rule.unit.depth()
                        && other.unit.is_within(&rule.unit)
                        && unit.is_within(&other.unit)
                })
            })
        };
        let (sends, receives) = sides(rule, directions);
        let units = [(sends, &self.unit), (receives, recipients_unit)];
        units.into_iter().any(|(counts, unit)| counts && unit.is_within(&rule.unit) && !is_replaced_for(unit))
    }

    /// Whether the rule matches, and whether content has a say in that.
    fn holds(&self, rule: &Rule, to: &Mailbox, directions: &[Direction]) -> (Held, bool) {
        let matched = self.meets(&rule.conditions, to, directions);
        if matched == Held::No
            && !(rule.conditions.needs_content() && self.meets_envelope(&rule.conditions, to, directions))
        {
            return (Held::No, false);
        }
        let unless = rule.unless.as_ref();
        let excepted = unless.map_or(Held::No, |unless| self.meets(unless, to, directions));
        let unless_rests =
            unless.is_some_and(|unless| unless.needs_content() && self.meets_envelope(unless, to, directions));
        let rests = rule.conditions.needs_content() || unless_rests;
        match (matched, excepted) {
            (_, Held::Yes) if !unless_rests => (Held::No, false),
            (Held::No, _) | (_, Held::Yes) => (Held::No, rests),
            (Held::Open, _) | (_, Held::Open) => (Held::Open, rests),
            (Held::Yes, Held::No) => (Held::Yes, rests),
        }
    }

    fn meets(&self, conditions: &Conditions, to: &Mailbox, directions: &[Direction]) -> Held {
        if !self.meets_envelope(conditions, to, directions) {
            return Held::No;
        }
        match self.message {
            _ if !conditions.needs_content() => Held::Yes,
            None => Held::Open,
            Some(message) if meets_content(conditions, message) => Held::Yes,
            Some(_) => Held::No,
        }
    }

    fn meets_envelope(&self, conditions: &Conditions, to: &Mailbox, directions: &[Direction]) -> bool {
        let Conditions { direction, from, to: recipients, peer, user, .. } = conditions;
        direction.as_ref().is_none_or(|named| directions.iter().any(|direction| named.contains(direction)))
            && from.as_ref().is_none_or(|set| set.contains(self.from))
            && recipients.as_ref().is_none_or(|set| set.contains(Some(to)))
            && peer.as_ref().is_none_or(|set| self.session.peer.is_some_and(|peer| set.contains(peer)))
            && user
                .as_ref()
                .is_none_or(|set: &BTreeSet<String>| self.session.user.as_ref().is_some_and(|user| set.contains(user)))
    }
}

fn meets_content(conditions: &Conditions, message: &Message) -> bool {
    let Conditions { author, header, larger_than, results, .. } = conditions;
    author.as_ref().is_none_or(|set| {
        let mut mailboxes = message.author.iter().flat_map(|author| &author.mailboxes);
        mailboxes.any(|named| set.contains(Some(&named.mailbox)))
    }) && header.as_ref().is_none_or(|patterns| {
        patterns.iter().any(|pattern| message.values(&pattern.name).any(|value| pattern.value.matches(&value)))
    }) && larger_than.is_none_or(|size| message.size > size)
        && results.as_ref().is_none_or(|set| set.iter().any(|result| message.results.contains(result)))
}

/// Whose unit a rule is chosen by: the sender's, and the recipient's for what it says of receiving. Where it says both of
/// internal mail, either will do.
fn sides(rule: &Rule, directions: &[Direction]) -> (bool, bool) {
    let named = |direction| rule.conditions.direction.as_ref().is_some_and(|named| named.contains(&direction));
    if directions.contains(&Direction::Inbound) {
        return (false, true);
    }
    let receives = directions.contains(&Direction::InternalReceiving) && named(Direction::InternalReceiving);
    (!receives || named(Direction::InternalSending), receives)
}

fn names_inbound(rule: &Rule) -> bool {
    rule.conditions.direction.as_ref().is_some_and(|named| named.contains(&Direction::Inbound))
}

/// What a verdict does, for people.
pub(crate) fn shown(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Route(name) => format!("route {name}"),
        Verdict::Reject(reply) => format!("reject {reply}"),
        Verdict::Quarantine | Verdict::Discard => verdict.as_str().to_owned(),
    }
}

fn tell(rule: &Rule, outcome: &'static str, why: &str, trail: &mut Trail) {
    if !trail.is_off() {
        trail.push(format!("rule {}", rule.name), outcome, why.to_owned(), SOURCE);
    }
}
