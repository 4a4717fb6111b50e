//! Why a line is no command, and the reply to it.

use thiserror::Error;

use crate::mailbox::AddressError;
use crate::smtp::line::Irregularity;
use crate::smtp::reply::{EnhancedCode, Reply};

/// Why a line is no command that can be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// No command is called so.
    #[error("Command not recognized")]
    Unknown,
    /// A command that is known and never carried out: TURN, ETRN, ATRN, BURL, SEND, SOML, SAML, VERB, ONEX.
    #[error("{0} is not implemented")]
    NotImplemented(&'static str),
    /// The line was longer than any command ([`Line::TooLong`](crate::smtp::Line::TooLong)).
    #[error("The line is too long")]
    TooLong,
    /// The line had an octet that must not be in one ([`Line::Irregular`](crate::smtp::Line::Irregular)).
    #[error("There is {0} in the line; lines end with CRLF")]
    Irregular(Irregularity),
    /// The line is not in UTF-8, or has control characters.
    #[error("There are octets in the line that no command has")]
    Octets,
    /// The arguments do not have the form that the text says.
    #[error("{0}")]
    Syntax(&'static str),
    /// The address of MAIL is malformed.
    #[error("The sender's address is not valid: {0}")]
    Sender(AddressError),
    /// The address of RCPT is malformed.
    #[error("The recipient's address is not valid: {0}")]
    Recipient(AddressError),
    /// The sender's address has characters outside ASCII, and MAIL has no SMTPUTF8 (RFC 6531 §3.5).
    #[error("The address has characters outside ASCII and needs the SMTPUTF8 parameter")]
    NeedsSmtputf8,
    /// A parameter with a value that it can't have, or given twice.
    #[error("The {0} parameter is not valid")]
    Parameter(&'static str),
    /// A parameter that is not known. The name is cut and safe to show.
    #[error("The {0} parameter is not known")]
    UnknownParameter(String),
}

impl CommandError {
    /// The reply to the line.
    pub fn reply(&self) -> Reply {
        let (code, subject, detail) = match self {
            Self::Unknown | Self::TooLong | Self::Irregular(_) | Self::Octets => (500, 5, 2),
            Self::NotImplemented(_) => (502, 5, 1),
            Self::Syntax(_) | Self::Parameter(_) => (501, 5, 4),
            Self::UnknownParameter(_) => (555, 5, 4), // RFC 5321 §4.1.1.11
            Self::Sender(_) => (553, 1, 7),
            Self::Recipient(_) => (553, 1, 3),
            Self::NeedsSmtputf8 => (553, 6, 7), // RFC 6531 §3.5
        };
        Reply::new(code, Some(EnhancedCode::new(5, subject, detail)), &self.to_string())
    }
}

impl From<Irregularity> for CommandError {
    fn from(irregularity: Irregularity) -> Self {
        Self::Irregular(irregularity)
    }
}
