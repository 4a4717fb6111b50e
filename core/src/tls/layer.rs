//! The machine that puts another one inside TLS.

use std::collections::VecDeque;
use std::mem;

use super::Failure;
use super::client::ClientTls;
use super::connection::Connection;
use super::diagnose;
use super::facts::Facts;
use super::server::ServerTls;
use super::session::{Converse, End, Session};
use crate::limits::{MAX_TLS_PENDING, TLS_HANDSHAKE_TIMEOUT};
use crate::machine::{Machine, Misuse, Output};
use crate::time::{Millis, Now};

/// What a [`Layer`] is handed: `I` is the input of the machine inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a, I> {
    /// Octets of the wire.
    Wire(&'a [u8]),
    /// The connection's end: [`End::Orderly`] when the peer closed it, [`End::Cut`] when it was reset.
    End(End),
    /// Time has passed.
    Tick,
    /// For the machine inside.
    Inner(I),
}

/// What a [`Layer`] reports: `E` is the event of the machine inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<E> {
    /// Of the machine inside.
    Inner(E),
    /// The handshake is done.
    Secured(Session),
    /// TLS failed. An alert has been given to [`Output::Transmit`] before, where TLS has one for it; nothing more is sent.
    Failed(Failure),
}

/// A machine inside TLS, itself a [`Machine`]: octets of the wire in, octets of the wire out.
///
/// # Order
/// A record is deciphered when everything before it has been polled and the machine inside wants octets; until then its
/// octets wait here. [`wants_wire`](Self::wants_wire) says whether the host should read on. Between two polls, at most
/// [`MAX_TLS_PENDING`] octets and one more input are held.
///
/// # STARTTLS
/// Octets that came in clear text behind STARTTLS never reach the machine after the handshake: on a server the machine
/// drops what it is given between STARTTLS and the moment its reply was polled, on a client the layer drops what comes
/// before the ClientHello was polled. What comes later is read as TLS, and clear text there is a failure of the handshake.
///
/// # The end
/// `close_notify` is the machine's [`End::Orderly`]. The connection's end without it is [`End::Cut`], since octets may
/// have been cut off. When the machine is over, `close_notify` is sent.
#[derive(Debug)]
pub struct Layer<M: Converse> {
    machine: M,
    state: State,
    settings: Settings,
    pending: Pending,
    /// What the host said of the connection's end.
    ended: Option<End>,
    /// Whether the machine inside knows of the end.
    end_told: bool,
    ready: VecDeque<Output<Event<M::Event>>>,
    /// When the machine inside wants to be called.
    wake: Option<Millis>,
    now: Now,
}

#[derive(Debug)]
enum State {
    Clear,
    Handshake { connection: Box<Connection>, deadline: Millis },
    Secured(Box<Connection>),
    Over,
}

#[derive(Clone, Debug)]
enum Settings {
    None,
    Server(ServerTls),
    Client(ClientTls),
}

impl<M: Converse> Layer<M> {
    /// A machine that stays in clear text: it must not agree to STARTTLS.
    pub fn clear(machine: M, now: Now) -> Self {
        Self::new(machine, Settings::None, now)
    }

    /// A server. TLS begins when the machine says so ([`Converse::starts_tls`]): at once, or after STARTTLS.
    pub fn server(machine: M, settings: &ServerTls, now: Now) -> Self {
        Self::new(machine, Settings::Server(settings.clone()), now)
    }

    /// A client. TLS begins when the machine says so ([`Converse::starts_tls`]): at once, or after STARTTLS.
    /// Where the settings [need TLS](ClientTls::is_mandatory), the machine is told ([`Converse::require_tls`]).
    pub fn client(mut machine: M, settings: &ClientTls, now: Now) -> Self {
        if settings.is_mandatory() {
            machine.require_tls();
        }
        Self::new(machine, Settings::Client(settings.clone()), now)
    }

    fn new(machine: M, settings: Settings, now: Now) -> Self {
        Self {
            machine,
            state: State::Clear,
            settings,
            pending: Pending::default(),
            ended: None,
            end_told: false,
            ready: VecDeque::new(),
            wake: None,
            now,
        }
    }

    /// The machine inside.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// Whether octets of the wire are wanted now. While they are not, the host leaves them in the socket.
    pub fn wants_wire(&self) -> bool {
        self.ended.is_none()
            && match self.state {
                State::Clear => self.machine.starts_tls() || self.machine.wants_octets(),
                State::Handshake { .. } => self.pending.has_room(),
                State::Secured(_) => !self.end_told && self.pending.has_room() && self.machine.wants_octets(),
                State::Over => false,
            }
    }

    /// All that the handshake told, while TLS is on: from [`Event::Secured`] until the conversation is over.
    pub fn facts(&self) -> Option<Facts> {
        let State::Secured(connection) = &self.state else { return None };
        let session = match &self.settings {
            Settings::Server(settings) => settings.session(connection, self.now.unix),
            Settings::Client(settings) => settings.session(connection),
            Settings::None => return None,
        };
        Some(Facts::of(connection, session))
    }

