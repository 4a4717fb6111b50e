//! The report's results as one Authentication-Results field (RFC 8601).

use super::report::Parts;
use super::{Envelope, Settings};
use crate::dkim;
use crate::dmarc;
use crate::results::{AuthenticationResults, IpRevVerdict, MethodResult};
use crate::spf::{self, Identity, SpfResult};

/// The field with everything that was checked.
pub(super) fn authentication_results(settings: &Settings, envelope: &Envelope, parts: &Parts) -> AuthenticationResults {
    let mut results = AuthenticationResults::new(&settings.authserv_id);
    for verdict in [Some(&parts.spf), parts.spf_helo.as_ref()].into_iter().flatten() {
        if verdict.is_checked() && !verdict.derived {
            results.push(spf(verdict, envelope));
        }
    }
    match &*parts.dkim {
        // RFC 8601 §2.7.1: the message was not signed.
        [] => results.push(MethodResult::new("dkim", "none")),
        verdicts => verdicts.iter().map(|verdict| dkim(verdict, verdicts)).for_each(|result| results.push(result)),
    }
    results.push(dmarc(&parts.dmarc.dmarc));
    if let Some(verdict) = parts.iprev.as_ref().filter(|verdict| !verdict.derived) {
        results.push(iprev(verdict));
    }
    results
}

/// RFC 8601 §2.7.2.
fn spf(verdict: &spf::Verdict, envelope: &Envelope) -> MethodResult {
    let result = MethodResult::new("spf", verdict.result.as_str());
    let result = match (&verdict.reason, verdict.result) {
        (Some(reason), SpfResult::TempError | SpfResult::PermError) => result.with_reason(reason),
        _ => result,
    };
    match verdict.identity {
        Identity::Helo => result.with_property("smtp", "helo", &verdict.domain_text),
        Identity::MailFrom => {
            let path = envelope.mail_from.as_deref().unwrap_or_default().trim();
            let path = path.strip_prefix('<').and_then(|path| path.strip_suffix('>')).unwrap_or(path);
            result.with_property("smtp", "mailfrom", path)
        }
    }
}

/// RFC 8601 §2.7.1.
fn dkim(verdict: &dkim::Verdict, all: &[dkim::Verdict]) -> MethodResult {
    let mut result = MethodResult::new("dkim", verdict.result.as_str());
    if let Some(reason) = &verdict.reason {
        result = result.with_reason(reason);
    }
    let domain = verdict.domain.as_ref().map(|domain| domain.as_str());
    let properties = [
        ("d", domain),
        ("s", verdict.selector.as_deref()),
        ("i", verdict.identity.as_deref()),
        ("a", verdict.algorithm.as_deref()),
        ("b", signature_start(verdict, all)),
    ];
    for (property, value) in properties {
        if let Some(value) = value {
            result = result.with_property("header", property, value);
        }
    }
    result
}

/// As much of `b=` as tells the signature from the others, and at least eight characters (RFC 6008 §4).
fn signature_start<'v>(verdict: &'v dkim::Verdict, all: &[dkim::Verdict]) -> Option<&'v str> {
    let start = verdict.b.get(..8)?;
    let ambiguous = all.iter().filter(|other| other.b.starts_with(start)).count() > 1;
    Some(if ambiguous { &verdict.b } else { start })
}

/// RFC 9989 §9.1.
fn dmarc(verdict: &dmarc::Verdict) -> MethodResult {
    let mut result = MethodResult::new("dmarc", verdict.result.as_str());
    if let Some(reason) = &verdict.reason {
        result = result.with_reason(reason);
    }
    if let Some(domain) = &verdict.domain {
        result = result.with_property("header", "from", domain.as_str());
    }
    if let Some(policy) = verdict.evaluated_policy {
        result = result.with_property("policy", "dmarc", policy.as_str());
    }
    result
}

/// RFC 8601 §2.7.3.
fn iprev(verdict: &IpRevVerdict) -> MethodResult {
    let result = MethodResult::new("iprev", verdict.result.as_str());
    let result = match verdict.reason {
        Some(reason) => result.with_reason(reason),
        None => result,
    };
    result.with_property("policy", "iprev", &verdict.ip.to_string())
}
