//! Attacks that make a check read another author than the reader's program shows.
//!
//! The families are those of "Composition Kills" (Chen, Paxson, Jiang, 2020) and "Weak Links in Authentication Chains"
//! (Shen et al., 2021), and variations on them. In each, `legit.example` is whom the attacker wants to be taken for.
//! A test says either which domain is certain, or why none is.

use passerelle::DomainError;
use passerelle::limits::{MAX_FROM_SIZE, MAX_HEADER_SIZE};
use passerelle::mailbox::AddressError;
use passerelle::message::{AuthorError, Header, HeaderLimit, author};
use proptest::prelude::*;

fn read(message: &[u8]) -> Result<String, AuthorError> {
    author(&Header::split(message).0).map(|author| author.domain.to_string())
}

/// The author of a message with this header section.
fn section(text: &str) -> Result<String, AuthorError> {
    read(&[text.as_bytes(), b"\r\n\r\nbody\r\n"].concat())
}

/// The author of a message with this `From` value.
fn from(value: &str) -> Result<String, AuthorError> {
    section(&format!("Date: x\r\nFrom: {value}\r\nTo: y@z.example"))
}

#[track_caller]
fn certain(result: Result<String, AuthorError>, domain: &str) {
    assert_eq!(result.as_deref(), Ok(domain));
}

#[track_caller]
fn refused(result: Result<String, AuthorError>, error: AuthorError) {
    assert_eq!(result, Err(error));
}

#[track_caller]
fn malformed(value: &str, error: AddressError) {
    assert_eq!(from(value), Err(AuthorError::Syntax(error)), "{value:?}");
}

// --- How many From fields, and where ------------------------------------------------------------------------------

#[test]
fn no_from_field() {
    refused(section("Sender: a@legit.example\r\nReply-To: a@legit.example"), AuthorError::Missing);
    refused(section("Resent-From: a@legit.example\r\nX-From: a@legit.example"), AuthorError::Missing);
    refused(read(b""), AuthorError::Missing);
    refused(read(b"\r\nFrom: a@legit.example\r\n"), AuthorError::Missing);
}

#[test]
fn several_from_fields() {
    refused(section("From: a@evil.example\r\nFrom: a@legit.example"), AuthorError::Several);
    refused(section("From: a@legit.example\r\nX: y\r\nfrOM: a@evil.example"), AuthorError::Several);
    refused(section("From: a@legit.example\r\nFrom: a@legit.example"), AuthorError::Several);
    refused(section("From: a@legit.example\r\nFrom:"), AuthorError::Several);
}

#[test]
fn blanks_before_the_colon() {
    refused(section("From : a@evil.example\r\nFrom: a@legit.example"), AuthorError::Several);
    refused(section("From\t \t: a@evil.example\r\nFrom: a@legit.example"), AuthorError::Several);
    certain(section("From : a@evil.example"), "evil.example");
}

#[test]
fn a_blank_before_the_name() {
    refused(section(" From: a@legit.example\r\nFrom: a@evil.example"), AuthorError::MalformedLines);
    refused(section("\tFrom: a@legit.example\r\nFrom: a@evil.example"), AuthorError::MalformedLines);
    // Behind another field this is that field's folding, for everyone.
    certain(section("X: y\r\n From: a@legit.example\r\nFrom: a@evil.example"), "evil.example");
}

#[test]
fn folding_before_the_colon() {
    refused(section("From\r\n : a@legit.example\r\nFrom: a@evil.example"), AuthorError::MalformedLines);
    refused(section("From: a@evil.example\r\nX: y\r\nFrom\r\n : a@legit.example"), AuthorError::MalformedLines);
}

#[test]
fn a_name_with_something_in_it() {
    for name in ["From\0", "From\x0b", "\u{feff}From", "Fr\x08om", "From\u{a0}", "From\u{1680}"] {
        refused(section(&format!("{name}: a@legit.example\r\nFrom: a@evil.example")), AuthorError::MalformedLines);
        refused(section(&format!("From: a@evil.example\r\n{name}: a@legit.example")), AuthorError::MalformedLines);
        refused(
            section(&format!("From: a@evil.example\r\nX: y\r\n{name}: a@legit.example")),
            AuthorError::MalformedLines,
        );
    }
}

