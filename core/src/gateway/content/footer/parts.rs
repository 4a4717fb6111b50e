//! Where the text of a message is: the parts of a multipart (RFC 2046 §5.1).

use std::ops::Range;

use super::WhyNot;
use super::fields::Fields;
use crate::limits::{MAX_MIME_BOUNDARY, MAX_MIME_PARTS, MAX_MULTIPART_DEPTH};
use crate::message::Header;

/// A part with text, or the whole message.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) header: Header,
    pub(super) fields: Fields,
    /// Whether it is the whole message: its header section is not in the body then.
    pub(super) is_top: bool,
    /// Where in the body it begins.
    pub(super) start: usize,
    /// What is behind its header section.
    pub(super) content: Range<usize>,
}

/// The texts that a reader sees as the body: more than one of alternatives.
pub(super) fn texts(header: &Header, body: &[u8]) -> Result<Vec<Leaf>, WhyNot> {
    let fields = Fields::of(header, ("text", "plain"))?;
    let top = Leaf { header: header.clone(), fields, is_top: true, start: 0, content: 0..body.len() };
    let leaves = Walk { body, parts: 0 }.texts(top, 0)?;
    if leaves.is_empty() { Err(WhyNot::NoText) } else { Ok(leaves) }
}

struct Walk<'b> {
    body: &'b [u8],
    /// How many header sections were read.
    parts: usize,
}

impl Walk<'_> {
    fn texts(&mut self, part: Leaf, depth: usize) -> Result<Vec<Leaf>, WhyNot> {
        let fields = &part.fields;
        match (fields.kind.as_str(), fields.subtype.as_str()) {
            ("multipart", "signed") => Err(WhyNot::Signed),
            ("multipart", "encrypted") => Err(WhyNot::Encrypted),
            // RFC 8551 §3.2.2. Below the top it is a file that somebody has signed.
            ("application", "pkcs7-mime" | "x-pkcs7-mime") if part.is_top => {
                let kind = fields.parameter("smime-type").unwrap_or_default().to_ascii_lowercase();
                Err(if kind.starts_with("signed") { WhyNot::Signed } else { WhyNot::Encrypted })
            }
            ("multipart", _) => self.multipart(&part, depth),
            ("text", "plain" | "html") => {
                let is_file = if part.is_top { fields.is_declared_attachment } else { fields.is_attachment };
                Ok(if is_file { Vec::new() } else { vec![part] })
            }
            _ => Ok(Vec::new()),
        }
    }

    fn multipart(&mut self, part: &Leaf, depth: usize) -> Result<Vec<Leaf>, WhyNot> {
        if depth >= MAX_MULTIPART_DEPTH {
            return Err(WhyNot::TooLarge);
        }
        if part.fields.is_declared_attachment {
            return Ok(Vec::new());
        }
        let boundary = part.fields.parameter("boundary").ok_or(WhyNot::Structure)?;
        let ranges = split(self.body, part.content.clone(), boundary)?;
        let default = if part.fields.subtype == "digest" { ("message", "rfc822") } else { ("text", "plain") };
        match part.fields.subtype.as_str() {
            "alternative" => {
                let mut all = Vec::new();
                for range in ranges {
                    let child = self.part(range, default)?;
                    all.extend(self.texts(child, depth + 1)?);
                }
                Ok(all)
            }
            // RFC 2387 §3.2: the root is named, or the first.
            "related" => {
                let start = part.fields.parameter("start").map(|id| id.trim_matches(['<', '>']).to_owned());
                for range in ranges {
                    let child = self.part(range, default)?;
                    if start.is_none() || child.fields.id == start {
                        return self.texts(child, depth + 1);
                    }
                }
                Err(WhyNot::Structure)
            }
            // RFC 2046 §5.1.7: what is not known is mixed.
            _ => {
                for range in ranges {
                    let child = self.part(range, default)?;
                    let texts = self.texts(child, depth + 1)?;
                    if !texts.is_empty() {
                        return Ok(texts);
                    }
                }
                Ok(Vec::new())
            }
        }
    }

    fn part(&mut self, range: Range<usize>, default: (&str, &str)) -> Result<Leaf, WhyNot> {
        self.parts += 1;
        if self.parts > MAX_MIME_PARTS {
            return Err(WhyNot::TooLarge);
        }
        let octets = self.body.get(range.clone()).unwrap_or_default();
        let (header, content) = Header::split(octets);
        // The empty line behind the fields of a part without text is that of the delimiter. Else, without one, it is anybody's guess
        // what is header and what is not.
        if header.separator().is_empty() && !(octets.is_empty() || octets.ends_with(b"\r\n")) {
            return Err(WhyNot::Structure);
        }
        let fields = Fields::of(&header, default)?;
        let content = range.end - content.len()..range.end;
        Ok(Leaf { header, fields, is_top: false, start: range.start, content })
    }
}

