//! Verification (RFC 6376 §6).

use super::body::{BodyHasher, BodyHashes, Wanted};
use super::diagnose::{self, Diagnosis};
use super::effort::Effort;
use super::failure::{Failure, Uncovered};
use super::header_diagnosis::HeaderDiagnosis;
use super::header_hash::{HeaderIndex, add_signature, before_colon};
use super::header_inquiry;
use super::key::{Absence, KeyAnswer, KeyRecord, KeyRequest, Terms};
use super::key_error::KeyRecordError;
use super::mime::Mime;
use super::signature::Signature;
use super::verdict::Verdict;
use crate::crypto::{Digest, KeyType, PublicKey};
use crate::domain::Domain;
use crate::limits::{MAX_KEY_RECORDS, MAX_RSA_BITS, MAX_SIGNATURES, MAX_VERIFICATIONS, MIN_RSA_BITS};
use crate::message::{Field, Header, SingularCounts};
use crate::setters::setters;
use crate::tags::TagList;
use crate::time::UnixTime;

/// What a host accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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

impl VerifyPolicy {
    setters! {
        min_rsa_bits: u32,
        max_rsa_bits: u32,
        accept_body_length: bool,
        max_signatures: usize,
        max_verifications: usize,
        clock_skew: u64,
    }
}

/// The verification of all signatures of one message.
///
/// It is made when the header section is complete, takes the body and the keys as they arrive, and gives one verdict a
/// signature, from top to bottom, each [as soon as it is certain](Self::verdict). It keeps no part of the message but the
/// header section, where there is a signature to verify, and the last octets of the body: to say what was changed where a
/// signature fails.
#[derive(Debug)]
pub struct Verifier {
    policy: VerifyPolicy,
    signatures: Vec<Examined>,
    header: Header,
    body: Body,
}

/// The body, as far as it is there.
#[derive(Debug)]
enum Body {
    Arriving(BodyHasher),
    Ended(BodyHashes),
}

/// One signature, or what stands for those that were not examined.
#[derive(Debug)]
struct Examined {
    verdict: Verdict,
    /// What there is to verify; `None` where the header section alone decides.
    open: Option<Open>,
    /// The key, once it was handed in.
    key: Option<KeyAnswer>,
    /// Whether the verdict is final.
    is_settled: bool,
    /// How many public-key operations it took.
    cost: usize,
}

impl Examined {
    fn settled(verdict: Verdict) -> Self {
        Self { verdict, open: None, key: None, is_settled: true, cost: 0 }
    }
}

#[derive(Debug)]
struct Open {
    /// Which field it is.
    place: usize,
    key_name: Domain,
    terms: Terms,
    signature: Vec<u8>,
    header_digest: Digest,
    body: Wanted,
    body_hash: Digest,
}

impl Verifier {
    /// Reads the signatures in `header` and computes their header hashes.
    pub fn new(header: &Header, policy: &VerifyPolicy, now: UnixTime) -> Self {
        let fields = || header.fields().enumerate().filter(|(_, field)| field.is("DKIM-Signature"));
        let mut index = None;
        let counts = SingularCounts::of(header);
        let mut signatures: Vec<Examined> = fields()
            .take(policy.max_signatures)
            .map(|(place, field)| examine(header, &counts, &mut index, place, field, policy, now))
            .collect();
        let wanted: Vec<Wanted> = signatures.iter().filter_map(|s| s.open.as_ref()).map(|open| open.body).collect();
        let unexamined = fields().count().saturating_sub(signatures.len());
        let too_many = (unexamined > 0).then_some(Failure::TooMany { unexamined, limit: policy.max_signatures });
        let too_large = header.exceeds().map(Failure::HeaderTooLarge);
        let failures = too_many.into_iter().chain(too_large);
        signatures.extend(failures.map(Verdict::without_signature).map(Examined::settled));
        let header = if wanted.is_empty() { Header::default() } else { header.clone() };
        Self { policy: *policy, signatures, header, body: Body::Arriving(BodyHasher::new(&wanted)) }
    }

