//! The hosts that a route leads to, with their addresses, before anybody has asked for security.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Absence, Lost, Request};
use crate::domain::Domain;
use crate::lookup::{Answers, Pending, RecordType};
use crate::mailbox;
use crate::route::dane::Origin;
use crate::route::mx::{self, Addresses, Mx, MxHost, MxSet, Ourselves, ordered};
use crate::route::policy::{Host, HostTarget, Tier};
use crate::route::seed;
use crate::trail::Trail;

/// A host that may be connected to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Its name; an address has none.
    pub(super) name: Option<Domain>,
    pub(super) port: u16,
    pub(super) implicit_tls: bool,
    /// The addresses to connect to.
    pub(super) usable: Vec<IpAddr>,
    /// What the DNS said; an address was not looked up.
    pub(super) looked_up: Option<Addresses>,
    pub(super) origin: From,
    /// The domain whose MTA-STS policy applies (RFC 8461 §3).
    pub(super) sts_domain: Option<Domain>,
    /// The name that was configured, or the recipient's domain: what `[[destination]]` may name beside the host.
    pub(super) next_hop: Option<Domain>,
}

/// As [`Origin`], owned.
#[derive(Clone, Debug)]
pub(super) enum From {
    Mx { secure: bool, domain: Domain, expanded: Option<Domain> },
    Itself { secure: bool },
}

impl From {
    pub(super) fn origin(&self) -> Origin<'_> {
        match self {
            Self::Mx { secure, domain, expanded } => {
                Origin::Mx { secure: *secure, domain, expanded: expanded.as_ref() }
            }
            Self::Itself { secure } => Origin::Itself { secure: *secure },
        }
    }
}

impl Target {
    /// The host as hops name it.
    pub(super) fn shown(&self) -> String {
        match (&self.name, self.usable.first()) {
            (Some(name), _) => name.to_string(),
            (None, Some(address)) => address.to_string(),
            (None, None) => String::new(),
        }
    }
}

/// Why there is a host less, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Missing {
    /// A look-up failed, or a host that the policy names does not exist.
    Dns,
    /// The recipient's domain does not exist, or is no host.
    NoSuchDomain,
    /// The recipient's domain takes no mail.
    NullMx,
    /// MX hosts without an address.
    NoAddress,
    /// Nothing but ourselves, or addresses that lead nowhere.
    Ourselves,
}

/// The hosts, best first, and why some are missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets {
    pub(super) found: Vec<Target>,
    pub(super) missing: BTreeSet<Missing>,
    pub(super) lost: Vec<Lost>,
}

impl Targets {
    fn lose(&mut self, host: impl ToString, port: u16, why: Absence) {
        self.lost.push(Lost { host: host.to_string(), port, why });
    }
}

const SMTP: u16 = 25;

pub(super) fn find(request: &Request<'_>, answers: &mut Answers, trail: &mut Trail) -> Result<Targets, Pending> {
    let mut targets = Targets::default();
    if request.route.is_recipient_mx() {
        let port = request.policy.testing.mx_port.unwrap_or(SMTP);
        match request.recipient {
            mailbox::Host::Domain(domain) => by_mx(request, domain, port, false, &mut targets, answers, trail)?,
            mailbox::Host::Ipv4(address) => literal(request, (*address).into(), port, &mut targets, trail),
            mailbox::Host::Ipv6(address) => literal(request, (*address).into(), port, &mut targets, trail),
        }
        return Ok(targets);
    }
    let hosts = by_load(request);
    // All questions that depend on nothing go out together.
    for name in hosts.iter().filter_map(|host| host.target.name()) {
        match request.route.mx_lookup {
            true => answers.note_dns(name, RecordType::Mx),
            false => Addresses::note(name, answers),
        }
    }
    for host in hosts {
        match &host.target {
            HostTarget::Name(name) if request.route.mx_lookup => {
                let before = targets.found.len();
                by_mx(request, name, host.port, true, &mut targets, answers, trail)?;
                targets.found[before..].iter_mut().for_each(|target| target.implicit_tls = host.implicit_tls);
            }
            HostTarget::Name(name) => by_name(request, name, host, &mut targets, answers, trail)?,
            HostTarget::Address(address) => targets.found.push(Target {
                name: None,
                port: host.port,
                implicit_tls: host.implicit_tls,
                usable: vec![*address],
                looked_up: None,
                origin: From::Itself { secure: false },
                sts_domain: None,
                next_hop: None,
            }),
        }
    }
    Ok(targets)
}

