//! The DMARC records of mox's tests, which follow RFC 7489.

use passerelle::dmarc::{PolicyRecord, Standard, Standing};

use crate::support;

/// Refused by mox, whose sizes are numbers of 64 bits; the grammar of RFC 7489 §6.4 has `1*DIGIT`, and the size of a report
/// is nothing that the policy depends on.
const GOOD: &str = "v=DMARC1; rua=mailto:dmarc-feedback@example.com!99999999999999999999999999999999999999999999999";

#[test]
fn all() {
    let Some(folder) = support::suite("mox-strings") else { return };
    let cases: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("cases.json")).unwrap()).unwrap();
    let (mut run, mut exceptions) = (0, 0);
    for case in cases.as_array().unwrap().iter().filter(|case| case["area"] == "dmarc-record") {
        let input = case["input"].as_str().unwrap();
        // mox has one function for whether there is a record, and whether it is of use.
        let record = PolicyRecord::parse_by(Standard::Rfc7489, input.as_bytes());
        let good = record.is_some_and(|record| record.standing() != Standing::Unusable);
        assert_eq!(good, (case["verdict"] == "good") != (input == GOOD), "{input}");
        run += 1;
        exceptions += usize::from(input == GOOD);
    }
    assert_eq!((run, exceptions), (41, 1));
}
