//! Splitting a header section, and reading From.

#![allow(missing_docs)] // criterion's macros make public functions

mod settings;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use passerelle::message::{Header, author};
use passerelle_benches::mail::{self, Kind};

use settings::CpuTime;

criterion_main!(benches);
criterion_group! { name = benches; config = settings::criterion(); targets = split, from }

fn split(criterion: &mut Criterion<CpuTime>) {
    let message = mail::unsigned(Kind::Text, 0);
    let mut group = settings::group(criterion, "split a header section");
    group.throughput(Throughput::Bytes(message.len() as u64));
    group.bench_function("passerelle", |b| b.iter(|| Header::split(black_box(&message)).0.fields().len()));
}

fn from(criterion: &mut Criterion<CpuTime>) {
    let message = mail::unsigned(Kind::Text, 0);
    let (header, _) = Header::split(&message);
    let mut group = settings::group(criterion, "read From");
    group.bench_function("passerelle", |b| b.iter(|| author(black_box(&header)).is_ok()));
}
