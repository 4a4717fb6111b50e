//! Messages: header section, author, mailboxes, envelope.

mod addresses;
mod authorship;
mod composition_attacks;
mod envelope;
mod face;
mod files;
mod header;
#[path = "../support/mod.rs"]
mod support;
