//! Mailboxes, paths and address lists.

use passerelle::limits::MAX_COMMENT_DEPTH;
use passerelle::mailbox::{
    Address, AddressError, ForwardPath, Host, Mailbox, ReversePath, parse_address_list, parse_local_part,
};
use passerelle::{Domain, DomainError};
use proptest::prelude::*;

use crate::support::suite;

fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn quoting_is_not_part_of_a_local_part() {
    let quoted = mailbox(r#""a\b\" c"@Example.COM"#);
    assert_eq!(quoted.local(), "ab\" c");
    assert_eq!(quoted.to_string(), r#""ab\" c"@example.com"#);
    assert_eq!(mailbox(r#""joe"@example.com"#), mailbox("joe@example.com"));
    assert_eq!(mailbox(r#"""@example.com"#).to_string(), r#"""@example.com"#);
    assert_eq!(mailbox(r#""a@b"@example.com"#).domain().unwrap().as_str(), "example.com");
    // The local part is case-sensitive (RFC 5321 §2.4).
    assert_ne!(mailbox("Joe@example.com"), mailbox("joe@example.com"));
}

#[test]
fn address_literals() {
    assert_eq!(mailbox("a@[192.0.2.1]").host(), &Host::Ipv4("192.0.2.1".parse().unwrap()));
    assert_eq!(mailbox("a@[IPv6:2001:DB8::1]").to_string(), "a@[IPv6:2001:db8::1]");
    for bad in
        ["[]", "[192.0.2]", "[192.0.2.1", "[2001:db8::1]", "[IPv6:]", "[IPv6:fe80::1%eth0]", "[x:y]", "[192.0.2.01]"]
    {
        assert_eq!(Mailbox::parse(&format!("a@{bad}")), Err(AddressError::Literal), "{bad}");
    }
}

#[test]
fn internationalized_mailboxes() {
    let eai = mailbox("jürgen.böhm@Bücher.example");
    assert_eq!(eai.local(), "jürgen.böhm");
    assert_eq!(eai.domain().unwrap().as_str(), "xn--bcher-kva.example");
    assert_eq!(eai.to_string(), "jürgen.böhm@xn--bcher-kva.example");
}

#[test]
fn malformed_mailboxes() {
    let cases = [
        ("", AddressError::LocalPart),
        ("a", AddressError::MissingAt),
        ("a@", AddressError::MissingDomain),
        ("@b.example", AddressError::LocalPart),
        ("a@b@c.example", AddressError::SecondAt),
        (".a@b.example", AddressError::LocalPart),
        ("a.@b.example", AddressError::LocalPart),
        ("a..b@c.example", AddressError::LocalPart),
        ("a b@c.example", AddressError::LocalPart),
        ("a(c)@b.example", AddressError::LocalPart),
        ("a@b.example ", AddressError::Domain(DomainError::Character)),
        ("a@b.example.", AddressError::Domain(DomainError::EmptyLabel)),
        ("a@b..example", AddressError::Domain(DomainError::EmptyLabel)),
        ("\"a@b.example", AddressError::Quote),
        ("\"a\"b@c.example", AddressError::LocalPart),
        ("a\r\n@b.example", AddressError::Control),
        ("\"a\tb\"@c.example", AddressError::Control),
        ("<a@b.example>", AddressError::LocalPart),
    ];
    for (text, error) in cases {
        assert_eq!(Mailbox::parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn lengths() {
    // RFC 5321 §4.5.3.1.1 has 64 as what must be taken; what forwarders write is longer.
    let forwarded = format!("SRS0=HHH=TT={}.example=ann.with.a.long.name", "x".repeat(60));
    assert!(forwarded.len() > 64 && Mailbox::parse(&format!("{forwarded}@b.example")).is_ok());
    let longest = "a".repeat(512);
    assert!(Mailbox::parse(&format!("{longest}@b.example")).is_ok());
    assert_eq!(Mailbox::parse(&format!("{longest}a@b.example")), Err(AddressError::LocalPartTooLong));
    // In UTF-8 octets count, not characters (RFC 6531 §3.3, RFC 5321 §4.5.3.1.1).
    assert_eq!(parse_local_part(&"ä".repeat(257)), Err(AddressError::LocalPartTooLong));
    let domain = format!("{}.{}.{}.{}", "b".repeat(63), "c".repeat(63), "d".repeat(63), "e".repeat(61));
    let path = format!("<{longest}@{domain}>");
    assert!(ReversePath::parse(&path).is_ok());
    let route = format!("<@{domain},@x.example:");
    assert_eq!(ReversePath::parse(&path.replace("<", &route)), Err(AddressError::PathTooLong));
}

#[test]
fn paths() {
    assert_eq!(ReversePath::parse("<>"), Ok(ReversePath::Null));
    assert_eq!(ReversePath::parse("<@a.example,@b.example:joe@c.example>").unwrap().to_string(), "<joe@c.example>");
    assert_eq!(ForwardPath::parse("<PostMaster>"), Ok(ForwardPath::Postmaster));
    assert_eq!(ForwardPath::parse("<>"), Err(AddressError::EmptyAngle));
    for (text, error) in [
        ("joe@c.example", AddressError::Angle),
        ("<joe@c.example", AddressError::Angle),
        ("<@a.example joe@c.example>", AddressError::Route),
        ("<@a.example,b.example:joe@c.example>", AddressError::Route),
        ("<@:joe@c.example>", AddressError::Route),
        ("<@a.example:>", AddressError::LocalPart),
        ("<joe@c.example>>", AddressError::Domain(DomainError::Character)),
        ("< joe@c.example>", AddressError::LocalPart),
    ] {
        assert_eq!(ReversePath::parse(text), Err(error), "{text}");
    }
}

/// Every mailbox of a list with its name, groups as `name:`.
fn list(text: &str) -> Vec<String> {
    let show = |m: &passerelle::mailbox::NamedMailbox| match &m.name {
        Some(name) => format!("{name}|{}", m.mailbox),
        None => m.mailbox.to_string(),
    };
    let addresses = parse_address_list(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    addresses
        .iter()
        .map(|address| match address {
            Address::Mailbox(mailbox) => show(mailbox),
            Address::Group { name, members } => {
                format!("{name}:{}", members.iter().map(show).collect::<Vec<_>>().join(","))
            }
        })
        .collect()
}

/// The forms that RFC 5322 appendix A.1 and A.5 show.
#[test]
fn address_lists() {
    assert_eq!(list("John Doe <jdoe@machine.example>"), ["John Doe|jdoe@machine.example"]);
    assert_eq!(list(r#""Joe Q. Public" <john.q.public@example.com>"#), ["Joe Q. Public|john.q.public@example.com"]);
    assert_eq!(
        list(r#"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"#),
        ["Mary Smith|mary@x.test", "jdoe@example.org", "Who?|one@y.test"]
    );
    assert_eq!(
        list(r#"<boss@nil.test>, "Giant; \"Big\" Box" <sysservices@example.net>"#),
        ["boss@nil.test", "Giant; \"Big\" Box|sysservices@example.net"]
    );
    assert_eq!(
        list("A Group:Ed Jones <joe@where.test>,joe@where.test,John <jdoe@one.test>;"),
        ["A Group:Ed Jones|joe@where.test,joe@where.test,John|jdoe@one.test"]
    );
    assert_eq!(list("Undisclosed recipients:;"), ["Undisclosed recipients:"]);
    assert_eq!(list("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"), ["Hidden recipients:"]);
    assert_eq!(list(r"Pete(A nice \) chap) <pete(his account)@silly.test(his host)>"), ["Pete|pete@silly.test"]);
    assert_eq!(list("Joe Q. Public <john.q.public@example.com>"), ["Joe Q. Public|john.q.public@example.com"]);
    assert_eq!(list("a@[ 192.0.2.1 ]"), ["a@[192.0.2.1]"]);
    assert_eq!(list("Jürgen <jürgen@bücher.example>"), ["Jürgen|jürgen@xn--bcher-kva.example"]);
}

#[test]
fn malformed_address_lists() {
    for (text, error) in [
        ("", AddressError::Empty),
        (",", AddressError::Empty),
        (" , (a@b.example),,", AddressError::Empty),
        ("Group: a@b.example", AddressError::Group),
        ("Group: a@b.example;, ;", AddressError::Empty),
        ("a@b.example..", AddressError::Domain(DomainError::EmptyLabel)),
        ("a@b. c.example", AddressError::ObsoleteDomain),
        (":a@b.example;", AddressError::Group),
        ("A: B: a@b.example;;", AddressError::Trailing),
        ("a@b.example;", AddressError::Trailing),
        ("(a@b.example", AddressError::Comment),
        ("a)@b.example", AddressError::Comment),
        ("\"a <b@c.example>", AddressError::Quote),
    ] {
        assert_eq!(parse_address_list(text), Err(error), "{text}");
    }
    let deep = |depth: usize| format!("{}{}a@b.example", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(parse_address_list(&deep(MAX_COMMENT_DEPTH + 1)), Err(AddressError::CommentDepth));
    assert_eq!(list(&deep(MAX_COMMENT_DEPTH)), ["a@b.example"]);
    assert_eq!(parse_address_list(&vec!["a@b.example"; 201].join(",")), Err(AddressError::TooMany));
    assert_eq!(list(&vec!["a@b.example"; 200].join(",")).len(), 200);
}

/// obs-mbox-list and obs-group-list of RFC 5322 §4.4, and the root's dot.
#[test]
fn empty_elements_and_a_dot_behind_a_domain_change_no_address() {
    assert_eq!(list(",a@b.example, (c) ,,B <b@c.example>,"), ["a@b.example", "B|b@c.example"]);
    assert_eq!(list("Group:, ,a@b.example,,;"), ["Group:a@b.example"]);
    assert_eq!(list("a@b.example., <c@d.example.> (c)"), ["a@b.example", "c@d.example"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What is printed reads as what it was, in an envelope and in a field.
    #[test]
    fn printed_mailboxes_read_back(local in "\\PC{0,20}", domain in "[a-z0-9]{1,10}(\\.[a-z]{1,5}){0,3}") {
        prop_assume!(local.len() <= 64 && !local.contains("=?"));
        let mailbox = Mailbox::new(local, Domain::parse(&domain).unwrap()).unwrap();
        prop_assert_eq!(Mailbox::parse(&mailbox.to_string()), Ok(mailbox.clone()));
        match &parse_address_list(&format!("Joe <{mailbox}>")).unwrap()[..] {
            [Address::Mailbox(found)] => prop_assert_eq!(&found.mailbox, &mailbox),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn no_text_panics(text in "[a.@<>()\\[\\]\\\\\",:; \t=?é\u{0}]{0,40}") {
        let _ = parse_address_list(&text);
        let _ = Mailbox::parse(&text);
        let _ = ReversePath::parse(&text);
    }
}

/// The suite's 21 cases; all of them follow RFC 5321, so there are no exceptions.
#[test]
fn mox_strings() {
    let Some(folder) = suite("mox-strings") else { return };
    let cases: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("cases.json")).unwrap()).unwrap();
    let mut count = 0;
    for case in cases.as_array().unwrap().iter().filter(|case| case["area"] == "smtp-address") {
        let input = case["input"].as_str().unwrap();
        let is_good = match case["func"].as_str().unwrap() {
            "TestParseLocalpart" => parse_local_part(input).is_ok(),
            "TestParseAddress" => Mailbox::parse(input).is_ok(),
            other => panic!("unknown function {other}"),
        };
        assert_eq!(is_good, case["verdict"] == "good", "{case}");
        count += 1;
    }
    assert_eq!(count, 21);
}
