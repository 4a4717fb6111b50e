//! The tags of a DKIM-Signature field, one by one.

use passerelle::dkim::{Canonicalization, Signature, SignatureError as E};
use passerelle::{DomainError, UnixTime};

const BH: &str = "LjkN2rUhrS3zKXfH2vNgUzz5ERRJkgP9CURXBX0JP0Q=";

/// A valid field's tags with one set, or taken out where the value is `None`.
fn with(tag: &str, value: Option<&str>) -> String {
    let mut tags: Vec<(&str, &str)> = vec![
        ("v", "1"),
        ("a", "rsa-sha256"),
        ("d", "example.com"),
        ("s", "sel"),
        ("h", "From:To"),
        ("bh", BH),
        ("b", "dGVzdA=="),
    ];
    tags.retain(|(name, _)| *name != tag);
    if let Some(value) = value {
        tags.push((tag, value));
    }
    tags.iter().map(|(name, value)| format!(" {name}={value};")).collect()
}

fn error(tag: &str, value: &str) -> Option<E> {
    Signature::parse(with(tag, Some(value)).as_bytes()).err()
}

#[test]
fn defaults() {
    let text = with("none", None);
    let signature = Signature::parse(text.as_bytes()).unwrap();
    assert_eq!(signature.header_canonicalization, Canonicalization::Simple);
    assert_eq!(signature.body_canonicalization, Canonicalization::Simple);
    assert_eq!(signature.identity.to_string(), "@example.com");
    assert_eq!((signature.body_length, signature.timestamp, signature.expiration), (None, None, None));
    assert_eq!(signature.key_name.as_str(), "sel._domainkey.example.com");
    assert_eq!(signature.signed_fields().collect::<Vec<_>>(), [b"From", &b"To"[..]]);
}

#[test]
fn each_required_tag_is_missed() {
    for tag in ["v", "a", "b", "bh", "d", "h", "s"] {
        assert_eq!(Signature::parse(with(tag, None).as_bytes()), Err(E::Missing(tag)));
    }
}

#[test]
fn faults() {
    assert_eq!(error("v", "2"), Some(E::Version));
    assert_eq!(error("v", "1.0"), Some(E::Version));
    assert_eq!(error("a", "rsa-sha1"), Some(E::Sha1));
    assert_eq!(error("a", "rsa-sha512"), Some(E::Algorithm));
    assert_eq!(error("b", ""), Some(E::Base64("b")));
    assert_eq!(error("b", "a*b"), Some(E::Base64("b")));
    assert_eq!(error("bh", "dGVzdA=="), Some(E::BodyHashLength));
    assert_eq!(error("c", "nofws"), Some(E::Canonicalization));
    assert_eq!(error("c", "relaxed/simple/simple"), Some(E::Canonicalization));
    assert_eq!(error("d", "example..com"), Some(E::Name("d", DomainError::EmptyLabel)));
    assert_eq!(error("d", "example.com."), Some(E::Name("d", DomainError::EmptyLabel)));
    assert_eq!(error("s", ""), Some(E::Name("s", DomainError::Empty)));
    assert_eq!(error("s", "a b"), Some(E::Name("s", DomainError::Character)));
    assert_eq!(error("s", &["a"; 120].join(".")), Some(E::Name("s", DomainError::TooLong)));
    assert_eq!(error("h", ""), Some(E::Fields));
    assert_eq!(error("h", "From::To"), Some(E::Fields));
    assert_eq!(error("h", "From:a b"), Some(E::Fields));
    assert_eq!(error("h", "To:Subject"), Some(E::FromNotSigned));
    assert_eq!(error("i", "nobody"), Some(E::Identity));
    assert_eq!(error("i", "a=0D@example.com"), Some(E::Identity));
    assert_eq!(error("i", "a@example.org"), Some(E::IdentityDomain));
    assert_eq!(error("i", "a@badexample.com"), Some(E::IdentityDomain));
    assert_eq!(error("l", "-1"), Some(E::Number("l")));
    assert_eq!(error("l", &"1".repeat(77)), Some(E::Number("l")));
    assert_eq!(error("q", "http"), Some(E::Query));
    assert_eq!(error("t", "now"), Some(E::Number("t")));
    assert_eq!(error("x", ""), Some(E::Number("x")));
    assert_eq!(Signature::parse(with("t", Some("5; x=5")).as_bytes()), Err(E::ExpiresBeforeSigned));
    assert!(matches!(error("z", "a; v=1"), Some(E::Tags(_))));
}

#[test]
fn what_is_allowed() {
    assert_eq!(error("c", "Relaxed/simple"), None);
    assert_eq!(error("q", "http : dns/txt"), None);
    assert_eq!(error("h", " to :\r\n\tfrom"), None);
    assert_eq!(error("unknown", "x"), None);
    let text = with("l", Some(&"9".repeat(76)));
    assert_eq!(Signature::parse(text.as_bytes()).unwrap().body_length, Some(u64::MAX));
    let text = with("x", Some("1000000000000"));
    assert_eq!(Signature::parse(text.as_bytes()).unwrap().expiration, Some(UnixTime(u64::MAX)));
    let text = with("i", Some("a=3Db\r\n c@mail.example.com"));
    assert_eq!(Signature::parse(text.as_bytes()).unwrap().identity.to_string(), "a=bc@mail.example.com");
}

/// RFC 8616 §4: U-labels stand for their A-labels.
#[test]
fn internationalized_names() {
    let text = " v=1; a=ed25519-sha256; d=b\u{fc}cher.example; s=t\u{e9}st; i=m\u{f8}x@b\u{fc}cher.example; h=from; b=dGVzdA==; bh=";
    let text = format!("{text}{BH}");
    let signature = Signature::parse(text.as_bytes()).unwrap();
    assert_eq!(signature.domain.as_str(), "xn--bcher-kva.example");
    assert_eq!(signature.key_name.as_str(), "xn--tst-bma._domainkey.xn--bcher-kva.example");
    assert_eq!(signature.identity.to_string(), "m\u{f8}x@xn--bcher-kva.example");
}
