//! What is written can be read, stays in its field, and in its place.

use passerelle::message::Header;
use passerelle::results::{AuthenticationResults, MethodResult};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,20}",
        proptest::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter),
        "[ -~]{0,30}",
        "[a-z@.;=\"\\\\()\r\n\t ]{0,20}",
        "[a-z]{1,8}@[a-z]{1,8}\\.example",
        "(x|\u{0}|\r\n|é|\u{2028}){0,20}",
    ]
}

fn result() -> impl Strategy<Value = MethodResult> {
    let property = (text(), text(), text());
    (
        text(),
        text(),
        proptest::option::of(any::<u32>()),
        proptest::option::of(text()),
        proptest::collection::vec(property, 0..4),
    )
        .prop_map(|(method, result, version, reason, properties)| {
            let mut made = MethodResult::new(&method, &result);
            if let Some(version) = version {
                made = made.with_version(version);
            }
            if let Some(reason) = reason {
                made = made.with_reason(&reason);
            }
            properties.iter().fold(made, |made, (ptype, property, value)| made.with_property(ptype, property, value))
        })
}

fn results() -> impl Strategy<Value = AuthenticationResults> {
    (text(), proptest::collection::vec(result(), 0..4)).prop_map(|(id, results)| {
        results.into_iter().fold(AuthenticationResults::new(&id), AuthenticationResults::with)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn parse_undoes_write(results in results()) {
        let field = results.to_field();
        let (header, rest) = Header::split(field.as_bytes());
        // One field, whole, and nothing behind it.
        prop_assert!(rest.is_empty() && header.separator().is_empty());
        prop_assert_eq!(header.fields().len(), 1);
        let written = header.fields().next().unwrap();
        prop_assert!(written.is("Authentication-Results"));
        let parsed = AuthenticationResults::parse(written.value());
        prop_assert_eq!(parsed.map(|p| p.results), Ok(results), "{}", field);
    }

    #[test]
    fn lines_are_short_and_clean(results in results()) {
        let field = results.to_field();
        prop_assert!(field.ends_with("\r\n"));
        for line in field.strip_suffix("\r\n").unwrap().split("\r\n") {
            prop_assert!(line.len() <= 998);
            prop_assert!(!line.trim().is_empty());
            prop_assert!(!line.trim_start_matches('\t').chars().any(char::is_control));
            // Longer than 78 only where it cannot be folded: at several spaces a line might be nothing but white space.
            let words = line.trim_start_matches(['\t', ' ']).as_bytes();
            let folds = words.windows(3).any(|w| w[1] == b' ' && w[0] != b' ' && w[2] != b' ');
            prop_assert!(line.len() <= 78 || !folds, "{}", line);
        }
    }

    #[test]
    fn no_octets_panic(octets in proptest::collection::vec(any::<u8>(), 0..60), text in "[a-z.=;()\"\\\\/ @0-9\r\n\t]{0,60}") {
        let _ = AuthenticationResults::parse(&octets);
        let _ = AuthenticationResults::parse(text.as_bytes());
        let _ = AuthenticationResults::parse(format!("a.example; dkim=pass {text}").as_bytes());
    }
}

#[test]
fn the_written_form() {
    let results = AuthenticationResults::new("mx.example.com")
        .with(
            MethodResult::new("spf", "pass")
                .with_property("smtp", "mailfrom", "bounce@lists.example.net")
                .with_property("smtp", "helo", "out.example.net"),
        )
        .with(
            MethodResult::new("dkim", "fail")
                .with_reason("body hash did not verify")
                .with_property("header", "d", "example.net")
                .with_property("header", "b", "ab/+cd=="),
        );
    assert_eq!(
        results.to_field(),
        "Authentication-Results: mx.example.com;\r\n\
         \tspf=pass smtp.mailfrom=bounce@lists.example.net smtp.helo=out.example.net;\r\n\
         \tdkim=fail reason=\"body hash did not verify\" header.d=example.net\r\n\
         \theader.b=\"ab/+cd==\"\r\n"
    );
    assert_eq!(AuthenticationResults::new("a.example").to_field(), "Authentication-Results: a.example; none\r\n");
}

/// Perl's Mail::AuthenticationResults knows no quoted pairs, others split at each semicolon or look for `dkim=` anywhere.
#[test]
fn reasons_have_nothing_that_readers_trip_over() {
    let reason = "the record \"v=spf1; ip4:1\\2 (é\u{1f600})\" says dkim=pass; dmarc=pass\r\n x";
    let results =
        AuthenticationResults::new("a.example").with(MethodResult::new("spf", "permerror").with_reason(reason));
    let kept = results.results()[0].reason().unwrap();
    assert_eq!(kept, "the record 'v:spf1, ip4:1/2 [??]' says dkim:pass, dmarc:pass   x");
    let field = results.to_field().replace("\r\n", "");
    assert!(field.ends_with(&format!("spf=permerror reason=\"{kept}\"")), "{field}");
    // A reader of the naive kind.
    let (items, quotes) = (field.split(';').count(), field.matches('"').count());
    assert!((items, quotes) == (2, 2) && !field.contains(['(', ')', '\\']) && field.is_ascii());
}

#[test]
fn hostile_values_stay_values() {
    let attacks = [
        "x; dmarc=pass header.from=legit.example",
        "x\r\nAuthentication-Results: mx.example; dmarc=pass",
        "x\" ; dmarc=pass \"",
        "x\\",
        "x\\\"; dmarc=pass",
        "x (comment",
        "x\n\nbody",
        "\0",
        "\u{2028}dmarc=pass",
        "x\r\n\r\n",
    ];
    for attack in attacks {
        let results = AuthenticationResults::new(attack)
            .with(MethodResult::new(attack, attack).with_reason(attack).with_property(attack, attack, attack));
        let field = results.to_field();
        let (header, body) = Header::split(field.as_bytes());
        assert_eq!((header.fields().len(), body), (1, &b""[..]), "{attack:?}");
        let parsed = AuthenticationResults::parse(header.fields().next().unwrap().value()).unwrap().results;
        assert_eq!(parsed.results().len(), 1, "{attack:?}");
        assert_eq!(parsed.of_method("dmarc").count(), 0, "{attack:?}");
        assert_eq!(parsed.results()[0].properties().len(), 1, "{attack:?}");
    }
}

#[test]
fn long_reasons_are_folded_inside_the_quotes() {
    let reason = "the body hash does not match: the signed body is followed by 165 octets that were not signed, such as \
                  a mailing list's footer, the signed header fields are intact";
    let results = AuthenticationResults::new("a.example")
        .with(MethodResult::new("dkim", "fail").with_reason(reason).with_property("header", "d", "b.example"));
    let field = results.to_field();
    assert!(field.lines().all(|line| line.len() <= 78), "{field}");
    // RFC 5322 §2.2.3: unfolding takes away the line ends and nothing else.
    assert!(
        field.replace("\r\n", "").contains(&format!("dkim=fail reason=\"{reason}\" header.d=b.example")),
        "{field}"
    );
}

#[test]
fn long_values_are_cut_between_characters() {
    let results = AuthenticationResults::new("a.example").with(MethodResult::new("dkim", "fail").with_property(
        "x",
        "y",
        &"é\"".repeat(400),
    ));
    let reason = results.results()[0].properties()[0].value();
    // The next character, of two octets, would have passed 400.
    assert_eq!(reason.len(), 399);
    assert!(results.to_field().lines().all(|line| line.len() <= 998));
}
