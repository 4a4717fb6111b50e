//! What goes in and out of a session of the gateway.

use std::net::IpAddr;
use std::sync::Arc;

use super::connection::{ConnectionId, NotConnected};
use super::done::Done;
use super::places::{Kept, Place, PlaceKey};
use super::setup::Setup;
use super::way::Attempt;
use crate::domain::Domain;
use crate::lookup::{Answer, CachedPolicy, QuestionId};
use crate::route::Decision;
use crate::smtp::server;
use crate::tls::End;

/// What the host hands to a [`Gateway`](super::Gateway).
#[derive(Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// Octets of the client, as they come over the wire; only while [`wants_wire`](super::Gateway::wants_wire) says so.
    Wire(&'a [u8]),
    /// The client's connection ended: [`End::Orderly`] when it was closed, [`End::Cut`] when it was reset.
    End(End),
    /// Time has passed.
    Tick,
    /// As [`server::Input::Patience`].
    Patience(u64),
    /// The host wants to stop: a message that is on its way is taken to its end, and the session closes with 421.
    Shutdown,
    /// The policy has changed. The transaction under way keeps the one that it began with, the next has this one.
    Renew(Arc<Setup>),
    /// The answer to a question.
    Answer(QuestionId, Answer),
    /// The answer to [`Event::Place`].
    Place(ConnectionId, Place),
    /// The answer to [`Event::Connect`]: the connection stands.
    Connected {
        /// Which.
        id: ConnectionId,
        /// To which of the addresses.
        address: IpAddr,
    },
    /// The answer to [`Event::Connect`]: there is none.
    NotConnected {
        /// Which.
        id: ConnectionId,
        /// Why.
        why: NotConnected,
    },
    /// Octets of a hop, as they come over the wire.
    Octets {
        /// Of which connection.
        id: ConnectionId,
        /// The octets.
        octets: &'a [u8],
    },
    /// The hop's connection ended.
    Closed {
        /// Which.
        id: ConnectionId,
        /// How.
        end: End,
    },
    /// The answer to [`Event::Hold`].
    Held(Held<'a>),
    /// The answer to [`Event::Store`]: whether the message is kept, durably.
    Stored(bool),
}

/// What a [`Gateway`](super::Gateway) reports and asks for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A place at this destination is wanted: the host asks its [`Places`](super::Places), and answers with
    /// [`Input::Place`], at once or when there is one.
    Place {
        /// For which connection.
        id: ConnectionId,
        /// Where.
        key: PlaceKey,
    },
    /// A connection is wanted: the host tries the addresses in this order, each for so long at most, and answers with
    /// [`Input::Connected`] or [`Input::NotConnected`].
    Connect {
        /// Which.
        id: ConnectionId,
        /// Where to.
        addresses: Vec<IpAddr>,
        /// The port.
        port: u16,
        /// From which local address.
        source: Option<IpAddr>,
        /// Milliseconds for each address: `[timeouts] connect`, or less where there are many and the time is short.
        within: u64,
    },
    /// Octets for a hop.
    Send {
        /// Over which connection.
        id: ConnectionId,
        /// The octets.
        octets: Vec<u8>,
    },
    /// The connection is over, or not wanted any more: the host closes it, or stops trying. Its place is given back.
    Close {
        /// Which.
        id: ConnectionId,
    },
    /// The connection is ready for another message, maybe of another session: it goes to [`Places`](super::Places) with its socket.
    Keep {
        /// Which.
        id: ConnectionId,
        /// What goes on with it.
        connection: Box<Kept>,
    },
    /// TLS failed where clear text will do: [`Places`](super::Places) remembers it, and grants [`Place::Fresh`] in clear text.
    TlsFailed {
        /// Where.
        key: PlaceKey,
    },
    /// Content is to be held, handed back, or dropped; answered by [`Input::Held`], but for [`Hold::Drop`].
    Hold(Hold),
    /// The message is to be kept in a maildir, for a person to look at: `head`, then what is held from `from` on. Answered by
    /// [`Input::Stored`], with true only when it is safe from a crash.
    Store {
        /// Where.
        maildir: String,
        /// The beginning of the message.
        head: Vec<u8>,
        /// Where the rest begins in what is held.
        from: u64,
        /// How many octets the rest has.
        octets: u64,
    },
    /// A hop has taken a message that counts against quotas.
    Charge(Charge),
    /// An attempt to deliver has ended: for reports on TLS (RFC 8460).
    Attempt(Box<Attempt>),
    /// What the DNS says of a key that we sign with has changed.
    KeyState {
        /// The signer's domain.
        domain: Domain,
        /// The key's selector.
        selector: String,
        /// What was found.
        state: super::content::keys::KeyState,
    },
    /// An MTA-STS policy was fetched: it goes into the host's cache.
    StsUpdate(Domain, CachedPolicy),
    /// What was decided about a message: for the log, and to explain it.
    Decided {
        /// Which message.
        id: MessageId,
        /// What.
        decision: Arc<Decision>,
    },
    /// A transaction has ended.
    Done(Box<Done>),
    /// Of the session with the client: authentication, and the dialogue where it is traced. Never content or a decision.
    Session(server::Event),
    /// The session is over: when everything has been polled, the host closes the client's connection. The last event.
    Closed(server::Closed),
}

/// What is asked of the memory or the disk that holds a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Keep these octets behind the others. While it is not answered, nothing is read of the client.
    Append(Vec<u8>),
    /// Hand back so many octets, or as many as there are.
    Read {
        /// From this one on.
        from: u64,
        /// How many at most.
        octets: usize,
    },
    /// Forget all of it.
    Drop,
}

/// The answer to a [`Hold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held<'a> {
    /// To [`Hold::Append`]: it is kept.
    Kept,
    /// To [`Hold::Append`]: there is no room ([`Budget`](super::Budget)). The message is refused with 452 4.3.1.
    Full,
    /// To [`Hold::Read`]: these are the octets, as many as were asked for or fewer; none is the end.
    Octets(&'a [u8]),
    /// To either: the disk failed. The message is refused with 451 4.3.0.
    Lost,
}

/// What counts against quotas: the host adds it to what [`Question::Quota`](crate::Question::Quota) asks for, with the time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Charge {
    /// Whose quotas: the keys of the questions, such as `user:ann` and `organisation`.
    pub keys: Vec<String>,
    /// Messages.
    pub messages: u64,
    /// Recipients.
    pub recipients: u64,
}

impl Charge {
    /// A message to so many recipients.
    pub fn new(keys: Vec<String>, recipients: u64) -> Self {
        Self { keys, messages: 1, recipients }
    }
}

/// The name of a message: in the log, in `Received` and in our 250. A word of letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(Arc<str>);

impl MessageId {
    /// A name; what is neither letter nor digit is left out.
    pub fn new(text: &str) -> Self {
        Self(text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

crate::words::words!(Display for MessageId);
