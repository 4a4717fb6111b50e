//! What keeps a verdict from being pass or fail, in a word, and what of the policy is told all the same.

use passerelle::Status;
use passerelle::dmarc::{Cause, Disposition, DmarcResult, Policy, Verdict};

use crate::zone::{Zone, dkim, spf};

fn judge(records: &[(&str, &str)]) -> Verdict {
    Zone::new(records).judge("mail.example.com", &[dkim("attacker.example")])
}

#[test]
fn no_record() {
    for records in [&[][..], &[("example.com", "v=spf1 -all")], &[("other.example", "v=DMARC1; p=reject")]] {
        let verdict = judge(records);
        assert_eq!((verdict.result, verdict.cause), (DmarcResult::None, Some(Cause::NoRecord)));
    }
}

/// Also where the records stand above the author domain; not where another one applies.
#[test]
fn several_records_are_named() {
    let (one, two) = ("v=DMARC1; p=none", "v=DMARC1; p=reject; rua=mailto:a@example.com");
    for at in ["mail.example.com", "example.com", "com"] {
        let verdict = judge(&[(at, one), (at, two), (at, one)]);
        assert_eq!((verdict.result, verdict.cause), (DmarcResult::None, Some(Cause::SeveralRecords)), "{at}");
        let reason = verdict.reason.unwrap();
        let told = format!("_dmarc.{at} has 3 (\"{one}\", \"{two}\", ...): remove all but one");
        assert!(reason.contains(&told), "{reason}");
    }
    let verdict = judge(&[("mail.example.com", one), ("mail.example.com", two), ("example.com", two)]);
    assert_eq!((verdict.result, verdict.cause), (DmarcResult::Fail, None));
}

/// What a stranger publishes is repeated with a bound and without anything but printable ASCII.
#[test]
fn several_records_are_shown_harmlessly() {
    let hostile = format!("v=DMARC1; p=none; x=\u{1b}[2J\u{202e}{}", "a".repeat(4000));
    let reason = judge(&[("example.com", &hostile), ("example.com", &hostile)]).reason.unwrap();
    assert!(reason.len() < 600 && reason.bytes().all(|b| (b' '..=b'~').contains(&b)), "{reason}");
    assert!(reason.contains("\\x1B[2J\\xE2\\x80\\xAE"), "{reason}");
}

#[test]
fn a_record_that_cannot_be_used() {
    let verdict = judge(&[("example.com", "v=DMARC1; p=jerect")]);
    assert_eq!((verdict.result, verdict.cause), (DmarcResult::PermError, Some(Cause::RecordUnusable)));
    assert_eq!(verdict.policy_domain.unwrap().as_str(), "example.com");
}

#[test]
fn a_record_that_is_not_to_be_had() {
    for status in [Status::ServFail, Status::Timeout] {
        for at in ["mail.example.com", "example.com"] {
            let verdict = Zone::default().failing(at, status).judge("mail.example.com", &[]);
            assert_eq!((verdict.result, verdict.cause), (DmarcResult::TempError, Some(Cause::RecordUnavailable)));
        }
    }
}

/// Where there is pass or fail, and where a check is undecided, there is none.
#[test]
fn no_cause_where_the_record_applies() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject")]);
    assert_eq!(zone.judge("example.com", &[spf("example.com")]).cause, None);
    assert_eq!(zone.judge("example.com", &[]).cause, None);
    assert_eq!(zone.judge_undecided("example.com", &[], &[spf("example.com")]).cause, None);
}

/// What SPF would have said is not known: nothing is asked, and the policy is told.
#[test]
fn a_withheld_verdict_keeps_the_policy() {
    let failed = Zone::new(&[("example.com", "v=DMARC1; p=none; sp=reject; t=y")]).judge("mail.example.com", &[]);
    assert_eq!((failed.result, failed.disposition, failed.lowered), (DmarcResult::Fail, Disposition::Quarantine, true));
    for cause in [Cause::NoAddress, Cause::DerivedEnvelope] {
        let verdict = failed.clone().withheld(cause, "why");
        assert_eq!(
            (verdict.result, verdict.disposition, verdict.lowered),
            (DmarcResult::None, Disposition::None, false)
        );
        assert_eq!((verdict.cause, verdict.policy), (Some(cause), Some(Policy::Reject)));
        assert_eq!(verdict.policy_domain.as_ref().unwrap().as_str(), "example.com");
        assert_eq!(verdict.evaluated_policy, Some(Policy::Quarantine));
        assert_eq!(verdict.trail.steps().last().unwrap().why, "why");
        let json = serde_json::to_value(&verdict).unwrap();
        assert_eq!((&json["cause"], json.get("lowered")), (&cause.as_str().into(), None));
    }
}

/// `lowered` says that `t=y` made the disposition a lower one, and is left out of the report elsewhere.
#[test]
fn lowered_by_t_alone() {
    let judge = |record: &str| Zone::new(&[("example.com", record)]).judge("example.com", &[]);
    assert!(judge("v=DMARC1; p=reject; t=y").lowered && judge("v=DMARC1; p=quarantine; t=y").lowered);
    assert!(!judge("v=DMARC1; p=none; t=y").lowered);
    assert!(!judge("v=DMARC1; p=reject").lowered);
    let passed = Zone::new(&[("example.com", "v=DMARC1; p=reject; t=y")]).judge("example.com", &[dkim("example.com")]);
    assert!(!passed.lowered && serde_json::to_value(&passed).unwrap().get("lowered").is_none());
    // What Authentication-Results has as policy.dmarc does not depend on the result.
    assert_eq!((passed.policy, passed.evaluated_policy), (Some(Policy::Reject), Some(Policy::Quarantine)));
}

#[cfg(feature = "psl")]
#[test]
fn by_rfc_7489_likewise() {
    use passerelle::dmarc::rfc7489;
    use passerelle::{Domain, Evaluation};

    let judge = |zone: &Zone| {
        let author = Domain::parse("mail.example.com").unwrap();
        Evaluation::new(rfc7489::Discover::new(author, []))
            .run_with(|question| zone.answer(question))
            .conclude(&[], &[])
    };
    let cases: [(&[(&str, &str)], _); 3] = [
        (&[], Cause::NoRecord),
        (&[("example.com", "v=DMARC1; p=none"), ("example.com", "v=DMARC1; p=reject")], Cause::SeveralRecords),
        (&[("example.com", "v=DMARC1; p=jerect")], Cause::RecordUnusable),
    ];
    for (records, cause) in cases {
        assert_eq!(judge(&Zone::new(records)).cause, Some(cause));
    }
    let unavailable = Zone::default().failing("example.com", Status::ServFail);
    assert_eq!(judge(&unavailable).cause, Some(Cause::RecordUnavailable));
    let zero = judge(&Zone::new(&[("example.com", "v=DMARC1; p=reject; pct=0")]));
    assert_eq!((zero.evaluated_policy, zero.lowered), (Some(Policy::Quarantine), false));
}
