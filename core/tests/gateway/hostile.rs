//! Peers that say and do anything, on both sides.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::model::{Dice, run};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn given_peers_that_say_and_do_anything_when_the_host_does_what_it_is_told_then_nothing_is_misuse_and_everything_ends(
        octets in proptest::collection::vec(any::<u8>(), 0..1500),
    ) {
        run(&mut Dice::new(&octets));
    }
}

/// The property is worth something only if it comes far.
#[test]
fn given_many_sessions_with_such_peers_when_they_are_counted_then_every_ending_was_reached() {
    let mut reached = BTreeSet::new();
    let mut state = 88_172_645_463_325_252_u64;
    for _ in 0..300 {
        let octets: Vec<u8> = (0..1200)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 32) as u8
            })
            .collect();
        reached.extend(run(&mut Dice::new(&octets)));
    }
    for wanted in
        ["accepted", "refused", "deferred", "aborted", "something is held", "a connection is kept", "discarded"]
    {
        assert!(reached.contains(wanted), "{wanted} is not among {reached:?}");
    }
}
