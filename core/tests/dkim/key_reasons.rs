//! The usual mistakes in publishing a key, each told with its remedy; and keys among other records.

use passerelle::crypto::{KeyError, KeyType, SigningKey};
use passerelle::dkim::{Absence, Cause, Failure, KeyRecordError, Verdict};
use passerelle::limits::{MAX_KEY_RECORDS, MAX_KEY_RECORDS_READ};

use passerelle::dkim::{Verifier, VerifyPolicy};
use passerelle::evaluate::Evaluation;
use passerelle::message::Header;
use passerelle::{Alias, Answer, DnsAnswer, Domain, Status, UnixTime};

use crate::common::{Dns, ED25519, NOW, RSA, plain, sign, signer, verify, words};

const NAME: &str = "sel._domainkey.example.com";

fn record() -> String {
    SigningKey::from_pem(RSA).unwrap().key_record()
}

/// The verdict on an RSA signature when these are the TXT records at its key's name.
fn with(records: &[&str]) -> Verdict {
    let mut dns = Dns::default();
    records.iter().for_each(|record| dns.add(NAME, record));
    verify(&sign(signer(RSA).0, &plain()), &dns).remove(0)
}

#[track_caller]
fn told(records: &[&str], error: KeyRecordError, words: &str) {
    let verdict = with(records);
    assert_eq!(verdict.failure, Some(Failure::Key(error)), "{records:?}");
    assert_eq!((verdict.result.as_str(), verdict.cause), ("permerror", Some(Cause::KeyUnusable)));
    let reason = verdict.reason.unwrap();
    assert!(reason.contains(words) && !reason.contains(';'), "{reason}");
}

#[test]
fn a_record_cut_at_255_octets() {
    let record = record();
    told(&[&record[..255]], KeyRecordError::CutAtString(255), "one string of a TXT record holds 255");
}

#[test]
fn a_record_cut_anywhere() {
    let record = record();
    for length in [200, 201, 202, 203, 300, 399] {
        let verdict = with(&[&record[..length]]);
        let Some(Failure::Key(KeyRecordError::Key(KeyError::Cut { present, announced: 294 }))) = verdict.failure else {
            panic!("{length}: {verdict:?}")
        };
        assert!(present < 294);
        assert!(verdict.reason.unwrap().contains("publish all of it, in several strings of one TXT record"));
    }
}

#[test]
fn a_key_split_over_several_records() {
    let record = record();
    for cuts in [vec![255], vec![100], vec![150, 300], vec![255, 300]] {
        let mut parts = Vec::new();
        let mut start = 0;
        for cut in cuts.into_iter().chain([record.len()]) {
            parts.push(&record[start..cut]);
            start = cut;
        }
        told(&parts, KeyRecordError::Split, "publish it as one TXT record of several strings");
        parts.reverse();
        told(&parts, KeyRecordError::Split, "one TXT record");
        parts.push("v=spf1 -all");
        told(&parts, KeyRecordError::Split, "one TXT record");
    }
}

#[test]
fn a_cut_record_beside_others_is_not_split() {
    let record = record();
    let verdict = with(&[&record[..255], "v=spf1 -all", "abcdef0123456789", "google-site-verification=abc"]);
    assert_eq!(verdict.failure, Some(Failure::Key(KeyRecordError::CutAtString(255))));
}

#[test]
fn quotation_marks_inside_the_text() {
    let record = record();
    for quoted in
        [format!("\"{record}\""), format!("{}\" \"{}", &record[..255], &record[255..]), record.replace("p=", "p=\"")]
    {
        told(&[&quoted], KeyRecordError::Quotes, "publish it without them");
    }
}

#[test]
fn backslashes_inside_the_text() {
    told(&[&record().replace(';', "\\;")], KeyRecordError::Backslash, "publish it without them");
}

#[test]
fn curly_quotes_and_spaces_that_are_none() {
    let record = record();
    told(
        &[&format!("\u{201c}{record}\u{201d}")],
        KeyRecordError::Character { character: '\u{201c}', place: 1 },
        "U+201C at octet 1",
    );
    let broken = record.replace("p=MII", "p=MII\u{a0}");
    told(&[&broken], KeyRecordError::Character { character: '\u{a0}', place: 22 }, "U+00A0 at octet 22");
}

#[test]
fn lines_of_a_pem_file() {
    let pem = include_str!("../keys/rsa2048.pub.pem").replace('\n', "");
    told(&[&format!("v=DKIM1; k=rsa; p={pem}")], KeyRecordError::Pem, "only the base64 between them");
}

#[test]
fn a_key_for_another_algorithm() {
    let ed25519 = SigningKey::from_pem(ED25519).unwrap();
    let mismatch = KeyRecordError::Mismatch { published: KeyType::Ed25519, wanted: KeyType::Rsa };
    told(&[&ed25519.key_record()], mismatch, "(k=ed25519) than the signature's algorithm takes (k=rsa)");
    let unnamed = format!("v=DKIM1; p={}", ed25519.public_key());
    told(&[&unnamed], KeyRecordError::Key(KeyError::Ed25519NotRsa), "the record needs k=ed25519");
}

