//! An envelope that is read out of the message itself proves nothing: what it says is shown, and counts for nothing.

use passerelle::Transcript;
use passerelle::message::Header;
use passerelle::verify::{Authenticated, Believed, Envelope, Report, Source, Vouched};
use serde_json::{Value, json};

use crate::world::{MESSAGE, envelope, report_with, signed, transcript};

const POLICY: &str = "v=DMARC1; p=reject";
/// A Return-Path and a Received field that name an address that harbour.example's SPF record lists.
const TRACE: &str = "Return-Path: <maya@harbour.example>\r\n\
    Received: from mail.harbour.example (mail.harbour.example [192.0.2.1]) by mx.receiver.example; Sat, 21 Nov 2026 10:00:00 +0000\r\n";

fn header(text: &str) -> Header {
    Header::split(text.as_bytes()).0
}

fn derived(message: &str, believed: &Believed) -> Envelope {
    Envelope::new().completed_from(&header(message), believed)
}

fn value(report: &Report) -> Value {
    serde_json::from_str(&report.to_json()).unwrap()
}

/// The report on a message whose own trace fields are all there is.
fn judged(message: &str, believed: &Believed, policy: &str) -> Report {
    report_with(message.as_bytes(), &derived(message, believed), &transcript(policy))
}

#[test]
fn a_file_typed_by_hand_with_an_authorized_address_is_not_authenticated() {
    let message = format!("{TRACE}{MESSAGE}");
    let report = judged(&message, &Believed::nothing(), POLICY);
    let json = value(&report);
    assert_eq!((&json["spf"]["result"], &json["spf"]["derived"]), (&json!("pass"), &json!(true)));
    assert_eq!((&json["dmarc"]["result"], &json["dmarc"]["disposition"]), (&json!("none"), &json!("none")));
    assert_eq!(json["dmarc"]["cause"], "derived-envelope");
    assert_eq!(
        (&json["dmarc"]["policy"], &json["dmarc"]["policy_domain"]),
        (&json!("reject"), &json!("harbour.example"))
    );
    assert_eq!(json["dmarc"]["aligned_by"], json!([]));
    assert!(json["dmarc"]["reason"].as_str().unwrap().contains("192.0.2.1"), "{json}");
    assert_eq!((&json["authenticated"], report.authenticated()), (&json!("undecided"), Authenticated::Undecided));
    let field = &report.authentication_results;
    assert!(!field.contains("spf=") && !field.contains("iprev=") && field.contains("dmarc=none"), "{field}");
}

#[test]
fn the_report_says_where_each_part_of_the_envelope_comes_from() {
    let message = format!("{TRACE}{MESSAGE}");
    let json = value(&judged(&message, &Believed::nothing(), POLICY));
    let expected = json!({
        "ip": {"value": "192.0.2.1", "source": "received"},
        "helo": {"value": "mail.harbour.example", "source": "received"},
        "mail_from": {"value": "maya@harbour.example", "source": "return-path"},
        "received_field": 1,
        "trusted": false,
    });
    assert_eq!(json["envelope"], expected);
    let json = value(&report_with(MESSAGE.as_bytes(), &envelope().mail_from("<>"), &transcript(POLICY)));
    let expected = json!({
        "ip": {"value": "192.0.2.1", "source": "given"},
        "helo": {"value": "mail.harbour.example", "source": "given"},
        "mail_from": {"value": "", "source": "given"},
        "trusted": true,
    });
    assert_eq!(json["envelope"], expected);
    let json = value(&report_with(MESSAGE.as_bytes(), &Envelope::new(), &transcript(POLICY)));
    assert_eq!(json["envelope"], json!({"ip": null, "helo": null, "mail_from": null, "trusted": false}));
}

#[test]
fn a_field_that_the_host_vouches_for_counts() {
    let message = format!("{TRACE}{MESSAGE}");
    for received in [Vouched::Topmost, Vouched::Field(1)] {
        let report = judged(&message, &Believed::nothing().received(received), POLICY);
        assert_eq!((report.dmarc.result.as_str(), report.authenticated()), ("pass", Authenticated::Yes));
        assert!(!report.spf.derived && report.envelope().is_trusted());
        assert!(report.authentication_results.contains("spf=pass"), "{}", report.authentication_results);
    }
    let third = judged(&message, &Believed::nothing().received(Vouched::Field(3)), POLICY);
    assert_eq!((third.envelope().ip, third.authenticated()), (None, Authenticated::Undecided));
}

