//! Lines of commands and replies.
//!
//! Only CRLF ends a line (RFC 5321 §2.3.8). A line with a bare CR, a bare LF or a NUL is read to its CRLF and then refused: what
//! such an octet means differs between programs, and so two of them could see different commands in the same octets.

#[cfg(test)]
mod proof;

use std::fmt;

use memchr::{memchr, memchr2};

/// An octet that has no place in mail or in the dialogue about it, and that programs read differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Irregularity {
    /// CR without an LF behind it.
    BareCr,
    /// LF without a CR before it.
    BareLf,
    /// NUL, which some programs drop and at which others stop.
    Nul,
}

/// For people: `a bare LF`.
impl fmt::Display for Irregularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BareCr => "a bare CR",
            Self::BareLf => "a bare LF",
            Self::Nul => "a NUL octet",
        })
    }
}

/// What came of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// The line, without its CRLF.
    Whole(&'a [u8]),
    /// The line had more octets than the limit. It was skipped up to and with its CRLF.
    TooLong,
    /// The line had this in it. It was skipped up to and with its CRLF.
    Irregular(Irregularity),
}

/// Reads lines from chunks of any size. Holds the beginning of one line, at most as long as the limit, and nothing on the heap
/// between lines.
#[derive(Clone, Debug)]
pub struct LineReader {
    limit: usize,
    /// The beginning of a line whose end has not come; or the line that was given last, where it came in several chunks.
    kept: Vec<u8>,
    was_given: bool,
    has_begun: bool,
    ends_in_cr: bool,
    is_too_long: bool,
    has_bare_lf: bool,
    /// The first octets of a line that has begun, or was refused; blanks in front are left out.
    front: [u8; FRONT],
    front_length: usize,
}

/// Octets of a line that was refused that are still known.
const FRONT: usize = 4;

impl LineReader {
    /// A reader of lines that have at most `limit` octets, their CRLF included.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: Vec::new(),
            was_given: false,
            has_begun: false,
            ends_in_cr: false,
            is_too_long: false,
            has_bare_lf: false,
            front: [0; FRONT],
            front_length: 0,
        }
    }

    /// Changes the limit, from the next octet on.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes octets from the front of `input`, which is advanced behind the line. `None` when no line is whole yet; all of
    /// `input` is taken then.
    ///
    /// What comes does not depend on how the octets are split into calls. A line that lies in one chunk is borrowed from it.
    pub fn read<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8]) -> Option<Line<'a>> {
        if self.was_given {
            self.clear();
        }
        let octets = *input;
        let mut from = 0;
        while let Some(at) = memchr(b'\n', &octets[from..]).map(|offset| from + offset) {
            let is_end = if at == 0 { self.ends_in_cr } else { octets[at - 1] == b'\r' };
            if is_end {
                let (end, rest) = octets.split_at(at + 1);
                *input = rest;
                return Some(self.finish(end));
            }
            self.has_bare_lf = true;
            from = at + 1;
        }
        *input = &[];
        self.keep(octets);
        None
    }

    /// Whether nothing of a line has come since the last one ended.
    pub fn is_empty(&self) -> bool {
        self.was_given || !self.has_begun
    }

    /// Whether the line that has begun has a bare LF in it. A peer that ends its lines so sends no CRLF and would wait for a
    /// reply forever.
    pub fn has_bare_lf(&self) -> bool {
        !self.was_given && self.has_bare_lf
    }

    /// Whether the line that was given last, a refused one, begins with this word of four letters in any case, blanks in
    /// front of it left out.
    pub fn refused_line_is(&self, word: &[u8; FRONT]) -> bool {
        self.front.get(..self.front_length).is_some_and(|front| front.eq_ignore_ascii_case(word))
    }

    /// Forgets the line that has begun.
    pub fn clear(&mut self) {
        *self = Self::new(self.limit);
    }

    /// Keeps the part of a line that does not end in it.
    fn keep(&mut self, part: &[u8]) {
        let Some(&last) = part.last() else { return };
        self.has_begun = true;
        self.note_front(part);
        self.ends_in_cr = last == b'\r';
        self.is_too_long |= part.len() > self.limit.saturating_sub(self.kept.len());
        match self.is_too_long || self.has_bare_lf {
            true => self.kept = Vec::new(),
            false => self.kept.extend_from_slice(part),
        }
    }

    fn note_front(&mut self, part: &[u8]) {
        let missing = self.front.iter_mut().skip(self.front_length);
        let is_blank_in_front = |octet: &u8| self.front_length == 0 && matches!(octet, b' ' | b'\t');
        let octets = part.iter().skip_while(|octet| is_blank_in_front(octet));
        self.front_length += missing.zip(octets).map(|(place, octet)| *place = *octet).count();
    }

    /// The line whose last part, with the LF, is this.
    fn finish<'a>(&'a mut self, end: &'a [u8]) -> Line<'a> {
        self.was_given = true;
        self.note_front(end);
        let length = self.kept.len().saturating_add(end.len());
        if self.has_bare_lf {
            return Line::Irregular(Irregularity::BareLf);
        }
        if self.is_too_long || length > self.limit {
            return Line::TooLong;
        }
        let line = match self.kept.is_empty() {
            true => end,
            false => {
                self.kept.extend_from_slice(end);
                &self.kept[..]
            }
        };
        let content = line.strip_suffix(b"\r\n").unwrap_or(line);
        match memchr2(b'\r', 0, content).and_then(|at| content.get(at)) {
            None => {
                (self.front, self.front_length) = ([0; FRONT], 0);
                Line::Whole(content)
            }
            Some(0) => Line::Irregular(Irregularity::Nul),
            Some(_) => Line::Irregular(Irregularity::BareCr),
        }
    }
}
