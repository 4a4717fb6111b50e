//! TLS around a machine, both sides in memory.
#![cfg(feature = "tls")]

mod bounds;
mod certificates;
mod chunks;
mod clear_text;
#[path = "../support/cryptography.rs"]
mod cryptography;
mod endings;
mod foreign;
mod handshake;
mod levels;
mod no_trust;
mod pair;
mod same_octets;
mod settings;
mod smtp;
mod toy;
mod verification;