/// The hosts of a route: the first tier before the second, within each drawn by their shares of the load.
fn by_load<'r>(request: &Request<'r>) -> Vec<&'r Host> {
    let mut order = Vec::new();
    for tier in [Tier::Primary, Tier::Secondary] {
        let mut left: Vec<&Host> = request.route.hosts.iter().filter(|host| host.tier == tier).collect();
        // Whoever has no share comes after those who have one.
        while !left.is_empty() {
            let total: u64 = left.iter().map(|host| u64::from(host.load)).sum();
            let place = (order.len() as u64).to_be_bytes();
            let number = seed::number(request.seed, &[b"load", request.route.name.as_bytes(), &place]);
            let mut drawn = number.checked_rem(total).unwrap_or(0);
            let at = left.iter().position(|host| {
                let share = u64::from(host.load);
                let is_here = drawn < share;
                drawn = drawn.saturating_sub(share);
                is_here
            });
            order.push(left.remove(at.unwrap_or(0)));
        }
    }
    order
}

/// A host that the policy names. It may be on this machine.
fn by_name(
    request: &Request<'_>,
    name: &Domain,
    host: &Host,
    targets: &mut Targets,
    answers: &mut Answers,
    trail: &mut Trail,
) -> Result<(), Pending> {
    let addresses = Addresses::look_up(name, answers)?;
    let usable = ordered(addresses.all(), name.as_str(), request.seed);
    if usable.is_empty() {
        let why = if addresses.has_failed() { "the look-up of its addresses failed" } else { "it has no address" };
        trail.push(format!("host {name}"), "skipped", why, "[[route]] hosts");
        targets.missing.insert(Missing::Dns);
        targets.lose(name, host.port, Absence::of(&addresses));
        return Ok(());
    }
    targets.found.push(Target {
        name: Some(name.clone()),
        port: host.port,
        implicit_tls: host.implicit_tls,
        usable,
        looked_up: Some(addresses),
        origin: From::Itself { secure: true },
        sts_domain: Some(name.clone()),
        next_hop: Some(name.clone()),
    });
    Ok(())
}

fn literal(request: &Request<'_>, address: IpAddr, port: u16, targets: &mut Targets, trail: &mut Trail) {
    if !ourselves(request).may_connect(address) {
        trail.push(format!("host [{address}]"), "skipped", "it is this host, or leads nowhere", "RFC 5321 §5.1");
        targets.missing.insert(Missing::Ourselves);
        targets.lose(address, port, Absence::Ourselves);
        return;
    }
    targets.found.push(Target {
        name: None,
        port,
        implicit_tls: false,
        usable: vec![address.to_canonical()],
        looked_up: None,
        origin: From::Itself { secure: false },
        sts_domain: None,
        next_hop: None,
    });
}

fn ourselves<'r>(request: &Request<'r>) -> Ourselves<'r> {
    let policy = request.policy;
    Ourselves { hostname: &policy.hostname, addresses: &policy.addresses, loopback: policy.testing.loopback_mx }
}

