//! Canonicalization (RFC 6376 §3.4): the form in which header fields and bodies are hashed.
//!
//! Bodies are canonicalized as they stream by, in two steps of which the simple algorithm has only the second: white
//! space is reduced (`relaxed`), and line ends are held back until something follows them (`lines`). What is the same
//! before and after goes to the hash straight from the input, in runs as long as possible; only what changes is written
//! anew, by vector instructions (`vectors`). Nothing depends on how the input is cut.
//!
//! Only CRLF ends a line. A bare CR or LF is content like any other octet (RFC 6376 §5.3 leaves it to the signer to
//! avoid them).

use crate::words::words;

mod lines;
mod relaxed;
mod vectors;

pub use lines::Simple;
pub use relaxed::Relaxed;
pub(super) use vectors::Vectors;

/// One of the two canonicalization algorithms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Canonicalization {
    /// Tolerates almost no change (RFC 6376 §3.4.1, §3.4.3).
    #[default]
    Simple,
    /// Tolerates changes of white space, and of the case of field names (RFC 6376 §3.4.2, §3.4.4).
    Relaxed,
}

impl Canonicalization {
    /// The word in `c=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Relaxed => "relaxed",
        }
    }
}

words!(Display for Canonicalization);

/// Appends the relaxed form of a header field, with its CRLF (RFC 6376 §3.4.2).
pub fn relaxed_field(name: &[u8], value: &[u8], to: &mut Vec<u8>) {
    to.extend(name.trim_ascii_end().iter().map(u8::to_ascii_lowercase));
    to.push(b':');
    let start = to.len();
    unfold(value, to);
    let blanks = to.iter().skip(start).take_while(|octet| matches!(octet, b' ' | b'\t')).count();
    Vectors::default().reduce_in_place(to, start, start + blanks);
    // What is left of white space at the end. Behind a colon there is none.
    if to.last() == Some(&b' ') {
        to.pop();
    }
    to.extend_from_slice(b"\r\n");
}

/// Appends a field's value without its CRLFs: in a field they stand before white space only, and at its end.
fn unfold(value: &[u8], to: &mut Vec<u8>) {
    let mut rest = value;
    while let Some(cr) = memchr::memchr(b'\r', rest) {
        let (line, after) = rest.split_at(cr);
        to.extend_from_slice(line);
        rest = after.strip_prefix(b"\r\n").unwrap_or_else(|| {
            to.push(b'\r'); // a CR that is not part of a CRLF is content
            after.get(1..).unwrap_or_default()
        });
    }
    to.extend_from_slice(rest);
}

/// What takes the canonical form of a body, piece by piece.
pub trait Sink {
    /// A place in what was written.
    type Mark;

    /// Takes the next octets.
    fn write(&mut self, octets: &[u8]);

    /// The place where the next octets will be.
    fn mark(&mut self) -> Self::Mark;

    /// Forgets what was written behind a mark.
    fn back_to(&mut self, mark: Self::Mark);
}

impl Sink for Vec<u8> {
    type Mark = usize;

    fn write(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }

    fn mark(&mut self) -> usize {
        self.len()
    }

    fn back_to(&mut self, mark: usize) {
        self.truncate(mark);
    }
}

/// A body canonicalization in progress.
#[derive(Clone, Debug)]
pub enum Body {
    /// RFC 6376 §3.4.3.
    Simple(Simple),
    /// RFC 6376 §3.4.4.
    Relaxed(Relaxed),
}

impl Body {
    /// At the start of a body.
    pub fn new(algorithm: Canonicalization) -> Self {
        match algorithm {
            Canonicalization::Simple => Self::Simple(Simple::default()),
            Canonicalization::Relaxed => Self::Relaxed(Relaxed::default()),
        }
    }

    /// Takes the next octets of the body.
    pub fn push(&mut self, chunk: &[u8], to: &mut impl Sink) {
        match self {
            Self::Simple(body) => body.push(chunk, to),
            Self::Relaxed(body) => body.push(chunk, to),
        }
    }

    /// Ends the body.
    pub fn finish(self, to: &mut impl Sink) {
        match self {
            Self::Simple(body) => body.finish(to),
            Self::Relaxed(body) => body.finish(to),
        }
    }
}
