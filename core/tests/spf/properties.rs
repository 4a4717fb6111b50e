//! What holds for every record, every zone and every order of answers.

use passerelle::evaluate::Reply;
use passerelle::limits::{MAX_SPF_EXPLANATION, MAX_SPF_LOOKUPS, MAX_SPF_VOID_LOOKUPS};
use passerelle::spf::{CheckHost, DomainSpec, Request, SpfRecord, SpfResult, Term, Verdict};
use passerelle::{Answers, Evaluate, Evaluation, Machine, Now, Output, Question, RecordType, Status};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::zone::{Zone, record};

const NAMES: [&str; 5] = ["a.example", "b.example", "c.example", "d.a.example", "1.2.0.192.in-addr.arpa"];

/// A term, mostly well-formed and mostly about the names above.
fn term() -> impl Strategy<Value = String> {
    let sign = select(vec!["", "", "+", "-", "~", "?"]);
    let domain = select(vec![
        "a.example",
        "b.example",
        "c.example",
        "d.%{d2}",
        "%{d}",
        "%{o}",
        "%{l}.example",
        "%{p}",
        "%{ir}.%{v}.arpa",
        "%{L}%_%%.example",
        "nowhere.example",
        "a..example",
    ]);
    let body = prop_oneof![
        4 => (select(vec!["include:", "a:", "mx:", "ptr:", "exists:"]), domain.clone())
            .prop_map(|(name, domain)| format!("{name}{domain}")),
        1 => domain.prop_map(|domain| format!("redirect={domain}")),
        2 => select(vec!["a", "mx", "ptr", "a/24", "mx/24//64", "a//0", "exp=a.example", "exp=%{l}.example"])
            .prop_map(str::to_owned),
        1 => select(vec!["all", "ip4:198.51.100.0/24", "ip6:2001:db8::/32", "x=%{c}", "moo", "ip4:1"])
            .prop_map(str::to_owned),
    ];
    (sign, body).prop_map(|(sign, body)| if body.contains('=') { body } else { format!("{sign}{body}") })
}

fn spf_text() -> impl Strategy<Value = String> {
    prop::collection::vec(term(), 0..6).prop_map(|terms| format!("v=spf1 {}", terms.join(" ")))
}

#[derive(Clone, Debug)]
enum Entry {
    Record(RecordType, String),
    Failure(RecordType, Status),
}

fn entry() -> impl Strategy<Value = Entry> {
    let types = select(vec![RecordType::A, RecordType::Aaaa, RecordType::Mx, RecordType::Ptr, RecordType::Txt]);
    prop_oneof![
        6 => spf_text().prop_map(|text| Entry::Record(RecordType::Txt, text)),
        1 => Just(Entry::Record(RecordType::Txt, "an explanation for %{c} by %{p}".to_owned())),
        2 => select(vec!["192.0.2.1", "192.0.2.2", "203.0.113.5"])
            .prop_map(|ip| Entry::Record(RecordType::A, ip.to_owned())),
        1 => Just(Entry::Record(RecordType::Aaaa, "2001:db8::1".to_owned())),
        3 => select(NAMES.to_vec()).prop_map(|name| Entry::Record(RecordType::Mx, format!("10 {name}"))),
        3 => select(NAMES.to_vec()).prop_map(|name| Entry::Record(RecordType::Ptr, name.to_owned())),
        1 => (types, select(vec![Status::ServFail, Status::Timeout, Status::NxDomain]))
            .prop_map(|(record_type, status)| Entry::Failure(record_type, status)),
    ]
}

/// A zone in which most names have one SPF record.
fn zone() -> impl Strategy<Value = Zone> {
    let records = prop::collection::vec(spf_text(), 4);
    let more = prop::collection::vec((select(NAMES.to_vec()), entry()), 0..12);
    (records, more).prop_map(|(records, more)| {
        let mut zone = Zone::new();
        for (name, text) in NAMES.iter().zip(records) {
            zone.txt(name, text);
        }
        for (name, entry) in more {
            match entry {
                // A second SPF record would make nearly everything a permerror.
                Entry::Record(RecordType::Txt, text) if text.starts_with("v=spf1") && name != NAMES[4] => {}
                Entry::Record(record_type, data) => zone.add(name, record(record_type, &data)),
                Entry::Failure(record_type, status) => zone.fail(name, record_type, status),
            }
        }
        zone
    })
}

fn check() -> impl Strategy<Value = CheckHost> {
    let ip = select(vec!["192.0.2.1", "198.51.100.7", "2001:db8::1", "::ffff:192.0.2.1"]);
    let path = select(vec!["a@a.example", "x@b.example", "jürgen@a.example", "", "a@c.example"]);
    (ip, path).prop_map(|(ip, path)| CheckHost::mail_from(&Request::new(ip.parse().unwrap(), "d.a.example", path)))
}

