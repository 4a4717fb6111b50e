//! What holds of any world: the order of answers has no say, and more security never gives a weaker hop.

use passerelle::route::hops::{Check, Hops, Outcome};
use passerelle::route::security::Encryption;
use proptest::prelude::*;

use crate::world::{Ask, demands, policy, zone};

/// A world in which anything may be insecure, missing or failing: two hosts and a domain.
fn worlds() -> impl Strategy<Value = String> {
    let data = |options: &'static [&'static str]| prop::sample::select(options.to_vec());
    let secure = || prop::sample::select(vec!["", " +"]);
    let mx = (data(&["MX 10 a.example.net", "MX SERVFAIL", "MX", "MX 0 .", "CNAME example.edu"]), secure());
    let host = |name: &'static str, last: u8| {
        let v4 = format!("{name} A 198.51.100.{last}");
        let a = prop::sample::select(vec![
            v4,
            format!("{name} A SERVFAIL"),
            format!("{name} A"),
            format!("{name} CNAME host{last}.example.edu"),
        ]);
        let aaaa = prop::sample::select(vec![
            format!("{name} AAAA 2001:db8:1::{last}"),
            format!("{name} AAAA TIMEOUT"),
            String::new(),
        ]);
        let tlsa = data(&["@ee", "@ta", "@pkix", "SERVFAIL", ""]);
        (a, secure(), aaaa, secure(), tlsa, secure()).prop_map(move |(a, sa, aaaa, saaaa, tlsa, st)| {
            let alias = a.contains("CNAME");
            let aaaa = if aaaa.is_empty() || alias { String::new() } else { format!("{aaaa}{saaaa}\n") };
            format!("{a}{sa}\n{aaaa}_25._tcp.{name} TLSA {tlsa}{st}\n")
        })
    };
    let target = |n: u8| {
        (secure(), data(&["@ee", "SERVFAIL", ""]), secure()).prop_map(move |(sa, tlsa, st)| {
            format!("host{n}.example.edu A 198.51.100.1{n}{sa}\n_25._tcp.host{n}.example.edu TLSA {tlsa}{st}\n")
        })
    };
    let sts = (
        data(&["v=STSv1; id=1;", "SERVFAIL", "v=spf1 -all", ""]),
        data(&["enforce", "testing", "none"]),
        data(&["mx: a.example.net", "mx: *.example.net", "mx: x.example"]),
        any::<bool>(),
    );
    (mx, host("a.example.net", 1), host("b.example.net", 2), target(1), target(2), sts).prop_map(
        |((mx, smx), a, b, ta, tb, (txt, mode, list, fetched))| {
            let second =
                if mx.contains("10") { format!("example.com MX 20 b.example.net{smx}\n") } else { String::new() };
            let alias =
                if mx.contains("CNAME") { format!("example.edu MX 10 a.example.net{smx}\n") } else { String::new() };
            let own = if mx.contains("CNAME") { "" } else { "example.com A 198.51.100.9 +\n" };
            let txt = if txt.is_empty() { String::new() } else { format!("_mta-sts.example.com TXT {txt}\n") };
            let file = match fetched {
                true => format!("sts example.com version: STSv1|mode: {mode}|{list}|max_age: 86400\n"),
                false => "sts example.com error fetch\n".into(),
            };
            format!("example.com {mx}{smx}\n{second}{alias}{own}{a}{b}{ta}{tb}{txt}{file}")
        },
    )
}

/// What a policy may ask for of example.com, from less to more within each chain.
const CHAINS: [&[&str]; 3] = [
    &["", "tls = \"may\"", "tls = \"encrypt\"", "tls = \"verify\"", "tls = \"secure\""],
    &["", "tls = \"encrypt\"", "tls = \"dane-only\""],
    &[
        "",
        "tls = \"encrypt\"",
        "tls = \"fingerprint\"\nfingerprints = [\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"]",
    ],
];

fn with(destination: &str) -> passerelle::route::policy::Policy {
    match destination {
        "" => policy(""),
        text => policy(&format!("[[destination]]\ndomain = \"example.com\"\n{text}\n")),
    }
}

