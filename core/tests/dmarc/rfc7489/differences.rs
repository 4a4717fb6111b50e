//! Named cases in which the two standards part, and what is said of them.

use passerelle::Status;
use passerelle::dmarc::{Disposition, DmarcResult, Method};

use super::world::{applied, both, both_undecided};
use crate::zone::{Zone, dkim, spf};

/// All of these words are in the text.
#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text:?}");
    }
}

/// Most mail: one record at the organizational domain of both.
#[test]
fn no_difference() {
    let zone = Zone::new(&[("example.co.uk", "v=DMARC1; p=quarantine; sp=reject; aspf=s")]);
    for author in ["example.co.uk", "a.b.example.co.uk"] {
        for identifier in ["example.co.uk", "b.example.co.uk", "a.b.example.co.uk", "other.co.uk", "co.uk"] {
            for passed in [vec![dkim(identifier)], vec![spf(identifier)], vec![]] {
                assert_eq!(both(&zone, author, &passed).difference, None, "{author} {passed:?}");
            }
        }
    }
    assert_eq!(both(&Zone::default(), "example.com", &[dkim("example.com")]).difference, None);
}

/// The tree walk stops nowhere in particular: the record of `a.b` is the author's own, and the one between counts for
/// RFC 9989 only where it is the highest.
#[test]
fn a_record_between_author_and_organizational_domain() {
    // Only the record in between: RFC 7489 never asks for it.
    let zone = Zone::new(&[("b.example.co.uk", "v=DMARC1; p=reject")]);
    let told = both(&zone, "a.b.example.co.uk", &[dkim("example.co.uk")]);
    let (new, old, text) = told.told();
    assert_eq!((new, old), ("fail", "none"));
    assert_eq!((applied(&told.new), applied(&told.old)), (Some(("b.example.co.uk", "reject")), None));
    says(
        text,
        &[
            "result fail / none",
            "policy record b.example.co.uk / none",
            "the organizational domain of a.b.example.co.uk is b.example.co.uk by the tree walk (the record of \
             b.example.co.uk is the highest) and example.co.uk by the public suffix list (below the public suffix co.uk)",
            "RFC 9989 applies the record of b.example.co.uk, RFC 7489 finds no record",
        ],
    );
    // With one at the organizational domain too, both apply that.
    let zone = Zone::new(&[("b.example.co.uk", "v=DMARC1; p=reject"), ("example.co.uk", "v=DMARC1; p=none")]);
    let same = both(&zone, "a.b.example.co.uk", &[dkim("example.co.uk")]);
    assert_eq!((applied(&same.new), same.difference), (Some(("example.co.uk", "none")), None));
}

/// github.io is a public suffix of the private section, and publishes no psd=y of its own.
#[test]
fn the_private_section() {
    let zone = Zone::new(&[("github.io", "v=DMARC1; p=reject")]);
    let told = both(&zone, "someone.github.io", &[dkim("other.github.io")]);
    let (new, old, text) = told.told();
    assert_eq!((new, old), ("pass", "none"));
    says(
        text,
        &[
            "someone.github.io is github.io by the tree walk (the record of github.io is the highest)",
            "someone.github.io by the public suffix list (below the public suffix github.io)",
            "aligned by dkim / nothing",
        ],
    );
    // Each with a record of its own, they are neighbours for one standard and strangers for the other.
    let zone = Zone::new(&[("someone.github.io", "v=DMARC1; p=reject"), ("github.io", "v=DMARC1; p=reject")]);
    let told = both(&zone, "someone.github.io", &[dkim("other.github.io")]);
    let (new, old, text) = told.told();
    assert_eq!((new, old, told.by_rfc7489.disposition), ("pass", "fail", Disposition::Reject));
    says(text, &["other.github.io is not aligned by the list, its organizational domain being other.github.io"]);
}

/// A public suffix domain that says so has a policy for those below it, which RFC 7489 does not look for.
#[test]
fn psd_y() {
    let zone = Zone::new(&[("bank", "v=DMARC1; p=reject; sp=quarantine; psd=y")]);
    let told = both(&zone, "mail.river.bank", &[]);
    let (new, old, text) = told.told();
    assert_eq!((new, old, told.by_rfc9989.disposition), ("fail", "none", Disposition::Quarantine));
    says(text, &["RFC 9989 applies the record of bank, RFC 7489 finds no record"]);
    assert!(!text.contains("organizational domain"), "it is river.bank for both: {text}");

    // Where the list does not know the suffix: RFC 7489 takes two companies for one.
    let zone = Zone::new(&[("corp.example", "v=DMARC1; p=none; psd=y"), ("one.corp.example", "v=DMARC1; p=reject")]);
    let told = both(&zone, "one.corp.example", &[spf("two.corp.example")]);
    let (new, old, text) = told.told();
    assert_eq!((new, old), ("fail", "pass"));
    says(
        text,
        &[
            "one.corp.example by the tree walk (psd=y at corp.example)",
            "corp.example by the public suffix list (below the public suffix example)",
            "two.corp.example is aligned by the list, its organizational domain being corp.example",
        ],
    );
}

#[test]
fn psd_n() {
    let zone = Zone::new(&[("dept.example.com", "v=DMARC1; p=reject; psd=n"), ("example.com", "v=DMARC1; p=none")]);
    let told = both(&zone, "mail.dept.example.com", &[dkim("example.com")]);
    let (new, old, text) = told.told();
    assert_eq!((new, old), ("fail", "pass"));
    says(
        text,
        &["dept.example.com by the tree walk (psd=n at dept.example.com)", "example.com is aligned by the list"],
    );
    says(text, &["RFC 9989 applies the record of dept.example.com, RFC 7489 applies the record of example.com"]);
}

