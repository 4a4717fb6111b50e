//! A small world: some domains with records that lead to each other, hosts, and names that lead nowhere.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use passerelle::Domain;

use super::{Node, SpfCase, record};
use crate::random::Random;

/// Names that have SPF records. The sender is the first.
pub(super) const DOMAINS: &[&str] =
    &["example.com", "a.example.com", "b.example.com", "c.example.org", "d.example.net", "_spf.example.com"];
/// Names that have addresses.
pub(super) const HOSTS: &[&str] =
    &["host.example.com", "mail.example.com", "mail.example.org", "192.0.2.1.example.com"];
/// A name that exists and has no records.
pub(super) const EMPTY: &str = "empty.example.com";
/// A name that does not exist.
pub(super) const GONE: &str = "gone.example.com";
/// A name whose queries fail. mail-auth's `test` feature takes names with `_dns_error` for such.
pub(super) const FAILING: &str = "x._dns_error.example.com";
/// A host with addresses that no client has.
const FAR: &str = "far.example.com";
/// The name of an explanation.
pub(super) const EXPLANATION: &str = "explain.example.com";

const LOCAL_PARTS: &[&str] = &["joe", "joe+tag", "a.b-c", "Joe", "%{d}", "a/b", "x=y"];

/// A client, what it says, and the DNS.
pub(super) fn generate(random: &mut Random) -> SpfCase {
    let ip: IpAddr = match random.below(4) {
        0 => IpAddr::V6(v6(random)),
        _ => IpAddr::V4(v4(random)),
    };
    let mut zone = BTreeMap::new();
    for (at, &name) in DOMAINS.iter().enumerate() {
        zone.insert(name.to_owned(), domain(random, at == 0));
    }
    for &name in HOSTS {
        zone.insert(name.to_owned(), Node { a: some(random, v4), aaaa: some(random, v6), ..Node::default() });
    }
    zone.insert(EMPTY.to_owned(), Node::default());
    zone.insert(FAILING.to_owned(), Node { fails: true, ..Node::default() });
    let explanation = Node { txt: vec!["%{i} is not one of %{d}'s".to_owned()], ..Node::default() };
    zone.insert(EXPLANATION.to_owned(), explanation);
    // One of the names that `%{i}` and its kin lead to.
    if ip.is_ipv4() && random.one_in(2) {
        let name = format!("{ip}._spf.example.com");
        zone.insert(name, Node { a: vec![Ipv4Addr::new(127, 0, 0, 2)], ..Node::default() });
    }
    reverse(random, ip, &mut zone);
    if random.one_in(8) {
        at_a_limit(random, ip, &mut zone);
        return SpfCase { ip, helo: "mail.example.com".into(), mail_from: "joe@example.com".into(), zone };
    }
    let (mail_from, helo) = sender(random);
    SpfCase { ip, helo, mail_from, zone }
}

/// A sender whose record comes to a limit, or passes it by one or two.
fn at_a_limit(random: &mut Random, ip: IpAddr, zone: &mut BTreeMap<String, Node>) {
    let far = Node {
        a: vec![Ipv4Addr::new(198, 51, 100, 1)],
        aaaa: vec!["2001:db8:ff::1".parse().unwrap()],
        ..Node::default()
    };
    zone.insert(FAR.to_owned(), far.clone());
    let many = 8 + random.below(5);
    let mut sender = far.clone();
    let record = match random.below(5) {
        // Terms that cause queries.
        0 => format!("v=spf1 {} +all", vec![format!("-a:{FAR}"); many].join(" ")),
        // Records that lead from one to the next.
        kind @ (1 | 2) => {
            let lead = if kind == 1 { "include:" } else { "redirect=" };
            let text = |at: usize| format!("v=spf1 {lead}step{at}.example.com");
            for at in 1..many {
                let txt = if at + 1 == many { "v=spf1 +all".to_owned() } else { text(at + 1) };
                zone.insert(format!("step{at}.example.com"), Node { txt: vec![txt], ..far.clone() });
            }
            text(1)
        }
        // MX records.
        3 => {
            sender.mx = (0..many).map(|at| (at as u16, format!("mx{at}.example.com"))).collect();
            (0..many).for_each(|at| drop(zone.insert(format!("mx{at}.example.com"), far.clone())));
            "v=spf1 -mx +all".to_owned()
        }
        // Queries that find nothing.
        _ => {
            let voids = 1 + random.below(4);
            let terms: Vec<String> = (0..voids)
                .map(|_| format!("{}:{}", random.pick(&["-a", "-exists"]), random.pick(&[GONE, EMPTY])))
                .collect();
            format!("v=spf1 {} ip4:192.0.2.0/24 {}", terms.join(" "), if ip.is_ipv4() { "-all" } else { "~all" })
        }
    };
    sender.txt = vec![record];
    zone.insert(DOMAINS[0].to_owned(), sender);
}

