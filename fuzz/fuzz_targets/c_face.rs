//! The C interface: any calls in any order, with handles and texts that may be NULL. The address sanitizer watches;
//! besides, what was lent stays as it is for as long as it is promised to, and a failed call writes no output.
#![no_main]

use std::ffi::c_char;
use std::ptr::{null, null_mut};

use arbitrary::Arbitrary;
use face::answer::*;
use face::envelope::*;
use face::output::{Output, OutputTag};
use face::question::{MAX_QUERY, Question, passerelle_question_encode};
use face::settings::*;
use face::status::{Status, passerelle_status_text};
use face::transcript::*;
use face::verification::*;
use passerelle_fuzz::fuzz_target;

/// Handles of one kind that are alive at once.
const MOST: usize = 3;

/// Which handle of its kind; NULL where there is none.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct At(u8);

#[derive(Arbitrary, Debug)]
enum Call {
    NewSettings,
    NewEnvelope,
    NewVerification(At, At, u64),
    NewAnswer(u8, u32, bool),
    NewPolicy(String),
    NewFailure(u8),
    NewMessage(At, bool, Vec<u8>),
    NewTranscript,
    Free(Kind, At),
    Error(Kind, At),
    AuthservId(At, Vec<u8>),
    Bits(At, u32, u32),
    Flags(At, bool, u64),
    Ip(At, Vec<u8>),
    IpText(At, String),
    Helo(At, Vec<u8>),
    MailFrom(At, String),
    Note(At, String, Vec<u8>),
    Octets(At, Vec<u8>),
    From(At),
    End(At),
    Answer(At, u8, At),
    AnswerMessage(At, u8, bool, Vec<u8>),
    Encode(At, u16),
    Decline(At, u8),
    Deadline(At),
    Early(At),
    FromMessage(At, Vec<u8>, u8, u8, Vec<u8>),
    Poll(At),
    Add(At, u16, String),
    AddKnown(At, u8, Vec<u8>),
    AddTxt(At, Vec<u8>),
    AddAlias(At, Vec<u8>, bool),
    Parse(At, Vec<u8>),
    Lookup(At, At),
    Record(At, At, At),
    ToJson(At),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Kind {
    Settings,
    Envelope,
    Verification,
    Answer,
    Transcript,
}

fuzz_target!(|calls: Vec<Call>| {
    let mut host = Host::default();
    for call in &calls {
        let status = host.call(call);
        assert_ne!(status, Status::Panic, "{call:?}");
        // SAFETY: the text is a constant that ends with a NUL.
        let text = unsafe { std::ffi::CStr::from_ptr(passerelle_status_text(status as u32)) };
        assert!(!text.is_empty());
        host.check_lent();
    }
    host.finish();
});

#[derive(Default)]
struct Host {
    settings: Vec<*mut Settings>,
    envelopes: Vec<*mut Envelope>,
    verifications: Vec<Session>,
    answers: Vec<*mut Answer>,
    transcripts: Vec<Lender>,
}

/// A verification, and what it lent.
struct Session {
    handle: *mut Verification,
    question: Option<(Question, Vec<u8>)>,
    report: Option<(*const c_char, Vec<u8>)>,
}

/// A transcript, and the JSON that it lent.
struct Lender {
    handle: *mut Transcript,
    json: Option<(*const c_char, Vec<u8>)>,
}

/// The handle that `at` means.
fn pick<T>(handles: &[*mut T], at: At) -> *mut T {
    handles.get(usize::from(at.0) % (MOST + 1)).copied().unwrap_or(null_mut())
}

/// Keeps what a call made, if it made something, or frees it where there are enough already.
fn keep<T>(handles: &mut Vec<*mut T>, status: Status, made: *mut T, free: unsafe extern "C" fn(*mut T)) -> Status {
    assert_eq!(status == Status::Ok, !made.is_null(), "{status:?}");
    match handles.len() {
        ..MOST if !made.is_null() => handles.push(made),
        // SAFETY: NULL, or made a moment ago and known to nobody else.
        _ => unsafe { free(made) },
    }
    status
}

/// Pointer and length as C would give them: no octets may be NULL, and some octets at NULL are a mistake.
fn octets(octets: &[u8]) -> (*const u8, usize) {
    match octets {
        [] => (null(), 0),
        [0xff] => (null(), 1),
        _ => (octets.as_ptr(), octets.len()),
    }
}

fn text(text: &(impl AsRef<[u8]> + ?Sized)) -> (*const c_char, usize) {
    let (data, len) = octets(text.as_ref());
    (data.cast(), len)
}

impl Host {
    fn session(&mut self, at: At) -> Option<&mut Session> {
        self.verifications.get_mut(usize::from(at.0) % (MOST + 1))
    }

