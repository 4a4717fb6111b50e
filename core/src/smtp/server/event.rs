//! What a server tells its host, and what it asks.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::mailbox::{ForwardPath, ReversePath};
use crate::smtp::command::ClientName;
use crate::smtp::parameters::{MailParameters, RcptParameters};
use crate::smtp::sasl;
use crate::tls::{End, Session};

/// Something that happened, or a decision to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The host decides, by [`Input::Decide`](super::Input::Decide) with the same id, now or later. Nothing is read until
    /// then.
    Decide {
        /// Which decision.
        id: DecisionId,
        /// About what.
        request: Request,
        /// What is known of the client.
        peer: Arc<Peer>,
    },
    /// The message's next octets, as its author wrote them: dot-stuffing undone, chunks joined.
    Content(Vec<u8>),
    /// The message that MAIL began will not come. Each MAIL that was accepted ends with either this or a
    /// [`Request::Message`], and a decision on that which came too late with this, too.
    Aborted(Abort),
    /// The host has decided to throw the message away ([`Decision::Discard`](super::Decision::Discard)); the client takes it for
    /// accepted.
    Discarded,
    /// The host has decided to keep the message apart ([`Decision::Quarantine`](super::Decision::Quarantine)); the client takes it
    /// for accepted.
    Quarantined,
    /// The client has authenticated.
    Authenticated(Arc<Identity>),
    /// The client has failed to authenticate.
    AuthenticationFailed {
        /// How it tried, if by a mechanism that is offered.
        mechanism: Option<sasl::Mechanism>,
        /// As whom, if it came to that.
        user: Option<String>,
        /// Why. The client is told less.
        failure: sasl::server::Failure,
    },
    /// One line of the dialogue; only with [`Settings::trace`](super::Settings::trace).
    Trace(Trace),
    /// The session is over: when everything has been polled, the host closes the connection. It is the last event.
    Closed(Closed),
}

/// Which decision is meant. They are numbered from 0 in the order of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId(pub u64);

/// What there is to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A client has connected, and has not been greeted yet.
    Connect,
    /// It has said its name.
    Hello(Hello),
    /// It has shown credentials, which the host checks, or for which it hands over what they are checked against.
    Auth {
        /// How.
        mechanism: sasl::Mechanism,
        /// What.
        credentials: sasl::server::Credentials,
    },
    /// It begins a message.
    Mail(Arc<Sender>),
    /// It names a recipient.
    Rcpt {
        /// Of a message from this sender.
        sender: Arc<Sender>,
        /// The recipient.
        recipient: Recipient,
    },
    /// The header section has come, the empty line included, by [`Event::Content`]; the body has not been handed on yet.
    HeaderEnd {
        /// Of a message from this sender.
        sender: Arc<Sender>,
        /// `Received` fields in it.
        received_fields: usize,
    },
    /// The message has come. [`Accept`](super::Decision::Accept) takes responsibility for it (RFC 5321 §6.1).
    Message(Box<Message>),
    /// VRFY, with what the client gave.
    Vrfy(String),
    /// EXPN, with what the client gave.
    Expn(String),
}

/// What is known of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address: from a PROXY header or XCLIENT where those are trusted, else that of the connection. Absent where it
    /// is not known.
    pub address: Option<SocketAddr>,
    /// The address it connected to, likewise.
    pub local: Option<SocketAddr>,
    /// The address of the connection itself.
    pub connection: Option<SocketAddr>,
    /// The client's name in the DNS, where XCLIENT tells it.
    pub name: Option<String>,
    /// The name it has given itself, once that was accepted.
    pub hello: Option<Hello>,
    /// The TLS between the client and this server. Behind XCLIENT there is none: that of the connection is the neighbour's.
    pub tls: Option<Session>,
    /// Whom it has authenticated as.
    pub identity: Option<Arc<Identity>>,
}

/// The name that a client gives itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// By which command.
    pub verb: HelloVerb,
    /// The name.
    pub name: ClientName,
}

/// How a client says hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelloVerb {
    /// HELO: the session has no extensions.
    Helo,
    /// EHLO.
    Ehlo,
    /// LHLO, in LMTP.
    Lhlo,
}

/// Whom a client has authenticated as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user whose credentials were shown.
    pub user: String,
    /// The user to act for, where it is another one (RFC 4422 §3.4.1).
    pub acts_for: Option<String>,
    /// How; absent where XCLIENT tells of it.
    pub mechanism: Option<sasl::Mechanism>,
}

