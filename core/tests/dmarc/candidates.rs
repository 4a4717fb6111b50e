//! Messages whose author is not certain: the verdict for each domain that may be the author's, and what is asked in all
//! (RFC 9989 §5.3.1, §11.5).

use passerelle::dmarc::{AuthorCertainty, Cause, Disposition, DmarcResult, Verdict};

use crate::zone::{Zone, dkim, spf};

fn zone() -> Zone {
    Zone::new(&[
        ("reject.example", "v=DMARC1; p=reject"),
        ("quarantine.example", "v=DMARC1; p=quarantine"),
        ("testing.example", "v=DMARC1; p=reject; t=y"),
        ("none.example", "v=DMARC1; p=none"),
        ("broken.example", "v=DMARC1; p=oops"),
    ])
}

/// What is asked for where each of these domains may be the author's, and one domain is authenticated.
fn asked(certainty: AuthorCertainty, domains: &[&str], authenticated: &str) -> Verdict {
    let zone = zone();
    let verdicts: Vec<Verdict> = domains.iter().map(|domain| zone.judge(domain, &[dkim(authenticated)])).collect();
    Verdict::of_candidates(certainty, "not certain", &verdicts)
}

#[test]
fn the_strictest_that_a_failing_candidate_asks_for() {
    for (domains, disposition) in [
        (&["reject.example", "none.example"][..], Disposition::Reject),
        (&["none.example", "reject.example"], Disposition::Reject),
        (&["none.example", "quarantine.example"], Disposition::Quarantine),
        (&["testing.example", "none.example"], Disposition::Quarantine),
        (&["none.example", "nowhere.example"], Disposition::None),
        (&["broken.example"], Disposition::None),
        // One that passes asks for nothing, and takes nothing away from what another asks for.
        (&["evil.example", "reject.example"], Disposition::Reject),
        (&["reject.example", "evil.example"], Disposition::Reject),
    ] {
        let verdict = asked(AuthorCertainty::Candidates, domains, "evil.example");
        assert_eq!((verdict.result, verdict.disposition), (DmarcResult::PermError, disposition), "{domains:?}");
        assert_eq!((verdict.domain, verdict.policy, verdict.policy_domain), (None, None, None));
        assert!(verdict.aligned_by.is_empty() && verdict.cause.is_none());
    }
}

#[test]
fn a_candidate_that_passes_does_not_make_the_message_pass() {
    let verdict = asked(AuthorCertainty::Candidates, &["reject.example"], "reject.example");
    assert_eq!((verdict.result, verdict.disposition), (DmarcResult::PermError, Disposition::None));
    let candidate = &verdict.candidates[0];
    assert_eq!((candidate.result, candidate.aligned_by.len()), (DmarcResult::Pass, 1));
}

#[test]
fn an_incomplete_search_asks_for_quarantine_at_least() {
    for (domains, disposition) in [
        (&[][..], Disposition::Quarantine),
        (&["none.example"], Disposition::Quarantine),
        (&["evil.example"], Disposition::Quarantine),
        (&["none.example", "reject.example"], Disposition::Reject),
    ] {
        let verdict = asked(AuthorCertainty::Incomplete, domains, "evil.example");
        assert_eq!((verdict.result, verdict.disposition), (DmarcResult::PermError, disposition), "{domains:?}");
    }
}

/// Nobody's policy applies, and the word for it is not that of an owner's broken record.
#[test]
fn no_author_asks_for_nothing_and_says_why() {
    let verdict = Verdict::no_author("there is no From field");
    assert_eq!((verdict.result, verdict.disposition), (DmarcResult::PermError, Disposition::None));
    assert_eq!((verdict.author, verdict.cause), (AuthorCertainty::None, None));
    assert_eq!(verdict.reason.as_deref(), Some("there is no From field"));
    let broken = zone().judge("broken.example", &[]);
    assert_eq!((broken.result, broken.author), (DmarcResult::PermError, AuthorCertainty::Certain));
    assert_eq!(broken.cause, Some(Cause::RecordUnusable));
}

#[test]
fn the_json_of_candidates() {
    let zone = zone();
    let verdicts = [
        zone.judge("testing.example", &[]),
        zone.judge("a.reject.example", &[spf("reject.example")]),
        zone.judge("nowhere.example", &[]),
    ];
    let verdict = Verdict::of_candidates(AuthorCertainty::Candidates, "there are several From fields", &verdicts);
    assert_eq!(
        serde_json::to_string(&verdict).unwrap(),
        concat!(
            r#"{"result":"permerror","domain":null,"policy_domain":null,"policy":null,"disposition":"quarantine","#,
            r#""aligned_by":[],"author":"candidates","candidates":["#,
            r#"{"domain":"testing.example","result":"fail","policy":"reject","policy_domain":"testing.example","disposition":"quarantine","aligned_by":[]},"#,
            r#"{"domain":"a.reject.example","result":"pass","policy":"reject","policy_domain":"reject.example","disposition":"none","aligned_by":["spf"]},"#,
            r#"{"domain":"nowhere.example","result":"none","policy":null,"policy_domain":null,"disposition":"none","aligned_by":[]}],"#,
            r#""reason":"there are several From fields"}"#
        )
    );
}

#[test]
fn the_trail_tells_of_each_candidate_and_of_what_is_asked() {
    let verdict = asked(AuthorCertainty::Candidates, &["reject.example", "none.example"], "evil.example");
    let has = |step: &str| verdict.trail.steps().iter().any(|s| s.step == step);
    assert!(has("dmarc reject.example") && has("dmarc none.example") && has("dmarc author domain"));
    let last = verdict.trail.steps().last().unwrap();
    assert_eq!((&*last.step, &*last.outcome, &*last.rfc), ("dmarc disposition", "reject", "RFC 9989 §11.5"));
}