/// Answers in an order of the test's choice.
fn in_order(zone: &Zone, check: CheckHost, order: &[Index]) -> Verdict {
    let mut machine = Evaluation::new(check);
    let mut open: Vec<(passerelle::QuestionId, Question)> = Vec::new();
    let mut order = order.iter().cycle();
    loop {
        match machine.poll() {
            Output::Ask(id, question) => open.push((id, question)),
            Output::Event(verdict) => return verdict,
            Output::Transmit(_) => panic!("SPF sends nothing"),
            Output::Idle { .. } => {
                let (id, question) = open.swap_remove(order.next().unwrap().index(open.len()));
                machine.handle(Now::default(), Reply::Answer(id, zone.answer(&question))).unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_order_of_answers_gives_the_same_verdict(
        zone in zone(), check in check(), order in prop::collection::vec(any::<Index>(), 8),
    ) {
        let expected = zone.check(check.clone());
        prop_assert_eq!(&in_order(&zone, check.clone(), &order), &expected);
        // So does having all the answers before the first run.
        let mut answers = Answers::new();
        while let Err(pending) = check.evaluate(&mut answers) {
            while let Some((id, question)) = answers.next_question() {
                answers.supply(id, zone.answer(&question)).unwrap();
            }
            prop_assert!(answers.is_answered(pending.0));
        }
        prop_assert_eq!(&check.evaluate(&mut answers).unwrap(), &expected);
        prop_assert!(answers.questions() <= 200 && answers.refused() == 0);
    }

    #[test]
    fn verdicts_keep_their_bounds(zone in zone(), check in check()) {
        let verdict = zone.check(check);
        prop_assert!(verdict.lookups <= MAX_SPF_LOOKUPS);
        prop_assert!(verdict.void_lookups <= MAX_SPF_VOID_LOOKUPS + 1);
        if verdict.void_lookups > MAX_SPF_VOID_LOOKUPS {
            prop_assert_eq!(verdict.result, SpfResult::PermError);
        }
        let error = matches!(verdict.result, SpfResult::None | SpfResult::TempError | SpfResult::PermError);
        prop_assert!(!error || verdict.reason.is_some());
        prop_assert!(verdict.result != SpfResult::Pass || verdict.reason.is_none());
        prop_assert_eq!(verdict.mechanism.is_none(), error);
        prop_assert!(verdict.explanation.is_none() || verdict.result == SpfResult::Fail);
        prop_assert_eq!(verdict.trail.steps().last().map(|s| &*s.outcome), Some(verdict.result.as_str()));
    }

    #[test]
    fn the_parser_takes_any_octets(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = SpfRecord::parse(&octets);
        let record = [b"v=spf1 ", &octets[..]].concat();
        let _ = SpfRecord::parse(&record);
    }

    #[test]
    fn the_parser_takes_any_mixture_of_its_own_tokens(
        tokens in prop::collection::vec(select(vec![
            " ", "%", "{", "}", "%{", "%{d", "r", "0", "9", "/", "//", ":", "=", ".", "-", "a", "mx", "ip4", "ip6", "é",
            "include", "exists", "exp=", "redirect=", "all", "~", "example.com", "%{l1r-}", "::1", "1.2.3.4", "\0", "_",
        ]), 0..30),
    ) {
        let text = format!("v=spf1 {}", tokens.concat());
        if let Ok(record) = SpfRecord::parse(text.as_bytes()) {
            // What is displayed reads as the same terms.
            let shown = record.to_string();
            let again = SpfRecord::parse(shown.as_bytes()).unwrap();
            let kinds = |record: &SpfRecord<'_>| record.terms().iter().map(|t: &Term<'_>| format!("{:?}", t.kind)).collect::<Vec<_>>();
            prop_assert_eq!(kinds(&again), kinds(&record));
            prop_assert_eq!(again.to_string(), shown);
        }
    }

    #[test]
    fn displayed_records_read_the_same(text in spf_text()) {
        if let Ok(record) = SpfRecord::parse(text.as_bytes()) {
            let shown = record.to_string();
            let again = SpfRecord::parse(shown.as_bytes()).unwrap();
            prop_assert_eq!(again.terms().len(), record.terms().len());
            for (a, b) in again.terms().iter().zip(record.terms()) {
                prop_assert_eq!(a.kind, b.kind);
            }
        }
    }

    #[test]
    fn expansions_keep_their_bounds(
        spec in "(%\\{[slodivhSLODIVH][1-9]{0,3}r?[-.+,/_=]{0,3}\\}|[a-z.]){1,60}%\\{[dlsDLS]r?\\}",
        local in "\\PC{1,60}", helo in "\\PC{0,300}",
    ) {
        prop_assert!(DomainSpec::parse(&spec).is_ok());
        let mut zone = Zone::new();
        zone.txt("a.example", format!("v=spf1 exists:{spec} -all exp=e.example"));
        zone.txt("e.example", format!("{spec}{spec} %{{c}}"));
        let request = Request::new([192, 0, 2, 1].into(), helo, format!("{local}@a.example"));
        let verdict = Evaluation::new(CheckHost::mail_from(&request)).run_with(|question| {
            let Question::Dns(name, _) = question else { panic!("SPF asks the DNS alone") };
            assert!(name.as_str().len() <= 253 && name.labels().all(|label| (1..=63).contains(&label.len())));
            zone.answer(question)
        });
        prop_assert_eq!(verdict.result, SpfResult::Fail);
        prop_assert!(verdict.explanation.is_none_or(|text| text.len() <= MAX_SPF_EXPLANATION && text.is_ascii()));
    }
}
