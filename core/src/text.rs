//! Text cut at an octet, where a character may not be. The standard library has it, but not in the Rust that we ask for.

/// The last place before or at `index` at which a character ends; the end of a text that is shorter.
pub(crate) fn end_before(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The first place behind or at `index` at which a character begins; the end of a text that is shorter.
pub(crate) fn start_behind(text: &str, index: usize) -> usize {
    (index..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::{end_before, start_behind};

    #[test]
    fn no_character_is_cut() {
        let text = "aé€";
        assert_eq!((0..8).map(|index| end_before(text, index)).collect::<Vec<_>>(), [0, 1, 1, 3, 3, 3, 6, 6]);
        assert_eq!((0..8).map(|index| start_behind(text, index)).collect::<Vec<_>>(), [0, 1, 3, 3, 6, 6, 6, 6]);
        assert_eq!((end_before("", 3), start_behind("", 3)), (0, 0));
    }
}
