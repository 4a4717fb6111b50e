//! The search both directions have in common: how far the octets go on without anything that needs a decision.

/// Octets of a block that are looked at together: so many that what is done once a block does not count.
const LARGE: usize = 512;
/// Those of a block near the end, or near something special.
const SMALL: usize = 64;
/// Octets that are compared at the same time. Two vectors of the smallest kind.
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
        from += plain_blocks::<{ LARGE + AHEAD }>(&octets[from..]);
        from += plain_blocks::<{ SMALL + AHEAD }>(&octets[from..]);
        until = from + SMALL + AHEAD;
    }
}

/// The length of the blocks at the front that are plain. What follows each is looked at with it and not counted, but for the LF
/// of a CR that is last.
fn plain_blocks<const N: usize>(octets: &[u8]) -> usize {
    let mut rest = octets;
    while let Some(block) = rest.first_chunk::<N>().filter(|block| is_plain(block)) {
        rest = &rest[behind(block)..];
    }
    octets.len() - rest.len()
}

/// Where the search goes on behind a plain block: the LF that belongs to a CR at its end is plain, too.
#[inline]
fn behind<const N: usize>(block: &[u8; N]) -> usize {
    let length = N - AHEAD;
    length + usize::from(block[length] == b'\n')
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
            special[lane] |= special_at(octets[lane], next[lane], after[lane]);
            least[lane] = least[lane].min(octets[lane]);
        }
    }
    let special = special.iter().fold(0, |all, lane| all | lane);
    let least = least.iter().fold(u8::MAX, |all, &lane| all.min(lane));
    special == 0 && least > 0 && block[0] != b'\n'
}

/// Not zero where a CR or an LF stands alone in the first two of three octets, or a dot behind an LF is the third.
#[inline]
fn special_at(octet: u8, next: u8, after: u8) -> u8 {
    let is_cr = mask(octet == b'\r');
    let is_lf = mask(next == b'\n');
    (is_cr ^ is_lf) | (is_lf & mask(after == b'.'))
}

fn mask(condition: bool) -> u8 {
    u8::from(condition).wrapping_neg()
}

#[cfg(test)]
mod proof;

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in the way, octet by octet.
    fn naive(octets: &[u8]) -> usize {
        let at = |index: usize| octets.get(index).copied();
        let is_special = |index: usize| match octets[index] {
            0 => true,
            b'\r' => at(index + 1) != Some(b'\n'),
            b'\n' => index == 0 || octets[index - 1] != b'\r',
            b'.' => index >= 2 && octets[index - 2..index] == *b"\r\n",
            _ => false,
        };
        (0..octets.len()).find(|&index| is_special(index)).unwrap_or(octets.len())
    }

    #[test]
    fn something_special_is_found_wherever_it_stands() {
        let plain: Vec<u8> = b"Lines. of several, lengths\r\n\r\nx\r\n".iter().cycle().take(1300).copied().collect();
        for special in
            [&b"\0"[..], b"\r", b"\n", b"\r\n.", b"\r\r\n", b"\n\r\n", b"\r\n\n", b"\xff", b".", b"\x01\x0b\x0c"]
        {
            for place in 0..=plain.len() {
                let text = [&plain[..place], special, &plain[place..]].concat();
                assert_eq!(plain_run(&text), naive(&text), "{special:?} at {place}");
            }
        }
        for length in 0..plain.len() {
            assert_eq!(plain_run(&plain[..length]), naive(&plain[..length]), "{length}");
        }
    }
}
