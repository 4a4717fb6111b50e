//! The connections: places, hosts, what goes over the wire, time, and what follows where something fails.

use std::net::IpAddr;

use super::attempt::{Attempt, Reached};
use super::event::Event;
use super::message::Then;
use super::talk::{Aim, Talk};
use super::trouble::{Said, Trouble};
use super::{Line, Phase, Way};
use crate::gateway::places::{Kept, Place, PlaceKey, farewell};
use crate::gateway::{ConnectionId, NotConnected};
use crate::limits::{MAX_REOPENED, PARTING_PATIENCE};
use crate::machine::{Machine, Output};
use crate::route::policy::OnTlsFailure;
use crate::route::replies::Reason;
use crate::route::security::Encryption;
use crate::smtp::client::{self, Closed, Delivery, Ready, Stage};
use crate::time::Millis;
use crate::tls::{self, End, Failure, ResultType, Session};

/// Milliseconds that an address is given at least.
const LEAST_TRY: u64 = 1000;

impl Way {
    // --- To a host ---

    /// Goes to the next host, if there is something to say to one.
    pub(super) fn open(&mut self) {
        while self.wants_line() {
            let Some((hop, route)) = self.cursor.current(&self.plan) else { return self.exhausted() };
            let mut key = PlaceKey::of(hop, route, &self.setup);
            key.addresses = self.cursor.addresses(&self.plan);
            key.fresh = self.cursor.fresh;
            let has_no_login = hop.credentials.is_some() && self.setup.credentials_of(hop, route).is_none();
            let trouble = if key.addresses.is_empty() {
                Some(Trouble::NoConnection)
            } else if has_no_login {
                Some(Trouble::Authentication)
            } else if self.setup.tls_of(hop, route).is_none() {
                Some(self.no_tls())
            } else {
                None
            };
            if let Some(trouble) = trouble {
                self.skip(trouble);
                continue;
            }
            let (id, until) = (self.ids.next_id(), self.share(self.cursor.has_more(&self.plan)));
            self.line = Line::Waiting { id, key: Box::new(key.clone()), until };
            return self.event(Event::Place { id, key });
        }
    }

    /// The host is of no use.
    fn skip(&mut self, trouble: Trouble) {
        self.troubles.add(trouble);
        self.cursor.next_hop(&self.plan, self.troubles.are_temporary());
    }

    fn fail(&mut self, trouble: Trouble) {
        self.skip(trouble);
        self.open();
    }

    /// TLS is demanded and not had: the reply for that.
    fn no_tls(&self) -> Trouble {
        let Some((hop, route)) = self.cursor.current(&self.plan) else { return Trouble::NoConnection };
        let of_plan = self.plan.tls_failure.clone().filter(|_| !self.cursor.is_in_fallback());
        let bounces = route
            .and_then(|name| self.setup.policy.route(name))
            .is_some_and(|route| route.on_tls_failure == OnTlsFailure::Bounce);
        Trouble::Tls(of_plan.unwrap_or_else(|| match (hop.tls.requiretls, bounces) {
            (true, _) => Reason::RequireTls.reply(),
            (false, true) => Reason::TlsBounce.reply(),
            (false, false) => Reason::Tls.reply(),
        }))
    }

    /// By when there has to be an answer.
    fn deadline(&self) -> Option<Millis> {
        match self.phase {
            Phase::Growing => {
                self.members.iter().filter(|member| member.told.is_none()).map(|member| member.until).min()
            }
            Phase::Sending { .. } => self.deadline,
            Phase::Over => None,
        }
    }

    /// By when a host has to have answered, where others could be tried: it has half of the time that is left.
    pub(super) fn share(&self, has_more: bool) -> Option<Millis> {
        let left = self.left(self.deadline().filter(|_| has_more)?);
        Some(self.now.monotonic + left / 2)
    }

    fn left(&self, until: Millis) -> u64 {
        until.0.saturating_sub(self.now.monotonic.0)
    }

