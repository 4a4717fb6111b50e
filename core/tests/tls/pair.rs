//! Two layers and the wire between them.

use passerelle::tls::{ClientTls, End, Event, Failure, Input, Layer, ServerTls, Session};
use passerelle::{Machine, Now, Output};

use crate::certificates::NOW;
use crate::toy::{Role, Said, Start, Tell, Toy};

pub(crate) type Side = Layer<Toy>;

/// A server and a client, and everything they reported.
pub(crate) struct Pair {
    pub(crate) server: Side,
    pub(crate) client: Side,
    pub(crate) heard_by_server: Vec<Event<Said>>,
    pub(crate) heard_by_client: Vec<Event<Said>>,
    /// Everything that went over the wire, from the server and from the client.
    pub(crate) from_server: Vec<u8>,
    pub(crate) from_client: Vec<u8>,
    pub(crate) chunk: usize,
    pub(crate) now: Now,
    server_ended: bool,
}

impl Pair {
    pub(crate) fn new(server: &ServerTls, client: &ClientTls, start: Start) -> Self {
        let now = Now::at(NOW);
        Self {
            server: Layer::server(Toy::new(Role::Server, start), server, now),
            client: Layer::client(Toy::new(Role::Client, start), client, now),
            heard_by_server: Vec::new(),
            heard_by_client: Vec::new(),
            from_server: Vec::new(),
            from_client: Vec::new(),
            chunk: usize::MAX,
            now,
            server_ended: false,
        }
    }

    /// Lets both talk until nobody has anything to say.
    pub(crate) fn run(&mut self) -> &mut Self {
        loop {
            let to_client = drain(&mut self.server, &mut self.heard_by_server);
            let to_server = drain(&mut self.client, &mut self.heard_by_client);
            if to_client.is_empty() && to_server.is_empty() {
                return self;
            }
            self.from_server.extend(&to_client);
            self.from_client.extend(&to_server);
            for chunk in to_client.chunks(self.chunk) {
                self.client.handle(self.now, Input::Wire(chunk)).unwrap();
            }
            // After the end nothing arrives.
            let chunks = to_server.chunks(self.chunk);
            for chunk in chunks.take_while(|_| !self.server_ended) {
                self.server.handle(self.now, Input::Wire(chunk)).unwrap();
            }
        }
    }

    pub(crate) fn client_says(&mut self, text: &str) -> &mut Self {
        self.client.handle(self.now, Input::Inner(Tell::Say(text))).unwrap();
        self.run()
    }

    pub(crate) fn end_at_server(&mut self, end: End) -> &mut Self {
        self.server.handle(self.now, Input::End(end)).unwrap();
        self.server_ended = true;
        self.run()
    }

    pub(crate) fn session(&self) -> Session {
        session(&self.heard_by_client)
    }

    pub(crate) fn failure(&self) -> Failure {
        failure(&self.heard_by_client)
    }
}

/// What a side sends, its reports noted.
pub(crate) fn drain(side: &mut Side, heard: &mut Vec<Event<Said>>) -> Vec<u8> {
    let mut sent = Vec::new();
    loop {
        match side.poll() {
            Output::Transmit(octets) => sent.extend(octets),
            Output::Event(event) => heard.push(event),
            Output::Ask(..) => unreachable!("the toy asks nothing"),
            Output::Idle { .. } => return sent,
        }
    }
}

pub(crate) fn session(heard: &[Event<Said>]) -> Session {
    let found = heard.iter().find_map(|event| match event {
        Event::Secured(session) => Some(session.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("not secured: {heard:?}"))
}

pub(crate) fn failure(heard: &[Event<Said>]) -> Failure {
    let found = heard.iter().find_map(|event| match event {
        Event::Failed(failure) => Some(failure.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no failure: {heard:?}"))
}

/// The lines that came inside TLS.
pub(crate) fn lines(heard: &[Event<Said>]) -> Vec<&str> {
    heard
        .iter()
        .filter_map(|event| match event {
            Event::Inner(Said::Line(line, true)) => Some(line.as_str()),
            _ => None,
        })
        .collect()
}
