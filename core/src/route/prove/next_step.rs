//! The next step of what is admitted, for each rule and for pairs of rules that can meet.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::Counterexample;
use super::cases::{self, Seed, Wanted};
use super::world::World;
use crate::domain::Domain;
use crate::evaluate::Evaluation;
use crate::mailbox::Mailbox;
use crate::message::Header;
use crate::route::decide::{Decide, Decision, Fate, Group};
use crate::route::facts::Message;
use crate::route::hops::{Check, Hop};
use crate::route::policy::{HostTarget, Level, OUTBOUND_GATEWAY, Policy, Quarantine, Relay, Route, Senders, Verdict};
use crate::route::request::{Envelope, Session};
use crate::time::UnixTime;

/// The first case that breaks each law.
pub(super) struct Findings {
    pub(super) clear_text: Option<Counterexample>,
    pub(super) nowhere: Option<Counterexample>,
}

impl Findings {
    pub(super) fn of(policy: &Arc<Policy>, now: UnixTime) -> Self {
        let mut search = Search {
            policy,
            now,
            world: World::of(policy),
            seen: BTreeMap::new(),
            found: Self { clear_text: None, nowhere: None },
        };
        let seeds: Vec<Seed<'_>> = policy.rules.iter().map(Seed::of).collect();
        search.look(&Wanted::default());
        search.look(&Wanted { requiretls: true, ..Wanted::default() });
        let at = |domain: &Domain| format!("postmaster@{domain}").parse::<Mailbox>().ok();
        for destination in &policy.destinations {
            let below = destination.below.then(|| destination.domain.prepend("mail").ok());
            let name = below.unwrap_or_else(|| Some(destination.domain.clone()));
            search.look(&Wanted { to: name.as_ref().and_then(at), ..Wanted::default() });
        }
        for seed in &seeds {
            search.look(&Wanted { rules: vec![seed], ..Wanted::default() });
        }
        // What a route demands by itself, no rule adds to: the rule's own session has shown it.
        let is_routing = |seed: &&Seed<'_>| match &seed.rule.verdict {
            Some(Verdict::Route(name)) => !chain(policy, name).iter().all(|route| route.require_tls),
            _ => false,
        };
        let routing: Vec<&Seed<'_>> = seeds.iter().filter(is_routing).collect();
        for one in seeds.iter().filter(|seed| seed.rule.require_tls) {
            for other in routing.iter().filter(|other| !std::ptr::eq(other.rule, one.rule)) {
                search.look(&Wanted { rules: vec![one, other], ..Wanted::default() });
            }
        }
        search.logins();
        search.loops(&seeds);
        search.found
    }
}

/// The search through sessions, each of which is looked at once.
struct Search<'p> {
    policy: &'p Arc<Policy>,
    now: UnixTime,
    world: World,
    /// What was looked at, with the rules that matched.
    seen: BTreeMap<String, Vec<String>>,
    found: Findings,
}