    pub(super) fn placed(&mut self, id: ConnectionId, place: Place) {
        let (key, until) = match std::mem::replace(&mut self.line, Line::None) {
            Line::Waiting { id: own, key, until } if own == id => (key, until),
            // It is not wanted any more.
            line => {
                self.line = line;
                return match place {
                    Place::Fresh { .. } => self.event(Event::Close { id }),
                    Place::Kept(connection) => self.event(Event::Keep { id, connection }),
                    Place::None => {}
                };
            }
        };
        let Some((hop, _)) = self.cursor.current(&self.plan) else { return self.event(Event::Close { id }) };
        match place {
            Place::Fresh { clear } => {
                let clear = (clear || self.cursor.clear) && key.may_be_clear();
                let addresses = key.addresses.clone();
                let span = until.or(self.deadline()).map_or(u64::MAX, |until| self.left(until));
                let each = (span / addresses.len().max(1) as u64).max(LEAST_TRY);
                let within = self.setup.policy.timeouts.connect.min(each);
                let (port, source) = (hop.port, hop.source);
                self.line = Line::Connecting { id, key, clear, until };
                self.event(Event::Connect { id, addresses, port, source, within });
            }
            Place::Kept(kept) if kept.key == *key => {
                let mut talk = Box::new(Talk::reuse(hop, id, *key, *kept));
                // Where only a new one would do, a dead one counts like a new one.
                (talk.is_kept, talk.until) = (!self.cursor.fresh, until);
                let then = self.begin(&mut talk);
                self.follow(talk, then);
            }
            // It is another's.
            Place::Kept(connection) => {
                self.event(Event::Keep { id, connection });
                self.cursor.fresh = true;
                self.open();
            }
            Place::None => self.fail(Trouble::NoPlace),
        }
    }

    pub(super) fn connected(&mut self, id: ConnectionId, address: IpAddr) {
        let (key, clear, until) = match std::mem::replace(&mut self.line, Line::None) {
            Line::Connecting { id: own, key, clear, until } if own == id => (key, clear, until),
            line => {
                self.line = line;
                // It is not wanted any more.
                if !self.has(id) {
                    self.event(Event::Close { id });
                }
                return;
            }
        };
        let Some((hop, route)) = self.cursor.current(&self.plan) else { return self.event(Event::Close { id }) };
        let is_last = key.addresses.last() == Some(&address);
        match Talk::open(&self.setup, (hop, route), (id, address, clear), *key, &self.ids, self.now) {
            Some(talk) => {
                let until = until.or_else(|| self.share(!is_last));
                self.go_on(Box::new(Talk { until, ..talk }));
            }
            None => {
                self.event(Event::Close { id });
                let trouble = self.no_tls();
                self.fail(trouble);
            }
        }
    }

    pub(super) fn not_connected(&mut self, id: ConnectionId, why: NotConnected) {
        match std::mem::replace(&mut self.line, Line::None) {
            Line::Connecting { id: own, .. } if own == id => {
                self.event(Event::Close { id });
                self.attempt(None, Reached::NotConnected(why), None);
                self.fail(Trouble::NoConnection);
            }
            line => self.line = line,
        }
    }

    pub(super) fn octets(&mut self, id: ConnectionId, octets: &[u8]) {
        let Some((mut talk, is_parting)) = self.take(id) else { return };
        // What comes behind the end is nobody's.
        if talk.layer.wants_wire() {
            let read = talk.layer.handle(self.now, tls::Input::Wire(octets));
            debug_assert!(read.is_ok(), "{read:?}");
        }
        if is_parting { self.parted(talk) } else { self.go_on(talk) }
    }

    pub(super) fn closed(&mut self, id: ConnectionId, end: End) {
        if matches!(self.line, Line::Connecting { id: own, .. } if own == id) {
            return self.not_connected(id, NotConnected::Refused);
        }
        let Some((mut talk, is_parting)) = self.take(id) else { return };
        // Said twice, it is the same end.
        let _ = talk.layer.handle(self.now, tls::Input::End(end));
        if is_parting { self.parted(talk) } else { self.go_on(talk) }
    }

    /// The conversation over this connection, and whether it is one that is only put in order.
    fn take(&mut self, id: ConnectionId) -> Option<(Box<Talk>, bool)> {
        if let Some(index) = self.parting.iter().position(|talk| talk.id == id) {
            return Some((Box::new(self.parting.remove(index)), true));
        }
        match std::mem::replace(&mut self.line, Line::None) {
            Line::Talking(talk) if talk.id == id => Some((talk, false)),
            line => {
                self.line = line;
                None
            }
        }
    }

    // --- The conversation ---

    /// Goes on with a conversation, until the host has to say something.
    pub(super) fn go_on(&mut self, mut talk: Box<Talk>) {
        loop {
            let then = match self.drain(&mut talk) {
                Then::Stay => self.settle(&mut talk),
                then => then,
            };
            if !matches!(then, Then::Again) {
                return self.follow(talk, then);
            }
        }
    }

