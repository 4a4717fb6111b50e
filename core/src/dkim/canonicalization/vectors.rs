//! The loops over octets that have to keep up with a hash, by the vector instructions that the processor has.
//!
//! What they give is the same on every processor; how fast depends on it. There is no branch in them that depends on
//! single octets, since no processor can foresee where white space is.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, mask8x16, u8x16};

/// The instructions to use.
#[derive(Clone, Copy, Debug)]
pub(in crate::dkim) struct Vectors(Level);

impl Default for Vectors {
    fn default() -> Self {
        Self(Level::new())
    }
}

/// How many octets are looked at before it is asked what was found.
const LOOK: usize = 128;
/// How many octets are reduced at a time.
const BLOCK: usize = 64;
/// A vector of these is compacted at once.
const LANES: usize = 16;

impl Vectors {
    /// How many octets more than those to be reduced there has to be room for.
    pub(in crate::dkim) const SLACK: usize = BLOCK;

    /// How many of these octets stay as they are, at least, but for white space at their end: what is behind the first that
    /// does not, and some octets before it, do not count. What follows the last of them is taken to be content.
    pub(in crate::dkim) fn unchanged(self, octets: &[u8]) -> usize {
        dispatch!(self.0, simd => unchanged(simd, octets))
    }

    /// Writes the first `end` octets with their white space reduced: each SP and TAB goes where SP, TAB or CRLF follows,
    /// and any other TAB becomes SP. Gives how many octets that makes.
    ///
    /// Behind `end` there are two octets, or what is there does not matter. There is room for `end` and
    /// [`SLACK`](Self::SLACK) octets.
    pub(in crate::dkim) fn reduce(self, octets: &[u8], end: usize, to: &mut [u8]) -> usize {
        dispatch!(self.0, simd => reduce(simd, octets, end, to))
    }

    /// Reduces the white space of what is behind `from` as [`reduce`](Self::reduce) does, line ends being like any octet,
    /// and moves it to `start`, which is not behind `from`.
    pub(super) fn reduce_in_place(self, octets: &mut Vec<u8>, start: usize, from: usize) {
        octets.extend_from_slice(&[0; LANES]);
        let length = dispatch!(self.0, simd => reduce_in_place(simd, octets, start, from));
        octets.truncate(length);
    }

    /// Whether there is a CR that no LF follows, or an LF that no CR precedes. The first octet is not asked about what
    /// precedes it, nor the last about what follows.
    pub(in crate::dkim) fn has_bare_line_end(self, octets: &[u8]) -> bool {
        dispatch!(self.0, simd => has_bare_line_end(simd, octets))
    }
}

#[inline(always)]
fn unchanged<S: Simd>(simd: S, octets: &[u8]) -> usize {
    let mut at = 0;
    while let Some(block) = octets.get(at..).and_then(<[u8]>::first_chunk) {
        if any_pair(simd, block, may_change) {
            return at;
        }
        at += LOOK;
    }
    // Behind the last octet there is none that changes anything.
    let rest = padded(octets.get(at..).unwrap_or_default());
    if any_pair(simd, &rest, may_change) { at } else { octets.len() }
}

/// TAB, or SP before SP or CR. (Before TAB: that one is found itself.)
#[inline(always)]
fn may_change<S: Simd>(simd: S, octets: S::u8s, next: S::u8s) -> Mask<S> {
    let [sp, tab, cr] = [b' ', b'\t', b'\r'].map(|octet| S::u8s::splat(simd, octet));
    octets.simd_eq(tab) | (octets.simd_eq(sp) & (next.simd_eq(sp) | next.simd_eq(cr)))
}

#[inline(always)]
fn has_bare_line_end<S: Simd>(simd: S, octets: &[u8]) -> bool {
    let mut at = 0;
    while let Some(block) = octets.get(at..).and_then(<[u8]>::first_chunk) {
        if any_pair(simd, block, is_bare) {
            return true;
        }
        at += LOOK;
    }
    let rest = octets.get(at..).unwrap_or_default();
    let Some((&last, _)) = rest.split_last() else { return false };
    let mut block = padded(rest);
    // A CR at the end is taken to be whole.
    if let (b'\r', Some(behind)) = (last, block.get_mut(rest.len())) {
        *behind = b'\n';
    }
    any_pair(simd, &block, is_bare)
}

/// A CR without LF behind it, or an octet that is no CR with LF behind it.
#[inline(always)]
fn is_bare<S: Simd>(simd: S, octets: S::u8s, next: S::u8s) -> Mask<S> {
    let [cr, lf] = [b'\r', b'\n'].map(|octet| S::u8s::splat(simd, octet));
    octets.simd_eq(cr) ^ next.simd_eq(lf)
}

