//! The cryptography that DKIM and SASL need, over one of two back ends.
//!
//! Nothing outside this module names a cryptographic crate. What differs between the back ends is kept below them:
//! keys are taken apart here, by one reader, so that both accept exactly the same keys and reach the same verdicts.
//!
//! | feature | back end | for |
//! |---|---|---|
//! | `aws-lc-rs` (default) | AWS-LC | servers |
//! | `rust-crypto` | pure Rust | WebAssembly, hosts without a C compiler |
//!
//! Where both are on, `aws-lc-rs` is used, except under a fuzzer (`cfg(fuzzing)`), which sees into Rust alone. SHA-1 is
//! here for SCRAM-SHA-1 alone ([`enum@Hash`]): RFC 8301 §3.1 forbids to sign or verify with it.

#[cfg(all(feature = "aws-lc-rs", not(all(fuzzing, feature = "rust-crypto"))))]
#[path = "aws.rs"]
mod backend;
#[cfg(all(feature = "rust-crypto", any(fuzzing, not(feature = "aws-lc-rs"))))]
#[path = "rust.rs"]
mod backend;

#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
compile_error!(
    "passerelle needs a cryptographic back end: enable the feature `aws-lc-rs` (the default) or, with default \
     features off, `rust-crypto`"
);

pub(crate) mod der;
mod error;
mod key;
mod mac;
mod pem;
mod power;

pub use error::{KeyError, SigningKeyError};
pub use key::{KeyType, PublicKey, Recovered, SigningKey};
pub use mac::{Hash, equal};

/// A SHA-256 digest (FIPS 180-4).
pub type Digest = [u8; 32];

/// An incremental SHA-256. Cloning one keeps a state to come back to.
#[derive(Clone)]
pub struct Sha256(backend::Sha256);

impl Sha256 {
    /// The state before the first octet.
    pub fn new() -> Self {
        Self(backend::Sha256::new())
    }

    /// Takes the next octets.
    pub fn update(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// The digest of all that was taken.
    pub fn finish(self) -> Digest {
        self.0.finish()
    }

    /// The digest of `octets`.
    pub fn digest(octets: &[u8]) -> Digest {
        let mut state = Self::new();
        state.update(octets);
        state.finish()
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

/// The SHA-384 digest of `octets` (FIPS 180-4).
pub fn sha384(octets: &[u8]) -> [u8; 48] {
    backend::sha384(octets)
}

/// The SHA-512 digest of `octets` (FIPS 180-4).
pub fn sha512(octets: &[u8]) -> [u8; 64] {
    backend::sha512(octets)
}

impl std::fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sha256")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_of_abc() {
        // FIPS 180-4's example, in hexadecimal in NIST's "SHA256.pdf".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let mut state = Sha256::new();
        state.update(b"a");
        let kept = state.clone();
        state.update(b"not this");
        let mut state = kept;
        state.update(b"bc");
        assert_eq!(hex(&state.finish()), expected);
    }

    #[test]
    fn sha384_and_sha512_of_abc() {
        // NIST's "SHA384.pdf" and "SHA512.pdf".
        let expected =
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7";
        assert_eq!(hex(&sha384(b"abc")), expected);
        let expected = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
            2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        assert_eq!(hex(&sha512(b"abc")), expected);
    }

    fn hex(digest: &[u8]) -> String {
        digest.iter().map(|b| format!("{b:02x}")).collect()
    }
}