/// The list would know who belongs together, but nobody has asked for relaxed alignment.
#[test]
fn no_record_at_all() {
    for (author, signer) in [("example.com", "mail.example.com"), ("mail.example.com", "example.com")] {
        let same = both(&Zone::default(), author, &[dkim(signer)]);
        assert_eq!((same.by_rfc7489.result, &same.by_rfc7489.aligned_by[..]), (DmarcResult::None, &[][..]));
        assert_eq!(same.difference, None);
    }
    assert_eq!(both(&Zone::default(), "example.com", &[dkim("example.com")]).by_rfc7489.aligned_by, [Method::Dkim]);
}

#[test]
fn np_is_not_known() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=none; np=reject")]);
    let told = both(&zone, "no-such.example.com", &[]);
    let (new, old, text) = told.told();
    assert_eq!((new, old), ("fail", "fail"));
    says(text, &["policy reject / none", "RFC 9989 applies np, which RFC 7489 does not know"]);
    let exists = zone.clone().with_name("no-such.example.com", Status::NoError);
    assert_eq!(both(&exists, "no-such.example.com", &[]).difference, None);
    let failing = zone.with_name("no-such.example.com", Status::ServFail);
    let told = both(&failing, "no-such.example.com", &[]);
    assert_eq!((told.told().0, told.told().1), ("temperror", "fail"));
    says(told.told().2, &["whether the author domain exists could not be found out"]);
    // Its faults are not known either.
    let told = both(&Zone::new(&[("example.com", "v=DMARC1; p=reject; np=bogus")]), "example.com", &[]);
    assert_eq!((told.told().0, told.told().1), ("permerror", "fail"));
    says(told.told().2, &["np is not valid"]);
    let reporting = Zone::new(&[("example.com", "v=DMARC1; p=reject; np=bogus; rua=mailto:a@b")]);
    says(both(&reporting, "example.com", &[]).told().2, &["policy none / reject", "np is not valid"]);
}

/// `sp` stands for both; where it stands makes the difference.
#[test]
fn sp_of_another_record() {
    let zone = Zone::new(&[("com", "v=DMARC1; p=none; sp=reject"), ("example.com", "v=DMARC1; p=quarantine; sp=none")]);
    let told = both(&zone, "mail.example.com", &[]);
    says(told.told().2, &["policy reject / none", "is com by the tree walk", "example.com by the public"]);
}

#[test]
fn p_must_come_second() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; sp=none; p=reject")]);
    let told = both(&zone, "example.com", &[]);
    assert_eq!((told.told().0, told.told().1), ("fail", "permerror"));
    says(
        told.told().2,
        &["p is not right behind v, as RFC 7489 §6.3 wants it", "cannot use the record of example.com"],
    );
    let zone = Zone::new(&[("example.com", "v=DMARC1; rua=mailto:a@b; p=reject")]);
    let told = both(&zone, "example.com", &[]);
    says(told.told().2, &["policy reject / none", "p is not right behind v"]);
    assert!(!told.told().2.contains("organizational"), "{}", told.told().2);
    // A message that passes does so under either policy; the report still says that they are not the same.
    says(both(&zone, "example.com", &[dkim("example.com")]).told().2, &["policy reject / none"]);
}

#[test]
fn pct_and_t() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject; pct=25")]);
    let told = both(&zone, "example.com", &[]);
    assert_eq!(told.by_rfc9989.pct, None);
    says(told.told().2, &["disposition reject / reject (pct=25)", "pct is historic by RFC 9989"]);
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject; t=y")]);
    says(both(&zone, "example.com", &[]).told().2, &["disposition quarantine / reject", "t=y asks for one level less"]);
    // RFC 9989 appendix A.6: those who want the same from everybody publish both.
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject; t=y; pct=0")]);
    let told = both(&zone, "example.com", &[]);
    assert_eq!(
        (told.by_rfc9989.disposition, told.by_rfc7489.disposition),
        (Disposition::Quarantine, Disposition::Quarantine)
    );
}

#[test]
fn several_records() {
    let zone = Zone::new(&[
        ("a.example.com", "v=DMARC1; p=none"),
        ("a.example.com", "v=DMARC1; p=none"),
        ("example.com", "v=DMARC1; p=reject"),
    ]);
    let told = both(&zone, "a.example.com", &[]);
    assert_eq!((told.told().0, told.told().1), ("fail", "none"));
    says(told.told().2, &["RFC 9989 applies the record of example.com, RFC 7489 stops at a.example.com"]);
}

/// A query that only one of them makes, and that fails.
#[test]
fn a_failed_query_of_the_tree_walk() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject")]).failing("com", Status::Timeout);
    let told = both(&zone, "a.example.com", &[dkim("example.com")]);
    assert_eq!((told.told().0, told.told().1), ("temperror", "pass"));
    says(
        told.told().2,
        &["RFC 9989 got no answer about the record of com, RFC 7489 applies the record of example.com"],
    );
    let told = both(&zone, "example.com", &[dkim("a.example.com")]);
    assert_eq!((told.told().0, told.told().1), ("temperror", "pass"));
    says(told.told().2, &["RFC 9989 could not find out whether a.example.com is aligned"]);
    let told = both_undecided(&zone, "example.com", &[], &[dkim("a.example.com")]);
    assert_eq!((told.by_rfc9989.result, told.by_rfc7489.result), (DmarcResult::TempError, DmarcResult::TempError));
    assert_eq!(told.difference, None);
}