    fn follow(&mut self, mut talk: Box<Talk>, then: Then) {
        match then {
            Then::Again => self.go_on(talk),
            Then::Stay if talk.is_unsaid => self.go_on(talk),
            Then::Stay => {
                self.be_patient(&mut talk);
                self.line = Line::Talking(talk);
            }
            Then::Leave(trouble) => {
                self.part(talk);
                self.fail(trouble);
            }
            Then::Anew => {
                self.part(talk);
                self.cursor.fresh = true;
                self.open();
            }
            Then::Broken => self.broken(talk),
            Then::Done => self.part(talk),
        }
    }

    /// Takes what the machine has to say.
    pub(super) fn drain(&mut self, talk: &mut Talk) -> Then {
        while let Some(output) = talk.poll() {
            let then = match output {
                Output::Transmit(octets) => self.send(talk.id, octets),
                Output::Event(tls::Event::Secured(session)) => self.secured(talk, &session),
                Output::Event(tls::Event::Failed(failure)) => {
                    talk.failure = Some(failure);
                    Then::Stay
                }
                Output::Event(tls::Event::Inner(event)) => self.said(talk, event),
                Output::Ask(..) | Output::Idle { .. } => Then::Stay,
            };
            if !matches!(then, Then::Stay) {
                return then;
            }
        }
        Then::Stay
    }

    fn said(&mut self, talk: &mut Talk, event: client::Event) -> Then {
        match event {
            client::Event::Sent(outcome) => talk.sent = Some(outcome),
            client::Event::Closed(why) => talk.closed = Some(why),
            client::Event::Ready(ready) if talk.aim == Aim::Opening => return self.ready(talk, ready),
            client::Event::Rcpt { index, delivery } if talk.aim == Aim::Recipients => {
                // The next recipient has its own time, but where all of them have one.
                if matches!(self.phase, Phase::Growing) {
                    talk.until = None;
                }
                return self.rcpt_answered(talk, index, *delivery);
            }
            client::Event::WantsContent if talk.aim == Aim::Data => self.content_wanted(talk),
            _ => {}
        }
        Then::Stay
    }

    fn secured(&mut self, talk: &mut Talk, session: &Session) -> Then {
        talk.is_told = true;
        let problem = talk.layer.facts().and_then(|facts| facts.problem);
        let reached = Reached::Secured { version: session.version, verified: session.verified };
        self.attempt(Some(talk.address), reached, problem);
        Then::Stay
    }

    fn ready(&mut self, talk: &mut Talk, ready: Box<Ready>) -> Then {
        talk.ready = Some(ready);
        if !std::mem::replace(&mut talk.is_told, true) {
            let encryption = self.cursor.current(&self.plan).map(|(hop, _)| hop.tls.encryption);
            // Where TLS has just failed, that was told.
            let failure = (encryption == Some(Encryption::May) && !talk.is_clear).then(Failure::starttls_not_supported);
            self.attempt(Some(talk.address), Reached::Clear, failure);
        }
        self.begin(talk)
    }

    /// What follows when everything was taken that the machine had to say.
    fn settle(&mut self, talk: &mut Talk) -> Then {
        if let Some(sent) = talk.sent.take() {
            let is_over = talk.closed.is_some();
            match talk.aim {
                Aim::Restarting if !is_over => {
                    return match self.begin(talk) {
                        Then::Stay => Then::Again,
                        then => then,
                    };
                }
                // The connection had been kept, and nothing of the message has gone over it.
                Aim::Data if is_over && talk.is_kept => return Then::Anew,
                Aim::Data | Aim::Content => {
                    let then = self.sent(talk, sent);
                    if !matches!(then, Then::Stay) {
                        return then;
                    }
                }
                Aim::Opening | Aim::Recipients | Aim::Restarting | Aim::Parting => {}
            }
        }
        if matches!(self.phase, Phase::Over) {
            Then::Done
        } else if talk.closed.is_some() {
            Then::Broken
        } else if talk.aim == Aim::Recipients && talk.all_answered() {
            self.decide(talk)
        } else {
            Then::Stay
        }
    }

