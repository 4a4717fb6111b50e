//! A host and a client for a server, driven by a script.

use std::sync::Arc;

use passerelle::smtp::server::{
    Abort, Closed, Decision, DecisionId, Decisions, Event, Input, Message, Request, Server, Settings,
};
use passerelle::tls::{ChannelBinding, Converse, End, Session, Version};
use passerelle::{Domain, Machine, Millis, Now, Output, UnixTime};

/// 2026-11-21 12:00:00 UTC.
pub(crate) const START: u64 = 1_795_262_400;

/// Settings of a server that takes mail for `example.com`, its host deciding on messages alone.
pub(crate) fn settings() -> Settings {
    Settings {
        hostname: "mx.example.com".into(),
        local_domains: vec![Domain::parse("example.com").unwrap()],
        decisions: Decisions { message: true, ..Decisions::default() },
        ..Settings::default()
    }
}

pub(crate) type Host = Box<dyn FnMut(&Request) -> Option<Decision>>;

/// One session, its host and its clock.
pub(crate) struct Talk {
    pub(crate) server: Server,
    pub(crate) now: Now,
    host: Host,
    /// What the host has not decided yet.
    pub(crate) undecided: Vec<(DecisionId, Request)>,
    pub(crate) requests: Vec<Request>,
    pub(crate) messages: Vec<(Message, Vec<u8>)>,
    content: Vec<u8>,
    pub(crate) aborted: Vec<Abort>,
    pub(crate) closed: Option<Closed>,
    /// All other events.
    pub(crate) events: Vec<Event>,
    unread: String,
    pub(crate) wake: Option<Millis>,
}

impl Talk {
    /// With a host that accepts everything that it is asked.
    pub(crate) fn new(settings: Settings) -> Self {
        Self::with_host(settings, Box::new(|_| Some(Decision::Accept)))
    }

    pub(crate) fn with_host(settings: Settings, host: Host) -> Self {
        Self::from(settings, "192.0.2.1:49152", host)
    }

    pub(crate) fn from(settings: Settings, address: &str, host: Host) -> Self {
        let now = Now { monotonic: Millis(1000), unix: UnixTime(START) };
        let (address, local) = (address.parse().unwrap(), "198.51.100.1:25".parse().unwrap());
        let server = Server::new(Arc::new(settings), Some(address), Some(local), [7; 32], now);
        let mut talk = Self {
            server,
            now,
            host,
            undecided: Vec::new(),
            requests: Vec::new(),
            messages: Vec::new(),
            content: Vec::new(),
            aborted: Vec::new(),
            closed: None,
            events: Vec::new(),
            unread: String::new(),
            wake: None,
        };
        talk.drain();
        talk
    }

    /// Polls everything, and decides what is to be decided.
    pub(crate) fn drain(&mut self) {
        loop {
            match self.server.poll() {
                Output::Transmit(octets) => self.unread += &String::from_utf8(octets).expect("replies are text"),
                Output::Ask(..) => panic!("a server asks nothing of the DNS"),
                Output::Idle { wake } => {
                    self.wake = wake;
                    return;
                }
                Output::Event(event) => self.event(event),
            }
        }
    }

    fn event(&mut self, event: Event) {
        assert!(self.closed.is_none(), "{event:?} after the end");
        match event {
            Event::Decide { id, request, .. } => {
                if let Request::Message(message) = &request {
                    self.messages.push(((**message).clone(), std::mem::take(&mut self.content)));
                }
                self.requests.push(request.clone());
                match (self.host)(&request) {
                    Some(decision) => self.server.handle(self.now, Input::Decide(id, decision)).unwrap(),
                    None => self.undecided.push((id, request)),
                }
            }
            Event::Content(octets) => {
                assert!(!octets.is_empty());
                self.content.extend(octets);
            }
            Event::Aborted(why) => {
                self.aborted.push(why);
                self.content.clear();
            }
            Event::Closed(why) => self.closed = Some(why),
            event => self.events.push(event),
        }
    }

