//! `config prove`: policies that are open or leak are found, with a session that `decide` confirms; sound ones are proven.

use std::sync::Arc;

use passerelle::Evaluation;
use passerelle::route::policy::Policy;
use passerelle::route::prove::{Law, NEXT_STEP, NO_CLEAR_TEXT, NO_IMPOSTOR, NO_STRANGER, prove};
use passerelle::route::{Decide, Decision};
use passerelle::{Answer, DnsAnswer, Question, Record, RecordType};

use crate::world::{APPS, BASE, NOW, SMART, flawed, policy, warnings};

/// A world in which SPF lists everybody, each by an address of their own, and every host has an address.
fn answer(question: &Question) -> Answer {
    match question {
        Question::Dns(_, RecordType::Txt) => {
            Answer::Dns(DnsAnswer::found([Record::Txt(b"v=spf1 exists:%{ir}.listed.example -all".to_vec())]))
        }
        Question::Dns(_, RecordType::A) => Answer::Dns(DnsAnswer::found([Record::A([198, 51, 100, 25].into())])),
        other => Answer::timeout(other),
    }
}

fn confirmed(policy: &Arc<Policy>, law: &Law) -> Decision {
    let example = law.counterexample.as_ref().unwrap_or_else(|| panic!("{} holds", law.law));
    let decide = Decide::new(policy.clone(), example.session.clone(), example.envelope.clone(), NOW)
        .message(Some(example.message.clone()));
    Evaluation::new(decide).run_with(answer)
}

fn broken(policy: &Arc<Policy>) -> Vec<Law> {
    prove(policy, NOW).into_iter().filter(|law| !law.holds).collect()
}

/// Policies by which strangers can send.
const OPEN: &[(&str, &str)] = &[
    ("a shared range without proof", "peers = [\"192.0.2.0/24\"]\nshared = true"),
    ("a provider's preset without proof", "provider = \"google-workspace\""),
    ("another provider's preset without proof", "provider = \"microsoft-365\""),
    ("an SPF name without proof", "peers = [\"spf:_spf.google.com\"]"),
    ("an SPF name beside a range of one's own", "peers = [\"192.0.2.0/24\", \"spf:_spf.google.com\"]"),
    ("neither peers nor AUTH", "senders = \"own-domains\""),
    ("neither peers nor AUTH, with TLS", "require_tls = true"),
    ("neither peers nor AUTH, any sender", "senders = \"any\""),
    ("all of IPv4", "peers = [\"0.0.0.0/0\"]"),
    ("half of IPv4", "peers = [\"128.0.0.0/1\"]"),
    ("all of IPv6", "peers = [\"::/0\"]"),
    ("all global IPv6", "peers = [\"2000::/3\"]\nsenders = \"any\""),
    ("two halves that are one", "peers = [\"16.0.0.0/8\", \"17.0.0.0/8\"]"),
    ("everybody, and meant", "peers = [\"0.0.0.0/0\", \"::/0\"]\nwide = true"),
    ("everybody, meant, with any sender", "peers = [\"0.0.0.0/0\", \"::/0\"]\nwide = true\nsenders = \"any\""),
    ("half of IPv4 in pieces that do not touch", "peers = [\"20.0.0.0/8\", \"22.0.0.0/8\", \"24.0.0.0/8\"]"),
    ("a wide range of our own network's beside others", "peers = [\"10.0.0.0/7\"]\nwide = true"),
    ("a range in two entries", "peers = [\"20.0.0.0/8\"]\n[[relay]]\nname = \"more\"\npeers = [\"22.0.0.0/8\"]"),
    (
        "a range that another entry says is shared",
        "peers = [\"198.51.100.0/25\"]\n[[relay]]\nname = \"shared\"\npeers = [\"198.51.100.0/24\"]\nshared = true\ntenant = { header = \"X-T\", value_file = \"tenant.secret\" }",
    ),
    ("a shared range and any sender", "peers = [\"192.0.2.0/24\"]\nshared = true\nsenders = \"any\""),
];

