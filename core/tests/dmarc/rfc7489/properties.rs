//! What holds whatever the DNS says.

use passerelle::dmarc::{Authenticated, Discover, Method, rfc7489};
use passerelle::evaluate::Reply;
use passerelle::{Evaluate, Evaluation, Machine, Now, Output, Question, QuestionId, Status};
use proptest::prelude::*;

use super::world::{applied, asked, both_undecided};
use crate::zone::{Zone, domain};

/// Names around three suffixes: one of the list's ICANN section, one of its private section, and one that it does not know.
fn name() -> impl Strategy<Value = String> {
    let labels = prop::collection::vec(prop::sample::select(vec!["a", "b"]), 0..4);
    (labels, prop::sample::select(vec!["co.uk", "uk", "github.io", "io", "test-suffix"]))
        .prop_map(|(labels, suffix)| labels.into_iter().chain([suffix]).collect::<Vec<_>>().join("."))
}

fn record() -> impl Strategy<Value = String> {
    let tags = vec![
        "p=reject",
        "p=quarantine",
        "p=none",
        "sp=none",
        "sp=x",
        "np=reject",
        "np=x",
        "psd=y",
        "psd=n",
        "t=y",
        "pct=0",
        "pct=30",
        "adkim=s",
        "aspf=s",
        "rua=mailto:a@b",
        "x=1",
    ];
    prop::collection::vec(prop::sample::select(tags), 0..5)
        .prop_map(|tags| format!("v=DMARC1; p=reject; {}", tags.join("; ")))
        .prop_flat_map(|text| prop_oneof![3 => Just(text.clone()), 1 => Just(text.replacen("p=reject; ", "", 1))])
}

fn identifier() -> impl Strategy<Value = Authenticated> {
    (any::<bool>(), name()).prop_map(|(spf, name)| Authenticated {
        method: if spf { Method::Spf } else { Method::Dkim },
        domain: domain(&name),
    })
}

#[derive(Clone, Debug)]
struct Case {
    author: String,
    passed: Vec<Authenticated>,
    open: Vec<Authenticated>,
    zone: Zone,
}

prop_compose! {
    fn case()(
        author in name(),
        passed in prop::collection::vec(identifier(), 0..3),
        open in prop::collection::vec(identifier(), 0..2),
        records in prop::collection::vec((name(), record()), 0..6),
        failing in prop::collection::vec(name(), 0..2),
        exists in any::<bool>(),
    ) -> Case {
        let records: Vec<(&str, &str)> = records.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let mut zone = failing.iter().fold(Zone::new(&records), |zone, name| zone.failing(name, Status::ServFail));
        if exists {
            zone = zone.with_name(&author, Status::NoError);
        }
        Case { author, passed, open, zone }
    }
}

/// The questions that are there before any answer.
fn first_questions<E: Evaluate>(request: E) -> Vec<Question> {
    let mut machine = Evaluation::new(request);
    std::iter::from_fn(|| match machine.poll() {
        Output::Ask(_, question) => Some(question),
        _ => None,
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// There is a difference exactly where the verdicts differ in what they say, and then there is a why.
    #[test]
    fn a_difference_has_a_reason(case in case()) {
        let both = both_undecided(&case.zone, &case.author, &case.passed, &case.open);
        let members = |verdict: &passerelle::dmarc::Verdict| {
            let mut json = serde_json::to_value(verdict).unwrap();
            // Both are about why, and the standards look for records at different names.
            json.as_object_mut().unwrap().retain(|member, _| !["reason", "cause"].contains(&member.as_str()));
            json
        };
        let differ = members(&both.by_rfc9989) != members(&both.by_rfc7489);
        prop_assert_eq!(both.difference.is_some(), differ);
        if let Some(difference) = &both.difference {
            prop_assert!(difference.contains("; because "), "{}", difference);
        }
    }

    /// RFC 7489 §6.6.3: the record is the author domain's, or that of its organizational domain.
    #[test]
    fn the_record_is_at_one_of_two_names(case in case()) {
        let both = both_undecided(&case.zone, &case.author, &case.passed, &case.open);
        let organizational = rfc7489::organizational_domain(&domain(&case.author));
        if let Some((at, _)) = applied(&both.old) {
            prop_assert!(at == case.author || at == organizational.as_str());
        }
        for alignment in &both.old.alignments {
            let same = rfc7489::organizational_domain(&alignment.domain) == organizational;
            prop_assert_eq!(alignment.relaxed == passerelle::dmarc::Aligned::Yes, same);
        }
    }

    /// What RFC 7489 asks goes out at once, and is among what RFC 9989 asks at once: both cost no further question.
    #[test]
    fn both_ask_no_more_than_one(case in case()) {
        let candidates = || case.passed.iter().map(|identifier| identifier.domain.clone());
        let new = first_questions(Discover::new(domain(&case.author), candidates()));
        let old = first_questions(rfc7489::Discover::new(domain(&case.author), candidates()));
        prop_assert!(old.len() <= 2 && old.iter().all(|question| new.contains(question)));
        let (_, all) = asked(&case.zone, &case.author);
        prop_assert!(all.len() <= old.len());
    }

    /// The answers may come in either order, and before or after a deadline: the same answers, the same discovery.
    #[test]
    fn the_order_of_answers_does_not_matter(case in case(), last_first in any::<bool>()) {
        let request = || rfc7489::Discover::new(domain(&case.author), case.passed.iter().map(|p| p.domain.clone()));
        let expected = Evaluation::new(request()).run_with(|question| case.zone.answer(question));
        let mut machine = Evaluation::new(request());
        let mut open: Vec<(QuestionId, Question)> = Vec::new();
        let discovery = loop {
            match machine.poll() {
                Output::Ask(id, question) => open.push((id, question)),
                Output::Event(discovery) => break discovery,
                _ => {
                    let at = if last_first { open.len() - 1 } else { 0 };
                    let (id, question) = open.remove(at);
                    machine.handle(Now::default(), Reply::Answer(id, case.zone.answer(&question))).unwrap();
                }
            }
        };
        prop_assert_eq!(discovery, expected);
    }
}
