//! The back end on AWS-LC.

use std::num::NonZeroU32;

use aws_lc_rs::digest::{Algorithm, Context, Digest as AwsDigest, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use aws_lc_rs::{constant_time, digest as aws_digest, hmac as aws_hmac, pbkdf2 as aws_pbkdf2};

use super::{Digest, Hash};

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
        array(self.0.finish())
    }
}

pub(super) fn sha384(octets: &[u8]) -> [u8; 48] {
    whole(&SHA384, octets)
}

pub(super) fn sha512(octets: &[u8]) -> [u8; 64] {
    whole(&SHA512, octets)
}

fn whole<const LENGTH: usize>(algorithm: &'static Algorithm, octets: &[u8]) -> [u8; LENGTH] {
    array(aws_digest::digest(algorithm, octets))
}

/// The digest's octets; `LENGTH` is the algorithm's.
fn array<const LENGTH: usize>(digest: AwsDigest) -> [u8; LENGTH] {
    let mut octets = [0; LENGTH];
    for (to, from) in octets.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    octets
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

pub(super) fn digest(hash: Hash, octets: &[u8]) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &SHA256,
    };
    aws_digest::digest(algorithm, octets).as_ref().to_vec()
}

pub(super) fn hmac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha1 => aws_hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => aws_hmac::HMAC_SHA256,
    };
    let mut context = aws_hmac::Context::with_key(&aws_hmac::Key::new(algorithm, key));
    for part in parts {
        context.update(part);
    }
    context.sign().as_ref().to_vec()
}

pub(super) fn pbkdf2(hash: Hash, password: &[u8], salt: &[u8], iterations: NonZeroU32, out: &mut [u8]) {
    let algorithm = match hash {
        Hash::Sha1 => aws_pbkdf2::PBKDF2_HMAC_SHA1,
        Hash::Sha256 => aws_pbkdf2::PBKDF2_HMAC_SHA256,
    };
    aws_pbkdf2::derive(algorithm, iterations, salt, password, out);
}

pub(super) fn equal(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}
