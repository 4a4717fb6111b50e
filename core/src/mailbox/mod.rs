//! Mailboxes: as SMTP writes them (RFC 5321, RFC 6531) and as header fields do (RFC 5322, RFC 6532).

mod cursor;
mod list;
mod path;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::domain::{Domain, DomainError};
use crate::limits::{MAX_ADDRESSES, MAX_COMMENT_DEPTH, MAX_LOCAL_PART, MAX_PATH};

pub(crate) use path::host as smtp_host;

pub(crate) use cursor::{Cursor, is_atext, is_dot_string, is_wsp};

pub use list::{Address, NamedMailbox, parse_address_list};
pub use path::{ForwardPath, ReversePath, parse_local_part};

/// A mailbox: a local part and the host that interprets it.
///
/// The local part is kept without quoting, and printed with it where it needs some: `"a b"@example.com` has the
/// local part `a b`. Two mailboxes are equal when their local parts are, octet for octet (RFC 5321 §2.4), and their
/// hosts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mailbox {
    /// Free of control characters, so that it can always be quoted.
    local: String,
    host: Host,
}

impl Mailbox {
    /// A mailbox of this local part, given without quoting.
    ///
    /// # Errors
    /// [`AddressError::Control`] for control characters, which no quoting can carry (RFC 5321 §4.1.2).
    pub fn new(local: impl Into<String>, host: impl Into<Host>) -> Result<Self, AddressError> {
        let local = local.into();
        match local.chars().any(char::is_control) {
            true => Err(AddressError::Control),
            false => Ok(Self { local, host: host.into() }),
        }
    }

    /// The local part, without quoting.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The host behind the `@`.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The domain, unless the host is an address literal.
    pub fn domain(&self) -> Option<&Domain> {
        match &self.host {
            Host::Domain(domain) => Some(domain),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        }
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_dot_string(&self.local) {
            return write!(f, "{}@{}", self.local, self.host);
        }
        f.write_str("\"")?;
        for character in self.local.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                _ => write!(f, "{character}")?,
            }
        }
        write!(f, "\"@{}", self.host)
    }
}

impl Serialize for Mailbox {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What stands behind the `@`: a domain or an address literal (RFC 5321 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A domain name.
    Domain(Domain),
    /// `[192.0.2.1]`
    Ipv4(Ipv4Addr),
    /// `[IPv6:2001:db8::1]`
    Ipv6(Ipv6Addr),
}

impl Host {
    /// Reads a domain or an address literal, the latter with its square brackets.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        match text.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or(AddressError::Literal).and_then(literal),
            None if text.is_empty() => Err(AddressError::MissingDomain),
            // The grammar has no trailing dot (RFC 5321 §4.1.2, RFC 5322 §3.2.3).
            None if text.ends_with('.') => Err(AddressError::Domain(DomainError::EmptyLabel)),
            None => Ok(Self::Domain(Domain::parse(text)?)),
        }
    }
}

/// What is between the square brackets. The registry of address literal tags has only `IPv6`.
fn literal(text: &str) -> Result<Host, AddressError> {
    if let Ok(address) = text.parse() {
        return Ok(Host::Ipv4(address));
    }
    let (tag, address) = text.split_at_checked(5).ok_or(AddressError::Literal)?;
    match address.parse() {
        Ok(address) if tag.eq_ignore_ascii_case("IPv6:") => Ok(Host::Ipv6(address)),
        _ => Err(AddressError::Literal),
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain) => write!(f, "{domain}"),
            Self::Ipv4(address) => write!(f, "[{address}]"),
            Self::Ipv6(address) => write!(f, "[IPv6:{address}]"),
        }
    }
}

impl From<Domain> for Host {
    fn from(domain: Domain) -> Self {
        Self::Domain(domain)
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::Ipv4(address),
            IpAddr::V6(address) => Self::Ipv6(address),
        }
    }
}

/// Why a text is not a mailbox, a path or an address list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Nothing where an address should be; a list without any.
    #[error("an address is missing")]
    Empty,
    /// There is no `@`.
    #[error("an address has no '@'")]
    MissingAt,
    /// More than one `@` outside quotes and comments.
    #[error("an address has more than one '@'")]
    SecondAt,
    /// Nothing behind the `@`.
    #[error("an address has no domain")]
    MissingDomain,
    /// The local part is neither a dot-string nor one quoted string (RFC 5321 §4.1.2).
    #[error("the local part of an address is malformed")]
    LocalPart,
    /// A local part of more than [`MAX_LOCAL_PART`] octets.
    #[error("the local part of an address has more than {MAX_LOCAL_PART} octets")]
    LocalPartTooLong,
    /// A path of more than [`MAX_PATH`] octets.
    #[error("the path has more than {MAX_PATH} octets")]
    PathTooLong,
    /// The domain is malformed.
    #[error("{0}")]
    Domain(#[from] DomainError),
    /// A label that begins or ends with a hyphen, in an address of SMTP (RFC 5321 §4.1.2).
    #[error("a label of the domain begins or ends with '-'")]
    Hyphen,
    /// White space or a comment inside a domain (the obs-domain of RFC 5322 §4.4).
    #[error("there is white space or a comment inside a domain")]
    ObsoleteDomain,
    /// An address literal that is neither IPv4 nor IPv6 (RFC 5321 §4.1.3).
    #[error("an address literal is malformed")]
    Literal,
    /// A quoted string that is not closed.
    #[error("a quoted string is not closed")]
    Quote,
    /// A comment that is not closed, or a closing parenthesis too many.
    #[error("the parentheses of comments do not match")]
    Comment,
    /// Comments nested deeper than [`MAX_COMMENT_DEPTH`].
    #[error("comments are nested more than {MAX_COMMENT_DEPTH} deep")]
    CommentDepth,
    /// A control character.
    #[error("there is a control character")]
    Control,
    /// Angle brackets that do not match.
    #[error("the angle brackets do not match")]
    Angle,
    /// `<>` where a mailbox should be.
    #[error("there is no address between the angle brackets")]
    EmptyAngle,
    /// Words before an address that is not in angle brackets.
    #[error("an address behind a display name is not in angle brackets")]
    MissingAngle,
    /// Two addresses without a comma, the second in angle brackets, that are of different hosts.
    #[error("there is an address of another domain before the angle brackets")]
    AddressBeforeAngle,
    /// A source route in angle brackets (the obs-route of RFC 5322 §4.4).
    #[error("an address has a source route")]
    Route,
    /// An encoded-word in an address (RFC 2047 §5 forbids it).
    #[error("there is an encoded-word inside an address")]
    EncodedWord,
    /// A group that is not closed, or that has no name.
    #[error("a group of addresses is malformed")]
    Group,
    /// Something behind an address.
    #[error("there is text behind an address")]
    Trailing,
    /// More addresses than [`MAX_ADDRESSES`].
    #[error("there are more than {MAX_ADDRESSES} addresses")]
    TooMany,
}

impl std::str::FromStr for Mailbox {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}