    /// Whether TLS is on and the handshake is done.
    pub fn is_secured(&self) -> bool {
        matches!(self.state, State::Secured(_))
    }

    /// Whether the conversation is over: when everything has been polled, the host closes the connection.
    pub fn is_over(&self) -> bool {
        match self.state {
            State::Clear => self.machine.is_over(),
            State::Over => true,
            State::Handshake { .. } | State::Secured(_) => false,
        }
    }

    /// Begins the handshake.
    fn begin(&mut self) {
        let connection = match &self.settings {
            Settings::Server(settings) => settings.connect(self.now.unix),
            Settings::Client(settings) => settings.connect(self.now.unix),
            Settings::None => Err(rustls::Error::General("there are no settings for TLS".into())),
        };
        match connection {
            Ok(connection) => {
                self.pending.push(&self.machine.take_unread());
                let deadline = self.now.monotonic + TLS_HANDSHAKE_TIMEOUT;
                self.state = State::Handshake { connection: Box::new(connection), deadline };
            }
            Err(error) => self.fail(diagnose::failure(&error)),
        }
    }

    /// The end by a failure of TLS. The alert for it goes out first.
    fn fail(&mut self, failure: Failure) {
        if let State::Handshake { mut connection, .. } | State::Secured(mut connection) =
            mem::replace(&mut self.state, State::Over)
        {
            self.ready.extend(connection.outgoing().map(Output::Transmit));
        }
        self.ready.push_back(Output::Event(Event::Failed(failure)));
        self.pending = Pending::default();
        self.tell_end(End::TlsFailed);
    }

    /// The end as the machine inside wanted it.
    fn close(&mut self) {
        if let State::Handshake { mut connection, .. } | State::Secured(mut connection) =
            mem::replace(&mut self.state, State::Over)
        {
            connection.send_close_notify();
            self.ready.extend(connection.outgoing().map(Output::Transmit));
        }
        self.pending = Pending::default();
    }

    fn tell_end(&mut self, end: End) {
        if !mem::replace(&mut self.end_told, true) {
            // It has not been told before, so this is no misuse.
            let _ = self.machine.end(self.now, end);
        }
    }

    /// One step of the handshake; false when it waits for the peer.
    fn shake_hands(&mut self) -> bool {
        let State::Handshake { connection, deadline } = &mut self.state else { return false };
        if let Some(octets) = connection.outgoing() {
            self.ready.push_back(Output::Transmit(octets));
            return true;
        }
        if self.machine.is_over() {
            self.close();
            return true;
        }
        if !connection.is_handshaking() {
            self.secured();
            return true;
        }
        if self.now.monotonic >= *deadline {
            self.fail(diagnose::timeout());
            return true;
        }
        if self.pending.is_empty() || connection.closed_by_peer() {
            if self.ended.is_none() && !connection.closed_by_peer() {
                return false;
            }
            self.fail(diagnose::broken_off());
            return true;
        }
        self.feed();
        true
    }

    /// The handshake is done.
    fn secured(&mut self) {
        match mem::replace(&mut self.state, State::Over) {
            State::Handshake { connection, .. } => {
                let session = match &self.settings {
                    Settings::Server(settings) => settings.session(&connection, self.now.unix),
                    Settings::Client(settings) => settings.session(&connection),
                    Settings::None => return,
                };
                self.state = State::Secured(connection);
                self.ready.push_back(Output::Event(Event::Secured(session.clone())));
                // TLS was not on, so this is no misuse.
                let _ = self.machine.secured(self.now, session);
            }
            other => self.state = other,
        }
    }

    /// One step of the conversation inside TLS; false when it waits for something.
    fn converse(&mut self) -> bool {
        let State::Secured(connection) = &mut self.state else { return false };
        if let Some(octets) = connection.outgoing() {
            self.ready.push_back(Output::Transmit(octets));
            return true;
        }
        match self.machine.poll() {
            Output::Transmit(octets) => {
                if let Err(error) = connection.write(&octets) {
                    self.fail(diagnose::failure(&error));
                }
                return true;
            }
            Output::Event(event) => {
                self.ready.push_back(Output::Event(Event::Inner(event)));
                return true;
            }
            Output::Ask(id, question) => {
                self.ready.push_back(Output::Ask(id, question));
                return true;
            }
            Output::Idle { wake } => self.wake = wake,
        }
        if self.machine.is_over() {
            self.close();
            return true;
        }
        if self.end_told || !self.machine.wants_octets() {
            return false;
        }
        let plaintext = connection.plaintext();
        if !plaintext.is_empty() {
            // Octets are wanted, so this is no misuse.
            let _ = self.machine.octets(self.now, plaintext);
            let length = plaintext.len();
            connection.consume_plaintext(length);
            return true;
        }
        if connection.closed_by_peer() {
            // What comes after close_notify is ignored (RFC 8446 §6.1).
            self.pending = Pending::default();
            self.tell_end(End::Orderly);
            return true;
        }
        if self.pending.is_empty() {
            connection.shrink();
            if self.ended.is_some() {
                self.tell_end(End::Cut);
                return true;
            }
            return false;
        }
        self.feed();
        true
    }

