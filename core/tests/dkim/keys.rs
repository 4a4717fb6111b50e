//! Keys in all their shapes, and signatures over digests.

use passerelle::crypto::{KeyError, KeyType, PublicKey, Recovered, Sha256, SigningKey, SigningKeyError};

use crate::common::{ED25519, RSA};

const PKCS1: &str = include_str!("../keys/rsa2048-pkcs1.pem");
const SMALL: &str = include_str!("../keys/rsa1024.pem");

/// What is between a PEM text's first and last line.
fn base64_of(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

fn decode(base64: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}

#[test]
fn the_published_key_is_what_openssl_says() {
    let rsa = SigningKey::from_pem(RSA).unwrap();
    assert_eq!(rsa.public_key(), base64_of(include_str!("../keys/rsa2048.pub.pem")));
    assert_eq!((rsa.key_type(), rsa.bits()), (KeyType::Rsa, 2048));
    let ed25519 = SigningKey::from_pem(ED25519).unwrap();
    let spki = decode(&base64_of(include_str!("../keys/ed25519.pub.pem")));
    assert_eq!(decode(&ed25519.public_key()), spki[spki.len() - 32..]);
    assert_eq!((ed25519.key_type(), ed25519.bits()), (KeyType::Ed25519, 256));
}

#[test]
fn pkcs1_and_pkcs8_are_the_same_key() {
    let (one, other) = (SigningKey::from_pem(PKCS1).unwrap(), SigningKey::from_pem(RSA).unwrap());
    assert_eq!(one.public_key(), other.public_key());
    let digest = Sha256::digest(b"x");
    assert_eq!(one.sign_digest(&digest), other.sign_digest(&digest));
}

#[test]
fn signatures_verify_and_nothing_else_does() {
    for pem in [RSA, ED25519] {
        let key = SigningKey::from_pem(pem).unwrap();
        let octets = decode(&key.public_key());
        let public = match key.key_type() {
            KeyType::Rsa => PublicKey::rsa(&octets).unwrap(),
            KeyType::Ed25519 => PublicKey::ed25519(&octets).unwrap(),
        };
        assert_eq!((public.bits(), public.key_type()), (key.bits(), key.key_type()));
        let digest = Sha256::digest(b"a message");
        let mut signature = key.sign_digest(&digest).unwrap();
        assert!(public.verify_digest(&digest, &signature));
        assert!(!public.verify_digest(&Sha256::digest(b"another"), &signature));
        assert!(!public.verify_digest(&digest, &signature[1..]));
        assert!(!public.verify_digest(&digest, &[]));
        signature[7] ^= 1;
        assert!(!public.verify_digest(&digest, &signature));
    }
}

/// RFC 8463 §4 wants the 32 octets alone, and other verifiers refuse anything else.
#[test]
fn an_ed25519_key_in_a_subject_public_key_info_is_refused_with_what_to_publish() {
    let spki = decode(&base64_of(include_str!("../keys/ed25519.pub.pem")));
    let raw: [u8; 32] = spki[spki.len() - 32..].try_into().unwrap();
    let error = PublicKey::ed25519(&spki).unwrap_err();
    assert_eq!(error, KeyError::Ed25519Info(raw));
    let publish = format!("p={}", SigningKey::from_pem(ED25519).unwrap().public_key());
    assert!(error.to_string().ends_with(&publish), "{error}");
    assert_eq!(PublicKey::ed25519(&raw).map(|key| key.bits()), Ok(256));
    assert_eq!(PublicKey::ed25519(&spki[1..]), Err(KeyError::Ed25519));
    assert_eq!(PublicKey::rsa(&spki), Err(KeyError::Ed25519NotRsa));
    assert_eq!(PublicKey::rsa(&raw), Err(KeyError::Ed25519NotRsa));
}

#[test]
fn an_rsa_key_for_ed25519_and_one_cut_short_are_told() {
    let rsa = decode(&SigningKey::from_pem(RSA).unwrap().public_key());
    assert_eq!(PublicKey::ed25519(&rsa), Err(KeyError::RsaNotEd25519));
    for present in [3 + 1, 100, rsa.len() - 1] {
        assert_eq!(PublicKey::rsa(&rsa[..present]), Err(KeyError::Cut { present, announced: rsa.len() }));
    }
    assert_eq!(PublicKey::rsa(&[&rsa[..], &[0]].concat()), Err(KeyError::Rsa));
}

/// The public operation, which the back ends do not offer, agrees with them: what it finds in a signature verifies.
#[test]
fn a_signature_tells_who_made_it_and_of_what() {
    let digest = Sha256::digest(b"a message");
    for (pem, public) in
        [(RSA, include_str!("../keys/rsa2048.pub.pem")), (PKCS1, include_str!("../keys/rsa2048.pub.pem"))]
    {
        let key = PublicKey::rsa(&decode(&base64_of(public))).unwrap();
        let mut signature = SigningKey::from_pem(pem).unwrap().sign_digest(&digest).unwrap();
        assert_eq!(key.recover(&signature), Some(Recovered::Digest(digest)));
        assert_eq!(key.recover(&signature[1..]), Some(Recovered::NotOfThisKey));
        assert_eq!(key.recover(&[0xff; 256]), Some(Recovered::NotOfThisKey));
        signature[7] ^= 1;
        assert_eq!(key.recover(&signature), Some(Recovered::NotOfThisKey));
    }
    let ed25519 = SigningKey::from_pem(ED25519).unwrap();
    let public = PublicKey::ed25519(&decode(&ed25519.public_key())).unwrap();
    assert_eq!(public.recover(&ed25519.sign_digest(&digest).unwrap()), None);
    let large = PublicKey::rsa(&fake_rsa(8192)).unwrap();
    assert_eq!(large.recover(&[1; 1024]), None, "that would take too long");
}

#[test]
fn private_keys_that_are_refused_say_why() {
    let error = |pem: &str| SigningKey::from_pem(pem).unwrap_err();
    assert_eq!(error(include_str!("../keys/ed25519-encrypted.pem")), SigningKeyError::Encrypted);
    assert_eq!(error(include_str!("../keys/rsa2048-encrypted.pem")), SigningKeyError::Encrypted);
    assert_eq!(error(include_str!("../keys/p256.pem")), SigningKeyError::Algorithm);
    assert_eq!(error(SMALL), SigningKeyError::Size(1024));
    assert_eq!(error(""), SigningKeyError::NoPem);
    assert_eq!(error(include_str!("../keys/rsa2048.pub.pem")), SigningKeyError::NoPem);
    assert_eq!(error(&RSA[..RSA.len() / 2]), SigningKeyError::NoPem);
    assert_eq!(error(&RSA.replace("MII", "M?I")), SigningKeyError::Base64);
    assert_eq!(error("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), SigningKeyError::Malformed);
    assert_eq!(error(&" ".repeat(100_000)), SigningKeyError::TooLong);
}

#[test]
fn what_is_around_a_pem_block_does_not_count() {
    let wrapped = format!("a key\r\n{}\r\nmore", RSA.replace('\n', "\r\n"));
    assert!(SigningKey::from_pem(&wrapped).is_ok());
}

#[test]
fn debug_shows_no_secret() {
    assert_eq!(
        format!("{:?}", SigningKey::from_pem(ED25519).unwrap()),
        "SigningKey(Ed25519, 256 bits)".to_lowercase().replace("signingkey", "SigningKey")
    );
}

/// A key of a given number of bits that is no real one: it can be read and never verifies.
fn fake_rsa(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0u8];
    modulus.extend(vec![0xff; bits / 8]);
    let mut content = vec![0x02, 0x82];
    content.extend((modulus.len() as u16).to_be_bytes());
    content.extend(modulus);
    content.extend([0x02, 0x03, 1, 0, 1]);
    let mut der = vec![0x30, 0x82];
    der.extend((content.len() as u16).to_be_bytes());
    der.extend(content);
    der
}

#[test]
fn sizes_out_of_range_are_read_and_never_verify() {
    for bits in [512, 1016, 8200, 16_384] {
        let key = PublicKey::rsa(&fake_rsa(bits)).unwrap();
        assert_eq!(key.bits() as usize, bits);
        assert!(!key.verify_digest(&Sha256::digest(b""), &vec![0; bits / 8]));
    }
    assert_eq!(PublicKey::rsa(&fake_rsa(40_000)), Err(KeyError::Rsa));
}
