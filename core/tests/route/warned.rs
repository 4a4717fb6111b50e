//! What `config check` warns of, and what it does not say beside the true fault.

use passerelle::route::check;
use passerelle::route::policy::{Finding, Gravity};
use passerelle::{Evaluation, Transcript};

use crate::world::{APPS, BASE, NOW, SMART, compile, compile_with, errors, files, policy, warnings};

const SUBMISSION: &str = "[[relay]]\nname = \"sub\"\nrequire_auth = true\nrequire_tls = true\nusers = \"users.toml\"\n";

fn has(found: &[Finding], key: &str, words: &str) -> bool {
    found.iter().any(|finding| finding.key == key && finding.message.contains(words))
}

#[test]
fn given_ranges_with_strangers_in_them_that_are_no_error_then_they_are_warned_of() {
    for peers in [
        "peers = [\"0.0.0.0/0\", \"::/0\"]\nwide = true",
        "peers = [\"20.0.0.0/8\", \"22.0.0.0/8\", \"24.0.0.0/8\"]",
        "peers = [\"16.0.0.0/8\", \"17.0.0.0/8\"]",
    ] {
        let found = compile(&format!("{BASE}[[relay]]\nname = \"w\"\n{peers}\n")).findings;
        assert!(found.iter().all(|finding| finding.level == Gravity::Warning), "{found:?}");
        assert!(has(&found, "peers", "strangers"), "{peers}: {found:?}");
    }
    let auth = format!("{BASE}{SUBMISSION}peers = [\"0.0.0.0/0\"]\nwide = true\n");
    assert!(compile(&auth).findings.is_empty());
}

#[test]
fn given_a_range_that_meets_a_shared_one_then_it_is_warned_of_from_networks_and_from_spf_records() {
    let shared = |peers: &str| {
        format!(
            "[[relay]]\nname = \"shared\"\npeers = [\"{peers}\"]\nshared = true\ntenant = {{ header = \"X-T\", value_file = \"tenant.secret\" }}\n"
        )
    };
    assert!(has(&warnings(&format!("{BASE}{APPS}{}", shared("192.0.2.128/25"))), "peers", "shared"));
    assert!(warnings(&format!("{BASE}{APPS}{}", shared("198.51.100.0/24"))).is_empty());
    let dns = |range: &str| {
        let text = format!(
            r#"{{"answers": [{{"name": "_spf.example.org", "type": "TXT", "records": ["v=spf1 ip4:{range} -all"]}}]}}"#
        );
        Transcript::parse(text.as_bytes()).unwrap()
    };
    let compiled = compile(&format!("{BASE}{APPS}{}", shared("spf:_spf.example.org")));
    for (range, is_told) in [("192.0.0.0/16", true), ("203.0.113.0/24", false)] {
        let world = dns(range);
        let names = check::Names::of(&compiled).unwrap();
        let found = Evaluation::new(names).run_with(|question| world.answer(question));
        assert_eq!(has(&found, "peers", "_spf") || has(&found, "peers", "share"), is_told, "{range}: {found:?}");
    }
}

#[test]
fn given_listeners_without_tls_then_auth_is_warned_of_on_the_loopback_too() {
    for socket in ["0.0.0.0:587", "127.0.0.1:2587"] {
        let found = warnings(&format!("{BASE}{SUBMISSION}[listen]\nsubmission = [\"{socket}\"]\n"));
        assert!(has(&found, "tls", socket), "{found:?}");
    }
}

#[test]
fn given_an_address_as_host_that_is_verified_for_no_name_then_it_is_warned_of() {
    let with = |more: &str| {
        format!(
            "{BASE}{APPS}[[route]]\nname = \"a\"\nhosts = [\"198.51.100.4\"]\n{more}\n[[rule]]\nname = \"all\"\ndo = {{ route = \"a\" }}\n"
        )
    };
    assert!(has(&warnings(&with("")), "hosts", "198.51.100.4"));
    assert!(!has(&warnings(&with("names = [\"b.example\"]")), "hosts", "198.51.100.4"));
    assert!(!has(&warnings(&with("verify_hostname = false")), "hosts", "198.51.100.4"));
}

