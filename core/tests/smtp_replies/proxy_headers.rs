//! PROXY headers (proxy-protocol.txt), however they come in.

use std::net::SocketAddr;

use passerelle::limits;
use passerelle::smtp::proxy::{Endpoints, Proxied, ProxiedTls, ProxyError, ProxyReader};
use proptest::prelude::*;

/// What is read from a connection in chunks of the given size, and how many octets were taken.
fn read_in(wire: &[u8], size: usize) -> (Option<Result<Proxied, ProxyError>>, usize) {
    let mut reader = ProxyReader::new();
    let mut taken = 0;
    for mut chunk in wire.chunks(size.max(1)) {
        let before = chunk.len();
        let read = reader.read(&mut chunk);
        taken += before - chunk.len();
        if read.is_some() {
            return (read, taken);
        }
        assert!(chunk.is_empty(), "None means that all was taken");
    }
    (None, taken)
}

/// The same in one chunk, octet by octet, and in fives; what follows the header stays.
fn read(wire: &[u8]) -> Option<Result<Proxied, ProxyError>> {
    let whole = read_in(wire, usize::MAX);
    for size in [1, 5] {
        let parts = read_in(wire, size);
        assert_eq!(parts.0, whole.0);
        if !matches!(whole.0, Some(Err(_))) {
            assert_eq!(parts.1, whole.1);
        }
    }
    if let (Some(Ok(_)), taken) = &whole {
        let behind = [wire, b"EHLO x\r\n"].concat();
        let (again, at) = read_in(&behind, usize::MAX);
        assert_eq!((&again, at), (&whole.0, *taken));
    }
    whole.0
}

fn internet(source: &str, destination: &str) -> Endpoints {
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    Endpoints::Internet { source: address(source), destination: address(destination) }
}

fn endpoints(wire: &[u8]) -> Endpoints {
    read(wire).unwrap().unwrap().endpoints
}

/// A header of version 2.
fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n".as_slice(), &[command, family], &length, body].concat()
}

fn field(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind][..], &u16::try_from(value.len()).unwrap().to_be_bytes(), value].concat()
}

/// 192.0.2.1:4660 to 198.51.100.2:25.
const IPV4: &[u8] = &[192, 0, 2, 1, 198, 51, 100, 2, 0x12, 0x34, 0, 25];

#[test]
fn version_1() {
    let example = b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n";
    assert_eq!(endpoints(example), internet("192.168.0.1:56324", "192.168.0.11:443"));
    let ipv6 = b"PROXY TCP6 2001:DB8::1 2001:db8:0:0:0:0:0:2 0 65535\r\n";
    assert_eq!(endpoints(ipv6), internet("[2001:db8::1]:0", "[2001:db8::2]:65535"));
    let mapped = b"PROXY TCP6 ::ffff:c000:0201 ::1 1 25\r\n";
    assert_eq!(endpoints(mapped), internet("192.0.2.1:1", "[::1]:25"));
    assert_eq!(endpoints(b"PROXY UNKNOWN\r\n"), Endpoints::Unknown);
    assert_eq!(endpoints(b"PROXY UNKNOWN whatever \xff\0 1\r\n"), Endpoints::Unknown);
    // The longest there is: 107 octets.
    let address = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    let longest = format!("PROXY UNKNOWN {address} {address} 65535 65535\r\n");
    assert_eq!(longest.len(), limits::MAX_PROXY_LINE);
    assert_eq!(endpoints(longest.as_bytes()), Endpoints::Unknown);
}

#[test]
fn version_1_malformed() {
    for (line, error) in [
        ("EHLO x\r\n", ProxyError::NoHeader),
        ("PING\r\n", ProxyError::NoHeader),
        ("proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n", ProxyError::NoHeader),
        ("PROXY\r\n", ProxyError::NoHeader),
        ("PROXY \r\n", ProxyError::Line),
        ("PROXY TCP4\r\n", ProxyError::Line),
        ("PROXY UNKNOWNX\r\n", ProxyError::Line),
        ("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n", ProxyError::Line),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", ProxyError::Line),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rx", ProxyError::Line),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n", ProxyError::Line),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", ProxyError::Line),
        ("PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n", ProxyError::Line),
        ("PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n", ProxyError::Line),
        ("PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n", ProxyError::Line),
        ("PROXY TCP4 ::1 ::2 1 2\r\n", ProxyError::Line),
        ("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", ProxyError::Line),
        ("PROXY TCP6 ::ffff:192.0.2.1 ::2 1 2\r\n", ProxyError::Line),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n", ProxyError::Line),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n", ProxyError::Line),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", ProxyError::Line),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 1 \r\n", ProxyError::Line),
    ] {
        assert_eq!(read(line.as_bytes()), Some(Err(error)), "{line:?}");
    }
    let long = format!("PROXY UNKNOWN {}", "x".repeat(limits::MAX_PROXY_LINE - 14));
    assert_eq!(read(long.as_bytes()), Some(Err(ProxyError::LineTooLong)));
}

