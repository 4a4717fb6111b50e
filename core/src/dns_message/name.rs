//! Names as they are compared: labels behind their lengths, in lower case, the root at the end.

use crate::domain::Domain;
use crate::limits::MAX_WIRE_NAME;

/// A name from the wire, decompressed. Not all of them can be a [`Domain`].
#[derive(Clone)]
pub(super) struct WireName {
    octets: [u8; MAX_WIRE_NAME],
    length: usize,
}

impl WireName {
    /// The name without labels, not even that of the root.
    pub(super) fn new() -> Self {
        Self { octets: [0; MAX_WIRE_NAME], length: 0 }
    }

    /// A domain's name. It fits: 253 octets of text are 255 on the wire, and no label is longer than 63.
    pub(super) fn of(domain: &Domain) -> Self {
        let mut name = Self::new();
        for label in domain.labels() {
            name.push(&[label.len() as u8]);
            name.push(label.as_bytes());
        }
        name.push(&[0]);
        name
    }

    /// Adds what stands on the wire: a label with its length. Whether there was room for it.
    pub(super) fn push(&mut self, octets: &[u8]) -> bool {
        let end = self.length + octets.len();
        let Some(room) = self.octets.get_mut(self.length..end) else { return false };
        room.copy_from_slice(octets);
        // Lengths are at most 63, and no letters.
        room.make_ascii_lowercase();
        self.length = end;
        true
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets[..self.length]
    }

    pub(super) fn is_root(&self) -> bool {
        self.octets() == [0]
    }

    /// The name as a domain; `None` for the root, and for labels that a domain cannot have. A dot inside a label would
    /// pass for one between labels.
    pub(super) fn domain(&self) -> Option<Domain> {
        let mut text = String::with_capacity(self.length);
        let mut rest = self.octets();
        while let Some((&length, behind)) = rest.split_first().filter(|(length, _)| **length > 0) {
            let (label, behind) = behind.split_at_checked(usize::from(length))?;
            if label.contains(&b'.') {
                return None;
            }
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(str::from_utf8(label).ok()?);
            rest = behind;
        }
        Domain::from_dns(&text).ok()
    }
}

impl PartialEq for WireName {
    fn eq(&self, other: &Self) -> bool {
        self.octets() == other.octets()
    }
}

impl Eq for WireName {}
