//! Results when they are known: before DATA, at the end of the header section, at the end of the body.

use passerelle::verify::{Envelope, Event, Input, Verification};
use passerelle::{Machine, Misuse, Now, Output, Question, QuestionId, Transcript};

use crate::world::{MESSAGE, NOW, envelope, settings, signed, transcript};

const POLICY: &str = "v=DMARC1; p=reject";

/// A verification, the questions that wait, and the names of the events that came.
struct Session {
    verification: Verification,
    open: Vec<(QuestionId, Question)>,
    events: Vec<Event>,
    world: Transcript,
}

impl Session {
    fn new(envelope: &Envelope, world: Transcript) -> Self {
        let verification = Verification::new(&settings(), envelope, Now::at(NOW));
        let mut session = Self { verification, open: Vec::new(), events: Vec::new(), world };
        session.drain();
        session
    }

    fn drain(&mut self) {
        loop {
            match self.verification.poll() {
                Output::Ask(id, question) => self.open.push((id, question)),
                Output::Event(event) => self.events.push(event),
                Output::Transmit(_) => panic!("a verification has no peer"),
                Output::Idle { .. } => return,
            }
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.verification.handle(Now::at(NOW), input).unwrap();
        self.drain();
    }

    /// Answers what is asked, as long as the question's name is wanted.
    fn answer(&mut self, wanted: impl Fn(&str) -> bool) {
        let is_wanted = |question: &Question| matches!(question, Question::Dns(name, _) if wanted(name.as_str()));
        while let Some(at) = self.open.iter().position(|(_, question)| is_wanted(question)) {
            let (id, question) = self.open.remove(at);
            let answer = self.world.answer(&question);
            self.input(Input::Answer(id, answer));
        }
    }

    fn names(&self) -> Vec<&'static str> {
        self.events.iter().map(Event::name).collect()
    }
}

fn is_key(name: &str) -> bool {
    name.contains("._domainkey.")
}

#[test]
fn spf_and_iprev_are_known_before_the_message_begins() {
    let mut session = Session::new(&envelope(), transcript(POLICY));
    assert!(session.names().is_empty());
    session.answer(|name| !name.contains("arpa") && name != "mail.harbour.example");
    session.answer(|name| !name.contains("arpa"));
    let mut names = session.names();
    names.sort_unstable();
    assert_eq!(names, ["spf", "spf_helo"]);
    for event in &session.events {
        let (Event::Spf(verdict) | Event::SpfHelo(verdict)) = event else { panic!("{event:?}") };
        assert_eq!(verdict.result.as_str(), "pass");
    }
    session.answer(|_| true);
    assert_eq!(session.names().len(), 3, "{:?}", session.events);
    assert_eq!(session.names()[2], "iprev");
}

#[test]
fn spf_that_cannot_be_checked_is_said_at_once() {
    let session = Session::new(&Envelope::new(), transcript(POLICY));
    let [Event::Spf(verdict)] = &session.events[..] else { panic!("{:?}", session.events) };
    assert_eq!((verdict.result.as_str(), verdict.is_checked()), ("none", false));
}

#[test]
fn with_a_null_reverse_path_spf_is_that_of_helo_and_comes_once() {
    let mut session = Session::new(&envelope().mail_from("<>"), transcript(POLICY));
    session.answer(|_| true);
    let spf: Vec<_> = session.events.iter().filter(|event| event.name().starts_with("spf")).collect();
    let [Event::Spf(verdict)] = spf[..] else { panic!("{spf:?}") };
    assert_eq!(verdict.identity.as_str(), "helo");
}

#[test]
fn the_end_of_the_header_section_tells_the_author_and_the_signatures() {
    let message = signed(MESSAGE, "harbour.example");
    let body = message.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    let mut session = Session::new(&Envelope::new(), transcript(POLICY));
    session.input(Input::Octets(&message[..body - 1]));
    assert_eq!(session.names(), ["spf"], "the header section is not complete");
    session.input(Input::Octets(&message[body - 1..body]));
    let Some(Event::Header(section)) = session.events.last() else { panic!("{:?}", session.events) };
    assert_eq!(section.author.as_ref().map(|author| author.as_str()), Some("harbour.example"));
    let selectors: Vec<_> = section.signatures.iter().map(|signature| signature.selector.as_deref()).collect();
    assert_eq!(selectors, [Some("r"), Some("e")]);
}

#[test]
fn without_a_certain_author_the_header_says_why() {
    let mut session = Session::new(&Envelope::new(), transcript(POLICY));
    session.input(Input::Octets(b"From: a@a.example\r\nFrom: b@b.example\r\n\r\n"));
    let Some(Event::Header(section)) = session.events.last() else { panic!("{:?}", session.events) };
    assert_eq!((&section.author, section.signatures.len()), (&None, 0));
    assert!(section.reason.as_ref().is_some_and(|reason| reason.contains("several")), "{section:?}");
    let candidates: Vec<_> = section.candidates.iter().map(|domain| domain.as_str()).collect();
    assert_eq!((section.certainty.as_str(), candidates), ("candidates", vec!["a.example", "b.example"]));
}

