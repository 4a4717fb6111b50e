//! The policy: one document that says who may send, where mail goes next, and under which security.
//!
//! It is TOML or JSON with the same keys. [`Policy::compile`] reads it, with the files that it names, which the host hands in
//! ([`Files`]), and says what is wrong with it, each [`Finding`] with its line, column and key. Keys that are not known are
//! errors: a misspelt `require_tls` that counts for nothing would be noticed too late.
//!
//! What comes out does not change any more. Its [`version`](Policy::version) is a hash of what it means: comments, layout and
//! values that are the default anyway don't count, the order of rules does. What is written in the documents and in the files of
//! users counts; of secrets and passwords it is where they come from (the names of files, keys and credentials, the labels of
//! application passwords), and not their values: a version is shown to everybody, and does not change when a password does.
//!
//! ```
//! use passerelle::route::policy::{NoFiles, Policy};
//!
//! let compiled = Policy::compile(r#"{"hostname": "gw.example.com", "domains": ["example.com"],
//!     "relay": [{"name": "apps", "peers": ["192.0.2.0/24"], "requre_tls": true}]}"#, &NoFiles);
//! assert!(compiled.policy.is_none());
//! let finding = &compiled.findings[0];
//! assert_eq!((finding.line, finding.key.as_str()), (2, "requre_tls"));
//! assert!(finding.message.contains("require_tls"));
//! ```

mod compile;
mod finding;
mod glob;
mod index;
mod networks;
mod pattern;
pub mod presets;
mod raw;
mod relays;
mod routes;
mod rules;
mod sections;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::Serialize;

pub(crate) use index::RuleIndex;

pub(crate) use compile::checks::last_day;
pub use compile::{Files, NoFiles};
pub use finding::{Finding, Gravity};
pub(crate) use finding::{Marks, key_mark};
pub use glob::Glob;
pub use networks::NetworkSet;
pub(crate) use networks::{WIDEST_IPV4, WIDEST_IPV6};
pub use pattern::{AddressPattern, AddressSet, DomainSet};
pub use relays::{Account, NullSender, Relay, Senders, Tenant, Verifier};
pub use routes::{
    Credentials, Destination, Host, HostTarget, Level, MX_ROUTE, MinTls, OUTBOUND_GATEWAY, OnTlsFailure, Overrides,
    Provider, Route, Tier,
};
pub use rules::{
    Change, Conditions, Direction, Footer, HeaderField, HeaderPattern, NewSender, Rule, Unit, UnitPath, Verdict,
};
pub use sections::{
    Capacity, Listen, ListenTls, Milter, Quarantine, Queue, QueueWhen, Quota, Quotas, Sign, SignKey, SrsSettings,
    Testing, Timeouts,
};

use crate::domain::Domain;
use crate::mailbox::Mailbox;

/// A policy, compiled: it does not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Policy {
    /// A hash of what all the rest means, the values of secrets aside.
    #[serde(skip)]
    pub version: String,
    /// Our name: for EHLO, in Received, as authserv-id.
    pub hostname: Domain,
    /// Our domains.
    pub domains: DomainSet,
    /// Our addresses, as others see them: those of the document, of `[listen]` and of `source`.
    pub addresses: BTreeSet<IpAddr>,
    /// Whether there is the old setting, which is a route of its own ([`OUTBOUND_GATEWAY`]).
    pub has_outbound_gateway: bool,
    /// Who may send through us.
    pub relays: Vec<Relay>,
    /// The accounts of all files of users.
    pub accounts: BTreeMap<String, Account>,
    /// The routes by their names, those that come with the gateway included.
    pub routes: BTreeMap<String, Route>,
    /// The rules, in order.
    pub rules: Vec<Rule>,
    /// The organisational units.
    pub units: Vec<Unit>,
    /// Local demands.
    pub destinations: Vec<Destination>,
    /// Who signs.
    pub signers: Vec<Sign>,
    /// How much may be sent.
    pub quotas: Quotas,
    /// When mail is queued.
    pub queue: Queue,
    /// Where messages go that a person has to look at.
    pub quarantine: Option<Quarantine>,
    /// What senders are rewritten with.
    pub srs: Option<SrsSettings>,
    /// Where the command listens.
    pub listen: Listen,
    /// A file of authorities to trust instead of the platform's.
    pub ca: Option<String>,
    /// What no gateway in use has.
    pub testing: Testing,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// How much there may be of things.
    pub capacity: Capacity,
    /// What the milter adds.
    pub milter: Milter,
    #[serde(skip)]
    pub(crate) index: RuleIndex,
}

/// What came of a document.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Compiled {
    /// The policy. There is none where an error leaves it open what is meant; there is one where the meaning is clear and bad, so
    /// that it can be [proven](crate::route::prove) to be.
    pub policy: Option<Policy>,
    /// Errors, then warnings.
    pub findings: Vec<Finding>,
    pub(crate) marks: Marks,
}

impl Compiled {
    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Gravity::Error)
    }

    /// The policy, where nothing is wrong with it.
    ///
    /// # Errors
    /// The findings, where one of them is an error.
    pub fn accepted(self) -> Result<Policy, Vec<Finding>> {
        match (self.has_errors(), self.policy) {
            (false, Some(policy)) => Ok(policy),
            _ => Err(self.findings),
        }
    }
}

impl Policy {
    /// Reads a document, TOML or JSON, with the files that it names.
    pub fn compile(text: &str, files: &dyn Files) -> Compiled {
        compile::compile(text, files)
    }

    /// Whether a domain is one of ours.
    pub fn is_own(&self, domain: &Domain) -> bool {
        self.domains.contains(domain)
    }

    /// Whether an address is of one of our domains.
    pub fn is_own_address(&self, mailbox: &Mailbox) -> bool {
        mailbox.domain().is_some_and(|domain| self.is_own(domain))
    }

    /// The route of this name.
    pub fn route(&self, name: &str) -> Option<&Route> {
        self.routes.get(name)
    }

    /// Whether we have a key to sign for an author of this domain.
    pub fn signer(&self, author: &Domain) -> Option<&Sign> {
        self.signers.iter().find(|sign| sign.domain == *author)
    }

    /// Whether anything rests on what verification says of a message: a proof by DKIM, a condition on results.
    pub fn needs_verification(&self) -> bool {
        let results = |conditions: &Conditions| conditions.results.is_some();
        self.relays.iter().any(|relay| matches!(relay.tenant, Some(Tenant::Dkim { .. })))
            || self.rules.iter().any(|rule| results(&rule.conditions) || rule.unless.as_ref().is_some_and(results))
    }

    /// The unit that an address belongs to: that of the closest pattern, the deepest where several are as close; the root
    /// where there is none.
    pub fn unit_of(&self, mailbox: Option<&Mailbox>) -> UnitPath {
        let close = |unit: &&Unit| mailbox.map_or(0, |mailbox| unit.members.closeness(mailbox));
        let closest =
            self.units.iter().filter(|unit| close(unit) > 0).max_by_key(|unit| (close(unit), unit.name.depth()));
        closest.map(|unit| unit.name.clone()).unwrap_or_default()
    }
}
