//! The DKIM part of the suite `mox-strings`: key records and DKIM-Signature fields, good and bad.

use passerelle::dkim::{KeyRecord, Signature};
use passerelle::message::Header;
use serde_json::Value;

use crate::support::suite;

/// Strings that suite calls bad and we accept, each with the reason.
const ACCEPTED: &[(&str, &str)] = &[
    (
        "v=DKIM1; p=; ",
        "white space behind the last semicolon, which RFC 6376 §3.2's grammar lacks; key records in the DNS often end \
         so, and it can mean nothing else",
    ),
    (
        "dkim-signature: v = 1 ; a=ed25519-sha256; s=xn--tst-bma; d=xn--mx-lka.example; h=from; b=dGVzdAo=; \
         bh=LjkN2rUhrS3zKXfH2vNgUzz5ERRJkgP9CURXBX0JP0Q= ; i=m\u{f8}x@xn--tst-bma.xn--mx-lka.example;\r\n",
        "RFC 8616 §4 allows UTF-8 in i=; whether a message came over SMTPUTF8 is not for DKIM to ask",
    ),
];

#[test]
fn every_case() {
    let Some(folder) = suite("mox-strings") else { return };
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let (mut count, mut accepted) = (0, 0);
    for case in cases {
        let input = case["input"].as_str().unwrap();
        let good = match case["area"].as_str().unwrap() {
            "dkim-record" => KeyRecord::parse(input.as_bytes()).is_ok(),
            "dkim-sig" => parses_as_signature(input),
            _ => continue,
        };
        count += 1;
        let expected = case["verdict"] == "good";
        // The same string is good in that suite's mode for internationalized mail.
        if !expected && ACCEPTED.iter().any(|(string, _)| *string == input) {
            accepted += 1;
            assert!(good, "{input:?} is refused now: strike it from the list");
        } else {
            assert_eq!(good, expected, "{input:?}");
        }
    }
    assert_eq!((count, accepted), (30, ACCEPTED.len()));
}

fn parses_as_signature(field: &str) -> bool {
    let (header, _) = Header::split(field.as_bytes());
    let field = header.named("DKIM-Signature").next();
    field.is_some_and(|field| Signature::parse(field.value()).is_ok())
}
