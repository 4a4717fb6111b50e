//! Configured hosts, local demands, REQUIRETLS, credentials, source addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use passerelle::route::hops::Check;
use passerelle::{Question, RecordType};

use crate::world::{Ask, asked, demands, policy, told, zone};

const RELAY: &str = "relay.example.net A 198.51.100.1\n";

fn route(more: &str) -> String {
    format!("[[route]]\nname = \"smart\"\nhosts = [\"relay.example.net:587\"]\n{more}\n")
}

const PLAIN: &str = "require_tls = false\nrequire_ca = false\nverify_hostname = false\n";

#[test]
fn given_a_configured_host_then_its_addresses_are_asked_for_and_no_mx() {
    let policy = policy(&route(""));
    let (hops, questions) = Ask::of(&policy, "smart").run(&zone(RELAY));
    assert_eq!(told(&hops), "relay.example.net ca+name relay.example.net");
    assert_eq!((hops.hops[0].port, hops.hops[0].ehlo.as_str()), (587, "gw.example.org"));
    assert_eq!(hops.hops[0].tls.because, ["route"]);
    assert_eq!(asked(&questions, RecordType::Mx), Vec::<String>::new());
    assert_eq!(asked(&questions, RecordType::A), ["relay.example.net"]);
}

#[test]
fn given_mx_lookup_then_the_mx_set_of_the_configured_name_takes_the_mail() {
    let policy = policy(&route("mx_lookup = true"));
    let hops = Ask::of(&policy, "smart").hops("relay.example.net MX 10 a.example.net\na.example.net A 198.51.100.1");
    assert_eq!(told(&hops), "a.example.net ca+name a.example.net");
    // What is wrong with it its operator can mend.
    for broken in
        ["relay.example.net MX 0 .", "relay.example.net TXT x", "example.net TXT x", "relay.example.net MX SERVFAIL"]
    {
        assert_eq!(told(&Ask::of(&policy, "smart").hops(broken)), "451 4.4.3", "{broken}");
    }
}

#[test]
fn given_a_configured_host_that_does_not_exist_then_mail_waits() {
    let policy = policy(&route(""));
    for broken in ["", "relay.example.net TXT x", "relay.example.net A SERVFAIL\nrelay.example.net AAAA TIMEOUT"] {
        assert_eq!(told(&Ask::of(&policy, "smart").hops(broken)), "451 4.4.3", "{broken}");
    }
}

#[test]
fn given_a_configured_host_on_this_machine_then_that_is_fine() {
    let policy = policy(&format!("[[route]]\nname = \"smart\"\nhosts = [\"127.0.0.1:2525\"]\n{PLAIN}"));
    let (hops, questions) = Ask::of(&policy, "smart").run(&zone(""));
    assert_eq!((told(&hops), questions), ("127.0.0.1 may".into(), Vec::<Question>::new()));
    assert_eq!(hops.hops[0].port, 2525);
}

#[test]
fn given_the_three_switches_then_each_combination_has_its_demand() {
    for (switches, expected) in [
        ((false, false, false), "relay.example.net may"),
        ((true, false, false), "relay.example.net tls"),
        ((false, true, false), "relay.example.net ca"),
        ((false, false, true), "relay.example.net tls"),
        ((true, true, true), "relay.example.net ca+name relay.example.net"),
    ] {
        let (tls, ca, name) = switches;
        let text = route(&format!("require_tls = {tls}\nrequire_ca = {ca}\nverify_hostname = {name}"));
        assert_eq!(told(&Ask::of(&policy(&text), "smart").hops(RELAY)), expected, "{switches:?}");
    }
}

#[test]
fn given_further_names_then_they_are_accepted_too() {
    let policy = policy(&route("names = [\"mail.example.edu\"]"));
    assert_eq!(
        told(&Ask::of(&policy, "smart").hops(RELAY)),
        "relay.example.net ca+name relay.example.net,mail.example.edu"
    );
}

