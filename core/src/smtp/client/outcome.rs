//! What became of a message, recipient by recipient.

use super::closed::{Closed, Stage};
use crate::limits::MAX_REPLY_KEPT;
use crate::mailbox::ForwardPath;
use crate::smtp::data::LongLine;
use crate::smtp::line::Irregularity;
use crate::smtp::reply::{EnhancedCode, Reply, Severity};
use crate::text::end_before;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Each recipient of the envelope, in its order.
    pub recipients: Vec<RecipientOutcome>,
    /// What was asked for and left out, because the server does not offer it and mail goes on without.
    pub omitted: Vec<Omitted>,
}

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientOutcome {
    /// The recipient.
    pub to: ForwardPath,
    /// What became of it.
    pub delivery: Delivery,
}

/// Whether the message is the server's now, and if not, why. Of replies longer than
/// [`MAX_REPLY_KEPT`](crate::limits::MAX_REPLY_KEPT) the beginning is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The server has taken it over.
    Accepted(Reply),
    /// The server has refused it.
    Refused {
        /// What it refused: MAIL, this recipient, DATA, or the message.
        stage: Stage,
        /// In which words.
        reply: Reply,
    },
    /// This side has refused it: the server could not have taken it as it should be taken.
    Withheld {
        /// Why.
        why: Withheld,
        /// The same, in the words of SMTP, for a notification.
        reply: Reply,
    },
    /// The connection ended before the message had, or had ended before it began: nothing was delivered. It can be sent again.
    NotSent(Closed),
    /// The connection ended behind the end of the message and before the reply to it: it may have been delivered, and
    /// sent again it may arrive twice (RFC 1047).
    Unconfirmed(Closed),
}

impl Delivery {
    /// Whether the server has taken the message over.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// What the server said, or this side in its place.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Accepted(reply) | Self::Refused { reply, .. } | Self::Withheld { reply, .. } => Some(reply),
            Self::NotSent(_) | Self::Unconfirmed(_) => None,
        }
    }

    /// Whether the same message may be tried again later. That of [`Unconfirmed`](Self::Unconfirmed) may too, at the risk of
    /// a second copy.
    ///
    /// 552 at RCPT without an enhanced status code, or with 5.5.3, says "too many recipients" and counts as 452
    /// (RFC 5321 §4.5.3.1.10).
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Accepted(_) => false,
            Self::Refused { stage: Stage::Rcpt, reply } if reply.code == 552 => {
                reply.enhanced.is_none_or(|code| (code.subject, code.detail) == (5, 3))
            }
            Self::Refused { reply, .. } | Self::Withheld { reply, .. } => reply.severity() == Severity::Transient,
            Self::NotSent(_) | Self::Unconfirmed(_) => true,
        }
    }
}

/// Why this side sends nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// The message is larger than the server takes (RFC 1870 §6.1).
    TooLarge,
    /// The message has octets above 127, and the server does not offer 8BITMIME (RFC 6152). Converting it is not our
    /// business.
    EightBit,
    /// The message is binary, and the server does not offer CHUNKING and BINARYMIME (RFC 3030), or the settings do not use them.
    Binary,
    /// An address has characters outside ASCII, and the server does not offer SMTPUTF8 (RFC 6531 §3.2).
    Utf8Address,
    /// The header section has characters outside ASCII, and the server does not offer SMTPUTF8 (RFC 6531 §3.2).
    Utf8Header,
    /// REQUIRETLS, and the server does not offer it, or TLS is not on, or its certificate was not verified (RFC 8689 §4.2.1).
    RequireTls,
    /// DELIVERBY with return, and the server does not offer it (RFC 2852 §4.1.5), or wants more time.
    DeliverBy,
    /// FUTURERELEASE, and the server does not offer it, or does not hold it so long (RFC 4865 §3).
    FutureRelease,
    /// A path is longer than [`MAX_PATH`](crate::limits::MAX_PATH) octets. Longer ones than servers have to take
    /// (RFC 5321 §4.5.3.1.3) are sent: forwarding and lists make them, and what a server makes of them it says itself.
    PathTooLong,
    /// More recipients, or of more domains, than the server takes at a time (RFC 9422 §4). The others went out; these can be
    /// sent next, over the same connection.
    TooManyRecipients,
    /// More messages than the server takes over one connection (RFC 9422 §4.1): the next needs another one.
    TooManyMessages,
    /// The message has a bare CR, a bare LF or a NUL, and the settings, or in the case of NUL we, do not repair that.
    Irregular(Irregularity),
    /// A line is longer than the settings allow: the longest, or the first that is too long where nobody has looked before.
    LineTooLong(LongLine),
    /// The host took it back.
    Aborted,
}

