//! The sending host: it hands over what is still to be sent, and believes what the client says.

use std::collections::BTreeSet;

use passerelle::smtp::client::{Client, Delivery, Envelope, Event, Input, Outcome};

use crate::dice::Dice;
use crate::scenario::Message;

/// Recipients of a message, by their place in it, as (message, recipient).
type Place = (usize, String);

/// The sending host, over all connections.
#[derive(Debug)]
pub(crate) struct Sender {
    messages: Vec<Message>,
    /// Which recipients still have to be tried, a message each.
    to_do: Vec<BTreeSet<String>>,
    pub(crate) accepted: BTreeSet<Place>,
    pub(crate) refused: BTreeSet<Place>,
    /// May have arrived once more than the host knows.
    pub(crate) unconfirmed: Vec<Place>,
    /// The message under way and octets of it that were handed over.
    current: Option<(usize, usize)>,
    /// Messages that this connection has tried.
    tried: BTreeSet<usize>,
    pub(crate) is_closed: bool,
}

impl Sender {
    pub(crate) fn new(messages: &[Message]) -> Self {
        let names = |message: &Message| message.envelope.recipients.iter().map(|r| r.to.to_string()).collect();
        Self {
            messages: messages.to_vec(),
            to_do: messages.iter().map(names).collect(),
            accepted: BTreeSet::new(),
            refused: BTreeSet::new(),
            unconfirmed: Vec::new(),
            current: None,
            tried: BTreeSet::new(),
            is_closed: false,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.to_do.iter().all(BTreeSet::is_empty)
    }

    pub(crate) fn connect(&mut self) {
        self.current = None;
        self.tried.clear();
        self.is_closed = false;
    }

    /// Gives up what the server puts off for ever.
    pub(crate) fn give_up(&mut self) {
        self.to_do.iter_mut().for_each(BTreeSet::clear);
    }

    pub(crate) fn event(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Sent(outcome) => self.sent(&outcome),
            Event::Closed(_) if self.is_closed => Err("closed twice".into()),
            Event::Closed(_) => {
                self.is_closed = true;
                match self.current {
                    Some((message, _)) => Err(format!("closed, and not a word on message {message}")),
                    None => Ok(()),
                }
            }
            Event::Rcpt { .. } => Err("a recipient is answered, and none was asked for by itself".into()),
            Event::Ready(_) | Event::WantsContent | Event::Trace(_) => Ok(()),
        }
    }

    /// The next thing to say to the client, if it is our turn.
    pub(crate) fn next<'a>(&'a mut self, dice: &mut Dice, client: &Client) -> Option<Input<'a>> {
        if client.is_ready() && self.current.is_none() {
            let next = (0..self.messages.len()).find(|n| !self.to_do[*n].is_empty() && !self.tried.contains(n));
            let Some(next) = next else { return Some(Input::Quit) };
            self.tried.insert(next);
            self.current = Some((next, 0));
            return Some(Input::Send(Box::new(self.envelope(next))));
        }
        if !client.wants_content() {
            return None;
        }
        let (message, sent) = self.current.as_mut()?;
        let left = &self.messages[*message].content[*sent..];
        if left.is_empty() {
            return Some(Input::ContentEnd);
        }
        let piece = (1 + dice.of(&[1, 3, 200, 100_000])).min(left.len());
        *sent += piece;
        Some(Input::Content(&left[..piece]))
    }

    /// The message, to those that still have to get it.
    fn envelope(&self, message: usize) -> Envelope {
        let mut envelope = self.messages[message].envelope.clone();
        envelope.recipients.retain(|recipient| self.to_do[message].contains(&recipient.to.to_string()));
        envelope
    }

    fn sent(&mut self, outcome: &Outcome) -> Result<(), String> {
        let (message, _) = self.current.take().ok_or("an outcome of nothing")?;
        let expected = self.envelope(message).recipients.len();
        if outcome.recipients.len() != expected {
            return Err(format!("{} outcomes for {expected} recipients", outcome.recipients.len()));
        }
        for recipient in &outcome.recipients {
            let place = (message, recipient.to.to_string());
            match &recipient.delivery {
                Delivery::Accepted(_) => {
                    self.to_do[message].remove(&place.1);
                    self.accepted.insert(place);
                }
                Delivery::Unconfirmed(_) => self.unconfirmed.push(place),
                delivery if delivery.is_temporary() => {}
                _ => {
                    self.to_do[message].remove(&place.1);
                    self.refused.insert(place);
                }
            }
        }
        Ok(())
    }
}