#[test]
fn given_a_destination_that_asks_for_something_else_than_the_route_then_it_lowers_and_says_so() {
    let text = |destination: &str| {
        format!(
            "{BASE}{APPS}{SMART}[[rule]]\nname = \"all\"\ndo = {{ route = \"smart\" }}\n[[destination]]\ndomain = \"b.example\"\nuntil = \"2027-01-31\"\n{destination}\n"
        )
    };
    let print = "aa".repeat(32);
    for lowering in
        ["tls = \"dane-only\"".to_owned(), format!("tls = \"fingerprint\"\nfingerprints = [\"sha256:{print}\"]")]
    {
        let found = warnings(&text(&lowering));
        assert!(has(&found, "until", "less security") && !has(&found, "until", "no effect"), "{found:?}");
    }
    let found = warnings(&text("tls = \"secure\""));
    assert!(has(&found, "until", "no effect"), "{found:?}");
    let found = warnings(&text("override = [\"dane\", \"mta-sts\"]"));
    assert!(has(&found, "override", "dane and mta-sts of b.example count for nothing"), "{found:?}");
    assert!(has(&warnings(&text("override = [\"dane\"]")), "override", "dane of b.example counts for nothing"));
}

#[test]
fn given_an_until_that_is_over_then_that_is_said_in_the_place_of_what_it_would_lower() {
    let text = |until: &str| {
        format!(
            "{BASE}{APPS}{SMART}[[rule]]\nname = \"all\"\ndo = {{ route = \"smart\" }}\n[[destination]]\ndomain = \"b.example\"\ntls = \"may\"\noverride = [\"dane\"]\nuntil = \"{until}\"\n"
        )
    };
    let found = check::findings(&compile(&text("2020-01-31")), NOW);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].key.as_str(), found[0].level), ("until", Gravity::Warning));
    assert_eq!(found[0].message, "until is over since 2020-01-31; it lowers nothing any more");
    let compiled = compile(&text("2027-01-31"));
    assert_eq!(check::findings(&compiled, NOW), compiled.findings);
    assert_eq!(compiled.findings.len(), 2);
}

#[test]
fn given_rules_that_nothing_can_reach_then_each_is_told_of() {
    let rule = |name: &str, more: &str| format!("[[rule]]\nname = \"{name}\"\n{more}\n");
    let discard = "do = { discard = true }";
    for (part, key, words) in [
        (rule("x", &format!("match = {{ user = [\"nobody\"] }}\n{discard}")), "match", "no file of users has"),
        (
            rule(
                "x",
                &format!(
                    "match = {{ to = [\"@a.example\"] }}\nunless = {{ to = [\"@a.example\", \"@b.example\"] }}\n{discard}"
                ),
            ),
            "match",
            "unless",
        ),
        (
            rule(
                "x",
                &format!(
                    "match = {{ to = [\"@a.example\"], direction = [\"outbound\"] }}\nunless = {{ direction = [\"outbound\"] }}\n{discard}"
                ),
            ),
            "match",
            "unless",
        ),
        (
            rule("x", &format!("match = {{ from = [\"@foreign.example\"], direction = [\"outbound\"] }}\n{discard}")),
            "match",
            "admits such a sender",
        ),
        (
            rule("x", &format!("match = {{ direction = [\"outbound\"] }}\n{discard}"))
                + &rule(
                    "y",
                    "match = { direction = [\"outbound\"], to = [\"@z.example\"] }\ndo = { reject = \"550 5.7.1 n\" }",
                ),
            "name",
            "never decide",
        ),
        (
            rule("x", "match = { direction = [\"inbound\"] }\ndo = { stop = true }")
                + &rule(
                    "y",
                    &format!("match = {{ direction = [\"inbound\"], to = [\"ann@example.com\"] }}\n{discard}"),
                ),
            "name",
            "never match",
        ),
    ] {
        let found = warnings(&format!("{BASE}{APPS}{SUBMISSION}{part}"));
        assert!(has(&found, key, words), "{part}: {found:?}");
    }
    let any = APPS.replace("peers", "senders = \"any\"\npeers");
    for part in [
        format!("{APPS}{SUBMISSION}{}", rule("x", &format!("match = {{ user = [\"ann\"] }}\n{discard}"))),
        format!(
            "{APPS}[[relay]]\nname = \"h\"\nrequire_auth = true\nrequire_tls = true\n{}",
            rule("x", &format!("match = {{ user = [\"host\"] }}\n{discard}"))
        ),
        format!(
            "{APPS}{}",
            rule(
                "x",
                &format!(
                    "match = {{ to = [\"@a.example\", \"@c.example\"] }}\nunless = {{ to = [\"@a.example\"] }}\n{discard}"
                )
            )
        ),
        format!(
            "{any}{}",
            rule("x", &format!("match = {{ from = [\"@foreign.example\"], direction = [\"outbound\"] }}\n{discard}"))
        ),
        // What does not name inbound takes no stranger's mail in, so that a later rule still can.
        format!(
            "{APPS}{SMART}{}{}",
            rule("x", "do = { route = \"smart\" }"),
            rule("y", &format!("match = {{ direction = [\"inbound\"] }}\n{discard}"))
        ),
        format!(
            "{APPS}{SMART}{}{}",
            rule(
                "x",
                "match = { to = [\"@z.example\"] }\nunless = { from = [\"ann@example.com\"] }\ndo = { route = \"smart\" }"
            ),
            rule("y", &format!("match = {{ to = [\"@z.example\"] }}\n{discard}"))
        ),
    ] {
        let found = warnings(&format!("{BASE}{part}"));
        assert!(!found.iter().any(|finding| finding.message.contains("never")), "{part}: {found:?}");
    }
}

