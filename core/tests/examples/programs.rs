//! `verify` and `sign`.

use passerelle::UnixTime;
use passerelle::verify::Authenticated;

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/sign.rs"]
mod sign;
#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/verify.rs"]
mod verify;

const TRANSCRIPT: &[u8] = include_bytes!("../../../examples/dns.json");

#[test]
fn verify_reports_on_a_message() {
    let report = verify::report(include_bytes!("../../../examples/message.eml"), TRANSCRIPT).unwrap();
    assert_eq!(report.authenticated(), Authenticated::Yes);
    assert_eq!(report.spf.result.as_str(), "pass");
}

#[test]
fn verify_refuses_what_is_no_message() {
    let error = verify::report(TRANSCRIPT, TRANSCRIPT).unwrap_err().to_string();
    assert!(error.contains("JSON"), "{error}");
}

#[test]
fn sign_makes_a_signature_that_verifies() {
    use passerelle::message::Header;

    let message = b"From: ann@harbour.example\r\nSubject: Hello\r\n\r\nHello.\r\n";
    let key = include_str!("../keys/rsa2048.pem");
    let now = UnixTime(1_790_000_000);
    let signature = sign::sign(message, key, "r2026", "harbour.example", now).unwrap();
    let signed = [signature.as_slice(), message].concat();
    let (header, _) = Header::split(&signed);
    let field = header.named("DKIM-Signature").next().unwrap();
    assert!(field.value().windows(17).any(|octets| octets == b"d=harbour.example"));

    let public: String =
        include_str!("../keys/rsa2048.pub.pem").lines().filter(|line| !line.starts_with('-')).collect();
    let zone = format!(
        r#"{{"answers": [{{"name": "r2026._domainkey.harbour.example", "type": "TXT", "records": ["v=DKIM1; p={public}"]}}]}}"#
    );
    let report = verify::report(&signed, zone.as_bytes()).unwrap();
    assert_eq!(report.dkim.iter().map(|verdict| verdict.result.as_str()).collect::<Vec<_>>(), ["pass"]);
    assert_eq!(report.authenticated(), Authenticated::Yes);
}
