//! Temporary DNS failures: what is certain all the same, and what is not (RFC 9989 §5.3.6).

use passerelle::Status;
use passerelle::dmarc::{Aligned, Disposition, DmarcResult, Policy};

use crate::zone::{Zone, dkim, spf};

const BOTH: [Status; 2] = [Status::ServFail, Status::Timeout];

fn example() -> Zone {
    Zone::new(&[("example.com", "v=DMARC1; p=reject"), ("mail.example.com", "v=DMARC1; p=quarantine")])
}

#[test]
fn without_the_authors_own_record_nothing_is_certain() {
    for status in BOTH {
        let zone = example().failing("mail.example.com", status);
        for authenticated in [&[][..], &[dkim("mail.example.com")], &[dkim("attacker.example")]] {
            let verdict = zone.judge("mail.example.com", authenticated);
            assert_eq!((verdict.result, verdict.disposition), (DmarcResult::TempError, Disposition::None));
        }
    }
}

#[test]
fn without_a_record_above_the_policy_is_not_certain() {
    for status in BOTH {
        for failing in ["example.com", "com"] {
            let verdict = example().failing(failing, status).judge("other.example.com", &[]);
            assert_eq!(verdict.result, DmarcResult::TempError, "{failing}");
        }
    }
}

#[test]
fn failures_that_do_not_matter() {
    for status in BOTH {
        // The author's own record applies, and the identifier is the author domain.
        let zone = example().failing("com", status).failing("example.com", status);
        assert_eq!(zone.judge("mail.example.com", &[spf("mail.example.com")]).result, DmarcResult::Pass);
        let failed = zone.judge("mail.example.com", &[]);
        assert_eq!((failed.result, failed.disposition), (DmarcResult::Fail, Disposition::Quarantine));
        // Nothing that could be the author's organizational domain is above the identifier.
        assert_eq!(zone.judge("mail.example.com", &[dkim("attacker.example")]).result, DmarcResult::Fail);
        let zone = example().failing("example.com", status);
        assert_eq!(zone.judge("mail.example.com", &[dkim("attacker.com")]).result, DmarcResult::Fail);
        // What is above a psd tag has no say.
        let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject; psd=n")]).failing("com", status);
        assert_eq!(zone.judge("example.com", &[dkim("a.example.com")]).result, DmarcResult::Pass);
        assert_eq!(zone.judge("a.example.com", &[]).result, DmarcResult::Fail);
        // Who controls only the identifier cannot make the result uncertain.
        let zone = example().failing("attacker.example", status);
        assert_eq!(zone.judge("example.com", &[dkim("attacker.example")]).disposition, Disposition::Reject);
    }
}

#[test]
fn alignment_that_is_not_certain() {
    for status in BOTH {
        // The organizational domain could be com, or example.com.
        let zone = example().failing("com", status);
        let verdict = zone.judge("mail.example.com", &[dkim("example.com")]);
        assert_eq!((verdict.result, verdict.policy), (DmarcResult::TempError, Some(Policy::Quarantine)));
        // The identifier could be an organizational domain of its own.
        let zone = example().failing("x.example.com", status);
        assert_eq!(zone.judge("example.com", &[dkim("x.example.com")]).result, DmarcResult::TempError);
        // Another one that is aligned settles it.
        let both = [dkim("x.example.com"), spf("example.com")];
        assert_eq!(zone.judge("example.com", &both).result, DmarcResult::Pass);
        // Below an organizational domain of its own, it is not aligned, whatever the query would have found.
        let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject"), ("d.example.com", "v=DMARC1; p=none; psd=n")]);
        let discovery = zone.failing("x.d.example.com", status).discover("example.com", &["x.d.example.com"]);
        assert_eq!(discovery.alignments[0].relaxed, Aligned::No);
    }
}

/// RFC 9989 §5.3.6: with an SPF or DKIM check undecided that could have given a pass, there is neither pass nor fail.
#[test]
fn undecided_checks() {
    let zone = example();
    let judge = |passed: &[_], open: &[_]| zone.judge_undecided("example.com", passed, open);
    let verdict = judge(&[], &[dkim("a.example.com")]);
    assert_eq!((verdict.result, verdict.disposition), (DmarcResult::TempError, Disposition::None));
    assert_eq!(judge(&[dkim("example.com")], &[spf("example.com")]).result, DmarcResult::Pass);
    assert_eq!(judge(&[], &[dkim("attacker.example"), spf("other.com")]).result, DmarcResult::Fail);
    let strict = Zone::new(&[("example.com", "v=DMARC1; p=reject; adkim=s")]);
    assert_eq!(strict.judge_undecided("example.com", &[], &[dkim("a.example.com")]).result, DmarcResult::Fail);
    assert_eq!(Zone::default().judge_undecided("example.com", &[], &[dkim("example.com")]).result, DmarcResult::None);
}

/// Whether the author domain exists decides between policies: a pass does not need it, a fail does.
#[test]
fn existence_unknown() {
    for status in BOTH {
        let zone = Zone::new(&[("example.com", "v=DMARC1; p=none; np=reject")]).with_name("a.example.com", status);
        let verdict = zone.judge("a.example.com", &[]);
        assert_eq!((verdict.result, verdict.policy), (DmarcResult::TempError, None));
        assert_eq!(zone.judge("a.example.com", &[dkim("example.com")]).result, DmarcResult::Pass);
    }
}
