//! Whole dialogues as texts, played and compared.
//!
//! | line | |
//! |---|---|
//! | `S: …` | the server says a line |
//! | `C: …` | the client says a line |
//! | `E: …` | the client reports |
//! | `! send` | the host hands in the next envelope |
//! | `! begin` | the host begins with the next envelope, as a message that grows |
//! | `! rcpt …`, `! data` | it hands in a recipient, and says that there are no more |
//! | `! content …`, `! octets …` | the host hands in a line of content, or octets in which `\r`, `\n`, `\0` and `\xE9` stand for what they do in Rust |
//! | `! end`, `! abort`, `! quit` | what the host says |
//! | `! eof`, `! cut`, `! tls failed` | how the server's octets end |
//! | `! tls`, `! tls unverified` | the handshake is done |
//! | `! wait 5000` | so many milliseconds pass, and the client is called if it wanted to be |
//!
//! What the client says and reports between two inputs is compared with what stands between them: first all its lines, then all its
//! reports.

use std::collections::VecDeque;
use std::fmt::Write;

use passerelle::mailbox::{ForwardPath, ReversePath};
use passerelle::smtp::client::{Client, Delivery, Envelope, Event, Input, Outcome, Settings};
use passerelle::tls::{ChannelBinding, Converse, End, Session, Version};
use passerelle::{Domain, Machine, Millis, Now, Output, UnixTime};

/// A client on one end, and a script on the other.
pub(crate) struct Play {
    pub(crate) client: Client,
    pub(crate) envelopes: VecDeque<Envelope>,
    pub(crate) now: Now,
    /// Octets for the server.
    pub(crate) wire: Vec<u8>,
    pub(crate) events: Vec<Event>,
    tls_started: bool,
    /// Where the lines that have been told end.
    told: usize,
    told_events: usize,
    /// Most octets of the server, and of content, in one call.
    sizes: (usize, usize),
}

pub(crate) const WHOLE: (usize, usize) = (usize::MAX, usize::MAX);

pub(crate) fn start() -> Now {
    Now { monotonic: Millis(1_000_000), unix: UnixTime(1_790_000_000) }
}

pub(crate) fn settings() -> Settings {
    Settings::new(Domain::parse("client.example").unwrap())
}

pub(crate) fn mailbox(text: &str) -> ForwardPath {
    ForwardPath::parse(&format!("<{text}>")).unwrap()
}

pub(crate) fn envelope(recipients: &[&str]) -> Envelope {
    let from = ReversePath::parse("<ann@client.example>").unwrap();
    Envelope::new(from, recipients.iter().map(|text| mailbox(text)))
}

pub(crate) fn session(verified: bool) -> Session {
    Session {
        version: Version::Tls13,
        cipher_suite: "TLS_AES_128_GCM_SHA256".into(),
        server_name: Some("mx.example".into()),
        client_certificate: None,
        verified,
        binding: ChannelBinding::default(),
    }
}

/// Plays a dialogue with these envelopes, at several sizes of chunks.
#[track_caller]
pub(crate) fn dialogue(settings: &Settings, envelopes: &[Envelope], script: &str) {
    dialogue_with(|| Client::new(settings.clone(), start()), envelopes, script);
}

/// The same, with a client that is more than its settings.
#[track_caller]
pub(crate) fn dialogue_with(client: impl Fn() -> Client, envelopes: &[Envelope], script: &str) {
    let expected: String = script
        .lines()
        .filter(|line| !line.trim().is_empty())
        .fold(String::new(), |text, line| text + line.trim() + "\n");
    for sizes in [WHOLE, (1, 1), (2, 3), (7, 5), (usize::MAX, 1), (1, usize::MAX)] {
        let played = Play::new(client(), envelopes, sizes).script(&expected);
        let played = played.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n");
        assert!(played == expected, "--- expected, in chunks of {sizes:?}:\n{expected}\n--- played:\n{played}");
    }
}

impl Play {
    pub(crate) fn new(client: Client, envelopes: &[Envelope], sizes: (usize, usize)) -> Self {
        let envelopes = envelopes.iter().cloned().collect();
        let (wire, events) = (Vec::new(), Vec::new());
        Self { client, envelopes, now: start(), wire, events, tls_started: false, told: 0, told_events: 0, sizes }
    }

    /// Plays a script, and gives it with the client's part as it was.
    pub(crate) fn script(&mut self, script: &str) -> String {
        let mut played = String::new();
        self.drain();
        self.tell(&mut played);
        // Inputs of a kind that follow each other are one.
        let lines: Vec<&str> = script.lines().collect();
        for step in lines.chunk_by(|a, b| kind_of(a).is_some() && kind_of(a) == kind_of(b)) {
            let (Some(first), octets) =
                (step.first(), step.iter().flat_map(|line| octets_of(line)).collect::<Vec<u8>>())
            else {
                continue;
            };
            if !is_input(first) {
                continue;
            }
            step.iter().for_each(|line| writeln!(played, "{line}").unwrap());
            match kind_of(first) {
                Some(Kind::Server) => self.server(&octets),
                Some(Kind::Content) => self.content(&octets),
                None => self.act(first),
            }
            self.drain();
            self.tell(&mut played);
        }
        let rest = &self.wire[self.told..];
        if !rest.is_empty() {
            writeln!(played, "C~ {}", rest.escape_ascii()).unwrap();
        }
        played
    }

    pub(crate) fn server(&mut self, octets: &[u8]) {
        for chunk in octets.chunks(self.sizes.0) {
            if !self.client.wants_octets() {
                return;
            }
            self.client.octets(self.now, chunk).unwrap();
            self.drain();
        }
    }

