//! Message files: their line endings, and the line that mbox puts in front. For hosts that read some.

use std::borrow::Cow;

use crate::limits::MAX_MBOX_LINE;
use crate::trail::Step;

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
    push_with_crlf(text, false, &mut octets);
    Normalized { octets: Cow::Owned(octets), found }
}

/// Appends a text with a CR before each LF that has none. `after_cr` tells whether a CR stands before the text.
fn push_with_crlf(text: &[u8], after_cr: bool, to: &mut Vec<u8>) {
    let mut from = 0;
    for at in memchr::memchr_iter(b'\n', text) {
        if !stands_behind_cr(text, at, after_cr) {
            to.extend_from_slice(&text[from..at]);
            to.extend_from_slice(b"\r\n");
            from = at + 1;
        }
    }
    to.extend_from_slice(&text[from..]);
}

fn stands_behind_cr(text: &[u8], at: usize, after_cr: bool) -> bool {
    at.checked_sub(1).map_or(after_cr, |before| text[before] == b'\r')
}

/// Makes a message of a file while it is read: drops the line that mbox puts in front, and, where the first line ends with
/// LF, puts a CR before each LF that has none. A file whose first line ends with CRLF stays as it is.
///
/// It keeps [`MAX_MBOX_LINE`] octets at most. How the file is cut into chunks does not matter.
///
/// ```
/// use passerelle::message::MessageFile;
///
/// let (mut file, mut message) = (MessageFile::new(), Vec::new());
/// for chunk in ["From ann@a.example Thu Jan  1 00:00:00 1970\nFrom: ann@a", ".example\n\nGood morning\n"] {
///     file.push(chunk.as_bytes(), &mut message);
/// }
/// file.finish(&mut message);
/// assert_eq!(message, b"From: ann@a.example\r\n\r\nGood morning\r\n");
/// assert_eq!(file.steps().len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct MessageFile {
    /// The first line, as long as it may be a separator.
    first: Option<Vec<u8>>,
    separator_dropped: bool,
    /// Whether lines end with LF; known when one has ended.
    ends_with_lf: Option<bool>,
    /// Whether the last octet was a CR.
    after_cr: bool,
}

impl Default for MessageFile {
    fn default() -> Self {
        Self { first: Some(Vec::new()), separator_dropped: false, ends_with_lf: None, after_cr: false }
    }
}

impl MessageFile {
    /// At the start of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next octets of the file, and appends to `to` what of the message is there by now.
    pub fn push(&mut self, octets: &[u8], to: &mut Vec<u8>) {
        let Some(mut line) = self.first.take() else { return self.convert(octets, to) };
        let end = memchr::memchr(b'\n', octets).map_or(octets.len(), |at| at + 1);
        let (part, rest) = octets.split_at(end.min(MAX_MBOX_LINE - line.len())); // it is kept below that length
        line.extend_from_slice(part);
        match is_mbox_separator(&line) {
            None if line.len() < MAX_MBOX_LINE => self.first = Some(line),
            Some(true) => self.separator_dropped = true,
            None | Some(false) => self.convert(&line, to),
        }
        self.convert(rest, to);
    }

    /// Ends the file.
    pub fn finish(&mut self, to: &mut Vec<u8>) {
        if let Some(line) = self.first.take() {
            self.convert(&line, to);
        }
    }

    /// What was changed so far, for [`Verification::note`](crate::verify::Verification::note).
    pub fn steps(&self) -> Vec<Step> {
        let step = |outcome: &'static str, why: &'static str, rfc: &'static str| Step {
            step: "message file".into(),
            outcome: outcome.into(),
            why: why.into(),
            rfc: rfc.into(),
        };
        let separator = self.separator_dropped.then(|| {
            let why = "the file begins with the \"From \" line of an mbox, which is no part of the message";
            step("mbox line dropped", why, "RFC 4155")
        });
        let endings = (self.ends_with_lf == Some(true)).then(|| {
            let why = "lines end with LF in the file; mail has CRLF on the wire, and that is what was signed";
            step("LF converted to CRLF", why, "RFC 5321 §2.3.8")
        });
        separator.into_iter().chain(endings).collect()
    }

    fn convert(&mut self, octets: &[u8], to: &mut Vec<u8>) {
        let Some(&last) = octets.last() else { return };
        if self.ends_with_lf.is_none() {
            let first_lf = memchr::memchr(b'\n', octets);
            self.ends_with_lf = first_lf.map(|at| !stands_behind_cr(octets, at, self.after_cr));
        }
        match self.ends_with_lf {
            Some(true) => push_with_crlf(octets, self.after_cr, to),
            Some(false) | None => to.extend_from_slice(octets),
        }
        self.after_cr = last == b'\r';
    }
}

