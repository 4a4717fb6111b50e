//! A connection that waits for the next message.

use std::net::IpAddr;

use super::key::PlaceKey;
use crate::machine::{Machine, Output};
use crate::smtp::client::{self, Client, Ready};
use crate::time::Now;
use crate::tls::{self, End, Layer};

/// A connection to a hop that waits for the next message, maybe of another session. Its socket is the host's, and goes with it.
#[derive(Debug)]
pub struct Kept {
    pub(in crate::gateway) key: PlaceKey,
    pub(in crate::gateway) address: IpAddr,
    pub(in crate::gateway) layer: Box<Layer<Client>>,
    pub(in crate::gateway) ready: Box<Ready>,
    /// MAIL commands over it so far.
    pub(in crate::gateway) messages: u32,
}

impl Kept {
    /// The place that it has.
    pub fn key(&self) -> &PlaceKey {
        &self.key
    }

    /// The address that it is to.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Messages that were begun over it.
    pub fn messages(&self) -> u32 {
        self.messages
    }

    /// Whether it is inside TLS.
    pub fn is_secured(&self) -> bool {
        self.layer.is_secured()
    }

    /// The last octets for the hop: QUIT, and the end of TLS. The host writes them and closes the socket.
    pub fn farewell(mut self, now: Now) -> Vec<u8> {
        farewell(&mut self.layer, now)
    }
}

/// QUIT, and the end of TLS. The reply is not waited for by the machine: nothing depends on it, and the host that shuts its side of the
/// socket down and reads until the other does has waited for it.
pub(in crate::gateway) fn farewell(layer: &mut Layer<Client>, now: Now) -> Vec<u8> {
    // What comes of these is the end in any case.
    let mut octets = Vec::new();
    let _ = layer.handle(now, tls::Input::Inner(client::Input::Quit));
    drain(layer, &mut octets);
    let _ = layer.handle(now, tls::Input::End(End::Cut));
    drain(layer, &mut octets);
    octets
}

fn drain(layer: &mut Layer<Client>, octets: &mut Vec<u8>) {
    loop {
        match layer.poll() {
            Output::Transmit(more) => octets.extend(more),
            Output::Idle { .. } => return,
            Output::Event(_) | Output::Ask(..) => {}
        }
    }
}
