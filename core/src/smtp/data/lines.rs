//! Lines of a message that are longer than every receiver takes: one setting for both sides.

use std::fmt;

use memchr::{memchr, memchr_iter};

use crate::limits::{MAX_LINE_PASSED, MAX_TEXT_LINE};

/// What becomes of a message with a line of more than 998 octets, the most that RFC 5321 §4.5.3.1.6 promises to clients.
///
/// The setting is the same for [server](crate::smtp::server::Settings::long_lines) and client, so that a relay made of both
/// does not take what it can't pass on. A long line is never wrapped: that would change the message, and break its
/// signatures. Binary messages (RFC 3030 §3) have no lines, and are not measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LongLines {
    /// It passes octet for octet, as the large receivers do it; a line that is longer than this is refused. RFC 5321 §4.5.3.1
    /// wishes for no limits where none are needed.
    Pass {
        /// Octets of the longest line, its CRLF not counted.
        longest: usize,
    },
    /// It is refused where it comes in, with the number of the line and its length.
    Refuse,
}

/// Lines pass, up to [`MAX_LINE_PASSED`].
impl Default for LongLines {
    fn default() -> Self {
        Self::Pass { longest: MAX_LINE_PASSED }
    }
}

impl LongLines {
    /// Octets of the longest line that is taken, its CRLF not counted.
    pub fn longest(self) -> usize {
        match self {
            Self::Pass { longest } => longest,
            Self::Refuse => MAX_TEXT_LINE - b"\r\n".len(),
        }
    }
}

/// A line that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongLine {
    /// Which line of the message; the first has number 1.
    pub number: u64,
    /// Its octets, without CRLF, as far as they have come.
    pub octets: u64,
    /// Whether it has ended, so that these are all.
    pub is_whole: bool,
    /// Octets of the longest line that is taken.
    pub longest: usize,
}

/// For people: `line 3 has 1200 octets, and 998 are the most`.
impl fmt::Display for LongLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = if self.is_whole { "" } else { "at least " };
        write!(f, "line {} has {least}{} octets, and {} are the most", self.number, self.octets, self.longest)
    }
}

/// Finds the first line of a message that is too long. Only CRLF ends a line.
#[derive(Clone, Debug)]
pub struct LineMeter {
    longest: usize,
    /// Lines that have ended.
    ended: u64,
    /// Octets of the line that has begun.
    octets: u64,
    is_behind_cr: bool,
    found: Option<LongLine>,
}

impl LineMeter {
    /// A meter for one message.
    pub fn new(policy: LongLines) -> Self {
        Self { longest: policy.longest(), ended: 0, octets: 0, is_behind_cr: false, found: None }
    }

    /// The first line that is too long, as far as it has come.
    pub fn found(&self) -> Option<LongLine> {
        self.found
    }

    /// Whether more octets of the message change what is known: until the first line that is too long has ended.
    pub fn is_measuring(&self) -> bool {
        self.found.is_none_or(|line| !line.is_whole)
    }

    /// Looks at the next octets of the message. Where a line becomes too long in them, says how many octets come before the
    /// first that is too many; what is said does not depend on how the message is split into calls.
    pub fn push(&mut self, octets: &[u8]) -> Option<usize> {
        let mut at = 0;
        let mut excess = None;
        while at < octets.len() && self.is_measuring() {
            let rest = octets.get(at..).unwrap_or_default();
            if self.found.is_none() && self.fits(rest.len()) {
                self.pass(rest);
                break;
            }
            at += self.line(rest, at, &mut excess);
        }
        excess
    }

    /// Whether no line can become too long in so many octets, wherever they end.
    fn fits(&self, octets: usize) -> bool {
        self.octets.saturating_add(octets as u64) <= self.longest as u64
    }

    /// Octets in which no line becomes too long.
    fn pass(&mut self, octets: &[u8]) {
        let mut start = 0;
        for at in memchr_iter(b'\n', octets) {
            if ends_line(octets, at, self.is_behind_cr) {
                self.ended += 1;
                start = at + 1;
            }
        }
        let before = if start == 0 { self.octets } else { 0 };
        self.octets = before.saturating_add((octets.len() - start) as u64);
        self.is_behind_cr = octets.last().map_or(self.is_behind_cr, |&last| last == b'\r');
    }

