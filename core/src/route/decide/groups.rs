//! Recipients for which the same is done, and the next hosts of each group.

use std::collections::{BTreeMap, BTreeSet};

use super::Decide;
use super::decision::{Fallback, Fate, Group};
use crate::domain::Domain;
use crate::lookup::{Answers, CachedPolicy, Pending};
use crate::mailbox::{Host, Mailbox};
use crate::route::hops::{self, Hop, Hops, next_hops};
use crate::route::policy::{Direction, MX_ROUTE, OUTBOUND_GATEWAY, Policy, Quarantine, Route, Verdict};
use crate::route::replies::{Reason, Reply};
use crate::route::request::Demands;
use crate::trail::Trail;

/// What is done for a recipient, before hosts are looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aim {
    Route(String),
    Reject(Reply),
    Quarantine(Option<String>),
    Discard,
}

impl Aim {
    pub(super) fn of(verdict: Option<&Verdict>, policy: &Policy, direction: Direction) -> Self {
        match verdict {
            None => Self::default_of(policy, direction),
            Some(Verdict::Route(name)) => Self::Route(name.clone()),
            Some(Verdict::Reject(reply)) => Self::Reject(reply.clone()),
            Some(Verdict::Discard) => Self::Discard,
            Some(Verdict::Quarantine) => Self::Quarantine(match &policy.quarantine {
                Some(Quarantine::Route(name)) => Some(name.clone()),
                Some(Quarantine::Maildir(_)) | None => None,
            }),
        }
    }

    /// What no rule routes goes by the old setting, where it is outbound and that is there, or by the recipient's MX.
    pub(super) fn default_of(policy: &Policy, direction: Direction) -> Self {
        match policy.has_outbound_gateway && direction == Direction::Outbound {
            true => Self::Route(OUTBOUND_GATEWAY.to_owned()),
            false => Self::Route(MX_ROUTE.to_owned()),
        }
    }

    fn route<'p>(&self, policy: &'p Policy) -> Option<&'p Route> {
        match self {
            Self::Route(name) | Self::Quarantine(Some(name)) => policy.route(name),
            Self::Reject(_) | Self::Quarantine(None) | Self::Discard => None,
        }
    }
}

/// All that sets one group apart from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    aim: Aim,
    direction: Direction,
    /// The recipients' domain, where hosts or their security depend on it.
    host: Option<Host>,
    /// The rules that demand TLS.
    pub(super) tls: Vec<usize>,
    /// The rules that match.
    pub(super) applied: Vec<usize>,
    pub(super) sender: Option<Mailbox>,
    pub(super) copy: bool,
}

impl Target {
    pub(super) fn new(aim: Aim, direction: Direction) -> Self {
        Self { aim, direction, host: None, tls: Vec::new(), applied: Vec::new(), sender: None, copy: false }
    }
}

/// Groups that grow, in the order of their first recipients.
#[derive(Debug, Default)]
pub(super) struct Targets {
    index: BTreeMap<Target, usize>,
    groups: Vec<(Target, Vec<Member>)>,
    /// Where somebody stands in the group of a number.
    places: BTreeMap<(usize, Mailbox), usize>,
    copies: BTreeSet<Mailbox>,
}

/// Whom a message goes to, and the recipients of the envelope on whose account it does.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    given: Vec<Mailbox>,
    to: Mailbox,
}

impl Targets {
    pub(super) fn is_empty(&self) -> bool {
        self.groups.iter().all(|(_, members)| members.is_empty())
    }

    /// Adds `to` on account of the recipient `given`; false where it is there already, and gets the message once.
    pub(super) fn add(&mut self, mut target: Target, given: &Mailbox, to: &Mailbox, policy: &Policy) -> bool {
        if target.copy && !self.copies.insert(to.clone()) {
            return false;
        }
        target.host =
            target.aim.route(policy).filter(|route| depends_on_domain(route, to, policy)).map(|_| to.host().clone());
        let number = *self.index.entry(target.clone()).or_insert(self.groups.len());
        if number == self.groups.len() {
            self.groups.push((target, Vec::new()));
        }
        let Some((_, members)) = self.groups.get_mut(number) else { return false };
        let place = *self.places.entry((number, to.clone())).or_insert(members.len());
        match members.get_mut(place) {
            Some(member) => {
                member.given.push(given.clone());
                false
            }
            None => {
                members.push(Member { given: vec![given.clone()], to: to.clone() });
                true
            }
        }
    }

