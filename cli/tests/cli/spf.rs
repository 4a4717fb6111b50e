//! `passerelle spf`

use crate::support::{Folder, Ran, run};

const DNS: &str = r#"{"answers": [
    {"name": "a.example", "type": "TXT", "records": ["v=spf1 ip4:192.0.2.1 exp=why.a.example -all"]},
    {"name": "why.a.example", "type": "TXT", "records": ["%{i} is not ours"]},
    {"name": "open.example", "type": "TXT", "records": ["v=spf1 a:nowhere.example"]},
    {"name": "soft.example", "type": "TXT", "records": ["v=spf1 ~all"]},
    {"name": "broken.example", "type": "TXT", "records": ["v=spf1 ip4:nonsense -all"]},
    {"name": "slow.example", "type": "TXT", "status": "SERVFAIL"},
    {"name": "mx.helo.example", "type": "TXT", "records": ["v=spf1 ip4:192.0.2.1 -all"]}]}"#;

fn spf(ip: &str, mail_from: &str, more: &[&str]) -> Ran {
    let folder = Folder::new();
    let dns = folder.write("dns.json", DNS);
    let arguments = ["spf", "--ip", ip, "--helo", "mx.helo.example", "--mail-from", mail_from, "--dns", &dns];
    run(&[&arguments, more].concat())
}

#[test]
fn exit_codes_follow_the_result() {
    for (ip, mail_from, result, code) in [
        ("192.0.2.1", "ann@a.example", "pass", 0),
        ("::ffff:192.0.2.1", "ann@a.example", "pass", 0),
        ("192.0.2.2", "ann@a.example", "fail", 1),
        ("192.0.2.2", "ann@soft.example", "softfail", 1),
        ("192.0.2.2", "ann@broken.example", "permerror", 1),
        ("192.0.2.2", "ann@nowhere.example", "none", 1),
        ("192.0.2.2", "ann@slow.example", "temperror", 3),
    ] {
        let ran = spf(ip, mail_from, &["--json"]);
        assert_eq!((ran.json()["result"].as_str(), ran.code), (Some(result), code), "{ip} {mail_from}");
    }
}

#[test]
fn the_json_is_the_spf_object_with_its_trail() {
    let ran = spf("192.0.2.2", "<ann@a.example>", &["--json"]);
    let json = ran.json();
    assert_eq!(json["identity"], "mailfrom");
    assert_eq!(json["domain"], "a.example");
    assert_eq!(json["mechanism"], "-all");
    assert_eq!(json["explanation"], "192.0.2.2 is not ours");
    assert_eq!((json["lookups"].as_u64(), json["void_lookups"].as_u64()), (Some(0), Some(0)));
    let trail = json["trail"].as_array().unwrap();
    assert!(!trail.is_empty());
    for step in trail {
        let members: Vec<&str> = step.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members.len(), 4, "{step}");
        assert!(["step", "outcome", "why", "rfc"].iter().all(|m| members.contains(m)), "{step}");
    }
    assert_eq!(ran.out().lines().count(), 1);
    assert!(ran.out().ends_with("}\n"));
}

#[test]
fn the_null_return_path_checks_helo() {
    for null in ["", "<>"] {
        let ran = spf("192.0.2.1", null, &["--json"]);
        let json = ran.json();
        // The same words as in the report of `verify`.
        assert_eq!((json["identity"].as_str(), json["domain"].as_str()), (Some("helo"), Some("mx.helo.example")));
        assert_eq!(ran.code, 0);
    }
}

#[test]
fn people_see_a_line_and_with_v_the_trail() {
    let short = spf("192.0.2.2", "ann@a.example", &[]);
    assert!(short.out().starts_with("  spf    fail "), "{}", short.out());
    assert!(short.out().contains("192.0.2.2 is not ours") && !short.out().contains("Trail"));
    let long = spf("192.0.2.2", "ann@a.example", &["-v"]);
    assert!(long.out().contains("Trail") && long.out().contains("(RFC 7208 §"), "{}", long.out());
    assert!(!long.out().contains('\x1b'));
}

#[test]
fn people_see_whom_was_asked_for_and_what_matched() {
    for (mail_from, expected) in [
        ("ann@soft.example", "softfail    MAIL FROM soft.example, matched ~all\n"),
        ("", "fail        HELO mx.helo.example, matched -all\n"),
        ("ann@open.example", "neutral     MAIL FROM open.example, no mechanism matched, 1 lookup, 1 void lookup\n"),
    ] {
        let ran = spf("192.0.2.2", mail_from, &[]);
        assert!(ran.out().contains(expected), "{}", ran.out());
    }
}
