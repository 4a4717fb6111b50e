//! SCRAM (RFC 5802, RFC 7677): its messages and its signatures, which are the same on both sides.

mod message;

use zeroize::Zeroizing;

pub(super) use message::{ClientFinal, ClientFirst, Flag, ServerFinal, ServerFirst, escaped, unescaped};

use crate::crypto::Hash;
use crate::tls::ChannelBinding;

/// The names of channel bindings (RFC 9266 §3, RFC 5929 §4).
pub(super) const TLS_EXPORTER: &str = "tls-exporter";
pub(super) const TLS_SERVER_END_POINT: &str = "tls-server-end-point";

/// What a connection has for a channel binding of this name.
pub(super) fn binding_data<'a>(binding: &'a ChannelBinding, name: &str) -> Option<&'a [u8]> {
    match name {
        TLS_EXPORTER => binding.exporter.as_ref().map(|octets| &octets[..]),
        TLS_SERVER_END_POINT => binding.server_end_point.as_deref(),
        _ => None,
    }
}

/// What both sides sign (RFC 5802 §3): `client-first-message-bare,server-first-message,client-final-message-without-proof`.
pub(super) struct AuthMessage<'a> {
    pub(super) client_first_bare: &'a str,
    pub(super) server_first: &'a str,
    pub(super) client_final_without_proof: &'a str,
}

impl AuthMessage<'_> {
    pub(super) fn sign(&self, hash: Hash, key: &[u8]) -> Zeroizing<Vec<u8>> {
        let parts = [self.client_first_bare, ",", self.server_first, ",", self.client_final_without_proof];
        hash.hmac(key, &parts.map(str::as_bytes))
    }
}

/// `one XOR other`: a proof of a key and a signature, and back. Both have the length of the hash.
pub(super) fn xor(one: &[u8], other: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(one.iter().zip(other).map(|(one, other)| one ^ other).collect())
}