#[test]
fn given_tiers_and_shares_of_load_then_hosts_are_drawn_by_them() {
    let text = format!(
        "[[route]]\nname = \"smart\"\nhosts = [\n  {{ address = \"a.example.net\", load = 75 }},\n  {{ address = \"b.example.net\", load = 25 }},\n  {{ address = \"c.example.net\", tier = \"secondary\" }}]\n{PLAIN}"
    );
    let policy = policy(&text);
    let world = zone("a.example.net A 198.51.100.1\nb.example.net A 198.51.100.2\nc.example.net A 198.51.100.3");
    let mut first: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..400 {
        let hops = Ask { seed, ..Ask::of(&policy, "smart") }.run(&world).0;
        assert_eq!(hops.hops[2].host, "c.example.net");
        assert_ne!(hops.hops[0].host, hops.hops[1].host);
        *first.entry(hops.hops[0].host.clone()).or_default() += 1;
    }
    assert!((270..330).contains(&first["a.example.net"]), "{first:?}");
}

#[test]
fn given_source_addresses_then_one_of_the_right_family_is_chosen_and_kept_for_a_retry() {
    let text = route("source = [\"192.0.2.31\", \"192.0.2.32\", \"2001:db8::31\", \"2001:db8::32\"]");
    let policy = policy(&text);
    let world = zone("relay.example.net A 198.51.100.1\nrelay.example.net AAAA 2001:db8:1::1");
    let sources = |recipient, seed| -> Vec<IpAddr> {
        let hops = Ask { recipient, seed, ..Ask::of(&policy, "smart") }.run(&world).0;
        assert_eq!(hops.hops.len(), 2, "one for each family");
        for hop in &hops.hops {
            assert!(hop.addresses.iter().all(|address| address.is_ipv6() == hop.source.unwrap().is_ipv6()));
        }
        hops.hops.iter().map(|hop| hop.source.unwrap()).collect()
    };
    assert_eq!(sources("example.com", 0), sources("example.com", 99));
    let names: Vec<String> = (0..40).map(|n| format!("d{n}.example")).collect();
    let all: BTreeSet<IpAddr> = names.iter().flat_map(|name| sources(name, 0)).collect();
    assert_eq!(all.len(), 4, "all of them are used");
    // A host that has no address of the family is out of reach.
    let text = route("source = [\"192.0.2.31\"]");
    let policy = crate::world::policy(&text);
    assert_eq!(told(&Ask::of(&policy, "smart").hops("relay.example.net AAAA 2001:db8:1::1")), "451 4.4.1");
}

#[test]
fn given_a_rule_with_require_tls_then_it_adds_up_and_is_named() {
    let policy = policy("");
    let mut ask = Ask::of(&policy, "mx");
    ask.demands = demands(&["bank mail", "all"], false, false);
    let hops = ask.hops("example.com MX 10 a.example.net\na.example.net A 198.51.100.1");
    assert_eq!(told(&hops), "a.example.net tls");
    assert_eq!(hops.hops[0].tls.because, ["rule bank mail", "rule all"]);
}

#[test]
fn given_a_destination_then_its_level_is_asked_for() {
    let world = "example.com MX 10 a.example.net\na.example.net A 198.51.100.1";
    let hops = |text: &str| {
        told(&Ask::of(&policy(&format!("[[destination]]\ndomain = \"example.com\"\n{text}")), "mx").hops(world))
    };
    assert_eq!(hops("tls = \"may\""), "a.example.net may");
    assert_eq!(hops("tls = \"dane\""), "a.example.net may");
    assert_eq!(hops("tls = \"encrypt\""), "a.example.net tls");
    assert_eq!(hops("tls = \"verify\""), "a.example.net ca+name a.example.net");
    assert_eq!(hops("tls = \"secure\""), "a.example.net ca+name example.com");
    assert_eq!(
        hops("tls = \"secure\"\nnames = [\"mail.example.com\"]"),
        "a.example.net ca+name example.com,mail.example.com"
    );
    assert_eq!(hops("tls = \"dane-only\""), "451 4.7.5");
    assert_eq!(hops("tls = \"none\"\nuntil = \"2027-02-01\""), "a.example.net clear");
    let print = format!("sha256:{}", "ab".repeat(32));
    assert_eq!(hops(&format!("tls = \"fingerprint\"\nfingerprints = [\"{print}\"]")), "a.example.net fingerprint");
}

