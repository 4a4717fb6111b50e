//! A message that was pasted: blank lines come before it, and the same blanks or quotation marks before each line.

use crate::limits::MAX_INDENT;

/// Takes away what stands in front of the first line from every line that has it. A line that has only part of it and
/// then ends is an empty one of which blanks were cut off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paste {
    /// What stands in front; known when `known`.
    prefix: Vec<u8>,
    known: bool,
    /// How much of the prefix this line has had so far; `None` behind it.
    matched: Option<usize>,
    /// A CR behind part of the prefix, of which an LF may make the end of the line.
    cr: bool,
}

impl Paste {
    pub(crate) fn push(&mut self, mut octets: &[u8], to: &mut Vec<u8>) {
        while let [octet, rest @ ..] = octets {
            if !self.known {
                octets = match octet {
                    // A blank line in front: what it began with is not that of the first line.
                    b'\r' | b'\n' => {
                        self.prefix.clear();
                        rest
                    }
                    octet if is_in_front(*octet) && self.prefix.len() < MAX_INDENT => {
                        self.prefix.push(*octet);
                        rest
                    }
                    _ => {
                        self.known = true;
                        octets
                    }
                };
            } else if let Some(matched) = self.matched {
                octets = self.in_prefix(matched, octets, to);
            } else {
                let end = memchr::memchr(b'\n', octets).map_or(octets.len(), |at| at + 1);
                let (line, rest) = octets.split_at(end);
                to.extend_from_slice(line);
                if line.ends_with(b"\n") {
                    self.matched = Some(0);
                }
                octets = rest;
            }
        }
    }

    pub(crate) fn finish(self, to: &mut Vec<u8>) {
        if self.cr {
            to.push(b'\r');
        }
    }

    /// At an octet that stands where the prefix does.
    fn in_prefix<'o>(&mut self, matched: usize, octets: &'o [u8], to: &mut Vec<u8>) -> &'o [u8] {
        let octet = octets[0];
        if !self.cr && self.prefix.get(matched) == Some(&octet) {
            self.matched = Some(matched + 1);
            return &octets[1..];
        }
        if !self.cr && octet == b'\r' && matched < self.prefix.len() {
            self.cr = true;
            return &octets[1..];
        }
        let is_cut_off = octet == b'\n' && matched < self.prefix.len();
        if !is_cut_off && matched < self.prefix.len() {
            to.extend_from_slice(&self.prefix[..matched]);
        }
        if std::mem::take(&mut self.cr) {
            to.push(b'\r');
        }
        self.matched = None;
        octets
    }
}

fn is_in_front(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'>')
}

/// How many octets of blanks and quotation marks a text begins with.
pub(crate) fn prefix_length(text: &[u8]) -> usize {
    text.iter().take_while(|octet| is_in_front(**octet)).count()
}

/// The text from its first line on that is not blank.
pub(crate) fn behind_blank_lines(text: &[u8]) -> &[u8] {
    let first = text.iter().position(|octet| !octet.is_ascii_whitespace()).unwrap_or(text.len());
    let start = memchr::memrchr2(b'\r', b'\n', &text[..first]).map_or(0, |at| at + 1);
    &text[start..]
}
