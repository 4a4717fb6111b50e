//! What SASL needs: HMAC (RFC 2104), PBKDF2 (RFC 8018 §5.2), and comparing without telling where.

use std::num::NonZeroU32;

use zeroize::Zeroizing;

use super::backend;

/// A hash function for HMAC and PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hash {
    /// SHA-1: for SCRAM-SHA-1 alone, whose HMAC does not rest on the resistance to collisions that SHA-1 lost.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Hash {
    /// Octets of a digest: 20 or 32.
    pub fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The digest of `octets`, cleared from memory when it is dropped.
    pub fn digest(self, octets: &[u8]) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(backend::digest(self, octets))
    }

    /// The HMAC of the `parts`, one behind the other, cleared from memory when it is dropped.
    pub fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(backend::hmac(self, key, parts))
    }

    /// PBKDF2 with this hash's HMAC: as many octets as a digest has.
    pub fn pbkdf2(self, password: &[u8], salt: &[u8], iterations: NonZeroU32) -> Zeroizing<Vec<u8>> {
        let mut derived = Zeroizing::new(vec![0; self.length()]);
        backend::pbkdf2(self, password, salt, iterations, &mut derived);
        derived
    }
}

/// Whether both are the same. The time that it takes depends on their lengths alone.
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    backend::equal(one, other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    #[test]
    fn digests_of_abc() {
        // FIPS 180-4's examples.
        assert_eq!(hex(&Hash::Sha1.digest(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&Hash::Sha256.digest(b"abc")), sha256);
    }

    #[test]
    fn hmac_of_the_rfcs() {
        // RFC 2202 §3 and RFC 4231 §4.3, test case 2 of each.
        let parts: [&[u8]; 3] = [b"what do ya want ", b"", b"for nothing?"];
        assert_eq!(hex(&Hash::Sha1.hmac(b"Jefe", &parts)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        let sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&Hash::Sha256.hmac(b"Jefe", &parts)), sha256);
        // RFC 2202 §3, test case 6: a key longer than a block.
        let long = Hash::Sha1.hmac(&[0xaa; 80], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]);
        assert_eq!(hex(&long), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    }

    #[test]
    fn pbkdf2_of_the_rfcs() {
        // RFC 6070 §2, the case of 4096 iterations; RFC 7914 §11, the first 32 octets of its first vector.
        let iterations = NonZeroU32::new(4096).expect("not zero");
        let sha1 = Hash::Sha1.pbkdf2(b"password", b"salt", iterations);
        assert_eq!(hex(&sha1), "4b007901b765489abead49d926f721d065a429c1");
        let sha256 = Hash::Sha256.pbkdf2(b"passwd", b"salt", NonZeroU32::MIN);
        assert_eq!(hex(&sha256), "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    }

    #[test]
    fn equality() {
        assert!(equal(b"", b"") && equal(b"same", b"same"));
        assert!(!equal(b"same", b"sama") && !equal(b"same", b"sam") && !equal(b"", b"s"));
    }
}
