//! `passerelle_verification`.

use std::collections::BTreeMap;
use std::ffi::c_char;

use engine::verify::{self, Input};
use engine::{Answer as Given, Machine, Now, Output as Polled, Question as Asked, QuestionId, Status as Outcome, Step};

use crate::answer::Answer;
use crate::envelope::Envelope;
use crate::handle::{Handle, opaque};
use crate::memory::{change, create, error, free, octets, output, present, text, value};
use crate::output::Output;
use crate::question::{self, Question};
use crate::settings::Settings;
use crate::status::{Failure, Status};

/// One message being verified.
pub struct Verification(Handle<Session>);

opaque!(Verification, Session, "the verification");

/// The machine, the moment by which it judges, and what its outputs lend to C.
pub(crate) struct Session {
    machine: verify::Verification,
    now: Now,
    /// What was asked and has not been answered.
    open: BTreeMap<QuestionId, Asked>,
    /// What the last poll said, as long as its pointers have to hold.
    question: Option<Asked>,
    transmit: Vec<u8>,
    finding: String,
    /// Whether the host wants to know what is certain before the report.
    reports_early: bool,
    /// The report, once there is one.
    report: String,
}

impl Session {
    fn handle(&mut self, input: Input<'_>) -> Result<(), Failure> {
        Ok(self.machine.handle(self.now, input)?)
    }

    fn answer(&mut self, id: u32, answer: Given) -> Result<(), Failure> {
        self.handle(Input::Answer(QuestionId(id), answer))?;
        self.open.remove(&QuestionId(id));
        Ok(())
    }

    /// The next output; its pointers borrow from `self`.
    fn poll(&mut self) -> Output {
        self.question = None;
        self.transmit = Vec::new();
        loop {
            return match self.machine.poll() {
                Polled::Idle { wake } => Output::idle(wake.map(|wake| wake.0)),
                Polled::Ask(id, asked) => {
                    self.open.insert(id, asked.clone());
                    Output::ask(Question::borrow(id, self.question.insert(asked)))
                }
                Polled::Event(verify::Event::Report(report)) => {
                    self.report = report.to_json();
                    Output::report(&self.report, report.authenticated().into())
                }
                Polled::Event(_) if !self.reports_early => continue,
                Polled::Event(event) => {
                    self.finding = event.to_json();
                    match Output::finding(&event, &self.finding) {
                        Some(output) => output,
                        None => continue,
                    }
                }
                Polled::Transmit(octets) => {
                    self.transmit = octets;
                    Output::transmit(&self.transmit)
                }
            };
        }
    }
}

/// Starts to verify a message. The first questions can be polled at once. Settings and envelope are copied; unix_time
/// is the time in seconds since 1970, by which signatures are judged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_new(
    settings: *const Settings,
    envelope: *const Envelope,
    unix_time: u64,
    out: *mut *mut Verification,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        create(out, || {
            let (settings, envelope) = (value(settings)?, value(envelope)?);
            let now = Now::at(unix_time);
            Ok(Verification(Handle::new(Session {
                machine: verify::Verification::new(settings, envelope, now),
                now,
                open: BTreeMap::new(),
                question: None,
                transmit: Vec::new(),
                finding: String::new(),
                reports_early: false,
                report: String::new(),
            })))
        })
    }
}

/// Frees a verification, at any moment, and with it everything it lent. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_free(verification: *mut Verification) {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { free(verification) }
}

/// Adds a step of the host's own to the report's trail, such as that it converted line endings: what was looked at,
/// what came of it, why, and the rule's source, each a text for people. Any of them may be empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_note(
    verification: *mut Verification,
    step: *const c_char,
    step_len: usize,
    outcome: *const c_char,
    outcome_len: usize,
    why: *const c_char,
    why_len: usize,
    source: *const c_char,
    source_len: usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(verification, |session| {
            session.machine.note(Step {
                step: text(step, step_len, "the step")?.to_owned().into(),
                outcome: text(outcome, outcome_len, "the outcome")?.to_owned().into(),
                why: text(why, why_len, "the reason")?.to_owned().into(),
                rfc: text(source, source_len, "the source")?.to_owned().into(),
            });
            Ok(())
        })
    }
}

/// Asks for what is certain before the report, as outputs of their own: SPF and the client's address, before the message
/// begins if the host waits for them; what the header section shows; each signature. Called before the first poll, it
/// misses nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_report_early(verification: *mut Verification) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(verification, |session| {
            session.reports_early = true;
            Ok(())
        })
    }
}

/// Hands in the next octets of the message, as they go over the wire: with CRLF line endings, and without the dots
/// that SMTP adds. Any split gives the same report. The octets are not needed after the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_octets(
    verification: *mut Verification,
    data: *const u8,
    data_len: usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { change(verification, |session| session.handle(Input::Octets(octets(data, data_len, "the message")?))) }
}

/// Says that the message is complete.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_end(verification: *mut Verification) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { change(verification, |session| session.handle(Input::End)) }
}

