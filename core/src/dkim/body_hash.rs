//! The hashes of a body: all that the signatures of a message need, in one pass and in constant memory.
//!
//! Signatures share the work. There is one canonicalization and one SHA-256 for each of the two algorithms at most;
//! where a signature's `l=` ends, the state is forked and the pass goes on.

use super::canonicalization::{Body, Canonicalization, Sink};
use super::diagnose::Window;
use crate::crypto::{Digest, Sha256};

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

/// How much of a body is canonicalized and hashed at a time: what was read for the one is still in the processor's
/// second cache for the other. Smaller pieces that fit the first were slower, for each begins with a wait for memory.
pub(super) const PIECE: usize = 64 * 1024;

/// One pass for each canonicalization.
pub(super) type Passes = Vec<Pass>;

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

    fn totals(&self, canonicalization: Canonicalization) -> Option<&Totals> {
        self.passes.iter().find(|pass| pass.0 == canonicalization).map(|pass| &pass.1)
    }
}

/// A canonicalization and its hashes in progress.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    pub(super) canonicalization: Canonicalization,
    body: Body,
    hashes: Hashes,
}

impl Pass {
    fn new(canonicalization: Canonicalization, lengths: impl Iterator<Item = Option<u64>>) -> Self {
        Self { canonicalization, body: Body::new(canonicalization), hashes: Hashes::new(lengths) }
    }

    /// At the start of a body, for the hash of all of it.
    pub(super) fn whole(canonicalization: Canonicalization) -> Self {
        Self::new(canonicalization, [None].into_iter())
    }

    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.body.push(chunk, &mut self.hashes);
    }

    /// A copy to come back to.
    pub(super) fn snapshot(&mut self) -> Self {
        self.hashes.flush();
        self.clone()
    }

    pub(super) fn finish(mut self) -> Totals {
        self.body.finish(&mut self.hashes);
        self.hashes.finish()
    }
}

/// What is known of a canonical body at its end.
#[derive(Clone, Debug)]
pub(super) struct Totals {
    pub(super) octets: u64,
    /// `None` when nobody wanted it.
    pub(super) whole: Option<Digest>,
    prefixes: Vec<(u64, Option<Digest>)>,
}

/// A piece of at least this many octets is hashed where it is; smaller ones are gathered first, because a call into
/// the hash costs as much as copying some hundred octets.
const DIRECT: usize = 256;
/// How many octets are gathered.
const GATHERED: usize = 1024;

/// Hashes of a stream of octets: of all of it, and of some prefixes.
#[derive(Clone, Debug)]
struct Hashes {
    state: Sha256,
    /// Octets in `state`.
    hashed: u64,
    gathered: Vec<u8>,
    /// Lengths, ascending, and the digests at those that were reached.
    prefixes: Vec<(u64, Option<Digest>)>,
    /// How many of them were reached.
    reached: usize,
    whole: bool,
}

impl Hashes {
    fn new(lengths: impl Iterator<Item = Option<u64>>) -> Self {
        let (mut prefixes, mut whole) = (Vec::new(), false);
        for length in lengths {
            match length {
                Some(length) => prefixes.push((length, None)),
                None => whole = true,
            }
        }
        prefixes.sort_unstable();
        prefixes.dedup();
        Self { state: Sha256::new(), hashed: 0, gathered: Vec::new(), prefixes, reached: 0, whole }
    }

    fn flush(&mut self) {
        let mut gathered = std::mem::take(&mut self.gathered);
        self.absorb(&gathered);
        gathered.clear();
        self.gathered = gathered;
    }

    fn absorb(&mut self, mut octets: &[u8]) {
        while let Some((length, digest)) = self.prefixes.get_mut(self.reached) {
            // The lengths ascend, and those below `hashed` were reached.
            let missing = *length - self.hashed;
            let Some((before, after)) = usize::try_from(missing).ok().and_then(|at| octets.split_at_checked(at)) else {
                break;
            };
            self.state.update(before);
            self.hashed = *length;
            *digest = Some(self.state.clone().finish());
            self.reached += 1;
            octets = after;
        }
        if self.whole || self.reached < self.prefixes.len() {
            self.state.update(octets);
        }
        self.hashed += octets.len() as u64;
    }

    fn finish(mut self) -> Totals {
        self.flush();
        let whole = self.whole.then(|| self.state.finish());
        Totals { octets: self.hashed, whole, prefixes: self.prefixes }
    }
}

impl Sink for Hashes {
    /// The state, and how far it has come.
    type Mark = (Sha256, u64, usize);

    fn mark(&mut self) -> Self::Mark {
        self.flush();
        (self.state.clone(), self.hashed, self.reached)
    }

    fn back_to(&mut self, (state, hashed, reached): Self::Mark) {
        (self.state, self.hashed, self.reached) = (state, hashed, reached);
        self.gathered.clear();
        self.prefixes.iter_mut().skip(reached).for_each(|(_, digest)| *digest = None);
    }

    fn write(&mut self, octets: &[u8]) {
        if octets.len() < DIRECT {
            if self.gathered.len() + octets.len() > GATHERED {
                self.flush();
            }
            self.gathered.reserve_exact(GATHERED - self.gathered.len());
            self.gathered.extend_from_slice(octets);
        } else {
            self.flush();
            self.absorb(octets);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
