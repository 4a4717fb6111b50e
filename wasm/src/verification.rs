//! The class `Verification`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use passerelle::verify::{self, Input, Report, Settings};
use passerelle::{Answer, Machine, Now, Output, Question, QuestionId, RecordType, Step};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::answer;
use crate::envelope;
use crate::value::{Built, Fields, Result};

/// The last second of the year 9999. What is beyond it was meant in milliseconds.
const LAST_SECOND: u64 = 253_402_300_799;

/// One message being verified: octets and answers in, questions and at last the report out.
#[wasm_bindgen(skip_typescript)]
pub struct Verification {
    machine: verify::Verification,
    now: Now,
    /// The types of the questions that are out, by which their answers are read.
    asked: BTreeMap<u32, RecordType>,
    /// Whether what is certain before the report is told.
    is_early: bool,
}

#[wasm_bindgen]
impl Verification {
    /// Starts with what is known of the envelope: `{ip, helo, mailFrom, envelopeFromMessage, trustReceived,
    /// trustedRelays, now, authservId, trustedAuthservIds, acceptBodyLength, trail, early}`.
    ///
    /// # Errors
    /// An `Error` when an option is not of its type, or is missing though needed.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Verification> {
        let options = Fields::of("options", options)?;
        let mut settings = Settings::default();
        if let Some(authserv_id) = options.text("authservId")? {
            settings.authserv_id = authserv_id;
        }
        if let Some(trusted) = options.texts("trustedAuthservIds")? {
            settings.trusted_authserv_ids = trusted;
        }
        if let Some(accept) = options.flag("acceptBodyLength")? {
            settings.dkim.accept_body_length = accept;
        }
        if let Some(trail) = options.flag("trail")? {
            settings.trail = trail;
        }
        let envelope = envelope::read(&options)?;
        let form = "the time in seconds since 1970 (not in milliseconds)";
        let now = options.number("now", LAST_SECOND, form)?.ok_or_else(|| options.wrong("now", form))?;
        let now = Now::at(now);
        let machine = verify::Verification::new(&settings, &envelope, now);
        let is_early = options.flag("early")?.unwrap_or_default();
        Ok(Self { machine, now, asked: BTreeMap::new(), is_early })
    }

    /// The next octets of the message, in chunks of any size.
    ///
    /// # Errors
    /// An `Error` after [`end`](Self::end).
    pub fn octets(&mut self, octets: &[u8]) -> Result<()> {
        self.handle(Input::Octets(octets))
    }

    /// The message is complete.
    ///
    /// # Errors
    /// An `Error` when that was said before.
    pub fn end(&mut self) -> Result<()> {
        self.handle(Input::End)
    }

    /// No more answers are waited for: what is missing counts as timed out.
    ///
    /// # Errors
    /// An `Error` when the machine takes no more input.
    pub fn deadline(&mut self) -> Result<()> {
        self.handle(Input::Deadline)
    }

    /// Adds a step of the caller's own to the front of the trail: `{step, outcome, why, rfc}`.
    ///
    /// # Errors
    /// An `Error` when one of them is no string.
    pub fn note(&mut self, step: JsValue) -> Result<()> {
        let step = Fields::of("the step", step)?;
        let text = |name: &str| -> Result<Cow<'static, str>> { Ok(step.text(name)?.unwrap_or_default().into()) };
        let step = Step { step: text("step")?, outcome: text("outcome")?, why: text("why")?, rfc: text("rfc")? };
        self.machine.note(step);
        Ok(())
    }

    /// The answer to the question with this number: `{status, records, ttl, secure, aliases}`.
    ///
    /// # Errors
    /// An `Error` when there is no such question, it has been answered, or the answer is malformed; the question
    /// then still waits for its answer.
    pub fn answer(&mut self, id: u32, answer: JsValue) -> Result<()> {
        let answer = match self.asked.get(&id) {
            Some(&record_type) => Answer::Dns(answer::read(record_type, answer)?),
            None => return Err(JsError::new(&format!("there is no open question {id}"))),
        };
        self.handle(Input::Answer(QuestionId(id), answer))?;
        self.asked.remove(&id);
        Ok(())
    }

    /// The next output, as an object whose `type` is `ask`, `report` or `idle`, or, where what is certain before the
    /// report is wanted, one of the names of [`verify::Event`].
    pub fn poll(&mut self) -> JsValue {
        loop {
            match self.machine.poll() {
                Output::Ask(id, Question::Dns(name, record_type)) => {
                    self.asked.insert(id.0, record_type);
                    return Built::new()
                        .with("type", "ask")
                        .with("id", id.0)
                        .with("kind", "dns")
                        .with("name", name.as_str())
                        .with("recordType", record_type.as_str())
                        .done();
                }
                // A verification asks the DNS alone. A question that this interface cannot pass on gets the answer
                // that a deadline would give it, so that the report is not waited for in vain.
                Output::Ask(id, question) => {
                    let _ = self.machine.handle(self.now, Input::Answer(id, Answer::timeout(&question)));
                }
                Output::Event(verify::Event::Report(report)) => return reported(&report),
                Output::Event(event) if self.is_early => return found(&event),
                Output::Event(_) => {}
                // There is no peer to send anything to.
                Output::Transmit(_) => {}
                Output::Idle { wake } => {
                    let idle = Built::new().with("type", "idle");
                    return match wake {
                        // Exact up to 2^53 milliseconds.
                        Some(wake) => idle.with("wake", wake.0 as f64).done(),
                        None => idle.done(),
                    };
                }
            }
        }
    }

    fn handle(&mut self, input: Input<'_>) -> Result<()> {
        self.machine.handle(self.now, input).map_err(|misuse| JsError::new(&misuse.to_string()))
    }
}

/// What is certain before the report.
fn found(event: &verify::Event) -> JsValue {
    let mut found = Built::new().with("type", event.name());
    if let Some(result) = event.result() {
        found = found.with("result", result);
    }
    if let verify::Event::Signature { index, .. } = event {
        // There are never 2^53 of them.
        found = found.with("index", *index as f64);
    }
    found.with("json", event.to_json()).done()
}

fn reported(report: &Report) -> JsValue {
    Built::new()
        .with("type", "report")
        .with("report", report.to_json())
        .with("authenticated", report.authenticated().as_str())
        .done()
}
