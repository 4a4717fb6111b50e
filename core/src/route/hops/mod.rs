//! The hosts that a message is offered to, in order, and how each is connected to.

use std::net::IpAddr;

use serde::Serialize;

use crate::route::replies::Reply;

/// The next hosts for a group of recipients, or why there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hops {
    /// They are offered the message in this order. There is at least one.
    Deliver(Vec<Hop>),
    /// No host can be used.
    Refused {
        /// Whether that is so for good.
        permanent: bool,
        /// What is said of it.
        reply: Reply,
    },
}

/// A host to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Hop {
    /// Its name, or its address where it has no name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Its addresses, in the order in which they are tried.
    pub addresses: Vec<IpAddr>,
    /// Whether TLS begins with the connection.
    pub implicit_tls: bool,
    /// The security of the connection.
    pub tls: HopTls,
    /// The name of the credentials to log in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// The local address to connect from, for each family that has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<IpAddr>,
    /// The name for EHLO.
    pub ehlo: String,
    /// Recipients of one transaction.
    pub max_recipients: u32,
    /// Messages of one connection; 0 for no bound of ours.
    pub max_messages: u32,
}

/// The security of a connection to a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HopTls {
    /// Whether nothing goes in clear text.
    pub required: bool,
    /// By what the certificate is verified.
    pub verify: Verify,
    /// What is asked for beside DANE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<Verify>,
    /// The names of which one has to be on the certificate.
    pub names: Vec<String>,
    /// The TLSA records, in presentation form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tlsa: Vec<String>,
    /// Who asks for it: `route`, `rule NAME`, `destination`, `dane`, `mta-sts`, `requiretls`.
    pub because: Vec<String>,
}

/// By what a certificate is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Verify {
    /// By nothing: any certificate will do.
    #[serde(rename = "none")]
    Nothing,
    /// A trusted authority.
    #[serde(rename = "ca")]
    Authority,
    /// A trusted authority and a name.
    #[serde(rename = "ca+name")]
    AuthorityAndName,
    /// TLSA records (RFC 7672).
    #[serde(rename = "dane")]
    Dane,
    /// A fingerprint.
    #[serde(rename = "fingerprint")]
    Fingerprint,
}
