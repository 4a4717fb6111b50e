//! Reading replies: any chunks of octets in, whole replies out (RFC 5321 §4.2).
//!
//! A client has to read what servers really send, and must not be hurt by what a hostile one sends. Where the two meet:
//!
//! - **LF alone ends a line**, as CRLF does. What makes a lone LF dangerous in a message (two parties that disagree where
//!   it ends) is no danger here: a reply ends at its last line, nothing of ours follows from its text, and a reply for
//!   which no command was sent is an error of the dialogue that the client notices. Refusing would lose the mail for the
//!   sake of small servers that are sloppy with their line endings.
//! - **A code may stand alone** on its line, without the space that should follow (RFC 5321 §4.2 tells clients to
//!   accept that).
//! - **Text is whatever it is**: octets that are no UTF-8 become U+FFFD, control characters become spaces, so that a
//!   reply can be shown and logged. NUL never comes from a mail server and is refused.
//! - **Codes of all lines agree** (RFC 5321 §4.2.1), and are from 200 to 599.

#[cfg(test)]
mod proof;

use memchr::memchr;

use super::reply::{EnhancedCode, Reply};
use crate::limits;

/// Reads replies from a stream of octets, however it is cut into chunks. Holds no memory between replies.
#[derive(Debug, Default)]
pub struct ReplyReader {
    /// The line that has begun, without what is still to come.
    line: Vec<u8>,
    /// The reply that has begun: its whole lines.
    lines: Vec<String>,
    code: u16,
    enhanced: Option<EnhancedCode>,
    /// Octets of the reply so far, those of `line` among them.
    size: usize,
    failed: Option<ReplyError>,
}

/// Why what a server sent is no reply. The dialogue cannot go on: where the next reply would begin is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// A line that does not begin with three digits.
    #[error("a line does not begin with a reply code")]
    NoCode,
    /// A code below 200 or above 599 (RFC 5321 §4.2.1).
    #[error("{0} is no reply code of SMTP")]
    CodeOutOfRange(u16),
    /// Behind the code there is neither a space nor a hyphen nor the end of the line.
    #[error("the reply code is not followed by a space or a hyphen")]
    NoSeparator,
    /// A later line has another code than the first.
    #[error("the lines of a reply have different codes, {first} and {then}")]
    CodesDiffer {
        /// The code of the first line.
        first: u16,
        /// The other one.
        then: u16,
    },
    /// A NUL.
    #[error("a reply contains a NUL")]
    Nul,
    /// A line of more than [`MAX_REPLY_LINE`](limits::MAX_REPLY_LINE) octets.
    #[error("a line of a reply is too long")]
    LineTooLong,
    /// More than [`MAX_REPLY_LINES`](limits::MAX_REPLY_LINES) lines.
    #[error("a reply has too many lines")]
    TooManyLines,
    /// More than [`MAX_REPLY_SIZE`](limits::MAX_REPLY_SIZE) octets.
    #[error("a reply is too long")]
    TooLong,
}

impl ReplyReader {
    /// A reader at the beginning of a reply.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes octets from the front of `input`, advancing it, until a reply is whole. `None`: all was taken, and more is
    /// needed. After an error nothing is read any more: each further call says the same and leaves `input` as it is.
    pub fn read(&mut self, input: &mut &[u8]) -> Option<Result<Reply, ReplyError>> {
        if let Some(error) = self.failed {
            return Some(Err(error));
        }
        match self.read_lines(input) {
            Ok(reply) => reply.map(Ok),
            Err(error) => {
                let line = self.line.iter().chain(*input).take_while(|octet| !matches!(octet, b'\r' | b'\n'));
                let line = line.take(limits::MAX_REPLY_KEPT).copied().collect();
                *self = Self { failed: Some(error), line, ..Self::default() };
                Some(Err(error))
            }
        }
    }

