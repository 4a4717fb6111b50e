//! Under which security a host is connected to: one total table.
//!
//! Everybody who has a say is an input: the route, the rules, a `[[destination]]`, the credentials that a route sends, and what
//! the other side has published by DANE and MTA-STS, as far as DNSSEC lets it be believed; the sender by REQUIRETLS and
//! by `TLS-Required: No` (RFC 8689). [`decide`] gives the output for each combination. What an input can say, and in which
//! order, is in [`levels`](Demand); `core/tests/next_hop` checks these laws over the whole table:
//!
//! 1. A local demand never weakens what DANE, MTA-STS or REQUIRETLS ask for.
//! 2. Nothing weaker is chosen because an answer failed.
//! 3. More security in any input never gives less in the output.
//!
//! To skip a host, and to wait, stands outside the order. What lowers does so by name: a `[[destination]]` with `until` lowers the
//! route's and the rules' demands, its `override` those of DANE and MTA-STS, and `TLS-Required: No` both of the latter,
//! unless REQUIRETLS stands beside it.
//!
//! Usable TLSA records decide alone: where DANE applies, MTA-STS has no say, neither for nor against (RFC 8461 §2). What is
//! asked for on this side holds beside DANE.
//!
//! ```
//! use passerelle::route::security::{Decision, Demand, Dnssec, Inputs, Published, Tlsa, decide};
//!
//! let inputs = Inputs { dnssec: Dnssec::Secure, tlsa: Tlsa::Usable, ..Inputs::of_route(Demand::MAY) };
//! let Decision::Connect(security) = decide(&inputs) else { panic!("a host with TLSA records is connected to") };
//! assert_eq!(security.published, Published::Dane);
//! assert!(!security.permits_clear_text());
//! ```

mod levels;
pub mod table;

use std::cmp::Ordering;

use serde::Serialize;

use levels::together;
pub use levels::{Authority, Demand, Dnssec, Encryption, Level, Overrides, Published, Sts, Tlsa};

/// All who have a say in how one host is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// What the route asks for ([`Demand::of_route`]).
    pub route: Demand,
    /// Whether a rule says `require_tls`.
    pub rule: bool,
    /// What a `[[destination]]` says, if one is for the recipient's domain or for the next hop.
    pub destination: Option<Destination>,
    /// Whether the route has credentials: they go to verified peers alone, and nothing goes without them.
    pub credentials: bool,
    /// What DNSSEC says of the way to the host.
    pub dnssec: Dnssec,
    /// What came of the question for TLSA records. Nobody looks at it unless the way is [`Dnssec::Secure`].
    pub tlsa: Tlsa,
    /// The MTA-STS policy in force.
    pub sts: Sts,
    /// Whether the message came with REQUIRETLS (RFC 8689 §2).
    pub requiretls: bool,
    /// Whether the message has `TLS-Required: No` (RFC 8689 §3).
    pub tls_required_no: bool,
    /// What a destination lifts by name.
    pub overrides: Overrides,
}

/// What a `[[destination]]` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The level, as a demand.
    pub demand: Demand,
    /// Whether it has an `until` that is not over: it stands in the place of the route's and the rules' demands, be it less
    /// than these or not. Else it adds to them.
    pub lowers: bool,
}

impl Destination {
    /// Of several destinations that are for one recipient the stricter counts: all that they ask for, and nothing is lowered
    /// unless all of them do.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { demand: self.demand.and(other.demand), lowers: self.lowers && other.lowers }
    }
}

/// What is done with a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is connected to, under this security.
    Connect(Security),
    /// It is not.
    Skip(Skip),
}

/// The security of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Security {
    /// Whether it is encrypted.
    pub encryption: Encryption,
    /// What the other side has published, by which its certificate has to stand the test.
    pub published: Published,
    /// What this side asks of an authority. It holds beside [`published`](Self::published).
    pub authority: Authority,
    /// Whether the certificate has to be one of the listed ones, too.
    pub fingerprint: bool,
    /// Whether the host has to offer REQUIRETLS inside TLS, and is given it (RFC 8689 §4.2.1).
    pub requiretls: bool,
    /// Whether MTA-STS in mode `testing` wants to know what would have failed (RFC 8461 §5): the host is verified for
    /// information, and what comes of it is reported.
    pub sts_report: bool,
}

impl Security {
    /// Whether a host that does not offer TLS, or with which the handshake fails, is given the mail in clear text over a new
    /// connection.
    pub fn permits_clear_text(&self) -> bool {
        self.encryption < Encryption::Encrypt
    }

    /// Whether any certificate will do.
    pub fn permits_unverified(&self) -> bool {
        self.published == Published::Nothing && self.authority == Authority::Nothing && !self.fingerprint
    }

    /// Whether it is proven to whom one speaks: an authority alone, for whatever name, proves nothing of that.
    pub fn verifies(&self) -> bool {
        self.published > Published::Nothing || self.authority >= Authority::Host || self.fingerprint
    }
}

impl PartialOrd for Security {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        // A report is no security, and takes no part; that two differ in it alone must not make them equal.
        match together([
            self.encryption.cmp(&other.encryption),
            self.published.cmp(&other.published),
            self.authority.cmp(&other.authority),
            self.fingerprint.cmp(&other.fingerprint),
            self.requiretls.cmp(&other.requiretls),
        ]) {
            Some(Ordering::Equal) if self != other => None,
            order => order,
        }
    }
}

impl Security {
    /// Whether it is no less than the other, reports aside.
    pub fn is_at_least(&self, other: &Self) -> bool {
        let other = Self { sts_report: self.sts_report, ..*other };
        self.partial_cmp(&other).is_some_and(Ordering::is_ge)
    }
}