#[test]
fn lines_without_a_colon() {
    // For some programs the section ends there, so the field below is not in it.
    refused(section("X: y\r\njunk\r\nFrom: a@evil.example"), AuthorError::MalformedLines);
    // For some they go on with the field above.
    refused(section("From: a@evil.example\r\n,a@legit.example"), AuthorError::MalformedLines);
    refused(section("From: a@evil.example\r\nX: y\r\nFrom a@legit.example"), AuthorError::MalformedLines);
    // Elsewhere they change nothing about the author.
    certain(section("From: a@evil.example\r\nX: y\r\njunk\r\nTo: z@z.example"), "evil.example");
    // Nor right below, where nothing in them could be an address or part of one.
    certain(section("From: a@evil.example\r\njunk\r\nmore, <junk>\r\nTo: z@z.example"), "evil.example");
    certain(section("From: A\r\n <a@evil.example>\r\njunk"), "evil.example");
    for junk in ["b@legit.example", ".legit.example", "-legit.example", "junk\r\n,a@legit.example", "x\0", "From x"] {
        refused(section(&format!("From: a@evil.example\r\n{junk}\r\nX: y")), AuthorError::MalformedLines);
    }
    refused(section("From: a@legit.\r\nexample"), AuthorError::MalformedLines);
    refused(section(": a@legit.example\r\nFrom: a@evil.example"), AuthorError::MalformedLines);
}

#[test]
fn the_line_of_a_mailbox_file() {
    certain(section("From a@legit.example Fri Jul 11 21:01:54 2003\r\nFrom: a@evil.example"), "evil.example");
    certain(section(">From a@legit.example Fri Jul 11 21:01:54 2003\r\nFrom: a@evil.example"), "evil.example");
    refused(section("X: y\r\nFrom a@legit.example Fri Jul\r\nFrom: a@evil.example"), AuthorError::MalformedLines);
    refused(section("From a@legit.example Fri\r\n x\r\nFrom: a@evil.example"), AuthorError::MalformedLines);
    refused(section("From  \r\nFrom: a@evil.example"), AuthorError::MalformedLines);
}

#[test]
fn a_section_larger_than_the_limit() {
    let padding = "X: y\r\n".repeat(MAX_HEADER_SIZE / 6);
    refused(
        section(&format!("From: a@evil.example\r\n{padding}From: a@legit.example")),
        AuthorError::OverLimit(HeaderLimit::Size(MAX_HEADER_SIZE)),
    );
}

// --- Line endings and NUL ---------------------------------------------------------------------------------------------

#[test]
fn a_field_behind_a_bare_line_ending() {
    for end in ["\n", "\r", "\n\r", "\r\r", "\n\n"] {
        refused(section(&format!("X: y{end}From: a@legit.example\r\nFrom: a@evil.example")), AuthorError::LineEndings);
    }
    for end in ["\n", "\r", "\n\r"] {
        refused(section(&format!("From: a@evil.example\r\nX: y{end}From : a@legit.example")), AuthorError::LineEndings);
    }
}

#[test]
fn an_empty_line_for_some_above_the_field() {
    refused(section("X: y\n\nz: 1\r\nFrom: a@evil.example"), AuthorError::LineEndings);
    refused(section("X: y\n\r\nFrom: a@evil.example"), AuthorError::LineEndings);
    refused(section("X: y\r\n\nFrom: a@evil.example"), AuthorError::MalformedLines);
    // For a program that splits at CRLF CRLF first and at LF then, this is a second one.
    refused(section("From: a@evil.example\r\nX: y\n\nFrom: a@legit.example"), AuthorError::LineEndings);
    // The end of the section for some and not for others, but the only From is above it for all.
    certain(section("From: a@evil.example\r\nX: y\n\nbody"), "evil.example");
}

#[test]
fn two_readings_that_each_find_one() {
    // With CR as an end of line the section is over before the second; with LF alone it is not.
    refused(section("From: a@evil.example\r\nX: y\r\r\nFrom: a@legit.example"), AuthorError::Several);
    refused(section("From: a@evil.example\r\nX: y\r\rz\nFrom: a@legit.example"), AuthorError::LineEndings);
}

