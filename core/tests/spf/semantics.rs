//! What RFC 7208 says, rule by rule, where the openspf suite has no test.

use passerelle::evaluate::Reply;
use passerelle::spf::{CheckHost, Request, SpfResult};
use passerelle::{Answer, DnsAnswer, Domain, Evaluation, Machine, Now, Output, Question, RecordType, Status, UnixTime};

use crate::zone::{Zone, request};

fn result(lines: &[&str], ip: &str, mail_from: &str) -> SpfResult {
    Zone::from_lines(lines).mail_from(ip, mail_from).result
}

/// The questions a machine has ready.
fn ready(machine: &mut Evaluation<CheckHost>) -> Vec<(passerelle::QuestionId, String)> {
    std::iter::from_fn(|| match machine.poll() {
        Output::Ask(id, Question::Dns(name, record_type)) => Some((id, format!("{name} {record_type}"))),
        _ => None,
    })
    .collect()
}

#[test]
fn the_null_reverse_path_checks_postmaster_at_helo() {
    let zone = Zone::from_lines(&[
        "mail.example.net TXT v=spf1 exists:%{l}.%{o}.x.example -all",
        "postmaster.mail.example.net.x.example A 127.0.0.2",
    ]);
    for path in ["", "<>", " <> "] {
        let verdict = zone.mail_from("192.0.2.1", path);
        assert_eq!(verdict.result, SpfResult::Pass);
        assert_eq!((verdict.identity.as_str(), &*verdict.domain_text), ("mailfrom", "mail.example.net"));
    }
    let helo = zone.check(CheckHost::helo(&request("192.0.2.1", "a@example.com")));
    assert_eq!((helo.result, helo.identity.as_str()), (SpfResult::Pass, "helo"));
}

#[test]
fn brackets_quotes_and_missing_local_parts() {
    let zone = Zone::from_lines(&[
        "example.com TXT v=spf1 exists:%{l}.x.example -all",
        "postmaster.x.example A 127.0.0.2",
        "\"a@b\".x.example A 127.0.0.2",
    ]);
    for path in ["example.com", "@example.com", "<@example.com>", "<\"a@b\"@EXAMPLE.com.>", "\"a@b\"@example.com"] {
        let verdict = zone.mail_from("192.0.2.1", path);
        assert_eq!((verdict.result, &*verdict.domain_text), (SpfResult::Pass, "example.com"), "{path}");
    }
}

#[test]
fn what_is_no_domain_gives_none_without_a_question() {
    for helo in [
        "",
        "localhost",
        "localhost.",
        "[192.0.2.1]",
        "[IPv6:2001:db8::1]",
        "a..example",
        "-",
        "a b.example",
        "\0.example",
    ] {
        let check = CheckHost::helo(&Request::new([192, 0, 2, 1].into(), helo, ""));
        let verdict = Evaluation::new(check).run_with(|question| panic!("{question:?}"));
        assert_eq!((verdict.result, &*verdict.domain_text), (SpfResult::None, helo));
        assert!(verdict.domain.is_none() && verdict.reason.is_some() && verdict.mechanism.is_none());
    }
}

#[test]
fn mapped_addresses_are_ipv4_everywhere() {
    let lines = ["example.com TXT v=spf1 exists:%{i}.%{v}.x.example -all", "192.0.2.1.in-addr.x.example A 127.0.0.2"];
    assert_eq!(result(&lines, "::ffff:192.0.2.1", "a@example.com"), SpfResult::Pass);
    // An IPv4-compatible address (RFC 4291 §2.5.5.1) is none.
    assert_eq!(result(&["example.com TXT v=spf1 ip4:0.0.0.0/0 -all"], "::192.0.2.1", "a@example.com"), SpfResult::Fail);
}

