//! A host for a session of the gateway: clients and hops that follow scripts, the DNS of a transcript, a clock, and what is held.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use passerelle::gateway::{
    Budget, Client, ConnectionId, Done, Event, Gateway, Hold, Input, Listener, MemoryHold, NotConnected, Place, Places,
    Setup, Terms, Ticket, Told,
};
use passerelle::route::Decision;
use passerelle::route::policy::Policy;
use passerelle::smtp::sasl::SecretKey;
use passerelle::smtp::server;
use passerelle::tls::End;
use passerelle::{Machine, Misuse, Now, Output, Question, Transcript};

use crate::hop::{Hop, Said};

pub(crate) const NOW: u64 = 1_795_867_200; // 2026-11-28

/// A policy that nothing is wrong with.
pub(crate) fn policy(text: &str) -> Arc<Policy> {
    policy_with(text, &[])
}

/// A policy with files beside it.
pub(crate) fn policy_with(text: &str, files: &[(&str, &[u8])]) -> Arc<Policy> {
    let files: BTreeMap<String, Vec<u8>> = files.iter().map(|(name, text)| ((*name).into(), text.to_vec())).collect();
    let read = |name: &str| files.get(name).cloned().ok_or_else(|| "no such file".to_owned());
    Arc::new(Policy::compile(text, &read).accepted().unwrap_or_else(|findings| panic!("{findings:#?}")))
}

pub(crate) fn setup(policy: Arc<Policy>) -> Setup {
    Setup::new(policy, SecretKey::new([3; 32]))
}

/// Everything around one session.
pub(crate) struct Host {
    pub(crate) gateway: Gateway,
    pub(crate) now: Now,
    pub(crate) dns: Transcript,
    /// Questions that are not answered before the test says so.
    pub(crate) slow: Vec<Question>,
    pub(crate) unanswered: Vec<(passerelle::QuestionId, Question)>,
    pub(crate) asked: Vec<Question>,
    pub(crate) hold: MemoryHold,
    pub(crate) budget: Budget,
    /// Holds are answered when the test says so.
    pub(crate) slow_hold: bool,
    pub(crate) pending_hold: VecDeque<Hold>,
    pub(crate) places: Places<Box<Hop>>,
    tickets: BTreeMap<Ticket, ConnectionId>,
    /// What connects to an address finds there: the next hop of the list, or its last over and over.
    pub(crate) hops: BTreeMap<IpAddr, VecDeque<Hop>>,
    pub(crate) not_connected: BTreeMap<IpAddr, NotConnected>,
    pub(crate) connections: BTreeMap<ConnectionId, (Ticket, Option<Box<Hop>>)>,
    /// Hops that are done with, with what they heard.
    pub(crate) gone: Vec<Hop>,
    /// Octets of the wire for a client inside TLS.
    pub(crate) for_client: Vec<u8>,
    /// What the client has been told.
    pub(crate) heard: String,
    /// What was there when it was asked for last.
    seen: usize,
    pub(crate) done: Vec<Done>,
    pub(crate) decided: Vec<Arc<Decision>>,
    pub(crate) charges: Vec<passerelle::gateway::Charge>,
    pub(crate) stored: Vec<(String, Vec<u8>)>,
    /// What is said of a message that is to be stored.
    pub(crate) can_store: bool,
    /// Stores are answered when the test says so.
    pub(crate) slow_store: bool,
    pub(crate) key_states: Vec<String>,
    pub(crate) session: Vec<server::Event>,
    pub(crate) closed: Option<server::Closed>,
    pub(crate) attempts: usize,
    /// Octets that go at a time, towards the gateway.
    pub(crate) chunk: usize,
    /// Everything that came out of the gateway, in order, hops' octets joined.
    pub(crate) log: Vec<String>,
    has_ended: bool,
    wire: VecDeque<u8>,
}

impl Host {
    pub(crate) fn new(policy: &str, dns: &str) -> Self {
        Self::with(setup(self::policy(policy)), dns, Listener::Smtp)
    }

    pub(crate) fn with(setup: Setup, dns: &str, listener: Listener) -> Self {
        Self::of(setup, dns, listener, Some("192.0.2.7:49152"))
    }