#[test]
fn given_a_policy_by_which_strangers_can_send_then_a_dialogue_shows_it_and_decide_confirms_it() {
    for (what, relay) in OPEN {
        let policy = flawed(&format!("{BASE}[[relay]]\nname = \"open\"\n{relay}\n"));
        let laws = broken(&policy);
        let names: Vec<&str> = laws.iter().map(|law| law.law).collect();
        assert!(names.contains(&NO_STRANGER) && names.contains(&NO_IMPOSTOR), "{what}: {names:?}");
        for law in laws.iter().filter(|law| [NO_STRANGER, NO_IMPOSTOR].contains(&law.law)) {
            let decision = confirmed(&policy, law);
            assert!(decision.admitted && !decision.late, "{what}: {decision:#?}");
            assert!(law.counterexample.as_ref().unwrap().session.user.is_none());
            let lines = &law.counterexample.as_ref().unwrap().lines;
            assert!(lines.iter().any(|line| line.starts_with("C: MAIL FROM:<")), "{lines:?}");
            assert!(lines.iter().any(|line| line.starts_with("C: RCPT TO:<victim@")), "{lines:?}");
            assert!(lines.last().unwrap().starts_with("S: 250"));
        }
    }
}

#[test]
fn given_private_networks_or_another_entrys_shared_range_that_does_not_meet_then_no_stranger_comes_from_them() {
    for relay in [
        "peers = [\"10.0.0.0/8\", \"172.16.0.0/12\", \"192.168.0.0/16\", \"127.0.0.0/8\"]",
        "peers = [\"fc00::/7\"]\nwide = true",
        "peers = [\"198.51.100.0/25\"]\n[[relay]]\nname = \"shared\"\npeers = [\"198.51.100.128/25\"]\nshared = true\ntenant = { header = \"X-T\", value_file = \"tenant.secret\" }",
        "peers = [\"0.0.0.0/0\"]\nwide = true\nrequire_auth = true\nrequire_tls = true\nusers = \"users.toml\"",
    ] {
        let policy = policy(&format!("{BASE}[[relay]]\nname = \"own\"\n{relay}\n"));
        assert_eq!(broken(&policy).iter().map(|law| law.law).collect::<Vec<_>>(), [""; 0], "{relay}");
    }
}

#[test]
fn given_no_domain_of_ours_then_an_open_entry_is_found_all_the_same() {
    let policy = flawed("hostname = \"gw.example.com\"\ndomains = []\n[[relay]]\nname = \"open\"\nsenders = \"any\"\n");
    let laws = broken(&policy);
    let law = laws.iter().find(|law| law.law == NO_STRANGER).unwrap_or_else(|| panic!("{laws:?}"));
    assert!(confirmed(&policy, law).admitted);
}

/// A route that leads back to this host.
const SELF: &str = "[[route]]\nname = \"self\"\nhosts = [\"gw.example.com\"]\n";
const SUBMISSION: &str = "[[relay]]\nname = \"sub\"\nrequire_auth = true\nrequire_tls = true\nusers = \"users.toml\"\n";

