//! The one loop for everything that decides.

use std::collections::VecDeque;

use crate::lookup::{Answer, Answers, Pending, Question, QuestionId};
use crate::machine::{Machine, Misuse, Output};
use crate::time::Now;

/// A decision: a pure function of its request (`self`) and the answers.
///
/// It reads like its RFC, from top to bottom. A missing answer is noted in `answers` and returned as [`Pending`], `?`
/// ends the run, and the run starts again when the answer came. For that to be cheap and to give the same verdict
/// whatever the order of the answers:
///
/// - questions that do not depend on each other are noted (with [`Answers::note_dns`]) before the first `?`;
/// - what is expensive is done once, outside;
/// - nothing but `self` and `answers` has a say: no clock, no randomness, no state between runs.
pub trait Evaluate {
    /// What is decided.
    type Verdict;

    /// Runs from the start as far as the answers reach.
    ///
    /// # Errors
    /// [`Pending`] names the question without whose answer there is no verdict.
    fn evaluate(&self, answers: &mut Answers) -> Result<Self::Verdict, Pending>;
}

/// An evaluator and how far it has come: the only place in which one is run again.
#[derive(Clone, Debug)]
pub struct Run<E: Evaluate> {
    evaluator: E,
    state: State<E::Verdict>,
}

#[derive(Clone, Debug)]
enum State<V> {
    Fresh,
    Blocked(QuestionId),
    Done(V),
}

impl<E: Evaluate> Run<E> {
    /// An evaluator that has not run yet.
    pub fn new(evaluator: E) -> Self {
        Self { evaluator, state: State::Fresh }
    }

    /// Runs the evaluator if it has not run yet or if what it waited for has been answered.
    pub fn advance(&mut self, answers: &mut Answers) -> Option<&E::Verdict> {
        loop {
            match self.state {
                State::Done(_) => break,
                State::Blocked(id) if !answers.is_answered(id) => break,
                State::Fresh | State::Blocked(_) => {}
            }
            self.state = match self.evaluator.evaluate(answers) {
                Ok(verdict) => State::Done(verdict),
                Err(Pending(id)) => State::Blocked(id),
            };
        }
        self.verdict()
    }

    /// The verdict, once there is one.
    pub fn verdict(&self) -> Option<&E::Verdict> {
        match &self.state {
            State::Done(verdict) => Some(verdict),
            State::Fresh | State::Blocked(_) => None,
        }
    }

    /// The evaluator.
    pub fn evaluator(&self) -> &E {
        &self.evaluator
    }

    /// The verdict by value, once there is one.
    pub fn into_verdict(self) -> Option<E::Verdict> {
        match self.state {
            State::Done(verdict) => Some(verdict),
            State::Fresh | State::Blocked(_) => None,
        }
    }
}

/// What the host hands to an [`Evaluation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The answer to a question.
    Answer(QuestionId, Answer),
    /// The host waits no longer: missing answers become temporary failures and the verdict follows.
    Deadline,
}

/// One decision as a [`Machine`]: its only event is the verdict, and it comes once.
#[derive(Clone, Debug)]
pub struct Evaluation<E: Evaluate> {
    answers: Answers,
    run: Option<Run<E>>,
    outputs: VecDeque<Output<E::Verdict>>,
}

impl<E: Evaluate> Evaluation<E> {
    /// Starts the evaluation; its first questions are ready to be polled.
    pub fn new(evaluator: E) -> Self {
        let mut evaluation = Self { answers: Answers::new(), run: Some(Run::new(evaluator)), outputs: VecDeque::new() };
        evaluation.advance();
        evaluation
    }

    /// Runs to the verdict with a host that answers each question at once, such as a
    /// [`Transcript`](crate::transcript::Transcript).
    pub fn run_with(mut self, mut answer: impl FnMut(&Question) -> Answer) -> E::Verdict {
        loop {
            match self.poll() {
                Output::Event(verdict) => return verdict,
                Output::Ask(id, question) => {
                    let answer = answer(&question);
                    // The question was just asked; only an answer of the wrong kind can be misuse, and then
                    // the deadline gives it another.
                    if self.handle(Now::default(), Reply::Answer(id, answer)).is_err() {
                        let _ = self.handle(Now::default(), Reply::Deadline);
                    }
                }
                Output::Transmit(_) => {}
                Output::Idle { .. } => {
                    let _ = self.handle(Now::default(), Reply::Deadline);
                }
            }
        }
    }