#[test]
fn a_signature_that_is_not_valid_is_told_at_the_end_of_the_header_section() {
    let mut message = b"DKIM-Signature: v=1; a=rsa-sha256; d=harbour.example\r\n".to_vec();
    message.extend(signed(MESSAGE, "harbour.example"));
    let body = message.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    let mut session = Session::new(&Envelope::new(), transcript(POLICY));
    session.input(Input::Octets(&message[..body]));
    let Some(Event::Signature { index: 0, verdict }) = session.events.last() else { panic!("{:?}", session.events) };
    assert_eq!(verdict.result.as_str(), "permerror");
}

#[test]
fn a_signature_without_a_key_is_told_when_the_dns_says_so() {
    let message = signed(MESSAGE, "elsewhere.example");
    let body = message.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    let mut session = Session::new(&Envelope::new(), transcript(POLICY));
    session.input(Input::Octets(&message[..body]));
    assert_eq!(session.names(), ["spf", "header"]);
    session.answer(|name| name.starts_with("e._domainkey"));
    let Some(Event::Signature { index: 1, verdict }) = session.events.last() else { panic!("{:?}", session.events) };
    assert_eq!(verdict.result.as_str(), "permerror");
}

#[test]
fn the_other_signatures_are_told_at_the_end_of_the_body_and_before_dmarc_is_known() {
    let message = signed(MESSAGE, "harbour.example");
    let mut session = Session::new(&Envelope::new(), transcript(POLICY));
    session.input(Input::Octets(&message));
    session.answer(is_key);
    assert_eq!(session.names(), ["spf", "header"], "the body may go on");
    session.input(Input::End);
    assert_eq!(session.names(), ["spf", "header", "signature", "signature"]);
    for (at, event) in session.events[2..].iter().enumerate() {
        let Event::Signature { index, verdict } = event else { panic!("{event:?}") };
        assert_eq!((*index, verdict.result.as_str()), (at, "pass"));
    }
    session.answer(|_| true);
    assert_eq!(session.names()[4..], ["report"], "and nothing twice");
}

/// A slow key keeps only its own signature waiting.
#[test]
fn a_signature_does_not_wait_for_the_key_of_another() {
    let message = signed(MESSAGE, "harbour.example");
    let mut session = Session::new(&Envelope::new(), transcript(POLICY));
    session.input(Input::Octets(&message));
    session.input(Input::End);
    session.answer(|name| name.starts_with("e._domainkey"));
    let Some(Event::Signature { index: 1, verdict }) = session.events.last() else { panic!("{:?}", session.events) };
    assert_eq!(verdict.result.as_str(), "pass");
}

/// Where the public-key operations may not be enough for all, those further up come first, whatever the order of answers.
#[test]
fn the_order_of_answers_has_no_say_in_which_signature_is_too_costly() {
    let message = signed(MESSAGE, "harbour.example");
    let settings = settings();
    let costly = settings.clone().dkim(settings.dkim.max_verifications(1));
    for last in ["r._domainkey", "e._domainkey"] {
        let mut session = Session::new(&Envelope::new(), transcript(POLICY));
        session.verification = Verification::new(&costly, &Envelope::new(), Now::at(NOW));
        session.input(Input::Octets(&message));
        session.input(Input::End);
        session.answer(|name| !name.starts_with(last));
        session.answer(|_| true);
        let report = session.events.into_iter().find_map(Event::into_report).unwrap();
        let words: Vec<_> = report.dkim.iter().map(|verdict| verdict.result.as_str()).collect();
        assert_eq!(words, ["pass", "policy"], "{last} came last");
    }
}

/// A host that polls only at the end gets every event all the same, and the report last.
#[test]
fn events_wait_until_they_are_polled() {
    let (now, world) = (Now::at(NOW), transcript(POLICY));
    let mut verification = Verification::new(&settings(), &envelope(), now);
    let message = signed(MESSAGE, "harbour.example");
    verification.handle(now, Input::Octets(&message)).unwrap();
    verification.handle(now, Input::End).unwrap();
    verification.handle(now, Input::Deadline).unwrap();
    let mut session = Session { verification, open: Vec::new(), events: Vec::new(), world };
    session.drain();
    assert!(session.open.is_empty(), "nobody waits for answers any more");
    assert_eq!(session.names(), ["header", "spf", "spf_helo", "iprev", "signature", "signature", "report"]);
    assert_eq!(session.verification.handle(now, Input::End), Err(Misuse::AfterEnd));
}

#[test]
fn an_event_is_the_same_json_as_its_part_of_the_report() {
    let mut session = Session::new(&envelope(), transcript(POLICY));
    session.input(Input::Octets(&signed(MESSAGE, "harbour.example")));
    session.input(Input::End);
    session.answer(|_| true);
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let mut report = json(&session.events.last().unwrap().to_json());
    for verdict in ["/spf", "/spf_helo", "/dkim/0", "/dkim/1"] {
        let aligned = report.pointer_mut(verdict).and_then(|verdict| verdict.as_object_mut()?.remove("aligned"));
        assert!(aligned.is_some(), "how {verdict} is aligned is in the report alone");
    }
    for event in &session.events {
        let part = match event {
            Event::Signature { index, .. } => &report["dkim"][*index],
            Event::Header(_) => continue,
            Event::Report(_) => continue,
            other => &report[other.name()],
        };
        assert_eq!(json(&event.to_json()), *part, "{}", event.name());
    }
}
