//! Our client and our server, idle behind STARTTLS.

use std::sync::Arc;

use passerelle::mailbox::Host;
use passerelle::smtp::client::{self, Client};
use passerelle::smtp::server::{self, Extensions, Server};
use passerelle::tls::{ClientTls, Event, Input, Layer, ServerTls};
use passerelle::{Domain, Machine, Now, Output};

use crate::certificates::NOW;

/// What both sides are told, the same for all sessions.
pub(crate) struct World {
    server: Arc<server::Settings>,
    client: Arc<client::Settings>,
    server_tls: ServerTls,
    client_tls: ClientTls,
}

impl World {
    pub(crate) fn new(server_tls: ServerTls, client_tls: ClientTls) -> Self {
        let server = server::Settings {
            hostname: "mx.example.com".into(),
            extensions: Extensions { starttls: true, ..Extensions::default() },
            ..server::Settings::default()
        };
        let name = Host::Domain(Domain::parse("client.example").unwrap());
        let client = client::Settings { tls: client::Tls::REQUIRED, ..client::Settings::new(name) };
        Self { server: Arc::new(server), client: Arc::new(client), server_tls, client_tls }
    }

    /// Both sides once the client could send a message.
    pub(crate) fn connect(&self) -> (Layer<Server>, Layer<Client>) {
        let now = Now::at(NOW);
        let server = Server::new(Arc::clone(&self.server), None, None, [7; 32], now);
        let mut server = Layer::server(server, &self.server_tls, now);
        let mut client = Layer::client(Client::new(Arc::clone(&self.client), now), &self.client_tls, now);
        loop {
            let to_client = drain(&mut server);
            for octets in &to_client {
                client.handle(now, Input::Wire(octets)).unwrap();
            }
            let to_server = drain(&mut client);
            for octets in &to_server {
                server.handle(now, Input::Wire(octets)).unwrap();
            }
            if to_client.is_empty() && to_server.is_empty() {
                assert!(client.machine().is_ready() && server.is_secured());
                return (server, client);
            }
        }
    }
}

fn drain<M: passerelle::tls::Converse>(layer: &mut Layer<M>) -> Vec<Vec<u8>> {
    let mut octets = Vec::new();
    loop {
        match layer.poll() {
            Output::Transmit(more) => octets.push(more),
            Output::Event(Event::Failed(failure)) => panic!("{failure}"),
            Output::Event(_) | Output::Ask(..) => {}
            Output::Idle { .. } => return octets,
        }
    }
}
