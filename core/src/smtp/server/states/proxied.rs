//! What a proxy in front of the server says of its client: the PROXY header and XCLIENT.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::smtp::command::{ClientName, Command};
use crate::smtp::proxy::{Endpoints, Proxied, ProxyReader, Told, Xclient};

use super::super::event::{Closed, Identity};
use super::super::session::Session;
use super::State;

/// A PROXY header is to come: the neighbour is one of those that send it, and nothing else is read from it before.
#[derive(Debug, Default)]
pub(crate) struct Proxy {
    reader: ProxyReader,
}

impl Proxy {
    pub(super) fn read(mut self: Box<Self>, cx: &mut Session, input: &mut &[u8]) -> (State, bool) {
        match self.reader.read(input) {
            None => (State::Proxy(self), false),
            Some(Ok(proxied)) => {
                cx.trace_received(|| "<PROXY header>".into());
                cx.is_told_by_proxy(&proxied);
                (State::behind_proxy(cx), true)
            }
            // Who it is can't be known, so there is nobody to reply to (proxy-protocol.txt §5).
            Some(Err(error)) => {
                cx.trace_received(|| format!("<{error}>"));
                (cx.close(Closed::NoProxyHeader), true)
            }
        }
    }
}

impl State {
    /// `XCLIENT` (Postfix, XCLIENT_README): the session begins anew, with what is told of the client. What the neighbour has
    /// shown of itself, its TLS, its certificate, its identity and the trust in its address, is not the client's.
    pub(super) fn xclient(self, cx: &mut Session, attributes: &[(String, String)]) -> Self {
        if !cx.may_xclient() {
            cx.bad_command();
            cx.reply(550, (7, 0), "You may not use XCLIENT");
            return self;
        }
        if !matches!(self, Self::Greeted | Self::Ready) {
            cx.out_of_order("Not while a message has begun");
            return self;
        }
        if cx.goes_on_too_early() {
            return cx.early_talker("You went on before the reply to XCLIENT");
        }
        match Xclient::parse(attributes) {
            Ok(told) => {
                cx.is_told_by_xclient(&told);
                Self::decide_on_connection(cx)
            }
            Err(error) => {
                cx.bad_command();
                cx.reply(501, (5, 4), &error.to_string());
                self
            }
        }
    }
}

impl Session {
    pub(crate) fn expects_proxy_header(&self) -> bool {
        let address = self.peer.connection.map(|address| address.ip());
        address.is_some_and(|address| self.settings.proxy_from.iter().any(|network| network.contains(address)))
    }

    pub(crate) fn may_xclient(&self) -> bool {
        let networks = &self.settings.xclient_from;
        self.trusted_as.is_some_and(|address| networks.iter().any(|network| network.contains(address)))
    }

    fn is_told_by_proxy(&mut self, proxied: &Proxied) {
        let (address, local, trusted_as) = match proxied.endpoints {
            // The proxy's own connection.
            Endpoints::Local => return,
            Endpoints::Internet { source, destination } => (Some(source), Some(destination), Some(source.ip())),
            // The proxy's address is not the client's, and earns it nothing.
            Endpoints::Unknown | Endpoints::Unix { .. } => (None, None, None),
        };
        self.trusted_as = trusted_as;
        let peer = self.peer_mut();
        (peer.address, peer.local) = (address, local);
    }

    fn is_told_by_xclient(&mut self, told: &Xclient) {
        if let Some(helo) = &told.helo {
            self.told_hello = helo.value().and_then(|helo| client_name(helo));
        }
        if let Some(address) = &told.address {
            self.trusted_as = address.value().copied();
        }
        self.has_spoken = false;
        let peer = self.peer_mut();
        (peer.hello, peer.identity, peer.tls) = (None, None, None);
        change(&mut peer.address, told.address.as_ref(), told.port.as_ref());
        change(&mut peer.local, told.destination_address.as_ref(), told.destination_port.as_ref());
        if let Some(name) = &told.name {
            peer.name = name.value().map(ToString::to_string);
        }
        if let Some(user) = told.login.as_ref().and_then(Told::value) {
            peer.identity = Some(Arc::new(Identity { user: user.clone(), acts_for: None, mechanism: None }));
        }
    }
}

/// Changes address and port to what is told of them.
fn change(socket: &mut Option<SocketAddr>, address: Option<&Told<IpAddr>>, port: Option<&Told<u16>>) {
    let ip = match address {
        Some(told) => told.value().copied(),
        None => socket.map(|socket| socket.ip()),
    };
    let port = match port {
        Some(told) => told.value().copied(),
        None => socket.map(|socket| socket.port()),
    };
    *socket = ip.map(|ip| SocketAddr::new(ip, port.unwrap_or(0)));
}

/// The name, if EHLO could have said it.
fn client_name(text: &str) -> Option<ClientName> {
    match Command::parse(format!("EHLO {text}").as_bytes()) {
        Ok(Command::Ehlo(name)) => Some(name),
        _ => None,
    }
}
