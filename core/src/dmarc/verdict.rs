//! The DMARC verdict (RFC 9989 §5.3.5, §5.3.6).

use std::fmt;

use serde::Serialize;

use crate::dmarc::alignment::{Aligned, Alignment};
use crate::dmarc::discovery::{AppliedPolicy, Discovery, PolicyDiscovery};
use crate::dmarc::record::Policy;
use crate::domain::Domain;
use crate::trail::Trail;

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

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

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

impl fmt::Display for DmarcResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

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

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

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
    /// What the owner asks for: the policy, one level lower under `t=y`, if the result is fail; otherwise nothing.
    pub disposition: Disposition,
    /// The mechanisms with an aligned, authenticated identifier, each once; also where no policy record applies.
    pub aligned_by: Vec<Method>,
    /// Why the result is not pass, and other things worth knowing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The steps that led to this.
    #[serde(skip)]
    pub trail: Trail,
}

impl Verdict {
    /// The verdict on a message whose From header field gives no single, certain author domain.
    ///
    /// DMARC cannot be applied to it (RFC 9989 §5.3.1), and no later attempt would change that, which is `permerror`
    /// (§9.2); `none` would make it look like mail of a domain without a policy. There is no owner who could ask for
    /// anything. A receiver does well not to deliver such a message as it is (§11.5).
    pub fn author_uncertain(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let mut trail = Trail::new();
        trail.push("dmarc author domain", "permerror", reason.clone(), "RFC 9989 §5.3.1");
        Self {
            result: DmarcResult::PermError,
            domain: None,
            policy_domain: None,
            policy: None,
            disposition: Disposition::None,
            aligned_by: Vec::new(),
            reason: Some(reason),
            trail,
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
            PolicyDiscovery::Absent => {
                let reason = format!("no policy record applies to {}", self.author);
                let mut verdict = self.verdict(DmarcResult::None, Some(reason), "RFC 9989 §5.3.2");
                // Without any record each domain is its own organizational domain (RFC 9989 §4.10.2).
                verdict.aligned_by = methods(authenticated, |identifier| identifier.domain == self.author);
                return verdict;
            }
            PolicyDiscovery::Unusable { domain } => {
                let reason = format!("the policy record of {domain} has no valid policy and no address for reports");
                let verdict = self.verdict(DmarcResult::PermError, Some(reason), "RFC 9989 §4.10.1");
                return Verdict { policy_domain: Some(domain.clone()), ..verdict };
            }
            PolicyDiscovery::Failed { domain, status } => {
                let reason = format!("the query for the policy record of {domain} failed: {}", status.as_str());
                return self.verdict(DmarcResult::TempError, Some(reason), "RFC 9989 §5.3.6");
            }
        };

        let (result, reason) = self.judge(applied, authenticated, undecided);
        let source = if result == DmarcResult::TempError { "RFC 9989 §5.3.6" } else { "RFC 9989 §5.3.5" };
        let mut verdict = self.verdict(result, reason, source);
        verdict.policy_domain = Some(applied.domain.clone());
        verdict.policy = applied.policy;
        verdict.aligned_by = methods(authenticated, |identifier| self.aligned(identifier, applied) == Aligned::Yes);
        if let (DmarcResult::Fail, Some(policy)) = (result, applied.policy) {
            // RFC 9989 §4.7, tag t.
            let asked = if applied.record.testing { policy.lowered() } else { policy };
            verdict.disposition = asked.into();
            let why = if asked == policy { "the policy that applies" } else { "one level lower, since t=y" };
            verdict.trail.push("dmarc disposition", asked.as_str(), why, "RFC 9989 §4.7");
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
        let reason = match authenticated {
            [] => "no identifier is authenticated".to_owned(),
            _ => format!("no authenticated identifier is aligned with {}", self.author),
        };
        (DmarcResult::Fail, Some(reason))
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

    fn verdict(&self, result: DmarcResult, reason: Option<String>, source: &'static str) -> Verdict {
        let mut trail = self.trail.clone();
        let why = reason.clone().unwrap_or_else(|| "an authenticated identifier is aligned".to_owned());
        trail.push(format!("dmarc {}", self.author), result.as_str(), why, source);
        Verdict {
            result,
            domain: Some(self.author.clone()),
            policy_domain: None,
            policy: None,
            disposition: Disposition::None,
            aligned_by: Vec::new(),
            reason,
            trail,
        }
    }
}

/// The mechanisms by which an identifier is authenticated and `aligned`, each once.
fn methods(authenticated: &[Authenticated], aligned: impl Fn(&Authenticated) -> bool) -> Vec<Method> {
    let by = |method: Method| authenticated.iter().any(|a| a.method == method && aligned(a));
    [Method::Spf, Method::Dkim].into_iter().filter(|method| by(*method)).collect()
}
