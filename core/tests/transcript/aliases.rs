//! CNAME chains: what an evaluator is told of them, and that a recording tells the same again.

use std::collections::BTreeMap;

use passerelle::{
    Alias, Answer, Answers, DnsAnswer, Domain, Outcome, Question, Record, RecordType, Status, Transcript,
};
use proptest::prelude::*;

use crate::{ask, parse, question};

fn domain(name: &str) -> Domain {
    Domain::parse(name).unwrap()
}

/// The steps of the chain: where each leads, and whether it is secure.
fn steps(answer: &DnsAnswer) -> Vec<(&str, bool)> {
    answer.aliases.iter().map(|alias| (alias.target.as_str(), alias.secure)).collect()
}

const CHAIN: &str = r#"{"answers": [
    {"name": "www.example", "type": "CNAME", "records": ["a.example"], "ttl": 60, "secure": true},
    {"name": "a.example", "type": "CNAME", "records": ["b.example"], "ttl": 300},
    {"name": "b.example", "type": "CNAME", "records": ["host.example"], "ttl": 300, "secure": true},
    {"name": "host.example", "type": "A", "records": ["192.0.2.1"], "ttl": 300, "secure": true}]}"#;

#[test]
fn the_canonical_name_and_each_step_s_security_are_told() {
    let answer = ask(&parse(CHAIN).unwrap(), "www.example", RecordType::A);
    assert_eq!(steps(&answer), [("a.example", true), ("b.example", false), ("host.example", true)]);
    let asked = domain("www.example");
    assert_eq!(answer.canonical_name(&asked), &domain("host.example"));
    // The alias itself is secure, the chain is not, and so the answer is not (RFC 7672 §2.2.2).
    assert_eq!((answer.alias_secure(), answer.chain_secure(), answer.secure), (Some(true), false, false));
    assert_eq!(answer.ttl, 60);
    assert_eq!(*answer.records, [Record::A([192, 0, 2, 1].into())], "no CNAME among the records");
}

#[test]
fn a_chain_that_is_secure_throughout_is_secure() {
    let secure = CHAIN.replace(r#""ttl": 300}"#, r#""ttl": 300, "secure": true}"#);
    let answer = ask(&parse(&secure).unwrap(), "www.example", RecordType::A);
    assert!(answer.chain_secure() && answer.secure);
    let insecure_end =
        secure.replace(r#""records": ["192.0.2.1"], "ttl": 300, "secure": true"#, r#""records": ["192.0.2.1"]"#);
    let answer = ask(&parse(&insecure_end).unwrap(), "www.example", RecordType::A);
    assert!(answer.chain_secure() && !answer.secure);
}

#[test]
fn a_name_that_is_no_alias_is_its_own_canonical_name() {
    let answer = ask(&parse(CHAIN).unwrap(), "host.example", RecordType::A);
    let asked = domain("host.example");
    assert_eq!((answer.canonical_name(&asked), answer.alias_secure(), answer.chain_secure()), (&asked, None, true));
    // Nor is an alias followed when it is asked for itself.
    let cname = ask(&parse(CHAIN).unwrap(), "www.example", RecordType::Cname);
    assert_eq!((&*cname.records, cname.secure), (&[Record::Cname(domain("a.example"))][..], true));
    assert!(cname.aliases.is_empty());
}

#[test]
fn a_chain_to_nothing_still_tells_where_it_leads() {
    let transcript = parse(
        r#"{"default": "SERVFAIL", "answers": [
            {"name": "gone.example", "type": "CNAME", "records": ["x.example"], "secure": true},
            {"name": "x.example", "type": "A", "status": "NXDOMAIN", "secure": true},
            {"name": "empty.example", "type": "CNAME", "records": ["y.example"]},
            {"name": "y.example", "type": "MX", "records": ["0 ."]},
            {"name": "lost.example", "type": "CNAME", "records": ["unlisted.example"]}]}"#,
    )
    .unwrap();
    let told = |name| {
        let answer = ask(&transcript, name, RecordType::A);
        (answer.status, answer.records.len(), answer.canonical_name(&domain(name)).to_string(), answer.secure)
    };
    assert_eq!(told("gone.example"), (Status::NxDomain, 0, "x.example".into(), true));
    assert_eq!(told("empty.example"), (Status::NoError, 0, "y.example".into(), false));
    assert_eq!(told("lost.example"), (Status::ServFail, 0, "unlisted.example".into(), false));
}

#[test]
fn a_recording_has_cname_entries_with_secure() {
    let answer = DnsAnswer::found([Record::A([192, 0, 2, 1].into())])
        .with_ttl(30)
        .with_aliases([Alias::new(domain("a.example"), true), Alias::new(domain("host.example"), false)]);
    let mut transcript = Transcript::new();
    transcript.record(&question("www.example", RecordType::A), &Answer::Dns(answer.clone()));
    let json = transcript.to_json();
    for entry in [
        r#"{"name":"www.example","type":"CNAME","records":["a.example"],"ttl":30,"secure":true}"#,
        r#"{"name":"a.example","type":"CNAME","records":["host.example"],"ttl":30}"#,
        r#"{"name":"host.example","type":"A","records":["192.0.2.1"],"ttl":30}"#,
    ] {
        assert!(json.contains(entry), "{entry} is not in {json}");
    }
    assert!(!json.contains("aliases"), "{json}");
    assert_eq!(ask(&parse(&json).unwrap(), "www.example", RecordType::A), answer);
}

