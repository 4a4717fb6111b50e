//! Public keys made by hand: DER with whatever numbers a test wants.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::world::{RSA, key};

/// `openssl pkey -in ../keys/p256.pem -pubout -outform DER`
pub(crate) const P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE90oR8tssaDHTjbq7bu8sadLjLF054z4jt95Oxn+kDUJS9GZbxUx4IibIMZdby0E\
    RkWT0zbSXZbeRGihNhFVEnw==";

pub(crate) fn encoded(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

pub(crate) fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

/// The modulus of the RSA key of these tests: the 256 octets before the exponent at the end of what is published.
pub(crate) fn modulus() -> Vec<u8> {
    let published = decoded(&key(RSA).public_key());
    let exponent = [0x02, 0x03, 1, 0, 1];
    published.strip_suffix(&exponent).unwrap().last_chunk::<256>().unwrap().to_vec()
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let length = match length {
        0..=0x7f => vec![length as u8],
        0x80..=0xff => vec![0x81, length as u8],
        _ => vec![0x82, (length >> 8) as u8, length as u8],
    };
    [&[tag], &length[..], content].concat()
}

fn integer(number: &[u8]) -> Vec<u8> {
    match number.first() {
        Some(first) if first & 0x80 != 0 => element(0x02, &[&[0], number].concat()),
        _ => element(0x02, number),
    }
}

/// An RSAPublicKey (RFC 8017 §A.1.1) of two numbers, big-endian.
pub(crate) fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    element(0x30, &[integer(modulus), integer(exponent)].concat())
}

/// One with a modulus of so many bits that is no product of primes anybody knows.
pub(crate) fn der_of_rsa(bits: usize) -> Vec<u8> {
    rsa_public_key(&vec![0xff; bits / 8], &[1, 0, 1])
}
