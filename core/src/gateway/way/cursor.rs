//! Which host is tried next: those of the group in their order, then those of the fallback, each by the addresses that are left.

use std::net::IpAddr;

use super::Plan;
use crate::route::hops::Hop;

/// The host that is tried now.
#[derive(Clone, Debug, Default)]
pub(super) struct Cursor {
    in_fallback: bool,
    hop: usize,
    /// Its addresses that are known to be of no use, those in front.
    spent: usize,
    /// Whether a kept connection to it was dead, so that only a new one will do.
    pub(super) fresh: bool,
    /// Whether TLS has failed there, and clear text will do.
    pub(super) clear: bool,
    /// How often it has ended the connection while it waited for us.
    pub(super) reopened: u32,
}

impl Cursor {
    /// The host, and its route.
    pub(super) fn current<'a>(&self, plan: &'a Plan) -> Option<(&'a Hop, Option<&'a str>)> {
        let (hops, route) = match (&plan.fallback, self.in_fallback) {
            (Some(fallback), true) => (&fallback.hops, Some(fallback.route.as_str())),
            (_, true) => return None,
            (_, false) => (&plan.hops, plan.route.as_deref()),
        };
        Some((hops.get(self.hop)?, route))
    }

    pub(super) fn is_in_fallback(&self) -> bool {
        self.in_fallback
    }

    /// The addresses that are left.
    pub(super) fn addresses(&self, plan: &Plan) -> Vec<IpAddr> {
        self.current(plan).and_then(|(hop, _)| hop.addresses.get(self.spent..)).unwrap_or_default().to_vec()
    }

    /// Goes on to the next host; to the fallback only where that is allowed.
    pub(super) fn next_hop(&mut self, plan: &Plan, may_fall_back: bool) {
        *self = Self { in_fallback: self.in_fallback, hop: self.hop + 1, ..Self::default() };
        if self.current(plan).is_none() && !self.in_fallback && plan.fallback.is_some() && may_fall_back {
            *self = Self { in_fallback: true, ..Self::default() };
        }
    }

    /// Goes on to the next address of the host, behind this one, or to the next host.
    pub(super) fn next_address(&mut self, plan: &Plan, address: IpAddr, may_fall_back: bool) {
        let addresses = self.current(plan).map_or(&[][..], |(hop, _)| &hop.addresses);
        let tried = addresses.iter().position(|known| *known == address).map_or(self.spent, |index| index + 1);
        self.spent = tried.max(self.spent + 1);
        self.clear = false;
        self.fresh = true;
        if self.spent >= addresses.len() {
            self.next_hop(plan, may_fall_back);
        }
    }

    /// The host has answered at this address: those in front of it are not tried again.
    pub(super) fn stay_at(&mut self, plan: &Plan, address: IpAddr) {
        let addresses = self.current(plan).map_or(&[][..], |(hop, _)| &hop.addresses);
        self.spent = addresses.iter().position(|known| *known == address).unwrap_or(self.spent);
    }

    /// Whether there is another host.
    pub(super) fn has_more(&self, plan: &Plan) -> bool {
        let hops = match (&plan.fallback, self.in_fallback) {
            (Some(fallback), true) => fallback.hops.len(),
            (Some(fallback), false) => plan.hops.len() + fallback.hops.len(),
            (None, _) => plan.hops.len(),
        };
        self.hop + 1 < hops
    }
}
