//! The DMARC verdict (RFC 9989 §5.3.5, §5.3.6; RFC 7489 §6.6.2).

use serde::Serialize;

use crate::alignment::IdentifierAlignment;
use crate::dmarc::alignment::{Aligned, Alignment, related};
use crate::dmarc::candidates::{AuthorCertainty, Candidate};
use crate::dmarc::cause::Cause;
use crate::dmarc::discovery::{AppliedPolicy, Discovery, PolicyDiscovery};
use crate::dmarc::lookup::SeveralRecords;
use crate::dmarc::record::{AlignmentMode, Policy};
use crate::dmarc::standard::{Clause, Standard};
use crate::domain::Domain;
use crate::limits::MAX_NAMED;
use crate::trail::Trail;
use crate::words::words;

/// A mechanism that authenticates a domain (RFC 9989 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// SPF, of the MAIL FROM identity (RFC 9989 §4.4.2).
    Spf,
    /// A DKIM signature (RFC 9989 §4.4.1).
    Dkim,
}

impl Method {
    /// The word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spf => "spf",
            Self::Dkim => "dkim",
        }
    }
}

words!(Display for Method);

/// A domain and the mechanism that authenticated it, or would have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The mechanism.
    pub method: Method,
    /// The SPF domain, or the `d=` of a signature.
    pub domain: Domain,
}

/// The result, in the words of RFC 9989 §9.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DmarcResult {
    /// A policy record applies, and an aligned identifier is authenticated.
    Pass,
    /// A policy record applies, and no aligned identifier is authenticated.
    Fail,
    /// No policy record applies.
    None,
    /// Something failed for now that might have changed the result.
    TempError,
    /// There is a record that cannot be used, or no certain author domain.
    PermError,
}

impl DmarcResult {
    /// The word of Authentication-Results and of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::None => "none",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

words!(Display for DmarcResult);

/// What the domain owner asks to be done with the message. Whether it is done is the receiver's decision, who is not to
/// reject for this reason alone (RFC 9989 §5.4, §7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// Nothing in particular.
    None,
    /// To treat it as suspicious.
    Quarantine,
    /// To reject it.
    Reject,
}

impl Disposition {
    /// The word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

words!(Display for Disposition);

impl From<Policy> for Disposition {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::None => Self::None,
            Policy::Quarantine => Self::Quarantine,
            Policy::Reject => Self::Reject,
        }
    }
}

/// The DMARC part of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verdict {
    /// The result.
    pub result: DmarcResult,
    /// The author domain; `None`, `null` in the report, when the message has none that is certain.
    pub domain: Option<Domain>,
    /// Where the policy record stands (RFC 9989 §3.2.5); `None`, `null` in the report, when none was found.
    pub policy_domain: Option<Domain>,
    /// The policy that applies to the author domain: `p`, `sp` or `np`, as published; `None`, `null` in the report,
    /// when there is none.
    pub policy: Option<Policy>,
    /// What the owner asks for: the policy, one level lower under `t=y`, if the result is fail; otherwise nothing. Where the
    /// author is not certain, the strictest of what the owners of the candidates ask for.
    ///
    /// By RFC 7489 it is the policy where it is asked of the message at all, which `pct` may leave open.
    pub disposition: Disposition,
    /// Whether that is one level less than the policy because of `t=y` (RFC 9989 §4.7); left out of the report where it is not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lowered: bool,
    /// Of how many messages in a hundred the disposition is asked, where that is fewer than all (RFC 7489 §6.6.4). The
    /// engine draws no lots; [`disposition_for`](Self::disposition_for) takes what the host drew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pct: Option<u8>,
    /// The mechanisms with an aligned, authenticated identifier, each once; also where no policy record applies.
    pub aligned_by: Vec<Method>,
    /// How certain it is whose domain the author's is. If it is not, the result is permerror.
    pub author: AuthorCertainty,
    /// The domains that some reader may take for the author's, each once, in order of appearance; none where the author is
    /// certain.
    pub candidates: Vec<Candidate>,
    /// What keeps the result from being pass or fail, in a word for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Why the result is not pass, and other things worth knowing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The policy after its options have been processed, whatever the result is: what the property `policy.dmarc` of
    /// Authentication-Results has (RFC 9989 §9.1). One level less than [`policy`](Self::policy) under `t=y`, and by RFC 7489
    /// under `pct=0`; what another `pct` makes of it is for the host to draw.
    #[serde(skip)]
    pub evaluated_policy: Option<Policy>,
    /// By which standard this is.
    #[serde(skip)]
    pub standard: Standard,
    /// The steps that led to this.
    #[serde(skip)]
    pub trail: Trail,
}

