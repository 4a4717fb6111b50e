//! Keys of the two kinds that DKIM knows: RSA (RFC 6376 §3.3.3) and Ed25519 (RFC 8463).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::der::{self, PrivateKey};
use super::error::{KeyError, SigningKeyError};
use super::power::power;
use super::{Digest, backend, pem};
use crate::limits::{MAX_PUBLIC_KEY_LENGTH, MAX_RECOVERY_BITS, MAX_RSA_BITS, MIN_RSA_BITS, MIN_SIGNING_RSA_BITS};
use crate::words::words;

/// The kind of a key: the `k=` of a key record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyType {
    /// RSA, with PKCS#1 v1.5 signatures.
    Rsa,
    /// Ed25519, signing the SHA-256 digest (RFC 8463 §3).
    Ed25519,
}

impl KeyType {
    /// The word in a key record's `k=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }
}

words!(Display for KeyType);

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    shape: Shape,
    bits: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    Rsa(RsaKey),
    Ed25519([u8; 32]),
}

#[derive(Clone)]
struct RsaKey {
    /// The RSAPublicKey.
    pkcs1: Vec<u8>,
    /// `None` for a key that is too small or too large to be used.
    ready: Option<backend::RsaVerifyingKey>,
}

impl PartialEq for RsaKey {
    fn eq(&self, other: &Self) -> bool {
        self.pkcs1 == other.pkcs1
    }
}

impl Eq for RsaKey {}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pkcs1.fmt(f)
    }
}

impl PublicKey {
    /// Reads an RSA key: a DER SubjectPublicKeyInfo or a DER RSAPublicKey, both of which are found in `p=`:
    /// RFC 6376 §3.6.1 asks for the latter, its examples are the former. Any size is read, so that it can be reported.
    ///
    /// # Errors
    /// [`KeyError`] says what the octets are instead, as far as they tell.
    pub fn rsa(octets: &[u8]) -> Result<Self, KeyError> {
        if octets.len() > MAX_PUBLIC_KEY_LENGTH {
            return Err(KeyError::Rsa);
        }
        let Some(numbers) = der::rsa_public_key(octets) else { return Err(why_not_rsa(octets)) };
        if !numbers.are_sane() {
            return Err(KeyError::Rsa);
        }
        let (pkcs1, bits) = (numbers.to_pkcs1(), numbers.bits());
        let usable = (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits);
        let ready = if usable { backend::RsaVerifyingKey::from_pkcs1(&pkcs1) } else { None };
        Ok(Self { shape: Shape::Rsa(RsaKey { pkcs1, ready }), bits })
    }

    /// Reads an Ed25519 key: its 32 octets (RFC 8463 §4). A DER SubjectPublicKeyInfo, in which most programs write keys
    /// down, is none: other verifiers refuse it, so who publishes it must hear of that.
    ///
    /// # Errors
    /// [`KeyError`] says what the octets are instead, as far as they tell.
    pub fn ed25519(octets: &[u8]) -> Result<Self, KeyError> {
        let key = octets.try_into().map_err(|_| why_not_ed25519(octets))?;
        Ok(Self { shape: Shape::Ed25519(key), bits: 256 })
    }

    /// The kind of the key.
    pub fn key_type(&self) -> KeyType {
        match self.shape {
            Shape::Rsa(_) => KeyType::Rsa,
            Shape::Ed25519(_) => KeyType::Ed25519,
        }
    }

    /// The length of the RSA modulus in bits; 256 for Ed25519.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// Whether `signature` is this key's signature of what has this SHA-256 digest. Never true for an RSA key of
    /// fewer than [`MIN_RSA_BITS`] or more than [`MAX_RSA_BITS`] bits.
    pub fn verify_digest(&self, digest: &Digest, signature: &[u8]) -> bool {
        match &self.shape {
            Shape::Rsa(key) => key.ready.as_ref().is_some_and(|key| key.verify(digest, signature)),
            // RFC 8463 §3: the digest is the message that Ed25519 (PureEdDSA) signs.
            Shape::Ed25519(key) => backend::verify_ed25519(key, digest, signature),
        }
    }
}

