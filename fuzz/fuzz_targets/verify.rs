//! A whole verification over a small world: neither the chunks nor the order of the answers have a say in the report,
//! and a signature that nobody touched passes.
#![no_main]

use passerelle::verify::DmarcMode;
use passerelle_fuzz::case::Case;
use passerelle_fuzz::fuzz_target;

fuzz_target!(|case: Case| {
    case.prepare().check(DmarcMode::Rfc9989);
});
