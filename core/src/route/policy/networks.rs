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
        self.prefix < if self.address.is_ipv4() { WIDEST_IPV4 } else { WIDEST_IPV6 }
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

    /// An address of somebody else's, where there are so many addresses that strangers are among them: more than a /8 of IPv4
    /// or a /16 of IPv6 in one stretch, however it was written down, or that many public addresses in all of them together.
    pub(crate) fn stranger(&self) -> Option<IpAddr> {
        let v4 = crowd(&self.v4, &PRIVATE_V4, 1 << 24).map(|address| IpAddr::V4(Ipv4Addr::from(address)));
        v4.or_else(|| crowd(&self.v6, &PRIVATE_V6, 1 << 112).map(|address| IpAddr::V6(Ipv6Addr::from(address))))
    }

    /// The first address that both have.
    pub(crate) fn meets(&self, other: &Self) -> Option<IpAddr> {
        let v4 = common(&self.v4, &other.v4).map(|address| IpAddr::V4(Ipv4Addr::from(address)));
        v4.or_else(|| common(&self.v6, &other.v6).map(|address| IpAddr::V6(Ipv6Addr::from(address))))
    }

    /// Whether every address of the other is in it.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        // Ranges are merged, so that one that is included is so by one alone.
        let within = |all: &[(u32, u32)], (first, last)| all.iter().any(|range| range.0 <= first && last <= range.1);
        let within_v6 =
            |all: &[(u128, u128)], (first, last)| all.iter().any(|range| range.0 <= first && last <= range.1);
        other.v4.iter().all(|range| within(&self.v4, *range))
            && other.v6.iter().all(|range| within_v6(&self.v6, *range))
    }

    /// Adds all addresses of another set.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.v4.extend(&other.v4);
        self.v6.extend(&other.v6);
        self.written.extend(other.written.iter().cloned());
        merge(&mut self.v4);
        merge(&mut self.v6);
    }
}

/// The shortest prefix of a range that is not too wide, of IPv4.
pub(crate) const WIDEST_IPV4: u8 = 8;
/// The same of IPv6.
pub(crate) const WIDEST_IPV6: u8 = 16;

/// Addresses from which nobody comes but by a network of one's own (RFC 1918, RFC 6598, RFC 3927), or nobody at all (RFC 1122
/// §3.2.1.3, RFC 5771, RFC 1112 §4).
const PRIVATE_V4: [(u32, u32); 8] = [
    (0x0000_0000, 0x00ff_ffff),
    (0x0a00_0000, 0x0aff_ffff),
    (0x6440_0000, 0x647f_ffff),
    (0x7f00_0000, 0x7fff_ffff),
    (0xa9fe_0000, 0xa9fe_ffff),
    (0xac10_0000, 0xac1f_ffff),
    (0xc0a8_0000, 0xc0a8_ffff),
    (0xe000_0000, 0xffff_ffff),
];
/// The same of IPv6 (RFC 4193, RFC 4291 §2.5.6).
const PRIVATE_V6: [(u128, u128); 2] = [(0xfc << 120, (0xfe << 120) - 1), (0xfe80 << 112, (0xfec0 << 112) - 1)];

/// A public address out of ranges that have more than so many of them, or out of one that is longer than that.
fn crowd<T>(ranges: &[(T, T)], private: &[(T, T)], most: T) -> Option<T>
where
    T: Copy
        + Ord
        + Default
        + From<u8>
        + std::ops::Add<Output = T>
        + std::ops::Sub<Output = T>
        + std::ops::Div<Output = T>,
{
    let one = T::from(1);
    let mut total = T::default();
    let mut longest: Option<(T, T)> = None;
    let mut is_crowded = false;
    for (first, last) in ranges {
        let mut pieces: Vec<(T, T)> = Vec::new();
        let mut from = Some(*first);
        for (low, high) in private {
            let Some(start) = from.filter(|start| start <= high && low <= last) else { continue };
            if start < *low {
                pieces.push((start, *low - one));
            }
            from = (high < last).then(|| *high + one);
        }
        pieces.extend(from.map(|start| (start, *last)));
        for (start, end) in &pieces {
            // The bound is far below the half of what there is, so that nothing overflows before it is reached.
            total = if is_crowded { total } else { total + (*end - *start).min(most) + one };
            is_crowded |= total > most;
            if longest.is_none_or(|(low, high)| high - low < *end - *start) {
                longest = Some((*start, *end));
            }
        }
        is_crowded |= *last - *first >= most && !pieces.is_empty();
    }
    let (first, last) = longest.filter(|_| is_crowded)?;
    Some((first + (last - first) / T::from(2) + T::from(7)).min(last))
}

/// The first number that both have.
fn common<T: Copy + Ord>(ranges: &[(T, T)], others: &[(T, T)]) -> Option<T> {
    let (mut at, mut there) = (0, 0);
    while let (Some((first, last)), Some((low, high))) = (ranges.get(at), others.get(there)) {
        let start = *first.max(low);
        if start <= *last.min(high) {
            return Some(start);
        }
        if last < high { at += 1 } else { there += 1 }
    }
    None
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
    fn strangers_are_among_many_public_addresses_however_they_are_written_and_not_among_private_ones() {
        let many: Vec<String> = (20..100).step_by(2).map(|first| format!("{first}.0.0.0/9")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for crowded in [
            &["0.0.0.0/0"][..],
            &["16.0.0.0/8", "17.0.0.0/8"],
            &many,
            &["::/0"],
            &["10.0.0.0/7"],
            &["2a00::/16", "2b00::/16"],
        ] {
            let stranger = set(crowded).stranger().unwrap_or_else(|| panic!("{crowded:?}"));
            assert!(set(crowded).contains(stranger), "{crowded:?} {stranger}");
            let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "fc00::/7"];
            assert!(!set(&private).contains(stranger), "{crowded:?} {stranger}");
        }
        for own in [
            &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "192.0.2.0/24", "127.0.0.0/8"][..],
            &["fc00::/7", "2001:db8::/32"],
            &["16.0.0.0/8"],
            &["0.0.0.0/8", "224.0.0.0/3"],
            &[],
        ] {
            assert_eq!(set(own).stranger(), None, "{own:?}");
        }
    }

    #[test]
    fn two_sets_meet_where_an_address_is_in_both_and_one_includes_another_where_all_are() {
        let (wide, narrow) = (set(&["192.0.2.0/24", "2001:db8::/32"]), set(&["198.51.100.0/24", "192.0.2.128/25"]));
        assert_eq!(wide.meets(&narrow), "192.0.2.128".parse().ok());
        assert_eq!(narrow.meets(&wide), "192.0.2.128".parse().ok());
        assert_eq!(set(&["192.0.2.0/25"]).meets(&narrow), None);
        assert_eq!(set(&["2001:db8:1::/48"]).meets(&wide), "2001:db8:1::".parse().ok());
        assert!(wide.includes(&set(&["192.0.2.7", "2001:db8:1::/48"])) && !wide.includes(&narrow));
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