    /// The connection is over, and the message is not.
    fn broken(&mut self, mut talk: Box<Talk>) {
        let Some(why) = talk.closed.clone() else { return self.part(talk) };
        let (address, key) = (talk.address, talk.key.clone());
        let (is_kept, is_clear, is_told, aim) = (talk.is_kept, talk.is_clear, talk.is_told, talk.aim);
        // The server's word on our handshake may come behind its end (RFC 8446 §4.4.4).
        let is_late = matches!(why, Closed::Lost { stage: Stage::Hello, end: End::TlsFailed });
        let failure = talk.failure.take().or_else(|| without_tls(&why)).filter(|_| !is_told || is_late);
        let host = talk.host.clone();
        self.hang_up(talk);
        if !is_told {
            let reached = if failure.is_some() { Reached::TlsFailed } else { Reached::Connected };
            self.attempt(Some(address), reached, failure.clone());
        }
        if is_kept {
            self.cursor.fresh = true;
            return self.open();
        }
        if failure.is_some() {
            if key.may_be_clear() && !is_clear {
                self.event(Event::TlsFailed { key });
                self.cursor.stay_at(&self.plan, address);
                (self.cursor.clear, self.cursor.fresh) = (true, true);
                return self.open();
            }
            let trouble = self.no_tls();
            return self.fail(trouble);
        }
        match why {
            // It has waited for us, and no longer.
            Closed::ShuttingDown { stage: Stage::Idle, .. } | Closed::Lost { stage: Stage::Idle, .. }
                if aim == Aim::Recipients && self.cursor.reopened < MAX_REOPENED =>
            {
                self.cursor.reopened += 1;
                self.cursor.stay_at(&self.plan, address);
                self.cursor.fresh = true;
                self.open();
            }
            Closed::ShuttingDown { stage: stage @ (Stage::Mail | Stage::Rcpt | Stage::Data), reply } => {
                let delivery = Delivery::Refused { stage, reply };
                self.fail(Trouble::Said(Said::by(&host, delivery)));
            }
            Closed::Authentication(_) => self.fail(Trouble::Authentication),
            Closed::Lost { .. } | Closed::TimedOut { .. } | Closed::SessionTooLong { .. } | Closed::Protocol { .. } => {
                self.troubles.add(Trouble::NoConnection);
                self.cursor.next_address(&self.plan, address, self.troubles.are_temporary());
                self.open();
            }
            _ => self.fail(Trouble::NoConnection),
        }
    }

    // --- The end of a conversation ---

    /// The message has nothing to say here any more: RSET, where that is possible, and then the connection is kept or closed.
    pub(super) fn part(&mut self, mut talk: Box<Talk>) {
        (talk.until, talk.patience) = (None, None);
        let is_open = matches!(talk.aim, Aim::Recipients | Aim::Data | Aim::Content);
        if is_open && !talk.is_ready() && talk.closed.is_none() {
            talk.say(self.now, client::Input::Abort);
        }
        let was_opening = talk.aim == Aim::Opening;
        talk.aim = Aim::Parting;
        if was_opening && !talk.is_ready() {
            return self.hang_up(talk);
        }
        talk.patience = Some(self.now.monotonic + PARTING_PATIENCE);
        self.parted(talk);
    }

    fn parted(&mut self, mut talk: Box<Talk>) {
        self.drain(&mut talk);
        if talk.closed.is_some() {
            self.hang_up(talk);
        } else if talk.is_ready() {
            self.release(talk);
        } else {
            self.parting.push(*talk);
        }
    }

    fn release(&mut self, talk: Box<Talk>) {
        if !talk.can_go_on() {
            return self.hang_up(talk);
        }
        let Talk { id, key, address, layer, ready, messages, .. } = *talk;
        if let Some(ready) = ready {
            self.event(Event::Keep { id, connection: Box::new(Kept { key, address, layer, ready, messages }) });
        }
    }

    /// Closes a connection, with QUIT where it can be said.
    pub(super) fn hang_up(&mut self, mut talk: Box<Talk>) {
        talk.aim = Aim::Parting;
        self.drain(&mut talk);
        let last = farewell(&mut talk.layer, self.now);
        self.send(talk.id, last);
        self.event(Event::Close { id: talk.id });
    }

    /// Gives up the connection that is used, whatever its state.
    pub(super) fn drop_line(&mut self) {
        match std::mem::replace(&mut self.line, Line::None) {
            Line::None => {}
            Line::Waiting { id, .. } | Line::Connecting { id, .. } => self.event(Event::Close { id }),
            Line::Talking(talk) => self.hang_up(talk),
        }
    }

    fn send(&mut self, id: ConnectionId, octets: Vec<u8>) -> Then {
        self.unpolled += octets.len();
        match self.events.back_mut() {
            _ if octets.is_empty() => {}
            Some(Event::Send { id: last, octets: before }) if *last == id => before.extend(octets),
            _ => self.events.push_back(Event::Send { id, octets }),
        }
        Then::Stay
    }

    fn attempt(&mut self, address: Option<IpAddr>, reached: Reached, failure: Option<Failure>) {
        let Some((hop, route)) = self.cursor.current(&self.plan) else { return };
        let attempt = Attempt::new(hop, route, address, self.now.unix, reached).because_of(failure);
        self.event(Event::Attempt(Box::new(attempt)));
    }

