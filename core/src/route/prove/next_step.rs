//! The next step of what is admitted, for each rule and for pairs of rules that can meet.

use std::sync::Arc;

use super::Counterexample;
use super::admission::{Point, Sender, User, admits, points};
use super::dialogue::{self, FOREIGN, STRANGER_V4};
use crate::domain::Domain;
use crate::evaluate::Evaluation;
use crate::lookup::{Answer, DnsAnswer, Question, Record, RecordType, Status};
use crate::mailbox::Mailbox;
use crate::route::decide::{Decide, Decision, Fate};
use crate::route::policy::{AddressPattern, AddressSet, Policy, Relay, Rule, Tenant, Verdict};
use crate::route::request::{Envelope, Session};
use crate::time::UnixTime;

/// The first case that breaks each law.
pub(super) struct Findings {
    pub(super) clear_text: Option<Counterexample>,
    pub(super) nowhere: Option<Counterexample>,
}

impl Findings {
    pub(super) fn of(policy: &Arc<Policy>, now: UnixTime) -> Self {
        let mut findings = Self { clear_text: None, nowhere: None };
        let Some(entry) = Entry::of(policy) else { return findings };
        for (from, to, requiretls) in envelopes(policy) {
            if findings.clear_text.is_some() && findings.nowhere.is_some() {
                break;
            }
            let envelope = Envelope::new(Some(from), vec![to]).requiretls(requiretls);
            let case = entry.case(policy, envelope);
            let decide = Decide::new(policy.clone(), case.session.clone(), case.envelope.clone(), now)
                .message(Some(case.message.clone()))
                .with_trail(false);
            let decision = Evaluation::new(decide).run_with(well);
            if !decision.admitted {
                continue;
            }
            if findings.clear_text.is_none() && leaks(policy, &decision, requiretls, now) {
                findings.clear_text = Some(case.clone());
            }
            if findings.nowhere.is_none() && leads_nowhere(policy, &decision, requiretls) {
                findings.nowhere = Some(case);
            }
        }
        findings
    }
}

/// A session that is admitted: one of the entry by which most can be sent.
struct Entry<'p> {
    relay: &'p Relay,
    point: Point,
}

impl<'p> Entry<'p> {
    fn of(policy: &'p Policy) -> Option<Self> {
        let is_usable = |relay: &Relay, point: &Point| {
            point.sender == Sender::Own
                && admits(relay, point)
                && !(point.proven && matches!(relay.tenant, Some(Tenant::Dkim { .. })))
                && matches!(point.user, User::Nobody | User::OfHost)
        };
        let by = |relay: &'p Relay| {
            let mut cases: Vec<Point> = points().filter(|point| is_usable(relay, point)).collect();
            cases.sort_by_key(|point| (point.user, !point.tls, !point.proven));
            cases.first().map(|point| Self { relay, point: *point })
        };
        let bound = |relay: &'p Relay| {
            let mut cases = points().filter(|point| {
                point.sender == Sender::Own && point.user == User::OfEntry && point.registered && admits(relay, point)
            });
            cases.next().map(|point| Self { relay, point })
        };
        policy.relays.iter().find_map(by).or_else(|| policy.relays.iter().find_map(bound))
    }

    fn case(&self, policy: &Policy, mut envelope: Envelope) -> Counterexample {
        let peer = self.relay.peers.firsts().next().unwrap_or(STRANGER_V4);
        let account = policy.accounts.values().find(|account| self.relay.accounts.contains(&account.name));
        let user = match self.point.user {
            User::Nobody => None,
            User::OfHost => Some("somebody".to_owned()),
            User::OfEntry | User::OfOthers => account.map(|account| account.name.clone()),
        };
        // An account sends as whom it is registered.
        if let (Some(account), Some(_)) = (account, &user)
            && envelope.from.as_ref().is_some_and(|from| !account.senders.contains(Some(from)))
            && let Some(own) = witnesses(Some(&account.senders)).into_iter().find(|own| policy.is_own_address(own))
        {
            envelope.from = Some(own);
        }
        let session = Session::new().peer(Some(peer)).helo(policy.hostname.to_string()).user(user).tls(self.point.tls);
        let proof = match &self.relay.tenant {
            Some(Tenant::Header { name, value, .. }) => Some((name.as_str(), value.expose())),
            _ => None,
        };
        let why = format!("# from {peer}; the entry {} admits it", self.relay.name);
        dialogue::written(policy, session, envelope, proof, &why)
    }
}

/// A world in which every name has an address, nobody publishes anything about security, and SPF lists everybody.
fn well(question: &Question) -> Answer {
    let found = |record: Record| Answer::Dns(DnsAnswer::found([record]));
    match question {
        Question::Dns(_, RecordType::A) => found(Record::A([198, 51, 100, 25].into())),
        Question::Dns(name, RecordType::Mx) => found(Record::Mx { preference: 10, exchange: name.prepend("mx").ok() }),
        Question::Dns(name, RecordType::Txt)
            if !name.as_str().starts_with('_') || name.as_str().starts_with("_spf") =>
        {
            found(Record::Txt(b"v=spf1 +all".to_vec()))
        }
        Question::Dns(..) => Answer::Dns(DnsAnswer::empty(Status::NoError)),
        Question::Quota { .. } => Answer::Quota(Some(0)),
        other => Answer::timeout(other),
    }
}