/// Answers a question. The answer is copied and remains yours: to be given again, and to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_answer(
    verification: *mut Verification,
    question_id: u32,
    answer: *const Answer,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { change(verification, |session| session.answer(question_id, value(answer)?.finish())) }
}

/// Answers a DNS question with the message that came from a recursive resolver, as passerelle_answer_new_message reads it.
/// Where there is no answer in the message, the question still waits for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_answer_message(
    verification: *mut Verification,
    question_id: u32,
    message: *const u8,
    message_len: usize,
) -> Status {
    let answer = |session: &mut Session| {
        // SAFETY: the caller keeps to the header's rules for pointers.
        let message = unsafe { octets(message, message_len, "the DNS message")? };
        let answer = match session.open.get(&QuestionId(question_id)) {
            Some(asked) => question::query(asked)?.answer(message)?,
            // The machine finds the right words, whatever the answer is.
            None => engine::DnsAnswer::empty(Outcome::ServFail),
        };
        session.answer(question_id, Given::Dns(answer))
    };
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { change(verification, answer) }
}

/// Says that there will be no answer to a question, of whatever kind it is: the lookup counts as timed out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_decline(verification: *mut Verification, question_id: u32) -> Status {
    let decline = |session: &mut Session| {
        // For a question that is not open the machine finds the right words, whatever the answer is.
        let answer = match session.open.get(&QuestionId(question_id)) {
            Some(asked) => Given::timeout(asked),
            None => Given::Dns(engine::DnsAnswer::empty(Outcome::Timeout)),
        };
        session.answer(question_id, answer)
    };
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { change(verification, decline) }
}

/// Says that the host waits no longer: every question without an answer counts as timed out. Answers that come later
/// are ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_deadline(verification: *mut Verification) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { change(verification, |session| session.handle(Input::Deadline)) }
}

/// Takes the next output. PASSERELLE_OUTPUT_TAG_IDLE says that there is none; an output that is not taken now waits.
/// There is one report, when the message is complete and every question that matters has its answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_poll(verification: *mut Verification, out: *mut Output) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe {
        change(verification, |session| {
            present(out)?; // What has been polled is gone from the machine.
            output(out, session.poll())
        })
    }
}

/// The error of the last call that could change the verification; empty when it succeeded. The text is valid until
/// the next such call or until the verification is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_verification_error(
    verification: *const Verification,
    text: *mut *const c_char,
    text_len: *mut usize,
) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    unsafe { error(verification, text, text_len) }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::output::OutputTag;

    fn started() -> *mut Verification {
        let (settings, envelope) = (Settings::default(), Envelope::default());
        let mut verification = ptr::null_mut();
        // SAFETY: all four pointers are to live objects.
        let status = unsafe { passerelle_verification_new(&settings, &envelope, 0, &mut verification) };
        assert_eq!(status, Status::Ok);
        verification
    }

    #[test]
    fn after_a_panic_every_function_says_so_and_the_handle_can_be_freed() {
        let verification = started();
        // SAFETY: the pointer is from `started`, used here alone, and freed once, at the end.
        unsafe {
            assert_eq!(change(verification, |_| panic!("a bug")), Status::Panic);
            let mut out = Output::ask(Question::borrow(QuestionId(0), &Asked::StsPolicy("a".parse().unwrap())));
            let answer = Answer::from(Given::StsPolicy(Ok("".into())));
            let none = (ptr::null(), 0);
            let statuses = [
                passerelle_verification_octets(verification, b"x".as_ptr(), 1),
                passerelle_verification_end(verification),
                passerelle_verification_answer(verification, 0, &answer),
                passerelle_verification_answer_message(verification, 0, b"x".as_ptr(), 1),
                passerelle_verification_decline(verification, 0),
                passerelle_verification_deadline(verification),
                passerelle_verification_report_early(verification),
                passerelle_verification_poll(verification, &mut out),
                passerelle_verification_note(
                    verification,
                    none.0,
                    none.1,
                    none.0,
                    none.1,
                    none.0,
                    none.1,
                    none.0,
                    none.1,
                ),
            ];
            assert_eq!(statuses, [Status::Panic; 9]);
            assert_eq!(out.tag, OutputTag::Ask, "an output was written");
            let (mut text, mut len) = (ptr::null(), 0);
            assert_eq!(passerelle_verification_error(verification, &mut text, &mut len), Status::Ok);
            assert_eq!(std::slice::from_raw_parts(text.cast::<u8>(), len), b"panic: a bug");
            passerelle_verification_free(verification);
        }
    }

    #[test]
    fn a_poisoned_argument_is_not_used() {
        let mut settings = Settings::default();
        let envelope = Envelope::default();
        let mut verification = ptr::null_mut();
        // SAFETY: all pointers are to live objects.
        unsafe {
            assert_eq!(change(&mut settings, |_| panic!("a bug")), Status::Panic);
            assert_eq!(passerelle_verification_new(&settings, &envelope, 0, &mut verification), Status::Panic);
        }
        assert!(verification.is_null());
    }
}