    /// The recipients of the envelope that are taken, each once, in order.
    pub(super) fn recipients(&self) -> impl Iterator<Item = &Mailbox> {
        let mut seen = BTreeSet::new();
        let groups = self.groups.iter().filter(|(target, _)| !target.copy);
        groups
            .flat_map(|(_, members)| members)
            .flat_map(|member| &member.given)
            .filter(move |given| seen.insert(*given))
    }

    pub(super) fn remove(&mut self, recipient: &Mailbox) {
        for (_, members) in self.groups.iter_mut().filter(|(target, _)| !target.copy) {
            members.retain_mut(|member| {
                member.given.retain(|given| given != recipient);
                !member.given.is_empty()
            });
        }
        // A copy of what nobody is sent goes nowhere either.
        if self.recipients().next().is_none() {
            self.groups.clear();
        }
    }

    /// The groups with their hosts. The questions of all of them are asked before the first is waited for.
    pub(super) fn groups(self, request: &Decide, answers: &mut Answers) -> Result<Grouped, Pending> {
        let (originals, copies): (Vec<_>, Vec<_>) = self.groups.into_iter().partition(|(target, _)| !target.copy);
        let groups: Vec<_> = originals.into_iter().chain(copies).filter(|(_, members)| !members.is_empty()).collect();
        let found: Vec<Result<Found, Pending>> =
            groups.iter().map(|(target, members)| find(target, members, request, answers)).collect();
        let mut all = Grouped::default();
        for ((target, members), found) in groups.into_iter().zip(found) {
            let mut found = found?;
            let limit = target.aim.route(&request.policy).map_or(usize::MAX, |route| route.max_recipients as usize);
            for part in members.chunks(limit.max(1)) {
                all.groups.push(group(&target, part, &found, &request.policy));
            }
            all.rests_on_tls_required |= found.rests_on_tls_required;
            all.sts_updates.append(&mut found.sts_updates);
            all.trails.append(&mut found.trails);
        }
        Ok(all)
    }
}

/// Groups with their hosts, and what was found on the way.
#[derive(Debug, Default)]
pub(super) struct Grouped {
    pub(super) groups: Vec<Group>,
    pub(super) sts_updates: Vec<(Domain, CachedPolicy)>,
    pub(super) trails: Vec<Trail>,
    pub(super) rests_on_tls_required: bool,
}

/// Whether hosts or their security depend on the recipient's domain.
fn depends_on_domain(route: &Route, to: &Mailbox, policy: &Policy) -> bool {
    let has_demand = |domain: &Domain| policy.destinations.iter().any(|destination| destination.covers(domain));
    route.is_recipient_mx() || route.split_domains || to.domain().is_some_and(has_demand)
}

/// What came of the search for hosts.
struct Found {
    route: Option<String>,
    fate: Fate,
    reply: Option<Reply>,
    tls_failure: Option<Reply>,
    hops: Vec<Hop>,
    fallback: Option<Fallback>,
    sts_updates: Vec<(Domain, CachedPolicy)>,
    trails: Vec<Trail>,
    rests_on_tls_required: bool,
}

impl Found {
    fn plain(fate: Fate, reply: Option<Reply>) -> Self {
        let (hops, sts_updates, trails) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            route: None,
            fate,
            reply,
            tls_failure: None,
            hops,
            fallback: None,
            sts_updates,
            trails,
            rests_on_tls_required: false,
        }
    }
}

/// A route, its hosts unless the message is too large for it, and the steps.
type Asked<'r> = (&'r Route, Option<Result<Hops, Pending>>, Trail);