#[test]
fn include_takes_the_results_of_the_table_in_section_5_2() {
    for (inner, expected) in [
        ("v=spf1 +all", SpfResult::Pass),
        ("v=spf1 -all", SpfResult::SoftFail),
        ("v=spf1 ~all", SpfResult::SoftFail),
        ("v=spf1 ?all", SpfResult::SoftFail),
        ("v=spf1", SpfResult::SoftFail),
        ("v=spf1 moo", SpfResult::PermError),
        ("v=spf2", SpfResult::PermError),
        ("TIMEOUT", SpfResult::TempError),
        ("SERVFAIL", SpfResult::TempError),
        ("NXDOMAIN", SpfResult::PermError),
        ("NOERROR", SpfResult::PermError),
    ] {
        let inner_line = format!("inner.example.com TXT {inner}");
        let lines = [&*inner_line, "example.com TXT v=spf1 include:inner.example.com ~all"];
        assert_eq!(result(&lines, "192.0.2.1", "a@example.com"), expected, "{inner}");
    }
}

#[test]
fn a_failure_counts_only_when_its_term_is_reached() {
    let lines = ["example.com TXT v=spf1 ip4:192.0.2.0/24 a:slow.example.com -all", "slow.example.com A TIMEOUT"];
    assert_eq!(result(&lines, "192.0.2.1", "a@example.com"), SpfResult::Pass);
    assert_eq!(result(&lines, "198.51.100.1", "a@example.com"), SpfResult::TempError);
    let verdict = Zone::from_lines(&lines).mail_from("198.51.100.1", "a@example.com");
    assert_eq!(verdict.reason.as_deref(), Some("the A lookup of slow.example.com timed out"));
}

#[test]
fn failures_of_ptr_lookups_do_not_match() {
    for status in ["TIMEOUT", "SERVFAIL", "NXDOMAIN"] {
        let ptr = format!("1.2.0.192.in-addr.arpa PTR {status}");
        assert_eq!(result(&["example.com TXT v=spf1 ptr -all", &ptr], "192.0.2.1", "a@example.com"), SpfResult::Fail);
    }
    let lines = [
        "example.com TXT v=spf1 ptr -all",
        "1.2.0.192.in-addr.arpa PTR bad.example.com",
        "1.2.0.192.in-addr.arpa PTR good.example.com",
        "bad.example.com A SERVFAIL",
        "good.example.com A 192.0.2.1",
    ];
    assert_eq!(result(&lines, "192.0.2.1", "a@example.com"), SpfResult::Pass);
    // A name beside the target is not within it.
    let lines =
        ["example.com TXT v=spf1 ptr -all", "1.2.0.192.in-addr.arpa PTR badexample.com", "badexample.com A 192.0.2.1"];
    assert_eq!(result(&lines, "192.0.2.1", "a@example.com"), SpfResult::Fail);
}

#[test]
fn redirect_to_a_malformed_name_or_nothing_is_a_permerror() {
    for target in ["a..example.com", "nothing.example.com", "%{l}"] {
        let line = format!("example.com TXT v=spf1 redirect={target}");
        assert_eq!(result(&[&line], "192.0.2.1", "alone@example.com"), SpfResult::PermError, "{target}");
    }
}

#[test]
fn a_term_is_void_once() {
    // For a client with IPv6, three hosts with IPv4 alone are one void term.
    let lines = [
        "example.com TXT v=spf1 mx a:v4.example.com -all",
        "example.com MX 10 a.example.com",
        "example.com MX 10 b.example.com",
        "example.com MX 10 c.example.com",
        "a.example.com A 192.0.2.1",
        "b.example.com A 192.0.2.2",
        "c.example.com A 192.0.2.3",
        "v4.example.com A 192.0.2.4",
    ];
    let verdict = Zone::from_lines(&lines).mail_from("2001:db8::1", "a@example.com");
    assert_eq!((verdict.result, verdict.void_lookups, verdict.lookups), (SpfResult::Fail, 2, 2));
}

#[test]
fn the_void_limit_can_be_set() {
    let zone = Zone::from_lines(&["example.com TXT v=spf1 a:a.x.org a:b.x.org a:c.x.org -all"]);
    for (limit, expected) in [(0, SpfResult::PermError), (2, SpfResult::PermError), (3, SpfResult::Fail)] {
        let check = CheckHost::mail_from(&request("192.0.2.1", "a@example.com")).void_limit(limit);
        let verdict = zone.check(check);
        assert_eq!((verdict.result, verdict.void_lookups), (expected, 3.min(limit + 1)));
    }
}