    fn verification(&mut self, at: At) -> *mut Verification {
        self.session(at).map_or(null_mut(), |session| session.handle)
    }

    fn transcript(&mut self, at: At) -> *mut Transcript {
        self.transcripts.get(usize::from(at.0) % (MOST + 1)).map_or(null_mut(), |lender| lender.handle)
    }

    fn call(&mut self, call: &Call) -> Status {
        // SAFETY: every handle is NULL or alive, each text is as long as is said or NULL, every output has its place.
        unsafe {
            match call {
                Call::NewSettings => {
                    let mut made = null_mut();
                    let status = passerelle_settings_new(&mut made);
                    keep(&mut self.settings, status, made, passerelle_settings_free)
                }
                Call::NewEnvelope => {
                    let mut made = null_mut();
                    let status = passerelle_envelope_new(&mut made);
                    keep(&mut self.envelopes, status, made, passerelle_envelope_free)
                }
                Call::NewVerification(settings, envelope, time) => {
                    let (settings, envelope) = (pick(&self.settings, *settings), pick(&self.envelopes, *envelope));
                    let mut handle = null_mut();
                    let status = passerelle_verification_new(settings, envelope, *time, &mut handle);
                    assert_eq!(status == Status::Ok, !handle.is_null());
                    match self.verifications.len() {
                        ..MOST if !handle.is_null() => {
                            self.verifications.push(Session { handle, question: None, report: None });
                        }
                        _ => passerelle_verification_free(handle),
                    }
                    status
                }
                Call::NewAnswer(status, ttl, secure) => {
                    let status = [0, 0, 2, 3, 65536, 1][usize::from(*status) % 6];
                    let mut made = null_mut();
                    let status = passerelle_answer_new(status, *ttl, *secure, &mut made);
                    keep(&mut self.answers, status, made, passerelle_answer_free)
                }
                Call::NewPolicy(policy) => {
                    let (policy, len) = text(policy);
                    let mut made = null_mut();
                    let status = passerelle_answer_new_sts_policy(policy, len, &mut made);
                    keep(&mut self.answers, status, made, passerelle_answer_free)
                }
                Call::NewFailure(error) => {
                    let mut made = null_mut();
                    let status = passerelle_answer_new_sts_failure(u32::from(*error) % 9, &mut made);
                    keep(&mut self.answers, status, made, passerelle_answer_free)
                }
                Call::NewMessage(verification, respond, data) => {
                    let message = self.message(*verification, *respond, data);
                    let asked = self.session(*verification).and_then(|session| session.question.as_ref());
                    let question = asked.map_or(null(), |(question, _)| question as *const Question);
                    let (message, len) = octets(&message);
                    let mut made = null_mut();
                    let status = passerelle_answer_new_message(question, message, len, &mut made);
                    keep(&mut self.answers, status, made, passerelle_answer_free)
                }
                Call::NewTranscript => {
                    let mut handle = null_mut();
                    let status = passerelle_transcript_new(&mut handle);
                    match self.transcripts.len() {
                        ..MOST => self.transcripts.push(Lender { handle, json: None }),
                        _ => passerelle_transcript_free(handle),
                    }
                    status
                }
                Call::Free(kind, at) => self.free(*kind, *at),
                Call::Error(kind, at) => self.error(*kind, *at),
                Call::AuthservId(at, id) => {
                    let (id, len) = text(id);
                    passerelle_settings_set_authserv_id(pick(&self.settings, *at), id, len)
                }
                Call::Bits(at, min, max) => passerelle_settings_set_rsa_bits(pick(&self.settings, *at), *min, *max),
                Call::Flags(at, flag, skew) => {
                    let settings = pick(&self.settings, *at);
                    passerelle_settings_set_check_helo(settings, *flag);
                    passerelle_settings_set_check_iprev(settings, !*flag);
                    passerelle_settings_set_accept_body_length(settings, *flag);
                    passerelle_settings_set_clock_skew(settings, *skew)
                }
                Call::Ip(at, address) => {
                    let (address, len) = octets(address);
                    passerelle_envelope_set_ip(pick(&self.envelopes, *at), address, len)
                }
                Call::IpText(at, address) => {
                    let (address, len) = text(address);
                    passerelle_envelope_set_ip_text(pick(&self.envelopes, *at), address, len)
                }
                Call::Helo(at, helo) => {
                    let (helo, len) = text(helo);
                    passerelle_envelope_set_helo(pick(&self.envelopes, *at), helo, len)
                }
                Call::MailFrom(at, path) => {
                    let (path, len) = text(path);
                    passerelle_envelope_set_mail_from(pick(&self.envelopes, *at), path, len)
                }
                Call::Note(at, step, why) => {
                    let (step, step_len) = text(step);
                    let (why, why_len) = text(why);
                    let verification = self.verification(*at);
                    passerelle_verification_note(verification, step, step_len, step, step_len, why, why_len, null(), 0)
                }
                Call::Octets(at, data) => {
                    let (data, len) = octets(data);
                    passerelle_verification_octets(self.verification(*at), data, len)
                }
                Call::From(at) => {
                    let (data, len) = octets(b"From: joe@a.example\r\n\r\n");
                    passerelle_verification_octets(self.verification(*at), data, len)
                }
                Call::End(at) => passerelle_verification_end(self.verification(*at)),
                Call::Answer(at, id, answer) => {
                    let answer = pick(&self.answers, *answer);
                    passerelle_verification_answer(self.verification(*at), u32::from(*id), answer)
                }
                Call::AnswerMessage(at, id, respond, data) => {
                    let message = self.message(*at, *respond, data);
                    let (message, len) = octets(&message);
                    passerelle_verification_answer_message(self.verification(*at), u32::from(*id), message, len)
                }
                Call::Encode(at, size) => self.encode(*at, usize::from(*size)).err().unwrap_or(Status::Ok),
                Call::Decline(at, id) => passerelle_verification_decline(self.verification(*at), u32::from(*id)),
                Call::Deadline(at) => passerelle_verification_deadline(self.verification(*at)),
                Call::Early(at) => passerelle_verification_report_early(self.verification(*at)),
                Call::FromMessage(at, message, vouched, field, relays) => {
                    let ((message, len), (relays, relays_len)) = (octets(message), text(relays));
                    let (vouched, field) = (u32::from(*vouched), u32::from(*field));
                    let envelope = pick(&self.envelopes, *at);
                    passerelle_envelope_from_message(envelope, message, len, vouched, field, relays, relays_len)
                }
                Call::Poll(at) => match self.session(*at) {
                    Some(session) => session.poll().0,
                    None => passerelle_verification_poll(null_mut(), null_mut()),
                },
                Call::Add(at, record_type, data) => {
                    let (data, len) = text(data);
                    passerelle_answer_add(pick(&self.answers, *at), *record_type, data, len)
                }
                Call::AddKnown(at, record_type, data) => {
                    let record_type = [1, 2, 5, 6, 12, 15, 16, 28, 52][usize::from(*record_type) % 9];
                    let (data, len) = octets(data);
                    passerelle_answer_add_rdata(pick(&self.answers, *at), record_type, data, len)
                }
                Call::AddTxt(at, data) => {
                    let (data, len) = octets(data);
                    passerelle_answer_add_txt(pick(&self.answers, *at), data, len)
                }
                Call::AddAlias(at, target, secure) => {
                    let (target, len) = text(target);
                    passerelle_answer_add_alias(pick(&self.answers, *at), target, len, *secure)
                }
                Call::Parse(at, json) => {
                    let (json, len) = octets(json);
                    passerelle_transcript_parse(self.transcript(*at), json, len)
                }
                Call::Lookup(at, verification) => {
                    let transcript = self.transcript(*at);
                    let asked = self.session(*verification).and_then(|session| session.question.as_ref());
                    let question = asked.map_or(null(), |(question, _)| question as *const Question);
                    let mut made = null_mut();
                    let status = passerelle_transcript_answer(transcript, question, &mut made);
                    keep(&mut self.answers, status, made, passerelle_answer_free)
                }
                Call::Record(at, verification, answer) => {
                    let (transcript, answer) = (self.transcript(*at), pick(&self.answers, *answer));
                    let asked = self.session(*verification).and_then(|session| session.question.as_ref());
                    let question = asked.map_or(null(), |(question, _)| question as *const Question);
                    passerelle_transcript_record(transcript, question, answer)
                }
                Call::ToJson(at) => match self.transcripts.get_mut(usize::from(at.0) % (MOST + 1)) {
                    Some(lender) => lender.write_json(),
                    None => passerelle_transcript_to_json(null_mut(), null_mut(), null_mut()),
                },
            }
        }
    }

