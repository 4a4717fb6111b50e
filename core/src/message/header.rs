//! The header section, split into fields octet for octet.

use std::ops::Range;

use memchr::memmem;

use thiserror::Error;

use super::candidates::Candidates;
use super::scan::AuthorScan;
use crate::limits::Limits;

/// The header section of a message (RFC 5322 §2.1).
///
/// It ends with the first empty line, or with the message. Nothing is changed or dropped: the fields' octets in
/// order, then the separator, then the body are the message. Only CRLF ends a line; a bare CR or LF is an octet like
/// any other here, and what it means is for the caller to judge.
///
/// A section that exceeds one of the [`Limits`] is not kept at all: it has no fields and no octets, and
/// [`exceeds`](Self::exceeds) says so. A check that looks at part of such a section would guess, so every check answers
/// with a permanent error. Only whom its `From` fields name is still found out, all of them: see
/// [`authorship`](super::authorship).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    octets: Vec<u8>,
    fields: Vec<Span>,
    separator: Range<usize>,
    limits: Limits,
    exceeds: Option<Exceeded>,
}

/// What is known of a section that is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exceeded {
    limit: HeaderLimit,
    authors: Candidates,
}

/// Which bound a header section exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeaderLimit {
    /// Its octets: [`Limits::header_size`].
    #[error("the header section has more than {0} octets")]
    Size(usize),
    /// Its fields: [`Limits::header_fields`].
    #[error("the header section has more than {0} fields")]
    Fields(usize),
    /// Its fields of one name: [`Limits::fields_of_a_kind`].
    #[error("the header section has more than {0} fields of one name")]
    FieldsOfAKind(usize),
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
        trim_blanks_end(&self.raw[..self.colon.unwrap_or(0)])
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
    /// Splits a whole message into its header section and its body, within the default limits.
    pub fn split(message: &[u8]) -> (Self, &[u8]) {
        Self::split_within(message, &Limits::default())
    }

    /// Splits a whole message into its header section and its body.
    pub fn split_within<'m>(message: &'m [u8], limits: &Limits) -> (Self, &'m [u8]) {
        let mut reader = HeaderReader::within(limits);
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

    /// Whether the message ends with the section, without the empty line behind it: there is no body then.
    pub fn is_headers_only(&self) -> bool {
        !self.fields.is_empty() && self.separator.is_empty()
    }

    /// Whether the section was larger than the engine looks at; it then has no fields.
    pub fn is_over_limit(&self) -> bool {
        self.exceeds.is_some()
    }

    /// Which bound the section exceeds, if any.
    pub fn exceeds(&self) -> Option<HeaderLimit> {
        self.exceeds.as_ref().map(|exceeded| exceeded.limit)
    }

    /// The domains in any `From` field of a section that exceeds a bound: behind the bound, too.
    pub(super) fn authors_beyond_limit(&self) -> Option<&Candidates> {
        self.exceeds.as_ref().map(|exceeded| &exceeded.authors)
    }

    /// The limits within which the section was read.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    fn over_limit(limits: Limits, limit: HeaderLimit, authors: Candidates) -> Self {
        Self { limits, exceeds: Some(Exceeded { limit, authors }), ..Self::default() }
    }

    fn parse(octets: Vec<u8>, fields_end: usize, limits: Limits) -> Self {
        // A guess, so that the list need not grow: few fields are shorter.
        let mut fields: Vec<Span> = Vec::with_capacity(limits.header_fields.min(fields_end / 48 + 1));
        let mut start = 0;
        while start < fields_end {
            let end = line_end(&octets[..fields_end], start).unwrap_or(fields_end);
            let count = fields.len();
            match fields.last_mut() {
                Some(last) if matches!(octets[start], b' ' | b'\t') => last.end = end,
                _ if count >= limits.header_fields => {
                    let authors = AuthorScan::of(&octets[..fields_end]);
                    return Self::over_limit(limits, HeaderLimit::Fields(limits.header_fields), authors);
                }
                _ => fields.push(Span { start, end, colon: colon(&octets[start..end]).map(|at| start + at) }),
            }
            start = end;
        }
        let separator = fields_end..octets.len();
        let header = Self { octets, fields, separator, limits, exceeds: None };
        if header.has_too_many_of_a_kind() {
            let authors = AuthorScan::of(&header.octets[..fields_end]);
            return Self::over_limit(limits, HeaderLimit::FieldsOfAKind(limits.fields_of_a_kind), authors);
        }
        header
    }

    fn has_too_many_of_a_kind(&self) -> bool {
        let limit = self.limits.fields_of_a_kind;
        if self.fields.len() <= limit {
            return false;
        }
        let fields = self.fields().filter(|field| !field.is_malformed());
        let mut names: Vec<Vec<u8>> = fields.map(|field| field.name().to_ascii_lowercase()).collect();
        names.sort_unstable();
        names.chunk_by(|a, b| a == b).any(|kind| kind.len() > limit)
    }
}

