//! What a machine learns of the TLS around it, and what TLS asks of the machine inside.

use crate::machine::{Machine, Misuse};
use crate::time::Now;

/// A [`Machine`] that converses over one connection, in clear text or inside TLS.
///
/// A host that has TLS of its own calls these as the TLS layer of this crate does.
pub trait Converse: Machine {
    /// Octets of the peer: deciphered where TLS is on.
    ///
    /// What comes behind STARTTLS, in the same call or in another before [`starts_tls`](Self::starts_tls), is dropped by the
    /// machine: it was sent in clear text, by whom nobody knows (RFC 3207 §4.2; CVE-2011-0411).
    ///
    /// # Errors
    /// [`Misuse`] when more comes although [`wants_octets`](Self::wants_octets) said no, or after the end. A machine that is over by
    /// itself drops what comes.
    fn octets(&mut self, now: Now, octets: &[u8]) -> Result<(), Misuse>;

    /// The peer sends no more.
    ///
    /// # Errors
    /// [`Misuse`] when it is said twice. A machine that is over by itself takes no notice.
    fn end(&mut self, now: Now, end: End) -> Result<(), Misuse>;

    /// The handshake is done; everything from here on is inside TLS. What was said before is forgotten, as RFC 3207 §4.2 asks
    /// of both sides. With implicit TLS this comes before anything else: nothing has been polled, and a server greets then.
    ///
    /// # Errors
    /// [`Misuse`] when TLS is on already.
    fn secured(&mut self, now: Now, session: Session) -> Result<(), Misuse>;

    /// Time has passed.
    fn tick(&mut self, now: Now);

    /// The settings of the TLS around the machine ask for more than clear text can give: for a verification, or for TLS at all.
    /// The machine is told before anything else, and does not go on without TLS then, whatever its own settings would allow: need
    /// and verification are one setting. A machine that never goes on in clear text where it was asked for TLS has nothing to do.
    fn require_tls(&mut self) {}

    /// Whether the handshake is to begin now: at once with implicit TLS, or when both sides have agreed to STARTTLS and
    /// everything in clear text has been polled. Stays true until [`secured`](Self::secured) or [`end`](Self::end).
    fn starts_tls(&self) -> bool;

    /// Takes the octets behind those that the machine has read, where they are TLS's: the ClientHello of implicit TLS may come
    /// together with the PROXY header before it. Behind STARTTLS there are none, since what came there is dropped.
    fn take_unread(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Whether octets of the peer are wanted now. While a decision is waited for they are not, and the host leaves them in the
    /// socket.
    fn wants_octets(&self) -> bool;

    /// Whether the conversation is over: when everything has been polled, the host closes the connection.
    fn is_over(&self) -> bool;
}

/// How the peer's octets ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The connection ended (in clear text), or `close_notify` came (in TLS).
    Orderly,
    /// The connection was reset, or ended inside TLS without `close_notify`: octets may be missing.
    Cut,
    /// TLS failed: the handshake, or a record that can't be deciphered.
    TlsFailed,
}

/// The version of TLS. Older ones are not spoken (RFC 8996).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

impl Version {
    /// As Received fields and reports name it: `TLS1.3`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tls12 => "TLS1.2",
            Self::Tls13 => "TLS1.3",
        }
    }
}

/// What was agreed on in a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The version.
    pub version: Version,
    /// The cipher suite, as IANA names it: `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: String,
    /// The server's name, as the client asked for it (RFC 6066 §3).
    pub server_name: Option<String>,
    /// On a server: the client's certificate, if it showed one.
    pub client_certificate: Option<ClientCertificate>,
    /// On a client: whether the server's certificate was verified: by an authority and for its name, by DANE, or by its fingerprint.
    /// An authority alone, for whatever name, does not count.
    pub verified: bool,
    /// What ties an authentication to this connection.
    pub binding: ChannelBinding,
}

/// A certificate that a client showed; it has proved to hold the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, in DER.
    pub der: Vec<u8>,
    /// Whether an authority that the host trusts vouches for it.
    pub verified: bool,
}

/// What ties an authentication to one TLS connection (RFC 5056).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelBinding {
    /// `tls-exporter`: 32 octets (RFC 9266 §2). Absent where the connection does not make it safe.
    pub exporter: Option<[u8; 32]>,
    /// `tls-server-end-point`: the hash of the server's certificate (RFC 5929 §4). On a client only where the server has proved to
    /// hold its key.
    pub server_end_point: Option<Vec<u8>>,
}
