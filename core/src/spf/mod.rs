//! SPF: may this client send mail in the name of this domain? (RFC 7208, updated by RFC 8616)
//!
//! [`CheckHost`] is the function `check_host()` of RFC 7208 §4 for one of the two identities that SPF knows, and its
//! [`Verdict`] says the result, why, and by which steps. Parts, each of use on its own:
//!
//! - [`SpfRecord`]: the grammar of a record;
//! - [`DomainSpec`]: the grammar of names with macros;
//! - [`Verdict::received_spf`]: the trace field `Received-SPF`.
//!
//! ```
//! use passerelle::spf::{CheckHost, Request, SpfResult};
//! use passerelle::{Answer, DnsAnswer, Evaluation, Question, Record, Status};
//!
//! let request = Request::new("192.0.2.7".parse().unwrap(), "mx.example.org", "ann@example.org");
//! let verdict = Evaluation::new(CheckHost::mail_from(&request)).run_with(|question| match question {
//!     Question::Dns(name, _) if name.as_str() == "example.org" => {
//!         Answer::Dns(DnsAnswer::found([Record::Txt(b"v=spf1 ip4:192.0.2.0/24 -all".to_vec())]))
//!     }
//!     _ => Answer::Dns(DnsAnswer::empty(Status::NxDomain)),
//! });
//! assert_eq!(verdict.result, SpfResult::Pass);
//! assert_eq!(verdict.mechanism.as_deref(), Some("ip4:192.0.2.0/24"));
//! ```
//!
//! # Limits
//! At most 10 terms that cause queries are evaluated, at most 2 (or as many as the host says) may find nothing, an
//! `mx` has at most 10 names, and of a client's names 10 are looked at (RFC 7208 §4.6.4). `include` and `redirect`
//! are among those terms, so the recursion is never deeper than 10 either. All bounds are in [`crate::limits`].
//!
//! # Readings
//! Where RFC 7208 leaves a choice, this is what was chosen:
//!
//! - A *term* counts as void once, however many of its queries find nothing: §4.6.4 counts terms. So an `mx` of three
//!   hosts without IPv6 addresses does not by itself end in a permerror for a client with IPv6. What `%{p}` asks, and
//!   the addresses of the names that `ptr` finds, are not counted: the domain's owner has no say in them.
//! - The query that `%{p}` needs counts as one of the 10, once; in `exp=` nothing counts.
//! - A name that no DNS query can have (an empty or overlong label) makes `a`, `mx`, `ptr` and `exists` not match;
//!   for `include` and `redirect` it is a permerror, as for a domain without a record.
//! - A local part outside ASCII cannot be part of a name: a mechanism that needs it does not match (RFC 8616 §4).

mod check_host;
mod expansion;
mod faults;
mod macros;
mod mechanisms;
mod reading;
mod received_spf;
mod record;
mod request;
mod told;
mod verdict;

pub use macros::{DomainSpec, MacroError};
pub use record::{DualCidr, Mechanism, Qualifier, RecordError, SpfRecord, Term, TermError, TermKind};
pub use request::{CheckHost, Identity, Request};
pub use verdict::{SpfResult, Verdict};