/// Where the line that begins at `from` ends, behind its CRLF.
fn line_end(octets: &[u8], from: usize) -> Option<usize> {
    let line = &octets[from..];
    memchr::memchr_iter(b'\n', line).find(|&at| line[..at].ends_with(b"\r")).map(|at| from + at + 1)
}

/// The colon behind a field name, of printable ASCII with at most blanks behind it.
fn colon(line: &[u8]) -> Option<usize> {
    let at = memchr::memchr(b':', line)?;
    let name = trim_blanks_end(&line[..at]);
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(at)
}

/// The field name before the first colon of a line, if it is one.
pub(super) fn field_name(line: &[u8]) -> Option<&[u8]> {
    colon(line).map(|at| trim_blanks_end(&line[..at]))
}

/// Only space and tab: a bare CR or LF before a colon leaves no field name (RFC 5322 §4.5.8).
fn trim_blanks_end(mut octets: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = octets {
        octets = rest;
    }
    octets
}

/// Collects the header section of a message that arrives in chunks of any size.
///
/// Of a chunk only the header section's part is copied, and no octet is looked at more than a few times, whatever
/// the sizes of the chunks. Past [`Limits::header_size`] octets nothing is kept any more, but the end of the section is
/// still found, and so are the domains of its `From` fields.
#[derive(Clone, Debug, Default)]
pub struct HeaderReader {
    octets: Vec<u8>,
    /// Where the octets go past the limit.
    beyond: Option<Box<AuthorScan>>,
    /// How many octets the section has, kept or not.
    length: usize,
    end: EndMatcher,
    limits: Limits,
}

impl HeaderReader {
    /// A reader at the start of a message, with the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader at the start of a message.
    pub fn within(limits: &Limits) -> Self {
        Self { limits: *limits, ..Self::default() }
    }

    /// Takes octets and says how many belong to the header section; when fewer than all, or
    /// [`is_complete`](Self::is_complete), the rest is the body.
    pub fn push(&mut self, chunk: &[u8]) -> usize {
        let used = self.end.advance(chunk);
        self.length = self.length.saturating_add(used);
        if self.is_over_limit() {
            let before = std::mem::take(&mut self.octets);
            let scan = self.beyond.get_or_insert_default();
            scan.push(&before);
            scan.push(&chunk[..used]);
        } else {
            self.octets.extend_from_slice(&chunk[..used]);
        }
        used
    }

    /// Whether the empty line has been seen.
    pub fn is_complete(&self) -> bool {
        self.end == EndMatcher::Complete
    }

    /// Whether the section is larger than [`Limits::header_size`]; what came of it is then gone.
    pub fn is_over_limit(&self) -> bool {
        self.length > self.limits.header_size
    }

    /// How many octets the section has so far.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing has come yet.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The header section. Without the empty line, all that came is the section.
    pub fn finish(self) -> Header {
        if self.is_over_limit() {
            let authors = self.beyond.map(|scan| scan.finish()).unwrap_or_default();
            return Header::over_limit(self.limits, HeaderLimit::Size(self.limits.header_size), authors);
        }
        // The empty line's CRLF is in the octets when the section is complete.
        let separator = if self.is_complete() { 2 } else { 0 };
        let fields_end = self.octets.len() - separator;
        Header::parse(self.octets, fields_end, self.limits)
    }
}

/// Finds CRLF CRLF, or a CRLF at the very start, in chunks: how much of it the octets so far end with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum EndMatcher {
    Text,
    Cr,
    /// At the start of a line, so also where the message starts.
    #[default]
    CrLf,
    CrLfCr,
    Complete,
}

impl EndMatcher {
    /// How many octets of the chunk come up to the end of the section, the empty line included.
    fn advance(&mut self, chunk: &[u8]) -> usize {
        let mut at = 0;
        while at < chunk.len() && *self != Self::Complete {
            if *self == Self::Text {
                let Some(found) = memmem::find(&chunk[at..], b"\r\n\r\n") else {
                    // No more than three octets can be the beginning of the end.
                    for &octet in &chunk[at.max(chunk.len().saturating_sub(3))..] {
                        *self = self.next(octet);
                    }
                    return chunk.len();
                };
                *self = Self::Complete;
                return at + found + 4;
            }
            *self = self.next(chunk[at]);
            at += 1;
        }
        at
    }

    fn next(self, octet: u8) -> Self {
        match (self, octet) {
            (Self::Complete, _) | (Self::CrLfCr, b'\n') => Self::Complete,
            (Self::CrLf, b'\r') => Self::CrLfCr,
            (_, b'\r') => Self::Cr,
            (Self::Cr, b'\n') => Self::CrLf,
            _ => Self::Text,
        }
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
