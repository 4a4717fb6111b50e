//! TXT records and policy files, read.

use passerelle::Record;
use passerelle::limits::{MAX_STS_AGE, MAX_STS_POLICY};
use passerelle::route::mta_sts::{Mode, MxPattern, StsPolicy, StsPolicyError, StsRecord, StsRecordError};
use proptest::prelude::*;

use crate::world::domain;

fn id(text: &str) -> Result<String, StsRecordError> {
    StsRecord::parse(text.as_bytes()).map(|record| record.id)
}

#[test]
fn txt_records_are_read_as_the_grammar_has_them() {
    for (text, expected) in [
        // RFC 8461 §3.1, the example.
        ("v=STSv1; id=20160831085700Z;", Ok("20160831085700Z")),
        ("v=STSv1; id=20160831085700Z", Ok("20160831085700Z")),
        ("v=STSv1;id=1", Ok("1")),
        ("v=STSv1 \t; \t id=1 \t;", Ok("1")),
        ("v=STSv1; later=x-1; id=1", Ok("1")),
        ("v=STSv1; id=1; id=2", Ok("1")),
        ("v=STSv1; id=abcdefghijklmnopqrstuvwxyz012345", Ok("abcdefghijklmnopqrstuvwxyz012345")),
        ("v=STSv1; id=abcdefghijklmnopqrstuvwxyz0123456", Err(StsRecordError::Id)),
        ("v=STSv1; id=", Err(StsRecordError::Id)),
        ("v=STSv1; id=a-b", Err(StsRecordError::Id)),
        ("v=STSv1;", Err(StsRecordError::NoId)),
        ("v=STSv1; later=x", Err(StsRecordError::NoId)),
        ("v=STSv1; ID=1", Err(StsRecordError::NoId)),
        ("v=STSv1; id", Err(StsRecordError::Field)),
        ("v=STSv1; id=1; ;", Err(StsRecordError::Field)),
        ("v=STSv1; id=1; a=b=c", Err(StsRecordError::Field)),
        ("v=STSv1; id=1; a=", Err(StsRecordError::Field)),
        ("v=STSv1; id=1; -a=b", Err(StsRecordError::Field)),
        ("v=STSv1", Err(StsRecordError::None)),
        ("v=STSv1 id=1", Err(StsRecordError::None)),
        ("v=STSv10; id=1", Err(StsRecordError::None)),
        ("V=STSv1; id=1", Err(StsRecordError::None)),
        (" v=STSv1; id=1", Err(StsRecordError::None)),
        ("id=1; v=STSv1;", Err(StsRecordError::None)),
    ] {
        assert_eq!(id(text), expected.map(str::to_owned), "{text}");
    }
    assert_eq!(id(&format!("v=STSv1; id=1; a={}", "b".repeat(1024))), Err(StsRecordError::TooLong));
}

#[test]
fn records_of_other_kinds_are_left_out_and_two_of_this_kind_are_none() {
    let txt = |texts: &[&str]| texts.iter().map(|text| Record::Txt(text.as_bytes().to_vec())).collect::<Vec<_>>();
    let find = |texts: &[&str]| StsRecord::find(&txt(texts)).map(|record| record.id);
    assert_eq!(find(&["v=spf1 -all", "v=STSv1; id=7;", "v=STSv2; id=8"]), Ok("7".to_owned()));
    assert_eq!(find(&["v=STSv1; id=7;", "v=STSv1; id=8;"]), Err(StsRecordError::Several(2)));
    // The others are discarded by how they begin, not by whether they can be read.
    assert_eq!(find(&["v=STSv1; id=7;", "v=STSv1; broken"]), Err(StsRecordError::Several(2)));
    assert_eq!(find(&["v=spf1 -all"]), Err(StsRecordError::None));
    assert_eq!(find(&[]), Err(StsRecordError::None));
}

/// RFC 8461 §3.2 and appendix A have this file.
const EXAMPLE: &str = "version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.example.net\nmx: backupmx.example.com\nmax_age: 604800\n";

#[test]
fn the_example_of_the_rfc_is_read() {
    let policy = StsPolicy::parse(EXAMPLE).unwrap();
    assert_eq!((policy.mode, policy.max_age, policy.mx.len()), (Mode::Enforce, 604_800, 3));
    for (host, listed) in [
        ("mail.example.com", true),
        ("MAIL.example.com", true),
        ("backupmx.example.com", true),
        ("mx1.example.net", true),
        ("example.net", false),
        ("a.b.example.net", false),
        ("other.example.com", false),
        ("xmail.example.com", false),
    ] {
        assert_eq!(policy.lists(&domain(host)), listed, "{host}");
    }
    assert_eq!(StsPolicy::parse(&EXAMPLE.replace('\n', "\r\n")), Ok(policy.clone()));
    assert_eq!(StsPolicy::parse(EXAMPLE.trim_end()), Ok(policy.clone()));
    assert_eq!(StsPolicy::parse(&EXAMPLE.replace(": ", ":")), Ok(policy.clone()));
    assert_eq!(StsPolicy::parse(&EXAMPLE.replace(": ", ":\t ").replace('\n', " \t\n")), Ok(policy.clone()));
    assert_eq!(StsPolicy::parse(&format!("{EXAMPLE}\n")), Ok(policy.clone()));
    assert_eq!(StsPolicy::parse(&format!("{EXAMPLE}later-1.x: gr\u{fc}n\n")), Ok(policy.clone()));
    assert_eq!(StsPolicy::parse(&format!("{EXAMPLE}mode: none\nmax_age: 1\nversion: STSv2\n")), Ok(policy));
}

