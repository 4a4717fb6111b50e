//! What is measured: messages and records made from a seed, and the same work done by Passerelle and by the bare
//! cryptography it cannot do without (the floor).
//!
//! [`table`] measures what has a floor or a peer, in turns, and prints the ratios; `peers/`, a workspace of its own, brings the
//! peers and has the whole table. The rest is in `benches/`. `cargo xtask bench` runs everything.

pub mod clock;
pub mod dkim;
pub mod floor;
pub mod mail;
pub mod measure;
pub mod ours;
pub mod report;
pub mod spf;
pub mod table;
pub mod zone;
