//! Commands of a client (RFC 5321 §4.1, RFC 2033, RFC 3030, RFC 3207, RFC 4954, and Postfix's XCLIENT).
//!
//! smtp-proto knows the commands and reads what is read the same way by everybody. It stops at what it takes for the end of an
//! argument, though, and passes over much of what it doesn't know; so here every line is checked before, and the arguments are
//! taken as a whole or not at all. Addresses have one reader in this crate, which is [`mailbox`](crate::mailbox).
//!
#![doc = include_str!("variants.md")]

mod client_name;
mod envelope;
mod error;
mod parameters;
mod xclient;

use smtp_proto::{Error as ProtoError, Request};

use crate::limits::{MAX_AUTH_LINE, MAX_COMMAND_LINE, MAX_MECHANISM_NAME};
use crate::mailbox::{ForwardPath, ReversePath};
use crate::smtp::{MailParameters, RcptParameters};

pub use client_name::ClientName;
pub use error::CommandError;

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `EHLO`
    Ehlo(ClientName),
    /// `HELO`
    Helo(ClientName),
    /// `LHLO`, the greeting of LMTP (RFC 2033 §4.1).
    Lhlo(ClientName),
    /// `MAIL FROM:`
    Mail {
        /// The sender.
        from: ReversePath,
        /// What is said of the message.
        parameters: MailParameters,
    },
    /// `RCPT TO:`
    Rcpt {
        /// The recipient.
        to: ForwardPath,
        /// What is said of the recipient.
        parameters: RcptParameters,
        /// Whether the path or `ORCPT=` is written with characters outside ASCII, which takes a MAIL with SMTPUTF8; without,
        /// the reply is that of [`CommandError::NeedsSmtputf8`]. A domain in the path is in A-labels by now.
        is_utf8: bool,
    },
    /// `DATA`
    Data,
    /// `BDAT` (RFC 3030 §2): so many octets follow.
    Bdat {
        /// Octets that follow the command.
        size: u64,
        /// Whether they are the last of the message.
        last: bool,
    },
    /// `RSET`
    Rset,
    /// `NOOP`; its argument says nothing.
    Noop,
    /// `VRFY`, with its argument as written.
    Vrfy(String),
    /// `EXPN`, with its argument as written.
    Expn(String),
    /// `HELP`, with its argument as written.
    Help(Option<String>),
    /// `QUIT`
    Quit,
    /// `STARTTLS`
    StartTls,
    /// `AUTH` (RFC 4954 §4).
    Auth {
        /// The mechanism's name, in upper case.
        mechanism: String,
        /// The initial response, still in base64, where there is one; empty where it was `=`.
        initial: Option<String>,
    },
    /// `XCLIENT`: attributes in upper case and their values, decoded.
    Xclient(Vec<(String, String)>),
}

impl Command {
    /// Reads a command from a line without its CRLF.
    ///
    /// # Errors
    /// [`CommandError`] says what is wrong, and what to reply.
    pub fn parse(line: &[u8]) -> Result<Self, CommandError> {
        let text = text(line)?;
        let (verb, argument) = match text.split_once(' ') {
            // More than one blank does no harm, and some programs send it. BDAT is read to the letter: whoever reads another
            // number takes content for commands.
            Some((verb, argument)) if !verb.eq_ignore_ascii_case("BDAT") => {
                (verb, Some(argument.trim_start_matches(' ')))
            }
            Some((verb, argument)) => (verb, Some(argument)),
            None => (text, None),
        };
        if line.len() + b"\r\n".len() > MAX_COMMAND_LINE && !verb.eq_ignore_ascii_case("AUTH") {
            return Err(CommandError::TooLong);
        }
        let is = |name: &str| verb.eq_ignore_ascii_case(name);
        if is("MAIL") {
            return envelope::mail(argument.unwrap_or_default());
        }
        if is("RCPT") {
            return envelope::rcpt(argument.unwrap_or_default());
        }
        if is("BDAT") {
            return bdat(argument.unwrap_or_default());
        }
        if is("XCLIENT") {
            return xclient::parse(argument.unwrap_or_default()).map(Self::Xclient);
        }
        if let Some(name) = NOT_IMPLEMENTED.iter().find(|name| is(name)) {
            return Err(CommandError::NotImplemented(name));
        }
        let line = match argument {
            Some(argument) => format!("{verb} {argument}\n"),
            None => format!("{verb}\n"),
        };
        let line = line.as_bytes();
        from_proto(Request::parse(&mut line.iter()), verb, argument)
    }

    /// The command's word, in upper case.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Ehlo(_) => "EHLO",
            Self::Helo(_) => "HELO",
            Self::Lhlo(_) => "LHLO",
            Self::Mail { .. } => "MAIL",
            Self::Rcpt { .. } => "RCPT",
            Self::Data => "DATA",
            Self::Bdat { .. } => "BDAT",
            Self::Rset => "RSET",
            Self::Noop => "NOOP",
            Self::Vrfy(_) => "VRFY",
            Self::Expn(_) => "EXPN",
            Self::Help(_) => "HELP",
            Self::Quit => "QUIT",
            Self::StartTls => "STARTTLS",
            Self::Auth { .. } => "AUTH",
            Self::Xclient(_) => "XCLIENT",
        }
    }
}

