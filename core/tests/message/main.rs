//! Messages: header section, author, mailboxes, envelope.

mod addresses;
mod composition_attacks;
mod envelope;
mod header;
#[allow(unreachable_pub)]
#[path = "../support/mod.rs"]
mod support;