    /// What the header section says of each signature, in the order of the verdicts: all but the result and what the
    /// key tells.
    pub fn signatures(&self) -> impl ExactSizeIterator<Item = &Verdict> {
        self.signatures.iter().map(|signature| &signature.verdict)
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

    /// Takes the next octets of the body. How the body is cut into chunks does not matter. After
    /// [`end_body`](Self::end_body) there are none.
    pub fn body(&mut self, chunk: &[u8]) {
        if let Body::Arriving(hasher) = &mut self.body {
            hasher.push(chunk);
        }
    }

    /// Says that the body is complete, and settles what is certain now.
    pub fn end_body(&mut self) {
        if let Body::Arriving(hasher) = &mut self.body {
            let hasher = std::mem::replace(hasher, BodyHasher::new(&[]));
            self.body = Body::Ended(hasher.finish());
        }
        self.settle();
    }

    /// Takes the answer to one of the [`key_requests`](Self::key_requests), by its place among them, and settles what is
    /// certain now. The first answer counts.
    pub fn key(&mut self, request: usize, key: KeyAnswer) {
        let mut open = self.signatures.iter_mut().filter(|signature| signature.open.is_some());
        if let Some(signature) = open.nth(request) {
            signature.key.get_or_insert(key);
            self.settle();
        }
    }

    /// The verdict on the signature with this index, counted from the top, once it is certain: a signature that is not
    /// valid at the end of the header section; one without a key of use when the key was answered; the others at the end
    /// of the body. It does not change any more.
    pub fn verdict(&self, index: usize) -> Option<&Verdict> {
        self.signatures.get(index).filter(|signature| signature.is_settled).map(|signature| &signature.verdict)
    }

    /// Whether the body has ended without an octet, though a signature covers one: what was saved or pasted is the header
    /// section alone.
    pub fn misses_the_body(&self) -> bool {
        let Body::Ended(hashes) = &self.body else { return false };
        let mut open = self.signatures.iter().filter_map(|signature| signature.open.as_ref());
        hashes.is_empty() && open.any(|open| hashes.digest(open.body) != Some(open.body_hash))
    }

    /// Concludes what can be concluded, from top to bottom.
    fn settle(&mut self) {
        let hashes = match &self.body {
            Body::Arriving(_) => None,
            Body::Ended(hashes) => Some(hashes),
        };
        // Signatures further up come first in using up the public-key operations. One whose key is not there yet takes
        // as many as a signature can, until it is known how many it took.
        let (limit, mut taken, mut are_settled) = (self.policy.max_verifications, 0usize, true);
        let count = self.signatures.iter().filter(|signature| signature.open.is_some()).count();
        let mut number = 0;
        for signature in &mut self.signatures {
            if let (false, Some(open), Some(key)) = (signature.is_settled, &signature.open, &signature.key) {
                let mut budget = Budget { left: limit.saturating_sub(taken), limit };
                let enough = are_settled || budget.left >= MAX_KEY_RECORDS;
                let (before, hashes) = (budget.left, hashes.filter(|_| enough));
                // Answers may come in any order, so what one signature costs must not depend on another's.
                let inquiry = Inquiry { header: &self.header, effort: Effort::share(number, count) };
                signature.is_settled =
                    open.conclude(&mut signature.verdict, key, hashes, &self.policy, &mut budget, inquiry);
                signature.cost = before - budget.left;
            }
            number += usize::from(signature.open.is_some());
            are_settled &= signature.is_settled;
            taken += if signature.is_settled { signature.cost } else { MAX_KEY_RECORDS };
        }
    }

    /// Ends the body and gives the verdicts. `keys` are the answers to [`key_requests`](Self::key_requests) in the same
    /// order; `None`, or too few of them, means that there was no answer in time. Those that were handed in before need
    /// not be there.
    ///
    /// A message without signatures has no verdicts. One whose header section is over the limit has one, `permerror`.
    pub fn finish(mut self, keys: Vec<Option<KeyAnswer>>) -> Vec<Verdict> {
        let mut keys = keys.into_iter();
        for signature in self.signatures.iter_mut().filter(|signature| signature.open.is_some()) {
            let key = keys.next().flatten();
            signature.key.get_or_insert_with(|| key.unwrap_or(KeyAnswer::Failed));
        }
        self.end_body();
        self.signatures.into_iter().map(|signature| signature.verdict).collect()
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
            return Examined::settled(verdict);
        }
    };
    let mut verdict = Verdict::of(&signature, b);
    let signed = SingularCounts::of_names(signature.signed_fields());
    verdict.unsigned.extend(counts.beyond(&signed).filter(|field| field.is_displayed).map(|field| field.name));
    if let Err(failure) = check_time(&signature, policy.clock_skew, now) {
        verdict.fail(failure);
        return Examined::settled(verdict);
    }
    let canonicalization = signature.header_canonicalization;
    let index = index.get_or_insert_with(|| HeaderIndex::new(header));
    let mut state = index.hash(canonicalization, signature.signed_fields(), Some(place));
    add_signature(&mut state, canonicalization, before_colon(field), field.value(), signature.b_span);
    let open = Open {
        place,
        key_name: signature.key_name.clone(),
        terms: Terms::of(&signature),
        header_digest: state.finish(),
        body: Wanted { canonicalization: signature.body_canonicalization, length: signature.body_length },
        body_hash: signature.body_hash,
        signature: signature.signature,
    };
    Examined { verdict, open: Some(open), key: None, is_settled: false, cost: 0 }
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

/// What it takes to find out why a signature fails.
struct Inquiry<'a> {
    header: &'a Header,
    effort: Effort,
}

