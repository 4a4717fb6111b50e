//! SPF (RFC 7208).

#[path = "../support/mod.rs"]
mod support;
mod zone;

mod hostile;
mod mox;
mod openspf;
mod properties;
mod reasons;
mod received_spf;
mod semantics;
