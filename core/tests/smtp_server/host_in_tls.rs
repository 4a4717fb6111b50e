//! The same host with a server inside TLS.

use std::sync::Arc;

use passerelle::smtp::server::Server;
use passerelle::tls::{self, ClientTls, Converse, End, Layer, ServerTls, Session, Verification};
use passerelle::{Machine, Misuse, Now, Output};

use super::host::{Desk, Dice, Reached, hello, polled, said, settings};

/// A session behind the layer, with TLS from the first octet or by STARTTLS, and somebody on the way who changes octets.
pub(crate) fn run_in_tls(certificate: &ServerTls, dice: &mut Dice<'_>) -> Reached {
    let implicit = dice.one_in(2);
    let settings = settings(dice, implicit);
    let mut desk = Desk::new(&settings);
    let address = Some("192.0.2.1:2525".parse().expect("an address"));
    let server = Server::new(Arc::new(settings), address, None, [7; 32], desk.now);
    let mut server = Layer::server(server, certificate, desk.now);
    let mut client = Layer::client(Speaker::new(implicit), &ClientTls::new(Verification::None), desk.now);
    let (mut ended, mut wire) = (false, Vec::new());
    // From the last to the first.
    let mut opening = match implicit {
        true => vec![Tell::Say(hello(desk.is_lmtp))],
        false => {
            let hello = || Tell::Say(hello(desk.is_lmtp));
            vec![hello(), Tell::StartTls, Tell::Say(b"STARTTLS\r\n"), hello()]
        }
    };
    while !dice.is_empty() {
        match dice.below(16) {
            0 if dice.one_in(6) => {
                desk.pass(dice);
                server.handle(desk.now, tls::Input::Tick).unwrap();
            }
            1 if !ended && dice.one_in(12) => {
                ended = true;
                server.handle(desk.now, tls::Input::End([End::Orderly, End::Cut][dice.below(2)])).unwrap();
            }
            2 if dice.one_in(24) && !wire.is_empty() => {
                let at = dice.below(wire.len());
                wire[at] ^= 1 << dice.below(8);
            }
            3..=6 => {
                if let Some(input) = desk.input(dice) {
                    server.handle(desk.now, tls::Input::Inner(input)).unwrap();
                }
            }
            7..=9 if wire.is_empty() && !opening.is_empty() => {
                let tell = opening.pop().unwrap_or(Tell::StartTls);
                let _ = client.handle(desk.now, tls::Input::Inner(tell));
            }
            7..=9 if opening.is_empty() => {
                let _ = client.handle(desk.now, tls::Input::Inner(Tell::Say(&said(dice))));
            }
            _ if !ended && server.wants_wire() && !wire.is_empty() => {
                let length = if dice.one_in(3) { 1 + dice.below(wire.len()) } else { wire.len() };
                let octets: Vec<u8> = wire.drain(..length).collect();
                server.handle(desk.now, tls::Input::Wire(&octets)).unwrap();
            }
            _ => {}
        }
        while let Some(output) = polled(&mut server) {
            match output {
                Output::Transmit(octets) if client.wants_wire() => {
                    let _ = client.handle(desk.now, tls::Input::Wire(&octets));
                }
                Output::Event(tls::Event::Inner(event)) => desk.note(event),
                Output::Event(tls::Event::Secured(_)) => _ = desk.reached.insert("a handshake"),
                Output::Event(tls::Event::Failed(_)) => _ = desk.reached.insert("TLS that failed"),
                _ => {}
            }
        }
        while let Some(output) = polled(&mut client) {
            if let Output::Transmit(octets) = output {
                wire.extend(octets);
            }
        }
    }
    desk.reached
}

/// A client that says what it is told, and listens to nothing.
#[derive(Debug)]
struct Speaker {
    to_say: Vec<u8>,
    starts_tls: bool,
    over: bool,
}

enum Tell<'a> {
    Say(&'a [u8]),
    StartTls,
}

impl Speaker {
    fn new(implicit: bool) -> Self {
        Self { to_say: Vec::new(), starts_tls: implicit, over: false }
    }
}

impl Machine for Speaker {
    type Input<'a> = Tell<'a>;
    type Event = ();

    fn handle(&mut self, _: Now, input: Tell<'_>) -> Result<(), Misuse> {
        match input {
            Tell::Say(octets) => self.to_say.extend(octets),
            Tell::StartTls => self.starts_tls = true,
        }
        Ok(())
    }

    fn poll(&mut self) -> Output<()> {
        match self.to_say.is_empty() {
            true => Output::Idle { wake: None },
            false => Output::Transmit(std::mem::take(&mut self.to_say)),
        }
    }
}

impl Converse for Speaker {
    fn octets(&mut self, _: Now, _: &[u8]) -> Result<(), Misuse> {
        Ok(())
    }

    fn end(&mut self, _: Now, _: End) -> Result<(), Misuse> {
        self.over = true;
        Ok(())
    }

    fn secured(&mut self, _: Now, _: Session) -> Result<(), Misuse> {
        self.starts_tls = false;
        Ok(())
    }

    fn tick(&mut self, _: Now) {}

    fn starts_tls(&self) -> bool {
        self.starts_tls && self.to_say.is_empty()
    }

    fn wants_octets(&self) -> bool {
        !self.over
    }

    fn is_over(&self) -> bool {
        self.over
    }
}
