//! The examples, run: each is compiled into this program as it stands.

mod programs;
mod readme;
#[cfg(feature = "tls")]
mod smtp;
