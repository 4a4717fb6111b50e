//! The organizational domain by the public suffix list (RFC 7489 §3.2). The list is that of the `psl` crate's version: it
//! is compiled in, and updated with the crate.

use psl::{List, Psl};

use crate::domain::Domain;

/// The public suffix of a name, such as `co.uk`, by both sections of the list. Of a name that the list does not know it is
/// the last label.
pub fn public_suffix(name: &Domain) -> Domain {
    let suffix = List.suffix(name.as_str().as_bytes()).map(|suffix| suffix.as_bytes());
    last_labels(name, suffix).unwrap_or_else(|| name.clone())
}

/// The public suffix of a name and one label more, such as `example.co.uk`; `None` of a public suffix.
pub fn registrable_domain(name: &Domain) -> Option<Domain> {
    let domain = List.domain(name.as_str().as_bytes());
    last_labels(name, domain.map(|domain| domain.as_bytes()))
}

/// The organizational domain of a name (RFC 7489 §3.2): its registrable domain, or the name itself where it is a public
/// suffix.
pub fn organizational_domain(name: &Domain) -> Domain {
    registrable_domain(name).unwrap_or_else(|| name.clone())
}

/// As many labels of a name as its ending has.
fn last_labels(name: &Domain, ending: Option<&[u8]>) -> Option<Domain> {
    name.suffix(ending?.split(|&b| b == b'.').count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str) -> Domain {
        Domain::parse(name).unwrap()
    }

    #[test]
    fn suffixes_of_both_sections_and_of_none() {
        let names = [
            ("mail.example.com", "com", "example.com"),
            ("a.b.example.co.uk", "co.uk", "example.co.uk"),
            ("a.b.github.io", "github.io", "b.github.io"),
            ("a.b.unlisted-tld", "unlisted-tld", "b.unlisted-tld"),
            ("www.ck", "ck", "www.ck"),
        ];
        for (name, suffix, organizational) in names {
            assert_eq!(public_suffix(&domain(name)), domain(suffix), "{name}");
            assert_eq!(organizational_domain(&domain(name)), domain(organizational), "{name}");
        }
    }

    #[test]
    fn a_suffix_is_its_own_organizational_domain() {
        for name in ["com", "co.uk", "github.io", "any.mm", "unlisted-tld"] {
            assert_eq!(registrable_domain(&domain(name)), None, "{name}");
            assert_eq!(organizational_domain(&domain(name)), domain(name), "{name}");
        }
    }

    /// Names of any printable characters, and of the most labels that fit.
    #[test]
    fn odd_names() {
        for name in ["a b.c d", "*.ck", "!www.ck", "a*.co.uk"] {
            let name = Domain::from_dns(name).unwrap();
            assert!(name.is_within(&organizational_domain(&name)), "{name}");
        }
        let long = domain(&"a.".repeat(127));
        assert_eq!(organizational_domain(&long), domain("a.a"));
    }
}
