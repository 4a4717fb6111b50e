//! What is added to header sections and taken away from them.

use passerelle::message::EditError;

use super::world::{ED25519, RECEIVED, RESULTS, RSA, came, crlf, passing, policy, rule, sign, signer, verify};

const PLAIN: &str = "From: ann@example.com\nTo: bob@partner.example\nDate: Sat, 28 Nov 2026 12:00:00 +0000\nMessage-ID: <1@example.com>\nSubject: Hello\n\nHello\n";

#[test]
fn given_a_relayed_message_when_no_rule_changes_it_then_each_line_goes_on_octet_for_octet_below_our_two_fields() {
    let odd = b"X-Odd :  \t a\xe9\x80 \r\n\t folded \t\r\nno field\r\nfrom:stranger@elsewhere.example  \r\nBcc: hidden@x.example\r\n\r\n.\r\n\xff\r\n\r\n";
    let gone = came(policy(""), odd).of_a_stranger().goes();
    assert_eq!(gone.message, [RECEIVED.as_bytes(), RESULTS.as_bytes(), odd].concat());
    assert_eq!(gone.made(), [("authentication_results", None, vec![]), ("received", None, vec![])]);
}

#[test]
fn given_results_that_are_forged_in_our_name_then_they_go_and_those_of_others_stay() {
    let forged = "Authentication-Results: gw.example.com; dkim=pass\nAuthentication-Results: mx.partner.example; spf=pass\nAUTHENTICATION-RESULTS: (c) \"GW.example.com\" 1;\n dmarc=pass\n";
    let gone = came(policy(""), &crlf(&format!("{forged}{PLAIN}"))).of_a_stranger().goes();
    let expected = format!("{RECEIVED}{RESULTS}Authentication-Results: mx.partner.example; spf=pass\n{PLAIN}");
    assert_eq!(gone.text(), expected.replace("\r\n", "\n"));
    assert_eq!(gone.made()[0].0, "forged_results");
}

#[test]
fn given_the_secret_field_of_a_tenant_then_it_goes_no_further_and_the_decision_says_so() {
    let mut came = came(policy(""), &crlf(&format!("x-gateway-tenant: open sesame 1234567890\n{PLAIN}")));
    came.peer = "198.51.100.200";
    let gone = came.goes();
    assert_eq!(gone.decision.relay.as_deref(), Some("workspace"));
    let announced = &gone.decision.mutations[0];
    assert_eq!(
        (announced.action, announced.rule.as_deref(), announced.value.as_str()),
        ("remove_header", None, "X-Gateway-Tenant")
    );
    assert_eq!(gone.made()[0], ("remove_header", None, vec![]));
    assert!(!gone.text().to_lowercase().contains("tenant") && !gone.text().contains("sesame"), "{}", gone.text());
}

#[test]
fn given_changes_of_rules_then_they_are_made_in_order_and_are_those_that_were_announced() {
    let rules = rule("first", "remove_header = [\"X-A\", \"X-None\"], add_header = [\"X-A: new\", \"X-B: 1\"]")
        + &rule(
            "second",
            "remove_header = [\"X-B\"], add_header = [\"X-C: 2\"], subject_prefix = \"[x] \", footer = { text = \"bye\" }, also_to = [\"archive@partner.example\"]",
        );
    let gone =
        came(policy(&rules), &crlf(&format!("X-A: old\nx-a: older\n{PLAIN}"))).of_a_stranger().without_trace().goes();
    let expected = format!("X-C: 2\nX-A: new\n{PLAIN}bye\n").replace("Subject: Hello", "Subject: [x] Hello");
    assert_eq!(gone.text(), expected);
    // also_to is of the envelope.
    let announced = gone.decision.mutations.iter().filter(|mutation| mutation.action != "also_to");
    let announced: Vec<_> = announced.map(|mutation| (mutation.action, mutation.rule.as_deref())).collect();
    let made: Vec<_> = gone.made().into_iter().map(|(action, rule, _)| (action, rule)).collect();
    assert_eq!(made, announced);
}

#[test]
fn given_a_change_that_breaks_signatures_then_the_rule_is_named_with_their_domains() {
    let rules = rule("harmless", "add_header = [\"X-Note: 1\"]")
        + &rule("tags", "subject_prefix = \"[x] \"")
        + &rule("again", "subject_prefix = \"[y] \"");
    let message = sign(signer("one.example", ED25519, "ed"), &crlf(PLAIN));
    let message =
        sign(signer("two.example", RSA, "rsa").fields(&["From"]).unwrap().oversigned_fields(&[]).unwrap(), &message);
    let gone = came(policy(&rules), &message).of_a_stranger().goes();
    let broke: Vec<_> = gone.made().into_iter().filter(|(.., broke)| !broke.is_empty()).collect();
    assert_eq!(broke, [("subject_prefix", Some("tags"), vec!["one.example"])]);
    assert_eq!(passing(&gone.message), [("two.example".to_owned(), "rsa".to_owned())]);
    let told = gone.rewritten.broke();
    assert_eq!((told.len(), told[0].rule.as_deref(), told[0].action), (1, Some("tags"), "subject_prefix"));
    let mut trail = passerelle::Trail::new();
    gone.rewritten.tell(&mut trail);
    assert!(
        trail.steps().iter().any(|step| step.why == "rule tags; it breaks the signature of one.example"),
        "{trail:?}"
    );
}

