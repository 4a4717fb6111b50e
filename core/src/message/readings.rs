//! Which `From` field do other programs see?
//!
//! Programs disagree about lines that are no field, about CR and LF alone, and about NUL. An attacker uses that: the
//! check reads one author, the reader's program shows another. So a header section is read in each way that is common,
//! and the author is certain only when all of them find the same single field.

use super::header::{Field, Header};

/// Why the `From` field is not certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Uncertain {
    /// No field of that name.
    Missing,
    /// Several fields of that name.
    Several,
    /// Lines that are no field stand where they could change which field is seen.
    MalformedLines,
    /// A CR or LF alone, read as the end of a line, changes which field is seen.
    LineEndings,
}

/// The only `From` field of a section, when it is the same however the section is read.
pub(super) fn only_from(header: &Header) -> Result<Field<'_>, Uncertain> {
    let mut elements = Elements::default();
    let mut only = None;
    for field in header.fields() {
        let name = if field.is_malformed() { None } else { Some(field.name()) };
        if elements.take(field.raw(), name) == Kind::From {
            only = Some(field);
        }
    }
    elements.judge()?;
    let fields = &header.octets()[..header.octets().len() - header.separator().len()];
    // The last is for programs that cut the body off first and split the rest into lines then.
    for (is_end, empty_line) in [
        (is_lf as fn(u8) -> bool, EmptyLine::EndsSection),
        (is_cr_or_lf, EmptyLine::EndsSection),
        (is_cr_or_lf, EmptyLine::IsSkipped),
    ] {
        if has_other_ends(fields, is_end) {
            read_leniently(fields, is_end, empty_line).judge().map_err(|_| Uncertain::LineEndings)?;
        }
    }
    only.ok_or(Uncertain::Missing)
}

/// What a reading has met so far.
#[derive(Default)]
struct Elements {
    count: usize,
    from: usize,
    /// Nothing but lines that are no field stands between here and the `From` field.
    behind_from: bool,
    /// The `From` field ends with a dot, so that its domain may go on.
    from_is_open: bool,
    /// Lines before the `From` field that may hide it, or that may be taken for part of it or for another.
    malformed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    From,
    Other,
    Malformed,
}

impl Elements {
    /// Takes a field, or lines that are none: all octets, and the name if there is one.
    fn take(&mut self, raw: &[u8], name: Option<&[u8]>) -> Kind {
        let kind = match name {
            Some(name) if name.eq_ignore_ascii_case(b"from") => Kind::From,
            Some(_) => Kind::Other,
            None => Kind::Malformed,
        };
        match kind {
            Kind::From => {
                self.from += 1;
                self.from_is_open = raw.trim_ascii_end().ends_with(b".");
            }
            // What ends at NUL for one program goes on for another.
            Kind::Other => self.malformed |= self.from == 0 && raw.contains(&0),
            Kind::Malformed if self.count == 0 && is_mbox_line(raw) => {}
            // Above the field they may end the section for another program; right below they may be taken for a part
            // of the field.
            Kind::Malformed => {
                let may_change = self.behind_from && (self.from_is_open || may_continue(raw));
                self.malformed |= self.from == 0 || may_change || resembles_from(raw);
            }
        }
        self.behind_from = kind == Kind::From || (self.behind_from && kind == Kind::Malformed);
        self.count += 1;
        kind
    }

    fn judge(&self) -> Result<(), Uncertain> {
        match self.from {
            2.. => Err(Uncertain::Several),
            _ if self.malformed => Err(Uncertain::MalformedLines),
            0 => Err(Uncertain::Missing),
            _ => Ok(()),
        }
    }
}

/// Whether lines that are no field could change whose address the field above has, for a program that takes them for
/// a part of it: with an address of their own, or with more of the domain.
fn may_continue(raw: &[u8]) -> bool {
    let first = raw.iter().find(|b| !b.is_ascii_whitespace());
    first.is_some_and(|b| matches!(b, b'.' | b'-' | b'_')) || raw.contains(&b'@') || raw.contains(&0)
}

/// The separator line of a mailbox file, which delivery programs leave and reading programs skip.
pub(super) fn is_mbox_line(raw: &[u8]) -> bool {
    let line = raw.strip_prefix(b">").unwrap_or(raw);
    let envelope = line.strip_prefix(b"From ").map(|rest| rest.trim_ascii_start());
    // A folded one could be read as anything.
    let folded = raw.strip_suffix(b"\r\n").unwrap_or(raw).contains(&b'\n');
    envelope.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(b":")) && !folded
}

/// Whether lines that are no field begin with the name, for a program that drops what it does not like.
pub(super) fn resembles_from(raw: &[u8]) -> bool {
    let mut letters = raw.iter().filter(|b| b.is_ascii_graphic()).map(u8::to_ascii_lowercase);
    b"from".iter().all(|&expected| letters.next() == Some(expected))
}

fn is_lf(octet: u8) -> bool {
    octet == b'\n'
}

fn is_cr_or_lf(octet: u8) -> bool {
    matches!(octet, b'\r' | b'\n')
}

/// Whether there is an end of line other than CRLF.
fn has_other_ends(octets: &[u8], is_end: fn(u8) -> bool) -> bool {
    memchr::memchr2_iter(b'\r', b'\n', octets).any(|at| {
        is_end(octets[at])
            && match octets[at] {
                b'\n' => at == 0 || octets[at - 1] != b'\r',
                _ => octets.get(at + 1) != Some(&b'\n'),
            }
    })
}

/// What an empty line means to a program that has other ends of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EmptyLine {
    EndsSection,
    IsSkipped,
}

/// Reads a section in which a line ends with what `is_end` says, or with CRLF.
fn read_leniently(octets: &[u8], is_end: fn(u8) -> bool, empty_line: EmptyLine) -> Elements {
    let mut elements = Elements::default();
    let mut rest = octets;
    while let Some((line, behind)) = split_line(rest, is_end) {
        if line.is_empty() {
            match empty_line {
                EmptyLine::EndsSection => break,
                EmptyLine::IsSkipped => {
                    rest = behind;
                    continue;
                }
            }
        }
        let name = field_name(line);
        let mut length = rest.len() - behind.len();
        let mut next = behind;
        while let (Some(b' ' | b'\t'), Some((_, behind))) = (next.first(), split_line(next, is_end)) {
            length += next.len() - behind.len();
            next = behind;
        }
        elements.take(&rest[..length], name);
        rest = next;
    }
    elements
}

/// The next line without its ending, and what is behind it; `None` at the end.
fn split_line(octets: &[u8], is_end: fn(u8) -> bool) -> Option<(&[u8], &[u8])> {
    if octets.is_empty() {
        return None;
    }
    let Some(at) = octets.iter().position(|&b| is_end(b)) else { return Some((octets, &[])) };
    let line = &octets[..at];
    let rest = &octets[at + 1..];
    match octets[at] {
        b'\r' => Some((line, rest.strip_prefix(b"\n").unwrap_or(rest))),
        _ => Some((line.strip_suffix(b"\r").unwrap_or(line), rest)),
    }
}

fn field_name(line: &[u8]) -> Option<&[u8]> {
    let name = line.split(|&b| b == b':').next().filter(|name| name.len() < line.len())?;
    let end = name.iter().rposition(|b| !matches!(b, b' ' | b'\t'))? + 1;
    name[..end].iter().all(u8::is_ascii_graphic).then_some(&name[..end])
}
