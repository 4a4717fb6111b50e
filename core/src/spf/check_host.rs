//! The function `check_host()`: from a domain to a result (RFC 7208 §4, §6).

use std::borrow::Cow;

use super::expansion::{self, Values};
use super::faults;
use super::macros::{self, DomainSpec};
use super::reading::Reading;
use super::record::SpfRecord;
use super::request::{CheckHost, start};
use super::told::Told;
use super::verdict::{SpfResult, Verdict};
use crate::domain::{Domain, DomainError};
use crate::limits::{MAX_SPF_LOOKUPS, MAX_SPF_TRAIL_STEPS};
use crate::lookup::{Answers, DnsAnswer, Outcome, Pending, Record, RecordType};
use crate::trail::Trail;

/// One run of an evaluation.
pub(super) struct Walk<'a> {
    pub(super) check: &'a CheckHost,
    pub(super) answers: &'a mut Answers,
    lookups: u32,
    voids: u32,
    /// Whether the current term has been counted as void.
    void_counted: bool,
    /// Whether the query for the client's names has been counted.
    names_counted: bool,
    trail: Option<Trail>,
    /// In how many includes and redirects the walk is.
    pub(super) depth: usize,
    /// Whether a record was met of which something is to be said.
    remarkable: bool,
    pub(super) told: Option<Told>,
}

/// Why the recursion ends early.
pub(super) enum Stop {
    Pending(Pending),
    /// A temperror or permerror ends all of the evaluation, however deep it occurs.
    Error(SpfResult, String),
}

impl From<Pending> for Stop {
    fn from(pending: Pending) -> Self {
        Self::Pending(pending)
    }
}

/// What a domain's record says.
pub(super) struct Found {
    pub(super) result: SpfResult,
    mechanism: Option<String>,
    explanation: Option<String>,
    reason: Option<String>,
}

/// How a domain came to be checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It is the identity's own.
    Identity,
    /// `redirect=` led here; its explanation counts (RFC 7208 §6.2).
    Redirected,
    /// `include` led here; its explanation does not count (RFC 7208 §6.2).
    Included,
}

impl<'a> Walk<'a> {
    pub(super) fn new(check: &'a CheckHost, answers: &'a mut Answers) -> Self {
        Self {
            check,
            answers,
            lookups: 0,
            voids: 0,
            void_counted: false,
            names_counted: false,
            trail: None,
            depth: 0,
            remarkable: false,
            told: None,
        }
    }

    /// The same, noting what its reason can tell, and its steps where a trail is wanted.
    pub(super) fn telling(mut self, with_trail: bool) -> Self {
        self.trail = with_trail.then(Trail::new);
        self.told = Some(Told::default());
        self
    }

    /// Runs from the start. Beside the verdict it says whether a walk that tells has more to say.
    pub(super) fn verdict(mut self) -> Result<(Verdict, bool), Pending> {
        let check = self.check;
        let found = match &check.domain {
            Ok(domain) => self.check_host(domain, Role::Identity),
            Err(why) => Ok(Found::none(format!("there is no domain to check: {why}"))), // RFC 7208 §4.3
        };
        let mut found = match found {
            Ok(found) => found,
            Err(Stop::Pending(pending)) => return Err(pending),
            Err(Stop::Error(result, why)) => Found { result, ..Found::none(why) },
        };
        let passed = found.result == SpfResult::Pass;
        let has_more_to_tell = !passed && (found.mechanism.is_none() || self.remarkable || self.voids > 0);
        if let Some(told) = self.told.as_ref().filter(|_| !passed) {
            let nothing = found.mechanism.as_ref().and_then(|_| told.found_nothing(check.ip));
            let sentences: Vec<String> =
                found.reason.take().into_iter().chain(told.remarks().iter().cloned()).chain(nothing).collect();
            found.reason = (!sentences.is_empty()).then(|| sentences.join(", and "));
        }
        if let Some(trail) = &mut self.trail {
            trail.shorten(MAX_SPF_TRAIL_STEPS);
        }
        self.step(|| {
            let why = match (&found.reason, found.mechanism.as_deref()) {
                (Some(reason), None) => reason.clone(),
                (None, None | Some("default")) => "no mechanism matched".to_owned(),
                (None, Some(mechanism)) => format!("{mechanism} matched"),
                (Some(reason), Some("default")) => format!("no mechanism matched: {reason}"),
                (Some(reason), Some(mechanism)) => format!("{mechanism} matched: {reason}"),
            };
            let step = format!("spf {} {}", check.identity.as_str(), start(&check.domain_text, 253));
            (step, found.result.as_str().into(), why, "RFC 7208 §2.6")
        });
        let verdict = Verdict {
            result: found.result,
            identity: check.identity,
            domain: check.domain.as_ref().ok().cloned(),
            domain_text: check.domain_text.clone(),
            aligned: None,
            explanation: found.explanation,
            derived: false,
            mechanism: found.mechanism,
            lookups: self.lookups,
            void_lookups: self.voids,
            reason: found.reason,
            trail: self.trail.unwrap_or_default(),
        };
        Ok((verdict, has_more_to_tell))
    }

