//! Mailboxes and paths of the SMTP envelope (RFC 5321 §4.1.2).

use std::fmt;

use super::cursor::{Cursor, is_atext, is_dot_string};
use super::{AddressError, Host, Mailbox};
use crate::domain::Domain;
use crate::limits::{MAX_LOCAL_PART, MAX_PATH};

/// The argument of MAIL FROM: a mailbox, or `<>` for messages that must not be answered (RFC 5321 §4.5.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReversePath {
    /// `<>`
    Null,
    /// A mailbox in angle brackets.
    Mailbox(Mailbox),
}

impl ReversePath {
    /// Reads a path with its angle brackets. A source route is read and ignored (RFC 5321 §4.1.1.3, appendix C).
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        match between_angles(text)? {
            "" => Ok(Self::Null),
            inside => mailbox_behind_route(inside).map(Self::Mailbox),
        }
    }

    /// The mailbox of a reverse-path as it was written, without angle brackets and source route; empty for the null one.
    /// It may be longer than SMTP allows, as bounce addresses that carry the recipient's often are, and have dots anywhere in
    /// the local part, as some providers have given out.
    pub(crate) fn written(inside: &str) -> Result<String, AddressError> {
        if inside.is_empty() {
            return Ok(String::new());
        }
        if inside.starts_with('@') {
            return mailbox_behind_route(inside).map(|mailbox| mailbox.to_string());
        }
        let mut cursor = Cursor::new(inside);
        if cursor.take_while(|c| is_atext(c) || c == '.').is_empty() {
            local_part(&mut cursor)?;
        }
        match cursor.eat('@') {
            _ if inside.chars().any(char::is_control) => Err(AddressError::Control),
            false if cursor.is_at_end() => Err(AddressError::MissingAt),
            false => Err(AddressError::LocalPart),
            true => Host::parse(cursor.rest()).map(|_| inside.to_owned()),
        }
    }

    /// The mailbox, unless this is `<>`.
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Null => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

/// The argument of RCPT TO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardPath {
    /// `<Postmaster>` without a domain, in any case (RFC 5321 §4.1.1.3).
    Postmaster,
    /// A mailbox in angle brackets.
    Mailbox(Mailbox),
}

impl ForwardPath {
    /// Reads a path with its angle brackets. A source route is read and ignored (RFC 5321 §4.1.1.3, appendix C).
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        match between_angles(text)? {
            "" => Err(AddressError::EmptyAngle),
            inside if inside.eq_ignore_ascii_case("postmaster") => Ok(Self::Postmaster),
            inside => mailbox_behind_route(inside).map(Self::Mailbox),
        }
    }
}

impl fmt::Display for ForwardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postmaster => f.write_str("<Postmaster>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

impl Mailbox {
    /// Reads a mailbox as SMTP writes it, without angle brackets; local parts in UTF-8 and U-label domains included
    /// (RFC 6531 §3.3).
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.chars().any(char::is_control) {
            return Err(AddressError::Control);
        }
        let mut cursor = Cursor::new(text);
        let local = local_part(&mut cursor)?;
        if !cursor.eat('@') {
            return Err(if cursor.is_at_end() { AddressError::MissingAt } else { AddressError::LocalPart });
        }
        if local.len() > MAX_LOCAL_PART {
            return Err(AddressError::LocalPartTooLong);
        }
        if cursor.rest().contains('@') {
            return Err(AddressError::SecondAt);
        }
        Ok(Self { local, host: host(cursor.rest())? })
    }
}

/// Reads a local part as SMTP writes it, and gives it without quoting.
///
/// # Errors
/// [`AddressError`] says what is wrong.
pub fn parse_local_part(text: &str) -> Result<String, AddressError> {
    if text.chars().any(char::is_control) {
        return Err(AddressError::Control);
    }
    let mut cursor = Cursor::new(text);
    let local = local_part(&mut cursor)?;
    match cursor.is_at_end() {
        false => Err(AddressError::LocalPart),
        true if local.len() > MAX_LOCAL_PART => Err(AddressError::LocalPartTooLong),
        true => Ok(local),
    }
}

/// `Domain / address-literal` as SMTP has it (RFC 5321 §4.1.2): a label of the DNS may begin or end with a hyphen, one of SMTP's
/// may not.
pub(crate) fn host(text: &str) -> Result<Host, AddressError> {
    let host = Host::parse(text)?;
    let is_at_edge = |label: &str| label.starts_with('-') || label.ends_with('-');
    match &host {
        Host::Domain(domain) if domain.as_str().split('.').any(is_at_edge) => Err(AddressError::Hyphen),
        _ => Ok(host),
    }
}

/// `Dot-string / Quoted-string`, the latter maybe empty.
fn local_part(cursor: &mut Cursor<'_>) -> Result<String, AddressError> {
    if cursor.eat('"') {
        return cursor.quoted();
    }
    let text = cursor.take_while(|c| is_atext(c) || c == '.');
    match is_dot_string(text) {
        true => Ok(text.to_owned()),
        false => Err(AddressError::LocalPart),
    }
}

fn between_angles(text: &str) -> Result<&str, AddressError> {
    if text.len() > MAX_PATH {
        return Err(AddressError::PathTooLong);
    }
    text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).ok_or(AddressError::Angle)
}

/// `[ "@" Domain *( "," "@" Domain ) ":" ] Mailbox`
fn mailbox_behind_route(text: &str) -> Result<Mailbox, AddressError> {
    if !text.starts_with('@') {
        return Mailbox::parse(text);
    }
    let (route, mailbox) = text.split_once(':').ok_or(AddressError::Route)?;
    for hop in route.split(',') {
        let hop = hop.strip_prefix('@').ok_or(AddressError::Route)?;
        Domain::parse(hop).map_err(|_| AddressError::Route)?;
    }
    Mailbox::parse(mailbox)
}