    /// The query for the last question of a verification, written where there is room for `size` octets.
    fn encode(&mut self, at: At, size: usize) -> Result<Vec<u8>, Status> {
        let asked = self.session(at).and_then(|session| session.question.as_ref());
        let question = asked.map_or(null(), |(question, _)| question as *const Question);
        let (mut data, mut len) = (vec![0xee; size], usize::MAX);
        // SAFETY: the question is NULL or lives in the session, and there is room for as many octets as is said.
        let status = unsafe { passerelle_question_encode(question, 7, 3, 1232, data.as_mut_ptr(), size, &mut len) };
        match status {
            Status::Ok => {
                data.truncate(len);
                Ok(data)
            }
            status => {
                assert!(len == usize::MAX && data.iter().all(|octet| *octet == 0xee), "an output was written");
                Err(status)
            }
        }
    }

    /// A message: these octets, or a response to the last question with these as its only record.
    fn message(&mut self, at: At, respond: bool, data: &[u8]) -> Vec<u8> {
        match self.encode(at, MAX_QUERY) {
            Ok(mut message) if respond => {
                message.truncate(message.len() - 11); // without the OPT record
                message[2] |= 0x80;
                message[6..12].copy_from_slice(&[0, u8::from(!data.is_empty()), 0, 0, 0, 0]);
                message.extend(data);
                message
            }
            _ => data.to_vec(),
        }
    }

