//! SPF as an amplifier: what a record of the attacker's can make a receiver ask. The bounds are those of RFC 7208 §4.6.4;
//! each test counts the questions that went out.

use passerelle::limits::{Limits, MAX_QUESTIONS, MAX_SPF_MX_NAMES, MAX_SPF_PTR_NAMES, MAX_SPF_VOID_LOOKUPS};
use passerelle::verify::{Envelope, Report};
use passerelle::{Answer, DnsAnswer, Domain, Question, Record, RecordType, Status};

use crate::world::{asked, settings};

fn sender() -> Envelope {
    Envelope::new().ip([203, 0, 113, 9].into()).mail_from("a@evil.example")
}

/// SPF and nothing else, when these are the answers.
fn spf(answer: impl Fn(&str, RecordType) -> Vec<Record>) -> (Report, Vec<String>) {
    let settings = settings().check_iprev(false);
    let (report, questions) = asked(b"X: no author, so no DMARC\r\n\r\n", &sender(), &settings, answering(answer));
    (report, questions)
}

fn answering(answer: impl Fn(&str, RecordType) -> Vec<Record>) -> impl Fn(&Question) -> Answer {
    move |question| {
        let Question::Dns(name, kind) = question else { panic!("the DNS alone is asked") };
        Answer::Dns(match answer(name.as_str(), *kind) {
            records if records.is_empty() => DnsAnswer::empty(Status::NxDomain),
            records => DnsAnswer::found(records),
        })
    }
}

fn text(text: impl Into<String>) -> Vec<Record> {
    vec![Record::Txt(text.into().into_bytes())]
}

