//! Why a signature does not pass: with all that is known, and in one word.

use std::fmt;

use thiserror::Error;

use super::cause::{Cause, DkimResult};
use super::diagnose::Diagnosis;
use super::header_diagnosis::HeaderDiagnosis;
use super::key::Absence;
use super::key_error::KeyRecordError;
use super::signature::SignatureError;
use crate::domain::Domain;
use crate::message::HeaderLimit;
use crate::time::UnixTime;

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
    #[error("there is no key at {name}: {absence}")]
    NoKey {
        /// Where it was looked for.
        name: Domain,
        /// How it is missing.
        absence: Absence,
    },
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
    #[error("the body hash does not match: {diagnosis}, {}", and_header(.header.as_ref()))]
    BodyHash {
        /// What is known of the change.
        diagnosis: Diagnosis,
        /// What is known of the header fields where the signature over them, with the body hash that it claims, does not
        /// verify either; `None` where it does.
        header: Option<HeaderDiagnosis>,
    },
    /// `b=` is no signature of the header fields by the key.
    #[error("the signature does not verify: {0}")]
    BadSignature(HeaderDiagnosis),
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

fn and_header(header: Option<&HeaderDiagnosis>) -> String {
    match header {
        None => "and the signed header fields are intact".into(),
        Some(diagnosis) => format!("and the signature over the header fields does not verify either: {diagnosis}"),
    }
}

impl Failure {
    /// The result that this makes.
    pub fn result(&self) -> DkimResult {
        match self {
            // RFC 6376 §3.5 lets a signature be "considered invalid" once it expired, and §6.1.1 calls that PERMFAIL:
            // a test that the signature did not survive, so `fail`, not an error of form.
            Self::Expired(_) | Self::BodyHash { .. } | Self::BadSignature(_) => DkimResult::Fail,
            Self::KeyUnavailable(_) => DkimResult::TempError,
            Self::HeaderTooLarge(_) | Self::Signature(_) | Self::NoKey { .. } | Self::Key(_) => DkimResult::PermError,
            Self::Future(_) | Self::WeakKey { .. } | Self::LargeKey { .. } => DkimResult::Policy,
            Self::BodyLength { .. } | Self::TooMany { .. } | Self::TooCostly { .. } => DkimResult::Policy,
        }
    }

    /// The same in one word, for programs.
    pub fn cause(&self) -> Cause {
        match self {
            Self::HeaderTooLarge(_) | Self::TooMany { .. } | Self::TooCostly { .. } => Cause::NotExamined,
            Self::Signature(_) => Cause::Malformed,
            Self::Expired(_) => Cause::Expired,
            Self::Future(_) => Cause::Future,
            Self::NoKey { .. } | Self::Key(KeyRecordError::Unrelated(_)) => Cause::NoKey,
            Self::KeyUnavailable(_) => Cause::KeyUnavailable,
            Self::Key(KeyRecordError::Revoked) => Cause::KeyRevoked,
            Self::Key(_) | Self::LargeKey { .. } => Cause::KeyUnusable,
            Self::WeakKey { .. } => Cause::WeakKey,
            Self::BodyHash { diagnosis, .. } => diagnosis.cause(),
            Self::BadSignature(_) => Cause::BadSignature,
            Self::BodyLength { .. } => Cause::BodyLength,
        }
    }

    /// The rule behind it.
    pub fn rfc(&self) -> &'static str {
        match self {
            Self::Signature(error) => error.rfc(),
            Self::Key(error) => error.rfc(),
            Self::Expired(_) | Self::Future(_) => "RFC 6376 §3.5",
            Self::NoKey { .. } | Self::KeyUnavailable(_) => "RFC 6376 §6.1.2",
            Self::WeakKey { .. } | Self::LargeKey { .. } => "RFC 8301 §3.2",
            Self::BodyHash { .. } | Self::BadSignature(_) => "RFC 6376 §6.1.3",
            Self::BodyLength { .. } => "RFC 6376 §8.2",
            Self::HeaderTooLarge(_) | Self::TooMany { .. } | Self::TooCostly { .. } => "RFC 6376 §6.1",
        }
    }
}
