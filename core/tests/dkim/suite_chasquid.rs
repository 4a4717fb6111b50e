//! The suite `dkim-chasquid`: messages, key records, and what another implementation says.

use std::path::Path;

use passerelle::dkim::{DkimResult, Verdict, VerifyPolicy};
use serde_json::Value;

use crate::common::{Dns, crlf, verify_with};
use crate::support::suite;

/// Records are `name: text`, continued after a backslash; the words TEMPERROR and PERMERROR stand for failures of the
/// lookup, the latter being that there is nothing.
fn read_dns(path: &Path) -> Dns {
    let text = std::fs::read_to_string(path).unwrap_or_default().replace("\\\n", "");
    let mut dns = Dns::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (name, record) = line.split_once(':').unwrap();
        match record.trim() {
            "TEMPERROR" => dns.failing.push(name.to_owned()),
            "PERMERROR" => {}
            record => dns.add(name, record),
        }
    }
    dns
}

#[test]
fn every_case() {
    let Some(folder) = suite("dkim-chasquid") else { return };
    // That implementation examines five signatures and accepts l=.
    let policy = VerifyPolicy::default().max_signatures(5).accept_body_length(true);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "msg") {
            continue;
        }
        let message = crlf(&std::fs::read_to_string(&path).unwrap());
        let verdicts = verify_with(&message, &read_dns(&path.with_extension("dns")), &policy, 1_790_000_000);
        let case = path.file_stem().unwrap().to_str().unwrap();
        let Ok(result) = std::fs::read_to_string(path.with_extension("result")) else {
            assert_eq!(case, "03-bad_message"); // no header field at all: no signature
            assert!(verdicts.is_empty());
            count += 1;
            continue;
        };
        check(case, &verdicts, &serde_json::from_str(&result).unwrap());
        count += 1;
    }
    assert_eq!(count, 11);
}

fn check(case: &str, verdicts: &[Verdict], expected: &Value) {
    let results = expected["Results"].as_array().unwrap();
    for (verdict, expected) in verdicts.iter().zip(results) {
        let word = match expected["State"].as_str().unwrap() {
            "SUCCESS" => DkimResult::Pass,
            "TEMPFAIL" => DkimResult::TempError,
            "PERMFAIL" => DkimResult::PermError,
            other => panic!("{other} is not understood"),
        };
        assert_eq!(verdict.result, word, "{case}: {verdict:?}");
        if expected["Domain"] != "" {
            assert_eq!(verdict.domain.as_ref().unwrap().as_str(), expected["Domain"], "{case}");
            assert_eq!(verdict.selector.as_deref(), expected["Selector"].as_str(), "{case}");
            assert!(expected["B"].as_str().unwrap().starts_with(&verdict.b) && verdict.b.len() >= 8, "{case}");
        }
    }
    let beyond = verdicts.get(results.len());
    match case {
        "02-too_many_headers" => {
            assert_eq!(beyond.unwrap().reason.as_deref(), Some("2 more signatures were not examined: the limit is 5"));
        }
        _ => assert_eq!(beyond, None, "{case}"),
    }
}
