//! Composition attacks, end to end: the attacker's own domain passes everything, and the message is written so that some
//! program shows harbour.example as its author.
//!
//! What each way of writing means to the parser is in `tests/message/composition_attacks.rs`; here DMARC must not pass
//! for a domain that a reader may not see.

use passerelle::dmarc::DmarcResult;
use passerelle::verify::Authenticated;
use proptest::prelude::*;

use crate::world::{evil, from_evil, harbour, report_in, signed_by, world};

const REST: &str = "To: crew@receiver.example\r\nSubject: x\r\n\r\nbody\r\n";

/// A header section that no check may take a side in.
#[track_caller]
fn refused(fields: &str) {
    let report = from_evil(format!("{fields}\r\n{REST}"));
    assert_eq!(report.spf.result.as_str(), "pass", "the attack needs an identifier that passes");
    assert_eq!((report.dmarc.result, &report.dmarc.domain), (DmarcResult::PermError, &None), "{fields:?}");
    assert_eq!(report.authenticated(), Authenticated::No);
    assert!(report.authentication_results.contains("dmarc=permerror"), "{}", report.authentication_results);
}

/// One in which the author is certain, and is the attacker.
#[track_caller]
fn is_evil(fields: &str) {
    let report = from_evil(format!("{fields}\r\n{REST}"));
    assert_eq!(report.dmarc.domain.as_ref().map(|d| d.as_str()), Some("evil.example"), "{fields:?}");
    assert!(!report.authentication_results.contains("header.from=harbour"), "{}", report.authentication_results);
}

/// One in which the author is certain, and is the domain that the attacker has no key of.
#[track_caller]
fn fails_for_harbour(fields: &str) {
    let report = from_evil(format!("{fields}\r\n{REST}"));
    assert_eq!(report.dmarc.domain.as_ref().map(|d| d.as_str()), Some("harbour.example"), "{fields:?}");
    assert_eq!((report.dmarc.result, report.authenticated()), (DmarcResult::Fail, Authenticated::No));
}

#[test]
fn two_from_fields_in_either_order() {
    refused("From: a@evil.example\r\nFrom: ceo@harbour.example");
    refused("From: ceo@harbour.example\r\nFrom: a@evil.example");
    refused("From: a@evil.example\r\nfrom : ceo@harbour.example");
    refused("From: a@evil.example\r\nX: y\r\nFROM:\r\n ceo@harbour.example");
}

#[test]
fn several_addresses_and_groups() {
    refused("From: a@evil.example, ceo@harbour.example");
    refused("From: ceo@harbour.example, a@evil.example");
    refused("From: Harbour: ceo@harbour.example, a@evil.example;");
    refused("From: a@evil.example ceo@harbour.example");
    refused("From: <a@evil.example><ceo@harbour.example>");
}

#[test]
fn source_routes() {
    refused("From: <@evil.example:ceo@harbour.example>");
    refused("From: <@harbour.example:a@evil.example>");
    refused("From: <@evil.example,@harbour.example:a@x.example");
}

#[test]
fn quoted_local_parts_and_display_names_with_at_signs() {
    is_evil("From: \"ceo@harbour.example\"@evil.example");
    is_evil("From: \"ceo@harbour.example\" <a@evil.example>");
    is_evil("From: \"<ceo@harbour.example>\" <a@evil.example>");
    refused("From: ceo@harbour.example@evil.example");
    refused("From: \"a@evil.example <ceo@harbour.example>");
}

#[test]
fn comments() {
    is_evil("From: a@evil.example (ceo@harbour.example)");
    is_evil("From: (<ceo@harbour.example>) a@evil.example");
    is_evil("From: a@(harbour.example)evil.example");
    refused("From: a@evil.example (ceo@harbour.example");
    refused("From: ceo@harbour.example) <a@evil.example>");
}

#[test]
fn encoded_words() {
    is_evil("From: =?utf-8?q?=3Cceo=40harbour=2Eexample=3E?= <a@evil.example>");
    refused("From: =?utf-8?q?ceo=40harbour=2Eexample?=");
    refused("From: <=?utf-8?q?ceo=40harbour=2Eexample=3E=00?=@evil.example");
    // Some programs decode before they look for the address.
    let report = from_evil(format!("From: =?utf-8?b?Y2VvQGhhcmJvdXIuZXhhbXBsZQ==?=@evil.example\r\n{REST}"));
    assert_ne!(report.dmarc.domain.map(|d| d.to_string()).as_deref(), Some("harbour.example"));
}

#[test]
fn nul_and_bare_line_endings() {
    refused("From: ceo@harbour.example\0@evil.example");
    refused("From: <a@evil.example>\0<ceo@harbour.example>");
    refused("X: y\rFrom: ceo@harbour.example\r\nFrom: a@evil.example");
    refused("X: y\nFrom: ceo@harbour.example\r\nFrom: a@evil.example");
    refused("From: a@evil.example\r\nX: y\n\nFrom: ceo@harbour.example");
    refused("From: a@evil.example\r,ceo@harbour.example");
}