impl Open {
    /// RFC 6376 §6.1.2 and §6.1.3; whether that was possible. Without the hashes of the body it is where the verdict
    /// would be the same whatever they are.
    fn conclude(
        &self,
        verdict: &mut Verdict,
        key: &KeyAnswer,
        hashes: Option<&BodyHashes>,
        policy: &VerifyPolicy,
        budget: &mut Budget,
        inquiry: Inquiry<'_>,
    ) -> bool {
        match hashes {
            Some(hashes) => self.conclude_with(verdict, key, hashes, policy, budget, inquiry),
            // How much of the body `l=` leaves out is part of the verdict.
            None if self.body.length.is_some() || self.has_usable_key(key, policy) => return false,
            None => self.conclude_with(verdict, key, &BodyHasher::new(&[]).finish(), policy, budget, inquiry),
        }
        true
    }

    /// Whether there is a key to verify with.
    fn has_usable_key(&self, key: &KeyAnswer, policy: &VerifyPolicy) -> bool {
        let KeyAnswer::Records(records) = key else { return false };
        let mut keys = records.iter().flatten().flat_map(|record| record.key_for(&self.terms));
        keys.any(|key| check_size(key, policy).is_ok())
    }

    fn conclude_with(
        &self,
        verdict: &mut Verdict,
        key: &KeyAnswer,
        hashes: &BodyHashes,
        policy: &VerifyPolicy,
        budget: &mut Budget,
        mut inquiry: Inquiry<'_>,
    ) {
        verdict.body_uncovered =
            self.body.length.and_then(|length| hashes.total(self.body.canonicalization).checked_sub(length));
        let no_key = |absence| Failure::NoKey { name: self.key_name.clone(), absence };
        let records = match key {
            KeyAnswer::Records(records) => records,
            KeyAnswer::Missing(absence) => return verdict.fail(no_key(absence.clone())),
            KeyAnswer::Failed => return verdict.fail(Failure::KeyUnavailable(self.key_name.clone())),
        };
        // With several records, the first with which the signature verifies counts; without one, that which came
        // farthest.
        let mut best: Option<Attempt<'_>> = None;
        let mut others: Vec<&PublicKey> = Vec::new();
        for record in records.iter() {
            let attempt = self.attempt(record, policy, budget);
            // No other key can do better; one that does not fit the header fields either may be a later signer's.
            let is_last = matches!(attempt.outcome, Ok((_, true)) | Err(Failure::TooCostly { .. }));
            if let Ok((key, false)) = attempt.outcome {
                others.push(key);
            }
            if best.as_ref().is_none_or(|best| best.progress() < attempt.progress()) {
                best = Some(attempt);
            }
            if is_last || others.len() >= MAX_KEY_RECORDS {
                break;
            }
        }
        let Some(attempt) = best else { return verdict.fail(no_key(Absence::NoText)) };
        verdict.key_bits = attempt.key_bits;
        verdict.testing = attempt.testing;
        let header_fits = match attempt.outcome {
            Err(failure) => return verdict.fail(failure),
            Ok((_, header_fits)) => header_fits,
        };
        let body_fits = hashes.digest(self.body) == Some(self.body_hash);
        if header_fits && body_fits {
            return self.accept(verdict, policy);
        }
        let header = (!header_fits).then(|| self.why_not_header(&others, &mut inquiry));
        verdict.fail(match (body_fits, header) {
            (true, Some(header)) => Failure::BadSignature(header),
            (_, header) => Failure::BodyHash { diagnosis: self.why_not_body(hashes, &mut inquiry), header },
        });
    }

