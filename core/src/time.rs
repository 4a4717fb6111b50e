//! The time, as the host tells it. The engine never reads a clock.

use std::fmt;
use std::ops::Add;

use serde::Serialize;

/// A point on the host's monotonic clock, in milliseconds from an origin of the host's choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Add<u64> for Millis {
    type Output = Self;

    /// The point `millis` milliseconds later; it stays at the end of the range instead of wrapping.
    fn add(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted, as DKIM's `t=` and `x=` count them
/// (RFC 6376 §3.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct UnixTime(pub u64);

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Both clocks at the moment of a call.
///
/// Timers run on `monotonic`; signatures and certificates are judged by `unix`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock.
    pub monotonic: Millis,
    /// The wall clock.
    pub unix: UnixTime,
}

impl Now {
    /// A moment for hosts that have no timers to run: the wall clock alone.
    pub fn at(unix: u64) -> Self {
        Self { monotonic: Millis(unix.saturating_mul(1000)), unix: UnixTime(unix) }
    }
}
