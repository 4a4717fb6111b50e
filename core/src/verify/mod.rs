//! One message and one envelope in, one report out.
//!
//! [`Verification`] is a [`Machine`] that takes a message as it arrives. SPF and iprev ask their questions as soon as
//! the envelope is known; DKIM keys and DMARC records are asked for when the header section ends, while the body still
//! streams in and is hashed. At the last octet usually nothing is left to wait for. Memory does not grow with the body.
//!
//! ```
//! use passerelle::verify::{Envelope, Input, Settings, Verification};
//! use passerelle::{Machine, Now, Output, Transcript};
//!
//! let transcript = Transcript::parse(br#"{"answers": [
//!     {"name": "example.com", "type": "TXT", "records": ["v=spf1 ip4:192.0.2.1 -all"]},
//!     {"name": "_dmarc.example.com", "type": "TXT", "records": ["v=DMARC1; p=reject"]}]}"#)?;
//! let envelope = Envelope {
//!     ip: Some("192.0.2.1".parse()?),
//!     helo: Some("mail.example.com".into()),
//!     mail_from: Some("ann@example.com".into()),
//! };
//! let now = Now::at(1_790_000_000);
//! let mut verification = Verification::new(&Settings::default(), &envelope, now);
//! verification.handle(now, Input::Octets(b"From: Ann <ann@example.com>\r\n\r\nHello.\r\n"))?;
//! verification.handle(now, Input::End)?;
//! let report = loop {
//!     match verification.poll() {
//!         Output::Ask(id, question) => verification.handle(now, Input::Answer(id, transcript.answer(&question)))?,
//!         Output::Event(report) => break report,
//!         Output::Idle { .. } => verification.handle(now, Input::Deadline)?,
//!         Output::Transmit(_) => unreachable!("a verification has no peer"),
//!     }
//! };
//! assert_eq!(report.dmarc.result.as_str(), "pass");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod dmarc;
mod field;
mod report;
mod steps;

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::dkim::{self, KeyRequest, Verifier, VerifyPolicy};
use crate::dmarc::{Authenticated as Identifier, Method};
use crate::domain::Domain;
use crate::evaluate::Run;
use crate::limits::Limits;
use crate::lookup::{Answer, Answers, Question, QuestionId};
use crate::machine::{Machine, Misuse, Output};
use crate::message::{Header, HeaderReader, SingularCounts, author};
use crate::results::{self, IpRev};
use crate::spf::{self, CheckHost};
use crate::time::Now;
use crate::trail::{Step, Trail};

use dmarc::Dmarc;
use steps::Findings;

pub use dmarc::DmarcMode;
pub use report::{Authenticated, Report};

/// How messages are judged; the same for all of them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who says so: the authserv-id of Authentication-Results (RFC 8601 §2.5).
    pub authserv_id: String,
    /// What DKIM signatures must be like.
    pub dkim: VerifyPolicy,
    /// By which standard DMARC is evaluated.
    pub dmarc: DmarcMode,
    /// Whether HELO is checked besides MAIL FROM (RFC 7208 §2.3 recommends it).
    pub check_helo: bool,
    /// Whether the client's address is looked up and confirmed (RFC 8601 §3).
    pub check_iprev: bool,
    /// What a message may cost, and what a report may weigh.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            authserv_id: "localhost".into(),
            dkim: VerifyPolicy::default(),
            dmarc: DmarcMode::default(),
            check_helo: true,
            check_iprev: true,
            limits: Limits::default(),
        }
    }
}

/// The envelope of a message and the session it came in, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The client's address. Without it neither SPF nor iprev can be checked.
    pub ip: Option<IpAddr>,
    /// The argument of HELO or EHLO.
    pub helo: Option<String>,
    /// The reverse-path, with or without its angle brackets; `Some` of the empty string is the null reverse-path. Where
    /// it is not known, SPF checks HELO, and DMARC does not count that.
    pub mail_from: Option<String>,
}

/// What the host hands to a [`Verification`].
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// One message being verified. Its only event is the [`Report`], and it comes once.
#[derive(Debug)]
pub struct Verification {
    settings: Settings,
    notes: Trail,
    answers: Answers,
    outputs: VecDeque<Output<Report>>,
    client: Client,
    stage: Stage,
}

