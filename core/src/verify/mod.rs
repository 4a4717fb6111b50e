//! One message and one envelope in, one report out.
//!
//! [`Verification`] is a [`Machine`] that takes a message as it arrives. SPF and iprev ask their questions as soon as
//! the envelope is known; DKIM keys and DMARC records are asked for when the header section ends, while the body still
//! streams in and is hashed. At the last octet usually nothing is left to wait for. Memory does not grow with the body.
//!
//! What is found out is an [`Event`] as soon as it is certain: SPF and iprev before the message begins, if the host waits
//! for them; what the header section shows; each signature; and at last the [`Report`].
//!
//! ```
//! use passerelle::verify::{Envelope, Event, Input, Settings, Verification};
//! use passerelle::{Machine, Now, Output, Transcript};
//!
//! let transcript = Transcript::parse(br#"{"answers": [
//!     {"name": "example.com", "type": "TXT", "records": ["v=spf1 ip4:192.0.2.1 -all"]},
//!     {"name": "_dmarc.example.com", "type": "TXT", "records": ["v=DMARC1; p=reject"]}]}"#)?;
//! let envelope = Envelope::new().ip("192.0.2.1".parse()?).helo("mail.example.com").mail_from("ann@example.com");
//! let now = Now::at(1_790_000_000);
//! let mut verification = Verification::new(&Settings::default(), &envelope, now);
//! verification.handle(now, Input::Octets(b"From: Ann <ann@example.com>\r\n\r\nHello.\r\n"))?;
//! verification.handle(now, Input::End)?;
//! let report = loop {
//!     match verification.poll() {
//!         Output::Ask(id, question) => verification.handle(now, Input::Answer(id, transcript.answer(&question)))?,
//!         Output::Event(Event::Spf(verdict)) => assert_eq!(verdict.result.as_str(), "pass"),
//!         Output::Event(Event::Report(report)) => break report,
//!         Output::Event(_) => {}
//!         Output::Idle { .. } => verification.handle(now, Input::Deadline)?,
//!         Output::Transmit(_) => unreachable!("a verification has no peer"),
//!     }
//! };
//! assert_eq!(report.dmarc.result.as_str(), "pass");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod candidates;
mod client;
mod conclusion;
mod content;
mod derived;
mod dmarc;
mod envelope;
mod event;
mod field;
mod report;
mod settings;
mod steps;

use std::collections::VecDeque;

use crate::dkim;
use crate::lookup::{Answer, Answers, Question, QuestionId};
use crate::machine::{Machine, Misuse, Output};
use crate::message::HeaderReader;
use crate::spf;
use crate::time::Now;
use crate::trail::{Step, Trail};

use client::Client;
use content::Content;

pub use derived::{Believed, Vouched};
pub use dmarc::DmarcMode;
pub use envelope::{Envelope, Source};
pub use event::{Event, FoundSignature, HeaderSection};
pub use report::{Authenticated, Report};
pub use settings::Settings;

/// What the host hands to a [`Verification`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input<'a> {
    /// The message's next octets, dot-stuffing undone, lines ended by CRLF.
    Octets(&'a [u8]),
    /// The message is complete.
    End,
    /// The answer to a question.
    Answer(QuestionId, Answer),
    /// The host waits no longer for answers: missing ones become temporary failures.
    Deadline,
}

/// One message being verified. Its events are what it has found out; the last one is the [`Report`].
#[derive(Debug)]
pub struct Verification {
    settings: Settings,
    notes: Trail,
    answers: Answers,
    queue: VecDeque<Queued>,
    client: Client,
    stage: Stage,
}

/// What waits to be polled. An event is made when it is, so that a host that wants the report alone does not pay for the
/// others.
#[derive(Debug, PartialEq)]
enum Queued {
    Ask(QuestionId, Question),
    Spf,
    SpfHelo,
    IpRev,
    Header,
    Signature(usize),
    Report,
}

#[derive(Debug)]
enum Stage {
    /// The header section is arriving.
    Header(HeaderReader),
    /// The body is arriving, and answers.
    Body(Box<Content>),
    /// The message is complete; answers may be missing.
    Waiting(Box<Content>),
    /// Everything is decided.
    Done(Option<Box<Done>>),
}

