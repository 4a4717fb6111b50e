//! The one shape of everything that converses.

use crate::lookup::{Question, QuestionId};
use crate::time::{Millis, Now};

pub use crate::misuse::Misuse;

/// A state machine that a host drives with input and the time.
///
/// The loop is always the same:
///
/// 1. hand the machine an input with [`handle`](Self::handle);
/// 2. call [`poll`](Self::poll) and act on what comes: send octets, look up a question, note an event;
/// 3. repeat 2 until it says [`Output::Idle`];
/// 4. wait for input, an answer, or the moment in `wake`; go to 1.
///
/// A host that does not drain the outputs loses none: they wait in a queue, and what goes into it is bounded by the
/// machine's own limits. The same octets give the same outputs, however they are split into calls.
pub trait Machine {
    /// What the host hands in.
    type Input<'a>;
    /// What the machine reports.
    type Event;

    /// Takes one input.
    ///
    /// # Errors
    /// [`Misuse`] is a bug in the caller. Octets from the network never cause one: they cause replies and events.
    fn handle(&mut self, now: Now, input: Self::Input<'_>) -> Result<(), Misuse>;

    /// Takes the next output; [`Output::Idle`] when there is none.
    fn poll(&mut self) -> Output<Self::Event>;
}

/// One output of a [`Machine`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<E> {
    /// Octets for the peer.
    Transmit(Vec<u8>),
    /// A question for the host to answer when it can. Questions may be answered in any order.
    Ask(QuestionId, Question),
    /// Something that happened.
    Event(E),
    /// Nothing more until there is input, or until `wake` on the monotonic clock.
    Idle {
        /// When to call again without input, if at all.
        wake: Option<Millis>,
    },
}
