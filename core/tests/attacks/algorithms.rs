//! Algorithm and key confusion: a signature of one kind with a key of another, and keys that are no good.

use passerelle::crypto::{Digest, KeyError, KeyType, PublicKey, Sha256};
use passerelle::dkim::{Failure, KeyFit, KeyRecordError, Signer};
use passerelle::dmarc::DmarcResult;
use passerelle::verify::Report;

use crate::keys::{P256, der_of_rsa, encoded, modulus, rsa_public_key};
use crate::world::{ED25519, RSA, dkim_words, evil, harbour, key, report_in, signed_by, txt, world};

const MESSAGE: &str = "From: maya@harbour.example\r\n\r\nHigh water at six.\r\n";

fn rsa_signed() -> String {
    let domain = passerelle::Domain::parse("harbour.example").unwrap();
    signed_by(Signer::new(domain).key("e", key(RSA)).unwrap(), MESSAGE)
}

/// The report on a message with one signature, when this is its key record.
fn with_record(message: &str, record: &str) -> Report {
    let report = report_in(&world(&[txt("e._domainkey.harbour.example", record)]), message, &evil());
    assert_eq!(report.dkim.len(), 1);
    report
}

#[track_caller]
fn refused(message: &str, record: &str, result: &str, failure: Failure) {
    let report = with_record(message, record);
    assert_eq!((dkim_words(&report), report.dkim[0].failure.as_ref()), (vec![result], Some(&failure)), "{record}");
    assert_eq!(report.dmarc.result, DmarcResult::Fail);
}

/// The signature is not of this key.
#[track_caller]
fn not_of_this_key(message: &str, record: &str, fit: KeyFit) {
    let report = with_record(message, record);
    let Some(Failure::BadSignature(diagnosis)) = &report.dkim[0].failure else { panic!("{:?}", report.dkim) };
    assert_eq!((dkim_words(&report), diagnosis.key), (vec!["fail"], fit), "{record}");
    assert_eq!(report.dmarc.result, DmarcResult::Fail);
}

const ED25519_FOR_RSA: KeyRecordError = KeyRecordError::Mismatch { published: KeyType::Ed25519, wanted: KeyType::Rsa };
const RSA_FOR_ED25519: KeyRecordError = KeyRecordError::Mismatch { published: KeyType::Rsa, wanted: KeyType::Ed25519 };

#[test]
fn a_key_of_another_algorithm_than_the_signature() {
    let (rsa, ed25519) = (key(RSA).key_record(), key(ED25519).key_record());
    refused(&rsa_signed(), &ed25519, "permerror", ED25519_FOR_RSA.into());
    refused(&signed_by(harbour(), MESSAGE), &rsa, "permerror", RSA_FOR_ED25519.into());
    // The right key, and a signature that claims the other algorithm.
    let message = rsa_signed().replacen("a=rsa-sha256", "a=ed25519-sha256", 1);
    refused(&message, &rsa, "permerror", RSA_FOR_ED25519.into());
    not_of_this_key(&message, &ed25519, KeyFit::Unknown(KeyType::Ed25519));
}

#[test]
fn a_key_of_another_kind_than_its_record_says() {
    let (rsa, ed25519) = (key(RSA).public_key(), key(ED25519).public_key());
    let error = KeyRecordError::Key(KeyError::Ed25519NotRsa);
    refused(&rsa_signed(), &format!("k=rsa; p={ed25519}"), "permerror", error.clone().into());
    let ed25519_signed = signed_by(harbour(), MESSAGE);
    // Without k= a key is RSA.
    refused(&ed25519_signed, &format!("p={ed25519}"), "permerror", error.into());
    let error = KeyRecordError::Key(KeyError::RsaNotEd25519);
    refused(&ed25519_signed, &format!("k=ed25519; p={rsa}"), "permerror", error.into());
}

#[test]
fn elliptic_curves_that_dkim_does_not_know() {
    refused(&rsa_signed(), &format!("p={P256}"), "permerror", KeyRecordError::Key(KeyError::Rsa).into());
    let error = KeyRecordError::Key(KeyError::Ed25519);
    refused(&signed_by(harbour(), MESSAGE), &format!("k=ed25519; p={P256}"), "permerror", error.into());
    for kind in ["ecdsa", "p256", "ed448", "RSA2", "rsa:ed25519", ""] {
        let record = format!("k={kind}; p={P256}");
        refused(&rsa_signed(), &record, "permerror", KeyRecordError::KeyType.into());
    }
    for algorithm in
        ["ecdsa-sha256", "ed448-sha256", "rsa", "rsa-sha256,ed25519-sha256", "none", "rsa-sha512", "hmac-sha256"]
    {
        let message = rsa_signed().replacen("a=rsa-sha256", &format!("a={algorithm}"), 1);
        assert_eq!(dkim_words(&with_record(&message, &key(RSA).key_record())), ["permerror"], "{algorithm}");
    }
}

