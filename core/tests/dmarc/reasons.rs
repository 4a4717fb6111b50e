//! Reasons with which an operator can mend something: what is wrong, where, and what to write instead.

use passerelle::dmarc::{DmarcResult, Verdict};
use proptest::prelude::*;

use crate::zone::{Zone, dkim, spf};

fn judge(record: &str) -> Verdict {
    Zone::new(&[("example.com", record)]).judge("example.com", &[])
}

#[track_caller]
fn says(verdict: &Verdict, result: DmarcResult, sentence: &str) {
    let reason = verdict.reason.as_deref().unwrap_or_default();
    assert_eq!(verdict.result, result, "{reason}");
    assert!(reason.contains(sentence), "{reason}");
    assert!(reason.bytes().all(|b| (b' '..=b'~').contains(&b)), "{reason}");
}

#[test]
fn the_mode_that_applied_by_its_tag_and_what_it_would_have_taken() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject; adkim=s; aspf=s")]);
    let verdict =
        zone.judge("example.com", &[dkim("mail.example.com"), spf("bounces.example.com"), dkim("esp.example")]);
    says(
        &verdict,
        DmarcResult::Fail,
        "dkim passes for mail.example.com, which adkim=r would take and adkim=s does not",
    );
    says(
        &verdict,
        DmarcResult::Fail,
        "spf passes for bounces.example.com, which aspf=r would take and aspf=s does not",
    );
    says(&verdict, DmarcResult::Fail, "dkim passes for esp.example (adkim=s)");
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject; adkim=s")]);
    let verdict = zone.judge("example.com", &[dkim("mail.example.com"), spf("esp.example")]);
    says(&verdict, DmarcResult::Fail, "spf passes for esp.example, which has another organizational domain (aspf=r)");
}

#[test]
fn what_would_have_been_aligned() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject; adkim=s; aspf=s")]);
    let names = ["example.com", "mail.example.com", "esp.example"];
    let verdict = zone.discover("example.com", &names).conclude(&[], &[]);
    says(&verdict, DmarcResult::Fail, "no identifier is authenticated, example.com would have been aligned");
    assert!(!verdict.reason.unwrap().contains("mail.example.com"), "strict alignment does not take it");
    let relaxed = Zone::new(&[("example.com", "v=DMARC1; p=reject")]);
    let verdict = relaxed.discover("example.com", &names).conclude(&[dkim("esp.example")], &[]);
    says(&verdict, DmarcResult::Fail, "example.com or mail.example.com would have been aligned");
}

/// However many there are.
#[test]
fn reasons_stay_short() {
    let names: Vec<String> = (0..60).map(|i| format!("d{i}.esp.example")).collect();
    let authenticated: Vec<_> = names.iter().map(|name| dkim(name)).collect();
    let reason =
        Zone::new(&[("example.com", "v=DMARC1; p=reject")]).judge("example.com", &authenticated).reason.unwrap();
    assert!(reason.matches("passes for").count() == 4 && reason.len() < 600, "{reason}");
}

#[test]
fn policies_that_are_none() {
    let unusable = [
        ("p=jerect", "p=jerect is no policy: reject may be meant"),
        ("p=rejected", "p=rejected is no policy: reject may be meant"),
        ("p=qurantine", "p=qurantine is no policy: quarantine may be meant"),
        ("p=block", "p=block is no policy: none, quarantine and reject are"),
        ("p=", "p= has no value"),
        ("p=reject; sp=jerect", "sp=jerect is no policy: reject may be meant"),
        ("p=reject; np=nones", "np=nones is no policy: none may be meant"),
        ("p=reject\\", "p=reject\\ is no policy: a backslash stands before a semicolon"),
        ("p=\"reject\"", "reject stands in quotation marks"),
        ("p=reject rua=mailto:a@example.com", "a semicolon is missing behind p=reject"),
        ("p=reject,", "nothing but a semicolon belongs behind p=reject"),
        ("p=reject\u{a0}", "with no character that is not ASCII"),
        ("p=none; p=reject", "p stands there more than once"),
        ("p=none; sp=none; sp=none", "sp stands there more than once"),
        ("sp=reject", "p is missing"),
        ("policy=reject", "policy=reject is no tag: p= may be meant"),
        ("", "p is missing"),
    ];
    for (tags, sentence) in unusable {
        let verdict = judge(&format!("v=DMARC1; {tags}"));
        says(&verdict, DmarcResult::PermError, sentence);
        says(&verdict, DmarcResult::PermError, "in the policy record of example.com");
        let told = verdict.trail.steps().iter().any(|step| step.outcome == "at fault" && step.why.contains(sentence));
        assert!(told, "the trail does not tell of {tags}");
        if tags.contains("rua") {
            continue;
        }
        // With an address for reports it counts as p=none, and the reason is the same.
        let reporting = judge(&format!("v=DMARC1; {tags}; rua=mailto:a@example.com"));
        says(&reporting, DmarcResult::Fail, sentence);
    }
}