/// What there is to say at the end.
#[derive(Debug)]
struct Done {
    /// Where it was not polled before the report was there.
    header: Option<HeaderSection>,
    report: Report,
}

impl Verification {
    /// Starts with the envelope; the first questions are ready to be polled.
    pub fn new(settings: &Settings, envelope: &Envelope, now: Now) -> Self {
        let mut verification = Self {
            settings: settings.clone(),
            notes: Trail::kept_if(settings.trail),
            answers: Answers::within(settings.limits.questions),
            queue: VecDeque::new(),
            client: Client::new(settings, envelope, now),
            stage: Stage::Header(HeaderReader::within(&settings.limits)),
        };
        verification.advance();
        verification
    }

    /// Adds a step of the host's own to the front of the trail, such as that it converted the line endings.
    pub fn note(&mut self, step: Step) {
        self.notes.push(step.step, step.outcome, step.why, step.rfc);
    }

    fn octets(&mut self, mut octets: &[u8], now: Now) -> Result<(), Misuse> {
        if let Stage::Header(reader) = &mut self.stage {
            let used = reader.push(octets);
            octets = &octets[used..];
            if reader.is_complete() {
                self.begin_body(now);
            }
        }
        match &mut self.stage {
            Stage::Header(_) => Ok(()),
            Stage::Body(content) => {
                content.dkim.body(octets);
                Ok(())
            }
            Stage::Waiting(_) | Stage::Done(_) => Err(Misuse::AfterEnd),
        }
    }

    fn begin_body(&mut self, now: Now) {
        if let Stage::Header(reader) = &mut self.stage {
            let header = std::mem::take(reader).finish();
            self.stage = Stage::Body(Box::new(Content::new(&self.settings, &self.client, &header, now)));
        }
    }

    fn end(&mut self, now: Now) -> Result<(), Misuse> {
        self.begin_body(now);
        match std::mem::replace(&mut self.stage, Stage::Done(None)) {
            Stage::Body(mut content) => {
                content.dkim.end_body();
                self.stage = Stage::Waiting(content);
                Ok(())
            }
            ended => {
                self.stage = ended;
                Err(Misuse::AfterEnd)
            }
        }
    }

    /// Lets every decision go on that can, passes on their questions, says what is decided, and reports when the last
    /// decision is made.
    fn advance(&mut self) {
        let mut decided = self.client.advance(&mut self.answers);
        if let Stage::Body(content) | Stage::Waiting(content) = &mut self.stage {
            decided &= content.advance(&mut self.answers);
        }
        while let Some((id, question)) = self.answers.next_question() {
            self.queue.push_back(Queued::Ask(id, question));
        }
        self.client.tell(&mut self.queue);
        if let Stage::Body(content) | Stage::Waiting(content) = &mut self.stage {
            content.tell(&mut self.queue);
        }
        if !decided || !matches!(self.stage, Stage::Waiting(_)) {
            return;
        }
        if let Stage::Waiting(content) = std::mem::replace(&mut self.stage, Stage::Done(None)) {
            // Questions that nobody waits for any more need not go out.
            self.queue.retain(|queued| !matches!(queued, Queued::Ask(..)));
            let header = self.queue.contains(&Queued::Header).then(|| content.header());
            if let Some(report) = self.report(*content) {
                self.stage = Stage::Done(Some(Box::new(Done { header, report })));
                self.queue.push_back(Queued::Report);
            }
        }
    }

    /// The report, when all decisions are made.
    fn report(&mut self, content: Content) -> Option<Report> {
        let client::Verdicts { mut spf, mut spf_helo, iprev } = self.client.take_verdicts();
        let is_header_only = content.dkim.misses_the_body();
        let mut dkim = content.dkim.finish(Vec::new());
        let (envelope, spf_domain) = (&self.client.envelope, self.client.spf_domain.as_ref());
        let (dmarc, authenticated) =
            conclusion::conclude(&content.dmarc, envelope, spf_domain, &spf, &dkim, is_header_only)?;
        for verdict in [Some(&mut spf), spf_helo.as_mut()].into_iter().flatten() {
            verdict.aligned = Some(content.dmarc.alignment_of(verdict.domain.as_ref()));
        }
        for verdict in &mut dkim {
            verdict.aligned = Some(content.dmarc.alignment_of(verdict.domain.as_ref()));
        }
        let provider = content.provider;
        let parts = report::Parts { authenticated, is_header_only, spf, spf_helo, dkim, dmarc, iprev, provider };
        let trail = match self.settings.trail {
            true => {
                let host = (&self.notes, envelope);
                steps::steps(host, &content.findings, &self.settings, &parts, &self.answers)
            }
            false => Trail::off(),
        };
        Some(Report::new(&self.settings, envelope, parts, trail))
    }

