//! A host that drives a machine: what comes when is up to the fuzzer.

use passerelle::evaluate::Reply;
use passerelle::verify::{Envelope, Event, Input, Report, Settings, Verification};
use passerelle::{Answer, Evaluate, Evaluation, Machine, Now, Output, Question, QuestionId};

/// The order in which questions are answered: each octet picks one of those that are open.
pub struct Order<'a> {
    picks: std::iter::Cycle<std::slice::Iter<'a, u8>>,
}

impl<'a> Order<'a> {
    pub fn new(picks: &'a [u8]) -> Self {
        Self { picks: picks.iter().cycle() }
    }

    fn pick(&mut self) -> usize {
        self.picks.next().map_or(0, |pick| usize::from(*pick))
    }

    fn take<T>(&mut self, open: &mut Vec<T>) -> Option<T> {
        let pick = self.pick();
        if open.is_empty() { None } else { Some(open.swap_remove(pick % open.len())) }
    }
}

/// Runs an evaluation to its verdict, with answers in this order.
pub fn evaluate<E: Evaluate>(evaluator: E, mut order: Order<'_>, answer: impl Fn(&Question) -> Answer) -> E::Verdict {
    let mut machine = Evaluation::new(evaluator);
    let mut open: Vec<(QuestionId, Question)> = Vec::new();
    loop {
        match machine.poll() {
            Output::Ask(id, question) => open.push((id, question)),
            Output::Event(verdict) => return verdict,
            Output::Transmit(_) => panic!("an evaluation has no peer"),
            Output::Idle { .. } => {
                let (id, question) = order.take(&mut open).expect("nothing is open, and there is no verdict");
                machine.handle(Now::default(), Reply::Answer(id, answer(&question))).expect("it was asked");
            }
        }
    }
}

/// Runs a verification to its report: chunks and answers come in turn, or several answers in a row.
pub fn verify<'m>(
    mut chunks: impl Iterator<Item = &'m [u8]>,
    envelope: &Envelope,
    settings: &Settings,
    now: Now,
    mut order: Order<'_>,
    answer: impl Fn(&Question) -> Answer,
) -> Report {
    let mut machine = Verification::new(settings, envelope, now);
    let mut open: Vec<(QuestionId, Question)> = Vec::new();
    let (mut ended, mut early) = (false, Vec::new());
    loop {
        match machine.poll() {
            Output::Ask(id, question) => open.push((id, question)),
            Output::Event(Event::Report(report)) => {
                early.iter().for_each(|event| agrees(event, &report));
                return *report;
            }
            Output::Event(event) => early.push(event),
            Output::Transmit(_) => panic!("a verification has no peer"),
            Output::Idle { .. } => {
                if (ended || !order.pick().is_multiple_of(3))
                    && let Some((id, question)) = order.take(&mut open)
                {
                    machine.handle(now, Input::Answer(id, answer(&question))).expect("it was asked");
                } else if let Some(chunk) = chunks.next() {
                    machine.handle(now, Input::Octets(chunk)).expect("the message goes on");
                } else {
                    assert!(!ended, "nothing is open, and there is no report");
                    ended = true;
                    machine.handle(now, Input::End).expect("it ends once");
                }
            }
        }
    }
}

/// What came early is what the report says, but for how identifiers are aligned, which is known at the end alone.
fn agrees(event: &Event, report: &Report) {
    let mut report = report.clone();
    report.spf.aligned = None;
    report.spf_helo.iter_mut().for_each(|verdict| verdict.aligned = None);
    report.dkim.iter_mut().for_each(|verdict| verdict.aligned = None);
    let is_same = match event {
        Event::Spf(verdict) => *verdict == report.spf,
        Event::SpfHelo(verdict) => Some(verdict) == report.spf_helo.as_ref(),
        Event::IpRev(verdict) => Some(verdict) == report.iprev.as_ref(),
        Event::Header(section) => section.signatures.len() == report.dkim.len(),
        Event::Signature { index, verdict } => Some(verdict) == report.dkim.get(*index),
        _ => false,
    };
    assert!(is_same, "{event:?}: {report:?}");
}
