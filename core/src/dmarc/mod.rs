//! DMARC (RFC 9989): whether the use of the author domain is authorized, and what its owner asks for if not.
//!
//! It comes in two parts, because they are ready at different times. [`Discover`] needs the author domain and the names
//! of the identifiers that may be authenticated, all of which the header section has; it asks the DNS while the
//! body still streams in. [`Discovery::conclude`] needs the results of SPF and DKIM, and asks nothing.
//!
//! ```
//! use passerelle::dmarc::{Authenticated, Discover, DmarcResult, Method};
//! use passerelle::{Answer, DnsAnswer, Domain, Evaluation, Question, Record, Status};
//!
//! let author = Domain::parse("news.example.com")?;
//! let signer = Domain::parse("example.com")?;
//! let discovery = Evaluation::new(Discover::new(author, [signer.clone()])).run_with(|question| {
//!     Answer::Dns(match question {
//!         Question::Dns(name, _) if name.as_str() == "_dmarc.example.com" => {
//!             DnsAnswer::found([Record::Txt(b"v=DMARC1; p=reject; sp=quarantine".to_vec())])
//!         }
//!         _ => DnsAnswer::empty(Status::NxDomain),
//!     })
//! });
//!
//! let verdict = discovery.conclude(&[Authenticated { method: Method::Dkim, domain: signer }], &[]);
//! assert_eq!(verdict.result, DmarcResult::Pass);
//!
//! let verdict = discovery.conclude(&[], &[]);
//! assert_eq!((verdict.result, verdict.disposition.as_str()), (DmarcResult::Fail, "quarantine"));
//! # Ok::<(), passerelle::DomainError>(())
//! ```
//!
//! # Where the standard leaves a choice
//!
//! - A query that fails for now and that the result depends on makes the result `temperror`, with no disposition
//!   (RFC 9989 §5.3.6). Queries that the result does not depend on may fail: an identifier that is the author domain is
//!   aligned whatever its organizational domain is.
//! - A record without a usable policy and without a reporting address gives `permerror` (§9.2) and no disposition:
//!   DMARC is not applied (§4.10.1), which is more than that there was no record.
//! - Whether the author domain exists is one question, since NXDOMAIN denies a name and not a type (§3.2.13, appendix
//!   A.4); it is asked only where `np` makes a difference.
//! - A message whose author is not certain is `permerror`, and the domains that may be the author's are looked at each, with
//!   the strictest disposition of those that fail (§11.5): [`Verdict::of_candidates`].
//! - A name so long that `_dmarc.` does not fit in front of it has no record.
//!
//! With the feature `psl` there is also `rfc7489`, the evaluation by the standard that RFC 9989 obsoletes.

mod alignment;
mod candidates;
mod cause;
mod discovery;
mod existence;
mod faults;
mod lookup;
mod owner;
mod reader;
mod record;
#[cfg(feature = "psl")]
pub mod rfc7489;
mod standard;
mod uri;
mod verdict;
mod walk;

pub use alignment::{Aligned, Alignment};
pub use candidates::{AuthorCertainty, Candidate};
pub use cause::Cause;
pub use discovery::{AppliedPolicy, Discover, Discovery, PolicyDiscovery};
pub use lookup::SeveralRecords;
pub use owner::same_owner;
pub use record::{
    AlignmentMode, FailureOptions, Ignored, IgnoredBecause, Policy, PolicyRecord, Psd, Standing, Subject,
};
pub use standard::Standard;
pub use uri::ReportUri;
pub use verdict::{Authenticated, Disposition, DmarcResult, Method, Verdict};
