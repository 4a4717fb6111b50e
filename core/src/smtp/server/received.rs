//! The trace field that a server puts in front of a message it takes (RFC 5321 §4.4).

use std::fmt::{self, Write as _};
use std::sync::Arc;

use crate::mailbox::{ForwardPath, Host};
use crate::time::UnixTime;

use super::event::{Message, Peer};

/// What a `Received` field says of one hop.
#[derive(Clone, Debug)]
pub struct Received<'a> {
    /// Whom the message came from.
    pub peer: &'a Peer,
    /// The name of this server.
    pub hostname: &'a str,
    /// How it came: [`Message::protocol`].
    pub protocol: &'a str,
    /// The host's name for the message: a word of letters, digits, dots and hyphens.
    pub id: Option<&'a str>,
    /// The recipient, if there is one alone: others must not learn who got a blind copy (RFC 5321 §7.6).
    pub recipient: Option<&'a ForwardPath>,
    /// When it came.
    pub at: UnixTime,
}

impl<'a> Received<'a> {
    /// The field for a message that has come.
    pub fn new(peer: &'a Arc<Peer>, hostname: &'a str, message: &'a Message, at: UnixTime) -> Self {
        let recipient = match &message.recipients[..] {
            [only] => Some(&only.path),
            _ => None,
        };
        Self { peer, hostname, protocol: message.protocol, id: None, recipient, at }
    }
}

/// The whole field, folded, with its CRLF.
impl fmt::Display for Received<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.peer.address.map(|address| Host::from(address.ip().to_canonical()));
        let hello = self.peer.hello.as_ref().map(|hello| &hello.name);
        f.write_str("Received: from ")?;
        match (hello.and_then(|name| name.host()), &address) {
            (Some(host), _) => write!(f, "{host}")?,
            (None, Some(address)) => write!(f, "{address}")?,
            (None, None) => f.write_str("unknown")?,
        }
        // RFC 5321 §4.4: the TCP-info is what is certain. A name that is no domain is told in Exim's way.
        let claimed = hello.filter(|name| name.host().is_none());
        if let Some(address) = &address {
            f.write_str(" (")?;
            if let Some(name) = &self.peer.name {
                write!(f, "{} ", Safe(name))?;
            }
            write!(f, "{address}")?;
            if let Some(name) = claimed {
                write!(f, " helo={}", Safe(name.as_str()))?;
            }
            f.write_char(')')?;
        }
        write!(f, "\r\n\tby {} with {}", self.hostname, self.protocol)?;
        if let Some(id) = self.id {
            write!(f, " id {}", Safe(id))?;
        }
        if let Some(recipient) = self.recipient {
            write!(f, "\r\n\tfor {recipient}")?;
        }
        if let Some(session) = &self.peer.tls {
            write!(f, "\r\n\ttls {}", Safe(&session.cipher_suite))?; // RFC 8314 §7.4
        }
        write!(f, ";\r\n\t{}\r\n", self.at.rfc5322())
    }
}

/// A text that the client may have chosen, without what would end the comment or the word that it is in.
struct Safe<'a>(&'a str);

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '(' | ')' | '\\' | ';' | '<' | '>' | '"' | ',' => f.write_char('?'),
            c if c.is_ascii_graphic() => f.write_char(c),
            _ => f.write_char('?'),
        })
    }
}
