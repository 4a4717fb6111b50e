//! The DKIM-Signature header field (RFC 6376 §3.5).

use std::fmt;

use thiserror::Error;

use super::canonicalization::Canonicalization;
use super::encoding;
use crate::crypto::{Digest, KeyType};
use crate::domain::{Domain, DomainError};
use crate::limits::{MAX_COPIED_FIELDS, MAX_IDENTITY, MAX_LENGTH_DIGITS, MAX_SIGNED_FIELDS, MAX_TIMESTAMP_DIGITS};
use crate::tags::{TagError, TagList};
use crate::time::UnixTime;
use crate::words::words;

/// A signature algorithm that may pass (RFC 8301 §3.1, RFC 8463 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `rsa-sha256`
    RsaSha256,
    /// `ed25519-sha256`
    Ed25519Sha256,
}

impl Algorithm {
    /// The word in `a=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa-sha256",
            Self::Ed25519Sha256 => "ed25519-sha256",
        }
    }

    /// The kind of key that it takes.
    pub fn key_type(self) -> KeyType {
        match self {
            Self::RsaSha256 => KeyType::Rsa,
            Self::Ed25519Sha256 => KeyType::Ed25519,
        }
    }

    /// The algorithm of a kind of key.
    pub fn of(key_type: KeyType) -> Self {
        match key_type {
            KeyType::Rsa => Self::RsaSha256,
            KeyType::Ed25519 => Self::Ed25519Sha256,
        }
    }
}

words!(Display for Algorithm);

/// A DKIM-Signature field, each of its tags valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature<'a> {
    /// `a=`
    pub algorithm: Algorithm,
    /// `b=`, decoded.
    pub signature: Vec<u8>,
    /// `bh=`, decoded.
    pub body_hash: Digest,
    /// The first half of `c=`.
    pub header_canonicalization: Canonicalization,
    /// The second half of `c=`.
    pub body_canonicalization: Canonicalization,
    /// `d=`, the signing domain identifier.
    pub domain: Domain,
    /// `i=`, the agent or user identifier; `@` and the domain where the tag is missing.
    pub identity: Identity,
    /// `l=`: how many octets of the canonical body are signed.
    pub body_length: Option<u64>,
    /// `s=`; a selector has the form of a domain name.
    pub selector: Domain,
    /// `t=`
    pub timestamp: Option<UnixTime>,
    /// `x=`
    pub expiration: Option<UnixTime>,
    /// Where the key is: `<selector>._domainkey.<domain>` (RFC 6376 §3.6.2.1).
    pub key_name: Domain,
    /// The value of `h=`.
    fields: &'a [u8],
    /// The value of `z=`.
    copies: &'a [u8],
    /// What of the field's value is the value of `b=`, white space included.
    pub(super) b_span: (usize, usize),
}

/// The value of `i=` (RFC 6376 §3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What is before the `@`; it may be empty.
    pub local_part: String,
    /// The domain, which is the signing domain or below it.
    pub domain: Domain,
}

impl Identity {
    /// Reads `[Local-part] "@" domain-name`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (local_part, domain) = text.rsplit_once('@')?;
        if local_part.chars().any(char::is_control) {
            return None;
        }
        // RFC 8616 §4: U-labels count as the A-labels they stand for.
        Some(Self { local_part: local_part.to_owned(), domain: Domain::parse(domain).ok()? })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local_part, self.domain)
    }
}

