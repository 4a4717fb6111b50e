//! The next hops of a route for one recipient: the hosts, in order, each with the security that has to hold there; or why
//! there is none.
//!
//! [`next_hops`] finds the hosts (`[[route]] hosts`, or MX records: [`mx`](super::mx)), asks what their side has published
//! ([`dane`], [`mta_sts`]) and has the table of [`security`] say what is done with
//! each. It notes independent questions together, and its verdict does not depend on the order of the answers.

#[cfg(feature = "tls")]
mod handshake;
mod hop;
mod local;
mod lost;
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::Serialize;

use crate::domain::Domain;
use crate::lookup::{Answers, CachedPolicy, Pending, StsCache};
use crate::mailbox;
use crate::route::dane::{self, HostDane};
use crate::route::mta_sts::{self, Discovery};
use crate::route::policy::{OnTlsFailure, Policy, Route};
use crate::route::replies::{Reason, Reply};
use crate::route::request::Demands;
use crate::route::security::{
    self, Authority, Cause, Decision, Encryption, Inputs, Overrides, Published, Security, Skip, Sts,
};
use crate::route::seed;
use crate::time::UnixTime;
use crate::trail::Trail;

pub use hop::{Check, Hop, HopTls, presentation};
use local::Destinations;
pub use lost::{Absence, Lost};
use targets::{Missing, Target, Targets};

/// Of what the next hops are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The route.
    pub route: &'a Route,
    /// The recipient's domain, or address literal.
    pub recipient: &'a mailbox::Host,
    /// What else is asked.
    pub demands: &'a Demands,
    /// The MTA-STS policies that were had before.
    pub sts_cache: &'a StsCache,
    /// The time.
    pub now: UnixTime,
    /// What choices among equals are made of.
    pub seed: u64,
}

/// What is done with the recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The mail goes to the hops, the first that takes it.
    Deliver,
    /// It waits.
    Defer,
    /// It goes back.
    Bounce,
}

/// The next hops, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hops {
    /// What is done.
    pub outcome: Outcome,
    /// Why nothing is delivered; `None` with [`Outcome::Deliver`].
    pub reply: Option<Reply>,
    /// The hosts, best first. Not empty with [`Outcome::Deliver`], and empty else.
    pub hops: Vec<Hop>,
    /// The reply where TLS is demanded and no hop has it.
    pub tls_failure: Reply,
    /// What was found of each host, those that were skipped included.
    pub looked_at: Vec<LookedAt>,
    /// The hosts that there is no address of to connect to.
    pub lost: Vec<Lost>,
    /// MTA-STS policies that were fetched: the host keeps them in the place of what it had.
    pub sts_updates: Vec<(Domain, CachedPolicy)>,
}

/// What was found of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookedAt {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How far DNSSEC vouches for the way to it; `None` where nobody asks for DANE, or it is an address.
    pub dnssec: Option<security::Dnssec>,
    /// What came of the question for TLSA records, where it was asked.
    pub tlsa: Option<security::Tlsa>,
    /// The MTA-STS policy in force.
    pub sts: Sts,
    /// Why it was skipped.
    pub skip: Option<Skip>,
}

/// Whether two lists are of the same hosts under the same security, whoever asked for it and whoever wants to know.
pub(crate) fn same_ways(one: &[Hop], other: &[Hop]) -> bool {
    let way = |hop: &Hop| {
        let mut hop = hop.clone();
        (hop.tls.report, hop.tls.because) = (None, Vec::new());
        hop
    };
    one.iter().map(way).eq(other.iter().map(way))
}

