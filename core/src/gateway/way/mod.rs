//! The way out: one message to one group of recipients, over the hosts that the decision names.
//!
//! A [`Way`] is a machine of its own; a session of the gateway has one for each group it delivers to. It is handed the recipients
//! one by one, has each answered by a host, and then hands the message over, to one host and for all of them. What goes between
//! it and the hosts are octets of connections that the session's host makes: [`Event::Place`], [`Event::Connect`],
//! [`Event::Send`], [`Event::Close`], and for the next message [`Event::Keep`].
//!
//! ```text
//!   Rcpt ──▶ Place ──▶ Connect ──▶ (TLS, EHLO, AUTH) ──▶ MAIL, RCPT ──▶ Event::Rcpt
//!   Data ──▶ DATA ──▶ WantsContent ──▶ Content … ContentEnd ──▶ Sent ──▶ Keep, or Close
//! ```
//!
//! # Which host
//!
//! The hosts come in their order, each by the addresses in theirs, and after them those of the fallback, if every one failed for
//! now. The next one is tried where a host can't be connected to, greets with a refusal, lacks the TLS that is demanded,
//! does not take our credentials, refuses MAIL for now, can't take the message as it is, or breaks off. What a host says of a recipient,
//! and what it refuses for good, is its answer. Once content may have been taken no other host gets it: a reply that did not come
//! is [`Delivery::Unconfirmed`].
//!
//! A host that is kept waiting is left by QUIT before its time is up, and opened again when there is something to say. A connection
//! that was kept from another message and turns out to be dead is replaced by a new one to the same host, of which no answer shows
//! anything.
//!
//! # By when
//!
//! Each recipient is answered within `[timeouts] rcpt`, and the end of the message within `[timeouts] end_of_data`, whatever the hosts
//! do; where others can be tried, one host has half of the time that is left.

mod attempt;
mod cursor;
mod drive;
mod event;
mod message;
mod talk;
mod trouble;

use std::collections::VecDeque;
use std::sync::Arc;

pub use attempt::{Attempt, PolicyType, Reached};
pub use event::{Event, Input, Outcome, RecipientOutcome};

use cursor::Cursor;
use talk::{Aim, Talk};
use trouble::{Said, Troubles};

use super::connection::{ConnectionId, Ids};
use super::places::PlaceKey;
use super::setup::Setup;
use crate::limits::MAX_UNPOLLED_SENT;
use crate::machine::{Machine, Misuse, Output};
use crate::mailbox::ReversePath;
use crate::route::decide::{Fallback, Group};
use crate::route::hops::Hop;
use crate::route::replies;
use crate::smtp::MailParameters;
use crate::smtp::client::{Delivery, Needs, Omitted, Recipient};
use crate::time::{Millis, Now};

/// What is to be delivered, and where.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The route of the hosts.
    pub route: Option<String>,
    /// The hosts to try, in order.
    pub hops: Vec<Hop>,
    /// What follows when every one of them failed temporarily.
    pub fallback: Option<Fallback>,
    /// The reply where TLS is demanded and no host has it.
    pub tls_failure: Option<replies::Reply>,
    /// The sender.
    pub from: ReversePath,
    /// What is asked for. `AUTH=` is not passed on.
    pub parameters: MailParameters,
    /// For how long the session has the content.
    pub keeps: Keeps,
}

impl Plan {
    /// To one host, with nothing asked for.
    pub fn new(hops: Vec<Hop>, from: ReversePath) -> Self {
        Self {
            route: None,
            hops,
            fallback: None,
            tls_failure: None,
            from,
            parameters: MailParameters::default(),
            keeps: Keeps::OneHost,
        }
    }

    /// To the hosts of a group.
    pub fn of(group: &Group, from: ReversePath) -> Self {
        Self {
            route: group.route.clone(),
            fallback: group.fallback.clone(),
            tls_failure: group.tls_failure.clone(),
            ..Self::new(group.hops.clone(), from)
        }
    }

    crate::setters::setters! {
        route: Option<String>,
        fallback: Option<Fallback>,
        tls_failure: Option<replies::Reply>,
        parameters: MailParameters,
        keeps: Keeps,
    }
}

/// For how long the session has the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// It passes it on and forgets it: one host gets it, or none.
    OneHost,
    /// Until the message is done with: a second host can get it, where the first has certainly not taken it.
    UntilEnd,
}

/// One message on its way to one group of recipients.
#[derive(Debug)]
pub struct Way {
    setup: Arc<Setup>,
    plan: Plan,
    ids: Ids,
    now: Now,
    members: Vec<Member>,
    phase: Phase,
    line: Line,
    cursor: Cursor,
    troubles: Troubles,
    /// What is said of further recipients where no host is left.
    exhausted: Option<Said>,
    /// By when the message has to be done with, or its content wanted.
    deadline: Option<Millis>,
    /// Conversations that are put in order, with nothing to say of this message any more.
    parting: Vec<Talk>,
    omitted: Vec<Omitted>,
    /// Whether the session has ever been told that content is wanted, and whether it knows that it is wanted now: what it hands in
    /// before it does was meant for the host before.
    was_content_wanted: bool,
    is_content_wanted: bool,
    events: VecDeque<Event>,
    /// Octets among them.
    unpolled: usize,
}

