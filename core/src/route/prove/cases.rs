//! Sessions by which rules are reached: each is made of what the rule asks for.

use std::net::IpAddr;
use std::rc::Rc;

use super::Counterexample;
use super::dialogue::{self, Content, FOREIGN, STRANGER_V4};
use crate::mailbox::Mailbox;
use crate::route::policy::{
    Account, AddressPattern, AddressSet, Conditions, Direction, NetworkSet, Policy, Relay, Rule, Senders, Tenant,
};
use crate::route::request::{Envelope, Session};

/// How many addresses of a rule's patterns are tried: the first that another rule or an account has, too, will do.
const MAX_WITNESSES: usize = 16;
/// How many sessions are tried to reach a rule.
pub(super) const MAX_CASES: usize = 32;

/// A rule with addresses that its patterns have.
pub(super) struct Seed<'p> {
    pub(super) rule: &'p Rule,
    from: Vec<Option<Mailbox>>,
    to: Vec<Mailbox>,
}

impl<'p> Seed<'p> {
    pub(super) fn of(rule: &'p Rule) -> Self {
        let Conditions { from, to, .. } = &rule.conditions;
        let senders = from.as_ref().map(|set| witnesses(set).collect()).unwrap_or_default();
        let recipients = to.as_ref().map(|set| witnesses(set).flatten().collect()).unwrap_or_default();
        Self { rule, from: senders, to: recipients }
    }
}

/// Addresses that the patterns have, one of each; `None` is the null sender.
fn witnesses(set: &AddressSet) -> impl Iterator<Item = Option<Mailbox>> {
    let witness = |pattern: AddressPattern| match pattern {
        AddressPattern::Address(mailbox) => Some(Some(mailbox)),
        AddressPattern::Domain(domain) => format!("ann@{domain}").parse().ok().map(Some),
        AddressPattern::Below(domain) => format!("ann@mail.{domain}").parse().ok().map(Some),
        AddressPattern::Null => Some(None),
        AddressPattern::Any => None,
    };
    set.patterns().into_iter().filter_map(witness).take(MAX_WITNESSES)
}

/// What a session has to be like.
#[derive(Default)]
pub(super) struct Wanted<'w, 'p> {
    /// All of these rules match.
    pub(super) rules: Vec<&'w Seed<'p>>,
    /// The recipient, where no rule says.
    pub(super) to: Option<Mailbox>,
    pub(super) requiretls: bool,
}

/// The ways that mail may go for all rules to match.
struct Ways {
    inbound: bool,
    outbound: bool,
    internal: bool,
}

impl<'p> Wanted<'_, 'p> {
    fn conditions(&self) -> impl Iterator<Item = &'p Conditions> {
        self.rules.iter().map(|seed| &seed.rule.conditions)
    }

    fn ways(&self) -> Ways {
        let all = |direction| self.conditions().all(|c| c.direction.as_ref().is_none_or(|d| d.contains(&direction)));
        let names_inbound =
            self.conditions().any(|c| c.direction.as_ref().is_some_and(|d| d.contains(&Direction::Inbound)));
        Ways {
            // No other rule takes strangers' mail in.
            inbound: names_inbound && all(Direction::Inbound),
            outbound: all(Direction::Outbound),
            internal: all(Direction::InternalSending) || all(Direction::InternalReceiving),
        }
    }

    fn content(&self) -> Content {
        let author = self.conditions().find_map(|c| witnesses(c.author.as_ref()?).flatten().next());
        let patterns = self.conditions().filter_map(|c| c.header.as_ref()?.first());
        let size = self.conditions().filter_map(|c| c.larger_than).max();
        let results = self.conditions().filter_map(|c| c.results.as_ref()?.first().cloned());
        Content {
            author,
            fields: patterns.map(|pattern| (pattern.name.clone(), pattern.value.witness())).collect(),
            secret: None,
            size: size.map(|size| size.saturating_add(1)),
            results: results.collect(),
        }
    }

    /// The senders that all rules have; none where no rule says anything of them.
    fn senders(&self) -> Option<Vec<Option<Mailbox>>> {
        let sets: Vec<&AddressSet> =
            self.conditions().filter_map(|c| c.from.as_ref()).filter(|set| !set.is_any()).collect();
        if sets.is_empty() {
            return None;
        }
        let all = self.rules.iter().flat_map(|seed| seed.from.iter().cloned());
        Some(all.filter(|from| sets.iter().all(|set| set.contains(from.as_ref()))).collect())
    }

    fn recipients(&self) -> Option<Vec<Mailbox>> {
        let sets: Vec<&AddressSet> =
            self.conditions().filter_map(|c| c.to.as_ref()).filter(|set| !set.is_any()).collect();
        if sets.is_empty() {
            return None;
        }
        let all = self.rules.iter().flat_map(|seed| seed.to.iter().cloned());
        Some(all.filter(|to| sets.iter().all(|set| set.contains(Some(to)))).collect())
    }

    /// An address that all rules have, and that the entry may list.
    fn peer(&self, relay: Option<&Relay>, otherwise: IpAddr) -> Option<IpAddr> {
        let sets: Vec<&NetworkSet> = self.conditions().filter_map(|c| c.peer.as_ref()).collect();
        let own = relay.map(|relay| &relay.peers).filter(|peers| !peers.is_empty());
        let listed = |address: &IpAddr| {
            relay.is_none_or(|relay| !relay.lists_peers() || !relay.spf.is_empty() || relay.peers.contains(*address))
        };
        if sets.is_empty() {
            return own.map_or(Some(otherwise), |peers| peers.firsts().next());
        }
        let all = sets.iter().flat_map(|set| own.and_then(|peers| set.meets(peers)).into_iter().chain(set.firsts()));
        all.filter(listed).find(|address| sets.iter().all(|set| set.contains(*address)))
    }

    fn users(&self) -> Option<Vec<String>> {
        let mut sets = self.conditions().filter_map(|c| c.user.as_ref());
        let first = sets.next()?;
        let rest: Vec<_> = sets.collect();
        Some(first.iter().filter(|user| rest.iter().all(|set| set.contains(*user))).cloned().collect())
    }
}

