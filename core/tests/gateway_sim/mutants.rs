//! Gateways that are broken on purpose: each must be caught, or the auditor is blind.
//!
//! Nothing in the engine knows of them. A gateway is broken from outside: by a policy that is another than the one that the auditor
//! knows (and claims to be the same), by other trust, or by a host that meddles with what goes in and out of the machine.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use passerelle::route::policy::Policy;
use passerelle::tls::Roots;

use crate::certificates::PKI;
use crate::faults::Fault;
use crate::world::{POLICIES, compile, text};

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mutant {
    /// It keeps the end of the message back, and tells itself that the host has taken it.
    AcknowledgesEarly,
    /// It says that a message is in the maildir, which is not.
    StoresNothing,
    /// It sends every message a second time.
    SendsTwice,
    /// It takes the host's 250 for 451.
    ForgetsTheReply,
    /// It does not ask for TLS where it should.
    NeedsNoTls,
    /// It trusts anybody's certificate.
    TrustsAnybody,
    /// It takes strangers for its own.
    RelaysForAnybody,
    /// It asks a shared range for no proof.
    AsksForNoProof,
    /// It signs with another key.
    SignsWithAnotherKey,
    /// It changes the message when it is signed.
    ChangesTheBody,
    /// It goes to another host than decided.
    GoesElsewhere,
    /// It uses a kept connection for whatever is next.
    MixesConnections,
    /// It holds without bound.
    HoldsWithoutBound,
    /// It looks at no clock.
    HasNoClock,
    /// It never gives a place.
    GivesNoPlace,
    /// It goes by the policy that it began with.
    NeverRenews,
}

impl Mutant {
    /// All of them, with the invariants of which one catches it.
    pub(crate) const ALL: [(Self, &'static [&'static str]); 16] = [
        (Self::AcknowledgesEarly, &["acknowledged"]),
        (Self::StoresNothing, &["acknowledged"]),
        (Self::SendsTwice, &["once"]),
        (Self::ForgetsTheReply, &["once"]),
        (Self::NeedsNoTls, &["clear text"]),
        (Self::TrustsAnybody, &["credential", "clear text"]),
        (Self::RelaysForAnybody, &["relay"]),
        (Self::AsksForNoProof, &["relay", "tenant"]),
        (Self::SignsWithAnotherKey, &["signature"]),
        (Self::ChangesTheBody, &["content", "signature"]),
        (Self::GoesElsewhere, &["hop"]),
        (Self::MixesConnections, &["hop", "clear text", "relay", "content"]),
        (Self::HoldsWithoutBound, &["bounded"]),
        (Self::HasNoClock, &["ends", "liveness"]),
        (Self::GivesNoPlace, &["liveness"]),
        (Self::NeverRenews, &["policy"]),
    ];

    /// Whether a few seeds are enough.
    pub(crate) fn shows_soon(self) -> bool {
        matches!(
            self,
            Self::AcknowledgesEarly
                | Self::StoresNothing
                | Self::ForgetsTheReply
                | Self::NeedsNoTls
                | Self::TrustsAnybody
                | Self::HasNoClock
                | Self::GivesNoPlace
        )
    }

    /// The fault without which it does as it should, or nobody sees it: octets can be meddled with in clear text alone.
    pub(crate) fn needs(self) -> Option<Fault> {
        match self {
            Self::AcknowledgesEarly | Self::SendsTwice | Self::ForgetsTheReply | Self::ChangesTheBody => {
                Some(Fault::Stripped)
            }
            Self::TrustsAnybody => Some(Fault::Untrusted),
            Self::NeverRenews => Some(Fault::Reload),
            Self::HoldsWithoutBound => Some(Fault::SenderSlow),
            _ => None,
        }
    }

    /// The lines of the policy that it has in the place of others.
    fn changes(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::NeedsNoTls => &[("tls = \"verify\"\n", "tls = \"may\"\nuntil = \"2027-01-31\"\n")],
            Self::RelaysForAnybody => &[("\"192.0.2.0/24\"", "\"192.0.2.0/24\", \"203.0.113.0/24\"")],
            Self::AsksForNoProof => {
                &[("shared = true\ntenant = { header = \"X-Gateway-Tenant\", value_file = \"tenant.secret\" }\n", "")]
            }
            Self::SignsWithAnotherKey => &[("file = \"s1.pem\"", "file = \"s2.pem\"")],
            Self::GoesElsewhere => &[("do = { route = \"spare\" }", "do = { route = \"inside\" }")],
            _ => &[],
        }
    }
}

/// A policy as this gateway has it.
pub(crate) fn policy(number: usize, mutant: Option<Mutant>) -> Arc<Policy> {
    static BROKEN: LazyLock<BTreeMap<Mutant, Vec<Arc<Policy>>>> = LazyLock::new(|| {
        let broken = Mutant::ALL.iter().filter(|(mutant, _)| !mutant.changes().is_empty());
        broken
            .map(|(mutant, _)| (*mutant, (0..POLICIES.len()).map(|number| broken_policy(number, *mutant)).collect()))
            .collect()
    });
    let broken = mutant.and_then(|mutant| BROKEN.get(&mutant));
    broken.map_or_else(|| POLICIES[number].clone(), |policies| policies[number].clone())
}

fn broken_policy(number: usize, mutant: Mutant) -> Arc<Policy> {
    let mut text = text(number);
    for (from, to) in mutant.changes() {
        assert!(text.contains(from), "{mutant:?}: {from}");
        text = text.replace(from, to);
    }
    let mut policy = compile(&text);
    // It claims to be the other one: only what it does tells.
    policy.version.clone_from(&POLICIES[number].version);
    Arc::new(policy)
}

/// Whom this gateway trusts.
pub(crate) fn roots(mutant: Option<Mutant>) -> Roots {
    match mutant {
        Some(Mutant::TrustsAnybody) => PKI.everybody.clone(),
        _ => PKI.roots.clone(),
    }
}
