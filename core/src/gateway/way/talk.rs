//! A conversation with a hop: the client inside its TLS, and how far the message is there.

use std::net::IpAddr;
use std::sync::Arc;

use crate::gateway::places::{Kept, PlaceKey};
use crate::gateway::{ConnectionId, Setup};
use crate::limits::PARTING_PATIENCE;
use crate::machine::{Machine, Output};
use crate::route::hops::Hop;
use crate::smtp::client::{self, Client, Closed, Event, Outcome, Ready};
use crate::smtp::sasl;
use crate::time::{Millis, Now};
use crate::tls::{self, Failure, Layer};

use super::Ids;

/// A conversation with a hop.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) id: ConnectionId,
    pub(super) key: PlaceKey,
    pub(super) host: String,
    pub(super) address: IpAddr,
    pub(super) layer: Box<Layer<Client>>,
    pub(super) ready: Option<Box<Ready>>,
    /// Messages over this connection, this one included once it has begun.
    pub(super) messages: u32,
    /// Messages of one connection, by the policy; 0 for no bound.
    pub(super) max_messages: u32,
    /// Whether the connection has carried a message before.
    pub(super) is_kept: bool,
    /// Whether TLS is not tried.
    pub(super) is_clear: bool,
    /// Whether it was told what TLS came to.
    pub(super) is_told: bool,
    /// How far the message is.
    pub(super) aim: Aim,
    /// The recipients that were asked for, in order, as indices.
    pub(super) asked: Vec<usize>,
    /// Those that have been answered.
    pub(super) answered: usize,
    /// Why TLS failed.
    pub(super) failure: Option<Failure>,
    pub(super) sent: Option<Outcome>,
    pub(super) closed: Option<Closed>,
    /// Whether something was said to the client inside since it was polled.
    pub(super) is_unsaid: bool,
    /// When the machine inside wants to be called.
    pub(super) wake: Option<Millis>,
    /// The moment by which the host has to have answered a recipient, where there are others to try.
    pub(super) until: Option<Millis>,
    /// The moment at which a host that waits for us is left.
    pub(super) patience: Option<Millis>,
}

/// How far the message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// The connection is being set up.
    Opening,
    /// Recipients are asked for.
    Recipients,
    /// RSET was said, and MAIL is said anew.
    Restarting,
    /// DATA was said, or BDAT comes.
    Data,
    /// The content is on its way.
    Content,
    /// The message is done with here, and RSET or QUIT is what remains.
    Parting,
}

impl Talk {
    /// A new connection.
    pub(super) fn open(
        setup: &Setup,
        (hop, route): (&Hop, Option<&str>),
        (id, address, is_clear): (ConnectionId, IpAddr, bool),
        key: PlaceKey,
        ids: &Ids,
        now: Now,
    ) -> Option<Self> {
        let mut settings = client::Settings::new(hop.ehlo.clone());
        settings.tls = if is_clear { client::Tls::Off } else { hop.tls_mode() };
        // The next host is not tried before this one has said goodbye.
        settings.timeouts.quit = PARTING_PATIENCE;
        let mut client = Client::new(settings, now);
        if let Some(credentials) = setup.credentials_of(hop, route) {
            let account = sasl::client::Account::Password {
                user: credentials.user.clone(),
                password: credentials.password.clone(),
                acting_as: None,
            };
            client = client.authenticating(Arc::new(sasl::client::Settings::new(account)), ids.entropy_of(id));
        }
        let layer = match is_clear || hop.tls_mode() == client::Tls::Off {
            true => Layer::clear(client, now),
            false => Layer::client(client, &setup.tls_of(hop, route)?, now),
        };
        Some(Self { is_clear, ..Self::new(id, key, hop, address, Box::new(layer)) })
    }

    /// A connection that was kept.
    pub(super) fn reuse(hop: &Hop, id: ConnectionId, key: PlaceKey, kept: Kept) -> Self {
        let talk = Self::new(id, key, hop, kept.address, kept.layer);
        Self { ready: Some(kept.ready), messages: kept.messages, is_kept: true, is_told: true, ..talk }
    }

    fn new(id: ConnectionId, key: PlaceKey, hop: &Hop, address: IpAddr, layer: Box<Layer<Client>>) -> Self {
        Self {
            id,
            key,
            host: hop.host.clone(),
            address,
            layer,
            ready: None,
            messages: 0,
            max_messages: hop.max_messages,
            is_kept: false,
            is_clear: false,
            is_told: false,
            aim: Aim::Opening,
            asked: Vec::new(),
            answered: 0,
            failure: None,
            sent: None,
            closed: None,
            is_unsaid: false,
            wake: None,
            until: None,
            patience: None,
        }
    }

    /// Says something to the client inside. Nothing that a way says there is out of order.
    pub(super) fn say(&mut self, now: Now, input: client::Input<'_>) {
        self.is_unsaid = true;
        let said = self.layer.handle(now, tls::Input::Inner(input));
        debug_assert!(said.is_ok(), "{said:?}");
    }

    /// What the machine inside has to say next.
    pub(super) fn poll(&mut self) -> Option<Output<tls::Event<Event>>> {
        match self.layer.poll() {
            Output::Idle { wake } => {
                (self.wake, self.is_unsaid) = (wake, false);
                None
            }
            output => Some(output),
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.closed.is_none() && self.layer.machine().is_ready()
    }

    /// Whether the client waits for nothing but us.
    pub(super) fn all_answered(&self) -> bool {
        self.answered == self.asked.len()
    }

    /// Whether content may have gone to the host.
    pub(super) fn has_content(&self) -> bool {
        self.aim == Aim::Content
    }

    /// Whether the next message can go over this connection.
    pub(super) fn can_go_on(&self) -> bool {
        let Some(ready) = &self.ready else { return false };
        let has_room = |most: u32| self.messages < most;
        self.is_ready()
            && (self.max_messages == 0 || has_room(self.max_messages))
            && ready.capabilities.limits.mail_max.is_none_or(has_room)
    }

    /// When it wants to be called.
    pub(super) fn next_wake(&self) -> Option<Millis> {
        self.wake.into_iter().chain(self.until).chain(self.patience).min()
    }
}
