//! Taking a message out of what follows DATA, beside smtp-proto's `DataReceiver` on the same octets, and putting one in.
//!
//! `DataReceiver` looks for a dot behind an LF and copies. Ours looks at every octet, for bare CR, bare LF, NUL and octets above
//! 127, and can lend what it finds instead of copying it.

#![allow(missing_docs)] // criterion's macros make public functions

mod settings;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use passerelle::smtp::data::{DataDecoder, DataEncoder, DecodePolicy, EncodePolicy, Progress};
use passerelle_benches::mail::{self, Kind};
use smtp_proto::request::receiver::DataReceiver;

use settings::CpuTime;

criterion_main!(benches);
criterion_group! { name = benches; config = settings::criterion(); targets = decode, encode }

/// Octets that a server reads at once: the most that a TLS record holds (RFC 8446 §5.1).
const CHUNK: usize = 16 * 1024;

fn decode(criterion: &mut Criterion<CpuTime>) {
    for (name, wire) in wires() {
        let mut group = settings::group(criterion, &format!("DATA, {name}"));
        group.throughput(Throughput::Bytes(wire.len() as u64));
        let mut out = Vec::with_capacity(wire.len());
        group.bench_function("passerelle", |b| {
            b.iter(|| {
                out.clear();
                let mut decoder = DataDecoder::new(DecodePolicy::default());
                let take = |mut chunk: &[u8]| matches!(decoder.decode(&mut chunk, &mut out), Progress::Done(_));
                assert!(black_box(&wire).chunks(CHUNK).map(take).fold(false, |_, is_done| is_done));
            });
        });
        group.bench_function("passerelle, lent", |b| {
            b.iter(|| {
                let mut decoder = DataDecoder::new(DecodePolicy::default());
                let mut octets = 0;
                let take = |mut chunk: &[u8]| {
                    let progress = decoder.decode_with(&mut chunk, |piece| octets += black_box(piece).len());
                    matches!(progress, Progress::Done(_))
                };
                assert!(black_box(&wire).chunks(CHUNK).map(take).fold(false, |_, is_done| is_done));
                octets
            });
        });
        group.bench_function("smtp-proto", |b| {
            b.iter(|| {
                out.clear();
                let mut receiver = DataReceiver::new();
                let take = |chunk: &[u8]| receiver.ingest(&mut chunk.iter(), &mut out);
                assert!(black_box(&wire).chunks(CHUNK).map(take).fold(false, |_, is_done| is_done));
            });
        });
    }
}

fn encode(criterion: &mut Criterion<CpuTime>) {
    for (name, message) in messages() {
        let mut group = settings::group(criterion, &format!("encode for DATA, {name}"));
        group.throughput(Throughput::Bytes(message.len() as u64));
        let mut out = Vec::with_capacity(message.len() + message.len() / 8);
        group.bench_function("passerelle", |b| {
            b.iter(|| {
                out.clear();
                encode_into(black_box(&message), &mut out);
            });
        });
    }
}

/// Text, an attachment, and HTML whose lines are long.
fn messages() -> Vec<(String, Vec<u8>)> {
    let mut messages = Vec::new();
    for (size_name, size) in &mail::SIZES[..3] {
        messages.push((format!("text, {size_name}"), mail::unsigned(Kind::Text, *size)));
        messages.push((format!("base64, {size_name}"), mail::unsigned(Kind::Base64, *size)));
        messages.push((format!("HTML in long lines, {size_name}"), long_lines(mail::unsigned(Kind::Html, *size))));
    }
    messages
}

fn wires() -> impl Iterator<Item = (String, Vec<u8>)> {
    messages().into_iter().map(|(name, message)| {
        let mut wire = Vec::new();
        encode_into(&message, &mut wire);
        (name, wire)
    })
}

fn encode_into(message: &[u8], wire: &mut Vec<u8>) {
    let mut encoder = DataEncoder::new(EncodePolicy::Refuse);
    for chunk in message.chunks(CHUNK) {
        encoder.push(chunk, wire).expect("the message has only CRLF");
    }
    encoder.finish(wire).expect("the message has only CRLF");
}

/// Only one line end of forty stays.
fn long_lines(mut message: Vec<u8>) -> Vec<u8> {
    let ends: Vec<usize> =
        message.windows(2).enumerate().filter(|(_, pair)| pair == b"\r\n").map(|(at, _)| at).collect();
    for (_, at) in ends.into_iter().enumerate().filter(|(index, _)| index % 40 != 39) {
        message[at..at + 2].copy_from_slice(b"  ");
    }
    message
}
