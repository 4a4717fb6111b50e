//! Transcripts as others rely on them: read, answered from, recorded, read again.

mod aliases;

use passerelle::{
    Answer, DnsAnswer, Domain, Question, QuotaScope, Record, RecordType, Status, StsError, Transcript, TranscriptError,
};
use proptest::prelude::*;

const EXAMPLE: &str = r#"{"default": "NXDOMAIN",
 "answers": [
  {"name": "example.com", "type": "TXT", "records": ["v=spf1 mx -all", ["split ", "in two strings"]], "ttl": 300},
  {"name": "example.com", "type": "MX", "records": ["10 mx.example.com"], "secure": true},
  {"name": "gone.example.com", "type": "A", "status": "NXDOMAIN"},
  {"name": "slow.example.com", "type": "TXT", "status": "TIMEOUT"},
  {"name": "alias.example.com", "type": "CNAME", "records": ["Example.COM."]},
  {"name": "loop.example.com", "type": "CNAME", "records": ["loop.example.com"]}],
 "sts": {"example.com": "version: STSv1\nmode: none\nmax_age: 1\n", "down.example.com": {"error": "media-type"}}}"#;

fn question(name: &str, record_type: RecordType) -> Question {
    Question::Dns(Domain::parse(name).unwrap(), record_type)
}

