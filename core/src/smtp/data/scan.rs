//! The search both directions have in common: how far the octets go on without anything that needs a decision.

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
    while let Some(at) = memchr::memchr3(b'\r', b'\n', 0, &octets[from..]).map(|offset| from + offset) {
        match octets[at..] {
            [b'\r', b'\n', b'.', ..] => return at + 2,
            [b'\r', b'\n', ..] => from = at + 2,
            _ => return at,
        }
    }
    octets.len()
}
