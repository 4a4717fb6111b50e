//! API DRAFT for the faces; the real one comes from main.

use std::collections::VecDeque;
use std::net::IpAddr;

use serde::Serialize;

use crate::lookup::{Answer, Question, QuestionId, RecordType};
use crate::machine::{Machine, Misuse, Output};
use crate::time::Now;
use crate::trail::{Step, Trail};

/// Settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who says so in Authentication-Results.
    pub authserv_id: String,
    /// Whether a DKIM signature with l= may pass.
    pub accept_body_length: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { authserv_id: "localhost".into(), accept_body_length: false }
    }
}

/// The envelope, as far as known.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// Client address.
    pub ip: Option<IpAddr>,
    /// HELO argument.
    pub helo: Option<String>,
    /// Reverse-path; `Some("")` is the null one.
    pub mail_from: Option<String>,
}

/// Input.
pub enum Input<'a> {
    /// Octets of the message.
    Octets(&'a [u8]),
    /// The message is complete.
    End,
    /// An answer.
    Answer(QuestionId, Answer),
    /// The host waits no longer.
    Deadline,
}

/// Whether the message is authenticated: the command's exit codes 0, 1 and 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticated {
    /// DMARC pass, or no policy and an aligned pass.
    Yes,
    /// Not.
    No,
    /// A temporary error stands in the way.
    Temporarily,
}

/// The report.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Report {
    /// Steps.
    pub trail: Trail,
}

impl Report {
    /// The JSON of the design, on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The exit code's meaning.
    pub fn authenticated(&self) -> Authenticated {
        Authenticated::No
    }
}

/// One message being verified.
pub struct Verification {
    out: VecDeque<Output<Report>>,
    trail: Trail,
    ended: bool,
    answered: bool,
}

impl Verification {
    /// Starts with the envelope; SPF's and iprev's first questions are ready to be polled.
    pub fn new(_settings: &Settings, _envelope: &Envelope, _now: Now) -> Self {
        let mut out = VecDeque::new();
        let name = crate::Domain::parse("example.com").expect("a name");
        out.push_back(Output::Ask(QuestionId(0), Question::Dns(name, RecordType::Txt)));
        Self { out, trail: Trail::new(), ended: false, answered: false }
    }

    /// Adds a step of the host's own to the front of the trail ("LF converted to CRLF", …).
    pub fn note(&mut self, step: Step) {
        self.trail.push(step.step, step.outcome, step.why, step.rfc);
    }
}

impl Machine for Verification {
    type Input<'a> = Input<'a>;
    type Event = Report;

    fn handle(&mut self, _now: Now, input: Input<'_>) -> Result<(), Misuse> {
        match input {
            Input::Octets(_) => {}
            Input::End => self.ended = true,
            Input::Answer(..) | Input::Deadline => self.answered = true,
        }
        if self.ended && self.answered {
            self.out.push_back(Output::Event(Report { trail: self.trail.clone() }));
        }
        Ok(())
    }

    fn poll(&mut self) -> Output<Report> {
        self.out.pop_front().unwrap_or(Output::Idle { wake: None })
    }
}
