//! The ways out that are under way: that of the transaction, and those that still have a connection to put in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::context::Context;
use crate::gateway::replies::{ours, refusal, said};
use crate::gateway::way::{self, Plan, Way};
use crate::gateway::{ConnectionId, Event, Setup, Taken};
use crate::machine::{Machine, Misuse, Output};
use crate::mailbox::{ForwardPath, Mailbox};
use crate::route::replies::Reason;
use crate::smtp::Reply;
use crate::smtp::client::Delivery;
use crate::time::{Millis, Now};

/// Which way is meant. They are numbered within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WayId(u64);

/// The ways of a session.
#[derive(Debug, Default)]
pub(super) struct Ways {
    ways: BTreeMap<WayId, Way>,
    /// Which way has which connection.
    owners: BTreeMap<ConnectionId, WayId>,
    opened: u64,
    wake: Option<Millis>,
}

/// What a way tells the transaction.
#[derive(Debug)]
pub(super) enum Told {
    /// What was said to RCPT.
    Rcpt(Word),
    /// A host waits for the content, from this octet on.
    WantsContent(u64),
    /// What became of the message, recipient by recipient.
    Sent(Sent),
}

/// What became of a message on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) words: Vec<(ForwardPath, Word)>,
    /// Whether a host may have it without having said so.
    pub(super) unconfirmed: bool,
}

impl Sent {
    /// The word on a recipient: its own, or that on the others where a rule has put them in its place.
    pub(super) fn word(&self, mailbox: &Mailbox) -> Option<&Word> {
        let own = |(to, _): &&(ForwardPath, Word)| *to == ForwardPath::Mailbox(mailbox.clone());
        let word = self.words.iter().find(own).map(|(_, word)| word);
        word.or_else(|| self.words.iter().map(|(_, word)| word).find(|word| !word.is_accepted()))
            .or_else(|| self.words.first().map(|(_, word)| word))
    }
}

/// What was said of a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) taken: Taken,
    /// The host that said it; without one it is ours.
    pub(super) host: Option<String>,
    /// As the client gets it.
    pub(super) reply: Reply,
}

impl Word {
    fn of(delivery: &Delivery, host: Option<&str>) -> Self {
        let in_words = |reply: &Reply| match host {
            Some(host) => said(host, reply),
            None => refusal(reply.clone()),
        };
        let (taken, reply) = match delivery {
            Delivery::Accepted(reply) => (Taken::Accepted, in_words(reply)),
            Delivery::Unconfirmed(_) => (Taken::Unconfirmed, ours(Reason::Unconfirmed)),
            Delivery::NotSent(_) => (Taken::Deferred, ours(Reason::NoConnection)),
            refused => match (refused.reply().map(in_words), refused.is_temporary()) {
                // 552 may say that there are too many recipients (RFC 5321 §4.5.3.1.10).
                (Some(reply), true) if reply.code >= 500 => {
                    let code = if reply.code == 552 { 452 } else { 451 };
                    let enhanced = reply.enhanced.map(|enhanced| crate::smtp::EnhancedCode { class: 4, ..enhanced });
                    (Taken::Deferred, Reply { code, enhanced, ..reply })
                }
                (Some(reply), _) if reply.code / 100 == 5 => (Taken::Refused, reply),
                (Some(reply), _) => (Taken::Deferred, reply),
                (None, _) => (Taken::Deferred, ours(Reason::NoConnection)),
            },
        };
        Self { taken, host: host.map(str::to_owned), reply }
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.taken == Taken::Accepted
    }
}

impl Ways {
    /// Opens a way; nothing is connected to before somebody is to be asked of.
    pub(super) fn open(&mut self, cx: &mut Context, setup: &Arc<Setup>, plan: Plan) -> WayId {
        let id = WayId(self.opened);
        self.opened += 1;
        self.ways.insert(id, Way::new(Arc::clone(setup), plan, &mut cx.ids, cx.now));
        id
    }

