//! Outbound connections, as host and machine speak of them: numbers, places, and how they end.

use std::fmt;

/// Which outbound connection is meant. They are numbered from 0 within a session, and no number is used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The numbers of connections, each once.
#[derive(Debug, Default)]
pub struct Ids(u64);

impl Ids {
    /// From 0 on.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next number.
    pub fn next_id(&mut self) -> ConnectionId {
        let id = ConnectionId(self.0);
        self.0 += 1;
        id
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
