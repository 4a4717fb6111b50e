//! What verification says about one signature.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use thiserror::Error;

use super::diagnose::Diagnosis;
use super::encoding;
use super::key::KeyRecordError;
use super::signature::{Signature, SignatureError};
use crate::alignment::IdentifierAlignment;
use crate::domain::Domain;
use crate::message::HeaderLimit;
use crate::tags::TagList;
use crate::time::UnixTime;
use crate::trail::Step;

/// The result of a signature, in the words of RFC 8601 §2.7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DkimResult {
    /// The signature verifies.
    Pass,
    /// It does not: something that was signed has been changed, or it has expired.
    Fail,
    /// It could not be processed. Not given here: what RFC 8601 leaves to `neutral` is `permerror` in RFC 6376 §6.1.1's
    /// words, PERMFAIL.
    Neutral,
    /// There is no signature. Not given here: then there is no verdict either.
    None,
    /// The key could not be had for now.
    TempError,
    /// The signature or its key can never verify.
    PermError,
    /// The signature is not acceptable here.
    Policy,
}

impl DkimResult {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Neutral => "neutral",
            Self::None => "none",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
            Self::Policy => "policy",
        }
    }
}

impl std::fmt::Display for DkimResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a signature does not pass.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Failure {
    /// The header section is too large to be kept, signatures and all (see [`Header`](crate::message::Header)).
    #[error("{0}: none of its signatures was examined")]
    HeaderTooLarge(HeaderLimit),
    /// The DKIM-Signature field is not valid.
    #[error("{0}")]
    Signature(#[from] SignatureError),
    /// `x=` is past.
    #[error("the signature expired on {at} (x={0})", at = .0.utc())]
    Expired(UnixTime),
    /// `t=` is yet to come.
    #[error("the signature is dated in the future, {at} (t={0})", at = .0.utc())]
    Future(UnixTime),
    /// There is no key record.
    #[error("there is no key at {0}")]
    NoKey(Domain),
    /// The DNS failed, or did not answer in time.
    #[error("the key at {0} could not be fetched")]
    KeyUnavailable(Domain),
    /// No key record under the name can be used.
    #[error("{0}")]
    Key(#[from] KeyRecordError),
    /// The RSA key is smaller than accepted.
    #[error("the RSA key has {bits} bits; at least {floor} are wanted")]
    WeakKey {
        /// Bits of the key.
        bits: u32,
        /// The least accepted.
        floor: u32,
    },
    /// The RSA key is larger than accepted.
    #[error("the RSA key has {bits} bits; at most {cap} are accepted")]
    LargeKey {
        /// Bits of the key.
        bits: u32,
        /// The most accepted.
        cap: u32,
    },
    /// `bh=` is not the hash of the body.
    #[error("the body hash does not match: {diagnosis}; the signed header fields {}", intact(*.header_intact))]
    BodyHash {
        /// What is known of the change.
        diagnosis: Diagnosis,
        /// Whether the signature over the header fields verifies.
        header_intact: bool,
    },
    /// `b=` is no signature of the header fields by the key.
    #[error("the signature does not verify: a signed header field was changed, or another key signed")]
    BadSignature,
    /// The signature verifies and covers a part of the body only.
    #[error(
        "the signature is over a part of the body only (l={signed}), which is not accepted: {}",
        Uncovered(*.uncovered)
    )]
    BodyLength {
        /// The value of `l=`.
        signed: u64,
        /// Octets of the canonical body behind it.
        uncovered: u64,
    },
    /// The message has more signatures than are examined.
    #[error("{unexamined} more signatures were not examined: the limit is {limit}")]
    TooMany {
        /// How many were not examined.
        unexamined: usize,
        /// How many were.
        limit: usize,
    },
    /// The signatures above this one have used up the public-key operations that a message may cost.
    #[error("the signature was not verified: a message may cost {limit} public-key operations")]
    TooCostly {
        /// How many operations.
        limit: usize,
    },
}

/// How much of the body a signature with `l=` leaves out, in words.
pub(super) struct Uncovered(pub(super) u64);

impl fmt::Display for Uncovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("nothing follows the signed octets here"),
            1 => f.write_str("1 octet of the body is not signed"),
            count => write!(f, "{count} octets of the body are not signed"),
        }
    }
}

fn intact(intact: bool) -> &'static str {
    if intact { "are intact" } else { "do not verify either" }
}

impl Failure {
    /// The result that this makes.
    pub fn result(&self) -> DkimResult {
        match self {
            // RFC 6376 §3.5 lets a signature be "considered invalid" once it expired, and §6.1.1 calls that PERMFAIL:
            // a test that the signature did not survive, so `fail`, not an error of form.
            Self::Expired(_) | Self::BodyHash { .. } | Self::BadSignature => DkimResult::Fail,
            Self::KeyUnavailable(_) => DkimResult::TempError,
            Self::HeaderTooLarge(_) | Self::Signature(_) | Self::NoKey(_) | Self::Key(_) => DkimResult::PermError,
            Self::Future(_) | Self::WeakKey { .. } | Self::LargeKey { .. } => DkimResult::Policy,
            Self::BodyLength { .. } | Self::TooMany { .. } | Self::TooCostly { .. } => DkimResult::Policy,
        }
    }

    /// The rule behind it.
    pub fn rfc(&self) -> &'static str {
        match self {
            Self::Signature(error) => error.rfc(),
            Self::Key(error) => error.rfc(),
            Self::Expired(_) | Self::Future(_) => "RFC 6376 §3.5",
            Self::NoKey(_) | Self::KeyUnavailable(_) => "RFC 6376 §6.1.2",
            Self::WeakKey { .. } | Self::LargeKey { .. } => "RFC 8301 §3.2",
            Self::BodyHash { .. } | Self::BadSignature => "RFC 6376 §6.1.3",
            Self::BodyLength { .. } => "RFC 6376 §8.2",
            Self::HeaderTooLarge(_) | Self::TooMany { .. } | Self::TooCostly { .. } => "RFC 6376 §6.1",
        }
    }
}

