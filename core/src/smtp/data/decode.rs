//! The server's half of DATA: what the client sent becomes the message again.

#[cfg(test)]
mod proof;

use memchr::memrchr;

use super::scan::plain_run;
use crate::smtp::line::Irregularity;

/// What is done about bare CR, bare LF and NUL in a message. None of them ever ends it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IrregularPolicy {
    /// The message is refused: it is read to its end, so that the dialogue stays in step, and the end tells of it.
    #[default]
    Refuse,
    /// They are content like any other octet.
    Keep,
}

/// What a message may consist of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodePolicy {
    /// What is done about bare CR, bare LF and NUL.
    pub irregular: IrregularPolicy,
    /// A message with a line of more octets than this, CRLF included, is refused;
    /// [`MAX_TEXT_LINE`](crate::limits::MAX_TEXT_LINE) is what RFC 5321 §4.5.3.1.6 lets clients count on.
    ///
    /// `None`, the default, takes lines of any length: nothing here depends on it. The [server](crate::smtp::server) has a
    /// setting of its own, [`LongLines`](super::LongLines), which also measures what comes by BDAT.
    pub line_limit: Option<usize>,
}

/// Whether the message is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More octets are wanted; all that were given have been taken.
    More,
    /// The end of the data has come.
    Done(DataEnd),
}

/// What was seen of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DataEnd {
    /// Octets of the message, without what the transfer added; those of a refused message too.
    pub octets: u64,
    /// The first bare CR, bare LF or NUL, if there was one.
    pub irregularity: Option<Irregularity>,
    /// Whether a line was longer than [`DecodePolicy::line_limit`].
    pub line_too_long: bool,
    /// Whether an octet was above 127.
    pub eight_bit: bool,
}

/// Takes the message out of what follows a DATA command. Holds nothing of the message.
#[derive(Clone, Debug)]
pub struct DataDecoder {
    policy: DecodePolicy,
    place: Place,
    /// Octets of the line that has begun; at most the limit.
    line: usize,
    seen: DataEnd,
    is_discarding: bool,
}

/// What stands before the next octet. A CR stays in the place until the octet behind it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A CRLF, or nothing at all.
    LineStart,
    /// Content of a line.
    Line,
    /// Content, and a CR.
    Cr,
    /// A dot at the start of a line.
    Dot,
    /// A dot at the start of a line, and a CR.
    DotCr,
    /// The end of the data.
    End,
}

impl DataDecoder {
    /// A decoder for one message.
    pub fn new(policy: DecodePolicy) -> Self {
        Self { policy, place: Place::LineStart, line: 0, seen: DataEnd::default(), is_discarding: false }
    }

    /// Takes octets from the front of `input` and appends those of the message to `out`. At the end of the data `input` begins
    /// with what follows it.
    ///
    /// Once the message has been refused, nothing more is appended; what `out` has until then is what stands before the
    /// irregular octet, or the line that is too long cut to the limit.
    pub fn decode(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Progress {
        self.decode_with(input, |piece| out.extend_from_slice(piece))
    }

    /// As [`decode`](Self::decode), without a copy: each piece of the message is lent as it lies in `input`.
    pub fn decode_with(&mut self, input: &mut &[u8], mut piece: impl FnMut(&[u8])) -> Progress {
        while let Some((&first, behind)) = input.split_first() {
            match (self.place, first) {
                (Place::End, _) => break,
                (Place::LineStart, b'.') => (self.place, *input) = (Place::Dot, behind),
                (Place::Dot, b'\r') => (self.place, *input) = (Place::DotCr, behind),
                (Place::DotCr, b'\n') => (self.place, *input) = (Place::End, behind),
                (Place::Cr, b'\n') => {
                    (self.place, *input) = (Place::LineStart, behind);
                    self.take(b"\r\n", &mut piece);
                }
                (Place::Cr | Place::DotCr, _) => {
                    self.place = Place::Line;
                    self.take_irregular(Irregularity::BareCr, b"\r", &mut piece);
                }
                (Place::LineStart | Place::Line | Place::Dot, _) => self.take_run(input, &mut piece),
            }
        }
        match self.place {
            Place::End => Progress::Done(self.seen),
            _ => Progress::More,
        }
    }

    /// What was seen of the message so far.
    pub fn seen(&self) -> &DataEnd {
        &self.seen
    }

    /// Whether the message is refused already.
    pub fn is_refused(&self) -> bool {
        let is_irregular = self.policy.irregular == IrregularPolicy::Refuse && self.seen.irregularity.is_some();
        is_irregular || self.seen.line_too_long
    }

    /// Gives no more of the message, and still reads it to its end: for one that is refused for its size, say.
    pub fn discard(&mut self) {
        self.is_discarding = true;
    }

    /// Takes octets up to the next that needs a decision, and that one unless it depends on what follows.
    fn take_run(&mut self, input: &mut &[u8], piece: &mut impl FnMut(&[u8])) {
        let (run, rest) = input.split_at(plain_run(input));
        if !run.is_empty() {
            self.place = if run.ends_with(b"\r\n") { Place::LineStart } else { Place::Line };
            self.take(run, piece);
        }
        *input = rest;
        let Some((&first, behind)) = rest.split_first() else { return };
        match first {
            b'\r' => self.place = Place::Cr,
            b'\n' => self.take_irregular(Irregularity::BareLf, b"\n", piece),
            0 => self.take_irregular(Irregularity::Nul, b"\0", piece),
            _ => return, // the dot at the start of a line
        }
        if first != b'\r' {
            self.place = Place::Line;
        }
        *input = behind;
    }

    fn take_irregular(&mut self, irregularity: Irregularity, octet: &[u8], piece: &mut impl FnMut(&[u8])) {
        self.seen.irregularity.get_or_insert(irregularity);
        self.take(octet, piece);
    }

    /// Takes content: whole lines and parts of lines, or one irregular octet.
    fn take(&mut self, content: &[u8], piece: &mut impl FnMut(&[u8])) {
        self.seen.octets = self.seen.octets.saturating_add(content.len() as u64);
        self.seen.eight_bit |= !content.is_ascii();
        if self.is_refused() {
            return;
        }
        let content = self.within_limit(content);
        if !self.is_discarding && !content.is_empty() {
            piece(content);
        }
    }

    /// Counts the lines' octets; gives the content up to the limit of the first line that has more.
    fn within_limit<'a>(&mut self, content: &'a [u8]) -> &'a [u8] {
        let Some(limit) = self.policy.line_limit else { return content };
        let mut rest = content;
        loop {
            let room = limit.saturating_sub(self.line);
            let fitting = &rest[..room.min(rest.len())];
            // An irregular LF comes alone, and ends no line.
            let line_end = memrchr(b'\n', fitting).filter(|_| content != b"\n");
            match line_end {
                Some(at) => {
                    rest = &rest[at + 1..];
                    self.line = 0;
                }
                None if fitting.len() == rest.len() => {
                    self.line += rest.len();
                    return content;
                }
                None => {
                    self.seen.line_too_long = true;
                    return &content[..content.len() - rest.len() + fitting.len()];
                }
            }
        }
    }
}
