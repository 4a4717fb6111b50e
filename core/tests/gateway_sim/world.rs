//! The world in which the gateway lives: whom there is, what they have, and what the gateway was told about them.
//!
//! It does not change from seed to seed. What is demanded of a host stands here a second time, beside the policy, since it is
//! what the auditor goes by.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use passerelle::crypto::Hash;
use passerelle::route::policy::Policy;
use passerelle::smtp::sasl::ScramVerifier;

use crate::certificates::PKI;

/// 2026-09-21, when the virtual clock is at 0.
pub(crate) const UNIX: u64 = 1_790_000_000;

/// The gateway's own name.
pub(crate) const NAME: &str = "gw.example.com";

/// What is demanded of a host before anything of a message may go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Nothing.
    Nothing,
    /// A server that is proven to be the one that was meant.
    Verified,
}

/// A host that takes mail.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) name: &'static str,
    pub(crate) addresses: &'static [&'static str],
    pub(crate) port: u16,
    pub(crate) demand: Demand,
    /// Whether it asks for a login.
    pub(crate) wants_auth: bool,
    /// Whether it is the archive, to which a copy may go twice.
    pub(crate) is_archive: bool,
}

const fn host(name: &'static str, addresses: &'static [&'static str], port: u16, demand: Demand) -> Host {
    Host { name, addresses, port, demand, wants_auth: false, is_archive: false }
}

pub(crate) static HOSTS: [Host; 13] = [
    Host { wants_auth: true, ..host("smart1.example.net", &["2001:db8:5::1", "198.51.100.1"], 587, Demand::Verified) },
    Host { wants_auth: true, ..host("smart2.example.net", &["198.51.100.2"], 587, Demand::Verified) },
    host("plain.example.net", &["198.51.100.3"], 25, Demand::Nothing),
    host("spare.example.net", &["198.51.100.4"], 25, Demand::Nothing),
    host("inside.example.com", &["192.0.2.200"], 25, Demand::Nothing),
    Host { is_archive: true, ..host("archive.example.com", &["192.0.2.201"], 25, Demand::Nothing) },
    host("mx1.may.example", &["2001:db8:5::10", "198.51.100.10"], 25, Demand::Nothing),
    host("mx2.may.example", &["198.51.100.11"], 25, Demand::Nothing),
    host("mx.raw.example", &["198.51.100.12"], 25, Demand::Nothing),
    host("mx.dane.example", &["198.51.100.13"], 25, Demand::Verified),
    host("mx.sts.example", &["198.51.100.14"], 25, Demand::Nothing),
    host("mx.bank.example", &["198.51.100.15"], 25, Demand::Verified),
    host("tls.example.net", &["198.51.100.16"], 465, Demand::Verified),
];

/// The host at an address.
pub(crate) fn host_at(address: IpAddr) -> Option<usize> {
    let address = address.to_string();
    HOSTS.iter().position(|host| host.addresses.contains(&address.as_str()))
}

pub(crate) fn host_named(name: &str) -> Option<&'static Host> {
    HOSTS.iter().find(|host| host.name == name)
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// Anybody out there.
    Stranger,
    /// An application in a range of ours.
    Apps,
    /// Ann, who logs in.
    Ann,
    /// Somebody in a range that many share, who has the tenant's secret.
    Tenant,
    /// Somebody in that range who has not.
    Neighbour,
}

impl Who {
    pub(crate) const ALL: [Self; 5] = [Self::Stranger, Self::Apps, Self::Ann, Self::Tenant, Self::Neighbour];

    pub(crate) fn address(self) -> &'static str {
        match self {
            Self::Stranger => "203.0.113.9",
            Self::Apps => "192.0.2.7",
            Self::Ann => "203.0.113.50",
            Self::Tenant | Self::Neighbour => "198.18.0.5",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stranger => "mail.stranger.example",
            Self::Apps => "app.example.com",
            Self::Ann => "laptop.example.com",
            Self::Tenant | Self::Neighbour => "out.cloud.example",
        }
    }
}

pub(crate) const USER: &str = "ann";
pub(crate) const PASSWORD: &str = "pencil";
/// What the tenant shows.
pub(crate) const PROOF: &str = "open sesame 1234567890";
/// What the gateway logs in with at the smart hosts.
pub(crate) const HOP_USER: &str = "relay";
pub(crate) const HOP_PASSWORD: &str = "hop secret";

/// Domains for which the gateway signs, with the selector and the secret of the key.
pub(crate) const SIGNERS: [(&str, &str, [u8; 32]); 2] =
    [("example.com", "s1", [0x51; 32]), ("shop.example.com", "s2", [0x52; 32])];

const POLICY: &str = r#"
hostname = "gw.example.com"
domains = ["example.com", "*.example.com", "raw.example.com"]
addresses = ["192.0.2.25"]

[[relay]]
name = "staff"
require_auth = true
require_tls = true
users = "users.toml"
senders = "registered"

[[relay]]
name = "apps"
peers = ["192.0.2.0/24"]
senders = "own-domains"