/// What MAIL said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The reverse-path.
    pub path: ReversePath,
    /// Its parameters.
    pub parameters: MailParameters,
}

/// What RCPT said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The forward-path.
    pub path: ForwardPath,
    /// Its parameters.
    pub parameters: RcptParameters,
}

/// A message that has come as a whole; its content went by [`Event::Content`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The sender.
    pub sender: Arc<Sender>,
    /// The recipients that were accepted, in the order of RCPT; at least one.
    pub recipients: Vec<Recipient>,
    /// How it came, as the `with` clause of Received has it: `ESMTPS` (RFC 3848, RFC 6531 §4.3).
    pub protocol: &'static str,
    /// Octets of content.
    pub size: u64,
    /// `Received` fields in the header section.
    pub received_fields: usize,
    /// Whether there are octets above 127; `BODY=7BIT` or no BODY may have said otherwise.
    pub eight_bit: bool,
}

/// Why a message that MAIL began does not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abort {
    /// RSET, or EHLO again.
    Reset,
    /// The host has refused it at the end of the header section.
    Refused,
    /// It is longer than [`Limits::message_size`](super::Limits::message_size).
    TooLarge,
    /// Its header section is longer than [`Limits::header_size`](super::Limits::header_size).
    HeaderTooLarge,
    /// It has a bare CR, a bare LF or a NUL, and these are refused.
    Irregular,
    /// It has a line that is longer than [`Settings::long_lines`](super::Settings::long_lines) allows.
    LineTooLong,
    /// It has passed too many hosts.
    Looping,
    /// The session has ended before the message had.
    SessionEnded,
    /// It came, the host did not decide in time, and the client was told to try again. What the host decides later
    /// counts for nothing.
    Undecided,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The client said QUIT.
    Quit,
    /// The peer sent no more, in this way.
    Ended(End),
    /// The host has decided to close, or has refused with 421.
    ByHost,
    /// The host shuts down.
    Shutdown,
    /// The client was silent, or slow, for too long.
    TimedOut,
    /// The client was silent for longer than the host's [patience](super::Input::Patience), which is less than the settings
    /// have: it needs the place.
    Reclaimed,
    /// The session has lasted too long.
    SessionTooLong,
    /// The client talked before its turn.
    EarlyTalker,
    /// Too many errors, bad commands, idle commands or messages.
    TooMany,
    /// Too many failures of authentication.
    TooManyAuthFailures,
    /// What the neighbour sent is no PROXY header.
    NoProxyHeader,
    /// What it says first, or a request of HTTP anywhere, is of another protocol than SMTP: a browser was made to connect, or
    /// something took the port for another.
    OtherProtocol,
    /// It is no longer certain what of the client's octets is a command: a BDAT without a size.
    OutOfStep,
}

/// One line of the dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// From the client. Content is told as its number of octets, and passwords are left out.
    Received(String),
    /// From the server.
    Sent(String),
}

impl Peer {
    pub(super) fn new(address: Option<SocketAddr>, local: Option<SocketAddr>) -> Self {
        Self { address, local, connection: address, name: None, hello: None, tls: None, identity: None }
    }

    /// Whether the client has said EHLO or LHLO, and extensions may be used.
    pub fn is_extended(&self) -> bool {
        self.hello.as_ref().is_some_and(|hello| hello.verb != HelloVerb::Helo)
    }

    /// How a message comes from this client, as the `with` clause of Received has it (RFC 3848, RFC 6531 §4.3).
    pub fn protocol(&self, smtputf8: bool) -> &'static str {
        let lmtp = self.hello.as_ref().is_some_and(|hello| hello.verb == HelloVerb::Lhlo);
        let words = match (lmtp, smtputf8) {
            // TLS and AUTH are extensions, so there was an EHLO before this HELO.
            (false, false) if !self.is_extended() => ["SMTP", "ESMTPS", "ESMTPA", "ESMTPSA"],
            (false, false) => ["ESMTP", "ESMTPS", "ESMTPA", "ESMTPSA"],
            (false, true) => ["UTF8SMTP", "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTPSA"],
            (true, false) => ["LMTP", "LMTPS", "LMTPA", "LMTPSA"],
            (true, true) => ["UTF8LMTP", "UTF8LMTPS", "UTF8LMTPA", "UTF8LMTPSA"],
        };
        let [plain, secure, authenticated, both] = words;
        match (self.tls.is_some(), self.identity.is_some()) {
            (false, false) => plain,
            (true, false) => secure,
            (false, true) => authenticated,
            (true, true) => both,
        }
    }
}
