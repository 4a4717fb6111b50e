//! Outbound connections, as host and machine speak of them: numbers, places, and how they end.

use std::fmt;

use crate::smtp::sasl::{Entropy, SecretKey};

/// Which outbound connection is meant. No number is used twice within a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The numbers of connections, each once, and the random octets of each.
#[derive(Debug)]
pub struct Ids {
    entropy: SecretKey,
    /// Whose numbers these are: those of a branch are its own.
    branch: u64,
    branches: u64,
    next: u64,
}

impl Ids {
    /// From 0 on; `entropy` is drawn at random for the session.
    pub fn new(entropy: SecretKey) -> Self {
        Self { entropy, branch: 0, branches: 0, next: 0 }
    }

    /// The next number.
    pub fn next_id(&mut self) -> ConnectionId {
        let id = ConnectionId(self.branch << 32 | self.next);
        self.next += 1;
        id
    }

    /// Numbers for a part of the session, which no other part has: up to 2^32 of them, and so many parts.
    pub fn branch(&mut self) -> Self {
        self.branches += 1;
        Self { entropy: self.entropy.clone(), branch: self.branches, branches: 0, next: 0 }
    }

    /// Where the nonces of a connection come from.
    pub(super) fn entropy_of(&self, id: ConnectionId) -> Entropy {
        Entropy::new(self.entropy.derive("connection", id.0))
    }
}

/// Why none of the addresses of an [`Event::Connect`](super::Event::Connect) could be connected to: what the last one said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotConnected {
    /// It refused.
    Refused,
    /// There is no way to it, or no local address to use.
    Unreachable,
    /// It did not answer within `[timeouts] connect`.
    TimedOut,
}

impl NotConnected {
    /// For people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "the connection was refused",
            Self::Unreachable => "there is no way to the host",
            Self::TimedOut => "the host does not answer",
        }
    }
}
