//! `passerelle verify`: its options, and where the envelope comes from.

use serde_json::Value;

use crate::support::{Folder, Ran, example, run, run_with};

const DNS: &str = r#"{"answers": [
    {"name": "a.example", "type": "TXT", "records": ["v=spf1 ip4:192.0.2.1 -all"]},
    {"name": "_dmarc.a.example", "type": "TXT", "records": ["v=DMARC1; p=reject"]},
    {"name": "slow.example", "type": "TXT", "status": "TIMEOUT"},
    {"name": "_dmarc.slow.example", "type": "TXT", "status": "SERVFAIL"}]}"#;

fn verify(message: &str, more: &[&str]) -> Ran {
    let folder = Folder::new();
    let dns = folder.write("dns.json", DNS);
    run_with(&[&["verify", "-", "--dns", &dns], more].concat(), message.as_bytes())
}

fn steps(report: &Value, step: &str) -> Vec<(String, String)> {
    let steps = report["trail"].as_array().unwrap().iter().filter(|s| s["step"] == step);
    steps.map(|s| (s["outcome"].as_str().unwrap().to_owned(), s["why"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn the_envelope_that_was_given_is_checked() {
    let message = "Return-Path: <x@other.example>\r\nFrom: ann@a.example\r\n\r\nHello\r\n";
    for (ip, code) in [("192.0.2.1", 0), ("192.0.2.2", 1)] {
        let ran = verify(message, &["--ip", ip, "--helo", "h.a.example", "--mail-from", "<ann@a.example>", "--json"]);
        assert_eq!(ran.code, code, "{}", ran.out());
        assert_eq!(ran.json()["spf"]["domain"], "a.example");
        assert!(steps(&ran.json(), "envelope").is_empty());
    }
}

#[test]
fn without_one_it_is_taken_from_the_message_and_that_is_said() {
    let message = "Return-Path: <ann@a.example>\r\n\
                   Received: by this.example; Thu, 1 Jan 2026 00:00:00 +0000\r\n\
                   Received: from h.a.example (h.a.example [192.0.2.1]) by mx.b.example; Thu, 1 Jan 2026 00:00:00 +0000\r\n\
                   Received: from liar.example (liar.example [192.0.2.99]) by mx.x.example; Thu, 1 Jan 2026 00:00:00 +0000\r\n\
                   From: ann@a.example\r\n\r\nHello\r\n";
    let ran = verify(message, &["--json"]);
    let report = ran.json();
    assert_eq!((ran.code, report["spf"]["result"].as_str()), (1, Some("pass")), "{report}");
    assert_eq!((report["spf"]["derived"].as_bool(), report["authenticated"].as_str()), (Some(true), Some("undecided")));
    let [(outcome, why)] = &*steps(&report, "envelope") else { panic!("{report}") };
    assert!(outcome.contains("taken from the message"));
    assert!(why.contains("192.0.2.1") && why.contains("h.a.example") && why.contains("ann@a.example"), "{why}");
    let shown = verify(message, &[]);
    assert!(shown.out().contains("envelope: taken from the message"), "{}", shown.out());
    assert!(shown.out().starts_with("Undecided: ") && shown.out().contains("--trust-received=2"), "{}", shown.out());
    for trust in [&["--trust-received"][..], &["--trust-received=2"], &["--trust-received", "2"]] {
        let ran = verify(message, trust);
        assert_eq!(ran.code, 0, "{}", ran.out());
        assert!(ran.out().starts_with("Authenticated as a.example"), "{}", ran.out());
    }
    assert_eq!(verify(message, &["--trust-received=3"]).code, 1, "another client");
}

#[test]
fn relays_of_one_s_own_and_internal_hops_are_passed_over() {
    let message = "Return-Path: <ann@a.example>\r\n\
                   Received: from localhost (localhost [127.0.0.1]) by mx.b.example\r\n\
                   Received: from filter (filter [192.168.1.9]) by mx.b.example\r\n\
                   Received: from relay.b.example (relay.b.example [203.0.113.7]) by mx.b.example\r\n\
                   Received: from h.a.example (h.a.example [192.0.2.1]) by relay.b.example\r\n\
                   From: ann@a.example\r\n\r\nHello\r\n";
    let report = verify(message, &["--json"]).json();
    assert_eq!(
        (report["envelope"]["received_field"].as_u64(), report["spf"]["result"].as_str()),
        (Some(3), Some("fail"))
    );
    let [(_, why)] = &*steps(&report, "envelope") else { panic!("{report}") };
    assert!(why.contains("127.0.0.1") && why.contains("192.168.1.9"), "{why}");
    let ran = verify(message, &["--trusted-relay", "203.0.113.0/24", "--json"]);
    assert_eq!((ran.code, ran.json()["envelope"]["received_field"].as_u64()), (1, Some(4)));
    assert_eq!(ran.json()["authenticated"], "undecided");
    let ran = verify(message, &["--trusted-relay", "2001:db8::/32,203.0.113.7", "--trust-received"]);
    assert_eq!(ran.code, 0, "{}", ran.out());
}

#[test]
fn a_header_section_alone_is_told_as_that() {
    let whole = std::fs::read_to_string(example("message.eml")).unwrap();
    let head = whole.split("\r\n\r\n").next().unwrap();
    let folder = Folder::new();
    let file = folder.write("head.eml", format!("{head}\r\n"));
    let ran = run(&["verify", &file, "--dns", &example("dns.json")]);
    assert_eq!(ran.code, 1);
    assert!(ran.out().starts_with("Undecided: the body is missing"), "{}", ran.out());
    let report = run(&["verify", &file, "--dns", &example("dns.json"), "--json"]).json();
    assert_eq!((report["header_only"].as_bool(), report["authenticated"].as_str()), (Some(true), Some("undecided")));
}

#[test]
fn a_return_path_that_is_no_path_is_wrong_usage() {
    let message = "From: ann@a.example\r\n\r\nHello\r\n";
    for path in ["x@evil.example, ann@a.example", "a.example", "x@evil.example ann@a.example", "<ann@a.example"] {
        let ran = verify(message, &["--ip", "192.0.2.1", "--mail-from", path]);
        assert_eq!(ran.code, 2, "{path}: {}", ran.out());
        assert!(ran.stderr.contains("return path"), "{}", ran.stderr);
        let ran = run(&["spf", "--ip", "192.0.2.1", "--helo", "h.a.example", "--mail-from", path]);
        assert_eq!(ran.code, 2, "{path}: {}", ran.out());
    }
    assert_eq!(verify(message, &["--trust-received=0"]).code, 2);
    assert_eq!(verify(message, &["--trusted-relay", "192.0.2.0/33"]).code, 2);
}

#[test]
fn a_message_without_traces_says_that_nothing_is_known_and_what_would_decide() {
    let ran = verify("From: ann@a.example\r\n\r\nHello\r\n", &["--json"]);
    assert_eq!((ran.code, ran.json()["spf"]["result"].as_str()), (1, Some("none")));
    assert_eq!(steps(&ran.json(), "envelope")[0].0, "unknown");
    assert_eq!(ran.json()["dmarc"]["cause"], "no-address");
    let shown = verify("From: ann@a.example\r\n\r\nHello\r\n", &[]);
    assert!(shown.out().starts_with("Undecided: ") && shown.out().contains("--ip"), "{}", shown.out());
}

/// What is given stays, and what is not is shown, told apart, and counts for nothing.
#[test]
fn a_part_of_an_envelope_keeps_the_rest_of_what_was_derived() {
    let message = "Return-Path: <ann@a.example>\r\n\
                   Received: from h.a.example (h.a.example [192.0.2.99]) by mx.b.example\r\nFrom: ann@a.example\r\n\r\nHello\r\n";
    let ran = verify(message, &["--ip", "192.0.2.1", "--json"]);
    let report = ran.json();
    let expected = serde_json::json!({
        "ip": {"value": "192.0.2.1", "source": "given"},
        "helo": {"value": "h.a.example", "source": "received"},
        "mail_from": {"value": "ann@a.example", "source": "return-path"},
        "received_field": 1,
        "trusted": false,
    });
    assert_eq!(report["envelope"], expected);
    assert_eq!((ran.code, report["authenticated"].as_str()), (1, Some("undecided")));
    let ran = verify(message, &["--ip", "192.0.2.1", "--mail-from", "ann@a.example"]);
    assert_eq!(ran.code, 0, "{}", ran.out());
}

#[test]
fn temporary_errors_have_their_exit_code() {
    let message = "From: ann@slow.example\r\n\r\nHello\r\n";
    let ran = verify(message, &["--ip", "192.0.2.1", "--helo", "h.slow.example", "--mail-from", "ann@slow.example"]);
    assert_eq!(ran.code, 3, "{}", ran.out());
    assert!(ran.out().starts_with("Not decided"), "{}", ran.out());
}

#[test]
fn lf_and_mbox_are_undone_and_reported() {
    let mbox = "From ann@a.example Thu Jan  1 00:00:00 2026\nFrom: ann@a.example\n\nHello\n";
    let ran = verify(mbox, &["--ip", "192.0.2.1", "--helo", "h.a.example", "--mail-from", "ann@a.example", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.out());
    let outcomes: Vec<String> = steps(&ran.json(), "message file").into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, ["mbox line dropped", "LF converted to CRLF"]);
}

#[test]
fn the_json_has_the_members_of_the_design_on_one_line() {
    let ran = run(&["verify", &example("message.eml"), "--dns", &example("dns.json"), "--json"]);
    assert_eq!(ran.out().matches('\n').count(), 1);
    assert!(ran.out().ends_with("}\n") && ran.stderr.is_empty());
    let report = ran.json();
    for (object, members) in [
        ("/spf", &["result", "identity", "domain", "mechanism", "lookups", "void_lookups"][..]),
        ("/dkim/0", &["result", "domain", "selector", "identity", "algorithm", "key_bits", "canonicalization"]),
        ("/dmarc", &["result", "domain", "policy_domain", "policy", "disposition", "aligned_by"]),
        ("/iprev", &["result"]),
        ("/trail/0", &["step", "outcome", "why", "rfc"]),
    ] {
        let found = report.pointer(object).unwrap().as_object().unwrap();
        assert!(members.iter().all(|m| found.contains_key(*m)), "{object}: {found:?}");
    }
    assert!(report["authentication_results"].as_str().unwrap().starts_with("Authentication-Results: localhost;"));
}

/// Only the members with a question mark in the design may be missing; what has no value is null.
#[test]
fn no_member_is_missing_in_any_situation() {
    let folder = std::fs::read_dir(example("")).unwrap();
    let messages =
        folder.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "eml"));
    for path in messages {
        let report = run(&["verify", path.to_str().unwrap(), "--dns", &example("dns.json"), "--json"]).json();
        let has = |object: &serde_json::Value, members: &[&str]| {
            let found = object.as_object().unwrap();
            assert!(members.iter().all(|member| found.contains_key(*member)), "{path:?}: {found:?}");
        };
        has(&report, &["spf", "dkim", "dmarc", "authentication_results", "trail"]);
        has(&report["spf"], &["result", "identity", "domain", "lookups", "void_lookups"]);
        has(&report["dmarc"], &["result", "domain", "policy_domain", "policy", "disposition", "aligned_by"]);
        for signature in report["dkim"].as_array().unwrap() {
            let members = ["result", "domain", "selector", "identity", "algorithm", "key_bits", "canonicalization"];
            has(signature, &members);
        }
    }
}

#[test]
fn the_authserv_id_names_the_author_of_the_results() {
    let ran = run(&[
        "verify",
        &example("message.eml"),
        "--dns",
        &example("dns.json"),
        "--authserv-id",
        "mx.b.example",
        "--json",
    ]);
    assert!(
        ran.json()["authentication_results"].as_str().unwrap().starts_with("Authentication-Results: mx.b.example;")
    );
}

#[test]
fn people_see_a_verdict_a_line_and_with_v_the_trail() {
    let (message, dns) = (example("message.eml"), example("dns.json"));
    let short = run(&["verify", &message, "--dns", &dns]);
    assert!(short.out().starts_with("Authenticated as harbour.example\n"), "{}", short.out());
    for line in ["  dmarc  pass ", "  dkim   pass ", "  spf    pass ", "  iprev  pass "] {
        assert!(short.out().contains(line), "{line} in {}", short.out());
    }
    assert!(!short.out().contains("Trail"));
    let long = run(&["verify", &message, "--dns", &dns, "-v"]);
    assert!(long.out().contains("\nTrail\n") && long.out().contains("(RFC 6376 §"), "{}", long.out());
    assert!(long.out().contains("Authentication-Results: localhost;"), "{}", long.out());
}

#[test]
fn a_large_message_is_read_in_chunks() {
    // Larger than several chunks, with a line end across each boundary's neighbourhood.
    let body = "0123456789abcde\r\n".repeat(30_000);
    let message = format!("From: ann@a.example\r\n\r\n{body}");
    let envelope = ["--ip", "192.0.2.1", "--helo", "h.a.example", "--mail-from", "ann@a.example"];
    assert_eq!(verify(&message, &envelope).code, 0);
    assert_eq!(verify(&message.replace("\r\n", "\n"), &envelope).code, 0);
}

/// A record that RFC 9989 reads as it is meant, and RFC 7489 as p=none.
#[test]
fn both_standards_of_dmarc_and_where_they_differ() {
    let folder = Folder::new();
    let dns = folder.write(
        "dns.json",
        r#"{"answers": [{"name": "_dmarc.a.example", "type": "TXT",
            "records": ["v=DMARC1; sp=none; p=reject; rua=mailto:d@a.example"]}]}"#,
    );
    let verify = |more: &[&str]| {
        let envelope = ["--ip", "203.0.113.9", "--helo", "h.b.example", "--mail-from", "ann@b.example"];
        let arguments = [&["verify", "-", "--dns", &dns], &envelope[..], more].concat();
        run_with(&arguments, b"From: ann@a.example\r\n\r\nHello\r\n")
    };
    let disposition = |ran: &Ran| ran.json()["dmarc"]["disposition"].as_str().unwrap().to_owned();
    assert_eq!(disposition(&verify(&["--json"])), "reject");
    assert_eq!(disposition(&verify(&["--json", "--dmarc", "rfc9989"])), "reject");
    assert_eq!(disposition(&verify(&["--json", "--dmarc", "rfc7489"])), "none");
    let both = verify(&["--json", "--dmarc", "both"]);
    assert_eq!((both.code, &*disposition(&both)), (1, "reject"));
    assert_eq!(both.json()["dmarc_rfc7489"]["disposition"], "none");
    assert!(both.json()["dmarc_difference"].as_str().unwrap().contains("policy reject / none"));
    let shown = verify(&["--dmarc", "both"]);
    let words = shown.out().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("by RFC 7489: a.example, policy none"), "{words}");
    assert!(words.contains("because p is not right behind v"), "{words}");
    assert_eq!(verify(&["--dmarc", "rfc822"]).code, 2);
}