    /// Says something to a way. What it is not in order for, it does not take: it is over then, and has said so.
    pub(super) fn say(&mut self, cx: &mut Context, id: WayId, input: way::Input<'_>) {
        if let Some(way) = self.ways.get_mut(&id) {
            let said = way.handle(cx.now, input);
            debug_assert!(said.is_ok(), "{said:?}");
        }
    }

    pub(super) fn wants_content(&self, id: WayId) -> bool {
        self.ways.get(&id).is_some_and(Way::wants_content)
    }

    /// Whether octets of a hop are wanted now.
    pub(super) fn wants_octets(&self, id: ConnectionId) -> bool {
        let owner = self.owners.get(&id).and_then(|owner| self.ways.get(owner));
        owner.is_some_and(|way| way.wants_octets(id))
    }

    /// Hands an input to the way that has the connection. One that is over takes no notice: the host may not know yet.
    pub(super) fn connection(&mut self, now: Now, id: ConnectionId, input: way::Input<'_>) -> Result<(), Misuse> {
        match self.owners.get(&id).and_then(|owner| self.ways.get_mut(owner)) {
            Some(way) => way.handle(now, input),
            None => Ok(()),
        }
    }

    pub(super) fn tick(&mut self, now: Now) {
        for way in self.ways.values_mut() {
            let _ = way.handle(now, way::Input::Tick);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ways.is_empty()
    }

    pub(super) fn wake(&self) -> Option<Millis> {
        self.wake
    }

    /// What a way has to tell the transaction; what it asks of the host goes out.
    pub(super) fn poll(&mut self, cx: &mut Context) -> Option<(WayId, Told)> {
        self.wake = None;
        let mut over = Vec::new();
        let mut told = None;
        for (id, way) in &mut self.ways {
            told = loop {
                let event = match way.poll() {
                    Output::Event(event) => event,
                    Output::Idle { wake } => {
                        self.wake = self.wake.into_iter().chain(wake).min();
                        break None;
                    }
                    // A way speaks by events, and asks nothing.
                    Output::Transmit(_) | Output::Ask(..) => continue,
                };
                if let way::Event::Place { id: connection, .. } = &event {
                    self.owners.insert(*connection, *id);
                }
                match event {
                    way::Event::Place { id, key } => cx.event(Event::Place { id, key }),
                    way::Event::Connect { id, addresses, port, source, within } => {
                        cx.event(Event::Connect { id, addresses, port, source, within });
                    }
                    way::Event::Send { id, octets } => cx.event(Event::Send { id, octets }),
                    way::Event::Close { id } => {
                        self.owners.remove(&id);
                        cx.event(Event::Close { id });
                    }
                    way::Event::Keep { id, connection } => {
                        self.owners.remove(&id);
                        cx.event(Event::Keep { id, connection });
                    }
                    way::Event::TlsFailed { key } => cx.event(Event::TlsFailed { key }),
                    way::Event::Attempt(attempt) => cx.event(Event::Attempt(attempt)),
                    way::Event::Rcpt { delivery, host, .. } => {
                        break Some((*id, Told::Rcpt(Word::of(&delivery, host.as_deref()))));
                    }
                    way::Event::WantsContent { from } => break Some((*id, Told::WantsContent(from))),
                    way::Event::Sent(outcome) => {
                        let word = |one: &way::RecipientOutcome| {
                            (one.recipient.to.clone(), Word::of(&one.delivery, one.host.as_deref()))
                        };
                        let words = outcome.recipients.iter().map(word).collect();
                        break Some((*id, Told::Sent(Sent { words, unconfirmed: outcome.unconfirmed })));
                    }
                }
            };
            if told.is_some() {
                break;
            }
            if way.is_over() {
                over.push(*id);
            }
        }
        for id in over {
            self.ways.remove(&id);
            self.owners.retain(|_, owner| *owner != id);
        }
        told
    }
}