impl Search<'_> {
    fn decide(&self, case: &Counterexample, is_secure: bool) -> Decision {
        let decide = Decide::new(self.policy.clone(), case.session.clone(), case.envelope.clone(), self.now)
            .message(Some(case.message.clone()))
            .with_trail(false);
        Evaluation::new(decide).run_with(|question| self.world.answer(question, is_secure))
    }

    /// Looks at sessions of this kind until one is what was wanted.
    fn look(&mut self, wanted: &Wanted<'_, '_>) {
        if self.found.clear_text.is_some() && self.found.nowhere.is_some() {
            return;
        }
        // Without a rule to reach every recipient is looked at, by each entry.
        let is_reached = |rules: &[String]| {
            !wanted.rules.is_empty() && wanted.rules.iter().all(|seed| rules.contains(&seed.rule.name))
        };
        for case in cases::cases(self.policy, wanted) {
            let key = case.lines.join("\n");
            if let Some(rules) = self.seen.get(&key) {
                if is_reached(rules) {
                    return;
                }
                continue;
            }
            let decision = self.decide(&case, false);
            self.seen.insert(key, decision.rules.clone());
            if !decision.admitted {
                continue;
            }
            let requiretls = case.envelope.requiretls;
            let is_done = is_reached(&decision.rules);
            if self.found.clear_text.is_none() && leaks(self.policy, &decision, requiretls, self.now) {
                self.found.clear_text = Some(case.clone());
            }
            if self.found.nowhere.is_none() && self.leads_nowhere(&case, &decision) {
                self.found.nowhere = Some(case);
            }
            if is_done {
                return;
            }
        }
    }

    fn leads_nowhere(&self, case: &Counterexample, decision: &Decision) -> bool {
        let requiretls = case.envelope.requiretls;
        if !leads_nowhere(self.policy, decision, requiretls) {
            return false;
        }
        // Who asks for DANE alone reckons with a world that has it.
        !wants_dane(self.policy, decision) || leads_nowhere(self.policy, &self.decide(case, true), requiretls)
    }

    /// Entries by which clients log in before there is TLS.
    fn logins(&mut self) {
        let asks = |relay: &&Relay| (relay.require_auth || relay.senders == Senders::Registered) && !relay.require_tls;
        if self.found.clear_text.is_some() || self.policy.listen.is_always_tls() {
            return;
        }
        let cases = self.policy.relays.iter().filter(asks).flat_map(|relay| cases::in_clear(self.policy, relay));
        let mut cases = cases.filter(|case| case.session.user.is_some());
        let found = cases.find(|case| self.decide(case, false).admitted);
        self.found.clear_text = found.map(|mut case| {
            case.lines.insert(1, "# and asks for no TLS: who logs in does so in clear text".to_owned());
            case
        });
    }

    /// Routes that are named and lead back to this host, whether a session was found that goes there or not.
    fn loops(&mut self, seeds: &[Seed<'_>]) {
        if self.found.nowhere.is_some() {
            return;
        }
        let policy = self.policy;
        let quarantine = match &policy.quarantine {
            Some(Quarantine::Route(name)) => Some(name.as_str()),
            _ => None,
        };
        let by_rule = seeds.iter().filter_map(|seed| {
            let route = match seed.rule.verdict.as_ref()? {
                Verdict::Route(name) => name.as_str(),
                Verdict::Quarantine => quarantine?,
                Verdict::Reject(_) | Verdict::Discard => return None,
            };
            Some((Some(seed), route))
        });
        let old = policy.has_outbound_gateway.then_some((None, OUTBOUND_GATEWAY));
        for (seed, name) in by_rule.chain(old) {
            let Some((route, host)) = leads_back(policy, name) else { continue };
            let wanted = Wanted { rules: Vec::from_iter(seed), ..Wanted::default() };
            let says = seed.map_or_else(|| OUTBOUND_GATEWAY.to_owned(), |seed| format!("the rule {}", seed.rule.name));
            let why = format!("# {says} leads to the route {}, and {host} is this host", route.name);
            let admitted = cases::cases(policy, &wanted).find(|case| self.decide(case, false).admitted);
            let case = admitted.map(|mut case| {
                case.lines.insert(0, why.clone());
                case
            });
            self.found.nowhere = Some(case.unwrap_or_else(|| Counterexample {
                session: Session::new(),
                envelope: Envelope::new(None, Vec::new()),
                message: Arc::new(Message::new(Header::split(b"").0, 0)),
                lines: vec![why],
            }));
            return;
        }
    }
}

/// The route by this name, or one that it falls back to, with a host of it that is this one.
fn leads_back<'p>(policy: &'p Policy, name: &str) -> Option<(&'p Route, String)> {
    chain(policy, name).into_iter().find_map(|route| {
        let is_ours = |host: &&crate::route::policy::Host| match &host.target {
            HostTarget::Name(name) => *name == policy.hostname && is_mail_port(policy, host.port),
            HostTarget::Address(address) => is_here(policy, *address, host.port),
        };
        let host = route.hosts.iter().filter(|_| !route.mx_lookup).find(is_ours)?;
        Some((route, format!("{}:{}", host.target, host.port)))
    })
}

/// A route with those that it falls back to.
fn chain<'p>(policy: &'p Policy, name: &str) -> Vec<&'p Route> {
    let mut all: Vec<&Route> = Vec::new();
    let mut next = policy.route(name);
    while let Some(route) = next.filter(|route| all.iter().all(|before| before.name != route.name)) {
        all.push(route);
        next = route.fallback.as_deref().and_then(|name| policy.route(name));
    }
    all
}

/// Whether mail is taken at this port of ours, as far as the policy tells.
fn is_mail_port(policy: &Policy, port: u16) -> bool {
    [25, 465, 587].contains(&port) || policy.listen.all().any(|socket| socket.port() == port)
}

