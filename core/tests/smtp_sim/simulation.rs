//! Two hosts, two machines and the channel between, from one event to the next.

use std::fmt;
use std::sync::{Arc, LazyLock};

use passerelle::smtp::client::Client;
use passerelle::smtp::sasl::Entropy;
use passerelle::smtp::server::Server;
use passerelle::smtp::{client, server};
use passerelle::tls::{ClientTls, End, Event, Input, Layer, ServerTls, Verification};
use passerelle::{Machine, Millis, Now, Output, UnixTime};

use crate::channel::{Arrival, Channel};
use crate::dice::Dice;
use crate::receiver::Receiver;
use crate::scenario::Scenario;
use crate::sender::Sender;

/// Connections that a message may take before the sending host gives up.
const TRIES: u64 = 6;
/// Steps that a connection may take: far more than any needs, so that one that never ends is found out.
const STEPS: usize = 4_000_000;
/// A virtual day: no timer runs longer.
const DAY: u64 = 24 * 60 * 60 * 1000;
const UNIX: u64 = 1_790_000_000;

/// Where a connection breaks: after so many octets of either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) to_server: Option<u64>,
    pub(crate) to_client: Option<u64>,
    /// Whether it ends as if the other side had closed it, and not with a reset.
    pub(crate) orderly: bool,
}

impl Cut {
    pub(crate) const NEVER: Self = Self { to_server: None, to_client: None, orderly: false };

    fn random(dice: &mut Dice) -> Self {
        let at = |dice: &mut Dice| {
            let most = dice.of(&[40, 300, 1000, 30_000]);
            1 + dice.below(most)
        };
        match dice.below(5) {
            0 => Self { to_server: Some(at(dice)), to_client: None, orderly: dice.once_in(2) },
            1 => Self { to_server: None, to_client: Some(at(dice) / 4), orderly: dice.once_in(2) },
            _ => Self::NEVER,
        }
    }
}

/// What came of simulations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) sessions: u64,
    pub(crate) cut: u64,
    pub(crate) secured: u64,
    pub(crate) authenticated: u64,
    pub(crate) delivered: u64,
    pub(crate) refused: u64,
    pub(crate) unconfirmed: u64,
    pub(crate) twice: u64,
    pub(crate) to_server: u64,
    pub(crate) to_client: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, other: &Self) {
        self.sessions += other.sessions;
        self.cut += other.cut;
        self.secured += other.secured;
        self.authenticated += other.authenticated;
        self.delivered += other.delivered;
        self.refused += other.refused;
        self.unconfirmed += other.unconfirmed;
        self.twice += other.twice;
        self.to_server += other.to_server;
        self.to_client += other.to_client;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} sessions, {} of them cut, {} with TLS, {} authenticated; {} recipients reached, {} refused, {} left \
             unconfirmed, {} reached twice",
            self.sessions,
            self.cut,
            self.secured,
            self.authenticated,
            self.delivered,
            self.refused,
            self.unconfirmed,
            self.twice
        )
    }
}

/// One seed.
pub(crate) struct Simulation {
    scenario: Scenario,
    dice: Dice,
    first_cut: Cut,
    sender: Sender,
    receiver: Receiver,
    totals: Totals,
    now: u64,
    is_verbose: bool,
}

/// One connection.
struct Connection {
    server: Layer<Server>,
    client: Layer<Client>,
    to_server: Channel,
    to_client: Channel,
    orderly: bool,
    /// When the machines want to be called.
    wakes: [Option<Millis>; 2],
}

impl Simulation {
    /// The scenario, with its first connection cut here, or where the seed says.
    pub(crate) fn new(scenario: Scenario, cut: Option<Cut>, is_verbose: bool) -> Self {
        let mut dice = Dice::new(scenario.seed ^ 0xFA17);
        let first_cut = cut.unwrap_or_else(|| Cut::random(&mut dice));
        let (sender, receiver) = (Sender::new(&scenario.messages), Receiver::default());
        Self { scenario, dice, first_cut, sender, receiver, totals: Totals::default(), now: 0, is_verbose }
    }

    pub(crate) fn first_cut(&self) -> Cut {
        self.first_cut
    }

