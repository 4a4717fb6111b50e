//! What a body hash that does not match can tell.
//!
//! A hash says only yes or no, so a change can be named when undoing it gives a yes. The last octets of the body are
//! kept, with the state of the hashes before them: enough to try whether the signed body ended at an earlier line, or
//! before the last part of a multipart, and, where the whole body is that short, whether its line ends, its white space
//! or its transfer encoding were changed. Nothing is tried unless a hash fails, and the work for all signatures of a
//! message together is bounded by [`MAX_DIAGNOSIS_OCTETS`](crate::limits::MAX_DIAGNOSIS_OCTETS).

use std::fmt;

use memchr::memmem;

use super::body_hash::Pass;
use super::canonicalization::Canonicalization;
use super::cause::Cause;
use super::effort::Effort;
use super::escaped::{is_escaped, unescaped};
use super::mime::{Mime, Separator, TransferEncoding, decoded, encoded, recoded_parts, separators};
use super::window::Window;
use crate::crypto::Digest;
use crate::limits::{MAX_DIAGNOSIS_PARTS, MAX_FOOTER_LINES};

/// What is known of a body whose hash is not the one that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Diagnosis {
    /// Proven: the body that was signed is there, and something follows it.
    Footer {
        /// Octets of the body behind the signed part.
        octets: u64,
    },
    /// Proven: the multipart that was signed is there, and one more part.
    PartAdded {
        /// Octets of the part, with the line that separates it.
        octets: u64,
        /// Whether it is the last.
        last: bool,
    },
    /// Proven: the body that was signed is there, and blank lines that are not empty follow it.
    BlankEnd {
        /// Octets of the body behind the signed part.
        octets: u64,
    },
    /// Proven: white space was added at the ends of lines.
    BlanksAdded,
    /// Proven: white space at the end, or behind the two hyphens above a sender's name, was taken away.
    BlanksLost,
    /// Proven: every CRLF became a bare LF or CR.
    LineEndsBare,
    /// Proven: every bare LF became CRLF.
    LineEndsCrlf,
    /// Proven: a `>` was put in front of the lines that begin with `From `, as mbox has it.
    FromEscaped,
    /// The body was decoded from the encoding in which it was signed.
    Decoded {
        /// That encoding.
        encoding: TransferEncoding,
        /// Whether this is proven. It is not where programs differ in how they encode, and the body only is not in the
        /// encoding that Content-Transfer-Encoding names.
        proven: bool,
    },
    /// Proven: the body was put into an encoding in which it was not signed.
    Encoded {
        /// That encoding.
        encoding: TransferEncoding,
    },
    /// Certain: fewer octets arrived than `l=` counts.
    CutShort {
        /// The value of `l=`.
        signed: u64,
        /// Octets of the canonical body.
        present: u64,
    },
    /// The octets that `l=` counts were changed.
    PrefixChanged,
    /// There is no body, and there was one when it was signed.
    Empty,
    /// The body was changed, and its last line has no CRLF: it may have been cut short.
    MaybeCutShort,
    /// The body was changed, and is a multipart without its last line: it may have been cut short.
    Unclosed,
    /// The body was changed, and is a multipart of so few parts that one may have been taken out.
    PartsMissing {
        /// How many there are: none or one.
        parts: usize,
    },
    /// The body was changed.
    Changed,
}

impl Diagnosis {
    /// How many octets were added behind what was signed, where that is what happened.
    pub(super) fn added(&self) -> Option<u64> {
        match self {
            Self::Footer { octets } | Self::PartAdded { octets, last: true } => Some(*octets),
            _ => None,
        }
    }

