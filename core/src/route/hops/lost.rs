//! Hosts that there is nothing of to connect to, and why: what somebody who looks for the fault wants to know apart.

use crate::lookup::{DnsAnswer, Outcome};
use crate::route::mx::Addresses;

/// A host, or a domain in the place of its hosts, that leads to no address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lost {
    /// Its name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Why it is not connected to.
    pub why: Absence,
}

/// Why a host is not connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Absence {
    /// The name does not exist: NXDOMAIN.
    NoSuchName,
    /// The name exists, and has neither A nor AAAA records.
    NoAddress,
    /// The look-up failed: SERVFAIL.
    ServFail,
    /// The look-up had no answer in time.
    Timeout,
    /// The domain takes no mail (RFC 7505).
    NullMx,
    /// It is this host, or its addresses lead nowhere.
    Ourselves,
    /// `source` has no address of a family that the host has.
    NoSource,
}

impl Absence {
    /// Why a host has no address.
    pub(super) fn of(addresses: &Addresses) -> Self {
        let both = [addresses.a.outcome(), addresses.aaaa.outcome()];
        match both {
            _ if both.contains(&Outcome::Timeout) => Self::Timeout,
            _ if both.contains(&Outcome::ServFail) => Self::ServFail,
            _ if both.contains(&Outcome::NxDomain) => Self::NoSuchName,
            _ => Self::NoAddress,
        }
    }

    /// Why a look-up of MX records failed.
    pub(super) fn of_failed(answer: &DnsAnswer) -> Self {
        match answer.outcome() {
            Outcome::Timeout => Self::Timeout,
            _ => Self::ServFail,
        }
    }
}
