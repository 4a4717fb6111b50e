//! Who signs a message, by which keys.
//!
//! The author's domain signs (From), and nobody in its place: a signature of another domain of ours would vouch for what that domain
//! has not written. Only what was admitted is signed, which the caller says: by AUTH, from a range of one's own, or with a tenant's
//! proof. What comes from strangers never is.

use std::sync::Arc;

use serde::Serialize;

use super::keys::{KeyState, KeyStates};
use crate::dkim::{BodyHash, Canonicalization, Covers, DkimResult, SignError, Signing, Verdict};
use crate::domain::Domain;
use crate::message::{Header, author};
use crate::route::policy::{Policy, Sign};
use crate::time::UnixTime;

/// Who signs a message with this header section, where somebody does.
pub fn signer<'p>(policy: &'p Policy, header: &Header) -> Option<&'p Sign> {
    let author = author(header).ok()?;
    policy.signer(&author.domain).filter(|_| policy.is_own(&author.domain))
}

/// The hash of the body for the signature that may be made, where one may be: for a message that is admitted, while its body comes.
pub fn body_hash(policy: &Policy, admitted: bool) -> Option<BodyHash> {
    // The signers of a policy are all of the same kind.
    (admitted && !policy.signers.is_empty()).then(|| BodyHash::new(Canonicalization::Relaxed))
}

/// Why a key has not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsigned {
    /// A signature of the same domain and selector is on the message, and nothing says that it fails.
    Already,
    /// The record that is published is not that of the key.
    NotPublished(KeyState),
    /// What would be signed could not verify.
    Impossible(SignError),
}

impl Unsigned {
    /// Why, as a sentence for people.
    pub fn sentence(self) -> String {
        match self {
            Self::Already => "a signature of the same domain and selector is on it already".to_owned(),
            Self::NotPublished(state) => format!("the published record {}", state.sentence()),
            Self::Impossible(error) => error.to_string(),
        }
    }
}

/// What came of signing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signed {
    /// The domain that signs; `None` where nobody does.
    pub domain: Option<Domain>,
    /// The selectors of the keys that have signed.
    pub by: Vec<Domain>,
    /// Those of the keys that have not, and why.
    pub without: Vec<(Domain, Unsigned)>,
    /// The DKIM-Signature fields, to be put in front.
    pub fields: Vec<u8>,
}

/// What is known of the signatures that are on a message already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Present<'a> {
    pub(super) covers: &'a Covers,
    /// For each of them, whether our changes have left it as it was.
    pub(super) intact: &'a [bool],
    /// What verification said of the message as it came, if it was asked.
    pub(super) verdicts: &'a [Verdict],
}

impl Present<'_> {
    /// Whether a signature of this domain and selector is on the message that may well verify.
    fn has(&self, domain: &Domain, selector: &Domain, body: &BodyHash, now: UnixTime) -> bool {
        self.covers.iter().zip(self.intact).any(|(cover, intact)| {
            let verdict = self.verdicts.get(cover.place).map(|verdict| verdict.result);
            cover.domain == *domain
                && cover.selector == *selector
                && *intact
                && cover.expiration.is_none_or(|end| end > now)
                && cover.fits_body(body) != Some(false)
                && verdict.is_none_or(|result| matches!(result, DkimResult::Pass | DkimResult::TempError))
        })
    }
}

/// Signs a message by all keys that may, its header section and its body being as they will go on.
pub(super) fn sign(
    sign: &Sign,
    header: &Header,
    body: BodyHash,
    present: Present<'_>,
    states: &KeyStates,
    now: UnixTime,
) -> Signed {
    let signer = &sign.signer;
    let mut signed = Signed { domain: Some(sign.domain.clone()), ..Signed::default() };
    for (selector, _) in signer.keys() {
        let state = states.state(&sign.domain, selector.as_str());
        if present.has(&sign.domain, selector, &body, now) {
            signed.without.push((selector.clone(), Unsigned::Already));
        } else if !state.signs() {
            signed.without.push((selector.clone(), Unsigned::NotPublished(state)));
        } else {
            signed.by.push(selector.clone());
        }
    }
    if signed.by.is_empty() {
        return signed;
    }
    let wanted = |selector: &Domain| signed.by.contains(selector);
    match Signing::with_body(&Arc::clone(signer), header, body, now).and_then(|signing| signing.finish_with(wanted)) {
        Ok(fields) => signed.fields = fields,
        Err(error) => {
            let by = std::mem::take(&mut signed.by);
            signed.without.extend(by.into_iter().map(|selector| (selector, Unsigned::Impossible(error))));
        }
    }
    signed
}

impl Serialize for Unsigned {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.sentence())
    }
}
