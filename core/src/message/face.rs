//! A message's face: what its header section shows to people, for programs that show it.

use serde::Serialize;

use super::header::{Field, Header};
use super::hop::Hop;
use super::{date, encoded_word, unfold};
use crate::domain::Domain;
use crate::limits::{MAX_SHOWN_FIELDS, MAX_SHOWN_HOPS, MAX_SHOWN_TEXT};
use crate::mailbox::{Address, NamedMailbox, parse_address_list};

/// What a message says of itself, decoded. Nothing of it is proven; who the author is, and whether anything vouches for
/// that, is in the report of [`verify`](crate::verify).
///
/// Texts are decoded as RFC 2047 has it, and have U+FFFD in the place of what cannot be. They may hold anything that a
/// character can do, such as turn the direction of what follows: showing them safely is the host's part.
///
/// ```
/// use passerelle::message::{Face, Header};
///
/// let (header, _body) = Header::split(
///     b"From: =?iso-8859-1?q?J=FCrgen?= <j@xn--bcher-kva.example>\r\nSubject: =?utf-8?b?w6k=?=\r\n\r\nHello.\r\n",
/// );
/// let face = Face::of(&header);
/// let author = &face.from[0].mailboxes[0];
/// assert_eq!(author.name.as_deref(), Some("Jürgen"));
/// assert_eq!(author.domain_unicode.as_deref(), Some("bücher.example"));
/// assert_eq!(face.subject.as_deref(), Some("é"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Face {
    /// The `From` fields from top to bottom; an honest message has one.
    pub from: Vec<ShownAddresses>,
    /// The mailboxes to which answers go, of the first such field.
    pub reply_to: Option<ShownAddresses>,
    /// The first `Subject`.
    pub subject: Option<String>,
    /// The first `Date`.
    pub date: Option<ShownDate>,
    /// The first `List-Id` (RFC 2919).
    pub list_id: Option<ShownList>,
    /// The steps that the message took, the oldest first.
    pub received: Vec<Hop>,
    /// Whether the message ends with its header section, without the empty line behind it: then there is no body, and
    /// no signature can be judged.
    pub headers_only: bool,
    /// Whether the header section exceeds a bound, so that nothing of it is shown.
    pub over_limit: bool,
}

/// An address field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ShownAddresses {
    /// All of it, decoded.
    pub text: String,
    /// The mailboxes, those of groups among them; none where the field is malformed.
    pub mailboxes: Vec<ShownMailbox>,
}

/// A mailbox of an address field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ShownMailbox {
    /// The display name, decoded.
    pub name: Option<String>,
    /// The address, its domain in A-labels.
    pub address: String,
    /// The domain, in A-labels; `None` for an address literal.
    pub domain: Option<Domain>,
    /// The domain in the letters that people see, where they are others.
    pub domain_unicode: Option<String>,
}

/// A date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ShownDate {
    /// As written.
    pub text: String,
    /// In Unix time, where it is a date.
    pub unix: Option<i64>,
}

/// Which mailing list a message came through, by its own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ShownList {
    /// All of it, decoded.
    pub text: String,
    /// What is in angle brackets (RFC 2919 §2).
    pub id: Option<String>,
}

impl Face {
    /// What this header section shows.
    pub fn of(header: &Header) -> Self {
        let first = |name: &'static str| header.named(name).next();
        let received: Vec<Hop> = header
            .named("received")
            .enumerate()
            .take(MAX_SHOWN_HOPS)
            .map(|(index, field)| Hop::of(index + 1, field))
            .collect();
        Self {
            from: header.named("from").take(MAX_SHOWN_FIELDS).map(addresses).collect(),
            reply_to: first("reply-to").map(addresses),
            subject: first("subject").map(text),
            date: first("date").map(|field| {
                let shown = text(field);
                ShownDate { unix: date::parse(&shown), text: shown }
            }),
            list_id: first("list-id").map(|field| {
                let shown = text(field);
                let id = shown.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(id, _)| id.to_owned());
                ShownList { text: shown, id }
            }),
            received: Hop::in_order(received),
            headers_only: header.is_headers_only(),
            over_limit: header.is_over_limit(),
        }
    }

    /// The face as JSON, on one line.
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists of them: they always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The value as people see it: decoded, on one line, without the white space around it.
fn text(field: Field<'_>) -> String {
    let value = unfold(field.value());
    let value = value.trim_ascii();
    encoded_word::decode(&value[..value.len().min(MAX_SHOWN_TEXT)])
}

fn addresses(field: Field<'_>) -> ShownAddresses {
    let value = unfold(field.value());
    let list = String::from_utf8_lossy(&value);
    let list = if value.len() > MAX_SHOWN_TEXT { None } else { parse_address_list(&list).ok() };
    let mailboxes = list.into_iter().flatten().flat_map(|address| match address {
        Address::Mailbox(mailbox) => vec![mailbox],
        Address::Group { members, .. } => members,
    });
    ShownAddresses { text: text(field), mailboxes: mailboxes.map(mailbox).collect() }
}

fn mailbox(NamedMailbox { name, mailbox }: NamedMailbox) -> ShownMailbox {
    let domain = mailbox.domain().cloned();
    ShownMailbox {
        name: name.map(|name| encoded_word::decode(name.as_bytes())),
        address: mailbox.to_string(),
        domain_unicode: domain.as_ref().and_then(Domain::to_unicode),
        domain,
    }
}