/// The parts of a multipart: what is between its delimiters, their line ends left out.
fn split(body: &[u8], range: Range<usize>, boundary: &str) -> Result<Vec<Range<usize>>, WhyNot> {
    let boundary = boundary.as_bytes();
    let is_valid = boundary.iter().all(|octet| matches!(octet, b' '..=b'~'))
        && (1..=MAX_MIME_BOUNDARY).contains(&boundary.len())
        && !boundary.ends_with(b" ");
    if !is_valid {
        return Err(WhyNot::Structure);
    }
    let delimiter = [b"--", boundary].concat();
    let area = body.get(range.clone()).unwrap_or_default();
    let mut parts = Vec::new();
    let mut begin = None;
    for at in memchr::memmem::find_iter(area, &delimiter) {
        let before = area.get(..at).unwrap_or_default();
        if !(before.is_empty() || before.ends_with(b"\r\n")) {
            continue;
        }
        let after = area.get(at + delimiter.len()..).unwrap_or_default();
        let (after, closes) = match after.strip_prefix(b"--") {
            Some(rest) => (rest, true),
            None => (after, false),
        };
        // RFC 2046 §5.1.1 has it that a line which begins so is a delimiter, and programs have it that it must also end so.
        let blanks = after.iter().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
        let rest = after.get(blanks..).unwrap_or_default();
        if !(rest.starts_with(b"\r\n") || (rest.is_empty() && closes)) {
            return Err(WhyNot::Structure);
        }
        if let Some(begin) = begin {
            let end = at.saturating_sub(2).max(begin);
            parts.push(range.start + begin..range.start + end);
        }
        if closes {
            return if parts.is_empty() { Err(WhyNot::Structure) } else { Ok(parts) };
        }
        begin = Some(area.len() - rest.len() + 2);
    }
    Err(WhyNot::Structure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(body: &str, boundary: &str) -> Result<Vec<String>, WhyNot> {
        let ranges = split(body.as_bytes(), 0..body.len(), boundary)?;
        Ok(ranges.into_iter().map(|range| body[range].to_owned()).collect())
    }

    #[test]
    fn parts_are_between_lines_that_are_delimiters_and_nothing_else() {
        let body = "preamble\r\n--b\r\n\r\none --b\r\n--b \t\r\n\r\ntwo\r\n\r\n--b--\r\nepilogue\r\n--b\r\n";
        assert_eq!(parts(body, "b").unwrap(), ["\r\none --b", "\r\ntwo\r\n"]);
        assert_eq!(parts("--b\r\n--b--", "b").unwrap(), [""]);
        for doubtful in [
            "--b\r\n\r\none\r\n--bb\r\n\r\n--b--\r\n", // a prefix
            "--b\r\n\r\none\r\n",                      // never closed
            "--b--\r\n",                               // no part
            "--b\r\n\r\none\r\n--b--x\r\n",
            "one",
        ] {
            assert_eq!(parts(doubtful, "b"), Err(WhyNot::Structure), "{doubtful}");
        }
        for boundary in ["", "b ", "b\r\n", &"b".repeat(71)] {
            assert_eq!(parts("--b\r\n\r\n--b--", boundary), Err(WhyNot::Structure));
        }
    }
}
