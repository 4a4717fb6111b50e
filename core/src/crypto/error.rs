//! What is wrong with a key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::limits::{MAX_RSA_BITS, MIN_SIGNING_RSA_BITS};

/// Why octets are no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Neither a SubjectPublicKeyInfo nor an RSAPublicKey, or one that no RSA key can be.
    #[error("the public key is not an RSA key in DER")]
    Rsa,
    /// The DER says that it is longer than it is.
    #[error("the public key is cut short: {present} of its {announced} octets are there")]
    Cut {
        /// Octets that there are.
        present: usize,
        /// Octets that there should be.
        announced: usize,
    },
    /// An Ed25519 key where an RSA key is wanted.
    #[error("the public key is an Ed25519 key, not an RSA key")]
    Ed25519NotRsa,
    /// Not 32 octets.
    #[error("the public key is not an Ed25519 key of 32 octets")]
    Ed25519,
    /// An RSA key where an Ed25519 key is wanted.
    #[error("the public key is an RSA key, not an Ed25519 key")]
    RsaNotEd25519,
    /// A SubjectPublicKeyInfo around an Ed25519 key, of which RFC 8463 §4 wants the 32 octets alone. These are they.
    #[error(
        "the Ed25519 key is published as SubjectPublicKeyInfo, with {overhead} octets in front that do not belong \
         there; publish its raw 32 octets in base64: p={raw}",
        overhead = ED25519_INFO_OVERHEAD,
        raw = STANDARD.encode(.0)
    )]
    Ed25519Info([u8; 32]),
}

/// What a SubjectPublicKeyInfo puts in front of an Ed25519 key (RFC 8410 §4).
const ED25519_INFO_OVERHEAD: usize = 12;

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
