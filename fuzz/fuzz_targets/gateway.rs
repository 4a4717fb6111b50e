//! The whole gateway between a client and hops that say and do anything, in a host that does what the documentation says: nothing that
//! they do is its misuse, and every transaction and every session ends.
#![no_main]

#[path = "../../core/tests/gateway/model.rs"]
#[allow(dead_code)]
mod model;

use model::{Dice, run};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = run(&mut Dice::new(input));
});
