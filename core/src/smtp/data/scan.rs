//! The search both directions have in common: how far the octets go on without anything that needs a decision.

/// Octets that are looked at together. Ours: small enough for the fastest cache, and large enough that what is done once a block
/// does not count.
const LARGE: usize = 512;
const SMALL: usize = 64;
/// Octets that are compared at the same time. Ours: two vectors of the smallest kind.
const LANES: usize = 32;
/// What follows a block and is looked at with it.
const AHEAD: usize = 2;
/// Octets that are walked through line by line before blocks are tried: where one special octet follows the other, a block each
/// would be wasted.
const PREFIX: usize = 64;

/// How many octets from the front are to be taken as they are. What stands there, if anything, is one of
///
/// - a NUL,
/// - a bare LF,
/// - a bare CR, or a CR at the end of the octets,
/// - a dot behind a CRLF.
///
/// The octets continue a line that has begun, and the one before them is no CR; so an LF at the front is bare.
pub(super) fn plain_run(octets: &[u8]) -> usize {
    let mut from = 0;
    let mut until = PREFIX;
    loop {
        match walk(octets, from, until.min(octets.len())) {
            Ok(end) => from = end,
            Err(special) => return special,
        }
        if from >= octets.len() {
            return octets.len();
        }
        while let Some(plain) = plain_block::<{ LARGE + AHEAD }>(&octets[from..])
            .or_else(|| plain_block::<{ SMALL + AHEAD }>(&octets[from..]))
        {
            from += plain;
            from += usize::from(octets[from] == b'\n'); // the CR before it is in the block
        }
        until = from + SMALL + AHEAD;
    }
}

/// The length of a block at the front, without what follows it, if all of it is plain.
fn plain_block<const N: usize>(octets: &[u8]) -> Option<usize> {
    octets.first_chunk::<N>().filter(|block| is_plain(block)).map(|_| N - AHEAD)
}

/// Walks from line to line. Gives the end, which is `until` or one behind it, or the first special octet.
fn walk(octets: &[u8], mut from: usize, until: usize) -> Result<usize, usize> {
    while let Some(at) = octets.get(from..until).and_then(|part| memchr::memchr3(b'\r', b'\n', 0, part)) {
        let at = from + at;
        match octets[at..] {
            [b'\r', b'\n', b'.', ..] => return Err(at + 2),
            [b'\r', b'\n', ..] => from = at + 2,
            _ => return Err(at),
        }
    }
    Ok(from.max(until))
}

/// Whether nothing special is in a block. All octets are looked at in the same way, without a branch, in lanes that become
/// vector instructions.
#[inline]
fn is_plain<const N: usize>(block: &[u8; N]) -> bool {
    let (octets, _) = block.as_chunks::<LANES>();
    let (next, _) = block[1..].as_chunks::<LANES>();
    let (after, _) = block[2..].as_chunks::<LANES>();
    let mut special = [0; LANES];
    let mut least = [u8::MAX; LANES];
    for ((octets, next), after) in octets.iter().zip(next).zip(after) {
        for lane in 0..LANES {
            let is_cr = mask(octets[lane] == b'\r');
            let is_lf = mask(next[lane] == b'\n');
            special[lane] |= (is_cr ^ is_lf) | (is_lf & mask(after[lane] == b'.'));
            least[lane] = least[lane].min(octets[lane]);
        }
    }
    special == [0; LANES] && !least.contains(&0) && block[0] != b'\n'
}

fn mask(condition: bool) -> u8 {
    u8::from(condition).wrapping_neg()
}
