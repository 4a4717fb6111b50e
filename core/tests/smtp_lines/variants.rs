//! The variants of `MAIL FROM:<…>` that programs write, each under its name and with its decision, as the documentation of
//! `smtp::command` lists them.

use passerelle::smtp::Command;

/// What the reader makes of a line: the path that it takes, or the code with which it refuses.
fn decision(line: &str) -> String {
    match Command::parse(line.as_bytes()) {
        Ok(Command::Mail { from, .. }) => from.to_string(),
        Ok(Command::Rcpt { to, .. }) => to.to_string(),
        Ok(other) => panic!("{other:?}"),
        Err(error) => error.reply().code.to_string(),
    }
}

const ANN: &str = "<ann@example.org>";

#[test]
fn each_variant_of_a_path_has_its_decision() {
    let long = format!("<{}@example.org>", "a".repeat(65));
    let from_long = format!("MAIL FROM:{long}");
    let variants = [
        ("as-the-rfc", "MAIL FROM:<ann@example.org>", ANN),
        ("any-case", "mail From:<ann@example.org>", ANN),
        ("null-path", "MAIL FROM:<>", "<>"),
        ("null-path", "RCPT TO:<>", "553"),
        ("blank-behind-colon", "MAIL FROM: <ann@example.org>", ANN),
        ("blank-behind-colon", "MAIL FROM:   <ann@example.org>", ANN),
        ("blank-behind-colon", "RCPT TO: <ann@example.org>", ANN),
        ("blanks-between-words", "MAIL   FROM:<ann@example.org>", ANN),
        ("blanks-before-parameters", "MAIL FROM:<ann@example.org>  SIZE=100", ANN),
        ("blanks-at-the-end", "MAIL FROM:<ann@example.org> ", ANN),
        ("blanks-at-the-end", "RCPT TO:<ann@example.org> \t", ANN),
        ("source-route", "MAIL FROM:<@a.example:ann@example.org>", ANN),
        ("address-literal", "MAIL FROM:<ann@[192.0.2.1]>", "<ann@[192.0.2.1]>"),
        ("quoted-local-part", "MAIL FROM:<\"ann b\"@example.org>", "<\"ann b\"@example.org>"),
        ("long-local-part", &from_long, &long),
        ("postmaster", "RCPT TO:<postmaster>", "<Postmaster>"),
        ("postmaster", "MAIL FROM:<postmaster>", "553"),
        ("no-brackets", "MAIL FROM:ann@example.org", "501"),
        ("no-brackets", "MAIL FROM: ann@example.org", "501"),
        ("no-colon", "MAIL FROM <ann@example.org>", "501"),
        ("blank-before-colon", "MAIL FROM :<ann@example.org>", "501"),
        ("blank-before-verb", " MAIL FROM:<ann@example.org>", "500"),
        ("tab-between-words", "MAIL\tFROM:<ann@example.org>", "500"),
        ("tab-between-words", "MAIL FROM:\t<ann@example.org>", "500"),
        ("blanks-in-brackets", "MAIL FROM:< ann@example.org >", "553"),
        ("display-name", "MAIL FROM:Ann <ann@example.org>", "501"),
        ("two-brackets", "MAIL FROM:<<ann@example.org>>", "501"),
        ("open-bracket", "MAIL FROM:<ann@example.org", "501"),
        ("parameters-without-blank", "MAIL FROM:<ann@example.org>SIZE=100", "501"),
        ("no-domain", "MAIL FROM:<ann>", "553"),
        ("dot-behind-domain", "MAIL FROM:<ann@example.org.>", "553"),
        ("dots-in-local-part", "MAIL FROM:<ann..b@example.org>", "553"),
        ("hyphen-at-the-edge", "MAIL FROM:<ann@-a.example>", "553"),
        ("hyphen-at-the-edge", "MAIL FROM:<ann@a-.example>", "553"),
        ("hyphen-at-the-edge", "RCPT TO:<ann@a.-example>", "553"),
        ("comment", "MAIL FROM:<ann@example.org> (Ann)", "501"),
    ];
    for (name, line, expected) in variants {
        assert_eq!(decision(line), expected, "{name}: {line:?}");
    }
    // The table in the documentation has these and no others.
    let documented: Vec<&str> = include_str!("../../src/smtp/command/variants.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let mut tested: Vec<&str> = variants.iter().map(|(name, ..)| *name).collect();
    tested.dedup();
    assert_eq!(documented, tested);
}

/// A hyphen inside a label is as good as a letter, and one at its edge is none in the name of a client either.
#[test]
fn labels_begin_and_end_with_letters_and_digits() {
    assert_eq!(decision("MAIL FROM:<a@xn--9ca.a-b--c.example>"), "<a@xn--9ca.a-b--c.example>");
    for (name, is_host) in [("a-b.example", true), ("-a.example", false), ("a-.example", false)] {
        let Ok(Command::Ehlo(name)) = Command::parse(format!("EHLO {name}").as_bytes()) else { panic!("{name}") };
        assert_eq!(name.host().is_some(), is_host, "{name}");
    }
}
