//! What is held of a message until it is complete: asked of the host, which chooses memory or disk.

use super::event::{Held, Hold};

/// The octets of messages that a process holds: how many there are, and how many there may be.
///
/// One for all sessions. A host claims octets of it before it keeps them, and gives them back when the message is dropped; what
/// finds no room is answered with [`Held::Full`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    limit: u64,
    held: u64,
    /// The most that was held at a time.
    peak: u64,
}

impl Budget {
    /// Room for so many octets: `[capacity] held`.
    pub fn new(limit: u64) -> Self {
        Self { limit, held: 0, peak: 0 }
    }

    /// Claims room; false where there is not so much.
    pub fn claim(&mut self, octets: u64) -> bool {
        let held = self.held.saturating_add(octets);
        let has_room = held <= self.limit;
        if has_room {
            self.held = held;
            self.peak = self.peak.max(held);
        }
        has_room
    }

    /// Gives room back.
    pub fn release(&mut self, octets: u64) {
        self.held = self.held.saturating_sub(octets);
    }

    /// How many octets are held.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// The most octets that were held at a time.
    pub fn peak(&self) -> u64 {
        self.peak
    }

    /// How many octets there may be.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Changes how many there may be, as a new policy says. What is held stays held.
    pub fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }
}

/// The message of one session, held in memory: for tests, and for hosts that have no disk.
///
/// ```
/// use passerelle::gateway::{Budget, Held, Hold, MemoryHold};
///
/// let mut budget = Budget::new(10);
/// let mut hold = MemoryHold::new();
/// assert_eq!(hold.ask(Hold::Append(b"0123456".to_vec()), &mut budget), Some(Held::Kept));
/// assert_eq!(hold.ask(Hold::Append(b"789abc".to_vec()), &mut budget), Some(Held::Full));
/// assert_eq!(hold.ask(Hold::Read { from: 5, octets: 100 }, &mut budget), Some(Held::Octets(b"56")));
/// assert_eq!(hold.ask(Hold::Drop, &mut budget), None);
/// assert_eq!(budget.held(), 0);
/// ```
#[derive(Debug, Default)]
pub struct MemoryHold {
    octets: Vec<u8>,
}

impl MemoryHold {
    /// Nothing is held.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does what the session asks, and gives the answer to hand in: none to [`Hold::Drop`].
    pub fn ask(&mut self, hold: Hold, budget: &mut Budget) -> Option<Held<'_>> {
        match hold {
            Hold::Append(octets) => Some(match budget.claim(octets.len() as u64) {
                true => {
                    self.octets.extend_from_slice(&octets);
                    Held::Kept
                }
                false => Held::Full,
            }),
            Hold::Read { from, octets } => {
                let rest = usize::try_from(from).ok().and_then(|from| self.octets.get(from..));
                Some(rest.map_or(Held::Lost, |rest| Held::Octets(rest.get(..octets).unwrap_or(rest))))
            }
            Hold::Drop => {
                budget.release(self.octets.len() as u64);
                self.octets = Vec::new();
                None
            }
        }
    }

    /// Octets that are held.
    pub fn len(&self) -> usize {
        self.octets.len()
    }

    /// Whether none are.
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// What is held.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }
}
