//! Replies of a server: a code, an enhanced status code, and text (RFC 5321 §4.2, RFC 2034, RFC 3463).

use std::fmt;

use serde::{Serialize, Serializer};

/// What a reply's first digit says (RFC 5321 §4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// `2yz`: done.
    Completion,
    /// `3yz`: go on, more is wanted.
    Intermediate,
    /// `4yz`: not now; the same may be tried again.
    Transient,
    /// `5yz`: no; the same is not to be tried again.
    Permanent,
}

/// One reply, of one line or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The code, from 200 to 599.
    pub code: u16,
    /// The enhanced status code (RFC 3463). Replies to the greeting, EHLO and HELO have none (RFC 2034 §4).
    pub enhanced: Option<EnhancedCode>,
    /// The text, a line an element, without code, enhanced status code or line ending. Never empty for replies made by [`new`](Self::new).
    pub lines: Vec<String>,
}

impl Reply {
    /// A reply whose text has a line for each `\n` between; other control characters become spaces.
    pub fn new(code: u16, enhanced: Option<EnhancedCode>, text: &str) -> Self {
        let clean = |line: &str| line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { code, enhanced, lines: text.split('\n').map(clean).collect() }
    }

    /// What the code's first digit says. A code outside 200 to 599, which no reader of ours lets through, counts as
    /// permanent.
    pub fn severity(&self) -> Severity {
        match self.code / 100 {
            2 => Severity::Completion,
            3 => Severity::Intermediate,
            4 => Severity::Transient,
            _ => Severity::Permanent,
        }
    }

    /// Whether the command was carried out.
    pub fn is_completion(&self) -> bool {
        self.severity() == Severity::Completion
    }

    /// The text's lines joined by spaces.
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }

    /// Appends the reply as it goes over the wire, each line with the enhanced status code (RFC 2034 §4).
    pub fn write(&self, out: &mut Vec<u8>) {
        let last = self.lines.len().saturating_sub(1);
        let none = [String::new()];
        let lines = if self.lines.is_empty() { &none[..] } else { &self.lines[..] };
        for (index, line) in lines.iter().enumerate() {
            Self::write_line(out, self.code, index == last, self.enhanced, line);
        }
    }

    /// The lines as they go over the wire, without their line endings.
    pub(crate) fn shown(&self) -> Vec<String> {
        let mut octets = Vec::new();
        self.write(&mut octets);
        String::from_utf8_lossy(&octets).split_terminator("\r\n").map(str::to_owned).collect()
    }

    /// Appends one line of a reply.
    pub(crate) fn write_line(out: &mut Vec<u8>, code: u16, is_last: bool, enhanced: Option<EnhancedCode>, text: &str) {
        let digits = [code / 100 % 10, code / 10 % 10, code % 10];
        out.extend(digits.map(|digit| b'0' + digit as u8)); // below 10
        out.push(if is_last { b' ' } else { b'-' });
        if let Some(enhanced) = enhanced {
            enhanced.write(out);
            out.push(b' ');
        }
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// As one line: `550 5.1.1 No such user`.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        self.lines.iter().try_for_each(|line| write!(f, " {line}"))
    }
}

/// An enhanced status code: class, subject and detail (RFC 3463 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnhancedCode {
    /// 2, 4 or 5.
    pub class: u8,
    /// What it is about, from 0 to 999.
    pub subject: u16,
    /// What about it, from 0 to 999.
    pub detail: u16,
}

impl EnhancedCode {
    /// The code `class.subject.detail`.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Self {
        Self { class, subject, detail }
    }

    /// Reads `class.subject.detail` from the start of a text, and how many octets that took. The class is 2, 4 or 5 and
    /// the others have at most three digits (RFC 3463 §2); a space or the end comes behind.
    pub fn parse_prefix(text: &[u8]) -> Option<(Self, usize)> {
        let &class @ (b'2' | b'4' | b'5') = text.first()? else { return None };
        let (subject, rest) = number(text.get(1..)?.strip_prefix(b".")?)?;
        let (detail, rest) = number(rest.strip_prefix(b".")?)?;
        let ends = matches!(rest.first(), None | Some(b' ' | b'\t' | b'\r' | b'\n'));
        ends.then(|| (Self::new(class - b'0', subject, detail), text.len() - rest.len()))
    }

    fn write(self, out: &mut Vec<u8>) {
        // One digit each is the rule; the others may take the slower way.
        if self.subject < 10 && self.detail < 10 {
            let digit = |number: u16| b'0' + number as u8; // below 10
            out.extend_from_slice(&[b'0' + self.class % 10, b'.', digit(self.subject), b'.', digit(self.detail)]);
        } else {
            out.extend_from_slice(self.to_string().as_bytes());
        }
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// As text: `"5.7.1"`.
impl Serialize for EnhancedCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A number of one to three digits, and what is behind it.
fn number(text: &[u8]) -> Option<(u16, &[u8])> {
    let digits = text.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let (number, rest) = text.split_at_checked(digits).filter(|_| (1..=3).contains(&digits))?;
    Some((number.iter().fold(0, |sum, digit| 10 * sum + u16::from(digit - b'0')), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_the_code() {
        let mut wire = Vec::new();
        Reply::new(550, Some(EnhancedCode::new(5, 7, 26)), "Unauthenticated.\nSee the manual.\r").write(&mut wire);
        assert_eq!(wire, b"550-5.7.26 Unauthenticated.\r\n550 5.7.26 See the manual. \r\n");
        wire.clear();
        Reply::new(250, None, "").write(&mut wire);
        assert_eq!(wire, b"250 \r\n");
    }

    #[test]
    fn enhanced_codes() {
        assert_eq!(EnhancedCode::parse_prefix(b"5.7.26 no"), Some((EnhancedCode::new(5, 7, 26), 6)));
        assert_eq!(EnhancedCode::parse_prefix(b"2.0.0"), Some((EnhancedCode::new(2, 0, 0), 5)));
        for wrong in [&b"3.0.0 x"[..], b"5.7", b"5.7.", b"5.7.1234 x", b"5..1 x", b"5.7.1.2 x", b"5.7.1x", b""] {
            assert_eq!(EnhancedCode::parse_prefix(wrong), None, "{wrong:?}");
        }
    }
}
