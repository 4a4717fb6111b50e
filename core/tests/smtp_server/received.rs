//! The `Received` field for a message that has come.

use passerelle::UnixTime;
use passerelle::message::Header;
use passerelle::smtp::server::{Extensions, Received, Settings};
use passerelle::verify::{Believed, Envelope};

use crate::talk::{START, Talk, settings};

fn field(hello: &str, tls: bool, recipients: &[&str], id: Option<&str>) -> String {
    let extensions = Extensions { starttls: true, ..Extensions::default() };
    let mut talk = Talk::new(Settings { extensions, ..settings() });
    if tls {
        talk.send("EHLO x.example\r\nSTARTTLS\r\n");
        talk.secure();
    }
    talk.send(format!("{hello}\r\nMAIL FROM:<ann@example.org>\r\n"));
    for recipient in recipients {
        talk.send(format!("RCPT TO:<{recipient}>\r\n"));
    }
    talk.send("DATA\r\n");
    talk.send(".\r\n");
    let (message, _) = &talk.messages[0];
    let received = Received::new(talk.server.peer(), "mx.example.com", message, UnixTime(START));
    Received { id, ..received }.to_string()
}

#[test]
fn the_field() {
    assert_eq!(
        field("EHLO client.example.org", true, &["bob@example.com"], Some("4f3a")),
        "Received: from client.example.org ([192.0.2.1])\r\n\
         \tby mx.example.com with ESMTPS id 4f3a\r\n\
         \tfor <bob@example.com>\r\n\
         \ttls TLS_AES_256_GCM_SHA384;\r\n\
         \tSat, 21 Nov 2026 12:00:00 +0000\r\n"
    );
    // RFC 5321 §7.6: of several recipients none is named.
    assert_eq!(
        field("HELO [192.0.2.7]", false, &["bob@example.com", "carol@example.com"], None),
        "Received: from [192.0.2.7] ([192.0.2.1])\r\n\
         \tby mx.example.com with SMTP;\r\n\
         \tSat, 21 Nov 2026 12:00:00 +0000\r\n"
    );
}

/// The name that a client chooses does not change what the field says, to our own reader either.
#[test]
fn hostile_names() {
    for name in ["a)([203.0.113.1])", "x(", "[203.0.113.1", "a;b", "jörg", "a\\)b", "=?x?", "helo=[203.0.113.1]"] {
        let field = field(&format!("EHLO {name}"), false, &["bob@example.com"], None);
        assert_eq!(field.matches("\r\n").count(), 4, "{name}: {field}");
        let (header, _) = Header::split(field.as_bytes());
        assert_eq!(header.fields().len(), 1);
        let envelope = Envelope::new().completed_from(&header, &Believed::nothing());
        assert_eq!(envelope.ip, Some("192.0.2.1".parse().unwrap()), "{field}");
        let comment = field.matches(['(', ')']).count();
        assert_eq!(comment, 2, "{field}");
    }
}