#[test]
fn odd_folding_and_names() {
    refused("From\r\n : ceo@harbour.example\r\nFrom: a@evil.example");
    refused("From: a@evil.example\r\n \r\n ,ceo@harbour.example");
    refused("From\0: ceo@harbour.example\r\nFrom: a@evil.example");
    refused("\u{feff}From: ceo@harbour.example\r\nFrom: a@evil.example");
    refused("junk\r\nFrom: a@evil.example");
    is_evil("X: y\r\n From: ceo@harbour.example\r\nFrom: a@evil.example");
}

/// The section ends where it ends for everyone, or DMARC does not pass.
#[test]
fn the_separator_missing_or_doubled() {
    let report = from_evil("From: a@evil.example");
    assert_eq!(report.dmarc.result, DmarcResult::Pass);
    // The second From is in the body.
    let report = from_evil("From: a@evil.example\r\n\r\n\r\nFrom: ceo@harbour.example\r\n\r\nbody\r\n");
    assert_eq!(report.dmarc.domain.unwrap().as_str(), "evil.example");
    // An empty section, and fields only for those who skip empty lines.
    let report = from_evil("\r\nFrom: a@evil.example\r\n\r\nbody\r\n");
    assert_eq!(report.dmarc.result, DmarcResult::PermError);
    // An empty line for those alone who end lines at LF.
    refused("X: y\n\nFrom: ceo@harbour.example\r\nFrom: a@evil.example");
    refused("From: a@evil.example\n\r\nX: y\r\nFrom: ceo@harbour.example");
}

#[test]
fn very_long_fields() {
    let padding = " ".repeat(20_000);
    refused(&format!("From: \"{padding}\" <a@evil.example>"));
    refused(&format!("From: {}a@evil.example", "<a@x.example>, ".repeat(300)));
    let name = "ceo@harbour.example ".repeat(40);
    is_evil(&format!("From: \"{name}\" <a@evil.example>"));
}

/// A message that is authentic, with another author on top for those who read the first field, or the last.
#[test]
fn an_authentic_message_with_one_more_author() {
    let message = signed_by(harbour(), &format!("From: maya@harbour.example\r\n{REST}"));
    let authentic = report_in(&world(&[]), &message, &evil());
    assert_eq!((authentic.dmarc.result, authentic.authenticated()), (DmarcResult::Pass, Authenticated::Yes));
    for attack in [
        format!("From: a@evil.example\r\n{message}"),
        message.replacen("\r\nTo:", "\r\nFrom: a@evil.example\r\nTo:", 1),
        message.replacen("\r\nTo:", "\r\nFrom : a@evil.example\r\nTo:", 1),
        message.replacen("\r\nTo:", "\r\nX: y\nFrom: a@evil.example\r\nTo:", 1),
    ] {
        let report = report_in(&world(&[]), &attack, &evil());
        assert_eq!((report.dmarc.result, report.authenticated()), (DmarcResult::PermError, Authenticated::No));
    }
}

/// Sender, Reply-To, Resent-From and the envelope are not the author.
#[test]
fn other_fields_have_no_say() {
    fails_for_harbour("Sender: a@evil.example\r\nFrom: ceo@harbour.example\r\nResent-From: a@evil.example");
    fails_for_harbour("From: ceo@harbour.example\r\nReply-To: a@evil.example\r\nX-From: a@evil.example");
}

fn piece() -> impl Strategy<Value = &'static str> {
    let pieces = [
        "From:",
        "from :",
        "From",
        " ",
        "\t",
        "\r\n",
        "\r\n ",
        "\n",
        "\r",
        "\0",
        "a@evil.example",
        "<a@evil.example>",
        "ceo@harbour.example",
        "<ceo@harbour.example>",
        "\"",
        "(",
        ")",
        ",",
        ";",
        ":",
        "Harbour",
        "@evil.example:",
        "X: y\r\n",
        "=?utf-8?q?a=40harbour.example?=",
        "\\",
    ];
    prop::sample::select(pieces.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is put together: DMARC passes only where the other domain is in no place that could be an address.
    #[test]
    fn what_passes_shows_one_author(pieces in prop::collection::vec(piece(), 0..10)) {
        let report = from_evil(format!("From: {}\r\n{REST}", pieces.concat()));
        if report.dmarc.result == DmarcResult::Pass {
            let domain = report.dmarc.domain.map(|domain| domain.to_string());
            prop_assert_eq!(domain.as_deref(), Some("evil.example"));
            let text = pieces.concat();
            // Outside quotes, comments and encoded words, which no program reads as an address.
            let hidden = text.contains(['"', '(']) || text.contains("@evil.example:") || text.contains("\r\n\r\n")
                || text.contains("X: y\r\n");
            prop_assert!(hidden || !text.contains("ceo@harbour.example"), "{:?}", text);
        }
    }
}
