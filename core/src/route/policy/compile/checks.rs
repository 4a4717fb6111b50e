//! What one part of the document says of another.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::{Reader, never, unknown};
use crate::route::policy::finding::Findings;
use crate::route::policy::routes::{Level, MX_ROUTE, OUTBOUND_GATEWAY};
use crate::route::policy::rules::{Direction, NewSender, Verdict};
use crate::route::policy::sections::Quarantine;
use crate::route::policy::table::{Item, Table, quoted};
use crate::route::policy::{Change, Destination, Overrides, Policy, Route};
use crate::route::security::{self, Demand};
use crate::time::UnixTime;

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
        never::check(table, policy, found);
        families(table, policy, found);
        overlaps(table, policy, found);
        clear_text(table, policy, found);
        signers(table, policy, found);
        testing(table, policy, found);
        listeners(table, policy, found);
    }
}

fn tables<'v>(table: &Table<'v>, key: &str) -> Vec<Item<'v>> {
    table.list(key).filter(Item::is_table).collect()
}

/// The tables of a list, each with what became of it; none where one of them was unreadable, so that which is which is not known.
pub(super) fn pairs<'v, 'p, T>(table: &Table<'v>, key: &str, read: &'p [T]) -> impl Iterator<Item = (Item<'v>, &'p T)> {
    let tables = tables(table, key);
    let is_whole = tables.len() == read.len();
    tables.into_iter().zip(read).filter(move |_| is_whole)
}

fn rule_references(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let known: Vec<&str> = policy.routes.keys().map(String::as_str).collect();
    for (item, rule) in pairs(table, "rule", &policy.rules) {
        let Some(actions) = item.get("do") else { continue };
        match &rule.verdict {
            Some(Verdict::Route(name)) if !policy.routes.contains_key(name) => {
                let place = actions.get("route").map_or(actions.place(), |item| item.place());
                found.error(place, "route", unknown(name, "[[route]]", &known));
            }
            Some(Verdict::Quarantine) if !table.has("quarantine") => {
                let message = "there is no [quarantine] that says where such messages go";
                found.error(actions.place(), "quarantine", message);
            }
            _ => {}
        }
        let uses_srs = rule.changes.iter().any(|change| matches!(change, Change::Sender(NewSender::Srs)));
        if uses_srs && !table.has("srs") {
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

fn destinations(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let demand_of = |route: &Route| Demand::of_route(route.require_tls, route.require_ca, route.verify_hostname);
    let routes = routes_in_use(policy);
    let demands: Vec<Demand> = routes.iter().filter_map(|name| policy.route(name).map(demand_of)).collect();
    // What rules ask for comes on top of every route.
    let rules_ask = policy.rules.iter().any(|rule| rule.require_tls);
    for (number, (item, destination)) in pairs(table, "destination", &policy.destinations).enumerate() {
        let Destination { tls, until, overrides, .. } = destination;
        let place = item.get("tls").map_or(item.place(), |item| item.place());
        let asks = security::Level::from_word(tls.as_str()).map_or(Demand::MAY, security::Level::demand);
        let never_adds = *tls <= Level::Encrypt && demands.iter().all(|demand| *demand >= asks);
        let is_less = |demand: &Demand| asks.partial_cmp(demand).is_none_or(Ordering::is_lt);
        let lowers = demands.iter().any(is_less) || (rules_ask && is_less(&Demand::ENCRYPT));
        let only_lowers = *tls == Level::None || (never_adds && lowers);
        let (what, counts) = match overrides {
            Overrides { dane: true, mta_sts: true } => ("dane and mta-sts", "count"),
            Overrides { dane: true, .. } => ("dane", "counts"),
            Overrides { mta_sts: true, .. } => ("mta-sts", "counts"),
            Overrides { .. } => ("", ""),
        };
        match until {
            None if only_lowers && what.is_empty() && item.get("until").is_none() => {
                let message = format!(
                    "{} lowers what routes and rules ask for {}; that needs until: the last day on which it holds",
                    tls.as_str(),
                    destination.domain
                );
                found.flaw(place, "until", message);
            }
            None => {}
            Some(until) => {
                found.mark(format!("until {number}"), place, "until");
                let last = last_day(*until);
                if !what.is_empty() {
                    let message = format!(
                        "{what} of {} {counts} for nothing until {last}: others can read or change this mail",
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

/// The day that ends with this moment.
pub(crate) fn last_day(until: UnixTime) -> String {
    let last = UnixTime(until.0.saturating_sub(1)).utc().to_string();
    last.split(' ').next().unwrap_or_default().to_owned()
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
    let credentials = |item: &Item<'_>| item.get("credentials").and_then(|name| name.as_text()).map(str::to_owned);
    let named: BTreeSet<String> = tables(table, "route").iter().filter_map(credentials).collect();
    for item in tables(table, "credentials") {
        let Some(name) = item.get("name") else { continue };
        if let Some(text) = name.as_text()
            && !named.contains(text.trim())
        {
            found.warn(name.place(), "name", format!("no route uses the credentials {}", quoted(text)));
        }
    }
}

fn families(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    let hears_v6 = policy.listen.all().any(|socket| socket.is_ipv6() && !socket.ip().is_loopback());
    for (item, relay) in pairs(table, "relay", &policy.relays) {
        let place = item.get("peers").map_or(item.place(), |peers| peers.place());
        if hears_v6 && relay.peers.families() == (true, false) && relay.spf.is_empty() {
            let message =
                "these addresses are IPv4 only, and there is a listener on IPv6: a client that prefers IPv6 is refused";
            found.warn(place, "peers", message);
        }
    }
}

fn signers(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    for (item, sign) in pairs(table, "sign", &policy.signers) {
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
    let clear = policy.listen.smtp.iter().chain(&policy.listen.submission).next();
    if let (true, None, Some(socket), Some(item)) = (wants_auth, &policy.listen.tls, clear, table.item("listen"))
        && item.get("tls").is_none()
    {
        let message = format!(
            "clients log in, and {socket} has no TLS to do that in: tls = {{ certificate = \"…\", key = \"…\" }}"
        );
        found.warn(table.place_of("listen"), "tls", message);
    }
}

/// Entries that ask for AUTH, and not for TLS, where a listener lets clients speak without.
fn clear_text(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    for (item, relay) in pairs(table, "relay", &policy.relays) {
        if relay.require_auth && !relay.require_tls && !policy.listen.is_always_tls() {
            let place = item.get("require_auth").map_or(item.place(), |flag| flag.place());
            let message =
                "passwords, or what can be had from them, go over the wire in clear text: write require_tls = true";
            found.warn(place, "require_auth", message);
        }
    }
}

/// Addresses of which one entry says that many customers share them, and that another takes for ours.
fn overlaps(table: &Table<'_>, policy: &Policy, found: &mut Findings) {
    for (item, relay) in pairs(table, "relay", &policy.relays) {
        if relay.shared || !relay.trusts_addresses() {
            continue;
        }
        let place = item.get("peers").map_or(item.place(), |peers| peers.place());
        let shared = policy.relays.iter().filter(|other| other.shared && other.name != relay.name);
        if let Some((other, address)) =
            shared.filter_map(|other| Some((other, relay.peers.meets(&other.peers)?))).next()
        {
            let message = format!(
                "{address} is among the addresses that {} says are shared: whoever lacks the proof of the tenant there is admitted here",
                quoted(&other.name)
            );
            found.warn(place, "peers", message);
        }
    }
}
