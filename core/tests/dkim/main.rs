//! DKIM: verification and signing, and the cryptography under them.
#![allow(unreachable_pub)]

mod canonicalization;
mod causes;
mod common;
mod diagnosis;
mod header_reasons;
mod key_reasons;
mod keys;
mod many_signatures;
mod policy;
mod signing;
mod signing_refusals;
mod suite_chasquid;
mod suite_mox;
mod suite_vectors;
mod tags;

#[path = "../support/mod.rs"]
mod support;
