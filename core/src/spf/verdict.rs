//! What SPF says.

use serde::Serialize;

use super::request::Identity;
use crate::alignment::IdentifierAlignment;
use crate::domain::Domain;
use crate::trail::Trail;
use crate::words::words;

/// A result of `check_host()` (RFC 7208 §2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpfResult {
    /// The client is authorized.
    Pass,
    /// The client is not authorized.
    Fail,
    /// The client is probably not authorized.
    SoftFail,
    /// The domain makes no assertion about the client.
    Neutral,
    /// There was no domain to check, or it has no record.
    None,
    /// The DNS failed; a later try may succeed.
    TempError,
    /// The domain's records could not be interpreted.
    PermError,
}

impl SpfResult {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Pass, Self::Fail, Self::SoftFail, Self::Neutral, Self::None, Self::TempError, Self::PermError];

    /// The RFC's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::Neutral => "neutral",
            Self::None => "none",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }

    /// The result with this word, in any case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.as_str().eq_ignore_ascii_case(word))
    }
}

words!(Display, Serialize for SpfResult);

/// The verdict of a [`CheckHost`](super::CheckHost). Serialized, it is the `spf` object of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verdict {
    /// The result.
    pub result: SpfResult,
    /// The identity that was checked.
    pub identity: Identity,
    /// The domain that was checked, if it is one.
    #[serde(skip)]
    pub domain: Option<Domain>,
    /// The domain that was checked, or the text that is none.
    #[serde(rename = "domain")]
    pub domain_text: String,
    /// How the domain stands to the author domain of the message (RFC 9989 §3.2.10), where a message was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aligned: Option<IdentifierAlignment>,
    /// With `fail`: what the domain's owner has to say to the sender (RFC 7208 §6.2), in printable ASCII. It is the
    /// word of a third party, not to be shown as one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// The directive that matched, as written in the record, or `default` when none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mechanism: Option<String>,
    /// Whether the client or its name was taken from the message itself, without the host vouching for it: the result
    /// proves nothing. DMARC does not count it, and it does not stand in Authentication-Results.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub derived: bool,
    /// Terms evaluated that cause queries (RFC 7208 §4.6.4).
    pub lookups: u32,
    /// Those of them for which a query found nothing.
    pub void_lookups: u32,
    /// Why the result is `none`, `temperror` or `permerror`, with what can be done about it. With `fail`, `softfail` and
    /// `neutral`: what of the records hardly does what was meant, and which queries found nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The steps.
    #[serde(skip)]
    pub trail: Trail,
}

impl Verdict {
    /// The verdict where there is nothing to check: `none`, for this reason.
    pub fn not_checked(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let mut trail = Trail::new();
        trail.push("spf", "none", reason.clone(), "RFC 7208 §2.6.1");
        Self {
            result: SpfResult::None,
            identity: Identity::MailFrom,
            domain: None,
            domain_text: String::new(),
            aligned: None,
            explanation: None,
            mechanism: None,
            derived: false,
            lookups: 0,
            void_lookups: 0,
            reason: Some(reason),
            trail,
        }
    }

    /// Whether there was something to check.
    pub fn is_checked(&self) -> bool {
        !self.domain_text.is_empty()
    }
}
