//! MX records and addresses (RFC 5321 §5.1, RFC 7505).

use std::collections::BTreeSet;

use passerelle::route::hops::Hops;
use passerelle::{Question, RecordType};

use crate::world::{Ask, asked, by_mx, policy, told, zone};

fn hosts(hops: &Hops) -> Vec<&str> {
    hops.hops.iter().map(|hop| hop.host.as_str()).collect()
}

const A: &str = "a.example.net A 198.51.100.1\nb.example.net A 198.51.100.2\nc.example.net A 198.51.100.3\n";

fn mx(records: &[&str]) -> String {
    records.iter().map(|record| format!("example.com MX {record}\n")).collect::<String>() + A
}

#[test]
fn given_preferences_then_lower_ones_come_first() {
    let hops = by_mx(&mx(&["20 b.example.net", "30 c.example.net", "10 a.example.net"]));
    assert_eq!(hosts(&hops), ["a.example.net", "b.example.net", "c.example.net"]);
    assert_eq!((hops.hops[0].port, hops.hops[0].implicit_tls), (25, false));
}

#[test]
fn given_equal_preferences_then_the_seed_shuffles_them_and_the_answer_s_order_does_not() {
    let policy = policy("");
    let worlds = [
        mx(&["10 a.example.net", "10 b.example.net", "10 c.example.net"]),
        mx(&["10 c.example.net", "10 a.example.net", "10 b.example.net"]),
    ];
    let mut orders = BTreeSet::new();
    for seed in 0..100 {
        let ask = Ask { seed, ..Ask::of(&policy, "mx") };
        let [first, second] = worlds.each_ref().map(|world| ask.hops(world));
        assert_eq!(hosts(&first), hosts(&second), "seed {seed}");
        orders.insert(hosts(&first).join(" "));
    }
    assert_eq!(orders.len(), 6, "every order comes: {orders:?}");
}

#[test]
fn given_a_host_twice_then_its_better_preference_counts() {
    let hops = by_mx(&mx(&["20 a.example.net", "10 b.example.net", "5 a.example.net"]));
    assert_eq!(hosts(&hops), ["a.example.net", "b.example.net"]);
}

#[test]
fn given_a_null_mx_alone_then_it_bounces_with_556() {
    assert_eq!(told(&by_mx("example.com MX 0 .\nexample.com A 198.51.100.1")), "556 5.1.10");
}

#[test]
fn given_a_null_mx_beside_others_then_it_is_skipped() {
    assert_eq!(hosts(&by_mx(&mx(&["0 .", "10 a.example.net"]))), ["a.example.net"]);
}

#[test]
fn given_no_mx_records_then_the_domain_is_its_own_host() {
    assert_eq!(hosts(&by_mx("example.com MX\nexample.com A 198.51.100.1")), ["example.com"]);
}

#[test]
fn given_no_mx_records_and_no_address_then_it_bounces() {
    assert_eq!(told(&by_mx("example.com TXT x")), "550 5.1.2");
}

#[test]
fn given_a_domain_that_does_not_exist_then_it_bounces() {
    assert_eq!(told(&by_mx("example.net A 198.51.100.1")), "550 5.1.2");
}

#[test]
fn given_a_failed_look_up_of_mx_then_it_defers_and_is_no_implicit_mx() {
    for status in ["SERVFAIL", "TIMEOUT"] {
        let world = zone(&format!("example.com MX {status}\nexample.com A 198.51.100.1"));
        let (hops, questions) = Ask::of(&policy(""), "mx").run(&world);
        assert_eq!(told(&hops), "451 4.4.3", "{status}");
        assert_eq!(asked(&questions, RecordType::A), Vec::<String>::new());
    }
}

#[test]
fn given_a_failed_look_up_of_aaaa_alone_then_a_is_used_and_the_reverse() {
    let hops = by_mx("example.com MX 10 a.example.net\na.example.net A 198.51.100.1\na.example.net AAAA SERVFAIL");
    assert_eq!(hops.hops[0].addresses, ["198.51.100.1".parse::<std::net::IpAddr>().unwrap()]);
    let hops = by_mx("example.com MX 10 a.example.net\na.example.net AAAA 2001:db8:1::1\na.example.net A TIMEOUT");
    assert_eq!(hops.hops[0].addresses, ["2001:db8:1::1".parse::<std::net::IpAddr>().unwrap()]);
}

