//! A host that does what the documentation of each of the server's events says, and a client that says anything, in clear text and
//! inside the TLS layer: what the client says is never the host's misuse.
//!
//! The first octet says whether there is a layer; the others decide what happens.
#![no_main]

#[path = "../../core/tests/smtp_server/host.rs"]
#[allow(dead_code)]
mod host;
#[path = "../../core/tests/smtp_server/host_in_tls.rs"]
mod host_in_tls;

use std::sync::LazyLock;

use host::{Dice, run_in_clear};
use host_in_tls::run_in_tls;
use passerelle::tls::ServerTls;
use passerelle_fuzz::fuzz_target;

static CERTIFICATE: LazyLock<ServerTls> = LazyLock::new(|| {
    let (chain, key) = (include_bytes!("../certificates/certificate.pem"), include_bytes!("../certificates/key.pem"));
    ServerTls::from_pem(chain, key).expect("a certificate and its key")
});

fuzz_target!(|input: &[u8]| {
    let [layer, octets @ ..] = input else { return };
    let dice = &mut Dice::new(octets);
    let _ = if layer % 2 == 0 { run_in_clear(dice) } else { run_in_tls(&CERTIFICATE, dice) };
});
