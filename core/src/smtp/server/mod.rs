//! The server: a machine that takes mail from one client, by SMTP or LMTP.
//!
//! The host hands in octets and the time, and gets replies to send, the message's content as it comes, and questions that
//! are its to decide: whether a client is served, a sender and a recipient taken, credentials right, a message accepted.
//! It answers each now or later; nothing is read until then. What it has not said that it decides
//! ([`Decisions`]) is decided safely: no relay, no authentication, and no message is acknowledged that nobody took.
//!
//! ```
//! use std::sync::Arc;
//! use passerelle::smtp::server::{Decision, Decisions, Event, Input, Request, Server, Settings};
//! use passerelle::{Machine, Now, Output};
//!
//! let settings = Settings {
//!     hostname: "mx.example.com".into(),
//!     local_domains: vec![passerelle::Domain::parse("example.com")?],
//!     decisions: Decisions { message: true, ..Decisions::default() },
//!     ..Settings::default()
//! };
//! let now = Now::at(1_790_000_000);
//! let mut server = Server::new(Arc::new(settings), Some("192.0.2.1:49152".parse()?), None, [7; 32], now);
//! let (mut sent, mut message) = (String::new(), Vec::new());
//! for line in ["", "EHLO client.example\r\n", "MAIL FROM:<ann@client.example>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n",
//!     "Subject: Hello\r\n\r\nHello.\r\n.\r\n", "QUIT\r\n"] {
//!     server.handle(now, Input::Octets(line.as_bytes()))?;
//!     loop {
//!         match server.poll() {
//!             Output::Transmit(octets) => sent.push_str(std::str::from_utf8(&octets)?),
//!             Output::Event(Event::Content(octets)) => message.extend(octets),
//!             Output::Event(Event::Decide { id, request: Request::Message(_), .. }) => {
//!                 // Here it is stored, durably.
//!                 server.handle(now, Input::Decide(id, Decision::Accept))?;
//!             }
//!             Output::Idle { .. } => break,
//!             _ => {}
//!         }
//!     }
//! }
//! assert_eq!(message, b"Subject: Hello\r\n\r\nHello.\r\n");
//! assert!(sent.ends_with("250 2.0.0 Message accepted\r\n221 2.0.0 Bye\r\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod content;
mod decision;
mod ehlo;
mod event;
mod foreign;
mod outputs;
mod queue;
mod received;
mod session;
mod settings;
mod states;
mod timers;

use std::net::SocketAddr;
use std::sync::Arc;

use crate::limits::{MAX_AUTH_LINE, MAX_SMTP_QUEUED, MIN_CONTENT_HEARD};
use crate::machine::{Machine, Misuse, Output};
use crate::smtp::line::LineReader;
use crate::smtp::sasl::Entropy;
use crate::time::{Millis, Now};
use crate::tls::{self, Converse, End};

use queue::Queue;
use session::Session;
use states::{Handshake, State};

pub use crate::network::{Network, NetworkError};
pub use decision::Decision;
pub use event::{
    Abort, Closed, DecisionId, Event, Hello, HelloVerb, Identity, Message, Peer, Recipient, Request, Sender, Trace,
};
pub use received::Received;
pub use settings::{Decisions, EarlyTalkers, Extensions, Limits, Protocol, Settings, Timeouts, TlsPolicy};

/// What the host hands to a [`Server`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// Octets of the client: deciphered, where TLS is on.
    Octets(&'a [u8]),
    /// The client sends no more.
    End(End),
    /// The TLS handshake is done.
    Secured(tls::Session),
    /// The answer to [`Event::Decide`] with this id. One that comes too late counts for nothing.
    Decide(DecisionId, Decision),
    /// Time has passed.
    Tick,
    /// From now on the client is waited for so many milliseconds at most, for a command and for more of a message alike, where
    /// [`Settings::timeouts`] have more; also where it is waited for already. With `u64::MAX`, the settings count again. It is
    /// for hosts that run out of places: who is silent, or sends fewer than [`MIN_CONTENT_HEARD`] octets of a message in that time, for too long by this is told so with 421
    /// ([`Closed::Reclaimed`]). What the host itself decides is waited for as before.
    Patience(u64),
    /// The host wants to stop: a message that is on its way is taken to its end, and the session closes with 421.
    Shutdown,
}

