//! Policy discovery and alignment, section by section of RFC 7489.

use passerelle::Status;
use passerelle::dmarc::{Aligned, Disposition, DmarcResult, Policy, PolicyDiscovery, Verdict};

use super::world::{applied, asked, both, both_undecided};
use crate::zone::{Zone, dkim, domain, spf};

fn judge(zone: &Zone, author: &str, passed: &[passerelle::dmarc::Authenticated]) -> Verdict {
    both(zone, author, passed).by_rfc7489
}

/// §6.6.3 steps 1 and 3: the author domain, then the organizational domain, and nothing in between or above.
#[test]
fn two_names_are_asked() {
    let zone = Zone::new(&[
        ("mail.example.co.uk", "v=DMARC1; p=none"),
        ("example.co.uk", "v=DMARC1; p=quarantine; sp=reject"),
        ("co.uk", "v=DMARC1; p=none"),
    ]);
    let (discovery, names) = asked(&zone, "a.mail.example.co.uk");
    assert_eq!(names, ["_dmarc.a.mail.example.co.uk TXT", "_dmarc.example.co.uk TXT"]);
    assert_eq!(applied(&discovery), Some(("example.co.uk", "reject")));
    assert_eq!(discovery.organizational_domain, Some(domain("example.co.uk")));
    // A record of its own comes first, and its sp is for others (§6.3).
    assert_eq!(applied(&asked(&zone, "mail.example.co.uk").0), Some(("mail.example.co.uk", "none")));
    assert_eq!(applied(&asked(&zone, "example.co.uk").0), Some(("example.co.uk", "quarantine")));
    assert_eq!(asked(&zone, "example.co.uk").1.len(), 1);
    // Nobody asks a public suffix, except for its own mail.
    assert_eq!(asked(&zone, "other.co.uk").0.policy, PolicyDiscovery::Absent);
    assert_eq!(applied(&asked(&zone, "co.uk").0), Some(("co.uk", "none")));
}

/// §6.6.3 step 5; what is no policy record was discarded before.
#[test]
fn several_records_end_the_search() {
    let zone = Zone::new(&[
        ("a.example.com", "v=DMARC1; p=none"),
        ("a.example.com", "v=DMARC1"),
        ("b.example.com", "v=spf1 -all"),
        ("example.com", "v=DMARC1; p=reject"),
    ]);
    let several = PolicyDiscovery::Several { domain: domain("a.example.com") };
    assert_eq!(asked(&zone, "a.example.com").0.policy, several);
    let verdict = judge(&zone, "a.example.com", &[dkim("example.com")]);
    assert_eq!((verdict.result, verdict.disposition), (DmarcResult::None, Disposition::None));
    assert!(verdict.reason.unwrap().contains("several policy records"));
    assert_eq!(applied(&asked(&zone, "b.example.com").0), Some(("example.com", "reject")));
}

/// §6.6.3 step 6.
#[test]
fn a_missing_or_faulty_policy_needs_a_reporting_address() {
    for faulty in ["v=DMARC1", "v=DMARC1; p=bogus", "v=DMARC1; sp=none; p=reject", "v=DMARC1; p=reject; sp=x"] {
        let verdict = judge(&Zone::new(&[("example.com", faulty)]), "example.com", &[]);
        assert_eq!((verdict.result, verdict.disposition), (DmarcResult::PermError, Disposition::None), "{faulty}");
        let reporting = format!("{faulty}; rua=mailto:a@example.com");
        let verdict = judge(&Zone::new(&[("example.com", &reporting)]), "example.com", &[]);
        assert_eq!((verdict.result, verdict.policy), (DmarcResult::Fail, Some(Policy::None)), "{faulty}");
    }
}

/// §3.1.1, §3.1.2: strictly, or by the organizational domain, which the list has without a question.
#[test]
fn alignment_is_by_the_list() {
    let zone = Zone::new(&[("example.co.uk", "v=DMARC1; p=reject; adkim=s")]);
    let discovery = both(&zone, "a.example.co.uk", &[spf("b.example.co.uk"), spf("other.co.uk"), spf("co.uk")]).old;
    let aligned: Vec<_> = discovery.alignments.iter().map(|a| (a.domain.as_str(), a.relaxed)).collect();
    assert_eq!(aligned, [("b.example.co.uk", Aligned::Yes), ("co.uk", Aligned::No), ("other.co.uk", Aligned::No)]);
    let result = |identifier| judge(&zone, "a.example.co.uk", &[identifier]).result;
    assert_eq!(result(spf("b.example.co.uk")), DmarcResult::Pass);
    assert_eq!(result(dkim("b.example.co.uk")), DmarcResult::Fail);
    assert_eq!(result(dkim("a.example.co.uk")), DmarcResult::Pass);
    assert_eq!(result(spf("co.uk")), DmarcResult::Fail);
    // The owner of a public suffix speaks for itself only.
    let zone = Zone::new(&[("co.uk", "v=DMARC1; p=reject")]);
    assert_eq!(judge(&zone, "co.uk", &[dkim("example.co.uk")]).result, DmarcResult::Fail);
    assert_eq!(judge(&zone, "co.uk", &[dkim("co.uk")]).result, DmarcResult::Pass);
}

