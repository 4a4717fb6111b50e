//! The end of a body, kept with the hashes before it.

use super::body_hash::{PIECE, Pass};
use super::canonicalization::Canonicalization;
use super::escaped::Unescaped;
use crate::crypto::Digest;
use crate::limits::DIAGNOSIS_WINDOW;

/// One pass for each canonicalization.
pub(super) type Passes = Vec<Pass>;

/// The last octets of a body, as they arrived, and the hashes before them.
///
/// Which octets are kept depends on the body alone, not on its chunks: they begin at the last multiple of
/// [`DIAGNOSIS_WINDOW`] but one.
#[derive(Clone, Debug)]
pub(super) struct Window {
    previous: Part,
    current: Part,
    /// Whether nothing came before `previous`.
    complete: bool,
    unescaped: Option<Unescaped>,
}

#[derive(Clone, Debug)]
struct Part {
    /// The hashes before the first octet.
    before: Passes,
    octets: Vec<u8>,
}

impl Part {
    fn new(before: Passes) -> Self {
        Self { before, octets: Vec::new() }
    }
}

impl Window {
    /// At the start of a body.
    pub(super) fn new(passes: &Passes) -> Self {
        let part = || Part::new(passes.clone());
        Self { previous: part(), current: part(), complete: true, unescaped: None }
    }

    /// Feeds the next octets to `passes` and keeps the last of them.
    pub(super) fn push(&mut self, chunk: &[u8], passes: &mut Passes) {
        let mut rest = chunk;
        // Most of a large chunk would not stay in the window.
        let parts = (self.current.octets.len() + chunk.len()) / DIAGNOSIS_WINDOW;
        if parts > 2 {
            let (before, last) = rest.split_at((parts - 1) * DIAGNOSIS_WINDOW - self.current.octets.len());
            if self.complete {
                self.leave_start(before);
            }
            self.feed(before, passes);
            self.previous = Part::new(snapshot(passes));
            self.current = Part::new(self.previous.before.clone());
            rest = last;
        }
        while !rest.is_empty() {
            let room = DIAGNOSIS_WINDOW - self.current.octets.len();
            let (part, after) = rest.split_at(room.min(rest.len()));
            self.feed(part, passes);
            self.current.octets.extend_from_slice(part);
            rest = after;
            if self.current.octets.len() == DIAGNOSIS_WINDOW {
                self.advance(snapshot(passes));
            }
        }
    }

    fn advance(&mut self, now: Passes) {
        if self.complete && !self.previous.octets.is_empty() {
            self.leave_start(&[]);
        }
        std::mem::swap(&mut self.previous, &mut self.current);
        self.current.before = now;
        self.current.octets.clear();
    }

    /// The first octets of the body are about to go. `next` are those behind what is kept, if any.
    fn leave_start(&mut self, next: &[u8]) {
        let kept = self.octets();
        let next = next.get(..2 * DIAGNOSIS_WINDOW - kept.len()).unwrap_or(next);
        self.unescaped = Unescaped::at_start(&self.previous.before, &[&kept, next].concat());
        if let Some(unescaped) = &mut self.unescaped {
            unescaped.push(&kept);
        }
        self.complete = false;
    }

    fn feed(&mut self, octets: &[u8], passes: &mut Passes) {
        for piece in octets.chunks(PIECE) {
            for pass in &mut *passes {
                pass.push(piece);
            }
        }
        if let Some(unescaped) = &mut self.unescaped {
            unescaped.push(octets);
        }
    }

    /// The octets that are kept.
    pub(super) fn octets(&self) -> Vec<u8> {
        [&self.previous.octets[..], &self.current.octets].concat()
    }

    /// Whether they are the whole body.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether the body had no octet.
    pub(super) fn is_empty(&self) -> bool {
        self.complete && self.previous.octets.is_empty() && self.current.octets.is_empty()
    }

    /// The hash before the first of them.
    pub(super) fn before(&self, canonicalization: Canonicalization) -> Option<&Pass> {
        self.previous.before.iter().find(|pass| pass.canonicalization == canonicalization)
    }

    /// The hash of the body without the escapes of mbox, where the start of a body that is not kept has one.
    pub(super) fn unescaped(&self, canonicalization: Canonicalization) -> Option<Digest> {
        self.unescaped.as_ref()?.digest(canonicalization)
    }
}

fn snapshot(passes: &mut Passes) -> Passes {
    passes.iter_mut().map(Pass::snapshot).collect()
}
