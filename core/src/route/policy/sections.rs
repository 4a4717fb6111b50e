//! The sections that are there once: limits, queue, listeners, and what else a gateway needs to know.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;

use crate::dkim::Signer;
use crate::domain::Domain;
use crate::smtp::sasl::Secret;

/// `[[sign]]`: keys for an author's domain.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Sign {
    /// The domain of the author.
    pub domain: Domain,
    /// The selectors and the files of the keys.
    pub keys: Vec<SignKey>,
    /// What signs.
    #[serde(skip)]
    pub signer: Arc<Signer>,
}

impl PartialEq for Sign {
    fn eq(&self, other: &Self) -> bool {
        self.domain == other.domain && self.keys == other.keys
    }
}

impl Eq for Sign {}

/// A key of `[[sign]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SignKey {
    /// The selector.
    pub selector: String,
    /// The file.
    pub file: String,
}

/// A quota of `[limits]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Quota {
    /// Messages in the window.
    pub messages: Option<u64>,
    /// Recipients in the window.
    pub recipients: Option<u64>,
    /// The window, in seconds.
    pub window: u64,
}

/// `[limits]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Quotas {
    /// Of each account.
    pub per_user: Option<Quota>,
    /// Of all together.
    pub per_organisation: Option<Quota>,
}

/// When mail is queued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueWhen {
    /// Never: the client waits for the next hop's reply.
    #[default]
    Never,
    /// When the next hop did not take it.
    OnDeferral,
    /// Always.
    Always,
}

/// `[queue]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Queue {
    /// When.
    pub when: QueueWhen,
    /// Where.
    pub store: Option<String>,
}

/// `[quarantine]`: where messages go that a person has to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Quarantine {
    /// By a route.
    Route(String),
    /// Into a maildir.
    Maildir(String),
}

/// `srs`: what senders are rewritten with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SrsSettings {
    /// The domain of rewritten senders.
    pub domain: Domain,
    /// The file that the key comes from.
    pub key_file: String,
    /// The key.
    #[serde(skip)]
    pub key: Secret,
}

/// `[listen]`, for the command alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Listen {
    /// Mail between servers.
    pub smtp: Vec<SocketAddr>,
    /// Submission with STARTTLS.
    pub submission: Vec<SocketAddr>,
    /// Submission inside TLS.
    pub submissions: Vec<SocketAddr>,
    /// The gateway's own certificate.
    pub tls: Option<ListenTls>,
    /// Where metrics are told.
    pub metrics: Option<SocketAddr>,
    /// The socket that `gateway explain` asks.
    pub admin: Option<String>,
}

impl Listen {
    /// All addresses at which mail is taken.
    pub fn all(&self) -> impl Iterator<Item = &SocketAddr> {
        self.smtp.iter().chain(&self.submission).chain(&self.submissions)
    }

    /// Whether there are listeners, and all of them speak TLS from the first octet.
    pub(crate) fn is_always_tls(&self) -> bool {
        !self.submissions.is_empty() && self.smtp.is_empty() && self.submission.is_empty()
    }
}

/// The certificate of `[listen]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListenTls {
    /// The file of the certificate chain.
    pub certificate: String,
    /// The file of its key.
    pub key: String,
}

/// `[testing]`: what no gateway in use has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Testing {
    /// The port of MX hosts, where it is not 25.
    pub mx_port: Option<u16>,
    /// Whether MX hosts may be on the loopback.
    pub loopback_mx: bool,
}

/// `[timeouts]`, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Timeouts {
    /// Until RCPT is answered.
    pub rcpt: u64,
    /// Until the end of the message is answered.
    pub end_of_data: u64,
    /// Until a connection stands.
    pub connect: u64,
    /// Without a command.
    pub idle: u64,
    /// For which a failed handshake is remembered.
    pub tls_failure: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { rcpt: 120_000, end_of_data: 240_000, connect: 30_000, idle: 300_000, tls_failure: 3_600_000 }
    }
}

/// `[capacity]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Capacity {
    /// Octets of messages held in memory.
    pub held: u64,
    /// The folder for those beyond.
    pub spill: Option<String>,
    /// Connections to one destination.
    pub per_destination: u32,
    /// Milliseconds to wait for a place.
    pub wait: u64,
    /// Octets of one message.
    pub message: u64,
    /// Connections of clients.
    pub connections: u32,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            held: 256_000_000,
            spill: None,
            per_destination: 20,
            wait: 10_000,
            message: 50_000_000,
            connections: 1000,
        }
    }
}

/// `[milter]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Milter {
    /// Where it listens.
    pub listen: Option<String>,
    /// What is done with a message that fails.
    pub on_reject: Option<String>,
    /// Authors of Authentication-Results that are believed.
    pub trusted_authserv_ids: Vec<String>,
}
