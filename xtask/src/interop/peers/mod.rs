//! The peers that are servers. An MTA takes mail and passes it on, by its route for the domain: to the store, where
//! the test looks, or to ours.

pub(super) mod aiosmtpd;
pub(super) mod exim;
pub(super) mod haraka;
pub(super) mod opensmtpd;
pub(super) mod postfix;
pub(super) mod smtp_server;
pub(super) mod smtp_sink;

use super::process::Server;

/// When a connection is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    Never,
    /// By STARTTLS.
    Upgraded,
    /// From its first octet on.
    Implicit,
}

/// How an MTA delivers for a domain. Certificates are verified, and the name in them is `world::TLS_NAME`.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) domain: String,
    /// Of the loopback.
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) lmtp: bool,
    /// Log in, by this mechanism.
    pub(super) auth: Option<&'static str>,
}

/// A server that mail can be sent to.
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// Plain text, and STARTTLS where it has that.
    pub(super) port: u16,
    /// Where TLS begins with the connection.
    pub(super) tls_port: Option<u16>,
    /// What it offers in AUTH once TLS is up.
    pub(super) mechanisms: &'static [&'static str],
    pub(super) starttls: bool,
    pub(super) eight_bit: bool,
    pub(super) utf8: bool,
    pub(super) chunking: bool,
    pub(super) lmtp: bool,
    /// Why it has no TLS, where it should.
    pub(super) no_tls: &'static str,
    pub(super) server: Server,
}

impl Route {
    /// A route's name that a configuration file takes: the domain with nothing but letters and `_`.
    pub(super) fn label(&self) -> String {
        self.domain.replace(['.', '-'], "_")
    }
}