/// What verification says about one DKIM-Signature field.
///
/// Of a field that is not valid, only those parts are given that could be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verdict {
    /// The result.
    pub result: DkimResult,
    /// `d=`
    pub domain: Option<Domain>,
    /// How the domain stands to the author domain of the message (RFC 9989 §3.2.10), whether the signature passes or not;
    /// `None` where no message was verified as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aligned: Option<IdentifierAlignment>,
    /// `s=`
    pub selector: Option<String>,
    /// `i=`, or what stands for it where it is missing: `@` and the domain.
    pub identity: Option<String>,
    /// `a=`
    pub algorithm: Option<String>,
    /// Bits of the RSA modulus; 256 for Ed25519. `None` where no key was found.
    pub key_bits: Option<u32>,
    /// The two halves of `c=`, such as `relaxed/simple`.
    pub canonicalization: Option<String>,
    /// `l=`: how many octets of the canonical body are signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_length: Option<u64>,
    /// With `l=`, how many octets of the canonical body are not signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_uncovered: Option<u64>,
    /// Why the result is not pass, or what is to be said about a pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The key record says `t=y`: a message signed with it must be treated as if it were not signed, even where the
    /// signature fails (RFC 6376 §3.6.1). What follows from a pass is for the reader to decide.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub testing: bool,
    /// Fields of the message that a reader sees, or on which the display of the body depends, of which the signature
    /// leaves some or all unsigned: anyone on the way can have added them (RFC 6376 §8.15).
    #[serde(skip)]
    pub unsigned: Vec<&'static str>,
    /// Why the result is not pass.
    #[serde(skip)]
    pub failure: Option<Failure>,
    /// The first characters of the base64 in `b=`, without white space: for the `header.b` of RFC 6008, which wants at
    /// least eight.
    #[serde(skip)]
    pub b: String,
}

/// Characters kept of `b=` and `a=`. Eight tell signatures apart (RFC 6008 §4); this leaves room for more.
const KEPT: usize = 64;

impl Verdict {
    /// What can be read of a field that is not valid.
    pub(super) fn of_broken(tags: Option<&TagList<'_>>) -> Self {
        let value = |name| tags.and_then(|tags| tags.value(name));
        let text = |name| value(name).and_then(|v| str::from_utf8(v).ok());
        let name = |name| text(name).and_then(|text| Domain::parse(text).ok());
        let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
        Self {
            domain: name("d"),
            selector: name("s").map(|selector| selector.to_string()),
            algorithm: text("a").filter(|a| a.len() <= KEPT && a.bytes().all(|b| word(&b))).map(str::to_lowercase),
            b: kept_b(value("b").unwrap_or_default()),
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        Self {
            result: DkimResult::PermError,
            domain: None,
            aligned: None,
            selector: None,
            identity: None,
            algorithm: None,
            key_bits: None,
            canonicalization: None,
            body_length: None,
            body_uncovered: None,
            reason: None,
            testing: false,
            unsigned: Vec::new(),
            failure: None,
            b: String::new(),
        }
    }

    /// What a valid field says, before anything is verified. `b` is the value of `b=`.
    pub(super) fn of(signature: &Signature<'_>, b: &[u8]) -> Self {
        let (header, body) = (signature.header_canonicalization, signature.body_canonicalization);
        Self {
            domain: Some(signature.domain.clone()),
            selector: Some(signature.selector.as_str().to_owned()),
            identity: Some([&signature.identity.local_part, "@", signature.identity.domain.as_str()].concat()),
            algorithm: Some(signature.algorithm.as_str().to_owned()),
            canonicalization: Some([header.as_str(), "/", body.as_str()].concat()),
            body_length: signature.body_length,
            b: kept_b(b),
            ..Self::empty()
        }
    }

    /// A verdict that is not about a signature of its own.
    pub(super) fn without_signature(failure: Failure) -> Self {
        let mut verdict = Self::empty();
        verdict.fail(failure);
        verdict
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.result = failure.result();
        self.reason = Some(failure.to_string());
        self.failure = Some(failure);
    }

    pub(super) fn pass(&mut self, reason: Option<String>) {
        self.result = DkimResult::Pass;
        self.reason = reason;
        self.failure = None;
    }

    /// The verdict as a step of the trail.
    pub fn step(&self) -> Step {
        let step = match (&self.domain, &self.selector) {
            (Some(domain), Some(selector)) => format!("dkim d={domain} s={selector}"),
            (Some(domain), None) => format!("dkim d={domain}"),
            _ => "dkim".to_owned(),
        };
        let why = match &self.reason {
            Some(reason) => Cow::Owned(reason.clone()),
            None => Cow::Borrowed("the signed header fields and the body are as they were signed"),
        };
        let rfc = self.failure.as_ref().map_or("RFC 6376 §6.1.3", Failure::rfc);
        Step { step: step.into(), outcome: self.result.as_str().into(), why, rfc: rfc.into() }
    }
}

fn kept_b(value: &[u8]) -> String {
    let base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let octets = value.iter().copied().filter(|b| !encoding::is_space(*b));
    let mut kept = Vec::with_capacity(KEPT);
    kept.extend(octets.take_while(base64).take(KEPT));
    String::from_utf8(kept).unwrap_or_default() // it is ASCII
}
