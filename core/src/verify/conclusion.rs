//! What follows from SPF, DKIM and the envelope together: DMARC's verdicts, and whether the message is authenticated.

use super::dmarc::{Dmarc, Missing, Verdicts};
use super::{Authenticated, Envelope};
use crate::dkim::{self, DkimResult};
use crate::dmarc::{Authenticated as Identifier, Cause, DmarcResult, Method};
use crate::domain::Domain;
use crate::spf::{self, SpfResult};

/// The verdicts, and the word that sums them up. `spf_domain` is that of the reverse-path, as far as it is known.
pub(super) fn conclude(
    dmarc: &Dmarc,
    envelope: &Envelope,
    spf_domain: Option<&Domain>,
    spf: &spf::Verdict,
    dkim: &[dkim::Verdict],
    is_header_only: bool,
) -> Option<(Verdicts, Authenticated)> {
    let (passed, undecided) = identifiers(envelope, spf, dkim);
    let missing = missing(dmarc, envelope, spf_domain, spf);
    let verdicts = dmarc.conclude(&passed, &undecided, missing.as_ref())?;
    let verdict = &verdicts.dmarc;
    // Without a policy only the author domain itself is aligned; what another domain would have said is no matter.
    let is_temporary = undecided.iter().any(|identifier| Some(&identifier.domain) == verdict.domain.as_ref());
    let authenticated = match verdict.result {
        DmarcResult::Pass => Authenticated::Yes,
        DmarcResult::None if !verdict.aligned_by.is_empty() => Authenticated::Yes,
        DmarcResult::TempError => Authenticated::Temporarily,
        DmarcResult::None if is_temporary => Authenticated::Temporarily,
        _ if verdicts.is_open => Authenticated::Undecided,
        DmarcResult::None | DmarcResult::Fail if is_header_only && would_pass_with_a_body(dmarc, dkim) => {
            Authenticated::Undecided
        }
        DmarcResult::None | DmarcResult::Fail | DmarcResult::PermError => Authenticated::No,
    };
    Some((verdicts, authenticated))
}

/// Whether a signature that verifies but for the body might authenticate the author.
fn would_pass_with_a_body(dmarc: &Dmarc, dkim: &[dkim::Verdict]) -> bool {
    let lacks_the_body = |verdict: &&dkim::Verdict| verdict.header_intact == Some(true);
    let domains = dkim.iter().filter(lacks_the_body).filter_map(|verdict| verdict.domain.as_ref());
    let identifiers: Vec<_> =
        domains.map(|domain| Identifier { method: Method::Dkim, domain: domain.clone() }).collect();
    dmarc.would_pass(&identifiers)
}

/// The identifiers that SPF and DKIM authenticated, and those that a temporary error left open.
///
/// That of SPF is MAIL FROM (RFC 9989 §4.4.2). The HELO name stands for it where the reverse-path is null, not where it
/// is unknown. A signature that passes with a key in testing (`t=y`) counts: RFC 6376 §3.6.1 protects the signer from
/// being worse off than without a signature, which a pass cannot do, and a fail is no worse than none here anyway.
fn identifiers(envelope: &Envelope, spf: &spf::Verdict, dkim: &[dkim::Verdict]) -> (Vec<Identifier>, Vec<Identifier>) {
    let (mut authenticated, mut undecided) = (Vec::new(), Vec::new());
    let mut sort = |method, domain: Option<&Domain>, passed: bool, temporary: bool| {
        let Some(domain) = domain else { return };
        match (passed, temporary) {
            (true, _) => authenticated.push(Identifier { method, domain: domain.clone() }),
            (_, true) => undecided.push(Identifier { method, domain: domain.clone() }),
            _ => {}
        }
    };
    let result = spf.result;
    let domain = spf.domain.as_ref().filter(|_| envelope.mail_from.is_some() && !spf.derived);
    sort(Method::Spf, domain, result == SpfResult::Pass, result == SpfResult::TempError);
    for verdict in dkim {
        let result = verdict.result;
        let temporary = result == DkimResult::TempError;
        sort(Method::Dkim, verdict.domain.as_ref(), result == DkimResult::Pass, temporary);
    }
    (authenticated, undecided)
}

/// What SPF might have authenticated, had the host known the client: what it says of a derived envelope, and where the
/// address is not known, what the reverse-path has, or might have.
fn missing(dmarc: &Dmarc, envelope: &Envelope, spf_domain: Option<&Domain>, spf: &spf::Verdict) -> Option<Missing> {
    let author = dmarc.author()?;
    let missing = |domain: &Domain, cause, reason| {
        let identifier = Identifier { method: Method::Spf, domain: domain.clone() };
        Some(Missing { identifier, cause, reason })
    };
    let Some(ip) = envelope.ip else {
        let domain = match envelope.path() {
            // A null reverse-path leaves it to the HELO name, which may not be known either.
            None | Some("") => spf_domain.unwrap_or(author),
            Some(_) => spf_domain?,
        };
        let reason = format!("the client's address is not known, so that SPF for {domain} could not be checked");
        return missing(domain, Cause::NoAddress, reason);
    };
    if !spf.derived {
        return None;
    }
    let says = format!("only the message itself says that it came from {ip}");
    match (&envelope.mail_from, spf.result) {
        (None, _) => missing(author, Cause::DerivedEnvelope, format!("{says}, and not with which reverse-path")),
        (Some(_), SpfResult::Pass | SpfResult::TempError) => {
            let domain = spf.domain.as_ref()?;
            let would = if spf.result == SpfResult::Pass { "passes" } else { "might pass" };
            missing(domain, Cause::DerivedEnvelope, format!("SPF {would} for {domain}, but {says}"))
        }
        _ => None,
    }
}
