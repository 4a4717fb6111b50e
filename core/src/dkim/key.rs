//! Key records (RFC 6376 §3.6.1) and how they are fetched (§3.6.2).

use std::fmt;
use std::sync::Arc;

use super::encoding;
use super::key_error::{KeyRecordError, resembles_key_record};
use super::signature::Signature;
use crate::crypto::{KeyError, KeyType, PublicKey};
use crate::domain::Domain;
use crate::evaluate::Evaluate;
use crate::limits::{MAX_KEY_RECORD, MAX_KEY_RECORDS, MAX_KEY_RECORDS_READ};
use crate::lookup::{Answers, DnsAnswer, Outcome, Pending, Record, RecordType, Records, Status};
use crate::tags::TagList;

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

impl KeyRecord {
    /// Reads the text of a TXT record. Tags, flags, hashes and services that are not known are ignored.
    ///
    /// # Errors
    /// [`KeyRecordError`] names the first fault.
    pub fn parse(record: &[u8]) -> Result<Self, KeyRecordError> {
        if record.len() > MAX_KEY_RECORD {
            return Err(KeyRecordError::TooLong);
        }
        Self::read(record).map_err(|error| error.explained(record))
    }

    fn read(record: &[u8]) -> Result<Self, KeyRecordError> {
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
            return Err(KeyRecordError::Mismatch { published: self.key_type, wanted: signature.key_type });
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
    /// What different TXT records say: of RSA keys, of Ed25519 keys and of the rest at most [`MAX_KEY_RECORDS`] each, in
    /// this order and each sorted by their text: which of them are tried must not depend on how a resolver rotates its
    /// answers.
    Records(Arc<Vec<Result<KeyRecord, KeyRecordError>>>),
    /// There is no TXT record, or not even the name.
    Missing(Absence),
    /// The DNS failed for now, or did not answer in time.
    Failed,
}

/// How a key is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Absence {
    /// The name does not exist.
    NoName,
    /// The name exists and has no TXT record.
    NoText,
    /// The name is an alias (CNAME), as mail services ask for, and leads to no key.
    Alias {
        /// Where it leads.
        target: Domain,
        /// Whether that name exists.
        exists: bool,
    },
}

impl Absence {
    fn of(answer: &DnsAnswer) -> Self {
        let exists = answer.status != Status::NxDomain;
        match answer.aliases.last() {
            Some(alias) => Self::Alias { target: alias.target.clone(), exists },
            None if exists => Self::NoText,
            None => Self::NoName,
        }
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName => f.write_str(
                "the name does not exist, so publish the key there or sign with a selector that is published",
            ),
            Self::NoText => f.write_str("the name exists and has no TXT record"),
            Self::Alias { target, exists } => {
                let lack = if *exists { "has no TXT record" } else { "does not exist" };
                write!(
                    f,
                    "it is an alias (CNAME) of {target}, which {lack}: ask whoever runs that domain for the right name"
                )
            }
        }
    }
}

impl KeyAnswer {
    /// What these records say. Records that were looked at before are not read again.
    pub fn of(records: &Records) -> Self {
        Self::Records(records.read(read))
    }
}

impl Evaluate for KeyRequest {
    type Verdict = KeyAnswer;

    fn evaluate(&self, answers: &mut Answers) -> Result<KeyAnswer, Pending> {
        let answer = answers.dns(&self.name, RecordType::Txt)?;
        Ok(match answer.outcome() {
            Outcome::Records(_) => KeyAnswer::of(&answer.records),
            Outcome::NoData | Outcome::NxDomain => KeyAnswer::Missing(Absence::of(&answer)),
            Outcome::ServFail | Outcome::Timeout => KeyAnswer::Failed,
        })
    }
}

/// What the texts among these records say. All that look like key records are read before any is left out, so that other
/// records of the name, such as those of a wildcard, cannot hide a key.
fn read(records: &[Record]) -> Vec<Result<KeyRecord, KeyRecordError>> {
    let texts = records.iter().filter_map(|record| match record {
        Record::Txt(text) => Some(&text[..]),
        _ => None,
    });
    let mut texts: Vec<&[u8]> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    texts.sort_by_key(|text| !resembles_key_record(text));
    texts.truncate(MAX_KEY_RECORDS_READ);
    let mut read: Vec<_> = texts.iter().map(|text| KeyRecord::parse(text)).collect();
    if read.iter().all(Result::is_err) {
        note_split(&texts, &mut read);
    }
    read.sort_by_key(kind);
    let mut counts = [0; 3];
    read.retain(|record| {
        let count = &mut counts[usize::from(kind(record).min(2))];
        *count += 1;
        *count <= MAX_KEY_RECORDS
    });
    read
}

/// Usable RSA keys first, then Ed25519 keys, then what tells most of why there is none.
fn kind(record: &Result<KeyRecord, KeyRecordError>) -> u8 {
    match record {
        Ok(KeyRecord { key: Some(_), key_type: KeyType::Rsa, .. }) => 0,
        Ok(KeyRecord { key: Some(_), key_type: KeyType::Ed25519, .. }) => 1,
        Err(KeyRecordError::Split) => 2,
        Ok(KeyRecord { key: None, .. }) => 3,
        Err(KeyRecordError::Unrelated(_)) => 5,
        Err(_) => 4,
    }
}

/// Puts [`KeyRecordError::Split`] for a record that another text completes, or two others.
fn note_split(texts: &[&[u8]], read: &mut [Result<KeyRecord, KeyRecordError>]) {
    use KeyRecordError::{Base64, CutAtString, Key};
    let is_base64 = |text: &&&[u8]| text.iter().all(|b| b.is_ascii_alphanumeric() || b"+/= \t".contains(b));
    let rests: Vec<&[u8]> = texts.iter().filter(is_base64).take(MAX_KEY_RECORDS).copied().collect();
    let is_key = |parts: &[&[u8]]| KeyRecord::parse(&parts.concat()).is_ok();
    let cut = texts.iter().zip(read).filter(|(_, record)| {
        matches!(record, Err(Base64 | CutAtString(_) | Key(KeyError::Rsa | KeyError::Cut { .. })))
    });
    for (first, record) in cut.take(MAX_KEY_RECORDS) {
        let with_others = |rest| is_key(&[first, rest]) || rests.iter().any(|last| is_key(&[first, rest, last]));
        if rests.iter().any(|rest| with_others(rest)) {
            *record = Err(KeyRecordError::Split);
        }
    }
}
