//! Keys of the two kinds that DKIM knows: RSA (RFC 6376 §3.3.3) and Ed25519 (RFC 8463).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::der::{self, PrivateKey};
use super::{Digest, backend, pem};
use crate::limits::{MAX_PUBLIC_KEY_LENGTH, MAX_RSA_BITS, MIN_RSA_BITS, MIN_SIGNING_RSA_BITS};

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

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why octets are no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Neither a SubjectPublicKeyInfo nor an RSAPublicKey, or one that no RSA key can be.
    #[error("the public key is not an RSA key in DER")]
    Rsa,
    /// Neither 32 octets nor a SubjectPublicKeyInfo with 32 octets inside.
    #[error("the public key is not an Ed25519 key of 32 octets")]
    Ed25519,
}

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
    /// [`KeyError::Rsa`] when the octets are neither.
    pub fn rsa(octets: &[u8]) -> Result<Self, KeyError> {
        if octets.len() > MAX_PUBLIC_KEY_LENGTH {
            return Err(KeyError::Rsa);
        }
        let numbers = der::rsa_public_key(octets).filter(der::RsaNumbers::are_sane).ok_or(KeyError::Rsa)?;
        let (pkcs1, bits) = (numbers.to_pkcs1(), numbers.bits());
        let usable = (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits);
        let ready = if usable { backend::RsaVerifyingKey::from_pkcs1(&pkcs1) } else { None };
        Ok(Self { shape: Shape::Rsa(RsaKey { pkcs1, ready }), bits })
    }

    /// Reads an Ed25519 key: its 32 octets (RFC 8463 §4), or a DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`KeyError::Ed25519`] when the octets are neither.
    pub fn ed25519(octets: &[u8]) -> Result<Self, KeyError> {
        let key = der::ed25519_public_key(octets).ok_or(KeyError::Ed25519)?;
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

/// Why a private key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SigningKeyError {
    /// No PEM block with a private key, or one without an end.
    #[error("there is no whole PEM block with a private key")]
    NoPem,
    /// More text than a key can need.
    #[error("the key file is too long")]
    TooLong,
    /// The key is protected by a pass phrase.
    #[error("the private key is encrypted: decrypt it first, for example with `openssl pkey`")]
    Encrypted,
    /// The block's content is not base64.
    #[error("the PEM block is not valid base64")]
    Base64,
    /// The block's content is no key.
    #[error("the private key is malformed")]
    Malformed,
    /// Neither RSA nor Ed25519.
    #[error("the private key is neither RSA nor Ed25519, which are all that DKIM knows")]
    Algorithm,
    /// An RSA key of a size that we do not sign with.
    #[error("the RSA key has {0} bits; signing takes {MIN_SIGNING_RSA_BITS} to {MAX_RSA_BITS} (RFC 8301 §3.2)")]
    Size(u32),
}

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