    /// RFC 6376 §8.2: a signature that verifies passes unless it leaves open how the body ends.
    fn accept(&self, verdict: &mut Verdict, policy: &VerifyPolicy) {
        let Some(signed) = self.body.length else { return verdict.pass(None) };
        let uncovered = verdict.body_uncovered.unwrap_or(0);
        match policy.accept_body_length {
            true => verdict.pass(Some(format!("{} (l={signed})", Uncovered(uncovered)))),
            false => verdict.fail(Failure::BodyLength { signed, uncovered }),
        }
    }

    /// Tries one key record (RFC 6376 §6.1.3).
    fn attempt<'k>(
        &self,
        record: &'k Result<KeyRecord, KeyRecordError>,
        policy: &VerifyPolicy,
        budget: &mut Budget,
    ) -> Attempt<'k> {
        let (mut key_bits, mut testing) = (None, false);
        let outcome = record.as_ref().map_err(|error| Failure::from(error.clone())).and_then(|record| {
            testing = record.testing;
            let key = record.key_for(&self.terms)?;
            key_bits = Some(key.bits());
            check_size(key, policy)?;
            budget.take()?;
            Ok((key, key.verify_digest(&self.header_digest, &self.signature)))
        });
        Attempt { key_bits, testing, outcome }
    }

    fn why_not_header(&self, keys: &[&PublicKey], inquiry: &mut Inquiry<'_>) -> HeaderDiagnosis {
        header_inquiry::diagnose(inquiry.header, self.place, keys, &mut inquiry.effort)
    }

    fn why_not_body(&self, hashes: &BodyHashes, inquiry: &mut Inquiry<'_>) -> Diagnosis {
        let canonicalization = self.body.canonicalization;
        match (self.body.length, hashes.digest(self.body)) {
            (Some(signed), None) => Diagnosis::CutShort { signed, present: hashes.total(canonicalization) },
            (Some(_), Some(_)) => Diagnosis::PrefixChanged,
            (None, _) => {
                let mime = Mime::of(inquiry.header);
                diagnose::diagnose(&hashes.window, &mime, canonicalization, &self.body_hash, &mut inquiry.effort)
            }
        }
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
#[derive(Debug)]
struct Attempt<'k> {
    key_bits: Option<u32>,
    testing: bool,
    /// The key, and whether the signature over the header fields verifies with it.
    outcome: Result<(&'k PublicKey, bool), Failure>,
}

impl Attempt<'_> {
    fn progress(&self) -> u8 {
        match self.outcome {
            Err(Failure::Key(KeyRecordError::Unrelated(_))) => 0,
            Err(Failure::Key(_)) => 1,
            Err(Failure::WeakKey { .. } | Failure::LargeKey { .. }) => 2,
            // With more operations one of the other keys might have verified it.
            Err(Failure::TooCostly { .. }) => 4,
            Ok((_, false)) | Err(_) => 3,
            Ok((_, true)) => 5,
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
