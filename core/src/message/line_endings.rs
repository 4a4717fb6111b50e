//! Line endings of message files, for hosts that read some.

use std::borrow::Cow;

/// Which line endings a text has, each counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineEndings {
    /// CR LF, the only one that mail has on the wire (RFC 5321 §2.3.8).
    pub crlf: usize,
    /// LF without a CR before it.
    pub bare_lf: usize,
    /// CR without an LF behind it.
    pub bare_cr: usize,
}

impl LineEndings {
    /// Counts the endings of a text.
    pub fn of(text: &[u8]) -> Self {
        let mut found = Self::default();
        let mut previous = None;
        for at in memchr::memchr2_iter(b'\r', b'\n', text) {
            match text[at] {
                b'\n' if at > 0 && previous == Some(at - 1) => {
                    found.crlf += 1;
                    found.bare_cr -= 1; // counted when the CR was met
                    previous = None;
                }
                b'\n' => found.bare_lf += 1,
                _ => {
                    found.bare_cr += 1;
                    previous = Some(at);
                }
            }
        }
        found
    }

    /// In words for people, such as `LF`, `CRLF`, or `a mixture of CRLF, LF and bare CR`.
    pub fn describe(&self) -> &'static str {
        match (self.crlf > 0, self.bare_lf > 0, self.bare_cr > 0) {
            (false, false, false) => "no line endings",
            (true, false, false) => "CRLF",
            (false, true, false) => "LF",
            (false, false, true) => "bare CR",
            (true, true, false) => "a mixture of CRLF and LF",
            (true, false, true) => "a mixture of CRLF and bare CR",
            (false, true, true) => "a mixture of LF and bare CR",
            (true, true, true) => "a mixture of CRLF, LF and bare CR",
        }
    }
}

/// A text whose lines end with CRLF, and what was found before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normalized<'a> {
    /// The text; borrowed when nothing was changed.
    pub octets: Cow<'a, [u8]>,
    /// The endings before the change.
    pub found: LineEndings,
}

impl Normalized<'_> {
    /// Whether the text was changed, which invalidates signatures that were made over the text as it was.
    pub fn is_changed(&self) -> bool {
        matches!(self.octets, Cow::Owned(_))
    }
}

/// Makes CRLF of each LF that has no CR before it. A bare CR stays: what it stood for cannot be known.
///
/// The engine itself never does so, because in SMTP a bare LF is no line ending; a program that reads a file in which
/// lines end with LF does it, and says that it did.
pub fn normalize_line_endings(text: &[u8]) -> Normalized<'_> {
    let found = LineEndings::of(text);
    if found.bare_lf == 0 {
        return Normalized { octets: Cow::Borrowed(text), found };
    }
    let mut octets = Vec::with_capacity(text.len() + found.bare_lf);
    let mut from = 0;
    for at in memchr::memchr_iter(b'\n', text) {
        if at == 0 || text[at - 1] != b'\r' {
            octets.extend_from_slice(&text[from..at]);
            octets.extend_from_slice(b"\r\n");
            from = at + 1;
        }
    }
    octets.extend_from_slice(&text[from..]);
    Normalized { octets: Cow::Owned(octets), found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_told_apart() {
        let of = |text: &[u8]| {
            let e = LineEndings::of(text);
            (e.crlf, e.bare_lf, e.bare_cr)
        };
        assert_eq!(of(b"a\r\nb\r\n"), (2, 0, 0));
        assert_eq!(of(b"a\nb\n\n"), (0, 3, 0));
        assert_eq!(of(b"\r\r\n\n\r"), (1, 1, 2));
        assert_eq!(LineEndings::of(b"a\nb\r\n").describe(), "a mixture of CRLF and LF");
    }

    #[test]
    fn lf_becomes_crlf_and_nothing_else_changes() {
        let normal = normalize_line_endings(b"\na\r\nb\rc\n");
        assert_eq!(&*normal.octets, b"\r\na\r\nb\rc\r\n");
        assert!(normal.is_changed());
        assert!(!normalize_line_endings(b"a\rb\r\n").is_changed());
    }
}