/// Whether something is true of any octet of a block and the one behind it.
#[inline(always)]
fn any_pair<S: Simd>(simd: S, block: &[u8; LOOK + 1], is: impl Fn(S, S::u8s, S::u8s) -> Mask<S>) -> bool {
    let lanes = S::u8s::LEN;
    let mut any = Mask::<S>::splat(simd, false);
    let mut at = 0;
    while at < LOOK {
        let octets = S::u8s::from_slice(simd, &block[at..at + lanes]);
        let next = S::u8s::from_slice(simd, &block[at + 1..at + 1 + lanes]);
        any |= is(simd, octets, next);
        at += lanes;
    }
    any.any_true()
}

/// An answer for each octet of a vector.
type Mask<S> = <<S as Simd>::u8s as SimdBase<S>>::Mask;

#[inline(always)]
fn reduce<S: Simd>(simd: S, octets: &[u8], end: usize, to: &mut [u8]) -> usize {
    let (mut at, mut length) = (0, 0);
    while at + BLOCK <= end
        && let Some(block) = octets.get(at..).and_then(<[u8]>::first_chunk)
        && let Some(room) = to.get_mut(length..).and_then(<[u8]>::first_chunk_mut)
    {
        length += reduce_block(simd, block, room).count_ones() as usize;
        at += BLOCK;
    }
    while at < end
        && let Some(room) = to.get_mut(length..).and_then(<[u8]>::first_chunk_mut)
    {
        let kept = reduce_block(simd, &padded(octets.get(at..).unwrap_or_default()), room);
        // Of the last block, those that count are its first, and so the lowest bits.
        let counted = u64::MAX >> BLOCK.saturating_sub(end - at);
        length += (kept & counted).count_ones() as usize;
        at += BLOCK;
    }
    length
}

/// Reduces a block, which two octets follow. Gives which of its octets were written, in order: the first is the lowest
/// bit. What is behind the last one written has no meaning.
#[inline(always)]
fn reduce_block<S: Simd>(simd: S, block: &[u8; BLOCK + 2], to: &mut [u8; BLOCK]) -> u64 {
    let [cr, lf] = [b'\r', b'\n'].map(|octet| u8x16::splat(simd, octet));
    let (mut all_kept, mut length) = (0, 0);
    let mut at = 0;
    while at < BLOCK {
        let [octets, next, second] = [0, 1, 2].map(|behind| {
            let start = at + behind;
            u8x16::from_slice(simd, &block[start..start + LANES])
        });
        let end_follows = next.simd_eq(cr) & second.simd_eq(lf);
        let (reduced, kept) = reduce_vector(simd, octets, next, end_follows);
        reduced.store_slice(&mut to[length..length + LANES]);
        all_kept |= kept << at;
        length += kept.count_ones() as usize;
        at += LANES;
    }
    all_kept
}

/// The octets that stay, one behind the other, and which they are. White space goes where white space or an end follows.
#[inline(always)]
fn reduce_vector<S: Simd>(simd: S, octets: u8x16<S>, next: u8x16<S>, end_follows: mask8x16<S>) -> (u8x16<S>, u64) {
    let [sp, tab] = [b' ', b'\t'].map(|octet| u8x16::splat(simd, octet));
    let is_tab = octets.simd_eq(tab);
    let space_follows = next.simd_eq(sp) | next.simd_eq(tab);
    let kept = !((octets.simd_eq(sp) | is_tab) & (space_follows | end_follows));
    let octets = is_tab.select(sp, octets);
    // Compacted also where all of them stay: a branch would be foreseen wrongly more often than it spares anything.
    (octets.compress(kept), kept.to_bitmask())
}

/// Reduces the octets from `from` on where they are, to begin at `start`, and gives where they end. [`LANES`] octets more
/// follow that do not count.
#[inline(always)]
fn reduce_in_place<S: Simd>(simd: S, octets: &mut [u8], start: usize, from: usize) -> usize {
    let end = octets.len().saturating_sub(LANES);
    let (mut at, mut length) = (from, start);
    while at < end
        && let Some(&block) = octets.get(at..).and_then(<[u8]>::first_chunk::<{ LANES + 1 }>)
    {
        let now = u8x16::from_slice(simd, &block[..LANES]);
        let next = u8x16::from_slice(simd, &block[1..]);
        let (reduced, kept) = reduce_vector(simd, now, next, mask8x16::splat(simd, false));
        // It is never written where nothing was read yet: what is reduced does not grow.
        if let Some(room) = octets.get_mut(length..).and_then(<[u8]>::first_chunk_mut::<LANES>) {
            reduced.store_slice(room);
        }
        let counted = u64::MAX >> (u64::BITS as usize - LANES.min(end - at));
        length += (kept & counted).count_ones() as usize;
        at += LANES;
    }
    length
}