#[test]
fn sha_1_in_the_signature_or_alone_in_the_record() {
    let record = key(RSA).key_record();
    let message = rsa_signed().replacen("a=rsa-sha256", "a=rsa-sha1", 1);
    assert_eq!(dkim_words(&with_record(&message, &record)), ["permerror"]);
    for hashes in ["sha1", "sha1:sha512", "", "sha2566"] {
        refused(
            &rsa_signed(),
            &format!("h={hashes}; {record}").replace("v=DKIM1; ", ""),
            "permerror",
            KeyRecordError::Hash.into(),
        );
    }
    let both = format!("h=sha1:sha256; {record}").replace("v=DKIM1; ", "");
    assert_eq!(dkim_words(&with_record(&rsa_signed(), &both)), ["pass"]);
}

/// The same selector, another key of the same kind: whoever holds that one has not signed.
#[test]
fn another_key_under_the_same_selector() {
    let other = format!("p={}", encoded(&rsa_public_key(&modulus(), &[1, 0, 1])));
    let mut twisted = modulus();
    twisted[100] ^= 1;
    let twisted = format!("p={}", encoded(&rsa_public_key(&twisted, &[1, 0, 1])));
    not_of_this_key(&rsa_signed(), &twisted, KeyFit::Other);
    assert_eq!(dkim_words(&with_record(&rsa_signed(), &other)), ["pass"], "the modulus is taken as it should be");
    let another = "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    not_of_this_key(&signed_by(harbour(), MESSAGE), another, KeyFit::Unknown(KeyType::Ed25519));
}

#[test]
fn keys_too_small_and_too_large() {
    for (bits, failure) in [
        (512, Failure::WeakKey { bits: 512, floor: 1024 }),
        (1016, Failure::WeakKey { bits: 1016, floor: 1024 }),
        (8200, Failure::LargeKey { bits: 8200, cap: 8192 }),
        (16_384, Failure::LargeKey { bits: 16_384, cap: 8192 }),
    ] {
        refused(&rsa_signed(), &format!("p={}", encoded(&der_of_rsa(bits))), "policy", failure);
    }
    refused(
        &rsa_signed(),
        &format!("p={}", encoded(&der_of_rsa(65_536))),
        "permerror",
        KeyRecordError::Key(KeyError::Rsa).into(),
    );
    refused(&rsa_signed(), &format!("p={}", "A".repeat(20_000)), "permerror", KeyRecordError::TooLong.into());
}

/// With e=1 everything is its own signature; an even modulus or exponent is no key's; a huge exponent only costs time.
#[test]
fn exponents_and_moduli_that_no_key_has() {
    let mut even = modulus();
    *even.last_mut().unwrap() &= 0xfe;
    for (modulus, exponent) in [
        (modulus(), &[1][..]),
        (modulus(), &[]),
        (modulus(), &[0]),
        (modulus(), &[2]),
        (modulus(), &[1, 0, 0]),
        (modulus(), &[2, 0, 0, 0, 1]),
        (modulus(), &[0xff; 255]),
        (even, &[1, 0, 1]),
        (vec![0], &[1, 0, 1]),
        (vec![], &[3]),
    ] {
        let record = format!("p={}", encoded(&rsa_public_key(&modulus, exponent)));
        refused(&rsa_signed(), &record, "permerror", KeyRecordError::Key(KeyError::Rsa).into());
    }
}

/// Bleichenbacher's forgery of 2006 against e=3: the cube of this number begins as a padded digest does, and ends in
/// garbage where there should be more padding.
#[test]
fn a_cube_root_is_no_signature() {
    const ROOT: &str = "Msv9SnrceQVYPXZ1IPUWQHWRdtN4JvLvY649x6zkT8BhpLMXApBjmhdPJQh0qefdf91vvr9a2mbLtJD2TsB+hD6yHvltwUu8aJxiTI5gQhM\
        OvLNOIA==";
    let key = PublicKey::rsa(&rsa_public_key(&modulus(), &[3])).unwrap();
    let mut signature = crate::keys::decoded(ROOT);
    let digest: Digest = Sha256::digest(b"forged");
    assert!(!key.verify_digest(&digest, &signature));
    signature.splice(0..0, vec![0; 256 - signature.len()]);
    assert!(!key.verify_digest(&digest, &signature));
}

/// RFC 8017 §8.2.2: as long as the modulus, and below it.
#[test]
fn signatures_of_another_length() {
    let record = key(RSA).key_record();
    let message = rsa_signed();
    let signature = key(RSA).sign_digest(&Sha256::digest(b"x")).unwrap();
    let public = PublicKey::rsa(&rsa_public_key(&modulus(), &[1, 0, 1])).unwrap();
    assert!(public.verify_digest(&Sha256::digest(b"x"), &signature));
    let longer = [&[0], &signature[..]].concat();
    let padded = [&signature[..], &[0]].concat();
    for bad in [&[][..], &[0; 256], &[0xff; 256], &longer, &padded, &signature[1..], &modulus()] {
        assert!(!public.verify_digest(&Sha256::digest(b"x"), bad), "{} octets", bad.len());
    }
    let start = message.find("; b=").unwrap();
    for b in ["", "AA==", "!!!!"] {
        let end = start + message[start..].find("\r\nFrom").unwrap();
        let cut = format!("{}; b={b}{}", &message[..start], &message[end..]);
        assert_ne!(dkim_words(&with_record(&cut, &record)), ["pass"], "b={b}");
    }
}
