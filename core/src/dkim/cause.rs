//! The words of a verdict: its result, and why it is not pass.

use serde::Serialize;

use crate::words::words;

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

words!(Display for DkimResult);

/// Why a signature does not pass, in one word: for programs, which must not read sentences. The sentence is in
/// [`Verdict::reason`](super::Verdict::reason), and all that is known in [`Verdict::failure`](super::Verdict::failure).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cause {
    /// `x=` is past.
    Expired,
    /// `t=` is yet to come.
    Future,
    /// No key is published under the name.
    NoKey,
    /// The DNS failed, or did not answer in time.
    KeyUnavailable,
    /// The key has been withdrawn.
    KeyRevoked,
    /// What is published is no key, or none that fits the signature.
    KeyUnusable,
    /// The RSA key is too small.
    WeakKey,
    /// The body that was signed is there, and something was added behind it, or as a last MIME part.
    Footer,
    /// There is no body, and there was one when it was signed.
    BodyAbsent,
    /// A part of the body is missing at its end; without `l=` that is what it looks like.
    BodyCut,
    /// The line ends of the body were changed.
    BodyLineEnds,
    /// The body was changed in another way, which the reason may name.
    BodyChanged,
    /// The signature over the header fields does not verify.
    BadSignature,
    /// The signature verifies, and covers a part of the body only (`l=`).
    BodyLength,
    /// The DKIM-Signature field is not valid.
    Malformed,
    /// A limit was reached before it could be verified.
    NotExamined,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Expired,
        Self::Future,
        Self::NoKey,
        Self::KeyUnavailable,
        Self::KeyRevoked,
        Self::KeyUnusable,
        Self::WeakKey,
        Self::Footer,
        Self::BodyAbsent,
        Self::BodyCut,
        Self::BodyLineEnds,
        Self::BodyChanged,
        Self::BadSignature,
        Self::BodyLength,
        Self::Malformed,
        Self::NotExamined,
    ];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Future => "future",
            Self::NoKey => "no-key",
            Self::KeyUnavailable => "key-unavailable",
            Self::KeyRevoked => "key-revoked",
            Self::KeyUnusable => "key-unusable",
            Self::WeakKey => "weak-key",
            Self::Footer => "footer",
            Self::BodyAbsent => "body-absent",
            Self::BodyCut => "body-cut",
            Self::BodyLineEnds => "body-line-ends",
            Self::BodyChanged => "body-changed",
            Self::BadSignature => "bad-signature",
            Self::BodyLength => "body-length",
            Self::Malformed => "malformed",
            Self::NotExamined => "not-examined",
        }
    }
}

words!(Display for Cause);
