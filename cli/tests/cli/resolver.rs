//! `--resolver`: the DNS as it answers, and as it fails.

use std::time::{Duration, Instant};

use crate::dns_server::{A, Behaviour, CNAME, MX, PTR, Server, TXT, Zone, a, mx, name, txt};
use crate::support::{Folder, Ran, example, run};

fn spf(server: &Server, more: &[&str]) -> Ran {
    let address = server.address();
    let mut arguments = vec!["spf", "--ip", "192.0.2.1", "--helo", "mx.a.example", "--mail-from", "ann@a.example"];
    arguments.extend(["--resolver", &address, "--json"]);
    arguments.extend(more);
    run(&arguments)
}

/// The SPF result and the exit code.
fn outcome(zone: Zone) -> (String, i32) {
    let ran = spf(&Server::start(zone), &["--timeout", "2"]);
    (ran.json()["result"].as_str().unwrap().to_owned(), ran.code)
}

#[test]
fn records_of_each_type_arrive() {
    let zone = Zone::default()
        .txt("a.example", "v=spf1 exists:nowhere.example mx:b.example -all")
        .record("b.example", MX, mx(10, "host.b.example"))
        .record("host.b.example", A, a("192.0.2.1"));
    assert_eq!(outcome(zone), ("pass".into(), 0));
    let zone = Zone::default()
        .txt("a.example", "v=spf1 ptr -all")
        .record("1.2.0.192.in-addr.arpa", PTR, name("host.a.example"))
        .record("host.a.example", A, a("192.0.2.1"));
    assert_eq!(outcome(zone), ("pass".into(), 0));
}

#[test]
fn a_text_of_several_strings_is_joined() {
    let record = format!("v=spf1 {} ip4:192.0.2.1 -all", "ip4:203.0.113.200 ".repeat(20));
    assert!(txt(&record).len() > 260);
    assert_eq!(outcome(Zone::default().txt("a.example", &record)), ("pass".into(), 0));
}

#[test]
fn failures_are_told_apart() {
    let include =
        |behaviour| Zone::default().txt("a.example", "v=spf1 exists:b.example -all").with("b.example", A, behaviour);
    // No such name and no such record are answers: the mechanism does not match.
    assert_eq!(outcome(include(Behaviour::Rcode(3))), ("fail".into(), 1));
    assert_eq!(outcome(include(Behaviour::NoData)), ("fail".into(), 1));
    // A failed server, a refusal and silence are none.
    assert_eq!(outcome(include(Behaviour::Rcode(2))), ("temperror".into(), 3));
    assert_eq!(outcome(include(Behaviour::Rcode(5))), ("temperror".into(), 3));
    assert_eq!(outcome(include(Behaviour::Silent)), ("temperror".into(), 3));
    assert_eq!(outcome(include(Behaviour::Records(vec![(A, a("127.0.0.2"))]))), ("pass".into(), 0));
    assert_eq!(outcome(Zone::default()), ("none".into(), 1));
}

#[test]
fn what_is_truncated_is_asked_again_over_tcp() {
    let records = vec![(TXT, txt("v=spf1 ip4:192.0.2.1 -all"))];
    let zone = Zone::default().with("a.example", TXT, Behaviour::OnlyOverTcp(records));
    assert_eq!(outcome(zone), ("pass".into(), 0));
}

#[test]
fn aliases_are_followed() {
    let chain = vec![(CNAME, name("spf.provider.example")), (TXT, txt("v=spf1 ip4:192.0.2.1 -all"))];
    assert_eq!(outcome(Zone::default().with("a.example", TXT, Behaviour::Records(chain))), ("pass".into(), 0));
    // An answer with the alias alone.
    let zone = Zone::default()
        .with("a.example", TXT, Behaviour::Records(vec![(CNAME, name("spf.provider.example"))]))
        .txt("spf.provider.example", "v=spf1 ip4:192.0.2.1 -all");
    assert_eq!(outcome(zone), ("pass".into(), 0));
}

#[test]
fn names_are_asked_as_they_are_without_a_search_list() {
    let server = Server::start(Zone::default());
    spf(&server, &["--timeout", "2"]);
    assert!(!server.asked().is_empty());
    assert!(server.asked().iter().all(|(name, _)| name == "a.example"), "{:?}", server.asked());
}

#[test]
fn the_timeout_bounds_the_wait() {
    let silent = Server::start(Zone::default().with("a.example", TXT, Behaviour::Silent));
    let start = Instant::now();
    let ran = spf(&silent, &["--timeout", "1"]);
    assert_eq!(ran.code, 3);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[test]
fn what_timed_out_is_recorded_and_replays_the_same() {
    let folder = Folder::new();
    let transcript = folder.path("recorded.json");
    let zone = Zone::default()
        .txt("a.example", "v=spf1 include:b.example include:c.example -all")
        .txt("b.example", "v=spf1 a:nowhere.example -all")
        .with("c.example", TXT, Behaviour::Silent);
    let server = Server::start(zone);
    let live = spf(&server, &["--timeout", "1", "--record", &transcript, "--now", "1"]);
    assert_eq!((live.code, live.json()["result"].as_str()), (3, Some("temperror")));
    drop(server);
    let replayed = run(&[
        "spf",
        "--ip",
        "192.0.2.1",
        "--helo",
        "mx.a.example",
        "--mail-from",
        "ann@a.example",
        "--dns",
        &transcript,
        "--json",
        "--now",
        "1",
    ]);
    assert_eq!(replayed.stdout, live.stdout);
}

#[test]
fn independent_questions_go_out_together() {
    // SPF of MAIL FROM and of HELO, the client's name, two keys and the policy: none needs another's answer.
    let server = Server::start_holding(Zone::default(), 6);
    let start = Instant::now();
    let ran = run(&["verify", &example("message.eml"), "--resolver", &server.address(), "--json", "--timeout", "10"]);
    // Nothing exists there, and nothing timed out.
    assert_eq!(ran.code, 1, "{}", ran.out());
    assert_eq!(ran.json()["dkim"][0]["result"], "permerror");
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}
