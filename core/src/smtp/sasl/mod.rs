//! SASL for SMTP (RFC 4422, RFC 4954), on both sides.
//!
//! | mechanism | by | the server's host answers with |
//! |---|---|---|
//! | PLAIN, LOGIN | RFC 4616, usage | yes, no, or what is stored |
//! | SCRAM-SHA-1, SCRAM-SHA-256, and both with -PLUS | RFC 5802, RFC 7677 | what is stored |
//! | OAUTHBEARER, XOAUTH2 | RFC 7628, Google | yes or no |
//! | EXTERNAL | RFC 4422 appendix A | yes or no |
//!
//! [`server::Exchange`] and [`client::Exchange`] are one AUTH command each, from its first line to its end. They are handed lines
//! and give lines, in base64 and without CRLF; replies around them are the SMTP machines'.

pub mod client;
pub mod server;

mod bearer;
mod mechanism;
mod scram;
mod secret;
mod verifier;
mod wire;

pub use mechanism::Mechanism;
pub use secret::{Entropy, Secret, SecretKey, application_password};
pub use verifier::{ScramVerifier, VerifierError};
