//! SPF over small worlds: one verdict for any order of answers, within the RFC's bounds.
#![no_main]

use arbitrary::Arbitrary;
use passerelle::evaluate::Reply;
use passerelle::limits::{MAX_QUESTIONS, MAX_SPF_LOOKUPS, MAX_SPF_VOID_LOOKUPS};
use passerelle::message::Header;
use passerelle::spf::{CheckHost, Request, SpfResult, Verdict};
use passerelle::{Answer, Answers, Evaluate, Evaluation, Machine, Now, Output, Question};
use passerelle_fuzz::fuzz_target;
use passerelle_fuzz::host::{Order, evaluate};
use passerelle_fuzz::world::{Address, Name, World};

#[derive(Arbitrary, Debug)]
struct Input {
    ip: Address,
    helo: Name,
    local: String,
    domain: Option<Name>,
    check_helo: bool,
    order: Vec<u8>,
    world: World,
}

fuzz_target!(|input: Input| {
    let transcript = input.world.transcript();
    let answer = |question: &Question| input.world.answer(&transcript, question);
    let path = input.domain.map(|domain| format!("{}@{}", input.local, domain.as_str())).unwrap_or_default();
    let request = Request::new(input.ip.ip(), input.helo.as_str(), path);
    let check = if input.check_helo { CheckHost::helo(&request) } else { CheckHost::mail_from(&request) };

    let verdict = evaluate(check.clone(), Order::new(&[]), answer);
    bounds(&verdict);
    assert_eq!(evaluate(check.clone(), Order::new(&input.order), answer), verdict);
    assert_eq!(at_once(&check, answer), verdict);
    // Without the trail it is the same verdict.
    let mut untold = evaluate(check.clone().without_trail(), Order::new(&input.order), answer);
    assert!(untold.trail.steps().is_empty());
    untold.trail = verdict.trail.clone();
    assert_eq!(untold, verdict);

    deadline(check, &verdict, &input.order, answer);
    // Its trace field is one field, whatever the world said.
    let field = verdict.received_spf(&request);
    assert!(field.ends_with("\r\n") && field.lines().all(|line| line.len() <= 998 && !line.trim().is_empty()));
    let (header, rest) = Header::split(field.as_bytes());
    assert_eq!((header.fields().len(), rest.len()), (1, 0), "{field}");
});

fn bounds(verdict: &Verdict) {
    assert!(verdict.lookups <= MAX_SPF_LOOKUPS && verdict.void_lookups <= MAX_SPF_VOID_LOOKUPS + 1);
    if verdict.void_lookups > MAX_SPF_VOID_LOOKUPS {
        assert_eq!(verdict.result, SpfResult::PermError);
    }
    let error = matches!(verdict.result, SpfResult::None | SpfResult::TempError | SpfResult::PermError);
    assert!(verdict.reason.is_some() || !error, "{verdict:?}");
    assert!(verdict.reason.is_none() || verdict.result != SpfResult::Pass, "{verdict:?}");
    assert_eq!(verdict.mechanism.is_none(), error, "{verdict:?}");
    assert!(verdict.explanation.is_none() || verdict.result == SpfResult::Fail);
    assert_eq!(verdict.trail.steps().last().map(|step| &*step.outcome), Some(verdict.result.as_str()));
}

/// The verdict with no answer missing when it counts.
fn at_once(check: &CheckHost, answer: impl Fn(&Question) -> Answer) -> Verdict {
    let mut answers = Answers::new();
    while let Err(pending) = check.evaluate(&mut answers) {
        while let Some((id, question)) = answers.next_question() {
            answers.supply(id, answer(&question)).expect("it was asked");
        }
        assert!(answers.is_answered(pending.0));
    }
    assert!(answers.questions() < MAX_QUESTIONS && answers.refused() == 0);
    check.evaluate(&mut answers).expect("nothing is missing")
}

/// A deadline after a few answers: there is a verdict at once, either the same or a temporary error.
fn deadline(check: CheckHost, verdict: &Verdict, order: &[u8], answer: impl Fn(&Question) -> Answer) {
    let mut machine = Evaluation::new(check);
    let mut left = order.len() % 8;
    loop {
        match machine.poll() {
            Output::Ask(id, question) if left > 0 => {
                left -= 1;
                machine.handle(Now::default(), Reply::Answer(id, answer(&question))).expect("it was asked");
            }
            Output::Ask(..) => machine.handle(Now::default(), Reply::Deadline).expect("a deadline is never misuse"),
            Output::Event(early) => {
                bounds(&early);
                return;
            }
            output => panic!("{output:?} instead of {verdict:?}"),
        }
    }
}