/// A session before it is written down.
struct Draft {
    session: Session,
    envelope: Envelope,
    content: Rc<Content>,
    why: Rc<str>,
}

impl Draft {
    fn written(self, policy: &Policy) -> Counterexample {
        dialogue::written(policy, self.session, self.envelope, &self.content, &self.why)
    }
}

/// Sessions that are like this, as far as an entry admits them.
pub(super) fn cases(policy: &Policy, wanted: &Wanted<'_, '_>) -> impl Iterator<Item = Counterexample> {
    let drafts = Ends::of(policy, wanted).map(|ends| drafts(policy, wanted, &ends)).unwrap_or_default();
    drafts.into_iter().map(move |draft| draft.written(policy))
}

fn drafts(policy: &Policy, wanted: &Wanted<'_, '_>, ends: &Ends) -> Vec<Draft> {
    let mut all = Vec::new();
    for relay in policy.relays.iter().filter(|_| ends.ways.outbound || ends.ways.internal) {
        all.extend(by_entry(policy, relay, wanted, ends, true));
    }
    if ends.ways.inbound && wanted.users().is_none() {
        all.extend(by_stranger(policy, wanted, ends));
    }
    all.truncate(MAX_CASES);
    all
}

/// Sessions of an entry in which the client does not speak TLS.
pub(super) fn in_clear(policy: &Policy, relay: &Relay) -> Vec<Counterexample> {
    let wanted = Wanted::default();
    let ends = Ends::of(policy, &wanted);
    let drafts = ends.map(|ends| by_entry(policy, relay, &wanted, &ends, false)).unwrap_or_default();
    drafts.into_iter().map(|draft| draft.written(policy)).collect()
}

/// Who may send, and who may receive.
struct Ends {
    ways: Ways,
    from: Option<Vec<Option<Mailbox>>>,
    to: Vec<Mailbox>,
    content: Content,
}

impl Ends {
    fn of(policy: &Policy, wanted: &Wanted<'_, '_>) -> Option<Self> {
        let ways = wanted.ways();
        let content = wanted.content();
        if content.size.is_some_and(|size| size > policy.capacity.message) {
            return None;
        }
        let own = own_address(policy);
        let foreign = FOREIGN.parse::<Mailbox>().ok();
        let mut to = match (wanted.recipients(), &wanted.to) {
            (Some(to), _) => to,
            (None, Some(to)) => vec![to.clone()],
            (None, None) => foreign.into_iter().chain(own).collect(),
        };
        let mut from = wanted.senders();
        let unit = wanted.rules.iter().map(|seed| &seed.rule.unit).max_by_key(|unit| unit.depth());
        if let Some(unit) = unit.filter(|unit| unit.depth() > 0) {
            let within = |mailbox: Option<&Mailbox>| policy.unit_of(mailbox).is_within(unit);
            let units = policy.units.iter().filter(|known| known.name.is_within(unit));
            let members: Vec<Mailbox> = units.flat_map(|unit| witnesses(&unit.members).flatten()).collect();
            // Whose unit it is depends on the rule's direction.
            let receives = !ways.outbound
                && wanted
                    .conditions()
                    .any(|c| c.direction.as_ref().is_some_and(|named| !named.contains(&Direction::InternalSending)));
            match receives {
                true if wanted.recipients().is_none() => to = members,
                true => to.retain(|to| within(Some(to))),
                false => {
                    let mut senders = from.unwrap_or_else(|| members.into_iter().map(Some).collect());
                    senders.retain(|from| within(from.as_ref()));
                    from = Some(senders);
                }
            }
        }
        to.retain(|to| match policy.is_own_address(to) {
            true => ways.internal || ways.inbound,
            false => ways.outbound,
        });
        (!to.is_empty()).then_some(Self { ways, from, to, content })
    }
}

