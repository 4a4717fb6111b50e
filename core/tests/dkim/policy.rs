//! What the host accepts: key sizes, `l=`, time, testing; and what the DNS may answer.

use passerelle::crypto::{KeyType, SigningKey};
use passerelle::dkim::{DkimResult, Failure, KeyRecordError, VerifyPolicy};

use crate::common::{Dns, ED25519, NOW, RSA, crlf, key, plain, replaced, sign, signer, verify, verify_with, words};

const NAME: &str = "sel._domainkey.example.com";

fn policy() -> VerifyPolicy {
    VerifyPolicy::default()
}

#[test]
fn a_signature_with_l_does_not_pass_unless_that_is_asked_for() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer.with_body_length(), &crlf("From: a@example.com\n\nHi.\n"));
    let longer = [&message[..], b"<b>more</b>\r\n"].concat();
    let (nothing, some) = ("nothing follows the signed octets here", "13 octets of the body are not signed");
    for (message, uncovered, words) in [(&message, 0, nothing), (&longer, 13, some)] {
        let verdict = &verify(message, &dns)[0];
        assert_eq!(verdict.result, DkimResult::Policy);
        assert!(verdict.reason.as_deref().unwrap().ends_with(words), "{verdict:?}");
        assert_eq!((verdict.body_length, verdict.body_uncovered), (Some(5), Some(uncovered)));
        let accepting = policy().accept_body_length(true);
        let verdict = &verify_with(message, &dns, &accepting, NOW)[0];
        assert_eq!(verdict.result, DkimResult::Pass);
        assert_eq!((verdict.body_length, verdict.body_uncovered), (Some(5), Some(uncovered)));
        assert_eq!(verdict.reason.as_deref(), Some(&*format!("{words} (l=5)")));
    }
    let changed = replaced(&longer, "Hi.", "Ho.");
    assert_eq!(words(&verify(&changed, &dns)), ["fail"]);
}

#[test]
fn expiry_to_the_second_and_the_future_with_the_allowed_skew() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer.expires_after(1000), &plain());
    let at = |now| verify_with(&message, &dns, &policy(), now)[0].result;
    assert_eq!(at(NOW + 1000), DkimResult::Pass);
    assert_eq!(at(NOW + 1001), DkimResult::Fail);
    assert_eq!(at(NOW - 300), DkimResult::Pass);
    assert_eq!(at(NOW - 301), DkimResult::Policy);
}

#[test]
fn key_sizes_have_a_floor_and_a_cap() {
    let (signer, dns) = signer(RSA);
    let message = sign(signer, &plain());
    let with = |min_rsa_bits, max_rsa_bits| {
        let policy = policy().min_rsa_bits(min_rsa_bits).max_rsa_bits(max_rsa_bits);
        let verdict = verify_with(&message, &dns, &policy, NOW).remove(0);
        assert_eq!(verdict.key_bits, Some(2048));
        verdict.result
    };
    assert_eq!(with(2048, 2048), DkimResult::Pass);
    assert_eq!(with(2049, 4096), DkimResult::Policy);
    assert_eq!(with(1024, 2047), DkimResult::Policy);
}

/// RFC 8301 §3.2: keys under 1024 bits never pass, whatever the settings say.
#[test]
fn a_key_of_512_bits_never_passes() {
    // Made for this test with OpenSSL.
    let p = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAJ2UwATkXyMoHrlWA7EwrXjplovVhlP7XXgdQsbEdWUW4NzWSPOLvKW+s1\
             o+Ftyp1u/PKQzJA46HHnDhWLFRb28CAwEAAQ==";
    let (signer, _) = signer(RSA);
    let dns = Dns::with(NAME, &format!("p={p}"));
    let message = sign(signer, &plain());
    let lax = policy().min_rsa_bits(0);
    let verdict = verify_with(&message, &dns, &lax, NOW).remove(0);
    assert_eq!(verdict.failure, Some(Failure::WeakKey { bits: 512, floor: 1024 }));
    assert_eq!((verdict.result, verdict.key_bits), (DkimResult::Policy, Some(512)));
}

#[test]
fn sha1_never_passes() {
    let (signer, dns) = signer(RSA);
    let message = replaced(&sign(signer, &plain()), "a=rsa-sha256", "a=rsa-sha1");
    let verdict = verify(&message, &dns).remove(0);
    assert_eq!(verdict.result, DkimResult::PermError);
    assert_eq!(verdict.algorithm.as_deref(), Some("rsa-sha1"));
    assert_eq!(verdict.step().rfc, "RFC 8301 §3.1");
}

#[test]
fn what_the_dns_may_answer() {
    let (signer, mut dns) = signer(ED25519);
    let message = sign(signer, &plain());
    assert_eq!(words(&verify(&message, &dns)), ["pass"]);
    assert_eq!(words(&verify(&message, &Dns::default())), ["permerror"]);
    dns.failing.push(NAME.into());
    assert_eq!(words(&verify(&message, &dns)), ["temperror"]);
}

#[test]
fn no_answer_in_time_is_a_temporary_error() {
    let (signer, _) = signer(ED25519);
    let message = sign(signer, &plain());
    let (header, body) = passerelle::message::Header::split(&message);
    for keys in [vec![], vec![None]] {
        let mut verifier = passerelle::dkim::Verifier::new(&header, &policy(), passerelle::UnixTime(NOW));
        verifier.body(body);
        assert_eq!(words(&verifier.finish(keys)), ["temperror"]);
    }
}

