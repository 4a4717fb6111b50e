//! What a message asks of the server that takes it: found by a scan of its octets.

use memchr::memchr3;

use crate::smtp::data::{LongLine, LongLines};
use crate::smtp::line::Irregularity;

/// What a message asks of the server that takes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Octets of the message, as RFC 1870 §5 counts them.
    pub size: u64,
    /// It has octets above 127: 8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// Its header section has octets above 127: SMTPUTF8 (RFC 6531 §3.2). A host that relays a message which came without
    /// SMTPUTF8, and has raw octets of some other charset there, clears this. Header sections of MIME parts are not looked
    /// at.
    pub utf8_header: bool,
    /// Octets of the longest line, without its CRLF.
    pub longest_line: usize,
    /// Which line that is, the first of several; the message's first line has number 1. 0: there is none.
    pub longest_line_number: u64,
    /// The first bare CR, bare LF or NUL. In a binary message (`BODY=BINARYMIME`) they are nothing special.
    pub irregular: Option<Irregularity>,
}

impl Needs {
    /// The needs of a message that is at hand.
    pub fn of(message: &[u8]) -> Self {
        let mut scanner = NeedsScanner::new();
        scanner.push(message);
        scanner.finish()
    }

    /// The line that is too long, if there is one.
    pub(super) fn long_line(&self, policy: LongLines) -> Option<LongLine> {
        let longest = policy.longest();
        let octets = u64::try_from(self.longest_line).unwrap_or(u64::MAX);
        let line = LongLine { number: self.longest_line_number, octets, is_whole: true, longest };
        (self.longest_line > longest).then_some(line)
    }
}

/// Finds the [`Needs`] of a message that comes in chunks of any size.
#[derive(Clone, Debug, Default)]
pub struct NeedsScanner {
    needs: Needs,
    /// Octets of the line so far.
    line: usize,
    /// Lines that have ended.
    ended: u64,
    /// Whether the last octet was a CR: what it is depends on the next.
    after_cr: bool,
    /// Whether an empty line has ended the header section.
    in_body: bool,
}

impl NeedsScanner {
    /// A scanner at the beginning of a message.
    pub fn new() -> Self {
        Self::default()
    }

    /// Scans the next octets.
    pub fn push(&mut self, mut octets: &[u8]) {
        self.needs.size += octets.len() as u64;
        while let Some((&first, behind)) = octets.split_first() {
            if std::mem::take(&mut self.after_cr) {
                if first == b'\n' {
                    octets = behind;
                } else {
                    self.irregular(Irregularity::BareCr);
                }
                self.end_line();
                continue;
            }
            let (run, rest) = octets.split_at(memchr3(b'\r', b'\n', 0, octets).unwrap_or(octets.len()));
            self.text(run);
            let Some((&special, behind)) = rest.split_first() else { return };
            octets = behind;
            match special {
                b'\r' => self.after_cr = true,
                b'\n' => {
                    self.irregular(Irregularity::BareLf);
                    self.end_line();
                }
                _ => {
                    self.irregular(Irregularity::Nul);
                    self.text(&[special]);
                }
            }
        }
    }

    /// What the octets so far ask for, a line that has not ended included.
    pub fn so_far(&self) -> Needs {
        match self.line > self.needs.longest_line {
            true => Needs { longest_line: self.line, longest_line_number: self.ended + 1, ..self.needs },
            false => self.needs,
        }
    }

    /// What the message asks for.
    pub fn finish(mut self) -> Needs {
        if self.after_cr {
            self.irregular(Irregularity::BareCr);
        }
        self.so_far()
    }

    fn text(&mut self, run: &[u8]) {
        self.line += run.len();
        if (!self.needs.eight_bit || !(self.in_body || self.needs.utf8_header)) && !run.is_ascii() {
            self.needs.eight_bit = true;
            self.needs.utf8_header |= !self.in_body;
        }
    }

    /// A bare CR or LF counts as the end of a line here: repaired, it becomes one.
    fn end_line(&mut self) {
        self.needs = self.so_far();
        self.ended += 1;
        self.in_body |= self.line == 0;
        self.line = 0;
    }

    fn irregular(&mut self, irregularity: Irregularity) {
        self.needs.irregular.get_or_insert(irregularity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found() {
        let plain = Needs::of(b"Subject: x\r\n\r\nabc\r\nlonger line\r\n");
        assert_eq!(plain, Needs { size: 32, longest_line: 11, longest_line_number: 4, ..Needs::default() });
        let body = Needs::of("A: x\r\n\r\n\u{e9}\r\n".as_bytes());
        assert_eq!((body.eight_bit, body.utf8_header), (true, false));
        let header = Needs::of("A: \u{e9}\r\n\r\nx\r\n".as_bytes());
        assert_eq!((header.eight_bit, header.utf8_header), (true, true));
        // The last line counts without an end.
        assert_eq!(Needs::of(b"A: b\r\n\r\nunended").longest_line, 7);
        assert_eq!(Needs::of(b"A: b\r\n\r\nunended").longest_line_number, 3);
        assert_eq!(Needs::of(b"A: b\r\nC: d\r\n").longest_line_number, 1);
        assert_eq!(Needs::of(b"\r\n\r\n").longest_line_number, 0);
    }

    #[test]
    fn what_is_irregular() {
        for (message, irregularity) in [
            (&b"A: b\n"[..], Some(Irregularity::BareLf)),
            (b"A: b\rc\r\n", Some(Irregularity::BareCr)),
            (b"A: b\r", Some(Irregularity::BareCr)),
            (b"A: b\r\r\n", Some(Irregularity::BareCr)),
            (b"A: b\0\r\nc\n", Some(Irregularity::Nul)),
            (b"A: b\r\n\r\n", None),
            (b"", None),
        ] {
            assert_eq!(Needs::of(message).irregular, irregularity, "{message:?}");
            let mut scanner = NeedsScanner::new();
            message.iter().for_each(|octet| scanner.push(&[*octet]));
            assert_eq!(scanner.finish(), Needs::of(message), "{message:?}");
        }
    }
}
