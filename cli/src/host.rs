//! The host: it drives a machine of the engine with a message, with answers and with the time.

use std::collections::BTreeMap;
use std::future::{pending, ready};
use std::io;
use std::time::Duration;

use passerelle::evaluate::Evaluation;
use passerelle::verify::{Event, Input, Report, Verification};
use passerelle::{Answer, Evaluate, Machine, Now, Output, Question, QuestionId, Reply, StsCache, UnixTime};
use tokio::runtime;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::args::World;
use crate::dns::{Recorder, Source};
use crate::failure::Failure;
use crate::output::tell;

/// What is said where nobody vouches for answers.
pub(crate) const NO_DNSSEC: &str =
    "no resolver here validates DNSSEC: DANE cannot be used, and dane-only destinations wait";

/// A machine whose business with this host is questions: it ends with a verdict.
pub(crate) trait Asking: Machine {
    /// What it ends with.
    type Verdict;
    /// The verdict, if that is what happened.
    fn verdict(event: Self::Event) -> Option<Self::Verdict>;
    /// The input that carries an answer.
    fn answer(id: QuestionId, answer: Answer) -> Self::Input<'static>;
    /// The input that says that no more answers come.
    fn deadline() -> Self::Input<'static>;
    /// The input that carries octets of the message, or its end; `None` for a machine that reads none.
    fn octets(chunk: Option<&[u8]>) -> Option<Self::Input<'_>>;
}

impl Asking for Verification {
    type Verdict = Report;

    fn verdict(event: Event) -> Option<Report> {
        event.into_report()
    }

    fn answer(id: QuestionId, answer: Answer) -> Input<'static> {
        Input::Answer(id, answer)
    }

    fn deadline() -> Input<'static> {
        Input::Deadline
    }

    fn octets(chunk: Option<&[u8]>) -> Option<Input<'_>> {
        Some(chunk.map_or(Input::End, Input::Octets))
    }
}

impl<E: Evaluate> Asking for Evaluation<E> {
    type Verdict = E::Verdict;

    fn verdict(event: E::Verdict) -> Option<E::Verdict> {
        Some(event)
    }

    fn answer(id: QuestionId, answer: Answer) -> Reply {
        Reply::Answer(id, answer)
    }

    fn deadline() -> Reply {
        Reply::Deadline
    }

    fn octets(_: Option<&[u8]>) -> Option<Reply> {
        None
    }
}

/// Chunks of a message, read on a thread of their own; the channel closes at the message's end.
pub(crate) type Chunks = Receiver<io::Result<Vec<u8>>>;

/// The world around a machine.
pub(crate) struct Host {
    source: Source,
    recorder: Option<Recorder>,
    patience: Duration,
    now: Now,
}

impl Host {
    /// The world that the command line asks for.
    pub(crate) fn new(world: &World) -> Result<Self, Failure> {
        Ok(Self {
            source: Source::open(world)?,
            recorder: world.record.as_deref().map(Recorder::create).transpose()?,
            patience: Duration::from_secs(world.timeout),
            now: Now::at(world.now.map_or_else(system_time, Ok)?),
        })
    }

    /// The time by which all is judged: that of the start.
    pub(crate) fn now(&self) -> Now {
        self.now
    }

    /// The MTA-STS policies that were had before, as the world has them.
    pub(crate) fn sts_cache(&self) -> StsCache {
        self.source.sts_cache()
    }

    /// Notes that a verdict rests on these.
    pub(crate) fn note_sts_cache(&mut self, cache: &StsCache) {
        if let Some(recorder) = &mut self.recorder {
            recorder.note_sts_cache(cache.clone());
        }
    }

    /// Finds out whether what is said of DNSSEC can be believed, and says so where it can't.
    pub(crate) fn probe_dnssec(&self) -> Result<(), Failure> {
        if !block_on(runtime::Builder::new_current_thread(), self.source.validates())? {
            tell::note(NO_DNSSEC);
        }
        Ok(())
    }

    /// The same world at another time, which records nothing.
    pub(crate) fn at(&self, now: Now) -> Self {
        Self { source: self.source.clone(), recorder: None, patience: self.patience, now }
    }

    /// Drives `machine` to its verdict, on the caller's runtime.
    pub(crate) async fn converse<M: Asking>(
        mut self,
        machine: M,
        message: Option<Chunks>,
    ) -> Result<M::Verdict, Failure> {
        Conversation::new(&mut self, machine).run(message).await
    }

    /// Drives `machine` to its verdict and saves the recording, if there is to be one.
    pub(crate) fn run<M: Asking>(&mut self, machine: M, message: Option<Chunks>) -> Result<M::Verdict, Failure> {
        let conversation = Conversation::new(self, machine).run(message);
        let verdict = block_on(runtime::Builder::new_current_thread(), conversation)??;
        if let Some(recorder) = &self.recorder {
            recorder.save()?;
        }
        Ok(verdict)
    }
}

/// Runs a future to its end on a runtime of its own.
pub(crate) fn block_on<F: Future>(mut runtime: runtime::Builder, future: F) -> Result<F::Output, Failure> {
    let runtime = runtime.enable_io().enable_time().build();
    Ok(runtime.map_err(|error| Failure::new(format!("cannot wait for the network: {error}")))?.block_on(future))
}

fn system_time() -> Result<u64, Failure> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map(|s| s.as_secs()).map_err(|_| Failure::new("the system clock is before 1970; give the time with --now"))
}