#[test]
fn the_lookup_of_an_explanation_costs_nothing() {
    let zone = Zone::from_lines(&[
        "example.com TXT v=spf1 a:v4.example.com a:x.example.org a:y.example.org -all exp=%{p}.example.com",
        "v4.example.com A 203.0.113.9",
        "unknown.example.com TXT from %{c} to %{r} at %{t}",
    ]);
    let request = request("192.0.2.1", "a@example.com")
        .receiver(Some(Domain::parse("mx.example.net").unwrap()))
        .unix(UnixTime(1_700_000_000));
    let verdict = zone.check(CheckHost::mail_from(&request));
    assert_eq!((verdict.lookups, verdict.void_lookups), (3, 2));
    assert_eq!(verdict.explanation.as_deref(), Some("from 192.0.2.1 to mx.example.net at 1700000000"));
}

#[test]
fn internationalized_senders() {
    let zone = Zone::from_lines(&[
        "xn--bcher-kva.example TXT v=spf1 include:%{l}.x.example exists:%{s}.x.example exists:%{L}.%{o}.x.example -all",
        "j%C3%BCrgen.xn--bcher-kva.example.x.example A 127.0.0.2",
    ]);
    // RFC 8616 §4: the domain is taken in A-labels, and what needs the local part as a name does not match.
    let verdict = zone.mail_from("192.0.2.1", "jürgen@Bücher.example");
    assert_eq!((verdict.result, &*verdict.domain_text), (SpfResult::Pass, "xn--bcher-kva.example"));
    let helo = Request::new([192, 0, 2, 1].into(), "bücher.example", "");
    assert_eq!(zone.check(CheckHost::helo(&helo)).domain_text, "xn--bcher-kva.example");
    let zone = Zone::from_lines(&[
        "example.com TXT v=spf1 a:%{h}.x.example -all",
        "xn--bcher-kva.example.x.example A 192.0.2.1",
    ]);
    let helo = helo.mail_from("a@example.com".into());
    assert_eq!(zone.check(CheckHost::mail_from(&helo)).result, SpfResult::Pass);
}

#[test]
fn the_addresses_of_all_exchanges_are_asked_at_once_and_nothing_else_early() {
    let zone = Zone::from_lines(&[
        "example.com TXT v=spf1 mx a:later.example.com -all exp=never.example.com",
        "example.com MX 20 b.example.com",
        "example.com MX 10 a.example.com",
        "a.example.com AAAA 2001:db8::1",
        "b.example.com AAAA 2001:db8::2",
    ]);
    let mut machine = Evaluation::new(CheckHost::mail_from(&request("2001:db8::2", "a@example.com")));
    let mut rounds = Vec::new();
    loop {
        let asked = ready(&mut machine);
        if asked.is_empty() {
            break;
        }
        for (id, question) in &asked {
            let (name, record_type) = question.split_once(' ').unwrap();
            let record_type = RecordType::from_mnemonic(record_type).unwrap();
            let question = Question::Dns(Domain::parse(name).unwrap(), record_type);
            machine.handle(Now::default(), Reply::Answer(*id, zone.answer(&question))).unwrap();
        }
        rounds.push(asked.into_iter().map(|(_, question)| question).collect::<Vec<_>>());
    }
    assert_eq!(
        rounds,
        [vec!["example.com TXT"], vec!["example.com MX"], vec!["a.example.com AAAA", "b.example.com AAAA"]]
    );
}

#[test]
fn the_deadline_gives_temperror() {
    let mut machine = Evaluation::new(CheckHost::mail_from(&request("192.0.2.1", "a@example.com")));
    let asked = ready(&mut machine);
    machine.handle(Now::default(), Reply::Deadline).unwrap();
    let Output::Event(verdict) = machine.poll() else { panic!("the verdict follows the deadline") };
    assert_eq!((asked.len(), verdict.result), (1, SpfResult::TempError));
    // After a fail, only the explanation is lost.
    let mut machine = Evaluation::new(CheckHost::mail_from(&request("192.0.2.1", "a@example.com")));
    let (id, _) = ready(&mut machine).remove(0);
    let text = DnsAnswer::found([passerelle::Record::Txt(b"v=spf1 -all exp=e.example.com".to_vec())]);
    machine.handle(Now::default(), Reply::Answer(id, Answer::Dns(text))).unwrap();
    assert_eq!(ready(&mut machine).len(), 1);
    machine.handle(Now::default(), Reply::Deadline).unwrap();
    let Output::Event(verdict) = machine.poll() else { panic!("the verdict follows the deadline") };
    assert_eq!((verdict.result, verdict.explanation), (SpfResult::Fail, None));
}

