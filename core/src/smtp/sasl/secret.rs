//! What must not be seen: passwords, tokens, keys.

use std::fmt;

use zeroize::Zeroizing;

use crate::crypto::{self, Hash};

/// A password or a token. It is cleared from memory when it is dropped, does not show in `Debug`, and two are compared
/// without telling where they differ.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        crypto::equal(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// An application password without the spaces in which the large providers show it: `abcd efgh ijkl mnop` is
/// `abcdefghijklmnop`.
pub fn application_password(typed: &str) -> Secret {
    // As long as the whole from the start: growing would leave copies behind.
    let mut text = String::with_capacity(typed.len());
    text.extend(typed.chars().filter(|c| !c.is_whitespace()));
    Secret::new(text)
}

/// A secret of 32 octets that the host draws at random.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl SecretKey {
    /// Takes the octets over.
    pub fn new(octets: [u8; 32]) -> Self {
        Self(Zeroizing::new(octets))
    }

    pub(super) fn octets(&self) -> &[u8] {
        &*self.0
    }

    /// Octets for one purpose, and one use of it, that tell nothing of others.
    #[cfg(feature = "tls")]
    pub(crate) fn derive(&self, purpose: &str, number: u64) -> [u8; 32] {
        let octets = Hash::Sha256.hmac(self.octets(), &[purpose.as_bytes(), &number.to_be_bytes()]);
        octets.first_chunk().copied().unwrap_or_default() // SHA-256 has 32 of them
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        crypto::equal(self.octets(), other.octets())
    }
}

impl Eq for SecretKey {}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

/// Where the nonces of one connection come from: the engine draws no random numbers, so the host hands in 32 random octets,
/// others for every connection. Not `Clone`: no nonce is used twice.
#[derive(Debug)]
pub struct Entropy {
    key: SecretKey,
    used: u64,
}

impl Entropy {
    /// From 32 octets of a cryptographic random number generator.
    pub fn new(octets: [u8; 32]) -> Self {
        Self { key: SecretKey::new(octets), used: 0 }
    }

    /// The next nonce: 144 bits as 24 characters of base64, none of which is a comma (RFC 5802 §5.1).
    pub(super) fn nonce(&mut self) -> String {
        self.used += 1;
        let octets = Hash::Sha256.hmac(self.key.octets(), &[b"SCRAM nonce", &self.used.to_be_bytes()]);
        super::wire::encode(octets.get(..18).unwrap_or_default())
    }
}
