//! Whether a mechanism matches (RFC 7208 §5).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::check_host::{Role, Stop, Walk, permerror};
use super::macros::DomainSpec;
use super::record::{DualCidr, Mechanism};
use super::verdict::SpfResult;
use crate::domain::Domain;
use crate::limits::{MAX_SPF_MX_NAMES, MAX_SPF_PTR_NAMES};
use crate::lookup::{DnsAnswer, Outcome, Pending, Record, RecordType};

impl Walk<'_> {
    /// Whether a mechanism of the record of `domain` matches the client; `text` is its directive as written.
    pub(super) fn matches(&mut self, text: &str, mechanism: Mechanism<'_>, domain: &Domain) -> Result<bool, Stop> {
        match mechanism {
            Mechanism::All => {
                Ok(self.decided(text, true, "RFC 7208 §5.1", || format!("nothing before it in {domain} matched")))
            }
            Mechanism::Ip4(network, prefix) => {
                let matched = matches!(self.check.ip, IpAddr::V4(ip) if in_network4(ip, network, prefix));
                Ok(self.in_term(text, domain, matched, "RFC 7208 §5.6"))
            }
            Mechanism::Ip6(network, prefix) => {
                let matched = matches!(self.check.ip, IpAddr::V6(ip) if in_network6(ip, network, prefix));
                Ok(self.in_term(text, domain, matched, "RFC 7208 §5.6"))
            }
            Mechanism::Include(spec) => self.include(text, spec, domain),
            Mechanism::A(spec, prefixes) => self.a(text, spec, prefixes, domain),
            Mechanism::Mx(spec, prefixes) => self.mx(text, spec, prefixes, domain),
            Mechanism::Ptr(spec) => self.ptr(text, spec, domain),
            Mechanism::Exists(spec) => self.exists(text, spec, domain),
        }
    }

    /// RFC 7208 §5.2
    fn include(&mut self, text: &str, spec: DomainSpec<'_>, domain: &Domain) -> Result<bool, Stop> {
        const RFC: &str = "RFC 7208 §5.2";
        self.count_term(|| text.to_owned())?;
        let target = match self.target_name(spec, domain)? {
            Ok(target) => target,
            // RFC 8616 §4: a local part that cannot be part of a name makes the term not match.
            Err(fault) if spec.uses(b"ls") && !self.check.local_part.is_ascii() => {
                return Ok(self.decided(text, false, RFC, || fault.to_string()));
            }
            Err(fault) => return Err(permerror(format!("{text} of {domain}: {fault}"))),
        };
        let before = self.lookups();
        self.depth += 1;
        let found = self.check_host(&target, Role::Included)?;
        self.depth -= 1;
        let result = found.result;
        let matched = match result {
            SpfResult::Pass => true,
            SpfResult::Fail | SpfResult::SoftFail | SpfResult::Neutral => false,
            // Errors have ended the evaluation before they come here.
            SpfResult::None | SpfResult::TempError | SpfResult::PermError => {
                return Err(permerror(format!("{text} of {domain}: {}", found.into_reason())));
            }
        };
        let lookups = self.lookups() - before;
        Ok(self.decided(text, matched, RFC, || match lookups {
            0 => format!("{target} gives {result}"),
            1 => format!("{target} gives {result}, with 1 lookup more"),
            _ => format!("{target} gives {result}, with {lookups} lookups more"),
        }))
    }

    /// RFC 7208 §5.3
    fn a(
        &mut self,
        text: &str,
        spec: Option<DomainSpec<'_>>,
        prefixes: DualCidr,
        domain: &Domain,
    ) -> Result<bool, Stop> {
        const RFC: &str = "RFC 7208 §5.3";
        let Some(target) = self.counted_target(text, spec, domain, RFC)? else { return Ok(false) };
        let answer = self.lookup(&target, self.address_type())?;
        let matched = self.has_client(&answer, prefixes);
        Ok(self.in_term(text, domain, matched, RFC))
    }

    /// RFC 7208 §5.4
    fn mx(
        &mut self,
        text: &str,
        spec: Option<DomainSpec<'_>>,
        prefixes: DualCidr,
        domain: &Domain,
    ) -> Result<bool, Stop> {
        const RFC: &str = "RFC 7208 §5.4";
        let Some(target) = self.counted_target(text, spec, domain, RFC)? else { return Ok(false) };
        let answer = self.lookup(&target, RecordType::Mx)?;
        if answer.records.len() > MAX_SPF_MX_NAMES {
            // RFC 7208 §4.6.4
            return Err(permerror(format!("{text} of {domain}: {target} has more than {MAX_SPF_MX_NAMES} MX records")));
        }
        let mut exchanges: Vec<(u16, &Domain)> = answer
            .records
            .iter()
            .filter_map(|record| match record {
                // A null MX has no exchange (RFC 7505 §3).
                Record::Mx { preference, exchange } => exchange.as_ref().map(|exchange| (*preference, exchange)),
                _ => None,
            })
            .collect();
        // In an order that does not depend on how a resolver rotates its answers.
        exchanges.sort_unstable();
        let address_type = self.address_type();
        for (_, exchange) in &exchanges {
            self.answers.note_dns(exchange, address_type);
        }
        for (_, exchange) in exchanges {
            let answer = self.lookup(exchange, address_type)?;
            if self.has_client(&answer, prefixes) {
                return Ok(self.in_term(text, domain, true, RFC));
            }
        }
        Ok(self.in_term(text, domain, false, RFC))
    }

    /// RFC 7208 §5.5
    fn ptr(&mut self, text: &str, spec: Option<DomainSpec<'_>>, domain: &Domain) -> Result<bool, Stop> {
        const RFC: &str = "RFC 7208 §5.5";
        self.names_are_counted();
        let Some(target) = self.counted_target(text, spec, domain, RFC)? else { return Ok(false) };
        let reverse = Domain::reverse(self.check.ip);
        // A failure of this lookup is no temperror: the mechanism does not match.
        let answer = self.answers.dns(&reverse, RecordType::Ptr)?;
        self.count_void(&answer, &reverse, RecordType::Ptr)?;
        // Only a name within the target can make it match, so only those are worth a query.
        let mut names = client_names(&answer);
        names.retain(|name| name.is_within(&target));
        let name = self.first_validated(&names)?;
        let matched = name.is_some();
        Ok(self.decided(text, matched, RFC, || match name {
            Some(name) => format!("the client's name {name} is within {target}"),
            None => format!("the client has no validated name within {target}"),
        }))
    }

    /// RFC 7208 §5.7
    fn exists(&mut self, text: &str, spec: DomainSpec<'_>, domain: &Domain) -> Result<bool, Stop> {
        const RFC: &str = "RFC 7208 §5.7";
        let Some(target) = self.counted_target(text, Some(spec), domain, RFC)? else { return Ok(false) };
        // The type is A whatever the client's address is.
        let answer = self.lookup(&target, RecordType::A)?;
        if let Some(told) = &mut self.told {
            told.expected(&target, RecordType::A);
        }
        let matched = matches!(answer.outcome(), Outcome::Records(_));
        Ok(self.decided(text, matched, RFC, || match matched {
            true => format!("{target} has an A record"),
            false => format!("{target} has no A record"),
        }))
    }

    /// The name that `%{p}` stands for (RFC 7208 §7.3): best the domain itself, else one below it, else any.
    pub(super) fn validated_name(&mut self, domain: &Domain) -> Result<String, Pending> {
        const UNKNOWN: &str = "unknown";
        let reverse = Domain::reverse(self.check.ip);
        let answer = self.answers.dns(&reverse, RecordType::Ptr)?;
        let mut names = client_names(&answer);
        names.sort_unstable_by_key(|&name| (name != domain, !name.is_within(domain), name));
        let name = self.first_validated(&names)?;
        Ok(name.map_or_else(|| UNKNOWN.to_owned(), Domain::to_string))
    }

    /// The first of these names that has the client's address. A failed lookup only skips a name (RFC 7208 §5.5).
    fn first_validated<'n>(&mut self, names: &[&'n Domain]) -> Result<Option<&'n Domain>, Pending> {
        let address_type = self.address_type();
        for name in names {
            self.answers.note_dns(name, address_type);
        }
        for &name in names {
            let answer = self.answers.dns(name, address_type)?;
            if self.has_client(&answer, DualCidr { ip4: 32, ip6: 128 }) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// Counts the term and expands its target; `None` when that is no name to ask for, so that it does not match.
    fn counted_target(
        &mut self,
        text: &str,
        spec: Option<DomainSpec<'_>>,
        domain: &Domain,
        rfc: &'static str,
    ) -> Result<Option<Domain>, Stop> {
        self.count_term(|| text.to_owned())?;
        let Some(spec) = spec else { return Ok(Some(domain.clone())) };
        Ok(match self.target_name(spec, domain)? {
            Ok(target) => Some(target),
            Err(fault) => {
                self.decided(text, false, rfc, || format!("its name cannot be asked for: {fault}"));
                None
            }
        })
    }

    fn address_type(&self) -> RecordType {
        if self.check.ip.is_ipv4() { RecordType::A } else { RecordType::Aaaa }
    }

    /// Whether an address lookup found the client, or a neighbour within the prefix.
    fn has_client(&self, answer: &DnsAnswer, prefixes: DualCidr) -> bool {
        answer.records.iter().any(|record| match (record, self.check.ip) {
            (Record::A(network), IpAddr::V4(ip)) => in_network4(ip, *network, prefixes.ip4),
            (Record::Aaaa(network), IpAddr::V6(ip)) => in_network6(ip, *network, prefixes.ip6),
            _ => false,
        })
    }

    /// Notes in the trail whether the client is among the addresses of a term.
    fn in_term(&mut self, text: &str, domain: &Domain, matched: bool, rfc: &'static str) -> bool {
        let ip = self.check.ip;
        self.decided(text, matched, rfc, || {
            let term = text.trim_start_matches(['+', '-', '~', '?']);
            format!("{ip} is {}in {term} of {domain}", if matched { "" } else { "not " })
        })
    }

    /// Notes in the trail whether a term matched, and says it again.
    fn decided(&mut self, text: &str, matched: bool, rfc: &'static str, why: impl FnOnce() -> String) -> bool {
        let outcome = if matched { "match" } else { "no match" };
        self.step(|| (format!("spf {text}"), outcome.into(), why(), rfc));
        matched
    }
}

