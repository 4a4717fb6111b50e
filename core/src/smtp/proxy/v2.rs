//! Version 2: octets (proxy-protocol.txt §2.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::checksum::Crc32c;
use super::{Endpoints, Proxied, ProxiedTls, ProxyError};
use crate::limits;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Octets before the addresses: the signature, version and command, family and transport, and the length of the rest.
const FIXED: usize = 16;

/// How many octets are missing at least; 0 when the header is whole. What is wrong is told by the first octet that is.
pub(super) fn missing(header: &[u8]) -> Result<usize, ProxyError> {
    if header.iter().zip(SIGNATURE).any(|(octet, begin)| octet != begin) {
        return Err(ProxyError::NoHeader);
    }
    let command = header.get(12).map(|&octet| Command::read(octet)).transpose()?;
    if let (Some(Command::Proxy), Some(&family)) = (command, header.get(13)) {
        Family::read(family)?;
    }
    let Some(&[high, low]) = header.get(14..FIXED) else { return Ok(FIXED - header.len()) };
    let whole = FIXED + usize::from(u16::from_be_bytes([high, low]));
    if whole > limits::MAX_PROXY_HEADER {
        return Err(ProxyError::TooLong);
    }
    Ok(whole.saturating_sub(header.len()))
}

/// Reads a whole header. Its checksum, if it has one, is overwritten.
pub(super) fn parse(header: &mut [u8]) -> Result<Proxied, ProxyError> {
    let &[command, family] = header.get(12..14).and_then(|octets| octets.first_chunk()).ok_or(ProxyError::TooShort)?;
    // The rest of a LOCAL header is ignored, the family as well.
    if let Command::Local = Command::read(command)? {
        return Ok(Proxied::of(Endpoints::Local));
    }
    let family = Family::read(family)?;
    let body = header.get(FIXED..).ok_or(ProxyError::TooShort)?;
    // Without a known family it is not known where addresses end and fields begin.
    let Some(length) = family.addresses() else { return Ok(Proxied::of(Endpoints::Unknown)) };
    let (addresses, fields) = body.split_at_checked(length).ok_or(ProxyError::TooShort)?;
    let endpoints = family.endpoints(addresses).ok_or(ProxyError::TooShort)?;
    let mut proxied = Proxied::of(endpoints);
    let mut checksum = None;
    let mut at = FIXED + length;
    for field in Fields(fields) {
        let (kind, value) = field?;
        match kind {
            // PP2_TYPE_AUTHORITY
            0x02 => proxied.authority = Some(text(value)?),
            // PP2_TYPE_CRC32C
            0x03 if checksum.is_none() => {
                let told: [u8; 4] = value.try_into().map_err(|_| ProxyError::Field)?;
                checksum = Some((u32::from_be_bytes(told), at + FIELD));
            }
            0x03 => return Err(ProxyError::Field),
            // PP2_TYPE_UNIQUE_ID
            0x05 if value.len() <= limits::MAX_PROXY_UNIQUE_ID => proxied.unique_id = Some(value.to_vec()),
            0x05 => return Err(ProxyError::Field),
            // PP2_TYPE_SSL
            0x20 => proxied.tls = tls(value)?,
            _ => {}
        }
        at += FIELD + value.len();
    }
    if let Some((told, at)) = checksum {
        // §2.2.3: counted with zeroes in its own place.
        header.iter_mut().skip(at).take(4).for_each(|octet| *octet = 0);
        if Crc32c::of(header) != told {
            return Err(ProxyError::Checksum);
        }
    }
    Ok(proxied)
}

#[derive(Clone, Copy)]
enum Command {
    Local,
    Proxy,
}

impl Command {
    fn read(octet: u8) -> Result<Self, ProxyError> {
        match (octet >> 4, octet & 0xf) {
            (2, 0) => Ok(Self::Local),
            (2, 1) => Ok(Self::Proxy),
            (2, _) => Err(ProxyError::Command),
            _ => Err(ProxyError::Version),
        }
    }
}

