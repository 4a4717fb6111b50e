//! `[[rule]]` and `[[unit]]`: what is done with which messages.

use std::collections::BTreeSet;

use serde::Serialize;

use super::glob::Glob;
use super::networks::NetworkSet;
use super::pattern::AddressSet;
use super::sections::QueueWhen;
use crate::mailbox::Mailbox;
use crate::route::replies::Reply;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The organisational unit that it applies to, with those below.
    pub unit: UnitPath,
    /// What has to be so.
    #[serde(rename = "match")]
    pub conditions: Conditions,
    /// What must not be so, all of it at once.
    pub unless: Option<Conditions>,
    /// What it decides.
    pub verdict: Option<Verdict>,
    /// What it changes, in this order.
    pub changes: Vec<Change>,
    /// Whether it demands TLS of the next hop.
    pub require_tls: bool,
    /// Whether no later rule is looked at.
    pub stop: bool,
    /// When its mail is queued, where that differs from `[queue]`.
    pub queue: Option<QueueWhen>,
}

impl Rule {
    /// Whether it rests on content, which is not known before the end of DATA.
    pub fn needs_content(&self) -> bool {
        self.conditions.needs_content() || self.unless.as_ref().is_some_and(Conditions::needs_content)
    }
}

/// The keys of `match` and `unless`: all that are there have to hold, and of one's values any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Conditions {
    /// `direction`
    pub direction: Option<BTreeSet<Direction>>,
    /// `from`: MAIL FROM.
    pub from: Option<AddressSet>,
    /// `author`: the From field.
    pub author: Option<AddressSet>,
    /// `to`: the recipient.
    pub to: Option<AddressSet>,
    /// `peer`: the client's address.
    pub peer: Option<NetworkSet>,
    /// `user`: the account.
    pub user: Option<BTreeSet<String>>,
    /// `header`: fields of the message.
    pub header: Option<Vec<HeaderPattern>>,
    /// `larger_than`: octets.
    pub larger_than: Option<u64>,
    /// `results`: method and result.
    pub results: Option<BTreeSet<(String, String)>>,
}

impl Conditions {
    /// Whether any of them rests on content.
    pub fn needs_content(&self) -> bool {
        self.author.is_some() || self.header.is_some() || self.larger_than.is_some() || self.results.is_some()
    }

    /// Whether there is none, so that everything meets them.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `Name: glob`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HeaderPattern {
    /// The field's name.
    pub name: String,
    /// What its value has to look like.
    pub value: Glob,
}

/// Where a message comes from and goes to, in the words of an administrator's console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From a stranger to ours.
    Inbound,
    /// Admitted as ours, to outside.
    Outbound,
    /// Admitted as ours, to ours, as the sender sees it.
    InternalSending,
    /// Admitted as ours, to ours, as the recipient sees it.
    InternalReceiving,
}

impl Direction {
    /// All of them, with the words of the document.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("inbound", Self::Inbound),
        ("outbound", Self::Outbound),
        ("internal-sending", Self::InternalSending),
        ("internal-receiving", Self::InternalReceiving),
    ];

    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::InternalSending => "internal-sending",
            Self::InternalReceiving => "internal-receiving",
        }
    }
}

/// What decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Send it by this route.
    Route(String),
    /// Refuse it.
    Reject(Reply),
    /// Keep it for a person to look at.
    Quarantine,
    /// Take it, and drop it.
    Discard,
}

impl Verdict {
    /// The key of `do`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Route(_) => "route",
            Self::Reject(_) => "reject",
            Self::Quarantine => "quarantine",
            Self::Discard => "discard",
        }
    }
}

/// What changes the message or its envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Remove all fields of this name.
    RemoveHeader(String),
    /// Add this field on top.
    AddHeader(HeaderField),
    /// Put this before the subject.
    SubjectPrefix(String),
    /// Use another sender.
    Sender(NewSender),
    /// Send it to these instead.
    To(Vec<Mailbox>),
    /// Send it to these, too.
    AlsoTo(Vec<Mailbox>),
    /// Put this below the body.
    Footer(Footer),
}

impl Change {
    /// The key of `do`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::RemoveHeader(_) => "remove_header",
            Self::AddHeader(_) => "add_header",
            Self::SubjectPrefix(_) => "subject_prefix",
            Self::Sender(_) => "sender",
            Self::To(_) => "to",
            Self::AlsoTo(_) => "also_to",
            Self::Footer(_) => "footer",
        }
    }
}

/// A field to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HeaderField {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// `sender`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NewSender {
    /// This one.
    Address(Mailbox),
    /// One of our own domain, from which the old one can be had again ([`srs`](crate::route::srs)).
    Srs,
}

/// `footer`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Footer {
    /// For bodies of plain text.
    pub text: String,
    /// For HTML; made of the text where it is missing.
    pub html: Option<String>,
}

/// The path of an organisational unit: `/` is the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct UnitPath(Vec<String>);

impl UnitPath {
    /// Reads `/sales/north`.
    ///
    /// # Errors
    /// What is wrong, and the form to use.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.trim().strip_prefix('/') else {
            return Err(format!("a unit begins with a slash: write \"/{}\"", text.trim()));
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let parts: Vec<String> =
            if rest.is_empty() { Vec::new() } else { rest.split('/').map(str::to_owned).collect() };
        match parts.iter().any(|part| part.trim().is_empty() || part.chars().any(char::is_control)) {
            true => Err("a unit has a name between two slashes".to_owned()),
            false => Ok(Self(parts)),
        }
    }

    /// Whether this is the other one or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// How far below the root.
    pub fn depth(&self) -> usize {
        self.0.len()
    }
}

impl std::fmt::Display for UnitPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "/{}", self.0.join("/"))
    }
}

/// `[[unit]]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unit {
    /// Its path.
    pub name: UnitPath,
    /// Who belongs to it.
    pub members: AddressSet,
}