#[test]
fn bare_line_endings_that_change_nothing() {
    certain(section("Subject: a\r b\r\nFrom: a@evil.example"), "evil.example");
    certain(section("Subject: a\n b\r\nFrom: a@evil.example"), "evil.example");
    certain(section("From: a@evil.example\r\nSubject: a\nb: c\rd: e"), "evil.example");
}

#[test]
fn line_endings_and_nul_inside_the_field() {
    refused(from("a@legit.example\n, b@evil.example"), AuthorError::LineEndings);
    refused(from("a@legit.example\n <b@evil.example>"), AuthorError::BareLineEnding);
    refused(from("a@legit.example\r <b@evil.example>"), AuthorError::BareLineEnding);
    refused(from("a@legit.example\0@evil.example"), AuthorError::Control);
    refused(from("<a@legit.example\0.evil.example>"), AuthorError::Control);
    refused(from("\"a\0\" <a@evil.example>"), AuthorError::Control);
    refused(from("a@evil.example\r\n \r\n (x)"), AuthorError::EmptyLine);
    refused(from("a@evil.example\r\n "), AuthorError::EmptyLine);
}

#[test]
fn nul_above_the_field() {
    refused(section("X: y\0z\r\nFrom: a@evil.example"), AuthorError::MalformedLines);
    certain(section("From: a@evil.example\r\nX: y\0z"), "evil.example");
}

#[test]
fn other_control_characters() {
    for control in ['\u{1}', '\u{8}', '\u{b}', '\u{c}', '\u{1b}', '\u{7f}', '\u{85}', '\u{2028}', '\u{2029}'] {
        refused(from(&format!("a@legit.example{control}<a@evil.example>")), AuthorError::Control);
        refused(from(&format!("\"x{control}\" <a@evil.example>")), AuthorError::Control);
    }
}

#[test]
fn octets_that_are_not_utf_8() {
    certain(read(b"From: \xff <a@evil.example>\r\n\r\n"), "evil.example");
    refused(
        read(b"From: a@legit.example\xc0\x80@evil.example\r\n\r\n"),
        AuthorError::Syntax(AddressError::Domain(DomainError::Idna)),
    );
}

#[test]
fn a_field_larger_than_the_limit() {
    let folded = "x\r\n ".repeat(MAX_FROM_SIZE / 4);
    refused(from(&format!("{folded}<a@evil.example>")), AuthorError::TooLong);
}

// --- Several addresses ------------------------------------------------------------------------------------------------

#[test]
fn several_domains() {
    refused(from("a@evil.example, a@legit.example"), AuthorError::SeveralDomains);
    refused(from("<a@legit.example>,\r\n <a@evil.example>"), AuthorError::SeveralDomains);
    refused(from("a@evil.example, a@sub.evil.example"), AuthorError::SeveralDomains);
}

#[test]
fn several_mailboxes_of_one_domain() {
    certain(from("a@one.example, B <b@ONE.example>"), "one.example");
    certain(from("a@bücher.example, b@xn--bcher-kva.example"), "xn--bcher-kva.example");
}

#[test]
fn empty_elements_and_addresses() {
    malformed("<>, <a@legit.example>", AddressError::EmptyAngle);
    malformed("<>", AddressError::EmptyAngle);
    malformed("Name <>", AddressError::EmptyAngle);
    // obs-mbox-list, RFC 5322 §4.4.
    certain(from(", a@evil.example"), "evil.example");
    certain(from("a@evil.example,"), "evil.example");
    certain(from("a@evil.example,,\r\n (c), b@evil.example,"), "evil.example");
    refused(from("a@evil.example,,a@legit.example"), AuthorError::SeveralDomains);
    malformed("(only a comment)", AddressError::Empty);
    malformed(", (only commas),", AddressError::Empty);
    refused(from(""), AuthorError::Empty);
    refused(from("\r\n "), AuthorError::Empty);
}

#[test]
fn semicolons_and_spaces_instead_of_commas() {
    malformed("a@evil.example; a@legit.example", AddressError::Trailing);
    malformed("a@evil.example a@legit.example", AddressError::Trailing);
    malformed("<a@evil.example> <a@legit.example>", AddressError::Angle);
    malformed("<a@evil.example><a@legit.example>", AddressError::Angle);
    malformed("<a@evil.example>\\,<a@legit.example>", AddressError::Trailing);
}

