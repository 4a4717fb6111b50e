//! What speaks against signing a message: what cannot be valid, what is unwise, and what is worth a remark.

use passerelle::Domain;
use passerelle::dkim::{Examination, Finding, Severity, Signer};
use passerelle::message::Header;

use crate::common::{ED25519, plain, signer};

/// What is found, whatever the chunks, of a message to be signed by example.com.
fn findings(message: &[u8]) -> Vec<Finding> {
    let signer = signer(ED25519).0;
    let (header, body) = Header::split(message);
    let of = |size: usize| {
        let mut examination = signer.examine(&header);
        body.chunks(size).for_each(|chunk| examination.body(chunk));
        examination.finish()
    };
    let found = of(body.len().max(1));
    assert_eq!((of(1), of(7)), (found.clone(), found.clone()));
    found
}

/// What is found besides remarks.
#[track_caller]
fn only(message: &str, severity: Severity) -> Finding {
    let mut found = findings(message.as_bytes());
    found.retain(|finding| finding.severity() > Severity::Remark);
    assert_eq!(found.len(), 1, "{message:?}: {found:?}");
    assert_eq!(found[0].severity(), severity, "{message:?}: {found:?}");
    assert!(!found[0].to_string().is_empty() && !found[0].rfc().is_empty());
    found.remove(0)
}

const FROM: &str = "From: Ann <ann@example.com>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n";

fn with(field: &str) -> String {
    format!("{FROM}{field}\r\n\r\nHi.\r\n")
}

#[test]
fn nothing_speaks_against_a_good_message() {
    assert_eq!(findings(format!("{FROM}Subject: Hi\r\n there\r\n\r\nHi.\r\n\r\n").as_bytes()), []);
    assert_eq!(findings(format!("{FROM}\r\n").as_bytes()), []);
    assert_eq!(findings(&plain()), [Finding::NoDate]);
}

#[test]
fn two_from_fields_are_refused() {
    assert_eq!(only(&with("From: eve@example.com"), Severity::Refuse), Finding::SeveralFrom(2));
    assert_eq!(only(&with("FROM: ann@example.com\r\nfrom: x@example.com"), Severity::Refuse), Finding::SeveralFrom(3));
}

#[test]
fn a_from_that_is_missing_empty_or_malformed_is_refused() {
    assert_eq!(only("Date: today\r\nTo: a@example.com\r\n\r\n", Severity::Refuse), Finding::NoFrom);
    for value in ["", " ", " <>", " Ann", " ann@", " @example.com", " a b@example.com"] {
        let message = format!("From:{value}\r\nDate: today\r\n\r\n");
        assert!(matches!(only(&message, Severity::Refuse), Finding::From(_)), "{value}");
    }
}

#[test]
fn a_section_that_begins_with_a_continuation_is_refused() {
    for message in
        [format!(" continued\r\n{}", with("To: b@example.org")), format!("\tX: y\r\n{}", with("To: b@example.org"))]
    {
        assert_eq!(only(&message, Severity::Refuse), Finding::LeadingContinuation);
    }
}

#[test]
fn lines_that_are_no_field_are_refused() {
    for line in ["no colon here", "Two Words: x", ": no name", "N\u{e9}e: x"] {
        let Finding::NotAField(text) = only(&with(line), Severity::Refuse) else { panic!("{line}") };
        assert_eq!(text, line);
    }
}

#[test]
fn a_nul_in_a_name_or_in_a_value_is_refused() {
    assert_eq!(only(&with("Sub\0ject: x"), Severity::Refuse), Finding::NulInName);
    assert_eq!(only(&with("Subject: x\0y"), Severity::Refuse), Finding::Nul { field: "Subject".into() });
    let found = findings(b"From: A\0nn <ann@example.com>\r\n\r\n");
    assert_eq!(found[0].severity(), Severity::Refuse, "in the author's name: {found:?}");
}

#[test]
fn a_field_that_may_occur_once_and_is_doubled_is_refused() {
    for name in ["Subject", "Date", "To", "Cc", "Reply-To", "Sender", "Message-ID", "Content-Type", "MIME-Version"] {
        let message = format!("From: a@example.com\r\nDate: today\r\n{0}: x\r\n{0}: x\r\n\r\n", name);
        let message = if name == "Date" { message.replacen("Date: today\r\n", "", 1) } else { message };
        let Finding::Repeated { field, count: 2 } = only(&message, Severity::Refuse) else { panic!("{name}") };
        assert_eq!(field.name, name);
    }
}

#[test]
fn bare_line_ends_are_refused_in_header_and_body() {
    for message in [with("X: a\nb"), with("X: a\rb"), with("X: y") + "a\nb", with("X: y") + "a\rb", with("X: y") + "\r"]
    {
        assert!(findings(message.as_bytes()).contains(&Finding::BareLineEnd), "{message:?}");
    }
}