#[test]
fn a_signature_of_the_author_makes_the_envelope_matter_less() {
    let message = format!("{TRACE}{}", String::from_utf8(signed(MESSAGE, "harbour.example")).unwrap());
    let report = judged(&message, &Believed::nothing(), POLICY);
    assert_eq!((report.dmarc.result.as_str(), report.authenticated()), ("pass", Authenticated::Yes));
    assert_eq!(value(&report)["dmarc"]["aligned_by"], json!(["dkim"]));
}

/// What would not have helped is no reason to leave it open.
#[test]
fn a_derived_spf_that_does_not_pass_or_is_not_aligned_changes_nothing() {
    for (from, to) in [("192.0.2.1", "203.0.113.9"), ("maya@harbour.example", "a@elsewhere.example")] {
        let message = format!("{}{MESSAGE}", TRACE.replace(from, to));
        let world = transcript(POLICY).to_json().replace(
            r#"{"answers":["#,
            r#"{"answers":[{"name":"elsewhere.example","type":"TXT","records":["v=spf1 +all"]},"#,
        );
        let world = Transcript::parse(world.as_bytes()).unwrap();
        let report = report_with(message.as_bytes(), &derived(&message, &Believed::nothing()), &world);
        assert!(report.spf.derived, "{to}");
        assert_eq!((report.dmarc.result.as_str(), report.authenticated()), ("fail", Authenticated::No), "{to}");
        assert_eq!(report.dmarc.disposition.as_str(), "reject", "{to}");
    }
}

#[test]
fn without_an_address_it_is_undecided_where_spf_might_have_helped() {
    let mail_from = |path: &str| Envelope::new().mail_from(path);
    for (envelope, result, authenticated) in [
        (Envelope::new(), "none", Authenticated::Undecided),
        (mail_from("maya@harbour.example"), "none", Authenticated::Undecided),
        (mail_from("<>"), "none", Authenticated::Undecided),
        (mail_from("<>").helo("mail.harbour.example"), "none", Authenticated::Undecided),
        (mail_from("<>").helo("mail.elsewhere.example"), "fail", Authenticated::No),
        (mail_from("a@elsewhere.example"), "fail", Authenticated::No),
    ] {
        let report = report_with(MESSAGE.as_bytes(), &envelope, &transcript(POLICY));
        assert_eq!((report.dmarc.result.as_str(), report.authenticated()), (result, authenticated), "{envelope:?}");
        let json = value(&report);
        if result == "none" {
            assert_eq!((&json["dmarc"]["cause"], &json["dmarc"]["policy"]), (&json!("no-address"), &json!("reject")));
            assert_eq!(json["dmarc"]["disposition"], "none");
        }
    }
    // A signature of the author decides without an address.
    let passed = report_with(&signed(MESSAGE, "harbour.example"), &Envelope::new(), &transcript(POLICY));
    assert_eq!(passed.authenticated(), Authenticated::Yes);
}

#[test]
fn without_a_policy_it_is_undecided_all_the_same() {
    let message = format!("{TRACE}{MESSAGE}");
    let report = judged(&message, &Believed::nothing(), "no policy");
    let json = value(&report);
    assert_eq!((&json["dmarc"]["result"], &json["dmarc"]["cause"]), (&json!("none"), &json!("no-record")));
    assert_eq!(report.authenticated(), Authenticated::Undecided);
    let trusted = judged(&message, &Believed::nothing().received(Vouched::Topmost), "no policy");
    assert_eq!(trusted.authenticated(), Authenticated::Yes);
}

#[test]
fn an_owner_s_broken_record_is_not_left_open() {
    let message = format!("{TRACE}{MESSAGE}");
    let report = judged(&message, &Believed::nothing(), "v=DMARC1; p=jerect");
    assert_eq!((report.dmarc.result.as_str(), report.authenticated()), ("permerror", Authenticated::No));
}