impl Verdict {
    /// The verdict on a message in which no reader finds an author domain: [`of_candidates`](Self::of_candidates) without
    /// any. There is no owner who could ask for anything; a receiver does well not to deliver such a message as it is
    /// (RFC 9989 §11.5).
    pub fn no_author(reason: impl Into<String>) -> Self {
        Self::of_candidates(AuthorCertainty::None, reason, &[])
    }

    /// What the owner asks for of a message for which the host drew this number, evenly between 0 and 99: the
    /// disposition if it is within `pct`, otherwise one level less (RFC 7489 §6.6.4). Without `pct` it makes no difference.
    pub fn disposition_for(&self, drawn: u8) -> Disposition {
        match (self.pct, self.policy) {
            (Some(pct), Some(policy)) if drawn >= pct => policy.lowered().into(),
            _ => self.disposition,
        }
    }

    /// The verdict where it would have failed and SPF, of which nothing can be made, might have made it pass: `none`, for
    /// this cause, with nothing asked. Policy and policy domain stay, since they say what the owner would ask for.
    #[must_use]
    pub fn withheld(mut self, cause: Cause, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let (standard, author) = (self.standard, self.domain.as_ref().map(Domain::as_str).unwrap_or_default());
        let step = format!("{} {author}", standard.prefix());
        self.trail.push(step, DmarcResult::None.as_str(), reason.clone(), standard.section(Clause::Undecided));
        self.result = DmarcResult::None;
        self.disposition = Disposition::None;
        self.lowered = false;
        self.cause = Some(cause);
        self.reason = Some(reason);
        self
    }
}

impl Verdict {
    /// Sets the disposition of a message that failed.
    fn ask(&mut self, policy: Policy, applied: &AppliedPolicy, standard: Standard) {
        let pct = applied.record.pct.filter(|pct| *pct < 100 && policy != Policy::None);
        let (asked, why) = match pct {
            // RFC 9989 §4.7, tag t.
            _ if applied.record.testing => (policy.lowered(), "one level lower, since t=y".to_owned()),
            None => (policy, "the policy that applies".to_owned()),
            // RFC 7489 §6.6.4: it must not be enacted on more messages than that. A record with t=y in its place says
            // the same by RFC 9989 (appendix A.6).
            Some(0) => (policy.lowered(), "one level lower, since pct=0".to_owned()),
            Some(pct) => (policy, format!("of {pct} messages in a hundred; of others {}", policy.lowered())),
        };
        if let Some(pct) = pct {
            let reason = self.reason.get_or_insert_default();
            reason.push_str(&format!(", pct={pct}"));
        }
        self.pct = pct;
        self.disposition = asked.into();
        self.lowered = applied.record.testing && asked != policy;
        if !self.trail.is_off() {
            let step = format!("{} disposition", standard.prefix());
            self.trail.push(step, asked.as_str(), why, standard.section(Clause::Disposition));
        }
    }
}

impl Discovery {
    /// The verdict, once SPF and DKIM are known.
    ///
    /// `authenticated` are the identifiers that passed. `undecided` are those whose check ended in a temporary error: if
    /// no other is aligned and one of them might have been, the message can be said neither to pass nor to
    /// fail (RFC 9989 §5.3.6), and the result is temperror. Both should have been among the candidates; of one that
    /// was not, alignment is certain only when it is the author domain.
    pub fn conclude(&self, authenticated: &[Authenticated], undecided: &[Authenticated]) -> Verdict {
        let applied = match &self.policy {
            PolicyDiscovery::Found(applied) => applied,
            PolicyDiscovery::Absent | PolicyDiscovery::Several { .. } => {
                return self.without_record(authenticated);
            }
            PolicyDiscovery::Unusable { domain } => {
                let unusable = "has no valid policy and no address for reports";
                let reason = self.with_faults(format!("the policy record of {domain} {unusable}"));
                let verdict = self.verdict(DmarcResult::PermError, Some(reason), Clause::Unusable);
                return Verdict { policy_domain: Some(domain.clone()), cause: Some(Cause::RecordUnusable), ..verdict };
            }
            PolicyDiscovery::Failed { domain, status } => {
                let reason = format!("the query for the policy record of {domain} failed: {}", status.as_str());
                let verdict = self.verdict(DmarcResult::TempError, Some(reason), Clause::QueryFailed);
                return Verdict { cause: Some(Cause::RecordUnavailable), ..verdict };
            }
        };

        let (result, reason) = self.judge(applied, authenticated, undecided);
        let clause = if result == DmarcResult::TempError { Clause::Undecided } else { Clause::Result };
        let mut verdict = self.verdict(result, reason, clause);
        verdict.policy_domain = Some(applied.domain.clone());
        verdict.policy = applied.policy;
        verdict.evaluated_policy = applied.policy.map(|policy| match applied.record.pct {
            _ if applied.record.testing => policy.lowered(),
            Some(0) => policy.lowered(),
            _ => policy,
        });
        verdict.aligned_by = methods(authenticated, |identifier| self.aligned(identifier, applied) == Aligned::Yes);
        if let (DmarcResult::Fail, Some(policy)) = (result, applied.policy) {
            verdict.ask(policy, applied, self.standard);
        }
        verdict
    }

