//! The back end on AWS-LC.

use aws_lc_rs::digest::{Context, Digest as AwsDigest, SHA256};
use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};

use super::Digest;

#[derive(Clone)]
pub(super) struct Sha256(Context);

impl Sha256 {
    pub(super) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub(super) fn update(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    pub(super) fn finish(self) -> Digest {
        let mut digest = Digest::default();
        for (to, from) in digest.iter_mut().zip(self.0.finish().as_ref()) {
            *to = *from;
        }
        digest
    }
}

/// An RSA key ready for use. At the first use AWS-LC prepares its arithmetic, which takes longer than a verification.
#[derive(Clone)]
pub(super) struct RsaVerifyingKey(ParsedPublicKey);

impl RsaVerifyingKey {
    /// `der` is a PKCS#1 RSAPublicKey of 1024 to 8192 bits.
    pub(super) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        // "Legacy" are the keys under 2048 bits, which RFC 8301 §3.2 tells verifiers to accept down to 1024.
        ParsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, der).ok().map(Self)
    }

    pub(super) fn verify(&self, digest: &Digest, signature: &[u8]) -> bool {
        AwsDigest::import_less_safe(digest, &SHA256)
            .is_ok_and(|digest| self.0.verify_digest_sig(&digest, signature).is_ok())
    }
}

pub(super) fn verify_ed25519(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
}

/// AWS-LC clears the memory of private keys when it frees it, and blinds RSA itself.
pub(super) struct RsaSigningKey(RsaKeyPair);

impl RsaSigningKey {
    /// `der` is a PKCS#1 RSAPrivateKey.
    pub(super) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        RsaKeyPair::from_der(der).ok().map(Self)
    }

    pub(super) fn sign(&self, digest: &Digest) -> Option<Vec<u8>> {
        let digest = AwsDigest::import_less_safe(digest, &SHA256).ok()?;
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign_digest(&RSA_PKCS1_SHA256, &digest, &mut signature).ok()?;
        Some(signature)
    }
}

pub(super) struct Ed25519SigningKey(Ed25519KeyPair);

impl Ed25519SigningKey {
    pub(super) fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Self)
    }

    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.0.try_sign(message).ok().map(|signature| signature.as_ref().to_vec())
    }

    pub(super) fn public_key(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }
}
