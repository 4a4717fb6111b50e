//! What one part of the document says of another.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Reader, unknown};
use crate::route::policy::finding::Findings;
use crate::route::policy::routes::{Level, MX_ROUTE, OUTBOUND_GATEWAY};
use crate::route::policy::rules::{Direction, NewSender, Rule, Verdict};
use crate::route::policy::sections::Quarantine;
use crate::route::policy::table::{Item, Table, quoted};
use crate::route::policy::{Change, Destination, Overrides, Policy};

impl Reader<'_> {
    /// Names that lead nowhere, and parts that have no effect together.
    pub(super) fn check(&mut self, table: &Table<'_>, policy: &Policy) {
        let found = &mut self.found;
        rule_references(table, policy, found);
        fallbacks(table, policy, found);
        quarantine(table, policy, found);
        destinations(table, policy, found);
        old_setting(table, policy, found);
        unused(table, policy, found);
        never(table, policy, found);
        families(table, policy, found);
        signers(table, policy, found);
        testing(table, policy, found);
        listeners(table, policy, found);
    }
}

/// The tables of a list, each with what became of it; both lists are in one order where nothing was unreadable.
fn tables<'v>(table: &Table<'v>, key: &str) -> Vec<Item<'v>> {
    table.list(key).filter(Item::is_table).collect()
}

fn rule_references(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let known: Vec<&str> = policy.routes.keys().map(String::as_str).collect();
    for (item, rule) in tables(table, "rule").iter().zip(&policy.rules) {
        let Some(actions) = item.get("do") else { continue };
        match &rule.verdict {
            Some(Verdict::Route(name)) if !policy.routes.contains_key(name) => {
                let place = actions.get("route").map_or(actions.place(), |item| item.place());
                found.error(place, "route", unknown(name, "[[route]]", &known));
            }
            Some(Verdict::Quarantine) if policy.quarantine.is_none() => {
                let message = "there is no [quarantine] that says where such messages go";
                found.error(actions.place(), "quarantine", message);
            }
            _ => {}
        }
        let uses_srs = rule.changes.iter().any(|change| matches!(change, Change::Sender(NewSender::Srs)));
        if uses_srs && policy.srs.is_none() {
            found.error(actions.place(), "sender", "srs needs srs = { domain = \"…\", key_file = \"…\" } at the top");
        }
    }
}

fn fallbacks(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let known: Vec<&str> = policy.routes.keys().map(String::as_str).collect();
    for item in tables(table, "route") {
        let Some(fallback) = item.get("fallback") else { continue };
        let Some(first) = fallback.as_text() else { continue };
        if !policy.routes.contains_key(first) {
            fallback.wrong(found, unknown(first, "[[route]]", &known));
            continue;
        }
        let start = item.get("name").and_then(|name| name.as_text()).unwrap_or_default();
        let (mut seen, mut next) = (BTreeSet::from([start]), Some(first));
        while let Some(name) = next {
            if !seen.insert(name) {
                fallback.wrong(found, format!("the fallback leads back to {}", quoted(name)));
                break;
            }
            next = policy.route(name).and_then(|route| route.fallback.as_deref());
        }
    }
}

fn quarantine(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    if let (Some(Quarantine::Route(name)), Some(item)) = (&policy.quarantine, table.item("quarantine"))
        && !policy.routes.contains_key(name)
    {
        let known: Vec<&str> = policy.routes.keys().map(String::as_str).collect();
        item.wrong(found, unknown(name, "[[route]]", &known));
    }
}

/// The routes by which mail can go, as far as names tell.
fn routes_in_use(policy: &Policy) -> BTreeSet<&str> {
    let mut used = BTreeSet::new();
    let mut takes_all = policy.has_outbound_gateway;
    for rule in &policy.rules {
        if let Some(Verdict::Route(name)) = &rule.verdict {
            used.insert(name.as_str());
            let directions = &rule.conditions.direction;
            let mut others = rule.conditions.clone();
            others.direction = None;
            let covers = directions.as_ref().is_none_or(|all| all.contains(&Direction::Outbound));
            takes_all |= rule.unless.is_none() && others.is_empty() && covers && rule.unit.depth() == 0;
        }
    }
    if policy.has_outbound_gateway {
        used.insert(OUTBOUND_GATEWAY);
    }
    if let Some(Quarantine::Route(name)) = &policy.quarantine {
        used.insert(name.as_str());
    }
    if !takes_all {
        used.insert(MX_ROUTE);
    }
    loop {
        let fallbacks: Vec<&str> = used
            .iter()
            .filter_map(|name| policy.route(name)?.fallback.as_deref())
            .filter(|name| !used.contains(name))
            .collect();
        if fallbacks.is_empty() {
            return used;
        }
        used.extend(fallbacks);
    }
}

