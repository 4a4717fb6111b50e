//! Causes as data: one word for each kind of failure, and what goes with it, so that no program has to read sentences.

use passerelle::crypto::SigningKey;
use passerelle::dkim::{Cause, Verdict, VerifyPolicy};
use serde_json::{Value, json};

use crate::common::{Dns, ED25519, NOW, RSA, crlf, plain, replaced, sign, signer, verify, verify_with};

const NAME: &str = "sel._domainkey.example.com";

fn json(verdict: &Verdict) -> Value {
    serde_json::to_value(verdict).unwrap()
}

#[track_caller]
fn cause(message: &[u8], dns: &Dns, word: &str) -> Value {
    let verdict = verify(message, dns).remove(0);
    assert_eq!(verdict.cause.map(Cause::as_str), Some(word), "{verdict:?}");
    let json = json(&verdict);
    assert_eq!(json["cause"], word);
    json
}

#[test]
fn every_word_is_what_the_report_has() {
    for cause in Cause::ALL {
        assert_eq!(serde_json::to_value(cause).unwrap(), cause.as_str());
        assert_eq!(cause.to_string(), cause.as_str());
    }
    let words: Vec<_> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
    let expected = "expired future no-key key-unavailable key-revoked key-unusable weak-key footer body-absent body-cut \
                    body-line-ends body-changed bad-signature body-length malformed not-examined";
    assert_eq!(words.join(" "), expected);
}

#[test]
fn a_pass_has_neither_cause_nor_unsigned_fields() {
    let (signer, dns) = signer(ED25519);
    let json = json(&verify(&sign(signer, &plain()), &dns)[0]);
    for member in ["cause", "header_intact", "expires", "unsigned", "reason", "body_uncovered"] {
        assert_eq!(json.get(member), None, "{member}");
    }
}

#[test]
fn times() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer.expires_after(1000), &plain());
    let at = |now| json(&verify_with(&message, &dns, &VerifyPolicy::default(), now)[0]);
    assert_eq!(at(NOW + 1001)["cause"], "expired");
    assert_eq!(at(NOW - 400)["cause"], "future");
    for now in [NOW - 400, NOW, NOW + 1001] {
        assert_eq!(at(now)["expires"], json!(NOW + 1000), "passed, passing or not yet valid");
    }
    assert_eq!(at(NOW).get("cause"), None);
}

/// RFC 6376 §3.5: more digits than are looked at count as infinite, which is no moment.
#[test]
fn an_expiry_in_all_eternity_is_no_moment() {
    let field = "DKIM-Signature: v=1; a=ed25519-sha256; d=example.com; s=sel; h=from; x=9999999999999; b=dGVzdA==; \
                 bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let message = crlf(&format!("{field}\nFrom: a@example.com\n\n"));
    assert_eq!(json(&verify(&message, &Dns::default())[0]).get("expires"), None);
}

#[test]
fn keys() {
    let (signer, mut dns) = signer(ED25519);
    let message = sign(signer, &plain());
    cause(&message, &Dns::default(), "no-key");
    cause(&message, &Dns::with(NAME, "v=spf1 -all"), "no-key");
    cause(&message, &Dns::with(NAME, "v=DKIM1; k=ed25519; p="), "key-revoked");
    let rsa = SigningKey::from_pem(RSA).unwrap().key_record();
    for record in ["v=DKIM1; k=ed25519; p=?", "v=DKIM1; k=x; p=AA==", "v=DKIM1", &rsa] {
        cause(&message, &Dns::with(NAME, record), "key-unusable");
    }
    dns.failing.push(NAME.into());
    cause(&message, &dns, "key-unavailable");
}

#[test]
fn key_sizes() {
    let (signer, dns) = signer(RSA);
    let message = sign(signer, &plain());
    let with = |min_rsa_bits, max_rsa_bits| {
        let policy = VerifyPolicy::default().min_rsa_bits(min_rsa_bits).max_rsa_bits(max_rsa_bits);
        json(&verify_with(&message, &dns, &policy, NOW)[0])
    };
    assert_eq!(with(4096, 8192)["cause"], "weak-key");
    assert_eq!(with(1024, 1024)["cause"], "key-unusable");
}

