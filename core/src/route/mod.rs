//! Routes: who may send, where mail goes next, under which security, and why.
//!
//! A [`Policy`](policy::Policy) is compiled from one document. It sends nothing: what is decided is a function of the envelope,
//! the session, the message as far as it is known, the policy and the answers.

pub mod dane;
pub mod hops;
pub mod mta_sts;
pub mod mx;
pub mod policy;
pub mod replies;
pub mod request;
pub mod security;
mod seed;
pub mod srs;