    fn free(&mut self, kind: Kind, at: At) -> Status {
        let at = usize::from(at.0) % (MOST + 1);
        fn take<T>(handles: &mut Vec<*mut T>, at: usize) -> *mut T {
            if at < handles.len() { handles.remove(at) } else { null_mut() }
        }
        // SAFETY: the handles are taken out of the lists, so nobody uses them after this.
        unsafe {
            match kind {
                Kind::Settings => passerelle_settings_free(take(&mut self.settings, at)),
                Kind::Envelope => passerelle_envelope_free(take(&mut self.envelopes, at)),
                Kind::Answer => passerelle_answer_free(take(&mut self.answers, at)),
                Kind::Verification if at < self.verifications.len() => {
                    passerelle_verification_free(self.verifications.remove(at).handle);
                }
                Kind::Verification => passerelle_verification_free(null_mut()),
                Kind::Transcript if at < self.transcripts.len() => {
                    passerelle_transcript_free(self.transcripts.remove(at).handle);
                }
                Kind::Transcript => passerelle_transcript_free(null_mut()),
            }
        }
        Status::Ok
    }

    fn error(&mut self, kind: Kind, at: At) -> Status {
        let (mut data, mut len) = (null(), 0);
        // SAFETY: as in `call`.
        let status = unsafe {
            match kind {
                Kind::Settings => passerelle_settings_error(pick(&self.settings, at), &mut data, &mut len),
                Kind::Envelope => passerelle_envelope_error(pick(&self.envelopes, at), &mut data, &mut len),
                Kind::Answer => passerelle_answer_error(pick(&self.answers, at), &mut data, &mut len),
                Kind::Verification => passerelle_verification_error(self.verification(at), &mut data, &mut len),
                Kind::Transcript => passerelle_transcript_error(self.transcript(at), &mut data, &mut len),
            }
        };
        assert_eq!(status == Status::Ok, !data.is_null());
        if status == Status::Ok {
            lent_text(data, len);
        }
        status
    }

