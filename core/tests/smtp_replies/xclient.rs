//! XCLIENT (Postfix, XCLIENT_README).

use passerelle::domain::Domain;
use passerelle::limits;
use passerelle::smtp::proxy::{Told, Xclient, XclientError, XclientProtocol};

fn parse(attributes: &[(&str, &str)]) -> Result<Xclient, XclientError> {
    let owned: Vec<_> = attributes.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Xclient::parse(&owned)
}

#[test]
fn every_attribute() {
    let told = parse(&[
        ("NAME", "spike.porcupine.org"),
        ("addr", "168.100.189.2"),
        ("PORT", "4711"),
        ("PROTO", "esmtp"),
        ("HELO", "spike"),
        ("LOGIN", "jane doe"),
        ("DESTADDR", "IPV6:2001:db8::1"),
        ("DESTPORT", "587"),
    ]);
    let expected = Xclient {
        name: Some(Told::Value(Domain::parse("spike.porcupine.org").unwrap())),
        address: Some(Told::Value([168, 100, 189, 2].into())),
        port: Some(Told::Value(4711)),
        protocol: Some(XclientProtocol::Esmtp),
        helo: Some(Told::Value("spike".to_owned())),
        login: Some(Told::Value("jane doe".to_owned())),
        destination_address: Some(Told::Value("2001:db8::1".parse().unwrap())),
        destination_port: Some(Told::Value(587)),
    };
    assert_eq!(told, Ok(expected));
}

#[test]
fn what_is_not_available() {
    assert_eq!(parse(&[("NAME", "[unavailable]")]).unwrap().name, Some(Told::Unavailable));
    assert_eq!(parse(&[("NAME", "[TempUnavail]")]).unwrap().name, Some(Told::TemporarilyUnavailable));
    assert_eq!(parse(&[("ADDR", "[UNAVAILABLE]")]).unwrap().address, Some(Told::Unavailable));
    assert_eq!(parse(&[("LOGIN", "[UNAVAILABLE]")]).unwrap().login, Some(Told::Unavailable));
    assert_eq!(parse(&[("ADDR", "[TEMPUNAVAIL]")]), Err(XclientError::Value("ADDR")));
    assert_eq!(parse(&[]), Ok(Xclient::default()));
}

#[test]
fn addresses() {
    for address in ["IPV6:::1", "ipv6:::1"] {
        assert_eq!(
            parse(&[("ADDR", address)]).unwrap().address,
            Some(Told::Value("::1".parse().unwrap())),
            "{address}"
        );
    }
    let mapped = parse(&[("ADDR", "IPV6:::ffff:192.0.2.1")]).unwrap().address;
    assert_eq!(mapped, Some(Told::Value([192, 0, 2, 1].into())));
    for wrong in ["::1", "[192.0.2.1]", "IPV6:192.0.2.1", "192.0.2", "192.0.2.01", "IPV6:", "é", "host.example"] {
        assert_eq!(parse(&[("ADDR", wrong)]), Err(XclientError::Value("ADDR")), "{wrong}");
    }
}

#[test]
fn what_is_malformed() {
    for (name, value) in [
        ("NAME", "two words"),
        ("NAME", ""),
        ("PORT", "65536"),
        ("PORT", "+25"),
        ("PORT", ""),
        ("PROTO", "LMTP"),
        ("HELO", "a\r\nb"),
        ("LOGIN", "a\0b"),
    ] {
        assert_eq!(parse(&[(name, value)]), Err(XclientError::Value(name)), "{name}={value:?}");
    }
    assert_eq!(parse(&[("HELO", &"x".repeat(limits::MAX_XCLIENT_VALUE + 1))]), Err(XclientError::Value("HELO")));
    assert_eq!(parse(&[("PORT", "1"), ("port", "2")]), Err(XclientError::Twice("PORT")));
    assert_eq!(parse(&[("X\r\nY", "2")]), Err(XclientError::Unknown("XY".to_owned())));
    let Err(XclientError::Unknown(name)) = parse(&[(&"x".repeat(1000), "2")]) else { panic!("it is not known") };
    assert_eq!(name.len(), limits::MAX_OFFERED_NAME);
}

/// A client splits what does not fit one command.
#[test]
fn commands_add_up() {
    let mut told = parse(&[("NAME", "a.example"), ("PORT", "1")]).unwrap();
    told.merge(parse(&[("PORT", "2"), ("HELO", "h")]).unwrap());
    assert_eq!(told, parse(&[("NAME", "a.example"), ("PORT", "2"), ("HELO", "h")]).unwrap());
}