/// A recipient.
#[derive(Debug)]
struct Member {
    recipient: Recipient,
    /// What was said of it by [`Event::Rcpt`].
    told: Option<Said>,
    /// What the host says that is talked to now.
    here: Option<Delivery>,
    /// What became of it, where that differs from the others.
    fin: Option<Said>,
    /// By when it has to be answered.
    until: Millis,
}

#[derive(Debug)]
enum Phase {
    /// Recipients come.
    Growing,
    /// There are no more.
    Sending { needs: Option<Needs>, all_or_none: bool },
    /// It was said what became of the message.
    Over,
}

/// The connection that is used.
#[derive(Debug)]
enum Line {
    None,
    /// A place is asked for.
    Waiting {
        id: ConnectionId,
        key: Box<PlaceKey>,
        until: Option<Millis>,
    },
    /// A connection is made.
    Connecting {
        id: ConnectionId,
        key: Box<PlaceKey>,
        clear: bool,
        until: Option<Millis>,
    },
    /// There is one.
    Talking(Box<Talk>),
}

impl Way {
    /// A message that is to be delivered. Nothing is done before there is a recipient.
    pub fn new(setup: Arc<Setup>, mut plan: Plan, ids: &mut Ids, now: Now) -> Self {
        plan.parameters.auth = None;
        Self {
            setup,
            plan,
            ids: ids.branch(),
            now,
            members: Vec::new(),
            phase: Phase::Growing,
            line: Line::None,
            cursor: Cursor::default(),
            troubles: Troubles::default(),
            exhausted: None,
            deadline: None,
            parting: Vec::new(),
            omitted: Vec::new(),
            was_content_wanted: false,
            is_content_wanted: false,
            events: VecDeque::new(),
            unpolled: 0,
        }
    }

    /// Whether content is wanted now. Not before [`Event::WantsContent`] has been polled, while a host has to answer first, or while
    /// octets for it wait to be polled. What is handed in otherwise is dropped where it can only be meant for a host that is gone.
    pub fn wants_content(&self) -> bool {
        match &self.line {
            Line::Talking(talk) if self.is_content_wanted => {
                self.unpolled < MAX_UNPOLLED_SENT && talk.layer.machine().wants_content()
            }
            _ => false,
        }
    }

    /// Whether octets of this connection are wanted now. While they are not, the host leaves them in the socket.
    pub fn wants_octets(&self, id: ConnectionId) -> bool {
        self.talk(id).is_some_and(|talk| talk.layer.wants_wire())
    }

    /// Whether this connection is one of this way's.
    pub fn has(&self, id: ConnectionId) -> bool {
        self.line.id() == Some(id) || self.parting.iter().any(|talk| talk.id == id)
    }

    /// Whether it was said what became of the message, and every connection was given back. Before, a way that has said so goes on
    /// with its connections, so that they can be kept: a session may go on with its next message meanwhile.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over) && self.parting.is_empty() && matches!(self.line, Line::None)
    }

    /// Gives back every connection at once, in whatever state it is. A message that is under way is not ended.
    pub fn forsake(&mut self) {
        self.phase = Phase::Over;
        self.drop_line();
        for talk in std::mem::take(&mut self.parting) {
            self.hang_up(Box::new(talk));
        }
    }

    fn talk(&self, id: ConnectionId) -> Option<&Talk> {
        let talking = match &self.line {
            Line::Talking(talk) => Some(&**talk),
            _ => None,
        };
        talking.into_iter().chain(&self.parting).find(|talk| talk.id == id)
    }

    fn event(&mut self, event: Event) {
        self.events.push_back(event);
    }
}

impl Line {
    fn id(&self) -> Option<ConnectionId> {
        match self {
            Self::None => None,
            Self::Waiting { id, .. } | Self::Connecting { id, .. } => Some(*id),
            Self::Talking(talk) => Some(talk.id),
        }
    }
}

impl Machine for Way {
    type Input<'a> = Input<'a>;
    type Event = Event;

    fn handle(&mut self, now: Now, input: Input<'_>) -> Result<(), Misuse> {
        self.now = now;
        match input {
            Input::Rcpt(recipient) => self.rcpt(recipient)?,
            Input::Data { needs, all_or_none } => self.data(needs, all_or_none)?,
            Input::Until(moment) => self.until(moment),
            Input::Content(octets) => self.content(Some(octets))?,
            Input::ContentEnd => self.content(None)?,
            Input::Abort => self.abort(),
            Input::Place(id, place) => self.placed(id, place),
            Input::Connected { id, address } => self.connected(id, address),
            Input::NotConnected { id, why } => self.not_connected(id, why),
            Input::Octets { id, octets } => self.octets(id, octets),
            Input::Closed { id, end } => self.closed(id, end),
            Input::Tick => self.tick(),
        }
        self.expire();
        Ok(())
    }

    fn poll(&mut self) -> Output<Event> {
        match self.events.pop_front() {
            Some(event) => {
                match &event {
                    Event::Send { octets, .. } => self.unpolled -= octets.len(),
                    Event::WantsContent { .. } => {
                        self.was_content_wanted = true;
                        self.is_content_wanted = matches!(&self.line, Line::Talking(talk) if talk.aim == Aim::Content);
                    }
                    _ => {}
                }
                Output::Event(event)
            }
            None => Output::Idle { wake: self.wake() },
        }
    }
}