/// Whether a destination of this level asks for less than a route does, whatever it is beside it.
fn is_below(level: Level, demand: Level) -> bool {
    match (level, demand) {
        (Level::None, _) => true,
        (Level::May | Level::Dane, demand) => demand > Level::May,
        (Level::Encrypt, demand) => demand > Level::Encrypt,
        _ => false,
    }
}

fn destinations(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let used = routes_in_use(policy);
    let demands: Vec<Level> = used.iter().filter_map(|name| Some(policy.route(name)?.demand())).collect();
    let rules_ask = policy.rules.iter().any(|rule| rule.require_tls);
    for (item, destination) in tables(table, "destination").iter().zip(&policy.destinations) {
        let Destination { tls, until, overrides, .. } = destination;
        let place = item.get("tls").map_or(item.place(), |item| item.place());
        let never_adds = demands.iter().all(|demand| *tls <= Level::Encrypt && tls <= demand);
        let lowers = is_below(*tls, if rules_ask { Level::Encrypt } else { Level::May })
            || demands.iter().any(|demand| is_below(*tls, *demand));
        let only_lowers = *tls == Level::None || (never_adds && lowers);
        let what = match overrides {
            Overrides { dane: true, mta_sts: true } => "dane and mta-sts",
            Overrides { dane: true, .. } => "dane",
            Overrides { mta_sts: true, .. } => "mta-sts",
            Overrides { .. } => "",
        };
        match until {
            None if only_lowers && what.is_empty() => {
                let message = format!(
                    "{} lowers what routes and rules ask for {}; that needs until: the last day on which it holds",
                    tls.as_str(),
                    destination.domain
                );
                found.flaw(place, "until", message);
            }
            None => {}
            Some(until) => {
                let last = crate::UnixTime(until.0.saturating_sub(1)).utc().to_string();
                let last = last.split(' ').next().unwrap_or_default();
                if !what.is_empty() {
                    let message = format!(
                        "{what} of {} counts for nothing until {last}: others can read or change this mail",
                        destination.domain
                    );
                    found.warn(place, "override", message);
                }
                if lowers && item.get("tls").is_some() {
                    let message = format!(
                        "mail for {} has less security than routes and rules ask ({}) until {last}",
                        destination.domain,
                        tls.as_str()
                    );
                    found.warn(place, "until", message);
                } else if what.is_empty() {
                    found.warn(place, "until", "until has no effect: nothing is lowered here");
                }
            }
        }
    }
}

fn old_setting(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let routes = policy.rules.iter().any(|rule| matches!(rule.verdict, Some(Verdict::Route(_))));
    if policy.has_outbound_gateway && routes {
        let message = "there is this old setting, and there are rules with a route: a rule wins, the setting is for what no rule routes; rules alone are clearer";
        found.warn(table.place_of(OUTBOUND_GATEWAY), OUTBOUND_GATEWAY, message);
    }
}

fn unused(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let used = routes_in_use(policy);
    for item in tables(table, "route") {
        let Some(name) = item.get("name") else { continue };
        if let Some(text) = name.as_text()
            && !used.contains(text.trim())
        {
            found.warn(name.place(), "name", format!("nothing uses the route {}: no rule names it", quoted(text)));
        }
    }
    let named: BTreeSet<&str> =
        policy.routes.values().filter_map(|route| Some(route.credentials.as_ref()?.name.as_str())).collect();
    for item in tables(table, "credentials") {
        let Some(name) = item.get("name") else { continue };
        if let Some(text) = name.as_text()
            && !named.contains(text.trim())
        {
            found.warn(name.place(), "name", format!("no route uses the credentials {}", quoted(text)));
        }
    }
}

