//! `passerelle_output`: what a machine hands to its host.

use std::ffi::c_char;

use engine::verify;

use crate::question::Question;

/// What an output is, and which member of its value holds.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputTag {
    /// Nothing more until there is input: value.idle.
    Idle = 0,
    /// A question for the host: value.ask. Questions may be answered in any order, and while input goes on.
    Ask = 1,
    /// The report on a message: value.report.
    Report = 2,
    /// Octets for the peer: value.transmit. A verification has no peer and never says this.
    Transmit = 3,
    /// SPF of MAIL FROM, or of HELO with a null reverse-path: value.finding. This and what follows comes only where
    /// passerelle_verification_report_early asked for it, each once, as soon as it is certain, and before the report.
    Spf = 4,
    /// SPF of HELO, where it is checked besides MAIL FROM: value.finding.
    SpfHelo = 5,
    /// The client's address: value.finding.
    Iprev = 6,
    /// The header section is complete: value.finding, whose JSON tells the author and the signatures.
    Header = 7,
    /// One of the signatures: value.finding.
    Signature = 8,
}

/// Whether a message is authenticated. The numbers are the exit codes of the passerelle command, which ends with 1 where
/// this is undecided.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticated {
    /// Yes: DMARC passes, or the author's domain has no policy and an aligned identity passes.
    Yes = 0,
    /// No.
    No = 1,
    /// Not now: a temporary error stands in the way.
    Temporarily = 3,
    /// It depends on something that is not known: from which address the message came, for which nobody vouches, or its
    /// body.
    Undecided = 4,
}

impl From<verify::Authenticated> for Authenticated {
    fn from(authenticated: verify::Authenticated) -> Self {
        match authenticated {
            verify::Authenticated::Yes => Self::Yes,
            verify::Authenticated::No => Self::No,
            verify::Authenticated::Temporarily => Self::Temporarily,
            verify::Authenticated::Undecided => Self::Undecided,
        }
    }
}

/// The value of PASSERELLE_OUTPUT_TAG_IDLE.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    /// Whether to call again at wake without input. A verification has no timers and never asks for it.
    pub has_wake: bool,
    /// The moment, in milliseconds on the host's monotonic clock.
    pub wake: u64,
}

/// The value of PASSERELLE_OUTPUT_TAG_REPORT.
///
/// What to do with the report's member dmarc, by its result:
///
/// - pass: something vouches for the author's domain. Deliver as you would mail of this domain.
/// - fail: nothing does. Weigh disposition, what the owner asks for, with all else you know.
/// - none: no policy is applied; cause says why. As mail of a domain without DMARC.
/// - temperror: an answer is missing. In a session 451, else as none; never as pass.
/// - permerror with author "certain": the owner's record is broken (cause "record-unusable"), and the message is not at
///   fault. As none.
/// - permerror with author "candidates": the sender's fault. From is malformed or repeated, and readers may see one of the
///   candidates or another. disposition is the strictest that the owner of one asks for which fails (RFC 9989 section
///   11.5). Even if it is none, refusing the message as malformed (RFC 5322 section 3.6) is sound.
/// - permerror with author "incomplete": the same, with more domains than are looked at, or a message beyond a bound;
///   disposition is quarantine at least.
/// - permerror with author "none": no From names a domain, and nobody's policy applies. disposition is
///   none. Refuse the message as malformed, or treat it as suspicious.
///
/// disposition is what the owner asks for, and no order: by RFC 9989 section 8 a receiver MUST NOT reject a message solely on
/// the basis of a p=reject policy, since mailing lists and forwarders break what DMARC checks (section 7.4).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// The report, a JSON object on one line, not ended by a NUL. It is valid until the verification is freed.
    pub json: *const c_char,
    /// The length of json.
    pub json_len: usize,
    /// The verdict in one word.
    pub authenticated: Authenticated,
}

/// The value of PASSERELLE_OUTPUT_TAG_SPF and the tags behind it: something that is certain before the report.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    /// The result in a word, such as "pass" or "temperror", not ended by a NUL; empty for the header section. It is a
    /// constant.
    pub result: *const c_char,
    /// The length of result.
    pub result_len: usize,
    /// That part of the report as JSON, not ended by a NUL; how identifiers are aligned is in the report alone. It is
    /// valid until the next poll.
    pub json: *const c_char,
    /// The length of json.
    pub json_len: usize,
    /// Of a signature, its place in the report's dkim, from 0.
    pub index: usize,
}

/// The value of PASSERELLE_OUTPUT_TAG_TRANSMIT.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Transmit {
    /// The octets. They are valid until the next poll.
    pub data: *const u8,
    /// How many there are.
    pub data_len: usize,
}

/// The value of an output; its tag says which member holds.
#[repr(C)]
#[derive(Clone, Copy)]
pub union OutputValue {
    /// With PASSERELLE_OUTPUT_TAG_IDLE.
    pub idle: Idle,
    /// With PASSERELLE_OUTPUT_TAG_ASK. The name in it is valid until the next poll.
    pub ask: Question,
    /// With PASSERELLE_OUTPUT_TAG_REPORT.
    pub report: Report,
    /// With PASSERELLE_OUTPUT_TAG_TRANSMIT.
    pub transmit: Transmit,
    /// With PASSERELLE_OUTPUT_TAG_SPF, _SPF_HELO, _IPREV, _HEADER and _SIGNATURE.
    pub finding: Finding,
    /// Room for members of later versions, so that the size stays.
    pub reserved: [u64; 8],
}

/// One output.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Output {
    /// What it is.
    pub tag: OutputTag,
    /// The rest.
    pub value: OutputValue,
}

impl Output {
    pub(crate) fn idle(wake: Option<u64>) -> Self {
        let idle = Idle { has_wake: wake.is_some(), wake: wake.unwrap_or(0) };
        Self { tag: OutputTag::Idle, value: OutputValue { idle } }
    }

    pub(crate) fn ask(question: Question) -> Self {
        Self { tag: OutputTag::Ask, value: OutputValue { ask: question } }
    }

    pub(crate) fn report(json: &str, authenticated: Authenticated) -> Self {
        let report = Report { json: json.as_ptr().cast(), json_len: json.len(), authenticated };
        Self { tag: OutputTag::Report, value: OutputValue { report } }
    }

    /// What an event that is not the report says; `None` where it has no tag.
    pub(crate) fn finding(event: &verify::Event, json: &str) -> Option<Self> {
        let (tag, index) = match event {
            verify::Event::Spf(_) => (OutputTag::Spf, 0),
            verify::Event::SpfHelo(_) => (OutputTag::SpfHelo, 0),
            verify::Event::IpRev(_) => (OutputTag::Iprev, 0),
            verify::Event::Header(_) => (OutputTag::Header, 0),
            verify::Event::Signature { index, .. } => (OutputTag::Signature, *index),
            _ => return None,
        };
        let result = event.result().unwrap_or_default();
        let finding = Finding {
            result: result.as_ptr().cast(),
            result_len: result.len(),
            json: json.as_ptr().cast(),
            json_len: json.len(),
            index,
        };
        Some(Self { tag, value: OutputValue { finding } })
    }

    pub(crate) fn transmit(data: &[u8]) -> Self {
        let transmit = Transmit { data: data.as_ptr(), data_len: data.len() };
        Self { tag: OutputTag::Transmit, value: OutputValue { transmit } }
    }
}

// C compiled against an older header must be able to hold what a newer library writes.
const _: () = assert!(size_of::<OutputValue>() == 64 && size_of::<Output>() == 72);
