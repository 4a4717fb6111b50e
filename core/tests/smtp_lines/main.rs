//! Lines, the content of messages on its way, and commands.

mod commands;
mod content;
mod lines;
mod smtp_proto_cases;
mod smuggling;
#[path = "../support/mod.rs"]
mod support;
mod variants;

use proptest::prelude::*;

/// Octets in which line ends, dots and irregular octets are frequent, between plain text of a few octets or of several blocks;
/// and places to cut them.
fn octets_and_cuts() -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    let fragment = prop_oneof![
        6 => Just(b"\r\n".to_vec()),
        4 => Just(b".".to_vec()),
        2 => Just(b"\r\n.".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b"\n".to_vec()),
        1 => Just(b"\0".to_vec()),
        4 => "[a-z .]{1,12}".prop_map(String::into_bytes),
        1 => Just("\u{e9}".as_bytes().to_vec()),
        1 => (1..30_usize).prop_map(|lines| b"a line of some length. and more\r\n".repeat(lines)),
    ];
    let octets = prop::collection::vec(fragment, 0..40).prop_map(|fragments| fragments.concat());
    (octets, prop::collection::vec(any::<prop::sample::Index>(), 0..6)).prop_map(|(octets, cuts)| {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(octets.len() + 1)).collect();
        cuts.sort_unstable();
        (octets, cuts)
    })
}

/// The octets in pieces.
fn chunks<'a>(octets: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let ends = cuts.iter().copied().chain([octets.len()]);
    let starts = [0].into_iter().chain(cuts.iter().copied());
    starts.zip(ends).map(|(from, to)| &octets[from..to]).collect()
}

/// Where a sequence stands first.
fn find(octets: &[u8], sequence: &[u8]) -> Option<usize> {
    octets.windows(sequence.len()).position(|window| window == sequence)
}

/// The parts between CRLFs; one more than there are CRLFs.
fn split_lines(mut octets: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    while let Some(at) = find(octets, b"\r\n") {
        lines.push(&octets[..at]);
        octets = &octets[at + 2..];
    }
    lines.push(octets);
    lines
}
