//! How each identifier stands to the author domain, in a word: whether it is authenticated or not, and whatever is asked.

use passerelle::dmarc::{Discover, Discovery};
use passerelle::limits::MAX_TOLD_WALKS;
use passerelle::{Evaluation, IdentifierAlignment, Status};

use crate::zone::{Zone, domain};

fn word(discovery: &Discovery, name: &str) -> &'static str {
    discovery.alignment_of(&domain(name)).as_str()
}

/// Discovery with candidates, and with others that are only to be told of.
fn telling(zone: &Zone, author: &str, candidates: &[&str], others: &[&str]) -> Discovery {
    let names = |names: &[&str]| names.iter().map(|name| domain(name)).collect::<Vec<_>>();
    let request = Discover::new(domain(author), names(candidates)).telling_of(names(others));
    Evaluation::new(request).run_with(|question| zone.answer(question))
}

#[test]
fn the_words() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject"), ("dept.example.com", "v=DMARC1; p=none; psd=n")]);
    let names = ["mail.example.com", "example.com", "x.example.com", "dept.example.com", "other.com", "a.example"];
    let discovery = zone.discover("mail.example.com", &names);
    let words = names.map(|name| word(&discovery, name));
    assert_eq!(words, ["strict", "relaxed", "relaxed", "no", "no", "no"]);
}

/// The word says what is, not what the record asks for: with `adkim=s` one sees what relaxed alignment would have taken.
#[test]
fn the_mode_that_is_asked_for_does_not_matter() {
    for record in ["v=DMARC1; p=reject; adkim=s; aspf=s", "v=DMARC1; p=bogus", "v=DMARC1; p=reject; adkim=s"] {
        let zone = Zone::new(&[("example.com", record), ("y.example.com", "v=DMARC1; psd=n; p=none")]);
        let discovery = zone.discover("example.com", &["x.example.com", "y.example.com", "example.net"]);
        let words = ["x.example.com", "y.example.com", "example.net"].map(|name| word(&discovery, name));
        assert_eq!(words, ["relaxed", "no", "no"], "{record}");
    }
}

/// RFC 9989 §4.10.2: without a record each domain is an organizational domain of its own.
#[test]
fn without_a_record() {
    let discovery = Zone::default().discover("example.com", &["example.com", "mail.example.com"]);
    assert_eq!(["example.com", "mail.example.com", "com"].map(|name| word(&discovery, name)), ["strict", "no", "no"]);
}

#[test]
fn unknown_where_a_query_failed() {
    for status in [Status::ServFail, Status::Timeout] {
        let zone = Zone::new(&[("mail.example.com", "v=DMARC1; p=reject")]).failing("com", status);
        let names = ["mail.example.com", "x.example.com", "example.org"];
        let discovery = zone.discover("mail.example.com", &names);
        assert_eq!(names.map(|name| word(&discovery, name)), ["strict", "unknown", "no"]);
        let discovery = Zone::default().failing("mail.example.com", status).discover("mail.example.com", &names);
        assert_eq!(names.map(|name| word(&discovery, name)), ["strict", "unknown", "no"]);
    }
}

/// What cannot be authenticated any more is told of, within a bound of its own, and behind what can.
#[test]
fn others_are_told_of_within_a_bound() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject")]);
    let names: Vec<String> = (0..40).map(|i| format!("a{i:02}.example.com")).collect();
    let others: Vec<&str> = names.iter().map(String::as_str).collect();
    let discovery = telling(&zone, "example.com", &["z.example.com", "a39.example.com"], &others);
    assert_eq!(["z.example.com", "a39.example.com"].map(|name| word(&discovery, name)), ["relaxed"; 2]);
    let told = |wanted| others.iter().filter(|name| word(&discovery, name) == wanted).count();
    assert_eq!(told("relaxed"), MAX_TOLD_WALKS + 1);
    assert_eq!(told("unknown"), others.len() - MAX_TOLD_WALKS - 1);
    // No result depends on them.
    let verdict = discovery.conclude(&[], &[]);
    assert_eq!(verdict.result.as_str(), "fail");
}

/// Of a name that was not among them, such as that of HELO, what is known without a question.
#[test]
fn names_that_were_not_asked_about() {
    let zone = Zone::new(&[("example.com", "v=DMARC1; p=reject")]);
    let discovery = zone.discover("mail.example.com", &["x.example.com"]);
    let words = ["mail.example.com", "example.com", "mx.example.com", "example.net", "notexample.com"];
    assert_eq!(words.map(|name| word(&discovery, name)), ["strict", "relaxed", "unknown", "no", "no"]);
    assert_eq!(discovery.alignment_of(&domain("mail.example.com")), IdentifierAlignment::Strict);
}

/// The trail says which tag is content with what, so that it does not call aligned what the verdict does not take.
#[test]
fn the_trail_names_the_mode_by_its_tag() {
    let step = |tags: &str| {
        let zone = Zone::new(&[("example.com", &format!("v=DMARC1; p=reject; {tags}"))]);
        let discovery = zone.discover("example.com", &["mail.example.com"]);
        let steps = discovery.trail.steps().iter();
        let step = steps.rev().find(|step| step.step == "dmarc alignment mail.example.com").unwrap().clone();
        (step.outcome.into_owned(), step.why.into_owned())
    };
    let same = "its organizational domain is that of example.com";
    assert_eq!(step("adkim=r"), ("aligned, relaxed".into(), format!("{same}, which adkim=r and aspf=r take")));
    let (outcome, why) = step("adkim=s; aspf=s");
    assert_eq!(outcome, "not aligned");
    assert_eq!(why, format!("{same}, but adkim=s and aspf=s take the author domain alone"));
    let (outcome, why) = step("adkim=s");
    assert_eq!(outcome, "aligned for SPF alone");
    assert!(why.contains("aspf=r takes") && why.contains("adkim=s takes the author domain alone"), "{why}");
    assert_eq!(step("aspf=s").0, "aligned for DKIM alone");
}
