//! Whole dialogues as texts, played and compared.
//!
//! | line | |
//! |---|---|
//! | `S: …` | the server says a line |
//! | `C: …` | the client says a line |
//! | `E: …` | the client reports |
//! | `! send` | the host hands in the next envelope |
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
pub struct Play {
    pub client: Client,
    pub envelopes: VecDeque<Envelope>,
    pub now: Now,
    /// Octets for the server.
    pub wire: Vec<u8>,
    pub events: Vec<Event>,
    tls_started: bool,
    /// Where the lines that have been told end.
    told: usize,
    told_events: usize,
    /// Most octets of the server, and of content, in one call.
    sizes: (usize, usize),
}

pub const WHOLE: (usize, usize) = (usize::MAX, usize::MAX);

pub fn start() -> Now {
    Now { monotonic: Millis(1_000_000), unix: UnixTime(1_790_000_000) }
}

pub fn settings() -> Settings {
    Settings::new(Domain::parse("client.example").unwrap())
}

pub fn mailbox(text: &str) -> ForwardPath {
    ForwardPath::parse(&format!("<{text}>")).unwrap()
}

pub fn envelope(recipients: &[&str]) -> Envelope {
    let from = ReversePath::parse("<ann@client.example>").unwrap();
    Envelope::new(from, recipients.iter().map(|text| mailbox(text)))
}

pub fn session(verified: bool) -> Session {
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
pub fn dialogue(settings: &Settings, envelopes: &[Envelope], script: &str) {
    dialogue_with(|| Client::new(settings.clone(), start()), envelopes, script);
}

/// The same, with a client that is more than its settings.
#[track_caller]
pub fn dialogue_with(client: impl Fn() -> Client, envelopes: &[Envelope], script: &str) {
    let expected: String = script.trim().lines().fold(String::new(), |text, line| text + line.trim() + "\n");
    for sizes in [WHOLE, (1, 1), (2, 3), (7, 5), (usize::MAX, 1), (1, usize::MAX)] {
        let played = Play::new(client(), envelopes, sizes).script(&expected);
        assert!(played == expected, "--- expected, in chunks of {sizes:?}:\n{expected}\n--- played:\n{played}");
    }
}

impl Play {
    pub fn new(client: Client, envelopes: &[Envelope], sizes: (usize, usize)) -> Self {
        let envelopes = envelopes.iter().cloned().collect();
        let (wire, events) = (Vec::new(), Vec::new());
        Self { client, envelopes, now: start(), wire, events, tls_started: false, told: 0, told_events: 0, sizes }
    }

    /// Plays a script, and gives it with the client's part as it was.
    pub fn script(&mut self, script: &str) -> String {
        let mut played = String::new();
        let steps: Vec<&str> = script.lines().filter(|line| is_input(line)).collect();
        self.drain();
        self.tell(script, &mut played);
        let mut steps = steps.into_iter().peekable();
        let mut line_of = script.lines();
        while let Some(step) = steps.next() {
            // Inputs of a kind that follow each other are one.
            let kind = kind_of(step);
            let mut octets = octets_of(step);
            writeln!(played, "{step}").unwrap();
            line_of.by_ref().find(|line| *line == step);
            while line_of.clone().next().is_some_and(|next| kind.is_some() && kind_of(next) == kind) {
                let next = line_of.next().unwrap_or_default();
                steps.next();
                octets.extend(octets_of(next));
                writeln!(played, "{next}").unwrap();
            }
            match kind {
                Some(Kind::Server) => self.server(&octets),
                Some(Kind::Content) => self.content(&octets),
                None => self.act(step),
            }
            self.drain();
            self.tell(script, &mut played);
        }
        let rest = &self.wire[self.told..];
        if !rest.is_empty() {
            writeln!(played, "C~ {}", rest.escape_ascii()).unwrap();
        }
        played
    }

    pub fn server(&mut self, octets: &[u8]) {
        for chunk in octets.chunks(self.sizes.0) {
            if !self.client.wants_octets() {
                return;
            }
            self.client.octets(self.now, chunk).unwrap();
            self.drain();
        }
    }

    pub fn content(&mut self, octets: &[u8]) {
        for chunk in octets.chunks(self.sizes.1) {
            if self.client.is_over() || !matches!(self.events.last(), Some(Event::WantsContent)) {
                return;
            }
            self.client.handle(self.now, Input::Content(chunk)).unwrap();
            self.drain();
        }
    }

    pub fn act(&mut self, step: &str) {
        let now = self.now;
        let input = match step.strip_prefix("! ").expect("an input") {
            "send" => Input::Send(Box::new(self.envelopes.pop_front().expect("an envelope"))),
            "end" => Input::ContentEnd,
            "abort" => Input::Abort,
            "quit" => Input::Quit,
            "eof" => Input::End(End::Orderly),
            "cut" => Input::End(End::Cut),
            "tls failed" => Input::End(End::TlsFailed),
            "tls" => return self.client.secured(now, session(true)).unwrap(),
            "tls unverified" => return self.client.secured(now, session(false)).unwrap(),
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

    pub fn drain(&mut self) {
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
    fn tell(&mut self, _script: &str, played: &mut String) {
        while let Some(length) = self.wire[self.told..].windows(2).position(|pair| pair == b"\r\n") {
            let line = String::from_utf8_lossy(&self.wire[self.told..self.told + length]);
            writeln!(
                played,
                "{}",
                format!("C: {}", line.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'")).trim_end()
            )
            .unwrap();
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
    pub fn outcomes(&self) -> Vec<&Outcome> {
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
        Event::WantsContent => writeln!(out, "E: wants content").unwrap(),
        Event::Sent(outcome) => {
            for recipient in &outcome.recipients {
                let to = recipient.to.to_string();
                let to = to.trim_matches(['<', '>']);
                let text = match &recipient.delivery {
                    Delivery::Accepted(reply) => format!("accepted, {reply}"),
                    Delivery::Refused { stage, reply } => format!("refused at {stage:?}, {reply}"),
                    Delivery::Withheld { why, .. } => format!("withheld, {why:?}"),
                    Delivery::NotSent(why) => format!("not sent, {why}"),
                    Delivery::Unconfirmed(why) => format!("unconfirmed, {why}"),
                };
                writeln!(out, "E: {to}: {text}").unwrap();
            }
            for omitted in &outcome.omitted {
                writeln!(out, "E: omitted {omitted:?}").unwrap();
            }
        }
        Event::Closed(why) => writeln!(out, "E: closed, {why}").unwrap(),
    }
}