#[test]
fn given_a_value_that_cannot_be_read_then_nothing_that_follows_from_its_absence_is_said() {
    let credentials = "[[credentials]]\nname = \"c\"\nuser = \"u\"\npassword_file = \"none\"\n[[route]]\nname = \"r\"\nhosts = [\"b.example\"]\ncredentials = \"c\"\n[[rule]]\nname = \"all\"\ndo = { route = \"r\" }\n";
    for (text, key) in [
        ("[[relay]]\nname = \"a\"\npeers = [\"192.0.2.0/99\"]\n", "peers"),
        ("[[relay]]\nname = \"a\"\nprovider = \"gogle\"\n", "provider"),
        ("[[relay]]\nname = \"a\"\npeers = [\"192.0.2.0/24\"]\nshared = true\ntenant = { dkim = false }\n", "dkim"),
        (
            "[[relay]]\nname = \"a\"\npeers = [\"192.0.2.0/24\"]\nshared = true\nnull_sender = \"tenant\"\ntenant = { header = \"X-T\", value_file = \"none\" }\n",
            "value_file",
        ),
        (
            "[[relay]]\nname = \"a\"\nrequire_auth = true\nrequire_tls = true\nsenders = \"registered\"\nusers = 5\n",
            "users",
        ),
        ("[[destination]]\ndomain = \"b.example\"\ntls = \"none\"\nuntil = \"2027-02-30\"\n", "until"),
        (
            "[[destination]]\ndomain = \"b.example\"\ntls = \"vrfy\"\n[[destination]]\ndomain = \"c.example\"\ntls = \"verify\"\n",
            "tls",
        ),
        (credentials, "password_file"),
        (
            "[srs]\ndomain = \"example.com\"\nkey_file = \"none\"\n[[rule]]\nname = \"s\"\ndo = { sender = \"srs\" }\n",
            "key_file",
        ),
        ("[[route]]\nname = \"mx\"\nprovider = \"gogle\"\n", "provider"),
    ] {
        let found = compile(&format!("{BASE}{text}")).findings;
        assert_eq!(found.iter().map(|finding| finding.key.as_str()).collect::<Vec<_>>(), [key], "{text}: {found:#?}");
    }
    let mut files = files();
    files.insert(
        "users.toml".into(),
        b"[[user]]\nname = \"a\"\nsenders = [\"@example.com\"]\n[[user]]\nname = \"a\"\nsenders = [\"@example.com\"]\n"
            .to_vec(),
    );
    let found = compile_with(&format!("{BASE}{SUBMISSION}"), &files).findings;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("another [[user]]"), "{found:?}");
    // What is there and empty is another thing.
    assert_eq!(errors(&format!("{BASE}[[relay]]\nname = \"a\"\npeers = []\n"))[0].key, "peers");
}

#[test]
fn given_presets_then_the_summary_has_what_they_fill_in_of_sizes_and_of_the_null_sender() {
    let text = format!(
        "{BASE}[[relay]]\nname = \"w\"\nprovider = \"google-workspace\"\ntenant = {{ dkim = true }}\n[[route]]\nname = \"g\"\nprovider = \"google-workspace\"\n"
    );
    let policy = policy(&text);
    let lines = check::summary(&policy).join("\n");
    assert!(lines.contains("the null sender with the proof of the tenant"), "{lines}");
    let size = policy.route("g").unwrap().max_size;
    assert_eq!(lines.contains(&format!("{size} octets a message")), size > 0, "{lines}");
}

