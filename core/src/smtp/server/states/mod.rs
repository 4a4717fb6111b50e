//! The states of a session, a struct each: a state has what it may use and nothing else.
//!
//! ```text
//! Proxy ─▶ Handshake ─▶ Greeting ─▶ (Connect?) ─▶ Greeted ──EHLO──▶ Ready ──MAIL──▶ Open ──DATA──▶ Data
//!                                        │           ▲  STARTTLS, AUTH ┘  ▲             └──BDAT──▶ Chunk ⇄ Chunks
//!                                        ▼           └── Handshake, Auth  └── RSET, EHLO, end of the message
//!                                     Refused
//! ```
//!
//! While the host decides, the session is in `Waiting`, which knows where to go on.

mod auth;
mod bdat;
mod commands;
mod connect;
mod data;
mod hello;
mod mail;
mod proxied;
mod starttls;
mod vrfy;
mod waiting;

use super::content::{Receiving, Transaction};
use super::event::{Abort, Closed, DecisionId, Event};
use super::foreign;
use super::session::Session;
use crate::smtp::command::{Command, CommandError};
use crate::smtp::line::{Line, LineReader};

pub(super) use auth::{Authenticating, Delayed};
pub(super) use bdat::{Chunk, Skip};
pub(super) use data::Data;
pub(super) use proxied::Proxy;
pub(super) use starttls::Handshake;
pub(super) use waiting::{On, Waiting};

#[derive(Debug)]
pub(super) enum State {
    /// A PROXY header is to come.
    Proxy(Box<Proxy>),
    /// A TLS handshake is to come.
    Handshake(Handshake),
    /// The greeting is held back.
    Greeting,
    /// The client was greeted with 554 (RFC 5321 §3.1): only QUIT is left to it.
    Refused,
    /// The client was greeted, and has not said its name.
    Greeted,
    /// It has said its name. No message has begun.
    Ready,
    /// A message has begun: MAIL, and maybe RCPT.
    Open(Box<Transaction>),
    /// The message comes, by DATA.
    Data(Box<Data>),
    /// A chunk of the message comes.
    Chunk(Box<Chunk>),
    /// Between two chunks.
    Chunks(Box<Receiving>),
    /// A chunk comes that is refused.
    Skip(Box<Skip>),
    /// The client answers a challenge.
    Auth(Box<Authenticating>),
    /// A reply is held back.
    Delayed(Box<Delayed>),
    /// The host decides.
    Waiting(Box<Waiting>),
    /// Nothing more.
    Over,
}

impl State {
    pub(super) fn waiting(id: DecisionId, on: On) -> Self {
        Self::Waiting(Box::new(Waiting { id, on }))
    }

    /// Takes octets from the front of `input`; called only when there are some. Says whether anything came of them besides
    /// the beginning of a line.
    pub(super) fn read(self, cx: &mut Session, lines: &mut LineReader, input: &mut &[u8]) -> (Self, bool) {
        match self {
            Self::Proxy(proxy) => proxy.read(cx, input),
            Self::Data(data) => (data.read(cx, input), true),
            Self::Chunk(chunk) => (chunk.read(cx, input), true),
            Self::Skip(skip) => (skip.read(cx, input), true),
            Self::Auth(auth) => auth.read(cx, lines, input),
            // What is pipelined behind STARTTLS was said by whoever could change clear text (RFC 3207 §4.2).
            Self::Handshake(_) | Self::Over => {
                *input = &[];
                (self, false)
            }
            Self::Greeting | Self::Delayed(_) | Self::Waiting(_) => (self, false),
            Self::Refused | Self::Greeted | Self::Ready | Self::Open(_) | Self::Chunks(_) => {
                self.read_command(cx, lines, input)
            }
        }
    }

    fn read_command(self, cx: &mut Session, lines: &mut LineReader, input: &mut &[u8]) -> (Self, bool) {
        let is_first = !cx.has_spoken;
        if is_first && lines.is_empty() {
            // No end of a line may ever come.
            if let Some(protocol) = input.first().and_then(|&first| foreign::of_octet(first)) {
                *input = &[];
                return (self.other_protocol(cx, protocol), true);
            }
        }
        let line = lines.read(input);
        cx.more_behind = !input.is_empty();
        cx.has_spoken |= line.is_some();
        let protocol;
        let is_bdat;
        let command = match line {
            None => {
                let protocol = lines.has_bare_lf().then(|| foreign::of_refused_line(lines, is_first, false)).flatten();
                if let Some(protocol) = protocol {
                    return (self.other_protocol(cx, protocol), true);
                }
                cx.tell_of_bare_lf(lines);
                return (self.within_limits(cx), false);
            }
            Some(Line::Whole(line)) => {
                let command = Command::parse(line);
                cx.next_in_group(line);
                is_bdat = begins_with(line, b"BDAT");
                protocol = foreign::of_line(line, is_first);
                let is_auth = begins_with(line, b"AUTH");
                // What a client says that did not see its AUTH refused. It may say NOOP or RSET before it.
                cx.may_show_password &= !matches!(command, Ok(Command::Mail { .. } | Command::Quit));
                let is_hidden = cx.may_show_password && command.is_err() && !is_auth;
                cx.trace_received(|| if is_hidden { "<not shown>".into() } else { shown(line, &command) });
                cx.may_show_password |= is_auth;
                command
            }
            Some(Line::TooLong) => {
                is_bdat = lines.refused_line_is(b"BDAT");
                protocol = foreign::of_refused_line(lines, is_first, true);
                cx.may_show_password |= lines.refused_line_is(b"AUTH");
                cx.trace_received(|| "<a line that is too long>".into());
                Err(CommandError::TooLong)
            }
            Some(Line::Irregular(what)) => {
                is_bdat = lines.refused_line_is(b"BDAT");
                protocol = foreign::of_refused_line(lines, is_first, false);
                cx.may_show_password |= lines.refused_line_is(b"AUTH");
                cx.trace_received(|| format!("<a line with {what}>"));
                Err(CommandError::Irregular(what))
            }
        };
        let state = match (protocol, command) {
            (Some(protocol), _) => self.other_protocol(cx, protocol),
            (None, Ok(command)) => self.command(cx, command),
            (None, Err(_)) if is_bdat => self.out_of_step(cx),
            (None, Err(error)) => self.malformed(cx, &error),
        };
        (state.within_limits(cx), true)
    }