    pub(crate) fn of(setup: Setup, dns: &str, listener: Listener, peer: Option<&str>) -> Self {
        let now = Now::at(NOW);
        let capacity = setup.policy.capacity.held;
        let terms = Terms::of(&setup.policy);
        let address = peer.map(|peer| peer.parse().expect("an address"));
        let client = Client::new(address, Some("192.0.2.25:25".parse().expect("an address")), listener);
        Self {
            gateway: Gateway::new(Arc::new(setup), client, [9; 32], now),
            now,
            dns: Transcript::parse(dns.as_bytes()).expect("a transcript"),
            slow: Vec::new(),
            unanswered: Vec::new(),
            asked: Vec::new(),
            hold: MemoryHold::new(),
            budget: Budget::new(capacity),
            slow_hold: false,
            pending_hold: VecDeque::new(),
            places: Places::new(terms),
            tickets: BTreeMap::new(),
            hops: BTreeMap::new(),
            not_connected: BTreeMap::new(),
            connections: BTreeMap::new(),
            gone: Vec::new(),
            for_client: Vec::new(),
            heard: String::new(),
            seen: 0,
            done: Vec::new(),
            decided: Vec::new(),
            charges: Vec::new(),
            stored: Vec::new(),
            can_store: true,
            slow_store: false,
            key_states: Vec::new(),
            session: Vec::new(),
            closed: None,
            attempts: 0,
            chunk: usize::MAX,
            log: Vec::new(),
            has_ended: false,
            wire: VecDeque::new(),
        }
    }

    /// Puts a hop at an address.
    pub(crate) fn hop(mut self, address: &str, hop: Hop) -> Self {
        self.hops.entry(address.parse().expect("an address")).or_default().push_back(hop);
        self
    }

    /// Hands an input in, and does what comes of it.
    pub(crate) fn input(&mut self, input: Input<'_>) {
        self.gateway.handle(self.now, input).expect("no misuse");
        self.run();
    }

    /// The client says something, and the gateway's answer to it is what this gives.
    pub(crate) fn say(&mut self, octets: impl AsRef<[u8]>) -> String {
        self.wire.extend(octets.as_ref());
        self.run();
        self.new_words()
    }

    /// What the client was told since it was asked for last.
    pub(crate) fn new_words(&mut self) -> String {
        let words = self.heard[self.seen..].to_owned();
        self.seen = self.heard.len();
        words
    }

    /// Greeting, EHLO, MAIL, and each RCPT: what was said to the last command.
    pub(crate) fn envelope(&mut self, from: &str, to: &[&str]) -> String {
        if self.heard.is_empty() {
            self.say("");
            self.say("EHLO client.example\r\n");
        }
        let mut said = self.say(format!("MAIL FROM:<{from}>\r\n"));
        for to in to {
            said = self.say(format!("RCPT TO:<{to}>\r\n"));
        }
        said
    }

    /// DATA and the message: what was said to its end.
    pub(crate) fn message(&mut self, message: &str) -> String {
        let go = self.say("DATA\r\n");
        assert!(go.starts_with("354"), "{go}");
        self.say(format!("{message}.\r\n"))
    }

    /// A whole message.
    pub(crate) fn send(&mut self, from: &str, to: &[&str], message: &str) -> String {
        let rcpt = self.envelope(from, to);
        assert!(rcpt.starts_with("250"), "{rcpt}");
        self.message(message)
    }

    pub(crate) fn end(&mut self, end: End) {
        self.has_ended = true;
        self.wire.clear();
        self.input(Input::End(end));
    }

    /// Time passes.
    pub(crate) fn wait(&mut self, millis: u64) {
        self.now.monotonic = self.now.monotonic + millis;
        self.now.unix.0 += millis / 1000;
        self.places.tick(self.now);
        self.input(Input::Tick);
    }

    /// Connections that are kept for the next message are left, so that their hops can be asked what they heard.
    fn leave_idle(&mut self) {
        self.places.leave_all();
        self.serve_places();
    }

    /// The hop under way to this address, or the last that was.
    pub(crate) fn at(&mut self, address: &str) -> Hop {
        self.leave_idle();
        let address: IpAddr = address.parse().expect("an address");
        let open = self.connections.values().filter_map(|(_, hop)| hop.as_deref());
        let mut all = self.gone.iter().chain(open);
        all.rfind(|hop| hop.address == Some(address)).expect("a hop was connected to").clone()
    }

