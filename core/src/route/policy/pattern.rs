//! Patterns of addresses and domains, compiled so that looking one up costs the same for ten as for ten thousand.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use super::table::quoted;
use crate::domain::Domain;
use crate::mailbox::Mailbox;

/// A pattern of addresses: `a@d`, `@d` (that domain alone), `@*.d` (every sub-domain, and not the name itself), `*`
/// (whatever there is), `<>` (the null sender).
///
/// The case of letters does not count in domains; in local parts it does (RFC 5321 §2.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressPattern {
    /// `*`, the null sender included.
    Any,
    /// `<>`
    Null,
    /// `a@d`
    Address(Mailbox),
    /// `@d`
    Domain(Domain),
    /// `@*.d`
    Below(Domain),
}

impl AddressPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong, and the form to use.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let domain = |name: &str| Domain::parse(name).map_err(|error| format!("{}: {error}", quoted(text)));
        match text {
            "*" => Ok(Self::Any),
            "<>" => Ok(Self::Null),
            _ => match (text.strip_prefix("@*."), text.strip_prefix('@')) {
                (Some(name), _) => Ok(Self::Below(domain(name)?)),
                (_, Some(name)) => Ok(Self::Domain(domain(name)?)),
                _ if !text.contains('@') && Domain::parse(text).is_ok() => Err(format!(
                    "{} is a domain; for all its addresses write {}",
                    quoted(text),
                    quoted(&format!("@{text}"))
                )),
                _ if text.starts_with("*@") => {
                    Err(format!("{} is written {}", quoted(text), quoted(text.trim_start_matches('*'))))
                }
                _ => {
                    let path = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text);
                    let wrong = |error| {
                        format!("{}: {error}; write a@example.com, @example.com, @*.example.com or *", quoted(text))
                    };
                    Mailbox::parse(path).map(Self::Address).map_err(wrong)
                }
            },
        }
    }
}

impl std::fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Null => f.write_str("<>"),
            Self::Address(mailbox) => mailbox.fmt(f),
            Self::Domain(domain) => write!(f, "@{domain}"),
            Self::Below(domain) => write!(f, "@*.{domain}"),
        }
    }
}

/// Patterns of addresses, of which one has to match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressSet {
    any: bool,
    null: bool,
    addresses: BTreeSet<Mailbox>,
    domains: DomainSet,
}

impl AddressSet {
    /// Whether there is no pattern, so that nothing matches.
    pub fn is_empty(&self) -> bool {
        !self.any && !self.null && self.addresses.is_empty() && self.domains.is_empty()
    }

    /// Whether one of them is `*`.
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// Whether this address is one of them; `None` is the null sender.
    pub fn contains(&self, address: Option<&Mailbox>) -> bool {
        match address {
            _ if self.any => true,
            None => self.null,
            Some(mailbox) => {
                mailbox.domain().is_some_and(|domain| self.domains.contains(domain)) || self.addresses.contains(mailbox)
            }
        }
    }

