//! DKIM-Signature fields: what was read, written out again, is the same signature.
#![no_main]

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use passerelle::dkim::Signature;
use passerelle::limits::MAX_COPIED_FIELDS;
use passerelle_fuzz::fuzz_target;

fuzz_target!(|value: &[u8]| {
    check(value);
    // With what every signature needs in front, so that the rest is reached; a tag may then be there twice.
    let hash = "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AA==;";
    check(&[format!("v=1; a=rsa-sha256; d=a.example; s=s; h=From; {hash}").as_bytes(), value].concat());
    check(&[format!("v=1; a=ed25519-sha256; {hash}").as_bytes(), value].concat());
});

fn check(value: &[u8]) {
    let Ok(signature) = Signature::parse(value) else { return };
    assert_eq!(signature.key_name.as_str(), format!("{}._domainkey.{}", signature.selector, signature.domain));
    assert!(signature.identity.domain.is_within(&signature.domain));
    assert!(signature.signed_fields().any(|name| name.eq_ignore_ascii_case(b"from")));
    assert!(signature.signed_fields().all(|name| !name.is_empty() && name.iter().all(u8::is_ascii_graphic)));
    assert!(!signature.signature.is_empty());
    assert!(signature.copied_fields().all(|(name, _)| !name.is_empty() && name.iter().all(u8::is_ascii_graphic)));
    assert!(signature.copied_fields().count() <= MAX_COPIED_FIELDS);
    assert!(signature.timestamp.zip(signature.expiration).is_none_or(|(t, x)| t < x));

    let written = written(&signature);
    let again = Signature::parse(written.as_bytes()).unwrap_or_else(|error| panic!("{error}: {written}"));
    let parts = |s: &Signature<'_>| {
        let fields: Vec<Vec<u8>> = s.signed_fields().map(<[u8]>::to_vec).collect();
        let canonicalization = (s.header_canonicalization, s.body_canonicalization);
        let text = (s.signature.clone(), s.body_hash, fields, s.identity.clone());
        (text, s.algorithm, canonicalization, s.key_name.clone(), s.body_length, s.timestamp, s.expiration)
    };
    assert_eq!(parts(&again), parts(&signature));
}

fn written(signature: &Signature<'_>) -> String {
    let fields: Vec<_> = signature.signed_fields().map(String::from_utf8_lossy).collect();
    let mut text = format!(
        "v=1; a={}; b={}; bh={}; c={}/{}; d={}; s={}; h={}; i=",
        signature.algorithm,
        BASE64.encode(&signature.signature),
        BASE64.encode(signature.body_hash),
        signature.header_canonicalization,
        signature.body_canonicalization,
        signature.domain,
        signature.selector,
        fields.join(":"),
    );
    for octet in signature.identity.to_string().bytes() {
        write!(text, "={octet:02X}").expect("a String takes everything");
    }
    let numbers = [
        ("l", signature.body_length),
        ("t", signature.timestamp.map(|time| time.0)),
        ("x", signature.expiration.map(|time| time.0)),
    ];
    for (tag, number) in numbers {
        // One too large for the engine was read as its largest, and so it is again.
        if let Some(number) = number {
            write!(text, "; {tag}={number}").expect("a String takes everything");
        }
    }
    text
}
