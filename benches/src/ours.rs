//! The work as Passerelle does it.

use std::sync::Arc;

use passerelle::dkim::{DkimResult, KeyAnswer, Signer, Signing, Verifier, VerifyPolicy};
use passerelle::message::Header;
use passerelle::spf::{CheckHost, Request, SpfResult};
use passerelle::{Answers, Domain, Evaluate, Evaluation, Record, RecordType, Records};

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