#[test]
fn given_a_rule_that_asks_for_anything_then_a_session_that_it_matches_is_made_of_what_it_asks() {
    let any = APPS.replace("peers", "senders = \"any\"\npeers");
    let units = "[[unit]]\nname = \"/sales\"\nmembers = [\"@sales.example.com\", \"zoe@example.com\"]\n";
    for (before, rule) in [
        (format!("{APPS}{SUBMISSION}"), "match = { user = [\"ann\"] }"),
        (APPS.to_owned(), "match = { header = [\"X-A: y?s*\"] }"),
        (APPS.to_owned(), "match = { header = [\"Subject: *invoice*\"], direction = [\"outbound\"] }"),
        (APPS.to_owned(), "match = { larger_than = \"1 MB\" }"),
        (APPS.to_owned(), "match = { peer = [\"192.0.2.77\"] }"),
        (APPS.to_owned(), "match = { author = [\"boss@example.com\"] }"),
        (APPS.to_owned(), "match = { results = [\"dmarc=fail\"] }"),
        (APPS.to_owned(), "match = { from = [\"<>\"] }"),
        (APPS.to_owned(), "match = { direction = [\"internal-receiving\"] }"),
        (any.clone(), "match = { from = [\"@partner.example\"], direction = [\"outbound\"] }"),
        (any, "match = { from = [\"@other.example\"], larger_than = \"2 MB\", header = [\"X-A: b\"] }"),
        (APPS.to_owned(), "match = { direction = [\"inbound\"] }"),
        (
            APPS.to_owned(),
            "match = { direction = [\"inbound\"], from = [\"@partner.example\"], peer = [\"203.0.113.0/24\"] }",
        ),
        (format!("{APPS}{units}"), "unit = \"/sales\"\nmatch = { direction = [\"outbound\"] }"),
        (format!("{APPS}{units}"), "unit = \"/sales\"\nmatch = { direction = [\"internal-receiving\"] }"),
        (format!("{SUBMISSION}senders = \"registered\"\n"), "match = { from = [\"sales@example.com\"] }"),
    ] {
        let policy =
            policy(&format!("{BASE}{before}{SELF}[[rule]]\nname = \"r\"\n{rule}\ndo = {{ route = \"self\" }}\n"));
        let laws = broken(&policy);
        assert_eq!(laws.iter().map(|law| law.law).collect::<Vec<_>>(), [NEXT_STEP], "{rule}");
        let decision = confirmed(&policy, &laws[0]);
        assert!(decision.admitted, "{rule}: {decision:#?}");
        assert!(
            decision.groups.iter().any(|group| group.hops.iter().any(|hop| hop.host == "gw.example.com")),
            "{rule}"
        );
    }
}

#[test]
fn given_a_fallback_a_quarantine_or_a_rule_nothing_reaches_that_leads_back_then_it_is_found() {
    let a = "[[route]]\nname = \"a\"\nhosts = [\"a.example.net\"]\n";
    for part in [
        format!("{a}fallback = \"self\"\n[[rule]]\nname = \"r\"\ndo = {{ route = \"a\" }}\n"),
        "[quarantine]\nroute = \"self\"\n[[rule]]\nname = \"r\"\ndo = { quarantine = true }\n".to_owned(),
        format!(
            "{a}[[rule]]\nname = \"all\"\ndo = {{ route = \"a\" }}\n[[rule]]\nname = \"r\"\nmatch = {{ from = [\"@none.example\"] }}\ndo = {{ route = \"self\" }}\n"
        ),
    ] {
        let policy = flawed(&format!("{BASE}{APPS}{SELF}{part}"));
        let laws = broken(&policy);
        assert_eq!(laws.iter().map(|law| law.law).collect::<Vec<_>>(), [NEXT_STEP], "{part}");
        assert!(!laws[0].counterexample.as_ref().unwrap().lines.is_empty());
    }
    let text = format!("outbound_gateway = \"gw.example.com\"\n{BASE}{APPS}");
    assert_eq!(broken(&policy(&text)).iter().map(|law| law.law).collect::<Vec<_>>(), [NEXT_STEP]);
}

#[test]
fn given_a_provider_proven_by_dkim_alone_then_a_route_back_to_this_host_is_found() {
    let text = format!(
        "{BASE}[[relay]]\nname = \"w\"\nprovider = \"google-workspace\"\ntenant = {{ dkim = true }}\n{SELF}[[rule]]\nname = \"r\"\nmatch = {{ direction = [\"outbound\"] }}\ndo = {{ route = \"self\" }}\n"
    );
    let laws = broken(&policy(&text));
    assert_eq!(laws.iter().map(|law| law.law).collect::<Vec<_>>(), [NEXT_STEP]);
    let lines = &laws[0].counterexample.as_ref().unwrap().lines;
    assert!(lines[0].contains("the rule r") && lines[0].contains("gw.example.com:25"), "{lines:?}");
}