#[test]
fn other_tags_on_which_the_verdict_depends() {
    for (tags, sentence) in [
        ("adkim=strict", "adkim=strict is no mode, so that adkim=r applies: adkim=s is meant"),
        ("aspf=relaxed", "aspf=relaxed is no mode: aspf=r is meant"),
        ("aspf=x", "aspf=x is no mode: r and s are, so that aspf=r applies"),
        ("t=yes", "t=yes is neither y nor n"),
        ("psd=yes", "psd=yes is none of y, n and u"),
        ("adkm=s", "adkm=s is no tag: adkim= may be meant"),
        ("adkim=s; adkim=s", "adkim stands there more than once"),
        ("rua=a@example.com", "it takes mailto: in front of each"),
    ] {
        says(&judge(&format!("v=DMARC1; p=reject; {tags}")), DmarcResult::Fail, sentence);
    }
    let sound = judge("v=DMARC1; p=reject; pct=100; ri=3600; new=thing; fo=1; rua=mailto:a@example.com");
    assert_eq!(sound.reason.as_deref(), Some("no identifier is authenticated"));
}

/// A pass needs no reason, and no verdict is another for these.
#[test]
fn a_pass_has_no_reason() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject; adkim=strict; t=yes")]);
    let verdict = zone.judge("example.com", &[dkim("example.com")]);
    assert_eq!((verdict.result, verdict.reason), (DmarcResult::Pass, None));
}

#[test]
fn records_that_are_none() {
    for (record, sentence) in [
        ("v=DMARC1 p=reject", "a semicolon is missing behind v=DMARC1"),
        ("v=DMARC1, p=reject", "a semicolon belongs behind v=DMARC1, not \",\""),
        ("v=DMARC1: p=reject", "a semicolon belongs behind v=DMARC1, not \":\""),
        ("v=DMARC1\\; p=reject\\;", "a backslash stands before a semicolon"),
        ("v=dmarc1; p=reject", "DMARC1 has to be in capitals"),
        ("v=DMARC; p=reject", "it begins with \"v=DMARC\" in place of v=DMARC1"),
        ("v=DMARC2; p=reject", "it begins with \"v=DMARC2\" in place of v=DMARC1"),
        ("v=DMRAC1; p=reject", "it begins with \"v=DMRAC1\" in place of v=DMARC1"),
        ("DMARC1; p=reject", "it begins with \"DMARC1\" in place of v=DMARC1"),
        ("v:DMARC1; p=reject", "it begins with \"v:DMARC1\" in place of v=DMARC1"),
        ("p=reject; v=DMARC1", "v=DMARC1 has to come first"),
        ("p=reject; rua=mailto:a@example.com", "it does not begin with v=DMARC1 and a semicolon"),
        (" v=DMARC1; p=reject", "it begins with a blank"),
        ("\"v=DMARC1; p=reject\"", "it begins with a quotation mark"),
        ("\u{201c}v=DMARC1; p=reject\u{201d}", "octet 1 is a curly quotation mark (E2 80 9C)"),
        ("v=DMARC1\u{a0}; p=reject", "octet 9, behind \"v=DMARC1\", is a no-break space (C2 A0)"),
        ("v=spf1 -all", "it is an SPF record"),
        ("v=DKIM1; k=rsa; p=MIGf", "it is a DKIM key record"),
    ] {
        for at in ["mail.example.com", "example.com"] {
            let verdict = Zone::new(&[(at, record)]).judge("mail.example.com", &[]);
            says(&verdict, DmarcResult::None, sentence);
            says(&verdict, DmarcResult::None, &format!("at _dmarc.{at} "));
        }
    }
    let long = format!("v=DMARC1; p=reject; x={}", "a".repeat(5000));
    says(&judge(&long), DmarcResult::None, "it has more than 4096 octets");
    // What has nothing to do with DMARC is not remarked on.
    let reason = judge("google-site-verification=abc").reason.unwrap();
    assert_eq!(reason, "no policy record applies to example.com");
}

#[cfg(feature = "psl")]
#[test]
fn by_rfc_7489_likewise() {
    use passerelle::dmarc::rfc7489;
    use passerelle::{Domain, Evaluation};

    let judge = |at: &str, record: &str| {
        let author = Domain::parse("mail.example.com").unwrap();
        let zone = Zone::new(&[(at, record)]);
        Evaluation::new(rfc7489::Discover::new(author, []))
            .run_with(|question| zone.answer(question))
            .conclude(&[], &[])
    };
    says(&judge("mail.example.com", "v=DMARC1 p=reject"), DmarcResult::None, "a semicolon is missing behind v=DMARC1");
    says(&judge("example.com", "v=DMARC1 p=reject"), DmarcResult::None, "a semicolon is missing behind v=DMARC1");
    says(
        &judge("example.com", "v=DMARC1; p=jerect"),
        DmarcResult::PermError,
        "p=jerect is no policy: reject may be meant",
    );
    says(&judge("example.com", "v=DMARC1; sp=none; p=reject"), DmarcResult::PermError, "p is not right behind v");
}

proptest! {
    /// Whatever stands there: a reason is one line of printable ASCII, and no longer than a few records' beginnings.
    #[test]
    fn reasons_are_plain_text(
        head in "(v=DMARC1;|v=DMARC1|v=dmarc1;|\"v=DMARC1;|p=none;|)",
        tokens in prop::collection::vec(prop::sample::select(vec![
            " ", "=", ";", "\\", "\"", ",", "\u{a0}", "\u{201c}", "p", "sp", "np", "adkim", "aspf", "t", "psd", "rua", "none", "reject", "jerect",
            "strict", "s", "y", "mailto:a@b", "a@b", "v=DMARC1", "x", "\u{e9}",
        ]), 0..24),
    ) {
        let record = format!("{head}{}", tokens.concat());
        let reason = judge(&record).reason.unwrap();
        prop_assert!(reason.len() < 2000 && reason.bytes().all(|b| (b' '..=b'~').contains(&b)), "{}", reason);
    }
}
