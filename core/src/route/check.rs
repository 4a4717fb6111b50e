//! What is to be said of a policy beside what its document says: what the DNS has of its names, what it does, and what is proven.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;

use super::admission::{SpfFaults, lists};
use super::policy::{
    Change, Compiled, Finding, Gravity, Marks, NullSender, Policy, QueueWhen, Relay, Route, Rule, Sign, Tenant,
    key_mark, last_day,
};
use super::prove::Law;
use super::rules;
use crate::dkim::Published;
use crate::domain::Domain;
use crate::evaluate::Evaluate;
use crate::lookup::{Answers, Outcome, Pending, Record, RecordType};
use crate::time::UnixTime;

/// What is said of a policy, in the form in which all faces tell it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Whether nothing is wrong.
    pub ok: bool,
    /// The policy's version, where there is a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<String>,
    /// Errors, then warnings.
    pub findings: Vec<Finding>,
    /// What was proven or not.
    pub laws: Vec<Law>,
    /// What the policy does, for a person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub summary: Vec<String>,
}

impl Report {
    /// A report of these findings, which are put in order, and laws.
    pub fn new(policy: Option<&Policy>, mut findings: Vec<Finding>, laws: Vec<Law>) -> Self {
        findings.sort_by_key(|finding| finding.level);
        let ok = laws.iter().all(|law| law.holds) && findings.iter().all(|finding| finding.level != Gravity::Error);
        let policy_version = policy.map(|policy| policy.version.clone());
        Self { ok, policy_version, findings, laws, summary: Vec::new() }
    }

