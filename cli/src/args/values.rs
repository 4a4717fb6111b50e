//! Values of options, read and checked.

use std::net::{IpAddr, SocketAddr};

use passerelle::Domain;
use passerelle::mailbox::{AddressError, Mailbox, ReversePath};

pub(super) fn resolver(text: &str) -> Result<SocketAddr, String> {
    const DNS_PORT: u16 = 53;
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS_PORT)).or_else(|_| text.parse()).map_err(|_| {
        "give an IP address, with a port or without: 192.0.2.53, 192.0.2.53:5353, [2001:db8::53]:53".into()
    })
}

pub(super) fn domain(text: &str) -> Result<Domain, String> {
    Domain::parse(text).map_err(|error| error.to_string())
}

pub(super) fn no_controls(text: &str) -> Result<String, String> {
    match text.chars().any(char::is_control) {
        true => Err("it has a control character, which no envelope can have".into()),
        false => Ok(text.into()),
    }
}

/// A reverse-path, with its angle brackets or without; what comes back has none.
pub(super) fn reverse_path(text: &str) -> Result<String, String> {
    let path = no_controls(text)?;
    let path = path.trim();
    let path = path.strip_prefix('<').and_then(|path| path.strip_suffix('>')).unwrap_or(path);
    match ReversePath::parse(&format!("<{path}>")) {
        Ok(_) => Ok(path.to_owned()),
        // A domain that is none is what SPF has a result for (RFC 7208 §4.3), and of long mailboxes there are many.
        Err(AddressError::Domain(_) | AddressError::LocalPartTooLong | AddressError::PathTooLong)
            if path.matches('@').count() == 1 =>
        {
            Ok(path.to_owned())
        }
        Err(error) => Err(format!("it is no return path, {error}: give one mailbox, or <> for the null one")),
    }
}

/// A mailbox, with its angle brackets or without.
pub(super) fn mailbox(text: &str) -> Result<Mailbox, String> {
    let path = no_controls(text)?;
    let path = path.trim();
    let path = path.strip_prefix('<').and_then(|path| path.strip_suffix('>')).unwrap_or(path);
    Mailbox::parse(path).map_err(|error| format!("it is no mailbox, {error}: give one, such as ann@example.com"))
}

/// A number of a field, from 1.
pub(super) fn received_field(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(field) if field > 0 => Ok(field),
        _ => {
            Err("give the number of a Received field, counted from the top, from 1; put a file in front of the option"
                .into())
        }
    }
}

pub(super) fn authserv_id(text: &str) -> Result<String, String> {
    match text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        true => Err("give the host name of the server that verifies, such as mx.example.com".into()),
        false => Ok(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_is_an_address_with_a_port_or_without() {
        for (text, expected) in [
            ("192.0.2.53", "192.0.2.53:53"),
            ("192.0.2.53:5353", "192.0.2.53:5353"),
            ("2001:db8::53", "[2001:db8::53]:53"),
            ("[2001:db8::53]", "[2001:db8::53]:53"),
            ("[2001:db8::53]:5353", "[2001:db8::53]:5353"),
        ] {
            assert_eq!(resolver(text).map(|a| a.to_string()), Ok(expected.to_owned()));
        }
        assert!(resolver("dns.example.com").is_err());
        assert!(resolver("192.0.2.53:0x35").is_err());
    }
}
