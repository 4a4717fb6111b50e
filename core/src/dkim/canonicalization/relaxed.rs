//! The relaxed body canonicalization (RFC 6376 §3.4.4).

use super::lines::Lines;
use super::{Sink, Vectors};

/// The relaxed body canonicalization: white space at line ends goes, other white space becomes one SP, CRLFs at the
/// end become one, or none where nothing else is (RFC 6376 §3.4.4).
///
/// Of each run of white space the last octet stands for all of it. So whether an octet stays depends on the two behind it
/// alone: white space goes where white space or CRLF follows.
#[derive(Clone, Debug, Default)]
pub struct Relaxed {
    vectors: Vectors,
    pending: Pending,
    lines: Lines,
    /// The last octets, half of [`PIECE`] or more, stayed as they were. It says which way is faster, no more.
    steady: bool,
    reduced: Reduced,
}

/// Octets at the end of a chunk that what follows decides about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pending {
    #[default]
    Nothing,
    Space,
    /// White space and a CR.
    SpaceCr,
}

/// How much is written, unchanged, before it is looked at: it is still in the processor's first cache then.
const PIECE: usize = 16 * 1024;
/// How much is reduced at a time: this and what becomes of it fit the first cache.
const REDUCED: usize = 8 * 1024;
/// A shorter unchanged run is copied as fast as it is told from the rest.
const WORTHWHILE: usize = 1024;

impl Relaxed {
    pub(super) fn push(&mut self, chunk: &[u8], to: &mut impl Sink) {
        self.decide_pending(chunk, to);
        let mut rest = chunk;
        while self.pending == Pending::Nothing && !rest.is_empty() {
            let taken = match self.pass_unchanged(rest, to) {
                0 => self.reduce(rest, to),
                taken => taken,
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    pub(super) fn finish(mut self, to: &mut impl Sink) {
        if self.pending == Pending::SpaceCr {
            self.lines.push(b" \r", to);
        }
        if self.lines.finish(to) {
            to.write(b"\r\n");
        }
    }

    /// Looks at what a chunk begins with, to write what is pending, or not.
    fn decide_pending(&mut self, chunk: &[u8], to: &mut impl Sink) {
        let written: &[u8] = match (self.pending, chunk) {
            (Pending::Nothing, _) | (_, []) => return,
            (Pending::Space, [b'\r']) => {
                self.pending = Pending::SpaceCr;
                return;
            }
            (Pending::Space, [b' ' | b'\t', ..] | [b'\r', b'\n', ..]) => b"",
            (Pending::Space, _) => b" ",
            (Pending::SpaceCr, [b'\n', ..]) => b"\r",
            (Pending::SpaceCr, _) => b" \r",
        };
        self.pending = Pending::Nothing;
        self.lines.push(written, to);
    }

    /// Passes on what the octets begin with, as far as it is unchanged and long enough. Gives how many octets that are.
    fn pass_unchanged(&mut self, octets: &[u8], to: &mut impl Sink) -> usize {
        let piece = match octets.get(..PIECE) {
            // What follows is passed on as well, so it would be a pity to hold line ends back.
            Some(piece) if piece.len() < octets.len() => before_blank(piece, b" \t\r\n"),
            _ => before_blank(octets, b" \t\r"),
        };
        if self.steady && piece.len() >= PIECE / 2 && self.pass_ahead(piece, to) {
            return piece.len();
        }
        let unchanged = self.vectors.unchanged(piece);
        self.steady = unchanged >= PIECE / 2;
        if unchanged < piece.len() && unchanged < WORTHWHILE {
            return 0;
        }
        let run = before_blank(piece.get(..unchanged).unwrap_or_default(), b" \t\r");
        self.lines.push(run, to);
        run.len()
    }

    /// Passes a piece on as it is and then finds out whether it is unchanged; takes it back if it is not.
    ///
    /// A hash takes so long for each octet that the processor fetches the next ones meanwhile. A search does not: where a
    /// body comes from memory, it would wait for most of them, and the hash after it for none.
    fn pass_ahead(&mut self, piece: &[u8], to: &mut impl Sink) -> bool {
        let before = (to.mark(), self.lines);
        self.lines.push(piece, to);
        let is_unchanged = self.vectors.unchanged(piece) == piece.len();
        if !is_unchanged {
            let mark;
            (mark, self.lines) = before;
            to.back_to(mark);
        }
        is_unchanged
    }

    /// Reduces the white space of some octets, as many as are decided. Gives how many were taken.
    fn reduce(&mut self, octets: &[u8], to: &mut impl Sink) -> usize {
        let (end, taken) = if octets.len() > REDUCED + 2 {
            (REDUCED, REDUCED)
        } else {
            self.pending = match octets {
                [.., b' ' | b'\t', b'\r'] => Pending::SpaceCr,
                [.., b' ' | b'\t'] => Pending::Space,
                _ => Pending::Nothing,
            };
            let undecided = match self.pending {
                Pending::Nothing => 0,
                Pending::Space => 1,
                Pending::SpaceCr => 2,
            };
            (octets.len() - undecided, octets.len())
        };
        let reduced = self.reduced.room_for(end);
        let length = self.vectors.reduce(octets, end, reduced);
        self.lines.push(reduced.get(..length).unwrap_or_default(), to);
        taken
    }
}

/// The octets without the blank ones at their end; nothing where there are many of them.
fn before_blank<'a>(octets: &'a [u8], blank: &[u8]) -> &'a [u8] {
    let content = octets.iter().rev().take(8).position(|octet| !blank.contains(octet));
    content.and_then(|behind| octets.get(..octets.len() - behind)).unwrap_or_default()
}

/// Room for octets whose white space is reduced. Nothing in it outlasts a call, so a copy is empty.
#[derive(Debug, Default)]
struct Reduced(Vec<u8>);

impl Reduced {
    fn room_for(&mut self, octets: usize) -> &mut [u8] {
        let needed = octets + Vectors::SLACK;
        if self.0.len() < needed {
            self.0.resize(needed, 0);
        }
        &mut self.0
    }
}

impl Clone for Reduced {
    fn clone(&self) -> Self {
        Self::default()
    }
}