#[test]
fn given_policies_that_only_a_narrow_model_of_the_world_would_break_then_every_law_holds() {
    let smart = format!("{SMART}[[rule]]\nname = \"all\"\ndo = {{ route = \"smart\" }}\n");
    for text in [
        format!("{BASE}{APPS}[[destination]]\ndomain = \"bank.example\"\ntls = \"dane-only\"\n"),
        format!("{BASE}{APPS}{smart}[[destination]]\ndomain = \"smart.example.net\"\ntls = \"dane-only\"\n"),
        format!("addresses = [\"198.51.100.25\", \"2001:db8:ffff::25\"]\n{BASE}{APPS}{smart}"),
        format!(
            "{BASE}{APPS}{}source = [\"2001:db8::25\"]\n[[rule]]\nname = \"all\"\ndo = {{ route = \"smart\" }}\n",
            SMART
        ),
        format!("{}{APPS}", BASE.replace("gw.example.com", "mx.example.com")),
        format!(
            "{BASE}{APPS}[listen]\nsmtp = [\"127.0.0.1:2525\"]\n[[route]]\nname = \"local\"\nhosts = [\"127.0.0.1:25\"]\nnames = [\"mail.example.com\"]\n[[rule]]\nname = \"all\"\ndo = {{ route = \"local\" }}\n"
        ),
        format!(
            "{BASE}{APPS}[[route]]\nname = \"filter\"\nhosts = [\"gw.example.com:10025\"]\n[[rule]]\nname = \"all\"\ndo = {{ route = \"filter\" }}\n"
        ),
    ] {
        let laws = broken(&policy(&text));
        assert!(laws.is_empty(), "{text}: {laws:#?}");
    }
}

#[test]
fn given_an_address_as_host_and_no_name_to_verify_then_no_certificate_can_fit() {
    let with = |route: &str| {
        format!(
            "{BASE}{APPS}[[route]]\nname = \"a\"\nhosts = [\"198.51.100.4\"]\n{route}\n[[rule]]\nname = \"all\"\ndo = {{ route = \"a\" }}\n"
        )
    };
    assert_eq!(broken(&policy(&with(""))).iter().map(|law| law.law).collect::<Vec<_>>(), [NEXT_STEP]);
    for sound in ["names = [\"mail.example.net\"]", "verify_hostname = false"] {
        assert!(broken(&policy(&with(sound))).is_empty(), "{sound}");
    }
}

#[test]
fn given_auth_without_tls_where_a_client_may_speak_in_clear_text_then_a_credential_does() {
    let users = "users = \"users.toml\"\n";
    let tls = "tls = { certificate = \"c.pem\", key = \"k.pem\" }\n";
    let entry = |more: &str| format!("{BASE}[[relay]]\nname = \"u\"\nrequire_auth = true\n{more}");
    for open in [
        entry(users),
        entry(""),
        format!("{}[listen]\nsubmission = [\"0.0.0.0:587\"]\n", entry(users)),
        format!("{}[listen]\nsubmission = [\"0.0.0.0:587\"]\n{tls}", entry(users)),
        format!("{}[listen]\nsubmissions = [\"0.0.0.0:465\"]\nsmtp = [\"0.0.0.0:25\"]\n{tls}", entry(users)),
    ] {
        let policy = policy(&open);
        let laws = broken(&policy);
        assert_eq!(laws.iter().map(|law| law.law).collect::<Vec<_>>(), [NO_CLEAR_TEXT], "{open}");
        let example = laws[0].counterexample.as_ref().unwrap();
        assert!(example.session.user.is_some() && !example.session.tls);
        assert!(confirmed(&policy, &laws[0]).admitted, "{open}");
        assert!(warnings(&open).iter().any(|f| f.key == "require_auth" && f.message.contains("clear text")), "{open}");
    }
    for sound in [
        entry(&format!("{users}require_tls = true\n")),
        format!("{}[listen]\nsubmissions = [\"0.0.0.0:465\"]\n{tls}", entry(users)),
    ] {
        assert!(broken(&policy(&sound)).is_empty(), "{sound}");
        assert!(!warnings(&sound).iter().any(|f| f.message.contains("clear text")), "{sound}");
    }
}

#[test]
fn given_credentials_for_whomever_a_recipient_names_then_they_leak() {
    let text = format!(
        "{BASE}{APPS}[[credentials]]\nname = \"c\"\nuser = \"u\"\npassword_file = \"password\"\n[[route]]\nname = \"mx\"\nmx_lookup = true\ncredentials = \"c\"\n"
    );
    let policy = flawed(&text);
    let laws = broken(&policy);
    let law = laws.iter().find(|law| law.law == NO_CLEAR_TEXT).unwrap_or_else(|| panic!("{laws:?}"));
    assert!(confirmed(&policy, law).admitted);
}