/// What the envelope alone decides.
#[derive(Debug)]
struct Client {
    envelope: Envelope,
    spf: Option<Run<CheckHost>>,
    /// Of HELO, where `spf` is of MAIL FROM.
    spf_helo: Option<Run<CheckHost>>,
    iprev: Option<Run<IpRev>>,
}

#[derive(Debug)]
enum Stage {
    /// The header section is arriving.
    Header(HeaderReader),
    /// The body is arriving, and answers.
    Body(Box<Content>),
    /// The message is complete; answers may be missing.
    Waiting(Box<Content>),
    /// The report is out.
    Done,
}

/// What the message decides.
#[derive(Debug)]
struct Content {
    dkim: Verifier,
    keys: Vec<Run<KeyRequest>>,
    dmarc: Dmarc,
    findings: Findings,
}

impl Verification {
    /// Starts with the envelope; the first questions are ready to be polled.
    pub fn new(settings: &Settings, envelope: &Envelope, now: Now) -> Self {
        let mut verification = Self {
            settings: settings.clone(),
            notes: Trail::new(),
            answers: Answers::within(settings.limits.questions),
            outputs: VecDeque::new(),
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
            Stage::Waiting(_) | Stage::Done => Err(Misuse::AfterEnd),
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
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Body(content) => {
                self.stage = Stage::Waiting(content);
                Ok(())
            }
            ended => {
                self.stage = ended;
                Err(Misuse::AfterEnd)
            }
        }
    }

    /// Lets every decision go on that can, passes on their questions, and reports when the last one is made.
    fn advance(&mut self) {
        let mut decided = self.client.advance(&mut self.answers);
        if let Stage::Body(content) | Stage::Waiting(content) = &mut self.stage {
            decided &= content.advance(&mut self.answers);
        }
        while let Some((id, question)) = self.answers.next_question() {
            self.outputs.push_back(Output::Ask(id, question));
        }
        if !decided || !matches!(self.stage, Stage::Waiting(_)) {
            return;
        }
        if let Stage::Waiting(content) = std::mem::replace(&mut self.stage, Stage::Done) {
            // Questions that nobody waits for any more need not go out.
            self.outputs.clear();
            let report = self.report(*content);
            self.outputs.extend(report.map(Output::Event));
        }
    }

    /// The report, when all decisions are made.
    fn report(&mut self, content: Content) -> Option<Report> {
        let client = &self.client;
        let spf = client.spf.as_ref().and_then(Run::verdict).cloned();
        let mut spf = spf.unwrap_or_else(|| spf::Verdict::not_checked(client.why_no_spf()));
        let mut spf_helo = client.spf_helo.as_ref().and_then(Run::verdict).cloned();
        let iprev = client.iprev.as_ref().and_then(Run::verdict).cloned();
        let mut dkim = content.dkim.finish(content.keys.into_iter().map(Run::into_verdict).collect());
        let (authenticated, undecided) = identifiers(&client.envelope, &spf, &dkim);
        let dmarc = content.dmarc.conclude(&authenticated, &undecided)?;
        for verdict in [Some(&mut spf), spf_helo.as_mut()].into_iter().flatten() {
            verdict.aligned = Some(content.dmarc.alignment_of(verdict.domain.as_ref()));
        }
        for verdict in &mut dkim {
            verdict.aligned = Some(content.dmarc.alignment_of(verdict.domain.as_ref()));
        }
        let parts = report::Parts { spf, spf_helo, dkim, dmarc, iprev };
        let trail = steps::steps(&self.notes, &content.findings, &self.settings, &parts, &self.answers);
        Some(Report::new(&self.settings, &client.envelope, parts, trail))
    }
}

impl Machine for Verification {
    type Input<'a> = Input<'a>;
    type Event = Report;

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

    fn poll(&mut self) -> Output<Report> {
        self.outputs.pop_front().unwrap_or(Output::Idle { wake: None })
    }
}

impl Client {
    fn new(settings: &Settings, envelope: &Envelope, now: Now) -> Self {
        let mut client = Self { envelope: envelope.clone(), spf: None, spf_helo: None, iprev: None };
        let Some(ip) = envelope.ip else { return client };
        if settings.check_iprev {
            client.iprev = Some(Run::new(IpRev { ip }));
        }
        let request = spf::Request {
            ip,
            helo: envelope.helo.clone().unwrap_or_default(),
            mail_from: envelope.mail_from.clone().unwrap_or_default(),
            receiver: Domain::parse(&settings.authserv_id).ok(),
            unix: now.unix,
        };
        let check = |check: CheckHost| Run::new(check.void_limit(settings.limits.spf_void_lookups));
        let helo = envelope.helo.as_ref().map(|_| CheckHost::helo(&request));
        if request.is_null_reverse_path() {
            // With a null reverse-path HELO is what there is to check (RFC 7208 §2.4); without a MAIL FROM at all,
            // too.
            client.spf = helo.map(check);
        } else {
            client.spf = Some(check(CheckHost::mail_from(&request)));
            client.spf_helo = helo.filter(|_| settings.check_helo).map(check);
        }
        client
    }