/// Why a host is not connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// The look-up of its TLSA records failed: whether there are some is not known (RFC 7672 §2.1.1). 451 4.4.3.
    TlsaFailed,
    /// `dane-only`, and it has no TLSA records that can be used. 451 4.7.5, or 550 5.7.5.
    NoDane,
    /// The MTA-STS policy does not list it (RFC 8461 §4.1). 451 4.7.5, or 550 5.7.5.
    Unlisted,
    /// REQUIRETLS, and nothing by which it could be verified. 550 5.7.30.
    RequireTls,
    /// There are credentials for it, and nothing by which it could be verified: they are for one peer, and whoever answers is
    /// not given them. 451 4.7.5, or 550 5.7.5.
    Credentials,
}

impl Inputs {
    /// A route, and nobody else with a say.
    pub fn of_route(route: Demand) -> Self {
        Self {
            route,
            rule: false,
            destination: None,
            credentials: false,
            dnssec: Dnssec::InsecureMx,
            tlsa: Tlsa::Absent,
            sts: Sts::None,
            requiretls: false,
            tls_required_no: false,
            overrides: Overrides::default(),
        }
    }

    /// What this side asks for in all.
    pub fn local(&self) -> Demand {
        let rule = if self.rule { Demand::ENCRYPT } else { Demand::MAY };
        match self.destination {
            None => self.route.and(rule),
            Some(Destination { demand, lowers: false }) => self.route.and(rule).and(demand),
            Some(Destination { demand, lowers: true }) => demand,
        }
    }

    /// What is lifted of the other side's demands.
    pub fn lifted(&self) -> Overrides {
        // RFC 8689 §4.2.1 and §5: REQUIRETLS comes before the field.
        let all = self.tls_required_no && !self.requiretls;
        Overrides { dane: self.overrides.dane | all, mta_sts: self.overrides.mta_sts | all }
    }
}

/// The table: total, and a function of nothing else.
pub fn decide(inputs: &Inputs) -> Decision {
    of(inputs.local(), inputs.lifted(), inputs)
}

/// What this side asks for, what is lifted, and of the inputs what the other side has published and the sender asks for.
fn of(local: Demand, lifted: Overrides, inputs: &Inputs) -> Decision {
    let tlsa = if inputs.dnssec == Dnssec::Secure { inputs.tlsa } else { Tlsa::Absent };
    // What this side asks of DANE, nothing lifts but this side.
    if local.dane && matches!(tlsa, Tlsa::Absent | Tlsa::Unusable) {
        return Decision::Skip(Skip::NoDane);
    }
    let tlsa = if local.dane || !lifted.dane { tlsa } else { Tlsa::Absent };
    let sts = if lifted.mta_sts { Sts::None } else { inputs.sts };
    let (published, sts_report) = match (tlsa, sts) {
        (Tlsa::Failed, _) => return Decision::Skip(Skip::TlsaFailed),
        (Tlsa::Usable, _) => (Published::Dane, false),
        (_, Sts::EnforceUnlisted) => return Decision::Skip(Skip::Unlisted),
        (_, Sts::Enforce) => (Published::MtaSts, false),
        (_, Sts::Testing | Sts::TestingUnlisted) => (Published::Nothing, true),
        (_, Sts::None) => (Published::Nothing, false),
    };
    let needs_tls = published > Published::Nothing || tlsa == Tlsa::Unusable || inputs.requiretls;
    let security = Security {
        encryption: if needs_tls { Encryption::Encrypt } else { local.encryption },
        published,
        authority: local.authority,
        fingerprint: local.fingerprint,
        requiretls: inputs.requiretls,
        sts_report,
    };
    match security.verifies() {
        true => Decision::Connect(security),
        false if inputs.requiretls => Decision::Skip(Skip::RequireTls),
        false if inputs.credentials => Decision::Skip(Skip::Credentials),
        false => Decision::Connect(security),
    }
}

/// Somebody who asked for security.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The route.
    Route,
    /// A rule.
    Rule,
    /// A `[[destination]]`, be it to raise or to lower.
    Destination,
    /// DANE.
    Dane,
    /// MTA-STS.
    MtaSts,
    /// REQUIRETLS.
    RequireTls,
}

/// Who asked for the security that [`decide`] gives: without them it would be less, or nobody asked but they.
pub fn causes(inputs: &Inputs) -> Vec<Cause> {
    let mut causes = Vec::new();
    let replaced = inputs.destination.is_some_and(|destination| destination.lowers);
    if inputs.route > Demand::MAY && !replaced {
        causes.push(Cause::Route);
    }
    if inputs.rule && !replaced {
        causes.push(Cause::Rule);
    }
    if inputs.destination.is_some_and(|destination| replaced || destination.demand > Demand::MAY) {
        causes.push(Cause::Destination);
    }
    let lifted = inputs.lifted();
    let heeds_dane = inputs.local().dane || !lifted.dane;
    let tlsa = if inputs.dnssec == Dnssec::Secure && heeds_dane { inputs.tlsa } else { Tlsa::Absent };
    if tlsa != Tlsa::Absent {
        causes.push(Cause::Dane);
    }
    if matches!(inputs.sts, Sts::Enforce | Sts::EnforceUnlisted) && !lifted.mta_sts && tlsa != Tlsa::Usable {
        causes.push(Cause::MtaSts);
    }
    if inputs.requiretls {
        causes.push(Cause::RequireTls);
    }
    causes
}