#[test]
fn given_a_route_back_to_this_host_or_one_that_can_never_be_used_then_there_is_no_next_step() {
    for route in [
        "hosts = [\"gw.example.com:25\"]",
        "hosts = [\"192.0.2.25:25\"]",
        "hosts = [\"192.0.2.200\"]\n[[destination]]\ndomain = \"elsewhere.example\"\ntls = \"dane-only\"",
    ] {
        let text = format!(
            "addresses = [\"192.0.2.25\"]\n{BASE}{APPS}[[route]]\nname = \"r\"\n{route}\n[[rule]]\nname = \"all\"\ndo = {{ route = \"r\" }}\n"
        );
        let policy = flawed(&text);
        let laws = broken(&policy);
        let law = laws.iter().find(|law| law.law == NEXT_STEP).unwrap_or_else(|| panic!("{route}: {laws:?}"));
        assert!(confirmed(&policy, law).admitted, "{route}");
    }
}

#[test]
fn given_sound_policies_then_every_law_holds() {
    for more in [
        format!("{APPS}{SMART}[[rule]]\nname = \"all\"\nmatch = {{ direction = [\"outbound\"] }}\ndo = {{ route = \"smart\", require_tls = true }}\n"),
        "[[relay]]\nname = \"sub\"\nrequire_auth = true\nrequire_tls = true\nsenders = \"registered\"\nusers = \"users.toml\"\n".to_owned(),
        "[[relay]]\nname = \"w\"\nprovider = \"google-workspace\"\ntenant = { header = \"X-T\", value_file = \"tenant.secret\" }\n[[relay]]\nname = \"d\"\npeers = [\"spf:_spf.example.org\"]\ntenant = { dkim = true }\n".to_owned(),
        format!("{APPS}[[rule]]\nname = \"tls\"\nmatch = {{ to = [\"@bank.example\"] }}\ndo = {{ require_tls = true }}\n[[destination]]\ndomain = \"bank.example\"\ntls = \"may\"\nuntil = \"2027-01-31\"\n"),
    ] {
        let policy = policy(&format!("{BASE}{more}"));
        let laws = prove(&policy, NOW);
        assert_eq!(laws.len(), 4);
        assert!(laws.iter().all(|law| law.holds), "{more}: {laws:#?}");
    }
}

#[test]
fn given_fifty_rules_then_the_proof_takes_less_than_a_second() {
    let rules: String = (0..50)
        .map(|n| {
            let tls = if n % 2 == 0 { "require_tls = true" } else { "route = \"smart\"" };
            format!("[[rule]]\nname = \"r{n}\"\nmatch = {{ to = [\"@d{n}.example\"] }}\ndo = {{ {tls} }}\n")
        })
        .collect();
    let policy = policy(&format!("{BASE}{APPS}{SMART}{rules}"));
    let start = std::time::Instant::now();
    assert!(prove(&policy, NOW).iter().all(|law| law.holds));
    assert!(start.elapsed().as_millis() < 1000, "{:?}", start.elapsed());
}

#[test]
fn given_fifty_rules_that_all_ask_for_something_else_then_the_proof_takes_less_than_a_second() {
    let rules: String = (0..50)
        .map(|n| {
            let tls = if n % 2 == 0 { "require_tls = true" } else { "route = \"smart\"" };
            let asks = ["larger_than = \"1 MB\"", "header = [\"X-A: b\"]", "author = [\"a@example.com\"]"][n % 3];
            format!("[[rule]]\nname = \"r{n}\"\nmatch = {{ {asks}, from = [\"@d{n}.example.com\", \"@example.com\"] }}\ndo = {{ {tls} }}\n")
        })
        .collect();
    let policy = policy(&format!("{BASE}{APPS}{SMART}{rules}"));
    let start = std::time::Instant::now();
    assert!(prove(&policy, NOW).iter().all(|law| law.holds));
    assert!(start.elapsed().as_millis() < 1000, "{:?}", start.elapsed());
}
