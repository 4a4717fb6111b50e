//! `[[route]]`, `[[destination]]`, `[[credentials]]`: where mail goes next, and what is asked of the way.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::domain::Domain;
use crate::smtp::sasl::Secret;
use crate::time::UnixTime;

/// The name of the route that delivers by the MX set of the recipient's domain; it is there without being written.
pub const MX_ROUTE: &str = "mx";
/// The name of the route that the old setting `outbound_gateway` makes.
pub const OUTBOUND_GATEWAY: &str = "outbound_gateway";

/// A route: what an administrator's console calls a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The preset whose values stand where the document has none.
    pub provider: Option<Provider>,
    /// The hosts, in the order of the document. Empty with [`mx_lookup`](Self::mx_lookup): the recipient's domain.
    pub hosts: Vec<Host>,
    /// Whether mail goes to the MX set of the name, and not to its addresses.
    pub mx_lookup: bool,
    /// Whether TLS is demanded. Always, where one of the two below is.
    pub require_tls: bool,
    /// Whether the certificate has to be of a trusted authority.
    pub require_ca: bool,
    /// Whether the certificate has to have the host's name, or one of [`names`](Self::names).
    pub verify_hostname: bool,
    /// Further names that are accepted on the certificate.
    pub names: Vec<Domain>,
    /// The least version of TLS.
    pub min_tls: MinTls,
    /// Who logs in.
    #[serde(serialize_with = "as_name")]
    pub credentials: Option<Arc<Credentials>>,
    /// Local addresses to send from; the host's choice where there are none.
    pub source: Vec<IpAddr>,
    /// The name for EHLO.
    pub ehlo: Domain,
    /// What comes of TLS that is demanded and not had.
    pub on_tls_failure: OnTlsFailure,
    /// The route to use when every host of this one failed temporarily.
    pub fallback: Option<String>,
    /// Recipients of one transaction.
    pub max_recipients: u32,
    /// Messages of one connection; 0 for no bound of ours.
    pub max_messages: u32,
    /// Octets of a message that the hosts take; 0 where that is not known.
    pub max_size: u64,
    /// Whether a transaction has recipients of one domain only.
    pub split_domains: bool,
    /// A file of authorities to trust instead of the platform's.
    pub ca: Option<String>,
    /// Extensions that the hosts are known to have.
    pub offers: Vec<String>,
    /// Whether it comes with the gateway: the route `mx`, the old setting.
    pub built_in: bool,
}

impl Route {
    /// What the route asks of the way, as one of the levels: its own demand, without those of rules and destinations.
    pub fn demand(&self) -> Level {
        match (self.require_tls, self.require_ca, self.verify_hostname) {
            (_, true, true) => Level::Verify,
            // A name that no authority vouches for proves nothing, and an authority that vouches for any name little.
            (_, true, false) | (_, false, true) | (true, _, _) => Level::Encrypt,
            (false, false, false) => Level::May,
        }
    }

    /// Whether mail goes to the MX set of the recipient's own domain.
    pub fn is_recipient_mx(&self) -> bool {
        self.mx_lookup && self.hosts.is_empty()
    }
}

/// A provider whose demands are known ([`presets`](super::presets)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Google Workspace.
    GoogleWorkspace,
    /// Microsoft 365.
    #[serde(rename = "microsoft-365")]
    Microsoft365,
}

/// A host of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Host {
    /// Its name or address.
    pub target: HostTarget,
    /// The port.
    pub port: u16,
    /// Whether TLS begins with the connection: so it is on port 465, and where the route says so.
    pub implicit_tls: bool,
    /// Its share of the load, against those of the other hosts of its tier.
    pub load: u32,
    /// Whether it is used first.
    pub tier: Tier,
}

/// What a host is named by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostTarget {
    /// A name, to be looked up.
    Name(Domain),
    /// An address.
    Address(IpAddr),
}

