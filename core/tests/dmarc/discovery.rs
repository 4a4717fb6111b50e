//! Policy discovery, the organizational domain, and how little is asked for them.

use passerelle::Status;
use passerelle::dmarc::{AppliedPolicy, Discovery, Policy, PolicyDiscovery};

use crate::zone::{Zone, domain};

fn applied(discovery: &Discovery) -> &AppliedPolicy {
    match &discovery.policy {
        PolicyDiscovery::Found(applied) => applied,
        other => panic!("{other:?}"),
    }
}

/// The policy domain, the policy and the organizational domain. The candidate makes the last one matter.
fn found(zone: &Zone, author: &str) -> (String, Option<Policy>, Option<String>) {
    let sibling = format!("sibling.{author}");
    let discovery = zone.discover(author, &[&sibling]);
    let applied = applied(&discovery);
    (applied.domain.to_string(), applied.policy, discovery.organizational_domain.map(|d| d.to_string()))
}

fn expect(policy_domain: &str, policy: Policy, organizational: &str) -> (String, Option<Policy>, Option<String>) {
    (policy_domain.into(), Some(policy), Some(organizational.into()))
}

/// The three examples at the end of RFC 9989 §4.10.2.
#[test]
fn section_4_10_2_examples() {
    let author = "a.mail.example.com";
    let zone = Zone::new(&[("mail.example.com", "v=DMARC1; p=none"), ("example.com", "v=DMARC1; p=reject")]);
    assert_eq!(found(&zone, author), expect("example.com", Policy::Reject, "example.com"));
    let zone = Zone::new(&[("mail.example.com", "v=DMARC1; p=none; psd=n"), ("example.com", "v=DMARC1; p=reject")]);
    assert_eq!(found(&zone, author), expect("mail.example.com", Policy::None, "mail.example.com"));
    let zone = Zone::new(&[("com", "v=DMARC1; p=reject; psd=y")]);
    assert_eq!(found(&zone, author), expect("com", Policy::Reject, "example.com"));
}

/// The names of RFC 9989 §4.10, and those of §5.1.8, where the record of the zone cut is never found.
#[test]
fn section_4_10_and_5_1_8_queries() {
    let (_, asked) = Zone::default().asked("a.b.c.d.e.f.g.h.i.j.mail.example.com", &[]);
    let names =
        ["a.b.c.d.e.f.g.h.i.j", "g.h.i.j", "h.i.j", "i.j", "j"].map(|n| format!("_dmarc.{n}.mail.example.com TXT"));
    assert_eq!(asked[..5], names);
    assert_eq!(asked[5..], ["_dmarc.mail.example.com TXT", "_dmarc.example.com TXT", "_dmarc.com TXT"]);

    let zone =
        Zone::new(&[("example.com", "v=DMARC1; p=none"), ("b.c.d.e.f.g.example.com", "v=DMARC1; p=reject; psd=n")]);
    assert_eq!(found(&zone, "mail.a.b.c.d.e.f.g.example.com"), expect("example.com", Policy::None, "example.com"));
}

/// 127 labels fill a name, so that `_dmarc.` does not fit in front of it; the longest for which it does takes 8 queries.
#[test]
fn the_longest_author_domains() {
    for (labels, queries) in [(127, 7), (124, 7), (123, 8), (9, 8), (8, 8), (7, 7), (1, 1)] {
        let author = format!("{}b", "a.".repeat(labels - 1));
        let (discovery, asked) = Zone::default().asked(&author, &[]);
        assert_eq!(discovery.policy, PolicyDiscovery::Absent);
        assert_eq!(asked.len(), queries, "{labels}");
    }
}

/// A public suffix domain's record is for those whose organizational domain has none (RFC 9989 §4.10.1).
#[test]
fn the_record_of_a_public_suffix_domain_comes_last() {
    let psd = ("example", "v=DMARC1; p=none; sp=quarantine; psd=y");
    let zone = Zone::new(&[psd]);
    assert_eq!(found(&zone, "a.bank.example"), expect("example", Policy::Quarantine, "bank.example"));
    assert_eq!(found(&zone, "bank.example"), expect("example", Policy::Quarantine, "bank.example"));
    let zone = Zone::new(&[psd, ("bank.example", "v=DMARC1; p=reject")]);
    assert_eq!(found(&zone, "a.bank.example"), expect("bank.example", Policy::Reject, "bank.example"));
    // Neither the author domain nor its organizational domain: the record in between does not count.
    let zone = Zone::new(&[psd, ("b.bank.example", "v=DMARC1; p=reject")]);
    assert_eq!(found(&zone, "a.b.bank.example"), expect("example", Policy::Quarantine, "bank.example"));
}

/// A public suffix domain that sends mail itself is its own organizational domain (RFC 9989 §4.10.2 rule 2).
#[test]
fn a_public_suffix_domain_as_author() {
    let zone = Zone::new(&[("gov.example", "v=DMARC1; p=reject; psd=y"), ("example", "v=DMARC1; p=none")]);
    assert_eq!(found(&zone, "gov.example"), expect("gov.example", Policy::Reject, "gov.example"));
    let aligned = zone.discover("gov.example", &["agency.gov.example"]).alignments;
    assert_eq!(aligned[0].relaxed, passerelle::dmarc::Aligned::No);
}