    /// Octets up to the next LF, or all; gives how many. They stand at `place` among those that were handed in.
    fn line(&mut self, rest: &[u8], place: usize, excess: &mut Option<usize>) -> usize {
        let lf = memchr(b'\n', rest);
        let length = lf.map_or(rest.len(), |at| at + 1);
        let part = rest.get(..length).unwrap_or_default();
        let is_end = lf.is_some_and(|at| ends_line(rest, at, self.is_behind_cr));
        let before = self.octets;
        self.octets = before.saturating_add(length as u64);
        let ends_in_cr = part.last() == Some(&b'\r');
        // The CR at the end of what is here may be that of a CRLF.
        let content = self.octets - if is_end { 2 } else { u64::from(ends_in_cr) };
        if content > self.longest as u64 && self.found.is_none() {
            let room = usize::try_from((self.longest as u64).saturating_sub(before)).unwrap_or(usize::MAX);
            let first = part.get(room..).unwrap_or_default();
            // A CR in the first place behind the limit could have been the line's end until the next octet came.
            let waited = room < part.len() && first.first() == Some(&b'\r');
            let place_of_excess = if before > self.longest as u64 { 0 } else { room + usize::from(waited) };
            *excess = Some(place + place_of_excess.min(length));
        }
        if content > self.longest as u64 {
            let number = self.found.map_or(self.ended + 1, |line| line.number);
            self.found = Some(LongLine { number, octets: content, is_whole: is_end, longest: self.longest });
        }
        if is_end {
            self.ended += 1;
            self.octets = 0;
        }
        self.is_behind_cr = ends_in_cr;
        length
    }
}

/// Whether the LF at this place is that of a CRLF.
fn ends_line(octets: &[u8], at: usize, is_behind_cr: bool) -> bool {
    match at.checked_sub(1) {
        Some(before) => octets.get(before) == Some(&b'\r'),
        None => is_behind_cr,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line by line, as the definition says.
    fn naive(message: &[u8], longest: usize) -> Option<(LongLine, usize)> {
        let (mut start, mut number) = (0, 1);
        loop {
            let rest = &message[start..];
            let end = rest.windows(2).position(|two| two == b"\r\n");
            let line = &rest[..end.unwrap_or(rest.len())];
            let open = end.is_none() && line.ends_with(b"\r");
            let octets = line.len() - usize::from(open);
            if octets > longest {
                let cut = longest + usize::from(line[longest] == b'\r');
                let line = LongLine { number, octets: octets as u64, is_whole: end.is_some(), longest };
                return Some((line, start + cut));
            }
            start += end? + 2;
            number += 1;
        }
    }

    #[test]
    fn the_first_line_that_is_too_long_is_found_wherever_the_message_is_split() {
        for message in [
            &b""[..],
            b"abcd\r\nabcd\r\n",
            b"abcde\r\n",
            b"abcd\r\nabcdefg\r\nab\r\nabcdefghij\r\n",
            b"abcd\rx\r\nab",
            b"abcd\r\r\nab",
            b"abc\nabc\r\nab",
            b"\n\n\n\n\n\n\r\n",
            b"abcd\r",
            b"abcde\r",
            b"abcdefgh",
            b"\r\n\r\n\r\r\r\r\r\r\n",
            b"abcdefgh\rij\r\n",
        ] {
            for one in 0..=message.len() {
                for two in one..=message.len() {
                    let mut meter = LineMeter::new(LongLines::Pass { longest: 4 });
                    let mut excess = None;
                    for (from, to) in [(0, one), (one, two), (two, message.len())] {
                        let place = meter.push(&message[from..to]);
                        excess = excess.or(place.map(|place| from + place));
                    }
                    let found = meter.found().zip(excess);
                    assert_eq!(found, naive(message, 4), "{:?} at {one} and {two}", message.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn refusing_takes_998_octets_and_passing_takes_megabytes() {
        for (policy, octets, fits) in [
            (LongLines::Refuse, 998, true),
            (LongLines::Refuse, 999, false),
            (LongLines::default(), MAX_LINE_PASSED, true),
            (LongLines::default(), MAX_LINE_PASSED + 1, false),
        ] {
            let mut meter = LineMeter::new(policy);
            meter.push(&vec![b'x'; octets]);
            meter.push(b"\r\n");
            assert_eq!(meter.found().is_none(), fits, "{policy:?} {octets}");
        }
        let mut meter = LineMeter::new(LongLines::Refuse);
        meter.push(&[&b"Subject: x\r\n\r\n"[..], &[b'x'; 1200], b"\r\n"].concat());
        assert_eq!(meter.found().unwrap().to_string(), "line 3 has 1200 octets, and 998 are the most");
    }
}