/// `From : ann` is a field, in obsolete syntax, and no mbox line: which of the two authors counts is not for us to say.
#[test]
fn a_first_line_with_an_obsolete_from_field_stays() {
    for gap in [" ", "\t", " \t "] {
        let message = format!("From{gap}: boss@other.example\r\nFrom: ann@a.example\r\n\r\nHello\r\n");
        let envelope = ["--ip", "192.0.2.1", "--helo", "h.a.example", "--mail-from", "ann@a.example", "--json"];
        let ran = verify(&message, &envelope);
        assert_eq!((ran.code, ran.json()["dmarc"]["result"].as_str()), (1, Some("permerror")), "{}", ran.out());
        assert!(steps(&ran.json(), "message file").is_empty());
    }
}

#[test]
fn without_a_return_path_people_read_that_helo_is_checked() {
    let message = "Received: from h.a.example (h.a.example [192.0.2.1]) by mx.b.example; Thu, 1 Jan 2026 00:00:00 +0000\r\n\
                   From: ann@a.example\r\n\r\nHello\r\n";
    let report = verify(message, &["--json"]).json();
    assert_eq!(report["spf"]["identity"], "helo");
    let [(_, why)] = &*steps(&report, "envelope") else { panic!("{report}") };
    assert!(why.contains("no Return-Path"), "{why}");
    let shown = verify(message, &[]);
    assert!(shown.out().contains("HELO h.a.example"), "{}", shown.out());
}

