//! Messages: header section, author, mailboxes, envelope.

mod addresses;
mod composition_attacks;
mod envelope;
mod files;
mod header;
#[path = "../support/mod.rs"]
mod support;