#[test]
fn groups() {
    certain(from("Friends: a@evil.example;"), "evil.example");
    certain(from("\"a@legit.example\": A <a@evil.example>, ;,"), "evil.example");
    refused(from("Undisclosed:;"), AuthorError::Group);
    refused(from("Friends: a@evil.example, b@evil.example;"), AuthorError::Group);
    refused(from("Friends: a@evil.example;, Others:;"), AuthorError::Group);
    malformed("legit.example@x.example: a@evil.example;", AddressError::Trailing);
    refused(from("Friends: a@evil.example, b@legit.example;, c@evil.example"), AuthorError::Group);
    malformed("Friends: a@legit.example", AddressError::Group);
    malformed("legit.example:a@evil.example", AddressError::Group);
}

// --- Inside one address -----------------------------------------------------------------------------------------------

#[test]
fn source_routes() {
    malformed("<@evil.example,@any.example:a@legit.example>", AddressError::Route);
    malformed("<@legit.example:a@evil.example>", AddressError::Route);
    malformed("<,@legit.example:a@evil.example>", AddressError::Route);
    malformed("@legit.example:a@evil.example", AddressError::LocalPart);
}

#[test]
fn more_than_one_at() {
    malformed("a@legit.example@evil.example", AddressError::SecondAt);
    malformed("<a@legit.example@evil.example>", AddressError::SecondAt);
    malformed("a@@evil.example", AddressError::MissingDomain);
    malformed("<a@legit.example>@evil.example", AddressError::SecondAt);
    malformed("a@legit.example(c)@evil.example", AddressError::SecondAt);
    malformed("<a@legit.example(>, )@evil.example>", AddressError::SecondAt);
}

#[test]
fn quoted_local_parts() {
    certain(from("\"a@legit.example\"@evil.example"), "evil.example");
    certain(from("<\"a@legit.example> \"@evil.example>"), "evil.example");
    certain(from("\"a\\\"@legit.example\"@evil.example"), "evil.example");
    certain(from("\"<a@legit.example>,\"@evil.example"), "evil.example");
    malformed("\"a\"b@evil.example", AddressError::LocalPart);
    malformed("a\"b\"@evil.example", AddressError::LocalPart);
    malformed("\"a\".b@evil.example", AddressError::LocalPart);
}

#[test]
fn quotes_and_brackets_that_do_not_match() {
    malformed("\"a@legit.example", AddressError::Quote);
    malformed("\"a <a@evil.example>", AddressError::Quote);
    malformed("\"a\\\" <a@evil.example>", AddressError::Quote);
    malformed("(a <a@evil.example>", AddressError::Comment);
    malformed("a) <a@evil.example>", AddressError::Comment);
    malformed("<a@evil.example", AddressError::Angle);
    malformed("a@evil.example>", AddressError::Angle);
    malformed("<<a@evil.example>>", AddressError::Angle);
    malformed("<a@evil.example>>", AddressError::Angle);
    malformed("Name <a@legit.example <b@evil.example>>", AddressError::Angle);
    malformed("x\\, <a@evil.example>", AddressError::Trailing);
}

#[test]
fn text_around_the_brackets() {
    malformed("a@legit.example <a@evil.example>", AddressError::AddressBeforeAngle);
    malformed("<a@evil.example> a@legit.example", AddressError::Trailing);
    malformed("<a@evil.example> legit", AddressError::Trailing);
    malformed("Name a@evil.example", AddressError::MissingAngle);
    malformed("\"a@legit.example\" b@evil.example", AddressError::MissingAngle);
    malformed("Some Name", AddressError::MissingAt);
    malformed("Some Name <legit.example>", AddressError::MissingAt);
    // Common in real mail, and one domain whichever is read.
    certain(from("a@one.example <b@one.example>"), "one.example");
    certain(from("\"a@legit.example\" <b@evil.example>"), "evil.example");
}