    fn advance(&mut self, answers: &mut Answers) -> bool {
        // All of them, so that what they ask goes out together.
        let spf = self.spf.as_mut().is_none_or(|run| run.advance(answers).is_some());
        let helo = self.spf_helo.as_mut().is_none_or(|run| run.advance(answers).is_some());
        let iprev = self.iprev.as_mut().is_none_or(|run| run.advance(answers).is_some());
        spf && helo && iprev
    }

    /// The domain that SPF may authenticate for DMARC (RFC 9989 §3.2.4).
    fn spf_domain(&self) -> Option<Domain> {
        let spf = self.spf.as_ref().filter(|_| self.envelope.mail_from.is_some());
        spf.and_then(|run| run.evaluator().domain().cloned())
    }

    fn why_no_spf(&self) -> &'static str {
        match self.envelope.ip {
            None => "the client's address is not known",
            Some(_) => "neither the HELO name nor the reverse-path is known",
        }
    }
}

impl Content {
    fn new(settings: &Settings, client: &Client, header: &Header, now: Now) -> Self {
        let dkim = Verifier::new(header, &settings.dkim, now.unix);
        let keys = dkim.key_requests().into_iter().map(Run::new).collect();
        let candidates = client.spf_domain().into_iter().chain(dkim.domains().cloned());
        let others = dkim.closed_domains().cloned().collect();
        let dmarc = Dmarc::new(settings.dmarc, author(header).map(|author| author.domain), candidates, others);
        let forged_results = header.fields().filter(|field| results::forged(field, &settings.authserv_id)).count();
        let findings = Findings { forged_results, singular: SingularCounts::of(header) };
        Self { dkim, keys, dmarc, findings }
    }

    fn advance(&mut self, answers: &mut Answers) -> bool {
        let mut decided = true;
        for key in &mut self.keys {
            decided &= key.advance(answers).is_some();
        }
        decided & self.dmarc.advance(answers)
    }
}

/// The identifiers that SPF and DKIM authenticated, and those that a temporary error left open.
///
/// That of SPF is MAIL FROM (RFC 9989 §4.4.2). The HELO name stands for it where the reverse-path is null, not where it
/// is unknown. A signature that passes with a key in testing (`t=y`) counts: RFC 6376 §3.6.1 protects the signer from
/// being worse off than without a signature, which a pass cannot do, and a fail is no worse than none here anyway.
fn identifiers(envelope: &Envelope, spf: &spf::Verdict, dkim: &[dkim::Verdict]) -> (Vec<Identifier>, Vec<Identifier>) {
    let (mut authenticated, mut undecided) = (Vec::new(), Vec::new());
    let mut sort = |method, domain: Option<&Domain>, passed: bool, temporary: bool| {
        let Some(domain) = domain else { return };
        match (passed, temporary) {
            (true, _) => authenticated.push(Identifier { method, domain: domain.clone() }),
            (_, true) => undecided.push(Identifier { method, domain: domain.clone() }),
            _ => {}
        }
    };
    let result = spf.result;
    let domain = spf.domain.as_ref().filter(|_| envelope.mail_from.is_some());
    sort(Method::Spf, domain, result == spf::SpfResult::Pass, result == spf::SpfResult::TempError);
    for verdict in dkim {
        let result = verdict.result;
        let temporary = result == dkim::DkimResult::TempError;
        sort(Method::Dkim, verdict.domain.as_ref(), result == dkim::DkimResult::Pass, temporary);
    }
    (authenticated, undecided)
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
        match verification.poll() {
            Output::Ask(id, question) => {
                let answer = answer(&question);
                verification.handle(now, Input::Answer(id, answer)).ok()?;
            }
            Output::Event(report) => return Some(report),
            Output::Transmit(_) => {}
            Output::Idle { .. } => verification.handle(now, Input::Deadline).ok()?,
        }
    }
}