#[test]
fn key_records_that_do_not_fit() {
    let (key, _) = key(ED25519);
    let message = sign(signer(ED25519).0.identity("@sub.example.com").unwrap(), &plain());
    let p = key.public_key();
    for (record, failure) in [
        (format!("v=DKIM1; k=ed25519; p={p}"), None),
        (format!("k=ed25519; p={p}; s=*; h=sha256; t=; x=y"), None),
        (format!("v=DKIM1; k=ed25519; t=y:s; p={p}"), Some(KeyRecordError::Strict)),
        (format!("v=DKIM1; k=ed25519; s=tlsrpt; p={p}"), Some(KeyRecordError::Service)),
        (format!("v=DKIM1; k=ed25519; h=sha1; p={p}"), Some(KeyRecordError::Hash)),
        (format!("v=DKIM1; k=ed448; p={p}"), Some(KeyRecordError::KeyType)),
        (format!("v=DKIM2; k=ed25519; p={p}"), Some(KeyRecordError::Version)),
        (format!("k=ed25519; v=DKIM1; p={p}"), Some(KeyRecordError::Version)),
        ("v=DKIM1; k=ed25519; p=".into(), Some(KeyRecordError::Revoked)),
        ("v=DKIM1; k=ed25519; p=?".into(), Some(KeyRecordError::Base64)),
        ("v=DKIM1; k=ed25519".into(), Some(KeyRecordError::MissingKey)),
        (
            SigningKey::from_pem(RSA).unwrap().key_record(),
            Some(KeyRecordError::Mismatch { published: KeyType::Rsa, wanted: KeyType::Ed25519 }),
        ),
    ] {
        let verdict = verify(&message, &Dns::with(NAME, &record)).remove(0);
        assert_eq!(verdict.failure, failure.map(Failure::Key), "{record}");
    }
}

#[test]
fn testing_is_reported() {
    let (signer, _) = signer(ED25519);
    let (key, _) = key(ED25519);
    let dns = Dns::with(NAME, &format!("v=DKIM1; k=ed25519; t=y; p={}", key.public_key()));
    let message = sign(signer, &plain());
    let verdict = verify(&message, &dns).remove(0);
    assert!(verdict.testing && verdict.result == DkimResult::Pass);
    let verdict = verify(&replaced(&message, "Hi.", "Ho."), &dns).remove(0);
    assert!(verdict.testing && verdict.result == DkimResult::Fail);
}

#[test]
fn one_good_record_among_several_is_enough() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer, &plain());
    let good = &dns.texts[NAME][0];
    let mut several = Dns::with(NAME, "v=spf1 -all");
    several.add(NAME, &SigningKey::from_pem(RSA).unwrap().key_record());
    several.add(NAME, "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    let verdict = verify(&message, &several).remove(0);
    // The failure that came farthest is the one that is told.
    assert!(matches!(verdict.failure, Some(Failure::BadSignature(_))), "{verdict:?}");
    several.add(NAME, good);
    assert_eq!(words(&verify(&message, &several)), ["pass"]);
}

/// Resolvers rotate the records of an answer; the verdict stays, to the last word.
#[test]
fn the_order_of_key_records_has_no_say() {
    let (signer, dns) = signer(RSA);
    let message = sign(signer, &plain());
    let right = dns.texts["sel._domainkey.example.com"][0].clone();
    let other = SigningKey::from_pem(include_str!("../keys/rsa1024.pem")).map(|key| key.key_record());
    let mut others: Vec<String> = (0..5).map(|i| format!("v=DKIM1; n={i}; p=")).collect();
    others.extend(other);
    others.push("v=spf1 -all".to_owned());
    let broken = [&message[..], b"a footer\r\n"].concat();
    for message in [&message, &broken] {
        let mut seen = std::collections::BTreeSet::new();
        for place in 0..=others.len() {
            let mut dns = Dns::default();
            for (i, other) in others.iter().enumerate() {
                if i == place {
                    dns.add("sel._domainkey.example.com", &right);
                }
                dns.add("sel._domainkey.example.com", other);
            }
            if place == others.len() {
                dns.add("sel._domainkey.example.com", &right);
            }
            seen.insert(format!("{:?}", verify(message, &dns)));
        }
        assert_eq!(seen.len(), 1, "{seen:#?}");
    }
}

/// During a change of keys the old one is still published; that it does not fit must not hide that the new one does.
#[test]
fn of_two_keys_the_one_that_signed_explains_a_changed_body() {
    let (signer, dns) = signer(RSA);
    let message = [&sign(signer, &plain())[..], b"a footer\r\n"].concat();
    let right = dns.texts["sel._domainkey.example.com"][0].clone();
    let modulus = right.find("MII").unwrap() + 60;
    let octet = if &right[modulus..=modulus] == "A" { "B" } else { "A" };
    let wrong = format!("{}{octet}{}", &right[..modulus], &right[modulus + 1..]);
    let mut dns = Dns::with("sel._domainkey.example.com", &wrong);
    dns.add("sel._domainkey.example.com", &right);
    let reason = verify(&message, &dns)[0].reason.clone().unwrap();
    assert!(reason.contains("footer") && reason.contains("are intact"), "{reason}");
}
