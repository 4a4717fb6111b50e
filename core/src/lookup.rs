//! How a decision asks the world: questions, answers, and what is pending.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::domain::Domain;
use crate::limits::{MAX_ANSWER_RECORDS, MAX_ANSWER_TEXT, MAX_QUESTIONS};
use crate::machine::Misuse;

/// Something only the host can find out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Question {
    /// The DNS records of a name and type, CNAMEs followed.
    Dns(Domain, RecordType),
    /// The MTA-STS policy file of a domain, fetched as RFC 8461 §3.3 asks.
    StsPolicy(Domain),
}

/// The number of a [`Question`] within one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(pub u32);

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The types of DNS records that the engine asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // The names are the DNS's own.
pub enum RecordType {
    A,
    Aaaa,
    Mx,
    Ptr,
    Cname,
    Ns,
    Soa,
    Tlsa,
    Txt,
}

impl RecordType {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::A, Self::Aaaa, Self::Mx, Self::Ptr, Self::Cname, Self::Ns, Self::Soa, Self::Tlsa, Self::Txt];

    /// The mnemonic, in upper case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Mx => "MX",
            Self::Ptr => "PTR",
            Self::Cname => "CNAME",
            Self::Ns => "NS",
            Self::Soa => "SOA",
            Self::Tlsa => "TLSA",
            Self::Txt => "TXT",
        }
    }

    /// The type with this mnemonic, in any case.
    pub fn from_mnemonic(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str().eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The data of one DNS record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Record {
    /// An IPv4 address (RFC 1035 §3.4.1).
    A(Ipv4Addr),
    /// An IPv6 address (RFC 3596 §2.2).
    Aaaa(Ipv6Addr),
    /// A mail exchange (RFC 1035 §3.3.9).
    Mx {
        /// Lower is preferred.
        preference: u16,
        /// The host; `None` is the root, which makes this a null MX (RFC 7505 §3).
        exchange: Option<Domain>,
    },
    /// The name of an address (RFC 1035 §3.3.12).
    Ptr(Domain),
    /// An alias (RFC 1035 §3.3.1). Evaluators never see one: whoever answers has followed it.
    Cname(Domain),
    /// A name server (RFC 1035 §3.3.11).
    Ns(Domain),
    /// The start of a zone (RFC 1035 §3.3.13).
    Soa {
        /// The primary name server.
        mname: Domain,
        /// The responsible person's mailbox, as a name.
        rname: Domain,
        /// Serial number, then refresh, retry, expire and minimum in seconds.
        numbers: [u32; 5],
    },
    /// A certificate association (RFC 6698 §2.1).
    Tlsa {
        /// Certificate usage.
        usage: u8,
        /// Selector.
        selector: u8,
        /// Matching type.
        matching: u8,
        /// Certificate association data.
        data: Vec<u8>,
    },
    /// A text: its character-strings joined without anything between them (RFC 7208 §3.3, RFC 6376 §3.6.2.2).
    Txt(Vec<u8>),
}

impl Record {
    /// The record's type.
    pub fn record_type(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Mx { .. } => RecordType::Mx,
            Self::Ptr(_) => RecordType::Ptr,
            Self::Cname(_) => RecordType::Cname,
            Self::Ns(_) => RecordType::Ns,
            Self::Soa { .. } => RecordType::Soa,
            Self::Tlsa { .. } => RecordType::Tlsa,
            Self::Txt(_) => RecordType::Txt,
        }
    }
}

/// How a DNS lookup ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// An answer, with records or without (NODATA).
    NoError,
    /// The name does not exist.
    NxDomain,
    /// The servers, or the validation of what they said, failed. Never to be taken for "no records".
    ServFail,
    /// No answer in time.
    Timeout,
}

impl Status {
    /// The word that transcripts use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoError => "NOERROR",
            Self::NxDomain => "NXDOMAIN",
            Self::ServFail => "SERVFAIL",
            Self::Timeout => "TIMEOUT",
        }
    }

    /// The status with this word, in any case.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::NoError, Self::NxDomain, Self::ServFail, Self::Timeout]
            .into_iter()
            .find(|s| s.as_str().eq_ignore_ascii_case(word))
    }
}

/// The answer to a [`Question::Dns`]. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsAnswer {
    /// How the lookup ended.
    pub status: Status,
    /// The records of the type that was asked for; empty unless the status is [`Status::NoError`].
    pub records: Records,
    /// How long the answer may be kept, in seconds.
    pub ttl: u32,
    /// Whether DNSSEC validated the answer.
    pub secure: bool,
}

