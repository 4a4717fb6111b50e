//! The escapes of mailbox files: where a line of a body begins with `From `, mbox puts a `>` in front (RFC 4155 §4).
//!
//! Which was signed is known at the end only, and a body is not kept. So a second hash is made of those bodies whose first
//! octets have such a line, and of no others.

use super::body_hash::PIECE;
use super::canonicalization::Canonicalization;
use super::window::Passes;
use crate::crypto::Digest;

/// An escape behind a line end.
const ESCAPED: &[u8] = b"\n>From ";
/// An escape in the first line.
const FIRST: &[u8] = b">From ";

/// The hashes of a body without its escapes.
#[derive(Clone, Debug)]
pub(super) struct Unescaped {
    passes: Passes,
    /// The first octet is an escape, and has not come yet.
    skip: bool,
    /// The last octets, while they may be the beginning of an escaped line.
    held: Vec<u8>,
}

impl Unescaped {
    /// From the start of a body on, of which `head` are the first octets, if there is a reason to; they have to be pushed,
    /// too.
    pub(super) fn at_start(passes: &Passes, head: &[u8]) -> Option<Self> {
        is_escaped(head).then(|| Self { passes: passes.clone(), skip: head.starts_with(FIRST), held: Vec::new() })
    }

    pub(super) fn push(&mut self, chunk: &[u8]) {
        let chunk = match chunk.split_first() {
            Some((_, rest)) if std::mem::take(&mut self.skip) => rest,
            _ => chunk,
        };
        for piece in chunk.chunks(PIECE) {
            let mut octets = std::mem::take(&mut self.held);
            octets.extend_from_slice(piece);
            let mut rest = &octets[..];
            while let Some(at) = memchr::memmem::find(rest, ESCAPED) {
                let (before, after) = rest.split_at(at + 1);
                feed(&mut self.passes, before);
                rest = after.get(1..).unwrap_or_default();
            }
            let held = (1..ESCAPED.len()).rev().find(|&length| rest.ends_with(&ESCAPED[..length])).unwrap_or(0);
            let (settled, held) = rest.split_at(rest.len() - held);
            feed(&mut self.passes, settled);
            self.held = held.to_vec();
        }
    }

    /// The hash of all that came.
    pub(super) fn digest(&self, canonicalization: Canonicalization) -> Option<Digest> {
        let mut pass = self.passes.iter().find(|pass| pass.canonicalization == canonicalization)?.clone();
        pass.push(&self.held);
        pass.finish().whole
    }
}

fn feed(passes: &mut Passes, octets: &[u8]) {
    passes.iter_mut().for_each(|pass| pass.push(octets));
}

/// Whether a line begins with the escape.
pub(super) fn is_escaped(octets: &[u8]) -> bool {
    octets.starts_with(FIRST) || memchr::memmem::find(octets, ESCAPED).is_some()
}

/// Whole octets without the escape of each line, or with one `>` less where there are several of them: programs differ in
/// whether they escape what looks escaped.
pub(super) fn unescaped(octets: &[u8], several: bool) -> Vec<u8> {
    let mut unescaped = Vec::with_capacity(octets.len());
    for line in octets.split_inclusive(|&b| b == b'\n') {
        let marks = line.iter().take_while(|b| **b == b'>').count();
        let is_escape = (marks == 1 || (several && marks > 1)) && line[marks..].starts_with(b"From ");
        unescaped.extend_from_slice(&line[usize::from(is_escape)..]);
    }
    unescaped
}

#[cfg(test)]
mod tests {
    use super::super::body_hash::Pass;
    use super::*;

    #[test]
    fn in_any_chunks_as_in_one_piece() {
        let body = b">From a\r\n>From b\r\n>>From c\r\n\n>From d>From e\r\n>Fro\r\n\n>From ";
        let mut whole = Pass::whole(Canonicalization::Simple);
        whole.push(&unescaped(body, false));
        let expected = whole.finish().whole;
        for size in 1..body.len() {
            let passes = vec![Pass::whole(Canonicalization::Simple)];
            let mut hashes = Unescaped::at_start(&passes, body).unwrap();
            body.chunks(size).for_each(|chunk| hashes.push(chunk));
            assert_eq!(hashes.digest(Canonicalization::Simple), expected, "{size}");
        }
        assert_eq!(unescaped(b">>From x\n>From y\n", true), b">From x\nFrom y\n");
    }
}
