//! mox's record strings, good and bad.

use passerelle::spf::SpfRecord;

use crate::support;

/// Where RFC 7208 and mox differ: the input, whether RFC 7208 takes it, and its section.
const EXCEPTIONS: [(&str, bool, &str); 1] = [(
    // `a:x`, `include:x` and so on: a domain-spec that is a bare label.
    "V=spf1 all Include:example.org a ?a -a +a ~a a:x a:x/0 a:x/24//64 a:x//64 mx mx:x ptr ptr:x IP4:10.0.0.1 \
     ip4:0.0.0.0/0 ip4:10.0.0.1/24 ip6:2001:db8::1 ip6:2001:db8::1/128 exists:x REDIRECT=x exp=X Other=x",
    false,
    "RFC 7208 §7.1: domain-end is a dot and a toplabel, or a macro",
)];

#[test]
fn all_27() {
    let Some(folder) = support::suite("mox-strings") else { return };
    let text = std::fs::read_to_string(folder.join("cases.json")).unwrap();
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let mut run = 0;
    let mut excepted = 0;
    for case in cases.iter().filter(|case| case["area"] == "spf-record") {
        run += 1;
        let input = case["input"].as_str().unwrap();
        let good = match EXCEPTIONS.iter().find(|exception| exception.0 == input) {
            Some(&(_, good, _)) => {
                excepted += 1;
                good
            }
            None => case["verdict"] == "good",
        };
        let record = SpfRecord::parse(input.as_bytes());
        assert_eq!(record.is_ok(), good, "{input}: {record:?}");
    }
    assert_eq!((run, excepted), (27, EXCEPTIONS.len()));
    // The same with dots is good everywhere.
    let dotted = EXCEPTIONS[0].0.replace(":x", ":x.y").replace("=x exp=X", "=x.y exp=X.y");
    assert!(SpfRecord::parse(dotted.as_bytes()).is_ok(), "{dotted}");
}