#[test]
fn given_a_host_that_fails_in_the_dns_then_it_is_skipped_and_the_domain_is_not_deferred() {
    let hops = by_mx(
        "example.com MX 10 a.example.net\nexample.com MX 20 b.example.net\na.example.net A SERVFAIL\na.example.net AAAA SERVFAIL\nb.example.net A 198.51.100.2",
    );
    assert_eq!(hosts(&hops), ["b.example.net"]);
    assert_eq!(
        told(&by_mx("example.com MX 10 a.example.net\na.example.net A SERVFAIL\na.example.net AAAA")),
        "451 4.4.3"
    );
}

#[test]
fn given_mx_hosts_without_an_address_then_it_defers() {
    assert_eq!(told(&by_mx("example.com MX 10 a.example.net\na.example.net TXT x")), "451 4.4.3");
    assert_eq!(told(&by_mx("example.com MX 10 gone.example.net")), "451 4.4.3");
}

#[test]
fn given_ourselves_in_the_set_then_we_and_all_worse_are_left_out() {
    let own_name = mx(&["10 a.example.net", "20 gw.example.org", "30 b.example.net"]) + "gw.example.org A 198.51.100.9";
    assert_eq!(hosts(&by_mx(&own_name)), ["a.example.net"]);
    let own_address = mx(&["10 a.example.net", "20 x.example.net", "20 b.example.net", "30 c.example.net"])
        + "x.example.net A 192.0.2.25";
    assert_eq!(hosts(&by_mx(&own_address)), ["a.example.net"]);
    let own_v6 =
        mx(&["10 a.example.net", "20 x.example.net"]) + "x.example.net AAAA 2001:db8::25\nx.example.net A 198.51.100.8";
    assert_eq!(hosts(&by_mx(&own_v6)), ["a.example.net"]);
}

#[test]
fn given_only_ourselves_then_it_bounces_with_554() {
    let best = mx(&["10 x.example.net", "20 b.example.net"]) + "x.example.net A 192.0.2.25";
    assert_eq!(told(&by_mx(&best)), "554 5.4.6");
    assert_eq!(told(&by_mx("example.com MX\nexample.com A 192.0.2.25")), "554 5.4.6");
    assert_eq!(told(&by_mx("example.com MX 10 x.example.net\nx.example.net AAAA ::ffff:192.0.2.25")), "554 5.4.6");
}

#[test]
fn given_addresses_that_lead_nowhere_then_they_are_never_connected_to() {
    for address in ["127.0.0.1", "0.0.0.0", "169.254.7.7"] {
        let world = format!("example.com MX 10 x.example.net\nx.example.net A {address}");
        assert_eq!(told(&by_mx(&world)), "554 5.4.6", "{address}");
        let hops = by_mx(&format!("{world}\nx.example.net A 198.51.100.7"));
        assert_eq!(hops.hops[0].addresses, ["198.51.100.7".parse::<std::net::IpAddr>().unwrap()], "{address}");
    }
    for address in ["::1", "::", "fe80::1", "::ffff:127.0.0.1"] {
        assert_eq!(
            told(&by_mx(&format!("example.com MX 10 x.example.net\nx.example.net AAAA {address}"))),
            "554 5.4.6"
        );
    }
}

#[test]
fn given_a_host_on_the_loopback_while_we_listen_there_then_it_is_left_out_and_the_worse_ones_are_not() {
    for listen in ["smtp = [\"127.0.0.1:2526\"]", "smtp = [\"[::1]:2526\"]", "smtp = [\"[fe80::1]:2526\"]"] {
        let policy = policy(&format!("[listen]\n{listen}\n"));
        for address in ["A 127.0.0.1", "AAAA ::1", "AAAA fe80::1", "AAAA ::ffff:127.0.0.1", "A 0.0.0.0"] {
            let world = mx(&["10 x.example.net", "20 b.example.net"]) + &format!("x.example.net {address}\n");
            assert_eq!(hosts(&Ask::of(&policy, "mx").hops(&world)), ["b.example.net"], "{listen} {address}");
        }
        // Our addresses as others see them are ourselves all the same.
        let world = mx(&["10 x.example.net", "20 b.example.net"]) + "x.example.net A 192.0.2.25\n";
        assert_eq!(told(&Ask::of(&policy, "mx").hops(&world)), "554 5.4.6", "{listen}");
    }
}

#[test]
fn given_a_host_on_the_loopback_beside_one_without_an_address_then_it_defers() {
    let world = "example.com MX 10 l.example.net\nexample.com MX 20 n.example.net\nl.example.net A 127.0.0.1\n";
    assert_eq!(told(&by_mx(world)), "451 4.4.3");
    assert_eq!(told(&by_mx(&format!("{world}n.example.net A SERVFAIL"))), "451 4.4.3");
    assert_eq!(told(&by_mx(&format!("{world}n.example.net A 169.254.1.1"))), "554 5.4.6");
}

