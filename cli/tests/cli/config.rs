//! `passerelle config check` and `passerelle config prove`

use crate::support::{Folder, Ran, run};

const BASE: &str = "hostname = \"gw.example.com\"\ndomains = [\"example.com\"]\n";
const APPS: &str = "[[relay]]\nname = \"apps\"\npeers = [\"192.0.2.0/24\"]\n";

const DNS: &str = r#"{"answers": [
    {"name": "gw.example.com", "type": "A", "records": ["192.0.2.25"]},
    {"name": "25.2.0.192.in-addr.arpa", "type": "PTR", "records": ["gw.example.com"]},
    {"name": "bad.example.com", "type": "A", "records": ["192.0.2.26"]},
    {"name": "26.2.0.192.in-addr.arpa", "type": "PTR", "records": ["host26.provider.example"]},
    {"name": "_spf.ptr.example", "type": "TXT", "records": ["v=spf1 include:deep.example -all"]},
    {"name": "deep.example", "type": "TXT", "records": ["v=spf1 ptr -all"]},
    {"name": "_spf.sender.example", "type": "TXT", "records": ["v=spf1 exists:%{l1r+}.example -all"]},
    {"name": "_spf.good.example", "type": "TXT", "records": ["v=spf1 ip4:203.0.113.0/24 -all"]}]}"#;

fn config(command: &str, text: &str, more: &[&str]) -> Ran {
    let folder = Folder::new();
    let (file, dns) = (folder.write("gw.toml", text), folder.write("dns.json", DNS));
    folder.write("secret", "open sesame\n");
    let arguments = ["config", command, &file];
    let dns = if command == "check" { vec!["--dns", &dns] } else { Vec::new() };
    run(&[&arguments, &dns[..], more].concat())
}

fn findings(ran: &Ran) -> Vec<(String, String, u64)> {
    let json = ran.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (text(&f["level"]), text(&f["key"]), f["line"].as_u64().unwrap()))
        .collect()
}

#[test]
fn a_sound_policy_is_ok_and_its_summary_can_be_read() {
    let ran = config("check", &format!("{BASE}{APPS}"), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out().starts_with("Nothing is wrong\n"), "{}", ran.out());
    assert!(ran.out().contains("relay apps: admits with an address in 192.0.2.0/24"), "{}", ran.out());
    let json = config("check", &format!("{BASE}{APPS}"), &["--json"]).json();
    assert_eq!((json["ok"].as_bool(), json["findings"].as_array().map(Vec::len)), (Some(true), Some(0)));
}

#[test]
fn errors_come_first_and_then_warnings_each_with_line_column_and_key() {
    let text =
        format!("{BASE}{APPS}[[route]]\nname = \"lonely\"\nhosts = [\"a.example\"]\n[[relay]]\nname = \"open\"\n");
    let ran = config("check", &text, &["--json"]);
    assert_eq!(ran.code, 1);
    assert_eq!(findings(&ran), [("error".into(), "peers".into(), 9), ("warning".into(), "name".into(), 7)]);
    let ran = config("check", &format!("{BASE}{APPS}sender = \"any\"\n"), &["--json"]);
    assert_eq!(findings(&ran)[0], ("error".into(), "sender".into(), 6));
    assert!(ran.json()["findings"][0]["message"].as_str().unwrap().contains("senders"));
}

#[test]
fn a_file_that_cannot_be_read_is_exit_code_2() {
    assert_eq!(run(&["config", "check", "/no/such/file.toml"]).code, 2);
    assert_eq!(run(&["config", "prove", "/no/such/file.toml"]).code, 2);
    assert_eq!(run(&["config"]).code, 2);
}

#[test]
fn an_ehlo_name_without_a_forward_confirmed_ptr_is_warned_of() {
    let route = "[[route]]\nname = \"mx\"\nmx_lookup = true\nrequire_ca = false\nverify_hostname = false\n";
    for ehlo in ["bad.example.com", "none.example.com"] {
        let ran = config("check", &format!("{BASE}{APPS}{route}ehlo = \"{ehlo}\"\n"), &["--json"]);
        assert_eq!((ran.code, findings(&ran)), (0, vec![("warning".into(), "ehlo".into(), 11)]), "{ehlo}");
        assert!(ran.json()["findings"][0]["message"].as_str().unwrap().contains("forward-confirmed"));
    }
    let ran = config("check", &format!("{}{APPS}", BASE.replace("gw.", "bad.")), &["--json"]);
    assert_eq!(findings(&ran), [("warning".into(), "hostname".into(), 1)]);
}

