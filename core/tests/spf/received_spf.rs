//! `Received-SPF` (RFC 7208 §9.1), read back with a parser written from its grammar.

use passerelle::Domain;
use passerelle::spf::{CheckHost, Request, SpfResult};
use proptest::prelude::*;

use crate::zone::{Zone, request};

/// `header-field = "Received-SPF:" [CFWS] result FWS [comment FWS] [ key-value-list ] CRLF`
struct Parsed {
    result: String,
    comment: String,
    pairs: Vec<(String, String)>,
}

fn parse(field: &str) -> Parsed {
    let body = field.strip_suffix("\r\n").expect("the final CRLF");
    for line in body.split("\r\n") {
        assert!(line.len() <= 998, "a line of {} octets", line.len());
        assert!(!line.trim().is_empty(), "an empty line: {field:?}");
        assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
    }
    assert!(body.split("\r\n").skip(1).all(|line| line.starts_with(' ')), "{field:?}");
    let body = body.replace("\r\n", "");
    let rest = body.strip_prefix("Received-SPF: ").unwrap();
    let (result, rest) = rest.split_once(' ').unwrap();
    let mut chars = rest.strip_prefix('(').expect("a comment").chars();
    let mut comment = String::new();
    loop {
        match chars.next().expect("the comment ends") {
            '\\' => comment.push(chars.next().unwrap()),
            ')' => break,
            '(' => panic!("a comment in the comment: {field:?}"),
            c => comment.push(c),
        }
    }
    let mut pairs = Vec::new();
    loop {
        let mut pair = (String::new(), String::new());
        let mut c = chars.find(|&c| c != ' ').expect("a key");
        while c != '=' {
            assert!(c.is_ascii_lowercase() || c == '-', "{c:?} in a key: {field:?}");
            pair.0.push(c);
            c = chars.next().unwrap();
        }
        let mut next = chars.next();
        if next == Some('"') {
            loop {
                match chars.next().expect("the string ends") {
                    '\\' => pair.1.push(chars.next().unwrap()),
                    '"' => break,
                    c => pair.1.push(c),
                }
            }
            next = chars.next();
        } else {
            while let Some(c) = next.filter(|&c| c != ';') {
                assert!(c.is_ascii_graphic() && !"()<>[]:@,\\\"".contains(c), "{c:?} in an atom: {field:?}");
                pair.1.push(c);
                next = chars.next();
            }
            assert!(!pair.1.is_empty());
        }
        pairs.push(pair);
        match next {
            Some(';') => {}
            None => return Parsed { result: result.to_owned(), comment, pairs },
            Some(c) => panic!("{c:?} behind a value: {field:?}"),
        }
    }
}

fn pairs(parsed: &Parsed) -> Vec<(&str, &str)> {
    parsed.pairs.iter().map(|(key, value)| (&**key, &**value)).collect()
}

#[test]
fn a_pass() {
    let zone = Zone::from_lines(&["example.com TXT v=spf1 ip4:192.0.2.0/24 -all"]);
    let mut request = request("192.0.2.1", "<ann@example.com>");
    request.receiver = Some(Domain::parse("mx.example.org").unwrap());
    let verdict = zone.check(CheckHost::mail_from(&request));
    let parsed = parse(&verdict.received_spf(&request));
    assert_eq!(parsed.result, "pass");
    assert_eq!(parsed.comment, "mx.example.org: example.com permits 192.0.2.1 to send");
    assert_eq!(
        pairs(&parsed),
        [
            ("receiver", "mx.example.org"),
            ("client-ip", "192.0.2.1"),
            ("envelope-from", "ann@example.com"),
            ("helo", "mail.example.net"),
            ("mechanism", "ip4:192.0.2.0/24"),
            ("identity", "mailfrom"),
        ]
    );
}

#[test]
fn a_helo_check_and_an_error() {
    let zone = Zone::from_lines(&["mail.example.net TXT v=spf1 moo"]);
    let request = request("2001:db8::1", "");
    let verdict = zone.check(CheckHost::helo(&request));
    let parsed = parse(&verdict.received_spf(&request));
    assert_eq!((verdict.result, &*parsed.result), (SpfResult::PermError, "permerror"));
    assert_eq!(
        pairs(&parsed),
        [
            ("client-ip", "2001:db8::1"),
            ("helo", "mail.example.net"),
            ("problem", verdict.reason.as_deref().unwrap()),
            ("identity", "helo"),
        ]
    );
}

#[test]
fn hostile_values_stay_in_their_strings() {
    let zone = Zone::from_lines(&["example.com TXT v=spf1 -exists:\"%{i}\";=(\\).example.com -all"]);
    let request = Request::new(
        [192, 0, 2, 1].into(),
        "x\"; identity=helo\r\nReceived-SPF: pass",
        "a\\\" (b)\r\n\u{85}\u{2028}@example.com",
    );
    let verdict = zone.check(CheckHost::mail_from(&request));
    let parsed = parse(&verdict.received_spf(&request));
    assert_eq!(
        pairs(&parsed),
        [
            ("client-ip", "192.0.2.1"),
            ("envelope-from", "a\\\" (b)????@example.com"),
            ("helo", "x\"; identity=helo??Received-SPF: pass"),
            ("mechanism", "-all"),
            ("identity", "mailfrom"),
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn it_can_be_read_back(helo in any::<String>(), path in "\\PC{0,40}@?[\\x00-\\xff]{0,20}", long in 0usize..2000) {
        let request = Request::new([192, 0, 2, 1].into(), helo + &"h\"".repeat(long), path + &"\\".repeat(long));
        for check in [CheckHost::helo(&request), CheckHost::mail_from(&request)] {
            let verdict = Zone::new().check(check);
            let parsed = parse(&verdict.received_spf(&request));
            prop_assert_eq!(&parsed.result, verdict.result.as_str());
            prop_assert_eq!(&parsed.pairs.last().unwrap().1, verdict.identity.as_str());
        }
    }
}
