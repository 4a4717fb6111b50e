//! The TXT record `_mta-sts` (RFC 8461 §3.1).

use thiserror::Error;

use crate::limits::{MAX_STS_ID, MAX_STS_RECORD};
use crate::lookup::Record;

/// The record: what says that there is a policy, and when it is a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StsRecord {
    /// The policy's instance: another one means that the policy has changed.
    pub id: String,
}

/// Why there is no such record.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StsRecordError {
    /// No text begins with `v=STSv1;`.
    #[error("there is no TXT record that begins with v=STSv1;")]
    None,
    /// Several do: the domain has no policy then.
    #[error("{0} TXT records begin with v=STSv1; and one may")]
    Several(usize),
    /// It is longer than what is read.
    #[error("the record is longer than {MAX_STS_RECORD} octets")]
    TooLong,
    /// Something between semicolons is no `name=value`.
    #[error("a part of the record is not of the form name=value")]
    Field,
    /// `id` is missing.
    #[error("the record has no id")]
    NoId,
    /// `id` is not made of 1 to 32 letters and digits.
    #[error("the id is not made of 1 to {MAX_STS_ID} letters and digits")]
    Id,
}

impl StsRecord {
    /// The record among those of `_mta-sts`: the others are left out (RFC 8461 §3.1).
    ///
    /// # Errors
    /// [`StsRecordError`] where there is not exactly one, or it is malformed.
    pub fn find(records: &[Record]) -> Result<Self, StsRecordError> {
        let mut found = records.iter().filter_map(|record| match record {
            Record::Txt(text) if version(text).is_some() => Some(text),
            _ => None,
        });
        let Some(text) = found.next() else { return Err(StsRecordError::None) };
        match found.count() {
            0 => Self::parse(text),
            others => Err(StsRecordError::Several(1 + others)),
        }
    }

    /// Reads one record.
    ///
    /// # Errors
    /// [`StsRecordError`] says what is wrong.
    pub fn parse(text: &[u8]) -> Result<Self, StsRecordError> {
        let fields = version(text).ok_or(StsRecordError::None)?;
        if text.len() > MAX_STS_RECORD {
            return Err(StsRecordError::TooLong);
        }
        let mut id = None;
        let mut fields = fields.split(|&octet| octet == b';').map(trim).peekable();
        while let Some(field) = fields.next() {
            // The last semicolon needs nothing behind it.
            if field.is_empty() && fields.peek().is_none() {
                break;
            }
            let at = memchr::memchr(b'=', field).ok_or(StsRecordError::Field)?;
            let (name, value) = (&field[..at], &field[at + 1..]);
            match name {
                // Of several the first counts.
                b"id" if id.is_none() => id = Some(read_id(value)?),
                b"id" => {}
                _ if is_extension(name, value) => {}
                _ => return Err(StsRecordError::Field),
            }
        }
        id.map(|id| Self { id }).ok_or(StsRecordError::NoId)
    }
}

/// What follows `v=STSv1` and a semicolon. The word's case counts (`%s` in the grammar).
fn version(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"v=STSv1")?;
    let blank = rest.iter().take_while(|octet| is_blank(**octet)).count();
    rest[blank..].strip_prefix(b";")
}

fn read_id(value: &[u8]) -> Result<String, StsRecordError> {
    match (1..=MAX_STS_ID).contains(&value.len()) && value.iter().all(u8::is_ascii_alphanumeric) {
        true => Ok(value.iter().map(|octet| char::from(*octet)).collect()),
        false => Err(StsRecordError::Id),
    }
}

/// `sts-extension`: what later versions may add is passed over.
fn is_extension(name: &[u8], value: &[u8]) -> bool {
    is_name(name) && !value.is_empty() && value.iter().all(|octet| matches!(octet, 0x21..=0x3a | 0x3c | 0x3e..=0x7e))
}

/// `sts-ext-name` and `sts-policy-ext-name`.
pub(super) fn is_name(name: &[u8]) -> bool {
    let begins = name.first().is_some_and(u8::is_ascii_alphanumeric);
    begins && name.len() <= 32 && name.iter().all(|octet| octet.is_ascii_alphanumeric() || b"_-.".contains(octet))
}

fn is_blank(octet: u8) -> bool {
    octet == b' ' || octet == b'\t'
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}
