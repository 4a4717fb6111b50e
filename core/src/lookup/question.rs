//! What is asked: the DNS records of a name and type, or a domain's MTA-STS policy.

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