#[derive(Clone, Copy)]
enum Family {
    /// Unspecified, or a datagram, which mail does not come in.
    Other,
    Ipv4,
    Ipv6,
    Unix,
}

impl Family {
    fn read(octet: u8) -> Result<Self, ProxyError> {
        match (octet >> 4, octet & 0xf) {
            (1, 1) => Ok(Self::Ipv4),
            (2, 1) => Ok(Self::Ipv6),
            (3, 1) => Ok(Self::Unix),
            (0..=3, 0..=2) => Ok(Self::Other),
            _ => Err(ProxyError::Family),
        }
    }

    /// Octets of both addresses, with their ports.
    fn addresses(self) -> Option<usize> {
        match self {
            Self::Other => None,
            Self::Ipv4 => Some(2 * 4 + 2 * 2),
            Self::Ipv6 => Some(2 * 16 + 2 * 2),
            Self::Unix => Some(2 * 108),
        }
    }

    fn endpoints(self, addresses: &[u8]) -> Option<Endpoints> {
        /// The source's address, the destination's, and then the ports.
        fn internet<const N: usize>(octets: &[u8], address: fn([u8; N]) -> IpAddr) -> Option<Endpoints> {
            let (&source, rest) = octets.split_first_chunk::<N>()?;
            let (&destination, rest) = rest.split_first_chunk::<N>()?;
            let (&from, rest) = rest.split_first_chunk::<2>()?;
            let &to = rest.first_chunk::<2>()?;
            Some(Endpoints::Internet {
                source: SocketAddr::new(address(source).to_canonical(), u16::from_be_bytes(from)),
                destination: SocketAddr::new(address(destination).to_canonical(), u16::from_be_bytes(to)),
            })
        }
        match self {
            Self::Other => Some(Endpoints::Unknown),
            Self::Ipv4 => internet(addresses, |octets: [u8; 4]| IpAddr::V4(Ipv4Addr::from(octets))),
            Self::Ipv6 => internet(addresses, |octets: [u8; 16]| IpAddr::V6(Ipv6Addr::from(octets))),
            Self::Unix => {
                let (source, destination) = addresses.split_at_checked(108)?;
                let path = |path: &[u8]| path.iter().copied().take_while(|&octet| octet != 0).collect();
                Some(Endpoints::Unix { source: path(source), destination: path(destination) })
            }
        }
    }
}

/// Octets of a field before its value: the type, and the value's length.
const FIELD: usize = 3;

/// Fields of type, length and value.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u8, &'a [u8]), ProxyError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.0.split_first_chunk().and_then(|(&[kind, high, low], rest)| {
            let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
            Some((kind, value, rest))
        });
        self.0 = field.map_or(&[], |(_, _, rest)| rest);
        Some(field.map(|(kind, value, _)| (kind, value)).ok_or(ProxyError::Field))
    }
}

/// §2.2.6. `None` where the client did not use TLS.
fn tls(value: &[u8]) -> Result<Option<ProxiedTls>, ProxyError> {
    /// The flags: TLS was used, and a certificate was shown in this connection or in its session.
    const USED: u8 = 0x01;
    const CERTIFICATE: u8 = 0x02 | 0x04;
    let (&[flags, verify @ ..], fields) = value.split_first_chunk::<5>().ok_or(ProxyError::Field)?;
    let client_verified = flags & CERTIFICATE != 0 && verify == [0; 4];
    let mut tls = ProxiedTls { client_verified, ..ProxiedTls::default() };
    for field in Fields(fields) {
        match field? {
            (0x21, value) => tls.version = Some(text(value)?),
            (0x22, value) => tls.client_name = Some(text(value)?),
            (0x23, value) => tls.cipher = Some(text(value)?),
            _ => {}
        }
    }
    Ok((flags & USED != 0).then_some(tls))
}

/// A text that can be shown.
fn text(value: &[u8]) -> Result<String, ProxyError> {
    let text = std::str::from_utf8(value).map_err(|_| ProxyError::Field)?;
    if text.len() > limits::MAX_PROXY_TEXT || text.contains(char::is_control) {
        return Err(ProxyError::Field);
    }
    Ok(text.to_owned())
}
