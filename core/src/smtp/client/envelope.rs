//! One message to send: from whom, to whom, and what it asks for.

use super::needs::Needs;
use crate::mailbox::{ForwardPath, ReversePath};
use crate::smtp::parameters::{MailParameters, RcptParameters};

/// One message to send, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The sender.
    pub from: ReversePath,
    /// What is asked for. `size`, `body` and `smtputf8` need not be set where [`needs`](Self::needs) is: what follows from the
    /// needs and the addresses is added. `body` of [`BinaryMime`](crate::smtp::Body::BinaryMime) says that the message is
    /// binary, which no scan can tell.
    pub parameters: MailParameters,
    /// The recipients, one at least but for a message that grows ([`Input::Begin`](super::Input::Begin)).
    pub recipients: Vec<Recipient>,
    /// What the message asks of the server, if it was scanned. With it, a message that the server can't take is refused before
    /// anything is sent. Without it, a message counts as one with 8-bit octets where the server takes them (or `body` says
    /// otherwise), and where it shows on the way that it can't be sent, the connection is given up.
    pub needs: Option<Needs>,
}

/// One recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The recipient.
    pub to: ForwardPath,
    /// What is asked for.
    pub parameters: RcptParameters,
}

impl Envelope {
    /// From one sender to these recipients, with nothing asked for.
    pub fn new(from: ReversePath, recipients: impl IntoIterator<Item = ForwardPath>) -> Self {
        let recipients = recipients.into_iter().map(Recipient::from).collect();
        Self { from, parameters: MailParameters::default(), recipients, needs: None }
    }
}

impl From<ForwardPath> for Recipient {
    /// With nothing asked for.
    fn from(to: ForwardPath) -> Self {
        Self { to, parameters: RcptParameters::default() }
    }
}
