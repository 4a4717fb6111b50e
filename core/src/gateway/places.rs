//! Places at destinations, and connections that are kept for the next message: of the process, in the host's hands.

use std::net::IpAddr;

use crate::domain::Domain;
use crate::route::hops::Hop;

/// All that two connections to a destination must have in common for one to stand in for the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// The credentials.
    pub credentials: Option<String>,
    /// What TLS has to hold, as decisions tell it.
    pub tls: String,
}

impl PlaceKey {
    /// The place of a hop.
    pub fn of(hop: &Hop) -> Self {
        Self {
            host: hop.host.clone(),
            port: hop.port,
            source: hop.source,
            ehlo: hop.ehlo.clone(),
            credentials: hop.credentials.clone(),
            tls: serde_json::to_string(&hop.tls).unwrap_or_default(),
        }
    }
}

/// The answer to [`Event::Place`](super::Event::Place).
#[derive(Debug)]
#[non_exhaustive]
pub enum Place {
    /// There is a place for another connection.
    Fresh {
        /// TLS has failed there not long ago, and clear text will do: so it is clear text.
        clear: bool,
    },
    /// This connection is free. The host gives its socket the number of the place.
    Kept(Box<Kept>),
    /// There is none within `[capacity] wait`.
    None,
}

/// A connection that waits for the next message.
#[derive(Debug)]
pub struct Kept {
    key: PlaceKey,
}

impl Kept {
    /// The place that it has.
    pub fn key(&self) -> &PlaceKey {
        &self.key
    }
}
