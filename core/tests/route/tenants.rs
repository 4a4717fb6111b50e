//! The proof that a message from a range that many customers share is ours.

use std::sync::Arc;

use passerelle::crypto::SigningKey;
use passerelle::dkim::{Signer, Signing};
use passerelle::message::Header;
use passerelle::route::Message;
use passerelle::route::policy::Policy;
use passerelle::verify::{Envelope, Settings, Verification};
use passerelle::{Machine, Now, Output, Transcript, UnixTime};

use crate::world::{BASE, NOW, case, message, policy};

const PARTNER: &str = "bob@partner.example";
const PROVIDER: &str = "203.0.113.5";
const SECRET: &str = "open sesame 1234567890";

fn by_header() -> Arc<Policy> {
    policy(&format!(
        "{BASE}[[relay]]\nname = \"workspace\"\npeers = [\"203.0.113.0/24\"]\nshared = true\nnull_sender = \"tenant\"\ntenant = {{ header = \"X-Gateway-Tenant\", value_file = \"tenant.secret\" }}\n"
    ))
}

#[test]
fn given_the_right_field_exactly_once_then_the_tenant_is_proven_and_the_field_goes_no_further() {
    let text = format!("X-Gateway-Tenant: {SECRET}\nFrom: ann@example.com\n\nHello\n");
    let json = case(&by_header(), "ann@example.com", PARTNER).peer(PROVIDER).message(&text).json();
    assert_eq!((json["admitted"].as_bool(), json["late"].as_bool()), (Some(true), Some(true)));
    let mutation = &json["mutations"][0];
    assert_eq!((mutation["action"].as_str(), mutation["rule"].is_null()), (Some("remove_header"), true));
    assert_eq!(mutation["value"], "X-Gateway-Tenant");
    assert!(!json.to_string().contains(SECRET));
}

#[test]
fn given_no_field_a_wrong_one_or_two_then_550_5_7_1_behind_the_dot() {
    for fields in [
        String::new(),
        "X-Gateway-Tenant: guess\n".to_owned(),
        format!("X-Gateway-Tenant: {SECRET} \u{a0}\n"),
        format!("X-Gateway-Tenant: guess\nX-Gateway-Tenant: {SECRET}\n"),
        format!("X-Gateway-Tenant: {SECRET}\nX-Gateway-Tenant: {SECRET}\n"),
        format!("X-Other: {SECRET}\n"),
    ] {
        let text = format!("{fields}From: ann@example.com\n\nHello\n");
        let case = case(&by_header(), "ann@example.com", PARTNER).peer(PROVIDER).message(&text);
        assert_eq!(case.reply(), "550 5.7.1", "{fields}");
        assert!(case.decide().signed_by.is_none());
    }
}

#[test]
fn given_no_message_yet_then_the_proof_is_open() {
    for from in ["ann@example.com", ""] {
        let json = case(&by_header(), from, PARTNER).peer(PROVIDER).helo("mail.provider.example").json();
        assert_eq!((json["admitted"].as_bool(), json["late"].as_bool()), (Some(true), Some(true)), "{from}");
        assert_eq!(json["mode"], "hold");
    }
}

#[test]
fn given_the_null_sender_from_a_shared_range_then_the_proof_admits_it_and_the_ehlo_name_does_not() {
    let bounce =
        |text: &str| case(&by_header(), "", PARTNER).peer(PROVIDER).helo("gw.example.com").message(text).reply();
    assert_eq!(bounce(&format!("X-Gateway-Tenant: {SECRET}\nFrom: mailer-daemon@example.com\n\nHello\n")), "admitted");
    assert_eq!(bounce("From: mailer-daemon@example.com\n\nHello\n"), "550 5.7.1");
}

#[test]
fn given_an_account_then_it_is_proof_enough() {
    let text = format!(
        "{BASE}[[relay]]\nname = \"shared\"\npeers = [\"203.0.113.0/24\"]\nshared = true\nrequire_auth = true\nrequire_tls = true\nusers = \"users.toml\"\n"
    );
    let case = case(&policy(&text), "ann@example.com", PARTNER).peer(PROVIDER).tls().user("ann");
    assert_eq!(case.reply(), "admitted");
}

fn signer(selector: &str, domain: &str, pem: &str) -> Arc<Signer> {
    let key = SigningKey::from_pem(pem).unwrap();
    Arc::new(Signer::new(domain.parse().unwrap()).key(selector, key).unwrap())
}