#[test]
fn forged_results_are_pointed_out_to_people() {
    let message = "Authentication-Results: MX.b.example; dmarc=pass\r\nFrom: ann@a.example\r\n\r\nHello\r\n";
    for (ours, shown) in [("mx.b.example", true), ("mx.c.example", false)] {
        let ran = verify(message, &["--authserv-id", ours]);
        assert_eq!(ran.out().contains("authentication-results: to be removed"), shown, "{}", ran.out());
    }
}

#[test]
fn a_verdict_without_a_subject_has_its_reason_on_the_line() {
    let ran = verify("Subject: nobody\r\n\r\nHello\r\n", &[]);
    assert!(ran.out().contains("  dmarc  permerror   there is no From field\n"), "{}", ran.out());
}

#[test]
fn an_uncertain_author_is_told_with_the_domains_that_it_may_be_of() {
    let ran = run(&["verify", &example("two-from.eml"), "--dns", &example("dns.json")]);
    let told = ran.out().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("author may be of") && told.contains("harbour.example (fail)"), "{}", ran.out());
    assert!(told.contains("disposition reject") && told.contains("there are several From fields"), "{}", ran.out());
}

#[test]
fn what_a_trusted_server_said_stands_beside_it() {
    let message = "Authentication-Results: provider.example; dmarc=pass header.from=a.example; odd; spf=fail\r\n \
                   smtp.mailfrom=ann@a.example\r\nFrom: ann@a.example\r\n\r\nHello\r\n";
    let envelope = ["--ip", "192.0.2.2", "--helo", "h.a.example", "--mail-from", "ann@a.example"];
    let trusting =
        [&envelope[..], &["--trust-authserv-id", "x.example", "--trust-authserv-id", "provider.example"]].concat();
    let shown = verify(message, &trusting);
    let out = shown.out();
    assert_eq!(shown.code, 1, "what others say decides nothing: {out}");
    assert!(out.contains("Said before by provider.example"), "{out}");
    assert!(out.contains("a.example, here fail") && out.contains("a.example, the same here"), "{out}");
    assert!(out.contains("skipped\n    odd"), "{out}");
    let report = verify(message, &[&trusting[..], &["--json"]].concat()).json();
    assert_eq!(report["provider_results"]["compared"][0]["differs"], true);
    let untrusted = verify(message, &[&envelope[..], &["--json"]].concat()).json();
    assert!(untrusted.get("provider_results").is_none());
}