/// The MX hosts of a domain: that of a recipient, or one that the policy names.
fn by_mx(
    request: &Request<'_>,
    domain: &Domain,
    port: u16,
    configured: bool,
    targets: &mut Targets,
    answers: &mut Answers,
    trail: &mut Trail,
) -> Result<(), Pending> {
    // What is wrong with a name that the policy has, its operator can mend: mail waits for that.
    let seen_as = |missing| match configured && missing != Missing::Ourselves {
        true => Missing::Dns,
        false => missing,
    };
    let set = match mx_set(request, domain, answers, trail)? {
        Ok(set) => set,
        Err(missing) => {
            targets.missing.insert(seen_as(missing));
            let why = match missing {
                Missing::NullMx => Absence::NullMx,
                Missing::NoSuchDomain => Absence::NoSuchName,
                _ => Absence::of_failed(&answers.dns(domain, RecordType::Mx)?),
            };
            targets.lose(domain, port, why);
            return Ok(());
        }
    };
    set.hosts.iter().for_each(|host| Addresses::note(&host.name, answers));
    let mut hosts = Vec::new();
    for host in &set.hosts {
        let addresses = Addresses::look_up(&host.name, answers)?;
        let all = addresses.all();
        hosts.push((host, addresses, all));
    }
    // Ourselves and all that are no better go: mail that others can't deliver would come back here.
    let us = ourselves(request);
    let own = hosts.iter().filter(|(host, _, all)| us.are(&host.name, all)).map(|(host, ..)| host.preference).min();
    if let Some(own) = own {
        targets.missing.insert(Missing::Ourselves);
        hosts.retain(|(host, ..)| host.preference < own);
        if hosts.is_empty() {
            targets.lose(domain, port, Absence::Ourselves);
        }
        if !trail.is_off() {
            let why = format!("this host has preference {own}: hosts from there on are left out");
            trail.push(format!("mx {domain}"), "ourselves", why, "RFC 5321 §5.1");
        }
    }
    for (host, addresses, all) in hosts {
        let connectable = all.iter().copied().filter(|address| us.may_connect(*address));
        let usable = ordered(connectable, host.name.as_str(), request.seed);
        if !usable.is_empty() {
            targets.found.push(target(domain, &set, &host.name, addresses, usable, port));
            continue;
        }
        let (missing, why) = match (all.is_empty(), addresses.has_failed(), set.implicit) {
            (false, ..) => (Missing::Ourselves, "its addresses are this host's, or lead nowhere"),
            (true, true, _) => (Missing::Dns, "the look-up of its addresses failed"),
            (true, false, true) => (Missing::NoSuchDomain, "it has no address"),
            (true, false, false) => (Missing::NoAddress, "it has no address"),
        };
        targets.missing.insert(seen_as(missing));
        let absence = if all.is_empty() { Absence::of(&addresses) } else { Absence::Ourselves };
        targets.lose(&host.name, port, absence);
        if !trail.is_off() {
            trail.push(format!("host {}", host.name), "skipped", why, "RFC 5321 §5.1");
        }
    }
    Ok(())
}

/// The MX set of a domain, or why there is none.
fn mx_set(
    request: &Request<'_>,
    domain: &Domain,
    answers: &mut Answers,
    trail: &mut Trail,
) -> Result<Result<MxSet, Missing>, Pending> {
    let (outcome, why, rfc, found) = match mx::look_up(domain, request.seed, answers)? {
        Mx::Null => ("null MX", "the domain says that it takes no mail".into(), "RFC 7505 §4.2", Err(Missing::NullMx)),
        Mx::NoSuchDomain => {
            ("NXDOMAIN", "the domain does not exist".into(), "RFC 5321 §5.1", Err(Missing::NoSuchDomain))
        }
        Mx::Failed => {
            let why = "the look-up of MX records failed: that is no implicit MX";
            ("failed", why.into(), "RFC 5321 §5.1", Err(Missing::Dns))
        }
        Mx::Hosts(set) => {
            let dnssec = if set.secure { "secure" } else { "insecure" };
            let (outcome, why) = match set.implicit {
                _ if trail.is_off() => ("", String::new()),
                true => ("implicit", format!("no MX records, {dnssec}: the domain itself")),
                false => {
                    let shown = |host: &MxHost| format!("{} {}", host.preference, host.name);
                    (dnssec, set.hosts.iter().map(shown).collect::<Vec<_>>().join(", "))
                }
            };
            (outcome, why, "RFC 5321 §5.1", Ok(set))
        }
    };
    if !trail.is_off() {
        trail.push(format!("mx {domain}"), outcome, why, rfc);
    }
    Ok(found)
}

fn target(domain: &Domain, set: &MxSet, name: &Domain, addresses: Addresses, usable: Vec<IpAddr>, port: u16) -> Target {
    let origin = match set.implicit {
        true => From::Itself { secure: set.secure },
        false => From::Mx { secure: set.secure, domain: domain.clone(), expanded: set.expanded.clone() },
    };
    Target {
        name: Some(name.clone()),
        port,
        implicit_tls: false,
        usable,
        looked_up: Some(addresses),
        origin,
        sts_domain: Some(domain.clone()),
        next_hop: Some(domain.clone()),
    }
}