    /// Reads again what is still promised to be there.
    fn check_lent(&self) {
        for session in &self.verifications {
            if let Some((question, name)) = &session.question {
                assert_eq!(lent_text(question.name, question.name_len).as_bytes(), name);
            }
            if let Some((data, json)) = &session.report {
                assert_eq!(lent_text(*data, json.len()).as_bytes(), json);
            }
        }
        for lender in &self.transcripts {
            if let Some((data, json)) = &lender.json {
                assert_eq!(lent_text(*data, json.len()).as_bytes(), json);
            }
        }
    }

    /// Brings every verification to its report, and frees everything.
    fn finish(mut self) {
        for session in &mut self.verifications {
            // SAFETY: the handle is alive.
            unsafe {
                let ended = passerelle_verification_end(session.handle);
                assert!(matches!(ended, Status::Ok | Status::AfterEnd));
                assert_eq!(passerelle_verification_deadline(session.handle), Status::Ok);
            }
            while session.poll().1 != OutputTag::Idle {}
            assert!(session.report.is_some(), "the message is complete, and there is no report");
        }
        self.check_lent();
        for kind in [Kind::Settings, Kind::Envelope, Kind::Answer, Kind::Verification, Kind::Transcript] {
            for _ in 0..MOST {
                self.free(kind, At(0));
            }
        }
    }
}

impl Session {
    fn poll(&mut self) -> (Status, OutputTag) {
        let mut output = std::mem::MaybeUninit::<Output>::uninit();
        // SAFETY: the handle is alive, and the tag says which member of the value was written.
        unsafe {
            let status = passerelle_verification_poll(self.handle, output.as_mut_ptr());
            assert_eq!(status, Status::Ok, "no poll fails");
            let output = output.assume_init();
            self.question = None;
            match output.tag {
                OutputTag::Idle => assert!(!output.value.idle.has_wake),
                OutputTag::Ask => {
                    let question = output.value.ask;
                    let name = lent_text(question.name, question.name_len).as_bytes().to_vec();
                    self.question = Some((question, name));
                }
                OutputTag::Report => {
                    let report = output.value.report;
                    let json = lent_text(report.json, report.json_len);
                    assert!(json.starts_with('{') && json.ends_with('}'));
                    let earlier = self.report.replace((report.json, json.as_bytes().to_vec()));
                    assert!(earlier.is_none(), "a second report");
                }
                OutputTag::Transmit => panic!("a verification has no peer"),
                OutputTag::Spf | OutputTag::SpfHelo | OutputTag::Iprev | OutputTag::Header | OutputTag::Signature => {
                    let finding = output.value.finding;
                    let json = lent_text(finding.json, finding.json_len);
                    assert!(json.starts_with('{') && json.ends_with('}') && self.report.is_none());
                    let has_result = output.tag != OutputTag::Header;
                    assert_eq!(!lent_text(finding.result, finding.result_len).is_empty(), has_result);
                }
            }
            (status, output.tag)
        }
    }
}

impl Lender {
    fn write_json(&mut self) -> Status {
        let (mut data, mut len) = (null(), 0);
        // SAFETY: the handle is alive.
        let status = unsafe { passerelle_transcript_to_json(self.handle, &mut data, &mut len) };
        assert_eq!(status, Status::Ok);
        let json = lent_text(data, len).as_bytes().to_vec();
        // What it writes, it reads.
        let mut again = null_mut();
        // SAFETY: as above; the other handle is freed here.
        unsafe {
            assert_eq!(passerelle_transcript_new(&mut again), Status::Ok);
            assert_eq!(passerelle_transcript_parse(again, json.as_ptr(), json.len()), Status::Ok);
            passerelle_transcript_free(again);
        }
        self.json = Some((data, json));
        status
    }
}

/// A text that the library lent.
fn lent_text<'a>(data: *const c_char, len: usize) -> &'a str {
    // SAFETY: this is what the library promises, and what the address sanitizer checks here.
    let octets = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), len) };
    str::from_utf8(octets).expect("texts are UTF-8")
}
