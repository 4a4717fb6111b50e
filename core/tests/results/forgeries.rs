//! Fields that claim to be ours are found, however they are written.

use passerelle::limits::{MAX_FIELDS_OF_A_KIND, MAX_HEADER_SIZE};
use passerelle::message::{EditError, Header};
use passerelle::results::strip_forged;
use proptest::prelude::*;

/// How many fields are dropped, and what is left.
fn strip(section: &str) -> (String, usize) {
    let (header, _) = Header::split(section.as_bytes());
    let (left, count) = strip_forged(&header, &["mx.example.com", "bücher.example"]).unwrap();
    (String::from_utf8_lossy(left.octets()).into_owned(), count)
}

#[track_caller]
fn forged(field: &str) {
    let section = format!("X: 1\r\n{field}\r\nFrom: a@b.example\r\n\r\n");
    assert_eq!(strip(&section), ("X: 1\r\nFrom: a@b.example\r\n\r\n".into(), 1), "{field:?}");
}

#[track_caller]
fn foreign(field: &str) {
    let section = format!("X: 1\r\n{field}\r\nFrom: a@b.example\r\n\r\n");
    assert_eq!(strip(&section), (section.clone(), 0), "{field:?}");
}

#[test]
fn as_we_write_it() {
    forged("Authentication-Results: mx.example.com; dmarc=pass header.from=legit.example");
    forged("Authentication-Results: mx.example.com; none");
    forged("Authentication-Results: mx.example.com");
}

#[test]
fn case() {
    forged("AUTHENTICATION-results: MX.Example.COM; dkim=pass");
}

#[test]
fn blanks_and_folding() {
    forged("Authentication-Results : mx.example.com; dkim=pass");
    forged("Authentication-Results\t:mx.example.com; dkim=pass");
    forged("Authentication-Results:\r\n mx.example.com; dkim=pass");
    forged("Authentication-Results:\r\n \r\n\t mx.example.com\r\n ; dkim=pass");
    forged("Authentication-Results\r\n : mx.example.com; dkim=pass");
}

#[test]
fn comments() {
    forged("Authentication-Results: (x) mx.example.com (y); dkim=pass");
    forged("Authentication-Results: (a (b \\) c) d)mx.example.com(;); dkim=pass");
    forged("Authentication-Results: mx(x).example.com; dkim=pass");
    forged("Authentication-Results: mx.example.com(unclosed; dkim=pass");
    forged("Authentication-Results: ((unclosed) mx.example.com; dkim=pass");
    forged(&format!("Authentication-Results: {}mx.example.com; dkim=pass", "(".repeat(100)));
}

#[test]
fn quotes() {
    forged("Authentication-Results: \"mx.example.com\"; dkim=pass");
    forged("Authentication-Results: \"mx\\.exam\\ple.com\" 1; dkim=pass");
    forged("Authentication-Results: \" mx.example.com \"; dkim=pass");
    forged("Authentication-Results: \"mx.example.com; dkim=pass");
    forged("Authentication-Results: \"mx\".example.com; dkim=pass");
}

#[test]
fn versions_and_what_follows() {
    forged("Authentication-Results: mx.example.com 1; dkim=pass");
    forged("Authentication-Results: mx.example.com 1 (x) ; dkim=pass");
    forged("Authentication-Results: mx.example.com/1; dkim=pass");
    forged("Authentication-Results: mx.example.com v2; dkim=pass");
    forged("Authentication-Results: mx.example.com; \"(((,=;;");
    forged("Authentication-Results: mx.example.com, dkim=pass");
    forged("Authentication-Results: mx.example.com dkim=pass");
    forged("Authentication-Results: other.example mx.example.com; dkim=pass");
    forged("Authentication-Results: ; mx.example.com; dkim=pass");
}

#[test]
fn the_name_in_another_form() {
    forged("Authentication-Results: mx.example.com.; dkim=pass");
    forged("Authentication-Results: bücher.example; dkim=pass");
    forged("Authentication-Results: BÜCHER.example; dkim=pass");
    forged("Authentication-Results: xn--bcher-kva.example; dkim=pass");
    forged("Authentication-Results: ｍｘ.example.com; dkim=pass");
    forged("Authentication-Results: mx.exam\u{ad}ple.com; dkim=pass");
    forged("Authentication-Results: mx.exam\u{200b}ple.com; dkim=pass");
    forged("Authentication-Results: mx。example.com; dkim=pass");
    forged("Authentication-Results: =?utf-8?q?mx.example.com?=; dkim=pass");
}

#[test]
fn control_characters() {
    forged("Authentication-Results: mx.example.com\0; dkim=pass");
    forged("Authentication-Results: \u{1}mx.exa\u{8}mple.com; dkim=pass");
    forged("Authentication-Results\u{b}: mx.example.com; dkim=pass");
    forged("\0Authentication-Results: mx.example.com; dkim=pass");
    let (header, _) = Header::split(b"Authentication-Results: \xffmx.example.com; dkim=pass\r\n\r\n");
    assert_eq!(strip_forged(&header, &["mx.example.com"]).unwrap().1, 1);
}