/// Commands that are known and refused as such (RFC 5321 §4.2.4 has 502 for them, and 500 for what is unknown).
const NOT_IMPLEMENTED: [&str; 9] = ["TURN", "ETRN", "ATRN", "BURL", "SEND", "SOML", "SAML", "VERB", "ONEX"];

/// The line as text without trailing spaces, which RFC 5321 §4.1.1 wants tolerated.
fn text(line: &[u8]) -> Result<&str, CommandError> {
    if line.len() + b"\r\n".len() > MAX_AUTH_LINE {
        return Err(CommandError::TooLong);
    }
    let text = std::str::from_utf8(line).map_err(|_| CommandError::Octets)?;
    let text = text.trim_end_matches([' ', '\t']);
    match text.chars().any(char::is_control) {
        true => Err(CommandError::Octets),
        false => Ok(text),
    }
}

/// Our command from what smtp-proto says of the line, and from the argument as a whole.
fn from_proto<T>(
    parsed: Result<Request<T>, ProtoError>,
    verb: &str,
    argument: Option<&str>,
) -> Result<Command, CommandError> {
    let request = parsed.map_err(|error| match error {
        ProtoError::UnknownCommand => CommandError::Unknown,
        ProtoError::SyntaxError { syntax } => CommandError::Syntax(syntax),
        _ => CommandError::Syntax("The arguments are malformed"),
    })?;
    // It skips spaces in front of a command's word.
    if !verb.eq_ignore_ascii_case(request.name()) {
        return Err(CommandError::Unknown);
    }
    let given = argument.unwrap_or_default();
    let alone = |command| match argument {
        None => Ok(command),
        Some(_) => Err(CommandError::Syntax("The command has no arguments")),
    };
    match request {
        Request::Ehlo { .. } => ClientName::parse(given).map(Command::Ehlo),
        Request::Helo { .. } => ClientName::parse(given).map(Command::Helo),
        Request::Lhlo { .. } => ClientName::parse(given).map(Command::Lhlo),
        Request::Data => alone(Command::Data),
        Request::Rset => alone(Command::Rset),
        Request::Quit => alone(Command::Quit),
        Request::StartTls => alone(Command::StartTls),
        Request::Auth { .. } => auth(given),
        Request::Noop { .. } => Ok(Command::Noop),
        Request::Vrfy { .. } => Ok(Command::Vrfy(given.to_owned())),
        Request::Expn { .. } => Ok(Command::Expn(given.to_owned())),
        Request::Help { .. } => Ok(Command::Help(argument.map(str::to_owned))),
        // These have been read, or refused, before.
        Request::Mail { .. }
        | Request::Rcpt { .. }
        | Request::Bdat { .. }
        | Request::Etrn { .. }
        | Request::Atrn { .. }
        | Request::Burl { .. } => Err(CommandError::Unknown),
    }
}

/// `chunk-size [ SP "LAST" ]` (RFC 3030 §2). smtp-proto counts in `usize`, wraps what is past it around, and passes over text
/// behind `LAST`; so it is not asked.
fn bdat(argument: &str) -> Result<Command, CommandError> {
    const SYNTAX: CommandError = CommandError::Syntax("BDAT takes a number of octets, and LAST");
    let (size, last) = match argument.split_once(' ') {
        Some((size, last)) if last.eq_ignore_ascii_case("LAST") => (size, true),
        Some(_) => return Err(SYNTAX),
        None => (argument, false),
    };
    let is_number = size.bytes().all(|digit| digit.is_ascii_digit()); // parse would take a sign
    let size = size.parse().ok().filter(|_| is_number).ok_or(SYNTAX)?;
    Ok(Command::Bdat { size, last })
}

/// `mechanism [ SP initial-response ]` (RFC 4954 §4). smtp-proto has numbers for the mechanisms that it knows, and takes one
/// word as the response and drops the others.
fn auth(argument: &str) -> Result<Command, CommandError> {
    let (mechanism, initial) = match argument.split_once(' ') {
        Some((mechanism, initial)) => (mechanism, Some(initial.trim_start_matches(' '))),
        None => (argument, None),
    };
    let is_name = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    if !(1..=MAX_MECHANISM_NAME).contains(&mechanism.len()) || !mechanism.bytes().all(is_name) {
        return Err(CommandError::Syntax("The name of the mechanism is malformed"));
    }
    let is_base64 = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=');
    let initial = match initial {
        Some("=") => Some(String::new()),
        Some(response) if !response.bytes().all(is_base64) => {
            return Err(CommandError::Syntax("The initial response is not in base64"));
        }
        response => response.map(str::to_owned),
    };
    Ok(Command::Auth { mechanism: mechanism.to_ascii_uppercase(), initial })
}