    // --- Time ---

    pub(super) fn tick(&mut self) {
        for id in self.talks() {
            let Some((mut talk, is_parting)) = self.take(id) else { continue };
            let _ = talk.layer.handle(self.now, tls::Input::Tick);
            if is_parting { self.parted(talk) } else { self.go_on(talk) }
        }
    }

    fn talks(&self) -> Vec<ConnectionId> {
        let talking = match &self.line {
            Line::Talking(talk) => Some(talk.id),
            _ => None,
        };
        talking.into_iter().chain(self.parting.iter().map(|talk| talk.id)).collect()
    }

    pub(super) fn wake(&self) -> Option<Millis> {
        let line = match &self.line {
            Line::None => None,
            Line::Waiting { until, .. } | Line::Connecting { until, .. } => *until,
            Line::Talking(talk) => talk.next_wake(),
        };
        let parting = self.parting.iter().filter_map(|talk| talk.next_wake());
        parting.chain(line).chain(self.deadline()).min()
    }

    /// Does what is due.
    pub(super) fn expire(&mut self) {
        let now = self.now.monotonic;
        let is_due = |moment: Option<Millis>| moment.is_some_and(|moment| moment <= now);
        let due: Vec<ConnectionId> =
            self.parting.iter().filter(|talk| is_due(talk.patience)).map(|talk| talk.id).collect();
        for id in due {
            if let Some((talk, _)) = self.take(id) {
                self.hang_up(talk);
            }
        }
        if is_due(self.deadline()) {
            return self.out_of_time();
        }
        let (share, patience) = match &self.line {
            Line::Waiting { until, .. } | Line::Connecting { until, .. } => (*until, None),
            Line::Talking(talk) => (talk.until, talk.patience),
            Line::None => (None, None),
        };
        if is_due(share) {
            self.too_slow();
        } else if is_due(patience) {
            // The host that waits for us is left before it leaves us, and opened again when there is something to say.
            if let Line::Talking(talk) = &self.line {
                self.cursor.stay_at(&self.plan, talk.address);
            }
            self.drop_line();
        }
    }

    /// The time for an answer is up, whatever host is tried.
    fn out_of_time(&mut self) {
        let now = self.now.monotonic;
        if matches!(self.phase, Phase::Sending { .. }) {
            let unconfirmed = self.take_back(Closed::TimedOut { stage: Stage::EndOfData });
            let said = unconfirmed.unwrap_or_else(|| self.troubles.verdict());
            return self.conclude(said, false);
        }
        self.spend_line();
        let said = self.troubles.verdict();
        for index in 0..self.members.len() {
            if self.members.get(index).is_some_and(|member| member.told.is_none() && member.until <= now) {
                self.tell(index, said.clone());
            }
        }
        self.open();
    }

    /// A host has used up its share of the time, and there are others.
    fn too_slow(&mut self) {
        self.spend_line();
        self.open();
    }

    /// Gives up the connection that is used, and does not come back to its address.
    fn spend_line(&mut self) {
        let (trouble, address) = match &self.line {
            Line::None => return,
            Line::Waiting { .. } => (Trouble::NoPlace, None),
            Line::Connecting { .. } => {
                self.attempt(None, Reached::NotConnected(NotConnected::TimedOut), None);
                (Trouble::NoConnection, None)
            }
            Line::Talking(talk) => {
                let address = talk.address;
                if !talk.is_told {
                    self.attempt(Some(address), Reached::Connected, None);
                }
                (Trouble::NoConnection, Some(address))
            }
        };
        self.drop_line();
        self.troubles.add(trouble);
        let may_fall_back = self.troubles.are_temporary();
        match address {
            Some(address) => self.cursor.next_address(&self.plan, address, may_fall_back),
            None => self.cursor.next_hop(&self.plan, may_fall_back),
        }
    }
}

/// Why there is no TLS where a conversation ended for that.
fn without_tls(why: &Closed) -> Option<Failure> {
    match why {
        Closed::NoStartTls => Some(Failure::starttls_not_supported()),
        Closed::Refused { stage: Stage::StartTls, .. } => Some(Failure::new(
            ResultType::StarttlsNotSupported,
            "the server offers STARTTLS and refuses it",
            "The operator of the server has to look at its TLS set-up.",
        )),
        Closed::Lost { stage: Stage::Handshake, .. } | Closed::TimedOut { stage: Stage::Handshake } => {
            Some(Failure::new(
                ResultType::ValidationFailure,
                "the handshake was not finished",
                "Look at the server's log for the same moment, or for a firewall in between.",
            ))
        }
        _ => None,
    }
}
