//! DANE: whether a host's TLSA records are asked for, at which name, and what comes of it (RFC 7671, RFC 7672).
//!
//! What a record says of a certificate is read by [`tls::dane`].

use super::mx::Addresses;
use super::security::{Dnssec, Tlsa};
use crate::domain::Domain;
use crate::lookup::{Answers, DnsAnswer, Pending, RecordType};
use crate::route::distinct;
use crate::tls::{self, Dane};

/// How a host came to be known.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// An MX record names it.
    Mx {
        /// Whether DNSSEC vouches for the MX records.
        secure: bool,
        /// The domain whose MX records they are.
        domain: &'a Domain,
        /// The name that the domain is an alias of.
        expanded: Option<&'a Domain>,
    },
    /// It is the destination itself: a policy names it, which counts as secure, or the domain has no MX records and DNSSEC says
    /// so or not (RFC 7672 §2.2.2).
    Itself {
        /// Whether that is certain.
        secure: bool,
    },
}

/// What DANE says of one host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostDane {
    /// How far DNSSEC vouches for the way to the host.
    pub dnssec: Dnssec,
    /// What came of the question for TLSA records, [`Tlsa::Absent`] where it was not asked.
    pub tlsa: Tlsa,
    /// The records that can be used.
    pub records: Vec<tls::Tlsa>,
    /// The TLSA base domain: where the records were found. It is the name in the ClientHello (RFC 7672 §8.1).
    pub base: Option<Domain>,
    /// The names that a certificate may have that a record of usage 2 leads to (RFC 7672 §3.2.2).
    pub names: Vec<Domain>,
}

impl HostDane {
    /// DANE does not apply.
    fn inapplicable(dnssec: Dnssec) -> Self {
        Self { dnssec, tlsa: Tlsa::Absent, records: Vec::new(), base: None, names: Vec::new() }
    }
}

/// The names at which TLSA records are looked for, in this order; how far DNSSEC vouches for the way, where there is none.
pub fn bases(host: &Domain, origin: Origin<'_>, addresses: &Addresses) -> Result<Vec<Domain>, Dnssec> {
    let (Origin::Mx { secure, .. } | Origin::Itself { secure }) = origin;
    if !secure {
        return Err(Dnssec::InsecureMx);
    }
    let families = [&addresses.a, &addresses.aaaa];
    // One family with secure records suffices (RFC 7672 §2.2.2). Of an alias the name that it stands for comes first.
    let is_secure = |answer: &&&DnsAnswer| answer.secure && !answer.records.is_empty();
    if let Some(answer) = families.iter().find(is_secure) {
        let canonical = answer.canonical_name(host);
        return Ok(match canonical == host {
            true => vec![host.clone()],
            false => vec![canonical.clone(), host.clone()],
        });
    }
    // A secure alias may lead into an unsigned zone: the name itself stays eligible, since its own zone, which is signed,
    // can have TLSA records for it.
    match families.iter().any(|answer| answer.alias_secure() == Some(true) && !answer.records.is_empty()) {
        true => Ok(vec![host.clone()]),
        false => Err(Dnssec::InsecureAddresses),
    }
}

/// The name of the TLSA records for a port (RFC 6698 §3); `None` where it would be too long for the DNS.
pub fn record_name(base: &Domain, port: u16) -> Option<Domain> {
    base.prepend(&format!("_{port}._tcp")).ok()
}

/// Notes the first question that [`look_up`] will ask, so that those for several hosts go out together.
pub fn note(host: &Domain, port: u16, origin: Origin<'_>, addresses: &Addresses, answers: &mut Answers) {
    let first = bases(host, origin, addresses).ok().and_then(|bases| record_name(bases.first()?, port));
    if let Some(name) = first {
        answers.note_dns(&name, RecordType::Tlsa);
    }
}

/// Looks for a host's TLSA records, where the way to it is secure and nowhere else (RFC 7672 §2.2).
///
/// # Errors
/// [`Pending`] when an answer is missing.
pub fn look_up(
    host: &Domain,
    port: u16,
    origin: Origin<'_>,
    addresses: &Addresses,
    answers: &mut Answers,
) -> Result<HostDane, Pending> {
    let bases = match bases(host, origin, addresses) {
        Ok(bases) => bases,
        Err(dnssec) => return Ok(HostDane::inapplicable(dnssec)),
    };
    for base in bases {
        let Some(name) = record_name(&base, port) else { continue };
        let (tlsa, records) = match Dane::of(&answers.dns(&name, RecordType::Tlsa)?) {
            Dane::Absent => continue,
            Dane::Unknown => (Tlsa::Failed, Vec::new()),
            Dane::Encrypted => (Tlsa::Unusable, Vec::new()),
            Dane::Authenticated(records) => (Tlsa::Usable, records),
        };
        let names = reference_names(host, &base, origin);
        return Ok(HostDane { dnssec: Dnssec::Secure, tlsa, records, base: Some(base), names });
    }
    Ok(HostDane::inapplicable(Dnssec::Secure))
}

/// The TLSA base domain first; of an MX host the domain whose mail it takes, and what that is an alias of; of any other host the
/// name that was asked for, where the records are at what that is an alias of (RFC 7672 §3.2.2).
fn reference_names(host: &Domain, base: &Domain, origin: Origin<'_>) -> Vec<Domain> {
    let mut names = vec![base.clone()];
    match origin {
        Origin::Mx { domain, expanded, .. } => {
            names.push(domain.clone());
            names.extend(expanded.cloned());
        }
        Origin::Itself { .. } => names.push(host.clone()),
    }
    distinct(names)
}
