//! Every target in one program, for runs of all: what is costly is to compile and to link a program with the fuzzer's
//! flags, and this is done once. The variable `PASSERELLE_FUZZ_TARGET` says which target it is.
#![no_main]
// In a target's own program `no_main` is at the root.
#![allow(unused_attributes)]

use std::sync::LazyLock;

use libfuzzer_sys::Corpus;

include!(concat!(env!("OUT_DIR"), "/targets.rs"));

/// The target that was asked for. libFuzzer starts itself again with the same environment (`-fork`, `-merge`, `-jobs`),
/// but with a command line of its own.
static TARGET: LazyLock<fn(&[u8]) -> Corpus> = LazyLock::new(|| {
    let name = std::env::var("PASSERELLE_FUZZ_TARGET").unwrap_or_default();
    let Some((_, target)) = TARGETS.iter().find(|(known, _)| *known == name) else {
        eprintln!("PASSERELLE_FUZZ_TARGET is {name:?}, which is no target");
        std::process::exit(2);
    };
    *target
});

libfuzzer_sys::fuzz_target!(
    // Before there is an input which libFuzzer could take for the cause.
    init: {
        LazyLock::force(&TARGET);
    },
    |octets: &[u8]| -> Corpus { TARGET(octets) }
);
