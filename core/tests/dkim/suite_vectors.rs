//! The suite `dkim-vectors`: RFC 6376 A.2, RFC 8463 A.3, real mail, and each with something wrong.

use passerelle::dkim::{DkimResult, Failure, KeyRecordError, SignatureError, Verdict, VerifyPolicy};
use serde_json::Value;

use crate::common::{Dns, crlf, verify_with};
use crate::support::suite;

/// The suite's names for what is wrong, in our terms.
fn is(failure: Option<&Failure>, error: &str) -> bool {
    use Failure::{BadSignature, BodyHash, Key, Signature};
    match error {
        "DKIM_SIGERROR_MISSING_V" => matches!(failure, Some(Signature(SignatureError::Missing("v")))),
        "DKIM_SIGERROR_KEY_REVOKED" => matches!(failure, Some(Key(KeyRecordError::Revoked))),
        "DKIM_SIGERROR_KEY_HASHNOTINCLUDED" => matches!(failure, Some(Key(KeyRecordError::Hash))),
        "DKIM_SIGERROR_KEY_MISMATCHED_K" => matches!(failure, Some(Key(KeyRecordError::Mismatch { .. }))),
        "DKIM_SIGERROR_KEY_NOTEMAILKEY" => matches!(failure, Some(Key(KeyRecordError::Service))),
        "DKIM_SIGERROR_DOMAIN_I" => matches!(failure, Some(Key(KeyRecordError::Strict))),
        "DKIM_SIGERROR_CORRUPT_BH" => matches!(failure, Some(BodyHash { .. })),
        "DKIM_SIGERROR_BADSIG" => matches!(failure, Some(BadSignature(_))),
        _ => panic!("{error} is not in the table"),
    }
}

/// The client refuses these because it does not like fields that were added and are not signed. The signature covers
/// the lowest of each name (RFC 6376 §5.4.2) and verifies.
const CLIENT_POLICY: &str = "DKIM_POLICYERROR_UNSIGNED_HEADER_ADDED";

#[test]
fn every_case() {
    let Some(folder) = suite("dkim-vectors") else { return };
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let mut count = 0;
    for case in manifest["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let file = folder.join("data").join(case["file"].as_str().unwrap());
        let message = crlf(&String::from_utf8(std::fs::read(file).unwrap()).unwrap());
        let own = case["dns"].as_object();
        let mut dns = Dns::default();
        for (name, text) in own.unwrap_or(manifest["dns"].as_object().unwrap()) {
            dns.add(name, text.as_str().unwrap());
        }
        // Later than any of the suite's timestamps.
        let verdicts = verify_with(&message, &dns, &VerifyPolicy::default(), 1_790_000_000);
        let expect = case["expect"].as_array().unwrap();
        let skipped = expect.iter().any(|row| row[3] == CLIENT_POLICY);
        for row in expect {
            let row: Vec<&str> = row.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap()).collect();
            let verdict: &Verdict = &verdicts[row[0].parse::<usize>().unwrap()];
            match row[1..] {
                ["result" | "errorType", "equal", _] if skipped => {
                    assert_eq!(verdict.result, DkimResult::Pass, "{name}: {verdict:?}");
                }
                ["result", "equal", "SUCCESS"] => assert_eq!(verdict.result, DkimResult::Pass, "{name}: {verdict:?}"),
                ["result", "equal", "PERMFAIL"] => {
                    // One word there is two in RFC 8601: an error of form, and a test that failed.
                    let failed = matches!(verdict.result, DkimResult::PermError | DkimResult::Fail);
                    assert!(failed, "{name}: {verdict:?}");
                }
                ["errorType", "equal", error] => assert!(is(verdict.failure.as_ref(), error), "{name}: {verdict:?}"),
                ["warnings", ..] => {} // of the client, about other fields than DKIM's
                _ => panic!("{name}: {row:?} is not understood"),
            }
        }
        count += 1;
    }
    assert_eq!(count, 35);
}

/// Real signed mail that the manifest has keys for and no cases: it was signed by others, so it must verify.
#[test]
fn real_mail() {
    let Some(folder) = suite("dkim-vectors") else { return };
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let mut dns = Dns::default();
    for (name, text) in manifest["dns"].as_object().unwrap() {
        dns.add(name, text.as_str().unwrap());
    }
    let mut passed = 0;
    for entry in std::fs::read_dir(folder.join("data/original")).unwrap() {
        let path = entry.unwrap().path();
        let message = crlf(&String::from_utf8(std::fs::read(&path).unwrap()).unwrap());
        // The day on which they were sent; some expire on the next.
        for verdict in verify_with(&message, &dns, &VerifyPolicy::default(), 1_698_100_000) {
            let no_key = matches!(verdict.failure, Some(Failure::NoKey { .. }));
            assert!(verdict.result == DkimResult::Pass || no_key, "{}: {verdict:?}", path.display());
            passed += usize::from(verdict.result == DkimResult::Pass);
        }
    }
    assert!(passed >= 5, "{passed} signatures passed");
}
