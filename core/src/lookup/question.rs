//! What is asked: the DNS records of a name and type, or a domain's MTA-STS policy.

use std::fmt;

use crate::domain::Domain;
use crate::words::words;

/// Something only the host can find out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Question {
    /// The DNS records of a name and type, CNAMEs followed.
    Dns(Domain, RecordType),
    /// The MTA-STS policy file of a domain, fetched as RFC 8461 §3.3 asks.
    StsPolicy(Domain),
    /// How much of a quota is used. To ask takes nothing from it: what is sent is counted by the host, once, when the next hop
    /// has taken the message.
    Quota {
        /// What is counted.
        scope: QuotaScope,
        /// Whose it is: `user:` and an account's name, or `organisation`.
        key: String,
        /// The time up to now in which it counts, in seconds.
        window: u64,
    },
}

/// What a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum QuotaScope {
    /// Messages.
    Messages,
    /// Recipients of messages.
    Recipients,
}

impl QuotaScope {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Messages, Self::Recipients];

    /// The word that transcripts use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Recipients => "recipients",
        }
    }
}

words!(Display for QuotaScope);

/// A window of a quota as people write it: in hours, minutes or seconds.
pub(crate) struct Window(pub(crate) u64);

impl Window {
    /// Reads `24h`, `10m`, `90s` or `7d`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match text.get(digits.len()..)? {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return None,
        };
        digits.parse::<u64>().ok()?.checked_mul(unit).map(Self)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds if seconds % 3600 == 0 => write!(f, "{}h", seconds / 3600),
            seconds if seconds % 60 == 0 => write!(f, "{}m", seconds / 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

/// The types of DNS records that the engine asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[allow(missing_docs)] // The names are the DNS's own.
pub enum RecordType {
    A,
    Aaaa,
    Mx,
    Ptr,
    Cname,
    Ns,
    Soa,
    Tlsa,
    Txt,
}

impl RecordType {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::A, Self::Aaaa, Self::Mx, Self::Ptr, Self::Cname, Self::Ns, Self::Soa, Self::Tlsa, Self::Txt];

    /// The mnemonic, in upper case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Mx => "MX",
            Self::Ptr => "PTR",
            Self::Cname => "CNAME",
            Self::Ns => "NS",
            Self::Soa => "SOA",
            Self::Tlsa => "TLSA",
            Self::Txt => "TXT",
        }
    }

    /// The type's number in the DNS (RFC 1035 §3.2.2, RFC 3596 §2.1, RFC 6698 §7.1).
    pub fn number(self) -> u16 {
        match self {
            Self::A => 1,
            Self::Ns => 2,
            Self::Cname => 5,
            Self::Soa => 6,
            Self::Ptr => 12,
            Self::Mx => 15,
            Self::Txt => 16,
            Self::Aaaa => 28,
            Self::Tlsa => 52,
        }
    }

    /// The type with this number.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.number() == number)
    }

    /// The type with this mnemonic, in any case.
    pub fn from_mnemonic(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str().eq_ignore_ascii_case(text))
    }
}

words!(Display for RecordType);
