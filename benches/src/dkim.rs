//! The rows of DKIM: every kind of body at every size, verified and signed.

use std::hint::black_box;
use std::sync::Arc;

use passerelle::dkim::Canonicalization::{self, Relaxed, Simple};

use crate::floor::{Floor, hash};
use crate::mail::{self, Kind, SIZES};
use crate::measure::Way;
use crate::ours;
use crate::table::{Peer, Row, Table};

/// Measures them all.
pub fn rows(peers: &[&dyn Peer], table: &mut Table<'_>) {
    let sizes = if table.is_quick() { SIZES.get(..2).unwrap_or_default() } else { &SIZES };
    for kind in Kind::ALL {
        for &(size, octets) in sizes {
            verify(peers, table, &format!("verify, {size}, {kind}"), kind, octets, Relaxed, 1);
        }
    }
    verify(peers, table, "verify, 10 KB, plain, simple", Kind::Text, 10_000, Simple, 1);
    verify(peers, table, "verify, 1 MB, plain, simple", Kind::Text, 1_000_000, Simple, 1);
    verify(peers, table, "verify, 1 MB, plain, 3 signatures", Kind::Text, 1_000_000, Relaxed, 3);
    for kind in Kind::ALL {
        for &(size, octets) in sizes {
            sign(peers, table, &format!("sign, {size}, {kind}"), kind, octets);
        }
    }
}

fn verify(
    peers: &[&dyn Peer],
    table: &mut Table<'_>,
    work: &str,
    kind: Kind,
    octets: usize,
    canonicalization: Canonicalization,
    signatures: usize,
) {
    if !table.has(work) {
        return;
    }
    let message = mail::signed(kind, octets, canonicalization, signatures);
    let record = mail::key().key_record();
    let (floor, key) = (Floor::new(&message), ours::key_answer(&record));
    assert!(floor.verify(&message) && floor.verify_prepared(&message) && ours::verify(&message, &key));
    let message = message.as_slice();
    let mut ways = vec![
        Way::new("floor", || floor.verify(black_box(message))),
        Way::new("passerelle", || ours::verify(black_box(message), &key)),
    ];
    for peer in peers {
        if let Some(passes) = peer.verify(message) {
            assert!(passes, "{} does not verify it", peer.name());
            ways.push(Way::new(peer.name(), || peer.verify(black_box(message))));
        }
    }
    if kind == Kind::Text {
        ways.push(Way::new("floor with the key prepared", || floor.verify_prepared(black_box(message))));
        ways.push(Way::new("passerelle with the key read anew", || {
            ours::verify(black_box(message), &ours::key_answer(black_box(&record)))
        }));
    }
    if signatures > 1 {
        ways.push(Way::new("one hash", || hash(black_box(message))));
    }
    table.add(Row { work: work.to_owned(), ways });
}

fn sign(peers: &[&dyn Peer], table: &mut Table<'_>, work: &str, kind: Kind, octets: usize) {
    if !table.has(work) {
        return;
    }
    let message = mail::unsigned(kind, octets);
    let (floor, signer) = (Floor::new(&message), Arc::new(mail::signer()));
    let message = message.as_slice();
    let mut ways = vec![
        Way::new("floor", || floor.sign(black_box(message))),
        Way::new("passerelle", || ours::sign(&signer, black_box(message))),
    ];
    for peer in peers {
        if let Some(signs) = peer.sign(message) {
            assert!(signs, "{} does not sign it", peer.name());
            ways.push(Way::new(peer.name(), || peer.sign(black_box(message))));
        }
    }
    table.add(Row { work: work.to_owned(), ways });
}