/// The names of the client as far as they are looked at (RFC 7208 §4.6.4): which ones must not depend on how a resolver
/// rotates its answers.
fn client_names(answer: &DnsAnswer) -> Vec<&Domain> {
    let names = answer.records.iter();
    let mut names: Vec<_> =
        names.filter_map(|record| if let Record::Ptr(name) = record { Some(name) } else { None }).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(MAX_SPF_PTR_NAMES);
    names
}

fn in_network4(ip: Ipv4Addr, network: Ipv4Addr, prefix: u8) -> bool {
    (ip.to_bits() ^ network.to_bits()) & mask4(prefix) == 0
}

fn in_network6(ip: Ipv6Addr, network: Ipv6Addr, prefix: u8) -> bool {
    (ip.to_bits() ^ network.to_bits()) & mask6(prefix) == 0
}

/// The bits of an IPv4 network's prefix.
pub(super) fn mask4(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32u32.saturating_sub(prefix.into())).unwrap_or(0)
}

/// The bits of an IPv6 network's prefix.
pub(super) fn mask6(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128u32.saturating_sub(prefix.into())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_at_the_edges() {
        let four = |ip: &str, network: &str, prefix| in_network4(ip.parse().unwrap(), network.parse().unwrap(), prefix);
        assert!(four("192.0.2.1", "10.0.0.0", 0));
        assert!(four("192.0.2.1", "192.0.2.1", 32) && !four("192.0.2.1", "192.0.2.0", 32));
        assert!(four("192.0.2.1", "192.0.2.0", 31) && !four("192.0.2.2", "192.0.2.0", 31));
        assert!(four("255.0.0.0", "128.0.0.0", 1) && !four("127.0.0.0", "128.0.0.0", 1));
        let six = |ip: &str, network: &str, prefix| in_network6(ip.parse().unwrap(), network.parse().unwrap(), prefix);
        assert!(six("2001:db8::1", "::", 0));
        assert!(six("2001:db8::1", "2001:db8::1", 128) && !six("2001:db8::1", "2001:db8::", 128));
        assert!(six("2001:db8::1", "2001:db8::", 127) && !six("2001:db8:0:1::", "2001:db8::", 64));
    }
}
