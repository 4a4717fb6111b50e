//! The message that a message carries as a part (RFC 2046 §5.2.1).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::limits::{MAX_BOUNDARY, MAX_MULTIPART_DEPTH, MAX_PART_HEADER, MAX_TEXT_LINE};
use crate::message::Header;

/// Walks through a message up to the end of the first one in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    state: State,
    /// The boundaries of the multiparts that this is in.
    boundaries: Vec<Vec<u8>>,
    /// The line so far, as long as it is held back.
    line: Vec<u8>,
    /// Whether `line` goes on with one of which a part was let go.
    continued: bool,
    /// The header section of the message or part, as far as it is looked at.
    header: Vec<u8>,
    /// The end of the last line of the message inside: it belongs to a boundary that follows.
    end: Vec<u8>,
    base64: Option<Base64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// In the header section of the message or of a part.
    #[default]
    Header,
    /// In what is no message.
    Skip,
    Inside,
    Done,
}

impl Walk {
    pub(super) fn push(&mut self, mut octets: &[u8], to: &mut Vec<u8>) {
        while !octets.is_empty() && self.state != State::Done {
            let end = memchr::memchr(b'\n', octets).map_or(octets.len(), |at| at + 1);
            let (part, rest) = octets.split_at(end.min(MAX_TEXT_LINE - self.line.len())); // it is kept below that
            self.line.extend_from_slice(part);
            octets = rest;
            let whole = self.line.ends_with(b"\n");
            if whole || self.line.len() == MAX_TEXT_LINE {
                self.piece(to);
                self.line.clear();
                self.continued = !whole;
            }
        }
    }

    pub(super) fn finish(mut self, to: &mut Vec<u8>) {
        if !self.line.is_empty() && self.state != State::Done {
            self.piece(to);
        }
        if self.state == State::Inside {
            let end = std::mem::take(&mut self.end);
            self.emit(&end, to);
            if let Some(base64) = self.base64 {
                base64.finish(to);
            }
        }
    }

    /// A line, or as much of a long one as is held.
    fn piece(&mut self, to: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.line);
        if !self.continued && self.delimiter(&line, to) {
            self.line = line;
            return;
        }
        match self.state {
            State::Header if !self.continued && line.trim_ascii().is_empty() => self.look(),
            State::Header => {
                let room = MAX_PART_HEADER.saturating_sub(self.header.len());
                self.header.extend_from_slice(&line[..line.len().min(room)]);
            }
            State::Inside => {
                let before = std::mem::take(&mut self.end);
                self.emit(&before, to);
                let text = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(&line);
                self.emit(text, to);
                self.end.extend_from_slice(&line[text.len()..]);
            }
            State::Skip | State::Done => {}
        }
        self.line = line;
    }

    /// Whether this line is a boundary of a multipart that this is in; if so, what it bounds ends.
    fn delimiter(&mut self, line: &[u8], to: &mut Vec<u8>) -> bool {
        let Some(rest) = line.strip_prefix(b"--") else { return false };
        let rest = rest.trim_ascii_end();
        let closes = |boundary: &[u8]| rest.strip_prefix(boundary).is_some_and(|rest| rest == b"--");
        let Some(level) = self.boundaries.iter().rposition(|boundary| rest == boundary || closes(boundary)) else {
            return false;
        };
        if self.state == State::Inside {
            if let Some(base64) = self.base64.take() {
                base64.finish(to);
            }
            self.state = State::Done;
            return true;
        }
        let closed = rest != self.boundaries[level];
        self.boundaries.truncate(if closed { level } else { level + 1 });
        self.header.clear();
        self.state = if closed { State::Skip } else { State::Header };
        true
    }

    /// At the end of a header section: what does it say of the content?
    fn look(&mut self) {
        let header = crate::message::normalize_line_endings(&self.header).octets.into_owned();
        self.header.clear();
        let (header, _) = Header::split(&header);
        let value = |name| header.named(name).next().map(|field| super::unfold(field.value()).trim_ascii().to_vec());
        let content = value("content-type").unwrap_or_default();
        let (kind, parameters) = split_at(&content, b';');
        let kind = kind.trim_ascii().to_ascii_lowercase();
        let encoding = value("content-transfer-encoding").unwrap_or_default().to_ascii_lowercase();
        let is_message = matches!(&*kind, b"message/rfc822" | b"message/global");
        self.state = match &*encoding {
            b"base64" if is_message => {
                self.base64 = Some(Base64::default());
                State::Inside
            }
            b"" | b"7bit" | b"8bit" | b"binary" if is_message => State::Inside,
            _ => State::Skip,
        };
        if kind.starts_with(b"multipart/") && self.boundaries.len() < MAX_MULTIPART_DEPTH {
            self.boundaries.extend(boundary(parameters));
        }
    }

    fn emit(&mut self, octets: &[u8], to: &mut Vec<u8>) {
        match &mut self.base64 {
            Some(base64) => base64.push(octets, to),
            None => to.extend_from_slice(octets),
        }
    }
}

/// What is before the first such octet, and what is behind it.
fn split_at(text: &[u8], octet: u8) -> (&[u8], &[u8]) {
    match memchr::memchr(octet, text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, b""),
    }
}

/// The boundary among the parameters of a Content-Type field (RFC 2045 §5.1).
fn boundary(mut parameters: &[u8]) -> Option<Vec<u8>> {
    loop {
        let (name, rest) = split_at(parameters, b'=');
        let name = name.trim_ascii();
        let rest = rest.trim_ascii_start();
        let (value, behind) = match rest.strip_prefix(b"\"") {
            Some(quoted) => quoted_string(quoted),
            None => {
                let (value, behind) = split_at(rest, b';');
                (value.trim_ascii().to_vec(), behind)
            }
        };
        if name.eq_ignore_ascii_case(b"boundary") {
            return (1..=MAX_BOUNDARY).contains(&value.len()).then_some(value);
        }
        if behind.is_empty() {
            return None;
        }
        parameters = behind;
    }
}

/// The content of a quoted string whose opening mark was taken, and what is behind the semicolon that follows.
fn quoted_string(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    let mut at = 0;
    while let Some(octet) = text.get(at) {
        match octet {
            b'"' => return (value, split_at(&text[at + 1..], b';').1),
            b'\\' => {
                value.extend(text.get(at + 1));
                at += 1;
            }
            octet => value.push(*octet),
        }
        at += 1;
    }
    (value, b"")
}

/// Base64 in lines, decoded while it comes.
#[derive(Clone, Debug, Default)]
struct Base64 {
    /// Less than a group of four.
    held: Vec<u8>,
}

/// Whoever wrote it may have left out the padding, or bits at the end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

impl Base64 {
    fn push(&mut self, octets: &[u8], to: &mut Vec<u8>) {
        self.held.extend(octets.iter().filter(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/')));
        let whole = self.held.len() / 4 * 4;
        // Whole groups of the alphabet can't fail.
        let _ = LENIENT.decode_vec(&self.held[..whole], to);
        self.held.drain(..whole);
    }

    fn finish(self, to: &mut Vec<u8>) {
        let _ = LENIENT.decode_vec(&self.held, to);
    }
}
