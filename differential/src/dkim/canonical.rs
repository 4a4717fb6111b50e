//! Canonicalization and signing, written from RFC 6376 a second time: plain, slow, and with nothing of the engine's.

use passerelle::crypto::{Sha256, SigningKey};
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha1::{Digest, Sha1};

/// The hash that a signature is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    /// SHA-1, which nobody should accept any more (RFC 8301 §3.1).
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Hash {
    /// The digest of `octets`.
    pub(crate) fn of(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(octets).to_vec(),
            Self::Sha256 => Sha256::digest(octets).to_vec(),
        }
    }
}

/// A key pair that signs.
#[derive(Debug)]
pub(crate) enum Key {
    /// What the engine signs with: RSA of 2048 bits, Ed25519.
    Strong(Box<SigningKey>),
    /// What it refuses to sign with: RSA of 512 and 1024 bits.
    Weak(Box<RsaPrivateKey>),
}

impl Key {
    /// Reads a key of the engine's.
    pub(crate) fn strong(pem: &str) -> Self {
        Self::Strong(Box::new(SigningKey::from_pem(pem).expect("a key of core/tests/keys")))
    }

    /// Reads a weak RSA key.
    pub(crate) fn weak(pem: &str) -> Self {
        Self::Weak(Box::new(RsaPrivateKey::from_pkcs8_pem(pem).expect("a key of differential/keys")))
    }

    /// Signs a digest.
    pub(crate) fn sign(&self, hash: Hash, digest: &[u8]) -> Vec<u8> {
        match (self, hash) {
            (Self::Strong(key), Hash::Sha256) => {
                let digest = digest.try_into().expect("a SHA-256 digest");
                key.sign_digest(&digest).expect("AWS-LC signs")
            }
            (Self::Weak(key), Hash::Sha256) => key.sign(Pkcs1v15Sign::new::<sha2::Sha256>(), digest).expect("it signs"),
            (Self::Weak(key), Hash::Sha1) => key.sign(Pkcs1v15Sign::new::<Sha1>(), digest).expect("it signs"),
            (Self::Strong(_), Hash::Sha1) => unreachable!("the generator takes a weak key for rsa-sha1"),
        }
    }
}

/// A header field, `raw` with its CRLF, as RFC 6376 §3.4.1 or §3.4.2 wants it.
pub(crate) fn field(raw: &[u8], relaxed: bool) -> Vec<u8> {
    if !relaxed {
        return raw.to_vec();
    }
    let colon = raw.iter().position(|&b| b == b':').unwrap_or(raw.len());
    let (name, value) = raw.split_at(colon);
    let mut out = name.trim_ascii_end().to_ascii_lowercase();
    out.push(b':');
    // Unfold, then one space for each run of white space, none at either end.
    let unfolded: Vec<u8> = value[1..].iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let words: Vec<&[u8]> = unfolded.split(|&b| is_space(b)).filter(|word| !word.is_empty()).collect();
    out.extend(words.join(&b' '));
    out.extend(b"\r\n");
    out
}

/// A body as RFC 6376 §3.4.3 or §3.4.4 wants it.
pub(crate) fn body(octets: &[u8], relaxed: bool) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = lines(octets).into_iter().map(<[u8]>::to_vec).collect();
    if relaxed {
        lines.iter_mut().for_each(|line| *line = relaxed_line(line));
    }
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    let mut out = Vec::new();
    for line in &lines {
        out.extend(line);
        out.extend(b"\r\n");
    }
    if out.is_empty() && !relaxed {
        out.extend(b"\r\n");
    }
    out
}

/// What is between CRLFs; a CR or LF alone is an octet like others.
fn lines(octets: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = octets;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        lines.push(&rest[..end]);
        rest = &rest[end + 2..];
    }
    lines.push(rest);
    lines
}

fn relaxed_line(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for &octet in line {
        match octet {
            octet if is_space(octet) && out.last() == Some(&b' ') => {}
            octet if is_space(octet) => out.push(b' '),
            octet => out.push(octet),
        }
    }
    if out.last() == Some(&b' ') {
        out.pop();
    }
    out
}

fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

/// The data that `b=` signs (RFC 6376 §3.7): the fields that `names` selects, lowest first, and the signature field itself
/// with nothing in `b=`, `own` being that field without CRLF.
pub(crate) fn signed_data(fields: &[Vec<u8>], names: &[&str], own: &[u8], relaxed: bool) -> Vec<u8> {
    let mut taken = vec![false; fields.len()];
    let mut out = Vec::new();
    for name in names {
        let found = (0..fields.len()).rev().find(|&at| !taken[at] && is_named(&fields[at], name));
        if let Some(at) = found {
            taken[at] = true;
            out.extend(field(&fields[at], relaxed));
        }
    }
    let own = field(&[own, b"\r\n"].concat(), relaxed);
    out.extend(&own[..own.len() - 2]);
    out
}

/// Whether a raw field has this name, in any case.
pub(crate) fn is_named(raw: &[u8], name: &str) -> bool {
    let colon = raw.iter().position(|&b| b == b':').unwrap_or(0);
    raw[..colon].trim_ascii_end().eq_ignore_ascii_case(name.as_bytes())
}
