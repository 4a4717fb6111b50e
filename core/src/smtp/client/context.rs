//! What all states share: the settings, what is known of the server, and what goes out.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::closed::{Closed, Stage};
use super::envelope::Envelope;
use super::event::{Event, Trace};
use super::outcome::{Delivery, Outcome, RecipientOutcome};
use super::settings::{Settings, Tls, Without};
use super::timers::Timers;
use crate::limits::{MAX_COMMANDS_AHEAD, MAX_OCTETS_AHEAD};
use crate::machine::Misuse;
use crate::smtp::capabilities::Capabilities;
use crate::smtp::sasl::{self, Entropy, Mechanism};
use crate::time::{Millis, Now};
use crate::tls::Session;

/// What all states share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) settings: Arc<Settings>,
    pub(super) credentials: Option<Box<Credentials>>,
    pub(super) capabilities: Box<Capabilities>,
    pub(super) tls: Option<Box<Session>>,
    pub(super) authenticated: Option<Mechanism>,
    /// MAIL commands over this connection.
    pub(super) mails: u32,
    pub(super) events: VecDeque<Event>,
    /// Whether the TLS around this machine asks for more than can be had in clear text ([`Converse::require_tls`]).
    ///
    /// [`Converse::require_tls`]: crate::tls::Converse::require_tls
    pub(super) needs_tls: bool,
    /// Whether the host was told that it is wanted to hand in content, and has not said its end yet.
    pub(super) owes_content: bool,
    /// Whether the host may hand in recipients of the message that it has begun: it has not said DATA yet.
    pub(super) is_growing: bool,
    /// Whether the host was told that it may send.
    pub(super) was_ready: bool,
    /// Whether the host has handed in a message over this connection.
    pub(super) has_sent: bool,
    /// Whether the host has said that the connection is to end.
    pub(super) has_quit: bool,
    /// Whether the host has said that the server's octets have ended.
    pub(super) has_ended: bool,
    /// Why the connection is over, once it is.
    ended: Option<Box<Ended>>,
    asked: VecDeque<Asked>,
    outgoing: Outgoing,
    now: Now,
    timers: Timers,
}

/// With what to authenticate.
#[derive(Debug)]
pub(super) struct Credentials {
    pub(super) settings: Arc<sasl::client::Settings>,
    pub(super) entropy: Entropy,
}

/// A reply that is waited for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    stage: Stage,
    /// Where its command begins and ends in what this side sends.
    begins: u64,
    ends: u64,
}

/// The end of the connection, which is told behind everything else.
#[derive(Debug)]
struct Ended {
    why: Closed,
    is_told: bool,
}

/// Octets for the server that the host has not polled yet.
#[derive(Default)]
struct Outgoing {
    octets: Vec<u8>,
    /// What a trace shows of them: lines that are dropped with them were never said.
    lines: Vec<String>,
    /// Octets that have been polled.
    polled: u64,
}

/// Without the octets: there may be a password among them.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("octets", &self.octets.len()).field("polled", &self.polled).finish()
    }
}

impl Outgoing {
    fn end(&self) -> u64 {
        self.polled + self.octets.len() as u64
    }
}

impl Context {
    pub(super) fn new(settings: Arc<Settings>, now: Now) -> Self {
        let timers = Timers::new(&settings.timeouts, now.monotonic);
        Self {
            settings,
            credentials: None,
            capabilities: Box::default(),
            tls: None,
            authenticated: None,
            mails: 0,
            events: VecDeque::new(),
            needs_tls: false,
            owes_content: false,
            is_growing: false,
            was_ready: false,
            has_sent: false,
            has_quit: false,
            has_ended: false,
            ended: None,
            asked: VecDeque::new(),
            outgoing: Outgoing::default(),
            now,
            timers,
        }
    }

    // --- Commands and replies ---

    /// Sends a command, given without its CRLF, and waits for its reply.
    pub(super) fn command(&mut self, stage: Stage, line: &str) {
        self.trace_sent(|| shown(stage, line));
        self.send(|out| {
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(b"\r\n");
        });
        // A command line has an end, so there is something to count.
        self.expect_from(stage, line.len() as u64 + 2);
    }