/// The records of an answer, in order. Cloning is cheap.
///
/// All clones share what an evaluator has read out of the records, so that a record is parsed once where an evaluation is
/// run again, and once for all messages where a host hands in clones of the answers in its cache. Verdicts cannot depend on
/// it: what is read is a function of the records, which nobody can change, so it makes no difference who reads them
/// first, nor when, nor on which thread. It takes no part in comparing and displaying, and a host that makes its answers
/// anew pays nothing for it.
///
/// What is kept is bounded: some hundred octets for each of the [`MAX_SPF_TERMS`](crate::limits::MAX_SPF_TERMS) that an
/// SPF record may have, and [`MAX_KEY_RECORDS`](crate::limits::MAX_KEY_RECORDS) keys. A host that counts the memory of its
/// cache adds that to an answer's own size.
#[derive(Clone, Default)]
pub struct Records(Arc<Kept>);

#[derive(Default)]
struct Kept {
    records: Box<[Record]>,
    /// Of whatever type the evaluator wants that came first; here nobody knows of SPF or DKIM. No two of them ask for the
    /// same name and type, except where somebody publishes one protocol's records at another's names.
    reading: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Records {
    /// What `read` makes of the records: at the first call, and of another kind than the first, by calling it.
    pub(crate) fn read<T: Any + Send + Sync>(&self, read: impl Fn(&[Record]) -> T) -> Arc<T> {
        let reading = self.0.reading.get_or_init(|| Arc::new(read(self)));
        Arc::clone(reading).downcast().unwrap_or_else(|_| Arc::new(read(self)))
    }
}

impl Deref for Records {
    type Target = [Record];

    fn deref(&self) -> &[Record] {
        &self.0.records
    }
}

impl<T: Into<Box<[Record]>>> From<T> for Records {
    fn from(records: T) -> Self {
        Self(Arc::new(Kept { records: records.into(), reading: OnceLock::new() }))
    }
}

impl FromIterator<Record> for Records {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        Self::from(Box::from_iter(records))
    }
}

impl PartialEq for Records {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl Eq for Records {}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(f)
    }
}

/// A [`DnsAnswer`] seen as the cases an evaluator must tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// One record or more.
    Records(&'a [Record]),
    /// The name exists and has no record of this type.
    NoData,
    /// The name does not exist.
    NxDomain,
    /// A temporary failure: SERVFAIL.
    ServFail,
    /// A temporary failure: no answer in time.
    Timeout,
}

impl DnsAnswer {
    /// An answer with these records, not validated by DNSSEC.
    pub fn found(records: impl Into<Records>) -> Self {
        Self { status: Status::NoError, records: records.into(), ttl: 0, secure: false }
    }

    /// An answer without records. With [`Status::NoError`] that is NODATA.
    pub fn empty(status: Status) -> Self {
        Self { status, records: Records::default(), ttl: 0, secure: false }
    }

    /// The case this is.
    pub fn outcome(&self) -> Outcome<'_> {
        match self.status {
            Status::NoError if self.records.is_empty() => Outcome::NoData,
            Status::NoError => Outcome::Records(&self.records),
            Status::NxDomain => Outcome::NxDomain,
            Status::ServFail => Outcome::ServFail,
            Status::Timeout => Outcome::Timeout,
        }
    }
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// To a [`Question::Dns`].
    Dns(DnsAnswer),
    /// To a [`Question::StsPolicy`]: the policy file's text, or why there is none.
    StsPolicy(Result<Arc<str>, Arc<str>>),
}

impl Answer {
    /// The answer to `question` when none came in time.
    pub fn timeout(question: &Question) -> Self {
        match question {
            Question::Dns(..) => Self::Dns(DnsAnswer::empty(Status::Timeout)),
            Question::StsPolicy(_) => Self::StsPolicy(Err("no answer in time".into())),
        }
    }

    fn fits(&self, question: &Question) -> bool {
        matches!((self, question), (Self::Dns(_), Question::Dns(..)) | (Self::StsPolicy(_), Question::StsPolicy(_)))
    }
}

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
            Answer::StsPolicy(_) => Ok(DnsAnswer::empty(Status::ServFail)),
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
/// a failure.
fn normalized(question: &Question, answer: Answer) -> Answer {
    let (wanted, mut answer) = match (question, answer) {
        (Question::Dns(_, wanted), Answer::Dns(answer)) => (wanted, answer),
        (_, answer) => return answer,
    };
    if answer.status != Status::NoError && !answer.records.is_empty() {
        answer.records = Records::default();
    }
    let text = answer.records.iter().map(|r| if let Record::Txt(text) = r { text.len() } else { 0 });
    if answer.records.len() > MAX_ANSWER_RECORDS || text.fold(0, usize::saturating_add) > MAX_ANSWER_TEXT {
        return Answer::Dns(DnsAnswer::empty(Status::ServFail));
    }
    if answer.records.iter().any(|r| r.record_type() != *wanted) {
        answer.records = answer.records.iter().filter(|r| r.record_type() == *wanted).cloned().collect();
    }
    Answer::Dns(answer)
}