    /// To the end: everything delivered or refused, or put off too often.
    pub(crate) fn run(mut self) -> Result<Totals, String> {
        for attempt in 0..TRIES {
            if self.sender.is_done() {
                break;
            }
            let cut = match attempt {
                0 => self.first_cut,
                _ if self.first_cut == Cut::NEVER => Cut::NEVER,
                // The last ones are left alone, so that everything can arrive.
                1..4 => Cut::random(&mut self.dice),
                _ => Cut::NEVER,
            };
            self.session(cut)?;
        }
        self.sender.give_up();
        self.judge()
    }

    fn session(&mut self, cut: Cut) -> Result<(), String> {
        self.totals.sessions += 1;
        self.sender.connect();
        self.receiver.connect();
        let mut connection = self.connect(cut);
        for _ in 0..STEPS {
            if self.settle(&mut connection)? {
                continue;
            }
            let server_is_over = connection.server.is_over();
            if server_is_over && connection.client.is_over() && self.sender.is_closed {
                self.totals.to_server += connection.to_server.sent();
                self.totals.to_client += connection.to_client.sent();
                self.totals.secured += u64::from(self.scenario.is_secured());
                return Ok(());
            }
            let wakes = connection.wakes.iter().flatten().map(|at| at.0);
            let next = [connection.to_server.next_at(), connection.to_client.next_at(), self.receiver.next_at()];
            let next = next.into_iter().flatten().chain(wakes).filter(|at| *at > self.now).min();
            match next {
                Some(at) if at <= self.now + DAY => self.now = at,
                _ => return Err(format!("nothing happens any more at {} ms", self.now)),
            }
            self.tick(&mut connection);
        }
        Err("the session does not end".into())
    }

    fn connect(&mut self, cut: Cut) -> Connection {
        let now = self.now();
        let entropy = self.dice.octets();
        let server = Server::new(Arc::new(self.scenario.server.clone()), None, None, entropy, now);
        let mut client = Client::new(self.scenario.client.clone(), now);
        if let Some(sasl) = &self.scenario.sasl {
            client = client.authenticating(Arc::new(sasl.clone()), Entropy::new(self.dice.octets()));
        }
        let (server, client) = match self.scenario.is_secured() {
            true => (Layer::server(server, &TLS.0, now), Layer::client(client, &TLS.1, now)),
            false => (Layer::clear(server, now), Layer::clear(client, now)),
        };
        let channel = |dice: &mut Dice, at| Channel::new(Dice::new(dice.next()), at);
        let to_server = channel(&mut self.dice, cut.to_server);
        let to_client = channel(&mut self.dice, cut.to_client);
        Connection { server, client, to_server, to_client, orderly: cut.orderly, wakes: [None; 2] }
    }

