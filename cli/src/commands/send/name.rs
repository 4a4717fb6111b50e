//! Our name for EHLO, where the user gives none (RFC 5321 §4.1.4): the machine's full name, else the address from which we speak.

use std::fs;
use std::net::IpAddr;

use passerelle::Domain;
use passerelle::mailbox::Host;

/// What the system calls itself.
const NAMES: [&str; 2] = ["/proc/sys/kernel/hostname", "/etc/hostname"];

/// The name for a connection from this address.
pub(super) fn own(local: IpAddr) -> Host {
    let machine = NAMES.iter().find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    full(machine.trim(), &hosts).map_or_else(|| literal(local), Host::Domain)
}

/// An address literal (RFC 5321 §4.1.3).
pub(super) fn literal(address: IpAddr) -> Host {
    match address.to_canonical() {
        IpAddr::V4(address) => Host::Ipv4(address),
        IpAddr::V6(address) => Host::Ipv6(address),
    }
}

/// The machine's name if it is a full one, or the full one that `/etc/hosts` has beside it.
fn full(machine: &str, hosts: &str) -> Option<Domain> {
    let beside = hosts.lines().flat_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let names: Vec<&str> = line.split_whitespace().skip(1).collect();
        if names.iter().any(|name| name.eq_ignore_ascii_case(machine)) { names } else { Vec::new() }
    });
    [machine].into_iter().chain(beside).find_map(|name| Domain::parse(name).ok().filter(is_full))
}

/// Whether the name may mean something to others.
fn is_full(name: &Domain) -> bool {
    let name = name.as_str();
    let last = name.rsplit('.').next().unwrap_or_default();
    name.contains('.') && !["localhost", "localdomain", "local"].contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_or_none() {
        let hosts = "127.0.0.1 localhost localhost.localdomain\n# 192.0.2.9 evil.example mail\n\
                     192.0.2.1 mail.example.com mail # ours\n";
        for (machine, hosts, expected) in [
            ("mx.example.com", "", Some("mx.example.com")),
            ("mail", hosts, Some("mail.example.com")),
            ("MAIL", hosts, Some("mail.example.com")),
            ("other", hosts, None),
            ("localhost", hosts, None),
            ("localhost.localdomain", hosts, None),
            ("laptop.local", "", None),
            ("", hosts, None),
            ("a_b c", hosts, None),
        ] {
            assert_eq!(full(machine, hosts).as_ref().map(Domain::as_str), expected, "{machine}");
        }
    }

    #[test]
    fn literals_have_brackets() {
        for (address, expected) in
            [("192.0.2.1", "[192.0.2.1]"), ("2001:db8::1", "[IPv6:2001:db8::1]"), ("::ffff:192.0.2.1", "[192.0.2.1]")]
        {
            assert_eq!(literal(address.parse().unwrap()).to_string(), expected);
        }
        assert_ne!(own("192.0.2.1".parse().unwrap()).to_string(), "localhost");
    }
}
