//! What is signed verifies, and stops to verify when anything that was signed is changed.

use std::sync::Arc;

use passerelle::crypto::SigningKey;
use passerelle::dkim::{Canonicalization, SignError, Signer, Signing, VerifyPolicy};
use passerelle::message::Header;
use passerelle::{Domain, UnixTime};
use proptest::prelude::*;

use crate::canonicalization::sizes;
use crate::common::{Dns, ED25519, NOW, RSA, crlf, key, plain, replaced, sign, signer, verify, verify_chunks, words};

#[test]
fn two_keys_in_one_pass() {
    let domain = Domain::parse("example.com").unwrap();
    let mut dns = Dns::default();
    let mut signer = Signer::new(domain);
    for (selector, pem) in [("rsa", RSA), ("ed", ED25519)] {
        let key = SigningKey::from_pem(pem).unwrap();
        dns.add(&format!("{selector}._domainkey.example.com"), &key.key_record());
        signer = signer.key(selector, key).unwrap();
    }
    let verdicts = verify(&sign(signer, &plain()), &dns);
    assert_eq!(words(&verdicts), ["pass", "pass"]);
    assert_eq!(verdicts[0].algorithm.as_deref(), Some("rsa-sha256"));
    assert_eq!(verdicts[1].algorithm.as_deref(), Some("ed25519-sha256"));
    assert_eq!((verdicts[0].key_bits, verdicts[1].key_bits), (Some(2048), Some(256)));
}

#[test]
fn the_field_is_folded_and_well_formed() {
    let (signer, dns) = signer(RSA);
    let signer = signer.identity("very+odd;name=@mail.example.com").unwrap().expires_after(3600);
    let message = sign(signer, &plain());
    let (header, _) = Header::split(&message);
    let field = header.fields().next().unwrap();
    let text = str::from_utf8(field.raw()).unwrap();
    assert!(text.lines().all(|line| line.len() <= 78), "{text}");
    assert!(text.contains("x=1700003600;") && text.contains("i=very+odd=3Bname=3D@mail.example.com;"), "{text}");
    let verdicts = verify(&message, &dns);
    assert_eq!(words(&verdicts), ["pass"]);
    assert_eq!(verdicts[0].identity.as_deref(), Some("very+odd;name=@mail.example.com"));
}

#[test]
fn a_field_cannot_be_added_where_it_is_oversigned() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer, &plain());
    assert_eq!(words(&verify(&message, &dns)), ["pass"]);
    for added in ["From: x@example.org", "Subject: another", "Reply-To: x@example.org", "Content-Type: text/html"] {
        let message = [added.as_bytes(), b"\r\n", &message].concat();
        assert_eq!(words(&verify(&message, &dns)), ["fail"], "{added}");
    }
    // A relay may add what is its own.
    let message = [b"Received: from x by y; Tue, 14 Nov 2023 22:13:20 +0000\r\n", &message[..]].concat();
    assert_eq!(words(&verify(&message, &dns)), ["pass"]);
}

#[test]
fn relaxed_tolerates_white_space_and_case_and_simple_does_not() {
    for (canonicalization, result) in [(Canonicalization::Relaxed, "pass"), (Canonicalization::Simple, "fail")] {
        let (signer, dns) = signer(ED25519);
        let message = sign(signer.canonicalization(canonicalization, canonicalization), &plain());
        for (from, to) in [("Subject: Is", "SUBJECT:  Is"), ("hungry yet?", "hungry  yet? ")] {
            assert_eq!(words(&verify(&replaced(&message, from, to), &dns)), [result], "{to}");
        }
        assert_eq!(words(&verify(&[&message[..], b"\r\n\r\n"].concat(), &dns)), ["pass"]);
    }
}

#[test]
fn several_fields_of_one_name_are_taken_from_the_bottom() {
    let (signer, dns) = signer(ED25519);
    let signer = signer.fields(&["From", "X"]).unwrap().oversigned_fields(&[]).unwrap();
    let message = sign(signer, &crlf("From: a@example.com\nX: one\nX: two\n\nbody\n"));
    assert_eq!(words(&verify(&message, &dns)), ["pass"]);
    // Both were signed, in their order; one more above them was not.
    assert_eq!(words(&verify(&[b"X: zero\r\n", &message[..]].concat(), &dns)), ["pass"]);
    let swapped = replaced(&replaced(&message, "X: one", "X: tmp"), "X: two", "X: one");
    assert_eq!(words(&verify(&replaced(&swapped, "X: tmp", "X: two"), &dns)), ["fail"]);
}