#[test]
fn version_2() {
    assert_eq!(endpoints(&v2(0x21, 0x11, IPV4)), internet("192.0.2.1:4660", "198.51.100.2:25"));
    let mut ipv6 = [0; 36];
    (ipv6[15], ipv6[31], ipv6[33], ipv6[35]) = (1, 2, 3, 4);
    assert_eq!(endpoints(&v2(0x21, 0x21, &ipv6)), internet("[::1]:3", "[::2]:4"));
    let mut unix = [0; 216];
    unix[..4].copy_from_slice(b"/a/b");
    unix[108..].fill(b'z');
    let expected = Endpoints::Unix { source: b"/a/b".to_vec(), destination: vec![b'z'; 108] };
    assert_eq!(endpoints(&v2(0x21, 0x31, &unix)), expected);
}

/// Both mean the real addresses; only one means that the proxy itself is the client.
#[test]
fn version_2_without_addresses() {
    assert_eq!(endpoints(&v2(0x20, 0, b"")), Endpoints::Local);
    assert_eq!(endpoints(&v2(0x20, 0xff, b"whatever")), Endpoints::Local);
    assert_eq!(endpoints(&v2(0x21, 0x00, b"whatever")), Endpoints::Unknown);
    assert_eq!(endpoints(&v2(0x21, 0x12, IPV4)), Endpoints::Unknown);
    assert_eq!(endpoints(&v2(0x21, 0x10, b"")), Endpoints::Unknown);
}

#[test]
fn version_2_fields() {
    let sub =
        [field(0x21, b"TLSv1.3"), field(0x22, b"client.example"), field(0x23, b"TLS_AES_128_GCM_SHA256")].concat();
    let body = [
        IPV4,
        &field(0x04, b"nothing"),
        &field(0x02, b"mx.example.com"),
        &field(0x05, &[0, 1, 255]),
        &field(0x20, &[&[0x03, 0, 0, 0, 0][..], &sub].concat()),
        &field(0xe0, b""),
    ];
    let proxied = read(&v2(0x21, 0x11, &body.concat())).unwrap().unwrap();
    let tls = ProxiedTls {
        version: Some("TLSv1.3".to_owned()),
        cipher: Some("TLS_AES_128_GCM_SHA256".to_owned()),
        client_verified: true,
        client_name: Some("client.example".to_owned()),
    };
    assert_eq!(proxied.authority.as_deref(), Some("mx.example.com"));
    assert_eq!(proxied.unique_id.as_deref(), Some(&[0, 1, 255][..]));
    assert_eq!(proxied.tls, Some(tls));
}

/// §2.2.6: a certificate counts when one was shown and the verification gave 0.
#[test]
fn who_is_verified() {
    let tls = |value: &[u8]| read(&v2(0x21, 0x11, &[IPV4, &field(0x20, value)].concat())).unwrap().unwrap().tls;
    assert!(tls(&[0x01 | 0x02, 0, 0, 0, 0]).unwrap().client_verified);
    assert!(tls(&[0x01 | 0x04, 0, 0, 0, 0]).unwrap().client_verified);
    assert!(!tls(&[0x01 | 0x02, 0, 0, 0, 1]).unwrap().client_verified);
    assert!(!tls(&[0x01, 0, 0, 0, 0]).unwrap().client_verified);
    assert_eq!(tls(&[0x00, 0, 0, 0, 0]), None);
}

/// RFC 4960 appendix B, bit by bit: another way than that of the code under test.
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

#[test]
fn checksums() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    let with = |checksum: u32| {
        let fields = [field(0x02, b"a.example"), field(0x03, &checksum.to_be_bytes()), field(0x05, b"id")].concat();
        v2(0x21, 0x11, &[IPV4, &fields].concat())
    };
    let right = crc32c(&with(0));
    assert!(read(&with(right)).unwrap().is_ok());
    for bit in 0..32 {
        assert_eq!(read(&with(right ^ (1 << bit))), Some(Err(ProxyError::Checksum)));
    }
    // Any other octet that is another is noticed too.
    let mut damaged = with(right);
    damaged[17] ^= 1;
    assert_eq!(read(&damaged), Some(Err(ProxyError::Checksum)));
}

