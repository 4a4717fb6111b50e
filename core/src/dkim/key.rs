//! Key records (RFC 6376 §3.6.1) and how they are fetched (§3.6.2).

use std::sync::Arc;

use thiserror::Error;

use super::encoding;
use super::signature::Signature;
use crate::crypto::{KeyError, KeyType, PublicKey};
use crate::domain::Domain;
use crate::evaluate::Evaluate;
use crate::limits::{MAX_KEY_RECORD, MAX_KEY_RECORDS};
use crate::lookup::{Answers, Outcome, Pending, Record, RecordType, Records};
use crate::tags::{TagError, TagList};

/// A key record, each of its tags valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// `p=`; `None` where it is empty: the key is revoked.
    pub key: Option<PublicKey>,
    /// `k=`
    pub key_type: KeyType,
    /// Whether `h=` allows SHA-256.
    pub allows_sha256: bool,
    /// Whether `s=` allows the key to be used for mail.
    pub allows_email: bool,
    /// `t=y`: the domain is testing DKIM.
    pub testing: bool,
    /// `t=s`: the domain of `i=` must be that of `d=`.
    pub strict: bool,
    /// `n=`, decoded: a note for people.
    pub notes: Option<String>,
}

/// What is wrong with a key record, or why it does not fit a signature.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyRecordError {
    /// The record is larger than what is looked at.
    #[error("the key record has more than {MAX_KEY_RECORD} octets")]
    TooLong,
    /// The record is no tag list.
    #[error("the key record is no list of tags: {0}")]
    Tags(#[from] TagError),
    /// `v=` is not DKIM1, or not in front.
    #[error("the key record's version is not DKIM1, or v= is not its first tag")]
    Version,
    /// `p=` is missing.
    #[error("the key record has no p=")]
    MissingKey,
    /// `p=` is not valid base64.
    #[error("the key record's p= is not valid base64")]
    Base64,
    /// `p=` is no key of the kind that `k=` says.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// `k=` is not known.
    #[error("the key record's k= is not known")]
    KeyType,
    /// `p=` is empty.
    #[error("the key has been revoked")]
    Revoked,
    /// `h=` does not have SHA-256.
    #[error("the key record's h= does not allow SHA-256")]
    Hash,
    /// `s=` does not have email.
    #[error("the key record's s= does not allow mail")]
    Service,
    /// `k=` is not the kind that the signature's `a=` takes.
    #[error("the key is of another kind than the signature's algorithm")]
    Mismatch,
    /// `t=s` and the signature's `i=` is in a subdomain.
    #[error("the key record's t=s does not allow the signature's i= in a subdomain")]
    Strict,
}

impl KeyRecordError {
    /// The rule that is broken.
    pub fn rfc(&self) -> &'static str {
        match self {
            Self::Tags(_) => "RFC 6376 §3.2",
            Self::Revoked | Self::Hash | Self::Mismatch => "RFC 6376 §6.1.2",
            Self::Key(KeyError::Ed25519) => "RFC 8463 §4",
            _ => "RFC 6376 §3.6.1",
        }
    }
}

