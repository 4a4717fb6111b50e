//! What is measured: messages and records made from a seed, and the same work done by Passerelle, by the bare
//! cryptography it cannot do without (the floor), and by its peers.
//!
//! The measurements are in `benches/`; `cargo xtask bench` runs them with the peers and prints the table that the
//! program `ratios` makes of them.

pub mod floor;
pub mod mail;
#[cfg(feature = "peers")]
pub mod mail_auth;
#[cfg(opendkim)]
pub mod opendkim;
pub mod ours;
pub mod settings;
#[cfg(spf2)]
pub mod spf2;
pub mod zone;
