//! A host that does what the documentation says never hears of misuse: whatever the octets, however they are cut, in whichever
//! order the answers come, late ones and those behind the deadline with them.

use passerelle::spf::{CheckHost, Request, SpfResult};
use passerelle::verify::{Envelope, Event, Input, Report, Verification};
use passerelle::{
    Answer, DnsAnswer, Evaluation, Machine, Now, Output, Question, QuestionId, Reply, Status, Transcript,
};
use proptest::prelude::*;

use crate::world::{MESSAGE, NOW, envelope, settings, signed, transcript};

/// What a host does next, as far as it may.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// So many octets more.
    Octets(usize),
    End,
    /// The answer to one of the open questions, as the world has it or as a failure.
    Answer(usize, Option<Status>),
    Deadline,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let status = prop_oneof![
        3 => Just(None),
        1 => prop_oneof![Just(Status::ServFail), Just(Status::Timeout), Just(Status::NxDomain), Just(Status::NoError)]
            .prop_map(Some),
    ];
    let act = prop_oneof![
        6 => (0_usize..400).prop_map(Act::Octets),
        1 => Just(Act::End),
        8 => (any::<usize>(), status).prop_map(|(which, status)| Act::Answer(which, status)),
        1 => Just(Act::Deadline),
    ];
    proptest::collection::vec(act, 0..60)
}

fn answer(world: &Transcript, question: &Question, status: Option<Status>) -> Answer {
    match (status, question) {
        (Some(status), Question::Dns(..)) => Answer::Dns(DnsAnswer::empty(status)),
        _ => world.answer(question),
    }
}

/// The questions that wait for the host, and what it was told.
struct Heard<E> {
    open: Vec<(QuestionId, Question)>,
    events: Vec<E>,
}

impl<E> Heard<E> {
    fn poll<M: Machine<Event = E>>(&mut self, machine: &mut M) {
        loop {
            match machine.poll() {
                Output::Ask(id, question) => self.open.push((id, question)),
                Output::Event(event) => self.events.push(event),
                Output::Transmit(_) => panic!("there is no peer"),
                Output::Idle { .. } => return,
            }
        }
    }

    fn take(&mut self, which: usize) -> Option<(QuestionId, Question)> {
        (!self.open.is_empty()).then(|| self.open.swap_remove(which % self.open.len()))
    }
}

/// Every call succeeds, and there is one report.
fn verified(mut octets: &[u8], envelope: &Envelope, world: &Transcript, acts: &[Act], polls: &[bool]) -> Report {
    let now = Now::at(NOW);
    let mut machine = Verification::new(&settings(), envelope, now);
    let mut heard = Heard { open: Vec::new(), events: Vec::new() };
    let mut has_ended = false;
    for (act, polls) in acts.iter().zip(polls.iter().cycle()) {
        // A host may hand in several things before it polls.
        if *polls {
            heard.poll(&mut machine);
        }
        match *act {
            Act::Octets(count) if !has_ended => {
                let (chunk, rest) = octets.split_at(count.min(octets.len()));
                octets = rest;
                machine.handle(now, Input::Octets(chunk)).unwrap();
            }
            Act::End if !has_ended => {
                has_ended = true;
                machine.handle(now, Input::End).unwrap();
            }
            Act::Answer(which, status) => {
                if let Some((id, question)) = heard.take(which) {
                    machine.handle(now, Input::Answer(id, answer(world, &question, status))).unwrap();
                }
            }
            Act::Deadline => machine.handle(now, Input::Deadline).unwrap(),
            Act::Octets(_) | Act::End => {}
        }
    }
    if !has_ended {
        machine.handle(now, Input::Octets(octets)).unwrap();
        machine.handle(now, Input::End).unwrap();
    }
    machine.handle(now, Input::Deadline).unwrap();
    heard.poll(&mut machine);
    // What the DNS says behind the report.
    while let Some((id, question)) = heard.take(0) {
        machine.handle(now, Input::Answer(id, world.answer(&question))).unwrap();
        heard.poll(&mut machine);
    }
    machine.handle(now, Input::Deadline).unwrap();
    heard.poll(&mut machine);
    assert!(heard.open.is_empty(), "nothing is asked behind the report");
    let Some(Event::Report(report)) = heard.events.pop() else { panic!("the report comes last: {:?}", heard.events) };
    assert!(!heard.events.iter().any(|event| matches!(event, Event::Report(_))), "there is one report");
    *report
}

