//! Domain names as mail and the DNS use them.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::limits::{MAX_DOMAIN_LENGTH, MAX_LABEL_LENGTH, MAX_UNICODE_DOMAIN_LENGTH};

/// A domain name: one label or more, in lower-case ASCII (A-labels), without a trailing dot.
///
/// Two of them are equal when the DNS says they are. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(Arc<str>);

/// Why a text is not a domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DomainError {
    /// No text, or only a dot.
    #[error("the domain name is empty")]
    Empty,
    /// Two dots in a row, or a dot at the front.
    #[error("the domain name has an empty label")]
    EmptyLabel,
    /// A label of more than 63 octets.
    #[error("the domain name has a label of more than 63 octets")]
    LabelTooLong,
    /// More than 253 octets.
    #[error("the domain name is longer than 253 octets")]
    TooLong,
    /// A character that has no place in a domain name.
    #[error("the domain name has a character that is not allowed there")]
    Character,
    /// Letters outside ASCII that are no U-labels (RFC 5890 §2.3.2.1): unassigned, disallowed, or not in their
    /// normal form.
    #[error("the internationalized domain name is not made of valid U-labels")]
    Idna,
}

impl Domain {
    /// Reads a domain name as mail writes it: letters, digits, hyphens and underscores, or U-labels, which become
    /// A-labels. One trailing dot is dropped.
    ///
    /// Characters that IDNA would have to map (full-width letters, say) are refused, except for upper case: such a
    /// text is no U-label, and what another program makes of it is not certain.
    ///
    /// # Errors
    /// [`DomainError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        if text.is_ascii() {
            let domain = Self::from_dns(text)?;
            return match domain.0.bytes().all(|b| is_ldh(b) || b == b'.') {
                true => Ok(domain),
                false => Err(DomainError::Character),
            };
        }
        if text.len() > MAX_UNICODE_DOMAIN_LENGTH {
            return Err(DomainError::TooLong);
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        let uts46 = Uts46::new();
        let ascii = uts46
            .to_ascii(text.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore)
            .map_err(|_| DomainError::Idna)?;
        let (unicode, valid) = uts46.to_unicode(ascii.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
        if valid.is_err() || unicode != text.to_lowercase() {
            return Err(DomainError::Idna);
        }
        Self::parse(&ascii)
    }

    /// The name that a program may make of a text which is no domain name: IDNA's mapping of letters applied
    /// (RFC 5895), such as that of full-width ones.
    pub(crate) fn mapped(text: &str) -> Option<Self> {
        if text.is_ascii() || text.len() > MAX_UNICODE_DOMAIN_LENGTH {
            return None;
        }
        let ascii = Uts46::new().to_ascii(text.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore);
        Self::parse(&ascii.ok()?).ok()
    }

    /// Reads a name as the DNS may hold it: labels of any printable ASCII characters, the space among them (RFC 7208
    /// §7.2 can ask for such a name). One trailing dot is dropped.
    ///
    /// # Errors
    /// [`DomainError`] says what is wrong.
    pub fn from_dns(text: &str) -> Result<Self, DomainError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(DomainError::Empty);
        }
        if text.len() > MAX_DOMAIN_LENGTH {
            return Err(DomainError::TooLong);
        }
        let (mut length, mut upper) = (0, false);
        for octet in text.bytes() {
            match octet {
                b'.' if length == 0 => return Err(DomainError::EmptyLabel),
                b'.' => length = 0,
                _ if length == MAX_LABEL_LENGTH => return Err(DomainError::LabelTooLong),
                b' '..=b'~' => {
                    length += 1;
                    upper |= octet.is_ascii_uppercase();
                }
                _ => return Err(DomainError::Character),
            }
        }
        match (length, upper) {
            (0, _) => Err(DomainError::EmptyLabel),
            (_, true) => Ok(Self(text.to_ascii_lowercase().into())),
            // Most names are in lower case already, and one copy of them is enough.
            (_, false) => Ok(Self(text.into())),
        }
    }

    /// The name under which the names of an address are found (RFC 1035 §3.5, RFC 3596 §2.5).
    pub fn reverse(ip: IpAddr) -> Self {
        let name = match ip {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                format!("{d}.{c}.{b}.{a}.in-addr.arpa")
            }
            IpAddr::V6(ip) => {
                let nibbles = ip.octets().into_iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
                let labels: String = nibbles.map(|nibble| format!("{nibble:x}.")).collect();
                labels + "ip6.arpa"
            }
        };
        // Digits, dots and a suffix: lower-case labels of a bounded length, which is what a domain is made of.
        Self(name.into())
    }

    /// The name, in lower-case ASCII, without a trailing dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The labels from left to right.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// How many labels there are; at least one.
    pub fn label_count(&self) -> usize {
        1 + self.0.bytes().filter(|b| *b == b'.').count()
    }

    /// Whether there is but one label, as in the name of a top-level domain.
    pub(crate) fn is_single_label(&self) -> bool {
        memchr::memchr(b'.', self.0.as_bytes()).is_none()
    }

    /// The name without its leftmost label; `None` for a name of one label.
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').map(|(_, parent)| Self(parent.into()))
    }

    /// The name made of the rightmost `count` labels; `None` when there are fewer, or `count` is zero.
    pub fn suffix(&self, count: usize) -> Option<Self> {
        let mut start = self.0.len();
        for _ in 0..count {
            start = match start {
                0 => return None,
                end => self.0[..end - usize::from(end != self.0.len())].rfind('.').map_or(0, |dot| dot + 1),
            };
        }
        if count == 0 { None } else { Some(Self(self.0[start..].into())) }
    }

    /// Whether this is `ancestor` or a name below it.
    pub fn is_within(&self, ancestor: &Self) -> bool {
        self.0.strip_suffix(&*ancestor.0).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// The name with `labels` (one or more, dotted) put in front, such as `_dmarc`.
    ///
    /// # Errors
    /// [`DomainError`] when the result is too long or `labels` are no labels.
    pub fn prepend(&self, labels: &str) -> Result<Self, DomainError> {
        Self::from_dns(&[labels, ".", &self.0].concat())
    }

    /// The name with its A-labels shown as U-labels, for people only; `None` when it has none, or one that is
    /// not valid.
    pub fn to_unicode(&self) -> Option<String> {
        let (unicode, valid) = Uts46::new().to_unicode(self.0.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
        (valid.is_ok() && unicode != *self.0).then(|| unicode.into_owned())
    }
}

fn is_ldh(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-' || b == b'_'
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Domain({})", self.0)
    }
}

impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl std::str::FromStr for Domain {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> Domain {
        Domain::parse(text).unwrap()
    }

    #[test]
    fn case_and_trailing_dot_do_not_count() {
        assert_eq!(domain("Example.COM."), domain("example.com"));
    }

    #[test]
    fn u_labels_become_a_labels() {
        assert_eq!(domain("Bücher.example").as_str(), "xn--bcher-kva.example");
        assert_eq!(domain("xn--bcher-kva.example").to_unicode().as_deref(), Some("bücher.example"));
        assert_eq!(domain("example.com").to_unicode(), None);
    }

    #[test]
    fn what_idna_would_map_is_refused() {
        for text in ["ｅxample.com", "example。com", "bu\u{308}cher.example", "a\u{ad}b.example", "ﬀ.example"] {
            assert_eq!(Domain::parse(text), Err(DomainError::Idna), "{text}");
        }
    }

    #[test]
    fn malformed_names_are_refused() {
        assert_eq!(Domain::parse(""), Err(DomainError::Empty));
        assert_eq!(Domain::parse("."), Err(DomainError::Empty));
        assert_eq!(Domain::parse("a..b"), Err(DomainError::EmptyLabel));
        assert_eq!(Domain::parse(".a"), Err(DomainError::EmptyLabel));
        assert_eq!(Domain::parse("a.."), Err(DomainError::EmptyLabel));
        assert_eq!(Domain::parse("a b.example"), Err(DomainError::Character));
        assert_eq!(Domain::parse("a\0.example"), Err(DomainError::Character));
        assert_eq!(Domain::parse("a+b.example"), Err(DomainError::Character));
        assert_eq!(Domain::parse(&"a".repeat(64)), Err(DomainError::LabelTooLong));
        assert_eq!(Domain::parse(&"a.".repeat(127)).map(|d| d.label_count()), Ok(127));
        assert_eq!(Domain::parse(&"a.".repeat(128)), Err(DomainError::TooLong));
        assert_eq!(Domain::from_dns("a+b.example").map(|d| d.to_string()), Ok("a+b.example".into()));
    }

    #[test]
    fn reverse_names() {
        let name = |ip: &str| Domain::reverse(ip.parse().unwrap());
        assert_eq!(name("192.0.2.1").as_str(), "1.2.0.192.in-addr.arpa");
        let zeros = "0.".repeat(23);
        assert_eq!(name("2001:db8::1").as_str(), format!("1.{zeros}8.b.d.0.1.0.0.2.ip6.arpa"));
        assert_eq!(Domain::parse(name("2001:db8::1").as_str()), Ok(name("2001:db8::1")));
    }

    #[test]
    fn relations() {
        let name = domain("mail.example.com");
        assert_eq!(name.parent(), Some(domain("example.com")));
        assert_eq!(domain("com").parent(), None);
        assert_eq!(name.suffix(1), Some(domain("com")));
        assert_eq!(name.suffix(2), Some(domain("example.com")));
        assert_eq!(name.suffix(3), Some(name.clone()));
        assert_eq!(name.suffix(4), None);
        assert_eq!(name.suffix(0), None);
        assert!(name.is_within(&domain("example.com")) && name.is_within(&name));
        assert!(!domain("badexample.com").is_within(&domain("example.com")));
        assert_eq!(name.prepend("_dmarc").unwrap().as_str(), "_dmarc.mail.example.com");
    }
}
