//! What went wrong in other implementations, and what hostile records, names and clients could try.

use std::cell::RefCell;

use passerelle::limits::{MAX_SPF_DOMAIN_SPEC, MAX_SPF_LOOKUPS, MAX_SPF_RECORD, MAX_SPF_TERMS};
use passerelle::spf::{CheckHost, Request, SpfRecord, SpfResult, Verdict};
use passerelle::{Evaluation, Question, Record, RecordType};

use crate::zone::{Zone, record, request};

/// The verdict and the questions that led to it.
fn questions(zone: &Zone, check: CheckHost) -> (Verdict, Vec<String>) {
    let asked = RefCell::new(Vec::new());
    let verdict = Evaluation::new(check).run_with(|question| {
        if let Question::Dns(name, record_type) = question {
            asked.borrow_mut().push(format!("{name} {record_type}"));
        }
        zone.answer(question)
    });
    (verdict, asked.into_inner())
}

fn sender(ip: &str, mail_from: &str) -> CheckHost {
    CheckHost::mail_from(&request(ip, mail_from))
}

#[test]
fn url_escaping_of_long_labels_stays_in_bounds() {
    // libspf2, CVE-2021-20314 and its kin: escaping makes three octets of one, and the buffer was sized before it.
    let local = "\u{7f}&".repeat(200);
    let zone = Zone::from_lines(&[
        "example.com TXT v=spf1 exists:%{L}%{S}%{L}.%{D}.example.com -all exp=e.example.com",
        "e.example.com TXT %{L} %{L} %{S}",
    ]);
    let (verdict, asked) = questions(&zone, sender("192.0.2.1", &format!("{local}@example.com")));
    assert_eq!(verdict.result, SpfResult::Fail);
    assert_eq!(verdict.explanation, None, "it is longer than an explanation may be");
    assert!(asked.iter().all(|question| question.len() <= 253 + 5));
}

#[test]
fn transformers_with_huge_numbers_keep_all_parts() {
    // libspf2, CVE-2021-33912 and CVE-2021-33913.
    for digits in ["255", "128", "99999999999999999999999999", "4294967296", "0000000000000000000000000003"] {
        let mut zone = Zone::from_lines(&["com.example.sub.x.example.com A 127.0.0.2"]);
        zone.txt("sub.example.com", format!("v=spf1 exists:%{{d{digits}r}}.x.example.com -all"));
        assert_eq!(zone.mail_from("192.0.2.1", "a@sub.example.com").result, SpfResult::Pass, "{digits}");
    }
}

#[test]
fn every_delimiter_between_every_octet() {
    let mut zone = Zone::new();
    zone.txt("example.com", "v=spf1 exists:%{lr.-+,/_=}.example.com exists:%{l128.-+,/_=}.example.com -all");
    let local = ".-+,/_=".repeat(100);
    assert_eq!(zone.mail_from("192.0.2.1", &format!("{local}@example.com")).result, SpfResult::Fail);
}

#[test]
fn a_record_of_nothing_but_macros_is_refused_or_cheap() {
    let mut zone = Zone::new();
    let spec = "%{s}".repeat(MAX_SPF_DOMAIN_SPEC / 4);
    zone.txt("example.com", format!("v=spf1 {} -all", format!("exists:{spec} ").repeat(10)));
    let local = "a".repeat(900);
    // All of them end in the name `com`, which finds nothing.
    let (verdict, asked) = questions(&zone, sender("192.0.2.1", &format!("{local}@example.com")).void_limit(10));
    assert_eq!((verdict.result, verdict.lookups), (SpfResult::Fail, 10));
    assert_eq!(asked, ["example.com TXT", "com A"]);
    zone.txt("long.example.com", format!("v=spf1 exists:{spec}%{{s}} -all"));
    assert_eq!(zone.mail_from("192.0.2.1", "a@long.example.com").result, SpfResult::PermError);
}

#[test]
fn overlong_records_and_too_many_terms_are_permerrors() {
    let mut zone = Zone::new();
    let filler = "x".repeat(MAX_SPF_RECORD);
    zone.txt("long.example.com", format!("v=spf1 +all x={filler}"));
    zone.txt("many.example.com", format!("v=spf1{} all", " a".repeat(MAX_SPF_TERMS)));
    for (domain, reason) in [("long.example.com", "longer than"), ("many.example.com", "terms")] {
        let verdict = zone.mail_from("192.0.2.1", &format!("a@{domain}"));
        assert_eq!(verdict.result, SpfResult::PermError);
        assert!(verdict.reason.is_some_and(|why| why.contains(reason) && why.len() < 200));
    }
    assert!(SpfRecord::parse(format!("v=spf1{}", " a".repeat(MAX_SPF_TERMS)).as_bytes()).is_ok());
}

