//! A DNS that lies: records of other types, answers without end, loops, names that are none.
//!
//! An answer belongs to a question by its number, so that one for another name cannot be handed in; what a host takes
//! from the network is its own to match.

use passerelle::limits::{MAX_ANSWER_RECORDS, MAX_ANSWER_TEXT, MAX_KEY_RECORDS};
use passerelle::verify::{Event, Input, Report, Verification};
use passerelle::{
    Answer, DnsAnswer, Domain, Machine, Misuse, Now, Output, Question, Record, RecordType, Status, Transcript,
};
use serde_json::json;

use crate::world::{NOW, asked, dkim_words, evil, harbour, key, report_in, settings, signed_by, txt, world};

const MESSAGE: &str = "From: maya@harbour.example\r\n\r\nHigh water at six.\r\n";

/// An authentic message, with some answers replaced.
fn lied_to(lie: impl Fn(&str, RecordType) -> Option<DnsAnswer>) -> Report {
    let world = world(&[]);
    let message = signed_by(harbour(), MESSAGE);
    let answer = |question: &Question| match question {
        Question::Dns(name, kind) => lie(name.as_str(), *kind).map_or_else(|| world.answer(question), Answer::Dns),
        _ => world.answer(question),
    };
    asked(message.as_bytes(), &evil(), &settings(), answer).0
}

fn every_txt(answer: DnsAnswer) -> Report {
    lied_to(|_, kind| (kind == RecordType::Txt).then(|| answer.clone()))
}

fn words(report: &Report) -> (&'static str, &'static str, &'static str) {
    (report.spf.result.as_str(), dkim_words(report)[0], report.dmarc.result.as_str())
}

fn name(text: &str) -> Domain {
    Domain::from_dns(text).unwrap()
}

#[test]
fn the_truth() {
    assert_eq!(words(&lied_to(|_, _| None)), ("pass", "pass", "pass"));
}

/// Records that were not asked for are as if they had not come.
#[test]
fn records_of_other_types() {
    let others =
        [Record::A([203, 0, 113, 9].into()), Record::Ptr(name("x.example")), Record::Cname(name("evil.example"))];
    assert_eq!(words(&every_txt(DnsAnswer::found(others.clone()))), ("none", "permerror", "none"));
    let spf = Record::Txt(b"v=spf1 +all".to_vec());
    let mixed = DnsAnswer::found(others.into_iter().chain([spf]).collect::<Vec<_>>());
    let report = lied_to(|name, kind| (name == "evil.example" && kind == RecordType::Txt).then(|| mixed.clone()));
    assert_eq!(report.spf.result.as_str(), "pass");
}

#[test]
fn addresses_in_the_place_of_names() {
    let report =
        lied_to(|_, kind| (kind == RecordType::Ptr).then(|| DnsAnswer::found([Record::A([203, 0, 113, 9].into())])));
    assert_eq!(report.iprev.unwrap().result.as_str(), "permerror", "the address has no name");
}

/// A failure with records is a failure.
#[test]
fn records_beside_a_failure() {
    for (status, expected) in [
        (Status::NxDomain, ("none", "permerror", "none")),
        (Status::ServFail, ("temperror", "temperror", "temperror")),
        (Status::Timeout, ("temperror", "temperror", "temperror")),
    ] {
        let mut answer = DnsAnswer::found([Record::Txt(b"v=spf1 +all".to_vec())]);
        answer.status = status;
        assert_eq!(words(&every_txt(answer)), expected);
    }
}

#[test]
fn more_records_than_a_message_can_carry() {
    let records = |count| DnsAnswer::found(vec![Record::Txt(b"x".to_vec()); count]);
    assert_eq!(words(&every_txt(records(MAX_ANSWER_RECORDS))), ("none", "permerror", "none"));
    assert_eq!(words(&every_txt(records(MAX_ANSWER_RECORDS + 1))), ("temperror", "temperror", "temperror"));
}

#[test]
fn more_text_than_a_message_can_carry() {
    let records = |octets: usize| {
        DnsAnswer::found([Record::Txt(vec![b'x'; octets / 2]), Record::Txt(vec![b'x'; octets.div_ceil(2)])])
    };
    assert_eq!(words(&every_txt(records(MAX_ANSWER_TEXT))), ("none", "permerror", "none"));
    assert_eq!(words(&every_txt(records(MAX_ANSWER_TEXT + 1))), ("temperror", "temperror", "temperror"));
}

/// A wildcard that answers for every name under it: a record of another kind is none of this kind.
#[test]
fn one_text_for_every_name() {
    let all = |text: &str| every_txt(DnsAnswer::found([Record::Txt(text.as_bytes().to_vec())]));
    assert_eq!(words(&all("v=spf1 +all")), ("pass", "permerror", "none"));
    assert_eq!(words(&all("v=DMARC1; p=reject")), ("none", "permerror", "fail"));
    assert_eq!(words(&all(&key(crate::world::ED25519).key_record())), ("none", "pass", "none"));
    assert_eq!(words(&all("\0\x01\x7f;=;=")), ("none", "permerror", "none"));
}

