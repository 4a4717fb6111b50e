//! The answers of one transaction, which its decision, its verification and the search for its keys share.

use crate::evaluate::{Evaluate, Run};
use crate::limits::GATEWAY_QUESTIONS;
use crate::lookup::{Answer, Answers, Pending, Question, QuestionId};
use crate::machine::{Machine, Misuse, Output};
use crate::time::Now;
use crate::verify::{self, Report, Verification};

/// The answers of one transaction. A question goes out once, whoever asks it.
#[derive(Debug)]
pub(super) struct Shared {
    answers: Answers,
    /// The number of the first question: questions are numbered through a whole session.
    first: u32,
    /// Of the verification, whose own numbers these are.
    waiting: Vec<(QuestionId, Question, QuestionId)>,
}

impl Shared {
    /// No answers; questions are numbered from `first` on.
    pub(super) fn new(first: u32) -> Self {
        Self { answers: Answers::within(GATEWAY_QUESTIONS), first, waiting: Vec::new() }
    }

    /// The number behind the last question.
    pub(super) fn next(&self) -> u32 {
        // At most GATEWAY_QUESTIONS.
        self.first.saturating_add(self.answers.questions() as u32)
    }

    /// Takes the host's answer, and hands it to the verification where that waits for it.
    pub(super) fn supply(
        &mut self,
        now: Now,
        id: QuestionId,
        answer: Answer,
        verification: Option<&mut Verifying>,
    ) -> Result<(), Misuse> {
        let Some(own) = id.0.checked_sub(self.first).map(QuestionId) else { return Ok(()) };
        self.answers.supply(own, answer).map_err(|misuse| match misuse {
            Misuse::UnknownQuestion(_) => Misuse::UnknownQuestion(id),
            Misuse::AlreadyAnswered(_) => Misuse::AlreadyAnswered(id),
            Misuse::WrongKind(_) => Misuse::WrongKind(id),
            other => other,
        })?;
        if let Some(verification) = verification {
            self.hand_over(now, verification);
        }
        Ok(())
    }

    /// Hands the verification what it waits for and is there.
    fn hand_over(&mut self, now: Now, verification: &mut Verifying) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|(id, question, theirs)| {
            if !self.answers.is_answered(*id) {
                return true;
            }
            if let Ok(answer) = self.answers.answer(question.clone()) {
                verification.answer(now, *theirs, answer);
            }
            false
        });
        self.waiting.append(&mut waiting);
    }

    /// Lets the verification go on as far as it can.
    pub(super) fn drive(&mut self, now: Now, verification: &mut Verifying) {
        while let Some((theirs, question)) = verification.next_question() {
            match self.answers.answer(question.clone()) {
                Ok(answer) => verification.answer(now, theirs, answer),
                Err(Pending(id)) => self.waiting.push((id, question, theirs)),
            }
        }
    }

    /// Lets a decision go on as far as it can.
    pub(super) fn advance<'r, E: Evaluate>(&mut self, run: &'r mut Run<E>) -> Option<&'r E::Verdict> {
        run.advance(&mut self.answers)
    }

    /// Runs an evaluator once, for the questions that it asks.
    pub(super) fn ask<E: Evaluate>(&mut self, evaluator: &E) -> Option<E::Verdict> {
        evaluator.evaluate(&mut self.answers).ok()
    }

    /// The host waits no longer: what is not answered counts as failed.
    pub(super) fn close(&mut self, now: Now, verification: Option<&mut Verifying>) {
        self.answers.close();
        self.waiting.clear();
        if let Some(verification) = verification {
            verification.give_up(now);
        }
    }

    /// The next question for the host.
    pub(super) fn next_question(&mut self) -> Option<(QuestionId, Question)> {
        let (id, question) = self.answers.next_question()?;
        Some((QuestionId(self.first.saturating_add(id.0)), question))
    }
}

/// A verification under way, and its report once it is there.
#[derive(Debug)]
pub(super) struct Verifying {
    verification: Verification,
    report: Option<Box<Report>>,
}

impl Verifying {
    pub(super) fn new(settings: &verify::Settings, envelope: &verify::Envelope, now: Now) -> Self {
        Self { verification: Verification::new(settings, envelope, now), report: None }
    }

    pub(super) fn octets(&mut self, now: Now, octets: &[u8]) {
        // The end has not been said.
        let _ = self.verification.handle(now, verify::Input::Octets(octets));
    }

    pub(super) fn end(&mut self, now: Now) {
        let _ = self.verification.handle(now, verify::Input::End);
    }

    fn answer(&mut self, now: Now, id: QuestionId, answer: Answer) {
        // It was asked, and `Shared` hands out one answer a question.
        let _ = self.verification.handle(now, verify::Input::Answer(id, answer));
    }

    fn give_up(&mut self, now: Now) {
        let _ = self.verification.handle(now, verify::Input::Deadline);
        while self.next_question().is_some() {}
    }

    fn next_question(&mut self) -> Option<(QuestionId, Question)> {
        loop {
            match self.verification.poll() {
                Output::Ask(id, question) => return Some((id, question)),
                Output::Event(verify::Event::Report(report)) => self.report = Some(report),
                Output::Event(_) | Output::Transmit(_) => {}
                Output::Idle { .. } => return None,
            }
        }
    }

    /// What was found, once all is.
    pub(super) fn report(&self) -> Option<&Report> {
        self.report.as_deref()
    }
}
