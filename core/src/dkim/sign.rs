//! Signing (RFC 6376 §5).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::body_hash::{PIECE, Pass};
use super::canonicalization::{Canonicalization, Vectors};
use super::header_hash::{HeaderIndex, add_signature};
use super::signature::{Algorithm, Identity};
use crate::crypto::{Digest, Sha256, SigningKey};
use crate::domain::{Domain, DomainError};
use crate::limits::FOLD_WIDTH;
use crate::message::Header;
use crate::time::UnixTime;

/// Fields that are signed where they are present: those of RFC 6376 §5.4.1, those that say how the body is to be read,
/// and List-Unsubscribe-Post, which counts only when it is signed (RFC 8058 §4).
pub const SIGNED_FIELDS: &[&str] = &[
    "From",
    "Sender",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "To",
    "Cc",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Resent-Date",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Resent-Cc",
    "Resent-Message-ID",
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Help",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Subscribe",
    "List-Post",
    "List-Owner",
    "List-Archive",
];

/// Fields that are listed once more than they are present, so that none can be added afterwards without breaking the
/// signature (RFC 6376 §5.4.2, §8.15): those that are shown to the reader, or change what is shown, and that no relay
/// adds. Sender is not among them: mailing lists that leave all else alone add theirs.
pub const OVERSIGNED_FIELDS: &[&str] = &[
    "From",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "To",
    "Cc",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "In-Reply-To",
    "References",
];

/// Why a message, or a signer, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignError {
    /// The signer has no key.
    #[error("there is no key to sign with")]
    NoKey,
    /// A selector is not a name.
    #[error("the selector is not valid: {0}")]
    Selector(DomainError),
    /// The identity is not `[local-part]@domain` within the signing domain.
    #[error("the identity is not an address within the signing domain")]
    Identity,
    /// A name that is no field name, or that of the signature itself.
    #[error("a field to be signed has a name that cannot be signed")]
    FieldName,
    /// The header section is over the limit, and was not kept.
    #[error("the header section is too large")]
    HeaderTooLarge,
    /// The message has no From field, which RFC 6376 §5.4 requires to be signed.
    #[error("the message has no From field")]
    NoFrom,
    /// The message has a CR or LF on its own, which a relay may change or refuse (RFC 6376 §5.3). Normalize it first.
    #[error("the message has a CR or LF that is not part of a CRLF")]
    BareLineEnd,
    /// The cryptographic back end failed.
    #[error("the cryptographic back end failed to sign")]
    Backend,
    /// The body was hashed in another canonicalization than the signer's.
    #[error("the body was hashed in another canonicalization than that of the signer")]
    Canonicalization,
}

/// How the messages of a domain are signed.
///
/// The defaults are what nearly everyone should use: relaxed/relaxed, [`SIGNED_FIELDS`], [`OVERSIGNED_FIELDS`], no
/// expiration, and never `l=`.
#[derive(Debug)]
pub struct Signer {
    domain: Domain,
    identity: Option<Identity>,
    keys: Vec<(Domain, SigningKey)>,
    header_canonicalization: Canonicalization,
    body_canonicalization: Canonicalization,
    signed: Vec<String>,
    oversigned: Vec<String>,
    /// What the two make: each name once, and whether it is listed once more than it is present.
    names: Vec<(String, bool)>,
    lifetime: Option<u64>,
    body_length: bool,
}