#[test]
fn an_author_outside_the_signing_domain_and_its_parents_is_unwise() {
    let found = only("From: a@example.org\r\nDate: x\r\n\r\n", Severity::Unwise);
    assert_eq!(found, Finding::OutsideDomain { author: Domain::parse("example.org").unwrap() });
    only("From: a@notexample.com\r\nDate: x\r\n\r\n", Severity::Unwise);
    for aligned in ["example.com", "EXAMPLE.com", "news.example.com"] {
        assert_eq!(findings(format!("From: a@{aligned}\r\nDate: x\r\n\r\n").as_bytes()), [], "{aligned}");
    }
    // A signer below the author's domain; and one of several is enough.
    let (header, _) = Header::split(FROM.as_bytes());
    let signer = |domain| Signer::new(Domain::parse(domain).unwrap());
    assert_eq!(signer("mail.example.com").examine(&header).finish(), []);
    assert_eq!(Examination::new(&header, [&signer("esp.example"), &signer("example.com")]).finish(), []);
    assert_eq!(Examination::new(&header, [&signer("esp.example"), &signer("esp.example")]).finish().len(), 1);
}

#[test]
fn an_author_in_several_domains_or_in_a_group_is_unwise() {
    for from in ["a@example.com, b@example.org", "a@[192.0.2.1]", "Us: a@example.com, b@example.com;"] {
        assert!(
            matches!(only(&format!("From: {from}\r\nDate: x\r\n\r\n"), Severity::Unwise), Finding::From(_)),
            "{from}"
        );
    }
}

#[test]
fn hidden_receivers_are_unwise() {
    assert_eq!(only(&with("Bcc: eve@example.org"), Severity::Unwise), Finding::Bcc);
    assert_eq!(only(&with("Resent-Bcc: eve@example.org"), Severity::Unwise), Finding::Bcc);
}

/// RFC 5322 §2.1.1: 998 octets without the line end.
#[test]
fn lines_over_998_octets_are_unwise() {
    for (octets, expected) in [(998, None), (999, Some(999))] {
        let line = "x".repeat(octets);
        for body in [format!("{line}\r\n"), format!("a\r\n{line}\r\nb\r\n"), line.clone()] {
            let message = format!("{FROM}\r\n{body}");
            let found = findings(message.as_bytes());
            assert_eq!(found, expected.map(|octets| Finding::LongLine { field: None, octets }).as_slice(), "{octets}");
        }
        let field = format!("X: {}", "x".repeat(octets - 3));
        let expected = expected.map(|octets| Finding::LongLine { field: Some("X".into()), octets });
        assert_eq!(findings(with(&field).as_bytes()), expected.as_slice());
        assert_eq!(findings(with(&format!("X:\r\n {}", "x".repeat(octets - 1))).as_bytes()), expected.as_slice());
    }
}

#[test]
fn what_programs_read_differently_is_unwise() {
    for (field, expected) in [
        ("Subject : x", Finding::SpaceBeforeColon { field: "Subject".into() }),
        ("Subject: x\r\n \t\r\n y", Finding::BlankFold { field: "Subject".into() }),
        ("Subject: x\x1b[31m", Finding::Control { field: "Subject".into() }),
    ] {
        assert_eq!(only(&with(field), Severity::Unwise), expected);
    }
    let latin = [FROM.as_bytes(), b"Subject: caf\xe9\r\n\r\n"].concat();
    assert_eq!(findings(&latin), [Finding::NotUtf8 { field: "Subject".into() }]);
}

#[test]
fn a_nul_in_the_body_and_a_body_length_are_unwise() {
    assert_eq!(only(&(with("X: y") + "\0"), Severity::Unwise), Finding::NulInBody);
    let (header, _) = Header::split(FROM.as_bytes());
    let signer = signer(ED25519).0.with_body_length();
    assert_eq!(signer.examine(&header).finish(), [Finding::BodyLength]);
}

#[test]
fn what_needs_an_extension_is_remarked() {
    assert_eq!(findings(with("Subject: caf\u{e9}").as_bytes()), [Finding::Utf8 { field: "Subject".into() }]);
    assert_eq!(findings((with("X: y") + "caf\u{e9}\r\n").as_bytes()), [Finding::EightBitBody]);
    assert_eq!(findings((with("Content-Transfer-Encoding: 8BIT") + "caf\u{e9}\r\n").as_bytes()), []);
}

#[test]
fn the_worst_comes_first_and_their_number_is_bounded() {
    let found =
        findings(("From: a@example.org\r\nBcc: x\r\n".to_owned() + &"junk\r\n".repeat(500) + "\r\n\0").as_bytes());
    let severities: Vec<_> = found.iter().map(Finding::severity).collect();
    assert!(severities.is_sorted_by(|a, b| a >= b) && severities.len() < 60, "{severities:?}");
    assert!(found.contains(&Finding::NotAField("junk".into())) && found.contains(&Finding::NulInBody));
    let large = format!("{FROM}X: {}\r\n\r\n", "x".repeat(passerelle::limits::MAX_HEADER_SIZE));
    assert!(matches!(findings(large.as_bytes())[..], [Finding::TooLarge(_)]));
}