    /// RFC 7208 §4. It calls itself for `include` and `redirect=` alone, each of which is counted first, so it is
    /// never more than [`MAX_SPF_LOOKUPS`] deep.
    pub(super) fn check_host(&mut self, domain: &Domain, role: Role) -> Result<Found, Stop> {
        // RFC 7208 §4.3; the identity's own domain has been looked at before.
        if domain.is_single_label() {
            return Ok(Found::none(format!("{domain} has only one label")));
        }
        // RFC 7208 §4.4
        let answer = match role {
            Role::Identity => self.answer(domain, RecordType::Txt)?,
            Role::Redirected | Role::Included => self.lookup(domain, RecordType::Txt)?,
        };
        // RFC 7208 §4.5
        let reading = Reading::of(&answer.records);
        let (text, record) = match &*reading {
            Reading::One(text, record) => (text, record),
            Reading::Several => {
                let shown = self.told.as_ref().map(|_| format!(", {}", faults::of_several(&answer.records)));
                return Err(permerror(format!("{domain} has more than one SPF record{}", shown.unwrap_or_default())));
            }
            Reading::Missing => {
                return Ok(Found::none(match answer.outcome() {
                    Outcome::NxDomain => format!("{domain} does not exist"),
                    _ => {
                        let near = self.told.as_ref().and_then(|_| faults::of_missing(&answer.records));
                        let near = near.map(|near| format!(": {near}")).unwrap_or_default();
                        format!("{domain} has no SPF record{near}")
                    }
                }));
            }
        };
        self.step(|| (format!("spf record of {domain}"), "found".into(), text.clone(), "RFC 7208 §4.5"));
        // RFC 7208 §4.6: syntax errors anywhere in the record come before everything else.
        let record = record.as_ref().map_err(|fault| {
            let spf = |record: &Record| matches!(record, Record::Txt(text) if SpfRecord::is_spf(text));
            let raw = answer.records.iter().find(|record| spf(record)).filter(|_| self.told.is_some());
            let remedy = match raw {
                Some(Record::Txt(text)) => faults::of_record(text, fault).map(|remedy| format!(": {remedy}")),
                _ => None,
            };
            permerror(format!("the record of {domain}: {fault}{}", remedy.unwrap_or_default()))
        })?;
        if let Some(remark) = record.remark() {
            self.remarkable = true;
            if let Some(told) = &mut self.told {
                told.remark(domain, remark);
            }
        }
        // Networks that are not the client's leave no trace but in the trail.
        let client = if self.trail.is_none() { Some(self.check.ip) } else { None };
        for (text, qualifier, mechanism) in record.directives(client) {
            if !self.matches(text, mechanism, domain)? {
                continue;
            }
            let result = qualifier.result();
            let explanation = match record.explanation() {
                Some(spec) if result == SpfResult::Fail && role != Role::Included => self.explanation(spec, domain)?,
                _ => None,
            };
            return Ok(Found { result, mechanism: Some(text.to_owned()), explanation, reason: None });
        }
        match record.redirect() {
            Some(spec) => self.redirect(spec, domain, role),
            // RFC 7208 §4.7
            None => Ok(Found {
                result: SpfResult::Neutral,
                mechanism: Some("default".to_owned()),
                explanation: None,
                reason: None,
            }),
        }
    }

