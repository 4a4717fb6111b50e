//! SPF with every answer present, against the peers; and what it costs to be run again at each answer.

#![allow(missing_docs)] // criterion's macros make public functions

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use passerelle::spf::SpfResult;
use passerelle_benches::ours;
use passerelle_benches::settings::{self, CpuTime};
#[cfg(spf2)]
use passerelle_benches::spf2::{self, Spf2};
use passerelle_benches::zone::{Client, LISTED, UNLISTED, Zone};
#[cfg(feature = "peers")]
use passerelle_benches::{mail, mail_auth::MailAuth};

criterion_main!(benches);
criterion_group! { name = benches; config = settings::criterion(); targets = spf }

fn spf(criterion: &mut Criterion<CpuTime>) {
    evaluate(criterion, "SPF, pass in the last of 125 terms", &LISTED, SpfResult::Pass);
    evaluate(criterion, "SPF, softfail after 126 terms", &UNLISTED, SpfResult::SoftFail);
}

fn evaluate(criterion: &mut Criterion<CpuTime>, name: &str, client: &Client, expected: SpfResult) {
    let zone = Zone::new();
    let mut group = settings::group(criterion, name);
    group.bench_function("passerelle", |b| {
        let mut answers = ours::answers(&zone, client);
        assert_eq!(ours::spf_at_once(&mut answers, client), expected);
        b.iter(|| ours::spf_at_once(&mut answers, black_box(client)));
    });
    group.bench_function("passerelle, one answer at a time", |b| {
        assert_eq!(ours::spf_one_by_one(&zone, client), expected);
        b.iter(|| ours::spf_one_by_one(&zone, black_box(client)));
    });
    group.bench_function("passerelle, new answers", |b| {
        assert_eq!(ours::spf_of_new_answers(&zone, client), expected);
        b.iter(|| ours::spf_of_new_answers(&zone, black_box(client)));
    });
    group.bench_function("passerelle, new answers one at a time", |b| {
        assert_eq!(ours::spf_of_new_answers_one_by_one(&zone, client), expected);
        b.iter(|| ours::spf_of_new_answers_one_by_one(&zone, black_box(client)));
    });
    #[cfg(feature = "peers")]
    group.bench_function("mail-auth", |b| {
        let peer = MailAuth::new(&mail::key().key_record(), &zone);
        assert_eq!(peer.spf(client).to_string().to_lowercase(), expected.as_str());
        b.iter(|| peer.spf(black_box(client)));
    });
    #[cfg(spf2)]
    group.bench_function("libspf2", |b| {
        let peer = Spf2::new(&zone);
        let theirs = if expected == SpfResult::Pass { spf2::PASS } else { spf2::SOFTFAIL };
        assert_eq!(peer.check(client), theirs);
        b.iter(|| peer.check(black_box(client)));
    });
}
