//! Those with whom the gateway speaks: senders, and hosts that take mail.

use passerelle::gateway::{Client, Gateway, Listener};
use passerelle::tls::End;

use super::Simulation;
use crate::auditor::{Seen, Wrong};
use crate::channel::Arrival;
use crate::dice::Dice;
use crate::environment::gate::GateSession;
use crate::environment::hop::{Act, HopSession};
use crate::faults::Fault;
use crate::workload::sender::{Port, Session};
use crate::world::HOSTS;

impl Simulation {
    pub(super) fn sender(&mut self, index: usize) -> Result<bool, Wrong> {
        let now = self.now;
        let sender = &mut self.senders[index];
        let Some(session) = &sender.session else {
            if sender.is_done() || sender.next_try > now {
                return Ok(false);
            }
            return self.connect(index);
        };
        let link = session.link;
        let mut is_busy = false;
        while let Some(octets) = self.senders[index].act(now) {
            is_busy = true;
            let session = self.senders[index].session.as_ref().expect("it is there");
            let (secured, mail) = (session.secure.is_on(), session.mail());
            self.trace.says(now, mail, &format!("[{link}] client>"), &octets);
            self.see(Seen::FromClient { session: link, octets: &octets, secured })?;
        }
        if let Some(session) = &mut self.senders[index].session {
            let wire = session.secure.take();
            if !wire.is_empty() {
                is_busy = true;
                self.trace.octets(now, link, true, &wire);
                if let Some(own) = self.links.get_mut(&link)
                    && own.send_to_gateway(now, &wire)
                {
                    self.tally.add("cut: client connection");
                }
            }
        }
        let leaves = self.senders[index].session.as_ref().is_some_and(|session| session.leaves);
        if leaves {
            return self.leave(index, link);
        }
        while let Some(arrival) = self.links.get_mut(&link).and_then(|link| link.from_gateway.take(now)) {
            is_busy = true;
            match arrival {
                Arrival::Octets(octets) => {
                    let mails = self.mails.clone();
                    let sender = &mut self.senders[index];
                    let mail = sender.session.as_ref().and_then(Session::mail);
                    let secured = sender.session.as_ref().is_some_and(|session| session.secure.is_on());
                    let plain = sender.receive(now, &octets, &mails, &mut self.faults);
                    self.trace.says(now, mail, &format!("[{link}] client<"), &plain);
                    self.see(Seen::ToClient { session: link, octets: &plain, secured })?;
                }
                Arrival::End(_) => {
                    self.trace.tell(now, None, || format!("[{link}] client: the connection is over"));
                    return self.leave(index, link);
                }
            }
            // What it says to that comes first.
            if self.senders[index].session.as_ref().is_none_or(|session| session.leaves) {
                break;
            }
        }
        Ok(is_busy)
    }

    pub(super) fn connect(&mut self, index: usize) -> Result<bool, Wrong> {
        let now = self.now;
        if now < self.gate.down_until {
            self.senders[index].disconnected(now);
            return Ok(true);
        }
        let link = self.link(Fault::CutClient);
        let port = self.senders[index].port();
        let who = self.senders[index].who;
        self.senders[index].connected(link, port, now);
        self.see(Seen::ClientConnects { session: link })?;
        self.trace.tell(now, None, || format!("[{link}] {who:?} connects to {port:?}"));
        let listener = match port {
            Port::Smtp => Listener::Smtp,
            Port::Submission => Listener::Submission,
            Port::Submissions => Listener::Submissions,
        };
        let address = format!("{}:40000", who.address()).parse().ok();
        let local = "192.0.2.25:25".parse().ok();
        let entropy = self.dice.octets();
        let client = Client::new(address, local, listener);
        let (setup, time) = (self.gate.setup.clone(), self.now());
        let gateway = Gateway::new(setup, client, entropy, time);
        self.gate.sessions.insert(link, GateSession::new(gateway));
        self.drain(link)?;
        Ok(true)
    }

    pub(super) fn leave(&mut self, index: usize, link: u64) -> Result<bool, Wrong> {
        let now = self.now;
        self.senders[index].disconnected(now);
        self.see(Seen::ClientGone { session: link })?;
        if let Some(own) = self.links.get_mut(&link) {
            own.to_gateway.end(now, End::Orderly);
            own.from_gateway.end(now, End::Cut);
        }
        if let Some(session) = self.gate.sessions.get_mut(&link) {
            session.client_gone_at.get_or_insert(now);
        }
        Ok(true)
    }

    pub(super) fn hop(&mut self, link: u64) -> Result<bool, Wrong> {
        let now = self.now;
        let mut is_busy = false;
        loop {
            let Some(hop) = self.hops.get_mut(&link) else { return Ok(true) };
            let act = hop.act(now, &mut self.faults);
            let wire = hop.secure.take();
            let name = HOSTS[hop.host].name;
            let sent = self.links.get(&link).map_or(0, |link| link.to_gateway.sent());
            let upto = sent + wire.len() as u64;
            is_busy |= act.is_some() || !wire.is_empty();
            match &act {
                Some(Act::Said(text)) => {
                    let mail = self.mail_at(link);
                    self.trace.says(now, mail, &format!("[{link}] {name}>"), text.as_bytes());
                    self.see(Seen::FromHop { link, octets: text.as_bytes(), upto })?;
                }
                Some(Act::Close) => {
                    let mail = self.mail_at(link);
                    self.trace.tell(now, mail, || format!("[{link}] {name} closes"));
                }
                None if wire.is_empty() => break,
                None => {}
            }
            self.trace.octets(now, link, true, &wire);
            if let Some(own) = self.links.get_mut(&link) {
                if !wire.is_empty() && own.send_to_gateway(now, &wire) {
                    self.tally.add("cut: hop connection");
                }
                if act == Some(Act::Close) {
                    own.to_gateway.end(now, End::Orderly);
                }
            }
        }
        while let Some(arrival) = self.links.get_mut(&link).and_then(|link| link.from_gateway.take(now)) {
            is_busy = true;
            let Some(hop) = self.hops.get_mut(&link) else { break };
            match arrival {
                Arrival::Octets(octets) if !hop.is_over => {
                    let (secured, name) = (hop.secure.is_on(), HOSTS[hop.host].name);
                    let plain = hop.receive(now, &octets, &mut self.faults);
                    let mail = self.mail_at(link);
                    self.trace.says(now, mail, &format!("[{link}] {name}<"), &plain);
                    self.see(Seen::AtHop { link, octets: &plain, secured })?;
                }
                Arrival::Octets(_) => {}
                Arrival::End(_) => {
                    self.hops.remove(&link);
                    break;
                }
            }
        }
        Ok(is_busy)
    }

    pub(super) fn mail_at(&self, link: u64) -> Option<usize> {
        let has = |session: &GateSession| session.out.values().any(|out| out.link == Some(link));
        let session = self.gate.sessions.iter().find(|(_, session)| has(session));
        session.and_then(|(id, _)| self.mail_of(*id))
    }

    /// A connection to a host.
    pub(super) fn open(&mut self, session: u64, host: usize) -> Result<u64, Wrong> {
        let link = self.link(Fault::CutHop);
        let dice = Dice::new(self.dice.next());
        let hop = HopSession::new(host, dice, &mut self.faults, self.now);
        let shown = hop.shown;
        self.hops.insert(link, hop);
        self.see(Seen::HopConnects { link, session, host, shown })?;
        self.trace
            .tell(self.now, self.mail_of(session), || format!("[{session}] connects to {} [{link}]", HOSTS[host].name));
        Ok(link)
    }
}