    /// All messages that hops have taken, with the recipients.
    pub(crate) fn taken(&mut self) -> Vec<(Vec<String>, String)> {
        self.leave_idle();
        let open = self.connections.values().filter_map(|(_, hop)| hop.as_deref());
        self.gone.iter().chain(open).flat_map(|hop| hop.taken.clone()).collect()
    }

    /// What hops have heard, all of them.
    pub(crate) fn all_heard(&mut self) -> Vec<String> {
        self.leave_idle();
        let open = self.connections.values().filter_map(|(_, hop)| hop.as_deref());
        self.gone.iter().chain(open).flat_map(|hop| hop.heard.clone()).collect()
    }

    /// A hop says what it was silent about.
    pub(crate) fn speak(&mut self, address: &str, text: &str) {
        let address: IpAddr = address.parse().expect("an address");
        let mut open = self.connections.values_mut().filter_map(|(_, hop)| hop.as_deref_mut());
        let hop = open.rfind(|hop| hop.address == Some(address)).expect("a hop is connected to");
        hop.speak(text);
        self.run();
    }

    /// Answers the questions that were left.
    pub(crate) fn answer_slow(&mut self) {
        self.slow.clear();
        for (id, question) in std::mem::take(&mut self.unanswered) {
            let answer = self.dns.answer(&question);
            self.input(Input::Answer(id, answer));
        }
    }

    /// Answers the holds that were left.
    pub(crate) fn answer_holds(&mut self) {
        self.slow_hold = false;
        while let Some(hold) = self.pending_hold.pop_front() {
            self.answer_hold(hold);
            self.run();
        }
    }

    fn answer_hold(&mut self, hold: Hold) {
        let held = self.hold.ask(hold, &mut self.budget);
        if let Some(held) = held {
            self.gateway.handle(self.now, Input::Held(held)).expect("no misuse");
        }
    }

    /// Does all that there is to do.
    pub(crate) fn run(&mut self) {
        loop {
            self.drain();
            if self.serve_places() || self.serve_hops() {
                continue;
            }
            if !self.has_ended && self.gateway.wants_wire() && !self.wire.is_empty() {
                let length = self.chunk.min(self.wire.len());
                let octets: Vec<u8> = self.wire.drain(..length).collect();
                self.gateway.handle(self.now, Input::Wire(&octets)).expect("no misuse");
                continue;
            }
            return;
        }
    }

    /// Whether the client still has something to say that nobody has read.
    pub(crate) fn has_unread(&self) -> bool {
        !self.wire.is_empty()
    }

    fn drain(&mut self) {
        loop {
            match self.gateway.poll() {
                Output::Idle { .. } => return,
                Output::Transmit(octets) => {
                    self.for_client.extend_from_slice(&octets);
                    let text = String::from_utf8_lossy(&octets).into_owned();
                    self.log_octets("client", &text);
                    self.heard.push_str(&text);
                }
                Output::Ask(id, question) => {
                    self.asked.push(question.clone());
                    if self.slow.contains(&question) {
                        self.unanswered.push((id, question));
                    } else {
                        let answer = self.dns.answer(&question);
                        self.gateway.handle(self.now, Input::Answer(id, answer)).expect("no misuse");
                    }
                }
                Output::Event(event) => self.event(event),
            }
        }
    }

