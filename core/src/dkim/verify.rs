//! Verification (RFC 6376 §6).

use std::cell::OnceCell;

use super::body_hash::{BodyHasher, BodyHashes, Wanted};
use super::diagnose::Diagnosis;
use super::header_hash::{HeaderIndex, add_signature};
use super::key::{KeyAnswer, KeyRecord, KeyRecordError, KeyRequest, Terms};
use super::signature::Signature;
use super::verdict::{Failure, Uncovered, Verdict};
use crate::crypto::{Digest, KeyType, PublicKey};
use crate::domain::Domain;
use crate::limits::{MAX_KEY_RECORDS, MAX_RSA_BITS, MAX_SIGNATURES, MAX_VERIFICATIONS, MIN_RSA_BITS};
use crate::message::{Field, Header, HeaderLimit, SingularCounts};
use crate::tags::TagList;
use crate::time::UnixTime;

/// What a host accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyPolicy {
    /// Bits that an RSA key must have. It counts as [`MIN_RSA_BITS`] when it is less (RFC 8301 §3.2).
    pub min_rsa_bits: u32,
    /// Bits that an RSA key may have. It counts as [`MAX_RSA_BITS`] when it is more.
    pub max_rsa_bits: u32,
    /// Whether a signature with `l=` may pass. What is behind the signed length can be replaced by anyone, and a
    /// reader cannot see where that is (RFC 6376 §8.2), so by default its result is `policy`, even where nothing is
    /// behind it: the next relay may add something.
    pub accept_body_length: bool,
    /// How many signatures are examined, from the top; one verdict stands for the others.
    pub max_signatures: usize,
    /// How many public-key operations the signatures of a message may cost. A signature costs one, unless its key name
    /// has several records; without one left its result is `policy`.
    pub max_verifications: usize,
    /// Seconds by which the signer's clock may be ahead: a signature may be dated so far in the future (RFC 6376 §3.5,
    /// `t=`). An expiration gets no such leeway, as with other verifiers: its moment is the signer's choice.
    pub clock_skew: u64,
}

impl Default for VerifyPolicy {
    fn default() -> Self {
        Self {
            min_rsa_bits: MIN_RSA_BITS,
            max_rsa_bits: MAX_RSA_BITS,
            accept_body_length: false,
            max_signatures: MAX_SIGNATURES,
            max_verifications: MAX_VERIFICATIONS,
            clock_skew: 300,
        }
    }
}

/// The verification of all signatures of one message.
///
/// It is made when the header section is complete, takes the body as it arrives, and gives one verdict a signature,
/// from top to bottom. It keeps no part of the message but the last octets of the body.
#[derive(Debug)]
pub struct Verifier {
    policy: VerifyPolicy,
    signatures: Vec<Examined>,
    unexamined: usize,
    header_too_large: Option<HeaderLimit>,
    body: BodyHasher,
}

/// One signature.
#[derive(Debug)]
struct Examined {
    verdict: Verdict,
    /// What there is to verify; `None` when the verdict is final.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    key_name: Domain,
    terms: Terms,
    signature: Vec<u8>,
    header_digest: Digest,
    body: Wanted,
    body_hash: Digest,
}

impl Verifier {
    /// Reads the signatures in `header` and computes their header hashes; the header is not needed afterwards.
    pub fn new(header: &Header, policy: &VerifyPolicy, now: UnixTime) -> Self {
        let fields = || header.fields().enumerate().filter(|(_, field)| field.is("DKIM-Signature"));
        let mut index = None;
        let counts = SingularCounts::of(header);
        let signatures: Vec<Examined> = fields()
            .take(policy.max_signatures)
            .map(|(place, field)| examine(header, &counts, &mut index, place, field, policy, now))
            .collect();
        let wanted: Vec<Wanted> = signatures.iter().filter_map(|s| s.open.as_ref()).map(|open| open.body).collect();
        Self {
            policy: *policy,
            header_too_large: header.exceeds(),
            unexamined: fields().count().saturating_sub(signatures.len()),
            signatures,
            body: BodyHasher::new(&wanted),
        }
    }

    /// The keys that are needed, one for each signature that may still pass, from top to bottom.
    pub fn key_requests(&self) -> Vec<KeyRequest> {
        let open = self.signatures.iter().filter_map(|signature| signature.open.as_ref());
        open.map(|open| KeyRequest { name: open.key_name.clone() }).collect()
    }

    /// The signing domains (`d=`) of those signatures, in the same order: what DMARC may find aligned.
    pub fn domains(&self) -> impl Iterator<Item = &Domain> {
        let open = self.signatures.iter().filter(|signature| signature.open.is_some());
        open.filter_map(|signature| signature.verdict.domain.as_ref())
    }

