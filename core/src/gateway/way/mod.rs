//! The way out: a message to one group of recipients, over its hops.

use std::net::IpAddr;

use crate::tls::Failure;

/// An attempt to deliver: what TLS came to, for reports (RFC 8460).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The host.
    pub host: String,
    /// The address that was connected to.
    pub address: Option<IpAddr>,
    /// Why TLS failed, where it did.
    pub failure: Option<Failure>,
}