    /// Does one thing that can be done now. False when there is none.
    fn settle(&mut self, connection: &mut Connection) -> Result<bool, String> {
        let now = self.now();
        let misuse = |misuse: passerelle::Misuse| format!("misuse: {misuse}");
        match connection.server.poll() {
            Output::Transmit(octets) => {
                self.show('S', &octets);
                if connection.to_client.send(self.now, &octets) {
                    self.cut(connection);
                }
                return Ok(true);
            }
            Output::Event(Event::Inner(event)) => {
                self.receiver.event(&mut self.dice, self.now, event)?;
                return Ok(true);
            }
            Output::Event(_) | Output::Ask(..) => return Ok(true),
            Output::Idle { wake } => connection.wakes[0] = wake,
        }
        match connection.client.poll() {
            Output::Transmit(octets) => {
                self.show('C', &octets);
                if connection.to_server.send(self.now, &octets) {
                    self.cut(connection);
                }
                return Ok(true);
            }
            Output::Event(Event::Inner(event)) => {
                if self.is_verbose {
                    println!("   {event:?}");
                }
                self.sender.event(event)?;
                return Ok(true);
            }
            Output::Event(_) | Output::Ask(..) => return Ok(true),
            Output::Idle { wake } => connection.wakes[1] = wake,
        }
        // Hosts close connections that are over; the other side sees the end.
        if connection.server.is_over() {
            connection.to_client.end(self.now, End::Orderly);
        }
        if connection.client.is_over() {
            connection.to_server.end(self.now, End::Orderly);
        }
        if let Some((id, decision)) = self.receiver.take(self.now) {
            let input = Input::Inner(server::Input::Decide(id, decision));
            connection.server.handle(now, input).map_err(misuse)?;
            return Ok(true);
        }
        if let Some(input) = self.sender.next(&mut self.dice, connection.client.machine()) {
            connection.client.handle(now, Input::Inner(input)).map_err(misuse)?;
            return Ok(true);
        }
        // Octets stay in the socket while they are not wanted; an end is always told.
        let server_wants = connection.server.wants_wire() || connection.server.is_over();
        if server_wants && let Some(arrival) = connection.to_server.take(self.now) {
            if !connection.server.is_over() {
                connection.server.handle(now, wire(&arrival)).map_err(misuse)?;
            }
            return Ok(true);
        }
        let client_wants = connection.client.wants_wire() || connection.client.is_over();
        if client_wants && let Some(arrival) = connection.to_client.take(self.now) {
            if !connection.client.is_over() {
                connection.client.handle(now, wire::<client::Input<'_>>(&arrival)).map_err(misuse)?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// The connection breaks, in both directions.
    fn cut(&mut self, connection: &mut Connection) {
        self.totals.cut += 1;
        let end = if connection.orderly { End::Orderly } else { End::Cut };
        connection.to_server.end(self.now, end);
        connection.to_client.end(self.now, end);
        if self.is_verbose {
            println!("   cut: {end:?}");
        }
    }

    fn tick(&mut self, connection: &mut Connection) {
        let now = self.now();
        let is_due = |wake: Option<Millis>| wake.is_some_and(|at| at <= now.monotonic);
        if is_due(connection.wakes[0]) {
            let _ = connection.server.handle(now, Input::Tick);
        }
        if is_due(connection.wakes[1]) {
            let _ = connection.client.handle(now, Input::Tick);
        }
    }

    /// What the receiving host has against what the sending one believes.
    fn judge(mut self) -> Result<Totals, String> {
        self.totals.authenticated = self.receiver.authenticated;
        self.totals.refused = self.sender.refused.len() as u64;
        self.totals.unconfirmed = self.sender.unconfirmed.len() as u64;
        for (number, message) in self.scenario.messages.iter().enumerate() {
            for recipient in &message.envelope.recipients {
                let place = (number, recipient.to.to_string());
                let arrived = self.receiver.accepted.remove(&(message.content.clone(), place.1.clone())).unwrap_or(0);
                let unconfirmed = self.sender.unconfirmed.iter().filter(|other| **other == place).count() as u64;
                let known = u64::from(self.sender.accepted.contains(&place));
                if arrived < known || arrived > known + unconfirmed {
                    return Err(format!(
                        "message {number} came {arrived} times to {}; the sender knows of {known}, and {unconfirmed} \
                         times the connection broke before the reply to the message",
                        place.1
                    ));
                }
                self.totals.delivered += u64::from(arrived > 0);
                self.totals.twice += u64::from(arrived > 1);
            }
        }
        match self.receiver.accepted.keys().next() {
            Some((content, to)) => Err(format!("to {to} came what nobody sent: {}", content.escape_ascii())),
            None => Ok(self.totals),
        }
    }

    fn now(&self) -> Now {
        Now { monotonic: Millis(self.now), unix: UnixTime(UNIX + self.now / 1000) }
    }

    fn show(&self, side: char, octets: &[u8]) {
        if self.is_verbose {
            println!("{:>9} {side}: {}", self.now, octets.escape_ascii());
        }
    }
}

fn wire<I>(arrival: &Arrival) -> Input<'_, I> {
    match arrival {
        Arrival::Octets(octets) => Input::Wire(octets),
        Arrival::End(end) => Input::End(*end),
    }
}

/// A server with a certificate, and a client that asks nothing of it.
static TLS: LazyLock<(ServerTls, ClientTls)> = LazyLock::new(|| {
    let key = rcgen::generate_simple_self_signed(vec!["mx.example.com".to_owned()]).expect("a certificate");
    let server = ServerTls::from_pem(key.cert.pem().as_bytes(), key.signing_key.serialize_pem().as_bytes());
    (server.expect("a certificate of our own"), ClientTls::new(Verification::None))
});