impl Signer {
    /// A signer for `domain` (`d=`), without a key yet.
    pub fn new(domain: Domain) -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let signer = Self {
            domain,
            identity: None,
            keys: Vec::new(),
            header_canonicalization: Canonicalization::Relaxed,
            body_canonicalization: Canonicalization::Relaxed,
            signed: owned(SIGNED_FIELDS),
            oversigned: owned(OVERSIGNED_FIELDS),
            names: Vec::new(),
            lifetime: None,
            body_length: false,
        };
        signer.with_names()
    }

    /// The domain that signs.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The keys, each with the selector under which it is published, in the order in which they were added.
    pub fn keys(&self) -> impl Iterator<Item = (&Domain, &SigningKey)> {
        self.keys.iter().map(|(selector, key)| (selector, key))
    }

    /// The second half of `c=`.
    pub fn body_canonicalization(&self) -> Canonicalization {
        self.body_canonicalization
    }

    /// Whether signatures cover a part of the body only.
    pub(super) fn has_body_length(&self) -> bool {
        self.body_length
    }

    /// Adds a key, published under `selector` (`s=`). Each key gives one signature, all from the same pass.
    ///
    /// # Errors
    /// [`SignError::Selector`]
    pub fn key(mut self, selector: &str, key: SigningKey) -> Result<Self, SignError> {
        let selector = Domain::parse(selector).map_err(SignError::Selector)?;
        self.domain.prepend(&format!("{selector}._domainkey")).map_err(SignError::Selector)?;
        self.keys.push((selector, key));
        Ok(self)
    }

    /// Sets `i=`: an address, or `@` and a name, in the signing domain or below it.
    ///
    /// # Errors
    /// [`SignError::Identity`]
    pub fn identity(mut self, identity: &str) -> Result<Self, SignError> {
        let identity = Identity::parse(identity).filter(|i| i.domain.is_within(&self.domain));
        self.identity = Some(identity.ok_or(SignError::Identity)?);
        Ok(self)
    }

    /// Sets `c=`.
    pub fn canonicalization(mut self, header: Canonicalization, body: Canonicalization) -> Self {
        self.header_canonicalization = header;
        self.body_canonicalization = body;
        self
    }

    /// Sets which fields are signed where they are present. From always is.
    ///
    /// # Errors
    /// [`SignError::FieldName`]
    pub fn fields(mut self, names: &[&str]) -> Result<Self, SignError> {
        self.signed = field_names(names)?;
        Ok(self.with_names())
    }

    /// Sets which fields are listed once more than they are present.
    ///
    /// # Errors
    /// [`SignError::FieldName`]
    pub fn oversigned_fields(mut self, names: &[&str]) -> Result<Self, SignError> {
        self.oversigned = field_names(names)?;
        Ok(self.with_names())
    }

    /// From and the names of both lists, each once.
    fn with_names(mut self) -> Self {
        let mut names: Vec<(String, bool)> = Vec::new();
        for name in std::iter::once("From").chain(self.signed.iter().chain(&self.oversigned).map(String::as_str)) {
            if !names.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                names.push((name.to_owned(), self.oversigned.iter().any(|other| other.eq_ignore_ascii_case(name))));
            }
        }
        self.names = names;
        self
    }

    /// Lets signatures expire so many seconds after they were made (`x=`).
    pub fn expires_after(mut self, seconds: u64) -> Self {
        self.lifetime = Some(seconds.max(1));
        self
    }

    /// Adds `l=`, the length of the body. Everyone may then add to the body, and many verifiers refuse such signatures
    /// (RFC 6376 §8.2): there is hardly a reason to do this but to test a verifier.
    pub fn with_body_length(mut self) -> Self {
        self.body_length = true;
        self
    }
}

fn field_names(names: &[&str]) -> Result<Vec<String>, SignError> {
    let valid = |name: &str| {
        let octets = || name.bytes();
        !name.is_empty()
            && octets().all(|b| b.is_ascii_graphic() && !matches!(b, b':' | b';'))
            && !name.eq_ignore_ascii_case("DKIM-Signature")
    };
    names.iter().map(|name| if valid(name) { Ok((*name).to_owned()) } else { Err(SignError::FieldName) }).collect()
}

/// The signing of one message, in a stream and in constant memory. It refuses what could not verify; what else speaks
/// against signing a message, an [`Examination`](super::Examination) says.
#[derive(Debug)]
pub struct Signing {
    signer: Arc<Signer>,
    /// The hash of the signed fields, which all signatures have in common.
    header: Sha256,
    /// How often `h=` lists each of the signer's names.
    counts: Vec<usize>,
    body: BodyHash,
    now: UnixTime,
}

/// The hash of a body that comes before it is known what its header section will be, and who signs: in a stream and in
/// constant memory.
#[derive(Clone, Debug)]
pub struct BodyHash {
    pass: Pass,
    line_ends: LineEnds,
}

impl BodyHash {
    /// At the start of a body, in the canonicalization of the signer that may come.
    pub fn new(canonicalization: Canonicalization) -> Self {
        Self { pass: Pass::whole(canonicalization), line_ends: LineEnds::default() }
    }

    /// Takes the next octets. How the body is cut into chunks does not matter.
    pub fn push(&mut self, chunk: &[u8]) {
        for piece in chunk.chunks(PIECE) {
            self.pass.push(piece);
            self.line_ends.push(piece); // which the hash has brought into the processor's cache
        }
    }

    /// The hash of what has come, as if it were all, where it is in this canonicalization.
    pub(super) fn digest(&self, canonicalization: Canonicalization) -> Option<Digest> {
        (self.pass.canonicalization == canonicalization).then(|| self.pass.clone().finish().whole)?
    }
}

