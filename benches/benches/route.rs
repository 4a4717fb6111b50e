//! The decision about a message with a large policy, and reading such a policy.

#![allow(missing_docs)] // criterion's macros make public functions

mod settings;

use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use passerelle::lookup::Answers;
use passerelle::route::policy::Policy;
use passerelle::route::{Decide, Envelope, Session};
use passerelle::{Answer, DnsAnswer, Evaluate, Question, Record, RecordType, Status, UnixTime};

use settings::CpuTime;

criterion_main!(benches);
criterion_group! { name = benches; config = settings::criterion(); targets = decide, load }

const RULES: usize = 1000;
const SENDERS: usize = 10_000;

/// A policy of a thousand rules.
fn document() -> String {
    let mut text = "hostname = \"gw.example.com\"\ndomains = [\"example.com\"]\n\
        [[relay]]\nname = \"users\"\nrequire_auth = true\nrequire_tls = true\nsenders = \"registered\"\nusers = \"users.toml\"\n\
        [[route]]\nname = \"smart\"\nhosts = [\"smart.example.net:587\"]\n"
        .to_owned();
    for rule in 0..RULES {
        let _ = write!(
            text,
            "[[rule]]\nname = \"rule {rule}\"\nmatch = {{ direction = [\"outbound\"], to = [\"@d{rule}.example\", \"@*.d{rule}.example\"] }}\n\
             do = {{ route = \"smart\", require_tls = true }}\n"
        );
    }
    text
}

/// Accounts with ten thousand registered senders together.
fn users() -> String {
    let mut text = String::new();
    for user in 0..SENDERS / 10 {
        let senders: Vec<String> = (0..10).map(|sender| format!("\"s{sender}.{user}@example.com\"")).collect();
        let _ = write!(text, "[[user]]\nname = \"u{user}\"\nsenders = [{}]\n", senders.join(", "));
    }
    text
}

fn compile(document: &str, users: &str) -> Policy {
    let files = |_: &str| Ok(users.as_bytes().to_vec());
    Policy::compile(document, &files).accepted().unwrap_or_else(|findings| panic!("{findings:?}"))
}

fn answer(question: &Question) -> Answer {
    Answer::Dns(match question {
        Question::Dns(_, RecordType::A) => DnsAnswer::found([Record::A([198, 51, 100, 1].into())]),
        _ => DnsAnswer::empty(Status::NoError),
    })
}

fn decide(criterion: &mut Criterion<CpuTime>) {
    let policy = Arc::new(compile(&document(), &users()));
    let session = Session::new().peer("192.0.2.7".parse().ok()).user(Some("u777".into())).tls(true);
    let mailbox = |text: &str| text.parse().expect("a mailbox");
    let envelope = Envelope::new(Some(mailbox("s7.777@example.com")), vec![mailbox("bob@mail.d500.example")]);
    let mut group = settings::group(criterion, "a decision with 1,000 rules and 10,000 senders");
    group.throughput(Throughput::Elements(1));
    for (name, with_trail) in [("with its trail", true), ("without", false)] {
        let decide = Decide::new(policy.clone(), session.clone(), envelope.clone(), UnixTime(1_795_867_200))
            .with_trail(with_trail);
        let mut answers = Answers::new();
        while decide.evaluate(&mut answers).is_err() {
            while let Some((id, question)) = answers.next_question() {
                answers.supply(id, answer(&question)).expect("the question was asked");
            }
        }
        assert!(
            decide.evaluate(&mut answers).is_ok_and(|decision| decision.admitted && decision.rules == ["rule 500"])
        );
        group.bench_function(name, |b| b.iter(|| black_box(&decide).evaluate(&mut answers).is_ok()));
    }
}

fn load(criterion: &mut Criterion<CpuTime>) {
    let (document, users) = (document(), users());
    let mut group = settings::group(criterion, "a policy of 1,000 rules is read");
    group.throughput(Throughput::Bytes(document.len() as u64));
    group.bench_function("the rules alone", |b| b.iter(|| compile(black_box(&document), "").rules.len()));
    group.bench_function("with 10,000 senders", |b| {
        b.iter(|| compile(black_box(&document), black_box(&users)).rules.len())
    });
}