/// §6.6.4: the engine draws no lots; it says what is asked of a message in the sample, and of how many.
#[test]
fn pct() {
    let disposition = |record: &str| {
        let verdict = judge(&Zone::new(&[("example.com", record)]), "example.com", &[]);
        (
            verdict.disposition.as_str(),
            verdict.pct,
            [0, 24, 25, 99].map(|drawn| verdict.disposition_for(drawn).as_str()),
        )
    };
    assert_eq!(disposition("v=DMARC1; p=reject"), ("reject", None, ["reject"; 4]));
    assert_eq!(disposition("v=DMARC1; p=reject; pct=100"), ("reject", None, ["reject"; 4]));
    let some = ["reject", "reject", "quarantine", "quarantine"];
    assert_eq!(disposition("v=DMARC1; p=reject; pct=25"), ("reject", Some(25), some));
    let some = ["quarantine", "quarantine", "none", "none"];
    assert_eq!(disposition("v=DMARC1; p=quarantine; pct=25"), ("quarantine", Some(25), some));
    assert_eq!(disposition("v=DMARC1; p=reject; pct=0"), ("quarantine", Some(0), ["quarantine"; 4]));
    assert_eq!(disposition("v=DMARC1; p=none; pct=25"), ("none", None, ["none"; 4]));
    // A fault gives way to the default, which is all of them (§6.3).
    assert_eq!(disposition("v=DMARC1; p=reject; pct=101"), ("reject", None, ["reject"; 4]));

    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject; pct=25")]);
    let json = serde_json::to_string(&judge(&zone, "example.com", &[])).unwrap();
    assert_eq!(
        json,
        r#"{"result":"fail","domain":"example.com","policy_domain":"example.com","policy":"reject","disposition":"reject","pct":25,"aligned_by":[],"author":"certain","candidates":[],"reason":"no identifier is authenticated, pct=25"}"#
    );
    // It is about messages that fail.
    let passed = judge(&zone, "example.com", &[dkim("example.com")]);
    assert_eq!((passed.result, passed.pct, passed.disposition_for(99)), (DmarcResult::Pass, None, Disposition::None));
}

/// §6.6.3, last paragraph, and §6.6.2.
#[test]
fn what_fails_for_now() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject")]);
    for failed in ["a.example.com", "example.com"] {
        let verdict = judge(&zone.clone().failing(failed, Status::ServFail), "a.example.com", &[dkim("example.com")]);
        assert_eq!((verdict.result, verdict.disposition), (DmarcResult::TempError, Disposition::None), "{failed}");
    }
    // Its own record makes the other question superfluous.
    let zone = Zone::new(&[("a.example.com", "v=DMARC1; p=reject")]).failing("example.com", Status::Timeout);
    assert_eq!(judge(&zone, "a.example.com", &[dkim("b.example.com")]).result, DmarcResult::Pass);
    let open = |name: &str| both_undecided(&zone, "a.example.com", &[], &[dkim(name)]).by_rfc7489.result;
    assert_eq!(open("b.example.com"), DmarcResult::TempError);
    assert_eq!(open("b.example.net"), DmarcResult::Fail);
}

#[test]
fn the_trail_cites_rfc_7489() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject; pct=50")]);
    let verdict = judge(&zone, "a.example.com", &[dkim("example.net")]);
    let trail = serde_json::to_value(&verdict.trail).unwrap();
    for step in trail.as_array().unwrap() {
        assert!(step["rfc"].as_str().unwrap().starts_with("RFC 7489 §"), "{step}");
        assert!(step["step"].as_str().unwrap().starts_with("dmarc_rfc7489 "), "{step}");
    }
}

/// The reader is the one of RFC 9989, and so is what it says of a record that is too long to be read.
#[test]
fn a_record_that_is_too_long_is_none() {
    let long = format!("v=DMARC1; p=reject; {}", "x=y; ".repeat(passerelle::limits::MAX_DMARC_RECORD / 5));
    let (discovery, _) = asked(&Zone::new(&[("example.com", &long)]), "example.com");
    assert_eq!(discovery.policy, PolicyDiscovery::Absent);
    let found = discovery.trail.steps().iter().find(|step| step.step == "dmarc_rfc7489 record example.com").unwrap();
    assert_eq!((&*found.outcome, &*found.why), ("none", "a TXT record is longer than a policy record may be"));
}