    /// The same, with what the policy does.
    #[must_use]
    pub fn summarized(mut self, policy: &Policy) -> Self {
        self.summary = summary(policy);
        self
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        // Texts, numbers, and lists of them: they always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The findings of a document on this day: a `destination` whose `until` is over lowers nothing any more, and that is said in the
/// place of what it would lower.
pub fn findings(compiled: &Compiled, now: UnixTime) -> Vec<Finding> {
    let mut findings = compiled.findings.clone();
    let destinations = compiled.policy.iter().flat_map(|policy| &policy.destinations).enumerate();
    for (number, destination) in destinations {
        let Some(until) = destination.until.filter(|until| *until <= now) else { continue };
        let message = format!("until is over since {}; it lowers nothing any more", last_day(until));
        let over = compiled.marks.finding(&format!("until {number}"), Gravity::Warning, message);
        let place = |finding: &Finding| (finding.file.clone(), finding.line, finding.column);
        findings.retain(|finding| {
            let is_of_it = place(finding) == place(&over) && ["until", "override"].contains(&finding.key.as_str());
            !(is_of_it && finding.level == Gravity::Warning)
        });
        findings.push(over);
    }
    findings
}

/// What the DNS has of a policy's names: whether EHLO names lead back to themselves, whether the keys that sign are published, and
/// whether the SPF records of providers can be used.
#[derive(Clone, Debug)]
pub struct Names {
    policy: Arc<Policy>,
    marks: Marks,
}

impl Names {
    /// The names of this policy, where there is one.
    pub fn of(compiled: &Compiled) -> Option<Self> {
        let policy = Arc::new(compiled.policy.clone()?);
        Some(Self { policy, marks: compiled.marks.clone() })
    }
}

impl Evaluate for Names {
    type Verdict = Vec<Finding>;

    fn evaluate(&self, answers: &mut Answers) -> Result<Vec<Finding>, Pending> {
        let mut names: Vec<(Domain, String)> = vec![(self.policy.hostname.clone(), "hostname".to_owned())];
        for route in self.policy.routes.values() {
            if names.iter().all(|(name, _)| *name != route.ehlo) {
                names.push((route.ehlo.clone(), format!("ehlo {}", route.name)));
            }
        }
        for (name, _) in &names {
            answers.note_dns(name, RecordType::A);
            answers.note_dns(name, RecordType::Aaaa);
        }
        for sign in &self.policy.signers {
            Published(&sign.signer).note(answers);
        }
        for relay in &self.policy.relays {
            relay.spf.iter().for_each(|name| answers.note_dns(name, RecordType::Txt));
        }
        let mut findings = Vec::new();
        for (name, mark) in &names {
            if let Some(message) = not_confirmed(name, answers)? {
                findings.push(self.marks.finding(mark, Gravity::Warning, message));
            }
        }
        for sign in &self.policy.signers {
            findings.extend(self.keys(sign, answers)?);
        }
        for relay in &self.policy.relays {
            findings.extend(self.spf(relay, answers)?);
        }
        for relay in self.policy.relays.iter().filter(|relay| !relay.shared && relay.trusts_addresses()) {
            findings.extend(self.overlap(relay, answers)?);
        }
        Ok(findings)
    }
}

/// How many ranges of an entry are looked for in the SPF records of others.
const MAX_OVERLAP_PROBES: usize = 8;

impl Names {
    /// The keys that are definitely not those that are published: the gateway signs nothing with them.
    fn keys(&self, sign: &Sign, answers: &mut Answers) -> Result<Vec<Finding>, Pending> {
        let published = Published(&sign.signer);
        let mut findings = Vec::new();
        for (selector, state) in published.evaluate(answers)? {
            let mark = key_mark(&sign.domain, selector.as_str());
            let name = format!("{selector}._domainkey.{}", sign.domain);
            let (level, message) = match state {
                Some(state) if state.signs() => continue,
                Some(state) => (
                    Gravity::Error,
                    format!("{name} {}, so nothing is signed with this key: publish its record", state.sentence()),
                ),
                None => {
                    (Gravity::Warning, format!("the DNS did not answer for {name}, so that the key was not looked at"))
                }
            };
            findings.push(self.marks.finding(&mark, level, message));
        }
        Ok(findings)
    }

    /// Whether an SPF record of another entry lists addresses that this one takes for ours.
    fn overlap(&self, relay: &Relay, answers: &mut Answers) -> Result<Option<Finding>, Pending> {
        for other in self.policy.relays.iter().filter(|other| !other.spf.is_empty()) {
            for address in relay.peers.firsts().take(MAX_OVERLAP_PROBES) {
                if lists(other, address, answers)? == Some(true) {
                    let message = format!(
                        "{address} is among the addresses that the SPF record of \"{}\" lists, which its provider's customers share: \
                         whoever lacks the proof of the tenant there is admitted here",
                        other.name
                    );
                    let mark = format!("peers {}", relay.name);
                    return Ok(Some(self.marks.finding(&mark, Gravity::Warning, message)));
                }
            }
        }
        Ok(None)
    }

    fn spf(&self, relay: &Relay, answers: &mut Answers) -> Result<Vec<Finding>, Pending> {
        let mut findings = Vec::new();
        for name in &relay.spf {
            let (level, message) = match SpfFaults(name.clone()).evaluate(answers)? {
                Ok(None) => continue,
                Ok(Some(fault)) => {
                    let message = format!(
                        "spf:{name} admits nobody: {}; only records count that list addresses, \
                         and whose terms depend neither on the sender nor on the client's name",
                        fault.sentence()
                    );
                    (Gravity::Error, message)
                }
                Err(unanswered) => {
                    let message = format!(
                        "the DNS did not answer for the SPF record of {}, so it was not looked at",
                        unanswered.0
                    );
                    (Gravity::Warning, message)
                }
            };
            findings.push(self.marks.finding(&format!("peers {}", relay.name), level, message));
        }
        Ok(findings)
    }
}

/// Our own certificate, judged as a peer would judge it that trusts these authorities and asks for our name.
#[cfg(feature = "tls")]
pub fn certificate(
    compiled: &Compiled,
    chain: &[u8],
    key: &[u8],
    roots: Option<&crate::tls::Roots>,
    now: UnixTime,
) -> Vec<Finding> {
    let finding = |level, message| vec![compiled.marks.finding("certificate", level, message)];
    let identity = match crate::tls::Identity::from_pem(chain, key) {
        Ok(identity) => identity,
        Err(error) => return finding(Gravity::Error, format!("the certificate and its key cannot be used: {error}")),
    };
    let (Some(policy), Some(roots)) = (&compiled.policy, roots) else { return Vec::new() };
    match identity.judged(roots, &policy.hostname, now) {
        Ok(()) => Vec::new(),
        Err(failure) => {
            let message =
                format!("a peer that verifies our certificate for {} would not go on: {failure}", policy.hostname);
            finding(Gravity::Warning, message)
        }
    }
}

/// Why others will not believe the name, where the DNS says so: one that did not answer says nothing.
fn not_confirmed(name: &Domain, answers: &mut Answers) -> Result<Option<String>, Pending> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for record_type in [RecordType::A, RecordType::Aaaa] {
        let answer = answers.dns(name, record_type)?;
        match answer.outcome() {
            Outcome::Records(records) => addresses.extend(records.iter().filter_map(|record| match record {
                Record::A(address) => Some(IpAddr::V4(*address)),
                Record::Aaaa(address) => Some(IpAddr::V6(*address)),
                _ => None,
            })),
            Outcome::NoData | Outcome::NxDomain => {}
            Outcome::ServFail | Outcome::Timeout => return Ok(None),
        }
    }
    if addresses.is_empty() {
        return Ok(Some(format!(
            "{name} has no address, and so no forward-confirmed PTR: large receivers refuse hosts that greet with such a name"
        )));
    }
    let names: Vec<Domain> = addresses.iter().map(|address| Domain::reverse(*address)).collect();
    names.iter().for_each(|name| answers.note_dns(name, RecordType::Ptr));
    for (address, reverse) in addresses.iter().zip(&names) {
        let answer = answers.dns(reverse, RecordType::Ptr)?;
        let is_confirmed = match answer.outcome() {
            Outcome::Records(records) => records.iter().any(|record| *record == Record::Ptr(name.clone())),
            Outcome::NoData | Outcome::NxDomain => false,
            Outcome::ServFail | Outcome::Timeout => true,
        };
        if !is_confirmed {
            return Ok(Some(format!(
                "{name} has no forward-confirmed PTR: the PTR record of {address} does not lead back to it, and large receivers refuse such hosts"
            )));
        }
    }
    Ok(None)
}

/// What a policy does, line by line.
pub fn summary(policy: &Policy) -> Vec<String> {
    let mut lines = vec![format!("{} is the gateway of {}", policy.hostname, domains(policy))];
    if policy.relays.is_empty() {
        lines.push("nobody may send through it".to_owned());
    }
    lines.extend(policy.relays.iter().map(relay));
    lines.extend(policy.rules.iter().map(rule));
    if policy.has_outbound_gateway {
        lines.push("outbound mail that no rule routes goes by outbound_gateway".to_owned());
    }
    lines.extend(policy.routes.values().filter(|route| !route.built_in || route.name != "mx").map(route));
    for destination in &policy.destinations {
        let star = if destination.below { "*." } else { "" };
        lines.push(format!("to {star}{}: at least {}", destination.domain, destination.tls.as_str()));
    }
    for sign in &policy.signers {
        let selectors: Vec<&str> = sign.keys.iter().map(|key| key.selector.as_str()).collect();
        lines.push(format!("mail of authors at {} is signed with {}", sign.domain, selectors.join(", ")));
    }
    match policy.queue.when {
        QueueWhen::Never => lines.push("nothing is queued: the client waits for the next host's reply".to_owned()),
        QueueWhen::OnDeferral => lines.push("what the next host does not take now is queued".to_owned()),
        QueueWhen::Always => lines.push("all mail is queued".to_owned()),
    }
    lines
}

fn domains(policy: &Policy) -> String {
    let exact = policy.domains.exact().map(ToString::to_string);
    let all: Vec<String> = exact.chain(policy.domains.below().map(|name| format!("*.{name}"))).collect();
    if all.is_empty() { "no domain".to_owned() } else { all.join(", ") }
}

fn relay(relay: &Relay) -> String {
    let mut asks = Vec::new();
    if let Some(provider) = relay.provider {
        let preset = provider.relay();
        asks.push(format!("the preset {} ({}, read {})", provider.as_str(), preset.source, preset.date));
    }
    let spf = relay.spf.iter().map(|name| format!("spf:{name}"));
    let peers: Vec<String> = relay.peers.written().iter().cloned().chain(spf).collect();
    if !peers.is_empty() {
        asks.push(format!("an address in {}", peers.join(", ")));
    }
    if relay.require_tls {
        asks.push("TLS".to_owned());
    }
    if relay.require_auth {
        asks.push("AUTH".to_owned());
    }
    if relay.provider.is_some() || relay.null_sender == NullSender::Tenant {
        let null = match relay.null_sender {
            NullSender::AuthOrEhlo => "the null sender with AUTH or an EHLO name of ours",
            NullSender::Tenant => "the null sender with the proof of the tenant",
        };
        asks.push(null.to_owned());
    }
    asks.push(
        match relay.senders {
            super::policy::Senders::Registered => "a sender registered for the account",
            super::policy::Senders::OwnDomains => "a sender of our domains",
            super::policy::Senders::Any => "any sender",
        }
        .to_owned(),
    );
    match &relay.tenant {
        Some(Tenant::Header { name, .. }) => asks.push(format!("the secret field {name}")),
        Some(Tenant::Dkim { .. }) => asks.push("a fresh signature of our domain by the provider".to_owned()),
        None => {}
    }
    format!("relay {}: admits with {}", relay.name, asks.join(", "))
}

fn rule(rule: &Rule) -> String {
    let mut does: Vec<String> = rule.verdict.iter().map(rules::shown).collect();
    does.extend(rule.changes.iter().map(Change::as_str).map(str::to_owned));
    if rule.require_tls {
        does.push("require_tls".to_owned());
    }
    if rule.stop {
        does.push("stop".to_owned());
    }
    let directions: Vec<&str> =
        rule.conditions.direction.iter().flatten().map(|direction| direction.as_str()).collect();
    let of = if directions.is_empty() { "all".to_owned() } else { directions.join(", ") };
    let condition = if rule.conditions.is_empty() || rule.conditions.direction.is_some() && only_direction(rule) {
        ""
    } else {
        " that matches"
    };
    format!("rule {}: of {of} mail{condition}: {}", rule.name, does.join(", "))
}

fn only_direction(rule: &Rule) -> bool {
    let mut others = rule.conditions.clone();
    others.direction = None;
    others.is_empty()
}

fn route(route: &Route) -> String {
    let hosts: Vec<String> = route.hosts.iter().map(|host| format!("{}:{}", host.target, host.port)).collect();
    let hosts = if hosts.is_empty() { "the recipient's MX hosts".to_owned() } else { hosts.join(", ") };
    let security = match (route.require_tls, route.require_ca, route.verify_hostname) {
        (_, true, true) => "TLS, of a trusted authority, with the host's name",
        (_, true, false) => "TLS, of a trusted authority",
        (_, false, true) => "TLS, with the host's name",
        (true, ..) => "TLS, with any certificate",
        (false, ..) => "TLS where it is offered",
    };
    let mut also = BTreeSet::new();
    if let Some(credentials) = &route.credentials {
        also.insert(format!(", logging in as {}", credentials.user));
    }
    if let Some(provider) = route.provider {
        let preset = provider.route();
        also.insert(format!(
            ", by the preset {} ({}, read {}; EHLO: {})",
            provider.as_str(),
            preset.source,
            preset.date,
            preset.ehlo
        ));
    }
    let also: String = also.into_iter().collect();
    let size = if route.max_size == 0 { String::new() } else { format!(", {} octets a message", route.max_size) };
    let limits = format!(
        "{} recipients, {} messages a connection{size}",
        route.max_recipients,
        if route.max_messages == 0 { "any number of".to_owned() } else { route.max_messages.to_string() }
    );
    format!("route {}: {hosts}, {security}, {limits}{also}", route.name)
}