    /// The signing domains of the signatures that cannot pass any more, such as expired ones.
    pub fn closed_domains(&self) -> impl Iterator<Item = &Domain> {
        let closed = self.signatures.iter().filter(|signature| signature.open.is_none());
        closed.filter_map(|signature| signature.verdict.domain.as_ref())
    }

    /// Takes the next octets of the body. How the body is cut into chunks does not matter.
    pub fn body(&mut self, chunk: &[u8]) {
        self.body.push(chunk);
    }

    /// Ends the body and gives the verdicts. `keys` are the answers to [`key_requests`](Self::key_requests) in the same
    /// order; `None`, or too few of them, means that there was no answer in time.
    ///
    /// A message without signatures has no verdicts. One whose header section is over the limit has one, `permerror`.
    pub fn finish(self, keys: Vec<Option<KeyAnswer>>) -> Vec<Verdict> {
        let hashes = self.body.finish();
        let mut budget = Budget { left: self.policy.max_verifications, limit: self.policy.max_verifications };
        let mut keys = keys.into_iter();
        let mut verdicts = Vec::with_capacity(self.signatures.len() + 1);
        for Examined { mut verdict, open } in self.signatures {
            if let Some(open) = open {
                open.conclude(&mut verdict, keys.next().flatten(), &hashes, &self.policy, &mut budget);
            }
            verdicts.push(verdict);
        }
        if self.unexamined > 0 {
            let (unexamined, limit) = (self.unexamined, self.policy.max_signatures);
            verdicts.push(Verdict::without_signature(Failure::TooMany { unexamined, limit }));
        }
        if let Some(limit) = self.header_too_large {
            verdicts.push(Verdict::without_signature(Failure::HeaderTooLarge(limit)));
        }
        verdicts
    }
}

/// Reads a signature and computes its header hash (RFC 6376 §6.1.1, §3.7).
fn examine<'h>(
    header: &'h Header,
    counts: &SingularCounts,
    index: &mut Option<HeaderIndex<'h>>,
    place: usize,
    field: Field<'_>,
    policy: &VerifyPolicy,
    now: UnixTime,
) -> Examined {
    let tags = TagList::parse(field.value());
    let b = tags.as_ref().ok().and_then(|tags| tags.value("b")).unwrap_or_default();
    let signature = match tags.as_ref().map_err(|error| error.clone().into()).and_then(Signature::from_tags) {
        Ok(signature) => signature,
        Err(error) => {
            let mut verdict = Verdict::of_broken(tags.as_ref().ok());
            verdict.fail(error.into());
            return Examined { verdict, open: None };
        }
    };
    let mut verdict = Verdict::of(&signature, b);
    if let Err(failure) = check_time(&signature, policy.clock_skew, now) {
        verdict.fail(failure);
        return Examined { verdict, open: None };
    }
    let signed = SingularCounts::of_names(signature.signed_fields());
    verdict.unsigned.extend(counts.beyond(&signed).filter(|field| field.is_displayed).map(|field| field.name));
    let canonicalization = signature.header_canonicalization;
    let index = index.get_or_insert_with(|| HeaderIndex::new(header));
    let mut state = index.hash(canonicalization, signature.signed_fields(), Some(place));
    add_signature(&mut state, canonicalization, before_colon(field), field.value(), signature.b_span);
    let open = Open {
        key_name: signature.key_name.clone(),
        terms: Terms::of(&signature),
        header_digest: state.finish(),
        body: Wanted { canonicalization: signature.body_canonicalization, length: signature.body_length },
        body_hash: signature.body_hash,
        signature: signature.signature,
    };
    Examined { verdict, open: Some(open) }
}

/// The name as written, with white space that may be behind it.
fn before_colon(field: Field<'_>) -> &[u8] {
    let raw = field.raw();
    memchr::memchr(b':', raw).and_then(|colon| raw.get(..colon)).unwrap_or(raw)
}

/// RFC 6376 §3.5, `t=` and `x=`.
fn check_time(signature: &Signature<'_>, skew: u64, now: UnixTime) -> Result<(), Failure> {
    if let Some(expiration) = signature.expiration
        && now > expiration
    {
        return Err(Failure::Expired(expiration));
    }
    match signature.timestamp {
        Some(timestamp) if timestamp.0 > now.0.saturating_add(skew) => Err(Failure::Future(timestamp)),
        _ => Ok(()),
    }
}

