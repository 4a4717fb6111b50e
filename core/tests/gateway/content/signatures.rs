//! Signatures of ours.

use passerelle::Domain;
use passerelle::gateway::content::keys::KeyState;
use passerelle::gateway::content::signing::Unsigned;

use super::world::{ED25519, RSA, came, crlf, passing, policy, policy_with_two_keys, rule, sign, signer, verify};

const FROM_US: &str = "From: Ann <ann@example.com>\nTo: bob@partner.example\nDate: Sat, 28 Nov 2026 12:00:00 +0000\nMessage-ID: <1@example.com>\nSubject: Hello\n\nHello  you\n\n";

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(domain, selector)| ((*domain).to_owned(), (*selector).to_owned())).collect()
}

#[test]
fn given_mail_of_ours_then_each_key_of_the_authors_domain_signs_it_on_top_and_a_receiver_verifies_both() {
    let gone = came(policy_with_two_keys(), &crlf(FROM_US)).goes();
    assert!(gone.text().starts_with("DKIM-Signature:"));
    assert_eq!(passing(&gone.message), pairs(&[("example.com", "ed"), ("example.com", "rsa")]));
    assert!(gone.text().ends_with(FROM_US));
    let signed = &gone.rewritten.signed;
    assert_eq!(signed.domain.as_ref().map(Domain::as_str), Some("example.com"));
    assert_eq!(signed.by.iter().map(Domain::as_str).collect::<Vec<_>>(), ["ed", "rsa"]);
}

#[test]
fn given_all_changes_then_ours_is_made_after_them_and_those_that_broke_are_named() {
    let rules = rule(
        "legal",
        "footer = { text = \"bye\" }, subject_prefix = \"[x] \", add_header = [\"Reply-To: desk@example.com\"]",
    );
    let message = sign(signer("app.example", RSA, "rsa"), &crlf(FROM_US));
    let gone = came(policy(&rules), &message).submitted().goes();
    assert_eq!(passing(&gone.message), pairs(&[("example.com", "ed")]));
    assert!(gone.body.ends_with(b"bye\r\n"));
    let broke: Vec<_> = gone.made().into_iter().filter(|(.., broke)| !broke.is_empty()).collect();
    assert_eq!(broke, [("add_header", Some("legal"), vec!["app.example"])], "the first that broke it");
}

#[test]
fn given_what_was_not_admitted_then_nothing_is_signed_whatever_from_says() {
    let gone = came(policy(""), &crlf(FROM_US)).of_a_stranger().goes();
    assert!(!gone.text().contains("DKIM-Signature") && gone.rewritten.signed.domain.is_none());
}

#[test]
fn given_an_author_of_a_domain_without_a_key_then_no_other_domain_signs() {
    for from in ["ann@sub.example.com", "ann@partner.example", "ann@example.com, eve@partner.example"] {
        let gone = came(policy(""), &crlf(&FROM_US.replace("Ann <ann@example.com>", from))).goes();
        assert!(!gone.text().contains("DKIM-Signature"), "{from}");
    }
    let gone = came(policy(""), &crlf(&FROM_US.replace("From: Ann <ann@example.com>\n", ""))).goes();
    assert!(!gone.text().contains("DKIM-Signature"));
}

#[test]
fn given_a_signature_of_the_same_domain_and_selector_then_it_is_not_signed_again_by_that_key() {
    let message = sign(signer("example.com", ED25519, "ed"), &crlf(FROM_US));
    let gone = came(policy_with_two_keys(), &message).goes();
    assert_eq!(passing(&gone.message), pairs(&[("example.com", "rsa"), ("example.com", "ed")]));
    let signed = &gone.rewritten.signed;
    assert_eq!((signed.by.len(), signed.without[0].1), (1, Unsigned::Already));
    // One of another selector or another domain is none of ours.
    for other in [signer("example.com", ED25519, "ed2"), signer("sub.example.com", ED25519, "ed")] {
        let gone = came(policy(""), &sign(other, &crlf(FROM_US))).goes();
        assert_eq!(passing(&gone.message).len(), 2);
    }
}

#[test]
fn given_a_signature_of_ours_that_does_not_verify_any_more_then_it_is_made_again() {
    let message = sign(signer("example.com", ED25519, "ed"), &crlf(FROM_US));
    let ours = pairs(&[("example.com", "ed")]);
    // Our own change has broken it.
    let gone = came(policy(&rule("tag", "subject_prefix = \"[x] \"")), &message).goes();
    assert_eq!(passing(&gone.message), ours);
    // Somebody has appended something to the body.
    let appended = [&message[..], b"more\r\n"].concat();
    assert_eq!(passing(&came(policy(""), &appended).goes().message), ours);
    // It has expired.
    let expired = sign(signer("example.com", ED25519, "ed").expires_after(30), &crlf(FROM_US));
    assert_eq!(passing(&came(policy(""), &expired).goes().message), ours);
    // Verification has said that it fails: a field was changed.
    let changed = String::from_utf8(message).unwrap().replace("Subject: Hello", "Subject: Hullo").into_bytes();
    let mut came = came(policy(""), &changed);
    came.verdicts = verify(&changed);
    assert_eq!(passing(&came.goes().message), ours);
    // What is no signature is none.
    let empty = [b"DKIM-Signature: d=example.com; s=ed\r\n", &crlf(FROM_US)[..]].concat();
    assert_eq!(passing(&super::world::came(policy(""), &empty).goes().message), ours);
}

#[test]
fn given_one_of_two_keys_that_is_not_published_then_the_other_signs_alone() {
    let mut came = came(policy_with_two_keys(), &crlf(FROM_US));
    came.keys.insert(Domain::parse("example.com").unwrap(), "rsa".to_owned(), KeyState::Another);
    let gone = came.goes();
    assert_eq!(passing(&gone.message), pairs(&[("example.com", "ed")]));
    assert_eq!(gone.rewritten.signed.without[0].1, Unsigned::NotPublished(KeyState::Another));
}

#[test]
fn given_what_could_not_verify_then_the_mail_goes_on_unsigned_and_it_is_told_why() {
    let gone = came(policy(""), b"From: ann@example.com\r\n\r\nbare\nline\r\n").goes();
    assert!(!gone.text().contains("DKIM-Signature"));
    assert!(matches!(gone.rewritten.signed.without[0].1, Unsigned::Impossible(_)));
}