/// Whether whoever connects there speaks to us. Another server may be on the loopback of this machine.
fn is_here(policy: &Policy, address: IpAddr, port: u16) -> bool {
    let address = address.to_canonical();
    match address.is_loopback() {
        true => policy.listen.all().any(|socket| {
            let ip = socket.ip().to_canonical();
            socket.port() == port && (ip == address || ip.is_unspecified())
        }),
        false => policy.addresses.contains(&address) && is_mail_port(policy, port),
    }
}

fn hops(group: &Group) -> impl Iterator<Item = &Hop> + Clone {
    group.hops.iter().chain(group.fallback.iter().flat_map(|fallback| &fallback.hops))
}

fn routes<'p>(policy: &'p Policy, group: &Group) -> Vec<&'p Route> {
    group.route.as_deref().map(|name| chain(policy, name)).unwrap_or_default()
}

fn leaks(policy: &Policy, decision: &Decision, requiretls: bool, now: UnixTime) -> bool {
    decision.groups.iter().any(|group| {
        let mut matched = policy.rules.iter().filter(|rule| group.rules.contains(&rule.name));
        let routes = routes(policy, group);
        let first = routes.first();
        let is_marked =
            requiretls || matched.any(|rule| rule.require_tls) || first.is_some_and(|route| route.require_tls);
        // What `until` lowers is exempt, by name.
        let is_lowered = group.recipients.iter().filter_map(Mailbox::domain).any(|domain| lowers(policy, domain, now))
            || names(&routes).any(|name| lowers(policy, name, now));
        hops(group).any(|hop| is_marked && !is_lowered && !hop.tls.is_required())
            || hops(group).any(|hop| hop.credentials.is_some() && !(hop.tls.is_required() && hop.tls.verifies()))
            // A host that the recipient's domain names is not whom the credentials are for.
            || first.is_some_and(|route| route.is_recipient_mx()) && hops(group).any(|hop| hop.credentials.is_some())
    })
}

/// The names of all hosts.
fn names<'p>(routes: &[&'p Route]) -> impl Iterator<Item = &'p Domain> {
    routes.iter().flat_map(|route| &route.hosts).filter_map(|host| host.target.name())
}

fn lowers(policy: &Policy, name: &Domain, now: UnixTime) -> bool {
    policy.destinations.iter().any(|destination| destination.covers(name) && destination.lowers(now))
}

/// Whether a destination asks for DANE alone where this mail goes.
fn wants_dane(policy: &Policy, decision: &Decision) -> bool {
    decision.groups.iter().any(|group| {
        let routes = routes(policy, group);
        let mut names = group.recipients.iter().filter_map(Mailbox::domain).chain(names(&routes));
        names.any(|name| {
            policy.destinations.iter().any(|destination| destination.tls == Level::DaneOnly && destination.covers(name))
        })
    })
}

fn leads_nowhere(policy: &Policy, decision: &Decision, requiretls: bool) -> bool {
    decision.groups.iter().any(|group| {
        let comes_back = hops(group).any(|hop| {
            (hop.host == policy.hostname.as_str() && is_mail_port(policy, hop.port))
                || hop.addresses.iter().any(|address| is_here(policy, *address, hop.port))
        });
        let has_none = match group.outcome {
            Fate::Deliver => hops(group).all(is_impossible),
            // In a world in which all is well, what waits waits for ever. REQUIRETLS asks for what this world has not.
            Fate::Defer | Fate::Bounce => !requiretls && !decided_by_rule(policy, group),
            Fate::Quarantine => policy.quarantine.is_none(),
            Fate::Discard => false,
        };
        comes_back || has_none
    })
}

/// Whether no certificate can be what is asked: it has to have one of no names.
fn is_impossible(hop: &Hop) -> bool {
    let tls = &hop.tls;
    let first = std::iter::once((tls.verify, &tls.names));
    let mut all = first.chain(tls.also.iter().map(|(check, names)| (*check, names)));
    tls.is_required() && all.any(|(check, names)| check == Check::CaName && names.is_empty())
}

fn decided_by_rule(policy: &Policy, group: &Group) -> bool {
    let mut matched = policy.rules.iter().filter(|rule| group.rules.contains(&rule.name));
    group.route.is_none() && matched.any(|rule| matches!(rule.verdict, Some(Verdict::Reject(_))))
}