    /// The event that this stands for. What was decided before the report is kept until that is polled.
    fn event(&mut self, queued: Queued) -> Option<Event> {
        let (content, done) = match &mut self.stage {
            Stage::Header(_) => (None, None),
            Stage::Body(content) | Stage::Waiting(content) => (Some(content), None),
            Stage::Done(done) => (None, done.as_mut()),
        };
        Some(match (queued, done) {
            (Queued::Ask(..), _) => return None,
            (Queued::Spf, None) => Event::Spf(self.client.spf()?),
            (Queued::SpfHelo, None) => Event::SpfHelo(self.client.spf_helo()?),
            (Queued::IpRev, None) => Event::IpRev(self.client.iprev()?),
            (Queued::Header, None) => Event::Header(content?.header()),
            (Queued::Signature(index), None) => Event::Signature { index, verdict: content?.signature(index)? },
            // When they became known, how they are aligned was not.
            (Queued::Spf, Some(done)) => Event::Spf(spf::Verdict { aligned: None, ..done.report.spf.clone() }),
            (Queued::SpfHelo, Some(done)) => {
                Event::SpfHelo(spf::Verdict { aligned: None, ..done.report.spf_helo.clone()? })
            }
            (Queued::IpRev, Some(done)) => Event::IpRev(done.report.iprev.clone()?),
            (Queued::Header, Some(done)) => Event::Header(done.header.take()?),
            (Queued::Signature(index), Some(done)) => {
                let verdict = done.report.dkim.get(index)?.clone();
                Event::Signature { index, verdict: dkim::Verdict { aligned: None, ..verdict } }
            }
            (Queued::Report, _) => Event::Report(Box::new(self.take_report()?)),
        })
    }

    fn take_report(&mut self) -> Option<Report> {
        match &mut self.stage {
            Stage::Done(done) => done.take().map(|done| done.report),
            _ => None,
        }
    }
}

impl Machine for Verification {
    type Input<'a> = Input<'a>;
    type Event = Event;

    fn handle(&mut self, now: Now, input: Input<'_>) -> Result<(), Misuse> {
        match input {
            Input::Octets(octets) => self.octets(octets, now)?,
            Input::End => self.end(now)?,
            Input::Answer(id, answer) => self.answers.supply(id, answer)?,
            Input::Deadline => self.answers.close(),
        }
        self.advance();
        Ok(())
    }

    fn poll(&mut self) -> Output<Event> {
        while let Some(queued) = self.queue.pop_front() {
            if let Queued::Ask(id, question) = queued {
                return Output::Ask(id, question);
            }
            if let Some(event) = self.event(queued) {
                return Output::Event(event);
            }
        }
        Output::Idle { wake: None }
    }
}

/// Verifies a message that is at hand, with a host that answers each question at once, such as a
/// [`Transcript`](crate::Transcript).
///
/// An answer of another kind than its question is a bug in the host, and there is no report: `None`.
pub fn verify(
    message: &[u8],
    envelope: &Envelope,
    settings: &Settings,
    now: Now,
    mut answer: impl FnMut(&Question) -> Answer,
) -> Option<Report> {
    let mut verification = Verification::new(settings, envelope, now);
    verification.handle(now, Input::Octets(message)).ok()?;
    verification.handle(now, Input::End).ok()?;
    loop {
        match verification.queue.pop_front() {
            Some(Queued::Ask(id, question)) => {
                let answer = answer(&question);
                verification.handle(now, Input::Answer(id, answer)).ok()?;
            }
            Some(Queued::Report) => return verification.take_report(),
            Some(_) => {}
            None => verification.handle(now, Input::Deadline).ok()?,
        }
    }
}
