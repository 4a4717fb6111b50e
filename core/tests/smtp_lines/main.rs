//! Lines, the content of messages on its way, and commands.

mod smuggling;
#[path = "../support/mod.rs"]
mod support;