    fn log_octets(&mut self, whom: &str, text: &str) {
        let prefix = format!("{whom}: ");
        match self.log.last_mut().filter(|last| last.starts_with(&prefix)) {
            Some(last) => last.push_str(text),
            None => self.log.push(prefix + text),
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Place { id, key } => {
                let ticket = self.places.ask(key, self.now);
                self.tickets.insert(ticket, id);
                self.connections.insert(id, (ticket, None));
            }
            Event::Connect { id, addresses, .. } => self.connect(id, &addresses),
            Event::Send { id, octets } => {
                self.log_octets(&format!("hop {id}"), &String::from_utf8_lossy(&octets));
                if let Some((_, Some(hop))) = self.connections.get_mut(&id) {
                    hop.hear(&octets);
                }
            }
            Event::Close { id } => {
                let Some((ticket, hop)) = self.connections.remove(&id) else { panic!("{id} was closed twice") };
                self.tickets.remove(&ticket);
                self.places.close(ticket, self.now);
                self.gone.extend(hop.map(|hop| *hop));
            }
            Event::Keep { id, connection } => {
                let Some((ticket, Some(hop))) = self.connections.remove(&id) else { panic!("{id} is not open") };
                self.tickets.remove(&ticket);
                self.places.keep(ticket, connection, hop, self.now);
            }
            Event::TlsFailed { key } => self.places.tls_failed(&key, self.now),
            Event::Hold(hold) => match self.slow_hold && hold != Hold::Drop {
                true => self.pending_hold.push_back(hold),
                false => self.answer_hold(hold),
            },
            Event::Store { maildir, head, from, octets } => {
                let rest = &self.hold.octets()[from as usize..][..octets as usize];
                self.stored.push((maildir, [&head, rest].concat()));
                if !self.slow_store {
                    self.gateway.handle(self.now, Input::Stored(self.can_store)).expect("no misuse");
                }
            }
            Event::Charge(charge) => self.charges.push(charge),
            Event::Attempt(_) => self.attempts += 1,
            Event::KeyState { domain, selector, state } => {
                self.key_states.push(format!("{selector}._domainkey.{domain} {state}"));
            }
            Event::Decided { decision, .. } => self.decided.push(decision),
            Event::Done(done) => {
                self.log.push(format!("done: {done:?}"));
                self.done.push(*done);
            }
            Event::Session(event) => self.session.push(event),
            Event::Closed(why) => {
                assert!(self.closed.is_none() && self.connections.is_empty(), "{why:?} is not the last");
                self.closed = Some(why);
            }
            _ => {}
        }
    }

    fn connect(&mut self, id: ConnectionId, addresses: &[IpAddr]) {
        for address in addresses {
            let Some(hops) = self.hops.get_mut(address) else { continue };
            let next = if hops.len() > 1 { hops.pop_front() } else { hops.front().cloned() };
            let Some(mut hop) = next else { continue };
            hop.address = Some(*address);
            hop.greet();
            if let Some((_, place)) = self.connections.get_mut(&id) {
                *place = Some(Box::new(hop));
            }
            let input = Input::Connected { id, address: *address };
            return self.gateway.handle(self.now, input).expect("no misuse");
        }
        let known = addresses.iter().find_map(|address| self.not_connected.get(address));
        let why = known.copied().unwrap_or(NotConnected::Refused);
        self.gateway.handle(self.now, Input::NotConnected { id, why }).expect("no misuse");
    }

    /// Tells what the places have to say.
    fn serve_places(&mut self) -> bool {
        let mut has_served = false;
        while let Some(told) = self.places.poll() {
            has_served = true;
            match told {
                Told::Place { ticket, place, socket } => {
                    let Some(id) = self.tickets.get(&ticket).copied() else { continue };
                    if let (Place::Kept(_), Some(hop)) = (&place, socket) {
                        self.connections.insert(id, (ticket, Some(hop)));
                    }
                    self.gateway.handle(self.now, Input::Place(id, place)).expect("no misuse");
                }
                Told::Leave { socket, .. } => self.gone.push(*socket),
                _ => {}
            }
            self.drain();
        }
        has_served
    }

    /// Lets one hop say something.
    fn serve_hops(&mut self) -> bool {
        let ids: Vec<ConnectionId> = self.connections.keys().copied().collect();
        for id in ids {
            if !self.gateway.wants_octets(id) {
                continue;
            }
            let chunk = self.chunk;
            let Some((_, Some(hop))) = self.connections.get_mut(&id) else { continue };
            match hop.say(chunk) {
                None => continue,
                Some(Said::Octets(octets)) => {
                    self.gateway.handle(self.now, Input::Octets { id, octets: &octets }).expect("no misuse");
                }
                Some(Said::End(end)) => {
                    self.gateway.handle(self.now, Input::Closed { id, end }).expect("no misuse");
                }
            }
            return true;
        }
        false
    }

    /// Hands an input in that is the host's mistake.
    pub(crate) fn misuse(&mut self, input: Input<'_>) -> Misuse {
        self.gateway.handle(self.now, input).expect_err("misuse")
    }

    /// The only transaction that has ended.
    pub(crate) fn only_done(&self) -> &Done {
        assert_eq!(self.done.len(), 1, "{:#?}", self.done);
        &self.done[0]
    }
}