/// Rules that can never match, as far as their own words and those before them tell.
fn never(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let mut stopped: Option<&Rule> = None;
    let mut decided: Vec<&Rule> = Vec::new();
    for (item, rule) in tables(table, "rule").iter().zip(&policy.rules) {
        let place = item.get("name").map_or(item.place(), |name| name.place());
        if let Some(before) = stopped {
            found.warn(
                place,
                "name",
                format!("this rule can never match: {} before it matches everything and stops", quoted(&before.name)),
            );
            continue;
        }
        let covers = |earlier: &&&Rule| {
            earlier.unless.is_none()
                && rule.unit.is_within(&earlier.unit)
                && earlier.name != rule.name
                && (earlier.conditions == rule.conditions || earlier.conditions.is_empty())
        };
        if let Some(reason) = contradiction(rule, policy) {
            found.warn(place, "match", format!("this rule can never match: {reason}"));
        } else if rule.verdict.is_some()
            && rule.changes.is_empty()
            && !rule.require_tls
            && let Some(earlier) = decided.iter().find(covers)
        {
            let message =
                format!("this rule can never decide: {} before it decides whatever it matches", quoted(&earlier.name));
            found.warn(place, "name", message);
        }
        if rule.verdict.is_some() {
            decided.push(rule);
        }
        let is_everything = rule.conditions.is_empty() && rule.unless.is_none() && rule.unit.depth() == 0;
        if rule.stop && is_everything {
            stopped = Some(rule);
        }
    }
}

fn contradiction(rule: &Rule, policy: &Policy) -> Option<String> {
    let conditions = &rule.conditions;
    if rule.unless.as_ref().is_some_and(|unless| unless == conditions) {
        return Some("unless takes away all that match has".to_owned());
    }
    let directions = conditions.direction.as_ref()?;
    let only = |wanted: Direction| directions.iter().all(|direction| *direction == wanted);
    if only(Direction::Inbound) && conditions.user.is_some() {
        return Some("who is authenticated is no stranger, so that nothing of a user is inbound".to_owned());
    }
    let domains = |own: bool| {
        let patterns = conditions.to.as_ref().map(super::super::AddressSet::patterns).unwrap_or_default();
        use super::super::AddressPattern as Pattern;
        !patterns.is_empty()
            && patterns.iter().all(|pattern| match pattern {
                Pattern::Address(mailbox) => policy.is_own_address(mailbox) == own,
                Pattern::Domain(domain) => policy.is_own(domain) == own,
                Pattern::Any | Pattern::Below(_) | Pattern::Null => false,
            })
    };
    if only(Direction::Outbound) && domains(true) {
        return Some("mail to our own domains is never outbound".to_owned());
    }
    if !directions.contains(&Direction::Outbound) && domains(false) {
        return Some("mail to other domains is always outbound".to_owned());
    }
    None
}

fn families(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let hears_v6 = policy.listen.all().any(|socket| socket.is_ipv6() && !socket.ip().is_loopback());
    for (item, relay) in tables(table, "relay").iter().zip(&policy.relays) {
        let place = item.get("peers").map_or(item.place(), |peers| peers.place());
        if hears_v6 && relay.peers.families() == (true, false) && relay.spf.is_empty() {
            let message =
                "these addresses are IPv4 only, and there is a listener on IPv6: a client that prefers IPv6 is refused";
            found.warn(place, "peers", message);
        }
    }
}

fn signers(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    for (item, sign) in tables(table, "sign").iter().zip(&policy.signers) {
        if !policy.is_own(&sign.domain) {
            let place = item.get("domain").map_or(item.place(), |domain| domain.place());
            let message =
                format!("{} is not among domains, so that none of its mail is taken for ours and signed", sign.domain);
            found.warn(place, "domain", message);
        }
    }
}

fn testing(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let public = policy.listen.all().find(|socket| !socket.ip().is_loopback());
    if let (Some(socket), Some(item)) = (public, table.item("testing")) {
        item.wrong(found, format!("this is refused unless every listener is on the loopback, and {socket} is not"));
    }
}

fn listeners(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let wants_auth = policy.relays.iter().any(|relay| relay.require_auth);
    let clear = policy.listen.smtp.iter().chain(&policy.listen.submission).find(|socket| !is_loopback(socket.ip()));
    if let (true, None, Some(socket)) = (wants_auth, &policy.listen.tls, clear) {
        let message = format!(
            "clients log in, and {socket} has no TLS to do that in: tls = {{ certificate = \"…\", key = \"…\" }}"
        );
        found.warn(table.place_of("listen"), "tls", message);
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