/// The next hops for a recipient by one route. Its `fallback` is a route of its own, and another question.
///
/// # Errors
/// [`Pending`] when an answer is missing.
pub fn next_hops(request: &Request<'_>, answers: &mut Answers, trail: &mut Trail) -> Result<Hops, Pending> {
    let recipient = match request.recipient {
        mailbox::Host::Domain(domain) => Some(domain),
        mailbox::Host::Ipv4(_) | mailbox::Host::Ipv6(_) => None,
    };
    note_policies(request, recipient, answers);
    let Targets { found, missing, mut lost } = targets::find(request, answers, trail)?;
    let hosts: Vec<Asked<'_>> = found.iter().map(|target| Asked::of(request, target, recipient)).collect();
    hosts.iter().for_each(|asked| asked.note(answers));
    tell_tls_required(&hosts, request.demands, trail);
    let mut policies: BTreeMap<&Domain, Discovery> = BTreeMap::new();
    let (mut hops, mut skips, mut looked_at) = (Vec::new(), BTreeSet::new(), Vec::new());
    for asked in &hosts {
        let dane = asked.dane(answers)?;
        let sts = match &asked.target.sts_domain {
            Some(domain) if !asked.lifted.mta_sts => {
                if !policies.contains_key(domain) {
                    let found = mta_sts::discover(domain, request.sts_cache, request.now, request.seed, answers)?;
                    tell_policy(domain, &found, trail);
                    policies.insert(domain, found);
                }
                let listed = asked.target.name.as_ref();
                policies.get(domain).zip(listed).map_or(Sts::None, |(found, host)| found.of(host))
            }
            _ => Sts::None,
        };
        let inputs = Inputs {
            dnssec: dane.as_ref().map_or(security::Dnssec::InsecureMx, |dane| dane.dnssec),
            tlsa: dane.as_ref().map_or(security::Tlsa::Absent, |dane| dane.tlsa),
            sts,
            ..asked.inputs
        };
        tell_dane(asked.target, dane.as_ref(), trail);
        let decision = security::decide(&inputs);
        looked_at.push(LookedAt {
            host: asked.target.shown(),
            port: asked.target.port,
            dnssec: dane.as_ref().map(|dane| dane.dnssec),
            tlsa: dane.as_ref().filter(|dane| dane.dnssec == security::Dnssec::Secure).map(|dane| dane.tlsa),
            sts,
            skip: if let Decision::Skip(skip) = decision { Some(skip) } else { None },
        });
        match decision {
            Decision::Skip(skip) => {
                tell_skip(asked.target, skip, trail);
                skips.insert(skip);
            }
            Decision::Connect(security) => {
                let tls = asked.tls(&security, &inputs, dane);
                tell_security(asked.target, &tls, trail);
                let found = asked.hops(tls);
                if found.is_empty() {
                    let (host, port) = (asked.target.shown(), asked.target.port);
                    lost.push(Lost { host, port, why: Absence::NoSource });
                }
                hops.extend(found);
            }
        }
    }
    let updates = policies.into_iter().filter_map(|(domain, found)| Some((domain.clone(), found.update?)));
    let hops = conclude(request, hops, &missing, &skips);
    Ok(Hops { looked_at, lost, sts_updates: updates.collect(), ..hops })
}

/// Notes the questions for MTA-STS records that depend on no other answer.
fn note_policies(request: &Request<'_>, recipient: Option<&Domain>, answers: &mut Answers) {
    let configured = request.route.hosts.iter().filter_map(|host| host.target.name());
    let domains = if request.route.is_recipient_mx() { Vec::from_iter(recipient) } else { configured.collect() };
    for domain in domains {
        let destinations = Destinations::of(
            request.policy,
            &[Some(domain), recipient].into_iter().flatten().collect::<Vec<_>>(),
            request.now,
        );
        let lifted = local::inputs(request.route, request.demands, &destinations).lifted();
        if let (false, Some(name)) = (lifted.mta_sts, mta_sts::record_name(domain)) {
            answers.note_dns(&name, crate::lookup::RecordType::Txt);
        }
    }
}

/// A host, and what this side asks of it.
struct Asked<'a> {
    request: &'a Request<'a>,
    target: &'a Target,
    recipient: Option<&'a Domain>,
    destinations: Destinations,
    inputs: Inputs,
    lifted: Overrides,
}