fn find(target: &Target, members: &[Member], request: &Decide, answers: &mut Answers) -> Result<Found, Pending> {
    let policy = &*request.policy;
    let (route, fate) = match (&target.aim, target.aim.route(policy)) {
        (Aim::Reject(reply), _) => {
            let fate = if reply.is_temporary() { Fate::Defer } else { Fate::Bounce };
            return Ok(Found::plain(fate, Some(reply.clone())));
        }
        (Aim::Discard, _) => return Ok(Found::plain(Fate::Discard, None)),
        (Aim::Quarantine(_), None) => return Ok(Found::plain(Fate::Quarantine, None)),
        (Aim::Quarantine(_), Some(route)) => (route, Fate::Quarantine),
        (Aim::Route(_), Some(route)) => (route, Fate::Deliver),
        // A policy whose rules name routes that are not there is not compiled.
        (Aim::Route(_), None) => return Ok(Found::plain(Fate::Defer, Some(Reason::NoConnection.reply()))),
    };
    let Some(recipient) = members.first().map(|member| member.to.host()) else {
        return Ok(Found::plain(Fate::Defer, None));
    };
    let name = |number: &usize| Some(policy.rules.get(*number)?.name.clone());
    let demands = Demands {
        rules: target.tls.iter().filter_map(name).collect(),
        requiretls: request.envelope.requiretls,
        tls_required_no: request.message.as_ref().is_some_and(|message| message.tls_required_no()),
    };
    let may_lift = request.message.is_none() && !demands.requiretls;
    let lifted = Demands { tls_required_no: true, ..demands.clone() };
    let mut rests_on_tls_required = false;
    // The routes that follow are asked at once, so that their questions go out with the others.
    let mut asked: Vec<Asked<'_>> = Vec::new();
    let mut next = Some(route);
    while let Some(route) = next.filter(|route| asked.iter().all(|(before, ..)| before.name != route.name)) {
        let mut trail = Trail::kept_if(request.with_trail);
        let wanted = hops::Request {
            policy,
            route,
            recipient,
            demands: &demands,
            sts_cache: &request.sts_cache,
            now: request.now,
            seed: request.seed,
        };
        let hops = (!is_too_large(route, request)).then(|| next_hops(&wanted, answers, &mut trail));
        if let (true, Some(Ok(hops))) = (may_lift, &hops) {
            // Nothing more is asked: what is lifted needs fewer answers.
            let lifted = next_hops(&hops::Request { demands: &lifted, ..wanted }, answers, &mut Trail::off());
            rests_on_tls_required |= !lifted.is_ok_and(|lifted| hops::same_ways(&lifted.hops, &hops.hops));
        }
        asked.push((route, hops, trail));
        next = route.fallback.as_deref().and_then(|name| policy.route(name));
    }
    let mut found = Found::plain(Fate::Bounce, Some(Reason::TooLarge.reply()));
    found.route = Some(route.name.clone());
    found.rests_on_tls_required = rests_on_tls_required;
    let mut is_first = true;
    for (route, hops, trail) in asked {
        let Some(hops) = hops.transpose()? else { continue };
        found.trails.push(trail);
        found.sts_updates.extend(hops.sts_updates);
        match hops.outcome {
            // The first that delivers does; the next that would have follows it.
            hops::Outcome::Deliver if found.fate == fate && !found.hops.is_empty() => {
                found.fallback = Some(Fallback { route: route.name.clone(), hops: hops.hops });
                break;
            }
            outcome if found.hops.is_empty() && (is_first || outcome == hops::Outcome::Deliver) => {
                if !is_first && request.with_trail {
                    let mut trail = Trail::new();
                    let why = "it is the fallback, and no host before it can be used now";
                    trail.push(format!("route {}", route.name), "takes over", why, "[[route]] fallback");
                    found.trails.push(trail);
                }
                found.route = Some(route.name.clone());
                found.fate = match outcome {
                    hops::Outcome::Deliver => fate,
                    hops::Outcome::Defer => Fate::Defer,
                    hops::Outcome::Bounce => Fate::Bounce,
                };
                (found.reply, found.tls_failure, found.hops) = (hops.reply, Some(hops.tls_failure), hops.hops);
                is_first = false;
                // What is refused for good is refused by every route.
                if outcome == hops::Outcome::Bounce {
                    break;
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Whether the message is larger than the route's hosts take, as far as its size is known.
fn is_too_large(route: &Route, request: &Decide) -> bool {
    let size = request.message.as_ref().map(|message| message.size).or(request.envelope.size);
    route.max_size > 0 && size.is_some_and(|size| size > route.max_size)
}

fn group(target: &Target, members: &[Member], found: &Found, policy: &Policy) -> Group {
    let name = |number: &usize| Some(policy.rules.get(*number)?.name.clone());
    Group {
        recipients: members.iter().map(|member| member.to.clone()).collect(),
        route: found.route.clone(),
        direction: target.direction,
        outcome: found.fate,
        reply: found.reply.clone(),
        tls_failure: found.tls_failure.clone(),
        hops: found.hops.clone(),
        fallback: found.fallback.clone(),
        sender: target.sender.clone(),
        copy: target.copy,
        rules: target.applied.iter().filter_map(name).collect(),
        applied: target.applied.clone(),
    }
}
