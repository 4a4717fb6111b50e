//! TLS around a machine, both sides in memory.
#![cfg(feature = "tls")]

mod certificates;
mod handshake;
mod pair;
mod toy;