impl<'a> Asked<'a> {
    fn of(request: &'a Request<'a>, target: &'a Target, recipient: Option<&'a Domain>) -> Self {
        let names: Vec<&Domain> =
            [recipient, target.next_hop.as_ref(), target.name.as_ref()].into_iter().flatten().collect();
        let destinations = Destinations::of(request.policy, &names, request.now);
        let inputs = local::inputs(request.route, request.demands, &destinations);
        Self { request, target, recipient, destinations, lifted: inputs.lifted(), inputs }
    }

    /// Whether anybody wants to know of TLSA records.
    fn wants_dane(&self) -> bool {
        !self.lifted.dane || self.inputs.local().dane
    }

    fn note(&self, answers: &mut Answers) {
        if let (true, Some(name), Some(addresses)) = (self.wants_dane(), &self.target.name, &self.target.looked_up) {
            dane::note(name, self.target.port, self.target.origin.origin(), addresses, answers);
        }
    }

    fn dane(&self, answers: &mut Answers) -> Result<Option<HostDane>, Pending> {
        match (self.wants_dane(), &self.target.name, &self.target.looked_up) {
            (true, Some(name), Some(addresses)) => {
                dane::look_up(name, self.target.port, self.target.origin.origin(), addresses, answers).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What TLS has to hold, from what the table says.
    fn tls(&self, security: &Security, inputs: &Inputs, dane: Option<HostDane>) -> HopTls {
        let route = self.request.route;
        let host = self.target.name.as_ref();
        let mut checks: Vec<(Check, Vec<Domain>)> = Vec::new();
        let mut server_name = host.or(route.names.first()).cloned();
        let mut tlsa = Vec::new();
        if let (Published::Dane, Some(dane)) = (security.published, dane) {
            checks.push((Check::Dane, dane.names));
            server_name = dane.base;
            tlsa = dane.records;
        }
        if security.fingerprint {
            checks.push((Check::Fingerprint, Vec::new()));
        }
        let local = local::names(security.authority, route, host, self.recipient, &self.destinations);
        match (security.published, security.authority) {
            // MTA-STS wants the MX host's name, and no other; what is asked on this side may be a name more.
            (Published::MtaSts, Authority::Domain) => {
                checks.push((Check::CaName, local));
                checks.push((Check::CaName, host.cloned().into_iter().collect()));
            }
            (Published::MtaSts, _) => checks.push((Check::CaName, host.cloned().into_iter().collect())),
            (_, Authority::Host | Authority::Domain) => checks.push((Check::CaName, local)),
            (_, Authority::Ca) => checks.push((Check::Ca, Vec::new())),
            (_, Authority::Nothing) => {}
        }
        let mut checks = checks.into_iter();
        let (verify, names) = checks.next().unwrap_or((Check::None, Vec::new()));
        let because = security::causes(inputs).into_iter().flat_map(|cause| match cause {
            Cause::Route => vec!["route".to_owned()],
            Cause::Rule => self.request.demands.rules.iter().map(|rule| format!("rule {rule}")).collect(),
            Cause::Destination => vec!["destination".to_owned()],
            Cause::Dane => vec!["dane".to_owned()],
            Cause::MtaSts => vec!["mta-sts".to_owned()],
            Cause::RequireTls => vec!["requiretls".to_owned()],
        });
        HopTls {
            encryption: security.encryption,
            verify,
            names,
            tlsa,
            fingerprints: self.destinations.fingerprints.clone().filter(|_| security.fingerprint).unwrap_or_default(),
            also: checks.collect(),
            server_name: if security.encryption == Encryption::None { None } else { server_name },
            min_tls: route.min_tls,
            requiretls: security.requiretls,
            report: self.target.sts_domain.clone().filter(|_| security.sts_report),
            policy_domain: self.target.sts_domain.clone(),
            because: because.collect(),
        }
    }

    /// The hop; two where the route has local addresses of both families and the host as well.
    fn hops(&self, tls: HopTls) -> Vec<Hop> {
        let route = self.request.route;
        let hop = |addresses: Vec<IpAddr>, source: Option<IpAddr>| Hop {
            host: self.target.shown(),
            port: self.target.port,
            addresses,
            implicit_tls: self.target.implicit_tls,
            credentials: route.credentials.as_ref().filter(|_| tls.verifies()).map(|c| c.name.clone()),
            tls: tls.clone(),
            source,
            ehlo: route.ehlo.clone(),
            max_recipients: route.max_recipients,
            max_messages: route.max_messages,
            split_domains: route.split_domains,
        };
        if route.source.is_empty() {
            return vec![hop(self.target.usable.clone(), None)];
        }
        let of_family = |is_v6: bool| {
            let addresses: Vec<IpAddr> = self.target.usable.iter().copied().filter(|a| a.is_ipv6() == is_v6).collect();
            let source = self.source(is_v6)?;
            (!addresses.is_empty()).then(|| hop(addresses, Some(source)))
        };
        [true, false].into_iter().filter_map(of_family).collect()
    }

    /// The local address for a family: another for each recipient's domain, and the same for a retry, for the sake of greylisting.
    /// So the seed has no part in it.
    fn source(&self, is_v6: bool) -> Option<IpAddr> {
        let sources: Vec<IpAddr> = self.request.route.source.iter().copied().filter(|a| a.is_ipv6() == is_v6).collect();
        let number = seed::number(0, &[b"source", self.request.recipient.to_string().as_bytes()]);
        let at = number.checked_rem(sources.len() as u64)?;
        sources.get(at as usize).copied()
    }
}

/// What is done with these hops, or without any.
fn conclude(request: &Request<'_>, hops: Vec<Hop>, missing: &BTreeSet<Missing>, skips: &BTreeSet<Skip>) -> Hops {
    let tls_failure = match (request.demands.requiretls, request.route.on_tls_failure) {
        (true, _) => Reason::RequireTls.reply(),
        (false, OnTlsFailure::Defer) => Reason::Tls.reply(),
        (false, OnTlsFailure::Bounce) => Reason::TlsBounce.reply(),
    };
    let reply = match hops.is_empty() {
        false => None,
        true => Some(nothing_left(request, missing, skips)),
    };
    let outcome = match &reply {
        None => Outcome::Deliver,
        Some(reply) if reply.is_temporary() => Outcome::Defer,
        Some(_) => Outcome::Bounce,
    };
    Hops { outcome, reply, hops, tls_failure, looked_at: Vec::new(), lost: Vec::new(), sts_updates: Vec::new() }
}

/// Why there is no hop: what may be otherwise tomorrow comes before what will not.
fn nothing_left(request: &Request<'_>, missing: &BTreeSet<Missing>, skips: &BTreeSet<Skip>) -> Reply {
    let is_missing = |why| missing.contains(&why);
    let tls = match request.route.on_tls_failure {
        OnTlsFailure::Defer => Reason::Tls,
        OnTlsFailure::Bounce => Reason::TlsBounce,
    };
    let reason = if is_missing(Missing::Dns) || skips.contains(&Skip::TlsaFailed) {
        Reason::Dns
    } else if skips.iter().any(|skip| matches!(skip, Skip::NoDane | Skip::Unlisted | Skip::Credentials)) {
        tls
    } else if skips.contains(&Skip::RequireTls) {
        Reason::RequireTls
    } else if is_missing(Missing::NullMx) {
        Reason::NullMx
    } else if is_missing(Missing::NoSuchDomain) {
        Reason::NoSuchDomain
    } else if is_missing(Missing::NoAddress) {
        Reason::Dns
    } else if is_missing(Missing::Ourselves) {
        Reason::OnlyOurselves
    } else {
        // A source of no family that the hosts have.
        Reason::NoConnection
    };
    reason.reply()
}

fn tell_policy(domain: &Domain, found: &Discovery, trail: &mut Trail) {
    if trail.is_off() {
        return;
    }
    let outcome = match &found.policy {
        None => "no policy".to_owned(),
        Some(policy) => format!("mode {}", policy.mode),
    };
    let source = match found.source {
        mta_sts::Source::Nowhere => "",
        mta_sts::Source::Fetched => "fetched now",
        mta_sts::Source::Cached => "had before, and not changed",
        mta_sts::Source::Kept => "had before, and kept",
    };
    let problem = found.problem.as_ref().map(ToString::to_string).unwrap_or_default();
    let why = [source, &problem].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
    trail.push(format!("mta-sts {domain}"), outcome, why, "RFC 8461 §3.3");
}

/// Says what `TLS-Required: No` lifts: what the other side has published is not asked for then.
fn tell_tls_required(hosts: &[Asked<'_>], demands: &Demands, trail: &mut Trail) {
    if trail.is_off() || !demands.tls_required_no {
        return;
    }
    let is_lifted = |asked: &Asked<'_>| {
        let Overrides { dane, mta_sts } = asked.inputs.overrides;
        asked.target.name.is_some() && !(dane && mta_sts)
    };
    if demands.requiretls {
        trail.push(
            "tls-required",
            "ignored",
            "REQUIRETLS, which the message came with, comes before it",
            "RFC 8689 §5",
        );
    } else if hosts.iter().any(is_lifted) {
        let why = "the message says TLS-Required: No: DANE and MTA-STS have no say; what this side asks for holds";
        trail.push("tls-required", "lifted", why, "RFC 8689 §3");
    }
}

fn tell_dane(target: &Target, dane: Option<&HostDane>, trail: &mut Trail) {
    let Some(dane) = dane.filter(|_| !trail.is_off()) else { return };
    let (outcome, why) = match (dane.dnssec, dane.tlsa) {
        (security::Dnssec::InsecureMx, _) => ("not asked", "DNSSEC does not vouch for the MX records"),
        (security::Dnssec::InsecureAddresses, _) => ("not asked", "DNSSEC does not vouch for the host's addresses"),
        (_, security::Tlsa::Failed) => ("failed", "the look-up of TLSA records failed, which is not the same as none"),
        (_, security::Tlsa::Absent) => ("none", "there are no TLSA records that DNSSEC vouches for"),
        (_, security::Tlsa::Unusable) => ("unusable", "there are TLSA records, and none can be used: TLS is needed"),
        (_, security::Tlsa::Usable) => ("usable", "the certificate has to fit a TLSA record"),
    };
    let at = dane.base.as_ref().map(|base| format!(" ({base})")).unwrap_or_default();
    trail.push(format!("dane {}:{}", target.shown(), target.port), outcome, format!("{why}{at}"), "RFC 7672 §2.2");
}

fn tell_skip(target: &Target, skip: Skip, trail: &mut Trail) {
    if trail.is_off() {
        return;
    }
    let (why, rfc) = match skip {
        Skip::TlsaFailed => ("whether it has TLSA records is not known", "RFC 7672 §2.1.1"),
        Skip::NoDane => ("dane-only, and it has no TLSA records that can be used", "[[destination]] tls"),
        Skip::Unlisted => ("the MTA-STS policy does not list it", "RFC 8461 §4.1"),
        Skip::RequireTls => ("REQUIRETLS, and nothing by which it could be verified", "RFC 8689 §4.2.1"),
        Skip::Credentials => {
            ("there are credentials for it, and nothing by which it could be verified", "[[route]] credentials")
        }
    };
    trail.push(format!("host {}", target.shown()), "skipped", why, rfc);
}

fn tell_security(target: &Target, tls: &HopTls, trail: &mut Trail) {
    if trail.is_off() {
        return;
    }
    let outcome = match (tls.encryption, tls.verify) {
        (Encryption::None, _) => "clear text".to_owned(),
        (Encryption::May, _) => "TLS if it works".to_owned(),
        (Encryption::Encrypt, Check::None) => "TLS".to_owned(),
        (Encryption::Encrypt, check) => {
            let also: Vec<&str> = tls.also.iter().map(|(check, _)| check.as_str()).collect();
            [&["TLS", check.as_str()][..], &also].concat().join(" and ")
        }
    };
    let why = match tls.because.is_empty() {
        true => "nobody asks for more".to_owned(),
        false => format!("because of {}", tls.because.join(", ")),
    };
    trail.push(format!("security {}", target.shown()), outcome, why, "docs/security-table.md");
}
