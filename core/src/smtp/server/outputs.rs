//! What waits to be polled.

use std::collections::VecDeque;

use super::event::{Event, Trace};
use crate::limits::MAX_SMTP_UNSENT;
use crate::machine::Output;

/// Outputs in their order. Replies that follow each other go out as one, so that a pipelined group gets its replies in one
/// piece (RFC 2920 §3.2).
#[derive(Clone, Debug, Default)]
pub(super) struct Outputs {
    queue: VecDeque<Output<Event>>,
    /// Octets in the transmissions among them.
    unsent: usize,
}

impl Outputs {
    pub(super) fn event(&mut self, event: Event) {
        self.queue.push_back(Output::Event(event));
    }

    /// A line of the dialogue. It goes in front of the transmission that is being put together, which stays in one piece.
    pub(super) fn trace(&mut self, trace: Trace) {
        let ends_in_octets = matches!(self.queue.back(), Some(Output::Transmit(_)));
        let place = self.queue.len() - usize::from(ends_in_octets); // not empty then
        self.queue.insert(place, Output::Event(Event::Trace(trace)));
    }

    /// Appends octets for the peer by `write`.
    pub(super) fn transmit(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if !matches!(self.queue.back(), Some(Output::Transmit(_))) {
            self.queue.push_back(Output::Transmit(Vec::with_capacity(128)));
        }
        if let Some(Output::Transmit(octets)) = self.queue.back_mut() {
            let before = octets.len();
            write(octets);
            self.unsent += octets.len().saturating_sub(before);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Output<Event>> {
        let output = self.queue.pop_front();
        match &output {
            Some(Output::Transmit(octets)) => self.unsent = self.unsent.saturating_sub(octets.len()),
            // An idle session holds no memory for what it might say.
            None => self.queue = VecDeque::new(),
            _ => {}
        }
        output
    }

    /// Whether everything for the peer has been polled.
    pub(super) fn all_sent(&self) -> bool {
        self.unsent == 0
    }

    /// Whether the host is so far behind that no more should be read.
    pub(super) fn is_full(&self) -> bool {
        self.unsent > MAX_SMTP_UNSENT
    }
}
