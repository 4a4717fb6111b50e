//! The SMTP client, one behaviour a file. Dialogues are texts, which `dialogue` plays at several sizes of chunks.
#[path = "../support/mod.rs"]
mod support;

mod dialogue;

mod delivery;
