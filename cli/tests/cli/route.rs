//! `passerelle route`

use crate::support::{Folder, Ran, run};

const POLICY: &str = r#"
hostname = "gw.example.com"
domains = ["example.com"]

[[relay]]
name = "apps"
peers = ["192.0.2.0/24"]

[[route]]
name = "smart"
hosts = ["smart.example.net:587"]

[[rule]]
name = "to the partner"
match = { to = ["@partner.example"] }
do = { route = "smart" }

[[rule]]
name = "never"
match = { to = ["@never.example"] }
do = { reject = "550 5.7.1 No" }
"#;

const DNS: &str = r#"{"answers": [
    {"name": "smart.example.net", "type": "A", "records": ["198.51.100.1"]},
    {"name": "slow.example", "type": "MX", "status": "SERVFAIL"}]}"#;

fn route(more: &[&str]) -> Ran {
    let folder = Folder::new();
    let (config, dns) = (folder.write("gw.toml", POLICY), folder.write("dns.json", DNS));
    let arguments = ["route", "--config", &config, "--dns", &dns, "--from", "ann@example.com"];
    run(&[&arguments, more].concat())
}

#[test]
fn exit_codes_follow_the_worst_that_becomes_of_a_recipient() {
    let listed = ["--peer", "192.0.2.7"];
    for (more, code) in [
        (vec!["--to", "bob@partner.example"], 0),
        (vec!["--to", "bob@never.example"], 1),
        (vec!["--to", "bob@slow.example"], 3),
        (vec!["--to", "bob@partner.example", "--to", "bob@slow.example"], 3),
        (vec!["--to", "bob@never.example", "--to", "bob@slow.example"], 1),
    ] {
        assert_eq!(route(&[&listed[..], &more].concat()).code, code, "{more:?}");
    }
    assert_eq!(route(&["--to", "bob@partner.example"]).code, 1);
    assert_eq!(route(&["--to", "nobody"]).code, 2);
}

#[test]
fn the_json_is_the_decision_on_one_line() {
    let ran = route(&["--peer", "192.0.2.7", "--to", "bob@partner.example", "--json"]);
    let json = ran.json();
    assert_eq!(ran.out().lines().count(), 1);
    assert_eq!(
        (json["admitted"].as_bool(), json["relay"].as_str(), json["direction"].as_str()),
        (Some(true), Some("apps"), Some("outbound"))
    );
    assert_eq!(json["rules"], serde_json::json!(["to the partner"]));
    let hop = &json["groups"][0]["hops"][0];
    assert_eq!(
        (hop["host"].as_str(), hop["port"].as_u64(), hop["implicit_tls"].as_bool()),
        (Some("smart.example.net"), Some(587), Some(false))
    );
    assert_eq!(hop["addresses"], serde_json::json!(["198.51.100.1"]));
    assert_eq!((hop["tls"]["required"].as_bool(), hop["tls"]["verify"].as_str()), (Some(true), Some("ca+name")));
    assert!(!json["trail"].as_array().unwrap().is_empty());
    assert_eq!(json["policy_version"].as_str().map(str::len), Some(32));
}

#[test]
fn a_policy_with_errors_is_exit_code_2_and_the_place_is_told() {
    let folder = Folder::new();
    let config = folder.write("gw.toml", POLICY.replace("peers", "pers"));
    let ran = run(&["route", "--config", &config, "--from", "<>", "--to", "a@b.example"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("line 7, column 1: pers:") && ran.stderr.contains("peers"), "{}", ran.stderr);
}

#[test]
fn people_see_what_is_done_and_with_v_each_step() {
    let ran = route(&["--peer", "192.0.2.7", "--to", "bob@partner.example"]);
    assert!(ran.out().starts_with("Admitted by the relay entry apps\n"), "{}", ran.out());
    assert!(ran.out().contains("smart.example.net:587") && !ran.out().contains("Trail"));
    let long = route(&["--peer", "192.0.2.7", "--to", "bob@partner.example", "-v"]);
    assert!(
        long.out().contains("relay apps: admits") && long.out().contains("rule to the partner: decides"),
        "{}",
        long.out()
    );
    let refused = route(&["--to", "bob@partner.example"]);
    assert!(refused.out().starts_with("Refused: 550 5.7.1 "), "{}", refused.out());
}

#[test]
fn a_recording_replays_to_the_same_decision() {
    let folder = Folder::new();
    let (config, dns) = (folder.write("gw.toml", POLICY), folder.write("dns.json", DNS));
    let record = folder.path("recorded.json");
    let decide = |dns: &str, more: &[&str]| {
        let arguments = [
            "route",
            "--config",
            &config,
            "--dns",
            dns,
            "--from",
            "ann@example.com",
            "--to",
            "bob@partner.example",
            "--to",
            "x@slow.example",
            "--peer",
            "192.0.2.7",
            "--now",
            "1795867200",
            "--json",
        ];
        run(&[&arguments, more].concat()).stdout
    };
    let first = decide(&dns, &["--record", &record]);
    assert_eq!(decide(&record, &[]), first);
}

#[test]
fn with_a_message_its_content_decides() {
    let folder = Folder::new();
    let config = folder.write(
        "gw.toml",
        "hostname = \"gw.example.com\"\ndomains = [\"example.com\"]\n[[relay]]\nname = \"w\"\npeers = [\"192.0.2.0/24\"]\nshared = true\ntenant = { header = \"X-T\", value_file = \"secret\" }\n",
    );
    folder.write("secret", "sesame\n");
    let dns = folder.write("dns.json", "{\"answers\": []}");
    let yes = folder.write("yes.eml", "X-T: sesame\nFrom: ann@example.com\n\nHello\n");
    let no = folder.write("no.eml", "X-T: guess\nFrom: ann@example.com\n\nHello\n");
    let decide = |message: &str| {
        run(&[
            "route",
            "--config",
            &config,
            "--dns",
            &dns,
            "--peer",
            "192.0.2.7",
            "--from",
            "ann@example.com",
            "--to",
            "carl@example.com",
            "--message",
            message,
            "--json",
        ])
        .json()
    };
    assert_eq!(decide(&yes)["admitted"], true);
    assert_eq!(decide(&no)["reply"]["enhanced"], "5.7.1");
}
