//! DMARC (RFC 9989) against its text, the strings of another implementation, and hostile DNS.

mod alignment_words;
mod appendix_b;
mod candidates;
mod cause;
mod discovery;
mod failures;
mod mox_strings;
mod reasons;
mod reference;
#[cfg(feature = "psl")]
mod rfc7489;
#[path = "../support/mod.rs"]
mod support;
mod verdict;
mod zone;
