//! `[[relay]]` and `users.toml`: who may send through us.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use super::networks::NetworkSet;
use super::pattern::AddressSet;
use super::routes::Provider;
use super::sections::QueueWhen;
use crate::domain::Domain;
use crate::smtp::sasl::{ScramVerifier, Secret};

/// An entry that admits clients: all that it asks for has to be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Relay {
    /// Its name.
    pub name: String,
    /// The preset whose values stand where the document has none.
    pub provider: Option<Provider>,
    /// Networks, of which one has to hold the client's address.
    pub peers: NetworkSet,
    /// Names whose SPF records list further addresses.
    pub spf: Vec<Domain>,
    /// Whether the client has to be authenticated.
    pub require_auth: bool,
    /// Whether the client has to speak TLS.
    pub require_tls: bool,
    /// Which senders it may use.
    pub senders: Senders,
    /// The file of accounts.
    pub users: Option<String>,
    /// The names of the accounts of that file.
    #[serde(skip)]
    pub accounts: BTreeSet<String>,
    /// When the null sender is admitted.
    pub null_sender: NullSender,
    /// What proves that mail from a shared range is ours.
    pub tenant: Option<Tenant>,
    /// Whether the range is one that many customers of a provider share.
    pub shared: bool,
    /// Whether the document says that a range is meant to be as wide as it is.
    pub wide: bool,
    /// Whether what comes by it is submitted mail.
    pub submitted: bool,
    /// When its mail is queued, where that differs from `[queue]`.
    pub queue: Option<QueueWhen>,
}

impl Relay {
    /// Whether it asks for an address at all.
    pub fn lists_peers(&self) -> bool {
        !self.peers.is_empty() || !self.spf.is_empty()
    }

    /// Whether an address that it lists is all that it asks of who comes: neither AUTH nor the proof of a tenant.
    pub(crate) fn trusts_addresses(&self) -> bool {
        !self.require_auth && self.senders != Senders::Registered && self.tenant.is_none()
    }
}

/// Which senders a `[[relay]]` admits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Senders {
    /// Those registered for the account.
    Registered,
    /// Those of `domains`.
    #[default]
    OwnDomains,
    /// Any: for accounts and ranges of one's own.
    Any,
}

/// When a `[[relay]]` admits the null sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NullSender {
    /// With AUTH, or with an EHLO name of ours from a listed address.
    #[default]
    AuthOrEhlo,
    /// From a listed address with the proof of the tenant.
    Tenant,
}

/// What proves that mail from a range that many customers share is ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Tenant {
    /// A fresh passing signature of a domain of ours, made by the provider. It covers From, Reply-To, To, Cc, Subject and Date
    /// as often as each stands on the message: what it leaves open, anybody can have put there.
    #[non_exhaustive]
    Dkim {
        /// The selectors with which the provider signs; `None`: any that this gateway has no key for.
        selectors: Option<BTreeSet<String>>,
        /// How old the signature may be, in seconds.
        max_age: u64,
    },
    /// A secret header field that the provider's routing rule stamps on.
    #[non_exhaustive]
    Header {
        /// The field's name.
        name: String,
        /// The file that its value comes from.
        value_file: String,
        /// Its value.
        #[serde(skip)]
        value: Secret,
    },
}

/// An account of `users.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Account {
    /// Its name.
    pub name: String,
    /// The senders that it may use.
    pub senders: AddressSet,
    /// Its application passwords; without any it cannot log in.
    pub verifiers: Vec<Verifier>,
}

/// An application password: what proves it, never the password.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verifier {
    /// What it is for.
    pub label: String,
    /// What proves it.
    pub scram: ScramVerifier,
    /// When it was made, as the file has it.
    pub created: Option<String>,
    /// When it was used last, as the file has it.
    pub used: Option<String>,
}

impl PartialEq for Verifier {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label && self.scram.text() == other.scram.text()
    }
}

impl Eq for Verifier {}

/// As its label alone.
impl Serialize for Verifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.label)
    }
}
