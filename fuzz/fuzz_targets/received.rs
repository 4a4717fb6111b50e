//! The envelope of a stored message, from its trace fields.
#![no_main]

use std::net::IpAddr;

use arbitrary::{Arbitrary, Unstructured};
use passerelle::mailbox::ReversePath;
use passerelle::message::Header;
use passerelle::network::is_internal;
use passerelle::verify::{Believed, Envelope};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let (header, _) = Header::split(input);
    let found = envelope(&header);
    check(&found);
    // Fields of other names have no say, and the topmost ones that can be read count.
    if let Ok(longer) = header.prepend(b"X-Received: from a [192.0.2.9] by b; now\r\nReceived: by b; now\r\n") {
        let below = envelope(&longer);
        assert_eq!((below.ip, &below.helo, &below.mail_from), (found.ip, &found.helo, &found.mail_from));
    }
    if let Ok(longer) = header.prepend(b"Return-Path: <>\r\nReceived: from h.example (n [192.0.2.9]) by b; now\r\n") {
        let above = envelope(&longer);
        assert_eq!((above.ip, above.helo), (Some([192, 0, 2, 9].into()), Some("h.example".into())));
        assert_eq!(above.mail_from.as_deref(), Some(""));
    }
    if let Ok(client) = Client::arbitrary(&mut Unstructured::new(input)) {
        client.check();
    }
});

/// What the trace fields tell, of which nothing is believed.
fn envelope(header: &Header) -> Envelope {
    Envelope::new().completed_from(header, &Believed::nothing())
}

fn check(found: &Envelope) {
    assert!(found.ip.is_none_or(|ip| ip.to_canonical() == ip));
    assert!(found.helo.is_none() || found.ip.is_some());
    if let Some(helo) = &found.helo {
        assert!(!helo.is_empty() && !helo.contains(char::is_control));
    }
    if let Some(path) = &found.mail_from {
        assert!(!path.contains(char::is_control));
        // It can be said to an SMTP server; a header field may hold more than a path.
        let said = ReversePath::parse(&format!("<{path}>"));
        assert!(said.is_ok() || path.len() > 64, "<{path}>: {said:?}");
    }
    assert_eq!(found.ip_source().is_some(), found.ip.is_some());
    assert_eq!(found.helo_source().is_some(), found.helo.is_some());
    assert_eq!(found.mail_from_source().is_some(), found.mail_from.is_some());
    assert!(!found.is_trusted(), "{found:?}");
}

/// A field of Postfix's form, in which only the address is not the client's word.
#[derive(Arbitrary)]
struct Client {
    ip: IpAddr,
    helo: String,
    name: String,
}

impl Client {
    fn check(self) {
        let clean = |text: &str| -> String {
            text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).collect()
        };
        let (helo, name) = (clean(&self.helo), clean(&self.name));
        // These names make it a field of another form: without one, or qmail's.
        if is_internal(self.ip.to_canonical())
            || helo.is_empty()
            || helo.eq_ignore_ascii_case("by")
            || ["helo", "ehlo"].contains(&&*name.to_lowercase())
        {
            return;
        }
        let tag = if self.ip.is_ipv6() { "IPv6:" } else { "" };
        let field =
            format!("Received: from {helo} ({name} [{tag}{}])\r\n\tby b.example (Postfix); now\r\n\r\n", self.ip);
        let (header, _) = Header::split(field.as_bytes());
        let found = envelope(&header);
        assert_eq!((found.ip, found.helo), (Some(self.ip.to_canonical()), Some(helo)), "{field}");
    }
}