    /// The result where a usable record applies.
    fn judge(
        &self,
        applied: &AppliedPolicy,
        authenticated: &[Authenticated],
        undecided: &[Authenticated],
    ) -> (DmarcResult, Option<String>) {
        let mode = |wanted: &[Aligned], list: &[Authenticated]| {
            list.iter().find(|a| wanted.contains(&self.aligned(a, applied))).map(|a| (a.method, a.domain.clone()))
        };
        if mode(&[Aligned::Yes], authenticated).is_some() {
            return (DmarcResult::Pass, None);
        }
        if let Some((method, domain)) = mode(&[Aligned::Unknown], authenticated) {
            let reason = format!("whether {domain}, authenticated by {method}, is aligned could not be found out");
            return (DmarcResult::TempError, Some(reason));
        }
        if let Some((method, domain)) = mode(&[Aligned::Yes, Aligned::Unknown], undecided) {
            let reason = format!("{method} for {domain} ended in a temporary error");
            return (DmarcResult::TempError, Some(reason));
        }
        if applied.policy.is_none() {
            let reason = format!("whether {} exists, on which the policy depends, could not be found out", self.author);
            return (DmarcResult::TempError, Some(reason));
        }
        (DmarcResult::Fail, Some(self.with_faults(self.why_it_fails(applied, authenticated))))
    }

    /// Which identifiers were authenticated and why they do not count, and what else would have counted.
    fn why_it_fails(&self, applied: &AppliedPolicy, authenticated: &[Authenticated]) -> String {
        let mut told: Vec<String> = Vec::new();
        for identifier in authenticated {
            let sentence = self.why_not_aligned(identifier, applied);
            if told.len() < MAX_NAMED && !told.contains(&sentence) {
                told.push(sentence);
            }
        }
        let missing = |alignment: &&Alignment| {
            let modes = [applied.record.adkim, applied.record.aspf];
            modes.into_iter().any(|mode| alignment.under(mode) == Aligned::Yes)
                && !authenticated.iter().any(|identifier| identifier.domain == alignment.domain)
        };
        let missing: Vec<&str> =
            self.alignments.iter().filter(missing).take(MAX_NAMED).map(|alignment| alignment.domain.as_str()).collect();
        let would = match missing[..] {
            [] => String::new(),
            _ => format!(", {} would have been aligned", missing.join(" or ")),
        };
        match told.is_empty() {
            true => format!("no identifier is authenticated{would}"),
            false => format!("no authenticated identifier is aligned with {}: {}{would}", self.author, told.join(", ")),
        }
    }

    /// Why an authenticated identifier does not count, by the tag that asks for the mode.
    fn why_not_aligned(&self, identifier: &Authenticated, applied: &AppliedPolicy) -> String {
        let (tag, mode) = match identifier.method {
            Method::Spf => ("aspf", applied.record.aspf),
            Method::Dkim => ("adkim", applied.record.adkim),
        };
        let Authenticated { method, domain } = identifier;
        match (mode, self.alignment_of(domain)) {
            (AlignmentMode::Strict, IdentifierAlignment::Relaxed) => {
                format!("{method} passes for {domain}, which {tag}=r would take and {tag}=s does not")
            }
            (AlignmentMode::Strict, _) => format!("{method} passes for {domain} ({tag}=s)"),
            (AlignmentMode::Relaxed, _) => {
                format!("{method} passes for {domain}, which has another organizational domain ({tag}=r)")
            }
        }
    }

    /// A reason, and what is wrong with the records that it rests on.
    fn with_faults(&self, reason: String) -> String {
        match &self.faults[..] {
            [] => reason,
            faults => format!("{reason}: {}", faults[..faults.len().min(MAX_NAMED)].join(", and ")),
        }
    }