/// RFC 8463 §4, with what to publish instead.
#[test]
fn an_ed25519_key_as_subject_public_key_info() {
    let (signer, _) = signer(ED25519);
    let spki: String = include_str!("../keys/ed25519.pub.pem").lines().filter(|line| !line.starts_with('-')).collect();
    let dns = Dns::with(NAME, &format!("v=DKIM1; k=ed25519; p={spki}"));
    let verdict = verify(&sign(signer, &plain()), &dns).remove(0);
    assert_eq!((verdict.result.as_str(), verdict.cause), ("permerror", Some(Cause::KeyUnusable)));
    let reason = verdict.reason.unwrap();
    let raw = SigningKey::from_pem(ED25519).unwrap().public_key();
    assert!(reason.contains("SubjectPublicKeyInfo") && reason.ends_with(&format!("p={raw}")), "{reason}");
}

#[test]
fn records_of_other_protocols_are_no_key() {
    for record in ["v=spf1 include:example.net -all", "v=DMARC1; p=reject", "google-site-verification=abc", "hello", ""]
    {
        let verdict = with(&[record]);
        assert_eq!(verdict.cause, Some(Cause::NoKey), "{verdict:?}");
        let reason = verdict.reason.unwrap();
        assert!(reason.contains(&format!("it begins with '{record}'")), "{reason}");
    }
    // What is there of a key says more.
    let verdict = with(&["a", "v=spf1 -all", "v=DKIM1; p="]);
    assert_eq!(verdict.cause, Some(Cause::KeyRevoked));
}

#[test]
fn a_name_that_does_not_exist_and_one_without_texts() {
    let message = sign(signer(RSA).0, &plain());
    let verdict = verify(&message, &Dns::default()).remove(0);
    let Some(Failure::NoKey { absence: Absence::NoName, .. }) = verdict.failure else { panic!("{verdict:?}") };
    let mut empty = Dns::default();
    empty.texts.insert(NAME.into(), vec![]);
    let verdict = verify(&message, &empty).remove(0);
    let Some(Failure::NoKey { absence: Absence::NoText, .. }) = verdict.failure else { panic!("{verdict:?}") };
}

/// Mail services have their customers publish a CNAME; it leads to nowhere when the service has no key for them.
#[test]
fn an_alias_that_leads_to_no_key() {
    let message = sign(signer(RSA).0, &plain());
    let target = Domain::parse("sel.dkim.esp.example").unwrap();
    for (status, exists, says) in
        [(Status::NxDomain, false, "does not exist"), (Status::NoError, true, "has no TXT record")]
    {
        let (header, body) = Header::split(&message);
        let mut verifier = Verifier::new(&header, &VerifyPolicy::default(), UnixTime(NOW));
        verifier.body(body);
        let answer = DnsAnswer::empty(status).with_aliases([Alias::new(target.clone(), false)]);
        let request = verifier.key_requests().remove(0);
        let key = Evaluation::new(request).run_with(|_| Answer::Dns(answer.clone()));
        let verdict = verifier.finish(vec![Some(key)]).remove(0);
        let Some(Failure::NoKey { absence, .. }) = &verdict.failure else { panic!("{verdict:?}") };
        assert_eq!(absence, &Absence::Alias { target: target.clone(), exists });
        let reason = verdict.reason.unwrap();
        assert!(reason.contains(&format!("it is an alias (CNAME) of {target}, which {says}")), "{reason}");
    }
}

/// A wildcard, verification tokens, old keys: none of them hides the key, wherever its text sorts.
#[test]
fn unrelated_records_do_not_hide_a_key() {
    let good = record();
    let old = SigningKey::from_pem(ED25519).unwrap().public_key();
    for other in
        ["v=spf1 -all", "a token", "zzz", "v=DKIM1; p=", "v=DKIM1; k=rsa; p=QUJD", &format!("k=ed25519; p={old}")]
    {
        for count in [MAX_KEY_RECORDS, 40, 3 * MAX_KEY_RECORDS_READ] {
            let others: Vec<String> = (0..count)
                .map(|n| format!("{other}{}", if other.contains(';') { format!("; n={n}") } else { n.to_string() }))
                .collect();
            let mut dns = Dns::default();
            others.iter().for_each(|other| dns.add(NAME, other));
            dns.add(NAME, &good);
            let verdicts = verify(&sign(signer(RSA).0, &plain()), &dns);
            // Behind more records that look like keys than are read, even a good one is lost.
            let lost = count > MAX_KEY_RECORDS_READ && other.contains("p=") && verdicts[0].result.as_str() != "pass";
            assert!(lost || words(&verdicts) == ["pass"], "{count} times {other}: {verdicts:?}");
        }
    }
}
