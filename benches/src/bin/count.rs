//! Does one piece of work some times, for a profiler, or for `valgrind --tool=callgrind` to count its instructions:
//! `count WORK [TIMES]`. It says how much processor time one took.
//!
//! Under valgrind the floor is not that of the machine, for valgrind knows no SHA extensions: count to compare two
//! versions of Passerelle, not Passerelle with the floor.

use std::hint::black_box;
use std::sync::Arc;

use passerelle::dkim::Canonicalization::{Relaxed, Simple};
use passerelle_benches::clock::cpu_time_of;
use passerelle_benches::floor::{Floor, hash};
use passerelle_benches::mail::{self, Kind};
use passerelle_benches::ours;
use passerelle_benches::zone::{LISTED, Zone};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (work, times) = (arguments.next().unwrap_or_default(), arguments.next());
    let times = times.and_then(|times| times.parse().ok()).unwrap_or(1000);
    let key = ours::key_answer(&mail::key().key_record());
    let (kind, rest) = work.split_once(' ').unwrap_or((&work, "10 KB"));
    let size = mail::SIZES.iter().find(|(size, _)| *size == rest).map_or(10_000, |(_, octets)| *octets);
    let message = |kind, canonicalization| mail::signed(kind, size, canonicalization, 1);
    let verify = |message: Vec<u8>| repeat(times, || ours::verify(black_box(&message), &key));
    match kind {
        "text" => verify(message(Kind::Text, Relaxed)),
        "simple" => verify(message(Kind::Text, Simple)),
        "base64" => verify(message(Kind::Base64, Relaxed)),
        "quoted" => verify(message(Kind::QuotedPrintable, Relaxed)),
        "quoted-changed" => verify(message(Kind::QuotedPrintableChanged, Relaxed)),
        "html" => verify(message(Kind::Html, Relaxed)),
        "changed" => verify(message(Kind::Changed, Relaxed)),
        "floor" => {
            let message = message(Kind::Text, Relaxed);
            let floor = Floor::new(&message);
            repeat(times, || floor.verify(black_box(&message)));
        }
        "prepared" => {
            let message = message(Kind::Text, Relaxed);
            let floor = Floor::new(&message);
            repeat(times, || floor.verify_prepared(black_box(&message)));
        }
        "hash" => {
            let message = message(Kind::Text, Relaxed);
            repeat(times, || hash(black_box(&message)));
        }
        "sign" => {
            let (message, signer) = (mail::unsigned(Kind::Text, size), Arc::new(mail::signer()));
            repeat(times, || ours::sign(&signer, black_box(&message)));
        }
        "sign-floor" => {
            let message = mail::unsigned(Kind::Text, size);
            let floor = Floor::new(&message);
            repeat(times, || floor.sign(black_box(&message)));
        }
        "spf" => {
            let zone = Zone::new();
            let mut answers = ours::answers(&zone, &LISTED);
            repeat(times, || ours::spf_at_once(&mut answers, black_box(&LISTED)));
        }
        "spf-one" => {
            let zone = Zone::new();
            repeat(times, || ours::spf_one_by_one(&zone, black_box(&LISTED)));
        }
        "report" | "report-bare" => {
            let (message, mut host) = (message(Kind::Text, Relaxed), ours::ReportHost::new(kind == "report"));
            repeat(times, || host.report(black_box(&message)));
        }
        _ => eprintln!(
            "usage: count WORK [TIMES], where WORK is text, simple, base64, quoted, quoted-changed, html, changed, floor, \
             prepared, hash, sign, sign-floor, report (a whole verification) or report-bare (without a trail) with an \
             optional size as in 'text 1 MB', or spf or spf-one"
        ),
    }
}

/// The fastest of ten parts.
fn repeat<T>(times: u32, mut work: impl FnMut() -> T) {
    let part = (times / 10).max(1);
    let fastest = (0..10).map(|_| {
        let all = cpu_time_of(|| {
            for _ in 0..part {
                black_box(work());
            }
        });
        all / part
    });
    println!("{:?}", fastest.min().unwrap_or_default());
}
