//! Admission, case by case, for each entry.

use std::net::IpAddr;

use super::Counterexample;
use super::dialogue::{self, FOREIGN, STRANGER_V4};
use crate::mailbox::Mailbox;
use crate::route::policy::{NetworkSet, NullSender, Policy, Relay, Senders, Tenant};

/// The answers to all that an entry asks of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Point {
    /// Whether the address is in the entry's ranges.
    pub listed: bool,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Whether it has authenticated, and as whom.
    pub user: User,
    /// Whether its EHLO name is ours.
    pub greets_as_ours: bool,
    /// The sender.
    pub sender: Sender,
    /// Whether the sender is registered for the account.
    pub registered: bool,
    /// Whether the content proves the tenant.
    pub proven: bool,
}

/// As whom a client has authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum User {
    /// It has not.
    Nobody,
    /// As an account of the entry's users.
    OfEntry,
    /// As an account of the policy that is none of the entry's users.
    OfOthers,
    /// As somebody whom only the host knows.
    OfHost,
}

/// Whose the sender is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    /// The null one.
    Null,
    /// Of a domain of ours.
    Own,
    /// Of another.
    Foreign,
}

impl Point {
    /// A client of which all these are so.
    pub fn new(
        (listed, tls, greets_as_ours): (bool, bool, bool),
        user: User,
        (sender, registered): (Sender, bool),
        proven: bool,
    ) -> Self {
        Self { listed, tls, user, greets_as_ours, sender, registered, proven }
    }
}

/// Every case.
pub fn points() -> impl Iterator<Item = Point> {
    let users = [User::Nobody, User::OfEntry, User::OfOthers, User::OfHost];
    let senders = [Sender::Null, Sender::Own, Sender::Foreign];
    let bits = (0u8..32).map(|bits| [1, 2, 4, 8, 16].map(|bit| bits & bit != 0));
    bits.flat_map(move |[listed, tls, greets_as_ours, registered, proven]| {
        users.into_iter().flat_map(move |user| {
            senders.into_iter().map(move |sender| Point {
                listed,
                tls,
                user,
                greets_as_ours,
                sender,
                registered,
                proven,
            })
        })
    })
}

/// Whether an entry admits such a client: the policy language's own words, written down a second time.
pub fn admits(relay: &Relay, point: &Point) -> bool {
    let is_authenticated = point.user != User::Nobody;
    let is_user_of_entry = match relay.users {
        Some(_) => point.user == User::OfEntry,
        None => is_authenticated,
    };
    let is_bound = matches!(point.user, User::OfEntry | User::OfOthers);
    let address = point.listed || !relay.lists_peers();
    let tls = point.tls || !relay.require_tls;
    let auth = is_user_of_entry || !relay.require_auth;
    let sender = match point.sender {
        Sender::Null => {
            is_authenticated
                || match relay.null_sender {
                    NullSender::AuthOrEhlo => relay.lists_peers() && point.greets_as_ours,
                    NullSender::Tenant => relay.lists_peers() && relay.tenant.is_some(),
                }
        }
        Sender::Own | Sender::Foreign => {
            let kind = match relay.senders {
                Senders::OwnDomains => point.sender == Sender::Own,
                Senders::Registered => is_bound && point.registered,
                Senders::Any => true,
            };
            kind && (!is_bound || point.registered)
        }
    };
    let tenant = relay.tenant.is_none() || is_authenticated || point.proven;
    address && tls && auth && sender && tenant
}

/// The first case that breaks each law.
pub(super) struct Findings {
    pub(super) stranger: Option<Counterexample>,
    pub(super) impostor: Option<Counterexample>,
}

impl Findings {
    pub(super) fn of(policy: &Policy) -> Self {
        let mut findings = Self { stranger: None, impostor: None };
        let ranges = Ranges::of(policy);
        for relay in &policy.relays {
            let strangers = ranges.strangers(relay);
            // Of one sort of case the shortest session is shown: without AUTH, then without TLS.
            let mut cases: Vec<Point> = points().filter(|point| admits(relay, point)).collect();
            cases.sort_by_key(|point| {
                (point.sender == Sender::Null, point.user, point.greets_as_ours, point.tls, point.proven)
            });
            for point in cases {
                if findings.stranger.is_none() && strangers.include(&point) {
                    findings.stranger = concrete(policy, relay, &point, strangers.address, FOREIGN);
                }
                if findings.impostor.is_none() && is_impostor(&strangers, &point) {
                    findings.impostor = concrete(policy, relay, &point, strangers.address, FOREIGN);
                }
            }
        }
        findings
    }
}

