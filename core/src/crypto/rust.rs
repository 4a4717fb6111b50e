//! The back end in Rust alone.

use std::num::NonZeroU32;

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use hmac::{Hmac, Mac};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, RsaPublicKey as Pkcs1PublicKey};
use rsa::{BigUint, Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use sha2::Digest as _;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Digest, Hash};
use crate::limits::MAX_RSA_BITS;

#[derive(Clone)]
pub(super) struct Sha256(sha2::Sha256);

impl Sha256 {
    pub(super) fn new() -> Self {
        Self(sha2::Sha256::new())
    }

    pub(super) fn update(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    pub(super) fn finish(self) -> Digest {
        self.0.finalize().into()
    }
}

pub(super) fn sha384(octets: &[u8]) -> [u8; 48] {
    sha2::Sha384::digest(octets).into()
}

pub(super) fn sha512(octets: &[u8]) -> [u8; 64] {
    sha2::Sha512::digest(octets).into()
}

/// An RSA key ready for use.
#[derive(Clone)]
pub(super) struct RsaVerifyingKey(RsaPublicKey);

impl RsaVerifyingKey {
    /// `der` is a PKCS#1 RSAPublicKey of 1024 to 8192 bits.
    pub(super) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        rsa_public_key(der).map(Self)
    }

    pub(super) fn verify(&self, digest: &Digest, signature: &[u8]) -> bool {
        self.0.verify(Pkcs1v15Sign::new::<sha2::Sha256>(), digest, signature).is_ok()
    }
}

fn rsa_public_key(der: &[u8]) -> Option<RsaPublicKey> {
    if let Ok(key) = RsaPublicKey::from_pkcs1_der(der) {
        return Some(key);
    }
    // The crate's own reader stops at 4096 bits.
    let key = Pkcs1PublicKey::try_from(der).ok()?;
    let number = |n: rsa::pkcs1::UintRef<'_>| BigUint::from_bytes_be(n.as_bytes());
    RsaPublicKey::new_with_max_size(number(key.modulus), number(key.public_exponent), MAX_RSA_BITS as usize).ok()
}

pub(super) fn verify_ed25519(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (VerifyingKey::from_bytes(key), Signature::from_slice(signature)) else {
        return false;
    };
    key.verify(message, &signature).is_ok()
}

/// The key clears its memory when it is dropped.
pub(super) struct RsaSigningKey {
    key: RsaPrivateKey,
    /// SHA-256 of the private key's DER.
    seed: Zeroizing<Digest>,
}

impl RsaSigningKey {
    /// `der` is a PKCS#1 RSAPrivateKey.
    pub(super) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        let key = RsaPrivateKey::from_pkcs1_der(der).ok()?;
        let seed = Zeroizing::new(sha2::Sha256::digest(der).into());
        Some(Self { key, seed })
    }

    /// Signs with blinding. Without it, the time that the exponentiation takes tells about the key (RUSTSEC-2023-0071).
    ///
    /// The blinding factor must be unknown to whoever measures, and should differ between digests. The engine has no
    /// randomness, but it has a secret: the factor is drawn from a generator seeded with a hash of the private key
    /// and the digest, as RFC 6979 draws its nonces. A PKCS#1 v1.5 signature is the same whatever the factor was, so
    /// signing stays deterministic.
    pub(super) fn sign(&self, digest: &Digest) -> Option<Vec<u8>> {
        let mut seed = sha2::Sha256::new();
        seed.update(*self.seed);
        seed.update(digest);
        let seed: Zeroizing<Digest> = Zeroizing::new(seed.finalize().into());
        let mut rng = ChaCha20Rng::from_seed(*seed);
        self.key.sign_with_rng(&mut rng, Pkcs1v15Sign::new::<sha2::Sha256>(), digest).ok()
    }
}

/// The key clears its memory when it is dropped.
pub(super) struct Ed25519SigningKey(SigningKey);

impl Ed25519SigningKey {
    pub(super) fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        Some(Self(SigningKey::from_bytes(seed)))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        Some(self.0.sign(message).to_bytes().to_vec())
    }

    pub(super) fn public_key(&self) -> Vec<u8> {
        self.0.verifying_key().to_bytes().to_vec()
    }
}

pub(super) fn digest(hash: Hash, octets: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha1 => sha1::Sha1::digest(octets).to_vec(),
        Hash::Sha256 => sha2::Sha256::digest(octets).to_vec(),
    }
}

pub(super) fn hmac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    fn of<M: Mac + hmac::digest::KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        // An HMAC takes a key of any length; the type is of MACs in general.
        let Ok(mut mac) = <M as Mac>::new_from_slice(key) else { return Vec::new() };
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    }
    match hash {
        Hash::Sha1 => of::<Hmac<sha1::Sha1>>(key, parts),
        Hash::Sha256 => of::<Hmac<sha2::Sha256>>(key, parts),
    }
}

pub(super) fn pbkdf2(hash: Hash, password: &[u8], salt: &[u8], iterations: NonZeroU32, out: &mut [u8]) {
    match hash {
        Hash::Sha1 => pbkdf2::pbkdf2_hmac::<sha1::Sha1>(password, salt, iterations.get(), out),
        Hash::Sha256 => pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password, salt, iterations.get(), out),
    }
}

pub(super) fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
