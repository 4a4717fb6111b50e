//! What became of a message that a client brought: for the log, for metrics, and for who asks afterwards.

use std::sync::Arc;

use super::event::MessageId;
use crate::domain::Domain;
use crate::mailbox::{Mailbox, ReversePath};
use crate::route::decide::Mode;
use crate::smtp::Reply;
use crate::smtp::server::Peer;

/// The end of a transaction. There is one for each MAIL that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Done {
    /// The name of the message.
    pub id: MessageId,
    /// Who brought it.
    pub peer: Arc<Peer>,
    /// The reverse-path, as the client gave it.
    pub from: ReversePath,
    /// Every recipient that RCPT named, in order, and then those of copies.
    pub recipients: Vec<RecipientDone>,
    /// Octets of the message as it came.
    pub octets: u64,
    /// Whether it went on while it came; `None` where it did not come to that.
    pub mode: Option<Mode>,
    /// How it ended.
    pub end: Ending,
    /// Whether a second copy of the message is possible (RFC 1047): a hop may have taken it, and the client was not told so. The
    /// archive ([`RecipientDone::copy`]) has its own.
    pub second_copy_possible: bool,
    /// Which changes broke whose signatures.
    pub broke: Vec<Broken>,
    /// What the client was told behind the end of the message, if it came to that and somebody was there to be told.
    pub reply: Option<Reply>,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// Every recipient that was accepted has the message, and the client was told so.
    Accepted,
    /// It was thrown away, as a rule wants it; the client was told that it was accepted.
    Discarded,
    /// It is kept for a person to look at; the client was told that it was accepted.
    Quarantined,
    /// The client was told that it is refused for good.
    Refused,
    /// The client was told to try again.
    Deferred,
    /// The message never came: RSET, the end of the session, a message that can't be taken.
    Aborted,
    /// The client had gone when there was something to tell it.
    Unheard,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Accepted,
        Self::Discarded,
        Self::Quarantined,
        Self::Refused,
        Self::Deferred,
        Self::Aborted,
        Self::Unheard,
    ];

    /// The word for logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Discarded => "discarded",
            Self::Quarantined => "quarantined",
            Self::Refused => "refused",
            Self::Deferred => "deferred",
            Self::Aborted => "aborted",
            Self::Unheard => "unheard",
        }
    }
}

crate::words::words!(Display, Serialize for Ending);

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecipientDone {
    /// The recipient that the client named, or that of a copy.
    pub to: Mailbox,
    /// Whether it is the recipient of a copy (`also_to`).
    pub copy: bool,
    /// The host that said the last word, where one did.
    pub host: Option<String>,
    /// What became of it.
    pub fate: Taken,
    /// In which words: the hop's, or ours in its place.
    pub reply: Option<Reply>,
}

/// What became of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Taken {
    /// A hop has the message.
    Accepted,
    /// A hop may have it: the connection broke between the end of the message and the reply.
    Unconfirmed,
    /// Refused for good, at RCPT or with the message.
    Refused,
    /// Refused for now, at RCPT or with the message.
    Deferred,
    /// Thrown away, as a rule wants it.
    Discarded,
    /// Kept for a person to look at.
    Quarantined,
    /// It was accepted at RCPT, and the message did not come.
    Abandoned,
}

impl Taken {
    /// The word for logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unconfirmed => "unconfirmed",
            Self::Refused => "refused",
            Self::Deferred => "deferred",
            Self::Discarded => "discarded",
            Self::Quarantined => "quarantined",
            Self::Abandoned => "abandoned",
        }
    }
}

crate::words::words!(Display, Serialize for Taken);

/// A change that broke signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// The rule that wanted it.
    pub rule: Option<String>,
    /// The change: the key of `do`.
    pub action: &'static str,
    /// Whose signatures.
    pub domains: Vec<Domain>,
}