/// For each rule an envelope that it can match, for each pair of one that demands TLS and one that decides an envelope that both
/// can, and for each destination one to it.
fn envelopes(policy: &Policy) -> Vec<(Mailbox, Mailbox, bool)> {
    let own = dialogue::own_domain(policy).and_then(|own| format!("ann@{own}").parse::<Mailbox>().ok());
    let (Some(own), Ok(foreign)) = (own, FOREIGN.parse::<Mailbox>()) else { return Vec::new() };
    let mut all = vec![
        (own.clone(), foreign.clone(), false),
        (own.clone(), own.clone(), false),
        (own.clone(), foreign.clone(), true),
    ];
    let at = |domain: &Domain| format!("postmaster@{domain}").parse::<Mailbox>().ok();
    for destination in &policy.destinations {
        let name =
            if destination.below { destination.domain.prepend("mail").ok() } else { Some(destination.domain.clone()) };
        all.extend(name.as_ref().and_then(at).map(|to| (own.clone(), to, false)));
    }
    let ends = |rule: &Rule| {
        let mut from: Vec<Mailbox> = witnesses(rule.conditions.from.as_ref());
        from.retain(|from| policy.is_own_address(from));
        from.truncate(1);
        let mut to = witnesses(rule.conditions.to.as_ref());
        to.truncate(1);
        (from.into_iter().next(), to.into_iter().next())
    };
    for rule in &policy.rules {
        let (from, to) = ends(rule);
        let from = from.unwrap_or_else(|| own.clone());
        match to {
            Some(to) => all.push((from, to, false)),
            None => all.extend([(from.clone(), foreign.clone(), false), (from, own.clone(), false)]),
        }
    }
    let demanding: Vec<&Rule> = policy.rules.iter().filter(|rule| rule.require_tls).collect();
    let deciding: Vec<&Rule> =
        policy.rules.iter().filter(|rule| matches!(rule.verdict, Some(Verdict::Route(_)))).collect();
    for one in &demanding {
        for other in &deciding {
            let ((from, to), (others_from, others_to)) = (ends(one), ends(other));
            let from = from.or(others_from).unwrap_or_else(|| own.clone());
            let to = to.or(others_to).unwrap_or_else(|| foreign.clone());
            let meets = |rule: &Rule| {
                let holds = |set: &Option<AddressSet>, mailbox: &Mailbox| {
                    set.as_ref().is_none_or(|set| set.contains(Some(mailbox)))
                };
                holds(&rule.conditions.from, &from) && holds(&rule.conditions.to, &to)
            };
            if meets(one) && meets(other) {
                all.push((from, to, false));
            }
        }
    }
    all.sort();
    all.dedup();
    all
}

/// Addresses that the patterns have, one of each.
fn witnesses(set: Option<&AddressSet>) -> Vec<Mailbox> {
    let patterns = set.map(AddressSet::patterns).unwrap_or_default();
    let witness = |pattern: AddressPattern| match pattern {
        AddressPattern::Address(mailbox) => Some(mailbox),
        AddressPattern::Domain(domain) => format!("ann@{domain}").parse().ok(),
        AddressPattern::Below(domain) => format!("ann@mail.{domain}").parse().ok(),
        AddressPattern::Any | AddressPattern::Null => None,
    };
    patterns.into_iter().filter_map(witness).collect()
}

fn leaks(policy: &Policy, decision: &Decision, requiretls: bool, now: UnixTime) -> bool {
    decision.groups.iter().any(|group| {
        let matched = policy.rules.iter().filter(|rule| group.rules.contains(&rule.name));
        let route = group.route.as_deref().and_then(|name| policy.route(name));
        let is_marked =
            requiretls || matched.clone().any(|rule| rule.require_tls) || route.is_some_and(|route| route.require_tls);
        // What `until` lowers is exempt, by name.
        let is_lowered = group.recipients.iter().filter_map(Mailbox::domain).any(|domain| lowers(policy, domain, now))
            || route.is_some_and(|route| {
                route.hosts.iter().filter_map(|host| host.target.name()).any(|name| lowers(policy, name, now))
            });
        let hops = group.hops.iter().chain(group.fallback.iter().flat_map(|fallback| &fallback.hops));
        hops.clone().any(|hop| is_marked && !is_lowered && !hop.tls.is_required())
            || hops.clone().any(|hop| hop.credentials.is_some() && !(hop.tls.is_required() && hop.tls.verifies()))
            // A host that the recipient's domain names is not whom the credentials are for.
            || route.is_some_and(|route| route.is_recipient_mx()) && hops.clone().any(|hop| hop.credentials.is_some())
    })
}

fn lowers(policy: &Policy, name: &Domain, now: UnixTime) -> bool {
    policy.destinations.iter().any(|destination| destination.covers(name) && destination.lowers(now))
}

fn leads_nowhere(policy: &Policy, decision: &Decision, requiretls: bool) -> bool {
    let ports: Vec<u16> = policy.listen.all().map(|socket| socket.port()).collect();
    decision.groups.iter().any(|group| {
        let comes_back = group.hops.iter().any(|hop| {
            hop.host == policy.hostname.as_str()
                || hop
                    .addresses
                    .iter()
                    .any(|address| policy.addresses.contains(address) && (hop.port == 25 || ports.contains(&hop.port)))
        });
        let has_none = match group.outcome {
            Fate::Deliver => group.hops.is_empty(),
            // In a world in which all is well, what waits waits for ever. REQUIRETLS and DANE ask for what this world has not.
            Fate::Defer => !requiretls && !decided_by_rule(policy, group),
            Fate::Bounce => !requiretls && !decided_by_rule(policy, group),
            Fate::Quarantine => policy.quarantine.is_none(),
            Fate::Discard => false,
        };
        comes_back || has_none
    })
}

fn decided_by_rule(policy: &Policy, group: &crate::route::decide::Group) -> bool {
    let mut matched = policy.rules.iter().filter(|rule| group.rules.contains(&rule.name));
    group.route.is_none() && matched.any(|rule| matches!(rule.verdict, Some(Verdict::Reject(_))))
}