#[test]
fn given_a_destination_for_the_next_hop_then_it_counts_as_well() {
    let world = "example.com MX 10 a.example.net\na.example.net A 198.51.100.1";
    let by_host = policy("[[destination]]\ndomain = \"a.example.net\"\ntls = \"encrypt\"\n");
    assert_eq!(told(&Ask::of(&by_host, "mx").hops(world)), "a.example.net tls");
    let below = policy(
        "[[destination]]\ndomain = \"*.example.net\"\ntls = \"encrypt\"\n[[destination]]\ndomain = \"example.com\"\ntls = \"may\"\n",
    );
    let hops = Ask::of(&below, "mx").hops(world);
    assert_eq!(
        (told(&hops), &*hops.hops[0].tls.because),
        ("a.example.net tls".into(), &["destination".to_owned()][..])
    );
}

#[test]
fn given_until_then_a_destination_lowers_the_route_until_that_day_is_over() {
    let hops = |until: &str| {
        let text = route("")
            + &format!("[[destination]]\ndomain = \"relay.example.net\"\ntls = \"may\"\nuntil = \"{until}\"\n");
        told(&Ask::of(&policy(&text), "smart").hops(RELAY))
    };
    assert_eq!(hops("2027-01-15"), "relay.example.net may");
    assert_eq!(hops("2027-01-14"), "relay.example.net ca+name relay.example.net");
}

#[test]
fn given_an_override_without_a_level_then_the_route_s_demand_stays() {
    let text =
        route("") + "[[destination]]\ndomain = \"relay.example.net\"\noverride = [\"dane\"]\nuntil = \"2027-02-01\"\n";
    let world = "relay.example.net A 198.51.100.1 +\n_587._tcp.relay.example.net TLSA @ee +";
    assert_eq!(told(&Ask::of(&policy(&text), "smart").hops(world)), "relay.example.net ca+name relay.example.net");
}

#[test]
fn given_fingerprints_and_a_route_that_verifies_then_both_hold() {
    let print = format!("sha256:{}", "ab".repeat(32));
    let text = route("")
        + &format!(
            "[[destination]]\ndomain = \"relay.example.net\"\ntls = \"fingerprint\"\nfingerprints = [\"{print}\"]\n"
        );
    let hops = Ask::of(&policy(&text), "smart").hops(RELAY);
    assert_eq!(told(&hops), "relay.example.net fingerprint + ca+name relay.example.net");
    let json = serde_json::to_value(&hops.hops[0].tls).unwrap();
    assert_eq!(json["fingerprints"], serde_json::json!([print]));
}

#[test]
fn given_requiretls_then_something_has_to_verify_the_host() {
    let lenient = policy("");
    let mut ask = Ask::of(&lenient, "mx");
    ask.demands = demands(&[], true, false);
    let plain = "example.com MX 10 a.example.net\na.example.net A 198.51.100.1\n";
    assert_eq!(told(&ask.hops(plain)), "550 5.7.30");
    let sts = "_mta-sts.example.com TXT v=STSv1; id=1;\nsts example.com version: STSv1|mode: enforce|mx: a.example.net|max_age: 86400";
    let hops = ask.hops(&format!("{plain}{sts}"));
    assert_eq!(told(&hops), "a.example.net ca+name a.example.net");
    assert!(hops.hops[0].tls.requiretls);
    assert_eq!(hops.hops[0].tls.because, ["mta-sts", "requiretls"]);
    assert_eq!(hops.tls_failure.to_string().split(' ').nth(1), Some("5.7.30"));
    // One host that can be verified is enough.
    let dane = "example.com MX 10 a.example.net +\nexample.com MX 20 b.example.net +\na.example.net A 198.51.100.1 +\nb.example.net A 198.51.100.2 +\n_25._tcp.b.example.net TLSA @ee +";
    assert_eq!(told(&ask.hops(dane)), "b.example.net dane b.example.net,example.com");
    // A failed look-up is no answer yet.
    assert_eq!(told(&ask.hops(&dane.replace("TLSA @ee +", "TLSA SERVFAIL"))), "451 4.4.3");
}

