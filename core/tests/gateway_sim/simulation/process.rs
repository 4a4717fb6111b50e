//! The process in which the gateway runs: what it does for each session.

use passerelle::gateway::{ConnectionId, Event, Held, Hold, Input, Place};
use passerelle::tls::End;
use passerelle::{Machine, Output};

use super::{Simulation, memory_of};
use crate::auditor::{Seen, Verdict, Wrong, wrong};
use crate::channel::Arrival;
use crate::environment::connecting::connect;
use crate::environment::gate::{Due, Out};
use crate::faults::Fault;

impl Simulation {
    /// Hands an input to a session's machine.
    pub(super) fn hand(&mut self, id: u64, input: Input<'_>) -> Verdict {
        let now = self.now();
        let Some(session) = self.gate.sessions.get_mut(&id) else { return Ok(()) };
        let result = session.gateway.handle(now, input);
        if let Err(misuse) = result {
            return Err(wrong("misuse", self.mail_of(id), format!("session {id}: {misuse}")));
        }
        self.drain(id)
    }

    pub(super) fn session(&mut self, id: u64) -> Result<bool, Wrong> {
        let now = self.now;
        let mut is_busy = false;
        while let Some(session) = self.gate.sessions.get_mut(&id)
            && let Some(index) = session.due.iter().position(|(at, _)| *at <= now)
        {
            is_busy = true;
            let (_, due) = session.due.remove(index);
            self.due(id, due)?;
        }
        // The client's octets, while they are wanted; an end is behind them.
        while let Some(session) = self.gate.sessions.get_mut(&id)
            && !session.is_closed
            && session.gateway.wants_wire()
            && let Some(arrival) = self.links.get_mut(&id).and_then(|link| link.to_gateway.take(now))
        {
            is_busy = true;
            match arrival {
                Arrival::Octets(octets) => self.hand(id, Input::Wire(&octets))?,
                Arrival::End(end) => {
                    session.client_gone_at.get_or_insert(now);
                    self.hand(id, Input::End(end))?;
                }
            }
        }
        let Some(session) = self.gate.sessions.get(&id) else { return Ok(true) };
        let out: Vec<_> = session.out.iter().filter_map(|(own, out)| Some((*own, out.link?))).collect();
        for (own, link) in out {
            while self.gate.sessions.get(&id).is_some_and(|session| session.out.contains_key(&own))
                && let Some(arrival) = self.links.get_mut(&link).and_then(|link| link.to_gateway.take(now))
            {
                is_busy = true;
                self.hop_says(id, own, link, arrival)?;
            }
        }
        let Some(session) = self.gate.sessions.get_mut(&id) else { return Ok(true) };
        if session.wake.is_some_and(|at| at <= now) && !self.meddling.has_no_clock() {
            is_busy = true;
            session.wake = None;
            self.hand(id, Input::Tick)?;
        } else if session.wake.is_some_and(|at| at <= now) {
            session.wake = None;
        }
        if is_busy {
            self.calamities(id)?;
        }
        Ok(is_busy)
    }

    pub(super) fn hop_says(&mut self, id: u64, own: ConnectionId, link: u64, arrival: Arrival) -> Verdict {
        match arrival {
            Arrival::Octets(octets) => {
                let upto = self.links.get(&link).map_or(0, |link| link.to_gateway.taken());
                self.see(Seen::GatewayHas { link, upto })?;
                let octets = self.meddling.hears(link, octets);
                self.hand(id, Input::Octets { id: own, octets: &octets })
            }
            Arrival::End(end) => self.hand(id, Input::Closed { id: own, end }),
        }
    }

    pub(super) fn due(&mut self, id: u64, due: Due) -> Verdict {
        match due {
            Due::Answer(question_id, question, answer) => {
                self.see(Seen::Answered { session: id, question: &question, answer: &answer })?;
                self.trace.tell(self.now, self.mail_of(id), || format!("[{id}] {question:?}: {answer:?}"));
                self.hand(id, Input::Answer(question_id, answer))
            }
            Due::Connect(own, result) => {
                let Some(out) = self.gate.sessions.get(&id).and_then(|session| session.out.get(&own)) else {
                    return Ok(());
                };
                debug_assert!(out.link.is_none());
                match result {
                    Ok((address, host)) => {
                        let link = self.open(id, host)?;
                        if let Some(session) = self.gate.sessions.get_mut(&id)
                            && let Some(out) = session.out.get_mut(&own)
                        {
                            out.link = Some(link);
                        }
                        self.hand(id, Input::Connected { id: own, address })
                    }
                    Err(why) => self.hand(id, Input::NotConnected { id: own, why }),
                }
            }
            Due::Hold(hold) => self.hold(id, hold),
            Due::Store { head, from, octets } => {
                let is_kept = !self.faults.strikes(Fault::StoreFails);
                if is_kept && !self.meddling.stores_nothing() {
                    let Some(session) = self.gate.sessions.get(&id) else { return Ok(()) };
                    let rest = session.hold.octets();
                    let rest = rest.get(from as usize..(from + octets) as usize).unwrap_or_default();
                    let message = [&head[..], rest].concat();
                    self.see(Seen::Stored { session: id, message: &message })?;
                }
                self.hand(id, Input::Stored(is_kept))
            }
        }
    }