#[test]
fn comments() {
    certain(from("(a@legit.example) a@evil.example"), "evil.example");
    certain(from("a@evil.example (a@legit.example)"), "evil.example");
    certain(from("<a@evil.example>(<a@legit.example>)"), "evil.example");
    certain(from("a(@legit.example (nested \\) <b@legit.example>))@evil.example"), "evil.example");
    certain(from("<(x)a@(a@legit.example,)evil.example(y)>"), "evil.example");
    malformed("a@evil(c).example", AddressError::ObsoleteDomain);
    malformed("a@evil.(c)example", AddressError::ObsoleteDomain);
    malformed("a@legit.example(c).evil.example", AddressError::ObsoleteDomain);
    malformed("a@evil(c)example", AddressError::Trailing);
    malformed("a(c)b@evil.example", AddressError::MissingAngle);
    malformed("<a(c)b@evil.example>", AddressError::LocalPart);
    malformed(&format!("{}a@evil.example", "(".repeat(5000)), AddressError::Comment);
    for depth in [33, 1000, 8000] {
        certain(
            from(&format!("{}a@legit.example{} a@evil.example", "(".repeat(depth), ")".repeat(depth))),
            "evil.example",
        );
    }
}

#[test]
fn white_space_inside_an_address() {
    malformed("a@legit .example", AddressError::ObsoleteDomain);
    malformed("a@legit. example", AddressError::ObsoleteDomain);
    malformed("a@legit.example\r\n .evil.example", AddressError::ObsoleteDomain);
    malformed("a . b@evil.example", AddressError::LocalPart);
    malformed("<a b@evil.example>", AddressError::LocalPart);
    malformed("a@legit\u{a0}.example", AddressError::Domain(DomainError::Idna));
    certain(from("a @ evil.example"), "evil.example");
    certain(from("\r\n Name\r\n\t<a@evil.example>"), "evil.example");
}

#[test]
fn encoded_words() {
    // "a@legit.example" and "<a@legit.example>," in base64: shown, never read as an address.
    certain(from("=?utf-8?b?YUBsZWdpdC5leGFtcGxl?= <a@evil.example>"), "evil.example");
    certain(from("=?utf-8?B?PGFAbGVnaXQuZXhhbXBsZT4s?= <a@evil.example>"), "evil.example");
    certain(from("=?utf-8?q?a=40legit.example=3E?=\r\n =?utf-8?q?=00?= <a@evil.example>"), "evil.example");
    malformed("=?utf-8?b?YUBsZWdpdC5leGFtcGxl?=", AddressError::MissingAt);
    malformed("=?utf-8?q?a=40legit.example?=@evil.example", AddressError::EncodedWord);
    malformed("<=?utf-8?q?a=40legit.example=00?=@evil.example>", AddressError::EncodedWord);
    malformed("\"=?utf-8?q?a=40legit.example?=\"@evil.example", AddressError::EncodedWord);
    malformed("a@=?utf-8?q?legit.example?=", AddressError::Domain(DomainError::Character));
    malformed("=?utf-8?q?=3Ca=40legit.example=3E?=, <>", AddressError::MissingAt);
}

#[test]
fn domains_that_are_none() {
    refused(from("a@[192.0.2.1]"), AuthorError::AddressLiteral);
    refused(from("a@[IPv6:2001:db8::1], a@legit.example"), AuthorError::AddressLiteral);
    malformed("a@[legit.example]", AddressError::Literal);
    malformed("a@[192.0.2.1]legit.example", AddressError::Trailing);
    certain(from("<a@evil.example.>"), "evil.example");
    certain(from("a@evil.example. (c), b@evil.example"), "evil.example");
    malformed("a@legit.example..", AddressError::Domain(DomainError::EmptyLabel));
    malformed("a@.", AddressError::Domain(DomainError::EmptyLabel));
    malformed("a@legit.example. (c) evil", AddressError::ObsoleteDomain);
    malformed("a@legit..example", AddressError::Domain(DomainError::EmptyLabel));
    malformed("a@.legit.example", AddressError::Domain(DomainError::EmptyLabel));
    malformed("a@legit%.example", AddressError::Domain(DomainError::Character));
    malformed("a@", AddressError::MissingDomain);
    malformed("<a@>", AddressError::MissingDomain);
    malformed(&format!("a@{}.example", "x".repeat(64)), AddressError::Domain(DomainError::LabelTooLong));
}

#[test]
fn domains_that_only_look_alike() {
    // Another domain is another domain; what it looks like is for the reader's program.
    certain(from("a@lеgit.example"), "xn--lgit-v4d.example");
    for text in [
        "a@ｌegit.example",
        "a@legit。example",
        "a@le\u{ad}git.example",
        "a@legit\u{200b}.example",
        "a@legit\u{202e}.example",
    ] {
        malformed(text, AddressError::Domain(DomainError::Idna));
    }
    // A full-width @ is a letter of the local part.
    certain(from("a＠legit.example@evil.example"), "evil.example");
    malformed("a＠legit.example", AddressError::MissingAt);
}

