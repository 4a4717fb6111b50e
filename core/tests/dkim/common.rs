//! A table of keys for the DNS, and messages to try.

use std::collections::BTreeMap;
use std::sync::Arc;

use passerelle::crypto::SigningKey;
use passerelle::dkim::{KeyRequest, Signer, Signing, Verdict, Verifier, VerifyPolicy};
use passerelle::evaluate::Evaluation;
use passerelle::message::Header;
use passerelle::{Answer, DnsAnswer, Domain, Question, Record, Status, UnixTime};

pub const RSA: &str = include_str!("../keys/rsa2048.pem");
pub const ED25519: &str = include_str!("../keys/ed25519.pem");

/// When test messages are signed, unless a test says otherwise.
pub const NOW: u64 = 1_700_000_000;

/// TXT records by name.
#[derive(Clone, Debug, Default)]
pub struct Dns {
    pub texts: BTreeMap<String, Vec<String>>,
    pub failing: Vec<String>,
}

impl Dns {
    pub fn add(&mut self, name: &str, text: &str) {
        self.texts.entry(name.to_owned()).or_default().push(text.to_owned());
    }

    pub fn with(name: &str, text: &str) -> Self {
        let mut dns = Self::default();
        dns.add(name, text);
        dns
    }

    pub fn answer(&self, question: &Question) -> Answer {
        let Question::Dns(name, _) = question else { panic!("DKIM asks the DNS only") };
        if self.failing.iter().any(|n| n == name.as_str()) {
            return Answer::Dns(DnsAnswer::empty(Status::ServFail));
        }
        let texts = self.texts.get(name.as_str()).map(|texts| {
            let records: Vec<_> = texts.iter().map(|t| Record::Txt(t.clone().into_bytes())).collect();
            DnsAnswer::found(records)
        });
        Answer::Dns(texts.unwrap_or_else(|| DnsAnswer::empty(Status::NxDomain)))
    }
}

pub fn verify_with(message: &[u8], dns: &Dns, policy: &VerifyPolicy, now: u64) -> Vec<Verdict> {
    verify_chunks(message, &[], dns, policy, now)
}

/// Verifies with the body cut into chunks of these sizes; what is left comes as one.
pub fn verify_chunks(message: &[u8], sizes: &[usize], dns: &Dns, policy: &VerifyPolicy, now: u64) -> Vec<Verdict> {
    let (header, mut body) = Header::split(message);
    let mut verifier = Verifier::new(&header, policy, UnixTime(now));
    let ask = |request: KeyRequest| Some(Evaluation::new(request).run_with(|question| dns.answer(question)));
    let keys = verifier.key_requests().into_iter().map(ask).collect();
    for &size in sizes {
        let (chunk, rest) = body.split_at(size.min(body.len()));
        verifier.body(chunk);
        body = rest;
    }
    verifier.body(body);
    verifier.finish(keys)
}

pub fn verify(message: &[u8], dns: &Dns) -> Vec<Verdict> {
    verify_with(message, dns, &VerifyPolicy::default(), NOW)
}

pub fn words(verdicts: &[Verdict]) -> Vec<&'static str> {
    verdicts.iter().map(|v| v.result.as_str()).collect()
}

/// A key, and the DNS in which it is published under `sel` of example.com.
pub fn key(pem: &str) -> (SigningKey, Dns) {
    let key = SigningKey::from_pem(pem).unwrap();
    let dns = Dns::with("sel._domainkey.example.com", &key.key_record());
    (key, dns)
}

pub fn signer(pem: &str) -> (Signer, Dns) {
    let (key, dns) = key(pem);
    (Signer::new(Domain::parse("example.com").unwrap()).key("sel", key).unwrap(), dns)
}

/// The message with its signatures in front.
pub fn sign(signer: Signer, message: &[u8]) -> Vec<u8> {
    let (header, body) = Header::split(message);
    let mut signing = Signing::new(&Arc::new(signer), &header, UnixTime(NOW)).unwrap();
    signing.body(body);
    [signing.finish().unwrap(), message.to_vec()].concat()
}

pub fn crlf(text: &str) -> Vec<u8> {
    text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()
}

/// A message without a signature.
pub fn plain() -> Vec<u8> {
    crlf(
        "From: Joe <joe@example.com>\nTo: suzie@example.net\nSubject: Is dinner ready?\n\nHi.\n\nAre you hungry yet?\n",
    )
}

/// The message with one text put for another, which must be there.
pub fn replaced(message: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(message.to_vec()).unwrap();
    assert!(text.contains(from), "{from:?} is not in the message");
    text.replacen(from, to, 1).into_bytes()
}
