//! `config prove`: policies that are open or leak are found, with a session that `decide` confirms; sound ones are proven.

use std::sync::Arc;

use passerelle::Evaluation;
use passerelle::route::policy::Policy;
use passerelle::route::prove::{Law, NEXT_STEP, NO_CLEAR_TEXT, NO_IMPOSTOR, NO_STRANGER, prove};
use passerelle::route::{Decide, Decision};
use passerelle::{Answer, DnsAnswer, Question, Record, RecordType};

use crate::world::{APPS, BASE, NOW, SMART, flawed, policy};

/// A world in which SPF lists everybody and every host has an address.
fn answer(question: &Question) -> Answer {
    match question {
        Question::Dns(_, RecordType::Txt) => Answer::Dns(DnsAnswer::found([Record::Txt(b"v=spf1 +all".to_vec())])),
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

/// Fourteen policies by which strangers can send.
const OPEN: [(&str, &str); 14] = [
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
