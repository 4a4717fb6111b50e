//! Keys: every shape that is read is read as another library reads it, and no key makes verification panic.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use passerelle::crypto::{KeyError, KeyType, PublicKey, Recovered, SigningKey};
use passerelle::limits::{MAX_PUBLIC_KEY_LENGTH, MAX_RSA_BITS, MIN_SIGNING_RSA_BITS};
use passerelle_fuzz::fuzz_target;
use rsa::pkcs1::der::Decode;
use rsa::pkcs1::der::asn1::UintRef;
use rsa::pkcs8::SubjectPublicKeyInfoRef;

fuzz_target!(|octets: &[u8]| {
    public_rsa(octets);
    public_ed25519(octets);
    if let Ok(key) = SigningKey::from_pkcs8_der(octets) {
        signing(&key);
    }
    if let Ok(text) = str::from_utf8(octets)
        && let Ok(key) = SigningKey::from_pem(text)
    {
        signing(&key);
    }
});

fn public_rsa(octets: &[u8]) {
    let ours = PublicKey::rsa(octets);
    let spki = SubjectPublicKeyInfoRef::from_der(octets).ok();
    let spki = spki.filter(|spki| spki.algorithm.oid == rsa::pkcs1::ALGORITHM_OID);
    let inner = spki.as_ref().and_then(|spki| spki.subject_public_key.as_bytes()).unwrap_or(octets);
    let theirs = rsa::pkcs1::RsaPublicKey::from_der(inner).ok();
    if let Some(theirs) = &theirs
        && octets.len() <= MAX_PUBLIC_KEY_LENGTH
    {
        let expected = is_sane(theirs).then(|| bits(theirs.modulus));
        assert_eq!(ours.as_ref().ok().map(PublicKey::bits), expected);
    }
    let Ok(ours) = ours else { return };
    // Ours looks at nothing in the AlgorithmIdentifier but the algorithm, theirs at all of it.
    assert!(theirs.is_some() || octets.get(..2).is_some_and(|head| head[0] == 0x30), "{octets:x?}");
    assert_eq!(ours.key_type(), KeyType::Rsa);
    // The larger the key, the longer it takes; that it does not panic is seen with small ones too.
    if ours.bits() <= 2048 {
        assert!(!ours.verify_digest(&[7; 32], &vec![0x5a; ours.bits().div_ceil(8) as usize]));
    }
    assert!(!ours.verify_digest(&[7; 32], b"short"));
    // What is found in a signature, if anything, verifies.
    if ours.bits() <= 2048 {
        let signature = vec![0x5a; ours.bits().div_ceil(8) as usize];
        if let Some(Recovered::Digest(digest)) = ours.recover(&signature) {
            assert!(ours.verify_digest(&digest, &signature));
        }
    }
}

fn is_sane(key: &rsa::pkcs1::RsaPublicKey<'_>) -> bool {
    let odd = |number: UintRef<'_>| number.as_bytes().last().is_some_and(|octet| octet & 1 == 1);
    odd(key.modulus) && odd(key.public_exponent) && (2..=33).contains(&bits(key.public_exponent))
}

fn bits(number: UintRef<'_>) -> u32 {
    let leading = number.as_bytes().first().map_or(0, |octet| octet.leading_zeros());
    8 * number.as_bytes().len() as u32 - leading
}

fn public_ed25519(octets: &[u8]) {
    const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    let spki = SubjectPublicKeyInfoRef::from_der(octets).ok();
    let spki = spki.filter(|spki| spki.algorithm.oid.as_bytes() == ED25519);
    let inner = spki.as_ref().and_then(|spki| spki.subject_public_key.as_bytes());
    let ours = PublicKey::ed25519(octets);
    // A SubjectPublicKeyInfo is refused with the octets that should have been published.
    if let Some(key) = inner.and_then(|key| <[u8; 32]>::try_from(key).ok()) {
        assert!(octets.len() == 32 || ours == Err(KeyError::Ed25519Info(key)));
    }
    assert_eq!(ours.is_ok(), octets.len() == 32);
    if let Ok(key) = ours {
        assert_eq!((key.key_type(), key.bits()), (KeyType::Ed25519, 256));
        assert!(!key.verify_digest(&[7; 32], b"short") && !key.verify_digest(&[7; 32], &[0xff; 64]));
    }
}

fn signing(key: &SigningKey) {
    let public = BASE64.decode(key.public_key()).expect("it is base64");
    let public = match key.key_type() {
        KeyType::Rsa => {
            assert!((MIN_SIGNING_RSA_BITS..=MAX_RSA_BITS).contains(&key.bits()));
            PublicKey::rsa(&public)
        }
        KeyType::Ed25519 => PublicKey::ed25519(&public),
    };
    // The public half of an RSA key is taken from the private one as it is.
    let Ok(public) = public else { return assert_eq!(key.key_type(), KeyType::Rsa) };
    assert_eq!(public.bits(), key.bits());
    if key.bits() <= 2048
        && let Some(signature) = key.sign_digest(&[7; 32])
    {
        assert!(public.verify_digest(&[7; 32], &signature));
        assert!(matches!(public.recover(&signature), None | Some(Recovered::Digest([7, ..]))));
        assert!(!public.verify_digest(&[8; 32], &signature));
    }
}