    pub(crate) fn content(&mut self, octets: &[u8]) {
        for chunk in octets.chunks(self.sizes.1) {
            if self.client.is_over() || !matches!(self.events.last(), Some(Event::WantsContent)) {
                return;
            }
            self.client.handle(self.now, Input::Content(chunk)).unwrap();
            self.drain();
        }
    }

    pub(crate) fn act(&mut self, step: &str) {
        let now = self.now;
        let input = match step.strip_prefix("! ").expect("an input") {
            "send" => Input::Send(Box::new(self.envelopes.pop_front().expect("an envelope"))),
            "begin" => Input::Begin(Box::new(self.envelopes.pop_front().expect("an envelope"))),
            "data" => Input::Data,
            "end" => Input::ContentEnd,
            "abort" => Input::Abort,
            "quit" => Input::Quit,
            "eof" => Input::End(End::Orderly),
            "cut" => Input::End(End::Cut),
            "tls failed" => Input::End(End::TlsFailed),
            "tls" => return self.client.secured(now, session(true)).unwrap(),
            "tls unverified" => return self.client.secured(now, session(false)).unwrap(),
            other if other.starts_with("rcpt ") => Input::Rcpt(mailbox(&other["rcpt ".len()..]).into()),
            other => return self.pass(other.strip_prefix("wait ").expect("an input").parse().unwrap()),
        };
        self.client.handle(now, input).unwrap();
    }

    /// Lets time pass, with a call at each moment that the client wants one.
    fn pass(&mut self, millis: u64) {
        let until = self.now.monotonic + millis;
        while let Output::Idle { wake: Some(wake) } = self.client.poll() {
            if wake > until {
                break;
            }
            self.now.monotonic = wake.max(self.now.monotonic);
            self.client.tick(self.now);
            self.drain();
        }
        self.now.monotonic = until;
    }

    pub(crate) fn drain(&mut self) {
        loop {
            match self.client.poll() {
                Output::Transmit(octets) => self.wire.extend(octets),
                Output::Event(event) => self.events.push(event),
                Output::Ask(..) => panic!("a client asks nothing"),
                Output::Idle { .. } => break,
            }
        }
    }

    /// Writes what is new: whole lines, then reports.
    fn tell(&mut self, played: &mut String) {
        while let Some(length) = self.wire[self.told..].windows(2).position(|pair| pair == b"\r\n") {
            let line = String::from_utf8_lossy(&self.wire[self.told..self.told + length]);
            writeln!(played, "C: {line}").unwrap();
            self.told += length + 2;
        }
        for event in &self.events[self.told_events..] {
            describe(event, played);
        }
        self.told_events = self.events.len();
        if self.client.starts_tls() != self.tls_started {
            self.tls_started = !self.tls_started;
            if self.tls_started {
                writeln!(played, "E: starts TLS").unwrap();
            }
        }
    }

    /// What became of the messages.
    pub(crate) fn outcomes(&self) -> Vec<&Outcome> {
        self.events
            .iter()
            .filter_map(|event| if let Event::Sent(outcome) = event { Some(outcome) } else { None })
            .collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Server,
    Content,
}

fn is_input(line: &str) -> bool {
    line.starts_with("S:") || line.starts_with('!')
}

fn kind_of(line: &str) -> Option<Kind> {
    if line.starts_with("S:") {
        return Some(Kind::Server);
    }
    (line.starts_with("! content") || line.starts_with("! octets")).then_some(Kind::Content)
}

fn octets_of(line: &str) -> Vec<u8> {
    let text = |line: &str| [line.strip_prefix(' ').unwrap_or(line).as_bytes(), b"\r\n"].concat();
    if let Some(line) = line.strip_prefix("S:").or(line.strip_prefix("! content")) {
        return text(line);
    }
    let Some(escaped) = line.strip_prefix("! octets ") else { return Vec::new() };
    let mut octets = Vec::new();
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => octets.push(match characters.next().expect("an escape") {
                'r' => b'\r',
                'n' => b'\n',
                '0' => 0,
                'x' => u8::from_str_radix(&characters.by_ref().take(2).collect::<String>(), 16).expect("an octet"),
                other => panic!("\\{other}"),
            }),
            _ => octets.extend(character.to_string().into_bytes()),
        }
    }
    octets
}

fn describe(event: &Event, out: &mut String) {
    match event {
        Event::Ready(ready) => {
            let mut text = "ready".to_owned();
            if ready.tls.is_some() {
                text.push_str(", TLS");
            }
            if let Some(mechanism) = ready.authenticated {
                write!(text, ", {mechanism}").unwrap();
            }
            writeln!(out, "E: {text}").unwrap();
        }
        Event::Rcpt { index, delivery } => writeln!(out, "E: rcpt {index}: {}", told(delivery)).unwrap(),
        Event::WantsContent => writeln!(out, "E: wants content").unwrap(),
        Event::Sent(outcome) => {
            for recipient in &outcome.recipients {
                let to = recipient.to.to_string();
                let to = to.trim_matches(['<', '>']);
                let text = told(&recipient.delivery);
                writeln!(out, "E: {to}: {text}").unwrap();
            }
            for omitted in &outcome.omitted {
                writeln!(out, "E: omitted {omitted:?}").unwrap();
            }
        }
        Event::Trace(_) => {}
        Event::Closed(why) => writeln!(out, "E: closed, {why}").unwrap(),
    }
}

fn told(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Accepted(reply) => format!("accepted, {reply}"),
        Delivery::Refused { stage, reply } => format!("refused at {stage:?}, {reply}"),
        Delivery::Withheld { why, .. } => format!("withheld, {why:?}"),
        Delivery::NotSent(why) => format!("not sent, {why}"),
        Delivery::Unconfirmed(why) => format!("unconfirmed, {why}"),
    }
}
