//! A domain that signs, and the DNS that says so.

use std::sync::Arc;

use passerelle::crypto::SigningKey;
use passerelle::dkim::{Signer, Signing};
use passerelle::message::Header;
use passerelle::verify::{Envelope, Report, Settings, verify};
use passerelle::{Domain, Now, Transcript, UnixTime};

pub(crate) const RSA: &str = include_str!("../keys/rsa2048.pem");
pub(crate) const ED25519: &str = include_str!("../keys/ed25519.pem");
pub(crate) const NOW: u64 = 1_790_000_000;

pub(crate) const MESSAGE: &str = "Authentication-Results: mx.receiver.example; dmarc=pass header.from=harbour.example\r\n\
    From: =?utf-8?q?Maya_Quay?= <maya@harbour.example>\r\nTo: crew@receiver.example\r\n\
    Subject: The tide\r\n table\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@harbour.example>\r\n\r\n\
    High water at six.  \r\n\r\nLow \t water at noon.\r\n\r\n\r\n";

fn key(pem: &str) -> SigningKey {
    SigningKey::from_pem(pem).unwrap()
}

/// The message with an RSA and an Ed25519 signature of `domain`.
pub(crate) fn signed(message: &str, domain: &str) -> Vec<u8> {
    let signer = Signer::new(Domain::parse(domain).unwrap());
    let signer = Arc::new(signer.key("r", key(RSA)).unwrap().key("e", key(ED25519)).unwrap());
    let (header, body) = Header::split(message.as_bytes());
    let mut signing = Signing::new(&signer, &header, UnixTime(NOW)).unwrap();
    signing.body(body);
    let mut signed = signing.finish().unwrap();
    signed.extend_from_slice(message.as_bytes());
    signed
}

pub(crate) fn transcript(policy: &str) -> Transcript {
    let json = serde_json::json!({"answers": [
        {"name": "harbour.example", "type": "TXT", "records": ["v=spf1 include:_spf.harbour.example mx -all"]},
        {"name": "harbour.example", "type": "MX", "records": ["10 mail.harbour.example", "20 mail2.harbour.example"]},
        {"name": "_spf.harbour.example", "type": "TXT", "records": ["v=spf1 ip4:198.51.100.0/24 ~all"]},
        {"name": "mail.harbour.example", "type": "A", "records": ["192.0.2.1"]},
        {"name": "mail.harbour.example", "type": "TXT", "records": ["v=spf1 a -all"]},
        {"name": "mail2.harbour.example", "type": "A", "records": ["192.0.2.2"]},
        {"name": "1.2.0.192.in-addr.arpa", "type": "PTR", "records": ["mail.harbour.example"]},
        {"name": "r._domainkey.harbour.example", "type": "TXT", "records": [key(RSA).key_record()]},
        {"name": "e._domainkey.harbour.example", "type": "TXT", "records": [key(ED25519).key_record()]},
        {"name": "_dmarc.harbour.example", "type": "TXT", "records": [policy]},
    ]});
    Transcript::parse(json.to_string().as_bytes()).unwrap()
}

pub(crate) fn envelope() -> Envelope {
    Envelope::new().ip([192, 0, 2, 1].into()).helo("mail.harbour.example").mail_from("maya@harbour.example")
}

pub(crate) fn settings() -> Settings {
    Settings::new("mx.receiver.example")
}

pub(crate) fn report_with(message: &[u8], envelope: &Envelope, transcript: &Transcript) -> Report {
    let report = verify(message, envelope, &settings(), Now::at(NOW), |question| transcript.answer(question));
    report.expect("a host that answers gets a report")
}

pub(crate) fn report(message: &[u8]) -> Report {
    report_with(message, &envelope(), &transcript("v=DMARC1; p=reject"))
}