    /// Lets the connection have what waits, up to the end of a record.
    fn feed(&mut self) {
        let (State::Handshake { connection, .. } | State::Secured(connection)) = &mut self.state else { return };
        if let Err(error) = self.pending.with(|octets| connection.feed(octets)) {
            self.fail(diagnose::failure(&error));
        }
    }

    fn next_wake(&self) -> Option<Millis> {
        match self.state {
            // The machine is not polled meanwhile, so what it wanted may be past.
            State::Handshake { deadline, .. } => {
                self.wake.filter(|wake| *wake > self.now.monotonic).into_iter().chain([deadline]).min()
            }
            _ => self.wake,
        }
    }

    fn clear_input(&mut self, octets: &[u8]) -> Result<(), Misuse> {
        if !self.machine.starts_tls() {
            return self.machine.octets(self.now, octets);
        }
        match self.settings {
            // The server has given its reply, so this is the ClientHello, or should be.
            Settings::Server(_) => {
                self.begin();
                self.pending.push(octets);
            }
            // No server speaks before the ClientHello.
            Settings::Client(_) | Settings::None => {}
        }
        Ok(())
    }
}

impl<M: Converse> Machine for Layer<M> {
    type Input<'a> = Input<'a, M::Input<'a>>;
    type Event = Event<M::Event>;

    fn handle(&mut self, now: Now, input: Self::Input<'_>) -> Result<(), Misuse> {
        self.now = now;
        if let State::Handshake { connection, .. } | State::Secured(connection) = &self.state {
            connection.set_time(now.unix);
        }
        match input {
            Input::Inner(input) => return self.machine.handle(now, input),
            Input::Tick => self.machine.tick(now),
            Input::Wire(_) | Input::End(_) if self.ended.is_some() => return Err(Misuse::AfterEnd),
            Input::Wire([]) => {}
            Input::Wire(octets) => match self.state {
                // Nobody reads it any more.
                State::Over => {}
                _ if self.machine.is_over() => {}
                State::Handshake { .. } | State::Secured(_) if self.end_told => {}
                State::Clear => return self.clear_input(octets),
                State::Handshake { .. } | State::Secured(_) if !self.wants_wire() => return Err(Misuse::NotReading),
                State::Handshake { .. } | State::Secured(_) => self.pending.push(octets),
            },
            Input::End(end) => {
                self.ended = Some(end);
                match self.state {
                    // It is the handshake that is broken off.
                    State::Clear if self.machine.starts_tls() => self.begin(),
                    State::Clear => self.tell_end(end),
                    State::Handshake { .. } | State::Secured(_) | State::Over => {}
                }
            }
        }
        Ok(())
    }

    fn poll(&mut self) -> Output<Self::Event> {
        loop {
            if let Some(output) = self.ready.pop_front() {
                return output;
            }
            let goes_on = match &self.state {
                State::Clear => {
                    match self.machine.poll() {
                        Output::Transmit(octets) => return Output::Transmit(octets),
                        Output::Event(event) => return Output::Event(Event::Inner(event)),
                        Output::Ask(id, question) => return Output::Ask(id, question),
                        Output::Idle { wake } => self.wake = wake,
                    }
                    let begins = self.machine.starts_tls() && !self.end_told;
                    if begins {
                        self.begin();
                    }
                    begins
                }
                State::Handshake { .. } => self.shake_hands(),
                State::Secured(_) => self.converse(),
                State::Over => match self.machine.poll() {
                    // There is no way to say it any more.
                    Output::Transmit(_) => true,
                    Output::Event(event) => return Output::Event(Event::Inner(event)),
                    Output::Ask(id, question) => return Output::Ask(id, question),
                    Output::Idle { .. } => return Output::Idle { wake: None },
                },
            };
            if !goes_on {
                return Output::Idle { wake: self.next_wake() };
            }
        }
    }
}

/// Octets of the wire that nobody has read yet.
#[derive(Debug, Default)]
struct Pending {
    octets: Vec<u8>,
    taken: usize,
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.octets.len() == self.taken
    }

    fn has_room(&self) -> bool {
        self.octets.len() - self.taken < MAX_TLS_PENDING
    }

    fn push(&mut self, octets: &[u8]) {
        self.octets.drain(..self.taken);
        self.taken = 0;
        self.octets.extend_from_slice(octets);
    }

    /// Lets `read` take from the front.
    fn with<T>(&mut self, read: impl FnOnce(&mut &[u8]) -> T) -> T {
        let mut rest = self.octets.get(self.taken..).unwrap_or_default();
        let result = read(&mut rest);
        self.taken = self.octets.len() - rest.len();
        if self.is_empty() {
            *self = Self::default();
        }
        result
    }
}
