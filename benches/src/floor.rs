//! The cryptography that no verifier and no signer can do without: one SHA-256 over the message and one RSA-2048
//! operation, by AWS-LC.

use aws_lc_rs::digest::{Digest, SHA256, digest};
use aws_lc_rs::signature::{
    KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};

use crate::mail;

/// A private key, ready for use; a public key as its octets, for keys come from the DNS; and a signature to verify.
pub struct Floor {
    key: RsaKeyPair,
    public: UnparsedPublicKey<Vec<u8>>,
    prepared: ParsedPublicKey,
    signature: Vec<u8>,
}

impl Floor {
    /// For messages like `message`.
    pub fn new(message: &[u8]) -> Self {
        let key = RsaKeyPair::from_der(&mail::key_pkcs1()).expect("the test key is a key");
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref().to_vec());
        let prepared = public.parse().expect("the key is one");
        let mut floor = Self { key, public, prepared, signature: Vec::new() };
        floor.signature = floor.sign(message);
        floor
    }

    /// Hashes `message` and verifies its signature.
    pub fn verify(&self, message: &[u8]) -> bool {
        self.public.verify_digest(&hash(message), &self.signature).is_ok()
    }

    /// The same with a key that AWS-LC has prepared before, as Passerelle keeps them with the answer from the DNS.
    pub fn verify_prepared(&self, message: &[u8]) -> bool {
        self.prepared.verify_digest_sig(&hash(message), &self.signature).is_ok()
    }

    /// Hashes `message` and signs the digest.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        let signed = self.key.sign_digest(&RSA_PKCS1_SHA256, &hash(message), &mut signature);
        signed.expect("the key works");
        signature
    }
}

/// SHA-256.
pub fn hash(octets: &[u8]) -> Digest {
    digest(&SHA256, octets)
}