#[test]
fn version_2_malformed() {
    let signature = b"\r\n\r\n\0\r\nQUIT\n".as_slice();
    for (header, error) in [
        (b"\r\n\r\n\0\r\nQUIT\r".to_vec(), ProxyError::NoHeader),
        (b"\r\nEHLO x\r\n".to_vec(), ProxyError::NoHeader),
        (b"\x16\x03\x01".to_vec(), ProxyError::NoHeader),
        ([signature, &[0x11]].concat(), ProxyError::Version),
        ([signature, &[0x31]].concat(), ProxyError::Version),
        ([signature, &[0x22]].concat(), ProxyError::Command),
        ([signature, &[0x21, 0x41]].concat(), ProxyError::Family),
        ([signature, &[0x21, 0x13]].concat(), ProxyError::Family),
        ([signature, &[0x21, 0x11, 0xff, 0xff]].concat(), ProxyError::TooLong),
        ([signature, &[0x20, 0x00, 0xff, 0xff]].concat(), ProxyError::TooLong),
        (v2(0x21, 0x11, &IPV4[..11]), ProxyError::TooShort),
        (v2(0x21, 0x21, &[0; 35]), ProxyError::TooShort),
        (v2(0x21, 0x31, &[0; 215]), ProxyError::TooShort),
        (v2(0x21, 0x11, &[IPV4, &[4]].concat()), ProxyError::Field),
        (v2(0x21, 0x11, &[IPV4, &[4, 0]].concat()), ProxyError::Field),
        (v2(0x21, 0x11, &[IPV4, &[4, 0, 1]].concat()), ProxyError::Field),
        (v2(0x21, 0x11, &[IPV4, &field(0x03, b"abc")].concat()), ProxyError::Field),
        (v2(0x21, 0x11, &[IPV4, &field(0x03, &[0; 4]), &field(0x03, &[0; 4])].concat()), ProxyError::Field),
        (v2(0x21, 0x11, &[IPV4, &field(0x05, &[0; 129])].concat()), ProxyError::Field),
        (v2(0x21, 0x11, &[IPV4, &field(0x02, b"a\xff")].concat()), ProxyError::Field),
        (v2(0x21, 0x11, &[IPV4, &field(0x02, b"a\r\nb")].concat()), ProxyError::Field),
        (v2(0x21, 0x11, &[IPV4, &field(0x02, &[b'a'; 256])].concat()), ProxyError::Field),
        (v2(0x21, 0x11, &[IPV4, &field(0x20, &[1, 0, 0, 0])].concat()), ProxyError::Field),
        (v2(0x21, 0x11, &[IPV4, &field(0x20, &[1, 0, 0, 0, 0, 0x21, 0, 9])].concat()), ProxyError::Field),
    ] {
        assert_eq!(read(&header), Some(Err(error)), "{}", header.escape_ascii());
    }
    let fits = limits::MAX_PROXY_HEADER - 16 - IPV4.len() - 3;
    assert!(read(&v2(0x21, 0x11, &[IPV4, &field(0xe0, &vec![0; fits])].concat())).unwrap().is_ok());
    let body = [IPV4, &field(0xe0, &vec![0; fits + 1])].concat();
    assert_eq!(read(&v2(0x21, 0x11, &body)), Some(Err(ProxyError::TooLong)));
}

#[test]
fn a_header_that_has_not_ended_waits() {
    for header in [&b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"[..], &v2(0x21, 0x11, IPV4)] {
        (0..header.len()).for_each(|cut| assert_eq!(read(&header[..cut]), None));
        assert!(read(header).unwrap().is_ok());
    }
}

#[test]
fn an_error_stays() {
    let mut reader = ProxyReader::new();
    let mut input = &b"EHLO x\r\n"[..];
    assert_eq!(reader.read(&mut input), Some(Err(ProxyError::NoHeader)));
    assert_eq!(reader.read(&mut &b"PROXY UNKNOWN\r\n"[..]), Some(Err(ProxyError::NoHeader)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn chunks_have_no_say(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3), text in any::<bool>(), size in 1..40usize) {
        let fields = [field(0x02, b"a.example"), field(0x20, &[1, 0, 0, 0, 0, 0x21, 0, 1, b'x'])].concat();
        let mut header = if text { b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n".to_vec() } else { v2(0x21, 0x11, &[IPV4, &fields].concat()) };
        for (at, octet) in damage {
            let at = at.index(header.len());
            header[at] = octet;
        }
        prop_assert_eq!(read_in(&header, usize::MAX).0, read_in(&header, size).0);
    }

    #[test]
    fn version_1_of_any_addresses(source: SocketAddr, destination in any::<[u8; 4]>(), port: u16) {
        // The standard library writes an IPv4 address within IPv6 with dots, which is not for this line.
        let source = SocketAddr::new(source.ip().to_canonical(), source.port());
        let destination = if source.is_ipv4() { SocketAddr::from((destination, port)) } else { SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(destination[0])], port)) };
        let family = if source.is_ipv4() { 4 } else { 6 };
        let (from, to) = (source.ip().to_string(), destination.ip().to_string());
        prop_assume!(family == 4 || !from.contains('.'));
        let line = format!("PROXY TCP{family} {from} {to} {} {port}\r\n", source.port());
        prop_assert_eq!(endpoints(line.as_bytes()), Endpoints::Internet { source, destination });
    }
}