#[test]
fn what_could_not_verify_is_not_signed() {
    let error = |message: &str| {
        let (header, body) = Header::split(message.as_bytes());
        let mut signing = Signing::new(&Arc::new(signer(ED25519).0), &header, UnixTime(NOW))?;
        signing.body(body);
        signing.finish().map(|_| ())
    };
    assert_eq!(error("From: a@example.com\r\n\r\nbody"), Ok(()));
    assert_eq!(error("To: a@example.com\r\n\r\nbody"), Err(SignError::NoFrom));
    let large = format!("From: a@example.com\r\nX: {}\r\n\r\nbody", "x".repeat(passerelle::limits::MAX_HEADER_SIZE));
    assert_eq!(error(&large), Err(SignError::HeaderTooLarge));
    assert_eq!(error("From: a@example.com\nTo: b\r\n\r\nbody"), Err(SignError::BareLineEnd));
    assert_eq!(error("From: a@example.com\r\n\r\nbody\n"), Err(SignError::BareLineEnd));
    let domain = || Domain::parse("example.com").unwrap();
    let no_key = Signing::new(&Arc::new(Signer::new(domain())), &Header::default(), UnixTime(NOW));
    assert_eq!(no_key.err(), Some(SignError::NoKey));
    assert_eq!(Signer::new(domain()).identity("a@example.org").err(), Some(SignError::Identity));
    assert_eq!(Signer::new(domain()).fields(&["DKIM-Signature"]).err(), Some(SignError::FieldName));
    assert_eq!(Signer::new(domain()).fields(&["a b"]).err(), Some(SignError::FieldName));
    assert!(matches!(Signer::new(domain()).key("a..b", key(ED25519).0), Err(SignError::Selector(_))));
}

#[test]
fn from_is_signed_even_where_it_is_not_listed() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer.fields(&["To"]).unwrap().oversigned_fields(&[]).unwrap(), &plain());
    assert_eq!(words(&verify(&message, &dns)), ["pass"]);
    assert_eq!(words(&verify(&replaced(&message, "From: Joe", "From: Jim"), &dns)), ["fail"]);
}

/// Header fields and a body without bare line ends.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let name =
        prop_oneof![Just("From"), Just("To"), Just("Subject"), Just("Received"), Just("X-A"), Just("Content-Type")];
    let value = "([ \t]{0,2}[a-zA-Z0-9<>@.é;=]{1,8}(\r\n[ \t][a-z])?){1,4}[ \t]{0,2}";
    let fields = proptest::collection::vec((name, value), 0..8);
    let body = "([a-zA-Zé ,.]{0,30}[ \t]{0,2}(\r\n){0,3}){0,12}";
    (fields, body).prop_map(|(fields, body)| {
        let fields: String = fields.into_iter().map(|(name, value)| format!("{name}:{value}\r\n")).collect();
        format!("From: a@example.com\r\n{fields}\r\n{body}").into_bytes()
    })
}

fn canonicalization() -> impl Strategy<Value = Canonicalization> {
    prop_oneof![Just(Canonicalization::Simple), Just(Canonicalization::Relaxed)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sign_then_verify(
        message in message(), header in canonicalization(), body in canonicalization(), rsa in any::<bool>(),
        signed in sizes(), verified in sizes(),
    ) {
        let (signer, dns) = signer(if rsa { RSA } else { ED25519 });
        let signer = Arc::new(signer.canonicalization(header, body));
        let (fields, mut rest) = Header::split(&message);
        let mut signing = Signing::new(&signer, &fields, UnixTime(NOW)).unwrap();
        for size in signed {
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            signing.body(chunk);
            rest = after;
        }
        signing.body(rest);
        let message = [signing.finish().unwrap(), message].concat();
        let verdicts = verify_chunks(&message, &verified, &dns, &VerifyPolicy::default(), NOW);
        prop_assert_eq!(words(&verdicts), ["pass"], "{:?}", verdicts);
    }

    /// With simple/simple, every octet of the signed fields and of the body counts, except CRLFs at the end.
    #[test]
    fn any_changed_octet_fails(message in message(), place in any::<prop::sample::Index>(), change in 1..=255u8) {
        let (signer, dns) = signer(ED25519);
        let names = ["From", "To", "Subject", "Received", "X-A", "Content-Type"];
        let signer = signer.canonicalization(Canonicalization::Simple, Canonicalization::Simple);
        let signed = sign(signer.fields(&names).unwrap().oversigned_fields(&names).unwrap(), &message);
        let own = signed.len() - message.len();
        let mut changed = signed.clone();
        // The end of the body and its CRLFs are left alone, for they may come and go.
        let end = own + message.trim_ascii_end().len();
        let at = own + place.index(end - own);
        changed[at] ^= change;
        let verdicts = verify(&changed, &dns);
        prop_assert_ne!(words(&verdicts), ["pass"], "octet {} of {:?}", at, String::from_utf8_lossy(&changed));
    }

    /// Of the signature field itself, too, every octet counts but those of b=.
    #[test]
    fn any_changed_octet_of_the_signature_fails(place in any::<prop::sample::Index>(), change in 1..=255u8) {
        let (signer, dns) = signer(ED25519);
        let signed = sign(signer.canonicalization(Canonicalization::Simple, Canonicalization::Simple), &plain());
        let end = memchr::memmem::find(&signed, b" b=").unwrap() + 3;
        let mut changed = signed.clone();
        changed[place.index(end)] ^= change;
        prop_assert_ne!(words(&verify(&changed, &dns)), ["pass"], "{:?}", String::from_utf8_lossy(&changed));
    }
}