/// An Ed25519 key of this test (RFC 8410).
fn key() -> String {
    rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_pem()
}

const TEXT: &str = "From: ann@example.com\r\nTo: bob@partner.example\r\nSubject: Hello\r\nDate: Sat, 28 Nov 2026 12:00:00 +0000\r\n\r\nHello\r\n";

/// A message signed at this time, as verification sees it with these keys in the DNS.
fn signed(pem: &str, selector: &str, domain: &str, at: UnixTime, dns: &str) -> Message {
    verified(&signed_by(&signer(selector, domain, pem), TEXT, at), dns)
}

fn signed_by(signer: &Arc<Signer>, text: &str, at: UnixTime) -> Vec<u8> {
    let (header, body) = Header::split(text.as_bytes());
    let mut signing = Signing::new(signer, &header, at).unwrap();
    signing.body(body);
    [signing.finish().unwrap(), text.as_bytes().to_vec()].concat()
}

/// These octets, as verification sees them.
fn verified(octets: &[u8], dns: &str) -> Message {
    let (header, _) = Header::split(octets);
    let now = Now { unix: NOW, ..Now::default() };
    let mut verification = Verification::new(&Settings::new("gw.example.com"), &Envelope::new(), now);
    verification.handle(now, passerelle::verify::Input::Octets(octets)).unwrap();
    verification.handle(now, passerelle::verify::Input::End).unwrap();
    let dns = Transcript::parse(dns.as_bytes()).unwrap();
    loop {
        match verification.poll() {
            Output::Ask(id, question) => {
                let answer = dns.answer(&question);
                verification.handle(now, passerelle::verify::Input::Answer(id, answer)).unwrap();
            }
            Output::Event(event) => {
                if let Some(report) = event.into_report() {
                    return Message::new(header, octets.len() as u64).verified(&report);
                }
            }
            Output::Transmit(_) => {}
            Output::Idle { .. } => panic!("no report"),
        }
    }
}

