//! The openspf suite for RFC 7208: every one of its tests.

use passerelle::spf::{CheckHost, Request};
use passerelle::{RecordType, Status};
use serde::Deserialize;
use serde_yaml_ng::Value;

use crate::support;
use crate::zone::{Zone, record};

#[test]
fn all_203() {
    let Some(folder) = support::suite("spf-rfc7208") else { return };
    let text = std::fs::read_to_string(folder.join("rfc7208-tests.yml")).unwrap();
    let mut run = 0;
    let mut failures = Vec::new();
    for document in serde_yaml_ng::Deserializer::from_str(&text) {
        let scenario = Value::deserialize(document).unwrap();
        if scenario.is_null() {
            continue;
        }
        let zone = zone(&scenario["zonedata"]);
        for (name, test) in scenario["tests"].as_mapping().unwrap() {
            run += 1;
            if let Err(why) = check(&zone, test) {
                failures.push(format!("{}: {why}", name.as_str().unwrap()));
            }
        }
    }
    assert_eq!(run, 203);
    assert!(failures.is_empty(), "{} of {run} failed:\n{}", failures.len(), failures.join("\n"));
}

fn check(zone: &Zone, test: &Value) -> Result<(), String> {
    let word = |key: &str| test[key].as_str().unwrap().to_owned();
    let request = Request::new(word("host").parse().unwrap(), word("helo"), word("mailfrom"));
    let verdict = zone.check(CheckHost::mail_from(&request));
    let accepted: Vec<&str> = match &test["result"] {
        Value::Sequence(results) => results.iter().map(|r| r.as_str().unwrap()).collect(),
        result => vec![result.as_str().unwrap()],
    };
    if !accepted.contains(&verdict.result.as_str()) {
        return Err(format!("{accepted:?} expected: {verdict:#?}"));
    }
    // The word DEFAULT stands for the receiver's own explanation, of which the engine has none.
    match (test["explanation"].as_str(), verdict.explanation.as_deref()) {
        (None, _) | (Some("DEFAULT"), None) => Ok(()),
        (Some(expected), Some(explanation)) if expected == explanation => Ok(()),
        (expected, explanation) => Err(format!("explanation {expected:?} expected, got {explanation:?}")),
    }
}

fn zone(data: &Value) -> Zone {
    let mut zone = Zone::new();
    for (name, entries) in data.as_mapping().unwrap() {
        let name = name.as_str().unwrap();
        let entries = entries.as_sequence().unwrap();
        // `SPF:` records are published as TXT too, unless there is a `TXT:` entry, be it `NONE`.
        let has_txt = entries.iter().any(|entry| entry.get("TXT").is_some());
        for entry in entries {
            let Value::Mapping(entry) = entry else {
                assert_eq!(entry.as_str(), Some("TIMEOUT"));
                zone.otherwise(name, Status::Timeout);
                continue;
            };
            for (kind, data) in entry {
                match kind.as_str().unwrap() {
                    "SPF" if has_txt => {}
                    "SPF" | "TXT" if data.as_str() == Some("NONE") => {}
                    "SPF" | "TXT" => zone.txt(name, octets(data)),
                    "MX" => {
                        let data = format!("{} {}", data[0].as_u64().unwrap(), data[1].as_str().unwrap());
                        zone.add(name, record(RecordType::Mx, &data));
                    }
                    kind => {
                        zone.add(name, record(RecordType::from_mnemonic(kind).unwrap(), data.as_str().unwrap()));
                    }
                }
            }
        }
    }
    zone
}

/// The octets of a text: the suite writes them as the characters U+0000 to U+00FF. A list is joined.
fn octets(data: &Value) -> Vec<u8> {
    match data {
        Value::Sequence(strings) => strings.iter().flat_map(octets).collect(),
        text => text.as_str().unwrap().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
    }
}
