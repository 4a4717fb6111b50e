//! What an attempt to deliver came to, as far as TLS is concerned: what reports on TLS are made of (RFC 8460).

use std::net::IpAddr;

use crate::domain::Domain;
use crate::gateway::NotConnected;
use crate::route::hops::{Check, Hop, HopTls};
use crate::time::UnixTime;
use crate::tls::{Failure, Version};

/// An attempt to connect to a host, and what TLS came to there. A connection that is used again makes none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// When.
    pub when: UnixTime,
    /// The route.
    pub route: Option<String>,
    /// What the destination has published (RFC 8460 §4.4, `policy-type`).
    pub policy: PolicyType,
    /// Whose policy that is (`policy-domain`): the recipient's domain, or that of a host which is named in its place; `None` for
    /// an address.
    pub policy_domain: Option<Domain>,
    /// The host (`receiving-mx-hostname`).
    pub host: String,
    /// The port.
    pub port: u16,
    /// The address that was connected to (`receiving-ip`).
    pub address: Option<IpAddr>,
    /// The local address, where the route has one (`sending-mta-ip`).
    pub source: Option<IpAddr>,
    /// How far it came.
    pub reached: Reached,
    /// Why TLS failed (`result-type`), where it did. A connection inside TLS has one where a policy of MTA-STS in mode `testing` would
    /// have had it fail, and one in clear text where TLS was not offered or has just failed.
    pub failure: Option<Failure>,
}

/// How far an attempt came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reached {
    /// There was no connection: no session in the sense of RFC 8460.
    NotConnected(NotConnected),
    /// The conversation ended before it was known whether TLS comes about.
    Connected,
    /// TLS failed, and with it the connection.
    TlsFailed,
    /// It goes on in clear text.
    Clear,
    /// It goes on inside TLS.
    Secured {
        /// Of this version.
        version: Version,
        /// Whether it is proven to whom.
        verified: bool,
    },
}

/// What a destination has published about TLS (RFC 8460 §4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyType {
    /// DANE.
    Tlsa,
    /// MTA-STS.
    Sts,
    /// Neither.
    NoPolicyFound,
}

impl PolicyType {
    /// The word that reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tlsa => "tlsa",
            Self::Sts => "sts",
            Self::NoPolicyFound => "no-policy-found",
        }
    }

    /// What the decision about a hop rests on.
    pub fn of(tls: &HopTls) -> Self {
        let is_dane = tls.verify == Check::Dane || tls.also.iter().any(|(check, _)| *check == Check::Dane);
        let is_because = |cause: &str| tls.because.iter().any(|because| because == cause);
        if is_dane || is_because("dane") {
            Self::Tlsa
        } else if tls.report.is_some() || is_because("mta-sts") {
            Self::Sts
        } else {
            Self::NoPolicyFound
        }
    }
}

crate::words::words!(Display, Serialize for PolicyType);

impl Attempt {
    pub(super) fn new(
        hop: &Hop,
        route: Option<&str>,
        address: Option<IpAddr>,
        when: UnixTime,
        reached: Reached,
    ) -> Self {
        Self {
            when,
            route: route.map(str::to_owned),
            policy: PolicyType::of(&hop.tls),
            policy_domain: hop.tls.report.clone().or_else(|| hop.tls.policy_domain.clone()),
            host: hop.host.clone(),
            port: hop.port,
            address,
            source: hop.source,
            reached,
            failure: None,
        }
    }

    pub(super) fn because_of(self, failure: Option<Failure>) -> Self {
        Self { failure, ..self }
    }

    /// Whether it counts as a session, and if so as a successful one (RFC 8460 §4.3, `total-successful-session-count`).
    pub fn is_success(&self) -> Option<bool> {
        match self.reached {
            Reached::NotConnected(_) | Reached::Connected => None,
            Reached::TlsFailed => Some(false),
            Reached::Clear if self.failure.is_none() => None,
            Reached::Clear | Reached::Secured { .. } => Some(self.failure.is_none()),
        }
    }
}