#[test]
fn policy_files_that_are_none() {
    let cases = [
        ("", StsPolicyError::Version),
        ("mode: enforce\nmx: a.example\nmax_age: 1", StsPolicyError::Version),
        ("version: STSv2\nmode: enforce\nmx: a.example\nmax_age: 1", StsPolicyError::Version),
        ("version: stsv1\nmode: enforce\nmx: a.example\nmax_age: 1", StsPolicyError::Version),
        ("version: STSv1\nmx: a.example\nmax_age: 1", StsPolicyError::Mode),
        ("version: STSv1\nmode: Enforce\nmx: a.example\nmax_age: 1", StsPolicyError::Mode),
        ("version: STSv1\nmode: enforce\nmx: a.example", StsPolicyError::MaxAge),
        ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: -1", StsPolicyError::MaxAge),
        ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1 day", StsPolicyError::MaxAge),
        ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 12345678901", StsPolicyError::MaxAge),
        ("version: STSv1\nmode: enforce\nmax_age: 1", StsPolicyError::NoMx),
        ("version: STSv1\nmode: testing\nmax_age: 1", StsPolicyError::NoMx),
        ("version: STSv1\nmode: enforce\nmx: *\nmax_age: 1", StsPolicyError::Mx(3)),
        ("version: STSv1\nmode: enforce\nmx: .example.com\nmax_age: 1", StsPolicyError::Mx(3)),
        ("version: STSv1\nmode: enforce\nmx: a.*.example\nmax_age: 1", StsPolicyError::Mx(3)),
        ("version: STSv1\nmode: enforce\nmx: a.example, b.example\nmax_age: 1", StsPolicyError::Mx(3)),
        ("version: STSv1\nmode: enforce\nmx:\nmax_age: 1", StsPolicyError::Mx(3)),
        ("version: STSv1\nmode\nmx: a.example\nmax_age: 1", StsPolicyError::Line(2)),
        ("version: STSv1\n mode: enforce\nmx: a.example\nmax_age: 1", StsPolicyError::Line(2)),
        ("version: STSv1\rmode: enforce\rmx: a.example\rmax_age: 1", StsPolicyError::Line(1)),
        ("<html><body>404</body></html>", StsPolicyError::Line(1)),
    ];
    for (text, expected) in cases {
        assert_eq!(StsPolicy::parse(text), Err(expected), "{text}");
    }
    assert_eq!(StsPolicy::parse(&"a: b\n".repeat(MAX_STS_POLICY)), Err(StsPolicyError::TooLong));
}

#[test]
fn mode_none_needs_no_mx() {
    let policy = StsPolicy::parse("version: STSv1\nmode: none\nmax_age: 86400\n").unwrap();
    assert_eq!((policy.mode, policy.mx.len()), (Mode::None, 0));
}

#[test]
fn a_max_age_of_more_than_a_year_is_a_year() {
    let policy = StsPolicy::parse("version: STSv1\nmode: none\nmax_age: 9999999999\n").unwrap();
    assert_eq!(policy.max_age, MAX_STS_AGE);
}

proptest! {
    #[test]
    fn nothing_panics_and_what_was_read_reads_again(text in "\\PC{0,80}|(v=STSv1|id|[;= a-z0-9]){0,12}") {
        if let Ok(record) = StsRecord::parse(text.as_bytes()) {
            prop_assert_eq!(StsRecord::parse(format!("v=STSv1; id={}", record.id).as_bytes()), Ok(record));
        }
    }

    #[test]
    fn policies_written_out_are_read_again(
        mode in prop::sample::select(vec!["enforce", "testing"]),
        mx in prop::collection::vec("(\\*\\.)?[a-z]{1,9}\\.example", 1..9),
        max_age in 0u64..=MAX_STS_AGE,
        ends in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let mut lines = vec!["version: STSv1".to_owned(), format!("mode: {mode}"), format!("max_age: {max_age}")];
        lines.extend(mx.iter().map(|mx| format!("mx: {mx}")));
        let policy = StsPolicy::parse(&lines.join(ends)).unwrap();
        prop_assert_eq!(policy.mode.as_str(), mode);
        prop_assert_eq!(policy.max_age, max_age);
        prop_assert_eq!(policy.mx.iter().map(MxPattern::to_string).collect::<Vec<_>>(), mx);
        // The order of fields does not count, but among themselves that of the hosts.
        let (front, back) = lines.split_at(3);
        let turned = StsPolicy::parse(&[back, front].concat().join(ends));
        prop_assert_eq!(turned, Ok(policy));
    }
}
