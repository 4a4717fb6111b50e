//! What the signatures on a message cover, to say which of them a change breaks (RFC 6376 §3.7).
//!
//! It is found out by hashing what each signature selects before and after, and not by thinking about names: fields are selected
//! from the bottom up, may be listed more often than they are there, and what a canonicalization drops does not count.

use super::body::{BodyHasher, Wanted};
use super::canonicalization::Canonicalization;
use super::header_hash::HeaderIndex;
use super::sign::BodyHash;
use super::signature::Signature;
use crate::crypto::Digest;
use crate::domain::Domain;
use crate::limits::MAX_SIGNATURES_COMPARED;
use crate::message::Header;
use crate::time::UnixTime;

/// What one signature covers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cover {
    /// Which of the message's DKIM-Signature fields this is, from the top.
    pub place: usize,
    /// `d=`
    pub domain: Domain,
    /// `s=`
    pub selector: Domain,
    /// `x=`
    pub expiration: Option<UnixTime>,
    /// The field.
    raw: Vec<u8>,
    /// The names in `h=`.
    fields: Vec<Vec<u8>>,
    canonicalization: Canonicalization,
    body: Wanted,
    /// What `bh=` says.
    body_hash: Digest,
    /// The digest of the fields that it covers.
    header: Digest,
}

impl Cover {
    /// Whether the body is the one that was signed; `None` where it was hashed in another canonicalization, or a part of it alone
    /// is signed.
    pub fn fits_body(&self, body: &BodyHash) -> Option<bool> {
        let digest = body.digest(self.body.canonicalization).filter(|_| self.body.length.is_none())?;
        Some(digest == self.body_hash)
    }
}

/// What the signatures on a message cover; those that are malformed are left out, and so are those behind the first
/// [`MAX_SIGNATURES_COMPARED`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Covers(Vec<Cover>);

impl Covers {
    /// Those on a message with this header section.
    pub fn of(header: &Header) -> Self {
        let mut index = None;
        let mut covers = Vec::new();
        let fields = header.fields().enumerate().filter(|(_, field)| field.is("DKIM-Signature"));
        for (place, (at, field)) in fields.take(MAX_SIGNATURES_COMPARED).enumerate() {
            let Ok(signature) = Signature::parse(field.value()) else { continue };
            let index = index.get_or_insert_with(|| HeaderIndex::new(header));
            let canonicalization = signature.header_canonicalization;
            covers.push(Cover {
                place,
                domain: signature.domain.clone(),
                selector: signature.selector.clone(),
                expiration: signature.expiration,
                raw: field.raw().to_vec(),
                fields: signature.signed_fields().map(<[u8]>::to_vec).collect(),
                canonicalization,
                body: Wanted { canonicalization: signature.body_canonicalization, length: signature.body_length },
                body_hash: signature.body_hash,
                header: index.hash(canonicalization, signature.signed_fields(), Some(at)).finish(),
            });
        }
        Self(covers)
    }

    /// Each of them, from the top.
    pub fn iter(&self) -> impl Iterator<Item = &Cover> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For each of them, whether it is still there and covers the same fields once the header section is this one.
    pub fn header_intact(&self, changed: &Header) -> Vec<bool> {
        let mut index = None;
        let mut taken = Vec::new();
        let mut intact = |cover: &Cover| {
            let own = changed
                .fields()
                .enumerate()
                .position(|(at, field)| field.is("DKIM-Signature") && field.raw() == cover.raw && !taken.contains(&at));
            let Some(own) = own else { return false };
            taken.push(own);
            let index = index.get_or_insert_with(|| HeaderIndex::new(changed));
            let names = cover.fields.iter().map(Vec::as_slice);
            index.hash(cover.canonicalization, names, Some(own)).finish() == cover.header
        };
        self.0.iter().map(&mut intact).collect()
    }

    /// For each of them, whether it covers the same octets of both bodies.
    pub fn body_intact(&self, before: &[u8], after: &[u8]) -> Vec<bool> {
        let wanted: Vec<Wanted> = self.0.iter().map(|cover| cover.body).collect();
        let digests = |body: &[u8]| -> Vec<Option<Digest>> {
            let mut hasher = BodyHasher::new(&wanted);
            hasher.push(body);
            let hashes = hasher.finish();
            wanted.iter().map(|wanted| hashes.digest(*wanted)).collect()
        };
        digests(before).into_iter().zip(digests(after)).map(|(before, after)| before == after).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(fields: &str) -> Header {
        Header::split(format!("{fields}\r\n").as_bytes()).0
    }

    const SIGNATURE: &str = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/simple; d=example.com; s=s;\r\n h=from:x:x; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AA==\r\n";

    #[test]
    fn a_field_that_is_listed_once_more_cannot_be_added_and_others_can() {
        let covers = Covers::of(&section(&format!("{SIGNATURE}From: a@example.com\r\nX: 1\r\n")));
        for (changed, intact) in [
            (format!("Received: y\r\n{SIGNATURE}From: a@example.com\r\nX: 1\r\n"), true),
            (format!("X:   1  \r\n{SIGNATURE}From: a@example.com\r\n"), true),
            (format!("X: 2\r\n{SIGNATURE}From: a@example.com\r\nX: 1\r\n"), false),
            (format!("{SIGNATURE}From: a@example.com\r\n"), false),
            ("From: a@example.com\r\nX: 1\r\n".to_owned(), false),
        ] {
            assert_eq!(covers.header_intact(&section(&changed)), [intact], "{changed}");
        }
    }

    #[test]
    fn a_length_covers_what_is_before_it_alone() {
        let with_length = SIGNATURE.replace("h=from", "l=4; h=from");
        let covers = Covers::of(&section(&format!("{with_length}{SIGNATURE}From: a@example.com\r\n")));
        assert_eq!(covers.body_intact(b"ab\r\n", b"ab\r\ncd\r\n"), [true, false]);
        assert_eq!(covers.body_intact(b"ab\r\n", b"ab\r\n\r\n"), [true, true]);
    }
}