/// The ranges of all entries, as far as one has a say in what another's are worth.
struct Ranges {
    /// Those from which nothing but the address is asked.
    trusted: NetworkSet,
    /// Those that many customers of a provider share.
    shared: NetworkSet,
}

/// Whether strangers are among those who answer an entry's questions.
struct Strangers<'p> {
    relay: &'p Relay,
    /// An address of one of them that the entry lists, where it lists any.
    address: Option<IpAddr>,
    /// Whether the entry's ranges say nothing about who comes: there are none, or anybody's addresses are in them.
    is_anybody: bool,
    /// Whether they are shared, by their own entry's word or by that of another that has the same addresses.
    is_shared: bool,
}

impl Ranges {
    fn of(policy: &Policy) -> Self {
        let mut ranges = Self { trusted: NetworkSet::default(), shared: NetworkSet::default() };
        for relay in &policy.relays {
            if relay.trusts_addresses() {
                ranges.trusted.extend(&relay.peers);
            }
            if relay.shared {
                ranges.shared.extend(&relay.peers);
            }
        }
        ranges
    }

    fn strangers<'p>(&self, relay: &'p Relay) -> Strangers<'p> {
        // Wide ranges do not become narrow by being spread over several entries, or by `wide = true`.
        let apart = relay.peers.stranger();
        let together =
            || relay.peers.firsts().next().filter(|_| relay.trusts_addresses() && self.trusted.stranger().is_some());
        let crowd = apart.or_else(together);
        let others = relay.peers.meets(&self.shared);
        Strangers {
            relay,
            address: crowd.or(others),
            is_anybody: !relay.lists_peers() || crowd.is_some(),
            is_shared: relay.shared || others.is_some(),
        }
    }
}

impl Strangers<'_> {
    fn include(&self, point: &Point) -> bool {
        let is_proven = point.proven && self.relay.tenant.is_some();
        point.user == User::Nobody && (self.is_anybody || (self.is_shared && !is_proven))
    }
}

fn is_impostor(strangers: &Strangers<'_>, point: &Point) -> bool {
    let is_foreign_account = matches!(point.user, User::OfEntry | User::OfOthers) && !point.registered;
    point.sender == Sender::Own && (is_foreign_account || strangers.include(point))
}

/// A session that answers all questions in this way, where there is one.
fn concrete(
    policy: &Policy,
    relay: &Relay,
    point: &Point,
    stranger: Option<IpAddr>,
    to: &str,
) -> Option<Counterexample> {
    let peer: IpAddr = match point.listed {
        true => stranger.or_else(|| relay.peers.firsts().next()).unwrap_or(STRANGER_V4),
        false => dialogue::outside(policy),
    };
    let account = |is_of_entry: bool| {
        policy.accounts.values().find(|account| relay.accounts.contains(&account.name) == is_of_entry)
    };
    let user = match point.user {
        User::Nobody => None,
        User::OfEntry => Some(account(true)?.name.clone()),
        User::OfOthers => Some(account(false)?.name.clone()),
        User::OfHost => Some("somebody".to_owned()),
    };
    let from: Option<Mailbox> = match point.sender {
        Sender::Null => None,
        Sender::Own => Some(format!("chief.executive@{}", dialogue::own_domain(policy)?).parse().ok()?),
        Sender::Foreign => Some("someone@elsewhere.example".parse().ok()?),
    };
    let helo = if point.greets_as_ours { policy.hostname.to_string() } else { "mail.elsewhere.example".to_owned() };
    let proof = match &relay.tenant {
        Some(Tenant::Header { name, value, .. }) if point.proven => Some((name.clone(), value.expose().to_owned())),
        // A signature cannot be made up here.
        Some(Tenant::Dkim { .. }) if point.proven => return None,
        _ => None,
    };
    Some(dialogue::counterexample(policy, relay, peer, &helo, point.tls, user, from, to, proof))
}