/// Without a psd tag, even the record of a top-level domain makes an organizational domain.
#[test]
fn the_fewest_labels_win() {
    let zone = Zone::new(&[("com", "v=DMARC1; p=none; sp=reject"), ("example.com", "v=DMARC1; p=quarantine")]);
    assert_eq!(found(&zone, "example.com"), expect("example.com", Policy::Quarantine, "com"));
    assert_eq!(found(&zone, "mail.example.com"), expect("com", Policy::Reject, "com"));
}

#[test]
fn several_records_are_all_discarded() {
    let twice = [("example.com", "v=DMARC1; p=none"), ("example.com", "v=DMARC1; p=none")];
    assert_eq!(Zone::new(&twice).discover("example.com", &[]).policy, PolicyDiscovery::Absent);
    // One that is unusable counts among them; what is no policy record does not.
    let unusable = [("example.com", "v=DMARC1; p=none"), ("example.com", "v=DMARC1")];
    assert_eq!(Zone::new(&unusable).discover("example.com", &[]).policy, PolicyDiscovery::Absent);
    let other = [("example.com", "v=spf1 -all"), ("example.com", "v=DMARC1; p=reject"), ("example.com", "v=dmarc1")];
    assert_eq!(applied(&Zone::new(&other).discover("example.com", &[])).policy, Some(Policy::Reject));
    // The walk goes on past them.
    let above = [twice[0], twice[1], ("com", "v=DMARC1; p=reject; psd=y")];
    assert_eq!(found(&Zone::new(&above), "example.com"), expect("com", Policy::Reject, "example.com"));
}

#[test]
fn an_unusable_record_ends_it() {
    let zone = Zone::new(&[("a.example.com", "v=DMARC1; p=bogus"), ("example.com", "v=DMARC1; p=reject")]);
    let unusable = PolicyDiscovery::Unusable { domain: domain("a.example.com") };
    assert_eq!(zone.discover("a.example.com", &["b.example.com"]).policy, unusable);
    assert_eq!(applied(&zone.discover("b.example.com", &[])).policy, Some(Policy::Reject));
}

#[test]
fn np_is_for_names_that_do_not_exist() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=none; sp=quarantine; np=reject")]);
    let policy = |zone: &Zone| applied(&zone.discover("sub.example.com", &[])).policy;
    assert_eq!(policy(&zone), Some(Policy::Reject));
    assert_eq!(policy(&zone.clone().with_name("sub.example.com", Status::NoError)), Some(Policy::Quarantine));
    // The domain itself takes p, whether it exists or not.
    assert_eq!(applied(&zone.discover("example.com", &[])).policy, Some(Policy::None));
}

#[test]
fn existence_is_asked_only_where_it_matters() {
    let asks = |record: &str, author: &str| {
        let (_, asked) = Zone::new(&[("example.com", record)]).asked(author, &[]);
        asked.contains(&format!("{author} A"))
    };
    assert!(asks("v=DMARC1; p=none; np=reject", "sub.example.com"));
    assert!(!asks("v=DMARC1; p=none; np=reject", "example.com"));
    assert!(!asks("v=DMARC1; p=none; sp=reject", "sub.example.com"));
    assert!(!asks("v=DMARC1; p=none; sp=reject; np=reject", "sub.example.com"));
    assert!(!asks("v=DMARC1; sp=none; np=reject; rua=mailto:a@b", "sub.example.com"));
}

/// What cannot be aligned, or is so in any case, is not asked about.
#[test]
fn candidates_that_need_no_question() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject")]);
    let own = ["_dmarc.mail.example.com TXT", "_dmarc.example.com TXT", "_dmarc.com TXT"];
    let candidates = ["mail.example.com", "example.com", "com", "attacker.example", "badexample.com", "other.com"];
    assert_eq!(zone.asked("mail.example.com", &candidates).1, own);
    // Below the organizational domain there may be another, and only there.
    let (_, asked) = zone.asked("mail.example.com", &["x.example.com", "x.example.com"]);
    assert_eq!(asked[3..], ["_dmarc.x.example.com TXT"]);
    // No domain that could share the organizational domain: nothing beyond the record is waited for.
    let (discovery, asked) =
        Zone::new(&[("mail.example.com", "v=DMARC1; p=reject")]).asked("mail.example.com", &["attacker.example"]);
    assert_eq!((asked.len(), discovery.organizational_domain), (1, None));
}

/// A header section full of signatures below the author domain cannot cause more than a bounded number of walks.
#[test]
fn walks_are_bounded() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject")]);
    let names: Vec<String> = (0..100).map(|i| format!("d{i}.example.com")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (discovery, asked) = zone.asked("example.com", &names);
    assert_eq!(asked.len(), 2 + passerelle::limits::MAX_ALIGNMENT_WALKS);
    assert_eq!(discovery.alignments.len(), 100);
}

#[test]
fn the_trail_tells_what_happened() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject")]);
    let discovery = zone.discover("mail.example.com", &["example.com"]);
    let steps: Vec<_> = discovery.trail.steps().iter().map(|s| format!("{}: {}", s.step, s.outcome)).collect();
    let expected = [
        "dmarc record mail.example.com: none",
        "dmarc record example.com: found",
        "dmarc record com: none",
        "dmarc policy record example.com: applies",
        "dmarc alignment example.com: aligned, relaxed",
        "dmarc policy for mail.example.com: reject",
    ];
    assert_eq!(steps, expected);
    assert!(discovery.trail.steps().iter().all(|s| s.rfc.starts_with("RFC 9989 §") && !s.why.is_empty()));
}