#[test]
fn given_hosts_that_are_not_connected_to_then_each_has_its_own_word() {
    use passerelle::route::hops::Absence;
    let lost = |hops: &Hops| hops.lost.iter().map(|lost| (lost.host.clone(), lost.why)).collect::<Vec<_>>();
    let world = "example.com MX 10 a.example.net\nexample.com MX 20 b.example.net\nexample.com MX 30 c.example.net\nexample.com MX 40 d.example.net\nexample.com MX 50 e.example.net\nexample.com MX 60 f.example.net\na.example.net A 198.51.100.1\nb.example.net TXT x\nc.example.net A SERVFAIL\nc.example.net AAAA\nd.example.net A TIMEOUT\ne.example.net A 127.0.0.1\n";
    let hops = by_mx(world);
    assert_eq!(hosts(&hops), ["a.example.net"]);
    let words = [
        ("b", Absence::NoAddress),
        ("c", Absence::ServFail),
        ("d", Absence::Timeout),
        ("e", Absence::Ourselves),
        ("f", Absence::NoSuchName),
    ];
    assert_eq!(lost(&hops), words.map(|(host, why)| (format!("{host}.example.net"), why)));
    for (world, why) in [
        ("example.com MX 0 .", Absence::NullMx),
        ("example.net TXT x", Absence::NoSuchName),
        ("example.com TXT x", Absence::NoAddress),
        ("example.com MX SERVFAIL", Absence::ServFail),
        ("example.com MX TIMEOUT", Absence::Timeout),
        ("example.com MX\nexample.com A 192.0.2.25", Absence::Ourselves),
    ] {
        assert_eq!(lost(&by_mx(world)), [("example.com".to_owned(), why)], "{world}");
    }
    // A local address of no family that the host has.
    let policy = policy("[[route]]\nname = \"smart\"\nhosts = [\"a.example.net\"]\nsource = [\"2001:db8::30\"]\n");
    let hops = Ask::of(&policy, "smart").hops("a.example.net A 198.51.100.1");
    assert_eq!(
        (told(&hops).as_str(), lost(&hops)),
        ("451 4.4.1", vec![("a.example.net".to_owned(), Absence::NoSource)])
    );
}

#[test]
fn given_the_testing_section_then_mx_hosts_may_be_on_the_loopback_and_have_another_port() {
    let policy = policy("[testing]\nmx_port = 2525\nloopback_mx = true\n[listen]\nsmtp = [\"127.0.0.1:2526\"]\n");
    let hops = Ask::of(&policy, "mx").hops("example.com MX 10 x.example.net\nx.example.net A 127.0.0.1");
    assert_eq!((hops.hops[0].port, hops.hops[0].addresses.len()), (2525, 1));
}

#[test]
fn given_an_address_literal_then_there_is_nothing_to_look_up() {
    let policy = policy("");
    for (literal, host) in [("[198.51.100.7]", "198.51.100.7"), ("[IPv6:2001:db8:1::7]", "2001:db8:1::7")] {
        let ask = Ask { recipient: literal, ..Ask::of(&policy, "mx") };
        let (hops, questions) = ask.run(&zone(""));
        assert_eq!((hosts(&hops), questions), (vec![host], Vec::<Question>::new()));
        assert_eq!(told(&hops), format!("{host} may"));
    }
    for literal in ["[127.0.0.1]", "[192.0.2.25]", "[IPv6:::1]", "[IPv6:2001:db8::25]"] {
        let ask = Ask { recipient: literal, ..Ask::of(&policy, "mx") };
        assert_eq!(told(&ask.hops("")), "554 5.4.6", "{literal}");
    }
}

#[test]
fn given_many_hosts_then_no_more_than_the_bound_are_looked_at() {
    let records: String =
        (0..200).map(|n| format!("example.com MX {n} h{n}.example.net\nh{n}.example.net A 198.51.100.{n}\n")).collect();
    assert_eq!(by_mx(&records).hops.len(), passerelle::limits::MAX_MX_HOSTS);
}

#[test]
fn given_addresses_of_both_families_then_ipv6_comes_first_and_the_number_is_bounded() {
    let mut world = "example.com MX 10 a.example.net\n".to_owned();
    (0..40).for_each(|n| world += &format!("a.example.net A 198.51.100.{n}\na.example.net AAAA 2001:db8:1::{n:x}\n"));
    let hops = by_mx(&world);
    assert_eq!(hops.hops[0].addresses.len(), passerelle::limits::MAX_HOST_ADDRESSES);
    assert!(hops.hops[0].addresses[0].is_ipv6());
}
