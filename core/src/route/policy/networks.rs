//! Sets of addresses, as sorted ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Serialize, Serializer};

use super::table::quoted;
use crate::network::Network;

/// Networks, of which one has to contain the address. IPv4-mapped IPv6 addresses are IPv4 addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSet {
    /// First and last addresses, sorted, none touching another.
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
    written: Vec<String>,
}

/// A network of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) address: IpAddr,
    pub(crate) prefix: u8,
}

impl Range {
    /// Reads `192.0.2.0/24`, `2001:db8::/32` or an address.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.parse::<Network>().is_err() {
            return Err(mended(text));
        }
        let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
        let wrong = |_| format!("{} is no network", quoted(text));
        let address: IpAddr = address.parse().map_err(wrong)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = if prefix.is_empty() { bits } else { prefix.parse().unwrap_or(bits) };
        match (address, address.to_canonical()) {
            (IpAddr::V6(_), mapped @ IpAddr::V4(_)) if prefix >= 96 => {
                Ok(Self { address: mapped, prefix: prefix - 96 })
            }
            (IpAddr::V6(_), mapped @ IpAddr::V4(_)) => {
                Err(format!("{} has all of IPv4 in it; write IPv4 networks as such, {mapped}/32 for one", quoted(text)))
            }
            _ => Ok(Self { address, prefix }),
        }
    }

    /// Whether so many addresses are in it that somebody else's are among them.
    pub(crate) fn is_wide(self) -> bool {
        self.prefix < if self.address.is_ipv4() { 8 } else { 16 }
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// What to write instead of something that is no network.
fn mended(text: &str) -> String {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let bare = match (bracketed, text.rsplit_once(':')) {
        (Some((address, _)), _) => address,
        // An IPv6 address has more than one colon.
        (None, Some((address, port))) if !address.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => address,
        _ => text,
    };
    match bare.parse::<IpAddr>() {
        Ok(address) => format!("{} has a port or brackets; a network has neither: write \"{address}\"", quoted(text)),
        Err(_) => format!(
            "{} is no network: write 192.0.2.0/24, 2001:db8::/32, an address, or spf:NAME for the addresses that a name's SPF record lists",
            quoted(text)
        ),
    }
}

impl NetworkSet {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether the address is in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => holds(&self.v4, u32::from(address)),
            IpAddr::V6(address) => holds(&self.v6, u128::from(address)),
        }
    }

    /// Whether IPv4 addresses are in it, and whether IPv6 ones are.
    pub fn families(&self) -> (bool, bool) {
        (!self.v4.is_empty(), !self.v6.is_empty())
    }

    /// The networks as they were written.
    pub fn written(&self) -> &[String] {
        &self.written
    }

    /// The first address of each range.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = IpAddr> {
        let v4 = self.v4.iter().map(|(first, _)| IpAddr::V4(Ipv4Addr::from(*first)));
        v4.chain(self.v6.iter().map(|(first, _)| IpAddr::V6(Ipv6Addr::from(*first))))
    }

    /// An address of a range that has more than a /8 of IPv4, or a /16 of IPv6, together: strangers are in it, however the
    /// range was written down.
    pub(crate) fn stranger(&self) -> Option<IpAddr> {
        let v4 = self.v4.iter().find(|(first, last)| last - first >= 1 << 24);
        let v6 = self.v6.iter().find(|(first, last)| last - first >= 1 << 112);
        let middle = |first: u128, last: u128| first + (last - first) / 2 + 7;
        v4.map(|(first, last)| IpAddr::V4(Ipv4Addr::from(first + (last - first) / 2 + 7)))
            .or_else(|| v6.map(|(first, last)| IpAddr::V6(Ipv6Addr::from(middle(*first, *last)))))
    }
}

impl FromIterator<Range> for NetworkSet {
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Self {
        let mut set = Self::default();
        for range in ranges {
            set.written.push(range.to_string());
            match range.address {
                IpAddr::V4(address) => {
                    let mask = u32::MAX.checked_shr(range.prefix.into()).unwrap_or(0);
                    set.v4.push((u32::from(address) & !mask, u32::from(address) | mask));
                }
                IpAddr::V6(address) => {
                    let mask = u128::MAX.checked_shr(range.prefix.into()).unwrap_or(0);
                    set.v6.push((u128::from(address) & !mask, u128::from(address) | mask));
                }
            }
        }
        set.written.sort();
        merge(&mut set.v4);
        merge(&mut set.v6);
        set
    }
}

impl Serialize for NetworkSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.written)
    }
}

/// Numbers that follow one another.
trait Step {
    /// Whether the other is at most the next one.
    fn reaches(self, other: Self) -> bool;
}

impl Step for u32 {
    fn reaches(self, other: Self) -> bool {
        other <= self.saturating_add(1)
    }
}

impl Step for u128 {
    fn reaches(self, other: Self) -> bool {
        other <= self.saturating_add(1)
    }
}

fn holds<T: Ord + Copy>(ranges: &[(T, T)], address: T) -> bool {
    let behind = ranges.partition_point(|(first, _)| *first <= address);
    behind.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, last)| address <= *last)
}

fn merge<T: Ord + Copy + Step>(ranges: &mut Vec<(T, T)>) {
    ranges.sort_unstable();
    let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges.drain(..) {
        match merged.last_mut() {
            Some(before) if before.1.reaches(first) => before.1 = before.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    *ranges = merged;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(networks: &[&str]) -> NetworkSet {
        networks.iter().map(|text| Range::parse(text).unwrap()).collect()
    }

    #[test]
    fn overlapping_and_nested_networks_are_one_set() {
        let set = set(&[
            "10.0.0.0/8",
            "10.1.0.0/16",
            "192.0.2.128/25",
            "192.0.2.1",
            "2001:db8::/32",
            "::ffff:198.51.100.0/120",
        ]);
        for inside in
            ["10.0.0.0", "10.255.255.255", "192.0.2.1", "::ffff:192.0.2.200", "2001:db8:ffff::1", "198.51.100.255"]
        {
            assert!(set.contains(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["9.255.255.255", "11.0.0.0", "192.0.2.2", "192.0.2.127", "2001:db9::", "198.51.101.0", "::1"] {
            assert!(!set.contains(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn host_bits_do_not_count_and_all_of_a_family_is_a_network() {
        assert!(set(&["192.0.2.77/24"]).contains("192.0.2.1".parse().unwrap()));
        assert!(set(&["0.0.0.0/0"]).contains("255.255.255.255".parse().unwrap()));
        assert!(!set(&["0.0.0.0/0"]).contains("::1".parse().unwrap()));
        assert!(set(&["::/0"]).contains("ffff::".parse().unwrap()));
    }

    #[test]
    fn a_port_is_told_and_so_is_the_form_to_use() {
        for (text, expected) in [
            ("192.0.2.1:25", "write \"192.0.2.1\""),
            ("[2001:db8::1]:25", "write \"2001:db8::1\""),
            ("[2001:db8::1]", "write \"2001:db8::1\""),
            ("mail.example.com", "spf:NAME"),
            ("192.0.2.0/33", "192.0.2.0/24"),
            ("::ffff:0:0/90", "all of IPv4"),
        ] {
            let error = Range::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
