//! A session of the gateway: the client's connection, the transaction under way, and the ways out.

mod about;
mod accounts;
mod answers;
mod chosen;
mod content;
mod context;
mod deciding;
mod draw;
mod ended;
mod envelope;
mod feed;
mod front;
mod plan;
mod sending;
mod settings;
mod streaming;
mod transaction;
mod ways;

use std::collections::VecDeque;
use std::sync::Arc;

use context::{AskedHold, Context};
use draw::Draw;
use transaction::Transaction;
use ways::Ways;

use super::connection::{ConnectionId, Ids};
use super::event::{Event, Held, Input};
use super::replies::ours;
use super::setup::{Client, Setup};
use super::way;
use crate::lookup::{Answer, QuestionId};
use crate::machine::{Machine, Misuse, Output};
use crate::route::replies::Reason;
use crate::smtp::sasl::SecretKey;
use crate::smtp::server::{self, Decision, DecisionId, Request, Server};
use crate::time::{Millis, Now};
use crate::tls::{self, End, Layer};

/// One session with one client: see the [module](super).
#[derive(Debug)]
pub struct Gateway {
    cx: Context,
    server: Layer<Server>,
    transaction: Option<Transaction>,
    ways: Ways,
    /// When the server wants to be called.
    wake: Option<Millis>,
    /// How the server's session ended, until everything else has, too.
    closed: Option<server::Closed>,
    is_over: bool,
}

impl Gateway {
    /// A client has connected. `entropy` are 32 octets of a cryptographic random number generator, others for each session.
    pub fn new(setup: Arc<Setup>, client: Client, entropy: [u8; 32], now: Now) -> Self {
        let mut draw = Draw::new(entropy);
        let settings = Arc::new(settings::settings(&setup, client.listener));
        let server = Server::new(settings, client.address, client.local, draw.octets("server"), now);
        let server = match &setup.server_tls {
            Some(tls) => Layer::server(server, tls, now),
            None => Layer::clear(server, now),
        };
        let ids = Ids::new(SecretKey::new(draw.octets("connections")));
        let cx = Context {
            now,
            outputs: VecDeque::new(),
            sts_cache: Arc::clone(&setup.sts_cache),
            key_states: Arc::clone(&setup.key_states),
            setup,
            listener: client.listener,
            ids,
            draw,
            next_question: 0,
            decisions: VecDeque::new(),
            asked_hold: None,
            is_holding: false,
            asked_store: false,
            forsaken_stores: 0,
        };
        Self { cx, server, transaction: None, ways: Ways::default(), wake: None, closed: None, is_over: false }
    }

    /// Whether octets of the client are wanted now. While they are not, the host leaves them in the socket.
    pub fn wants_wire(&self) -> bool {
        self.server.wants_wire()
            && !self.transaction.as_ref().is_some_and(|transaction| transaction.is_blocked(&self.cx))
    }

    /// Whether octets of this hop are wanted now.
    pub fn wants_octets(&self, id: ConnectionId) -> bool {
        self.ways.wants_octets(id)
    }

    /// Whether the session is over: when everything has been polled, the host closes what is still open and drops it.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// What is known of the client.
    pub fn peer(&self) -> &Arc<server::Peer> {
        self.server.machine().peer()
    }

    /// When the client last said something that moves the session: [`Server::heard_at`].
    pub fn heard_at(&self) -> Millis {
        self.server.machine().heard_at()
    }

    /// Whether nobody is there any more to be told anything. Who sends no more may still listen, unless the connection broke.
    fn is_gone(&self) -> bool {
        matches!(self.server.machine().ended(), Some(End::Cut | End::TlsFailed)) || self.closed.is_some()
    }

    fn say(&mut self, input: server::Input<'_>) {
        // The server takes what comes too late without complaint.
        let _ = self.server.handle(self.cx.now, tls::Input::Inner(input));
    }

