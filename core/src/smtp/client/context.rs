//! What all states share: the settings, what is known of the server, and what goes out.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::closed::{Closed, Stage};
use super::event::Event;
use super::settings::Settings;
use super::timers::Timers;
use crate::limits::{MAX_COMMANDS_AHEAD, MAX_OCTETS_AHEAD};
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

/// Octets for the server that the host has not polled yet.
#[derive(Default)]
struct Outgoing {
    octets: Vec<u8>,
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
            asked: VecDeque::new(),
            outgoing: Outgoing::default(),
            now,
            timers,
        }
    }

    // --- Commands and replies ---

    /// Sends a command, given without its CRLF, and waits for its reply.
    pub(super) fn command(&mut self, stage: Stage, line: &str) {
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
        (!octets.is_empty()).then_some(octets)
    }

    /// Octets that wait to be polled.
    pub(super) fn unpolled(&self) -> usize {
        self.outgoing.octets.len()
    }

    /// Drops what waits to be polled.
    pub(super) fn discard_unpolled(&mut self) {
        self.outgoing.octets = Vec::new();
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
    pub(super) fn over(&mut self) {
        self.discard_unpolled();
        self.asked = VecDeque::new();
        self.timers.stop();
        self.credentials = None;
    }

    /// What RFC 3207 §4.2 asks to forget when TLS begins, and that.
    pub(super) fn secured(&mut self, session: Session) {
        *self.capabilities = Capabilities::default();
        self.tls = Some(Box::new(session));
    }
}
