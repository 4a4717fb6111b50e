//! The header section, split into fields octet for octet.

use std::ops::Range;

use memchr::memmem;

/// The header section of a message (RFC 5322 §2.1).
///
/// It ends with the first empty line, or with the message. Nothing is changed or dropped: the fields' octets in
/// order, then the separator, then the body are the message. Only CRLF ends a line; a bare CR or LF is an octet like
/// any other here, and what it means is for the caller to judge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    octets: Vec<u8>,
    fields: Vec<Span>,
    separator: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    /// The whole field.
    start: usize,
    end: usize,
    /// Where the colon is; `None` when the lines are no field.
    colon: Option<usize>,
}

/// One header field, or lines in the header section that are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    raw: &'a [u8],
    colon: Option<usize>,
}

impl<'a> Field<'a> {
    /// All its octets, with the colon, the folding and the final CRLF (which only the end of the message can cut off).
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The name as written, without white space before the colon (RFC 5322 §4.5.8); empty for lines that are no field.
    pub fn name(&self) -> &'a [u8] {
        self.raw[..self.colon.unwrap_or(0)].trim_ascii_end()
    }

    /// What follows the colon, with the folding, without the final CRLF. For lines that are no field, all of them.
    pub fn value(&self) -> &'a [u8] {
        let value = &self.raw[self.colon.map_or(0, |colon| colon + 1)..];
        value.strip_suffix(b"\r\n").unwrap_or(value)
    }

    /// Whether this has this name, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.colon.is_some() && self.name().eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether these lines are no field: there is no colon, or no name made of printable ASCII before it
    /// (RFC 5322 §2.2).
    pub fn is_malformed(&self) -> bool {
        self.colon.is_none()
    }
}

impl Header {
    /// Splits a whole message into its header section and its body.
    pub fn split(message: &[u8]) -> (Self, &[u8]) {
        let mut reader = HeaderReader::new();
        let used = reader.push(message);
        (reader.finish(), &message[used..])
    }

    /// The fields from top to bottom.
    pub fn fields(&self) -> impl DoubleEndedIterator<Item = Field<'_>> + ExactSizeIterator {
        self.fields.iter().map(|span| Field {
            raw: &self.octets[span.start..span.end],
            colon: span.colon.map(|colon| colon - span.start),
        })
    }

    /// The fields with this name, in any case, from top to bottom.
    pub fn named<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = Field<'a>> {
        self.fields().filter(move |field| field.is(name))
    }

    /// All octets of the section, the separator included.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The empty line behind the fields: CRLF, or nothing where the message ends without a body.
    pub fn separator(&self) -> &[u8] {
        &self.octets[self.separator.clone()]
    }

    fn parse(octets: Vec<u8>, fields_end: usize) -> Self {
        let mut fields: Vec<Span> = Vec::new();
        let mut start = 0;
        while start < fields_end {
            let end = line_end(&octets[..fields_end], start).unwrap_or(fields_end);
            match fields.last_mut() {
                Some(last) if matches!(octets[start], b' ' | b'\t') => last.end = end,
                _ => fields.push(Span { start, end, colon: colon(&octets[start..end]).map(|at| start + at) }),
            }
            start = end;
        }
        let separator = fields_end..octets.len();
        Self { octets, fields, separator }
    }
}

/// Where the line that begins at `from` ends, behind its CRLF.
fn line_end(octets: &[u8], from: usize) -> Option<usize> {
    memmem::find(&octets[from..], b"\r\n").map(|at| from + at + 2)
}

/// The colon behind a field name, of printable ASCII with at most white space behind it.
fn colon(line: &[u8]) -> Option<usize> {
    let at = memchr::memchr(b':', line)?;
    let name = line[..at].trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(at)
}

/// Collects the header section of a message that arrives in chunks of any size.
#[derive(Clone, Debug, Default)]
pub struct HeaderReader {
    octets: Vec<u8>,
    /// Where the line that is still open begins.
    line: usize,
    /// How far it has been searched.
    searched: usize,
    complete: bool,
}

impl HeaderReader {
    /// A reader at the start of a message.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes octets and says how many belong to the header section; when fewer than all, or
    /// [`is_complete`](Self::is_complete), the rest is the body.
    pub fn push(&mut self, chunk: &[u8]) -> usize {
        if self.complete {
            return 0;
        }
        let before = self.octets.len();
        self.octets.extend_from_slice(chunk);
        while let Some(at) = memmem::find(&self.octets[self.searched..], b"\r\n") {
            let end = self.searched + at + 2;
            let empty = end == self.line + 2;
            self.line = end;
            self.searched = end;
            if empty {
                self.complete = true;
                self.octets.truncate(end);
                return end - before;
            }
        }
        // A CR at the end may be half of a CRLF.
        self.searched = self.line.max(self.octets.len().saturating_sub(1));
        chunk.len()
    }

    /// Whether the empty line has been seen.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// How many octets the section has so far.
    pub fn len(&self) -> usize {
        self.octets.len()
    }

    /// Whether nothing has come yet.
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// The header section. Without the empty line, all that came is the section.
    pub fn finish(self) -> Header {
        let fields_end = if self.complete { self.octets.len() - 2 } else { self.octets.len() };
        Header::parse(self.octets, fields_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_body() {
        let (header, body) = Header::split(b"From: a@b.example\r\nSubject : x\r\n y\r\n\r\nbody\r\n");
        let names: Vec<_> = header.fields().map(|f| f.name().to_vec()).collect();
        assert_eq!(names, [b"From".to_vec(), b"Subject".to_vec()]);
        assert_eq!(header.named("subject").next().unwrap().value(), b" x\r\n y");
        assert_eq!(header.separator(), b"\r\n");
        assert_eq!(body, b"body\r\n");
    }

    #[test]
    fn no_field_is_lost() {
        let (header, body) = Header::split(b" leading\r\nno colon\r\n: x\r\nA: b");
        let malformed: Vec<_> = header.fields().map(|f| f.is_malformed()).collect();
        assert_eq!(malformed, [true, true, true, false]);
        assert_eq!(header.fields().last().unwrap().raw(), b"A: b");
        assert!(body.is_empty() && header.separator().is_empty());
    }

    #[test]
    fn an_empty_line_at_once_is_an_empty_section() {
        let (header, body) = Header::split(b"\r\n\r\nx");
        assert_eq!((header.fields().len(), header.separator(), body), (0, &b"\r\n"[..], &b"\r\nx"[..]));
    }
}
