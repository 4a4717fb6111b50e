//! What a verification has found out, as soon as it is known.

use serde::Serialize;

use super::Report;
use crate::dkim;
use crate::dmarc::AuthorCertainty;
use crate::domain::Domain;
use crate::message::Authorship;
use crate::results::IpRevVerdict;
use crate::spf;

/// What a [`Verification`](super::Verification) has found out.
///
/// Each comes once at most, as soon as it is certain, and says what the report will say; only how an identifier is
/// aligned, on which DMARC's records have a say, is in the report alone. The report comes last. The order of the others is
/// that in which the answers and the message arrive.
///
/// Those of the envelope come as soon as the DNS has answered, before the message if the host waits for them: at MAIL or
/// RCPT a host can refuse by SPF. The rest is for hosts that show or log what is going on, or that stop early.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// SPF of MAIL FROM, or of HELO with a null reverse-path: [`Report::spf`]. Always comes; at once where there is
    /// nothing to check.
    Spf(spf::Verdict),
    /// SPF of HELO: [`Report::spf_helo`]. Comes where it is checked besides MAIL FROM.
    SpfHelo(spf::Verdict),
    /// The client's address: [`Report::iprev`]. Comes where it is checked.
    IpRev(IpRevVerdict),
    /// The header section is complete. Always comes.
    Header(HeaderSection),
    /// One of [`Report::dkim`], of which each comes: a signature that is not valid at the end of the header section, one
    /// without a usable key when the key was answered, the others at the end of the body.
    Signature {
        /// Its place in [`Report::dkim`].
        index: usize,
        /// The verdict.
        verdict: dkim::Verdict,
    },
    /// The report, with which the verification ends.
    Report(Box<Report>),
}

/// What the header section shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HeaderSection {
    /// The author's domain, where it is certain.
    pub author: Option<Domain>,
    /// How certain it is.
    pub certainty: AuthorCertainty,
    /// The domains that some reader may take for the author's, where it is not.
    pub candidates: Vec<Domain>,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The signatures, one for each member of [`Report::dkim`] and in the same order.
    pub signatures: Vec<FoundSignature>,
}

/// What a DKIM-Signature field says, before anything is verified. What could not be read is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FoundSignature {
    /// `d=`
    pub domain: Option<Domain>,
    /// `s=`
    pub selector: Option<String>,
    /// `i=`, or what stands for it where it is missing.
    pub identity: Option<String>,
    /// `a=`
    pub algorithm: Option<String>,
}

impl HeaderSection {
    pub(super) fn new<'v>(authorship: &Authorship, verdicts: impl Iterator<Item = &'v dkim::Verdict>) -> Self {
        let signature = |verdict: &dkim::Verdict| FoundSignature {
            domain: verdict.domain.clone(),
            selector: verdict.selector.clone(),
            identity: verdict.identity.clone(),
            algorithm: verdict.algorithm.clone(),
        };
        let (certainty, found, why) = match authorship {
            Authorship::Certain(_) => (AuthorCertainty::Certain, None, None),
            Authorship::Candidates(found, why) => (AuthorCertainty::Candidates, Some(found), Some(why)),
            Authorship::Incomplete(found, why) => (AuthorCertainty::Incomplete, Some(found), Some(why)),
            Authorship::None(why) => (AuthorCertainty::None, None, Some(why)),
        };
        Self {
            author: authorship.certain().map(|author| author.domain.clone()),
            certainty,
            candidates: found.map(|found| found.domains().to_vec()).unwrap_or_default(),
            reason: why.map(ToString::to_string),
            signatures: verdicts.map(signature).collect(),
        }
    }
}

impl Event {
    /// Its name in the interfaces of other languages: `spf`, `spf_helo`, `iprev`, `header`, `signature` or `report`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Spf(_) => "spf",
            Self::SpfHelo(_) => "spf_helo",
            Self::IpRev(_) => "iprev",
            Self::Header(_) => "header",
            Self::Signature { .. } => "signature",
            Self::Report(_) => "report",
        }
    }

    /// The result in a word: that of the check, or of the report whether the message is [`authenticated`](super::Authenticated).
    /// The end of the header section has none.
    pub fn result(&self) -> Option<&'static str> {
        match self {
            Self::Spf(verdict) | Self::SpfHelo(verdict) => Some(verdict.result.as_str()),
            Self::IpRev(verdict) => Some(verdict.result.as_str()),
            Self::Header(_) => None,
            Self::Signature { verdict, .. } => Some(verdict.result.as_str()),
            Self::Report(report) => Some(report.authenticated.as_str()),
        }
    }

    /// What it carries as JSON, on one line: the report, that part of it, or the [`HeaderSection`].
    pub fn to_json(&self) -> String {
        let json = match self {
            Self::Spf(verdict) | Self::SpfHelo(verdict) => serde_json::to_string(verdict),
            Self::IpRev(verdict) => serde_json::to_string(verdict),
            Self::Header(section) => serde_json::to_string(section),
            Self::Signature { verdict, .. } => serde_json::to_string(verdict),
            Self::Report(report) => serde_json::to_string(report),
        };
        // Strings, numbers and lists of them: they always serialize.
        json.unwrap_or_default()
    }

    /// The report, if it is that; what came early is dropped.
    pub fn into_report(self) -> Option<Report> {
        match self {
            Self::Report(report) => Some(*report),
            _ => None,
        }
    }
}