    /// A BDAT without a size: there may be octets behind it that are no commands, and nobody knows how many.
    fn out_of_step(mut self, cx: &mut Session) -> Self {
        self.abandon(cx, Abort::SessionEnded);
        cx.close_with((5, 4), "BDAT takes a number of octets, and LAST", Closed::OutOfStep)
    }

    /// The client speaks something else, or its user does through it.
    fn other_protocol(mut self, cx: &mut Session, protocol: &str) -> Self {
        self.abandon(cx, Abort::SessionEnded);
        let spoken = if cx.is_lmtp() { "LMTP" } else { "SMTP" };
        cx.reply(554, (5, 1), &format!("This is {spoken}, not {protocol}"));
        cx.close(Closed::OtherProtocol)
    }

    /// A line that is no command.
    fn malformed(self, cx: &mut Session, error: &CommandError) -> Self {
        if std::mem::take(&mut cx.told_of_bare_lf) {
            return self;
        }
        cx.bad_command();
        cx.send(&error.reply(), false, super::session::Enhanced::Yes);
        self
    }

    /// The session ends when too much has gone wrong in it.
    fn within_limits(mut self, cx: &mut Session) -> Self {
        let (tally, limits) = (cx.tally, cx.settings.limits);
        let text = match () {
            () if matches!(self, Self::Over) => return self,
            () if tally.bad_commands > limits.bad_commands => "Too many bad commands",
            () if tally.errors > limits.errors => "Too many errors",
            () if tally.idle_commands > limits.idle_commands => "Too many commands that move nothing",
            () => return self,
        };
        self.abandon(cx, Abort::SessionEnded);
        cx.close_with((7, 0), text, Closed::TooMany)
    }

    /// The state behind a reply to a whole message.
    pub(super) fn after_message(cx: &mut Session, code: u16) -> Self {
        if code < 400 {
            cx.tally.idle_commands = 0;
        }
        cx.after_refusal(code, Self::Ready)
    }

    /// Tells the host of a message that had begun and will not come. A message that it already decides on stays its own.
    pub(super) fn abandon(&mut self, cx: &mut Session, why: Abort) {
        if self.has_message() {
            cx.event(Event::Aborted(why));
        }
    }

    /// Whether a MAIL was accepted of which the host has not heard the end.
    fn has_message(&self) -> bool {
        match self {
            Self::Open(_) => true,
            Self::Data(data) => !data.receiving.has_failed(),
            Self::Chunk(chunk) => !chunk.receiving.has_failed(),
            Self::Chunks(receiving) => !receiving.has_failed(),
            Self::Skip(skip) => skip.back.has_message(),
            Self::Waiting(waiting) => waiting.on.has_message(),
            _ => false,
        }
    }

    /// Whether octets of a message come, or of what is refused as one.
    pub(super) fn is_in_content(&self) -> bool {
        matches!(self, Self::Data(_) | Self::Chunk(_) | Self::Skip(_))
    }

    /// Whether octets of the client are wanted.
    pub(super) fn reads(&self) -> bool {
        !matches!(self, Self::Greeting | Self::Delayed(_) | Self::Waiting(_) | Self::Handshake(_) | Self::Over)
    }

    /// Whether the greeting has not been made yet, and so the client should be silent.
    pub(super) fn is_before_greeting(&self) -> bool {
        match self {
            Self::Greeting => true,
            Self::Waiting(waiting) => matches!(waiting.on, On::Connect),
            _ => false,
        }
    }

    /// Whether the host has a whole message to decide on.
    pub(super) fn decides_on_message(&self) -> bool {
        matches!(self, Self::Waiting(waiting) if matches!(waiting.on, On::Message { .. }))
    }

    /// Whether the server may leave now: no message is on its way, and nothing is being decided.
    pub(super) fn is_interruptible(&self) -> bool {
        match self {
            Self::Greeting | Self::Refused | Self::Greeted | Self::Ready | Self::Open(_) | Self::Auth(_) => true,
            Self::Proxy(_) | Self::Handshake(_) | Self::Delayed(_) => true,
            Self::Data(_) | Self::Chunk(_) | Self::Chunks(_) | Self::Skip(_) | Self::Waiting(_) | Self::Over => false,
        }
    }
}

/// Whether a line begins with this word, blanks in front of it left out.
fn begins_with(line: &[u8], word: &[u8; 4]) -> bool {
    line.trim_ascii_start().first_chunk().is_some_and(|front: &[u8; 4]| front.eq_ignore_ascii_case(word))
}

/// A command line as a trace shows it: an initial response may be a password.
fn shown(line: &[u8], command: &Result<Command, CommandError>) -> String {
    let is_auth = begins_with(line, b"AUTH");
    match command {
        Ok(Command::Auth { mechanism, initial: Some(_) }) => format!("AUTH {mechanism} <response>"),
        Ok(Command::Auth { mechanism, initial: None }) => format!("AUTH {mechanism}"),
        _ if is_auth => "AUTH <malformed>".into(),
        _ => String::from_utf8_lossy(line).into_owned(),
    }
}
