//! What a proxy in front of us says of the client: the PROXY header (haproxy's proxy-protocol.txt, versions 1 and 2) and
//! Postfix's XCLIENT.
//!
//! Whoever is believed here can say that it comes from anywhere. So neither is looked for unless the host has named the
//! addresses of its proxies, and a header is then not looked for but demanded: a connection from a proxy that does not
//! begin with one is refused (proxy-protocol.txt §5).

mod checksum;
mod v1;
mod v2;
mod xclient;

use std::net::SocketAddr;

pub use xclient::{Told, Xclient, XclientError, XclientProtocol};

/// What a PROXY header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxied {
    /// Whose connection it is.
    pub endpoints: Endpoints,
    /// What the client asked for as the server's name, in TLS (SNI) or otherwise.
    pub authority: Option<String>,
    /// The proxy's name for the connection.
    pub unique_id: Option<Vec<u8>>,
    /// The TLS between client and proxy, if there is.
    pub tls: Option<ProxiedTls>,
}

/// Whose connection it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoints {
    /// `LOCAL`: the proxy's own, such as its check that we are there. The real addresses count.
    Local,
    /// `UNKNOWN`, an unspecified family, or a datagram: somebody's whom the proxy cannot name. The real addresses are all
    /// there is, and being the proxy's they must not earn the client the trust that the proxy has.
    Unknown,
    /// Over IPv4 or IPv6.
    Internet {
        /// The client. An IPv4 address within IPv6 is given as the IPv4 address that it is.
        source: SocketAddr,
        /// What it connected to.
        destination: SocketAddr,
    },
    /// Over a socket of the proxy's machine: paths, up to their NUL.
    Unix {
        /// The client.
        source: Vec<u8>,
        /// What it connected to.
        destination: Vec<u8>,
    },
}

/// TLS between client and proxy (proxy-protocol.txt §2.2.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxiedTls {
    /// The version, such as `TLSv1.3`.
    pub version: Option<String>,
    /// The cipher suite, as OpenSSL calls it.
    pub cipher: Option<String>,
    /// The client showed a certificate that the proxy has verified.
    pub client_verified: bool,
    /// The common name in the client's certificate, which means nothing unless that is verified.
    pub client_name: Option<String>,
}

/// Why what a proxy sent is no PROXY header. The connection is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// It begins like neither version.
    #[error("the connection does not begin with a PROXY header")]
    NoHeader,
    /// Version 1: not of the form that its section 2.1 gives.
    #[error("the line of a PROXY header is malformed")]
    Line,
    /// Version 1: no CRLF within [`MAX_PROXY_LINE`](crate::limits::MAX_PROXY_LINE) octets.
    #[error("the line of a PROXY header is too long")]
    LineTooLong,
    /// Not version 2.
    #[error("a binary PROXY header of an unknown version")]
    Version,
    /// Version 2: neither LOCAL nor PROXY.
    #[error("a PROXY header with an unknown command")]
    Command,
    /// Version 2: an unknown address family or transport protocol.
    #[error("a PROXY header with an unknown address family or transport")]
    Family,
    /// Version 2: too short for the addresses of its family.
    #[error("a PROXY header is too short for its addresses")]
    TooShort,
    /// Version 2: more than [`MAX_PROXY_HEADER`](crate::limits::MAX_PROXY_HEADER) octets.
    #[error("a PROXY header is too long")]
    TooLong,
    /// Version 2: what follows the addresses is not of the form type, length, value, or a value is not as it ought to be.
    #[error("a field of a PROXY header is malformed")]
    Field,
    /// Version 2: the checksum is another.
    #[error("the checksum of a PROXY header is wrong")]
    Checksum,
}

/// Reads a PROXY header from the beginning of a connection, however it is cut into chunks.
#[derive(Debug, Default)]
pub struct ProxyReader {
    header: Vec<u8>,
    failed: Option<ProxyError>,
}

impl ProxyReader {
    /// A reader at the beginning of a connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes octets from the front of `input`, advancing it, until the header is whole; what follows the header stays.
    /// `None`: all was taken, and more is needed. After an error each further call says the same.
    pub fn read(&mut self, input: &mut &[u8]) -> Option<Result<Proxied, ProxyError>> {
        if let Some(error) = self.failed {
            return Some(Err(error));
        }
        let read = self.read_header(input).transpose()?;
        *self = Self { failed: read.as_ref().err().copied(), ..Self::default() };
        Some(read)
    }

    fn read_header(&mut self, input: &mut &[u8]) -> Result<Option<Proxied>, ProxyError> {
        loop {
            let missing = match self.header.first() {
                None => 1,
                Some(b'P') => v1::missing(&self.header)?,
                Some(_) => v2::missing(&self.header)?,
            };
            if missing == 0 {
                let text = self.header.starts_with(b"P");
                return if text { v1::parse(&self.header) } else { v2::parse(&mut self.header) }.map(Some);
            }
            let (taken, rest) = input.split_at(missing.min(input.len()));
            if taken.is_empty() {
                return Ok(None);
            }
            self.header.extend_from_slice(taken);
            *input = rest;
        }
    }
}

impl Proxied {
    fn of(endpoints: Endpoints) -> Self {
        Self { endpoints, authority: None, unique_id: None, tls: None }
    }
}