    /// The same in one word.
    pub(super) fn cause(&self) -> Cause {
        match self {
            Self::Footer { .. } | Self::PartAdded { last: true, .. } => Cause::Footer,
            Self::LineEndsBare | Self::LineEndsCrlf => Cause::BodyLineEnds,
            Self::CutShort { .. } | Self::MaybeCutShort | Self::Unclosed => Cause::BodyCut,
            Self::Empty => Cause::BodyAbsent,
            _ => Cause::BodyChanged,
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Footer { octets } => write!(
                f,
                "the signed body is followed by {octets} octets that were not signed, such as a mailing list's footer"
            ),
            Self::PartAdded { octets, .. } => write!(
                f,
                "a MIME part of {octets} octets was added to the signed ones, such as a mailing list's footer"
            ),
            Self::BlankEnd { octets } => write!(
                f,
                "the signed body is followed by {octets} octets of blank lines that are not empty \
                 (the signer can allow that with c=relaxed/relaxed)"
            ),
            Self::BlanksAdded => {
                f.write_str("white space was added at line ends (the signer can allow that with c=relaxed/relaxed)")
            }
            Self::BlanksLost => f.write_str(
                "white space at line ends was taken away (the signer can allow that with c=relaxed/relaxed)",
            ),
            Self::LineEndsBare => f.write_str("its line endings were changed from CRLF to a bare LF or CR"),
            Self::LineEndsCrlf => f.write_str("its line endings were changed from a bare LF to CRLF"),
            Self::FromEscaped => f.write_str(
                "lines that begin with 'From ' were escaped with '>', as mailbox files in the format mbox have them \
                 (the signer can avoid such lines by quoted-printable)",
            ),
            Self::Decoded { encoding, proven: true } => write!(
                f,
                "it was in {encoding} when it was signed and has been decoded since, which nothing behind the signer may do"
            ),
            Self::Decoded { encoding, proven: false } => write!(
                f,
                "the body was changed, and is not in {encoding} as Content-Transfer-Encoding says: it may have been decoded"
            ),
            Self::Encoded { encoding } => write!(
                f,
                "it was put into {encoding} after it was signed (the signer can avoid that by signing 7-bit text)"
            ),
            Self::CutShort { signed, present } => {
                write!(f, "the body was cut short: {signed} octets were signed and {present} are here")
            }
            Self::PrefixChanged => f.write_str("the part of the body that l= covers was changed"),
            Self::Empty => f.write_str("the message has no body, and was signed with one"),
            Self::MaybeCutShort => {
                f.write_str("the body was changed, and does not end with a line end, so it may have been cut short")
            }
            Self::Unclosed => f.write_str(
                "the body was changed, and is a multipart without its closing line, so it may have been cut short",
            ),
            Self::PartsMissing { parts: 0 } => f.write_str(
                "the body was changed, and has none of the parts of a multipart: they may have been taken out",
            ),
            Self::PartsMissing { .. } => {
                f.write_str("the body was changed, and is a multipart of one part: others may have been taken out")
            }
            Self::Changed => f.write_str("the body was changed"),
        }
    }
}

/// Why the hash of a whole body is not `signed`.
pub(super) fn diagnose(
    window: &Window,
    mime: &Mime,
    canonicalization: Canonicalization,
    signed: &Digest,
    effort: &mut Effort,
) -> Diagnosis {
    let octets = window.octets();
    if window.is_complete() && octets.is_empty() {
        return Diagnosis::Empty;
    }
    let proven = window.before(canonicalization).and_then(|before| {
        let trials = Trials { octets: &octets, complete: window.is_complete(), before, signed, effort };
        trials.run(mime, || window.unescaped(canonicalization))
    });
    proven.unwrap_or_else(|| guess(&octets, window.is_complete(), mime))
}

/// Attempts to undo a change.
struct Trials<'a> {
    octets: &'a [u8],
    complete: bool,
    before: &'a Pass,
    signed: &'a Digest,
    effort: &'a mut Effort,
}

