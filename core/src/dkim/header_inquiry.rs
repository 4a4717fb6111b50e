//! What a signature that does not verify over the header fields can tell.
//!
//! An RSA signature tells who made it: the public key's operation on it gives the padding of PKCS#1 v1.5 if that key
//! made it, with the digest that was signed behind it, and noise if another did. With the digest at hand, a change is
//! proven as soon as undoing it gives that digest. An Ed25519 signature tells nothing, so each trial is a verification, and
//! few are made. What is tried is what relays and mailing lists are known to do.

use super::effort::Effort;
use super::encoding::shown;
use super::header_diagnosis::{HeaderDiagnosis, KeyFit};
use super::header_trials::{Judge, Trials};
use super::signature::Signature;
use crate::crypto::{KeyType, PublicKey, Recovered};
use crate::limits::{MAX_FIELDS_NAMED, MAX_SHOWN};
use crate::message::Header;

/// Why no key of `keys` verifies the signature at `place` of the header.
pub(super) fn diagnose(header: &Header, place: usize, keys: &[&PublicKey], effort: &mut Effort) -> HeaderDiagnosis {
    let kind = keys.first().map_or(KeyType::Rsa, |key| key.key_type());
    let mut diagnosis =
        HeaderDiagnosis { key: KeyFit::Unknown(kind), changes: Vec::new(), proven: false, absent: Vec::new() };
    // It was read once, or it would not have been verified.
    let Some(Ok(signature)) = header.fields().nth(place).map(|field| Signature::parse(field.value())) else {
        return diagnosis;
    };
    let (fit, judge) = who_signed(&signature.signature, keys, effort);
    diagnosis.key = fit;
    let Some(judge) = judge else { return diagnosis };
    let Some(mut trials) = Trials::new(header, place, &signature, judge, effort) else { return diagnosis };
    if let Some(changes) = trials.run() {
        return HeaderDiagnosis { key: KeyFit::Made, changes, proven: true, absent: Vec::new() };
    }
    diagnosis.changes = trials.copied_changes();
    diagnosis.changes.truncate(MAX_FIELDS_NAMED);
    let absent = trials.absent().take(MAX_FIELDS_NAMED);
    diagnosis.absent = absent.map(|name| shown(name, MAX_SHOWN)).collect();
    diagnosis
}

/// Whether one of the keys made the signature, and who can judge trials.
fn who_signed<'a>(signature: &'a [u8], keys: &[&'a PublicKey], effort: &mut Effort) -> (KeyFit, Option<Judge<'a>>) {
    let mut fit = None;
    for key in keys {
        let recovered = if key.key_type() == KeyType::Rsa && effort.recover() { key.recover(signature) } else { None };
        match recovered {
            Some(Recovered::Digest(digest)) => return (KeyFit::Made, Some(Judge::Digest(digest))),
            Some(Recovered::OtherHash) => return (KeyFit::MadeWithOtherHash, None),
            Some(Recovered::NotOfThisKey) => fit = fit.or(Some(KeyFit::Other)),
            None => fit = Some(KeyFit::Unknown(key.key_type())),
        }
    }
    match (fit, keys.first()) {
        (Some(KeyFit::Unknown(kind)), Some(key)) => (KeyFit::Unknown(kind), Some(Judge::Key(key, signature))),
        (fit, _) => (fit.unwrap_or(KeyFit::Unknown(KeyType::Rsa)), None),
    }
}