#[test]
fn a_chain_with_two_internal_hops_on_top_is_read_behind_them() {
    let message = format!(
        "Return-Path: <maya@harbour.example>\r\n\
         Received: from localhost (localhost [127.0.0.1]) by mx.receiver.example with ESMTP\r\n\
         Received: from filter.receiver.example (filter [10.1.2.3]) by mx.receiver.example with ESMTP\r\n\
         Received: from mail.harbour.example (mail.harbour.example [192.0.2.1]) by filter.receiver.example\r\n\
         Received: from liar.example (liar.example [192.0.2.99]) by mail.harbour.example\r\n{MESSAGE}"
    );
    let report = judged(&message, &Believed::nothing(), POLICY);
    let envelope = report.envelope();
    assert_eq!((envelope.ip, envelope.received_field()), (Some([192, 0, 2, 1].into()), Some(3)));
    let step = report.trail.steps().iter().find(|step| step.step == "envelope").unwrap();
    assert!(step.why.contains("127.0.0.1") && step.why.contains("10.1.2.3"), "{}", step.why);
    let trusted = judged(&message, &Believed::nothing().received(Vouched::Topmost), POLICY);
    assert_eq!(trusted.authenticated(), Authenticated::Yes);
}

#[test]
fn internal_addresses_of_every_kind_are_passed_over() {
    for internal in [
        "[127.0.0.1]",
        "[172.16.0.1]",
        "[192.168.7.7]",
        "[169.254.1.1]",
        "[100.64.0.9]",
        "[IPv6:::1]",
        "[IPv6:fe80::1%eth0]",
        "[IPv6:fd00::7]",
        "[IPv6:::ffff:10.0.0.1]",
    ] {
        let message = format!("Received: from a (b {internal}) by c\r\n{TRACE}{MESSAGE}");
        assert_eq!(derived(&message, &Believed::nothing()).received_field(), Some(2), "{internal}");
    }
    let only = derived("Received: from a (b [10.0.0.1]) by c\r\n\r\n", &Believed::nothing());
    assert_eq!(only.ip, None, "mail does not come from there");
}

#[test]
fn relays_of_one_s_own_are_passed_over() {
    let message = format!("Received: from relay.receiver.example (relay [203.0.113.5]) by mx\r\n{TRACE}{MESSAGE}");
    let believed = Believed::nothing().relay("203.0.113.0/24".parse().unwrap());
    assert_eq!(derived(&message, &Believed::nothing()).ip, Some([203, 0, 113, 5].into()));
    let envelope = derived(&message, &believed);
    assert_eq!((envelope.ip, envelope.received_field()), (Some([192, 0, 2, 1].into()), Some(2)));
    assert!(!envelope.is_trusted(), "a network of relays vouches for no field");
    assert!(derived(&message, &believed.received(Vouched::Topmost)).is_trusted());
}

/// Below the field that the host vouches for stands what came with the message.
#[test]
fn a_return_path_below_the_field_that_is_vouched_for_is_not_used() {
    let received = TRACE.split_once("\r\n").unwrap().1;
    let message = format!("{received}Return-Path: <maya@harbour.example>\r\n{MESSAGE}");
    let trusted = derived(&message, &Believed::nothing().received(Vouched::Topmost));
    assert_eq!((trusted.mail_from.as_deref(), trusted.is_trusted()), (None, true));
    let untrusted = derived(&message, &Believed::nothing());
    assert_eq!(untrusted.mail_from.as_deref(), Some("maya@harbour.example"));
}

/// Where one's own server wrote a field that cannot be read, the next one may be the sender's.
#[test]
fn the_topmost_is_not_vouched_for_below_a_field_that_cannot_be_read() {
    let message = format!("Received: from evil.example (no address here) by mx.receiver.example\r\n{TRACE}{MESSAGE}");
    let topmost = derived(&message, &Believed::nothing().received(Vouched::Topmost));
    assert_eq!((topmost.received_field(), topmost.is_trusted()), (Some(2), false));
    let named = derived(&message, &Believed::nothing().received(Vouched::Field(2)));
    assert!(named.is_trusted());
    let local = format!("Received: by mx.receiver.example with LMTP\r\n{TRACE}{MESSAGE}");
    assert!(derived(&local, &Believed::nothing().received(Vouched::Topmost)).is_trusted());
}