    /// Whether every address that the other has is one of these as well.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        let below = |domain: &Domain| {
            self.domains.below.contains(domain) || ancestors(domain).any(|name| self.domains.below.contains(&name))
        };
        self.any
            || (!other.any
                && (self.null || !other.null)
                && other.addresses.iter().all(|mailbox| self.contains(Some(mailbox)))
                && other.domains.exact.iter().all(|domain| self.domains.contains(domain))
                && other.domains.below.iter().all(below))
    }

    /// Whether there is an address that both have.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let one_way = |one: &Self, other: &Self| {
            (one.any && !other.is_empty())
                || one.addresses.iter().any(|mailbox| other.contains(Some(mailbox)))
                || one.domains.exact.iter().any(|domain| other.domains.contains(domain))
                || one.domains.below.iter().any(|domain| {
                    other.domains.below.contains(domain)
                        || ancestors(domain).any(|name| other.domains.below.contains(&name))
                })
        };
        (self.null && other.null) || one_way(self, other) || one_way(other, self)
    }

    /// How closely the patterns name this address: 0 where they don't, most where it is written out.
    pub(crate) fn closeness(&self, mailbox: &Mailbox) -> usize {
        match mailbox.domain() {
            _ if self.addresses.contains(mailbox) => usize::MAX,
            Some(domain) => match self.domains.closeness(domain) {
                0 => usize::from(self.any),
                labels => 1 + labels,
            },
            None => usize::from(self.any),
        }
    }

    /// The patterns, in an order of their own.
    pub fn patterns(&self) -> Vec<AddressPattern> {
        let any = self.any.then_some(AddressPattern::Any);
        let null = self.null.then_some(AddressPattern::Null);
        let addresses = self.addresses.iter().cloned().map(AddressPattern::Address);
        let exact = self.domains.exact.iter().cloned().map(AddressPattern::Domain);
        let below = self.domains.below.iter().cloned().map(AddressPattern::Below);
        any.into_iter().chain(null).chain(addresses).chain(exact).chain(below).collect()
    }

    /// What has to be looked at to find these patterns by an address: `None` where any address may match.
    pub(crate) fn keys(&self) -> Option<Vec<MatchKey>> {
        if self.any || self.null {
            return None;
        }
        let addresses = self.addresses.iter().map(|mailbox| match mailbox.domain() {
            Some(domain) => MatchKey::Exact(domain.clone()),
            None => MatchKey::Literal,
        });
        let exact = self.domains.exact.iter().cloned().map(MatchKey::Exact);
        let below = self.domains.below.iter().cloned().map(MatchKey::Below);
        let keys: BTreeSet<MatchKey> = addresses.chain(exact).chain(below).collect();
        Some(keys.into_iter().collect())
    }
}

/// By what a pattern is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MatchKey {
    Exact(Domain),
    Below(Domain),
    Literal,
}

impl FromIterator<AddressPattern> for AddressSet {
    fn from_iter<I: IntoIterator<Item = AddressPattern>>(patterns: I) -> Self {
        let mut set = Self::default();
        for pattern in patterns {
            match pattern {
                AddressPattern::Any => set.any = true,
                AddressPattern::Null => set.null = true,
                AddressPattern::Address(mailbox) => _ = set.addresses.insert(mailbox),
                AddressPattern::Domain(domain) => _ = set.domains.exact.insert(domain),
                AddressPattern::Below(domain) => _ = set.domains.below.insert(domain),
            }
        }
        set
    }
}

impl Serialize for AddressSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.patterns().iter().map(ToString::to_string))
    }
}

/// Domains: `example.com` is that name alone, `*.example.com` every name below it, and not the name itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainSet {
    exact: BTreeSet<Domain>,
    below: BTreeSet<Domain>,
}

impl DomainSet {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.below.is_empty()
    }

    /// Whether this name is one of them.
    pub fn contains(&self, domain: &Domain) -> bool {
        self.exact.contains(domain)
            || (!self.below.is_empty() && ancestors(domain).any(|name| self.below.contains(&name)))
    }

    /// Whether this name is one of them or lies below one that is written out: a host of ours.
    pub fn has_host(&self, host: &Domain) -> bool {
        self.contains(host) || ancestors(host).any(|name| self.exact.contains(&name))
    }

    /// How many labels of the name are written out by the closest pattern, doubled, and one more where all are.
    fn closeness(&self, domain: &Domain) -> usize {
        if self.exact.contains(domain) {
            return 2 * domain.label_count() + 1;
        }
        let found = (!self.below.is_empty()).then(|| ancestors(domain).find(|name| self.below.contains(name)));
        found.flatten().map_or(0, |name| 2 * name.label_count())
    }

    /// Adds `example.com` or `*.example.com`.
    pub(crate) fn add(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim();
        let wrong = |error| format!("{}: {error}", quoted(text));
        match text.strip_prefix("*.") {
            Some(name) => self.below.insert(Domain::parse(name).map_err(wrong)?),
            None if text.contains('@') => {
                return Err(format!("{} is an address; a domain is written without @", quoted(text)));
            }
            None => self.exact.insert(Domain::parse(text).map_err(wrong)?),
        };
        Ok(())
    }

    /// The names that are written out alone.
    pub fn exact(&self) -> impl Iterator<Item = &Domain> {
        self.exact.iter()
    }

    /// The names of which every one below is meant.
    pub fn below(&self) -> impl Iterator<Item = &Domain> {
        self.below.iter()
    }
}

