//! PROXY headers and XCLIENT: the same for any chunks, nothing behind the header is taken, and a header put together says
//! what it was made of.
#![no_main]

use std::net::{IpAddr, SocketAddr};

use arbitrary::{Arbitrary, Unstructured};
use passerelle::limits;
use passerelle::smtp::proxy::{Endpoints, Proxied, ProxyError, ProxyReader, Xclient};
use passerelle_fuzz::chunks::{chunks, sizes_and_text};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((sizes, text)) = sizes_and_text(input) else { return };
    let (whole, taken) = read(text, &[]);
    assert_eq!(whole, read(text, sizes).0, "chunks have a say");
    if let Some(Ok(proxied)) = &whole {
        check(proxied);
        let header = &text[..taken];
        if header.starts_with(b"P") {
            assert!(taken <= limits::MAX_PROXY_LINE && header.ends_with(b"\r\n"));
        } else {
            assert_eq!(taken, 16 + usize::from(u16::from_be_bytes([header[14], header[15]])));
        }
        // What follows changes nothing.
        assert_eq!(read(&[header, b"EHLO x\r\n"].concat(), sizes), (whole, taken));
    }
    if let Ok(made) = Made::arbitrary(&mut Unstructured::new(text)) {
        made.check(sizes);
    }
});

fn read(text: &[u8], sizes: &[u8]) -> (Option<Result<Proxied, ProxyError>>, usize) {
    let mut reader = ProxyReader::new();
    let mut taken = 0;
    for mut chunk in chunks(text, sizes) {
        let before = chunk.len();
        let read = reader.read(&mut chunk);
        taken += before - chunk.len();
        if read.is_some() {
            return (read, taken);
        }
        assert!(chunk.is_empty());
    }
    (None, taken)
}

fn check(proxied: &Proxied) {
    if let Endpoints::Internet { source, destination } = &proxied.endpoints {
        assert!(source.ip() == source.ip().to_canonical() && destination.ip() == destination.ip().to_canonical());
    }
    if let Endpoints::Unix { source, destination } = &proxied.endpoints {
        assert!([source, destination].iter().all(|path| path.len() <= 108 && !path.contains(&0)));
    }
    assert!(proxied.unique_id.as_ref().is_none_or(|id| id.len() <= limits::MAX_PROXY_UNIQUE_ID));
    assert!(proxied.authority.as_ref().is_none_or(|name| !name.contains(char::is_control)));
}

/// A header to be put together, and attributes of XCLIENT.
#[derive(Arbitrary, Debug)]
struct Made {
    ipv6: bool,
    source: [u8; 16],
    destination: [u8; 16],
    ports: (u16, u16),
    unique_id: Vec<u8>,
    checksum: bool,
    damage: Option<(u16, u8)>,
    attributes: Vec<(u8, String)>,
}

impl Made {
    fn check(&self, sizes: &[u8]) {
        let attribute = |(name, value): &(u8, String)| {
            let name = Xclient::ATTRIBUTES.get(usize::from(*name)).copied().unwrap_or("OTHER");
            (name.to_owned(), value.clone())
        };
        let attributes: Vec<_> = self.attributes.iter().map(attribute).collect();
        if let Ok(told) = Xclient::parse(&attributes) {
            let mut merged = told.clone();
            merged.merge(told.clone());
            assert_eq!(merged, told);
            assert!(told.helo.iter().filter_map(|helo| helo.value()).all(|helo| !helo.contains(char::is_control)));
        }

        let length = if self.ipv6 { 16 } else { 4 };
        let id = &self.unique_id[..self.unique_id.len().min(limits::MAX_PROXY_UNIQUE_ID)];
        let mut body = [&self.source[..length], &self.destination[..length]].concat();
        body.extend([self.ports.0.to_be_bytes(), self.ports.1.to_be_bytes()].concat());
        body.extend([&[5, 0, id.len() as u8], id].concat());
        if self.checksum {
            body.extend([3, 0, 4, 0, 0, 0, 0]);
        }
        let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21".to_vec();
        header.push(if self.ipv6 { 0x21 } else { 0x11 });
        header.extend((body.len() as u16).to_be_bytes());
        header.extend(body);
        if self.checksum {
            let at = header.len() - 4;
            let checksum = crc32c(&header).to_be_bytes();
            header[at..].copy_from_slice(&checksum);
        }
        let address = |octets: &[u8; 16], port| {
            let ip = if self.ipv6 {
                IpAddr::from(*octets)
            } else {
                IpAddr::from([octets[0], octets[1], octets[2], octets[3]])
            };
            SocketAddr::new(ip.to_canonical(), port)
        };
        let endpoints = Endpoints::Internet {
            source: address(&self.source, self.ports.0),
            destination: address(&self.destination, self.ports.1),
        };
        let expected = Proxied { endpoints, authority: None, unique_id: Some(id.to_vec()), tls: None };
        assert_eq!(read(&header, sizes), (Some(Ok(expected)), header.len()));
        if let Some((at, bits)) = self.damage.filter(|(_, bits)| self.checksum && *bits != 0) {
            header[16 + usize::from(at) % (2 * length + 4)] ^= bits;
            assert_eq!(read(&header, sizes).0, Some(Err(ProxyError::Checksum)));
        }
    }
}

/// RFC 4960 appendix B, bit by bit.
fn crc32c(octets: &[u8]) -> u32 {
    let mut register = u32::MAX;
    for octet in octets {
        for bit in 0..8 {
            let carry = (register & 1) ^ u32::from(octet >> bit & 1);
            register = (register >> 1) ^ if carry == 1 { 0x82f6_3b78 } else { 0 };
        }
    }
    !register
}
