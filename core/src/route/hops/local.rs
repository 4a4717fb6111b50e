//! What this side asks of one host: of route, rules and destinations.

use crate::domain::Domain;
use crate::route::distinct;
use crate::route::policy::{self, Level, Policy, Route};
use crate::route::security::{self, Authority, Demand, Destination, Inputs, Overrides};
use crate::time::UnixTime;

/// What the destinations that are for a recipient's domain or a next hop say, taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Destinations {
    pub(super) said: Option<Destination>,
    pub(super) overrides: Overrides,
    /// The names of those with `secure`: one of them is on the certificate.
    pub(super) secure_names: Option<Vec<Domain>>,
    /// Further names of those with `verify`.
    pub(super) verify_names: Option<Vec<Domain>>,
    pub(super) fingerprints: Option<Vec<Vec<u8>>>,
}

impl Destinations {
    /// Those that are for one of these names. Of several the stricter counts: all that they ask for, and what all of them
    /// lower.
    pub(super) fn of(policy: &Policy, names: &[&Domain], now: UnixTime) -> Self {
        let mut all = Self::default();
        let covers = |destination: &&policy::Destination| names.iter().any(|name| destination.covers(name));
        let mut is_first = true;
        for destination in policy.destinations.iter().filter(covers) {
            let lowers = destination.lowers(now);
            let lifts = Overrides {
                dane: destination.overrides.dane && lowers,
                mta_sts: destination.overrides.mta_sts && lowers,
            };
            all.overrides = match is_first {
                true => lifts,
                false => Overrides {
                    dane: lifts.dane && all.overrides.dane,
                    mta_sts: lifts.mta_sts && all.overrides.mta_sts,
                },
            };
            is_first = false;
            if !destination.says_tls {
                continue;
            }
            let said = Destination { demand: level(destination.tls).demand(), lowers };
            all.said = Some(all.said.map_or(said, |before| before.and(said)));
            match destination.tls {
                Level::Secure => narrow(&mut all.secure_names, &destination.names),
                Level::Verify => narrow(&mut all.verify_names, &destination.names),
                Level::Fingerprint => narrow(&mut all.fingerprints, &destination.fingerprints),
                _ => {}
            }
        }
        all
    }
}

/// Keeps what all lists have.
fn narrow<T: Clone + PartialEq>(kept: &mut Option<Vec<T>>, new: &[T]) {
    match kept {
        None => *kept = Some(new.to_vec()),
        Some(kept) => kept.retain(|one| new.contains(one)),
    }
}

fn level(level: Level) -> security::Level {
    match level {
        Level::None => security::Level::None,
        Level::May => security::Level::May,
        Level::Encrypt => security::Level::Encrypt,
        Level::Verify => security::Level::Verify,
        Level::Secure => security::Level::Secure,
        Level::Dane => security::Level::Dane,
        Level::DaneOnly => security::Level::DaneOnly,
        Level::Fingerprint => security::Level::Fingerprint,
    }
}

/// The inputs of the table that come from this side and from the sender.
pub(super) fn inputs(route: &Route, demands: &super::Demands, destinations: &Destinations) -> Inputs {
    Inputs {
        rule: !demands.rules.is_empty(),
        destination: destinations.said,
        credentials: route.credentials.is_some(),
        requiretls: demands.requiretls,
        tls_required_no: demands.tls_required_no,
        overrides: destinations.overrides,
        ..Inputs::of_route(Demand::of_route(route.require_tls, route.require_ca, route.verify_hostname))
    }
}

/// The names of which one has to be on the certificate, for what this side asks of an authority.
pub(super) fn names(
    authority: Authority,
    route: &Route,
    host: Option<&Domain>,
    recipient: Option<&Domain>,
    destinations: &Destinations,
) -> Vec<Domain> {
    let names: Vec<Domain> = match authority {
        Authority::Nothing | Authority::Ca => return Vec::new(),
        Authority::Host => {
            let further = route.names.iter().chain(destinations.verify_names.iter().flatten());
            host.into_iter().chain(further).cloned().collect()
        }
        Authority::Domain => recipient.into_iter().chain(destinations.secure_names.iter().flatten()).cloned().collect(),
    };
    distinct(names)
}
