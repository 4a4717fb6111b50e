//! How an identifier stands to the author domain, in one word. SPF's verdict and those of signatures carry it, and DMARC
//! finds it out.

use serde::Serialize;

use crate::words::words;

/// How close an identifier is to the author domain (RFC 9989 §3.2.10), authenticated or not, whatever mode a policy
/// record asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentifierAlignment {
    /// It is the author domain.
    Strict,
    /// It is another domain with the same organizational domain.
    Relaxed,
    /// Its organizational domain is another one.
    No,
    /// It could not be found out: no author domain is certain, there is no identifier, a query failed, or there are more
    /// identifiers than are looked into.
    Unknown,
}

impl IdentifierAlignment {
    /// The word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Relaxed => "relaxed",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

words!(Display for IdentifierAlignment);