fn own_address(policy: &Policy) -> Option<Mailbox> {
    dialogue::own_domain(policy).and_then(|own| format!("ann@{own}").parse().ok())
}

fn by_entry(policy: &Policy, relay: &Relay, wanted: &Wanted<'_, '_>, ends: &Ends, tls: bool) -> Vec<Draft> {
    let Some(peer) = wanted.peer(Some(relay), STRANGER_V4) else { return Vec::new() };
    let wants_account = relay.require_auth || relay.senders == Senders::Registered;
    let users: Vec<Option<String>> = match wanted.users() {
        Some(users) => users.into_iter().take(MAX_WITNESSES).map(Some).collect(),
        None if wants_account && relay.users.is_none() => vec![Some("somebody".to_owned())],
        None if wants_account => accounts(policy, relay, ends.from.as_deref()),
        None => vec![None],
    };
    let mut content = ends.content.clone();
    if let Some(Tenant::Header { name, value, .. }) = &relay.tenant {
        content.secret = Some((name.clone(), value.expose().to_owned()));
    }
    let content = Rc::new(content);
    let why: Rc<str> = format!("# from {peer}; the entry {} admits it", relay.name).into();
    let mut all = Vec::new();
    for user in users {
        let account = user.as_ref().and_then(|user| policy.accounts.get(user));
        let senders = senders(policy, relay, account, ends.from.as_deref());
        for from in senders {
            for to in &ends.to {
                let session =
                    Session::new().peer(Some(peer)).helo(policy.hostname.to_string()).user(user.clone()).tls(tls);
                let envelope = Envelope::new(from.clone(), vec![to.clone()]).requiretls(wanted.requiretls);
                all.push(Draft { session, envelope, content: content.clone(), why: why.clone() });
                if all.len() >= MAX_CASES {
                    return all;
                }
            }
        }
    }
    all
}

/// Accounts of an entry: one that may use one of these senders, or the first.
fn accounts(policy: &Policy, relay: &Relay, from: Option<&[Option<Mailbox>]>) -> Vec<Option<String>> {
    let known = relay.accounts.iter().filter_map(|name| policy.accounts.get(name));
    let fits = |account: &&Account| match from {
        Some(from) => from.iter().any(|from| from.is_none() || account.senders.contains(from.as_ref())),
        None => !account.senders.is_empty(),
    };
    known.clone().filter(fits).take(1).chain(known.take(1)).map(|account| Some(account.name.clone())).take(1).collect()
}

/// The senders to try: those wanted, as far as the account may use them; or one of the account's own, or of ours.
fn senders(
    policy: &Policy,
    relay: &Relay,
    account: Option<&Account>,
    from: Option<&[Option<Mailbox>]>,
) -> Vec<Option<Mailbox>> {
    let may = |sender: &Option<Mailbox>| {
        sender.is_none() || account.is_none_or(|account| account.senders.contains(sender.as_ref()))
    };
    if let Some(from) = from {
        let is_likely = |sender: &&Option<Mailbox>| {
            relay.senders != Senders::OwnDomains || sender.as_ref().is_none_or(|sender| policy.is_own_address(sender))
        };
        return from.iter().filter(|sender| may(sender)).filter(is_likely).cloned().collect();
    }
    let own = own_address(policy).map(Some).filter(may);
    let of_account = account.and_then(|account| {
        let registered: Vec<Option<Mailbox>> = witnesses(&account.senders).collect();
        let own = registered.iter().find(|sender| sender.as_ref().is_some_and(|sender| policy.is_own_address(sender)));
        own.or(registered.first()).cloned()
    });
    let foreign = || "someone@elsewhere.example".parse().ok().map(Some).filter(|_| relay.senders == Senders::Any);
    own.or(of_account).or_else(foreign).map_or_else(|| vec![None], |sender| vec![sender])
}

/// Sessions of a stranger whose mail a rule takes in.
fn by_stranger(policy: &Policy, wanted: &Wanted<'_, '_>, ends: &Ends) -> Vec<Draft> {
    let Some(peer) = wanted.peer(None, dialogue::outside(policy)) else { return Vec::new() };
    let stranger = "someone@elsewhere.example".parse().ok();
    let from = ends.from.clone().unwrap_or_else(|| vec![stranger]);
    let content = Rc::new(ends.content.clone());
    let why: Rc<str> = format!("# from {peer}, a stranger; a rule for inbound takes it in").into();
    let mut all = Vec::new();
    for from in from {
        for to in ends.to.iter().filter(|to| policy.is_own_address(to)) {
            let session = Session::new().peer(Some(peer)).helo("mail.elsewhere.example".to_owned()).tls(true);
            let envelope = Envelope::new(from.clone(), vec![to.clone()]).requiretls(wanted.requiretls);
            all.push(Draft { session, envelope, content: content.clone(), why: why.clone() });
        }
    }
    all
}
