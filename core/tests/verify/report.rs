//! What the report says of whole messages.

use passerelle::verify::{Authenticated, Envelope, Event, Input, Verification};
use passerelle::{Machine, Misuse, Now, Output, Question, QuestionId, RecordType, Transcript};
use serde_json::{Value, json};

use crate::world::{MESSAGE, NOW, envelope, report, report_with, settings, signed, transcript};

fn value(report: &passerelle::verify::Report) -> Value {
    serde_json::from_str(&report.to_json()).unwrap()
}

#[test]
fn an_authentic_message() {
    let report = report(&signed(MESSAGE, "harbour.example"));
    assert_eq!(report.authenticated(), Authenticated::Yes);
    let json = value(&report);
    assert_eq!(
        json["spf"],
        json!({"result": "pass", "identity": "mailfrom", "domain": "harbour.example", "aligned": "strict",
               "mechanism": "mx", "lookups": 2, "void_lookups": 0})
    );
    assert_eq!(json["spf_helo"]["result"], "pass");
    assert_eq!(
        json["dkim"][0],
        json!({"result": "pass", "domain": "harbour.example", "aligned": "strict", "selector": "r", "identity": "@harbour.example",
               "algorithm": "rsa-sha256", "key_bits": 2048, "canonicalization": "relaxed/relaxed"})
    );
    assert_eq!((&json["dkim"][1]["result"], &json["dkim"][1]["algorithm"]), (&json!("pass"), &json!("ed25519-sha256")));
    assert_eq!(
        json["dmarc"],
        json!({"result": "pass", "domain": "harbour.example", "policy_domain": "harbour.example", "policy": "reject",
               "disposition": "none", "aligned_by": ["spf", "dkim"], "author": "certain", "candidates": []})
    );
    assert_eq!(json["iprev"], json!({"result": "pass", "ip": "192.0.2.1", "name": "mail.harbour.example"}));
    let members: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    for member in ["spf", "dkim", "dmarc", "authentication_results", "trail"] {
        assert!(members.contains(&member), "{member}");
    }
    for step in json["trail"].as_array().unwrap() {
        assert!(["step", "outcome", "why", "rfc"].iter().all(|member| step[member].is_string()), "{step}");
    }
}

#[test]
fn the_field_tells_all_and_reads_back() {
    let report = report(&signed(MESSAGE, "harbour.example"));
    let field = &report.authentication_results;
    assert!(field.starts_with("Authentication-Results: mx.receiver.example;") && field.ends_with("\r\n"), "{field}");
    assert!(field.lines().all(|line| line.len() <= 78), "{field}");
    let value = field.strip_prefix("Authentication-Results:").unwrap();
    let parsed = passerelle::results::AuthenticationResults::parse(value.as_bytes()).unwrap();
    let methods: Vec<_> = parsed.results.results().iter().map(|r| (r.method(), r.result())).collect();
    let expected =
        [("spf", "pass"), ("spf", "pass"), ("dkim", "pass"), ("dkim", "pass"), ("dmarc", "pass"), ("iprev", "pass")];
    assert_eq!(methods, expected);
}

#[test]
fn a_forged_result_is_pointed_out() {
    let json = value(&report(&signed(MESSAGE, "harbour.example")));
    let step = json["trail"].as_array().unwrap().iter().find(|s| s["step"] == "message authentication-results");
    assert!(step.unwrap()["why"].as_str().unwrap().contains("mx.receiver.example"));
}

#[test]
fn a_footer_breaks_the_signatures_and_the_report_says_so() {
    let mut message = signed(MESSAGE, "harbour.example");
    message.extend_from_slice(b"-- \r\nSent to the list. Unsubscribe at the quay.\r\n");
    let elsewhere = envelope().ip([203, 0, 113, 7].into());
    let report = report_with(&message, &elsewhere, &transcript("v=DMARC1; p=reject"));
    assert_eq!(report.authenticated(), Authenticated::No);
    let json = value(&report);
    assert_eq!(json["dkim"][0]["result"], "fail");
    let reason = json["dkim"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("not signed") || reason.contains("footer"), "{reason}");
    assert_eq!((&json["dmarc"]["result"], &json["dmarc"]["disposition"]), (&json!("fail"), &json!("reject")));
}

#[test]
fn without_a_policy_an_aligned_pass_authenticates_and_another_does_not() {
    let world = transcript("no policy");
    let aligned = report_with(&signed(MESSAGE, "harbour.example"), &Envelope::default(), &world);
    assert_eq!((aligned.dmarc.result.as_str(), aligned.authenticated()), ("none", Authenticated::Yes));
    let unsigned = report_with(MESSAGE.as_bytes(), &envelope().ip([203, 0, 113, 7].into()), &world);
    assert_eq!((unsigned.dmarc.result.as_str(), unsigned.authenticated()), ("none", Authenticated::No));
}

