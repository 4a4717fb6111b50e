//! The messages of `examples/`: what `examples/README.md` says of them is so.

use std::fs;

use serde_json::Value;

use crate::support::{example, run};

fn verify(message: &str, more: &[&str]) -> (Value, i32) {
    let ran = run(&[&["verify", &example(message), "--dns", &example("dns.json"), "--json"], more].concat());
    (ran.json(), ran.code)
}

/// The results of SPF, of each signature, and of DMARC.
fn results(report: &Value) -> (&str, Vec<&str>, &str) {
    let dkim = report["dkim"].as_array().unwrap().iter().map(|s| s["result"].as_str().unwrap()).collect();
    (report["spf"]["result"].as_str().unwrap(), dkim, report["dmarc"]["result"].as_str().unwrap())
}

#[test]
fn each_shows_what_it_is_said_to_show() {
    for (message, spf, dkim, dmarc, code) in [
        ("message.eml", "pass", &["pass", "pass"][..], "pass", 0),
        ("internationalized.eml", "pass", &["pass"], "pass", 0),
        ("bounce.eml", "pass", &[], "none", 1),
        ("no-policy.eml", "pass", &["pass"], "none", 0),
        ("list-footer.eml", "pass", &["fail", "fail"], "fail", 1),
        ("body-length.eml", "pass", &["policy"], "fail", 1),
        ("changed-subject.eml", "pass", &["fail", "fail"], "fail", 1),
        ("expired.eml", "pass", &["fail"], "fail", 1),
        ("revoked.eml", "pass", &["permerror"], "fail", 1),
        ("spoofed.eml", "pass", &["pass"], "fail", 1),
        ("softfail.eml", "softfail", &[], "fail", 1),
        ("two-from.eml", "pass", &["fail", "fail"], "permerror", 1),
        ("hostile.eml", "pass", &["permerror", "permerror"], "permerror", 1),
        ("temporary.eml", "temperror", &["temperror"], "temperror", 3),
        ("saved-lf.eml", "pass", &["pass", "pass"], "pass", 0),
    ] {
        let (report, exit) = verify(message, &[]);
        assert_eq!((results(&report), exit), ((spf, dkim.to_vec(), dmarc), code), "{message}");
    }
}

#[test]
fn what_is_vouched_for_counts() {
    for (message, dmarc, aligned_by, code) in [
        ("message.eml", "pass", &["spf", "dkim"][..], 0),
        ("bounce.eml", "pass", &["spf"], 0),
        ("spoofed.eml", "fail", &[], 1),
        ("softfail.eml", "fail", &[], 1),
    ] {
        for trust in [&["--trust-received"][..], &["--trust-received", "1"], &["--trust-received=1"]] {
            let (report, exit) = verify(message, trust);
            assert_eq!((report["dmarc"]["result"].as_str(), exit), (Some(dmarc), code), "{message}");
            assert_eq!(report["dmarc"]["aligned_by"], serde_json::json!(aligned_by), "{message}");
            assert_eq!(report["envelope"]["trusted"], true);
            assert!(report["authentication_results"].as_str().unwrap().contains("spf="));
        }
    }
}

#[test]
fn none_is_missing_from_the_readme() {
    let readme = fs::read_to_string(example("README.md")).unwrap();
    for entry in fs::read_dir(example("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || readme.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn reasons_name_what_happened() {
    for (message, pointer, says) in [
        ("list-footer.eml", "/dkim/0/reason", "footer"),
        ("revoked.eml", "/dkim/0/reason", "revoked"),
        ("expired.eml", "/dkim/0/reason", "expired"),
        ("two-from.eml", "/dmarc/reason", "several From"),
        ("spoofed.eml", "/dmarc/reason", "aligned"),
    ] {
        let (report, _) = verify(message, &[]);
        assert!(report.pointer(pointer).unwrap().as_str().unwrap().contains(says), "{message}: {report}");
    }
}

#[test]
fn a_partly_signed_body_passes_only_on_request() {
    let (report, code) = verify("body-length.eml", &["--accept-body-length"]);
    assert_eq!((results(&report), code), (("pass", vec!["pass"], "pass"), 0));
    assert_eq!(report["dkim"][0]["body_uncovered"], 165);
}

#[test]
fn time_changes_the_verdict_on_what_expires() {
    let (report, _) = verify("expired.eml", &["--now", "1735689700"]);
    assert_eq!(results(&report).1, ["pass"]);
}

#[test]
fn the_saved_message_has_the_verdicts_of_the_one_it_was() {
    let (saved, _) = verify("saved-lf.eml", &["--now", "1741687260"]);
    let (message, _) = verify("message.eml", &["--now", "1741687260"]);
    for member in ["spf", "spf_helo", "dkim", "dmarc", "iprev", "authentication_results"] {
        assert_eq!(saved[member], message[member], "{member}");
    }
    let outcomes =
        |report: &Value| report["trail"].as_array().unwrap().iter().map(|s| s["outcome"].clone()).collect::<Vec<_>>();
    assert!(
        outcomes(&saved).contains(&"LF converted to CRLF".into())
            && outcomes(&saved).contains(&"mbox line dropped".into())
    );
    assert!(!outcomes(&message).contains(&"LF converted to CRLF".into()));
}

#[test]
fn the_corpus_can_be_run() {
    let corpus: Value = serde_json::from_slice(&fs::read(example("corpus.json")).unwrap()).unwrap();
    let entries = corpus.as_array().unwrap();
    assert!(entries.len() >= 15);
    for entry in entries {
        let text = |member: &str| entry[member].as_str().unwrap_or_else(|| panic!("{member} of {entry}")).to_owned();
        let now = entry["now"].as_u64().unwrap().to_string();
        let ran = run(&[
            "verify",
            &example(&text("message")),
            "--dns",
            &example(&text("dns")),
            "--ip",
            &text("ip"),
            "--helo",
            &text("helo"),
            "--mail-from",
            &text("mail_from"),
            "--authserv-id",
            &text("authserv_id"),
            "--now",
            &now,
            "--json",
        ]);
        assert_ne!(ran.code, 2, "{}", ran.stderr);
        let field = ran.json()["authentication_results"].as_str().unwrap().to_owned();
        assert!(field.starts_with("Authentication-Results: mx.ferry.example"), "{field}");
    }
}
