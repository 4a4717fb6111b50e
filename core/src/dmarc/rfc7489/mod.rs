//! DMARC as RFC 7489 has it, with the public suffix list in place of the tree walk (feature `psl`).
//!
//! RFC 9989 obsoletes it. Much of the world still evaluates by it, and asking for both shows where the change matters:
//! [`difference`] says where two verdicts on one message differ and why.
//!
//! ```
//! use passerelle::dmarc::{DmarcResult, rfc7489};
//! use passerelle::{Answer, DnsAnswer, Domain, Evaluation, Question, Record, Status};
//!
//! let author = Domain::parse("news.harbour.co.uk")?;
//! let signer = Domain::parse("mail.harbour.co.uk")?;
//! assert_eq!(rfc7489::organizational_domain(&author).as_str(), "harbour.co.uk");
//!
//! let discovery = Evaluation::new(rfc7489::Discover::new(author, [signer])).run_with(|question| {
//!     Answer::Dns(match question {
//!         Question::Dns(name, _) if name.as_str() == "_dmarc.harbour.co.uk" => {
//!             DnsAnswer::found([Record::Txt(b"v=DMARC1; p=reject; pct=20".to_vec())])
//!         }
//!         _ => DnsAnswer::empty(Status::NxDomain),
//!     })
//! });
//! let verdict = discovery.conclude(&[], &[]);
//! assert_eq!((verdict.result, verdict.disposition.as_str(), verdict.pct), (DmarcResult::Fail, "reject", Some(20)));
//! assert_eq!(verdict.disposition_for(73).as_str(), "quarantine");
//! # Ok::<(), passerelle::DomainError>(())
//! ```
//!
//! # What is different from RFC 9989
//!
//! - The organizational domain is what the list says (§3.2), both of its sections, the private one included. A name that
//!   the list does not know is below a suffix of one label, as the list's own algorithm has it; a public suffix is its
//!   own organizational domain, since nothing else could be.
//! - The record is looked for at the author domain and at its organizational domain, and nowhere else (§6.6.3). Several
//!   records at one name end the search; DMARC then does not apply.
//! - `p` stands right behind `v` (§6.3, §6.4). Elsewhere it counts as missing, which leaves `p=none` where there is an
//!   address for reports, and otherwise nothing (§6.6.3 step 6).
//! - `np` (an experiment, RFC 9091), `psd` and `t` are not known; a name that does not exist is a subdomain like others.
//! - `pct` asks the policy of some messages only (§6.6.4). The engine draws no lots: the verdict has the disposition of a
//!   message that is among them, and `pct` beside it. With `pct=0` no message is, so that the disposition is one level less.
//!
//! # Where RFC 7489 leaves a choice
//!
//! - A query for a record that fails for now makes the result `temperror` (§6.6.3 leaves it open), and so does a temporary
//!   error of SPF or DKIM without which an aligned identifier might have passed (§6.6.2).
//! - A record without a usable policy and without an address for reports is `permerror`, without a disposition (§11.2).
//! - Without a record an identifier is aligned when it is the author domain: nobody has said that less will do.
//! - A message without a certain author domain is treated as by RFC 9989: see
//!   [`Verdict::of_candidates`](super::Verdict::of_candidates).

mod difference;
mod discovery;
mod suffix;

pub use difference::difference;
pub use discovery::Discover;
pub use suffix::{organizational_domain, public_suffix, registrable_domain};