#[test]
fn spf_records_with_ptr_or_sender_macros_are_errors() {
    let relay = |name: &str| {
        format!(
            "{BASE}[[relay]]\nname = \"p\"\npeers = [\"spf:{name}\"]\ntenant = {{ header = \"X-T\", value_file = \"secret\" }}\n"
        )
    };
    for (name, what) in
        [("_spf.ptr.example", "ptr"), ("_spf.sender.example", "exists"), ("_spf.none.example", "no SPF record")]
    {
        let ran = config("check", &relay(name), &["--json"]);
        assert_eq!((ran.code, findings(&ran)), (1, vec![("error".into(), "peers".into(), 5)]), "{name}");
        assert!(ran.json()["findings"][0]["message"].as_str().unwrap().contains(what));
    }
    assert_eq!(config("check", &relay("_spf.good.example"), &[]).code, 0);
}

#[test]
fn what_a_preset_fills_in_is_shown_with_its_source() {
    let text = format!(
        "{BASE}{APPS}[[route]]\nname = \"g\"\nprovider = \"google-workspace\"\n[[rule]]\nname = \"all\"\ndo = {{ route = \"g\" }}\n"
    );
    let ran = config("check", &text, &[]);
    assert!(
        ran.out().contains("smtp-relay.gmail.com:587") && ran.out().contains("https://support.google.com"),
        "{}",
        ran.out()
    );
}

#[test]
fn prove_says_of_each_law_whether_it_holds_and_prints_a_dialogue_where_not() {
    let ran = config("prove", &format!("{BASE}{APPS}"), &["--json"]);
    let json = ran.json();
    assert_eq!((ran.code, json["ok"].as_bool(), json["laws"].as_array().map(Vec::len)), (0, Some(true), Some(4)));
    assert!(json["laws"].as_array().unwrap().iter().all(|law| law["counterexample"].is_null()));
    let open = config("prove", &format!("{BASE}[[relay]]\nname = \"open\"\n"), &[]);
    assert_eq!(open.code, 1);
    for line in ["S: 220 gw.example.com ESMTP", "C: RCPT TO:<victim@elsewhere.example>", "S: 250 2.0.0 Taken"] {
        assert!(open.out().contains(line), "{}", open.out());
    }
}

#[test]
fn an_until_that_is_over_by_now_is_told_as_that() {
    let text = format!(
        "{BASE}{APPS}[[rule]]\nname = \"tls\"\ndo = {{ require_tls = true }}\n[[destination]]\ndomain = \"b.example\"\ntls = \"may\"\nuntil = \"2027-01-31\"\n"
    );
    for (now, words) in [("1795867200", "less security"), ("1893456000", "until is over since 2027-01-31")] {
        let ran = config("check", &text, &["--json", "--now", now]);
        let json = ran.json();
        let found = json["findings"].as_array().unwrap();
        assert_eq!((ran.code, found.len()), (0, 1), "{ran:?}");
        assert!(found[0]["message"].as_str().unwrap().contains(words), "{now}: {found:?}");
    }
}

#[test]
fn our_own_certificate_is_judged_as_a_peer_would_judge_it() {
    let folder = Folder::new();
    let make = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    };
    let ((ours, key), (others, other_key), (named, named_key)) =
        (make("gw.example.com"), make("gw.example.com"), make("mail.example.com"));
    let listen =
        "[listen]\nsubmission = [\"127.0.0.1:2587\"]\ntls = { certificate = \"cert.pem\", key = \"key.pem\" }\n";
    let file = folder.write("gw.toml", format!("{BASE}{APPS}{listen}"));
    let dns = folder.write("dns.json", DNS);
    let check = |certificate: &str, key: &str, trusted: &str| {
        folder.write("cert.pem", certificate);
        folder.write("key.pem", key);
        let roots = folder.write("roots.pem", trusted);
        crate::support::run_in(&[("SSL_CERT_FILE", &roots)], &["config", "check", &file, "--dns", &dns, "--json"])
    };
    let warned = |ran: &Ran| (ran.code, findings(ran)) == (0, vec![("warning".into(), "tls".into(), 6)]);
    assert_eq!(check(&ours, &key, &ours).code, 0);
    assert!(findings(&check(&ours, &key, &ours)).is_empty());
    assert!(warned(&check(&ours, &key, &others)));
    let ran = check(&named, &named_key, &named);
    assert!(warned(&ran) && ran.out().contains("mail.example.com"), "{ran:?}");
    let ran = check(&ours, &other_key, &ours);
    assert_eq!((ran.code, findings(&ran)[0].0.as_str()), (1, "error"));
    std::fs::remove_file(folder.path("key.pem")).unwrap();
    assert_eq!(run(&["config", "check", &file, "--dns", &dns]).code, 2);
}