impl Signing {
    /// Begins with the complete header section; `now` becomes `t=`. The header is not needed afterwards.
    ///
    /// # Errors
    /// [`SignError`], when what would be signed could not verify.
    pub fn new(signer: &Arc<Signer>, header: &Header, now: UnixTime) -> Result<Self, SignError> {
        Self::with_body(signer, header, BodyHash::new(signer.body_canonicalization), now)
    }

    /// Begins with the complete header section, and with as much of the body as was hashed before.
    ///
    /// # Errors
    /// [`SignError`], when what would be signed could not verify.
    pub fn with_body(signer: &Arc<Signer>, header: &Header, body: BodyHash, now: UnixTime) -> Result<Self, SignError> {
        if body.pass.canonicalization != signer.body_canonicalization {
            return Err(SignError::Canonicalization);
        }
        if signer.keys.is_empty() {
            return Err(SignError::NoKey);
        }
        if header.is_over_limit() {
            return Err(SignError::HeaderTooLarge);
        }
        if header.named("From").next().is_none() {
            return Err(SignError::NoFrom);
        }
        let mut line_ends = LineEnds::default();
        line_ends.push(header.octets());
        if line_ends.are_bare() {
            return Err(SignError::BareLineEnd);
        }
        let mut index = HeaderIndex::new(header);
        let counts = signer.counts(&index);
        let names = signer.listed(&counts).map(str::as_bytes);
        Ok(Self {
            header: index.hash(signer.header_canonicalization, names, None),
            counts,
            body,
            signer: Arc::clone(signer),
            now,
        })
    }

    /// Takes the next octets of the body. How the body is cut into chunks does not matter.
    pub fn body(&mut self, chunk: &[u8]) {
        self.body.push(chunk);
    }

    /// Ends the body and gives the DKIM-Signature fields, one for each key in the order in which they were added,
    /// folded, each with its CRLF: what is to be put in front of the message.
    ///
    /// # Errors
    /// [`SignError`], when what would be signed could not verify.
    pub fn finish(self) -> Result<Vec<u8>, SignError> {
        self.finish_with(|_| true)
    }

    /// The same by the keys alone that `wanted` picks by their selectors; nothing where it picks none.
    ///
    /// # Errors
    /// [`SignError`], when what would be signed could not verify.
    pub fn finish_with(self, wanted: impl Fn(&Domain) -> bool) -> Result<Vec<u8>, SignError> {
        if self.body.line_ends.are_bare() {
            return Err(SignError::BareLineEnd);
        }
        let body = self.body.pass.finish();
        let body_hash = body.whole.ok_or(SignError::Backend)?;
        let body_length = self.signer.body_length.then_some(body.octets);
        let mut signatures = Vec::new();
        for (selector, key) in self.signer.keys().filter(|(selector, _)| wanted(selector)) {
            let mut field = Folded::new(FIELD_NAME);
            self.signer.write_tags(&mut field, selector, key, self.now, &self.counts, &body_hash, body_length);
            let mut state = self.header.clone();
            let value = field.value();
            let end = (value.len(), value.len());
            add_signature(&mut state, self.signer.header_canonicalization, FIELD_NAME.as_bytes(), value, end);
            let signature = key.sign_digest(&state.finish()).ok_or(SignError::Backend)?;
            field.split(&STANDARD.encode(signature));
            signatures.extend(field.finish());
        }
        Ok(signatures)
    }
}

const FIELD_NAME: &str = "DKIM-Signature";

impl Signer {
    /// How often `h=` lists each name: as often as it is present, and once more where it is oversigned.
    fn counts(&self, index: &HeaderIndex<'_>) -> Vec<usize> {
        self.names.iter().map(|(name, oversigned)| index.count(name.as_bytes()) + usize::from(*oversigned)).collect()
    }

    /// The names in `h=`.
    fn listed(&self, counts: &[usize]) -> impl Iterator<Item = &str> {
        self.names.iter().zip(counts).flat_map(|((name, _), &count)| std::iter::repeat_n(name.as_str(), count))
    }

