//! Cryptography whose random numbers a seed determines, so that a handshake is the same octets each time.
//!
//! The key exchange is a group of the tests' own, which is no secret to anybody who listens: both shares make the key. All else
//! is AWS-LC's. Certificates are of Ed25519, whose signatures have nothing random in them.
#![allow(dead_code, unreachable_pub)]

use std::cell::Cell;
use std::sync::{Arc, LazyLock};

use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, SecureRandom, SharedSecret, SupportedKxGroup, aws_lc_rs,
};
use rustls::{Error, NamedGroup, PeerMisbehaved};

/// A number for private use (RFC 8446 §4.2.7).
const GROUP: NamedGroup = NamedGroup::Unknown(0xFEED);
/// Octets of a share.
const SHARE: usize = 32;

/// AWS-LC with the random numbers of [`seed`].
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        Arc::new(CryptoProvider { kx_groups: vec![&Group], secure_random: &Seeded, ..aws_lc_rs::default_provider() })
    });
    PROVIDER.clone()
}

/// What the random numbers of this thread begin with.
pub fn seed(seed: u64) {
    STATE.set(seed);
}

thread_local! {
    static STATE: Cell<u64> = const { Cell::new(0) };
}

/// SplitMix64.
fn next() -> u64 {
    let state = STATE.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
    STATE.set(state);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[derive(Debug)]
struct Seeded;

impl SecureRandom for Seeded {
    fn fill(&self, octets: &mut [u8]) -> Result<(), GetRandomFailed> {
        for octet in octets {
            *octet = next() as u8;
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Group;

impl SupportedKxGroup for Group {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        Ok(Box::new(Exchange(std::array::from_fn(|_| next() as u8))))
    }

    fn ffdhe_group(&self) -> Option<rustls::ffdhe_groups::FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        GROUP
    }
}

struct Exchange([u8; SHARE]);

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        if peer.len() != SHARE {
            return Err(PeerMisbehaved::InvalidKeyShare.into());
        }
        let both: Vec<u8> = self.0.iter().zip(peer).map(|(own, other)| own ^ other).collect();
        Ok(SharedSecret::from(&both[..]))
    }

    fn pub_key(&self) -> &[u8] {
        &self.0
    }

    fn group(&self) -> NamedGroup {
        GROUP
    }
}

/// A key of Ed25519 with this secret (RFC 8032 §5.1.5), as PKCS#8 has it (RFC 8410 §7).
pub fn ed25519(secret: [u8; 32]) -> Vec<u8> {
    const BEFORE: [u8; 16] =
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    [&BEFORE[..], &secret].concat()
}