fn ask(transcript: &Transcript, name: &str, record_type: RecordType) -> DnsAnswer {
    match transcript.answer(&question(name, record_type)) {
        Answer::Dns(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn parse(json: &str) -> Result<Transcript, TranscriptError> {
    Transcript::parse(json.as_bytes())
}

#[test]
fn the_design_s_example_answers_as_it_says() {
    let transcript = parse(EXAMPLE).unwrap();
    let txt = ask(&transcript, "EXAMPLE.com", RecordType::Txt);
    let texts = [Record::Txt(b"v=spf1 mx -all".to_vec()), Record::Txt(b"split in two strings".to_vec())];
    assert_eq!((&*txt.records, txt.ttl, txt.secure), (&texts[..], 300, false));
    assert!(ask(&transcript, "example.com", RecordType::Mx).secure);
    // Listed with another type: NODATA. Not listed at all: the default.
    assert_eq!(ask(&transcript, "example.com", RecordType::A), DnsAnswer::empty(Status::NoError));
    assert_eq!(ask(&transcript, "other.example", RecordType::A).status, Status::NxDomain);
    assert_eq!(ask(&transcript, "gone.example.com", RecordType::A).status, Status::NxDomain);
    assert_eq!(ask(&transcript, "slow.example.com", RecordType::Txt).status, Status::Timeout);
}

#[test]
fn aliases_are_followed_and_a_loop_is_servfail() {
    let transcript = parse(EXAMPLE).unwrap();
    assert_eq!(ask(&transcript, "alias.example.com", RecordType::Txt).records.len(), 2);
    assert_eq!(ask(&transcript, "loop.example.com", RecordType::Txt).status, Status::ServFail);
    let alias = ask(&transcript, "alias.example.com", RecordType::Cname);
    assert_eq!(*alias.records, [Record::Cname(Domain::parse("example.com").unwrap())]);
}

#[test]
fn eight_aliases_are_followed_and_nine_are_not() {
    for (length, status) in [(8, Status::NoError), (9, Status::ServFail)] {
        let mut transcript = Transcript::new();
        for i in 0..length {
            let target = Domain::parse(&format!("n{}.example", i + 1)).unwrap();
            let answer = Answer::Dns(DnsAnswer::found([Record::Cname(target)]));
            transcript.record(&question(&format!("n{i}.example"), RecordType::Cname), &answer);
        }
        let answer = Answer::Dns(DnsAnswer::found([Record::A([192, 0, 2, 1].into())]));
        transcript.record(&question(&format!("n{length}.example"), RecordType::A), &answer);
        assert_eq!(ask(&transcript, "n0.example", RecordType::A).status, status, "{length}");
    }
}

#[test]
fn policies_and_their_errors() {
    let transcript = parse(EXAMPLE).unwrap();
    let sts = |name: &str| transcript.answer(&Question::StsPolicy(Domain::parse(name).unwrap()));
    assert!(matches!(sts("example.com"), Answer::StsPolicy(Ok(text)) if text.starts_with("version: STSv1\n")));
    assert_eq!(sts("down.example.com"), Answer::StsPolicy(Err(StsError::MediaType)));
    assert_eq!(sts("other.example"), Answer::StsPolicy(Err(StsError::Fetch)), "a policy that is not listed");
}

#[test]
fn every_error_of_a_policy_has_a_word_and_is_recorded_with_it() {
    let words = ["fetch", "certificate", "redirect", "status", "media-type", "size", "syntax"];
    for (error, word) in StsError::ALL.into_iter().zip(words) {
        let question = Question::StsPolicy(Domain::parse("a.example").unwrap());
        let mut transcript = Transcript::new();
        transcript.record(&question, &Answer::StsPolicy(Err(error)));
        let json = transcript.to_json();
        assert!(json.contains(&format!(r#""a.example": {{"error":"{word}"}}"#)), "{json}");
        assert_eq!(parse(&json).unwrap().answer(&question), Answer::StsPolicy(Err(error)));
    }
    assert_eq!(
        Answer::timeout(&Question::StsPolicy(Domain::parse("a.example").unwrap())),
        Answer::StsPolicy(Err(StsError::Fetch))
    );
}

#[test]
fn faults_name_the_entry_and_what_would_be_right() {
    for (json, fault) in [
        ("", "not readable"),
        ("[]", "not readable"),
        (r#"{"default": "MAYBE"}"#, "NXDOMAIN"),
        (r#"{"anwsers": []}"#, "'anwsers', but none of default, answers, sts and quota"),
        (r#"{"answers": [{"name": "a", "type": "A", "record": ["192.0.2.1"]}]}"#, "'record', but neither"),
        (r#"{"answers": [{"name": "a..b", "type": "A"}]}"#, "a..b A: the domain name has an empty label"),
        (r#"{"answers": [{"name": "a", "type": "HINFO"}]}"#, "A, AAAA, MX"),
        (r#"{"answers": [{"name": "a", "type": "A", "records": ["x"]}]}"#, "192.0.2.1"),
        (r#"{"answers": [{"name": "a", "type": "A", "records": [["x"]]}]}"#, "only a TXT record"),
        (r#"{"answers": [{"name": "a", "type": "A", "status": "REFUSED"}]}"#, "SERVFAIL"),
        (r#"{"answers": [{"name": "a", "type": "A", "status": "TIMEOUT", "records": ["192.0.2.1"]}]}"#, "beside"),
        (r#"{"answers": [{"name": "a", "type": "A"}, {"name": "A.", "type": "a", "status": "TIMEOUT"}]}"#, "twice"),
        (r#"{"sts": {"a b": "x"}}"#, "a b sts"),
        (r#"{"sts": {"a": {"error": "HTTP 503"}}}"#, "a sts: the error is 'HTTP 503'; it can be fetch, certificate"),
        (r#"{"answers": [{"name": "a", "type": "A", "aliases": [{"target": "b..c"}]}]}"#, "an empty label"),
        (
            r#"{"answers": [{"name": "a", "type": "A", "aliases": []}, {"name": "a", "type": "A", "aliases": []}]}"#,
            "twice",
        ),
    ] {
        let error = parse(json).unwrap_err().to_string();
        assert!(error.contains(fault), "{json}: {error}");
    }
}

#[test]
fn what_is_not_known_is_passed_over() {
    let transcript = parse(
        r#"{"comment": "of a later version", "answers": [
            {"name": "a.example", "type": "A", "records": ["192.0.2.1"], "class": "IN", "notes": {"by": ["hand"]}}]}"#,
    );
    assert_eq!(ask(&transcript.unwrap(), "a.example", RecordType::A).records.len(), 1);
}

#[test]
fn two_entries_for_one_question_are_one_answer() {
    let transcript = parse(
        r#"{"answers": [{"name": "a.example", "type": "TXT", "records": ["one"]},
                        {"name": "a.example", "type": "TXT", "records": ["two"]}]}"#,
    );
    assert_eq!(ask(&transcript.unwrap(), "a.example", RecordType::Txt).records.len(), 2);
}

#[test]
fn a_question_listed_again_and_again_is_refused_before_it_costs_much() {
    let entries = vec![r#"{"name": "a.example", "type": "A", "records": ["192.0.2.1"]}"#; 5000].join(",");
    let error = Transcript::parse(format!(r#"{{"answers": [{entries}]}}"#).as_bytes()).unwrap_err();
    assert!(error.to_string().contains("4096"), "{error}");
}

fn a_record() -> impl Strategy<Value = Record> {
    let name = "[a-z0-9_+!-]{1,9}(\\.[a-z]{1,5}){1,2}".prop_map(|n| Domain::from_dns(&n).unwrap());
    let bytes = proptest::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        any::<[u8; 4]>().prop_map(|a| Record::A(a.into())),
        any::<[u8; 16]>().prop_map(|a| Record::Aaaa(a.into())),
        (any::<u16>(), proptest::option::of(name.clone()))
            .prop_map(|(preference, exchange)| Record::Mx { preference, exchange }),
        name.clone().prop_map(Record::Ptr),
        name.clone().prop_map(Record::Ns),
        (name.clone(), name, any::<[u32; 5]>()).prop_map(|(mname, rname, numbers)| Record::Soa {
            mname,
            rname,
            numbers
        }),
        (any::<[u8; 3]>(), bytes.clone()).prop_map(|([usage, selector, matching], data)| Record::Tlsa {
            usage,
            selector,
            matching,
            data
        }),
        bytes.prop_map(Record::Txt),
    ]
}

proptest! {
    #[test]
    fn what_was_recorded_is_read_again(
        records in proptest::collection::vec(("[a-z]{1,3}", a_record(), any::<u32>(), any::<bool>()), 0..8),
        failed in proptest::option::of(prop_oneof![Just(Status::NxDomain), Just(Status::ServFail), Just(Status::Timeout)]),
        policy in proptest::option::of(".*"),
    ) {
        let mut transcript = Transcript::new();
        for (name, record, ttl, secure) in records {
            let question = question(&format!("{name}.example"), record.record_type());
            let answer = DnsAnswer::found([record]).with_ttl(ttl).with_secure(secure);
            transcript.record(&question, &Answer::Dns(answer));
        }
        if let Some(status) = failed {
            transcript.record(&question("failed.example", RecordType::A), &Answer::Dns(DnsAnswer::empty(status)));
        }
        if let Some(policy) = policy {
            let question = Question::StsPolicy(Domain::parse("sts.example").unwrap());
            transcript.record(&question, &Answer::StsPolicy(Ok(policy.into())));
        }
        let json = transcript.to_json();
        prop_assert_eq!(Transcript::parse(json.as_bytes()).map_err(|e| TestCaseError::fail(format!("{e}\n{json}")))?, transcript);
    }

    #[test]
    fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Transcript::parse(&octets);
    }
}

/// Found by the fuzz target `transcript`: a DNS server that answers with such names made the recording unreadable.
#[test]
fn a_recording_of_names_with_spaces_and_backslashes_is_readable() {
    let odd = |text: &str| Domain::from_dns(text).unwrap();
    let records = [
        (RecordType::Ptr, Record::Ptr(odd("a host.example"))),
        (RecordType::Mx, Record::Mx { preference: 10, exchange: Some(odd(r"10 \032.example")) }),
        (RecordType::Cname, Record::Cname(odd(r"back\slash.example"))),
    ];
    let mut transcript = Transcript::new();
    for (record_type, record) in records {
        let answer = Answer::Dns(DnsAnswer::found([record]));
        transcript.record(&Question::Dns(odd("what is this.example"), record_type), &answer);
    }
    assert_eq!(parse(&transcript.to_json()).as_ref(), Ok(&transcript));
}

#[test]
fn quotas_are_read_by_scope_key_and_window_and_what_is_not_listed_is_unused() {
    let json = br#"{"quota": {"messages user:ann 24h": 9999, "recipients organisation 10m": "error", "user:b c": 7}}"#;
    let transcript = Transcript::parse(json).unwrap();
    let used = |scope, key: &str, window| transcript.answer(&Question::Quota { scope, key: key.into(), window });
    assert_eq!(used(QuotaScope::Messages, "user:ann", 86_400), Answer::Quota(Some(9999)));
    assert_eq!(used(QuotaScope::Messages, "user:ann", 3600), Answer::Quota(Some(0)));
    assert_eq!(used(QuotaScope::Recipients, "user:ann", 86_400), Answer::Quota(Some(0)));
    assert_eq!(used(QuotaScope::Recipients, "organisation", 600), Answer::Quota(None));
    assert!(Transcript::parse(br#"{"quota": {"mesages user:ann 24h": 1}}"#).is_err());
    assert!(Transcript::parse(br#"{"quota": {"messages user:ann 24h": "much"}}"#).is_err());
    let mut recorded = Transcript::new();
    let question = Question::Quota { scope: QuotaScope::Messages, key: "user:a b".into(), window: 90 };
    recorded.record(&question, &Answer::Quota(Some(3)));
    assert!(recorded.to_json().contains("\"messages user:a b 90s\": 3"));
    assert_eq!(Transcript::parse(recorded.to_json().as_bytes()).unwrap(), recorded);
}
