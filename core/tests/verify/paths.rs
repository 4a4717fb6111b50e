//! A reverse-path that is no path names no domain.

use passerelle::verify::Authenticated;

use crate::world::{MESSAGE, envelope, report_with, transcript};

#[test]
fn two_addresses_are_no_path() {
    let envelope = envelope().mail_from("x@evil.example, maya@harbour.example");
    let report = report_with(MESSAGE.as_bytes(), &envelope, &transcript("v=DMARC1; p=reject"));
    assert_eq!((report.spf.result.as_str(), &report.spf.domain), ("none", &None));
    assert!(report.spf.reason.as_ref().unwrap().contains("path"));
    assert_eq!((report.dmarc.result.as_str(), report.authenticated()), ("fail", Authenticated::No));
    assert!(!report.authentication_results.contains("smtp.mailfrom"), "{}", report.authentication_results);
    assert!(report.spf_helo.is_some(), "HELO is another matter");
}

#[test]
fn what_is_no_path_is_never_read_as_one() {
    for path in [
        "maya@harbour.example maya@harbour.example",
        "x@evil.example maya@harbour.example",
        "<x@evil.example><maya@harbour.example>",
        "maya @harbour.example",
        "x@evil.example\0maya@harbour.example",
        "maya@harbour.example>",
        "x@evil.example@harbour.example",
        &format!("{}@evil.example, maya@harbour.example", "x".repeat(100)),
        "harbour.example",
        "@harbour.example",
        "Maya <maya@harbour.example>",
    ] {
        let report = report_with(MESSAGE.as_bytes(), &envelope().mail_from(path), &transcript("v=DMARC1; p=reject"));
        assert_eq!((report.spf.result.as_str(), report.authenticated()), ("none", Authenticated::No), "{path:?}");
    }
}

#[test]
fn a_path_in_any_of_its_forms_is_one() {
    let long = format!("bounces+{}@harbour.example", "maya=receiver.example-".repeat(20));
    for path in [
        &*long,
        "maya@harbour.example",
        "<maya@harbour.example>",
        " <maya@harbour.example> ",
        "\"may a\"@harbour.example",
        "maya..quay.@harbour.example",
        "\"x@evil.example,\"@harbour.example",
        "<@relay.example,@other.example:maya@harbour.example>",
        "m\u{e4}ya@harbour.example",
    ] {
        let report = report_with(MESSAGE.as_bytes(), &envelope().mail_from(path), &transcript("v=DMARC1; p=reject"));
        assert_eq!((report.spf.result.as_str(), report.authenticated()), ("pass", Authenticated::Yes), "{path:?}");
    }
}
