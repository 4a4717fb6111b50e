//! A body being hashed: one pass for each canonicalization that the signatures of a message ask for, and what is kept to
//! find out why a hash is not what was expected.

use super::body_hash::{Pass, Totals};
use super::canonicalization::Canonicalization;
use super::window::{Passes, Window};
use crate::crypto::Digest;

/// Which hash a signature needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) canonicalization: Canonicalization,
    /// Octets of the canonical body, from `l=`; `None` for all of them.
    pub(super) length: Option<u64>,
}

/// Hashes a body as it streams by.
#[derive(Clone, Debug)]
pub(super) struct BodyHasher {
    passes: Passes,
    window: Window,
}

impl BodyHasher {
    /// At the start of a body of which these hashes will be wanted.
    pub(super) fn new(wanted: &[Wanted]) -> Self {
        let pass = |canonicalization| {
            let mut lengths = wanted.iter().filter(|w| w.canonicalization == canonicalization).peekable();
            lengths.peek()?;
            Some(Pass::new(canonicalization, lengths.map(|w| w.length)))
        };
        let passes: Passes =
            [Canonicalization::Simple, Canonicalization::Relaxed].into_iter().filter_map(pass).collect();
        Self { window: Window::new(&passes), passes }
    }

    /// Takes the next octets.
    pub(super) fn push(&mut self, chunk: &[u8]) {
        if !self.passes.is_empty() {
            self.window.push(chunk, &mut self.passes);
        }
    }

    /// Ends the body.
    pub(super) fn finish(self) -> BodyHashes {
        let passes = self.passes.into_iter().map(|pass| (pass.canonicalization, pass.finish())).collect();
        BodyHashes { passes, window: self.window }
    }
}

/// The hashes of a whole body, and what is left to find out why one is not what was expected.
#[derive(Debug)]
pub(super) struct BodyHashes {
    passes: Vec<(Canonicalization, Totals)>,
    pub(super) window: Window,
}

impl BodyHashes {
    /// The hash that was asked for; `None` when the canonical body has fewer octets than the length asked for.
    pub(super) fn digest(&self, wanted: Wanted) -> Option<Digest> {
        let totals = self.totals(wanted.canonicalization)?;
        match wanted.length {
            None => totals.whole,
            Some(length) => totals.prefixes.iter().find(|prefix| prefix.0 == length).and_then(|prefix| prefix.1),
        }
    }

    /// How many octets the canonical body has; zero where that canonicalization was not wanted.
    pub(super) fn total(&self, canonicalization: Canonicalization) -> u64 {
        self.totals(canonicalization).map_or(0, |totals| totals.octets)
    }

    /// Whether the body had no octet.
    pub(super) fn is_empty(&self) -> bool {
        self.window.is_empty()
    }

    fn totals(&self, canonicalization: Canonicalization) -> Option<&Totals> {
        self.passes.iter().find(|pass| pass.0 == canonicalization).map(|pass| &pass.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Sha256;

    fn wanted(length: Option<u64>) -> Wanted {
        Wanted { canonicalization: Canonicalization::Simple, length }
    }

    #[test]
    fn prefixes_and_the_whole_in_one_pass() {
        let all = [None, Some(0), Some(5), Some(5), Some(700), Some(3002), Some(3003)].map(wanted);
        let mut hasher = BodyHasher::new(&all);
        let body = vec![b'x'; 3000];
        for chunk in body.chunks(301) {
            hasher.push(chunk);
        }
        let hashes = hasher.finish();
        let canonical = [&body[..], b"\r\n"].concat();
        assert_eq!(hashes.total(Canonicalization::Simple), 3002);
        assert_eq!(hashes.digest(wanted(None)), Some(Sha256::digest(&canonical)));
        for length in [0, 5, 700, 3002] {
            assert_eq!(hashes.digest(wanted(Some(length))), Some(Sha256::digest(&canonical[..length as usize])));
        }
        assert_eq!(hashes.digest(wanted(Some(3003))), None);
    }
}