fn name(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn address() -> Vec<Record> {
    vec![Record::A([198, 51, 100, 1].into())]
}

fn permerror(report: &Report, why: &str) {
    assert_eq!(report.spf.result.as_str(), "permerror");
    assert!(report.spf.reason.as_ref().unwrap().contains(why), "{:?}", report.spf.reason);
}

/// Each record includes ten, and each of those ten more.
#[test]
fn a_tree_of_includes() {
    let (report, questions) = spf(|name, _| {
        text(format!("v=spf1 {}-all", (0..10).map(|n| format!("include:{n}.{name} ")).collect::<String>()))
    });
    permerror(&report, "more than 10 terms");
    assert_eq!(questions.len(), 11);
}

#[test]
fn includes_and_redirects_in_a_circle() {
    for record in ["v=spf1 include:evil.example -all", "v=spf1 redirect=evil.example", "v=spf1 include:%{d} -all"] {
        let (report, questions) = spf(|_, _| text(record));
        permerror(&report, "more than 10 terms");
        assert_eq!(questions.len(), 1, "the same question is asked once");
    }
}

/// Ten mx terms with ten names each.
#[test]
fn ten_times_ten_exchanges() {
    let (report, questions) = spf(|domain, kind| match kind {
        RecordType::Txt => {
            text(format!("v=spf1 {}-all", (0..10).map(|n| format!("mx:{n}.example ")).collect::<String>()))
        }
        RecordType::Mx => (0..MAX_SPF_MX_NAMES)
            .map(|n| Record::Mx { preference: 1, exchange: Some(name(&format!("mx{n}.{domain}"))) })
            .collect(),
        _ => address(),
    });
    assert_eq!((report.spf.result.as_str(), report.spf.lookups), ("fail", 10));
    assert_eq!(questions.len(), 1 + 10 + 10 * MAX_SPF_MX_NAMES);
}

#[test]
fn an_eleventh_exchange() {
    let (report, questions) = spf(|_, kind| match kind {
        RecordType::Txt => text("v=spf1 mx -all"),
        _ => (0..11).map(|n| Record::Mx { preference: n, exchange: Some(name(&format!("mx{n}.example"))) }).collect(),
    });
    permerror(&report, "more than 10 MX records");
    assert_eq!(questions.len(), 2, "none of the names is asked for");
}

/// The client's own zone has a hundred names for it, and `%{p}` besides.
#[test]
fn a_client_of_a_hundred_names() {
    for record in [
        "v=spf1 ptr -all",
        "v=spf1 a:%{p}.evil.example ptr -all",
        "v=spf1 ptr ptr:evil.example ptr:x.evil.example -all",
    ] {
        let (report, questions) = spf(|_, kind| match kind {
            RecordType::Txt => text(record),
            RecordType::Ptr => (0..100).map(|n| Record::Ptr(name(&format!("c{n}.evil.example")))).collect(),
            _ => address(),
        });
        assert_eq!(report.spf.result.as_str(), "fail", "{record}");
        let names = questions.iter().filter(|question| question.starts_with('c')).count();
        assert_eq!(names, MAX_SPF_PTR_NAMES, "{record}");
        assert!(questions.len() <= 2 + MAX_SPF_PTR_NAMES + 1);
    }
}

/// Every macro, long and many: each name that is asked for is one, and each term asks for one.
#[test]
fn macros_that_make_long_names() {
    let letters = "%{s}.%{l}.%{o}.%{d}.%{i}.%{v}.".repeat(20);
    let record = format!("v=spf1 {}-all", format!("exists:{letters}%{{ir}}.evil.example ").repeat(9));
    let (report, questions) = spf(|_, kind| if kind == RecordType::Txt { text(&record) } else { address() });
    assert_eq!(report.spf.result.as_str(), "pass");
    assert!(questions.iter().all(|question| question.len() <= 253 + 6));
    assert_eq!(questions.len(), 2);
}

/// `exists` with the client's address, the sender and the receiver in the name: a record that reports who gets mail asks
/// no more than ten questions, and what finds nothing ends it earlier.
#[test]
fn exists_with_everything_in_the_name() {
    let record = format!(
        "v=spf1 {}-all",
        (0..20).map(|n| format!("exists:%{{i}}.%{{l}}.{n}.evil.example ")).collect::<String>()
    );
    let (report, questions) = spf(|_, kind| if kind == RecordType::Txt { text(&record) } else { vec![] });
    permerror(&report, "found nothing");
    assert_eq!(questions.len(), 1 + MAX_SPF_VOID_LOOKUPS as usize + 1);
    // Names that are there and do not match.
    let record = record.replace("exists:", "a:");
    let (report, questions) = spf(|_, kind| if kind == RecordType::Txt { text(&record) } else { address() });
    permerror(&report, "more than 10 terms");
    assert_eq!(questions.len(), 11);
}

#[test]
fn the_void_limit_can_be_set() {
    let record = "v=spf1 a:1.example a:2.example a:3.example a:4.example -all";
    for (limit, result, count) in [(0, "permerror", 2), (1, "permerror", 3), (4, "fail", 5)] {
        let limits = Limits::default().spf_void_lookups(limit);
        let settings = settings().check_iprev(false).limits(limits);
        let answer = answering(|_, kind| if kind == RecordType::Txt { text(record) } else { vec![] });
        let (report, questions) = asked(b"X: y\r\n\r\n", &sender(), &settings, answer);
        assert_eq!((report.spf.result.as_str(), questions.len()), (result, count));
    }
}

/// An explanation is one more question, and its macros ask for the client's names at most.
#[test]
fn an_explanation_costs_one_question() {
    let (report, questions) = spf(|domain, kind| match (domain, kind) {
        ("evil.example", RecordType::Txt) => text("v=spf1 -all exp=e.evil.example"),
        (_, RecordType::Txt) => text("%{p} ".repeat(100)),
        (_, RecordType::Ptr) => (0..100).map(|n| Record::Ptr(name(&format!("c{n}.example")))).collect(),
        _ => address(),
    });
    assert_eq!(report.spf.result.as_str(), "fail");
    assert_eq!(questions.len(), 3 + MAX_SPF_PTR_NAMES);
}

/// Everything at once: HELO and MAIL FROM with the most expensive records, ten signatures, an author and signers of many
/// labels, a client of many names.
fn everything(limits: Limits) -> (Report, Vec<String>) {
    let signature = |n: usize| {
        format!(
            "DKIM-Signature: v=1; a=ed25519-sha256; d={n}.{}x.example; s=s; h=from; b=dGVzdA==;\r\n \
             bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n",
            "a.".repeat(100)
        )
    };
    let signatures: String = (0..1000).map(signature).collect();
    let message = format!("{signatures}From: a@{}x.example\r\n\r\n", "a.".repeat(120));
    let envelope = sender().helo("helo.example");
    let answer = answering(|domain, kind| match kind {
        RecordType::Txt if domain.starts_with("_dmarc.") => text("v=DMARC1; p=reject; np=none"),
        RecordType::Txt => {
            text(format!("v=spf1 {}-all", (0..10).map(|n| format!("mx:{n}.{domain} ")).collect::<String>()))
        }
        RecordType::Mx => {
            (0..10).map(|n| Record::Mx { preference: 1, exchange: Some(name(&format!("m{n}.{domain}"))) }).collect()
        }
        RecordType::Ptr => (0..100).map(|n| Record::Ptr(name(&format!("c{n}.example")))).collect(),
        _ => address(),
    });
    asked(message.as_bytes(), &envelope, &settings().limits(limits), answer)
}

#[test]
fn everything_at_once_stays_below_the_bound_of_a_message() {
    let (report, questions) = everything(Limits::default());
    assert!(questions.len() < MAX_QUESTIONS, "{}", questions.len());
    assert!(!report.trail.steps().iter().any(|step| step.step == "questions"));
    assert!(questions.len() > 222, "both SPF evaluations go to their ends: {}", questions.len());
}

#[test]
fn the_bound_of_a_message_can_be_set_and_is_told() {
    for questions in [0, 1, 20, 100] {
        let (report, asked) = everything(Limits::default().questions(questions));
        assert_eq!(asked.len(), questions);
        let step = crate::world::step(&report, "questions").unwrap();
        assert!(step.starts_with("limit reached: "), "{step}");
        assert_ne!(report.dmarc.result.as_str(), "pass");
        assert_eq!(report.spf.result.as_str(), "temperror");
    }
}

#[test]
fn nothing_is_asked_twice() {
    let (_, mut questions) = everything(Limits::default());
    let count = questions.len();
    questions.sort();
    questions.dedup();
    assert_eq!(questions.len(), count);
}