/// Many key records under one name: only some are tried.
#[test]
fn a_crowd_of_keys() {
    // They are tried in the order of their octets, whatever that of the answer is: these come before the good one.
    let junk = |n: usize| {
        let text = format!("v=DKIM1; k=ed25519; n={n}; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        Record::Txt(text.into_bytes())
    };
    let good = Record::Txt(key(crate::world::ED25519).key_record().into_bytes());
    let behind = |count: usize| {
        let records: Vec<Record> = [good.clone()].into_iter().chain((0..count).map(junk)).collect();
        lied_to(|name, _| name.contains("._domainkey.").then(|| DnsAnswer::found(records.clone())))
    };
    assert_eq!(dkim_words(&behind(MAX_KEY_RECORDS - 1)), ["pass"]);
    assert_eq!(dkim_words(&behind(MAX_KEY_RECORDS)), ["fail"]);
    assert_eq!(dkim_words(&behind(1000)), ["fail"]);
}

/// In a transcript, which follows aliases itself.
#[test]
fn aliases_in_a_circle() {
    let alias = |name: &str, target: &str| json!({"name": name, "type": "CNAME", "records": [target]});
    for aliases in [
        vec![alias("evil.example", "evil.example")],
        vec![alias("evil.example", "a.example"), alias("a.example", "evil.example")],
    ] {
        let json = json!({"answers": aliases}).to_string();
        let world = Transcript::parse(json.as_bytes()).unwrap();
        assert_eq!(report_in(&world, MESSAGE, &evil()).spf.result.as_str(), "temperror");
    }
}

#[test]
fn names_in_mixed_case() {
    let world = Transcript::parse(
        json!({"answers": [
            txt("EVIL.example.", "V=SPF1 MX -ALL"),
            {"name": "Evil.Example", "type": "MX", "records": ["10 MAIL.Evil.EXAMPLE."]},
            {"name": "mail.EVIL.example", "type": "A", "records": ["203.0.113.9"]},
            {"name": "9.113.0.203.IN-ADDR.ARPA", "type": "PTR", "records": ["Mail.Evil.Example."]},
        ]})
        .to_string()
        .as_bytes(),
    )
    .unwrap();
    let envelope = evil().mail_from("a@eViL.eXaMpLe");
    let report = report_in(&world, "From: A@EVIL.EXAMPLE\r\n\r\n", &envelope);
    assert_eq!(report.spf.result.as_str(), "pass");
    assert_eq!(report.iprev.unwrap().name.unwrap().as_str(), "mail.evil.example");
    assert_eq!(report.dmarc.domain.unwrap().as_str(), "evil.example");
}

/// The names of a client are what its owner likes: they get into the report and into an explanation, never as syntax.
#[test]
fn client_names_with_odd_characters() {
    for odd in
        ["a b.evil.example", "a\"b.evil.example", "a;dmarc=pass.evil.example", "(.evil.example", "a\\.evil.example"]
    {
        let report = lied_to(|asked, kind| match kind {
            RecordType::Ptr => Some(DnsAnswer::found([Record::Ptr(name(odd))])),
            RecordType::A if asked == odd => Some(DnsAnswer::found([Record::A([203, 0, 113, 9].into())])),
            RecordType::Txt if asked == "evil.example" => {
                Some(DnsAnswer::found([Record::Txt(b"v=spf1 exists:%{p}.x.example ptr -all".to_vec())]))
            }
            _ => None,
        });
        assert_eq!(report.iprev.as_ref().unwrap().name.as_ref().map(|n| n.as_str()), Some(odd));
        let value = report.authentication_results.strip_prefix("Authentication-Results:").unwrap();
        let parsed = passerelle::results::AuthenticationResults::parse(value.as_bytes()).unwrap();
        assert_eq!(parsed.results.of_method("dmarc").count(), 1, "{odd}");
        let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
        assert_eq!(json["iprev"]["name"], odd);
    }
    for none in ["a\r\nb.example", "a\0.example", "\u{fc}.example", "a..example"] {
        assert!(Domain::from_dns(none).is_err(), "{none:?} is no name, so no record can hold it");
    }
}

/// An exchange that is the root, an address that is the client's own, a name that points at itself.
#[test]
fn exchanges_that_are_none() {
    for exchange in [None, Some(name("evil.example")), Some(name("_.evil.example"))] {
        let report = lied_to(|asked, kind| match kind {
            RecordType::Txt if asked == "evil.example" => {
                Some(DnsAnswer::found([Record::Txt(b"v=spf1 mx -all".to_vec())]))
            }
            RecordType::Mx => Some(DnsAnswer::found([Record::Mx { preference: 0, exchange: exchange.clone() }])),
            _ => None,
        });
        assert_eq!(report.spf.result.as_str(), "fail");
    }
}

/// An answer is final, is for a question that was asked, and is of its kind; a second one, from whomever, changes nothing.
#[test]
fn answers_that_nobody_waits_for() {
    let now = Now::at(NOW);
    let mut verification = Verification::new(&settings(), &evil(), now);
    let Output::Ask(id, question) = verification.poll() else { panic!("SPF asks at once") };
    let truth = world(&[]).answer(&question);
    let lie = Answer::Dns(DnsAnswer::found([Record::Txt(b"v=spf1 -all".to_vec())]));
    let other = passerelle::QuestionId(id.0 + 1000);
    assert_eq!(verification.handle(now, Input::Answer(other, lie.clone())), Err(Misuse::UnknownQuestion(other)));
    let wrong_kind = Answer::StsPolicy(Ok("v=spf1 +all".into()));
    assert_eq!(verification.handle(now, Input::Answer(id, wrong_kind)), Err(Misuse::WrongKind(id)));
    verification.handle(now, Input::Answer(id, truth)).unwrap();
    assert_eq!(verification.handle(now, Input::Answer(id, lie)), Err(Misuse::AlreadyAnswered(id)));
    verification.handle(now, Input::Octets(MESSAGE.as_bytes())).unwrap();
    verification.handle(now, Input::End).unwrap();
    verification.handle(now, Input::Deadline).unwrap();
    let events = std::iter::from_fn(|| match verification.poll() {
        Output::Event(event) => Some(event),
        _ => None,
    });
    let report = events.filter_map(Event::into_report).last().expect("a deadline brings the report");
    assert_eq!(report.spf.result.as_str(), "pass");
}