impl HostTarget {
    /// The name, where it is one.
    pub fn name(&self) -> Option<&Domain> {
        match self {
            Self::Name(name) => Some(name),
            Self::Address(_) => None,
        }
    }
}

impl fmt::Display for HostTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl Serialize for HostTarget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// When a host is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// First.
    #[default]
    Primary,
    /// When no host of the first tier took the message.
    Secondary,
}

/// The least version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum MinTls {
    /// TLS 1.2 (RFC 5246).
    #[default]
    #[serde(rename = "1.2")]
    V1_2,
    /// TLS 1.3 (RFC 8446).
    #[serde(rename = "1.3")]
    V1_3,
}

/// What comes of TLS that is demanded and not had from any host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnTlsFailure {
    /// 451 4.7.5: it is tried again.
    #[default]
    Defer,
    /// 550 5.7.5, as the consoles of large providers do.
    Bounce,
}

/// `[[credentials]]`: a user and a password for a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Credentials {
    /// Their name.
    pub name: String,
    /// The user.
    pub user: String,
    /// The file that the password comes from.
    pub password_file: String,
    /// The password.
    #[serde(skip)]
    pub password: Secret,
}

/// The user and the file; the password has no part in what a policy means.
fn as_name<S: Serializer>(credentials: &Option<Arc<Credentials>>, serializer: S) -> Result<S::Ok, S::Error> {
    credentials.as_deref().serialize(serializer)
}

/// A level of transport security that a `[[destination]]` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// No TLS.
    None,
    /// TLS where it is offered, with any certificate.
    May,
    /// TLS, with any certificate.
    Encrypt,
    /// A trusted certificate for the MX host's name.
    Verify,
    /// A trusted certificate for the recipient's domain or one of the destination's names.
    Secure,
    /// DANE where there are usable TLSA records; below `encrypt` where there are none.
    Dane,
    /// DANE, and no delivery without.
    DaneOnly,
    /// A certificate with one of these fingerprints.
    Fingerprint,
}

impl Level {
    /// All of them, with the words of the document.
    pub const WORDS: [(&'static str, Self); 8] = [
        ("none", Self::None),
        ("may", Self::May),
        ("encrypt", Self::Encrypt),
        ("verify", Self::Verify),
        ("secure", Self::Secure),
        ("dane", Self::Dane),
        ("dane-only", Self::DaneOnly),
        ("fingerprint", Self::Fingerprint),
    ];

    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, level)| *level == self).map_or("none", |(word, _)| word)
    }
}

/// `[[destination]]`: local demands for a recipient domain or a next hop.
///
/// Without [`until`](Self::until) it is one more demand beside those of routes and rules. With it, and until the end of that
/// day (UTC), it stands in the place of theirs, and so can lower them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Destination {
    /// The domain, or the host.
    pub domain: Domain,
    /// Whether every name below is meant, and not the name itself (`*.example.com`).
    pub below: bool,
    /// What is asked for.
    pub tls: Level,
    /// Whether the document says so: one that only lifts what others ask for (`override`) has no level of its own.
    pub says_tls: bool,
    /// Names that are accepted on the certificate, for `secure`.
    pub names: Vec<Domain>,
    /// SHA-256 digests of certificates, for `fingerprint`.
    pub fingerprints: Vec<Vec<u8>>,
    /// The first moment after the last day on which it lowers something.
    pub until: Option<UnixTime>,
    /// What of others' demands it lowers.
    pub overrides: Overrides,
}

impl Destination {
    /// Whether it is about this name.
    pub fn covers(&self, name: &Domain) -> bool {
        match self.below {
            true => name != &self.domain && name.is_within(&self.domain),
            false => name == &self.domain,
        }
    }

    /// Whether it may lower something now.
    pub fn lowers(&self, now: UnixTime) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

/// What `override` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Overrides {
    /// DANE.
    pub dane: bool,
    /// MTA-STS.
    pub mta_sts: bool,
}
