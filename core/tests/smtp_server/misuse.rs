//! No event is followed by a state in which its documented answer is misuse: a model host, and clients that say anything.

use std::sync::{Arc, OnceLock};

use proptest::prelude::*;

use passerelle::smtp::server::{Closed, Input, Server, Timeouts};
use passerelle::tls::{Converse, End};
use passerelle::{Machine, Now};

use crate::host::{Dice, run_in_clear};
use crate::talk::{START, session, settings};

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_client_says_is_never_the_hosts_misuse(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        run_in_clear(&mut Dice::new(&octets));
    }
}

#[cfg(feature = "tls")]
proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn inside_the_tls_layer_neither(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        use crate::certificates::Authority;

        static CERTIFICATE: OnceLock<passerelle::tls::ServerTls> = OnceLock::new();
        let certificate = CERTIFICATE.get_or_init(|| Authority::new("Test").certify(&["mx.example.com"]).server());
        crate::host::run_in_tls(certificate, &mut Dice::new(&octets));
    }
}

/// A host with TLS of its own shakes hands while the machine's time runs out, or the client goes.
#[test]
fn a_handshake_that_is_done_too_late_counts_for_nothing() {
    let now = Now::at(START);
    let tls = passerelle::smtp::server::TlsPolicy { implicit: true, required: false };
    let settings = Arc::new(passerelle::smtp::server::Settings { tls, ..settings() });
    for ends in [false, true] {
        let mut server = Server::new(Arc::clone(&settings), None, None, [7; 32], now);
        assert!(server.starts_tls());
        match ends {
            true => server.end(now, End::Cut).unwrap(),
            false => server.tick(Now { monotonic: now.monotonic + Timeouts::default().command, ..now }),
        }
        assert!(server.is_over());
        server.handle(now, Input::Secured(session())).unwrap();
        assert!(matches!(
            server.poll(),
            passerelle::Output::Event(passerelle::smtp::server::Event::Closed(Closed::TimedOut | Closed::Ended(_)))
        ));
    }
}
