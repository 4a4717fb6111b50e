//! What two connections must have in common for one to stand in for the other.

use std::net::IpAddr;
use std::sync::Arc;

use crate::domain::Domain;
use crate::gateway::Setup;
use crate::route::hops::{Check, Hop, HopTls};
use crate::route::policy::Credentials;
use crate::route::security::Encryption;
use crate::tls::Roots;

/// A place at a destination, and all that two connections there must have in common for one to stand in for the other: host and
/// port, credentials, local address, EHLO name, and what TLS has to hold. Two keys are equal where all of it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlaceKey {
    /// The host, as policy or MX record have it.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The local address.
    pub source: Option<IpAddr>,
    /// The name for EHLO.
    pub ehlo: Domain,
    /// The addresses at which the host can be now. They have no part in equality: a connection to any of them will do.
    pub addresses: Vec<IpAddr>,
    /// Whether only a new connection will do: a kept one has just turned out to be dead. It has no part in equality.
    pub fresh: bool,
    implicit_tls: bool,
    credentials: Option<Arc<Credentials>>,
    tls: HopTls,
    roots: Option<Roots>,
}

impl PlaceKey {
    /// The place of a hop of a route.
    pub fn of(hop: &Hop, route: Option<&str>, setup: &Setup) -> Self {
        let tls = HopTls { because: Vec::new(), report: None, policy_domain: None, ..hop.tls.clone() };
        Self {
            host: hop.host.clone(),
            port: hop.port,
            source: hop.source,
            ehlo: hop.ehlo.clone(),
            addresses: hop.addresses.clone(),
            fresh: false,
            implicit_tls: hop.implicit_tls,
            credentials: setup.credentials_of(hop, route).cloned(),
            // Who is trusted counts where it is asked.
            roots: setup.roots_of(route).filter(|_| asks_authority(&hop.tls)).cloned(),
            tls,
        }
    }

    /// Where it is, for the number of connections there.
    pub fn destination(&self) -> (String, u16) {
        (self.host.to_ascii_lowercase(), self.port)
    }

    /// Whether clear text will do where TLS has failed (RFC 7435).
    pub fn may_be_clear(&self) -> bool {
        self.tls.encryption == Encryption::May
            && !self.implicit_tls
            && !self.tls.requiretls
            && self.credentials.is_none()
    }

    /// Whether a connection of the other key, to this address, can stand in.
    pub(super) fn fits(&self, other: &Self, address: IpAddr) -> bool {
        !self.fresh && self == other && self.addresses.contains(&address)
    }
}

fn asks_authority(tls: &HopTls) -> bool {
    let checks = std::iter::once(tls.verify).chain(tls.also.iter().map(|(check, _)| *check));
    checks.into_iter().any(|check| matches!(check, Check::Ca | Check::CaName))
}

impl PartialEq for PlaceKey {
    fn eq(&self, other: &Self) -> bool {
        let have_same_roots = match (&self.roots, &other.roots) {
            (Some(roots), Some(others)) => roots.is_same(others),
            (None, None) => true,
            _ => false,
        };
        self.destination() == other.destination()
            && self.source == other.source
            && self.ehlo == other.ehlo
            && self.implicit_tls == other.implicit_tls
            && self.credentials == other.credentials
            && self.tls == other.tls
            && have_same_roots
    }
}

impl Eq for PlaceKey {}