#[test]
fn given_a_field_that_is_removed_and_added_as_it_was_then_nothing_is_broken() {
    let rules = rule("there and back", "remove_header = [\"To\"], add_header = [\"To: bob@partner.example\"]");
    let message = sign(signer("one.example", ED25519, "ed"), &crlf(PLAIN));
    let gone = came(policy(&rules), &message).of_a_stranger().goes();
    assert!(gone.rewritten.broke().is_empty() && passing(&gone.message).len() == 1);
}

#[test]
fn given_a_signature_that_fails_when_it_comes_then_no_change_is_said_to_break_it() {
    let mut message = sign(signer("one.example", ED25519, "ed"), &crlf(PLAIN));
    message.extend_from_slice(b"appended\r\n");
    let mut came = came(policy(&rule("tags", "subject_prefix = \"[x] \"")), &message).of_a_stranger();
    came.verdicts = verify(&message);
    assert!(came.goes().rewritten.broke().is_empty());
}

#[test]
fn given_submitted_mail_then_blind_copies_are_hidden_and_of_relayed_mail_they_stay() {
    let text = PLAIN.replace("Subject", "Bcc: carol@x.example,\n dave@x.example\nRESENT-BCC: erin@x.example\nSubject");
    let submitted = came(policy(""), &crlf(&text)).of_a_stranger().submitted().without_trace().goes();
    assert_eq!(submitted.text(), PLAIN);
    assert_eq!(submitted.made(), [("bcc", None, vec![])]);
    let relayed = came(policy(""), &crlf(&text)).of_a_stranger().without_trace().goes();
    assert_eq!(relayed.text(), text);
}

#[test]
fn given_submitted_mail_without_date_and_message_id_then_it_gets_them_and_relayed_mail_does_not() {
    let bare = "From: ann@example.com\n\nHello\n";
    let gone = came(policy(""), &crlf(bare)).of_a_stranger().submitted().without_trace().goes();
    let text = gone.text();
    let (id, rest) = text.split_once('\n').unwrap();
    assert!(id.starts_with("Message-ID: <7Q.") && id.ends_with("@gw.example.com>"), "{id}");
    assert_eq!(rest, format!("Date: Sat, 28 Nov 2026 12:00:00 +0000\n{bare}"));
    let relayed = came(policy(""), &crlf(bare)).of_a_stranger().without_trace().goes();
    assert_eq!(relayed.text(), bare);
    let whole = came(policy(""), &crlf(PLAIN)).of_a_stranger().submitted().without_trace().goes();
    assert_eq!(whole.text(), PLAIN, "nothing is missing");
}

#[test]
fn given_a_signature_that_says_that_date_is_missing_then_none_is_added() {
    let bare = crlf("From: ann@example.com\nMessage-ID: <1@example.com>\n\nHello\n");
    // The default signer lists Date once more than it is there.
    let message = sign(signer("one.example", ED25519, "ed"), &bare);
    let gone = came(policy(""), &message).of_a_stranger().submitted().goes();
    assert!(!gone.text().contains("\nDate: ") && passing(&gone.message).len() == 1, "{}", gone.text());
}

#[test]
fn given_a_signature_that_forbids_more_results_then_ours_are_left_out_and_received_is_not() {
    let signer = signer("one.example", ED25519, "ed").oversigned_fields(&["From", "Authentication-Results"]).unwrap();
    let gone = came(policy(""), &sign(signer, &crlf(PLAIN))).of_a_stranger().goes();
    assert!(!gone.text().contains("Authentication-Results: gw") && gone.text().starts_with("Received:"));
    assert_eq!(passing(&gone.message).len(), 1);
}

#[test]
fn given_a_header_section_that_begins_with_a_continuation_then_it_is_refused_for_our_field_would_swallow_it() {
    let refused = came(policy(""), b" x\r\nFrom: ann@example.com\r\n\r\n").of_a_stranger().try_goes();
    assert!(matches!(refused, Err(EditError::LeadingContinuation)));
}

#[test]
fn given_a_header_section_that_is_as_large_as_it_may_be_then_there_is_room_for_our_fields() {
    let many = format!("{}{PLAIN}", "X-Many: 1\n".repeat(1000));
    let gone = came(policy(&rule("adds", "add_header = [\"X-Many: 2\"]")), &crlf(&many)).of_a_stranger().goes();
    assert!(gone.text().ends_with(&format!("X-Many: 2\n{many}")));
    let large = format!("X-Large: {}\n{PLAIN}", "x".repeat(256 * 1024 - PLAIN.len() - 64));
    let gone = came(policy(""), &crlf(&large)).of_a_stranger().goes();
    assert!(gone.text().ends_with(&large) && gone.text().starts_with("Received:"));
}