#[test]
fn given_requiretls_and_a_local_demand_then_ca_alone_does_not_meet_it() {
    for (switches, expected) in [
        ("verify_hostname = true", "relay.example.net ca+name relay.example.net"),
        ("verify_hostname = false", "550 5.7.30"),
    ] {
        let policy = policy(&route(switches));
        let mut ask = Ask::of(&policy, "smart");
        ask.demands = demands(&[], true, false);
        assert_eq!(told(&ask.hops(RELAY)), expected, "{switches}");
    }
    let print = format!("sha256:{}", "ab".repeat(32));
    let policy = policy(&format!(
        "[[destination]]\ndomain = \"example.com\"\ntls = \"fingerprint\"\nfingerprints = [\"{print}\"]"
    ));
    let mut ask = Ask::of(&policy, "mx");
    ask.demands = demands(&[], true, false);
    assert_eq!(
        told(&ask.hops("example.com MX 10 a.example.net\na.example.net A 198.51.100.1")),
        "a.example.net fingerprint"
    );
}

#[test]
fn given_tls_required_no_then_local_demands_stay() {
    let policy = policy(&route(""));
    let mut ask = Ask::of(&policy, "smart");
    ask.demands = demands(&["strict"], false, true);
    assert_eq!(told(&ask.hops(RELAY)), "relay.example.net ca+name relay.example.net");
}

#[test]
fn given_credentials_then_they_go_to_verified_peers_alone() {
    let login = "[[credentials]]\nname = \"login\"\nuser = \"u\"\npassword_file = \"p\"\n";
    let with = |switches: &str| {
        let text = login.to_owned() + &route(&format!("credentials = \"login\"\n{switches}"));
        let head = "hostname = \"gw.example.org\"\ndomains = [\"example.org\"]\n".to_owned();
        let files = |_: &str| Ok(b"secret".to_vec());
        // Where they could not go anywhere, the policy is found to be at fault; what it means is clear.
        passerelle::route::policy::Policy::compile(&(head + &text), &files).policy.expect("its meaning is clear")
    };
    let policy = with("");
    let hops = Ask::of(&policy, "smart").hops(RELAY);
    assert_eq!(hops.hops[0].credentials.as_deref(), Some("login"));
    for switches in ["verify_hostname = false", PLAIN] {
        let policy = with(switches);
        assert_eq!(told(&Ask::of(&policy, "smart").hops(RELAY)), "451 4.7.5", "{switches}");
        let dane = Ask::of(&policy, "smart")
            .hops("relay.example.net A 198.51.100.1 +\n_587._tcp.relay.example.net TLSA @ee +");
        assert_eq!((dane.hops[0].tls.verify, dane.hops[0].credentials.as_deref()), (Check::Dane, Some("login")));
    }
}

#[test]
fn given_on_tls_failure_bounce_then_mail_goes_back() {
    let text = "[[route]]\nname = \"strict\"\nmx_lookup = true\nhosts = [\"example.com\"]\non_tls_failure = \"bounce\"\n[[destination]]\ndomain = \"example.com\"\ntls = \"dane-only\"\n";
    let hops = Ask::of(&policy(text), "strict").hops("example.com MX 10 a.example.net\na.example.net A 198.51.100.1");
    assert_eq!(told(&hops), "550 5.7.5");
    assert_eq!(hops.tls_failure.code, 550);
}

#[test]
fn given_a_route_then_its_bounds_and_versions_are_the_hop_s() {
    let hops = Ask::of(
        &policy(&route("max_recipients = 7\nmax_messages = 3\nmin_tls = \"1.3\"\nehlo = \"out.example.org\"")),
        "smart",
    )
    .hops(RELAY);
    let json = serde_json::to_value(&hops.hops[0]).unwrap();
    assert_eq!((&json["max_recipients"], &json["max_messages"]), (&7.into(), &3.into()));
    assert_eq!((&json["tls"]["min_tls"], &json["ehlo"]), (&"1.3".into(), &"out.example.org".into()));
}

