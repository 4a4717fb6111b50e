//! What is done to a message that is submitted, and to no other: blind copies are hidden, and what is missing is added (RFC 6409
//! §8, RFC 5322 §3.6.3).

use crate::crypto::Sha256;
use crate::domain::Domain;
use crate::message::{EditError, Header};
use crate::time::UnixTime;

/// The section without the fields that name the recipients of blind copies, and whether there were any.
///
/// # Errors
/// [`EditError::OverLimit`]
pub fn without_blind_copies(header: &Header) -> Result<(Header, bool), EditError> {
    let (header, count) = header.without(|field| field.is("Bcc") || field.is("Resent-Bcc"))?;
    Ok((header, count > 0))
}

/// The section with a Date, where it has none; `None` where it has one (RFC 6409 §8.2).
///
/// # Errors
/// [`EditError`]
pub fn with_date(header: &Header, now: UnixTime) -> Result<Option<Header>, EditError> {
    missing(header, "Date").then(|| header.prepend(format!("Date: {}\r\n", now.rfc5322()).as_bytes())).transpose()
}

/// The section with a Message-ID, where it has none; `None` where it has one (RFC 6409 §8.3). It is made of the message's own name,
/// and of a hash, so that it is no other's even if names came again.
///
/// # Errors
/// [`EditError`]
pub fn with_message_id(
    header: &Header,
    id: &str,
    hostname: &Domain,
    now: UnixTime,
) -> Result<Option<Header>, EditError> {
    if !missing(header, "Message-ID") {
        return Ok(None);
    }
    let mut state = Sha256::new();
    state.update(header.octets());
    state.update(&now.0.to_be_bytes());
    let hash: String = state.finish().iter().take(8).map(|octet| format!("{octet:02x}")).collect();
    header.prepend(format!("Message-ID: <{id}.{hash}@{hostname}>\r\n").as_bytes()).map(Some)
}

fn missing(header: &Header, name: &str) -> bool {
    header.named(name).next().is_none()
}
