//! Places at destinations, and connections that are kept for the next message: of the process as a whole, in the host's hands.
//!
//! [`Places`] is a plain struct; a host with threads puts it behind a mutex. `S` is whatever the host needs to go on with a
//! connection: its socket, or the task that has it.
//!
//! What a session asks by [`Event::Place`](super::Event::Place) goes to [`ask`](Places::ask), which gives a [`Ticket`]; the answer
//! comes from [`poll`](Places::poll), at once or when somebody else has given a place back. The ticket then stands for the place, until
//! [`close`](Places::close) gives it back ([`Event::Close`](super::Event::Close)) or [`keep`](Places::keep) gives it back with its
//! connection ([`Event::Keep`](super::Event::Keep)). A kept connection has its ticket still: what comes over it while it is idle is
//! told by [`lost`](Places::lost).

mod kept;
mod key;

use std::collections::{BTreeMap, VecDeque};

pub use kept::Kept;
pub use key::PlaceKey;

pub(super) use kept::farewell;

use crate::limits::{KEPT_IDLE, MAX_KEPT_CONNECTIONS, MAX_TLS_FAILURES};
use crate::route::policy::Policy;
use crate::time::{Millis, Now};

/// The answer to [`Event::Place`](super::Event::Place).
#[derive(Debug)]
#[non_exhaustive]
pub enum Place {
    /// There is a place for another connection.
    Fresh {
        /// TLS has failed there not long ago, and clear text will do: so it is clear text.
        clear: bool,
    },
    /// This connection is free. The host gives its socket the number of the place.
    Kept(Box<Kept>),
    /// There is none within `[capacity] wait`.
    None,
}

/// A place that is asked for, had, or kept with its connection. No number is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What [`Places`] have to say.
#[derive(Debug)]
#[non_exhaustive]
pub enum Told<S> {
    /// The answer to [`Places::ask`].
    Place {
        /// Who asked.
        ticket: Ticket,
        /// The answer. After [`Place::None`] the ticket is spent.
        place: Place,
        /// With [`Place::Kept`]: the socket.
        socket: Option<S>,
    },
    /// A connection is not kept any longer: the host writes its [farewell](Kept::farewell) and closes the socket.
    Leave {
        /// The connection.
        connection: Box<Kept>,
        /// Its socket.
        socket: S,
    },
}

/// How many places there are, and for how long things last: of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// Connections to one destination, idle ones included; one at least.
    pub per_destination: usize,
    /// Milliseconds for which a place is waited for.
    pub wait: u64,
    /// Milliseconds for which a connection is kept.
    pub idle: u64,
    /// Milliseconds for which it is remembered that TLS failed.
    pub tls_failure: u64,
}

impl Terms {
    /// Those of a policy. Connections are kept for [`KEPT_IDLE`] at most.
    pub fn of(policy: &Policy) -> Self {
        Self {
            per_destination: usize::try_from(policy.capacity.per_destination).unwrap_or(usize::MAX).max(1),
            wait: policy.capacity.wait,
            idle: policy.timeouts.idle.min(KEPT_IDLE),
            tls_failure: policy.timeouts.tls_failure,
        }
    }
}

type At = (String, u16);

/// The places at all destinations, who waits for one, and the connections that are kept.
///
/// Who waits holds up nobody at other destinations, and at one destination places are given in the order in which they were asked
/// for.
#[derive(Debug)]
pub struct Places<S> {
    terms: Terms,
    destinations: BTreeMap<At, Destination<S>>,
    /// Where each ticket belongs that is not spent.
    tickets: BTreeMap<Ticket, At>,
    /// Where TLS has failed, and until when that is remembered.
    tls_failures: BTreeMap<At, Millis>,
    idle: usize,
    next: u64,
    told: VecDeque<Told<S>>,
}