    /// What the server tells.
    fn server_event(&mut self, event: server::Event) {
        let (cx, ways) = (&mut self.cx, &mut self.ways);
        match event {
            server::Event::Decide { id, request, peer } => match request {
                Request::Mail(sender) => {
                    self.transaction = Some(Transaction::new(cx, &peer, sender));
                    cx.decide(id, Decision::Accept);
                }
                Request::Rcpt { recipient, .. } => match &mut self.transaction {
                    Some(transaction) => transaction.rcpt(cx, id, &recipient),
                    None => refuse(cx, id),
                },
                Request::HeaderEnd { received_fields, .. } => match &mut self.transaction {
                    Some(transaction) => transaction.header_end(cx, ways, id, received_fields),
                    None => refuse(cx, id),
                },
                Request::Message(message) => match &mut self.transaction {
                    Some(transaction) => transaction.message(cx, ways, id, message),
                    None => refuse(cx, id),
                },
                Request::Auth { credentials, .. } => {
                    cx.decide(id, Decision::Auth(accounts::stored(&cx.setup.policy, &credentials)));
                }
                // They are not ours to take: the settings say so.
                Request::Connect | Request::Hello(_) | Request::Vrfy(_) | Request::Expn(_) => {
                    cx.decide(id, Decision::Accept);
                }
            },
            server::Event::Content(octets) => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.octets(cx, ways, octets);
                }
            }
            server::Event::Aborted(_) => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.aborted(cx, ways, true);
                }
            }
            server::Event::Discarded | server::Event::Quarantined => {}
            server::Event::Closed(why) => self.closed = Some(why),
            event => cx.event(Event::Session(event)),
        }
    }

    /// One step; false when there is nothing to do.
    fn step(&mut self) -> bool {
        if let Some((id, decision)) = self.cx.decisions.pop_front() {
            self.say(server::Input::Decide(id, decision));
            return true;
        }
        match self.server.poll() {
            Output::Transmit(octets) => {
                self.cx.outputs.push_back(Output::Transmit(octets));
                return true;
            }
            Output::Event(tls::Event::Inner(event)) => {
                self.server_event(event);
                return true;
            }
            // A failure is an end to the server, which says so.
            Output::Event(tls::Event::Secured(_) | tls::Event::Failed(_)) => return true,
            // The server asks nothing.
            Output::Ask(..) => return true,
            Output::Idle { wake } => self.wake = wake,
        }
        let is_gone = self.is_gone();
        if let Some(transaction) = &mut self.transaction {
            transaction.advance(&mut self.cx, &mut self.ways, is_gone);
            while let Some((id, question)) = transaction.next_question() {
                self.cx.outputs.push_back(Output::Ask(id, question));
            }
            if transaction.is_over() {
                self.cx.next_question = transaction.next_question_id();
                self.transaction = None;
                return true;
            }
        }
        if let Some((way, told)) = self.ways.poll(&mut self.cx) {
            if let Some(transaction) = &mut self.transaction {
                transaction.told(&mut self.cx, &mut self.ways, way, told, is_gone);
            }
            return true;
        }
        self.close();
        !self.cx.outputs.is_empty() || !self.cx.decisions.is_empty()
    }

    /// The last event, once nothing else is to come.
    fn close(&mut self) {
        if self.transaction.is_none()
            && self.ways.is_empty()
            && self.cx.outputs.is_empty()
            && let Some(why) = self.closed.filter(|_| !self.is_over)
        {
            self.is_over = true;
            self.cx.event(Event::Closed(why));
        }
    }

    fn answer(&mut self, id: QuestionId, answer: Answer) -> Result<(), Misuse> {
        match &mut self.transaction {
            Some(transaction) => transaction.answer(&self.cx, id, answer),
            // Of a transaction that is over.
            None if id.0 < self.cx.next_question => Ok(()),
            None => Err(Misuse::UnknownQuestion(id)),
        }
    }

    fn held(&mut self, held: Held<'_>) -> Result<(), Misuse> {
        let asked = self.cx.asked_hold.take().ok_or(Misuse::NothingToDecide)?;
        let is_fitting = match asked {
            AskedHold::Append => !matches!(held, Held::Octets(_)),
            AskedHold::Read => matches!(held, Held::Octets(_) | Held::Lost),
            AskedHold::Nothing => return Ok(()),
        };
        if !is_fitting {
            self.cx.asked_hold = Some(asked);
            return Err(Misuse::NothingToDecide);
        }
        let is_gone = self.is_gone();
        if let Some(transaction) = &mut self.transaction {
            transaction.held(&mut self.cx, &mut self.ways, held, is_gone);
        }
        Ok(())
    }

    fn stored(&mut self, is_stored: bool) -> Result<(), Misuse> {
        // Those of transactions that did not wait for it are answered first.
        if self.cx.forsaken_stores > 0 {
            self.cx.forsaken_stores -= 1;
            return Ok(());
        }
        if !std::mem::take(&mut self.cx.asked_store) {
            return Err(Misuse::NothingToDecide);
        }
        let is_gone = self.is_gone();
        if let Some(transaction) = &mut self.transaction {
            transaction.stored(&mut self.cx, &mut self.ways, is_stored, is_gone);
        }
        Ok(())
    }
}

