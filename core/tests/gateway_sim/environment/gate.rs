//! The host in which the gateway runs: what a process does for its sessions. Everything that is not a session's own is here.

use std::collections::BTreeMap;
use std::sync::Arc;

use passerelle::gateway::{
    Budget, ConnectionId, Gateway, Hold, MemoryHold, NotConnected, Places, Setup, Terms, Ticket,
};
use passerelle::smtp::sasl::SecretKey;
use passerelle::{Answer, Question, QuestionId};

use crate::certificates::PKI;
use crate::cryptography;
use crate::mutants::Mutant;

/// The process.
pub(crate) struct Gate {
    pub(crate) setup: Arc<Setup>,
    pub(crate) policy: usize,
    pub(crate) sessions: BTreeMap<u64, GateSession>,
    /// What goes with a kept connection is its link.
    pub(crate) places: Places<u64>,
    pub(crate) budget: Budget,
    /// Who has asked for a place or has it.
    pub(crate) tickets: BTreeMap<Ticket, (u64, ConnectionId)>,
    /// Links of connections that are kept.
    pub(crate) kept: BTreeMap<u64, Ticket>,
    /// After a crash it takes a while to be there again.
    pub(crate) down_until: u64,
    pub(crate) crashes: u64,
}

/// A session of a client.
pub(crate) struct GateSession {
    pub(crate) gateway: Gateway,
    pub(crate) out: BTreeMap<ConnectionId, Out>,
    pub(crate) hold: MemoryHold,
    pub(crate) wake: Option<u64>,
    pub(crate) due: Vec<(u64, Due)>,
    pub(crate) is_closed: bool,
    pub(crate) client_gone_at: Option<u64>,
}

/// A connection to a host.
#[derive(Debug, Default)]
pub(crate) struct Out {
    pub(crate) ticket: Option<Ticket>,
    pub(crate) link: Option<u64>,
}

/// What the host has to hand in, later.
pub(crate) enum Due {
    Answer(QuestionId, Question, Answer),
    Connect(ConnectionId, Result<(std::net::IpAddr, usize), NotConnected>),
    Hold(Hold),
    Store { head: Vec<u8>, from: u64, octets: u64 },
}

impl Gate {
    pub(crate) fn new(policy: usize, mutant: Option<Mutant>) -> Self {
        let setup = setup(policy, mutant);
        let places = Places::new(Terms::of(&setup.policy));
        let budget = Budget::new(match mutant {
            Some(Mutant::HoldsWithoutBound) => u64::MAX,
            _ => setup.policy.capacity.held,
        });
        Self {
            setup,
            policy,
            sessions: BTreeMap::new(),
            places,
            budget,
            tickets: BTreeMap::new(),
            kept: BTreeMap::new(),
            down_until: 0,
            crashes: 0,
        }
    }
}

impl GateSession {
    pub(crate) fn new(gateway: Gateway) -> Self {
        Self {
            gateway,
            out: BTreeMap::new(),
            hold: MemoryHold::new(),
            wake: None,
            due: Vec::new(),
            is_closed: false,
            client_gone_at: None,
        }
    }

    pub(crate) fn next_at(&self) -> Option<u64> {
        self.due.iter().map(|(at, _)| *at).chain(self.wake).min()
    }
}

/// What goes with a policy.
pub(crate) fn setup(policy: usize, mutant: Option<Mutant>) -> Arc<Setup> {
    let policy = crate::mutants::policy(policy, mutant);
    let setup = Setup::new(policy, SecretKey::new([9; 32]))
        .server_tls(Some(PKI.gateway.clone()))
        .roots(Some(crate::mutants::roots(mutant)))
        .cryptography(cryptography::provider());
    Arc::new(setup)
}
