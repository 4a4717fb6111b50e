//! What is known beside the reply: who said it, and to what; and who has to act.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::smtp::client;
use crate::words::words;

/// What a reply answered. The same code means another thing at another stage: 552 at MAIL is the size that was declared,
/// at RCPT a full mailbox (RFC 1870 §6.1, RFC 5321 §4.3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The connection: the reply is the greeting.
    Greeting,
    /// EHLO, HELO or LHLO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// AUTH, any step of it.
    Auth,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA or BDAT, before the end of the message.
    Data,
    /// The end of the message.
    EndOfMessage,
    /// It is not known.
    #[default]
    Unknown,
}

impl Stage {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Greeting,
        Self::Ehlo,
        Self::StartTls,
        Self::Auth,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::EndOfMessage,
        Self::Unknown,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Ehlo => "ehlo",
            Self::StartTls => "starttls",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::EndOfMessage => "end-of-message",
            Self::Unknown => "unknown",
        }
    }
}

words!(Display, Serialize for Stage);

/// The text is no stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownStage;

impl fmt::Display for UnknownStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected greeting, ehlo, starttls, auth, mail, rcpt, data, end-of-message or unknown")
    }
}

impl std::error::Error for UnknownStage {}

/// The words of [`Stage::as_str`], and the commands as logs have them (`RCPT TO`, `end of DATA`), in any case.
impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(text: &str) -> Result<Self, UnknownStage> {
        let mut word = text.trim().to_ascii_lowercase().replace([' ', '_'], "-");
        if let Some(command) = word.strip_suffix("-command") {
            word = command.to_owned();
        }
        Ok(match word.as_str() {
            "greeting" | "connect" | "connection" | "banner" | "initial-greeting" => Self::Greeting,
            "ehlo" | "helo" | "lhlo" | "hello" => Self::Ehlo,
            "starttls" => Self::StartTls,
            "auth" => Self::Auth,
            "mail" | "mail-from" => Self::Mail,
            "rcpt" | "rcpt-to" => Self::Rcpt,
            "data" | "bdat" => Self::Data,
            "end-of-message" | "end-of-data" | "end" | "eom" | "dot" | "message" => Self::EndOfMessage,
            "unknown" => Self::Unknown,
            _ => return Err(UnknownStage),
        })
    }
}

/// Where the client was when the reply came. The stages at which nothing is asked for are [`Unknown`](Stage::Unknown).
impl From<client::Stage> for Stage {
    fn from(stage: client::Stage) -> Self {
        match stage {
            client::Stage::Greeting => Self::Greeting,
            client::Stage::Hello => Self::Ehlo,
            client::Stage::StartTls | client::Stage::Handshake => Self::StartTls,
            client::Stage::Auth => Self::Auth,
            client::Stage::Mail => Self::Mail,
            client::Stage::Rcpt => Self::Rcpt,
            client::Stage::Data => Self::Data,
            client::Stage::Content | client::Stage::EndOfData => Self::EndOfMessage,
            client::Stage::Idle | client::Stage::Reset | client::Stage::Quit => Self::Unknown,
        }
    }
}

/// What is known beside the reply; nothing, unless it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The name of the host that said it, as its MX record or the configuration has it. An address will do: then only
    /// the text can show whose server it is.
    pub peer: Option<&'a str>,
    /// What the reply answered.
    pub stage: Stage,
}

impl<'a> Context<'a> {
    /// Nothing is known.
    pub const fn new() -> Self {
        Self { peer: None, stage: Stage::Unknown }
    }

    /// Said by this host.
    #[must_use]
    pub const fn peer(self, peer: &'a str) -> Self {
        Self { peer: Some(peer), ..self }
    }

    /// Said at this stage.
    #[must_use]
    pub fn at(self, stage: impl Into<Stage>) -> Self {
        Self { stage: stage.into(), ..self }
    }
}

/// A peer's name alone, or none.
impl<'a> From<Option<&'a str>> for Context<'a> {
    fn from(peer: Option<&'a str>) -> Self {
        Self { peer, ..Self::new() }
    }
}

impl<'a> From<&Context<'a>> for Context<'a> {
    fn from(context: &Context<'a>) -> Self {
        *context
    }
}

/// Who can do something about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Party {
    /// Who wrote the message, or whose account sends it.
    Sender,
    /// Who is to get it, or whoever administers the recipient's domain.
    Recipient,
    /// Who runs the system that sends: its addresses, its DNS, its rate, its programs.
    Operator,
    /// Who runs the server that refused.
    Provider,
}

impl Party {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Operator => "operator",
            Self::Provider => "provider",
        }
    }
}

words!(Display for Party);
