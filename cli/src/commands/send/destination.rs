//! Where a message goes: a host, and the connection to it.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use passerelle::Domain;
use passerelle::tls::Roots;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::args::TlsMode;
use crate::failure::Failure;

/// How long one address may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Where systems keep the certificates of the authorities that they trust.
const SYSTEM_ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A server.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Destination {
    host: String,
    port: u16,
}

impl Destination {
    /// `host`, `host:port`, `address`, `[address]:port`.
    pub(super) fn parse(text: &str, tls: Option<TlsMode>) -> Result<Self, Failure> {
        const FORMS: &str = "give a host or an address, with a port or without: mx.example.com, [::1]:2525";
        let wrong = || Failure::new(format!("--to {text}: {FORMS}"));
        let default = if tls == Some(TlsMode::Implicit) { 465 } else { 25 };
        let unbracketed = |text: &str| text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
        if let Some(address) = text.parse::<IpAddr>().ok().or_else(|| unbracketed(text)) {
            return Ok(Self { host: address.to_string(), port: default });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?),
            None => (text, default),
        };
        match host.parse::<IpAddr>().ok().filter(IpAddr::is_ipv4).or_else(|| unbracketed(host)) {
            Some(address) => Ok(Self { host: address.to_string(), port }),
            None if Domain::parse(host).is_ok() => Ok(Self { host: host.to_owned(), port }),
            None => Err(wrong()),
        }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Its name, unless it is an address.
    pub(super) fn domain(&self) -> Option<Domain> {
        match self.host.parse::<IpAddr>() {
            Ok(_) => None,
            Err(_) => Domain::parse(&self.host).ok(),
        }
    }

    /// Connects to the first of its addresses that answers.
    pub(super) async fn connect(&self) -> Result<TcpStream, Failure> {
        let Self { host, port } = self;
        let found = lookup_host((host.as_str(), *port)).await;
        let addresses = found.map_err(|error| Failure::new(format!("cannot find {host}: {error}")))?;
        let mut last = Failure::new(format!("{host} has no address"));
        for address in addresses {
            last = match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => Failure::new(format!("cannot connect to {address}: {error}")),
                Err(_) => Failure::new(format!("{address} does not answer: waited {} s", CONNECT_TIMEOUT.as_secs())),
            };
        }
        Err(last)
    }
}

/// The authorities that the system trusts.
pub(super) fn system_roots() -> Result<Roots, Failure> {
    let path = SYSTEM_ROOTS.iter().map(Path::new).find(|path| path.exists());
    let path = path.ok_or_else(|| Failure::new("the system has no file of trusted authorities; name one with --ca"))?;
    let pem = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    Roots::from_pem(&pem).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations() {
        for (text, host, port) in [
            ("mx.example.com", "mx.example.com", 25),
            ("mx.example.com:2525", "mx.example.com", 2525),
            ("127.0.0.1", "127.0.0.1", 25),
            ("127.0.0.1:2525", "127.0.0.1", 2525),
            ("::1", "::1", 25),
            ("[::1]", "::1", 25),
            ("[::1]:2525", "::1", 2525),
            ("localhost:2525", "localhost", 2525),
        ] {
            let parsed = Destination::parse(text, None).ok();
            assert_eq!(parsed, Some(Destination { host: host.into(), port }), "{text}");
        }
        for text in ["", ":25", "mx.example:0", "mx.example:65536", "mx.example:x", "[mx.example]:25", "a b"] {
            assert!(Destination::parse(text, None).is_err(), "{text}");
        }
        assert_eq!(Destination::parse("mx.example.com", Some(TlsMode::Implicit)).unwrap().port, 465);
    }
}
