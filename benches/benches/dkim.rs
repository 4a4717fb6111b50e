//! DKIM verification and signing against the floor and the peers.

#![allow(missing_docs)] // criterion's macros make public functions

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use passerelle::dkim::Canonicalization::{self, Relaxed, Simple};
use passerelle_benches::floor::{Floor, hash};
use passerelle_benches::mail::{self, Kind, SIZES};
#[cfg(feature = "peers")]
use passerelle_benches::mail_auth::{self, MailAuth};
#[cfg(opendkim)]
use passerelle_benches::opendkim::OpenDkim;
use passerelle_benches::ours;
use passerelle_benches::settings::{self, CpuTime};
#[cfg(feature = "peers")]
use passerelle_benches::zone::Zone;

criterion_main!(benches);
criterion_group! { name = benches; config = settings::criterion(); targets = sizes, kinds, many, sign }

/// The sizes, without the largest where nothing is optimized: there benchmarks only have to run.
fn all_sizes() -> &'static [(&'static str, usize)] {
    if cfg!(debug_assertions) { &SIZES[..2] } else { &SIZES }
}

/// One relaxed/relaxed signature at every size.
fn sizes(criterion: &mut Criterion<CpuTime>) {
    for &(size, octets) in all_sizes() {
        verify(criterion, &format!("verify, {size}"), Kind::Text, octets, Relaxed, 1);
    }
}

/// Bodies that are not plain paragraphs, and simple/simple.
fn kinds(criterion: &mut Criterion<CpuTime>) {
    for (size, octets) in [SIZES[0], SIZES[2]] {
        verify(criterion, &format!("verify, {size}, simple"), Kind::Text, octets, Simple, 1);
        verify(criterion, &format!("verify, {size}, base64"), Kind::Base64, octets, Relaxed, 1);
        verify(criterion, &format!("verify, {size}, HTML"), Kind::Html, octets, Relaxed, 1);
        verify(criterion, &format!("verify, {size}, every line changes"), Kind::Changed, octets, Relaxed, 1);
    }
}

/// Three signatures share one body hash.
fn many(criterion: &mut Criterion<CpuTime>) {
    verify(criterion, "verify, 1 MB, 3 signatures", Kind::Text, SIZES[2].1, Relaxed, 3);
}

fn verify(
    criterion: &mut Criterion<CpuTime>,
    name: &str,
    kind: Kind,
    octets: usize,
    c: Canonicalization,
    signatures: usize,
) {
    let message = mail::signed(kind, octets, c, signatures);
    let record = mail::key().key_record();
    let floor = Floor::new(&message);
    let mut group = settings::group(criterion, name);
    group.throughput(Throughput::Bytes(message.len() as u64));
    group.bench_function("floor", |b| {
        assert!(floor.verify(&message));
        b.iter(|| floor.verify(black_box(&message)));
    });
    group.bench_function("floor with the key prepared", |b| {
        assert!(floor.verify_prepared(&message));
        b.iter(|| floor.verify_prepared(black_box(&message)));
    });
    group.bench_function("passerelle", |b| {
        let key = ours::key_answer(&record);
        assert!(ours::verify(&message, &key));
        b.iter(|| ours::verify(black_box(&message), &key));
    });
    group.bench_function("passerelle with the key read anew", |b| {
        b.iter(|| ours::verify(black_box(&message), &ours::key_answer(black_box(&record))));
    });
    #[cfg(feature = "peers")]
    group.bench_function("mail-auth", |b| {
        let peer = MailAuth::new(&record, &Zone::new());
        assert!(peer.verify(&message));
        b.iter(|| peer.verify(black_box(&message)));
    });
    #[cfg(opendkim)]
    group.bench_function("libopendkim", |b| {
        let peer = OpenDkim::new(&record);
        assert!(peer.verify(&message));
        b.iter(|| peer.verify(black_box(&message)));
    });
    if signatures > 1 {
        group.bench_function("one hash", |b| b.iter(|| hash(black_box(&message))));
    }
}

/// One relaxed/relaxed signature at every size.
fn sign(criterion: &mut Criterion<CpuTime>) {
    for &(size, octets) in all_sizes() {
        let message = mail::unsigned(Kind::Text, octets);
        let (floor, signer) = (Floor::new(&message), Arc::new(mail::signer()));
        let mut group = settings::group(criterion, &format!("sign, {size}"));
        group.throughput(Throughput::Bytes(message.len() as u64));
        group.bench_function("floor", |b| b.iter(|| floor.sign(black_box(&message))));
        group.bench_function("passerelle", |b| b.iter(|| ours::sign(&signer, black_box(&message))));
        #[cfg(feature = "peers")]
        group.bench_function("mail-auth", |b| {
            let signer = mail_auth::signer();
            b.iter(|| mail_auth::sign(&signer, black_box(&message)));
        });
        #[cfg(opendkim)]
        group.bench_function("libopendkim", |b| {
            let peer = OpenDkim::new(&mail::key().key_record());
            assert!(peer.sign(&message) > 0);
            b.iter(|| peer.sign(black_box(&message)));
        });
    }
}
