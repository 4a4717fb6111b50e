//! Version 1: a line of text (proxy-protocol.txt §2.1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Endpoints, Proxied, ProxyError};
use crate::limits;

const BEGIN: &[u8] = b"PROXY ";

/// How many octets are missing at least; 0 when the line is whole. `header` is looked at after each octet, so that
/// nothing behind the line is taken.
pub(super) fn missing(header: &[u8]) -> Result<usize, ProxyError> {
    if header.iter().zip(BEGIN).any(|(octet, begin)| octet != begin) {
        return Err(ProxyError::NoHeader);
    }
    match header {
        [.., b'\r', b'\n'] => Ok(0),
        // §2.1: neither ends the line without the other.
        [.., b'\n'] => Err(ProxyError::Line),
        [.., b'\r', _] => Err(ProxyError::Line),
        _ if header.len() >= limits::MAX_PROXY_LINE => Err(ProxyError::LineTooLong),
        _ => Ok(1),
    }
}

/// Reads a whole line.
pub(super) fn parse(header: &[u8]) -> Result<Proxied, ProxyError> {
    let line = header.strip_prefix(BEGIN).and_then(|line| line.strip_suffix(b"\r\n")).ok_or(ProxyError::Line)?;
    // What follows UNKNOWN is ignored, whatever it is.
    if line == b"UNKNOWN" || line.starts_with(b"UNKNOWN ") {
        return Ok(Proxied::of(Endpoints::Unknown));
    }
    endpoints(line).map(Proxied::of).ok_or(ProxyError::Line)
}

fn endpoints(line: &[u8]) -> Option<Endpoints> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let address = match words.next()? {
        "TCP4" => |word: &str| word.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        // Hexadecimal digits and colons only.
        "TCP6" => |word: &str| word.parse::<Ipv6Addr>().ok().filter(|_| !word.contains('.')).map(IpAddr::V6),
        _ => return None,
    };
    let (source, destination) = (address(words.next()?)?, address(words.next()?)?);
    let (from, to) = (port(words.next()?)?, port(words.next()?)?);
    let ends = words.next().is_none();
    ends.then(|| Endpoints::Internet {
        source: SocketAddr::new(source.to_canonical(), from),
        destination: SocketAddr::new(destination.to_canonical(), to),
    })
}

/// A port, without zeroes in front.
fn port(word: &str) -> Option<u16> {
    let plain = word.bytes().all(|octet| octet.is_ascii_digit()) && (word == "0" || !word.starts_with('0'));
    word.parse().ok().filter(|_| plain)
}