#[test]
fn bodies() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer, &crlf("From: a@example.com\n\nHi.\n\nBye.\n"));
    let end = message.len() - "Hi.\r\n\r\nBye.\r\n".len();
    for (message, word) in [
        ([&message[..], b"a footer\r\n"].concat(), "footer"),
        (message[..end].to_vec(), "body-absent"),
        (message[..message.len() - 3].to_vec(), "body-cut"),
        ([&message[..end], b"Hi.\n\nBye.\n"].concat(), "body-line-ends"),
        (replaced(&message, "Hi.", "Ho."), "body-changed"),
    ] {
        let report = cause(&message, &dns, word);
        assert_eq!(report["header_intact"], true, "{word}");
        assert_eq!(report.get("body_uncovered"), (word == "footer").then(|| json!(10)).as_ref(), "{word}");
        let other_subject = [b"Subject: Hi\r\n", &message[..]].concat();
        assert_eq!(cause(&other_subject, &dns, word)["header_intact"], false, "{word}");
    }
}

#[test]
fn a_header_that_was_changed_alone_has_no_word_on_whether_it_is_intact() {
    let (signer, dns) = signer(ED25519);
    let message = replaced(&sign(signer, &plain()), "dinner", "supper");
    assert_eq!(cause(&message, &dns, "bad-signature").get("header_intact"), None);
}

#[test]
fn a_body_length() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer.with_body_length(), &crlf("From: a@example.com\n\nHi.\n"));
    let report = cause(&[&message[..], b"more\r\n"].concat(), &dns, "body-length");
    assert_eq!((&report["body_length"], &report["body_uncovered"]), (&json!(5), &json!(6)));
    assert_eq!(report.get("header_intact"), None, "it is not the body hash that fails");
    cause(&message[..message.len() - 2], &dns, "body-length");
    let report = cause(&message[..message.len() - 4], &dns, "body-cut");
    assert_eq!(report["header_intact"], true);
    cause(&replaced(&message, "Hi.", "Ho."), &dns, "body-changed");
}

#[test]
fn what_is_not_looked_at() {
    let (signer, dns) = signer(ED25519);
    let signed = sign(signer, &plain());
    let field = &signed[..signed.len() - plain().len()];
    cause(b"DKIM-Signature: nonsense\r\nFrom: a@example.com\r\n\r\n", &dns, "malformed");
    let verdicts = verify(&[&field.repeat(11)[..], &plain()].concat(), &dns);
    assert_eq!(verdicts[10].cause, Some(Cause::NotExamined));
    let costly = VerifyPolicy::default().max_verifications(0);
    assert_eq!(verify_with(&signed, &dns, &costly, NOW)[0].cause, Some(Cause::NotExamined));
    cause(&[&b"X: y\r\n".repeat(3000)[..], &signed].concat(), &dns, "not-examined");
}

/// Of the fields that a reader sees, those of which the signature leaves some open; whether it passes or not.
#[test]
fn unsigned_fields() {
    let (signer, dns) = signer(ED25519);
    let message = crlf(
        "From: a@example.com\nTo: b@example.org\nCc: c@example.org\nReply-To: d@example.com\nSubject: Hi\n\
         Date: Tue, 14 Nov 2023 22:13:20 +0000\nX-Other: x\nContent-Type: text/plain\n\nHi.\n",
    );
    let signer = signer.fields(&["From", "To", "Date"]).unwrap().oversigned_fields(&[]).unwrap().expires_after(10);
    let message = sign(signer, &message);
    let expected = ["Reply-To", "Cc", "Subject", "Content-Type"];
    assert_eq!(json(&verify(&message, &dns)[0])["unsigned"], json!(expected));
    for broken in [replaced(&message, "Hi.", "Ho."), replaced(&message, "b@", "x@")] {
        assert_eq!(json(&verify(&broken, &dns)[0])["unsigned"], json!(expected));
    }
    let expired = verify_with(&message, &dns, &VerifyPolicy::default(), NOW + 100);
    assert_eq!((json(&expired[0])["unsigned"].clone(), expired[0].cause), (json!(expected), Some(Cause::Expired)));
    // One more than is signed is not signed either.
    let more = [b"To: e@example.org\r\n", &message[..]].concat();
    assert_eq!(json(&verify(&more, &dns)[0])["unsigned"], json!(["Reply-To", "To", "Cc", "Subject", "Content-Type"]));
}
