//! The DMARC records of mox's tests. They follow RFC 7489; where RFC 9989 says otherwise, the string and the section are
//! listed.

use passerelle::dmarc::{PolicyRecord, Standing};

use crate::support;

/// Refused by mox, good for RFC 9989.
const GOOD_NOW: [(&str, &str); 2] = [
    ("v=DMARC1; sp=reject; p=reject", "§4.8: the tags behind v stand in any order"),
    (
        "v=DMARC1; rua=mailto:dmarc-feedback@example.com!99999999999999999999999999999999999999999999999",
        "§4.8: the obsolete size is ignored, so that it need not fit anything",
    ),
];

#[test]
fn all() {
    let Some(folder) = support::suite("mox-strings") else { return };
    let cases: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("cases.json")).unwrap()).unwrap();
    let cases = cases.as_array().unwrap().iter().filter(|case| case["area"] == "dmarc-record");
    let (mut run, mut exceptions) = (0, 0);
    for case in cases {
        let input = case["input"].as_str().unwrap();
        // mox has one function for whether there is a record, and whether it is of use.
        let good = PolicyRecord::parse(input.as_bytes()).is_some_and(|r| r.standing() != Standing::Unusable);
        let theirs = case["verdict"] == "good";
        let differs = GOOD_NOW.iter().any(|(text, _)| *text == input);
        assert_eq!(good, theirs || differs, "{input}");
        assert!(!(differs && theirs), "no exception any more: {input}");
        run += 1;
        exceptions += usize::from(differs);
    }
    assert_eq!((run, exceptions), (41, GOOD_NOW.len()));
}

/// What mox takes for a record that cannot be read, because of a tag with a faulty value, RFC 9989 §4.8 reads with
/// the default instead; §4.7 and appendix C.5.2 drop `pct`, `rf` and `ri`. With a policy, each is of use.
#[test]
fn faults_that_no_longer_spoil_the_record() {
    let Some(folder) = support::suite("mox-strings") else { return };
    let cases: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("cases.json")).unwrap()).unwrap();
    let faulty = ["adkim=", "aspf=", "ri=", "rf=", "fo=", "pct=", "rua="];
    let mut run = 0;
    for case in cases.as_array().unwrap() {
        let input = case["input"].as_str().unwrap();
        let tag = input.strip_prefix("v=DMARC1; ").filter(|tag| faulty.iter().any(|f| tag.starts_with(f)));
        let (Some(tag), true) = (tag, case["area"] == "dmarc-record" && case["verdict"] == "bad") else { continue };
        let record = PolicyRecord::parse(format!("v=DMARC1; p=reject; {tag}").as_bytes()).unwrap();
        assert_eq!(record.standing(), Standing::AsPublished, "{input}");
        run += 1;
    }
    assert_eq!(run, 21);
}
