//! The name that a client gives itself.

use std::fmt;

use super::CommandError;
use crate::limits::MAX_CLIENT_NAME;
use crate::mailbox::{Host, smtp_host};

/// The argument of EHLO, HELO or LHLO.
///
/// It should be a domain or an address literal (RFC 5321 §4.1.1.1). Many programs that send honest mail say something else, and
/// RFC 5321 §4.1.4 forbids refusing mail because the name is not that of the client; so any one word is taken, and whether it is
/// a name can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientName {
    text: String,
    host: Option<Host>,
}

impl ClientName {
    /// Reads one word of printable characters.
    pub(super) fn parse(text: &str) -> Result<Self, CommandError> {
        match text.len() {
            0 => Err(CommandError::Syntax("A host name or an address literal is missing")),
            1..=MAX_CLIENT_NAME if !text.contains(' ') => {
                Ok(Self { text: text.to_owned(), host: smtp_host(text).ok() })
            }
            1..=MAX_CLIENT_NAME => Err(CommandError::Syntax("There is text behind the host name")),
            _ => Err(CommandError::Syntax("The host name is too long")),
        }
    }

    /// The name as it was given: printable, without spaces, of at most [`MAX_CLIENT_NAME`] octets.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The domain or address that it is, if it is one.
    pub fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }
}

impl fmt::Display for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
