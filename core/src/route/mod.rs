//! Routes: who may send, where mail goes next, under which security, and why.
//!
//! A [`Policy`](policy::Policy) is compiled from one document. It sends nothing: what is decided is a function of the envelope,
//! the session, the message as far as it is known, the policy and the answers.

mod admission;
pub mod check;
pub mod dane;
pub mod decide;
pub mod facts;
pub mod hops;
pub mod mta_sts;
pub mod mx;
pub mod policy;
pub mod prove;
pub mod replies;
pub mod request;
mod rules;
pub mod security;
mod seed;
pub mod srs;
pub mod tls_test;

use crate::domain::Domain;

#[cfg(feature = "tls")]
pub(crate) use admission::secrets;
pub use admission::{SpfFault, SpfFaults, Unanswered};
pub use decide::{Decide, Decision};
pub use facts::Message;
pub use request::{Demands, Envelope, Session};
pub use rules::changes::Mutation;
#[cfg(feature = "tls")]
pub(crate) use rules::edit::{changed, roomy};
#[cfg(feature = "tls")]
pub(crate) use rules::ledger::Ledger;

/// Each name once, in the order of their first places.
fn distinct(mut names: Vec<Domain>) -> Vec<Domain> {
    let mut seen = Vec::new();
    names.retain(|name| {
        let is_new = !seen.contains(name);
        seen.push(name.clone());
        is_new
    });
    names
}