#[test]
fn percent_and_bang_routes() {
    certain(from("a%legit.example@evil.example"), "evil.example");
    certain(from("legit.example!a@evil.example"), "evil.example");
}

#[test]
fn dots_in_local_parts() {
    certain(from("a..b@one.example"), "one.example");
    certain(from("a.@one.example"), "one.example");
    malformed(".@one.example", AddressError::LocalPart);
}

#[test]
fn every_error_has_its_reason() {
    let error = from("a@legit.example <a@evil.example>").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the From field is malformed: there is an address of another domain before the angle brackets"
    );
}

#[test]
fn ordinary_fields() {
    for value in [
        "joe@one.example",
        "Joe <joe@one.example>",
        "\"Doe, Joe\" <joe@one.example>",
        "Joe Q. Public <joe@one.example>",
        "Jürgen Böhm <jürgen@one.example>",
        "=?iso-8859-1?q?J=FCrgen?= <j@one.example>",
        "\"Joe (Home)\" <joe+tag@ONE.example> (work)",
        "O'Neil & Sons <o'neil@one.example>",
        "<joe@one.example>",
        "joe@one.example (Joe)",
        "Joe<joe@one.example>",
        "Service@Home <x@one.example>",
    ] {
        match value {
            // An unquoted @ in a name is not certain for everyone.
            "Service@Home <x@one.example>" => malformed(value, AddressError::AddressBeforeAngle),
            _ => certain(from(value), "one.example"),
        }
    }
}

// --- What certainty means ---------------------------------------------------------------------------------------------

/// Header sections made of what the attacks above are made of.
fn hostile_section() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "From: ",
        "From",
        "from:",
        ": ",
        "\r\n",
        "\r\n ",
        "\n",
        "\r",
        "\0",
        " ",
        "X: y\r\n",
        "a@evil.example",
        "@",
        "<",
        ">",
        "<b@legit.example>",
        "b@legit.example",
        "legit",
        ".example",
        ",",
        ";",
        ":",
        "<a@evil.example>",
        "From: a@evil.example\r\n",
        "Name",
        "\t",
        "evil.example",
        "junk\r\n",
        "[",
        "]",
        "\\",
    ]);
    (proptest::collection::vec(piece.clone(), 0..4), proptest::collection::vec(piece, 0..5))
        .prop_map(|(above, rest)| format!("{}From: a@evil.example{}", above.concat(), rest.concat()))
}

/// The domains behind each `@` of a text, taken as far as letters and dots go.
fn naive_domains(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.';
    text.split('@').skip(1).map(|t| t.chars().take_while(|&c| is_part(c)).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Where the author is certain and nothing is quoted, a reader that takes any `@` for an address, and any octet of
    /// CR and LF for the end of a line, finds no other domain.
    #[test]
    fn no_naive_reader_disagrees(section in hostile_section()) {
        if let Ok(domain) = self::section(&section) {
            let fields = section.split("\r\n\r\n").next().unwrap();
            let lines: Vec<&str> = fields.split(['\r', '\n']).filter(|line| !line.is_empty()).collect();
            let is_from = |line: &str| {
                line.split_once(':').is_some_and(|(name, _)| name.trim_matches([' ', '\t', '\0']).eq_ignore_ascii_case("from"))
            };
            let at: Vec<usize> = (0..lines.len()).filter(|&i| is_from(lines[i]) && !lines[i].starts_with([' ', '\t'])).collect();
            prop_assert_eq!(at.len(), 1, "{:?}", section);
            let folded = lines[at[0] + 1..].iter().take_while(|line| line.starts_with([' ', '\t']));
            let value = folded.fold(lines[at[0]].to_owned(), |value, line| value + line);
            for found in naive_domains(&value) {
                prop_assert_eq!(&found.to_ascii_lowercase(), &domain, "{:?}", section);
            }
        }
    }

    #[test]
    fn no_octets_panic(octets in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = read(&[b"From: ", &octets[..]].concat());
        let _ = read(&octets);
    }
}
