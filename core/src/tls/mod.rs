//! TLS around a machine.
//!
//! What a machine needs to know of TLS is here and needs no TLS library: a host may bring its own. With the feature `tls`
//! there is one: [`Layer`] puts either SMTP machine inside TLS, by rustls over AWS-LC.
//!
//! The layer does no I/O and reads no clock. The random numbers that TLS needs are AWS-LC's own: they are the one thing
//! in this crate that is not a function of the input.

pub mod certificate;
#[cfg(feature = "tls")]
mod certificates;
#[cfg(feature = "tls")]
mod client;
#[cfg(feature = "tls")]
mod connection;
pub mod dane;
#[cfg(feature = "tls")]
mod diagnose;
#[cfg(feature = "tls")]
mod facts;
mod failure;
mod fingerprint;
#[cfg(feature = "tls")]
mod layer;
#[cfg(feature = "tls")]
mod server;
mod session;
#[cfg(feature = "tls")]
mod signature;
#[cfg(feature = "tls")]
mod verify;

#[cfg(feature = "tls")]
pub use certificates::{Identity, Roots, SettingsError};
#[cfg(feature = "tls")]
pub use client::{ClientTls, Verification};
pub use dane::{Dane, Tlsa};
#[cfg(feature = "tls")]
pub use facts::Facts;
pub use failure::{Failure, ResultType};
pub use fingerprint::{Fingerprint, FingerprintError};
#[cfg(feature = "tls")]
pub use layer::{Event, Input, Layer};
#[cfg(feature = "tls")]
pub use server::{ClientCertificates, ServerTls};
pub use session::{ChannelBinding, ClientCertificate, Converse, End, Session, Version};