    /// Sends octets and gives what comes back. Behind EHLO the reply is waited for, as it has to be (RFC 2920 §3.1).
    pub(crate) fn send(&mut self, octets: impl AsRef<[u8]>) -> String {
        for group in groups(octets.as_ref()) {
            self.server.handle(self.now, Input::Octets(group)).unwrap();
            self.drain();
        }
        self.read()
    }

    /// Sends octets without waiting for anything.
    pub(crate) fn send_at_once(&mut self, octets: impl AsRef<[u8]>) -> String {
        self.server.handle(self.now, Input::Octets(octets.as_ref())).unwrap();
        self.drain();
        self.read()
    }

    /// What has come and was not read.
    pub(crate) fn read(&mut self) -> String {
        std::mem::take(&mut self.unread)
    }

    /// Decides what waits the longest.
    pub(crate) fn decide(&mut self, decision: Decision) -> String {
        let (id, _) = self.undecided.remove(0);
        self.server.handle(self.now, Input::Decide(id, decision)).unwrap();
        self.drain();
        self.read()
    }

    pub(crate) fn pass(&mut self, millis: u64) -> String {
        self.now.monotonic = self.now.monotonic + millis;
        self.now.unix = UnixTime(START + self.now.monotonic.0 / 1000);
        self.server.handle(self.now, Input::Tick).unwrap();
        self.drain();
        self.read()
    }

    pub(crate) fn end(&mut self, end: End) -> String {
        self.server.handle(self.now, Input::End(end)).unwrap();
        self.drain();
        self.read()
    }

    /// The handshake that the server waits for.
    pub(crate) fn secure(&mut self) -> String {
        assert!(self.server.starts_tls());
        self.server.handle(self.now, Input::Secured(session())).unwrap();
        self.drain();
        self.read()
    }

    /// Follows a script: `C:` lines are sent with CRLF, those that follow each other at once; then exactly the `S:` lines
    /// are expected. `TLS` is a handshake; a line that begins with `#` says something to the reader.
    pub(crate) fn run(&mut self, script: &str) -> &mut Self {
        let (mut client, mut server) = (String::new(), String::new());
        for line in script.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line == "TLS" {
                self.exchange(&mut client, &mut server);
                self.unread = self.secure();
            } else if let Some(line) = line.strip_prefix("C:") {
                if !server.is_empty() {
                    self.exchange(&mut client, &mut server);
                }
                client += line.strip_prefix(' ').unwrap_or(line);
                client += "\r\n";
            } else {
                let line = line.strip_prefix("S:").unwrap_or_else(|| panic!("what is {line:?}?"));
                server += line.strip_prefix(' ').unwrap_or(line);
                server += "\r\n";
            }
        }
        self.exchange(&mut client, &mut server);
        self
    }

    fn exchange(&mut self, client: &mut String, server: &mut String) {
        if !client.is_empty() {
            let unread = self.read();
            self.unread = unread + &self.send(&*client);
        }
        assert_eq!(self.read(), *server, "behind {client:?}");
        client.clear();
        server.clear();
    }
}

/// The octets in groups, of which each ends with the first EHLO, HELO or LHLO in it.
pub(crate) fn groups(octets: &[u8]) -> Vec<&[u8]> {
    let is_hello = |line: &[u8]| {
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        matches!(&word[..], b"EHLO" | b"HELO" | b"LHLO") && line.ends_with(b"\r\n")
    };
    let (mut groups, mut start, mut at) = (Vec::new(), 0, 0);
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        at += line.len();
        if is_hello(line) {
            groups.push(&octets[start..at]);
            start = at;
        }
    }
    if start < octets.len() {
        groups.push(&octets[start..]);
    }
    groups
}

/// TLS as a layer around the server would tell of it.
pub(crate) fn session() -> Session {
    Session {
        version: Version::Tls13,
        cipher_suite: "TLS_AES_256_GCM_SHA384".into(),
        server_name: Some("mx.example.com".into()),
        client_certificate: None,
        verified: false,
        binding: ChannelBinding { exporter: Some([3; 32]), server_end_point: None },
    }
}