impl Trials<'_> {
    fn run(mut self, mime: &Mime, without_escapes: impl Fn() -> Option<Digest>) -> Option<Diagnosis> {
        if let Some(diagnosis) = self.line_ends() {
            return Some(diagnosis);
        }
        if let Some(octets) = self.footer() {
            let behind = self.octets.get(self.octets.len() - octets..).unwrap_or_default();
            let octets = octets as u64;
            return Some(match behind.trim_ascii().is_empty() {
                true => Diagnosis::BlankEnd { octets },
                false => Diagnosis::Footer { octets },
            });
        }
        let is_escaped = match self.complete {
            true => {
                is_escaped(self.octets) && [false, true].iter().any(|&all| self.is_signed(&unescaped(self.octets, all)))
            }
            false => without_escapes().as_ref() == Some(self.signed),
        };
        if is_escaped {
            return Some(Diagnosis::FromEscaped);
        }
        self.parts(mime).or_else(|| self.blanks()).or_else(|| self.encodings(mime))
    }

    /// Whether the body has the signed hash when its end is this.
    fn is_signed(&mut self, octets: &[u8]) -> bool {
        if octets == self.octets || !self.effort.hash(octets.len()) {
            return false;
        }
        let mut pass = self.before.clone();
        pass.push(octets);
        pass.finish().whole.as_ref() == Some(self.signed)
    }

    /// How many octets follow the place where the signed body ended, if that is a line end among the last.
    fn footer(&mut self) -> Option<usize> {
        // An empty line does not change the hash, so the place behind it need not be tried.
        let mut ends: Vec<usize> = Vec::new();
        let mut last = 0;
        for at in memmem::find_iter(self.octets, b"\r\n") {
            if at > last {
                ends.push(at + 2);
            }
            last = at + 2;
        }
        if self.complete {
            ends.insert(0, 0);
        }
        let first = ends.len().saturating_sub(MAX_FOOTER_LINES);
        if !self.effort.hash(self.octets.len()) {
            return None;
        }
        let mut state = self.before.clone();
        let mut done = 0;
        for end in ends.into_iter().skip(first) {
            state.push(self.octets.get(done..end)?);
            done = end;
            if self.effort.hash(0) && state.clone().finish().whole.as_ref() == Some(self.signed) {
                return Some(self.octets.len() - end);
            }
        }
        None
    }

    /// Whether the body has the signed hash when its line ends are changed back.
    fn line_ends(&mut self) -> Option<Diagnosis> {
        if !self.complete {
            return None;
        }
        if self.is_signed(&to_crlf(self.octets)) {
            return Some(Diagnosis::LineEndsBare);
        }
        let bare: Vec<u8> = self.octets.iter().copied().filter(|&b| b != b'\r').collect();
        self.is_signed(&bare).then_some(Diagnosis::LineEndsCrlf)
    }

    /// Whether it has when one part of a multipart is taken out.
    fn parts(&mut self, mime: &Mime) -> Option<Diagnosis> {
        let separators = separators(self.octets, mime.delimiter.as_ref()?, MAX_DIAGNOSIS_PARTS);
        // The last first: that is where footers are.
        for pair in separators.windows(2).rev() {
            let &[Separator { start, .. }, Separator { start: end, closes: last, .. }] = pair else { continue };
            let (before, after) = (self.octets.get(..start)?, self.octets.get(end..)?);
            if self.is_signed(&[before, after].concat()) {
                return Some(Diagnosis::PartAdded { octets: (end - start) as u64, last });
            }
        }
        None
    }

    /// Whether it has with other white space at line ends: only the simple canonicalization minds.
    fn blanks(&mut self) -> Option<Diagnosis> {
        if self.before.canonicalization == Canonicalization::Relaxed {
            return None;
        }
        let end = self.octets.trim_ascii_end();
        if self.is_signed(&[end, b"\r\n"].concat()) || (self.complete && self.is_signed(&without_blanks(self.octets))) {
            return Some(Diagnosis::BlanksAdded);
        }
        // RFC 3676 §4.3: the line above a sender's name is two hyphens and a space.
        let lost = [&[end, b" \r\n"].concat(), &[end, b"\r\n \r\n"].concat(), &with_signature_blank(self.octets)];
        lost.iter().any(|octets| self.is_signed(octets)).then_some(Diagnosis::BlanksLost)
    }

    /// Whether it has in another transfer encoding.
    fn encodings(&mut self, mime: &Mime) -> Option<Diagnosis> {
        if !self.complete {
            return None;
        }
        const BOTH: [TransferEncoding; 2] = [TransferEncoding::QuotedPrintable, TransferEncoding::Base64];
        const QUOTED: TransferEncoding = TransferEncoding::QuotedPrintable;
        if let Some(delimiter) = &mime.delimiter {
            if self.is_signed(&recoded_parts(self.octets, delimiter, false)) {
                return Some(Diagnosis::Decoded { encoding: QUOTED, proven: true });
            }
            let plain = recoded_parts(self.octets, delimiter, true);
            return self.is_signed(&plain).then_some(Diagnosis::Encoded { encoding: QUOTED });
        }
        for encoding in BOTH {
            if self.is_signed(&encoded(self.octets, encoding)) {
                return Some(Diagnosis::Decoded { encoding, proven: true });
            }
            if decoded(self.octets, encoding).is_some_and(|plain| self.is_signed(&plain)) {
                return Some(Diagnosis::Encoded { encoding });
            }
        }
        None
    }
}