/// The first of these octets, filled up with octets that are neither white space nor line ends.
#[inline(always)]
fn padded<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut block = [0; N];
    let length = octets.len().min(N);
    if let (Some(to), Some(from)) = (block.get_mut(..length), octets.get(..length)) {
        to.copy_from_slice(from);
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of instructions that this processor has, and none of them.
    fn all() -> Vec<Vectors> {
        let detected = Level::new();
        let mut levels = vec![detected, Level::baseline(), Level::fallback()];
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        levels
            .extend([detected.as_sse4_2().map(Simd::level), detected.as_avx2().map(Simd::level)].into_iter().flatten());
        levels.into_iter().map(Vectors).collect()
    }

    /// Around the ends of all that is looked at at once.
    fn lengths() -> impl Iterator<Item = usize> {
        [0, 16, 64, LOOK, LOOK + BLOCK, 2 * LOOK].into_iter().flat_map(|end: usize| end.saturating_sub(2)..end + 3)
    }

    /// Octets of which most are white space or line ends.
    fn octets(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            b"abcdefghijk\x80\xff\0\r\n\r\n \t  "[(state >> 33) as usize % 20]
        };
        (0..length).map(|_| next()).collect()
    }

    fn is_space(octet: Option<&u8>) -> bool {
        matches!(octet, Some(b' ' | b'\t'))
    }

    #[test]
    fn reduced_alike_by_all_instructions() {
        for length in lengths() {
            let octets = octets(length as u64, length);
            for end in [length, length.saturating_sub(2)] {
                let stays = |at: &usize| {
                    let behind = octets.get(at + 1..).unwrap_or_default();
                    !is_space(octets.get(*at)) || !(is_space(behind.first()) || behind.starts_with(b"\r\n"))
                };
                let expected: Vec<u8> =
                    (0..end).filter(stays).map(|at| if octets[at] == b'\t' { b' ' } else { octets[at] }).collect();
                for vectors in all() {
                    let mut reduced = vec![0; end + Vectors::SLACK];
                    let count = vectors.reduce(&octets, end, &mut reduced);
                    assert_eq!(reduced[..count], expected, "{vectors:?}, {octets:?} up to {end}");
                }
            }
        }
    }

    #[test]
    fn one_change_is_found_at_every_place() {
        for length in lengths() {
            let text = vec![b'x'; length];
            for vectors in all() {
                assert_eq!(vectors.unchanged(&text), length, "{vectors:?}");
                for at in 0..length.saturating_sub(2) {
                    for change in [&b"\t"[..], b"  ", b" \r", b" \t"] {
                        let mut text = text.clone();
                        text[at..at + change.len()].copy_from_slice(change);
                        let unchanged = vectors.unchanged(&text);
                        // A space at the end is the caller's to take off.
                        let unchanged = text[..unchanged].trim_ascii_end().len();
                        assert!(
                            unchanged <= at && at <= unchanged + LOOK,
                            "{vectors:?} {change:?} at {at} of {length}"
                        );
                    }
                    for same in [&b" "[..], b"\r\n", b"\n", b"\r", b" \n"] {
                        let mut text = text.clone();
                        text[at..at + same.len()].copy_from_slice(same);
                        assert_eq!(vectors.unchanged(&text), length, "{vectors:?} {same:?} at {at} of {length}");
                    }
                }
            }
        }
    }

    #[test]
    fn one_bare_line_end_is_found_at_every_place() {
        for length in lengths() {
            for vectors in all() {
                for at in 0..length {
                    let with = |octets: &[u8]| {
                        let mut text = vec![b'x'; length];
                        text[at..at + octets.len()].copy_from_slice(octets);
                        vectors.has_bare_line_end(&text)
                    };
                    // What precedes the first octet and what follows the last one is the caller's to know.
                    assert_eq!(with(b"\n"), at > 0, "{vectors:?}, LF at {at} of {length}");
                    assert_eq!(with(b"\r"), at + 1 < length, "{vectors:?}, CR at {at} of {length}");
                    assert!(at + 1 == length || !with(b"\r\n"), "{vectors:?}, CRLF at {at} of {length}");
                }
            }
        }
    }
}