#[cfg(feature = "tls")]
impl PublicKey {
    /// Whether `signature` is this RSA key's by PKCS#1 v1.5 (RFC 8017 §8.2.2) of what has this digest of SHA-256, SHA-384 or SHA-512,
    /// which its length tells apart. For keys that TLS libraries find too small: it takes several times as long as
    /// [`verify_digest`](Self::verify_digest), and is never true for keys of more than [`MAX_RECOVERY_BITS`] bits.
    pub(crate) fn verify_pkcs1(&self, digest: &[u8], signature: &[u8]) -> bool {
        let Shape::Rsa(key) = &self.shape else { return false };
        let Some(numbers) = der::rsa_public_key(&key.pkcs1) else { return false };
        // EMSA-PKCS1-v1_5 (§9.2): the DigestInfo of each function differs in two lengths and in the last arc of its name.
        let (length, arc) = match digest.len() {
            length @ 32 => (length as u8, 1),
            length @ 48 => (length as u8, 2),
            length @ 64 => (length as u8, 3),
            _ => return false,
        };
        let name = [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc, 0x05, 0x00];
        let info = [&[0x30, 17 + length][..], &name, &[0x04, length], digest].concat();
        let Some(padding @ 8..) = numbers.modulus.len().checked_sub(3 + info.len()) else { return false };
        let expected = [&[0, 1][..], &vec![0xff; padding], &[0], &info].concat();
        key.ready.is_some()
            && self.bits <= MAX_RECOVERY_BITS
            && signature.len() == numbers.modulus.len()
            && power(signature, numbers.exponent, numbers.modulus).is_some_and(|encoded| encoded == expected)
    }
}

/// What an RSA signature is found to be of, when the key's public operation is applied to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// It is this key's signature of something with this SHA-256 digest.
    Digest(Digest),
    /// It is this key's signature, and not of a SHA-256 digest.
    OtherHash,
    /// It is no signature by this key: the padding of PKCS#1 v1.5 is not there.
    NotOfThisKey,
}

impl PublicKey {
    /// Looks into an RSA signature that does not verify: whether this key made it, and of what. `None` for Ed25519, whose
    /// signatures do not tell, and for RSA keys with which nothing verifies or which have more than
    /// [`MAX_RECOVERY_BITS`] bits. It takes several times as long as [`verify_digest`](Self::verify_digest).
    pub fn recover(&self, signature: &[u8]) -> Option<Recovered> {
        let Shape::Rsa(key) = &self.shape else { return None };
        if key.ready.is_none() || self.bits > MAX_RECOVERY_BITS {
            return None;
        }
        let numbers = der::rsa_public_key(&key.pkcs1)?;
        if signature.len() != numbers.modulus.len() {
            return Some(Recovered::NotOfThisKey);
        }
        Some(match power(signature, numbers.exponent, numbers.modulus) {
            Some(encoded) => recovered(&encoded),
            None => Recovered::NotOfThisKey,
        })
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2) read backwards.
fn recovered(encoded: &[u8]) -> Recovered {
    /// The DigestInfo of a SHA-256 digest up to the digest (RFC 8017 §9.2, note 1).
    const SHA256: &[u8] = &[
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
        0x20,
    ];
    let Some(padded) = encoded.strip_prefix(&[0, 1]) else { return Recovered::NotOfThisKey };
    let padding = padded.iter().take_while(|octet| **octet == 0xff).count();
    match padded.get(padding..) {
        // Eight octets at least; with another key they come up by chance once in 2^88 times.
        Some([0, info @ ..]) if padding >= 8 => match info.strip_prefix(SHA256).map(Digest::try_from) {
            Some(Ok(digest)) => Recovered::Digest(digest),
            _ => Recovered::OtherHash,
        },
        _ => Recovered::NotOfThisKey,
    }
}

fn why_not_rsa(octets: &[u8]) -> KeyError {
    match der::is_cut(octets) {
        _ if octets.len() == ED25519_LENGTH || der::ed25519_in_info(octets).is_some() => KeyError::Ed25519NotRsa,
        Some(announced) => KeyError::Cut { present: octets.len(), announced },
        None => KeyError::Rsa,
    }
}

fn why_not_ed25519(octets: &[u8]) -> KeyError {
    match der::ed25519_in_info(octets) {
        Some(key) => KeyError::Ed25519Info(key),
        None if octets.len() <= MAX_PUBLIC_KEY_LENGTH && der::rsa_public_key(octets).is_some() => {
            KeyError::RsaNotEd25519
        }
        None => KeyError::Ed25519,
    }
}

/// Octets of an Ed25519 public key (RFC 8032 §5.1.5).
const ED25519_LENGTH: usize = 32;

/// A private key. Its memory is cleared when it is dropped.
pub struct SigningKey {
    secret: Secret,
    /// The value of `p=` before base64.
    published: Vec<u8>,
    bits: u32,
}

enum Secret {
    Rsa(backend::RsaSigningKey),
    Ed25519(backend::Ed25519SigningKey),
}

impl SigningKey {
    /// Reads a key in PEM: PKCS#8 (`PRIVATE KEY`), or PKCS#1 for RSA (`RSA PRIVATE KEY`).
    ///
    /// # Errors
    /// [`SigningKeyError`] says what is wrong with it.
    pub fn from_pem(text: &str) -> Result<Self, SigningKeyError> {
        let (label, der) = pem::private_key(text)?;
        match label {
            "PRIVATE KEY" => Self::from_pkcs8_der(&der),
            "RSA PRIVATE KEY" => Self::from_pkcs1_der(&der),
            _ => Err(SigningKeyError::Algorithm),
        }
    }

