//! The report: what came of a verification, the same from every face.

use serde::Serialize;

use super::dmarc::Verdicts;
use super::envelope::Shown;
use super::{Envelope, Settings, field};
use crate::dkim;
use crate::dmarc;
use crate::limits::{Limits, MAX_REPORT_BASE};
use crate::results::{IpRevVerdict, Provider, ProviderResults};
use crate::spf;
use crate::trail::{Trail, json_size};

/// What one message is, from what its envelope, its signatures and its author's domain say.
///
/// [`to_json`](Self::to_json) gives the same octets on every platform. Fields are only ever added.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Whether the message is authenticated, in one word.
    pub authenticated: Authenticated,
    /// The envelope, each part with its source.
    envelope: Shown,
    /// The message is a header section and no more, though a signature covers a body: no signature can be judged.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub header_only: bool,
    /// SPF of MAIL FROM, or of HELO with a null reverse-path (RFC 7208).
    pub spf: spf::Verdict,
    /// SPF of HELO, where it was checked besides MAIL FROM (RFC 7208 §2.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spf_helo: Option<spf::Verdict>,
    /// One verdict a DKIM signature, in the order of the fields (RFC 6376).
    pub dkim: Vec<dkim::Verdict>,
    /// DMARC of the author's domain, by RFC 9989 unless [`Settings::dmarc`] asks for RFC 7489 alone.
    pub dmarc: dmarc::Verdict,
    /// The same by RFC 7489, where both standards were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dmarc_rfc7489: Option<dmarc::Verdict>,
    /// Where the two differ and why, as a sentence for people; `None` where they agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dmarc_difference: Option<String>,
    /// The client's address looked up and confirmed (RFC 8601 §3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iprev: Option<IpRevVerdict>,
    /// What a server that [`Settings::trusted_authserv_ids`] names said of the message, beside what is said here; `None` where
    /// none is named, or no field of one is in the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_results: Option<ProviderResults>,
    /// The Authentication-Results field, folded, with its final CRLF: ready to be put in front of the message.
    pub authentication_results: String,
    /// The steps that led here. Left out where [`Settings::trail`] says so.
    #[serde(skip_serializing_if = "Trail::is_off")]
    pub trail: Trail,
}

/// Whether a message is authenticated, in one word: the exit status of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Authenticated {
    /// DMARC passes; or the author's domain has no policy, and an identifier aligned with it passes.
    Yes,
    /// Nothing vouches for the author's domain.
    No,
    /// A temporary error leaves it open; the same check may end otherwise later.
    Temporarily,
    /// It depends on something that is not known here: from which address the message came, or its body. SPF might
    /// have vouched for the author's domain; or SPF does, but for an address that only the message itself tells.
    Undecided,
}

impl Authenticated {
    /// The word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Temporarily => "temporarily",
            Self::Undecided => "undecided",
        }
    }
}

/// The verdicts that a report is made of.
pub(super) struct Parts {
    pub(super) authenticated: Authenticated,
    pub(super) is_header_only: bool,
    pub(super) spf: spf::Verdict,
    pub(super) spf_helo: Option<spf::Verdict>,
    pub(super) dkim: Vec<dkim::Verdict>,
    pub(super) dmarc: Verdicts,
    pub(super) iprev: Option<IpRevVerdict>,
    pub(super) provider: Option<Provider>,
}

impl Report {
    pub(super) fn new(settings: &Settings, envelope: &Envelope, parts: Parts, trail: Trail) -> Self {
        let ours = field::authentication_results(settings, envelope, &parts);
        let authentication_results = ours.to_field();
        let Parts { authenticated, is_header_only, spf, spf_helo, dkim, dmarc, iprev, provider } = parts;
        let provider_results = provider.map(|provider| provider.beside(&ours));
        let Verdicts { dmarc, rfc7489: dmarc_rfc7489, difference: dmarc_difference, .. } = dmarc;
        let none = if trail.is_off() { Trail::off() } else { Trail::new() };
        let mut report = Self {
            authenticated,
            envelope: Shown(envelope.clone()),
            header_only: is_header_only,
            spf,
            spf_helo,
            dkim,
            dmarc,
            dmarc_rfc7489,
            dmarc_difference,
            iprev,
            provider_results,
            authentication_results,
            trail: none,
        };
        report.add(trail, &settings.limits);
        report
    }

    /// Adds as much of the trail as there is room for.
    fn add(&mut self, mut trail: Trail, limits: &Limits) {
        if trail.is_off() {
            return;
        }
        // Counting octets takes as long as writing them, and hardly ever matters.
        let plenty = limits.report_size / 2;
        if trail.steps().len() > limits.trail_steps || trail.size_at_most() > plenty || plenty < MAX_REPORT_BASE {
            let rest = json_size(self);
            trail.fit(limits.trail_steps, limits.report_size.saturating_sub(rest));
        }
        self.trail = trail;
    }

    /// The report as JSON, on one line.
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists of them: they always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether the message is authenticated.
    pub fn authenticated(&self) -> Authenticated {
        self.authenticated
    }

    /// The envelope by which it was judged.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope.0
    }
}