#[test]
fn a_key_in_testing_is_said_to_be_and_makes_nothing_worse() {
    let json = transcript("v=DMARC1; p=reject").to_json().replace("v=DKIM1;", "v=DKIM1; t=y;");
    let world = Transcript::parse(json.as_bytes()).unwrap();
    let passed = report_with(&signed(MESSAGE, "harbour.example"), &Envelope::default(), &world);
    assert_eq!((passed.dmarc.result.as_str(), passed.dkim[0].testing), ("pass", true));
    let mut changed = signed(MESSAGE, "harbour.example");
    changed.extend_from_slice(b"more\r\n");
    let failed = report_with(&changed, &envelope(), &world);
    assert_eq!((failed.dkim[0].result.as_str(), failed.dkim[0].testing), ("fail", true));
    assert_eq!(failed.dmarc.result.as_str(), "pass", "SPF passes and is aligned");
}

#[test]
fn without_an_envelope_spf_is_none_and_says_why() {
    let report = report_with(MESSAGE.as_bytes(), &Envelope::default(), &transcript("v=DMARC1; p=none"));
    let json = value(&report);
    assert_eq!((&json["spf"]["result"], &json["spf"]["lookups"]), (&json!("none"), &json!(0)));
    assert!(json["spf"]["reason"].as_str().unwrap().contains("address"));
    assert!(!report.authentication_results.contains("spf="), "{}", report.authentication_results);
}

#[test]
fn a_null_reverse_path_is_checked_as_helo() {
    let envelope = envelope().mail_from("<>");
    let json = value(&report_with(MESSAGE.as_bytes(), &envelope, &transcript("v=DMARC1; p=none")));
    assert_eq!((&json["spf"]["result"], &json["spf"]["identity"]), (&json!("pass"), &json!("helo")));
    assert!(json.get("spf_helo").is_none());
}

/// What is not known is not null: the HELO name is shown and stands for nothing.
#[test]
fn without_a_reverse_path_helo_is_checked_and_does_not_authenticate_the_author() {
    let world = transcript("v=DMARC1; p=reject");
    for (mail_from, result) in [(Some(String::new()), "pass"), (None, "fail")] {
        let mut envelope = envelope();
        envelope.mail_from = mail_from;
        let report = report_with(MESSAGE.as_bytes(), &envelope, &world);
        assert_eq!((report.spf.result.as_str(), report.spf.identity.as_str()), ("pass", "helo"));
        assert_eq!(report.dmarc.result.as_str(), result, "{envelope:?}");
    }
}

/// Without a policy only the author domain is aligned, so the failure of another signer's DNS leaves nothing open.
#[test]
fn a_temporary_error_of_a_stranger_leaves_nothing_open() {
    let unsigned = envelope().ip([203, 0, 113, 7].into());
    for (signer, expected) in
        [("harbour.example", Authenticated::Temporarily), ("elsewhere.example", Authenticated::No)]
    {
        let json = format!(
            r#"{{"answers": [{{"name": "r._domainkey.{signer}", "type": "TXT", "status": "SERVFAIL"}},
                             {{"name": "e._domainkey.{signer}", "type": "TXT", "status": "SERVFAIL"}}]}}"#
        );
        let world = Transcript::parse(json.as_bytes()).unwrap();
        let report = report_with(&signed(MESSAGE, signer), &unsigned, &world);
        assert_eq!(report.dmarc.result.as_str(), "none");
        assert_eq!(report.authenticated(), expected, "{signer}");
    }
}

/// A sender publishes what costs a receiver most; none of it may grow into seconds.
#[test]
fn huge_records_are_not_read() {
    let huge = |prefix: &str| format!("{prefix}{}", "x1=1;a ".repeat(20_000));
    let report =
        report_with(&signed(MESSAGE, "harbour.example"), &envelope(), &transcript(&huge("v=DMARC1; p=reject;")));
    assert_eq!(report.dmarc.result.as_str(), "temperror", "no DNS message carries such an answer");
    let long = format!("v=DMARC1; p=reject; {}", "x1=1; ".repeat(2000));
    let report = report_with(&signed(MESSAGE, "harbour.example"), &envelope(), &transcript(&long));
    assert_eq!(report.dmarc.result.as_str(), "none");
}

#[test]
fn an_uncertain_author_is_permerror_and_each_domain_is_looked_at() {
    let message = format!("From: someone@elsewhere.example\r\n{MESSAGE}");
    let report = report(message.as_bytes());
    assert_eq!((report.dmarc.result.as_str(), report.authenticated()), ("permerror", Authenticated::No));
    assert!(report.dmarc.reason.as_ref().unwrap().contains("several From fields"));
    let candidates: Vec<_> = report.dmarc.candidates.iter().map(|c| (c.domain.as_str(), c.result.as_str())).collect();
    assert_eq!(candidates, [("elsewhere.example", "none"), ("harbour.example", "pass")]);
}