    /// Sends octets to which no reply is waited for.
    pub(super) fn send(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.outgoing.octets);
    }

    /// Waits for a reply to all that has been sent.
    pub(super) fn expect(&mut self, stage: Stage) {
        self.expect_from(stage, 0);
    }

    fn expect_from(&mut self, stage: Stage, length: u64) {
        let ends = self.outgoing.end();
        if self.asked.is_empty() {
            self.wait(stage);
        }
        self.asked.push_back(Asked { stage, begins: ends.saturating_sub(length), ends });
    }

    /// Takes note of a reply: to what it is, or `None` if nothing was asked, or only what the host has not polled, so that
    /// the server cannot have read it.
    pub(super) fn answered(&mut self) -> Option<Stage> {
        let asked = self.asked.front().filter(|asked| asked.ends <= self.outgoing.polled)?;
        let stage = asked.stage;
        self.asked.pop_front();
        match self.asked.front() {
            Some(next) => self.wait(next.stage),
            None => self.wait(Stage::Idle),
        }
        Some(stage)
    }

    /// What is waited for, if it is a reply.
    pub(super) fn awaited(&self) -> Option<Stage> {
        self.asked.front().map(|asked| asked.stage)
    }

    /// Replies that are waited for.
    pub(super) fn unanswered(&self) -> usize {
        self.asked.len()
    }

    /// Whether commands may go out before the replies to others have come.
    pub(super) fn may_pipeline(&self) -> bool {
        self.capabilities.pipelining && self.settings.pipelining
    }

    /// Whether one more command may go out now. Where the server offers no PIPELINING, one at a time.
    pub(super) fn has_room(&self) -> bool {
        let Some(first) = self.asked.front() else { return true };
        self.may_pipeline()
            && self.asked.len() < MAX_COMMANDS_AHEAD
            && self.outgoing.end().saturating_sub(first.begins) < MAX_OCTETS_AHEAD
    }

    // --- Output ---

    pub(super) fn poll_octets(&mut self) -> Option<Vec<u8>> {
        let octets = std::mem::take(&mut self.outgoing.octets);
        self.outgoing.polled += octets.len() as u64;
        self.events.extend(self.outgoing.lines.drain(..).map(|line| Event::Trace(Trace::Sent(line))));
        (!octets.is_empty()).then_some(octets)
    }

    /// The next event; the end of the connection comes behind all others.
    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front().or_else(|| {
            let ended = self.ended.as_mut().filter(|ended| !ended.is_told)?;
            ended.is_told = true;
            Some(Event::Closed(ended.why.clone()))
        })
    }

    /// A line for the trace, of what waits to be polled.
    pub(super) fn trace_sent(&mut self, line: impl FnOnce() -> String) {
        if self.settings.trace {
            self.outgoing.lines.push(line());
        }
    }

    /// A line for the trace, of what has been polled.
    pub(super) fn trace_event(&mut self, line: impl FnOnce() -> String) {
        if self.settings.trace {
            self.events.push_back(Event::Trace(Trace::Sent(line())));
        }
    }

    /// Lines for the trace, of what the server has said.
    pub(super) fn trace_received(&mut self, lines: impl FnOnce() -> Vec<String>) {
        if self.settings.trace {
            self.events.extend(lines().into_iter().map(|line| Event::Trace(Trace::Received(line))));
        }
    }

    /// Answers a message that comes when the connection is over, of which the host could not know when it was told that it may
    /// send: nothing of it was sent. Not so where the host has ended the connection, or was never told.
    pub(super) fn too_late(&mut self, envelope: Envelope) -> Result<(), Misuse> {
        let ended = self.ended.as_ref().filter(|_| self.was_ready && !self.has_quit).ok_or(Misuse::AfterEnd)?;
        let delivery = Delivery::NotSent(ended.why.clone());
        let recipients = envelope.recipients.into_iter();
        let recipients = recipients.map(|recipient| RecipientOutcome::new(recipient, delivery.clone())).collect();
        self.events.push_back(Event::Sent(Outcome { recipients, omitted: Vec::new() }));
        Ok(())
    }

    /// Octets that wait to be polled.
    pub(super) fn unpolled(&self) -> usize {
        self.outgoing.octets.len()
    }

    /// Drops what waits to be polled.
    pub(super) fn discard_unpolled(&mut self) {
        self.outgoing.octets = Vec::new();
        self.outgoing.lines = Vec::new();
    }

    // --- Time ---

    pub(super) fn at(&mut self, now: Now) {
        self.now = now;
    }

    /// From now on this is waited for.
    pub(super) fn wait(&mut self, stage: Stage) {
        self.timers.wait(&self.settings.timeouts, self.now.monotonic, stage);
    }

    pub(super) fn wake(&self) -> Option<Millis> {
        self.timers.wake()
    }

    /// Why the connection ends now, if its time is up.
    pub(super) fn expired(&self, stage: Stage) -> Option<Closed> {
        let now = self.now.monotonic;
        if self.timers.session_is_over(now) {
            return Some(Closed::SessionTooLong { stage });
        }
        self.timers.wait_is_over(now).then_some(Closed::TimedOut { stage })
    }

    /// Everything that is about the connection ends with it. What has not been polled stays unsaid: there may be a password
    /// in it, and it has just turned out that the server is none to tell it to.
    pub(super) fn over(&mut self, why: Closed) {
        self.ended = Some(Box::new(Ended { why, is_told: false }));
        self.discard_unpolled();
        self.asked = VecDeque::new();
        self.timers.stop();
        self.credentials = None;
    }

    /// What follows where STARTTLS is not offered, and where it is refused; `None`: it is not asked for. Clear text is no way out
    /// for a connection whose TLS asks for more.
    pub(super) fn without_starttls(&self) -> Option<(Without, Without)> {
        match self.settings.tls {
            _ if self.tls.is_some() => None,
            Tls::Off | Tls::StartTls { .. } if self.needs_tls => Some((Without::Fail, Without::Fail)),
            Tls::StartTls { not_offered, refused } => Some((not_offered, refused)),
            Tls::Off | Tls::Implicit => None,
        }
    }

    /// What RFC 3207 §4.2 asks to forget when TLS begins, and that.
    pub(super) fn secured(&mut self, session: Session) {
        *self.capabilities = Capabilities::default();
        self.tls = Some(Box::new(session));
    }
}

/// A command as a trace shows it: what authenticates is left out.
fn shown(stage: Stage, line: &str) -> String {
    if stage != Stage::Auth {
        return line.to_owned();
    }
    match line.split(' ').collect::<Vec<_>>()[..] {
        ["AUTH", _] => line.to_owned(),
        ["AUTH", mechanism, _] => format!("AUTH {mechanism} <response>"),
        _ => "<response>".to_owned(),
    }
}
