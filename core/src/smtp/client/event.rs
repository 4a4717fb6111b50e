//! What a client reports: that it is ready, what became of a message, and that the connection is over.

use super::closed::Closed;
use super::outcome::Outcome;
use crate::smtp::capabilities::Capabilities;
use crate::smtp::sasl::Mechanism;
use crate::tls::Session;

/// What a [`Client`](super::Client) reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The connection is set up; messages can be sent. Comes once.
    Ready(Box<Ready>),
    /// The server waits for the content of the message: the host hands it in while
    /// [`wants_content`](super::Client::wants_content) says so. Comes once for each message that gets so far.
    WantsContent,
    /// The message is done with, well or badly. Comes once for each message, and unless [`Closed`](Self::Closed) follows, the
    /// next message can be sent.
    Sent(Outcome),
    /// The connection is over, the host closes it. The last event.
    Closed(Closed),
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