#[test]
fn the_report_has_its_fields_in_order() {
    let zone = Zone::from_lines(&[
        "example.com TXT v=spf1 include:inner.example.com -all exp=e.example.com",
        "inner.example.com TXT v=spf1 a -all",
        "e.example.com TXT not \"%{i}\"",
    ]);
    let json = |ip: &str, path: &str| serde_json::to_string(&zone.mail_from(ip, path)).unwrap();
    assert_eq!(
        json("192.0.2.1", "a@Example.com"),
        r#"{"result":"fail","identity":"mailfrom","domain":"example.com","explanation":"not \"192.0.2.1\"","mechanism":"-all","lookups":2,"void_lookups":1,"reason":"nothing was found for A of inner.example.com"}"#
    );
    assert_eq!(
        json("192.0.2.1", "a@[192.0.2.1]"),
        r#"{"result":"none","identity":"mailfrom","domain":"[192.0.2.1]","lookups":0,"void_lookups":0,"reason":"there is no domain to check: the domain name has a character that is not allowed there"}"#
    );
    assert_eq!(
        json("192.0.2.1", "a@nowhere.example"),
        r#"{"result":"none","identity":"mailfrom","domain":"nowhere.example","lookups":0,"void_lookups":0,"reason":"nowhere.example does not exist"}"#
    );
}

#[test]
fn the_trail_names_the_inner_match() {
    let zone = Zone::from_lines(&[
        "example.com TXT v=spf1 ip4:203.0.113.0/24 ?include:_spf.example.net -all",
        "_spf.example.net TXT v=spf1 redirect=_b.example.net",
        "_b.example.net TXT v=spf1 ip4:192.0.2.0/24 -all",
    ]);
    let check = CheckHost::mail_from(&request("192.0.2.1", "a@example.com"));
    let verdict = zone.check(check.clone());
    let steps: Vec<[&str; 3]> = verdict.trail.steps().iter().map(|s| [&*s.step, &*s.outcome, &*s.rfc]).collect();
    assert_eq!(
        steps,
        [
            ["spf record of example.com", "found", "RFC 7208 §4.5"],
            ["spf ip4:203.0.113.0/24", "no match", "RFC 7208 §5.6"],
            ["spf record of _spf.example.net", "found", "RFC 7208 §4.5"],
            ["spf record of _b.example.net", "found", "RFC 7208 §4.5"],
            ["spf ip4:192.0.2.0/24", "match", "RFC 7208 §5.6"],
            ["spf redirect=_b.example.net", "pass", "RFC 7208 §6.1"],
            ["spf ?include:_spf.example.net", "match", "RFC 7208 §5.2"],
            ["spf mailfrom example.com", "neutral", "RFC 7208 §2.6"],
        ]
    );
    assert_eq!(verdict.trail.steps()[4].why, "192.0.2.1 is in ip4:192.0.2.0/24 of _b.example.net");
    let without = zone.check(check.without_trail());
    assert!(without.trail.steps().is_empty());
    assert_eq!(serde_json::to_string(&without).unwrap(), serde_json::to_string(&verdict).unwrap());
}

#[test]
fn a_permerror_says_which_term_of_which_record() {
    let zone = Zone::from_lines(&[
        "example.com TXT v=spf1 include:inner.example.com -all",
        "inner.example.com TXT v=spf1 a:192.0.2.1 -all",
    ]);
    let verdict = zone.mail_from("192.0.2.1", "a@example.com");
    assert_eq!(
        verdict.reason.as_deref(),
        Some(
            "the record of inner.example.com: a:192.0.2.1: there is an IPv4 address where a domain name belongs; \
             ip4: takes addresses"
        )
    );
}

