//! The rows of SPF with every answer present; and what it costs to be run again at each answer.

use std::hint::black_box;

use crate::measure::Way;
use crate::ours;
use crate::table::{Peer, Row, Table};
use crate::zone::{Client, LISTED, UNLISTED, Zone};

/// Measures them all.
pub fn rows(peers: &[&dyn Peer], table: &mut Table<'_>) {
    evaluate(peers, table, "SPF, pass in the last of 125 terms", &LISTED, "pass");
    evaluate(peers, table, "SPF, softfail after 126 terms", &UNLISTED, "softfail");
}

fn evaluate(peers: &[&dyn Peer], table: &mut Table<'_>, work: &str, client: &Client, expected: &str) {
    if !table.has(work) {
        return;
    }
    let zone = Zone::new();
    let mut answers = ours::answers(&zone, client);
    assert_eq!(ours::spf_at_once(&mut answers, client).as_str(), expected);
    assert_eq!(ours::spf_of_new_answers(&zone, client).as_str(), expected);
    let zone = &zone;
    let mut ways = vec![
        Way::new("passerelle", || ours::spf_at_once(&mut answers, black_box(client))),
        Way::new("one answer at a time", || ours::spf_one_by_one(zone, black_box(client))),
        Way::new("new answers", || ours::spf_of_new_answers(zone, black_box(client))),
        Way::new("new answers one at a time", || ours::spf_of_new_answers_one_by_one(zone, black_box(client))),
    ];
    for peer in peers {
        if let Some(result) = peer.spf(client) {
            assert_eq!(result, expected, "{}", peer.name());
            ways.push(Way::new(peer.name(), || peer.spf(black_box(client))));
        }
    }
    table.add(Row { work: work.to_owned(), ways });
}
