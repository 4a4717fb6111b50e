//! Unfolding of header fields.

use std::borrow::Cow;

/// A field's value without its folding: each CRLF before a space or tab is dropped (RFC 5322 §2.2.3).
///
/// Any other CR or LF stays.
pub fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    let is_fold = |at: usize| matches!(value.get(at..at + 3), Some([b'\r', b'\n', b' ' | b'\t']));
    let mut folds = memchr::memmem::find_iter(value, b"\r\n").filter(|&at| is_fold(at)).peekable();
    if folds.peek().is_none() {
        return Cow::Borrowed(value);
    }
    let mut unfolded = Vec::with_capacity(value.len());
    let mut from = 0;
    for at in folds {
        unfolded.extend_from_slice(&value[from..at]);
        from = at + 2;
    }
    unfolded.extend_from_slice(&value[from..]);
    Cow::Owned(unfolded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folds_are_dropped() {
        assert_eq!(&*unfold(b" a\r\n b\r\n\tc"), b" a b\tc");
        assert_eq!(&*unfold(b"a\nb\r c\r\nd\r\n"), b"a\nb\r c\r\nd\r\n");
        assert!(matches!(unfold(b"plain"), Cow::Borrowed(_)));
        assert_eq!(&*unfold(b"\r\n \r\n \r\n"), b"  \r\n");
    }
}
