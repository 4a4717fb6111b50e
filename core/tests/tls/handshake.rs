//! Handshakes that come about.

use passerelle::Domain;
use passerelle::tls::{ClientTls, Event, Start, Verification, Version};

use crate::certificates::Authority;
use crate::pair::{Pair, lines, session};
use crate::toy::Said;

#[test]
fn both_sides_come_to_the_same_session() {
    let authority = Authority::new("Test");
    let server = authority.certify(&["mx.example.com"]).server();
    let name = Domain::parse("mx.example.com").unwrap();
    let client = ClientTls::new(Verification::Name(authority.roots(), vec![name.clone()])).server_name(&name);
    for start in [Start::Implicit, Start::StartTls] {
        let mut pair = Pair::new(&server, &client, start);
        pair.run().client_says("hello\r\n");
        let (ours, theirs) = (pair.session(), session(&pair.heard_by_server));
        assert_eq!(ours.version, Version::Tls13);
        assert_eq!(ours.cipher_suite, "TLS_AES_256_GCM_SHA384");
        assert_eq!(theirs.server_name.as_deref(), Some("mx.example.com"));
        assert!(ours.verified && !theirs.verified);
        assert_eq!(ours.binding, theirs.binding);
        assert!(ours.binding.exporter.is_some() && ours.binding.server_end_point.is_some());
        assert_eq!(lines(&pair.heard_by_server), ["hello"]);
        assert_eq!(pair.heard_by_client.last(), Some(&Event::Inner(Said::Line("echo hello".into(), true))));
    }
}