#[test]
fn an_address_that_is_given_keeps_the_rest_of_what_was_derived() {
    let message = format!("Received: from other.example (o [198.51.100.9]) by mx\r\n{TRACE}{MESSAGE}");
    let given = Envelope::new().ip([192, 0, 2, 1].into());
    let envelope = given.completed_from(&header(&message), &Believed::nothing());
    assert_eq!((envelope.ip_source(), envelope.helo_source()), (Some(Source::Given), Some(Source::Received)));
    assert_eq!(envelope.mail_from_source(), Some(Source::ReturnPath));
    assert_eq!((envelope.helo.as_deref(), envelope.received_field()), (Some("mail.harbour.example"), Some(2)));
    let report = report_with(message.as_bytes(), &envelope, &transcript(POLICY));
    assert!(report.spf.derived && !envelope.is_trusted(), "the reverse-path is the message's own word");
    assert_eq!(report.authenticated(), Authenticated::Undecided);
    assert!(report.iprev.as_ref().is_some_and(|iprev| !iprev.derived));
    // With the reverse-path, too, all that SPF of MAIL FROM needs is the host's word.
    let report = report_with(message.as_bytes(), &envelope.mail_from("maya@harbour.example "), &transcript(POLICY));
    assert_eq!((report.spf.derived, report.authenticated()), (false, Authenticated::Yes));
    assert!(report.spf_helo.is_some_and(|helo| helo.derived));
}

#[test]
fn a_derived_address_without_a_reverse_path_leaves_it_open() {
    let message = format!("{}{MESSAGE}", TRACE.split_once("\r\n").unwrap().1);
    let report = judged(&message, &Believed::nothing(), POLICY);
    assert_eq!((report.spf.identity.as_str(), report.spf.derived), ("helo", true));
    assert_eq!((report.dmarc.result.as_str(), report.authenticated()), ("none", Authenticated::Undecided));
}

#[test]
fn a_header_section_alone_is_told_as_that_and_never_authenticated_by_a_derived_address() {
    let signed = String::from_utf8(signed(MESSAGE, "harbour.example")).unwrap();
    let (head, _) = signed.split_once("\r\n\r\n").unwrap();
    for separator in ["\r\n", "\r\n\r\n"] {
        let message = format!("{TRACE}{head}{separator}");
        let report = judged(&message, &Believed::nothing(), POLICY);
        assert!(report.header_only && value(&report)["header_only"] == true);
        assert_eq!(report.authenticated(), Authenticated::Undecided);
        assert!(report.trail.steps().iter().any(|step| step.step == "message body" && step.outcome == "missing"));
    }
    // Whatever SPF says: the body might still be what the author's domain signed.
    let stranger = TRACE.replace("192.0.2.1", "203.0.113.9");
    let report = judged(&format!("{stranger}{head}\r\n"), &Believed::nothing(), POLICY);
    assert_eq!(report.authenticated(), Authenticated::Undecided);
    // An empty body that was signed as one is all there.
    let (bare, _) = MESSAGE.split_once("\r\n\r\n").unwrap();
    let empty = crate::world::signed(&format!("{bare}\r\n\r\n"), "harbour.example");
    let report = report_with(&empty, &Envelope::new(), &transcript(POLICY));
    assert_eq!((report.header_only, report.authenticated()), (false, Authenticated::Yes));
}

#[test]
fn a_stranger_s_header_section_is_not_left_open() {
    let signed = String::from_utf8(signed(MESSAGE, "elsewhere.example")).unwrap();
    let (head, _) = signed.split_once("\r\n\r\n").unwrap();
    let report =
        report_with(format!("{head}\r\n").as_bytes(), &envelope().ip([203, 0, 113, 9].into()), &transcript(POLICY));
    assert_eq!((report.header_only, report.authenticated()), (true, Authenticated::No));
}

#[cfg(feature = "psl")]
#[test]
fn by_both_standards_neither_counts_a_derived_envelope() {
    use passerelle::Now;
    use passerelle::verify::{DmarcMode, verify};

    use crate::world::{NOW, settings};

    let message = format!("{TRACE}{MESSAGE}");
    let (envelope, world) = (derived(&message, &Believed::nothing()), transcript(POLICY));
    let both = settings().dmarc(DmarcMode::Both);
    let report = verify(message.as_bytes(), &envelope, &both, Now::at(NOW), |question| world.answer(question)).unwrap();
    let json = value(&report);
    for verdict in ["dmarc", "dmarc_rfc7489"] {
        assert_eq!((&json[verdict]["result"], &json[verdict]["cause"]), (&json!("none"), &json!("derived-envelope")));
    }
    assert!(json.get("dmarc_difference").is_none());
}
