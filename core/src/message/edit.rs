//! Changes to a header section that leave all other octets as they are.

use thiserror::Error;

use super::header::{Field, Header, HeaderReader};
use crate::limits::Limits;

/// Why a header section was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EditError {
    /// The section is, or would become, larger than the engine keeps.
    #[error("the header section is larger than the engine's limit")]
    OverLimit,
    /// The section begins with a space or tab: its first line would become part of the field put before it.
    #[error("the header section begins with a continuation line, which a field put before it would swallow")]
    LeadingContinuation,
    /// What is to be put in front is not made of whole header fields.
    #[error("the text to put in front is not made of whole header fields")]
    NotFields,
}

impl Header {
    /// The section with `fields` (one or more, folded, each ending with CRLF) in front of it.
    ///
    /// # Errors
    /// [`EditError`] says why that would not be safe.
    pub fn prepend(&self, fields: &[u8]) -> Result<Self, EditError> {
        if self.is_over_limit() {
            return Err(EditError::OverLimit);
        }
        if matches!(self.octets(), [b' ' | b'\t', ..]) {
            return Err(EditError::LeadingContinuation);
        }
        if !are_whole_fields(fields) {
            return Err(EditError::NotFields);
        }
        let octets = [fields, self.octets()].concat();
        match self.with_octets(&octets) {
            section if section.is_over_limit() => Err(EditError::OverLimit),
            section => Ok(section),
        }
    }

    /// The section without the fields (or lines that are no field) that `unwanted` picks, and how many those were.
    ///
    /// # Errors
    /// [`EditError::OverLimit`] when the fields are not known.
    pub fn without(&self, mut unwanted: impl FnMut(&Field<'_>) -> bool) -> Result<(Self, usize), EditError> {
        if self.is_over_limit() {
            return Err(EditError::OverLimit);
        }
        let mut octets = Vec::with_capacity(self.octets().len());
        let mut dropped = 0;
        for field in self.fields() {
            match unwanted(&field) {
                true => dropped += 1,
                false => octets.extend_from_slice(field.raw()),
            }
        }
        octets.extend_from_slice(self.separator());
        Ok((self.with_octets(&octets), dropped))
    }

    /// The section with other fields in the place of those for which `change` gives one: whole, with its CRLF.
    ///
    /// # Errors
    /// [`EditError`] says why that would not be safe.
    pub fn replacing(&self, mut change: impl FnMut(&Field<'_>) -> Option<Vec<u8>>) -> Result<Self, EditError> {
        if self.is_over_limit() {
            return Err(EditError::OverLimit);
        }
        let mut octets = Vec::with_capacity(self.octets().len());
        for field in self.fields() {
            match change(&field) {
                Some(other) if are_whole_fields(&other) => octets.extend(other),
                Some(_) => return Err(EditError::NotFields),
                None => octets.extend_from_slice(field.raw()),
            }
        }
        octets.extend_from_slice(self.separator());
        match self.with_octets(&octets) {
            section if section.is_over_limit() => Err(EditError::OverLimit),
            section => Ok(section),
        }
    }

    /// The section with these fields behind the others, and an empty line behind it where there was none.
    ///
    /// # Errors
    /// [`EditError`] says why that would not be safe.
    pub fn append(&self, fields: &[u8]) -> Result<Self, EditError> {
        if self.is_over_limit() {
            return Err(EditError::OverLimit);
        }
        if !fields.is_empty() && !are_whole_fields(fields) {
            return Err(EditError::NotFields);
        }
        let own = self.octets().strip_suffix(self.separator()).unwrap_or_default();
        // Only the end of a message cuts off a line.
        let end = if own.is_empty() || own.ends_with(b"\r\n") { &b""[..] } else { b"\r\n" };
        match self.with_octets(&[own, end, fields, b"\r\n"].concat()) {
            section if section.is_over_limit() => Err(EditError::OverLimit),
            section => Ok(section),
        }
    }

    /// The same section, read within other limits: for who adds to one that is as large as it may be.
    pub(crate) fn within(&self, limits: &Limits) -> Self {
        let mut reader = HeaderReader::within(limits);
        reader.push(self.octets());
        reader.finish()
    }

    /// Octets that are known to be a header section and nothing else, within the same limits.
    fn with_octets(&self, octets: &[u8]) -> Self {
        let mut reader = HeaderReader::within(self.limits());
        reader.push(octets);
        reader.finish()
    }
}

fn are_whole_fields(fields: &[u8]) -> bool {
    let (header, rest) = Header::split(fields);
    rest.is_empty()
        && header.separator().is_empty()
        && header.fields().len() > 0
        && header
            .fields()
            .all(|field| !field.is_malformed() && field.raw().ends_with(b"\r\n") && has_no_bare_ends(&field))
}

fn has_no_bare_ends(field: &Field<'_>) -> bool {
    let endings = super::LineEndings::of(field.raw());
    endings.bare_cr == 0 && endings.bare_lf == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &[u8]) -> Header {
        Header::split(text).0
    }

    #[test]
    fn prepending_keeps_every_octet() {
        let before = header(b"From: a\r\n b\r\njunk\r\n\r\n");
        let after = before.prepend(b"X: 1\r\nY: 2\r\n\t3\r\n").unwrap();
        assert_eq!(after.octets(), b"X: 1\r\nY: 2\r\n\t3\r\nFrom: a\r\n b\r\njunk\r\n\r\n");
        assert_eq!(after.fields().len(), 4);
        assert_eq!(after.separator(), b"\r\n");
    }

    #[test]
    fn what_would_not_be_fields_is_refused() {
        let section = header(b"From: a\r\n\r\n");
        for bad in [&b""[..], b"X: 1", b"X: 1\r\n\r\n", b" X: 1\r\n", b"X 1\r\n", b"X: 1\nY: 2\r\n", b"X: \r1\r\n"] {
            assert_eq!(section.prepend(bad), Err(EditError::NotFields), "{bad:?}");
        }
        assert_eq!(header(b" x\r\nFrom: a\r\n").prepend(b"X: 1\r\n"), Err(EditError::LeadingContinuation));
    }

    #[test]
    fn replacing_and_appending_keep_the_others() {
        let section = header(b"A: 1\r\n 2\r\njunk\r\n\r\n");
        let replaced = section.replacing(|f| f.is("a").then(|| b"A: 3\r\n".to_vec())).unwrap();
        assert_eq!(replaced.octets(), b"A: 3\r\njunk\r\n\r\n");
        assert_eq!(section.replacing(|_| Some(b"A: 3".to_vec())), Err(EditError::NotFields));
        assert_eq!(section.append(b"B: 4\r\n").unwrap().octets(), b"A: 1\r\n 2\r\njunk\r\nB: 4\r\n\r\n");
        assert_eq!(header(b"A: 1").append(b"").unwrap().octets(), b"A: 1\r\n\r\n");
        assert_eq!(header(b"").append(b"B: 4\r\n").unwrap().octets(), b"B: 4\r\n\r\n");
    }

    #[test]
    fn dropping_fields_keeps_the_others() {
        let (after, count) = header(b"A: 1\r\nB: 2\r\n 3\r\na : 4\r\nC: 5\r\n\r\n").without(|f| f.is("a")).unwrap();
        assert_eq!((after.octets(), count), (&b"B: 2\r\n 3\r\nC: 5\r\n\r\n"[..], 2));
    }
}