/// What a body looks like, where nothing is proven.
fn guess(octets: &[u8], complete: bool, mime: &Mime) -> Diagnosis {
    if let Some(delimiter) = &mime.delimiter {
        let separators = separators(octets, delimiter, MAX_DIAGNOSIS_PARTS);
        let closed = separators.last().is_some_and(|separator| separator.closes);
        let parts = separators.iter().filter(|separator| !separator.closes).count();
        match (closed, parts) {
            (false, 0) if complete => return Diagnosis::PartsMissing { parts: 0 },
            (false, _) => return Diagnosis::Unclosed,
            (true, 0 | 1) if complete => return Diagnosis::PartsMissing { parts },
            _ => {}
        }
    }
    if !octets.ends_with(b"\r\n") {
        return Diagnosis::MaybeCutShort;
    }
    match mime.encoding {
        Some(encoding) if mime.delimiter.is_none() && !octets.is_ascii() => {
            Diagnosis::Decoded { encoding, proven: false }
        }
        Some(encoding) if mime.delimiter.is_none() && complete && !is_in(octets, encoding) => {
            Diagnosis::Decoded { encoding, proven: false }
        }
        _ => Diagnosis::Changed,
    }
}

/// Whether a whole body can be in this encoding.
fn is_in(octets: &[u8], encoding: TransferEncoding) -> bool {
    match encoding {
        TransferEncoding::QuotedPrintable => !octets.contains(&b'=') || decoded(octets, encoding).is_some(),
        TransferEncoding::Base64 => octets
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b.is_ascii_whitespace() || matches!(b, b'+' | b'/' | b'=')),
    }
}

/// The lines without white space at their ends.
fn without_blanks(octets: &[u8]) -> Vec<u8> {
    let mut stripped = Vec::with_capacity(octets.len());
    for line in octets.split_inclusive(|&b| b == b'\n') {
        let (line, end) = line.split_at(line.len() - if line.ends_with(b"\r\n") { 2 } else { 0 });
        let blanks = line.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
        stripped.extend_from_slice(&line[..line.len() - blanks]);
        stripped.extend_from_slice(end);
    }
    stripped
}

/// The lines that are two hyphens followed by a space.
fn with_signature_blank(octets: &[u8]) -> Vec<u8> {
    octets
        .split_inclusive(|&b| b == b'\n')
        .flat_map(|line| if line == b"--\r\n" { b"-- \r\n" } else { line })
        .copied()
        .collect()
}

fn to_crlf(octets: &[u8]) -> Vec<u8> {
    let mut converted = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some(at) = memchr::memchr2(b'\r', b'\n', rest) {
        converted.extend_from_slice(&rest[..at]);
        converted.extend_from_slice(b"\r\n");
        rest = rest[at..].strip_prefix(b"\r\n").unwrap_or(&rest[at + 1..]);
    }
    converted.extend_from_slice(rest);
    converted
}