impl KeyRecord {
    /// Reads the text of a TXT record. Tags, flags, hashes and services that are not known are ignored.
    ///
    /// # Errors
    /// [`KeyRecordError`] names the first fault.
    pub fn parse(record: &[u8]) -> Result<Self, KeyRecordError> {
        if record.len() > MAX_KEY_RECORD {
            return Err(KeyRecordError::TooLong);
        }
        let tags = TagList::parse(record)?;
        if tags.value("v").is_some_and(|v| v != b"DKIM1") || tags.iter().skip(1).any(|tag| tag.name == "v") {
            return Err(KeyRecordError::Version);
        }
        let p = tags.value("p").ok_or(KeyRecordError::MissingKey)?;
        let key_type = match tags.value("k") {
            None => KeyType::Rsa,
            Some(k) => [KeyType::Rsa, KeyType::Ed25519]
                .into_iter()
                .find(|known| k.eq_ignore_ascii_case(known.as_str().as_bytes()))
                .ok_or(KeyRecordError::KeyType)?,
        };
        let octets = encoding::base64(p).ok_or(KeyRecordError::Base64)?;
        let key = match key_type {
            _ if octets.is_empty() => None,
            KeyType::Rsa => Some(PublicKey::rsa(&octets)?),
            KeyType::Ed25519 => Some(PublicKey::ed25519(&octets)?),
        };
        let lists = |tag, word: &[u8]| tags.value(tag).map(|list| items(list).any(|i| i.eq_ignore_ascii_case(word)));
        Ok(Self {
            key,
            key_type,
            allows_sha256: lists("h", b"sha256").unwrap_or(true),
            allows_email: lists("s", b"email").unwrap_or(true) || lists("s", b"*").unwrap_or(true),
            testing: lists("t", b"y").unwrap_or(false),
            strict: lists("t", b"s").unwrap_or(false),
            notes: tags
                .value("n")
                .and_then(encoding::quoted_printable)
                .map(|octets| String::from_utf8_lossy(&octets).into_owned()),
        })
    }

    /// The key, when this record allows `signature` to be verified with it (RFC 6376 §6.1.2 steps 5 to 9).
    ///
    /// # Errors
    /// [`KeyRecordError`] says what does not fit.
    pub fn key_for(&self, signature: &Terms) -> Result<&PublicKey, KeyRecordError> {
        if !self.allows_sha256 {
            return Err(KeyRecordError::Hash);
        }
        let key = self.key.as_ref().ok_or(KeyRecordError::Revoked)?;
        if self.key_type != signature.key_type {
            return Err(KeyRecordError::Mismatch);
        }
        if !self.allows_email {
            return Err(KeyRecordError::Service);
        }
        if self.strict && !signature.identity_is_domain {
            return Err(KeyRecordError::Strict);
        }
        Ok(key)
    }
}

/// What of a signature its key record must fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The kind of key that the signature's algorithm takes.
    pub key_type: KeyType,
    /// Whether the domain of `i=` is that of `d=`.
    pub identity_is_domain: bool,
}

impl Terms {
    /// Those of `signature`.
    pub fn of(signature: &Signature<'_>) -> Self {
        Self {
            key_type: signature.algorithm.key_type(),
            identity_is_domain: signature.identity.domain == signature.domain,
        }
    }
}

fn items(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|&b| b == b':').map(<[u8]>::trim_ascii)
}

/// The question for the key of one signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRequest {
    /// `<selector>._domainkey.<domain>`
    pub name: Domain,
}

/// What the DNS says about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyAnswer {
    /// What different TXT records say, at most [`MAX_KEY_RECORDS`], sorted by their text: which of them are tried must
    /// not depend on how a resolver rotates its answers.
    Records(Arc<Vec<Result<KeyRecord, KeyRecordError>>>),
    /// There is no TXT record, or not even the name.
    Missing,
    /// The DNS failed for now, or did not answer in time.
    Failed,
}

impl KeyAnswer {
    /// What these records say. Records that were looked at before are not read again.
    pub fn of(records: &Records) -> Self {
        Self::Records(records.read(|records| texts(records).into_iter().map(|text| KeyRecord::parse(text)).collect()))
    }
}

impl Evaluate for KeyRequest {
    type Verdict = KeyAnswer;

    fn evaluate(&self, answers: &mut Answers) -> Result<KeyAnswer, Pending> {
        let answer = answers.dns(&self.name, RecordType::Txt)?;
        Ok(match answer.outcome() {
            Outcome::Records(_) => KeyAnswer::of(&answer.records),
            Outcome::NoData | Outcome::NxDomain => KeyAnswer::Missing,
            Outcome::ServFail | Outcome::Timeout => KeyAnswer::Failed,
        })
    }
}

fn texts(records: &[Record]) -> Vec<&Vec<u8>> {
    let texts = records.iter().filter_map(|record| match record {
        Record::Txt(text) => Some(text),
        _ => None,
    });
    let mut texts: Vec<&Vec<u8>> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    texts.truncate(MAX_KEY_RECORDS);
    texts
}