    #[allow(clippy::too_many_arguments)] // one for each thing that a tag is made of
    fn write_tags(
        &self,
        field: &mut Folded,
        selector: &Domain,
        key: &SigningKey,
        now: UnixTime,
        counts: &[usize],
        body_hash: &Digest,
        body_length: Option<u64>,
    ) {
        field.word("v=1;");
        field.word(&format!("a={};", Algorithm::of(key.key_type())));
        field.word(&format!("c={}/{};", self.header_canonicalization, self.body_canonicalization));
        field.word(&format!("d={};", self.domain));
        field.word(&format!("s={selector};"));
        if let Some(identity) = &self.identity {
            field.word(&format!("i={}@{};", quoted_printable(&identity.local_part), identity.domain));
        }
        field.word(&format!("t={now};"));
        if let Some(lifetime) = self.lifetime {
            field.word(&format!("x={};", now.0.saturating_add(lifetime)));
        }
        if let Some(length) = body_length {
            field.word(&format!("l={length};"));
        }
        let mut names = self.listed(counts).peekable();
        let mut first = true;
        while let Some(name) = names.next() {
            let end = if names.peek().is_none() { ";" } else { ":" };
            match std::mem::take(&mut first) {
                true => field.word(&format!("h={name}{end}")),
                false => field.part(&[name, end]),
            }
        }
        field.word(&format!("bh={};", STANDARD.encode(body_hash)));
        // The value of b= comes last, so what is in front of it is what is signed (RFC 6376 §3.7).
        field.word("b=");
    }
}

/// RFC 6376 §2.11.
fn quoted_printable(text: &str) -> String {
    let mut encoded = String::new();
    for octet in text.bytes() {
        match octet {
            b'!'..=b':' | b'<' | b'>'..=b'~' => encoded.push(char::from(octet)),
            _ => encoded.push_str(&format!("={octet:02X}")),
        }
    }
    encoded
}

/// A header field in the making, folded where words permit.
struct Folded {
    text: Vec<u8>,
    column: usize,
    value: usize,
}

impl Folded {
    fn new(name: &str) -> Self {
        let text = format!("{name}:").into_bytes();
        Self { column: text.len(), value: text.len(), text }
    }

    /// Adds a word behind a space or on a new line.
    fn word(&mut self, word: &str) {
        if self.column + 1 + word.len() > FOLD_WIDTH {
            self.fold();
        } else {
            self.add(" ");
        }
        self.add(word);
    }

    /// Adds a word, made of some pieces, right behind the last word, or on a new line.
    fn part(&mut self, pieces: &[&str]) {
        if self.column + pieces.iter().map(|piece| piece.len()).sum::<usize>() > FOLD_WIDTH {
            self.fold();
        }
        pieces.iter().for_each(|piece| self.add(piece));
    }

    /// Adds a text that may be folded anywhere.
    fn split(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.column >= FOLD_WIDTH {
                self.fold();
            }
            let (line, after) = rest.split_at_checked(FOLD_WIDTH - self.column).unwrap_or((rest, ""));
            self.add(line);
            rest = after;
        }
    }

    fn fold(&mut self) {
        self.text.extend_from_slice(b"\r\n ");
        self.column = 1;
    }

    fn add(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
        self.column += text.len();
    }

    fn value(&self) -> &[u8] {
        self.text.get(self.value..).unwrap_or_default()
    }

    fn finish(mut self) -> Vec<u8> {
        self.text.extend_from_slice(b"\r\n");
        self.text
    }
}

/// Looks for a CR or LF that is not part of a CRLF.
#[derive(Clone, Debug, Default)]
pub(super) struct LineEnds {
    /// The last octet was a CR.
    cr: bool,
    bare: bool,
    vectors: Vectors,
}

impl LineEnds {
    pub(super) fn push(&mut self, octets: &[u8]) {
        let (Some(first), Some(last)) = (octets.first(), octets.last()) else { return };
        self.bare |= self.cr != (*first == b'\n');
        self.bare = self.bare || self.vectors.has_bare_line_end(octets);
        self.cr = *last == b'\r';
    }

    pub(super) fn are_bare(&self) -> bool {
        self.bare || self.cr
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_line_ends_across_any_cut() {
        for (text, bare) in [
            ("a\r\nb\r\n", false),
            ("", false),
            ("\r\n\r\n", false),
            ("a\nb", true),
            ("a\rb", true),
            ("\r\r\n", true),
            ("a\r\n\n", true),
            ("a\r", true),
        ] {
            for cut in 0..=text.len() {
                let mut line_ends = LineEnds::default();
                line_ends.push(&text.as_bytes()[..cut]);
                line_ends.push(&text.as_bytes()[cut..]);
                assert_eq!(line_ends.are_bare(), bare, "{text:?} cut at {cut}");
            }
        }
    }
}
