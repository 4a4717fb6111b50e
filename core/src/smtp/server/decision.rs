//! What a host decides.

use crate::machine::Misuse;
use crate::smtp::reply::{Reply, Severity};
use crate::smtp::sasl;

/// The host's answer to a [`Request`](super::Request).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes. Not an answer to [`Request::Auth`](super::Request::Auth).
    Accept,
    /// Yes, and this is the reply, a 2yz: `250 2.0.0 Queued as 4f3a`. An answer to Mail, Rcpt, Message, Vrfy and Expn.
    AcceptWith(Reply),
    /// No, and this is the reply, a 4yz or 5yz. With 421 the connection closes (RFC 5321 §3.8).
    Refuse(Reply),
    /// No, and the connection closes behind this reply, a 4yz or 5yz.
    Close(Reply),
    /// A reply for each recipient of the message, in their order (RFC 2033 §4.2). Only an answer to
    /// [`Request::Message`](super::Request::Message) in LMTP.
    Each(Vec<Reply>),
    /// Yes, and the message is thrown away. The client is told that it was accepted, by this reply, a 2yz, or in the words of
    /// [`Accept`](Self::Accept), so that it can't tell; [`Event::Discarded`](super::Event::Discarded) can. Only an answer to
    /// [`Request::Message`](super::Request::Message).
    Discard(Option<Reply>),
    /// Yes, and the message is kept apart, where somebody will look at it. The client can't tell, likewise;
    /// [`Event::Quarantined`](super::Event::Quarantined) can. Only an answer to
    /// [`Request::Message`](super::Request::Message).
    Quarantine(Option<Reply>),
    /// What the credentials are worth. An answer to [`Request::Auth`](super::Request::Auth), the only one besides
    /// [`Close`](Self::Close).
    Auth(sasl::server::Decision),
}

/// Which decisions a request takes besides [`Decision::Refuse`] and [`Decision::Close`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Accept,
    AcceptWith,
    /// A message, in SMTP.
    Message,
    /// A message, in LMTP: so many replies.
    Each(usize),
    Auth,
}

impl Decision {
    /// Whether it fits the request.
    pub(super) fn check(&self, takes: Takes) -> Result<(), Misuse> {
        let fits = match self {
            Self::Accept => takes != Takes::Auth,
            Self::AcceptWith(reply) => takes.takes_reply() && reply.severity() == Severity::Completion,
            Self::Discard(reply) | Self::Quarantine(reply) => {
                matches!(takes, Takes::Message | Takes::Each(_))
                    && reply.as_ref().is_none_or(|reply| reply.severity() == Severity::Completion)
            }
            Self::Refuse(reply) => takes != Takes::Auth && is_refusal(reply),
            Self::Close(reply) => is_refusal(reply),
            Self::Each(replies) => {
                takes == Takes::Each(replies.len())
                    && replies.iter().all(|reply| is_refusal(reply) || reply.severity() == Severity::Completion)
            }
            Self::Auth(_) => takes == Takes::Auth,
        };
        if fits { Ok(()) } else { Err(Misuse::NothingToDecide) }
    }
}

impl Takes {
    fn takes_reply(self) -> bool {
        matches!(self, Self::AcceptWith | Self::Message | Self::Each(_))
    }
}

/// Whether a reply refuses. A code that is none at all does not.
fn is_refusal(reply: &Reply) -> bool {
    (400..600).contains(&reply.code)
}