fn sender(random: &mut Random) -> (String, String) {
    let helo = (*random.pick(&["mail.example.com", "a.example.com", "example.com", "helo.example.org"])).to_owned();
    let mail_from = match random.below(20) {
        0 => String::new(),
        1 => format!("joe@{}", random.pick(&["Example.COM", "a.example.com", GONE, EMPTY, "com", "example..com"])),
        _ => format!("{}@example.com", random.pick(LOCAL_PARTS)),
    };
    (mail_from, helo)
}

fn domain(random: &mut Random, is_sender: bool) -> Node {
    let count = match random.below(24) {
        0 if !is_sender => 0,
        1 => 2,
        _ => 1,
    };
    let mut txt: Vec<String> = (0..count).map(|_| record::generate(random, is_sender)).collect();
    if random.one_in(6) {
        txt.push("verification=abc".to_owned());
    }
    let mx = match random.below(20) {
        0 => (0..9 + random.below(4)).map(|at| (at as u16, (*random.pick(HOSTS)).to_owned())).collect(),
        n if n < 14 => {
            let names = [HOSTS, &[EMPTY, GONE]].concat();
            (0..random.below(4)).map(|at| (at as u16 * 10, (*random.pick(&names)).to_owned())).collect()
        }
        15 => vec![(10, FAILING.to_owned())],
        _ => Vec::new(),
    };
    Node { txt, a: some(random, v4), aaaa: some(random, v6), mx, ptr: Vec::new(), fails: false }
}

/// The client's names: some of its own, some that it only claims.
fn reverse(random: &mut Random, ip: IpAddr, zone: &mut BTreeMap<String, Node>) {
    let mut names: Vec<String> = (0..random.below(4))
        .map(|_| (*random.pick(&[HOSTS, &["example.com", "a.example.com", GONE, EMPTY]].concat())).to_owned())
        .collect();
    if random.one_in(20) {
        names.extend((0..12).map(|at| format!("n{at}.example.com")));
        zone.insert("n11.example.com".into(), Node { a: vec![Ipv4Addr::new(192, 0, 2, 1)], ..Node::default() });
    }
    names.dedup();
    if !names.is_empty() {
        let name = Domain::reverse(ip).to_string();
        zone.insert(name, Node { ptr: names, ..Node::default() });
    }
}

/// Few addresses, so that they often meet.
pub(super) fn v4(random: &mut Random) -> Ipv4Addr {
    Ipv4Addr::new(192, 0, 2, *random.pick(&[1, 1, 2, 3, 130]))
}

pub(super) fn v6(random: &mut Random) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0, *random.pick(&[0, 1]), 0, 0, 0, *random.pick(&[1, 1, 2]))
}

fn some<T>(random: &mut Random, one: fn(&mut Random) -> T) -> Vec<T> {
    (0..random.below(3)).map(|_| one(random)).collect()
}