fn dns_of(pem: &str, selector: &str, domain: &str) -> String {
    let record = SigningKey::from_pem(pem).unwrap().key_record();
    format!(r#"{{"answers": [{{"name": "{selector}._domainkey.{domain}", "type": "TXT", "records": ["{record}"]}}]}}"#)
}

fn by_dkim(tenant: &str) -> Arc<Policy> {
    policy(&format!(
        "{BASE}[[relay]]\nname = \"workspace\"\npeers = [\"203.0.113.0/24\"]\nshared = true\ntenant = {{ {tenant} }}\n"
    ))
}

#[test]
fn given_a_fresh_passing_signature_of_ours_by_the_provider_then_the_tenant_is_proven_and_else_not() {
    let pem = key();
    let dns = dns_of(&pem, "google", "example.com");
    let ago = |seconds: u64| UnixTime(NOW.0 - seconds);
    let reply = |tenant: &str, message: Message| {
        case(&by_dkim(tenant), "ann@example.com", PARTNER).peer(PROVIDER).with(message).reply()
    };
    for tenant in ["dkim = true", "dkim = [\"google\"]", "dkim = [\"google\"], max_age = \"1h\""] {
        assert_eq!(reply(tenant, signed(&pem, "google", "example.com", ago(60), &dns)), "admitted", "{tenant}");
    }
    // Too old, or of tomorrow.
    assert_eq!(reply("dkim = true", signed(&pem, "google", "example.com", ago(3601), &dns)), "550 5.7.1");
    assert_eq!(
        reply("dkim = true, max_age = \"2h\"", signed(&pem, "google", "example.com", ago(3601), &dns)),
        "admitted"
    );
    assert_eq!(reply("dkim = true", signed(&pem, "google", "example.com", UnixTime(NOW.0 + 3600), &dns)), "550 5.7.1");
    // Another selector, another domain, another key, no key.
    assert_eq!(reply("dkim = [\"other\"]", signed(&pem, "google", "example.com", ago(60), &dns)), "550 5.7.1");
    let foreign = dns_of(&pem, "google", "elsewhere.example");
    assert_eq!(reply("dkim = true", signed(&pem, "google", "elsewhere.example", ago(60), &foreign)), "550 5.7.1");
    let wrong = dns_of(&key(), "google", "example.com");
    assert_eq!(reply("dkim = true", signed(&pem, "google", "example.com", ago(60), &wrong)), "550 5.7.1");
    assert_eq!(reply("dkim = true", message("From: ann@example.com\n\nHello\n")), "550 5.7.1");
}

#[test]
fn given_a_passing_signature_and_a_field_above_that_it_does_not_cover_then_it_proves_nothing() {
    let pem = key();
    let dns = dns_of(&pem, "google", "example.com");
    let with = |signer: Signer, text: &str, prefix: &str| {
        let octets = signed_by(&Arc::new(signer), text, UnixTime(NOW.0 - 60));
        let message = verified(&[prefix.as_bytes(), &octets].concat(), &dns);
        let passes = message.dkim[0].result == passerelle::dkim::DkimResult::Pass;
        (passes, case(&by_dkim("dkim = true"), "ann@example.com", PARTNER).peer(PROVIDER).with(message).reply())
    };
    // What providers do who list each field as often as it is there.
    let plain = || {
        let signer = Signer::new("example.com".parse().unwrap());
        let signer = signer.key("google", SigningKey::from_pem(&pem).unwrap()).unwrap();
        signer.fields(&["From", "To", "Subject", "Date"]).unwrap().oversigned_fields(&[]).unwrap()
    };
    assert_eq!(with(plain(), TEXT, ""), (true, "admitted".to_owned()));
    assert_eq!(with(plain(), TEXT, "X-Other: 1\r\n"), (true, "admitted".to_owned()));
    for prefix in [
        "From: boss@example.com\r\n",
        "from: boss@example.com\r\nSubject: Pay this\r\n",
        "Subject: Pay this\r\n",
        "SUBJECT: Pay this\r\n",
        "To: carl@example.com\r\n",
        "Cc: carl@example.com\r\n",
        "Date: Sun, 29 Nov 2026 12:00:00 +0000\r\n",
        "Reply-To: eve@elsewhere.example\r\n",
    ] {
        assert_eq!(with(plain(), TEXT, prefix), (true, "550 5.7.1".to_owned()), "{prefix}");
    }
    // A field that is there and that nobody has signed can be of anybody.
    let (answered, subjectless) =
        (format!("Reply-To: ann@example.com\r\n{TEXT}"), TEXT.replace("Subject: Hello\r\n", ""));
    assert_eq!(with(plain(), &answered, ""), (true, "550 5.7.1".to_owned()));
    assert_eq!(with(plain(), &subjectless, ""), (true, "admitted".to_owned()));
    assert_eq!(with(plain(), &subjectless, "Subject: Pay this\r\n"), (true, "550 5.7.1".to_owned()));
    // Who is the author has to be certain.
    let two = TEXT.replace("From: ann@example.com", "From: ann@example.com\r\nFrom: boss@example.com");
    assert_eq!(with(plain(), &two, "").1, "550 5.7.1");
}

#[test]
fn given_a_key_that_the_dns_does_not_answer_for_then_451_4_4_3() {
    let pem = key();
    let dns = r#"{"answers": [{"name": "google._domainkey.example.com", "type": "TXT", "status": "SERVFAIL"}]}"#;
    let message = signed(&pem, "google", "example.com", UnixTime(NOW.0 - 60), dns);
    assert_eq!(
        case(&by_dkim("dkim = true"), "ann@example.com", PARTNER).peer(PROVIDER).with(message).reply(),
        "451 4.4.3"
    );
}

#[test]
fn given_a_signature_of_our_own_key_then_it_proves_nothing_and_what_is_proven_is_signed() {
    let pem = key();
    let mut files = crate::world::files();
    files.insert("s.pem".into(), pem.clone().into_bytes());
    let text = format!(
        "{BASE}[[relay]]\nname = \"workspace\"\npeers = [\"203.0.113.0/24\"]\nshared = true\ntenant = {{ dkim = true }}\n[[sign]]\ndomain = \"example.com\"\nkeys = [{{ selector = \"ours\", file = \"s.pem\" }}]\n"
    );
    let policy = Arc::new(crate::world::compile_with(&text, &files).accepted().unwrap());
    let reply = |selector: &str| {
        let message =
            signed(&pem, selector, "example.com", UnixTime(NOW.0 - 60), &dns_of(&pem, selector, "example.com"));
        case(&policy, "ann@example.com", PARTNER).peer(PROVIDER).with(message).decide()
    };
    let (ours, theirs) = (reply("ours"), reply("google"));
    assert!(!ours.admitted && ours.signed_by.is_none());
    assert!(theirs.admitted);
    assert_eq!(theirs.signed_by.map(|domain| domain.to_string()).as_deref(), Some("example.com"));
}
