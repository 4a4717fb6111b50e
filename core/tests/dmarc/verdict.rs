//! From discovery and authenticated identifiers to the verdict and its JSON.

use passerelle::dmarc::{Disposition, DmarcResult, Method, Policy, Verdict};

use crate::zone::{Zone, dkim, spf};

fn at_example_com(record: &str) -> Zone {
    Zone::new(&[("example.com", record)])
}

#[test]
fn no_record_is_none_even_for_authenticated_mail() {
    let verdict = Zone::default().judge("example.com", &[dkim("example.com")]);
    assert_eq!((verdict.result, verdict.disposition), (DmarcResult::None, Disposition::None));
    assert_eq!((verdict.policy_domain, verdict.policy), (None, None));
    // Without any record each domain is its own organizational domain (RFC 9989 §4.10.2).
    assert_eq!(verdict.aligned_by, [Method::Dkim]);
    let verdict = Zone::default().judge("example.com", &[dkim("a.example.com")]);
    assert_eq!((verdict.result, verdict.aligned_by), (DmarcResult::None, vec![]));
}

#[test]
fn an_unusable_record_is_permerror() {
    let verdict = at_example_com("v=DMARC1; p=bogus").judge("example.com", &[dkim("example.com")]);
    assert_eq!((verdict.result, verdict.disposition), (DmarcResult::PermError, Disposition::None));
}

#[test]
fn alignment_modes_are_per_mechanism() {
    let zone = at_example_com("v=DMARC1; p=reject; adkim=s");
    assert_eq!(zone.judge("example.com", &[dkim("a.example.com")]).result, DmarcResult::Fail);
    assert_eq!(zone.judge("example.com", &[spf("a.example.com")]).result, DmarcResult::Pass);
    assert_eq!(zone.judge("example.com", &[dkim("example.com")]).result, DmarcResult::Pass);
    let zone = at_example_com("v=DMARC1; p=reject; aspf=s");
    assert_eq!(zone.judge("example.com", &[dkim("a.example.com")]).result, DmarcResult::Pass);
    assert_eq!(zone.judge("example.com", &[spf("a.example.com")]).result, DmarcResult::Fail);
}

/// A subdomain that is an organizational domain of its own is not aligned with its parent, nor the other way round.
#[test]
fn psd_n_separates() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject"), ("dept.example.com", "v=DMARC1; p=reject; psd=n")]);
    assert_eq!(zone.judge("example.com", &[dkim("mail.dept.example.com")]).result, DmarcResult::Fail);
    assert_eq!(zone.judge("mail.dept.example.com", &[dkim("example.com")]).result, DmarcResult::Fail);
    assert_eq!(zone.judge("mail.dept.example.com", &[dkim("x.dept.example.com")]).result, DmarcResult::Pass);
}

/// RFC 9989 §4.7: `t=y` asks for one level less, and the policy stays what it is.
#[test]
fn test_mode_lowers_the_disposition() {
    for (policy, normal, testing) in [
        ("reject", Disposition::Reject, Disposition::Quarantine),
        ("quarantine", Disposition::Quarantine, Disposition::None),
        ("none", Disposition::None, Disposition::None),
    ] {
        let judge = |record: String| at_example_com(&record).judge("example.com", &[]);
        assert_eq!(judge(format!("v=DMARC1; p={policy}")).disposition, normal);
        let verdict = judge(format!("v=DMARC1; p={policy}; t=y"));
        assert_eq!((verdict.disposition, verdict.policy.map(Policy::as_str)), (testing, Some(policy)));
        // It holds for sp as well.
        let below = at_example_com(&format!("v=DMARC1; p=none; sp={policy}; t=y")).judge("a.example.com", &[]);
        assert_eq!(below.disposition, testing);
    }
}

/// Historic tags change nothing: `pct=0` once meant what `t=y` means (RFC 9989 appendix A.6).
#[test]
fn pct_has_no_effect() {
    let verdict = at_example_com("v=DMARC1; p=reject; pct=0; ri=1; rf=afrf").judge("example.com", &[]);
    assert_eq!(verdict.disposition, Disposition::Reject);
}

#[test]
fn a_pass_asks_for_nothing() {
    let verdict = at_example_com("v=DMARC1; p=reject").judge("example.com", &[spf("example.net"), dkim("example.com")]);
    assert_eq!((verdict.result, verdict.disposition), (DmarcResult::Pass, Disposition::None));
    assert_eq!((verdict.policy, verdict.reason), (Some(Policy::Reject), None));
}

/// Of an identifier that discovery was not told of, only what is certain is taken.
#[test]
fn identifiers_that_were_no_candidates() {
    let discovery = at_example_com("v=DMARC1; p=reject").discover("example.com", &[]);
    assert_eq!(discovery.conclude(&[dkim("example.com")], &[]).result, DmarcResult::Pass);
    assert_eq!(discovery.conclude(&[dkim("a.example.com")], &[]).result, DmarcResult::TempError);
}

#[test]
fn the_json() {
    let json = |verdict: &Verdict| serde_json::to_string(verdict).unwrap();
    let zone = at_example_com("v=DMARC1; p=reject; t=y");
    assert_eq!(
        json(&zone.judge("a.example.com", &[dkim("example.com"), spf("a.example.com"), dkim("a.example.com")])),
        r#"{"result":"pass","domain":"a.example.com","policy_domain":"example.com","policy":"reject","disposition":"none","aligned_by":["spf","dkim"],"author":"certain","candidates":[]}"#
    );
    assert_eq!(
        json(&zone.judge("example.com", &[])),
        r#"{"result":"fail","domain":"example.com","policy_domain":"example.com","policy":"reject","disposition":"quarantine","lowered":true,"aligned_by":[],"author":"certain","candidates":[],"reason":"no identifier is authenticated"}"#
    );
    assert_eq!(
        json(&Zone::default().judge("example.com", &[])),
        r#"{"result":"none","domain":"example.com","policy_domain":null,"policy":null,"disposition":"none","aligned_by":[],"author":"certain","candidates":[],"cause":"no-record","reason":"no policy record applies to example.com"}"#
    );
    assert_eq!(
        json(&Verdict::no_author("there is no From field")),
        r#"{"result":"permerror","domain":null,"policy_domain":null,"policy":null,"disposition":"none","aligned_by":[],"author":"none","candidates":[],"reason":"there is no From field"}"#
    );
}
