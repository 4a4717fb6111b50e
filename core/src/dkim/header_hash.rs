//! The header hash: which fields a signature covers, and their digest (RFC 6376 §3.7, §5.4.2).

use std::cmp::Ordering;

use super::canonicalization::{Canonicalization, relaxed_field};
use crate::crypto::Sha256;
use crate::message::{Field, Header};

/// The fields of a message, sorted by name once, for any number of signatures.
#[derive(Debug)]
pub(super) struct HeaderIndex<'a> {
    fields: Vec<Field<'a>>,
    /// Places in `fields`, those of one name together, from top to bottom.
    order: Vec<usize>,
    /// The names, sorted.
    names: Vec<Name<'a>>,
    /// The relaxed forms of the fields that were needed, one behind the other.
    relaxed: Vec<u8>,
    /// Where in `relaxed` the form of each field is, once it was needed.
    forms: Vec<Option<(usize, usize)>>,
}

/// A name that occurs in a header.
#[derive(Debug)]
struct Name<'a> {
    name: &'a [u8],
    /// Which part of `order` has its fields.
    start: usize,
    end: usize,
}

impl<'a> HeaderIndex<'a> {
    pub(super) fn new(header: &'a Header) -> Self {
        let fields: Vec<Field<'a>> = header.fields().collect();
        let mut named: Vec<(&'a [u8], usize)> = Vec::with_capacity(fields.len());
        named.extend(fields.iter().enumerate().filter(|(_, f)| !f.is_malformed()).map(|(place, f)| (f.name(), place)));
        // The sort is stable, so fields of one name stay in their order.
        named.sort_by(|a, b| compare(a.0, b.0));
        let mut names: Vec<Name<'a>> = Vec::with_capacity(named.len());
        for (at, &(name, _)) in named.iter().enumerate() {
            match names.last_mut() {
                Some(last) if last.name.eq_ignore_ascii_case(name) => last.end = at + 1,
                _ => names.push(Name { name, start: at, end: at + 1 }),
            }
        }
        let order = named.into_iter().map(|(_, place)| place).collect();
        // A relaxed form has no more octets than the field, but for a colon that a cut-off message lacks.
        // But while one is made, it has some.
        let relaxed = Vec::with_capacity(header.octets().len() + 32);
        Self { forms: vec![None; fields.len()], fields, order, names, relaxed }
    }

    /// How many fields have this name.
    pub(super) fn count(&self, name: &[u8]) -> usize {
        let id = self.names.binary_search_by(|known| compare(known.name, name)).ok();
        id.and_then(|id| self.names.get(id)).map_or(0, |name| name.end - name.start)
    }

    /// Hashes the fields that `names` selects, in the order of `names`: each mention of a name takes the lowest field of
    /// that name that was not taken yet, and nothing where none is left (RFC 6376 §5.4.2). The field at `own` is the
    /// signature itself and is never taken (RFC 6376 §3.5, `h=`).
    ///
    /// The time it takes grows with the header and the list, not with their product.
    pub(super) fn hash<'n>(
        &mut self,
        canonicalization: Canonicalization,
        names: impl Iterator<Item = &'n [u8]>,
        own: Option<usize>,
    ) -> Sha256 {
        // One call into the hash for all of them costs less than one for each.
        let mut signed = Vec::with_capacity(self.relaxed.capacity());
        for place in self.select(names, own, None).into_iter().flatten() {
            self.append(&mut signed, canonicalization, place);
        }
        let mut state = Sha256::new();
        state.update(&signed);
        state
    }

    /// The places of those fields, one for each mention. That at `without` counts as not being there.
    pub(super) fn select<'n>(
        &self,
        names: impl Iterator<Item = &'n [u8]>,
        own: Option<usize>,
        without: Option<usize>,
    ) -> Vec<Option<usize>> {
        let mut ends: Vec<usize> = self.names.iter().map(|name| name.end).collect();
        let mut selected = Vec::with_capacity(self.order.len());
        for name in names {
            selected.push(self.known(name).and_then(|(id, start)| {
                let end = ends.get_mut(id)?;
                while *end > start {
                    *end -= 1;
                    match self.order.get(*end) {
                        Some(&place) if Some(place) != own && Some(place) != without => return Some(place),
                        _ => {}
                    }
                }
                None
            }));
        }
        selected
    }

    /// The number of a name that occurs, and where its fields begin in `order`.
    fn known(&self, name: &[u8]) -> Option<(usize, usize)> {
        let id = self.names.binary_search_by(|known| compare(known.name, name)).ok()?;
        self.names.get(id).map(|name| (id, name.start))
    }

    /// The places of the fields of this name, from top to bottom.
    pub(super) fn places(&self, name: &[u8]) -> &[usize] {
        let known = self.known(name).and_then(|(id, _)| self.names.get(id));
        known.and_then(|name| self.order.get(name.start..name.end)).unwrap_or_default()
    }

    /// The field at a place.
    pub(super) fn field(&self, place: usize) -> Option<Field<'a>> {
        self.fields.get(place).copied()
    }

    /// Appends the canonical form of the field at a place.
    pub(super) fn append(&mut self, signed: &mut Vec<u8>, canonicalization: Canonicalization, place: usize) {
        let (Some(field), Some(form)) = (self.fields.get(place), self.forms.get_mut(place)) else { return };
        match canonicalization {
            Canonicalization::Simple => {
                signed.extend_from_slice(field.raw());
                if !field.raw().ends_with(b"\r\n") {
                    signed.extend_from_slice(b"\r\n"); // the message ends within the field
                }
            }
            Canonicalization::Relaxed => {
                let (start, end) = *form.get_or_insert_with(|| {
                    let start = self.relaxed.len();
                    relaxed_field(field.name(), field.value(), &mut self.relaxed);
                    (start, self.relaxed.len())
                });
                signed.extend_from_slice(self.relaxed.get(start..end).unwrap_or_default());
            }
        }
    }
}

/// Orders names without regard to case, short ones first: most comparisons then end at the lengths, or at once.
fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let lower = |name| <[u8]>::iter(name).map(u8::to_ascii_lowercase);
    a.len().cmp(&b.len()).then_with(|| if a == b { Ordering::Equal } else { lower(a).cmp(lower(b)) })
}

/// Adds a DKIM-Signature field to the hash: with the value of `b=` deleted, without its CRLF (RFC 6376 §3.7).
///
/// `name` is what is before the colon, `value` what is behind it, without the final CRLF; `b_span` is where in `value`
/// the value of `b=` is, white space included.
pub(super) fn add_signature(
    state: &mut Sha256,
    canonicalization: Canonicalization,
    name: &[u8],
    value: &[u8],
    b_span: (usize, usize),
) {
    let before = value.get(..b_span.0).unwrap_or(value);
    let after = value.get(b_span.1..).unwrap_or_default();
    match canonicalization {
        Canonicalization::Simple => {
            for part in [name, b":", before, after] {
                state.update(part);
            }
        }
        Canonicalization::Relaxed => {
            let mut form = Vec::with_capacity(name.len() + value.len());
            relaxed_field(name, &[before, after].concat(), &mut form);
            state.update(form.strip_suffix(b"\r\n").unwrap_or(&form));
        }
    }
}

/// The name of a field as written, with white space that may be behind it.
pub(super) fn before_colon(field: Field<'_>) -> &[u8] {
    let raw = field.raw();
    memchr::memchr(b':', raw).and_then(|colon| raw.get(..colon)).unwrap_or(raw)
}