    /// The beginning of the line that was no reply, as far as it had come; for people.
    pub(crate) fn rejected(&self) -> String {
        String::from_utf8_lossy(&self.line).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    /// Whether no reply has begun.
    pub fn is_empty(&self) -> bool {
        self.size == 0 && self.failed.is_none()
    }

    /// Forgets what has been read, also an error: for a connection that starts anew inside TLS (RFC 3207 §4.2).
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn read_lines(&mut self, input: &mut &[u8]) -> Result<Option<Reply>, ReplyError> {
        while !input.is_empty() {
            let end = memchr(b'\n', input);
            let (piece, rest) = input.split_at(end.map_or(input.len(), |at| at + 1)); // at an octet of input
            self.admit(piece)?;
            *input = rest;
            self.size += piece.len();
            // A line that lies in one chunk is not copied.
            let mut kept = std::mem::take(&mut self.line);
            let line = if kept.is_empty() && end.is_some() {
                piece
            } else {
                kept.extend_from_slice(piece);
                &kept
            };
            let head = Head::read(line)?;
            let Some(line) = line.strip_suffix(b"\n") else {
                self.line = kept;
                continue;
            };
            // A whole line of at least four octets has a head, and a shorter one was an error.
            let head = head.ok_or(ReplyError::NoCode)?;
            self.add(head.code, line.strip_suffix(b"\r").unwrap_or(line))?;
            if head.last {
                let lines = std::mem::take(&mut self.lines);
                let reply = Reply { code: head.code, enhanced: self.enhanced, lines };
                self.clear();
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    /// Whether the line may go on with `piece`. What is wrong first in the stream is told, whatever the chunks.
    fn admit(&self, piece: &[u8]) -> Result<(), ReplyError> {
        let line_room = limits::MAX_REPLY_LINE.saturating_sub(self.line.len());
        let room = limits::MAX_REPLY_SIZE.saturating_sub(self.size);
        let fits = piece.get(..line_room.min(room)).unwrap_or(piece);
        // How the line begins is the first that can be wrong with it.
        if self.line.len() < HEAD_AND_NEXT {
            let mut head = [0; HEAD_AND_NEXT];
            let octets = self.line.iter().chain(fits).take(HEAD_AND_NEXT);
            let length = head.iter_mut().zip(octets).map(|(to, &from)| *to = from).count();
            let head = head.get(..length).unwrap_or_default();
            if let Some(code) = code(head)? {
                self.agree(code)?;
            }
            Head::read(head)?;
        }
        if memchr(0, fits).is_some() {
            Err(ReplyError::Nul)
        } else if fits.len() == piece.len() {
            Ok(())
        } else if line_room <= room {
            Err(ReplyError::LineTooLong)
        } else {
            Err(ReplyError::TooLong)
        }
    }

    /// The code of a line is that of the first.
    fn agree(&self, code: u16) -> Result<(), ReplyError> {
        if self.lines.is_empty() || self.code == code {
            Ok(())
        } else {
            Err(ReplyError::CodesDiffer { first: self.code, then: code })
        }
    }

    /// Keeps the text of a line, which is without its line ending.
    fn add(&mut self, code: u16, line: &[u8]) -> Result<(), ReplyError> {
        if self.lines.len() == limits::MAX_REPLY_LINES {
            return Err(ReplyError::TooManyLines);
        }
        self.code = code;
        let text = String::from_utf8_lossy(line.get(HEAD..).unwrap_or_default());
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut text = text.as_str();
        // RFC 2034 §4: each line has the code again, of the class that the reply's code is of. Any other number is text.
        if let Some((enhanced, length)) = EnhancedCode::parse_prefix(text.as_bytes())
            && u16::from(enhanced.class) == code / 100
            && *self.enhanced.get_or_insert(enhanced) == enhanced
        {
            text = text.get(length..).unwrap_or_default();
            text = text.strip_prefix(' ').unwrap_or(text);
        }
        self.lines.push(text.to_owned());
        Ok(())
    }
}

/// Octets of a line until its text begins.
const HEAD: usize = 4;
/// Octets of a line that tell how it begins: behind a CR in the place of the space an LF has to follow.
const HEAD_AND_NEXT: usize = 5;

/// How a line begins.
#[derive(Clone, Copy)]
struct Head {
    code: u16,
    /// Whether it is the reply's last line.
    last: bool,
}

impl Head {
    /// Reads the beginning of a line, from as much of it as there is; `None` while that could still become one.
    fn read(line: &[u8]) -> Result<Option<Self>, ReplyError> {
        let Some(code) = code(line)? else { return Ok(None) };
        match (line.get(3), line.get(4)) {
            (Some(b' ' | b'\n'), _) | (Some(b'\r'), Some(b'\n')) => Ok(Some(Self { code, last: true })),
            (Some(b'-'), _) => Ok(Some(Self { code, last: false })),
            (None, _) | (Some(b'\r'), None) => Ok(None),
            _ => Err(ReplyError::NoSeparator),
        }
    }
}

/// The code at the beginning of a line; `None` while it is not whole.
fn code(line: &[u8]) -> Result<Option<u16>, ReplyError> {
    let mut code = 0;
    for octet in line.iter().take(3) {
        if !octet.is_ascii_digit() {
            return Err(ReplyError::NoCode);
        }
        code = 10 * code + u16::from(octet - b'0'); // three digits
    }
    match line.len() {
        ..3 => Ok(None),
        _ if (200..=599).contains(&code) => Ok(Some(code)),
        _ => Err(ReplyError::CodeOutOfRange(code)),
    }
}
