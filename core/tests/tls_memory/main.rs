//! What an idle session holds after a TLS handshake, both sides, the memory of AWS-LC included: it is C, and past Rust's
//! allocator, so the C library's own count is taken. A test crate of its own, since that count is the whole process's.
#![cfg(all(feature = "tls", target_os = "linux", target_env = "gnu"))]
#![allow(dead_code)]

#[path = "../tls/certificates.rs"]
mod certificates;
#[path = "../tls/pair.rs"]
mod pair;
mod smtp;
#[path = "../tls/toy.rs"]
mod toy;

use passerelle::tls::{ClientCertificates, ClientTls, Verification, Version};

use crate::certificates::{Authority, for_clients};
use crate::pair::{Pair, Side, session};
use crate::smtp::World;
use crate::toy::Start;

/// The bound of the design, in octets a session.
const ALLOWED: usize = 40 * 1024;
const SESSIONS: usize = if cfg!(debug_assertions) { 100 } else { 1000 };
/// Sessions between our own machines.
const SMTP_SESSIONS: usize = if cfg!(debug_assertions) { 100 } else { 10_000 };

/// One test: what another one allocates at the same time would be counted.
#[test]
fn of_idle_sessions() {
    between_toys();
    between_our_client_and_our_server();
}

fn between_our_client_and_our_server() {
    let authority = Authority::new("Test");
    let client = ClientTls::new(Verification::Authority(authority.roots()));
    let world = World::new(authority.certify(&["mx.example.com"]).server(), client);
    let (mut servers, mut clients) = (Vec::with_capacity(SMTP_SESSIONS), Vec::with_capacity(SMTP_SESSIONS));
    drop(world.connect());
    let before = in_use();
    for _ in 0..SMTP_SESSIONS {
        let (server, client) = world.connect();
        servers.push(server);
        clients.push(client);
    }
    let both = (in_use() - before) / SMTP_SESSIONS;
    drop(clients);
    let held_by_server = (in_use() - before) / SMTP_SESSIONS;
    println!("{SMTP_SESSIONS} SMTP sessions: {held_by_server} octets a server, {} a client", both - held_by_server);
    let itself = size_of_val(&servers[0]);
    assert!(held_by_server + itself <= ALLOWED, "{held_by_server} octets on the heap and {itself} in the machine");
}

fn between_toys() {
    let authority = Authority::new("Test");
    let server = authority.certify(&["mx.example.com"]).server();
    let server = server.client_certificates(ClientCertificates::Asked);
    let client = ClientTls::new(Verification::Authority(authority.roots()));
    let client = client.identity(authority.certify_as(&["client.example"], for_clients).identity());
    let long = format!("{}\r\n", "x".repeat(100_000));
    for version in [Version::Tls12, Version::Tls13] {
        for (name, said) in [("nothing was said", ""), ("100,000 octets were sent each way", long.as_str())] {
            let connect = || {
                let mut pair = Pair::new(&server, &client.clone().only(version), Start::StartTls);
                pair.run().client_says(said);
                assert_eq!(session(&pair.heard_by_server).version, version);
                pair
            };
            let keep = |which: fn(Pair) -> Side| {
                let mut kept = Vec::with_capacity(SESSIONS);
                // What is made once is there before.
                drop(connect());
                let before = in_use();
                kept.extend((0..SESSIONS).map(|_| which(connect())));
                (in_use() - before) / SESSIONS
            };
            let (held_by_server, held_by_client) = (keep(|pair| pair.server), keep(|pair| pair.client));
            println!("{}, {name}: {held_by_server} octets a server, {held_by_client} a client", version.as_str());
            for held in [held_by_server, held_by_client] {
                assert!(held > 1000, "{held} octets can't be all");
                assert!(held <= ALLOWED, "{held} octets a session");
            }
        }
    }
}

/// The octets that are allocated, by whom ever.
fn in_use() -> usize {
    // SAFETY: the function takes nothing and gives back numbers.
    let numbers = unsafe { mallinfo2() };
    numbers.uordblks + numbers.hblkhd
}

/// `struct mallinfo2` of malloc.h.
#[repr(C)]
struct Numbers {
    arena: usize,
    ordblks: usize,
    smblks: usize,
    hblks: usize,
    /// In mappings of their own.
    hblkhd: usize,
    usmblks: usize,
    fsmblks: usize,
    /// In chunks.
    uordblks: usize,
    fordblks: usize,
    keepcost: usize,
}

unsafe extern "C" {
    fn mallinfo2() -> Numbers;
}