/// The wall clock as `--now` or the system has it.
pub(crate) fn unix_time(now: Option<u64>) -> Result<UnixTime, Failure> {
    now.map_or_else(system_time, Ok).map(UnixTime)
}

/// One machine, and what it waits for.
struct Conversation<'h, M> {
    host: &'h mut Host,
    machine: M,
    lookups: JoinSet<(QuestionId, Answer)>,
    waiting: BTreeMap<QuestionId, Question>,
    patience: Patience,
}

/// How far the host has lost its patience.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    Patient,
    /// All questions are answered with a time-out from here on.
    Overdue,
    /// The machine was told that no more answers come.
    Over,
}

/// What happened while the machine was idle.
enum Happening {
    Chunk(Option<io::Result<Vec<u8>>>),
    Answered(QuestionId, Answer),
    Overdue,
}

impl<'h, M: Asking> Conversation<'h, M> {
    fn new(host: &'h mut Host, machine: M) -> Self {
        Self { host, machine, lookups: JoinSet::new(), waiting: BTreeMap::new(), patience: Patience::Patient }
    }

    /// Runs to the verdict. Lookups go on while the message is still being read; patience is measured from its end.
    async fn run(mut self, mut message: Option<Chunks>) -> Result<M::Verdict, Failure> {
        let mut deadline = Instant::now() + self.host.patience;
        loop {
            if let Some(verdict) = self.drain()? {
                return Ok(verdict);
            }
            match self.wait(message.as_mut(), deadline).await {
                Happening::Chunk(Some(chunk)) => {
                    let chunk = chunk.map_err(|e| Failure::new(format!("cannot read the message: {e}")))?;
                    self.read(Some(&chunk))?;
                    tokio::task::yield_now().await; // Questions are to go out even if chunks never keep us waiting.
                }
                Happening::Chunk(None) => {
                    message = None;
                    deadline = Instant::now() + self.host.patience;
                    self.read(None)?;
                }
                Happening::Answered(id, answer) => self.supply(id, answer)?,
                Happening::Overdue => self.give_up()?,
            }
        }
    }

    /// Acts on all that the machine has to say.
    fn drain(&mut self) -> Result<Option<M::Verdict>, Failure> {
        loop {
            match self.machine.poll() {
                Output::Event(event) => {
                    if let Some(verdict) = M::verdict(event) {
                        return Ok(Some(verdict));
                    }
                }
                Output::Ask(id, question) => self.ask(id, question)?,
                Output::Transmit(_) => {} // What only decides has no peer.
                Output::Idle { .. } => return Ok(None),
            }
        }
    }

    fn ask(&mut self, id: QuestionId, question: Question) -> Result<(), Failure> {
        self.waiting.insert(id, question.clone());
        if self.patience != Patience::Patient {
            return self.supply(id, Answer::timeout(&question));
        }
        let source = self.host.source.clone();
        self.lookups.spawn(async move { (id, source.answer(&question).await) });
        Ok(())
    }

    async fn wait(&mut self, message: Option<&mut Chunks>, deadline: Instant) -> Happening {
        let (reading, patient) = (message.is_some(), self.patience == Patience::Patient);
        let chunk = async {
            match message {
                Some(chunks) => chunks.recv().await,
                None => pending().await,
            }
        };
        let overdue = async {
            match (reading, patient) {
                (true, _) => pending().await,
                (false, true) => sleep_until(deadline).await,
                (false, false) => ready(()).await,
            }
        };
        tokio::select! {
            biased; // Answers first: they are few, and chunks would keep them waiting.
            Some(Ok((id, answer))) = self.lookups.join_next() => Happening::Answered(id, answer),
            chunk = chunk => Happening::Chunk(chunk),
            () = overdue => Happening::Overdue,
        }
    }

    fn read(&mut self, chunk: Option<&[u8]>) -> Result<(), Failure> {
        M::octets(chunk).map_or(Ok(()), |input| self.handle(input))
    }

    fn supply(&mut self, id: QuestionId, answer: Answer) -> Result<(), Failure> {
        if let (Some(question), Some(recorder)) = (self.waiting.remove(&id), &mut self.host.recorder) {
            recorder.note(&question, &answer);
        }
        self.handle(M::answer(id, answer))
    }

    /// The deadline. Each question in flight is answered with a time-out, and so is each that follows, one by one: a
    /// recording then tells all of them, and replays to the same report. Only a machine that still has no verdict then
    /// is told of the deadline as such.
    fn give_up(&mut self) -> Result<(), Failure> {
        match self.patience {
            Patience::Patient => {
                self.patience = Patience::Overdue;
                self.lookups = JoinSet::new(); // Ends those under way.
                for (id, question) in self.waiting.clone() {
                    self.supply(id, Answer::timeout(&question))?;
                }
                Ok(())
            }
            Patience::Overdue => {
                self.patience = Patience::Over;
                self.handle(M::deadline())
            }
            Patience::Over => Err(Failure::new("the engine came to no verdict; please report this as a bug")),
        }
    }

    fn handle(&mut self, input: M::Input<'_>) -> Result<(), Failure> {
        let now = self.host.now;
        self.machine
            .handle(now, input)
            .map_err(|misuse| Failure::new(format!("the engine was misused: {misuse}; please report this as a bug")))
    }
}