#[test]
fn behind_a_bare_line_ending() {
    forged("Subject: x\nAuthentication-Results: mx.example.com; dkim=pass");
    forged("Subject: x\rAuthentication-Results : mx.example.com; dkim=pass");
    forged("Authentication-Results: other.example;\nAuthentication-Results: mx.example.com; dkim=pass\r\n x");
    forged("x\nAuthentication-Results: other;\n\0Authentication-Results: mx(x).example.com; dkim=pass");
    forged("Authentication-Results:\nmx.example.com; dkim=pass");
}

#[test]
fn at_the_top_as_a_continuation() {
    assert_eq!(strip(" Authentication-Results: mx.example.com; dkim=pass\r\nX: 1\r\n"), ("X: 1\r\n".into(), 1));
}

#[test]
fn several_of_them() {
    let one = "Authentication-Results: mx.example.com; dkim=pass\r\n";
    let other = "authentication-results: (x)\r\n \"MX.example.com\" 1; spf=pass\r\n";
    let (left, count) = strip(&format!("{one}X: 1\r\n{other}{one}Y: 2\r\n{other}\r\n"));
    assert_eq!((left.as_str(), count), ("X: 1\r\nY: 2\r\n\r\n", 4));
}

#[test]
fn what_claims_another_name_stays() {
    foreign("Authentication-Results: other.example; dkim=pass");
    foreign("Authentication-Results: other.example (mx.example.com); dkim=pass");
    foreign("Authentication-Results: other.example; spf=pass smtp.helo=mx.example.com");
    foreign("Authentication-Results: smx.example.com; dkim=pass");
    foreign("Authentication-Results: mx.example.com.evil.example; dkim=pass");
    foreign("Authentication-Results: dkim=pass header.d=smx.example.com");
    foreign("ARC-Authentication-Results: i=1; mx.example.com; dkim=pass");
    foreign("Received-SPF: pass (mx.example.com: ok) client-ip=192.0.2.1");
    foreign("X-Authentication-Results: mx.example.com; dkim=pass");
    foreign("Subject: Authentication-Results: mx.example.com; dkim=pass");
    foreign("Subject: x\r\n Authentication-Results: mx.example.com; dkim=pass");
    foreign("Subject: x\ny: mx.example.com");
}

#[test]
fn past_the_limit_nothing_is_promised() {
    let section =
        format!("Authentication-Results: mx.example.com; dkim=pass\r\n{}", "X: 1\r\n".repeat(MAX_HEADER_SIZE / 6));
    let (header, _) = Header::split(section.as_bytes());
    assert_eq!(strip_forged(&header, &["mx.example.com"]), Err(EditError::OverLimit));
}

#[test]
fn hostile_sections_take_linear_time() {
    let lines =
        ["Authentication-Results: (", "x\n\rAuthentication-Results:", "Authentication-Results: a b mx.example.co"];
    for line in lines {
        let field = format!("{line}{}\r\n", "(\n\r mx.example.co".repeat(6));
        let section = field.repeat((MAX_HEADER_SIZE / field.len()).min(MAX_FIELDS_OF_A_KIND));
        assert_eq!(strip(&section).1, 0);
        let long = format!("X: y{}\r\n", line.repeat((MAX_HEADER_SIZE - 10) / line.len()));
        assert_eq!(strip(&long).1, 0);
        let long = format!("X: y{}\r\n", "\n".repeat(MAX_HEADER_SIZE - 10));
        assert_eq!(strip(&long).1, 0);
    }
}

#[test]
fn no_name_matches_nothing() {
    let (header, _) = Header::split(b"Authentication-Results: x; none\r\nAuthentication-Results: (\r\n");
    assert_eq!(strip_forged(&header, &["", " ", "."]).unwrap().1, 0);
    assert_eq!(strip_forged(&header, &[]).unwrap().1, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// White space and comments before and behind the name, and its case, change nothing; nor does what follows.
    #[test]
    fn any_dress(
        before in "([ \t]|\r\n |\\([a-z \"]{0,5}\\)|\\(\\(\\)\\)){0,5}",
        behind in "([ \t]|\r\n |\\([a-z;]{0,5}\\)|\\(\\(\\)\\)){0,5}",
        upper in any::<u16>(),
        quoted in any::<bool>(),
        rest in "(;[ -~]{0,20})?",
    ) {
        let name: String = "mx.example.com".chars().enumerate()
            .map(|(i, c)| if upper >> i & 1 == 1 { c.to_ascii_uppercase() } else { c }).collect();
        let name = if quoted { format!("\"{name}\"") } else { name };
        let section = format!("Authentication-Results:{before}{name}{behind}{rest}\r\n\r\n");
        prop_assert_eq!(strip(&section), ("\r\n".into(), 1));
    }

    #[test]
    fn nothing_else_is_lost(text in "[A-Za-z:;. \r\n()\"]{0,80}") {
        let section = format!("A: 1\r\n{text}\r\nB: 2\r\n\r\n");
        let (header, _) = Header::split(section.as_bytes());
        let (left, count) = strip_forged(&header, &["mx.example.com"]).unwrap();
        prop_assert_eq!(left.octets(), header.octets());
        prop_assert_eq!(count, 0);
    }
}
