//! `--record`: what was answered, to be replayed.

use std::fs;

use serde_json::Value;

use crate::dns_server::{A, Behaviour, CNAME, MX, PTR, Server, TXT, Zone, a, mx, name, txt};
use crate::support::{Folder, example, run};

const ENVELOPE: [&str; 8] = [
    "--ip",
    "192.0.2.25",
    "--helo",
    "mx1.harbour.example",
    "--mail-from",
    "x@bounces.harbour.example",
    "--now",
    "1741687260",
];

#[test]
fn a_replay_gives_the_same_octets() {
    let folder = Folder::new();
    let recorded = folder.path("recorded.json");
    for message in ["message.eml", "spoofed.eml", "temporary.eml", "hostile.eml"] {
        let message = example(message);
        let verify = |dns: &str, more: &[&str]| {
            run(&[&["verify", &message, "--dns", dns, "--json"], &ENVELOPE[..], more].concat())
        };
        let first = verify(&example("dns.json"), &["--record", &recorded]);
        let replayed = verify(&recorded, &[]);
        assert_eq!((replayed.code, replayed.out()), (first.code, first.out()));
    }
}

#[test]
fn a_recording_has_what_was_asked_and_no_more() {
    let folder = Folder::new();
    let recorded = folder.path("recorded.json");
    let first = run(&[
        "verify",
        &example("softfail.eml"),
        "--dns",
        &example("dns.json"),
        "--record",
        &recorded,
        "--json",
        "--ip",
        "203.0.113.9",
        "--helo",
        "web7.hosting.example",
        "--mail-from",
        "orders@meadow.example",
    ]);
    assert_eq!(first.code, 1);
    let transcript: Value = serde_json::from_slice(&fs::read(&recorded).unwrap()).unwrap();
    let names: Vec<&str> =
        transcript["answers"].as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"meadow.example") && names.contains(&"_dmarc.meadow.example"), "{names:?}");
    assert!(!names.iter().any(|n| n.contains("harbour")), "{names:?}");
}

#[test]
fn the_live_dns_replays_too() {
    let transcript: Value = serde_json::from_slice(&fs::read(example("dns.json")).unwrap()).unwrap();
    let key = |selector: &str| {
        let name = format!("{selector}._domainkey.harbour.example");
        let answers = transcript["answers"].as_array().unwrap();
        let record = &answers.iter().find(|a| a["name"] == *name).unwrap()["records"][0];
        match record.as_array() {
            Some(strings) => strings.iter().map(|s| s.as_str().unwrap()).collect::<String>(),
            None => record.as_str().unwrap().to_owned(),
        }
    };
    let server = Server::start(
        Zone::default()
            .txt("r2025._domainkey.harbour.example", &key("r2025"))
            .with("e2025._domainkey.harbour.example", TXT, Behaviour::Rcode(2))
            .txt("_dmarc.harbour.example", "v=DMARC1; p=reject")
            .txt("bounces.harbour.example", "v=spf1 mx:harbour.example -all")
            .record("harbour.example", MX, mx(10, "mx1.harbour.example"))
            .record("mx1.harbour.example", A, a("192.0.2.25"))
            .record("25.2.0.192.in-addr.arpa", PTR, name("mx1.harbour.example")),
    );
    let folder = Folder::new();
    let recorded = folder.path("recorded.json");
    let message = example("message.eml");
    let live =
        run(&[&["verify", &message, "--resolver", &server.address(), "--record", &recorded, "--json"], &ENVELOPE[..]]
            .concat());
    let report = live.json();
    assert_eq!((live.code, report["dmarc"]["result"].as_str()), (0, Some("pass")), "{report}");
    assert_eq!(report["spf"]["mechanism"], "mx:harbour.example");
    assert_eq!((&report["dkim"][0]["result"], &report["dkim"][1]["result"]), (&"pass".into(), &"temperror".into()));
    assert_eq!(report["iprev"]["result"], "pass");
    drop(server);
    let replayed = run(&[&["verify", &message, "--dns", &recorded, "--json"], &ENVELOPE[..]].concat());
    assert_eq!((replayed.code, replayed.out()), (live.code, live.out()));
}

/// The entry of a transcript for a name and type.
fn entry<'a>(transcript: &'a Value, name: &str, record_type: &str) -> &'a Value {
    let answers = transcript["answers"].as_array().unwrap();
    let entry = answers.iter().find(|entry| entry["name"] == *name && entry["type"] == *record_type);
    entry.unwrap_or_else(|| panic!("{name} {record_type} is not in {transcript}"))
}

#[test]
fn an_alias_of_the_live_dns_is_recorded_as_a_cname_entry_with_its_security() {
    for authentic in [true, false] {
        let chain = vec![(CNAME, name("spf.b.example")), (TXT, txt("v=spf1 ip4:192.0.2.1 a:gone.example -all"))];
        let zone = Zone::default().with("a.example", TXT, Behaviour::Records(chain)).with(
            "mx.a.example",
            TXT,
            Behaviour::NoData,
        );
        let server = Server::start(if authentic { zone.authentic() } else { zone });
        let folder = Folder::new();
        let recorded = folder.path("recorded.json");
        let address = server.address();
        let spf = |more: &[&str]| {
            let envelope = ["spf", "--ip", "192.0.2.1", "--helo", "mx.a.example", "--mail-from", "ann@a.example"];
            run(&[&envelope, &["--json", "--now", "1"][..], more].concat())
        };
        let live = spf(&["--resolver", &address, "--record", &recorded]);
        assert_eq!((live.code, live.json()["result"].as_str()), (0, Some("pass")), "{}", live.out());
        let transcript: Value = serde_json::from_slice(&fs::read(&recorded).unwrap()).unwrap();
        let secure = if authentic { Value::Bool(true) } else { Value::Null };
        let alias = entry(&transcript, "a.example", "CNAME");
        assert_eq!((&alias["records"][0], &alias["secure"]), (&"spf.b.example".into(), &secure));
        let text = entry(&transcript, "spf.b.example", "TXT");
        assert_eq!((&text["secure"], &text["ttl"]), (&secure, &300.into()));
        drop(server);
        let replayed = spf(&["--dns", &recorded]);
        assert_eq!((replayed.code, replayed.out()), (live.code, live.out()));
        // And a recording of the replay is the recording.
        let again = folder.path("again.json");
        spf(&["--dns", &recorded, "--record", &again]);
        assert_eq!(fs::read(&again).unwrap(), fs::read(&recorded).unwrap());
    }
}
