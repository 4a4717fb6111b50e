//! Who says to have written a message: the one parser of `From` that all checks use.

use std::borrow::Cow;

use serde::Serialize;
use thiserror::Error;

use super::candidates::Candidates;
use super::header::{Field, Header, HeaderLimit};
use super::readings::{Uncertain, only_from};
use super::scan::AuthorScan;
use super::{LineEndings, eight_bit, unfold};
use crate::domain::Domain;
use crate::limits::MAX_FROM_SIZE;
use crate::mailbox::{Address, AddressError, Host, NamedMailbox, parse_address_list};

/// The author of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Author {
    /// The Author Domain (RFC 9989 §5.3.1), in A-labels: that of every mailbox.
    pub domain: Domain,
    /// The mailboxes of the `From` field, at least one.
    pub mailboxes: Vec<NamedMailbox>,
}

/// Why the author's domain is not certain. Each is permanent: the message stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthorError {
    /// The header section is larger than the engine looks at.
    #[error(transparent)]
    OverLimit(#[from] HeaderLimit),
    /// No `From` field (RFC 5322 §3.6 asks for exactly one).
    #[error("there is no From field")]
    Missing,
    /// Several `From` fields.
    #[error("there are several From fields")]
    Several,
    /// Lines that are no header field stand above the `From` field, or look like one, or may be taken for part of it.
    #[error("malformed lines in the header section leave open which From field is seen")]
    MalformedLines,
    /// A CR or LF alone leaves open where lines end.
    #[error("a bare CR or LF in the header section leaves open which From field is seen")]
    LineEndings,
    /// The `From` field is larger than the engine looks at.
    #[error("the From field has more than {MAX_FROM_SIZE} octets")]
    TooLong,
    /// A control character, NUL among them, or a Unicode line separator.
    #[error("the From field has a control character")]
    Control,
    /// A CR or LF alone in the field.
    #[error("the From field has a bare CR or LF")]
    BareLineEnding,
    /// A line of white space only, where some programs end the field or the section (RFC 5322 §4.2).
    #[error("the From field is folded with an empty line")]
    EmptyLine,
    /// Octets that are not UTF-8 (RFC 6532 §3.1), and that mean one address or another by the character set.
    #[error("the From field is not valid UTF-8, and its address depends on the character set")]
    NotUtf8,
    /// The field has no address.
    #[error("the From field has no address")]
    Empty,
    /// The field is not an address list.
    #[error("the From field is malformed: {0}")]
    Syntax(AddressError),
    /// A group, unless it has one mailbox and stands alone: it has no author or hides whose domain counts (RFC 6854 §3).
    #[error("the From field has a group of addresses")]
    Group,
    /// An address literal instead of a domain: there is no Author Domain.
    #[error("the From field has an address literal instead of a domain")]
    AddressLiteral,
    /// Mailboxes of different domains (RFC 9989 §5.3.1, §11.5).
    #[error("the From field has mailboxes of different domains")]
    SeveralDomains,
}

/// The author of a message, when there is no doubt about the domain.
///
/// Several mailboxes are fine as long as they have one domain (RFC 9989 §5.3.1 counts domains, not mailboxes), and so is
/// a group of one. What the field may look like besides is said at [`parse_address_list`]. Names may be in any
/// octets above ASCII, where what stands for an address does not depend on the character set; lines that are no field
/// may stand below, where they cannot be taken for part of the address.
///
/// ```
/// use passerelle::message::{AuthorError, Header, author};
///
/// let (header, _body) = Header::split(b"From: \"Ann @ Home\" <ann@b\xc3\xbccher.example>\r\n\r\nHello.\r\n");
/// assert_eq!(author(&header)?.domain.as_str(), "xn--bcher-kva.example");
///
/// let (header, _body) = Header::split(b"From: ann@a.example\r\nFrom: ann@b.example\r\n\r\n");
/// assert_eq!(author(&header), Err(AuthorError::Several));
/// # Ok::<(), AuthorError>(())
/// ```
///
/// # Errors
/// [`AuthorError`] says why the domain is not certain; it is never guessed.
pub fn author(header: &Header) -> Result<Author, AuthorError> {
    if let Some(limit) = header.exceeds() {
        return Err(limit.into());
    }
    let field = only_from(header).map_err(|uncertain| match uncertain {
        Uncertain::Missing => AuthorError::Missing,
        Uncertain::Several => AuthorError::Several,
        Uncertain::MalformedLines => AuthorError::MalformedLines,
        Uncertain::LineEndings => AuthorError::LineEndings,
    })?;
    let value = value_of(field)?;
    match str::from_utf8(&value) {
        Ok(text) => author_in(text),
        Err(_) => eight_bit::author_of(&value),
    }
}

