//! Many signatures, many fields: the work stays in proportion.

use passerelle::dkim::VerifyPolicy;
use passerelle::limits::{MAX_FIELDS_OF_A_KIND, MAX_SIGNED_FIELDS};

use crate::common::{Dns, ED25519, NOW, crlf, plain, sign, signer, verify, verify_with, words};

#[test]
fn hundreds_of_signatures_are_not_all_examined() {
    let (signer, dns) = signer(ED25519);
    let signed = sign(signer, &plain());
    let field = &signed[..signed.len() - plain().len()];
    let message = [&field.repeat(300)[..], &plain()].concat();
    let verdicts = verify(&message, &dns);
    assert_eq!(verdicts.len(), 11);
    assert_eq!(words(&verdicts)[..10], ["pass"; 10]);
    let last = &verdicts[10];
    assert_eq!(last.reason.as_deref(), Some("290 more signatures were not examined: the limit is 10"));
    assert_eq!((last.result.as_str(), &last.domain), ("policy", &None));
}

#[test]
fn malformed_signatures_count_as_examined() {
    let (signer, dns) = signer(ED25519);
    let signed = sign(signer, &plain());
    let message = [&b"DKIM-Signature: nonsense\r\n".repeat(20)[..], &signed].concat();
    let policy = VerifyPolicy::default().max_signatures(21);
    assert_eq!(words(&verify_with(&message, &dns, &policy, NOW)).last(), Some(&"pass"));
    assert_eq!(words(&verify(&message, &dns)).last(), Some(&"policy"));
}

/// As many fields, and mentions of them, as a header section may have, for several signatures.
#[test]
fn a_huge_list_of_fields() {
    let names = "x:".repeat(MAX_SIGNED_FIELDS - 1);
    let field = format!(
        "DKIM-Signature: v=1; a=ed25519-sha256; d=example.com; s=sel; h={names}from; b=dGVzdA==; \
         bh=LjkN2rUhrS3zKXfH2vNgUzz5ERRJkgP9CURXBX0JP0Q=\n"
    );
    let fields = "X: y\n".repeat(MAX_FIELDS_OF_A_KIND);
    let verdicts =
        verify(&crlf(&format!("{}{fields}From: a@example.com\n\nbody\n", field.repeat(3))), &signer(ED25519).1);
    assert_eq!(words(&verdicts), ["fail"; 3]);
}

/// A section over the limit is not kept, so what was signed cannot be known; and it is not taken for an unsigned one.
#[test]
fn a_header_section_over_the_limit() {
    let (signer, dns) = signer(ED25519);
    let signed = sign(signer, &plain());
    let message = [&b"X: y\r\n".repeat(3000)[..], &signed].concat();
    let verdicts = verify(&message, &dns);
    assert_eq!(words(&verdicts), ["permerror"]);
    assert_eq!(
        verdicts[0].reason.as_deref(),
        Some("the header section has more than 2000 fields: none of its signatures was examined")
    );
}

#[test]
fn no_signature_no_verdict() {
    assert_eq!(verify(&plain(), &Dns::default()), []);
}

#[test]
fn the_report_has_its_fields_in_order() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer, &plain());
    let json = serde_json::to_string(&verify(&message, &dns)[0]).unwrap();
    assert_eq!(
        json,
        r#"{"result":"pass","domain":"example.com","selector":"sel","identity":"@example.com","algorithm":"ed25519-sha256","key_bits":256,"canonicalization":"relaxed/relaxed"}"#
    );
    let step = verify(&message, &dns)[0].step();
    assert_eq!((&*step.step, &*step.outcome), ("dkim d=example.com s=sel", "pass"));
}