#[derive(Debug)]
struct Destination<S> {
    in_use: usize,
    /// Connections that are kept, the one that has waited longest first.
    idle: VecDeque<Idle<S>>,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Idle<S> {
    ticket: Ticket,
    connection: Box<Kept>,
    socket: S,
    until: Millis,
}

#[derive(Debug)]
struct Waiting {
    ticket: Ticket,
    key: PlaceKey,
    until: Millis,
}

impl<S> Default for Destination<S> {
    fn default() -> Self {
        Self { in_use: 0, idle: VecDeque::new(), waiting: VecDeque::new() }
    }
}

impl<S> Places<S> {
    /// All places are free.
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            destinations: BTreeMap::new(),
            tickets: BTreeMap::new(),
            tls_failures: BTreeMap::new(),
            idle: 0,
            next: 0,
            told: VecDeque::new(),
        }
    }

    /// Asks for a place. [`poll`](Self::poll) has the answer, at once or after `[capacity] wait` at the latest.
    pub fn ask(&mut self, key: PlaceKey, now: Now) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        let at = key.destination();
        let until = now.monotonic + self.terms.wait;
        self.tickets.insert(ticket, at.clone());
        self.destinations.entry(at.clone()).or_default().waiting.push_back(Waiting { ticket, key, until });
        self.grant(&at, now);
        ticket
    }

    /// Gives a place back, or waits for it no more.
    pub fn close(&mut self, ticket: Ticket, now: Now) {
        if self.lost(ticket, now).is_some() {
            return;
        }
        let Some(at) = self.tickets.remove(&ticket) else { return };
        if let Some(destination) = self.destinations.get_mut(&at) {
            let waiting = destination.waiting.len();
            destination.waiting.retain(|waiting| waiting.ticket != ticket);
            if destination.waiting.len() == waiting {
                destination.in_use = destination.in_use.saturating_sub(1);
            }
        }
        self.grant(&at, now);
    }

    /// Gives a place back with its connection, for the next message. Who waits for a place there gets it.
    pub fn keep(&mut self, ticket: Ticket, connection: Box<Kept>, socket: S, now: Now) {
        let until = now.monotonic + self.terms.idle;
        let Some(at) = self.tickets.get(&ticket).cloned() else {
            self.told.push_back(Told::Leave { connection, socket });
            return;
        };
        let destination = self.destinations.entry(at.clone()).or_default();
        destination.in_use = destination.in_use.saturating_sub(1);
        destination.idle.push_back(Idle { ticket, connection, socket, until });
        self.idle += 1;
        self.grant(&at, now);
        if self.idle > MAX_KEPT_CONNECTIONS {
            self.leave_oldest();
        }
    }

    /// A connection that is kept has ended, or octets came over it: nothing that a server says to nobody is of use, and 421 is an
    /// end (RFC 5321 §3.8). It is handed back, to be closed; `None` where it is not kept any more, and whatever came belongs to
    /// the session that has it.
    pub fn lost(&mut self, ticket: Ticket, now: Now) -> Option<(Box<Kept>, S)> {
        let at = self.tickets.get(&ticket)?.clone();
        let destination = self.destinations.get_mut(&at)?;
        let index = destination.idle.iter().position(|idle| idle.ticket == ticket)?;
        let idle = destination.idle.remove(index)?;
        self.tickets.remove(&ticket);
        self.idle -= 1;
        self.grant(&at, now);
        Some((idle.connection, idle.socket))
    }

    /// TLS has failed at this destination, where clear text will do ([`Event::TlsFailed`](super::Event::TlsFailed)): for
    /// `[timeouts] tls_failure` it is not tried again.
    pub fn tls_failed(&mut self, key: &PlaceKey, now: Now) {
        self.tls_failures.retain(|_, until| *until > now.monotonic);
        if self.tls_failures.len() >= MAX_TLS_FAILURES
            && let Some(at) = self.tls_failures.iter().min_by_key(|(_, until)| **until).map(|(at, _)| at.clone())
        {
            self.tls_failures.remove(&at);
        }
        self.tls_failures.insert(key.destination(), now.monotonic + self.terms.tls_failure);
    }

    /// The policy has changed. Connections that are kept were made under the old one, and are left.
    pub fn renew(&mut self, terms: Terms, now: Now) {
        self.terms = terms;
        self.tls_failures.clear();
        for at in self.destinations.keys().cloned().collect::<Vec<_>>() {
            while self.leave(&at) {}
            self.grant(&at, now);
        }
    }

    /// The host stops: all connections that are kept are left.
    pub fn leave_all(&mut self) {
        for at in self.destinations.keys().cloned().collect::<Vec<_>>() {
            while self.leave(&at) {}
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Now) {
        for at in self.destinations.keys().cloned().collect::<Vec<_>>() {
            self.grant(&at, now);
        }
        self.tls_failures.retain(|_, until| *until > now.monotonic);
    }

    /// When [`tick`](Self::tick) is to be called next.
    pub fn wake(&self) -> Option<Millis> {
        let of = |destination: &Destination<S>| {
            let waiting = destination.waiting.iter().map(|waiting| waiting.until);
            waiting.chain(destination.idle.iter().map(|idle| idle.until)).min()
        };
        self.destinations.values().filter_map(of).min()
    }

    /// What there is to say. To be called after every other call until there is nothing.
    pub fn poll(&mut self) -> Option<Told<S>> {
        self.told.pop_front()
    }

    /// Connections that are kept.
    pub fn idle(&self) -> usize {
        self.idle
    }

    /// Places in use at a destination, those of kept connections aside.
    pub fn in_use(&self, key: &PlaceKey) -> usize {
        self.destinations.get(&key.destination()).map_or(0, |destination| destination.in_use)
    }

    /// Leaves connections whose time is up, and gives the places that there are to those who wait, in their order.
    fn grant(&mut self, at: &At, now: Now) {
        let is_over = |until: &Millis| *until <= now.monotonic;
        while self.destinations.get(at).and_then(|there| there.idle.front()).is_some_and(|idle| is_over(&idle.until)) {
            self.leave(at);
        }
        loop {
            let Some(there) = self.destinations.get_mut(at) else { return };
            let Some(first) = there.waiting.front() else { break };
            let fitting =
                there.idle.iter().rposition(|idle| first.key.fits(&idle.connection.key, idle.connection.address));
            let is_full = there.in_use + there.idle.len() >= self.terms.per_destination;
            if is_over(&first.until) {
                if let Some(Waiting { ticket, .. }) = there.waiting.pop_front() {
                    self.tickets.remove(&ticket);
                    self.told.push_back(Told::Place { ticket, place: Place::None, socket: None });
                }
            } else if let Some(idle) = fitting.and_then(|index| there.idle.remove(index)) {
                self.idle -= 1;
                there.in_use += 1;
                self.tickets.remove(&idle.ticket);
                if let Some(Waiting { ticket, .. }) = there.waiting.pop_front() {
                    let (place, socket) = (Place::Kept(idle.connection), Some(idle.socket));
                    self.told.push_back(Told::Place { ticket, place, socket });
                }
            } else if !is_full {
                there.in_use += 1;
                if let Some(Waiting { ticket, key, .. }) = there.waiting.pop_front() {
                    let has_failed = self.tls_failures.get(at).is_some_and(|until| !is_over(until));
                    let place = Place::Fresh { clear: has_failed && key.may_be_clear() };
                    self.told.push_back(Told::Place { ticket, place, socket: None });
                }
            } else if !self.leave(at) {
                break;
            }
        }
        if self.destinations.get(at).is_some_and(Destination::is_empty) {
            self.destinations.remove(at);
        }
    }

    /// Leaves the connection at a destination that has waited longest.
    fn leave(&mut self, at: &At) -> bool {
        let Some(idle) = self.destinations.get_mut(at).and_then(|there| there.idle.pop_front()) else { return false };
        self.idle -= 1;
        self.tickets.remove(&idle.ticket);
        self.told.push_back(Told::Leave { connection: idle.connection, socket: idle.socket });
        true
    }

    fn leave_oldest(&mut self) {
        let oldest = self.destinations.iter().filter_map(|(at, there)| Some((there.idle.front()?.until, at)));
        if let Some(at) = oldest.min().map(|(_, at)| at.clone()) {
            self.leave(&at);
        }
    }
}

impl<S> Destination<S> {
    fn is_empty(&self) -> bool {
        self.in_use == 0 && self.idle.is_empty() && self.waiting.is_empty()
    }
}
