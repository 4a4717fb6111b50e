//! The SMTP client, one behaviour a file. Dialogues are texts, which `dialogue` plays in chunks of several sizes.
#[path = "../support/mod.rs"]
mod support;

#[path = "../limits/counting.rs"]
mod counting;

mod dialogue;
#[cfg(feature = "tls")]
mod host;
mod server;

mod auth;
mod content;
mod delivery;
mod giving_up;
mod greeting;
mod growth;
mod hostile;
mod lmtp;
mod losses;
mod memory;
#[cfg(feature = "tls")]
mod misuse;
mod needs;
mod parameters;
mod pipelining;
mod refusals;
mod starttls;
mod timeouts;
mod trace;