/// One session with one client.
#[derive(Debug)]
pub struct Server {
    session: Session,
    state: State,
    lines: LineReader,
    queue: Queue,
    ended: Option<End>,
    is_shutting_down: bool,
}

impl Server {
    /// A session with a client at `address`, which has connected to `local`. `entropy` are 32 octets of a cryptographic random
    /// number generator, others for each session: SCRAM needs them.
    pub fn new(
        settings: Arc<Settings>,
        address: Option<SocketAddr>,
        local: Option<SocketAddr>,
        entropy: [u8; 32],
        now: Now,
    ) -> Self {
        let session = Session::new(settings, Peer::new(address, local), Entropy::new(entropy), now);
        let state = State::first(&session);
        let lines = LineReader::new(MAX_AUTH_LINE);
        let mut server = Self { session, state, lines, queue: Queue::default(), ended: None, is_shutting_down: false };
        server.arm();
        server
    }

    /// What is known of the client.
    pub fn peer(&self) -> &Arc<Peer> {
        &self.session.peer
    }

    /// How the client's octets ended, if they did. While the host decides on a whole message, the session outlives that.
    pub fn ended(&self) -> Option<End> {
        self.ended
    }

    /// When the client last said something that moves the session: a whole line, so much of a message that it is worth a place
    /// ([`MIN_CONTENT_HEARD`]), a handshake; at first, when the session began. For hosts that run out of places and send the
    /// silent away ([`Input::Patience`]): who drips octets is silent.
    pub fn heard_at(&self) -> Millis {
        self.session.heard_at
    }

    /// All that decides how the session goes on, but for counters and timers: two sessions with the same text reply the same
    /// to the same commands. For tests that go through every state.
    #[doc(hidden)]
    pub fn fingerprint(&self) -> String {
        let session = &self.session;
        format!(
            "{:?} {:?} {:?} {:?} {:?} {} {} {:?}",
            self.state,
            session.peer,
            self.lines,
            self.queue,
            session.told_hello,
            session.is_secured,
            session.has_spoken,
            session.trusted_as
        )
    }

    fn decide(&mut self, id: DecisionId, decision: Decision) -> Result<(), Misuse> {
        match &mut self.state {
            State::Waiting(waiting) if waiting.id == id => waiting.on.check(&self.session, &decision)?,
            // The time was up, or the session over, before the host knew.
            _ if id.0 < self.session.asked => return Ok(()),
            _ => return Err(Misuse::NothingToDecide),
        }
        if let State::Waiting(waiting) = std::mem::replace(&mut self.state, State::Over) {
            self.state = waiting.on.decide(&mut self.session, decision);
        }
        self.arm();
        self.run_queue();
        Ok(())
    }

    fn shut_down(&mut self) {
        self.is_shutting_down = true;
        self.settle();
    }

    /// Goes through octets as far as the state lets it; what is left waits.
    fn run(&mut self, input: &mut &[u8]) {
        while !input.is_empty() && self.state.reads() && !self.session.outputs.is_full() {
            if self.leaves() {
                return;
            }
            let (was_in_content, before) = (self.state.is_in_content(), input.len());
            let state = std::mem::replace(&mut self.state, State::Over);
            let (state, has_come) = state.read(&mut self.session, &mut self.lines, input);
            self.state = state;
            if has_come {
                let taken = before - input.len();
                self.heard(was_in_content && self.state.is_in_content(), taken);
            }
        }
        if matches!(self.state, State::Handshake(Handshake::StartTls) | State::Over) {
            // RFC 3207 §4.2. Behind a PROXY header, and before implicit TLS, it is the ClientHello.
            *input = &[];
            self.lines.clear();
        }
    }

    /// Something has come of the client. In the middle of content a few octets are not worth a place where places are short.
    fn heard(&mut self, is_inside: bool, octets: usize) {
        let cx = &mut self.session;
        cx.unheard = cx.unheard.saturating_add(octets);
        let is_heard = !is_inside || cx.unheard >= MIN_CONTENT_HEARD;
        if is_heard {
            (cx.heard_at, cx.unheard) = (cx.now.monotonic, 0);
        }
        if is_heard || self.session.patience >= self.time_of_client() {
            self.arm();
        }
    }

    fn run_queue(&mut self) {
        let queue = std::mem::take(&mut self.queue);
        let mut input = queue.octets();
        self.run(&mut input);
        let left = input.len();
        self.queue = queue.keep_last(left);
        self.settle();
    }