impl Withheld {
    /// The reason in the words of SMTP (RFC 3463 and what followed it).
    pub fn reply(self) -> Reply {
        let (code, enhanced, text) = match self {
            Self::TooLarge => (552, (5, 3, 4), "The message is larger than the next server takes"),
            Self::EightBit => (554, (5, 6, 3), "The message has 8-bit content, which the next server does not take"),
            Self::Binary => (554, (5, 6, 3), "The message is binary, which the next server does not take"),
            Self::Utf8Address => (553, (5, 6, 7), "An address needs SMTPUTF8, which the next server does not offer"),
            Self::Utf8Header => (550, (5, 6, 9), "The message needs SMTPUTF8, which the next server does not offer"),
            Self::RequireTls => (550, (5, 7, 30), "REQUIRETLS support required"),
            Self::DeliverBy => (554, (5, 3, 3), "The next server can't keep the time asked for"),
            Self::FutureRelease => (554, (5, 3, 3), "The next server can't hold the message as asked for"),
            Self::PathTooLong => (553, (5, 1, 3), "The path is too long"),
            Self::TooManyRecipients => (452, (4, 5, 3), "The next server takes no more recipients at a time"),
            Self::TooManyMessages => (451, (4, 3, 2), "The next server takes no more messages over this connection"),
            Self::Irregular(irregularity) => {
                let text = format!("The message has {irregularity}");
                return Reply::new(554, Some(EnhancedCode::new(5, 6, 0)), &text);
            }
            Self::LineTooLong(line) => {
                let text = format!("A line of the message is too long: {line}");
                return Reply::new(554, Some(EnhancedCode::new(5, 6, 0)), &text);
            }
            Self::Aborted => (451, (4, 3, 0), "Sending was given up"),
        };
        let (class, subject, detail) = enhanced;
        Reply::new(code, Some(EnhancedCode::new(class, subject, detail)), text)
    }

    pub(super) fn delivery(self) -> Delivery {
        Delivery::Withheld { why: self, reply: self.reply() }
    }
}

/// What was asked for and left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Omitted {
    /// ENVID: it is empty, or longer than [`MAX_ENVELOPE_ID`](crate::limits::MAX_ENVELOPE_ID) octets in xtext (RFC 3461 §4.4).
    EnvelopeId,
    /// ORCPT, of one recipient at least: its type is no word, or it is longer than
    /// [`MAX_ORIGINAL_RECIPIENT`](crate::limits::MAX_ORIGINAL_RECIPIENT) octets in xtext (RFC 3461 §4.2).
    OriginalRecipient,
    /// RET, ENVID, NOTIFY and ORCPT: the server does not offer DSN. Who relays has to send a "relayed" notification where
    /// NOTIFY has SUCCESS (RFC 3461 §5.2.2).
    Dsn,
    /// AUTH: the server does not offer it (RFC 4954 §5).
    Auth,
    /// MT-PRIORITY: the server does not offer it (RFC 6710 §4.1).
    Priority,
    /// DELIVERBY with notification: the server does not offer it (RFC 2852 §4.1.4.2).
    DeliverBy,
}

/// As much of a reply as is kept for each recipient.
pub(super) fn shortened(mut reply: Reply) -> Reply {
    let mut room = MAX_REPLY_KEPT;
    let mut lines = 0;
    for line in &mut reply.lines {
        if room == 0 {
            break;
        }
        room = match line.len().max(1) <= room {
            true => room - line.len().max(1),
            false => {
                line.truncate(end_before(line, room));
                0
            }
        };
        lines += 1;
    }
    reply.lines.truncate(lines);
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_replies_are_shortened() {
        let reply = Reply::new(550, None, "No.\nReally.");
        assert_eq!(shortened(reply.clone()), reply);
        let long =
            Reply::new(550, None, &format!("{}\n{}\n\u{e9}", "a".repeat(MAX_REPLY_KEPT - 3), "\u{e9}".repeat(10)));
        let kept = shortened(long);
        let lengths: Vec<usize> = kept.lines.iter().map(String::len).collect();
        assert_eq!(lengths, [MAX_REPLY_KEPT - 3, 2]);
        let empty = Reply::new(550, None, &"\n".repeat(5000));
        assert_eq!(shortened(empty).lines.len(), MAX_REPLY_KEPT);
    }
}
