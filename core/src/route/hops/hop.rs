//! A next hop: where to connect, and what has to hold there.

use std::net::IpAddr;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::domain::Domain;
use crate::route::policy::MinTls;
use crate::route::security::Encryption;
use crate::tls::Tlsa;
use crate::tls::dane::{Matching, Selector, Usage};
use crate::words::words;

/// A host to connect to, in the order of the list in which it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Hop {
    /// The host, as policy or MX record have it: a name, or an address literal.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Its addresses, in the order in which they are tried.
    pub addresses: Vec<IpAddr>,
    /// Whether TLS begins with the connection.
    pub implicit_tls: bool,
    /// What TLS has to hold.
    pub tls: HopTls,
    /// The name of the credentials to log in with. They are for this peer, verified, and for nobody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// The local address to connect from, of the family of [`addresses`](Self::addresses).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// The name for EHLO.
    pub ehlo: Domain,
    /// Recipients of one transaction.
    pub max_recipients: u32,
    /// Messages of one connection; 0 for no bound of ours.
    pub max_messages: u32,
    /// Whether a transaction has recipients of one domain only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub split_domains: bool,
}

impl Hop {
    /// A host at these addresses and port 25, without login, to which this has to hold.
    pub fn new(host: impl Into<String>, addresses: Vec<IpAddr>, ehlo: Domain, tls: HopTls) -> Self {
        Self {
            host: host.into(),
            port: 25,
            addresses,
            implicit_tls: false,
            tls,
            credentials: None,
            source: None,
            ehlo,
            max_recipients: 100,
            max_messages: 0,
            split_domains: false,
        }
    }
}

/// By what a certificate has to stand the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// By nothing.
    None,
    /// A trusted authority has issued it.
    Ca,
    /// And it is for one of the names.
    CaName,
    /// It has one of the fingerprints.
    Fingerprint,
    /// One of the TLSA records fits.
    Dane,
}

impl Check {
    /// The word of decisions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ca => "ca",
            Self::CaName => "ca+name",
            Self::Fingerprint => "fingerprint",
            Self::Dane => "dane",
        }
    }
}

words!(Display, Serialize for Check);

/// What TLS has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HopTls {
    /// Whether it is spoken, may be, or has to be.
    pub encryption: Encryption,
    /// By what the certificate has to stand the test.
    pub verify: Check,
    /// The names for that: one of them is on the certificate. With DANE they count for usage 2 alone.
    pub names: Vec<Domain>,
    /// The records for that, of DANE.
    pub tlsa: Vec<Tlsa>,
    /// SHA-256 digests of certificates: it has to be one of these.
    pub fingerprints: Vec<Vec<u8>>,
    /// By what else it has to stand the test, each with its names: what one side asks for holds beside what the other does.
    pub also: Vec<(Check, Vec<Domain>)>,
    /// The name in the ClientHello (RFC 6066 §3).
    pub server_name: Option<Domain>,
    /// The least version.
    pub min_tls: MinTls,
    /// Whether the host has to offer REQUIRETLS inside TLS (RFC 8689 §4.2.1).
    pub requiretls: bool,
    /// The domain whose MTA-STS policy, in mode `testing`, wants to know what would have failed.
    pub report: Option<Domain>,
    /// The domain whose policies, of DANE or MTA-STS, are asked for: that of the recipient, or of the host that is named in its place.
    pub policy_domain: Option<Domain>,
    /// Who asked: `route`, `rule NAME`, `destination`, `dane`, `mta-sts`, `requiretls`.
    pub because: Vec<String>,
}

impl HopTls {
    /// TLS of any version, which nobody has to stand a test for.
    pub fn new(encryption: Encryption) -> Self {
        Self {
            encryption,
            verify: Check::None,
            names: Vec::new(),
            tlsa: Vec::new(),
            fingerprints: Vec::new(),
            also: Vec::new(),
            server_name: None,
            min_tls: MinTls::V1_2,
            requiretls: false,
            report: None,
            policy_domain: None,
            because: Vec::new(),
        }
    }

    /// Whether nothing is delivered without it.
    pub fn is_required(&self) -> bool {
        self.encryption == Encryption::Encrypt
    }

    /// Whether it is proven to whom one speaks.
    pub fn verifies(&self) -> bool {
        let proves = |check: Check| check >= Check::CaName;
        proves(self.verify) || self.also.iter().any(|(check, _)| proves(*check))
    }
}

impl Serialize for HopTls {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("required", &self.is_required())?;
        map.serialize_entry("verify", &self.verify)?;
        map.serialize_entry("names", &self.names)?;
        if !self.tlsa.is_empty() {
            map.serialize_entry("tlsa", &self.tlsa.iter().map(presentation).collect::<Vec<_>>())?;
        }
        if !self.fingerprints.is_empty() {
            let prints = self.fingerprints.iter().map(|print| format!("sha256:{}", hex(print)));
            map.serialize_entry("fingerprints", &prints.collect::<Vec<_>>())?;
        }
        match &*self.also {
            [] => {}
            [(check, names)] => {
                map.serialize_entry("also", check)?;
                if !names.is_empty() {
                    map.serialize_entry("also_names", names)?;
                }
            }
            several => {
                map.serialize_entry("also", &several.iter().map(|(check, _)| check).collect::<Vec<_>>())?;
                map.serialize_entry("also_names", &several.iter().flat_map(|(_, names)| names).collect::<Vec<_>>())?;
            }
        }
        if self.encryption == Encryption::None {
            map.serialize_entry("off", &true)?;
        }
        if let Some(name) = &self.server_name {
            map.serialize_entry("server_name", name)?;
        }
        map.serialize_entry("min_tls", &self.min_tls)?;
        if self.requiretls {
            map.serialize_entry("requiretls", &true)?;
        }
        if let Some(domain) = &self.report {
            map.serialize_entry("report", domain)?;
        }
        map.serialize_entry("because", &self.because)?;
        map.end()
    }
}

/// A record as zone files have it (RFC 6698 §2.2): `3 1 1 0d6f…`.
pub fn presentation(record: &Tlsa) -> String {
    let usage = match record.usage {
        Usage::TrustAnchor => 2,
        Usage::EndEntity => 3,
    };
    let selector = match record.selector {
        Selector::Certificate => 0,
        Selector::PublicKey => 1,
    };
    let matching = match record.matching {
        Matching::Full => 0,
        Matching::Sha256 => 1,
        Matching::Sha512 => 2,
    };
    format!("{usage} {selector} {matching} {}", hex(&record.data))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
