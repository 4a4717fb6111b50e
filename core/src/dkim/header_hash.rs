//! The header hash: which fields a signature covers, and their digest (RFC 6376 §3.7, §5.4.2).

use std::collections::BTreeMap;

use super::canonicalization::{Canonicalization, relaxed_field};
use crate::crypto::Sha256;
use crate::message::{Field, Header};

/// The fields of a message, found by name in one pass, for any number of signatures.
#[derive(Debug)]
pub(super) struct HeaderIndex<'a> {
    fields: Vec<Field<'a>>,
    /// A lower-case name's place in `places`.
    names: BTreeMap<Vec<u8>, usize>,
    /// For each name, its fields from top to bottom, as places in `fields`.
    places: Vec<Vec<usize>>,
    /// The relaxed forms of all fields, one behind the other, and where each ends.
    relaxed: Vec<u8>,
    relaxed_ends: Vec<usize>,
}

impl<'a> HeaderIndex<'a> {
    pub(super) fn new(header: &'a Header) -> Self {
        let mut index = Self {
            fields: header.fields().collect(),
            names: BTreeMap::new(),
            places: Vec::new(),
            relaxed: Vec::with_capacity(header.octets().len()),
            relaxed_ends: Vec::new(),
        };
        for (place, field) in index.fields.iter().enumerate() {
            if !field.is_malformed() {
                let id = *index.names.entry(field.name().to_ascii_lowercase()).or_insert(index.places.len());
                match index.places.get_mut(id) {
                    Some(places) => places.push(place),
                    None => index.places.push(vec![place]),
                }
            }
            relaxed_field(field.name(), field.value(), &mut index.relaxed);
            index.relaxed_ends.push(index.relaxed.len());
        }
        index
    }

    /// Hashes the fields that `names` selects, in the order of `names`: each mention of a name takes the lowest field of
    /// that name that was not taken yet, and nothing where none is left (RFC 6376 §5.4.2). The field at `own` is the
    /// signature itself and is never taken (RFC 6376 §3.5, `h=`).
    ///
    /// The time it takes grows with the header and the list, not with their product.
    pub(super) fn hash<'n>(
        &self,
        canonicalization: Canonicalization,
        names: impl Iterator<Item = &'n [u8]>,
        own: Option<usize>,
    ) -> Sha256 {
        let mut left: Vec<usize> = self.places.iter().map(Vec::len).collect();
        let mut state = Sha256::new();
        for name in names {
            let Some(&id) = self.names.get(&name.to_ascii_lowercase()) else { continue };
            let (Some(places), Some(left)) = (self.places.get(id), left.get_mut(id)) else { continue };
            while *left > 0 {
                *left -= 1;
                match places.get(*left) {
                    Some(&place) if Some(place) != own => {
                        self.update(&mut state, canonicalization, place);
                        break;
                    }
                    _ => {}
                }
            }
        }
        state
    }

    fn update(&self, state: &mut Sha256, canonicalization: Canonicalization, place: usize) {
        match canonicalization {
            Canonicalization::Simple => {
                if let Some(field) = self.fields.get(place) {
                    state.update(field.raw());
                    if !field.raw().ends_with(b"\r\n") {
                        state.update(b"\r\n"); // the message ends within the field
                    }
                }
            }
            Canonicalization::Relaxed => {
                let start = place.checked_sub(1).and_then(|before| self.relaxed_ends.get(before)).copied().unwrap_or(0);
                if let Some(form) = self.relaxed_ends.get(place).and_then(|&end| self.relaxed.get(start..end)) {
                    state.update(form);
                }
            }
        }
    }
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
