//! Which hosts take mail for a domain, and at which addresses (RFC 5321 §5.1, RFC 7505).

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::seed;
use crate::domain::Domain;
use crate::limits::{MAX_HOST_ADDRESSES, MAX_MX_HOSTS};
use crate::lookup::{Answers, DnsAnswer, Outcome, Pending, Record, RecordType};

/// What the MX question of a domain comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mx {
    /// These hosts.
    Hosts(MxSet),
    /// The domain takes no mail: `0 .` alone (RFC 7505 §3).
    Null,
    /// The domain does not exist.
    NoSuchDomain,
    /// The look-up failed. That there are no records is another thing: this never becomes an implicit MX (RFC 5321 §5.1).
    Failed,
}

/// The hosts of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MxSet {
    /// In the order in which they are tried: by preference, and among equals as the seed says.
    pub hosts: Vec<MxHost>,
    /// Whether DNSSEC vouches for the set, or for there being none.
    pub secure: bool,
    /// Whether there are no MX records, so that the domain is its own host.
    pub implicit: bool,
    /// The name that the domain is an alias of, if it is one.
    pub expanded: Option<Domain>,
}

/// A host of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MxHost {
    /// Its name.
    pub name: Domain,
    /// Lower is preferred.
    pub preference: u16,
}

/// Asks for a domain's MX records.
///
/// # Errors
/// [`Pending`] when the answer is missing.
pub fn look_up(domain: &Domain, seed: u64, answers: &mut Answers) -> Result<Mx, Pending> {
    let answer = answers.dns(domain, RecordType::Mx)?;
    let expanded = answer.aliases.last().map(|alias| alias.target.clone());
    Ok(match answer.outcome() {
        Outcome::ServFail | Outcome::Timeout => Mx::Failed,
        Outcome::NxDomain => Mx::NoSuchDomain,
        Outcome::NoData => {
            let hosts = vec![MxHost { name: domain.clone(), preference: 0 }];
            Mx::Hosts(MxSet { hosts, secure: answer.secure, implicit: true, expanded })
        }
        Outcome::Records(records) => match sorted(records, domain, seed) {
            // Beside others the root is no host and is passed over; alone it says that there are none.
            hosts if hosts.is_empty() => Mx::Null,
            hosts => Mx::Hosts(MxSet { hosts, secure: answer.secure, implicit: false, expanded }),
        },
    })
}

/// Hosts by preference, each once; equals in an order that the seed makes and the order of the answer has no part in.
fn sorted(records: &[Record], domain: &Domain, seed: u64) -> Vec<MxHost> {
    let place = |name: &Domain| seed::number(seed, &[b"mx", domain.as_str().as_bytes(), name.as_str().as_bytes()]);
    let mut hosts: Vec<(u16, u64, &Domain)> = records
        .iter()
        .filter_map(|record| match record {
            Record::Mx { preference, exchange: Some(name) } => Some((*preference, place(name), name)),
            _ => None,
        })
        .collect();
    hosts.sort_unstable();
    let mut seen = BTreeSet::new();
    hosts.retain(|(_, _, name)| seen.insert(*name));
    hosts.truncate(MAX_MX_HOSTS);
    hosts.into_iter().map(|(preference, _, name)| MxHost { name: name.clone(), preference }).collect()
}

/// The answers to the questions for a host's addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// To that for A records.
    pub a: DnsAnswer,
    /// To that for AAAA records.
    pub aaaa: DnsAnswer,
}

impl Addresses {
    /// Notes the questions, so that those for several hosts go out together.
    pub fn note(host: &Domain, answers: &mut Answers) {
        answers.note_dns(host, RecordType::A);
        answers.note_dns(host, RecordType::Aaaa);
    }

    /// Asks for a host's addresses.
    ///
    /// # Errors
    /// [`Pending`] when an answer is missing.
    pub fn look_up(host: &Domain, answers: &mut Answers) -> Result<Self, Pending> {
        Self::note(host, answers);
        Ok(Self { a: answers.dns(host, RecordType::A)?, aaaa: answers.dns(host, RecordType::Aaaa)? })
    }

