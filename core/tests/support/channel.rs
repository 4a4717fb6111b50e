//! One direction of a connection: octets that arrive late, in pieces, and no further than the cut.
#![allow(dead_code)]

use std::collections::VecDeque;

use passerelle::tls::End;

use crate::dice::Dice;

/// What arrives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Octets(Vec<u8>),
    End(End),
}

/// One direction.
#[derive(Debug)]
pub(crate) struct Channel {
    dice: Dice,
    /// Pieces under way, with the time at which they arrive; the times do not fall.
    under_way: VecDeque<(u64, Vec<u8>)>,
    /// When the last piece arrives.
    last: u64,
    sent: u64,
    taken: u64,
    /// Octets after which nothing arrives any more.
    cut_at: Option<u64>,
    /// The end, with its time, once there is one; told once.
    end: Option<(u64, End)>,
    is_told: bool,
    /// The longest delay of a piece, in milliseconds, and its most octets.
    delay: u64,
    piece: u64,
}

impl Channel {
    pub(crate) fn new(mut dice: Dice, cut_at: Option<u64>) -> Self {
        let delay = dice.of(&[0, 1, 50, 2000]);
        let piece = dice.of(&[1, 3, 40, 1500, 1500, 70_000, 70_000]);
        Self::with(dice, cut_at, delay, piece)
    }

    /// One with this longest delay of a piece, and pieces of no more than so many octets.
    pub(crate) fn with(dice: Dice, cut_at: Option<u64>, delay: u64, piece: u64) -> Self {
        Self {
            dice,
            under_way: VecDeque::new(),
            last: 0,
            sent: 0,
            taken: 0,
            cut_at,
            end: None,
            is_told: false,
            delay,
            piece,
        }
    }

    /// Sends octets. True when the channel is cut by that.
    pub(crate) fn send(&mut self, now: u64, octets: &[u8]) -> bool {
        if self.end.is_some() {
            return false;
        }
        let room = self.cut_at.map_or(octets.len() as u64, |at| at.saturating_sub(self.sent).min(octets.len() as u64));
        let mut left = &octets[..room as usize];
        self.sent += room;
        while !left.is_empty() {
            let (piece, rest) = left.split_at((1 + self.dice.below(self.piece) as usize).min(left.len()));
            self.last = self.last.max(now + self.dice.below(self.delay + 1));
            self.under_way.push_back((self.last, piece.to_vec()));
            left = rest;
        }
        self.cut_at.is_some_and(|at| self.sent >= at)
    }

    /// Nothing more comes behind what is under way.
    pub(crate) fn end(&mut self, now: u64, end: End) {
        if self.end.is_none() {
            self.end = Some((self.last.max(now), end));
        }
    }

    /// Nothing more arrives, not even what is under way.
    pub(crate) fn reset(&mut self, now: u64) {
        self.under_way.clear();
        self.last = now;
        self.end = Some((now, End::Cut));
    }

    /// Whether the end is set, though it may not have arrived.
    pub(crate) fn is_ending(&self) -> bool {
        self.end.is_some()
    }

    /// When the next thing arrives.
    pub(crate) fn next_at(&self) -> Option<u64> {
        match (self.under_way.front(), &self.end) {
            (Some((at, _)), _) => Some(*at),
            (None, Some((at, _))) if !self.is_told => Some(*at),
            _ => None,
        }
    }

    /// Takes what has arrived by `now`.
    pub(crate) fn take(&mut self, now: u64) -> Option<Arrival> {
        if self.next_at()? > now {
            return None;
        }
        match (self.under_way.pop_front(), &self.end) {
            (Some((_, octets)), _) => {
                self.taken += octets.len() as u64;
                Some(Arrival::Octets(octets))
            }
            (None, Some((_, end))) => {
                self.is_told = true;
                Some(Arrival::End(*end))
            }
            (None, None) => None,
        }
    }

    /// Octets that have arrived.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Octets that were sent, up to the cut.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }
}
