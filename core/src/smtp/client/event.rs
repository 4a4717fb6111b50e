//! What a client reports: that it is ready, what became of a message, the dialogue if asked for, and that the connection is over.

use super::closed::Closed;
use super::outcome::{Delivery, Outcome};
use crate::smtp::capabilities::Capabilities;
use crate::smtp::sasl::Mechanism;
use crate::tls::Session;

/// What a [`Client`](super::Client) reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The connection is set up; messages can be sent. Comes once.
    ///
    /// A server may end the connection in the same moment, before the host has answered. [`Input::Send`](super::Input::Send) is
    /// no misuse then: [`Sent`](Self::Sent) says of each recipient that nothing was sent, and why.
    Ready(Box<Ready>),
    /// What the server said of a recipient of a message that grows ([`Input::Begin`](super::Input::Begin)), in the order of the
    /// recipients. Where [`Sent`](Self::Sent) comes before, that says it of those that were not told.
    Rcpt {
        /// Which recipient, counted from 0.
        index: usize,
        /// What was said: [`Delivery::Accepted`] is the server's consent to RCPT and no more.
        delivery: Box<Delivery>,
    },
    /// The server waits for the content of the message: the host hands it in while
    /// [`wants_content`](super::Client::wants_content) says so. Comes once for each message that gets so far. Where the message is
    /// over before the host has said its end, what the host hands in of it is dropped.
    WantsContent,
    /// The message is done with, well or badly. Comes once for each message, and unless [`Closed`](Self::Closed) follows, the
    /// next message can be sent.
    Sent(Outcome),
    /// One line of the dialogue; only with [`Settings::trace`](super::Settings::trace).
    Trace(Trace),
    /// The connection is over, the host closes it. The last event, unless the host hands in a message all the same, which is
    /// answered by [`Sent`](Self::Sent).
    Closed(Closed),
}

/// One line of the dialogue, without its line ending, without passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// From this side, once it has been polled. Content is told as its number of octets, as `<512 octets> .`, and what answers a
    /// challenge of AUTH as `<response>`.
    Sent(String),
    /// From the server, as [`Reply`](crate::smtp::Reply) has it. Of what is no reply, the beginning, and why it is none.
    Received(String),
}

/// What is known when the connection is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// What the server offers: its last reply to EHLO or LHLO. Nothing, where it only knows HELO.
    pub capabilities: Capabilities,
    /// The TLS around the connection.
    pub tls: Option<Session>,
    /// By which mechanism we have authenticated.
    pub authenticated: Option<Mechanism>,
}