#[test]
fn answers_that_contradict_each_other_are_recorded_all_the_same() {
    let found = |last: u8| DnsAnswer::found([Record::A([192, 0, 2, last].into())]);
    let by = |name: &str, last| found(last).with_aliases([Alias::new(domain(name), false)]);
    let given = [
        ("www.example", by("host.example", 1)),
        ("host.example", found(2)),
        ("ftp.example", by("host.example", 3)),
        ("www2.example", by("www.example", 4)),
        ("loop.example", by("loop.example", 5)),
    ];
    let mut transcript = Transcript::new();
    for (name, answer) in &given {
        transcript.record(&question(name, RecordType::A), &Answer::Dns(answer.clone()));
    }
    let read = parse(&transcript.to_json()).unwrap();
    assert_eq!(read, transcript);
    for (name, answer) in given {
        assert_eq!(ask(&read, name, RecordType::A), answer, "{name}");
    }
}

#[test]
fn what_a_host_calls_secure_behind_an_insecure_alias_is_not() {
    let mut answers = Answers::new();
    let _ = answers.dns(&domain("www.example"), RecordType::A);
    let (id, _) = answers.next_question().unwrap();
    let lie = DnsAnswer::found([Record::A([192, 0, 2, 1].into())])
        .with_secure(true)
        .with_aliases([Alias::new(domain("a.example"), false), Alias::new(domain("b.example"), true)]);
    answers.supply(id, Answer::Dns(lie)).unwrap();
    let answer = answers.dns(&domain("www.example"), RecordType::A).unwrap();
    assert!(!answer.secure);
    assert_eq!(steps(&answer), [("a.example", false), ("b.example", true)]);
}

#[test]
fn a_host_that_followed_too_long_a_chain_has_no_answer() {
    for (length, records) in [(8, true), (9, false)] {
        let mut answers = Answers::new();
        let _ = answers.dns(&domain("www.example"), RecordType::A);
        let (id, _) = answers.next_question().unwrap();
        let aliases: Vec<Alias> = (0..length).map(|n| Alias::new(domain(&format!("n{n}.example")), true)).collect();
        let answer = DnsAnswer::found([Record::A([192, 0, 2, 1].into())]).with_aliases(aliases);
        answers.supply(id, Answer::Dns(answer)).unwrap();
        let answer = answers.dns(&domain("www.example"), RecordType::A).unwrap();
        assert_eq!(matches!(answer.outcome(), Outcome::Records(_)), records, "{length}");
    }
}

#[test]
fn a_host_that_distrusts_its_resolver_has_nothing_secure() {
    let answer = DnsAnswer::empty(Status::NxDomain)
        .with_secure(true)
        .with_aliases([Alias::new(domain("a.example"), true)])
        .distrusted();
    assert_eq!((answer.secure, answer.chain_secure(), answer.status), (false, false, Status::NxDomain));
    assert_eq!(answer.canonical_name(&domain("x.example")), &domain("a.example"));
}

/// Few names and values, so that answers meet and contradict each other.
fn an_answer() -> impl Strategy<Value = (Question, DnsAnswer)> {
    let name = || (0u8..4).prop_map(|n| domain(&format!("n{n}.example")));
    let types = prop_oneof![Just(RecordType::A), Just(RecordType::Mx), Just(RecordType::Cname)];
    let status = prop_oneof![4 => Just(Status::NoError), 1 => Just(Status::NxDomain), 1 => Just(Status::ServFail)];
    let aliases = proptest::collection::vec((name(), any::<bool>()).prop_map(|(n, s)| Alias::new(n, s)), 0..4);
    ((name(), types), status, (name(), 0u8..2, 0usize..3), (0u32..3, any::<bool>()), aliases).prop_map(
        |((name, record_type), status, (target, octet, count), (ttl, secure), aliases)| {
            let record = match record_type {
                RecordType::A => Record::A([192, 0, 2, octet].into()),
                RecordType::Mx => Record::Mx { preference: octet.into(), exchange: Some(target) },
                _ => Record::Cname(target),
            };
            let count = if status == Status::NoError { count } else { 0 };
            let mut answer = DnsAnswer::found(vec![record; count]).with_ttl(ttl).with_secure(secure);
            answer.status = status;
            (Question::Dns(name, record_type), answer.with_aliases(aliases))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Whatever a host was answered, in whatever order: a replay answers each question with the last that was recorded.
    #[test]
    fn a_recording_answers_every_question_as_the_world_did(given in proptest::collection::vec(an_answer(), 0..10)) {
        let mut transcript = Transcript::new();
        let mut last = BTreeMap::new();
        for (question, answer) in given {
            transcript.record(&question, &Answer::Dns(answer.clone()));
            last.insert(question, answer);
        }
        let json = transcript.to_json();
        let read = parse(&json).map_err(|e| TestCaseError::fail(format!("{e}\n{json}")))?;
        prop_assert_eq!(&read, &transcript);
        for (question, answer) in last {
            prop_assert_eq!(read.answer(&question), Answer::Dns(answer), "{:?}\n{}", question, json);
        }
    }
}
