//! iprev (RFC 8601 §3).

use passerelle::results::{IpRev, IpRevResult, IpRevVerdict};
use passerelle::{Answer, DnsAnswer, Domain, Evaluation, Question, Record, RecordType, Status};

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

/// Runs against a small zone: what is not listed does not exist.
fn run(ip: &str, zone: &[(&str, DnsAnswer)]) -> (IpRevVerdict, usize) {
    let mut questions = 0;
    let verdict = Evaluation::new(IpRev { ip: ip.parse().unwrap() }).run_with(|question| {
        questions += 1;
        let Question::Dns(name, record_type) = question else { panic!("{question:?}") };
        let key = format!("{name} {record_type}");
        let found = zone.iter().find(|(k, _)| *k == key).map(|(_, answer)| answer.clone());
        Answer::Dns(found.unwrap_or(DnsAnswer::empty(Status::NxDomain)))
    });
    (verdict, questions)
}

fn a(ip: &str) -> DnsAnswer {
    DnsAnswer::found(vec![Record::A(ip.parse().unwrap())])
}

fn ptr(names: &[&str]) -> DnsAnswer {
    DnsAnswer::found(names.iter().map(|n| Record::Ptr(domain(n))).collect::<Vec<_>>())
}

const REVERSE: &str = "1.2.0.192.in-addr.arpa PTR";

#[test]
fn pass_with_the_first_name_that_leads_back() {
    let zone = [
        (REVERSE, ptr(&["x.example", "y.example", "z.example"])),
        ("x.example A", a("192.0.2.9")),
        ("y.example A", a("192.0.2.1")),
        ("z.example A", a("192.0.2.1")),
    ];
    for ip in ["192.0.2.1", "::ffff:192.0.2.1"] {
        let (verdict, _) = run(ip, &zone);
        assert_eq!(
            (verdict.result, verdict.name, verdict.reason),
            (IpRevResult::Pass, Some(domain("y.example")), None)
        );
        assert_eq!(verdict.ip.to_string(), "192.0.2.1");
    }
}

#[test]
fn ipv6() {
    let reverse = format!("{} PTR", Domain::reverse("2001:db8::1".parse().unwrap()));
    let zone = [
        (reverse.as_str(), ptr(&["x.example"])),
        ("x.example AAAA", DnsAnswer::found(vec![Record::Aaaa("2001:db8::1".parse().unwrap())])),
    ];
    assert_eq!(run("2001:db8::1", &zone).0.result, IpRevResult::Pass);
}

#[test]
fn the_other_results() {
    assert_eq!(run("192.0.2.1", &[]).0.result, IpRevResult::PermError);
    assert_eq!(run("192.0.2.1", &[(REVERSE, DnsAnswer::empty(Status::NoError))]).0.result, IpRevResult::PermError);
    assert_eq!(run("192.0.2.1", &[(REVERSE, DnsAnswer::empty(Status::ServFail))]).0.result, IpRevResult::TempError);
    assert_eq!(run("192.0.2.1", &[(REVERSE, DnsAnswer::empty(Status::Timeout))]).0.result, IpRevResult::TempError);
    let fail = [(REVERSE, ptr(&["x.example", "y.example"])), ("x.example A", a("192.0.2.2"))];
    assert_eq!(run("192.0.2.1", &fail).0.result, IpRevResult::Fail);
    let unknown = [(REVERSE, ptr(&["x.example", "y.example"])), ("x.example A", DnsAnswer::empty(Status::ServFail))];
    assert_eq!(run("192.0.2.1", &unknown).0.result, IpRevResult::TempError);
    let passes = [
        (REVERSE, ptr(&["x.example", "y.example"])),
        ("x.example A", DnsAnswer::empty(Status::ServFail)),
        ("y.example A", a("192.0.2.1")),
    ];
    assert_eq!(run("192.0.2.1", &passes).0.result, IpRevResult::Pass);
}

#[test]
fn no_more_than_ten_names() {
    let names: Vec<_> = (0..50).map(|i| format!("n{i:02}.example")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let (verdict, questions) = run("192.0.2.1", &[(REVERSE, ptr(&names)), ("n10.example A", a("192.0.2.1"))]);
    assert_eq!((verdict.result, questions), (IpRevResult::Fail, 11));
    let (verdict, _) = run("192.0.2.1", &[(REVERSE, ptr(&names)), ("n09.example A", a("192.0.2.1"))]);
    assert_eq!(verdict.result, IpRevResult::Pass);
}

#[test]
fn as_json() {
    let (verdict, _) = run("192.0.2.1", &[(REVERSE, ptr(&["x.example"])), ("x.example A", a("192.0.2.1"))]);
    let json = serde_json::to_string(&verdict).unwrap();
    assert_eq!(json, r#"{"result":"pass","ip":"192.0.2.1","name":"x.example"}"#);
    let json = serde_json::to_string(&run("192.0.2.1", &[]).0).unwrap();
    assert_eq!(json, r#"{"result":"permerror","ip":"192.0.2.1","reason":"the address has no name"}"#);
    assert_eq!((IpRevResult::Fail.as_str(), IpRevResult::TempError.to_string().as_str()), ("fail", "temperror"));
}

#[test]
fn the_names_are_asked_together() {
    use passerelle::{Machine, Now, Output, Reply};
    let mut evaluation = Evaluation::new(IpRev { ip: "192.0.2.1".parse().unwrap() });
    let Output::Ask(id, Question::Dns(_, RecordType::Ptr)) = evaluation.poll() else { panic!() };
    evaluation.handle(Now::default(), Reply::Answer(id, Answer::Dns(ptr(&["x.example", "y.example"])))).unwrap();
    assert!(matches!(evaluation.poll(), Output::Ask(..)) && matches!(evaluation.poll(), Output::Ask(..)));
    evaluation.handle(Now::default(), Reply::Deadline).unwrap();
    let Output::Event(verdict) = evaluation.poll() else { panic!() };
    assert_eq!(verdict.result, IpRevResult::TempError);
}

/// Resolvers rotate the records of an answer.
#[test]
fn the_order_of_names_has_no_say() {
    let mut names: Vec<String> = (0..15).map(|i| format!("h{i:02}.example")).collect();
    let mut verdicts = Vec::new();
    for _ in 0..names.len() {
        names.rotate_left(1);
        let pointers: Vec<&str> = names.iter().map(String::as_str).collect();
        let zone = [(REVERSE, ptr(&pointers)), ("h12.example A", a("192.0.2.1")), ("h14.example A", a("192.0.2.1"))];
        verdicts.push(run("192.0.2.1", &zone).0);
    }
    verdicts.dedup();
    assert_eq!(verdicts.len(), 1);
}