/// The author that an address list names.
pub(super) fn author_in(text: &str) -> Result<Author, AuthorError> {
    if has_controls(text) {
        return Err(AuthorError::Control);
    }
    let mut mailboxes = Vec::new();
    let mut addresses = parse_address_list(text).map_err(AuthorError::Syntax)?;
    if let [Address::Group { members, .. }] = addresses.as_mut_slice()
        && members.len() == 1
    {
        mailboxes.append(members);
        addresses.clear();
    }
    for address in addresses {
        match address {
            Address::Mailbox(mailbox) => mailboxes.push(mailbox),
            Address::Group { .. } => return Err(AuthorError::Group),
        }
    }
    let domain = only_domain(&mailboxes)?;
    Ok(Author { domain, mailboxes })
}

/// LINE SEPARATOR and PARAGRAPH SEPARATOR end a line for some libraries, as NEL does, which is a control character.
fn has_controls(text: &str) -> bool {
    text.chars().any(|c| (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// The domains of all addresses of an unfolded value, if it is an address list.
pub(super) fn domains_of(value: &[u8]) -> Option<Vec<Domain>> {
    let Ok(text) = str::from_utf8(value) else {
        return eight_bit::author_of(value).ok().map(|author| vec![author.domain]);
    };
    if has_controls(text) {
        return None;
    }
    let list = parse_address_list(text).ok()?;
    let mailboxes = list.iter().flat_map(|address| match address {
        Address::Mailbox(mailbox) => std::slice::from_ref(mailbox),
        Address::Group { members, .. } => members,
    });
    Some(mailboxes.filter_map(|named| named.mailbox.domain().cloned()).collect())
}

/// What can be said of the author of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Authorship {
    /// Every reader finds the same domain.
    Certain(Author),
    /// Readers may find one domain or another: these, and no more.
    Candidates(Candidates, AuthorError),
    /// Readers may find one domain or another, and these are not all of them, or it could not be made sure that they are:
    /// there are too many, or a bound was met.
    Incomplete(Candidates, AuthorError),
    /// No reader finds a domain.
    None(AuthorError),
}

impl Authorship {
    /// The author, if certain.
    pub fn certain(&self) -> Option<&Author> {
        match self {
            Self::Certain(author) => Some(author),
            Self::Candidates(..) | Self::Incomplete(..) | Self::None(_) => None,
        }
    }
}

/// The author of a message, or where that is not certain, the domains that some reader may take for the author's.
///
/// RFC 9989 §11.5 has receivers look at each domain where there are several. [`AuthorError`] says why there is not one.
///
/// ```
/// use passerelle::message::{AuthorError, Authorship, Header, authorship};
///
/// let (header, _body) = Header::split(b"From: ann@a.example\r\nFrom: <ann@b.example>\r\n\r\n");
/// let Authorship::Candidates(found, AuthorError::Several) = authorship(&header) else { panic!() };
/// assert_eq!(found.domains().iter().map(|d| d.as_str()).collect::<Vec<_>>(), ["a.example", "b.example"]);
/// ```
pub fn authorship(header: &Header) -> Authorship {
    let why = match author(header) {
        Ok(author) => return Authorship::Certain(author),
        Err(why) => why,
    };
    let found = match header.authors_beyond_limit() {
        Some(found) => found.clone(),
        None => AuthorScan::of(&header.octets()[..header.octets().len() - header.separator().len()]),
    };
    let is_bounded = matches!(why, AuthorError::OverLimit(_) | AuthorError::TooLong);
    if is_bounded || found.has_more() {
        Authorship::Incomplete(found, why)
    } else if found.domains().is_empty() {
        Authorship::None(why)
    } else {
        Authorship::Candidates(found, why)
    }
}

/// The field's value as one line, when every program would make the same one of it.
fn value_of(field: Field<'_>) -> Result<Cow<'_, [u8]>, AuthorError> {
    let value = field.value();
    if value.len() > MAX_FROM_SIZE {
        return Err(AuthorError::TooLong);
    }
    let endings = LineEndings::of(value);
    if endings.bare_cr > 0 || endings.bare_lf > 0 {
        return Err(AuthorError::BareLineEnding);
    }
    if value.trim_ascii().is_empty() {
        return Err(AuthorError::Empty);
    }
    // The first line holds the name and may be empty behind it.
    let mut lines = value.split(|&b| b == b'\n').skip(1);
    if lines.any(|line| line.trim_ascii().is_empty()) {
        return Err(AuthorError::EmptyLine);
    }
    Ok(unfold(value))
}

fn only_domain(mailboxes: &[NamedMailbox]) -> Result<Domain, AuthorError> {
    let mut only: Option<&Domain> = None;
    for NamedMailbox { mailbox, .. } in mailboxes {
        let Host::Domain(domain) = mailbox.host() else { return Err(AuthorError::AddressLiteral) };
        match only {
            Some(first) if first != domain => return Err(AuthorError::SeveralDomains),
            _ => only = Some(domain),
        }
    }
    only.cloned().ok_or(AuthorError::Empty)
}