    /// Reads a PKCS#8 PrivateKeyInfo in DER (RFC 5208 §5, RFC 8410 §7), not encrypted.
    ///
    /// # Errors
    /// [`SigningKeyError`] says what is wrong with it.
    pub fn from_pkcs8_der(octets: &[u8]) -> Result<Self, SigningKeyError> {
        match der::pkcs8_private_key(octets).ok_or(SigningKeyError::Malformed)? {
            PrivateKey::Rsa(key) => Self::from_pkcs1_der(key),
            PrivateKey::Ed25519(seed) => {
                let key = backend::Ed25519SigningKey::from_seed(seed).ok_or(SigningKeyError::Malformed)?;
                Ok(Self { published: key.public_key(), secret: Secret::Ed25519(key), bits: 256 })
            }
            PrivateKey::Other => Err(SigningKeyError::Algorithm),
        }
    }

    fn from_pkcs1_der(octets: &[u8]) -> Result<Self, SigningKeyError> {
        let numbers = der::pkcs1_private_key(octets).ok_or(SigningKeyError::Malformed)?;
        let bits = numbers.bits();
        if !(MIN_SIGNING_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
            return Err(SigningKeyError::Size(bits));
        }
        let key = backend::RsaSigningKey::from_pkcs1(octets).ok_or(SigningKeyError::Malformed)?;
        Ok(Self { secret: Secret::Rsa(key), published: numbers.to_spki(), bits })
    }

    /// The kind of the key.
    pub fn key_type(&self) -> KeyType {
        match self.secret {
            Secret::Rsa(_) => KeyType::Rsa,
            Secret::Ed25519(_) => KeyType::Ed25519,
        }
    }

    /// The length of the RSA modulus in bits; 256 for Ed25519.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// The public key as `p=` of the key record has it: base64 of the SubjectPublicKeyInfo for RSA (RFC 6376 §3.6.1),
    /// of the 32 octets for Ed25519 (RFC 8463 §4).
    pub fn public_key(&self) -> String {
        STANDARD.encode(&self.published)
    }

    /// The public key, to be compared with one that is published; `None` where it is no key that verifiers would read.
    pub fn verifying_key(&self) -> Option<PublicKey> {
        match self.secret {
            Secret::Rsa(_) => PublicKey::rsa(&self.published).ok(),
            Secret::Ed25519(_) => PublicKey::ed25519(&self.published).ok(),
        }
    }

    /// The text of the key record to publish at `<selector>._domainkey.<domain>`.
    pub fn key_record(&self) -> String {
        format!("v=DKIM1; k={}; p={}", self.key_type(), self.public_key())
    }

    /// Signs what has this SHA-256 digest; `None` when the back end fails, which a key that was read does not cause.
    pub fn sign_digest(&self, digest: &Digest) -> Option<Vec<u8>> {
        match &self.secret {
            Secret::Rsa(key) => key.sign(digest),
            Secret::Ed25519(key) => key.sign(digest),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {} bits)", self.key_type(), self.bits)
    }
}