/// What is wrong with a DKIM-Signature field.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The value is no tag list.
    #[error("the field is no list of tags: {0}")]
    Tags(#[from] TagError),
    /// A tag that must be there is not.
    #[error("the required tag {0}= is missing")]
    Missing(&'static str),
    /// `v=` is not 1.
    #[error("the version in v= is not 1")]
    Version,
    /// `a=` is rsa-sha1, which never verifies.
    #[error("rsa-sha1 must not be used")]
    Sha1,
    /// `a=` is not known.
    #[error("the algorithm in a= is not known")]
    Algorithm,
    /// A tag whose value is not valid base64.
    #[error("the value of {0}= is not valid base64")]
    Base64(&'static str),
    /// `bh=` is not as long as a SHA-256 digest.
    #[error("the body hash in bh= has not the length of a SHA-256 digest")]
    BodyHashLength,
    /// `c=` is not known.
    #[error("a canonicalization in c= is not known")]
    Canonicalization,
    /// `d=` or `s=` is not a name.
    #[error("the value of {0}= is not valid: {1}")]
    Name(&'static str, DomainError),
    /// `h=` has something that is no field name.
    #[error("the value of h= is not a list of field names")]
    Fields,
    /// `h=` has more names than are looked at.
    #[error("the value of h= has more than {MAX_SIGNED_FIELDS} field names")]
    TooManyFields,
    /// `h=` does not have From.
    #[error("the From field is not signed")]
    FromNotSigned,
    /// `i=` is malformed.
    #[error("the value of i= is not valid")]
    Identity,
    /// `i=` is longer than what is looked at.
    #[error("the value of i= has more than {MAX_IDENTITY} octets")]
    IdentityTooLong,
    /// `i=` is not within `d=`.
    #[error("the domain of i= is neither the domain of d= nor below it")]
    IdentityDomain,
    /// `l=`, `t=` or `x=` is no number.
    #[error("the value of {0}= is not a number")]
    Number(&'static str),
    /// `q=` has no method that is known.
    #[error("no query method in q= is known")]
    Query,
    /// `x=` is not after `t=`.
    #[error("the expiration in x= is not after the timestamp in t=")]
    ExpiresBeforeSigned,
}

impl SignatureError {
    /// The rule that is broken.
    pub fn rfc(&self) -> &'static str {
        match self {
            Self::Tags(_) => "RFC 6376 §3.2",
            Self::Sha1 => "RFC 8301 §3.1",
            Self::FromNotSigned => "RFC 6376 §5.4",
            Self::Missing(_) | Self::Version | Self::Algorithm | Self::IdentityDomain => "RFC 6376 §6.1.1",
            _ => "RFC 6376 §3.5",
        }
    }
}

impl<'a> Signature<'a> {
    /// Reads the value of a DKIM-Signature field: what is behind the colon. Tags that are not known are ignored.
    ///
    /// # Errors
    /// [`SignatureError`] names the first fault.
    pub fn parse(value: &'a [u8]) -> Result<Self, SignatureError> {
        Self::from_tags(&TagList::parse(value)?)
    }

    pub(super) fn from_tags(tags: &TagList<'a>) -> Result<Self, SignatureError> {
        let required = |name| tags.value(name).ok_or(SignatureError::Missing(name));
        if required("v")? != b"1" {
            return Err(SignatureError::Version);
        }
        let algorithm = algorithm(required("a")?)?;
        let b = tags.get("b").ok_or(SignatureError::Missing("b"))?;
        let body_hash = base64("bh", required("bh")?)?;
        let domain = name("d", required("d")?)?;
        let fields = required("h")?;
        let selector = name("s", required("s")?)?;

        let body_hash = Digest::try_from(body_hash).map_err(|_| SignatureError::BodyHashLength)?;
        let (header_canonicalization, body_canonicalization) = canonicalizations(tags.value("c"))?;
        check_fields(fields)?;
        let identity = match tags.value("i") {
            Some(value) => identity(value)?,
            None => Identity { local_part: String::new(), domain: domain.clone() },
        };
        if !identity.domain.is_within(&domain) {
            return Err(SignatureError::IdentityDomain);
        }
        check_query(tags.value("q"))?;
        let time = |name| tags.value(name).map(|v| number(name, v, MAX_TIMESTAMP_DIGITS).map(UnixTime)).transpose();
        let (timestamp, expiration) = (time("t")?, time("x")?);
        if timestamp.zip(expiration).is_some_and(|(t, x)| x <= t) {
            return Err(SignatureError::ExpiresBeforeSigned);
        }
        let body_length = match tags.value("l") {
            Some(value) if value.len() > MAX_LENGTH_DIGITS => return Err(SignatureError::Number("l")),
            Some(value) => Some(number("l", value, MAX_LENGTH_DIGITS)?),
            None => None,
        };
        let key_name = domain
            .prepend(&[selector.as_str(), "._domainkey"].concat())
            .map_err(|error| SignatureError::Name("s", error))?;
        Ok(Self {
            algorithm,
            signature: base64("b", b.value)?,
            body_hash,
            header_canonicalization,
            body_canonicalization,
            domain,
            identity,
            body_length,
            selector,
            timestamp,
            expiration,
            key_name,
            fields,
            copies: tags.value("z").unwrap_or_default(),
            b_span: b.span,
        })
    }

    /// The names in `h=`, in order.
    pub fn signed_fields(&self) -> impl Iterator<Item = &'a [u8]> {
        names(self.fields)
    }

    /// The fields that the signer copied into `z=`, name and value, in order: what they were when the message was signed,
    /// if the signer is honest and nobody has changed `z=`. They are for diagnosis alone (RFC 6376 §3.5). A copy that is
    /// malformed is left out, and so are those behind the first [`MAX_COPIED_FIELDS`].
    pub fn copied_fields(&self) -> impl Iterator<Item = (&'a [u8], Vec<u8>)> + use<'a> {
        let copies = self.copies.split(|&b| b == b'|').take(MAX_COPIED_FIELDS);
        copies.filter_map(|copy| {
            let (name, value) = copy.split_at(memchr::memchr(b':', copy)?);
            let name = name.trim_ascii();
            let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
            Some((name, encoding::quoted_printable(&value[1..])?)).filter(|_| is_name)
        })
    }
}

fn names(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b':', list).chain([list.len()]).map(move |end| {
        let name = &list[start..end];
        start = end + 1;
        name.trim_ascii()
    })
}

/// RFC 6376 §3.5, `a=`.
fn algorithm(value: &[u8]) -> Result<Algorithm, SignatureError> {
    let is = |word: &str| value.eq_ignore_ascii_case(word.as_bytes());
    match () {
        () if is("rsa-sha256") => Ok(Algorithm::RsaSha256),
        () if is("ed25519-sha256") => Ok(Algorithm::Ed25519Sha256),
        () if is("rsa-sha1") => Err(SignatureError::Sha1),
        () => Err(SignatureError::Algorithm),
    }
}

fn base64(tag: &'static str, value: &[u8]) -> Result<Vec<u8>, SignatureError> {
    match encoding::base64(value) {
        Some(octets) if !octets.is_empty() => Ok(octets),
        _ => Err(SignatureError::Base64(tag)),
    }
}

/// A domain name or selector; U-labels become A-labels (RFC 8616 §4).
fn name(tag: &'static str, value: &[u8]) -> Result<Domain, SignatureError> {
    let text = str::from_utf8(value).map_err(|_| SignatureError::Name(tag, DomainError::Character))?;
    // The grammar knows no trailing dot.
    if text.ends_with('.') {
        return Err(SignatureError::Name(tag, DomainError::EmptyLabel));
    }
    Domain::parse(text).map_err(|error| SignatureError::Name(tag, error))
}

/// RFC 6376 §3.5, `c=`: simple/simple is the default, and simple that of the second half.
fn canonicalizations(value: Option<&[u8]>) -> Result<(Canonicalization, Canonicalization), SignatureError> {
    let Some(value) = value else { return Ok(Default::default()) };
    let one = |word: &[u8]| {
        [Canonicalization::Simple, Canonicalization::Relaxed]
            .into_iter()
            .find(|c| word.eq_ignore_ascii_case(c.as_str().as_bytes()))
            .ok_or(SignatureError::Canonicalization)
    };
    match memchr::memchr(b'/', value) {
        Some(slash) => Ok((one(&value[..slash])?, one(&value[slash + 1..])?)),
        None => Ok((one(value)?, Canonicalization::Simple)),
    }
}

/// RFC 6376 §3.5, `h=`; that From is among them is RFC 6376 §5.4's rule.
fn check_fields(list: &[u8]) -> Result<(), SignatureError> {
    let mut from = false;
    for (count, name) in names(list).enumerate() {
        if count >= MAX_SIGNED_FIELDS {
            return Err(SignatureError::TooManyFields);
        }
        // RFC 5322 §2.2: printable ASCII without the colon, which has separated them already.
        // All of it, without an early end, for the compiler to do it with vector instructions.
        if name.is_empty() || name.iter().fold(false, |any, b| any | !b.is_ascii_graphic()) {
            return Err(SignatureError::Fields);
        }
        from |= name.eq_ignore_ascii_case(b"from");
    }
    if from { Ok(()) } else { Err(SignatureError::FromNotSigned) }
}

/// RFC 6376 §3.5, `i=`.
fn identity(value: &[u8]) -> Result<Identity, SignatureError> {
    let decoded = encoding::quoted_printable(value).ok_or(SignatureError::Identity)?;
    if decoded.len() > MAX_IDENTITY {
        return Err(SignatureError::IdentityTooLong);
    }
    str::from_utf8(&decoded).ok().and_then(Identity::parse).ok_or(SignatureError::Identity)
}

/// RFC 6376 §3.5, `q=`: methods that are not known are ignored, but one must be left.
fn check_query(value: Option<&[u8]>) -> Result<(), SignatureError> {
    let known = value.is_none_or(|list| names(list).any(|method| method.eq_ignore_ascii_case(b"dns/txt")));
    if known { Ok(()) } else { Err(SignatureError::Query) }
}

/// A decimal number. More digits than `digits`, or more than fit, make it as good as infinite (RFC 6376 §3.5).
fn number(tag: &'static str, value: &[u8], digits: usize) -> Result<u64, SignatureError> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(SignatureError::Number(tag));
    }
    let infinite = value.len() > digits;
    let number = str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    Ok(number.filter(|_| !infinite).unwrap_or(u64::MAX))
}
