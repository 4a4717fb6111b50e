//! What a body hash that does not match can tell.
//!
//! A hash says only yes or no, so a change can be named when undoing it gives a yes. The last octets of the body are
//! kept, with the state of the hashes before them: enough to try whether the signed body ended at an earlier line, and,
//! where the whole body is that short, whether its line ends were changed. Nothing is tried unless a hash fails, and
//! the work is bounded by [`DIAGNOSIS_WINDOW`] and [`MAX_FOOTER_LINES`].

use std::fmt;

use memchr::memmem;

use super::body_hash::{PIECE, Pass, Passes};
use super::canonicalization::Canonicalization;
use crate::crypto::Digest;
use crate::limits::{DIAGNOSIS_WINDOW, MAX_FOOTER_LINES};

/// What is known of a body whose hash is not the one that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Diagnosis {
    /// Proven: the body that was signed is there, and something follows it.
    Footer {
        /// Octets of the body behind the signed part.
        octets: u64,
    },
    /// Proven: every CRLF became a bare LF or CR.
    LineEndsBare,
    /// Proven: every bare LF became CRLF.
    LineEndsCrlf,
    /// Certain: fewer octets arrived than `l=` counts.
    CutShort {
        /// The value of `l=`.
        signed: u64,
        /// Octets of the canonical body.
        present: u64,
    },
    /// The octets that `l=` counts were changed.
    PrefixChanged,
    /// There is no body, and there was one when it was signed.
    Empty,
    /// The body was changed, and its last line has no CRLF: it may have been cut short.
    MaybeCutShort,
    /// The body was changed.
    Changed,
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Footer { octets } => write!(
                f,
                "the signed body is followed by {octets} octets that were not signed, such as a mailing list's footer"
            ),
            Self::LineEndsBare => f.write_str("its line endings were changed from CRLF to a bare LF or CR"),
            Self::LineEndsCrlf => f.write_str("its line endings were changed from a bare LF to CRLF"),
            Self::CutShort { signed, present } => {
                write!(f, "the body was cut short: {signed} octets were signed and {present} are here")
            }
            Self::PrefixChanged => f.write_str("the part of the body that l= covers was changed"),
            Self::Empty => f.write_str("the message has no body, and was signed with one"),
            Self::MaybeCutShort => {
                f.write_str("the body was changed; it does not end with a line end and may have been cut short")
            }
            Self::Changed => f.write_str("the body was changed"),
        }
    }
}

/// The last octets of a body, as they arrived, and the hashes before them.
#[derive(Clone, Debug)]
pub(super) struct Window {
    previous: Part,
    current: Part,
    /// Whether nothing came before `previous`.
    complete: bool,
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
        Self { previous: Part::new(passes.clone()), current: Part::new(passes.clone()), complete: true }
    }

    /// Feeds the next octets to `passes` and keeps the last of them.
    pub(super) fn push(&mut self, chunk: &[u8], passes: &mut Passes) {
        let mut rest = chunk;
        // Of a large chunk only the end would be left in the window.
        if let Some((before, last)) = rest.split_last_chunk::<DIAGNOSIS_WINDOW>()
            && before.len() > DIAGNOSIS_WINDOW
        {
            feed(passes, before);
            self.previous = Part::new(snapshot(passes));
            self.current = Part::new(snapshot(passes));
            self.complete = false;
            rest = last;
        }
        while !rest.is_empty() {
            let room = DIAGNOSIS_WINDOW - self.current.octets.len();
            let (part, after) = rest.split_at(room.min(rest.len()));
            feed(passes, part);
            self.current.octets.extend_from_slice(part);
            rest = after;
            if self.current.octets.len() == DIAGNOSIS_WINDOW {
                self.advance(snapshot(passes));
            }
        }
    }

    fn advance(&mut self, now: Passes) {
        self.complete &= self.previous.octets.is_empty();
        std::mem::swap(&mut self.previous, &mut self.current);
        self.current.before = now;
        self.current.octets.clear();
    }

    /// Why the hash of the whole body is not `signed`.
    pub(super) fn diagnose(&self, canonicalization: Canonicalization, signed: &Digest) -> Diagnosis {
        let octets = [&self.previous.octets[..], &self.current.octets].concat();
        if self.complete && octets.is_empty() {
            return Diagnosis::Empty;
        }
        if self.complete
            && let Some(diagnosis) = line_ends(&octets, canonicalization, signed)
        {
            return diagnosis;
        }
        let before = self.previous.before.iter().find(|pass| pass.canonicalization == canonicalization);
        if let Some(footer) = before.and_then(|before| footer(&octets, self.complete, before, signed)) {
            return Diagnosis::Footer { octets: footer as u64 };
        }
        if octets.ends_with(b"\r\n") { Diagnosis::Changed } else { Diagnosis::MaybeCutShort }
    }
}

fn feed(passes: &mut Passes, octets: &[u8]) {
    for piece in octets.chunks(PIECE) {
        for pass in &mut *passes {
            pass.push(piece);
        }
    }
}

fn snapshot(passes: &mut Passes) -> Passes {
    passes.iter_mut().map(Pass::snapshot).collect()
}

/// How many octets follow the place where the signed body ended, if that is a line end among the last.
fn footer(octets: &[u8], complete: bool, before: &Pass, signed: &Digest) -> Option<usize> {
    // An empty line does not change the hash, so the place behind it need not be tried.
    let mut ends: Vec<usize> = Vec::new();
    let mut last = 0;
    for at in memmem::find_iter(octets, b"\r\n") {
        if at > last {
            ends.push(at + 2);
        }
        last = at + 2;
    }
    if complete {
        ends.insert(0, 0);
    }
    let first = ends.len().saturating_sub(MAX_FOOTER_LINES);
    let mut state = before.clone();
    let mut done = 0;
    for end in ends.into_iter().skip(first) {
        state.push(octets.get(done..end)?);
        done = end;
        if state.clone().finish().whole.as_ref() == Some(signed) {
            return Some(octets.len() - end);
        }
    }
    None
}

/// Whether the body has the signed hash when its line ends are changed back.
fn line_ends(octets: &[u8], canonicalization: Canonicalization, signed: &Digest) -> Option<Diagnosis> {
    let matches = |octets: &[u8]| {
        let mut pass = Pass::whole(canonicalization);
        pass.push(octets);
        pass.finish().whole.as_ref() == Some(signed)
    };
    let with_crlf = to_crlf(octets);
    if with_crlf != octets && matches(&with_crlf) {
        return Some(Diagnosis::LineEndsBare);
    }
    let bare: Vec<u8> = octets.iter().copied().filter(|&b| b != b'\r').collect();
    (bare != octets && matches(&bare)).then_some(Diagnosis::LineEndsCrlf)
}

fn to_crlf(octets: &[u8]) -> Vec<u8> {
    let mut converted = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some(at) = memchr::memchr2(b'\r', b'\n', rest) {
        converted.extend_from_slice(&rest[..at]);
        converted.extend_from_slice(b"\r\n");
        rest = rest[at..].strip_prefix(b"\r\n").unwrap_or(&rest[at + 1..]);
    }
    converted.extend_from_slice(rest);
    converted
}