impl Open {
    /// RFC 6376 §6.1.2 and §6.1.3.
    fn conclude(
        &self,
        verdict: &mut Verdict,
        key: Option<KeyAnswer>,
        hashes: &BodyHashes,
        policy: &VerifyPolicy,
        budget: &mut Budget,
    ) {
        verdict.body_uncovered =
            self.body.length.and_then(|length| hashes.total(self.body.canonicalization).checked_sub(length));
        let records = match key {
            Some(KeyAnswer::Records(records)) => records,
            Some(KeyAnswer::Missing) => return verdict.fail(Failure::NoKey(self.key_name.clone())),
            Some(KeyAnswer::Failed) | None => return verdict.fail(Failure::KeyUnavailable(self.key_name.clone())),
        };
        // With several records, the first with which the signature verifies counts; without one, that which came
        // farthest.
        let mut best: Option<Attempt> = None;
        let diagnosis = OnceCell::new();
        for record in records.iter().take(MAX_KEY_RECORDS) {
            let attempt = self.attempt(record, hashes, policy, &diagnosis, budget);
            // No other key can do better; one that does not fit the header fields either may be a later signer's.
            let final_ = matches!(
                attempt.failure,
                None | Some(Failure::BodyHash { header_intact: true, .. } | Failure::TooCostly { .. })
            );
            if best.as_ref().is_none_or(|best| best.progress() < attempt.progress()) {
                best = Some(attempt);
            }
            if final_ {
                break;
            }
        }
        let Some(attempt) = best else { return verdict.fail(Failure::NoKey(self.key_name.clone())) };
        verdict.key_bits = attempt.key_bits;
        verdict.testing = attempt.testing;
        match (attempt.failure, self.body.length) {
            (Some(failure), _) => verdict.fail(failure),
            (None, None) => verdict.pass(None),
            (None, Some(signed)) => {
                let uncovered = verdict.body_uncovered.unwrap_or(0);
                match policy.accept_body_length {
                    true => verdict.pass(Some(format!("{} (l={signed})", Uncovered(uncovered)))),
                    false => verdict.fail(Failure::BodyLength { signed, uncovered }),
                }
            }
        }
    }

    /// Tries one key record. `diagnosis` keeps what was found out about the body, which is the same for all of them.
    fn attempt(
        &self,
        record: &Result<KeyRecord, KeyRecordError>,
        hashes: &BodyHashes,
        policy: &VerifyPolicy,
        diagnosis: &OnceCell<Diagnosis>,
        budget: &mut Budget,
    ) -> Attempt {
        let mut attempt = Attempt::default();
        let verified = record.as_ref().map_err(|error| Failure::from(error.clone())).and_then(|record| {
            attempt.testing = record.testing;
            let key = record.key_for(&self.terms)?;
            attempt.key_bits = Some(key.bits());
            check_size(key, policy)?;
            budget.take()?;
            self.verify(key, hashes, diagnosis)
        });
        attempt.failure = verified.err();
        attempt
    }

    /// RFC 6376 §6.1.3: the body hash, then the signature.
    fn verify(&self, key: &PublicKey, hashes: &BodyHashes, diagnosis: &OnceCell<Diagnosis>) -> Result<(), Failure> {
        let header_intact = key.verify_digest(&self.header_digest, &self.signature);
        let digest = hashes.digest(self.body);
        if digest == Some(self.body_hash) {
            return if header_intact { Ok(()) } else { Err(Failure::BadSignature) };
        }
        let diagnosis = diagnosis.get_or_init(|| match (self.body.length, digest) {
            (Some(signed), None) => Diagnosis::CutShort { signed, present: hashes.total(self.body.canonicalization) },
            (Some(_), Some(_)) => Diagnosis::PrefixChanged,
            (None, _) => hashes.window.diagnose(self.body.canonicalization, &self.body_hash),
        });
        Err(Failure::BodyHash { diagnosis: *diagnosis, header_intact })
    }
}

/// The public-key operations that are left to a message.
struct Budget {
    left: usize,
    limit: usize,
}

impl Budget {
    fn take(&mut self) -> Result<(), Failure> {
        self.left = self.left.checked_sub(1).ok_or(Failure::TooCostly { limit: self.limit })?;
        Ok(())
    }
}

/// How far one key record led.
#[derive(Debug, Default)]
struct Attempt {
    key_bits: Option<u32>,
    testing: bool,
    failure: Option<Failure>,
}

impl Attempt {
    fn progress(&self) -> u8 {
        match self.failure {
            Some(Failure::Key(_)) => 0,
            Some(Failure::WeakKey { .. } | Failure::LargeKey { .. }) => 1,
            Some(Failure::BodyHash { header_intact: true, .. } | Failure::TooCostly { .. }) => 3,
            Some(_) => 2,
            None => 4,
        }
    }
}

/// RFC 8301 §3.2.
fn check_size(key: &PublicKey, policy: &VerifyPolicy) -> Result<(), Failure> {
    if key.key_type() != KeyType::Rsa {
        return Ok(());
    }
    let (bits, floor, cap) = (key.bits(), policy.min_rsa_bits.max(MIN_RSA_BITS), policy.max_rsa_bits.min(MAX_RSA_BITS));
    match bits {
        _ if bits < floor => Err(Failure::WeakKey { bits, floor }),
        _ if bits > cap => Err(Failure::LargeKey { bits, cap }),
        _ => Ok(()),
    }
}