[[relay]]
name = "cloud"
peers = ["198.18.0.0/24"]
shared = true
tenant = { header = "X-Gateway-Tenant", value_file = "tenant.secret" }

[[credentials]]
name = "smart"
user = "relay"
password_file = "smart.password"

[[route]]
name = "smart"
hosts = ["smart1.example.net:587", "smart2.example.net:587"]
credentials = "smart"
max_messages = 3

[[route]]
name = "implicit"
hosts = ["tls.example.net:465"]

[[route]]
name = "plain"
hosts = ["plain.example.net"]
require_tls = false
require_ca = false
verify_hostname = false
fallback = "spare"
max_recipients = 2

[[route]]
name = "spare"
hosts = ["spare.example.net"]
require_tls = false
require_ca = false
verify_hostname = false

[[route]]
name = "inside"
hosts = ["inside.example.com"]
require_tls = false
require_ca = false
verify_hostname = false

[[route]]
name = "archive"
hosts = ["archive.example.com"]
require_tls = false
require_ca = false
verify_hostname = false

[[rule]]
name = "archiving"
match = { direction = ["outbound"], from = ["ann@example.com"], to = ["@partner.example", "@copied.example"] }
do = { also_to = ["all@archive.example.com"] }

[[rule]]
name = "to the archive"
match = { to = ["@archive.example.com"] }
do = { route = "archive" }

[[rule]]
name = "junk"
match = { to = ["@junk.example"], header = ["X-Junk: yes"] }
do = { discard = true }

[[rule]]
name = "spam"
match = { direction = ["inbound"], to = ["@checked.example.com"], header = ["X-Spam: yes"] }
do = { quarantine = true }

[[rule]]
name = "large"
match = { to = ["@checked.example.com"], larger_than = "20 kB" }
do = { reject = "550 5.3.4 Too large" }

[[rule]]
name = "inbound"
match = { direction = ["inbound", "internal-receiving"], to = ["@example.com", "@checked.example.com"] }
do = { route = "inside" }

[[rule]]
name = "signed footers"
match = { direction = ["outbound"], to = ["@foot.example"] }
do = { footer = { text = "Harbour Ltd", html = "<p>Harbour Ltd</p>" }, route = "plain" }

[[rule]]
name = "partners"
match = { direction = ["outbound"], to = ["@partner.example"] }
do = { route = "smart" }

[[rule]]
name = "in TLS from the start"
match = { direction = ["outbound"], to = ["@implicit.example"] }
do = { route = "implicit", subject_prefix = "[out] " }

[[rule]]
name = "by the plain host"
match = { direction = ["outbound"], to = ["@plain.example", "@copied.example", "@junk.example"] }
do = { route = "plain", add_header = ["X-Way: plain"], remove_header = ["X-Internal"] }

[[rule]]
name = "by the spare host"
match = { direction = ["outbound"], to = ["@single.example"] }
do = { route = "spare" }

[[destination]]
domain = "bank.example"
tls = "verify"

[[sign]]
domain = "example.com"
keys = [{ selector = "s1", file = "s1.pem" }]

[[sign]]
domain = "shop.example.com"
keys = [{ selector = "s2", file = "s2.pem" }]

[quarantine]
maildir = "quarantine"

[capacity]
held = "96 kB"
per_destination = 2
"#;

/// The policies between which a reload changes. All of them ask the same security of the same hosts.
pub(crate) static POLICIES: LazyLock<Vec<Arc<Policy>>> =
    LazyLock::new(|| (0..3).map(|number| Arc::new(compile(&text(number)))).collect());

pub(crate) fn text(number: usize) -> String {
    match number {
        0 => POLICY.to_owned(),
        1 => POLICY.replace("subject_prefix = \"[out] \"", "add_header = [\"X-Out: yes\"]"),
        _ => {
            let spare = POLICY.replace("hosts = [\"plain.example.net\"]", "hosts = [\"spare.example.net\"]");
            spare.replace("fallback = \"spare\"\n", "")
        }
    }
}

pub(crate) fn compile(text: &str) -> Policy {
    let files = |name: &str| -> Result<Vec<u8>, String> {
        Ok(match name {
            "users.toml" => users().into_bytes(),
            "tenant.secret" => PROOF.as_bytes().to_vec(),
            "smart.password" => HOP_PASSWORD.as_bytes().to_vec(),
            "s1.pem" => PKI.signing_key(0).into_bytes(),
            "s2.pem" => PKI.signing_key(1).into_bytes(),
            other => return Err(format!("{other} is not there")),
        })
    };
    Policy::compile(text, &files).accepted().unwrap_or_else(|findings| panic!("{findings:#?}"))
}

fn users() -> String {
    let verifier = ScramVerifier::derive(Hash::Sha256, PASSWORD, b"sixteen of salt.", 4096).expect("a password");
    format!(
        "[[user]]\nname = \"{USER}\"\nsenders = [\"ann@example.com\", \"ann@shop.example.com\"]\n\
         verifiers = [{{ label = \"laptop\", scram = \"{}\" }}]\n",
        verifier.text().expose()
    )
}
