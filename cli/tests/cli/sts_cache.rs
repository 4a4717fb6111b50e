//! MTA-STS policies that were had before: in transcripts, and in the file of `--sts-cache`.

use std::fs;

use crate::support::{Folder, Ran, run};

const POLICY: &str = "hostname = \"gw.example.org\"\ndomains = [\"example.org\"]\n[[relay]]\nname = \"apps\"\npeers = [\"192.0.2.0/24\"]\n";
const ANSWERS: &str = r#""answers": [
    {"name": "example.com", "type": "MX", "records": ["10 mx.example.com"]},
    {"name": "mx.example.com", "type": "A", "records": ["198.51.100.1"]},
    {"name": "_mta-sts.example.com", "type": "TXT", "RECORD"}]"#;

fn file(mx: &str) -> String {
    format!("version: STSv1\\nmode: enforce\\nmx: {mx}\\nmax_age: 604800\\n")
}

fn cached(mx: &str) -> String {
    format!(r#"{{"example.com": {{"id": "1", "fetched": 1800000000, "policy": "{}"}}}}"#, file(mx))
}

fn route(folder: &Folder, dns: &str, more: &[&str]) -> Ran {
    let (config, dns) = (folder.write("gw.toml", POLICY), folder.write("dns.json", dns));
    let to = [
        "--from",
        "ann@example.org",
        "--to",
        "bob@example.com",
        "--peer",
        "192.0.2.7",
        "--now",
        "1800000600",
        "--json",
    ];
    run(&[&["route", "--config", &config, "--dns", &dns], &to[..], more].concat())
}

/// The verification of the only hop, or the codes of the reply.
fn outcome(ran: &Ran) -> String {
    let json = ran.json();
    let group = &json["groups"][0];
    match group["hops"][0]["tls"]["verify"].as_str() {
        Some(verify) => verify.to_owned(),
        None => format!("{} {}", group["reply"]["code"], group["reply"]["enhanced"].as_str().unwrap_or_default()),
    }
}

fn answers(record: &str) -> String {
    ANSWERS.replace("\"RECORD\"", record)
}

#[test]
fn a_transcript_s_cache_counts_and_is_recorded_again() {
    let folder = Folder::new();
    let failed = answers(r#""status": "SERVFAIL""#);
    let without = route(&folder, &format!("{{{failed}}}"), &[]);
    assert_eq!((without.code, outcome(&without)), (0, "none".into()), "{without:?}");
    for (mx, expected) in [("mx.example.com", (0, "ca+name")), ("other.example", (3, "451 4.7.5"))] {
        let recording = folder.path("recorded.json");
        let dns = format!("{{{failed}, \"sts_cache\": {}}}", cached(mx));
        let ran = route(&folder, &dns, &["--record", &recording]);
        assert_eq!((ran.code, &*outcome(&ran)), expected, "{ran:?}");
        let again = route(&folder, &fs::read_to_string(&recording).unwrap(), &[]);
        assert_eq!(again.stdout, ran.stdout);
    }
}

#[test]
fn the_file_of_sts_cache_is_the_same_object_and_is_written_back() {
    let folder = Folder::new();
    let path = folder.path("sts.json");
    let fetched = format!(
        "{{{}, \"sts\": {{\"example.com\": \"{}\"}}}}",
        answers(r#""records": ["v=STSv1; id=7;"]"#),
        file("mx.example.com")
    );
    let ran = route(&folder, &fetched, &["--sts-cache", &path]);
    assert_eq!((ran.code, outcome(&ran)), (0, "ca+name".into()), "{ran:?}");
    let kept: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!((&kept["example.com"]["id"], &kept["example.com"]["fetched"]), (&"7".into(), &1_800_000_600.into()));
    // The next time the record's look-up fails, and the policy is still in force.
    let failed = format!("{{{}}}", answers(r#""status": "TIMEOUT""#));
    let ran = route(&folder, &failed, &["--sts-cache", &path]);
    assert_eq!((ran.code, outcome(&ran)), (0, "ca+name".into()), "{ran:?}");
}
