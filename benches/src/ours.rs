//! The work as Passerelle does it.

use std::collections::BTreeMap;
use std::sync::Arc;

use passerelle::dkim::{DkimResult, KeyAnswer, Signer, Signing, Verifier, VerifyPolicy};
use passerelle::message::Header;
use passerelle::spf::{CheckHost, Request, SpfResult};
use passerelle::verify::{self, Envelope, Settings};
use passerelle::{
    Answer, Answers, DnsAnswer, Domain, Evaluate, Evaluation, Now, Question, Record, RecordType, Records, Status,
};

use crate::mail;
use crate::zone::{Client, Zone};

/// Verifies all signatures of a message with the key at hand; whether each of them passes.
pub fn verify(message: &[u8], key: &KeyAnswer) -> bool {
    let (header, body) = Header::split(message);
    let mut verifier = Verifier::new(&header, &VerifyPolicy::default(), mail::NOW);
    let keys = verifier.key_requests().iter().map(|_| Some(key.clone())).collect();
    verifier.body(body);
    let verdicts = verifier.finish(keys);
    !verdicts.is_empty() && verdicts.iter().all(|verdict| verdict.result == DkimResult::Pass)
}

/// What a host's cache has for the key record.
pub fn key_answer(record: &str) -> KeyAnswer {
    KeyAnswer::of(&Records::from([Record::Txt(record.as_bytes().to_vec())]))
}

/// Signs a message and gives the signature field.
pub fn sign(signer: &Arc<Signer>, message: &[u8]) -> Vec<u8> {
    let (header, body) = Header::split(message);
    let mut signing = Signing::new(signer, &header, mail::NOW).expect("the message can be signed");
    signing.body(body);
    signing.finish().expect("the key works")
}

/// SPF with a host that answers each question when it is asked, from its cache: every answer ends a run and begins
/// another.
pub fn spf_one_by_one(zone: &Zone, client: &Client) -> SpfResult {
    Evaluation::new(check(client)).run_with(|question| zone.answer(question)).result
}

/// SPF where every answer is there before: one run.
pub fn spf_at_once(answers: &mut Answers, client: &Client) -> SpfResult {
    check(client).evaluate(answers).expect("every answer is there").result
}

/// One run over answers that the host has just made, so that each record is read.
pub fn spf_of_new_answers(zone: &Zone, client: &Client) -> SpfResult {
    let mut answers = Answers::new();
    for (name, _) in &zone.texts {
        answers.note_dns(&Domain::parse(name).expect("a name"), RecordType::Txt);
    }
    while let Some((id, question)) = answers.next_question() {
        answers.supply(id, zone.new_answer(&question)).expect("it was asked for");
    }
    spf_at_once(&mut answers, client)
}

/// The same with a run for each answer.
pub fn spf_of_new_answers_one_by_one(zone: &Zone, client: &Client) -> SpfResult {
    Evaluation::new(check(client)).run_with(|question| zone.new_answer(question)).result
}

/// The answers that an evaluation asks for.
pub fn answers(zone: &Zone, client: &Client) -> Answers {
    let (check, mut answers) = (check(client), Answers::new());
    while check.evaluate(&mut answers).is_err() {
        while let Some((id, question)) = answers.next_question() {
            answers.supply(id, zone.answer(&question)).expect("it was asked for");
        }
    }
    answers
}

fn check(client: &Client) -> CheckHost {
    // The peers write no trail.
    CheckHost::mail_from(&Request::new(client.ip.into(), client.helo, client.mail_from)).without_trail()
}

/// A host that has every answer in its cache, and wants a whole report.
pub struct ReportHost {
    settings: Settings,
    envelope: Envelope,
    cache: BTreeMap<Question, Answer>,
}

impl ReportHost {
    /// With the trail, or without it.
    pub fn new(trail: bool) -> Self {
        let envelope = Envelope::new().ip([192, 0, 2, 1].into()).helo("mail.example.com").mail_from("ann@example.com");
        Self { settings: Settings::new("mx.example.net").trail(trail), envelope, cache: BTreeMap::new() }
    }

    /// The report's size as JSON.
    pub fn report(&mut self, message: &[u8]) -> usize {
        let cache = &mut self.cache;
        let answer = |question: &Question| cache.entry(question.clone()).or_insert_with(|| found(question)).clone();
        let report = verify::verify(message, &self.envelope, &self.settings, Now::at(mail::NOW.0), answer);
        report.map_or(0, |report| report.to_json().len())
    }
}

fn found(question: &Question) -> Answer {
    let text = |text: &str| DnsAnswer::found([Record::Txt(text.as_bytes().to_vec())]);
    let Question::Dns(name, kind) = question else { return Answer::timeout(question) };
    Answer::Dns(match (name.as_str(), kind) {
        ("example.com", RecordType::Txt) => text("v=spf1 include:_spf.example.com mx -all"),
        ("_spf.example.com", RecordType::Txt) => text("v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.0/24 ~all"),
        ("mail.example.com", RecordType::Txt) => text("v=spf1 a -all"),
        ("mail.example.com", RecordType::A) => DnsAnswer::found([Record::A([192, 0, 2, 1].into())]),
        ("1.2.0.192.in-addr.arpa", RecordType::Ptr) => match Domain::parse("mail.example.com") {
            Ok(name) => DnsAnswer::found([Record::Ptr(name)]),
            Err(_) => DnsAnswer::empty(Status::NxDomain),
        },
        ("_dmarc.example.com", RecordType::Txt) => text("v=DMARC1; p=reject; rua=mailto:d@example.com"),
        (name, RecordType::Txt) if name.contains("._domainkey.") => text(&mail::key().key_record()),
        _ => DnsAnswer::empty(Status::NxDomain),
    })
}
