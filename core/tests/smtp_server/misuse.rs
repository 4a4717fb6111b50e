//! No event is followed by a state in which its documented answer is misuse: a model host, and clients that say anything.

use std::sync::Arc;

use proptest::prelude::*;

use passerelle::smtp::server::{Closed, Input, Server, Timeouts};
use passerelle::tls::{Converse, End};
use passerelle::{Machine, Now};

use crate::host::{Dice, run_in_clear};
use crate::talk::{START, session, settings};

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_client_says_is_never_the_hosts_misuse(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        run_in_clear(&mut Dice::new(&octets));
    }
}

#[cfg(feature = "tls")]
proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn inside_the_tls_layer_neither(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        use crate::certificates::Authority;

        static CERTIFICATE: std::sync::OnceLock<passerelle::tls::ServerTls> = std::sync::OnceLock::new();
        let certificate = CERTIFICATE.get_or_init(|| Authority::new("Test").certify(&["mx.example.com"]).server());
        crate::host_in_tls::run_in_tls(certificate, &mut Dice::new(&octets));
    }
}

/// What the two above do is worth something: among sessions of the same kind, each of these comes about.
#[test]
#[cfg(feature = "tls")]
fn sessions_of_the_model_host_come_to_everything() {
    use std::collections::BTreeMap;

    let server = crate::certificates::Authority::new("Test").certify(&["mx.example.com"]).server();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut octets = |length: usize| -> Vec<u8> {
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    };
    let mut reached = BTreeMap::<(bool, &str), usize>::new();
    for round in 0..2000 {
        let in_tls = round % 5 == 0;
        let script = octets(600);
        let dice = &mut Dice::new(&script);
        let of_one = if in_tls { crate::host_in_tls::run_in_tls(&server, dice) } else { run_in_clear(dice) };
        of_one.into_iter().for_each(|what| *reached.entry((in_tls, what)).or_default() += 1);
    }
    println!("{reached:#?}");
    for what in [
        "a connection to decide on",
        "a name to decide on",
        "a password",
        "an authzid",
        "SCRAM",
        "a token",
        "somebody authenticated",
        "an envelope to decide on",
        "a header section to decide on",
        "a message to decide on",
        "a message discarded or quarantined",
        "a question about an address",
        "an end before a decision",
        "a handshake",
    ] {
        assert!([false, true].iter().all(|in_tls| reached.contains_key(&(*in_tls, what))), "{what}");
    }
    assert!(
        reached.contains_key(&(false, "a handshake done too late")) && reached.contains_key(&(true, "TLS that failed"))
    );
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
