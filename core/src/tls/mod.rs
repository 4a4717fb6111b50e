//! TLS around a machine.
//!
//! What a machine needs to know of TLS is here and needs no TLS library: a host may bring its own.

mod session;

pub use session::{ChannelBinding, ClientCertificate, Converse, End, Session, Version};
