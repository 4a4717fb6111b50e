//! RFC 9989, appendix B, example by example.

use passerelle::dmarc::{Aligned, Discovery, DmarcResult, Method, Policy, PolicyDiscovery, PolicyRecord, ReportUri};

use crate::zone::{Zone, dkim, domain, spf};

fn policy_domain(discovery: &Discovery) -> &str {
    match &discovery.policy {
        PolicyDiscovery::Found(applied) => applied.domain.as_str(),
        other => panic!("{other:?}"),
    }
}

fn alignment(discovery: &Discovery, name: &str) -> (bool, Aligned) {
    let found = discovery.alignments.iter().find(|a| a.domain == domain(name)).unwrap();
    (found.strict, found.relaxed)
}

/// B.1: one record, at the organizational domain of the examples.
fn b1() -> Zone {
    Zone::new(&[("example.com", "v=DMARC1; p=reject"), ("example.net", "v=DMARC1; p=reject")])
}

#[test]
fn b_1_1_example_1_spf_in_strict_alignment() {
    let discovery = b1().discover("example.com", &["example.com"]);
    assert_eq!(alignment(&discovery, "example.com"), (true, Aligned::Yes));
    assert_eq!(discovery.conclude(&[spf("example.com")], &[]).aligned_by, [Method::Spf]);
}

#[test]
fn b_1_1_example_2_spf_in_relaxed_alignment() {
    let discovery = b1().discover("example.com", &["child.example.com"]);
    assert_eq!(alignment(&discovery, "child.example.com"), (false, Aligned::Yes));
    assert_eq!(discovery.conclude(&[spf("child.example.com")], &[]).result, DmarcResult::Pass);
}

#[test]
fn b_1_1_example_3_no_spf_alignment() {
    let discovery = b1().discover("child.example.com", &["example.net"]);
    assert_eq!(alignment(&discovery, "example.net"), (false, Aligned::No));
    assert_eq!(discovery.conclude(&[spf("example.net")], &[]).result, DmarcResult::Fail);
}

#[test]
fn b_1_2_example_1_dkim_in_strict_alignment() {
    let verdict = b1().judge("example.com", &[dkim("example.com")]);
    assert_eq!((verdict.result, &verdict.aligned_by[..]), (DmarcResult::Pass, &[Method::Dkim][..]));
}

#[test]
fn b_1_2_example_2_dkim_in_relaxed_alignment() {
    let discovery = b1().discover("child.example.com", &["example.com"]);
    assert_eq!(alignment(&discovery, "example.com"), (false, Aligned::Yes));
    assert_eq!(discovery.conclude(&[dkim("example.com")], &[]).result, DmarcResult::Pass);
}

#[test]
fn b_1_2_example_3_no_dkim_alignment() {
    let verdict = b1().judge("child.example.com", &[dkim("example.net")]);
    assert_eq!((verdict.result, verdict.aligned_by), (DmarcResult::Fail, vec![]));
}

/// The records of B.2, of which the last one tests.
#[test]
fn b_2_records() {
    let parse = |text: &str| PolicyRecord::parse(text.as_bytes()).unwrap();
    let uris = |uris: &[ReportUri]| uris.iter().map(ToString::to_string).collect::<Vec<_>>();

    let monitoring = parse("v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com");
    assert_eq!(
        (monitoring.p, uris(&monitoring.rua)),
        (Some(Policy::None), vec!["mailto:dmarc-feedback@example.com".into()])
    );

    let failures =
        parse("v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com; ruf=mailto:auth-reports@example.com");
    assert_eq!(uris(&failures.ruf), ["mailto:auth-reports@example.com"]);

    let testing = parse(
        "v=DMARC1; p=quarantine; rua=mailto:dmarc-feedback@example.com,mailto:tld-test@thirdparty.example.net; t=y",
    );
    assert_eq!((testing.p, testing.testing, testing.rua.len()), (Some(Policy::Quarantine), true, 2));
    assert_eq!(testing.ignored, []);
}

#[test]
fn b_3_1_smtp_session() {
    let record = "v=DMARC1; p=reject; aspf=r;\n        rua=mailto:dmarc-feedback@example.com";
    let zone = Zone::new(&[("example.com", record)]);
    let verdict = zone.judge("example.com", &[spf("mail.example.com"), dkim("example.com")]);
    assert_eq!((verdict.result, &verdict.aligned_by[..]), (DmarcResult::Pass, &[Method::Spf, Method::Dkim][..]));
}

#[test]
fn b_4_1_simple_organizational_and_policy_domain() {
    let record = "v=DMARC1; p=reject";
    let zone = Zone::new(&[("example.com", record), ("signing.example.com", record)]);
    let (discovery, asked) = zone.asked("example.com", &["example.com", "signing.example.com"]);
    assert_eq!(discovery.organizational_domain, Some(domain("example.com")));
    assert_eq!(policy_domain(&discovery), "example.com");
    assert_eq!(alignment(&discovery, "example.com"), (true, Aligned::Yes));
    assert_eq!(alignment(&discovery, "signing.example.com"), (false, Aligned::Yes));
    assert_eq!(asked, ["_dmarc.example.com TXT", "_dmarc.com TXT", "_dmarc.signing.example.com TXT"]);
}

#[test]
fn b_4_2_deep_tree_walk() {
    let record = "v=DMARC1; p=reject";
    let zone = Zone::new(&[("example.com", record), ("signing.example.com", record)]);
    let author = "a.b.c.d.e.f.g.h.i.j.k.example.com";
    let (discovery, asked) = zone.asked(author, &["example.com", "signing.example.com"]);
    assert_eq!(discovery.organizational_domain, Some(domain("example.com")));
    assert_eq!(policy_domain(&discovery), "example.com");
    assert_eq!(alignment(&discovery, "example.com"), (false, Aligned::Yes));
    assert_eq!(alignment(&discovery, "signing.example.com"), (false, Aligned::Yes));
    let expected = [
        "_dmarc.a.b.c.d.e.f.g.h.i.j.k.example.com TXT",
        "_dmarc.g.h.i.j.k.example.com TXT",
        "_dmarc.h.i.j.k.example.com TXT",
        "_dmarc.i.j.k.example.com TXT",
        "_dmarc.j.k.example.com TXT",
        "_dmarc.k.example.com TXT",
        "_dmarc.example.com TXT",
        "_dmarc.com TXT",
        "_dmarc.signing.example.com TXT",
    ];
    assert_eq!(asked, expected);
}

#[test]
fn b_4_3_public_suffix_domain_with_a_record() {
    let zone =
        Zone::new(&[("bank.example", "v=DMARC1; p=reject; psd=y"), ("giant.bank.example", "v=DMARC1; p=quarantine")]);
    let discovery = zone.discover("giant.bank.example", &["mail.giant.bank.example", "mail.mega.bank.example"]);
    assert_eq!(discovery.organizational_domain, Some(domain("giant.bank.example")));
    assert_eq!(policy_domain(&discovery), "giant.bank.example");
    assert_eq!(alignment(&discovery, "mail.giant.bank.example"), (false, Aligned::Yes));
    assert_eq!(alignment(&discovery, "mail.mega.bank.example"), (false, Aligned::No));
    let verdict = discovery.conclude(&[spf("mail.giant.bank.example"), dkim("mail.mega.bank.example")], &[]);
    assert_eq!((verdict.result, verdict.aligned_by), (DmarcResult::Pass, vec![Method::Spf]));
}