#[test]
fn all_outcomes_of_a_first_lookup() {
    for (status, expected) in [
        (Status::NxDomain, SpfResult::None),
        (Status::NoError, SpfResult::None),
        (Status::ServFail, SpfResult::TempError),
        (Status::Timeout, SpfResult::TempError),
    ] {
        let check = CheckHost::mail_from(&request("192.0.2.1", "a@example.com"));
        let verdict = Evaluation::new(check).run_with(|_| Answer::Dns(DnsAnswer::empty(status)));
        assert_eq!((verdict.result, verdict.void_lookups), (expected, 0));
        assert!(verdict.reason.is_some());
    }
}

#[test]
fn an_explanation_behind_an_include_is_not_even_asked_for() {
    let zone = Zone::from_lines(&[
        "example.com TXT v=spf1 include:a.example.com include:c.example.com ~all",
        "a.example.com TXT v=spf1 redirect=b.example.com exp=e.example.com",
        "b.example.com TXT v=spf1 -all exp=e.example.com",
        "c.example.com TXT v=spf1 -all exp=e.example.com",
    ]);
    let check = CheckHost::mail_from(&request("192.0.2.1", "a@example.com"));
    let verdict = Evaluation::new(check).run_with(|question| {
        assert!(!matches!(question, Question::Dns(name, _) if name.as_str() == "e.example.com"));
        zone.answer(question)
    });
    assert_eq!((verdict.result, verdict.lookups), (SpfResult::SoftFail, 3));
}

#[test]
fn the_macro_p_prefers_the_domain_then_what_is_below_it() {
    // RFC 7208 §7.3
    let names = |names: &[&str]| {
        let mut lines = vec!["b.example TXT v=spf1 -all exp=e.b.example".to_owned(), "e.b.example TXT %{p}".to_owned()];
        for name in names {
            lines.push(format!("1.2.0.192.in-addr.arpa PTR {name}"));
            lines.push(format!("{name} A 192.0.2.1"));
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        Zone::from_lines(&lines).mail_from("192.0.2.1", "a@b.example").explanation.unwrap()
    };
    assert_eq!(names(&["a.example", "a.b.example", "b.example", "z.example"]), "b.example");
    assert_eq!(names(&["a.example", "z.b.example", "m.b.example", "ab.example"]), "m.b.example");
    assert_eq!(names(&["z.example", "ab.example"]), "ab.example");
    assert_eq!(names(&[]), "unknown");
}

#[test]
fn ptr_and_the_macro_p_make_one_query_and_count_it_once() {
    let lines = ["example.com TXT v=spf1 ptr exists:%{p}.x.example.com -all"];
    assert_eq!(Zone::from_lines(&lines).mail_from("192.0.2.1", "a@example.com").lookups, 2);
    let lines = ["example.com TXT v=spf1 exists:%{p}.x.example.com ptr -all"];
    assert_eq!(Zone::from_lines(&lines).mail_from("192.0.2.1", "a@example.com").lookups, 3);
}

#[test]
fn a_name_of_one_label_has_no_policy_wherever_it_comes_from() {
    // RFC 7208 §4.3: none, which include and redirect turn into permerror.
    for term in ["include:%{d1}", "redirect=%{d1}"] {
        let line = format!("a.example TXT v=spf1 {term}");
        let lines = [&*line, "example TXT v=spf1 +all"];
        assert_eq!(result(&lines, "192.0.2.1", "a@a.example"), SpfResult::PermError, "{term}");
    }
}

#[test]
fn the_order_of_the_clients_names_has_no_say() {
    let mut names: Vec<String> = (0..15).map(|i| format!("h{i:02}.example.com")).collect();
    let mut results = Vec::new();
    for _ in 0..names.len() {
        names.rotate_left(1);
        let mut lines = vec!["example.com TXT v=spf1 ptr -all".to_owned(), "h12.example.com A 192.0.2.1".to_owned()];
        lines.extend(names.iter().map(|name| format!("1.2.0.192.in-addr.arpa PTR {name}")));
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        results.push(result(&lines, "192.0.2.1", "a@example.com"));
    }
    results.dedup();
    assert_eq!(results.len(), 1);
}
