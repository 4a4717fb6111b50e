//! The hashes of a body in one canonicalization: all that the signatures of a message need of it, in one pass and in
//! constant memory.
//!
//! Where a signature's `l=` ends, the state of the one SHA-256 is forked and the pass goes on.

use super::canonicalization::{Body, Canonicalization, Sink};
use crate::crypto::{Digest, Sha256};

/// How much of a body is canonicalized and hashed at a time: what was read for the one is still in the processor's
/// second cache for the other. Smaller pieces that fit the first were slower, for each begins with a wait for memory.
pub(super) const PIECE: usize = 64 * 1024;

/// A canonicalization and its hashes in progress.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    pub(super) canonicalization: Canonicalization,
    body: Body,
    hashes: Hashes,
}

impl Pass {
    pub(super) fn new(canonicalization: Canonicalization, lengths: impl Iterator<Item = Option<u64>>) -> Self {
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
    /// Lengths that were wanted, and the digests at those that the body has.
    pub(super) prefixes: Vec<(u64, Option<Digest>)>,
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