    /// All addresses, each once.
    pub fn all(&self) -> BTreeSet<IpAddr> {
        let records = self.a.records.iter().chain(self.aaaa.records.iter());
        let address = |record: &Record| match record {
            Record::A(address) => Some(IpAddr::V4(*address)),
            Record::Aaaa(address) => Some(IpAddr::V6(*address)),
            _ => None,
        };
        records.filter_map(address).map(|address| address.to_canonical()).collect()
    }

    /// Whether there is none because a look-up failed. One family suffices: that the other failed does not matter then.
    pub fn has_failed(&self) -> bool {
        let failed = |answer: &DnsAnswer| matches!(answer.outcome(), Outcome::ServFail | Outcome::Timeout);
        self.all().is_empty() && (failed(&self.a) || failed(&self.aaaa))
    }
}

/// By what we know ourselves in the DNS.
#[derive(Clone, Copy, Debug)]
pub struct Ourselves<'a> {
    /// Our name.
    pub hostname: &'a Domain,
    /// Our addresses.
    pub addresses: &'a BTreeSet<IpAddr>,
    /// Whether hosts may be on the loopback: for tests.
    pub loopback: bool,
}

impl Ourselves<'_> {
    /// Addresses that every machine has, such as those of the loopback, are nobody's in particular: whoever gives them in their
    /// DNS does not mean us, though we listen there.
    fn have(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address) && !leads_nowhere(address)
    }

    /// Whether a host is us: by its name or by one of its addresses, as others see them (RFC 5321 §5.1).
    pub fn are(&self, host: &Domain, addresses: &BTreeSet<IpAddr>) -> bool {
        host == self.hostname || addresses.iter().any(|address| self.have(*address))
    }

    /// Whether an address that somebody else's DNS gives may be connected to: it leads out of this host.
    pub fn may_connect(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let is_testing = self.loopback && address.is_loopback();
        (is_testing || !leads_nowhere(address)) && !self.have(address)
    }
}

/// Whether an address is of no use to other hosts.
fn leads_nowhere(address: IpAddr) -> bool {
    match address.to_canonical() {
        address if address.is_loopback() => true,
        IpAddr::V4(v4) => v4.octets()[0] == 0 || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_unicast_link_local() || v6.is_multicast(),
    }
}

/// Addresses in the order in which they are tried: IPv6 first (RFC 6724 §2.1), within each family as the seed says.
pub(crate) fn ordered(addresses: impl IntoIterator<Item = IpAddr>, host: &str, seed: u64) -> Vec<IpAddr> {
    let place = |address: &IpAddr| {
        let number = seed::number(seed, &[b"address", host.as_bytes(), address.to_string().as_bytes()]);
        (address.is_ipv4(), number, *address)
    };
    let mut addresses: Vec<IpAddr> = addresses.into_iter().collect();
    addresses.sort_by_cached_key(place);
    addresses.truncate(MAX_HOST_ADDRESSES);
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_lead_nowhere_are_never_connected_to() {
        let (hostname, own) =
            (Domain::parse("gw.example.com").unwrap(), BTreeSet::from(["192.0.2.25".parse().unwrap()]));
        let us = |loopback| Ourselves { hostname: &hostname, addresses: &own, loopback };
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.1.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:0.0.0.0",
            "192.0.2.25",
            "::ffff:192.0.2.25",
        ] {
            assert!(!us(false).may_connect(address.parse().unwrap()), "{address}");
        }
        for address in ["192.0.2.26", "10.0.0.1", "2001:db8::1", "fd00::1"] {
            assert!(us(false).may_connect(address.parse().unwrap()), "{address}");
        }
        assert!(us(true).may_connect("127.0.0.1".parse().unwrap()));
        assert!(!us(true).may_connect("0.0.0.0".parse().unwrap()));
    }
}
