//! A message of 100 MB is verified and signed in a stream, in memory that does not grow with the body.

use std::sync::Arc;

use passerelle::crypto::SigningKey;
use passerelle::dkim::{Canonicalization, Signer, Signing};
use passerelle::message::Header;
use passerelle::verify::{Envelope, Event, Input, Report, Settings, Verification};
use passerelle::{Answer, DnsAnswer, Domain, Machine, Now, Output, Question, Record, Status, UnixTime};

use crate::counting::measure;

const NOW: u64 = 1_700_000_000;
const MESSAGE: usize = 100_000_000;
/// Without optimization the relaxed canonicalization takes most of a minute for that; `cargo xtask bench` runs this
/// with it.
const RELAXED: usize = if cfg!(debug_assertions) { MESSAGE / 10 } else { MESSAGE };
/// What may be held besides the header section.
const ALLOWED: usize = 512 * 1024;
const HEADER: &str = "From: Ann <ann@example.com>\r\nTo: bob@example.org\r\nSubject: A long one\r\n\r\n";

#[test]
fn text() {
    let mut line = b"Line after line of words, and some  of them \tneed a change".to_vec();
    line.extend_from_slice(b" \r\n");
    let chunk = line.repeat(1000);
    check("text", &chunk, RELAXED, Canonicalization::Relaxed);
    check("text", &chunk, MESSAGE, Canonicalization::Simple);
}

/// Whether these octets count is known at the end only, so all of them are held back, as numbers.
#[test]
fn empty_lines_and_blanks() {
    for chunk in [b"\r\n".repeat(30_000), b" \t \r\n".repeat(12_000), b" ".repeat(60_000), b"\r".repeat(60_000)] {
        for canonicalization in [Canonicalization::Relaxed, Canonicalization::Simple] {
            check("blanks", &chunk, RELAXED / 2, canonicalization);
        }
    }
}

fn check(name: &str, chunk: &[u8], size: usize, canonicalization: Canonicalization) {
    // A signer refuses a bare CR, so for that body the signature is another's, and the verdict is not pass.
    let signable = chunk.ends_with(b"\n") || !chunk.contains(&b'\r');
    let (signature, signing) = measure(|| sign(if signable { chunk } else { b"\r\n" }, size, canonicalization));
    let header = [&signature[..], HEADER.as_bytes()].concat();
    let (report, verification) = measure(|| verify(&header, chunk, size));
    let result = report.dkim[0].result.as_str();
    assert_eq!(result, if signable { "pass" } else { "fail" }, "{:?}", report.dkim[0]);
    let (signing, verification) = (octets(signing.peak), octets(verification.peak));
    println!("{size} octets of {name}, {canonicalization}: signing held {signing}, verification {verification}");
    for held in [signing, verification] {
        assert!(held <= header.len() + ALLOWED, "{held} octets held for {size} octets of {name}, {canonicalization}");
    }
}

fn octets(peak: isize) -> usize {
    usize::try_from(peak).expect("a peak is not below the start")
}

fn key() -> SigningKey {
    SigningKey::from_pem(include_str!("../keys/rsa2048.pem")).expect("the test key is a key")
}

fn sign(chunk: &[u8], size: usize, canonicalization: Canonicalization) -> Vec<u8> {
    let signer = Signer::new(Domain::parse("example.com").unwrap()).key("sel", key()).unwrap();
    let signer = Arc::new(signer.canonicalization(canonicalization, canonicalization));
    let (header, _) = Header::split(HEADER.as_bytes());
    let mut signing = Signing::new(&signer, &header, UnixTime(NOW)).unwrap();
    for _ in 0..size / chunk.len() {
        signing.body(chunk);
    }
    signing.finish().unwrap()
}

/// The whole machine, with every answer, fed chunk by chunk.
fn verify(header: &[u8], chunk: &[u8], size: usize) -> Report {
    let envelope =
        Envelope::new().ip("192.0.2.1".parse().unwrap()).helo("mail.example.com").mail_from("ann@example.com");
    let now = Now::at(NOW);
    let mut verification = Verification::new(&Settings::default(), &envelope, now);
    verification.handle(now, Input::Octets(header)).unwrap();
    for _ in 0..size / chunk.len() {
        verification.handle(now, Input::Octets(chunk)).unwrap();
    }
    verification.handle(now, Input::End).unwrap();
    loop {
        match verification.poll() {
            Output::Ask(id, question) => verification.handle(now, Input::Answer(id, answer(&question))).unwrap(),
            Output::Event(Event::Report(report)) => return *report,
            Output::Event(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn answer(question: &Question) -> Answer {
    let Question::Dns(name, _) = question else { panic!("{question:?}") };
    let text = match name.as_str() {
        "sel._domainkey.example.com" => key().key_record(),
        "example.com" => "v=spf1 ip4:192.0.2.1 -all".to_owned(),
        "_dmarc.example.com" => "v=DMARC1; p=reject".to_owned(),
        _ => return Answer::Dns(DnsAnswer::empty(Status::NxDomain)),
    };
    Answer::Dns(DnsAnswer::found([Record::Txt(text.into_bytes())]))
}