#[test]
fn given_port_465_then_tls_begins_with_the_connection() {
    let policy = policy("[[route]]\nname = \"smart\"\nhosts = [\"relay.example.net:465\"]\n");
    assert!(Ask::of(&policy, "smart").hops(RELAY).hops[0].implicit_tls);
}

const STS: &str = "_mta-sts.relay.example.net TXT v=STSv1; id=1;\n";

#[test]
fn given_a_smart_host_then_its_own_name_is_the_policy_domain_and_must_be_listed() {
    let policy = policy(&route(PLAIN));
    let listed =
        format!("{RELAY}{STS}sts relay.example.net version: STSv1|mode: enforce|mx: relay.example.net|max_age: 86400");
    assert_eq!(told(&Ask::of(&policy, "smart").hops(&listed)), "relay.example.net ca+name relay.example.net");
    let other = listed.replace("mx: relay", "mx: other");
    assert_eq!(told(&Ask::of(&policy, "smart").hops(&other)), "451 4.7.5");
    // The recipient's policy is not the smart host's affair.
    let recipients = format!(
        "{RELAY}_mta-sts.example.com TXT v=STSv1; id=1;\nsts example.com version: STSv1|mode: enforce|mx: x.example|max_age: 86400"
    );
    assert_eq!(told(&Ask::of(&policy, "smart").hops(&recipients)), "relay.example.net may");
}

#[test]
fn given_mx_lookup_then_the_configured_name_is_the_policy_domain() {
    let policy = policy(&route(&format!("mx_lookup = true\n{PLAIN}")));
    let world = format!(
        "{STS}sts relay.example.net version: STSv1|mode: enforce|mx: a.example.net|max_age: 86400\nrelay.example.net MX 10 a.example.net\nrelay.example.net MX 20 b.example.net\na.example.net A 198.51.100.1\nb.example.net A 198.51.100.2"
    );
    assert_eq!(told(&Ask::of(&policy, "smart").hops(&world)), "a.example.net ca+name a.example.net");
}

/// RFC 8461 §4.1, §4.2, §5: mail for example.com by its MX hosts.
#[test]
fn given_a_policy_then_mx_name_and_certificate_have_to_match() {
    let policy = policy("");
    let world = |mode: &str, mx: &str| {
        format!(
            "example.com MX 10 mail.example.com\nexample.com MX 20 backup.example.net\nmail.example.com A 198.51.100.1\nbackup.example.net A 198.51.100.2\n_mta-sts.example.com TXT v=STSv1; id=1;\nsts example.com version: STSv1|mode: {mode}|{mx}|max_age: 86400"
        )
    };
    for (mode, mx, expected) in [
        (
            "enforce",
            "mx: mail.example.com|mx: *.example.net",
            "mail.example.com ca+name mail.example.com; backup.example.net ca+name backup.example.net",
        ),
        ("enforce", "mx: mail.example.com", "mail.example.com ca+name mail.example.com"),
        ("enforce", "mx: backup.example.net", "backup.example.net ca+name backup.example.net"),
        ("enforce", "mx: *.example.com", "mail.example.com ca+name mail.example.com"),
        ("enforce", "mx: other.example", "451 4.7.5"),
        ("testing", "mx: mail.example.com", "mail.example.com may; backup.example.net may"),
        ("testing", "mx: other.example", "mail.example.com may; backup.example.net may"),
        ("none", "mx: mail.example.com", "mail.example.com may; backup.example.net may"),
    ] {
        let hops = Ask::of(&policy, "mx").hops(&world(mode, mx));
        assert_eq!(told(&hops), expected, "{mode} {mx}");
        let reports = hops.hops.iter().filter(|hop| hop.tls.report.is_some()).count();
        assert_eq!(reports, if mode == "testing" { 2 } else { 0 });
        assert_eq!(hops.sts_updates.len(), 1);
    }
}

#[test]
fn given_a_policy_and_a_demand_for_other_names_then_the_certificate_has_both() {
    let policy = policy("[[destination]]\ndomain = \"example.com\"\ntls = \"secure\"\n");
    let world = "example.com MX 10 mail.example.net\nmail.example.net A 198.51.100.1\n_mta-sts.example.com TXT v=STSv1; id=1;\nsts example.com version: STSv1|mode: enforce|mx: mail.example.net|max_age: 86400";
    assert_eq!(
        told(&Ask::of(&policy, "mx").hops(world)),
        "mail.example.net ca+name example.com + ca+name mail.example.net"
    );
}

