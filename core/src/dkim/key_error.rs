//! What is wrong with a key record, and what its owner has to do.

use thiserror::Error;

use super::encoding;
use crate::crypto::{KeyError, KeyType, PublicKey};
use crate::limits::{MAX_KEY_RECORD, MAX_SHOWN};
use crate::tags::{TagError, TagList};

/// What is wrong with a key record, or why it does not fit a signature.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
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
    /// The record is no key record, but that of another protocol, such as one that a wildcard gives to all names. This is
    /// how it begins.
    #[error("the TXT record at the key's name is no key record, it begins with '{0}': publish the key beside it")]
    Unrelated(String),
    /// The record ends where a character-string of a TXT record does.
    #[error(
        "the key record is cut at {0} octets: one string of a TXT record holds 255, so put the rest of the key into \
         further strings of the same record"
    )]
    CutAtString(usize),
    /// The key is in two TXT records or more, which no verifier puts together.
    #[error("the key is split over several TXT records: publish it as one TXT record of several strings")]
    Split,
    /// Quotation marks inside the text, which belong to the notation of zone files.
    #[error("the key record has quotation marks inside its text: publish it without them")]
    Quotes,
    /// Backslashes inside the text, which belong to the notation of zone files.
    #[error("the key record has backslashes inside its text: publish it without them")]
    Backslash,
    /// The first and last lines of a PEM file (RFC 7468) inside `p=`.
    #[error(
        "the key record's p= has lines of a PEM file in it: publish only the base64 between them, without line ends"
    )]
    Pem,
    /// A character that is not ASCII where there can be none, such as a curly quotation mark or a no-break space.
    #[error("the key record has the character U+{code:04X} at octet {place}, which cannot stand there", code = u32::from(*character))]
    Character {
        /// The character.
        character: char,
        /// At which octet of the record it begins, from 1 on.
        place: usize,
    },
    /// `p=` is no key of the kind that `k=` says.
    #[error("{0}{remedy}", remedy = remedy(.0))]
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
    #[error(
        "the key is of another kind (k={published}) than the signature's algorithm takes (k={wanted}): each algorithm \
         needs a selector with a key of its own"
    )]
    Mismatch {
        /// The kind of the key.
        published: KeyType,
        /// The kind that the signature's algorithm takes.
        wanted: KeyType,
    },
    /// `t=s` and the signature's `i=` is in a subdomain.
    #[error("the key record's t=s does not allow the signature's i= in a subdomain")]
    Strict,
}

impl KeyRecordError {
    /// The rule that is broken.
    pub fn rfc(&self) -> &'static str {
        match self {
            Self::Tags(_) => "RFC 6376 §3.2",
            Self::Revoked | Self::Hash | Self::Mismatch { .. } => "RFC 6376 §6.1.2",
            Self::Key(KeyError::Ed25519 | KeyError::Ed25519Info(_) | KeyError::RsaNotEd25519) => "RFC 8463 §4",
            Self::CutAtString(_) => "RFC 1035 §3.3",
            Self::Split => "RFC 6376 §3.6.2.2",
            _ => "RFC 6376 §3.6.1",
        }
    }
}

/// What its owner has to do about a key that is no key of its kind, where that can be said.
fn remedy(error: &KeyError) -> &'static str {
    match error {
        KeyError::Cut { .. } => ", so publish all of it, in several strings of one TXT record",
        KeyError::Ed25519NotRsa => ", so the record needs k=ed25519",
        KeyError::RsaNotEd25519 => ", so the record needs k=rsa",
        _ => "",
    }
}

impl KeyRecordError {
    /// The same, or what is behind it: the usual mistakes in publishing a key.
    pub(super) fn explained(self, record: &[u8]) -> Self {
        let in_the_way = match &self {
            Self::Tags(TagError::Name | TagError::NoEquals | TagError::Value(_)) | Self::Base64 | Self::Version => true,
            Self::MissingKey | Self::KeyType => false,
            Self::Key(KeyError::Rsa | KeyError::Cut { .. }) => return self.cut(record),
            _ => return self,
        };
        if !resembles_key_record(record) && !is_key_tag(record) {
            return Self::Unrelated(encoding::shown(record, MAX_SHOWN));
        }
        if !in_the_way {
            return self;
        }
        if memchr::memmem::find(record, b"-----BEGIN").or(memchr::memmem::find(record, b"-----END")).is_some() {
            return Self::Pem;
        }
        if record.contains(&b'"') {
            return Self::Quotes;
        }
        if record.contains(&b'\\') {
            return Self::Backslash;
        }
        match String::from_utf8_lossy(record).char_indices().find(|(_, character)| !character.is_ascii()) {
            Some((at, character)) => Self::Character { character, place: at + 1 },
            None if self == Self::Base64 => self.cut(record),
            None => self,
        }
    }

    /// The same, or that the record was cut.
    fn cut(self, record: &[u8]) -> Self {
        if !record.is_empty() && record.len().is_multiple_of(STRING) {
            return Self::CutAtString(record.len());
        }
        if self != Self::Base64 {
            return self;
        }
        // Base64 that was cut anywhere: what is left of the last four characters does not decode.
        let tags = TagList::parse(record).ok();
        let p = tags.and_then(|tags| tags.value("p")).map(encoding::without_space).unwrap_or_default();
        let octets = p.get(..p.len() / 4 * 4).and_then(encoding::base64).unwrap_or_default();
        match PublicKey::rsa(&octets) {
            Err(error @ KeyError::Cut { .. }) => Self::Key(error),
            _ => self,
        }
    }
}

/// Octets that one character-string of a TXT record can hold (RFC 1035 §3.3).
const STRING: usize = 255;

/// Whether a text has what makes a key record.
pub(super) fn resembles_key_record(text: &[u8]) -> bool {
    text.len() <= MAX_KEY_RECORD && memchr::memmem::find(text, b"p=").is_some() && !is_of_another_protocol(text)
}

/// Whether a text begins as a key record and has no key.
fn is_key_tag(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    [&b"v=DKIM"[..], b"k=", b"\"v=DKIM"].iter().any(|begin| text.starts_with(begin))
}

/// DMARC's records have a `p=`, too.
fn is_of_another_protocol(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    [&b"v=DMARC"[..], b"v=spf"]
        .iter()
        .any(|begin| text.len() >= begin.len() && text[..begin.len()].eq_ignore_ascii_case(begin))
}
