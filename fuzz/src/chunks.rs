//! Inputs in pieces.

/// Takes an input apart: its first octet says how many of the next are sizes of chunks; the rest is what is cut.
pub fn sizes_and_text(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (count, rest) = input.split_first()?;
    rest.split_at_checked(usize::from(*count))
}

/// Cuts `octets` into chunks of these sizes, over and over; into one when there is no size above 0.
pub fn chunks<'a>(octets: &'a [u8], sizes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = octets;
    let whole = sizes.iter().all(|size| *size == 0);
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let size = if whole { rest.len() } else { sizes.next().map_or(0, |size| usize::from(*size)) };
        let (chunk, behind) = rest.split_at(size.min(rest.len()));
        rest = behind;
        Some(chunk)
    })
}