/// Whether the first line of a file is the one that separates the messages of an mbox (RFC 4155); `None` while it may yet
/// become one. `From : sender` is a field in obsolete syntax (RFC 5322 §4.5): to drop it would be to choose whom the message
/// is from.
pub(super) fn is_mbox_separator(line: &[u8]) -> Option<bool> {
    const START: &[u8] = b"From ";
    match (line.strip_prefix(START), line.strip_suffix(b"\n")) {
        (Some(sender), Some(_)) => Some(!sender.trim_ascii_start().starts_with(b":")),
        (None, None) if START.starts_with(line) => None,
        (Some(_), None) => None,
        (None, _) => Some(false),
    }
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

    /// The message of a file that is read so many octets at a time, and what was changed.
    fn read(file: &[u8], size: usize) -> (Vec<u8>, Vec<String>) {
        let (mut reader, mut message) = (MessageFile::new(), Vec::new());
        file.chunks(size).for_each(|chunk| reader.push(chunk, &mut message));
        reader.finish(&mut message);
        (message, reader.steps().iter().map(|step| step.outcome.to_string()).collect())
    }

    /// In one chunk and in any others the same.
    #[track_caller]
    fn becomes(file: &[u8], message: &[u8], steps: &[&str]) {
        for size in 1..=file.len().clamp(1, 40) {
            assert_eq!(read(file, size), (message.to_vec(), steps.iter().map(ToString::to_string).collect()), "{size}");
        }
    }

    #[test]
    fn the_first_line_of_a_file_says_how_its_lines_end() {
        becomes(b"A: b\r\n\r\nbare\nLF\r\n", b"A: b\r\n\r\nbare\nLF\r\n", &[]);
        becomes(b"A: b\n\nx\r\n\ry\r\r\n\n", b"A: b\r\n\r\nx\r\n\ry\r\r\n\r\n", &["LF converted to CRLF"]);
        becomes(b"\n", b"\r\n", &["LF converted to CRLF"]);
        becomes(b"no line ends\r", b"no line ends\r", &[]);
        becomes(b"", b"", &[]);
    }

    #[test]
    fn an_mbox_separator_is_no_part_of_the_message() {
        const DROPPED: &str = "mbox line dropped";
        becomes(b"From a@b.example Thu Jan  1 00:00:00 1970\r\nFrom: a\r\n", b"From: a\r\n", &[DROPPED]);
        becomes(b"From a\nA: b\nFrom c\n", b"A: b\r\nFrom c\r\n", &[DROPPED, "LF converted to CRLF"]);
        for kept in
            ["From : a@b.example\r\n", "From \t: a@b.example\r\nFrom: c@d.example\r\n", "Fro", "From ", "FROM a\r\n"]
        {
            becomes(kept.as_bytes(), kept.as_bytes(), &[]);
        }
    }

    #[test]
    fn a_first_line_that_is_too_long_is_no_separator() {
        let line = |length: usize| [b"From ".to_vec(), vec![b'x'; length - 7], b"\r\n".to_vec()].concat();
        let (longest, longer) = (line(MAX_MBOX_LINE), line(MAX_MBOX_LINE + 1));
        for size in [1, 7, MAX_MBOX_LINE - 1, MAX_MBOX_LINE, MAX_MBOX_LINE + 1] {
            assert_eq!(read(&longest, size).0, b"", "{size}");
            assert_eq!(read(&longer, size).0, longer, "{size}");
        }
    }
}