impl Serialize for DomainSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let below = self.below.iter().map(|name| format!("*.{name}"));
        serializer.collect_seq(self.exact.iter().map(ToString::to_string).chain(below))
    }
}

/// The names above, from the nearest on.
pub(crate) fn ancestors(domain: &Domain) -> impl Iterator<Item = Domain> + use<> {
    std::iter::successors(domain.parent(), Domain::parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(patterns: &[&str]) -> AddressSet {
        patterns.iter().map(|text| AddressPattern::parse(text).unwrap()).collect()
    }

    fn has(set: &AddressSet, address: &str) -> bool {
        set.contains(Some(&address.parse().unwrap()))
    }

    #[test]
    fn a_domain_is_that_domain_alone_and_a_star_every_one_below() {
        let domain = set(&["@Example.COM"]);
        assert!(has(&domain, "ann@example.com") && has(&domain, "Ann@EXAMPLE.com"));
        assert!(!has(&domain, "ann@sales.example.com") && !has(&domain, "ann@badexample.com"));
        let below = set(&["@*.example.com"]);
        assert!(has(&below, "ann@sales.example.com") && has(&below, "ann@a.b.example.com"));
        assert!(!has(&below, "ann@example.com") && !below.contains(None));
    }

    #[test]
    fn the_local_part_counts_with_its_case_and_a_star_is_everything() {
        let ann = set(&["ann@example.com"]);
        assert!(has(&ann, "ann@EXAMPLE.com") && !has(&ann, "ANN@example.com") && !has(&ann, "joann@example.com"));
        assert!(set(&["*"]).contains(None) && has(&set(&["*"]), "a@[192.0.2.1]"));
        assert!(set(&["<>"]).contains(None) && !has(&set(&["<>"]), "ann@example.com"));
    }

    #[test]
    fn a_set_includes_another_where_all_of_its_addresses_are_in_it_and_meets_it_where_one_is() {
        for (wide, narrow) in [
            (&["*"][..], &["<>", "@example.com"][..]),
            (&["@example.com"], &["ann@example.com", "bob@example.com"]),
            (&["@*.example.com"], &["@a.example.com", "@*.a.example.com", "x@b.example.com"]),
            (&["<>", "@example.com"], &["<>"]),
        ] {
            assert!(set(wide).includes(&set(narrow)) && !set(narrow).includes(&set(wide)), "{wide:?}");
            assert!(set(wide).meets(&set(narrow)) && set(narrow).meets(&set(wide)), "{wide:?}");
        }
        for (one, other) in [("@example.com", "@*.example.com"), ("<>", "@example.com"), ("a@b.example", "c@b.example")]
        {
            assert!(!set(&[one]).meets(&set(&[other])) && !set(&[one]).includes(&set(&[other])), "{one} {other}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_the_form_to_use() {
        for (text, expected) in [
            ("example.com", "\"@example.com\""),
            ("*@example.com", "\"@example.com\""),
            ("ann@", "no domain"),
            ("@", "empty"),
            ("", "a@example.com"),
        ] {
            let error = AddressPattern::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn the_closest_pattern_is_the_longest() {
        let close = |pattern: &str| set(&[pattern]).closeness(&"ann@a.example.com".parse().unwrap());
        let order = ["@b.example", "*", "@*.com", "@*.example.com", "@a.example.com", "ann@a.example.com"];
        assert!(order.windows(2).all(|pair| close(pair[0]) < close(pair[1])));
        assert_eq!(close("@b.example"), 0);
    }
}