/// The same of one decision.
fn evaluated(request: &Request, world: &Transcript, acts: &[Act], polls: &[bool]) -> SpfResult {
    let now = Now::at(NOW);
    let mut machine = Evaluation::new(CheckHost::mail_from(request));
    let mut heard = Heard { open: Vec::new(), events: Vec::new() };
    for (act, polls) in acts.iter().zip(polls.iter().cycle()) {
        if *polls {
            heard.poll(&mut machine);
        }
        match *act {
            Act::Answer(which, status) => {
                if let Some((id, question)) = heard.take(which) {
                    machine.handle(now, Reply::Answer(id, answer(world, &question, status))).unwrap();
                }
            }
            Act::Deadline => machine.handle(now, Reply::Deadline).unwrap(),
            Act::Octets(_) | Act::End => {}
        }
    }
    machine.handle(now, Reply::Deadline).unwrap();
    heard.poll(&mut machine);
    while let Some((id, question)) = heard.take(0) {
        machine.handle(now, Reply::Answer(id, world.answer(&question))).unwrap();
        heard.poll(&mut machine);
    }
    machine.handle(now, Reply::Deadline).unwrap();
    heard.poll(&mut machine);
    let [verdict] = &heard.events[..] else { panic!("there is one verdict: {:?}", heard.events) };
    verdict.result
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    let intact = signed(MESSAGE, "harbour.example");
    let changed = intact.clone();
    let piece = prop_oneof![
        Just(&b"From: a@harbour.example\r\n"[..]),
        Just(&b"DKIM-Signature: v=1; a=rsa-sha256; d=harbour.example; s=r; h=from; b=aa; bh=aa\r\n"[..]),
        Just(&b"\r\n"[..]),
        Just(&b"\n"[..]),
        Just(&b"\r"[..]),
        Just(&b"\0: \xff"[..]),
        Just(&b" folded"[..]),
    ];
    prop_oneof![
        Just(intact),
        (0..changed.len(), any::<u8>()).prop_map(move |(at, octet)| {
            let mut changed = changed.clone();
            changed[at] = octet;
            changed
        }),
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()),
        proptest::collection::vec(any::<u8>(), 0..600),
    ]
}

fn senders() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("maya@harbour.example".to_owned()),
        1 => Just(String::new()),
        1 => "\\PC{0,20}",
        1 => "[a-z]{1,5}@[a-z.]{1,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_host_that_does_what_the_documentation_says_never_misuses_verification_or_evaluation(
        octets in octets(),
        sender in senders(),
        acts in acts(),
        polls in proptest::collection::vec(any::<bool>(), 1..20),
    ) {
        let world = transcript("v=DMARC1; p=reject");
        let envelope = envelope().mail_from(sender.clone());
        verified(&octets, &envelope, &world, &acts, &polls);
        let request = Request::new([192, 0, 2, 1].into(), "mail.harbour.example", sender);
        evaluated(&request, &world, &acts, &polls);
    }
}

/// The host of the property is one that gets somewhere.
#[test]
fn the_same_host_gets_the_verdicts_where_it_is_answered_in_time() {
    let world = transcript("v=DMARC1; p=reject");
    let acts: Vec<Act> = [Act::Octets(200)].into_iter().chain((0..60).map(|which| Act::Answer(which, None))).collect();
    let octets = signed(MESSAGE, "harbour.example");
    let mut all = acts.clone();
    all.splice(1..1, [Act::Octets(usize::MAX), Act::End]);
    let report = verified(&octets, &envelope(), &world, &all, &[true]);
    assert_eq!((report.dmarc.result.as_str(), report.spf.result), ("pass", SpfResult::Pass));
    let request = Request::new([192, 0, 2, 1].into(), "mail.harbour.example", "maya@harbour.example");
    assert_eq!(evaluated(&request, &world, &acts, &[true]), SpfResult::Pass);
}