    /// After everything that could be done: the session may have to end.
    fn settle(&mut self) {
        self.leaves();
        if let Some(end) = self.ended {
            let is_done = match end {
                End::Orderly => !matches!(self.state, State::Waiting(_)) && self.queue.is_empty(),
                // What the host decides on a whole message, it decides; nobody reads the other replies.
                End::Cut | End::TlsFailed => !self.state.decides_on_message(),
            };
            if is_done && !matches!(self.state, State::Over) {
                self.abandon_and_close(Closed::Ended(end));
            }
        }
        if matches!(self.state, State::Over) {
            self.queue = Queue::default();
            self.lines.clear();
        }
    }

    /// Leaves, if the host shuts down and the state lets it. Says whether the session is over.
    fn leaves(&mut self) -> bool {
        if self.is_shutting_down && self.state.is_interruptible() {
            self.state.abandon(&mut self.session, Abort::SessionEnded);
            match self.state {
                // Nobody can read a reply in the middle of a handshake.
                State::Handshake(_) | State::Proxy(_) => {}
                State::Greeting => self.session.bare_reply(421, &self.session.named("Shutting down")),
                _ => self.session.reply(421, (3, 2), "Shutting down"),
            }
            self.state = self.session.close(Closed::Shutdown);
        }
        matches!(self.state, State::Over)
    }

    fn abandon_and_close(&mut self, why: Closed) {
        self.state.abandon(&mut self.session, Abort::SessionEnded);
        self.state = self.session.close(why);
    }

    /// Whether these octets come before the greeting, and must not; the session is over then.
    fn talks_early(&mut self, octets: &[u8]) -> bool {
        let is_early = !octets.is_empty() && self.state.is_before_greeting() && !self.session.serves_early_talkers();
        if is_early {
            self.state = self.session.talked_before_greeting();
            self.settle();
        }
        is_early
    }

    /// Sets the timer for what the state waits for.
    fn arm(&mut self) {
        if !matches!(self.state, State::Over) {
            self.session.timers.wait(self.session.now.monotonic, self.wait());
        }
    }

    /// How long the state may wait.
    fn wait(&self) -> u64 {
        let timeouts = &self.session.settings.timeouts;
        match &self.state {
            State::Waiting(_) if self.state.decides_on_message() => timeouts.message_decision,
            State::Waiting(_) => timeouts.decision,
            State::Greeting => timeouts.greeting_delay,
            State::Delayed(delayed) => delayed.millis,
            _ => self.time_of_client().min(self.session.patience),
        }
    }

    /// How long the settings let the client be silent.
    fn time_of_client(&self) -> u64 {
        let timeouts = &self.session.settings.timeouts;
        match self.state {
            State::Data(_) | State::Chunk(_) | State::Skip(_) => timeouts.content,
            _ => timeouts.command,
        }
    }

    fn be_patient(&mut self, millis: u64) {
        self.session.patience = millis;
        if !matches!(self.state, State::Over) {
            let wait = self.wait();
            self.session.timers.change_wait(wait);
        }
    }

    /// Whether the session has lasted too long. A message that the host decides on is waited for: its own time is
    /// bounded.
    fn is_too_long(&self) -> bool {
        self.session.timers.session_is_over(self.session.now.monotonic) && !self.state.decides_on_message()
    }

    /// The state's own time is up.
    fn time_out(&mut self) {
        let is_hurried = self.session.patience < self.time_of_client();
        let cx = &mut self.session;
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            State::Over => State::Over,
            State::Waiting(waiting) => waiting.on.time_out(cx),
            State::Greeting => State::decide_on_connection(cx),
            State::Delayed(delayed) => delayed.release(cx),
            // Nobody listens for a reply there.
            State::Handshake(_) | State::Proxy(_) => {
                cx.close(if is_hurried { Closed::Reclaimed } else { Closed::TimedOut })
            }
            mut state => {
                state.abandon(cx, Abort::SessionEnded);
                match is_hurried {
                    true => cx.close_with((3, 2), "Too busy to wait for you any longer", Closed::Reclaimed),
                    false => cx.close_with((4, 2), "Timeout", Closed::TimedOut),
                }
            }
        };
        self.arm();
        self.run_queue();
    }
}

impl Machine for Server {
    type Input<'a> = Input<'a>;
    type Event = Event;

