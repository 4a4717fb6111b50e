//! Keys and what the DNS publishes of them.

use passerelle::crypto::SigningKey;
use passerelle::dkim::Signer;
use passerelle::gateway::content::keys::{KeyState, KeyStates, Published};
use passerelle::{Domain, Evaluation, Transcript};

use super::world::{ED25519, RSA, came, policy};

fn key(pem: &str) -> SigningKey {
    SigningKey::from_pem(pem).unwrap()
}

/// What an answer for `s._domainkey.example.com` says of the RSA key.
fn found(answer: &str) -> Option<KeyState> {
    let transcript = format!(r#"{{"answers": [{{"name": "s._domainkey.example.com", "type": "TXT", {answer}}}]}}"#);
    let transcript = Transcript::parse(transcript.as_bytes()).unwrap();
    let signer = Signer::new(Domain::parse("example.com").unwrap()).key("s", key(RSA)).unwrap();
    let found = Evaluation::new(Published(&signer)).run_with(|question| transcript.answer(question));
    assert_eq!((found.len(), found[0].0.as_str()), (1, "s"));
    found[0].1
}

fn records(texts: &[&str]) -> Option<KeyState> {
    found(&format!("\"records\": {}", serde_json::to_string(texts).unwrap()))
}

#[test]
fn given_an_answer_then_the_key_is_judged_where_the_answer_is_definite() {
    let ours = key(RSA).key_record();
    let another = key(ED25519).key_record();
    let other_rsa = "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";
    assert_eq!(records(&[&ours]), Some(KeyState::Signs));
    assert_eq!(records(&[other_rsa, &ours, "v=spf1 -all"]), Some(KeyState::Signs), "one of several");
    assert_eq!(records(&[other_rsa]), Some(KeyState::Another));
    assert_eq!(records(&[&another]), Some(KeyState::Another), "of another kind");
    assert_eq!(records(&["v=DKIM1; k=rsa; p="]), Some(KeyState::Revoked));
    assert_eq!(records(&[&ours[..200]]), Some(KeyState::Unusable), "cut");
    assert_eq!(
        records(&[&format!("s=tlsrpt; {ours}").replace("v=DKIM1; ", "")]),
        Some(KeyState::Unusable),
        "not for mail"
    );
    assert_eq!(records(&["v=spf1 -all"]), Some(KeyState::Missing), "a wildcard of something else");
    assert_eq!(found("\"status\": \"NXDOMAIN\""), Some(KeyState::Missing));
    assert_eq!(found("\"records\": []"), Some(KeyState::Missing));
    assert_eq!(found("\"status\": \"SERVFAIL\""), None);
    assert_eq!(found("\"status\": \"TIMEOUT\""), None);
}

#[test]
fn given_no_definite_answer_then_the_last_state_stays_and_at_the_start_a_key_signs() {
    let domain = Domain::parse("example.com").unwrap();
    let selector = Domain::parse("s").unwrap();
    let mut states = KeyStates::new();
    assert!(states.state(&domain, "s").signs());
    for (found, changed, state) in [
        (None, false, KeyState::Signs),
        (Some(KeyState::Signs), false, KeyState::Signs),
        (Some(KeyState::Revoked), true, KeyState::Revoked),
        (Some(KeyState::Revoked), false, KeyState::Revoked),
        (None, false, KeyState::Revoked),
        (Some(KeyState::Signs), true, KeyState::Signs),
    ] {
        let told = states.learn(&domain, &[(selector.clone(), found)]);
        assert_eq!(told.len(), usize::from(changed), "{found:?}");
        assert!(told.iter().all(|(_, told)| *told == state));
        assert_eq!(states.state(&domain, "s"), state);
    }
    assert!(states.state(&domain, "other").signs());
}

#[test]
fn given_a_key_that_is_not_published_then_it_signs_nothing_and_the_mail_goes_on() {
    for state in KeyState::ALL {
        let mut came = came(policy(""), b"From: ann@example.com\r\n\r\nHello\r\n");
        came.keys.insert(Domain::parse("example.com").unwrap(), "ed".to_owned(), state);
        let gone = came.goes();
        assert_eq!(gone.text().contains("DKIM-Signature"), state == KeyState::Signs, "{state}");
        assert!(gone.text().ends_with("From: ann@example.com\n\nHello\n"));
        let mut trail = passerelle::Trail::new();
        gone.rewritten.tell(&mut trail);
        let told = trail.steps().iter().any(|step| step.outcome == "not made" && step.why.contains(state.sentence()));
        assert_eq!(told, state != KeyState::Signs, "{trail:?}");
    }
}
