//! A whole verification with DMARC by both standards: each verdict is the one that its standard gives alone, both cost no
//! further question than RFC 9989, and a difference is told of where there is one.
#![no_main]

use passerelle::dmarc::Verdict;
use passerelle::verify::DmarcMode;
use passerelle_fuzz::case::Case;
use passerelle_fuzz::fuzz_target;

fuzz_target!(|case: Case| {
    let case = case.prepare();
    let (both, questions) = case.check(DmarcMode::Both);
    let (new, questions_of_new) = case.verify(DmarcMode::Rfc9989);
    let (old, _) = case.verify(DmarcMode::Rfc7489);
    let by_rfc7489 = both.dmarc_rfc7489.as_ref().expect("both were asked for");
    assert_eq!(&both.dmarc, &new.dmarc);
    assert_eq!(by_rfc7489, &old.dmarc);
    assert_eq!((&both.spf, &both.dkim, &both.iprev), (&new.spf, &new.dkim, &new.iprev));
    assert_eq!(questions, questions_of_new);
    assert_eq!(both.dmarc_difference.is_none(), agree(&both.dmarc, by_rfc7489), "{:?}", both.dmarc_difference);
});

fn agree(new: &Verdict, old: &Verdict) -> bool {
    let all = |verdict: &Verdict| {
        let disposition = (verdict.disposition.to_string(), verdict.pct);
        let policy = (verdict.policy_domain.clone(), verdict.policy);
        // Of an uncertain author, each candidate's verdict counts.
        (verdict.result, policy, disposition, verdict.aligned_by.clone(), verdict.candidates.clone())
    };
    all(new) == all(old)
}