#[test]
fn lookups_that_find_nothing_are_limited() {
    // libspf2 has no such limit.
    let zone = Zone::from_lines(&["example.com TXT v=spf1 a:a.x.org a:b.x.org a:c.x.org a:d.x.org -all"]);
    let (verdict, asked) = questions(&zone, sender("192.0.2.1", "a@example.com"));
    assert_eq!((verdict.result, verdict.lookups, verdict.void_lookups), (SpfResult::PermError, 3, 3));
    assert_eq!(asked.len(), 4, "{asked:?}");
}

#[test]
fn include_with_a_qualifier_gives_the_qualifier() {
    // `?include:` was misread as a plain include.
    for (sign, result) in [
        ("", SpfResult::Pass),
        ("+", SpfResult::Pass),
        ("-", SpfResult::Fail),
        ("~", SpfResult::SoftFail),
        ("?", SpfResult::Neutral),
    ] {
        let mut zone = Zone::from_lines(&["inner.example.com TXT v=spf1 ip4:192.0.2.0/24 -all"]);
        zone.txt("example.com", format!("v=spf1 {sign}include:inner.example.com ip4:198.51.100.0/24 -all"));
        let verdict = zone.mail_from("192.0.2.1", "a@example.com");
        assert_eq!((verdict.result, verdict.mechanism), (result, Some(format!("{sign}include:inner.example.com"))));
        // Where the include does not match, evaluation goes on.
        assert_eq!(zone.mail_from("198.51.100.1", "a@example.com").result, SpfResult::Pass);
    }
}

#[test]
fn the_macro_p_costs_one_lookup_and_at_most_ten_names() {
    let mut zone = Zone::new();
    zone.txt("example.com", "v=spf1 exists:%{p}.x.example.com exists:%{p}.y.example.com -all");
    for n in 0..100 {
        zone.add("1.2.0.192.in-addr.arpa", record(RecordType::Ptr, &format!("h{n}.example.org")));
    }
    let (verdict, asked) = questions(&zone, sender("192.0.2.1", "a@example.com"));
    assert_eq!((verdict.result, verdict.lookups), (SpfResult::Fail, 3));
    assert_eq!(asked.iter().filter(|q| q.ends_with(" PTR")).count(), 1);
    assert_eq!(asked.iter().filter(|q| q.ends_with(".example.org A")).count(), 10);
    // As the eleventh lookup it is too much.
    let mut zone = Zone::from_lines(&["example.net A 203.0.113.1"]);
    let lookups = "a:example.net ".repeat(9);
    zone.txt("example.com", format!("v=spf1 {lookups} exists:%{{p}}.x.example.com -all"));
    assert_eq!(zone.mail_from("192.0.2.1", "a@example.com").result, SpfResult::PermError);
    zone.txt("example.org", format!("v=spf1 {lookups} exists:%{{i}}.x.example.com -all"));
    assert_eq!(zone.mail_from("192.0.2.1", "a@example.org").result, SpfResult::Fail);
}

#[test]
fn a_client_with_a_hundred_names_costs_eleven_queries() {
    let mut zone = Zone::new();
    zone.txt("example.com", "v=spf1 ptr -all");
    for n in 0..100 {
        zone.add("1.2.0.192.in-addr.arpa", record(RecordType::Ptr, &format!("h{n}.example.com")));
    }
    let (verdict, asked) = questions(&zone, sender("192.0.2.1", "a@example.com"));
    assert_eq!(verdict.result, SpfResult::Fail);
    assert_eq!(asked.len(), 1 + 1 + 10, "{asked:?}");
}

#[test]
fn more_than_ten_mx_names_are_a_permerror() {
    let mut zone = Zone::new();
    zone.txt("example.com", "v=spf1 mx -all");
    for n in 0..10 {
        zone.add("example.com", record(RecordType::Mx, &format!("10 m{n}.example.com")));
        zone.add(&format!("m{n}.example.com"), record(RecordType::A, &format!("192.0.2.{n}")));
    }
    assert_eq!(zone.mail_from("192.0.2.9", "a@example.com").result, SpfResult::Pass);
    zone.add("example.com", record(RecordType::Mx, "10 m0.example.com"));
    let (verdict, asked) = questions(&zone, sender("192.0.2.0", "a@example.com"));
    assert_eq!(verdict.result, SpfResult::PermError);
    assert_eq!(asked, ["example.com TXT", "example.com MX"], "no address is asked for");
}

