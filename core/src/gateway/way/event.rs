//! What goes in and out of the way.

use std::net::IpAddr;

use super::attempt::Attempt;
use crate::gateway::{ConnectionId, Kept, NotConnected, Place, PlaceKey};
use crate::smtp::client::{Delivery, Needs, Omitted, Recipient};
use crate::time::Millis;
use crate::tls::End;

/// What is handed to a [`Way`](super::Way).
#[derive(Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// The next recipient; answered by [`Event::Rcpt`].
    Rcpt(Recipient),
    /// There are no more recipients. DATA is said when the host has taken every recipient of whom [`Event::Rcpt`] said that it is
    /// accepted; where another host has to be found for that, it is.
    Data {
        /// What the message asks of a host, where that is known.
        needs: Option<Needs>,
        /// Whether only a host will do that takes every recipient, also those that another has refused: what [`Event::Rcpt`] said
        /// meanwhile was told to nobody.
        all_or_none: bool,
    },
    /// The moment by which what is asked for now has to be answered, where it is not counted from the input that asked for it.
    Until(Millis),
    /// The message's next octets, while [`wants_content`](super::Way::wants_content) says so.
    Content(&'a [u8]),
    /// That was all of the message.
    ContentEnd,
    /// The message is taken back: nothing of it is ended.
    Abort,
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
    /// Octets of a hop.
    Octets {
        /// Of which connection.
        id: ConnectionId,
        /// The octets, as they come over the wire.
        octets: &'a [u8],
    },
    /// A hop's connection ended.
    Closed {
        /// Which.
        id: ConnectionId,
        /// How.
        end: End,
    },
    /// Time has passed.
    Tick,
}

/// What a [`Way`](super::Way) reports and asks for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A place at a destination is wanted.
    Place {
        /// For which connection.
        id: ConnectionId,
        /// Where.
        key: PlaceKey,
    },
    /// A connection is wanted.
    Connect {
        /// Which.
        id: ConnectionId,
        /// Where to, in this order.
        addresses: Vec<IpAddr>,
        /// The port.
        port: u16,
        /// From which local address.
        source: Option<IpAddr>,
        /// Milliseconds for each address.
        within: u64,
    },
    /// Octets for a hop.
    Send {
        /// Over which connection.
        id: ConnectionId,
        /// The octets.
        octets: Vec<u8>,
    },
    /// The connection is over, or not wanted any more. Its place is given back.
    Close {
        /// Which.
        id: ConnectionId,
    },
    /// The connection is ready for another message.
    Keep {
        /// Which.
        id: ConnectionId,
        /// What goes on with it.
        connection: Box<Kept>,
    },
    /// TLS failed where clear text will do.
    TlsFailed {
        /// Where.
        key: PlaceKey,
    },
    /// What an attempt to connect came to.
    Attempt(Box<Attempt>),
    /// The answer to [`Input::Rcpt`], in the order of the recipients. Where [`Input::Data`] comes before, [`Sent`](Self::Sent) says
    /// it.
    Rcpt {
        /// Which recipient, counted from 0.
        index: usize,
        /// What was said: [`Delivery::Accepted`] is the host's consent to RCPT and no more.
        delivery: Delivery,
        /// The host that said it. Without one it is our own reply.
        host: Option<String>,
    },
    /// A host waits for the content.
    WantsContent {
        /// From this octet on: 0. What was handed in before is wanted again.
        from: u64,
    },
    /// What became of the message. The way may still have a connection to put in order: see [`is_over`](super::Way::is_over).
    Sent(Box<Outcome>),
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Every recipient that was handed in, in order.
    pub recipients: Vec<RecipientOutcome>,
    /// Whether a host may have the message without having said so: sent again, it may arrive twice (RFC 1047).
    pub unconfirmed: bool,
    /// What was asked for and left out, because the host does not offer it and mail goes on without.
    pub omitted: Vec<Omitted>,
}

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecipientOutcome {
    /// The recipient.
    pub recipient: Recipient,
    /// What became of it. Replies of hosts are as they came, 421 included.
    pub delivery: Delivery,
    /// The host that said it. Without one it is our own reply, from the table of replies.
    pub host: Option<String>,
}

impl Outcome {
    /// Whether every recipient is the next host's now, but for those that were refused at RCPT.
    pub fn is_accepted(&self) -> bool {
        self.recipients.iter().any(|recipient| recipient.delivery.is_accepted())
    }
}
