//! Which state takes which command (RFC 5321 §4.1.4).

use crate::smtp::command::Command;

use super::super::event::{Abort, Closed};
use super::super::session::Session;
use super::State;

impl State {
    /// Carries out a command, or says why not. Only the states that read commands come here.
    pub(super) fn command(self, cx: &mut Session, command: Command) -> Self {
        if matches!(self, Self::Refused) && !matches!(command, Command::Quit) {
            return self.refused(cx, command);
        }
        if cx.needs_tls_for(&command) {
            return self.needs_tls(cx, command);
        }
        match command {
            Command::Ehlo(_) | Command::Helo(_) | Command::Lhlo(_) => self.hello(cx, command),
            Command::Mail { from, parameters } => self.mail(cx, from, parameters),
            Command::Rcpt { to, parameters, is_utf8 } => self.rcpt(cx, to, parameters, is_utf8),
            Command::Data => self.data(cx),
            Command::Bdat { size, last } => self.bdat(cx, size, last),
            Command::Rset => self.rset(cx),
            Command::Noop => self.idle(cx, (0, 0), "OK"),
            Command::Vrfy(argument) => self.vrfy(cx, argument),
            Command::Expn(argument) => self.expn(cx, argument),
            Command::Help(_) => self.help(cx),
            Command::Quit => self.quit(cx),
            Command::StartTls => self.starttls(cx),
            Command::Auth { mechanism, initial } => self.auth(cx, &mechanism, initial.as_deref()),
            Command::Xclient(attributes) => self.xclient(cx, &attributes),
        }
    }

    /// A command that moves nothing, with a reply of 250.
    fn idle(self, cx: &mut Session, enhanced: (u16, u16), text: &str) -> Self {
        cx.idle_command();
        cx.reply(250, enhanced, text);
        self
    }

    /// `RSET` (RFC 5321 §4.1.1.5): what was said of a message is forgotten, and nothing else is.
    fn rset(mut self, cx: &mut Session) -> Self {
        self.abandon(cx, Abort::Reset);
        let state = match self {
            Self::Open(_) | Self::Chunks(_) => Self::Ready,
            state => state,
        };
        state.idle(cx, (0, 0), "OK")
    }

    fn quit(mut self, cx: &mut Session) -> Self {
        self.abandon(cx, Abort::SessionEnded);
        cx.reply(221, (0, 0), "Bye");
        cx.close(Closed::Quit)
    }

    fn help(self, cx: &mut Session) -> Self {
        cx.idle_command();
        cx.reply(214, (0, 0), "See RFC 5321 and the reply to EHLO");
        self
    }

    /// Behind a greeting of 554 (RFC 5321 §3.1).
    fn refused(self, cx: &mut Session, command: Command) -> Self {
        let text = "No service here; QUIT";
        match command {
            Command::Bdat { size, .. } => self.skip(cx, size, (503, (5, 1), text)),
            _ => {
                cx.out_of_order(text);
                self
            }
        }
    }

    /// `530`, where the settings want TLS first (RFC 3207 §4).
    fn needs_tls(self, cx: &mut Session, command: Command) -> Self {
        let text = "Must issue a STARTTLS command first";
        cx.bad_command();
        match command {
            Command::Bdat { size, .. } => self.skip(cx, size, (530, (7, 0), text)),
            _ => {
                cx.reply(530, (7, 0), text);
                self
            }
        }
    }
}

impl Session {
    /// A command that moves nothing; they are counted.
    pub(crate) fn idle_command(&mut self) {
        self.tally.idle_commands = self.tally.idle_commands.saturating_add(1);
    }

    /// RFC 3207 §4: a server that wants TLS may refuse everything but NOOP, EHLO, STARTTLS and QUIT.
    fn needs_tls_for(&self, command: &Command) -> bool {
        let is_free = matches!(
            command,
            Command::Ehlo(_)
                | Command::Helo(_)
                | Command::Lhlo(_)
                | Command::StartTls
                | Command::Noop
                | Command::Rset
                | Command::Help(_)
                | Command::Quit
                | Command::Xclient(_)
        );
        self.settings.tls.required && !self.is_secured && !is_free
    }
}
