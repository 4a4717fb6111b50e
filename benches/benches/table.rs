//! The table of ratios without the peers: `cargo bench -p passerelle-benches --bench table [-- NAME...]`.

use passerelle_benches::measure::Effort;
use passerelle_benches::table;

fn main() {
    // cargo says `--bench` when it is to be measured; as a test everything runs once.
    let (flags, names): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let is_measured = flags.iter().any(|flag| flag == "--bench");
    table::run(&[], &names, if is_measured { Effort::WHOLE } else { Effort::ONCE });
}
