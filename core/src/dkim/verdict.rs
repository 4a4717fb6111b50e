//! What verification says about one signature.

use std::borrow::Cow;

use serde::Serialize;

use super::cause::{Cause, DkimResult};
use super::encoding;
use super::failure::Failure;
use super::signature::Signature;
use crate::alignment::IdentifierAlignment;
use crate::domain::Domain;
use crate::tags::TagList;
use crate::time::UnixTime;
use crate::trail::Step;

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
    /// How many octets of the body are not signed: with `l=`, of the canonical body; where the signed body is followed by
    /// a footer ([`Cause::Footer`]), those of the footer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_uncovered: Option<u64>,
    /// `x=`: until when the signature is valid, in the past or not. `None` where there is no such moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<UnixTime>,
    /// Why the result is not pass, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Where the body hash does not match: whether the signature verifies over the header fields and the body hash that it
    /// claims, so that the key did sign them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_intact: Option<bool>,
    /// Why the result is not pass, or what is to be said about a pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The key record says `t=y`: a message signed with it must be treated as if it were not signed, even where the
    /// signature fails (RFC 6376 §3.6.1). What follows from a pass is for the reader to decide.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub testing: bool,
    /// Fields of the message that a reader sees, or on which the display of the body depends, of which the signature
    /// leaves some or all unsigned: anyone on the way can have added or changed them (RFC 6376 §8.15). They are From,
    /// Sender, Reply-To, To, Cc, Subject, Date, Content-Type and Content-Transfer-Encoding, in this order; one that the
    /// message does not have is not among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
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
            expires: None,
            cause: None,
            header_intact: None,
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
            expires: signature.expiration.filter(|expiration| *expiration != UnixTime(u64::MAX)),
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
        self.cause = Some(failure.cause());
        if let Failure::BodyHash { diagnosis, header } = &failure {
            self.header_intact = Some(header.is_none());
            self.body_uncovered = diagnosis.added().or(self.body_uncovered);
        }
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