    fn handle(&mut self, now: Now, input: Input<'_>) -> Result<(), Misuse> {
        match input {
            Input::Octets(octets) => self.octets(now, octets),
            Input::End(end) => self.end(now, end),
            Input::Secured(session) => self.secured(now, session),
            Input::Decide(id, decision) => {
                self.session.now = now;
                self.decide(id, decision)
            }
            Input::Tick => {
                self.tick(now);
                Ok(())
            }
            Input::Patience(millis) => {
                self.session.now = now;
                self.be_patient(millis);
                Ok(())
            }
            Input::Shutdown => {
                self.session.now = now;
                self.shut_down();
                Ok(())
            }
        }
    }

    fn poll(&mut self) -> Output<Event> {
        // The greeting is made when it can go out, so that what came before is known to have come before.
        if matches!(self.state, State::Greeting) && self.session.settings.timeouts.greeting_delay == 0 {
            self.state = State::decide_on_connection(&mut self.session);
            self.arm();
        }
        if let Some(output) = self.session.outputs.pop() {
            return output;
        }
        // What was left because nobody polled.
        if !self.queue.is_empty() && self.state.reads() {
            self.run_queue();
        }
        let whole_session = !self.state.decides_on_message();
        self.session.outputs.pop().unwrap_or_else(|| Output::Idle { wake: self.session.timers.wake(whole_session) })
    }
}

impl Converse for Server {
    fn octets(&mut self, now: Now, octets: &[u8]) -> Result<(), Misuse> {
        if self.ended.is_some() {
            return Err(Misuse::AfterEnd);
        }
        // After the end of a session, and before the handshake, what the client says does not count.
        if octets.is_empty() || matches!(self.state, State::Over | State::Handshake(_)) {
            return Ok(());
        }
        self.session.now = now;
        if self.talks_early(octets) {
            return Ok(());
        }
        if !self.wants_octets() && self.queue.len().saturating_add(octets.len()) > MAX_SMTP_QUEUED {
            return Err(Misuse::NotReading);
        }
        if !self.queue.is_empty() {
            self.queue.push(octets);
            self.run_queue();
            return Ok(());
        }
        let mut input = octets;
        self.run(&mut input);
        // Behind a PROXY header, in one piece with it.
        if !self.talks_early(input) {
            self.queue.push(input);
            self.settle();
        }
        Ok(())
    }

    fn end(&mut self, now: Now, end: End) -> Result<(), Misuse> {
        if self.ended.is_some() {
            return Err(Misuse::AfterEnd);
        }
        self.ended = Some(end);
        self.session.now = now;
        self.settle();
        Ok(())
    }

    fn secured(&mut self, now: Now, session: tls::Session) -> Result<(), Misuse> {
        let handshake = match self.state {
            State::Handshake(handshake) => handshake,
            // The time was up while the host shook hands.
            State::Over => return Ok(()),
            _ => return Err(Misuse::OutOfOrder("TLS where no handshake was agreed on")),
        };
        self.session.now = now;
        self.state = handshake.finish(&mut self.session, session);
        self.session.heard_at = now.monotonic;
        self.arm();
        self.settle();
        Ok(())
    }

    fn tick(&mut self, now: Now) {
        self.session.now = now;
        if matches!(self.state, State::Over) {
        } else if self.is_too_long() {
            self.state.abandon(&mut self.session, Abort::SessionEnded);
            self.state = match self.state {
                State::Handshake(_) | State::Proxy(_) => self.session.close(Closed::SessionTooLong),
                _ => self.session.close_with((4, 2), "The session has lasted too long", Closed::SessionTooLong),
            };
            self.settle();
        } else if self.session.timers.wait_is_over(now.monotonic) {
            self.time_out();
        }
    }

    fn starts_tls(&self) -> bool {
        matches!(self.state, State::Handshake(_)) && self.session.outputs.all_sent()
    }

    fn take_unread(&mut self) -> Vec<u8> {
        match self.state {
            State::Handshake(Handshake::Implicit) => std::mem::take(&mut self.queue).octets().to_vec(),
            _ => Vec::new(),
        }
    }

    fn wants_octets(&self) -> bool {
        let is_wanted = self.state.reads() || self.state.is_before_greeting();
        is_wanted && self.queue.is_empty() && self.ended.is_none() && !self.session.outputs.is_full()
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }
}
