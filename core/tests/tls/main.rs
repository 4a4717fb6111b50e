//! TLS around a machine, both sides in memory.
#![cfg(feature = "tls")]

mod bounds;
mod certificates;
mod chunks;
mod clear_text;
mod endings;
mod foreign;
mod handshake;
mod levels;
mod no_trust;
mod pair;
mod settings;
mod smtp;
mod toy;
mod verification;
