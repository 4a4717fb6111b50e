//! The other end of a connection: says what it is told, hears lines, and has TLS if that is wanted.

use std::cell::RefCell;
use std::rc::Rc;

use passerelle::tls::{self, Converse, End, Layer, ServerTls, Session};
use passerelle::{Machine, Misuse, Now, Output};

/// A server that says what it is told.
pub(crate) struct Far {
    layer: Layer<Mouth>,
    heard: Rc<RefCell<Vec<u8>>>,
    /// Whether what it hears is told to nobody any more.
    pub(crate) is_deaf: bool,
    /// Octets for the client that have not been taken.
    pub(crate) sent: Vec<u8>,
}

/// Says what it is told, and keeps what it hears.
#[derive(Debug, Default)]
pub(crate) struct Mouth {
    says: Vec<u8>,
    heard: Rc<RefCell<Vec<u8>>>,
    has_tls: bool,
    wants_tls: bool,
}

/// What the mouth says, and whether TLS begins behind it.
pub(crate) struct Words<'a>(&'a [u8], bool);

impl Far {
    pub(crate) fn new(tls: &ServerTls, implicit: bool, now: Now) -> Self {
        let mouth = Mouth { wants_tls: implicit, ..Mouth::default() };
        Self { heard: mouth.heard.clone(), layer: Layer::server(mouth, tls, now), is_deaf: false, sent: Vec::new() }
    }

    pub(crate) fn say(&mut self, now: Now, line: &str, begins_tls: bool) {
        let line = format!("{line}\r\n");
        self.layer.handle(now, tls::Input::Inner(Words(line.as_bytes(), begins_tls))).unwrap();
        self.drain();
    }

    /// Octets of the wire, and the lines that they make.
    pub(crate) fn hear(&mut self, now: Now, octets: &[u8]) {
        if self.layer.wants_wire() && !self.is_deaf {
            self.layer.handle(now, tls::Input::Wire(octets)).unwrap();
        }
        self.drain();
    }

    /// The lines that were heard.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        let mut heard = self.heard.borrow_mut();
        let end = heard.iter().rposition(|octet| *octet == b'\n').map_or(0, |index| index + 1);
        let lines: Vec<u8> = heard.drain(..end).collect();
        String::from_utf8_lossy(&lines).lines().map(str::to_owned).collect()
    }

    pub(crate) fn is_secured(&self) -> bool {
        self.layer.is_secured()
    }

    fn drain(&mut self) {
        loop {
            match self.layer.poll() {
                Output::Transmit(octets) => self.sent.extend(octets),
                Output::Idle { .. } => return,
                _ => {}
            }
        }
    }
}

impl Machine for Mouth {
    type Input<'a> = Words<'a>;
    type Event = ();

    fn handle(&mut self, _: Now, Words(says, begins_tls): Words<'_>) -> Result<(), Misuse> {
        self.says.extend(says);
        self.wants_tls |= begins_tls && !self.has_tls;
        Ok(())
    }

    fn poll(&mut self) -> Output<()> {
        match std::mem::take(&mut self.says) {
            nothing if nothing.is_empty() => Output::Idle { wake: None },
            octets => Output::Transmit(octets),
        }
    }
}

impl Converse for Mouth {
    fn octets(&mut self, _: Now, octets: &[u8]) -> Result<(), Misuse> {
        self.heard.borrow_mut().extend(octets);
        Ok(())
    }

    fn end(&mut self, _: Now, _: End) -> Result<(), Misuse> {
        Ok(())
    }

    fn secured(&mut self, _: Now, _: Session) -> Result<(), Misuse> {
        (self.has_tls, self.wants_tls) = (true, false);
        Ok(())
    }

    fn tick(&mut self, _: Now) {}

    fn starts_tls(&self) -> bool {
        self.wants_tls && self.says.is_empty()
    }

    fn wants_octets(&self) -> bool {
        true
    }

    fn is_over(&self) -> bool {
        false
    }
}