    /// RFC 7208 §6.1
    fn redirect(&mut self, spec: DomainSpec<'_>, domain: &Domain, role: Role) -> Result<Found, Stop> {
        self.count_term(|| format!("redirect={spec}"))?;
        let target = self.target_name(spec, domain)?.map_err(|fault| {
            permerror(format!("redirect={spec} of {domain} leads to a name that cannot be asked for: {fault}"))
        })?;
        let role = if role == Role::Included { Role::Included } else { Role::Redirected };
        self.depth += 1;
        let found = self.check_host(&target, role)?;
        self.depth -= 1;
        if found.result == SpfResult::None {
            let why = found.reason.unwrap_or_default();
            return Err(permerror(format!("redirect={spec} of {domain}: {why}")));
        }
        self.step(|| {
            let why = format!("no mechanism of {domain} matched, and {target} gives {}", found.result);
            (format!("spf redirect={spec}"), found.result.as_str().into(), why, "RFC 7208 §6.1")
        });
        Ok(found)
    }

    /// RFC 7208 §6.2. Whatever goes wrong, the result stands and only the explanation is lost.
    fn explanation(&mut self, spec: DomainSpec<'_>, domain: &Domain) -> Result<Option<String>, Pending> {
        let text = match self.explanation_text(spec, domain)? {
            Ok(text) => text,
            Err(why) => {
                self.step(|| (format!("spf exp={spec}"), "ignored".into(), why.into_owned(), "RFC 7208 §6.2"));
                return Ok(None);
            }
        };
        self.step(|| (format!("spf exp={spec}"), "found".into(), text.clone(), "RFC 7208 §6.2"));
        Ok(Some(text))
    }