/// Everything that has to hold of a hop, as a set that can only grow.
fn checks(hops: &Hops, host: &str) -> Option<(Encryption, Vec<Check>)> {
    let hop = hops.hops.iter().find(|hop| hop.host == host)?;
    let mut checks = vec![hop.tls.verify];
    checks.extend(hop.tls.also.iter().map(|(check, _)| *check));
    Some((hop.tls.encryption, checks))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_order_of_answers_gives_the_same_hops(
        world in worlds(), picks in prop::collection::vec(0usize..64, 1..40), seed: u64, requiretls: bool, no: bool,
    ) {
        let policy = policy("");
        let ask = Ask { seed, demands: demands(&[], requiretls, no), ..Ask::of(&policy, "mx") };
        let world = zone(&world);
        let first = ask.run(&world).0;
        let mut turn = 0;
        let other = ask.run_in(&world, |waiting| { turn += 1; picks[turn % picks.len()] % waiting }).0;
        prop_assert_eq!(&first, &other);
        let last = ask.run_in(&world, |waiting| waiting - 1).0;
        prop_assert_eq!(&first, &last);
    }

    #[test]
    fn a_stronger_demand_never_yields_a_weaker_hop(
        world in worlds(), chain in 0usize..3, lower in 0usize..5, rule: bool, requiretls: bool, no: bool,
    ) {
        let chain = CHAINS[chain];
        let lower = lower % (chain.len() - 1);
        let world = zone(&world);
        let hops = |destination: &str, rules: &[&str], requiretls: bool| {
            let policy = with(destination);
            Ask { demands: demands(rules, requiretls, no), ..Ask::of(&policy, "mx") }.run(&world).0
        };
        let weak = hops(chain[lower], &[], false);
        for stronger in &chain[lower + 1..] {
            let rules: &[&str] = if rule { &["r"] } else { &[] };
            let strong = hops(stronger, rules, requiretls);
            for hop in &strong.hops {
                let Some((encryption, before)) = checks(&weak, &hop.host) else { continue };
                let (now, after) = checks(&strong, &hop.host).unwrap();
                prop_assert!(now >= encryption, "{} {}", chain[lower], stronger);
                for check in before.iter().filter(|check| **check != Check::None) {
                    prop_assert!(after.iter().any(|other| other >= check), "{:?} {:?}", before, after);
                }
            }
            // A host that nobody would have connected to is not connected to because more is asked for: DANE and REQUIRETLS,
            // which set TLS-Required: No aside, may make it.
            if !no {
                for hop in &strong.hops {
                    prop_assert!(checks(&weak, &hop.host).is_some(), "{}", hop.host);
                }
            }
        }
    }

    #[test]
    fn nothing_goes_out_weaker_because_an_answer_failed(world in worlds()) {
        let policy = policy("");
        let ask = Ask::of(&policy, "mx");
        let weak = ask.hops(&world);
        // Every failure seen as the records that it may have hidden.
        let healed = ask.hops(&world.replace("TLSA SERVFAIL +", "TLSA @ee +").replace("TLSA SERVFAIL", "TLSA @ee +"));
        // A host whose records are not known is skipped; every other is connected to as if nothing had failed.
        for hop in &weak.hops {
            let other = healed.hops.iter().find(|other| other.host == hop.host);
            prop_assert!(other.is_none_or(|other| other == hop), "{:?} {:?}", hop, other);
        }
    }

    #[test]
    fn what_is_not_delivered_says_why_and_what_is_has_somewhere_to_go(world in worlds()) {
        let hops = Ask::of(&policy(""), "mx").hops(&world);
        prop_assert_eq!(hops.outcome == Outcome::Deliver, hops.reply.is_none());
        prop_assert_eq!(hops.outcome == Outcome::Deliver, !hops.hops.is_empty());
        prop_assert!(hops.hops.iter().all(|hop| !hop.addresses.is_empty()));
    }
}