#[test]
fn given_an_override_of_mta_sts_then_it_is_not_asked_for() {
    let policy =
        policy("[[destination]]\ndomain = \"example.com\"\noverride = [\"mta-sts\"]\nuntil = \"2027-02-01\"\n");
    let world = "example.com MX 10 mail.example.net\nmail.example.net A 198.51.100.1\n_mta-sts.example.com TXT v=STSv1; id=1;\nsts example.com version: STSv1|mode: enforce|mx: x.example|max_age: 86400";
    let (hops, questions) = Ask::of(&policy, "mx").run(&zone(world));
    assert_eq!((told(&hops), asked(&questions, RecordType::Txt)), ("mail.example.net may".into(), Vec::new()));
}

#[test]
fn the_steps_say_what_was_looked_at_and_why() {
    let policy = policy("");
    let world = zone(
        "example.com MX 10 mail.example.net +\nmail.example.net A 198.51.100.1 +\n_25._tcp.mail.example.net TLSA @ee +",
    );
    let recipient = passerelle::mailbox::Host::parse("example.com").unwrap();
    let request = passerelle::route::hops::Request {
        policy: &policy,
        route: policy.route("mx").unwrap(),
        recipient: &recipient,
        demands: &Default::default(),
        sts_cache: &Default::default(),
        now: crate::world::NOW,
        seed: 0,
    };
    let (trail, _) = crate::world::run(&world, |answers| {
        let mut trail = passerelle::Trail::new();
        passerelle::route::hops::next_hops(&request, answers, &mut trail).map(|_| trail)
    });
    let steps: Vec<String> = trail.steps().iter().map(|step| format!("{}: {}", step.step, step.outcome)).collect();
    assert_eq!(
        steps,
        [
            "mx example.com: secure",
            "mta-sts example.com: no policy",
            "dane mail.example.net:25: usable",
            "security mail.example.net: TLS and dane",
        ]
    );
    assert!(trail.steps().iter().all(|step| !step.rfc.is_empty()));
}

#[test]
fn given_tls_required_no_then_a_step_says_where_it_lifts_something_and_where_it_does_not() {
    let steps = |text: &str, requiretls: bool, said: bool, recipient: &str| -> Vec<String> {
        let policy = policy(text);
        let world = zone("example.com MX 10 mail.example.net +\nmail.example.net A 198.51.100.1 +");
        let recipient = passerelle::mailbox::Host::parse(recipient).unwrap();
        let request = passerelle::route::hops::Request {
            policy: &policy,
            route: policy.route("mx").unwrap(),
            recipient: &recipient,
            demands: &crate::world::demands(&[], requiretls, said),
            sts_cache: &Default::default(),
            now: crate::world::NOW,
            seed: 0,
        };
        let (trail, _) = crate::world::run(&world, |answers| {
            let mut trail = passerelle::Trail::new();
            passerelle::route::hops::next_hops(&request, answers, &mut trail).map(|_| trail)
        });
        let steps = trail.steps().iter().filter(|step| step.step == "tls-required");
        steps.map(|step| format!("{} {}", step.outcome, step.rfc)).collect()
    };
    assert_eq!(steps("", false, true, "example.com"), ["lifted RFC 8689 §3"]);
    assert_eq!(steps("", true, true, "example.com"), ["ignored RFC 8689 §5"]);
    assert_eq!(steps("", false, false, "example.com"), Vec::<String>::new());
    // Of an address nobody asks for records, and what a destination has lifted is lifted.
    assert_eq!(steps("", false, true, "[198.51.100.7]"), Vec::<String>::new());
    let lifted =
        "[[destination]]\ndomain = \"example.com\"\noverride = [\"dane\", \"mta-sts\"]\nuntil = \"2027-02-01\"\n";
    assert_eq!(steps(lifted, false, true, "example.com"), Vec::<String>::new());
}
