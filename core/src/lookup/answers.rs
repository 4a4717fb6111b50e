//! The answers known so far, and the questions noted.

use std::collections::{BTreeMap, VecDeque};

use super::answer::{Answer, DnsAnswer, Status};
use super::question::{Question, QuotaScope, RecordType};
use super::record::{Record, Records};
use crate::domain::Domain;
use crate::limits::{MAX_ANSWER_RECORDS, MAX_ANSWER_TEXT, MAX_CNAME_CHAIN, MAX_QUESTIONS};
use crate::misuse::{Misuse, QuestionId};

/// An evaluation cannot go on before this question has its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "pass it on with `?`"]
pub struct Pending(pub QuestionId);

/// The answers known so far, and the questions noted.
///
/// Answers only grow: an evaluator that runs again finds at least what it found before.
#[derive(Clone, Debug)]
pub struct Answers {
    ids: BTreeMap<Question, QuestionId>,
    slots: Vec<(Question, Option<Answer>)>,
    unasked: VecDeque<QuestionId>,
    refused: usize,
    limit: usize,
    closed: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self::within(MAX_QUESTIONS)
    }
}

impl Answers {
    /// No answers, no questions.
    pub fn new() -> Self {
        Self::default()
    }

    /// No answers, no questions, and at most `limit` of these.
    pub fn within(limit: usize) -> Self {
        Self {
            ids: BTreeMap::new(),
            slots: Vec::new(),
            unasked: VecDeque::new(),
            refused: 0,
            // The numbers of questions are of 32 bits.
            limit: limit.min(u32::MAX as usize),
            closed: false,
        }
    }

    /// The answer to a DNS question, or `Pending` after having noted it.
    ///
    /// # Errors
    /// [`Pending`] when the host has not answered yet.
    pub fn dns(&mut self, name: &Domain, record_type: RecordType) -> Result<DnsAnswer, Pending> {
        let question = Question::Dns(name.clone(), record_type);
        match self.answer(question)? {
            Answer::Dns(answer) => Ok(answer),
            // `supply` lets no other kind in.
            Answer::StsPolicy(_) | Answer::Quota(_) => Ok(DnsAnswer::empty(Status::ServFail)),
        }
    }

    /// How much of a quota is used (`None` where that cannot be found out), or `Pending` after having noted the question.
    ///
    /// # Errors
    /// [`Pending`] when the host has not answered yet.
    pub fn quota(&mut self, scope: QuotaScope, key: &str, window: u64) -> Result<Option<u64>, Pending> {
        match self.answer(Question::Quota { scope, key: key.to_owned(), window })? {
            Answer::Quota(used) => Ok(used),
            // `supply` lets no other kind in.
            Answer::Dns(_) | Answer::StsPolicy(_) => Ok(None),
        }
    }

    /// Notes a DNS question without needing its answer yet, so that it goes out with the others.
    pub fn note_dns(&mut self, name: &Domain, record_type: RecordType) {
        let _ = self.dns(name, record_type);
    }

    /// The answer to a question, or `Pending` after having noted it.
    ///
    /// Past the limit ([`MAX_QUESTIONS`] unless set) nothing more is asked, and a question gets the answer that a deadline would give it.
    ///
    /// # Errors
    /// [`Pending`] when the host has not answered yet.
    pub fn answer(&mut self, question: Question) -> Result<Answer, Pending> {
        if let Some(&id) = self.ids.get(&question) {
            return match self.slots.get(id.0 as usize) {
                Some((_, Some(answer))) => Ok(answer.clone()),
                _ if self.closed => Ok(Answer::timeout(&question)),
                _ => Err(Pending(id)),
            };
        }
        if self.closed {
            return Ok(Answer::timeout(&question));
        }
        if self.slots.len() >= self.limit {
            self.refused += 1;
            return Ok(Answer::timeout(&question));
        }
        let id = QuestionId(self.slots.len() as u32); // below the limit
        self.ids.insert(question.clone(), id);
        self.slots.push((question, None));
        self.unasked.push_back(id);
        Err(Pending(id))
    }

    /// Takes the next question that has not gone out to the host yet.
    pub fn next_question(&mut self) -> Option<(QuestionId, Question)> {
        let id = self.unasked.pop_front()?;
        self.slots.get(id.0 as usize).map(|(question, _)| (id, question.clone()))
    }

    /// Takes the host's answer. Records of another type than was asked for are dropped; an answer that comes after
    /// the deadline is ignored.
    ///
    /// # Errors
    /// [`Misuse`] when the question was never asked, has been answered, or asks for another kind of answer.
    pub fn supply(&mut self, id: QuestionId, answer: Answer) -> Result<(), Misuse> {
        let (question, slot) = self.slots.get_mut(id.0 as usize).ok_or(Misuse::UnknownQuestion(id))?;
        if slot.is_some() {
            return Err(Misuse::AlreadyAnswered(id));
        }
        if !answer.fits(question) {
            return Err(Misuse::WrongKind(id));
        }
        if !self.closed {
            *slot = Some(normalized(question, answer));
        }
        Ok(())
    }

    /// Whether this question has its answer.
    pub fn is_answered(&self, id: QuestionId) -> bool {
        self.closed || self.slots.get(id.0 as usize).is_some_and(|(_, answer)| answer.is_some())
    }

    /// The deadline: every question without an answer, asked or yet to come, counts as timed out.
    pub fn close(&mut self) {
        self.closed = true;
        self.unasked.clear();
    }

    /// How many questions were noted.
    pub fn questions(&self) -> usize {
        self.slots.len()
    }

    /// How many questions were refused because the limit had been reached.
    pub fn refused(&self) -> usize {
        self.refused
    }
}

/// What the rest of the engine may rely on: records of one type, in a bounded number and of a bounded length, none beside
/// a failure, and a bounded chain of aliases, with which an answer is as secure as the least of them.
fn normalized(question: &Question, answer: Answer) -> Answer {
    let (wanted, mut answer) = match (question, answer) {
        (Question::Dns(_, wanted), Answer::Dns(answer)) => (wanted, answer),
        (_, answer) => return answer,
    };
    if answer.status != Status::NoError && !answer.records.is_empty() {
        answer.records = Records::default();
    }
    let text = answer.records.iter().map(|r| if let Record::Txt(text) = r { text.len() } else { 0 });
    if answer.records.len() > MAX_ANSWER_RECORDS
        || text.fold(0, usize::saturating_add) > MAX_ANSWER_TEXT
        || answer.aliases.len() > MAX_CNAME_CHAIN
    {
        return Answer::Dns(DnsAnswer::empty(Status::ServFail));
    }
    if answer.records.iter().any(|r| r.record_type() != *wanted) {
        answer.records = answer.records.iter().filter(|r| r.record_type() == *wanted).cloned().collect();
    }
    answer.secure &= answer.chain_secure();
    Answer::Dns(answer)
}
