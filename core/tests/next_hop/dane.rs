//! DANE (RFC 7671, RFC 7672): where TLSA records are asked for, and what comes of them.

use passerelle::RecordType;

use crate::world::{Ask, asked, demands, policy, told, zone};

const MX: &str = "example.com MX 10 mx.example.net +\n";
const A: &str = "mx.example.net A 198.51.100.1 +\n";
const TLSA: &str = "_25._tcp.mx.example.net TLSA @ee +\n";

struct Case {
    name: &'static str,
    zone: String,
    /// The names at which TLSA records are asked for.
    asks: &'static [&'static str],
    then: &'static str,
}

fn case(name: &'static str, zone: &[&str], asks: &'static [&'static str], then: &'static str) -> Case {
    Case { name, zone: zone.join("\n"), asks, then }
}

const AT_MX: &[&str] = &["_25._tcp.mx.example.net"];

/// RFC 7672 §2.2.1, §2.2.2, §3.1, §3.2: mail for example.com, whose host is mx.example.net.
fn mx_cases() -> Vec<Case> {
    const DANE: &str = "mx.example.net dane mx.example.net,example.com";
    vec![
        case("everything secure and a usable record", &[MX, A, TLSA], AT_MX, DANE),
        case("an insecure MX set", &["example.com MX 10 mx.example.net", A, TLSA], &[], "mx.example.net may"),
        case("insecure addresses", &[MX, "mx.example.net A 198.51.100.1", TLSA], &[], "mx.example.net may"),
        case(
            "insecure A and secure AAAA: one family suffices",
            &[MX, "mx.example.net A 198.51.100.1", "mx.example.net AAAA 2001:db8:1::1 +", TLSA],
            AT_MX,
            DANE,
        ),
        case("secure A and insecure AAAA", &[MX, A, "mx.example.net AAAA 2001:db8:1::1", TLSA], AT_MX, DANE),
        case("secure A and a failed look-up of AAAA", &[MX, A, "mx.example.net AAAA SERVFAIL", TLSA], AT_MX, DANE),
        case("a failed look-up of TLSA", &[MX, A, "_25._tcp.mx.example.net TLSA SERVFAIL"], AT_MX, "451 4.4.3"),
        case(
            "a look-up of TLSA without an answer",
            &[MX, A, "_25._tcp.mx.example.net TLSA TIMEOUT"],
            AT_MX,
            "451 4.4.3",
        ),
        case(
            "a failed look-up of TLSA skips the host, and another is left",
            &[
                MX,
                A,
                "_25._tcp.mx.example.net TLSA SERVFAIL",
                "example.com MX 20 mx2.example.net +",
                "mx2.example.net A 198.51.100.2 +",
            ],
            &["_25._tcp.mx.example.net", "_25._tcp.mx2.example.net"],
            "mx2.example.net may",
        ),
        case("no TLSA records, securely", &[MX, A, "_25._tcp.mx.example.net TLSA +"], AT_MX, "mx.example.net may"),
        case("TLSA records do not exist", &[MX, A], AT_MX, "mx.example.net may"),
        case("insecure TLSA records", &[MX, A, "_25._tcp.mx.example.net TLSA @ee"], AT_MX, "mx.example.net may"),
        case(
            "a record that SMTP can't use: TLS is needed",
            &[MX, A, "_25._tcp.mx.example.net TLSA @pkix +"],
            AT_MX,
            "mx.example.net tls",
        ),
        case(
            "of a usable and an unusable record the usable one counts",
            &[MX, A, TLSA, "_25._tcp.mx.example.net TLSA @pkix +"],
            AT_MX,
            DANE,
        ),
        case("a record of usage 2 has the same names", &[MX, A, "_25._tcp.mx.example.net TLSA @ta +"], AT_MX, DANE),
        case(
            "TLSA records by a secure alias",
            &[MX, A, "_25._tcp.mx.example.net CNAME tlsa.example.net +", "tlsa.example.net TLSA @ee +"],
            AT_MX,
            DANE,
        ),
        case(
            "TLSA records by an insecure alias",
            &[MX, A, "_25._tcp.mx.example.net CNAME tlsa.example.net", "tlsa.example.net TLSA @ee +"],
            AT_MX,
            "mx.example.net may",
        ),
        case(
            "a secure alias: the name it stands for comes first",
            &[
                MX,
                "mx.example.net CNAME host.example.edu +",
                "host.example.edu A 198.51.100.1 +",
                "_25._tcp.host.example.edu TLSA @ee +",
                TLSA,
            ],
            &["_25._tcp.host.example.edu"],
            "mx.example.net dane host.example.edu,example.com",
        ),
        case(
            "a secure alias, and records at the original name alone",
            &[MX, "mx.example.net CNAME host.example.edu +", "host.example.edu A 198.51.100.1 +", TLSA],
            &["_25._tcp.host.example.edu", "_25._tcp.mx.example.net"],
            DANE,
        ),
        case(
            "a secure alias, and the look-up at the name it stands for fails",
            &[
                MX,
                "mx.example.net CNAME host.example.edu +",
                "host.example.edu A 198.51.100.1 +",
                "_25._tcp.host.example.edu TLSA SERVFAIL",
                TLSA,
            ],
            &["_25._tcp.host.example.edu"],
            "451 4.4.3",
        ),
        case(
            "a secure alias, and unusable records at the name it stands for",
            &[
                MX,
                "mx.example.net CNAME host.example.edu +",
                "host.example.edu A 198.51.100.1 +",
                "_25._tcp.host.example.edu TLSA @pkix +",
                TLSA,
            ],
            &["_25._tcp.host.example.edu"],
            "mx.example.net tls",
        ),
        case(
            "a secure alias into an unsigned zone: the original name stays eligible",
            &[MX, "mx.example.net CNAME host.example.edu +", "host.example.edu A 198.51.100.1", TLSA],
            AT_MX,
            DANE,
        ),
        case(
            "an insecure alias",
            &[MX, "mx.example.net CNAME host.example.edu", "host.example.edu A 198.51.100.1 +", TLSA],
            &[],
            "mx.example.net may",
        ),
        case(
            "a secure alias, an insecure one behind it",
            &[
                MX,
                "mx.example.net CNAME a.example.edu +",
                "a.example.edu CNAME host.example.edu",
                "host.example.edu A 198.51.100.1 +",
                "_25._tcp.host.example.edu TLSA @ee +",
            ],
            AT_MX,
            "mx.example.net may",
        ),
        case(
            "no MX records, securely: the domain is its own host",
            &["example.com MX +", "example.com A 198.51.100.1 +", "_25._tcp.example.com TLSA @ee +"],
            &["_25._tcp.example.com"],
            "example.com dane example.com",
        ),
        case(
            "no MX records, insecurely",
            &["example.com MX", "example.com A 198.51.100.1 +", "_25._tcp.example.com TLSA @ee +"],
            &[],
            "example.com may",
        ),
        case(
            "no MX records, and the domain is a secure alias",
            &[
                "example.com CNAME host.example.edu +",
                "host.example.edu MX +",
                "host.example.edu A 198.51.100.1 +",
                "_25._tcp.host.example.edu TLSA @ee +",
            ],
            &["_25._tcp.host.example.edu"],
            "example.com dane host.example.edu,example.com",
        ),
        case(
            "the domain is a secure alias, and its MX records are at the name it stands for",
            &["example.com CNAME example.edu +", "example.edu MX 10 mx.example.net +", A, TLSA],
            AT_MX,
            "mx.example.net dane mx.example.net,example.com,example.edu",
        ),
        case(
            "the domain is an insecure alias",
            &["example.com CNAME example.edu", "example.edu MX 10 mx.example.net +", A, TLSA],
            &[],
            "mx.example.net may",
        ),
        case(
            "one host with records and one without",
            &[MX, A, TLSA, "example.com MX 20 mx2.example.net +", "mx2.example.net A 198.51.100.2 +"],
            &["_25._tcp.mx.example.net", "_25._tcp.mx2.example.net"],
            "mx.example.net dane mx.example.net,example.com; mx2.example.net may",
        ),
    ]
}

#[test]
fn given_what_dnssec_says_of_each_step_then_tlsa_is_asked_for_and_counts_or_not() {
    let policy = policy("");
    let cases = mx_cases();
    assert!(cases.len() >= 25);
    for case in cases {
        let (hops, questions) = Ask::of(&policy, "mx").run(&zone(&case.zone));
        assert_eq!(told(&hops), case.then, "{}", case.name);
        let mut asked = asked(&questions, RecordType::Tlsa);
        asked.sort();
        assert_eq!(asked, case.asks, "{}", case.name);
    }
}

const SMART: &str = "[[route]]\nname = \"smart\"\nhosts = [\"relay.example.net:587\"]\n";
const PLAIN: &str = "require_tls = false\nrequire_ca = false\nverify_hostname = false\n";

#[test]
fn given_a_configured_host_then_it_counts_as_secure_and_its_own_port_is_asked_for() {
    let policy = policy(&format!("{SMART}{PLAIN}"));
    let world = "relay.example.net A 198.51.100.1 +\n_587._tcp.relay.example.net TLSA @ee +";
    let (hops, questions) = Ask::of(&policy, "smart").run(&zone(world));
    assert_eq!(told(&hops), "relay.example.net dane relay.example.net");
    assert_eq!(asked(&questions, RecordType::Tlsa), ["_587._tcp.relay.example.net"]);
    let alias = "relay.example.net CNAME host.example.edu +\nhost.example.edu A 198.51.100.1 +\n_587._tcp.host.example.edu TLSA @ta +";
    assert_eq!(
        told(&Ask::of(&policy, "smart").hops(alias)),
        "relay.example.net dane host.example.edu,relay.example.net"
    );
    let insecure = "relay.example.net A 198.51.100.1\n_587._tcp.relay.example.net TLSA @ee +";
    let (hops, questions) = Ask::of(&policy, "smart").run(&zone(insecure));
    assert_eq!((told(&hops), asked(&questions, RecordType::Tlsa)), ("relay.example.net may".into(), vec![]));
}

#[test]
fn given_usable_records_and_a_demand_for_a_name_then_both_hold() {
    let policy = policy(SMART);
    let world = "relay.example.net A 198.51.100.1 +\n_587._tcp.relay.example.net TLSA @ee +";
    let hops = Ask::of(&policy, "smart").hops(world);
    assert_eq!(told(&hops), "relay.example.net dane relay.example.net + ca+name relay.example.net");
    let json = serde_json::to_value(&hops.hops[0]).unwrap();
    assert_eq!((&json["tls"]["verify"], &json["tls"]["also"]), (&"dane".into(), &"ca+name".into()));
    assert_eq!(json["tls"]["because"], serde_json::json!(["route", "dane"]));
    assert_eq!(json["tls"]["tlsa"], serde_json::json!([format!("3 1 1 {}", "ab".repeat(32))]));
}

#[test]
fn given_dane_then_the_base_domain_is_the_name_in_the_client_hello() {
    let alias = [
        MX,
        "mx.example.net CNAME host.example.edu +",
        "host.example.edu A 198.51.100.1 +",
        "_25._tcp.host.example.edu TLSA @ee +",
    ];
    let hops = crate::world::by_mx(&alias.join("\n"));
    assert_eq!(hops.hops[0].tls.server_name.as_ref().map(ToString::to_string).as_deref(), Some("host.example.edu"));
    let plain = crate::world::by_mx(&[MX, A].join("\n"));
    assert_eq!(plain.hops[0].tls.server_name.as_ref().map(ToString::to_string).as_deref(), Some("mx.example.net"));
}

#[test]
fn given_two_digests_of_one_kind_then_the_stronger_alone_counts() {
    let strong = format!("_25._tcp.mx.example.net TLSA 3 1 2 {} +", "cd".repeat(64));
    let hops = crate::world::by_mx(&[MX, A, TLSA, &strong].join("\n"));
    assert_eq!(hops.hops[0].tls.tlsa.len(), 1);
    assert_eq!(hops.hops[0].tls.tlsa[0].data.len(), 64);
}

#[test]
fn given_usable_records_then_mta_sts_neither_helps_nor_hinders() {
    let sts = "_mta-sts.example.com TXT v=STSv1; id=1;\nsts example.com version: STSv1|mode: enforce|mx: other.example|max_age: 86400";
    assert_eq!(
        told(&crate::world::by_mx(&[MX, A, TLSA, sts].join("\n"))),
        "mx.example.net dane mx.example.net,example.com"
    );
    assert_eq!(told(&crate::world::by_mx(&[MX, A, sts].join("\n"))), "451 4.7.5");
}

#[test]
fn given_unusable_records_and_an_enforcing_policy_then_the_policy_authenticates() {
    let sts = "_mta-sts.example.com TXT v=STSv1; id=1;\nsts example.com version: STSv1|mode: enforce|mx: mx.example.net|max_age: 86400";
    let hops = crate::world::by_mx(&[MX, A, "_25._tcp.mx.example.net TLSA @pkix +", sts].join("\n"));
    assert_eq!(told(&hops), "mx.example.net ca+name mx.example.net");
    assert_eq!(hops.hops[0].tls.because, ["dane", "mta-sts"]);
}

#[test]
fn given_dane_only_then_nothing_is_delivered_without_usable_records() {
    let policy = policy("[[destination]]\ndomain = \"example.com\"\ntls = \"dane-only\"\n");
    let hops = |zone: &[&str]| told(&Ask::of(&policy, "mx").hops(&zone.join("\n")));
    assert_eq!(hops(&[MX, A, TLSA]), "mx.example.net dane mx.example.net,example.com");
    assert_eq!(hops(&[MX, A]), "451 4.7.5");
    assert_eq!(hops(&[MX, A, "_25._tcp.mx.example.net TLSA @pkix +"]), "451 4.7.5");
    assert_eq!(hops(&["example.com MX 10 mx.example.net", A, TLSA]), "451 4.7.5");
    assert_eq!(hops(&[MX, A, "_25._tcp.mx.example.net TLSA SERVFAIL"]), "451 4.4.3");
}

#[test]
fn given_tls_required_no_then_dane_is_lifted_and_dane_only_is_not() {
    let lenient = policy("");
    let mut ask = Ask::of(&lenient, "mx");
    ask.demands = demands(&[], false, true);
    let (hops, questions) = ask.run(&zone(&[MX, A, TLSA].join("\n")));
    assert_eq!((told(&hops), asked(&questions, RecordType::Tlsa)), ("mx.example.net may".into(), vec![]));
    assert_eq!(told(&ask.hops(&[MX, A, "_25._tcp.mx.example.net TLSA SERVFAIL"].join("\n"))), "mx.example.net may");
    ask.demands = demands(&[], true, true);
    assert_eq!(told(&ask.hops(&[MX, A, TLSA].join("\n"))), "mx.example.net dane mx.example.net,example.com");
    let strict = policy("[[destination]]\ndomain = \"example.com\"\ntls = \"dane-only\"\n");
    let mut ask = Ask::of(&strict, "mx");
    ask.demands = demands(&[], false, true);
    assert_eq!(told(&ask.hops(&[MX, A, TLSA].join("\n"))), "mx.example.net dane mx.example.net,example.com");
}

#[test]
fn given_an_override_until_a_day_then_it_lifts_dane_until_that_day_is_over() {
    let world = [MX, A, TLSA].join("\n");
    let hops = |until: &str| {
        let text = format!("[[destination]]\ndomain = \"example.com\"\noverride = [\"dane\"]\nuntil = \"{until}\"\n");
        told(&Ask::of(&policy(&text), "mx").hops(&world))
    };
    assert_eq!(hops("2027-01-16"), "mx.example.net may");
    assert_eq!(hops("2027-01-15"), "mx.example.net may", "the day itself is part of it");
    assert_eq!(hops("2027-01-14"), "mx.example.net dane mx.example.net,example.com");
}