    fn explanation_text(
        &mut self,
        spec: DomainSpec<'_>,
        domain: &Domain,
    ) -> Result<Result<String, Cow<'static, str>>, Pending> {
        let name = if spec.uses(b"p") { self.validated_name(domain)? } else { String::new() };
        let target = match spec.target_name(&self.values(domain, &name)) {
            Ok(target) => target,
            Err(fault) => return Ok(Err(fault.to_string().into())),
        };
        let answer = self.answers.dns(&target, RecordType::Txt)?;
        let text = match answer.outcome() {
            Outcome::Records([Record::Txt(text)]) => text,
            Outcome::Records(_) => return Ok(Err("there is more than one TXT record".into())),
            _ => return Ok(Err("there is no TXT record to be had".into())),
        };
        let Ok(text) = str::from_utf8(text) else {
            return Ok(Err("the explanation is not in ASCII".into()));
        };
        if let Err(fault) = macros::check_explanation(text) {
            return Ok(Err(fault.to_string().into()));
        }
        let name = if macros::uses(text, b"p") { self.validated_name(domain)? } else { String::new() };
        Ok(match expansion::explanation(text, &self.values(domain, &name)) {
            None => Err("the explanation is too long".into()),
            // The sender's local part and the HELO name may hold anything.
            Some(text) if !text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') => {
                Err("the explanation expands to something that is not printable ASCII".into())
            }
            Some(text) => Ok(text),
        })
    }

    /// The `<target-name>` of a term (RFC 7208 §4.8): the domain itself where the term names none. The inner error is
    /// that of a name that cannot be asked for.
    pub(super) fn target_name(
        &mut self,
        spec: DomainSpec<'_>,
        domain: &Domain,
    ) -> Result<Result<Domain, DomainError>, Stop> {
        let mut name = String::new();
        if spec.uses(b"p") {
            self.count_names()?;
            name = self.validated_name(domain)?;
        }
        Ok(spec.target_name(&self.values(domain, &name)))
    }

    fn values<'v>(&'v self, domain: &'v Domain, validated_name: &'v str) -> Values<'v> {
        let check = self.check;
        Values {
            ip: check.ip,
            local_part: &check.local_part,
            sender_domain: &check.domain_text,
            domain: domain.as_str(),
            helo: &check.helo,
            validated_name,
            receiver: check.receiver.as_ref().map_or("unknown", Domain::as_str), // RFC 7208 §7.3
            unix: check.unix.0,
        }
    }

    /// Terms counted so far.
    pub(super) fn lookups(&self) -> u32 {
        self.lookups
    }

    /// Counts a term that causes queries (RFC 7208 §4.6.4).
    pub(super) fn count_term(&mut self, term: impl FnOnce() -> String) -> Result<(), Stop> {
        if self.lookups >= MAX_SPF_LOOKUPS {
            let term = term();
            let costs = self.told.as_mut().map(|told| {
                told.cost(self.depth, &term);
                format!(": {}", told.costs())
            });
            let costs = costs.unwrap_or_default();
            return Err(permerror(format!("{term}: more than {MAX_SPF_LOOKUPS} terms cause DNS queries{costs}")));
        }
        if let Some(told) = &mut self.told {
            told.cost(self.depth, &term());
        }
        self.lookups += 1;
        self.void_counted = false;
        Ok(())
    }

    /// Counts the query for the client's names, which is made once at most (RFC 7208 §4.6.4).
    fn count_names(&mut self) -> Result<(), Stop> {
        if !self.names_counted {
            self.count_term(|| "%{p}".to_owned())?;
            self.names_counted = true;
        }
        Ok(())
    }

    /// Marks the query for the client's names as counted: `ptr` counts itself and makes it too.
    pub(super) fn names_are_counted(&mut self) {
        self.names_counted = true;
    }

    /// The answer to a term's query, which is counted when it is void.
    pub(super) fn lookup(&mut self, name: &Domain, record_type: RecordType) -> Result<DnsAnswer, Stop> {
        let answer = self.answer(name, record_type)?;
        self.count_void(&answer, name, record_type)?;
        Ok(answer)
    }

    /// Counts the current term as void if this answer is (RFC 7208 §4.6.4).
    pub(super) fn count_void(
        &mut self,
        answer: &DnsAnswer,
        name: &Domain,
        record_type: RecordType,
    ) -> Result<(), Stop> {
        let void = matches!(answer.outcome(), Outcome::NoData | Outcome::NxDomain);
        if let Some(told) = self.told.as_mut().filter(|_| void) {
            told.nothing(name, record_type);
        }
        if !void || self.void_counted {
            return Ok(());
        }
        self.void_counted = true;
        self.voids += 1;
        if self.voids > self.check.void_limit {
            let limit = self.check.void_limit;
            let nothing = self.told.as_ref().and_then(|told| told.found_nothing(self.check.ip));
            let nothing = nothing.map(|nothing| format!(": {nothing}")).unwrap_or_default();
            return Err(permerror(format!(
                "more than {limit} lookups found nothing, the last of them {name}{nothing}"
            )));
        }
        Ok(())
    }

    /// The answer to a query whose failure ends the evaluation (RFC 7208 §4.4, §5).
    fn answer(&mut self, name: &Domain, record_type: RecordType) -> Result<DnsAnswer, Stop> {
        let answer = self.answers.dns(name, record_type)?;
        let how = match answer.outcome() {
            Outcome::ServFail => "failed",
            Outcome::Timeout => "timed out",
            _ => return Ok(answer),
        };
        Err(Stop::Error(SpfResult::TempError, format!("the {record_type} lookup of {name} {how}")))
    }

    /// Adds a step to the trail if there is one.
    pub(super) fn step(&mut self, step: impl FnOnce() -> (String, Cow<'static, str>, String, &'static str)) {
        if let Some(trail) = &mut self.trail {
            let (step, outcome, why, rfc) = step();
            trail.push(step, outcome, why, rfc);
        }
    }
}

impl Found {
    fn none(reason: String) -> Self {
        Self { result: SpfResult::None, mechanism: None, explanation: None, reason: Some(reason) }
    }

    /// Why there is no record.
    pub(super) fn into_reason(self) -> String {
        self.reason.unwrap_or_default()
    }
}

pub(super) fn permerror(why: String) -> Stop {
    Stop::Error(SpfResult::PermError, why)
}