#[test]
fn given_a_name_without_an_spf_record_then_that_is_said_in_one_sentence() {
    let compiled = compile(&format!(
        "{BASE}[[relay]]\nname = \"p\"\npeers = [\"spf:_none.example\"]\ntenant = {{ dkim = true }}\n"
    ));
    let nothing = Transcript::parse(br#"{"answers": []}"#).unwrap();
    let names = check::Names::of(&compiled).unwrap();
    let found = Evaluation::new(names).run_with(|question| nothing.answer(question));
    assert!(has(&found, "peers", "admits nobody: _none.example has no SPF record;"), "{found:?}");
}

/// The document with a key, and what the DNS has at its name.
fn keys(answer: &str) -> Vec<passerelle::route::policy::Finding> {
    let mut files = files();
    files.insert("key.pem".to_owned(), include_bytes!("../keys/ed25519.pem").to_vec());
    let sign = "[[sign]]\ndomain = \"example.com\"\nkeys = [{ selector = \"s2026\", file = \"key.pem\" }]\n";
    let compiled = compile_with(&format!("{BASE}{APPS}{sign}"), &files);
    let world = format!(r#"{{"answers": [{{"name": "s2026._domainkey.example.com", "type": "TXT", {answer}}}]}}"#);
    let world = Transcript::parse(world.as_bytes()).unwrap();
    let names = check::Names::of(&compiled).unwrap();
    let found = Evaluation::new(names).run_with(|question| world.answer(question));
    found.into_iter().filter(|finding| finding.key == "selector").collect()
}

#[test]
fn given_a_key_whose_published_record_is_definitely_another_then_it_is_an_error_at_its_selector() {
    let pem = include_str!("../keys/ed25519.pem");
    let ours = passerelle::crypto::SigningKey::from_pem(pem).unwrap().key_record();
    assert!(keys(&format!("\"records\": [{ours:?}]")).is_empty());
    let other = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    for (answer, words) in [
        ("\"status\": \"NXDOMAIN\"".to_owned(), "is not there"),
        ("\"records\": []".to_owned(), "is not there"),
        (format!("\"records\": [{other:?}]"), "has another key"),
        ("\"records\": [\"v=DKIM1; k=ed25519; p=\"]".to_owned(), "the key is revoked"),
    ] {
        let found = keys(&answer);
        assert_eq!((found.len(), found[0].level), (1, Gravity::Error), "{answer}");
        let message = &found[0].message;
        assert!(message.starts_with("s2026._domainkey.example.com ") && message.contains(words), "{message}");
        assert!(found[0].line > 1, "it says where");
    }
    // What was not answered is no error: the key goes on signing.
    for status in ["SERVFAIL", "TIMEOUT"] {
        let found = keys(&format!("\"status\": \"{status}\""));
        assert_eq!((found.len(), found[0].level), (1, Gravity::Warning), "{status}");
    }
}

#[test]
fn given_what_no_message_could_carry_then_the_change_is_an_error() {
    let long = "x".repeat(5000);
    for (change, key) in [
        ("footer = { text = \"\" }".to_owned(), "text"),
        ("footer = { text = \"a\", html = \" \" }".to_owned(), "html"),
        ("footer = { text = \"a\\u0000b\" }".to_owned(), "text"),
        (format!("footer = {{ text = \"{}\" }}", "x".repeat(20_000)), "text"),
        ("subject_prefix = \" \"".to_owned(), "subject_prefix"),
        (format!("subject_prefix = \"{long}\""), "subject_prefix"),
        (format!("add_header = [\"X-A: {long}\"]"), "add_header"),
        (format!("add_header = [\"X-A: {}\"]", "x".repeat(900)), "add_header"),
        (format!("add_header = [\"X-{}: a\"]", "a".repeat(200)), "add_header"),
    ] {
        let found = errors(&format!("{BASE}{APPS}[[rule]]\nname = \"r\"\ndo = {{ {change} }}\n"));
        assert!(found.iter().any(|finding| finding.key == key), "{change:.60}: {found:?}");
    }
    for change in ["footer = { text = \"one\\ntwo\\tthree\" }", "subject_prefix = \"[x] \""] {
        assert!(errors(&format!("{BASE}{APPS}[[rule]]\nname = \"r\"\ndo = {{ {change} }}\n")).is_empty(), "{change}");
    }
}