#[test]
fn temporary_errors_are_temporary() {
    let world = Transcript::parse(br#"{"default": "SERVFAIL"}"#).unwrap();
    let report = report_with(&signed(MESSAGE, "harbour.example"), &envelope(), &world);
    let results = (report.spf.result.as_str(), report.dkim[0].result.as_str(), report.dmarc.result.as_str());
    assert_eq!(results, ("temperror", "temperror", "temperror"));
    assert_eq!(report.authenticated(), Authenticated::Temporarily);
}

/// Where there is no policy, only the author domain's own identifiers can authenticate a message, now or later.
#[test]
fn without_a_policy_only_the_authors_own_temporary_errors_count() {
    for (sender, expected) in
        [("harbour.example", Authenticated::Temporarily), ("elsewhere.example", Authenticated::No)]
    {
        let json = format!(r#"{{"answers": [{{"name": "{sender}", "type": "TXT", "status": "SERVFAIL"}}]}}"#);
        let world = Transcript::parse(json.as_bytes()).unwrap();
        let envelope = envelope().mail_from(format!("maya@{sender}"));
        let report = report_with(MESSAGE.as_bytes(), &envelope, &world);
        assert_eq!((report.spf.result.as_str(), report.dmarc.result.as_str()), ("temperror", "none"));
        assert_eq!(report.authenticated(), expected, "{sender}");
    }
}

fn asked(verification: &mut Verification) -> Vec<(QuestionId, String)> {
    let outputs = std::iter::from_fn(|| match verification.poll() {
        Output::Idle { .. } => None,
        output => Some(output),
    });
    let question = |output| match output {
        Output::Ask(id, Question::Dns(name, kind)) => Some((id, format!("{name} {kind}"))),
        _ => None,
    };
    outputs.filter_map(question).collect()
}

#[test]
fn questions_go_out_as_early_as_they_are_known() {
    let now = Now::at(NOW);
    let mut verification = Verification::new(&settings(), &envelope(), now);
    let names: Vec<String> = asked(&mut verification).into_iter().map(|q| q.1).collect();
    assert_eq!(names, ["harbour.example TXT", "mail.harbour.example TXT", "1.2.0.192.in-addr.arpa PTR"]);
    let message = signed(MESSAGE, "harbour.example");
    let body = message.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    verification.handle(now, Input::Octets(&message[..body - 1])).unwrap();
    assert!(asked(&mut verification).is_empty(), "the header section is not complete");
    verification.handle(now, Input::Octets(&message[body - 1..body])).unwrap();
    let names: Vec<String> = asked(&mut verification).into_iter().map(|q| q.1).collect();
    for name in ["r._domainkey.harbour.example TXT", "e._domainkey.harbour.example TXT", "_dmarc.harbour.example TXT"] {
        assert!(names.iter().any(|n| n == name), "{name} in {names:?}");
    }
}

#[test]
fn a_question_of_two_decisions_goes_out_once() {
    let now = Now::at(NOW);
    let envelope = envelope().helo("harbour.example");
    let mut verification = Verification::new(&settings(), &envelope, now);
    let names: Vec<String> = asked(&mut verification).into_iter().map(|q| q.1).collect();
    assert_eq!(names.iter().filter(|name| *name == &format!("harbour.example {}", RecordType::Txt)).count(), 1);
}

#[test]
fn the_deadline_ends_what_waits_and_misuse_changes_nothing() {
    let now = Now::at(NOW);
    let mut verification = Verification::new(&settings(), &envelope(), now);
    verification.handle(now, Input::Octets(&signed(MESSAGE, "harbour.example"))).unwrap();
    let unknown = verification.handle(now, Input::Answer(QuestionId(99), transcript("x").answer(&question())));
    assert_eq!(unknown, Err(Misuse::UnknownQuestion(QuestionId(99))));
    verification.handle(now, Input::End).unwrap();
    assert_eq!(verification.handle(now, Input::Octets(b"more")), Err(Misuse::AfterEnd));
    assert_eq!(verification.handle(now, Input::End), Err(Misuse::AfterEnd));
    assert!(!asked(&mut verification).is_empty());
    verification.handle(now, Input::Deadline).unwrap();
    let events = std::iter::from_fn(|| match verification.poll() {
        Output::Event(event) => Some(event),
        _ => None,
    });
    let report = events.filter_map(Event::into_report).last().expect("a deadline brings the report");
    assert_eq!(report.dmarc.result.as_str(), "temperror");
    assert_eq!(verification.poll(), Output::Idle { wake: None });
    assert_eq!(verification.handle(now, Input::End), Err(Misuse::AfterEnd));
}

fn question() -> Question {
    Question::Dns(passerelle::Domain::parse("harbour.example").unwrap(), RecordType::Txt)
}
