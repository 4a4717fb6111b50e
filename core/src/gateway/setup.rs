//! The policy, and all that belongs to it and is no text.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use super::content::keys::KeyStates;
use crate::lookup::StsCache;
use crate::route::hops::Hop;
use crate::route::policy::{Credentials, Policy};
use crate::setters::setters;
use crate::smtp::sasl::SecretKey;
use crate::tls::{ClientTls, Roots, ServerTls};

/// What all sessions of a gateway share: the policy, and what goes with it. It does not change; a host that reads its policy anew
/// makes another one, and hands it to the sessions that run ([`Input::Renew`](super::Input::Renew)).
#[derive(Clone)]
#[non_exhaustive]
pub struct Setup {
    /// The policy.
    pub policy: Arc<Policy>,
    /// Our certificates, for clients; without any there is no STARTTLS, no AUTH and no listener for submission inside TLS.
    pub server_tls: Option<ServerTls>,
    /// The authorities by whom hops are verified: those of `[tls] ca`, or of the platform. Without any, no hop can be.
    pub roots: Option<Roots>,
    /// Those of routes that have their own, by the name of the file.
    pub route_roots: BTreeMap<String, Roots>,
    /// From this come the salts that unknown users seem to have: always the same, also after a restart.
    pub sasl_secret: SecretKey,
    /// The MTA-STS policies that were had before.
    pub sts_cache: Arc<StsCache>,
    /// What the DNS said of the keys that we sign with.
    pub key_states: Arc<KeyStates>,
    /// Whether the dialogues with clients are told, line by line.
    pub trace: bool,
    /// Other cryptography for the handshakes with hops than AWS-LC's: simulations, in which each is the same octets again.
    #[doc(hidden)]
    pub cryptography: Option<Arc<CryptoProvider>>,
}

impl Setup {
    /// A policy without anything that goes with it.
    pub fn new(policy: Arc<Policy>, sasl_secret: SecretKey) -> Self {
        Self {
            policy,
            server_tls: None,
            roots: None,
            route_roots: BTreeMap::new(),
            sasl_secret,
            sts_cache: Arc::default(),
            key_states: Arc::default(),
            trace: false,
            cryptography: None,
        }
    }

    setters! {
        server_tls: Option<ServerTls>,
        roots: Option<Roots>,
        route_roots: BTreeMap<String, Roots>,
        sts_cache: Arc<StsCache>,
        key_states: Arc<KeyStates>,
        trace: bool,
    }

    /// As [`ClientTls::cryptography`].
    #[doc(hidden)]
    #[must_use]
    pub fn cryptography(self, provider: Arc<CryptoProvider>) -> Self {
        Self { cryptography: Some(provider), ..self }
    }

    /// The authorities by whom hosts of a route are verified.
    pub fn roots_of(&self, route: Option<&str>) -> Option<&Roots> {
        let file = route.and_then(|name| self.policy.route(name)).and_then(|route| route.ca.as_deref());
        match file {
            Some(file) => self.route_roots.get(file),
            None => self.roots.as_ref(),
        }
    }

    /// With what to log in at a hop of a route: only where it is proven to whom they are shown.
    pub(super) fn credentials_of(&self, hop: &Hop, route: Option<&str>) -> Option<&Arc<Credentials>> {
        let name = hop.credentials.as_deref().filter(|_| hop.tls.verifies())?;
        let of_route = self.policy.route(route?)?.credentials.as_ref();
        of_route.filter(|credentials| credentials.name == name)
    }

    /// The client's side of TLS with a hop of a route: the only place where it is made. `None` where an authority has to vouch and
    /// there are none.
    pub(super) fn tls_of(&self, hop: &Hop, route: Option<&str>) -> Option<ClientTls> {
        let roots = self.roots_of(route);
        let tls = hop.tls.client_for_report(roots).or_else(|| hop.tls.client(roots))?;
        Some(match &self.cryptography {
            Some(provider) => tls.cryptography(provider.clone()),
            None => tls,
        })
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("policy", &self.policy.version).finish_non_exhaustive()
    }
}

/// What kind of port a client has connected to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Listener {
    /// `[listen] smtp`: mail between servers, and of those who are admitted by their address.
    #[default]
    Smtp,
    /// `[listen] submission` (RFC 6409): AUTH, behind STARTTLS.
    Submission,
    /// `[listen] submissions` (RFC 8314 §3.3): AUTH, inside TLS from the first octet.
    Submissions,
}

impl Listener {
    /// Whether mail that comes here is submitted, and may be completed (RFC 6409 §8).
    pub fn is_submission(self) -> bool {
        !matches!(self, Self::Smtp)
    }
}

/// A client that has connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// Its address.
    pub address: Option<SocketAddr>,
    /// The address that it has connected to.
    pub local: Option<SocketAddr>,
    /// What kind of port that is.
    pub listener: Listener,
}

impl Client {
    /// A client at this address.
    pub fn new(address: Option<SocketAddr>, local: Option<SocketAddr>, listener: Listener) -> Self {
        Self { address, local, listener }
    }
}
