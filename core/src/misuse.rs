//! What a host can do wrong, and the numbers by which it tells questions apart.
//!
//! This stands below [`lookup`](crate::lookup) and [`machine`](crate::machine), of which each needs both.

use std::fmt;

use thiserror::Error;

/// The number of a [`Question`](crate::lookup::Question) within one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(pub u32);

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A call that breaks a machine's contract. Each is a bug in the host and changes nothing in the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Misuse {
    /// An answer to a question that was never asked.
    #[error("answer to question {0}, which was never asked")]
    UnknownQuestion(QuestionId),
    /// A second answer to a question.
    #[error("question {0} has been answered already; an answer is final")]
    AlreadyAnswered(QuestionId),
    /// The answer is not of the kind the question asks for (DNS records for an MTA-STS policy, or the reverse).
    #[error("the answer to question {0} is of another kind than the question")]
    WrongKind(QuestionId),
    /// Input after the machine was told that there would be no more.
    #[error("input after the end of input")]
    AfterEnd,
    /// Octets while the machine wants none: it waits for a decision, and the host has to leave them in the socket.
    #[error("octets while none are wanted")]
    NotReading,
    /// A decision that nothing waits for, or of another kind than the one that is waited for.
    #[error("a decision that nothing waits for")]
    NothingToDecide,
    /// An input that makes no sense in this state: content without a message, TLS inside TLS.
    #[error("{0}")]
    OutOfOrder(&'static str),
}