    /// Whether an identifier is aligned in the mode that the record asks of its mechanism.
    fn aligned(&self, identifier: &Authenticated, applied: &AppliedPolicy) -> Aligned {
        let mode = match identifier.method {
            Method::Spf => applied.record.aspf,
            Method::Dkim => applied.record.adkim,
        };
        match self.alignments.iter().find(|alignment| alignment.domain == identifier.domain) {
            Some(alignment) => alignment.under(mode),
            None => {
                let strict = identifier.domain == self.author;
                Alignment { domain: identifier.domain.clone(), strict, relaxed: Aligned::Unknown }.under(mode)
            }
        }
    }

    /// Whether an identifier is aligned in the mode that applies to it; `None` where no record applies.
    #[cfg(feature = "psl")]
    pub(crate) fn aligned_as_asked(&self, identifier: &Authenticated) -> Option<Aligned> {
        match &self.policy {
            PolicyDiscovery::Found(applied) => Some(self.aligned(identifier, applied)),
            _ => None,
        }
    }

    /// How a domain stands to the author domain, as far as that was found out, whether it was among the candidates or not:
    /// of another one, what is known without a question.
    pub fn alignment_of(&self, domain: &Domain) -> IdentifierAlignment {
        if let Some(alignment) = self.alignments.iter().find(|alignment| alignment.domain == *domain) {
            return alignment.word();
        }
        match &self.organizational_domain {
            _ if *domain == self.author => IdentifierAlignment::Strict,
            Some(organizational) if domain == organizational => IdentifierAlignment::Relaxed,
            Some(organizational) if !domain.is_within(organizational) => IdentifierAlignment::No,
            _ if !related(domain, &self.author) => IdentifierAlignment::No,
            None if matches!(self.policy, PolicyDiscovery::Absent) => IdentifierAlignment::No,
            _ => IdentifierAlignment::Unknown,
        }
    }

    /// The verdict where no record applies. By RFC 9989 §4.10.2 each domain is then its own organizational domain; by
    /// RFC 7489 nobody has said that less than the same domain will do.
    fn without_record(&self, authenticated: &[Authenticated]) -> Verdict {
        let none = format!("no policy record applies to {}", self.author);
        let (cause, reason) = match &self.several[..] {
            [] => (Cause::NoRecord, self.with_faults(none)),
            several => (Cause::SeveralRecords, format!("{none}: {}", of_several(several))),
        };
        let mut verdict = self.verdict(DmarcResult::None, Some(reason), Clause::NoRecord);
        verdict.cause = Some(cause);
        verdict.aligned_by = methods(authenticated, |identifier| identifier.domain == self.author);
        verdict
    }

    fn verdict(&self, result: DmarcResult, reason: Option<String>, clause: Clause) -> Verdict {
        let mut trail = self.trail.clone();
        if !trail.is_off() {
            let why = reason.clone().unwrap_or_else(|| "an authenticated identifier is aligned".to_owned());
            let step = format!("{} {}", self.standard.prefix(), self.author);
            trail.push(step, result.as_str(), why, self.standard.section(clause));
        }
        Verdict {
            result,
            domain: Some(self.author.clone()),
            policy_domain: None,
            policy: None,
            disposition: Disposition::None,
            lowered: false,
            pct: None,
            aligned_by: Vec::new(),
            author: AuthorCertainty::Certain,
            candidates: Vec::new(),
            cause: None,
            reason,
            evaluated_policy: None,
            standard: self.standard,
            trail,
        }
    }
}

/// The mechanisms by which an identifier is authenticated and `aligned`, each once.
fn methods(authenticated: &[Authenticated], aligned: impl Fn(&Authenticated) -> bool) -> Vec<Method> {
    let by = |method: Method| authenticated.iter().any(|a| a.method == method && aligned(a));
    [Method::Spf, Method::Dkim].into_iter().filter(|method| by(*method)).collect()
}

/// Where there are several records, what they begin with, and what to do about it.
fn of_several(several: &[SeveralRecords]) -> String {
    let name = |several: &SeveralRecords| {
        let records: Vec<String> = several.shown.iter().map(|record| format!("\"{record}\"")).collect();
        let others = if several.count > several.shown.len() { ", ..." } else { "" };
        let SeveralRecords { domain, count, .. } = several;
        format!("_dmarc.{domain} has {count} ({}{others})", records.join(", "))
    };
    let names: Vec<String> = several.iter().map(name).collect();
    format!("several policy records at one name count as none, and {}: remove all but one", names.join(", "))
}
