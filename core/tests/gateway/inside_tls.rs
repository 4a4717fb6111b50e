//! A client inside TLS, of a host that speaks clear text to hops.

use passerelle::gateway::Input;
use passerelle::tls::{self, ClientTls, Converse, End, Layer, Session, Verification};
use passerelle::{Machine, Misuse, Now, Output};

use crate::host::Host;

/// A client with TLS from the first octet.
pub(crate) struct Client {
    pub(crate) host: Host,
    layer: Layer<Speaker>,
    heard: String,
}

impl Client {
    pub(crate) fn new(host: Host) -> Self {
        let layer = Layer::client(Speaker::default(), &ClientTls::new(Verification::None), host.now);
        let mut client = Self { host, layer, heard: String::new() };
        client.say("");
        client
    }

    /// Says something, and gives what was said since the last time.
    pub(crate) fn say(&mut self, text: &str) -> String {
        let _ = self.layer.handle(self.host.now, tls::Input::Inner(text.as_bytes()));
        loop {
            let mut has_moved = false;
            while let Some(octets) = self.outgoing() {
                has_moved = true;
                for piece in octets.chunks(4096) {
                    assert!(self.host.gateway.wants_wire(), "nobody reads");
                    self.host.input(Input::Wire(piece));
                }
            }
            self.host.run();
            let octets = std::mem::take(&mut self.host.for_client);
            if !octets.is_empty() {
                has_moved = true;
                self.layer.handle(self.host.now, tls::Input::Wire(&octets)).expect("it reads");
            }
            if !has_moved {
                return std::mem::take(&mut self.heard);
            }
        }
    }

    fn outgoing(&mut self) -> Option<Vec<u8>> {
        loop {
            match self.layer.poll() {
                Output::Transmit(octets) => return Some(octets),
                Output::Event(tls::Event::Inner(text)) => self.heard.push_str(&text),
                Output::Event(tls::Event::Failed(failure)) => panic!("{failure}"),
                Output::Event(tls::Event::Secured(_)) | Output::Ask(..) => {}
                Output::Idle { .. } => return None,
            }
        }
    }
}

/// Says what it is told, and tells what it hears.
#[derive(Debug, Default)]
struct Speaker {
    to_say: Vec<u8>,
    heard: String,
    is_secured: bool,
}

impl Machine for Speaker {
    type Input<'a> = &'a [u8];
    type Event = String;

    fn handle(&mut self, _: Now, input: &[u8]) -> Result<(), Misuse> {
        self.to_say.extend(input);
        Ok(())
    }

    fn poll(&mut self) -> Output<String> {
        if !self.heard.is_empty() {
            return Output::Event(std::mem::take(&mut self.heard));
        }
        match self.to_say.is_empty() {
            true => Output::Idle { wake: None },
            false => Output::Transmit(std::mem::take(&mut self.to_say)),
        }
    }
}

impl Converse for Speaker {
    fn octets(&mut self, _: Now, octets: &[u8]) -> Result<(), Misuse> {
        self.heard.push_str(&String::from_utf8_lossy(octets));
        Ok(())
    }

    fn end(&mut self, _: Now, _: End) -> Result<(), Misuse> {
        Ok(())
    }

    fn secured(&mut self, _: Now, _: Session) -> Result<(), Misuse> {
        self.is_secured = true;
        Ok(())
    }

    fn tick(&mut self, _: Now) {}

    fn starts_tls(&self) -> bool {
        !self.is_secured
    }

    fn wants_octets(&self) -> bool {
        true
    }

    fn is_over(&self) -> bool {
        false
    }
}
