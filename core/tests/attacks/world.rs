//! Two domains with everything in order: `harbour.example`, which attackers want to be taken for, and `evil.example`,
//! which is theirs. A message from evil.example passes SPF, DKIM and DMARC, for evil.example.

use std::cell::RefCell;
use std::sync::Arc;

use passerelle::crypto::SigningKey;
use passerelle::dkim::{Signer, Signing};
use passerelle::message::Header;
use passerelle::verify::{Envelope, Report, Settings, verify};
use passerelle::{Answer, Domain, Now, Question, Transcript, UnixTime};
use serde_json::{Value, json};

pub(crate) const RSA: &str = include_str!("../keys/rsa2048.pem");
pub(crate) const ED25519: &str = include_str!("../keys/ed25519.pem");
pub(crate) const NOW: u64 = 1_790_000_000;

pub(crate) fn key(pem: &str) -> SigningKey {
    SigningKey::from_pem(pem).unwrap()
}

/// The DNS of both domains, with more entries, which come before those for the same name and type.
pub(crate) fn world(more: &[Value]) -> Transcript {
    let record = |name: &str, kind: &str, text: &str| json!({"name": name, "type": kind, "records": [text]});
    let mut answers = vec![
        record("harbour.example", "TXT", "v=spf1 ip4:192.0.2.1 -all"),
        record("_dmarc.harbour.example", "TXT", "v=DMARC1; p=reject"),
        record("s._domainkey.harbour.example", "TXT", &key(RSA).key_record()),
        record("e._domainkey.harbour.example", "TXT", &key(ED25519).key_record()),
        record("evil.example", "TXT", "v=spf1 ip4:203.0.113.9 -all"),
        record("_dmarc.evil.example", "TXT", "v=DMARC1; p=reject"),
        record("k._domainkey.evil.example", "TXT", &key(ED25519).key_record()),
    ];
    let same = |a: &Value, b: &Value| a["name"] == b["name"] && a["type"] == b["type"];
    answers.retain(|answer| !more.iter().any(|entry| same(answer, entry)));
    answers.extend_from_slice(more);
    Transcript::parse(json!({"answers": answers}).to_string().as_bytes()).unwrap()
}

/// A TXT record for [`world`].
pub(crate) fn txt(name: &str, text: &str) -> Value {
    json!({"name": name, "type": "TXT", "records": [text]})
}

pub(crate) fn settings() -> Settings {
    Settings::new("mx.receiver.example")
}

/// The attacker's session.
pub(crate) fn evil() -> Envelope {
    Envelope::new().ip([203, 0, 113, 9].into()).helo("evil.example").mail_from("a@evil.example")
}

/// A report, and the questions that led to it.
pub(crate) fn asked(
    message: &[u8],
    envelope: &Envelope,
    settings: &Settings,
    answer: impl Fn(&Question) -> Answer,
) -> (Report, Vec<String>) {
    let questions = RefCell::new(Vec::new());
    let report = verify(message, envelope, settings, Now::at(NOW), |question| {
        let Question::Dns(name, kind) = question else { panic!("the DNS alone is asked") };
        questions.borrow_mut().push(format!("{name} {kind}"));
        answer(question)
    });
    (report.expect("a host that answers gets a report"), questions.into_inner())
}

pub(crate) fn report_in(world: &Transcript, message: impl AsRef<[u8]>, envelope: &Envelope) -> Report {
    asked(message.as_ref(), envelope, &settings(), |question| world.answer(question)).0
}

/// The report on a message that the attacker sends.
pub(crate) fn from_evil(message: impl AsRef<[u8]>) -> Report {
    report_in(&world(&[]), message, &evil())
}

/// The message with a signature of `domain` in front, as made by `signer`.
pub(crate) fn signed_by(signer: Signer, message: &str) -> String {
    String::from_utf8(signed_octets(signer, message.as_bytes())).unwrap()
}

/// The same of octets that need not be text.
pub(crate) fn signed_octets(signer: Signer, message: &[u8]) -> Vec<u8> {
    let (header, body) = Header::split(message);
    let mut signing = Signing::new(&Arc::new(signer), &header, UnixTime(NOW)).unwrap();
    signing.body(body);
    [signing.finish().unwrap(), message.to_vec()].concat()
}

/// A signer for harbour.example with its Ed25519 key.
pub(crate) fn harbour() -> Signer {
    Signer::new(Domain::parse("harbour.example").unwrap()).key("e", key(ED25519)).unwrap()
}

pub(crate) fn dkim_words(report: &Report) -> Vec<&'static str> {
    report.dkim.iter().map(|verdict| verdict.result.as_str()).collect()
}

/// What the trail says of a step, as `outcome: why`.
pub(crate) fn step(report: &Report, name: &str) -> Option<String> {
    let step = report.trail.steps().iter().find(|step| step.step == name)?;
    Some(format!("{}: {}", step.outcome, step.why))
}