    fn hold(&mut self, id: u64, hold: Hold) -> Verdict {
        let now = self.now();
        let is_full = matches!(hold, Hold::Append(_)) && self.faults.strikes(Fault::Full);
        let is_lost = hold != Hold::Drop && self.faults.strikes(Fault::HoldLost);
        let Some(session) = self.gate.sessions.get_mut(&id) else { return Ok(()) };
        let held = match (is_full, is_lost) {
            (true, _) => Some(Held::Full),
            (_, true) => Some(Held::Lost),
            _ => session.hold.ask(hold, &mut self.gate.budget),
        };
        if held == Some(Held::Full) {
            self.tally.add("hold: full");
        }
        let result = held.map_or(Ok(()), |held| session.gateway.handle(now, Input::Held(held)));
        if let Err(misuse) = result {
            return Err(wrong("misuse", self.mail_of(id), format!("session {id}: {misuse}")));
        }
        let held = self.gate.budget.held();
        self.see(Seen::Held { held })?;
        self.drain(id)
    }

    /// Takes everything that a session's machine has to say.
    pub(super) fn drain(&mut self, id: u64) -> Verdict {
        loop {
            let Some(session) = self.gate.sessions.get_mut(&id) else { return Ok(()) };
            match session.gateway.poll() {
                Output::Transmit(octets) => {
                    self.trace.octets(self.now, id, false, &octets);
                    if let Some(link) = self.links.get_mut(&id)
                        && link.send_from_gateway(self.now, &octets)
                    {
                        self.tally.add("cut: client connection");
                    }
                }
                Output::Ask(question_id, question) => {
                    let (answer, delay) = self.dns.answer(&question, &mut self.faults);
                    session.due.push((self.now + delay, Due::Answer(question_id, question, answer)));
                }
                Output::Event(event) => self.event(id, event)?,
                Output::Idle { wake } => {
                    session.wake = wake.map(|at| at.0);
                    break;
                }
            }
        }
        let is_closed = self.gate.sessions.get(&id).is_some_and(|session| session.is_closed);
        if is_closed { self.over(id) } else { Ok(()) }
    }

    pub(super) fn event(&mut self, id: u64, event: Event) -> Verdict {
        let now = self.now;
        self.see(Seen::Event { session: id, event: &event })?;
        let time = self.now();
        let Some(session) = self.gate.sessions.get_mut(&id) else { return Ok(()) };
        match event {
            Event::Place { id: own, key } => {
                let key = self.meddling.place(key);
                let ticket = self.gate.places.ask(key, time);
                session.out.insert(own, Out { ticket: Some(ticket), ..Out::default() });
                self.gate.tickets.insert(ticket, (id, own));
                if self.faults.strikes(Fault::NoPlace) {
                    self.gate.places.close(ticket, time);
                    self.gate.tickets.remove(&ticket);
                    session.out.remove(&own);
                    self.hand(id, Input::Place(own, Place::None))?;
                }
                self.places()?;
            }
            Event::Connect { id: own, addresses, port, within, .. } => {
                let (result, delay) = connect(&addresses, port, within, &mut self.faults);
                session.out.entry(own).or_default();
                session.due.push((now + delay, Due::Connect(own, result)));
            }
            Event::Send { id: own, octets } => {
                let Some(link) = session.out.get(&own).and_then(|out| out.link) else {
                    return Err(wrong("misuse", self.mail_of(id), "octets for a connection that is not there"));
                };
                self.send(link, octets);
            }
            Event::Close { id: own } => {
                if let Some(out) = session.out.remove(&own) {
                    session.due.retain(|(_, due)| !matches!(due, Due::Connect(other, _) if *other == own));
                    if let Some(ticket) = out.ticket {
                        self.gate.tickets.remove(&ticket);
                        self.gate.places.close(ticket, time);
                    }
                    if let Some(link) = out.link {
                        self.meddle_at_end(id, link)?;
                        self.close(link);
                    }
                }
                self.places()?;
            }
            Event::Keep { id: own, connection } => {
                self.tally.add("hop: a connection is kept");
                let out = session.out.remove(&own);
                if let Some(Out { ticket: Some(ticket), link: Some(link), .. }) = out {
                    self.meddling.kept(connection.key());
                    self.gate.tickets.remove(&ticket);
                    self.gate.kept.insert(link, ticket);
                    self.gate.places.keep(ticket, connection, link, time);
                    self.meddle_at_end(id, link)?;
                }
                self.places()?;
            }
            Event::TlsFailed { key } => {
                self.tally.add("hop: TLS failed where it may");
                self.gate.places.tls_failed(&key, time);
            }
            Event::Hold(hold) => {
                let at = now + if self.faults.strikes(Fault::Slow) { 50 } else { 0 };
                // In their order: what is dropped stays dropped.
                let is_waiting = session.due.iter().any(|(_, due)| matches!(due, Due::Hold(_)));
                match hold {
                    Hold::Drop if !is_waiting => _ = session.hold.ask(hold, &mut self.gate.budget),
                    hold => session.due.push((at, Due::Hold(hold))),
                }
            }
            Event::Store { head, from, octets, .. } => {
                session.due.push((now + 5, Due::Store { head, from, octets }));
            }
            Event::Closed(_) => session.is_closed = true,
            Event::Attempt(_) => self.tally.add("hop: attempts"),
            Event::Charge(_) => self.tally.add("charges"),
            event => self.trace.tell(now, None, || format!("[{id}] {event:?}")),
        }
        Ok(())
    }

    /// A session is over.
    pub(super) fn over(&mut self, id: u64) -> Verdict {
        let Some(mut session) = self.gate.sessions.remove(&id) else { return Ok(()) };
        for (_, due) in session.due.drain(..) {
            if let Due::Hold(hold) = due {
                session.hold.ask(hold, &mut self.gate.budget);
            }
        }
        if let Some(link) = self.links.get_mut(&id) {
            link.from_gateway.end(self.now, End::Orderly);
        }
        let (connections, held) = (session.out.len(), session.hold.len() as u64);
        let memory = memory_of(session.gateway);
        self.see(Seen::Over { session: id, connections, held, memory })
    }
}