#[test]
fn recursion_ends_at_the_lookup_limit() {
    let zone = Zone::from_lines(&[
        "self.example.com TXT v=spf1 include:self.example.com -all",
        "again.example.com TXT v=spf1 redirect=again.example.com",
        "ping.example.com TXT v=spf1 include:pong.example.com",
        "pong.example.com TXT v=spf1 redirect=ping.example.com",
        "grow.example.com TXT v=spf1 include:%{d2}.%{d} -all",
    ]);
    for domain in ["self", "again", "ping", "pong", "grow"] {
        let (verdict, asked) = questions(&zone, sender("192.0.2.1", &format!("a@{domain}.example.com")));
        assert_eq!(verdict.result, SpfResult::PermError, "{domain}");
        assert!(verdict.lookups <= MAX_SPF_LOOKUPS && asked.len() <= 11, "{domain}: {asked:?}");
    }
}

#[test]
fn a_wide_tree_of_includes_ends_at_the_lookup_limit() {
    let mut zone = Zone::new();
    let wide = "include:tree.example.com ".repeat(600);
    zone.txt("tree.example.com", format!("v=spf1 ip4:203.0.113.1 -ip4:203.0.113.2 {wide}"));
    assert_eq!(zone.mail_from("192.0.2.1", "a@tree.example.com").result, SpfResult::PermError);
    assert_eq!(zone.mail_from("203.0.113.1", "a@tree.example.com").result, SpfResult::Pass);
}

#[test]
fn an_explanation_cannot_carry_line_breaks_into_a_reply() {
    let zone =
        Zone::from_lines(&["example.com TXT v=spf1 -all exp=e.example.com", "e.example.com TXT no %{l} at %{h}"]);
    let mut request = Request::new([192, 0, 2, 1].into(), "mail.example.net", "a\r\n250 ok@example.com");
    assert_eq!(zone.check(CheckHost::mail_from(&request)).explanation, None);
    request.mail_from = "ok@example.com".into();
    request.helo = "x\r\n250".into();
    assert_eq!(zone.check(CheckHost::mail_from(&request)).explanation, None);
    request.helo = "x".into();
    assert_eq!(zone.check(CheckHost::mail_from(&request)).explanation.as_deref(), Some("no ok at x"));
}

#[test]
fn overlong_identities_are_none_and_cut() {
    let long = "a".repeat(100_000);
    for mail_from in [format!("{long}@example.com"), format!("a@{long}.example.com"), long.clone()] {
        let (verdict, asked) = questions(&Zone::new(), sender("192.0.2.1", &mail_from));
        assert_eq!((verdict.result, asked.len()), (SpfResult::None, 0));
        assert!(serde_json::to_string(&verdict).unwrap().len() < 1000);
    }
    let zone = Zone::from_lines(&["example.com TXT v=spf1 exists:%{h}.example.com exists:%{H1r}.example.com -all"]);
    let helo = Request::new([192, 0, 2, 1].into(), "é%".repeat(50_000), "a@example.com");
    let verdict = zone.check(CheckHost::mail_from(&helo));
    assert_eq!(verdict.result, SpfResult::Fail);
    assert!(verdict.received_spf(&helo).len() < 2000);
}

#[test]
fn an_answer_of_thousands_of_records_is_read_once() {
    let mut zone = Zone::new();
    for n in 0..4000u32 {
        zone.add("example.com", Record::A((0x0a00_0000 + n).into()));
    }
    zone.txt("example.com", "v=spf1 a -all");
    assert_eq!(zone.mail_from("10.0.15.159", "a@example.com").result, SpfResult::Pass); // the last one
}

/// A record of a thousand networks must not crowd out of a report what DKIM and DMARC have to say, nor its own end.
#[test]
fn the_trail_of_a_long_record_is_short_and_has_its_end() {
    let mut zone = Zone::new();
    zone.txt("example.com", format!("v=spf1 {}-all", "ip4:198.51.100.7 ".repeat(700)));
    let verdict = zone.mail_from("192.0.2.1", "a@example.com");
    let steps = verdict.trail.steps();
    assert!(steps.len() <= passerelle::limits::MAX_SPF_TRAIL_STEPS + 2, "{}", steps.len());
    assert_eq!(steps.last().unwrap().outcome, "fail");
    assert_eq!(steps[steps.len() - 2].outcome, "left out");
}
