//! Why a connection is over, and what was going on.

use std::fmt;

use crate::smtp::reply::{Reply, Severity};
use crate::smtp::reply_reader::ReplyError;
use crate::smtp::sasl;
use crate::tls::End;

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The host asked for it.
    Quit,
    /// The server refused what no message can be sent without.
    Refused {
        /// What it refused.
        stage: Stage,
        /// In which words.
        reply: Reply,
    },
    /// 421: the server closes the connection (RFC 5321 §3.8).
    ShuttingDown {
        /// What was waited for.
        stage: Stage,
        /// The server's words.
        reply: Reply,
    },
    /// The connection was lost.
    Lost {
        /// What was waited for.
        stage: Stage,
        /// How its octets ended.
        end: End,
    },
    /// The server took too long.
    TimedOut {
        /// What was waited for.
        stage: Stage,
    },
    /// The whole connection took longer than [`Timeouts::session`](super::Timeouts::session).
    SessionTooLong {
        /// What was waited for.
        stage: Stage,
    },
    /// What the server said is no SMTP.
    Protocol {
        /// What was waited for.
        stage: Stage,
        /// What is wrong.
        error: ProtocolError,
    },
    /// The settings ask for STARTTLS and the server does not offer it.
    NoStartTls,
    /// Authentication failed, or could not be tried.
    Authentication(sasl::client::Error),
    /// A message was begun that must not be ended: the host took it back, or its content can't be sent as it is.
    MessageWithdrawn,
}

impl Closed {
    /// Whether another try, later or elsewhere, may fare better, where the connection was over before a message began. It does not
    /// where the server has refused for good, in its own words, nor where the server lacks what this side insists on: STARTTLS, or a way to
    /// authenticate that shows no secret to whom it is not meant for.
    pub fn is_temporary(&self) -> bool {
        use sasl::client::Error;
        match self {
            Self::Refused { reply, .. } | Self::Authentication(Error::Refused { reply, .. }) => {
                reply.severity() == Severity::Transient
            }
            Self::NoStartTls => false,
            Self::Authentication(
                Error::NoMechanism { .. } | Error::SecretInClearText | Error::SecretToUnverified | Error::Account(_),
            ) => false,
            _ => true,
        }
    }
}

/// What was going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The connection was made; the greeting has not come.
    Greeting,
    /// EHLO, LHLO or HELO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// The TLS handshake.
    Handshake,
    /// AUTH.
    Auth,
    /// Nothing: the connection is ready.
    Idle,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA.
    Data,
    /// The content is on its way.
    Content,
    /// The content is out and its end; the reply to it has not come.
    EndOfData,
    /// RSET.
    Reset,
    /// QUIT.
    Quit,
}

/// What is wrong with what a server said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// It is no reply.
    Reply(ReplyError),
    /// A reply, of this code, to nothing, or to a command that had not been sent yet.
    Unasked(u16),
    /// A reply of a code that makes no sense here.
    Code(u16),
}

impl Stage {
    /// For people, and for logs: `the reply to MAIL`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Greeting => "the greeting",
            Self::Hello => "the reply to EHLO",
            Self::StartTls => "the reply to STARTTLS",
            Self::Handshake => "the TLS handshake",
            Self::Auth => "the reply to AUTH",
            Self::Idle => "the next message",
            Self::Mail => "the reply to MAIL",
            Self::Rcpt => "the reply to RCPT",
            Self::Data => "the reply to DATA",
            Self::Content => "the end of the content",
            Self::EndOfData => "the reply to the end of the content",
            Self::Reset => "the reply to RSET",
            Self::Quit => "the reply to QUIT",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quit => f.write_str("the connection was closed as asked"),
            Self::Refused { stage: Stage::Greeting, reply } => write!(f, "the server refused the connection: {reply}"),
            Self::Refused { stage: Stage::Content, reply } => {
                write!(f, "the server refused the message before its end: {reply}")
            }
            Self::Refused { stage, reply } => write!(f, "{stage} was a refusal: {reply}"),
            Self::ShuttingDown { reply, .. } => write!(f, "the server closed the connection: {reply}"),
            Self::Lost { stage: Stage::Handshake, end: End::Orderly } => {
                f.write_str("the server closed the connection in the TLS handshake")
            }
            Self::Lost { stage: Stage::Handshake, end: End::Cut } => {
                f.write_str("the connection was lost in the TLS handshake")
            }
            Self::Lost { stage: Stage::Handshake, end: End::TlsFailed } => f.write_str("TLS failed in the handshake"),
            Self::Lost { stage, end: End::Orderly } => write!(f, "the server closed the connection before {stage}"),
            Self::Lost { stage, end: End::Cut } => write!(f, "the connection was lost before {stage}"),
            Self::Lost { stage, end: End::TlsFailed } => write!(f, "TLS failed before {stage}"),
            Self::TimedOut { stage } => write!(f, "waiting for {stage} took too long"),
            Self::SessionTooLong { stage } => write!(f, "the session took too long; it ended before {stage}"),
            Self::Protocol { stage, error } => write!(f, "{error}; {stage} was waited for"),
            Self::NoStartTls => f.write_str("the server does not offer STARTTLS"),
            Self::Authentication(error) => write!(f, "authentication failed: {error}"),
            Self::MessageWithdrawn => f.write_str("the message was withdrawn while it was being sent"),
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(error) => write!(f, "{error}"),
            Self::Unasked(code) => write!(f, "the server replied {code} before it was asked"),
            Self::Code(code) => write!(f, "the server replied {code}, which makes no sense here"),
        }
    }
}