/// A decision on a transaction that is none: it cannot come to that.
fn refuse(cx: &mut Context, id: DecisionId) {
    cx.decide(id, Decision::Refuse(ours(Reason::NotAnswered)));
}

impl Machine for Gateway {
    type Input<'a> = Input<'a>;
    type Event = Event;

    fn handle(&mut self, now: Now, input: Input<'_>) -> Result<(), Misuse> {
        self.cx.now = now;
        match input {
            Input::Wire(octets) => {
                let is_blocked = self.transaction.as_ref().is_some_and(|transaction| transaction.is_blocked(&self.cx));
                if is_blocked && !octets.is_empty() {
                    return Err(Misuse::NotReading);
                }
                self.server.handle(now, tls::Input::Wire(octets))
            }
            Input::End(end) => self.server.handle(now, tls::Input::End(end)),
            Input::Tick => {
                self.ways.tick(now);
                self.server.handle(now, tls::Input::Tick)
            }
            Input::Patience(millis) => self.server.handle(now, tls::Input::Inner(server::Input::Patience(millis))),
            Input::Shutdown => self.server.handle(now, tls::Input::Inner(server::Input::Shutdown)),
            Input::Renew(setup) => {
                // What is newer than the setup, this session has found out itself.
                self.cx.sts_cache = Arc::clone(&setup.sts_cache);
                self.cx.key_states = Arc::clone(&setup.key_states);
                self.cx.setup = setup;
                Ok(())
            }
            Input::Answer(id, answer) => self.answer(id, answer),
            Input::Place(id, place) => self.ways.connection(now, id, way::Input::Place(id, place)),
            Input::Connected { id, address } => self.ways.connection(now, id, way::Input::Connected { id, address }),
            Input::NotConnected { id, why } => self.ways.connection(now, id, way::Input::NotConnected { id, why }),
            Input::Octets { id, octets } => self.ways.connection(now, id, way::Input::Octets { id, octets }),
            Input::Closed { id, end } => self.ways.connection(now, id, way::Input::Closed { id, end }),
            Input::Held(held) => self.held(held),
            Input::Stored(is_stored) => self.stored(is_stored),
        }
    }

    fn poll(&mut self) -> Output<Event> {
        loop {
            if let Some(output) = self.cx.outputs.pop_front() {
                return output;
            }
            if !self.step() {
                let transaction = self.transaction.as_ref().and_then(Transaction::wake);
                let wakes = [self.wake, self.ways.wake(), transaction];
                return Output::Idle { wake: wakes.into_iter().flatten().min() };
            }
        }
    }
}