    fn advance(&mut self) {
        let Some(run) = &mut self.run else { return };
        run.advance(&mut self.answers);
        while let Some((id, question)) = self.answers.next_question() {
            self.outputs.push_back(Output::Ask(id, question));
        }
        if run.verdict().is_some() {
            // Questions that nobody waits for any more need not go out.
            self.outputs.clear();
            self.outputs.extend(self.run.take().and_then(Run::into_verdict).map(Output::Event));
        }
    }
}

impl<E: Evaluate> Machine for Evaluation<E> {
    type Input<'a> = Reply;
    type Event = E::Verdict;

    fn handle(&mut self, _now: Now, input: Reply) -> Result<(), Misuse> {
        match input {
            Reply::Answer(id, answer) => self.answers.supply(id, answer)?,
            Reply::Deadline => self.answers.close(),
        }
        self.advance();
        Ok(())
    }

    fn poll(&mut self) -> Output<E::Verdict> {
        self.outputs.pop_front().unwrap_or(Output::Idle { wake: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Domain;
    use crate::lookup::{DnsAnswer, Record, RecordType, Status};

    /// Asks two names at once and a third that depends on the first.
    struct Chain;

    impl Evaluate for Chain {
        type Verdict = Vec<Status>;

        fn evaluate(&self, answers: &mut Answers) -> Result<Vec<Status>, Pending> {
            let [a, b, c] = ["a.example", "b.example", "c.example"].map(|n| Domain::parse(n).unwrap());
            answers.note_dns(&b, RecordType::A);
            let first = answers.dns(&a, RecordType::A)?;
            let third = match first.outcome() {
                crate::lookup::Outcome::Records(_) => answers.dns(&c, RecordType::A)?,
                _ => first.clone(),
            };
            let second = answers.dns(&b, RecordType::A)?;
            Ok(vec![first.status, second.status, third.status])
        }
    }

    fn found() -> Answer {
        Answer::Dns(DnsAnswer::found([Record::A([192, 0, 2, 1].into())]))
    }

    fn asked(machine: &mut Evaluation<Chain>) -> Vec<(QuestionId, String)> {
        std::iter::from_fn(|| match machine.poll() {
            Output::Ask(id, Question::Dns(name, _)) => Some((id, name.to_string())),
            _ => None,
        })
        .collect()
    }

    #[test]
    fn independent_questions_go_out_together() {
        let mut machine = Evaluation::new(Chain);
        let first = asked(&mut machine);
        assert_eq!(first.iter().map(|q| &*q.1).collect::<Vec<_>>(), ["b.example", "a.example"]);
        machine.handle(Now::default(), Reply::Answer(first[1].0, found())).unwrap();
        assert_eq!(asked(&mut machine).len(), 1);
    }

    #[test]
    fn any_order_gives_the_same_verdict() {
        let expected = vec![Status::NoError; 3];
        assert_eq!(Evaluation::new(Chain).run_with(|_| found()), expected);
        let mut machine = Evaluation::new(Chain);
        for (id, _) in asked(&mut machine) {
            machine.handle(Now::default(), Reply::Answer(id, found())).unwrap();
        }
        for (id, _) in asked(&mut machine) {
            machine.handle(Now::default(), Reply::Answer(id, found())).unwrap();
        }
        assert_eq!(machine.poll(), Output::Event(expected));
        assert_eq!(machine.poll(), Output::Idle { wake: None });
    }

    #[test]
    fn the_deadline_ends_it() {
        let mut machine = Evaluation::new(Chain);
        let first = asked(&mut machine);
        machine.handle(Now::default(), Reply::Answer(first[1].0, found())).unwrap();
        machine.handle(Now::default(), Reply::Deadline).unwrap();
        assert_eq!(machine.poll(), Output::Event(vec![Status::NoError, Status::Timeout, Status::Timeout]));
        // A late answer is no misuse; a second one to the same question is.
        machine.handle(Now::default(), Reply::Answer(first[0].0, found())).unwrap();
        let again = machine.handle(Now::default(), Reply::Answer(first[1].0, found()));
        assert_eq!(again, Err(Misuse::AlreadyAnswered(first[1].0)));
        let unknown = machine.handle(Now::default(), Reply::Answer(QuestionId(99), found()));
        assert_eq!(unknown, Err(Misuse::UnknownQuestion(QuestionId(99))));
    }
}
