//! What is decided about: a session and an envelope.

use std::net::IpAddr;

use crate::mailbox::Mailbox;
use crate::setters::setters;

/// Who is at the other end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// The client's address; `None` where there is none, so that no network has it.
    pub peer: Option<IpAddr>,
    /// The argument of EHLO or HELO.
    pub helo: String,
    /// The account that the client has authenticated as.
    pub user: Option<String>,
    /// Whether the client speaks TLS.
    pub tls: bool,
}

impl Session {
    /// A session of which nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        peer: Option<IpAddr>,
        helo: String,
        user: Option<String>,
        tls: bool,
    }
}

/// MAIL FROM and RCPT TO.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// The sender; `None` is the null one.
    pub from: Option<Mailbox>,
    /// The recipients, in order.
    pub to: Vec<Mailbox>,
    /// Whether MAIL FROM had REQUIRETLS (RFC 8689 §2).
    pub requiretls: bool,
    /// The size that MAIL FROM declared (RFC 1870), in octets.
    pub size: Option<u64>,
}

impl Envelope {
    /// An envelope.
    pub fn new(from: Option<Mailbox>, to: Vec<Mailbox>) -> Self {
        Self { from, to, requiretls: false, size: None }
    }

    setters! {
        requiretls: bool,
        size: Option<u64>,
    }
}

/// What rules and the message ask of the way to the next hop, beside what route and destination do.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Demands {
    /// The rules that demand TLS, in order.
    pub rules: Vec<String>,
    /// Whether the message came with REQUIRETLS.
    pub requiretls: bool,
    /// Whether it says `TLS-Required: No`.
    pub tls_required_no: bool,
}
