//! Where a message goes: a host and a port, and how they want to be spoken to.

use std::net::IpAddr;

use passerelle::Domain;

use crate::args::TlsMode;
use crate::failure::Failure;

/// Where TLS is spoken from the first octet (RFC 8314 §3.3).
const SUBMISSIONS: u16 = 465;

/// A server.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Destination {
    host: String,
    port: u16,
    tls: Option<TlsMode>,
}

/// How a server says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// It waits, as it seems.
    Lasting,
    /// It has closed the connection, or reset it.
    Closed,
}

impl Destination {
    /// `host`, `host:port`, `address`, `[address]:port`. Port 465 says by itself when TLS begins.
    pub(super) fn parse(text: &str, tls: Option<TlsMode>) -> Result<Self, Failure> {
        const FORMS: &str = "give a host or an address, with a port or without: mx.example.com, [::1]:2525";
        let wrong = || Failure::new(format!("--to {text}: {FORMS}"));
        let new = |host: String, port: Option<u16>| {
            let port = port.unwrap_or(if tls == Some(TlsMode::Implicit) { SUBMISSIONS } else { 25 });
            let tls = tls.or((port == SUBMISSIONS).then_some(TlsMode::Implicit));
            Self { host, port, tls }
        };
        let unbracketed = |text: &str| text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
        if let Some(address) = text.parse::<IpAddr>().ok().or_else(|| unbracketed(text)) {
            return Ok(new(address.to_string(), None));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?)),
            None => (text, None),
        };
        match host.parse::<IpAddr>().ok().filter(IpAddr::is_ipv4).or_else(|| unbracketed(host)) {
            Some(address) => Ok(new(address.to_string(), port)),
            None if Domain::parse(host).is_ok() => Ok(new(host.to_owned(), port)),
            None => Err(wrong()),
        }
    }

    /// When TLS begins, as far as the user or the port says it.
    pub(super) fn tls(&self) -> Option<TlsMode> {
        self.tls
    }

    /// Why the server may be silent.
    pub(super) fn silence(&self, silence: Silence) -> String {
        let Self { host, port, tls } = self;
        let is_silent = match silence {
            Silence::Lasting => "is silent",
            Silence::Closed => "said nothing and closed the connection",
        };
        match tls {
            Some(TlsMode::Implicit) if silence == Silence::Closed => format!("{host} {is_silent} inside TLS"),
            Some(TlsMode::Implicit) => format!(
                "{host} does not answer the TLS handshake; if it begins in clear text on port {port}, say --tls starttls"
            ),
            _ if *port == SUBMISSIONS => {
                format!(
                    "{host} {is_silent}: on port {SUBMISSIONS} servers wait for TLS from the first octet (--tls implicit)"
                )
            }
            _ => {
                format!(
                    "{host} {is_silent}; if it waits for TLS from the first octet on port {port}, say --tls implicit"
                )
            }
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
            assert_eq!(parsed, Some(Destination { host: host.into(), port, tls: None }), "{text}");
        }
        for text in ["", ":25", "mx.example:0", "mx.example:65536", "mx.example:x", "[mx.example]:25", "a b"] {
            assert!(Destination::parse(text, None).is_err(), "{text}");
        }
    }

    /// Port 465 and implicit TLS imply each other, unless somebody says otherwise.
    #[test]
    fn port_465_means_tls_from_the_first_octet() {
        let parsed = |text, tls| {
            let Destination { port, tls, .. } = Destination::parse(text, tls).unwrap();
            (port, tls)
        };
        assert_eq!(parsed("mx.example.com", Some(TlsMode::Implicit)), (465, Some(TlsMode::Implicit)));
        for text in ["mx.example.com:465", "192.0.2.1:465", "[2001:db8::1]:465"] {
            assert_eq!(parsed(text, None), (465, Some(TlsMode::Implicit)), "{text}");
            for otherwise in [TlsMode::Starttls, TlsMode::None] {
                assert_eq!(parsed(text, Some(otherwise)), (465, Some(otherwise)), "{text}");
                let destination = Destination::parse(text, Some(otherwise)).unwrap();
                assert!(destination.silence(Silence::Lasting).contains("--tls implicit"));
            }
        }
        let destination = Destination::parse("mx.example.com:465", None).unwrap();
        assert!(destination.silence(Silence::Lasting).contains("--tls starttls"));
        assert_eq!(parsed("mx.example.com:587", None), (587, None));
    }
}
