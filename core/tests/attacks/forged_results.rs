//! Authentication-Results that came with the message: they change no verdict, and those in our name are told and can
//! be removed. How they may be dressed up is in `tests/results/forgeries.rs`.

use passerelle::dmarc::DmarcResult;
use passerelle::limits::{MAX_COMMENT_DEPTH, MAX_FIELDS_OF_A_KIND, MAX_METHOD_RESULTS};
use passerelle::message::Header;
use passerelle::results::{AuthenticationResults, ResultsError, strip_forged};
use passerelle::verify::Report;

use crate::world::{from_evil, step};

const STEP: &str = "message authentication-results";

/// The report on a message in harbour.example's name, which the attacker sends with these fields.
fn report(fields: &str) -> Report {
    let report = from_evil(format!("From: ceo@harbour.example\r\n{fields}\r\nbody\r\n"));
    assert_eq!(report.dmarc.result, DmarcResult::Fail, "no field of the message has a say");
    assert_eq!(report.authentication_results.matches("\tdmarc=").count(), 1);
    report
}

fn left(fields: &str) -> usize {
    let message = format!("{fields}From: ceo@harbour.example\r\n\r\n");
    let (header, _) = strip_forged(&Header::split(message.as_bytes()).0, &["mx.receiver.example"]).unwrap();
    header.named("Authentication-Results").count()
}

#[track_caller]
fn told_and_removed(fields: &str, count: usize) {
    let told = step(&report(fields), STEP).unwrap_or_default();
    assert!(told.starts_with(&format!("to be removed: {count} ")), "{told:?} of {fields:?}");
    assert_eq!(left(fields), 0, "{fields:?}");
}

#[test]
fn our_name_in_odd_case_folding_and_comments() {
    for field in [
        "Authentication-Results: mx.receiver.example; dmarc=pass header.from=harbour.example\r\n",
        "authentication-RESULTS : MX.Receiver.EXAMPLE; dmarc=pass\r\n",
        "Authentication-Results:\r\n\tmx.receiver.example\r\n\t; dmarc=pass\r\n",
        "Authentication-Results: (a (nested) comment) mx.receiver.example; dmarc=pass\r\n",
        "Authentication-Results: mx(comment).receiver.example; dmarc=pass\r\n",
        "Authentication-Results: \"mx.receiver.example\" 1; dmarc=pass\r\n",
        "Authentication-Results: mx.receiver.example. 1 (x); dmarc=pass\r\n",
        "Authentication-Results: \u{ff4d}x.receiver.example; dmarc=pass\r\n",
        "Authentication-Results: evil.example (mx.receiver.example)\0; dmarc=pass\r\n",
    ] {
        told_and_removed(field, 1);
    }
}

#[test]
fn many_fields_at_once() {
    let one = "Authentication-Results: mx.receiver.example; dmarc=pass\r\n";
    told_and_removed(&one.repeat(MAX_FIELDS_OF_A_KIND), MAX_FIELDS_OF_A_KIND);
    // More than that are no header section that anybody has to take, and nothing passes.
    let message = format!("{}From: a@evil.example\r\n\r\n", one.repeat(MAX_FIELDS_OF_A_KIND + 1));
    let report = from_evil(message);
    assert_eq!(report.dmarc.result, DmarcResult::PermError);
    assert!(report.dmarc.reason.unwrap().contains("more than 1000 fields of one name"));
}

#[test]
fn thousands_of_results_in_one_field() {
    let field =
        format!("Authentication-Results: mx.receiver.example{}\r\n", "; dkim=pass header.d=a.example".repeat(5000));
    told_and_removed(&field, 1);
    let value = field.strip_prefix("Authentication-Results:").unwrap().trim_end();
    assert!(matches!(
        AuthenticationResults::parse(value.as_bytes()),
        Err(ResultsError::TooLong | ResultsError::TooMany)
    ));
    let some = format!(" x.example{}", "; dkim=pass".repeat(MAX_METHOD_RESULTS + 1));
    assert!(matches!(AuthenticationResults::parse(some.as_bytes()), Err(ResultsError::TooMany)));
}

#[test]
fn comments_nested_thousands_deep() {
    for (open, close) in [(10_000, 10_000), (10_000, 0), (MAX_COMMENT_DEPTH + 1, MAX_COMMENT_DEPTH + 1)] {
        let comment = format!("{}x{}", "(".repeat(open), ")".repeat(close));
        told_and_removed(&format!("Authentication-Results: {comment} mx.receiver.example; dmarc=pass\r\n"), 1);
        let value = format!(" {comment} mx.receiver.example; dmarc=pass");
        assert!(AuthenticationResults::parse(value.as_bytes()).is_err());
    }
}

#[test]
fn malformed_fields_neither_help_nor_hurt() {
    for field in ["Authentication-Results:\r\n", "Authentication-Results: ;;;=\r\n", "Authentication-Results: \0\r\n"] {
        assert_eq!(step(&report(field), STEP), None, "{field:?}");
    }
}

/// Those of other hosts stay: they are not in our name, and this engine believes none.
#[test]
fn other_names_stay() {
    let field = "Authentication-Results: mx.other.example; dmarc=pass header.from=harbour.example\r\n";
    assert_eq!((step(&report(field), STEP), left(field)), (None, 1));
    let field = "ARC-Authentication-Results: i=1; mx.receiver.example; dmarc=pass\r\n";
    assert_eq!(step(&report(field), STEP), None);
}

/// What the sender writes into its addresses and names must not become a result of ours.
#[test]
fn results_smuggled_through_values() {
    use crate::world::{evil, report_in, world};
    let smuggled = "x; dmarc=pass header.from=harbour.example; spf=pass smtp.mailfrom=y";
    for (helo, mail_from) in [
        (smuggled.to_owned(), format!("\"{smuggled}\"@evil.example")),
        (format!("a\r\n {smuggled}"), format!("{smuggled}@evil.example")),
        (
            format!("\"{smuggled}"),
            "a\r\nAuthentication-Results: mx.receiver.example; dmarc=pass\r\nX: @evil.example".to_owned(),
        ),
    ] {
        let envelope = evil().helo(helo).mail_from(mail_from);
        let report = report_in(&world(&[]), "From: ceo@harbour.example\r\n\r\n", &envelope);
        let field = &report.authentication_results;
        let (header, rest) = Header::split(field.as_bytes());
        assert_eq!((header.fields().len(), rest.len()), (1, 0), "{field:?}");
        let parsed = AuthenticationResults::parse(header.fields().next().unwrap().value()).unwrap();
        let dmarc: Vec<&str> = parsed.results.of_method("dmarc").map(|result| result.result()).collect();
        assert_eq!(dmarc, ["fail"], "{field:?}");
    }
}
