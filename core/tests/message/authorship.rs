//! What can be said of the author: one domain, the domains that some reader may see, or none.
//!
//! Which fields are certain for which domain is in `composition_attacks.rs`, too; here are the kinds of honest mail that are
//! not quite in order, and what is left where the author is not certain.

use passerelle::limits::{Limits, MAX_AUTHOR_CANDIDATES, MAX_FROM_SIZE, MAX_HEADER_FIELDS, MAX_HEADER_SIZE};
use passerelle::message::{AuthorError, Authorship, Header, HeaderLimit, HeaderReader, author, authorship};
use proptest::prelude::*;

fn of(message: &[u8]) -> Authorship {
    authorship(&Header::split(message).0)
}

fn of_field(value: &[u8]) -> Authorship {
    of(&[b"Date: x\r\nFrom: ", value, b"\r\nTo: y@z.example\r\n\r\nbody\r\n"].concat())
}

fn of_section(section: &str) -> Authorship {
    of(format!("{section}\r\n\r\nbody\r\n").as_bytes())
}

/// The word for it and the domains, as `candidates a.example b.example`.
fn shown(authorship: &Authorship) -> String {
    let (word, found) = match authorship {
        Authorship::Certain(author) => return format!("certain {}", author.domain),
        Authorship::Candidates(found, _) => ("candidates", found),
        Authorship::Incomplete(found, _) => ("incomplete", found),
        Authorship::None(_) => return "none".into(),
    };
    found.domains().iter().fold(word.to_owned(), |text, domain| format!("{text} {domain}"))
}

#[track_caller]
fn field(value: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(shown(&of_field(value.as_ref())), expected, "{}", String::from_utf8_lossy(value.as_ref()));
}

#[track_caller]
fn section(section: impl AsRef<str>, expected: &str) {
    assert_eq!(shown(&of_section(section.as_ref())), expected, "{:?}", section.as_ref());
}

// --- Octets above ASCII -----------------------------------------------------------------------------------------------

#[test]
fn names_in_latin_1_gbk_big5_and_shift_jis_are_certain() {
    let names: [&[u8]; 12] = [
        b"Jos\xe9 Mu\xf1oz",
        b"\"Jos\xe9\"",
        b"Caf\xe9",
        b"\xd5\xc5\xce\xb0",         // GBK, Zhang Wei
        b"\"\xd5\xc5\xce\xb0\"",     // the same, quoted
        b"\xc0\xbc\xb7\xbc",         // GBK whose octets would be an overlong '<' in UTF-8
        b"\"\x95\x4e \x87\x40\"",    // GBK, the second octet '@'
        b"\"\x81\x5c\"",             // GBK, the second octet a backslash
        b"\xa4\x40\xb9\xc5",         // Big5, with '@' outside quotes
        b"\x83\x5c\x83\x7d\x83\x93", // Shift JIS, with a backslash
        b"\"\xb1\x5c\x83\x5c\"",     // Shift JIS, a single octet and a backslash
        b"\xcf\xf0\xe8\xe2\xe5\xf2", // Windows-1251
    ];
    for name in names {
        field([name, b" <ceo@victim.example>"].concat(), "certain victim.example");
        field([b"ceo@victim.example (", name, b")"].concat(), "certain victim.example");
    }
    // What is UTF-8 of the name is shown, and the rest as U+FFFD.
    let Authorship::Certain(author) = of_field(b"Jos\xe9 \xc3\xa9 <ceo@victim.example>") else { panic!() };
    assert_eq!(author.mailboxes[0].name.as_deref(), Some("Jos\u{fffd} \u{e9}"));
}

/// Where the character set decides whose address it is, nobody is certain.
#[test]
fn octets_that_hide_a_quote_or_an_at_sign_are_not_certain() {
    // By single octets the quoted string goes on to the second quotation mark; in GBK it ends at the first.
    field(b"\"\x81\x5c\" <ceo@bank.example>, \"\" <a@evil.example>", "candidates bank.example evil.example");
    // A decoder that takes two octets whatever they are does not see the first closing quote.
    field(b"\"x\xc4\" \"<ceo@bank.example>, \xc4\" <a@evil.example>", "candidates bank.example evil.example");
    field(b"x\x81@bank.example, <a@evil.example>", "candidates bank.example evil.example");
    // Letters of a domain in an unknown character set are no domain.
    field(b"ceo@b\xfccher.example", "candidates b bcher.example");
    field(b"\xe9 <ceo@b\xc3\xbccher.example>", "candidates xn--bcher-kva.example");
}

// --- Certain although not quite in order --------------------------------------------------------------------------------

#[test]
fn what_every_reader_reads_alike_is_certain() {
    for value in [
        "ceo@victim.example,",
        ",ceo@victim.example",
        "ceo@victim.example,, (x) ,CFO <cfo@victim.example>",
        "<ceo@victim.example.>",
        "ceo@victim.example.",
        "CEO: ceo@victim.example;",
        "CEO: \"C. E. O.\" <ceo@victim.example>;",
        "CEO: , ceo@victim.example, ; (x)",
    ] {
        field(value, "certain victim.example");
    }
    for depth in [1, 32, 33, 34, 1000] {
        let (open, close) = ("(".repeat(depth), ")".repeat(depth));
        field(format!("{open}x{close} <ceo@victim.example> {open}{close}"), "certain victim.example");
    }
}

#[test]
fn junk_lines_below_the_field_are_no_matter() {
    for junk in ["no colon here", "Lorem ipsum, dolor.", "<b>", "\u{e9}t\u{e9}", "x\r\ny z", "no colon\r\n folded"] {
        section(format!("From: ceo@victim.example\r\n{junk}\r\nSubject: x"), "certain victim.example");
        section(format!("From: CEO\r\n <ceo@victim.example>\r\n{junk}"), "certain victim.example");
        section(format!("From: ceo@victim.example\r\nSubject: x\r\n{junk}\r\nTo: y"), "certain victim.example");
    }
}

// --- Candidates ---------------------------------------------------------------------------------------------------------

#[test]
fn one_malformed_field_has_the_domains_that_stand_in_it() {
    for (value, expected) in [
        ("ceo@victim.example>", "candidates victim.example"),
        ("[Bank] Security <ceo@victim.example>", "candidates victim.example"),
        ("<ceo@victim.example", "candidates victim.example"),
        ("\"CEO <ceo@victim.example>", "candidates victim.example"),
        ("ceo@victim.example (x", "candidates victim.example"),
        ("ceo@victim.example; cfo@victim.example", "candidates victim.example"),
        ("<ceo@victim.example> ceo", "candidates victim.example"),
        ("ceo@harbour.example@evil.example", "candidates harbour.example evil.example"),
        ("a@evil.example, ceo@harbour.example", "candidates evil.example harbour.example"),
        ("ceo@harbour.example <a@evil.example>", "candidates harbour.example evil.example"),
        ("Harbour: ceo@harbour.example, a@evil.example;", "candidates harbour.example evil.example"),
        ("<@evil.example,@any.example:ceo@harbour.example>", "candidates evil.example any.example harbour.example"),
        ("\"a@evil.example <ceo@harbour.example>", "candidates evil.example harbour.example"),
        ("a@[192.0.2.1], ceo@harbour.example", "candidates harbour.example"),
        ("ceo@[harbour.example]", "candidates harbour.example"),
        ("a@A.EXAMPLE, b@a.example., c@b.example", "candidates a.example b.example"),
    ] {
        field(value, expected);
    }
}

/// In a field that is in order, a name is no address.
#[test]
fn a_name_with_an_address_is_a_candidate_in_malformed_fields_only() {
    section(
        "From: \"ceo@bank.example\" <a@evil.example>\r\nFrom: b@harbour.example (x@bank.example)",
        "candidates evil.example harbour.example",
    );
    field("\"ceo@bank.example\" <a@evil.example>>", "candidates bank.example evil.example");
}

/// What a program makes of a text before it looks for an address.
#[test]
fn letters_that_programs_drop_map_or_decode() {
    for (value, expected) in [
        ("ceo@harbour\0.example", "candidates harbour harbour.example"),
        ("ceo@harbour.example\0@evil.example", "candidates harbour.example evil.example harbour.example"),
        ("ceo@ha\u{ad}rbour.example", "candidates harbour.example"),
        ("ceo@ha\u{202e}rbour.example", "candidates harbour.example"),
        ("ceo@harbour\u{3002}example", "candidates harbour.example"),
        ("ceo@\u{ff48}arbour.example", "candidates harbour.example"),
        ("ceo\u{ff20}harbour.example", "candidates harbour.example"),
        ("ceo@harbour .example", "candidates harbour harbour.example"),
        ("ceo@harbour(x).example", "candidates harbour harbour.example"),
        ("ceo@harbour. example", "candidates harbour harbour.example"),
        ("=?utf-8?q?ceo=40harbour=2Eexample?=", "candidates harbour.example"),
        ("=?utf-8?b?PGNlb0BoYXJib3VyLmV4YW1wbGU+?=, <>", "candidates harbour.example"),
        ("ceo@=?utf-8?q?harbour.example?=", "candidates harbour.example"),
        ("ceo@harbour%.example", "candidates harbour"),
        ("ceo@harbour..example", "candidates harbour.example"),
    ] {
        let expected = expected.replace("evil.example harbour.example", "evil.example");
        field(value, &expected);
    }
}

#[test]
fn several_fields_and_lines_that_may_be_one() {
    for (text, expected) in [
        ("From: a@evil.example\r\nFrom: ceo@harbour.example", "candidates evil.example harbour.example"),
        ("From: ceo@harbour.example\r\nX: y\r\nfrom : a@evil.example", "candidates harbour.example evil.example"),
        ("From: a@evil.example\r\nFrom: b@evil.example", "candidates evil.example"),
        (" From: ceo@harbour.example\r\nFrom: a@evil.example", "candidates harbour.example evil.example"),
        ("From\r\n : ceo@harbour.example\r\nFrom: a@evil.example", "candidates harbour.example evil.example"),
        ("From: a@evil.example\r\n,ceo@harbour.example", "candidates evil.example harbour.example"),
        ("From: a@evil.example\r\njunk\r\n,ceo@harbour.example", "candidates evil.example harbour.example"),
        ("From: a@evil.example\r\nX: y\r\nFrom ceo@harbour.example", "candidates evil.example harbour.example"),
        ("From\0: ceo@harbour.example\r\nFrom: a@evil.example", "candidates harbour.example evil.example"),
        ("\u{feff}From: ceo@harbour.example\r\nFrom: a@evil.example", "candidates harbour.example evil.example"),
        ("X: y\nFrom: ceo@harbour.example\r\nFrom: a@evil.example", "candidates harbour.example evil.example"),
        ("X: y\rFrom: ceo@harbour.example\r\nFrom: a@evil.example", "candidates harbour.example evil.example"),
        ("From: a@evil.example\r\nX: y\n\nFrom: ceo@harbour.example", "candidates evil.example harbour.example"),
        ("From: a@evil.example\r,ceo@harbour.example", "candidates evil.example harbour.example"),
        ("From: \"x <ceo@harbour.example>\r\n \r\n \" <a@evil.example>", "candidates harbour.example evil.example"),
        ("junk\r\nFrom: a@evil.example", "candidates evil.example"),
        ("From ceo@harbour.example Fri\r\n x\r\nFrom: a@evil.example", "candidates harbour.example evil.example"),
        ("X: y\0\r\nFrom: a@evil.example", "candidates evil.example"),
        ("From ceo@harbour.example Fri\r\nFrom: a@evil.example,\r\n b@b.example", "candidates evil.example b.example"),
    ] {
        section(text, expected);
    }
    // Names that only begin alike, and fields that are others.
    section("From-X: x@x.example\r\nFromage: y@y.example\r\nX: y\r\n From: z@z.example", "none");
}

// --- None and incomplete ------------------------------------------------------------------------------------------------

#[test]
fn none_where_no_reader_finds_a_domain() {
    for value in
        ["", "Some Name", "<>", "Undisclosed:;", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "a@", "Bank <bank.example>"]
    {
        field(value, "none");
    }
    section("Subject: x\r\nSender: a@evil.example", "none");
    assert_eq!(of(b""), Authorship::None(AuthorError::Missing));
    assert_eq!(of(b"\r\nFrom: a@evil.example"), Authorship::None(AuthorError::Missing));
}

#[test]
fn more_than_four_candidates_are_incomplete() {
    let list = |count: usize| (0..count).map(|n| format!("a@{n}.example")).collect::<Vec<_>>().join(", ");
    field(list(MAX_AUTHOR_CANDIDATES), "candidates 0.example 1.example 2.example 3.example");
    field(list(MAX_AUTHOR_CANDIDATES + 1), "incomplete 0.example 1.example 2.example 3.example");
    field([list(4), list(4)].join(","), "candidates 0.example 1.example 2.example 3.example");
}

#[test]
fn a_field_beyond_its_limit_is_incomplete_and_still_read() {
    let padding = "x ".repeat(MAX_FROM_SIZE / 2);
    field(format!("\"{padding}\" <a@evil.example>"), "incomplete evil.example");
    field(format!("a@evil.example, \"{padding}\" <ceo@harbour.example>"), "incomplete evil.example harbour.example");
    // At every place where a piece may end.
    for filler in MAX_FROM_SIZE - 40..MAX_FROM_SIZE + 10 {
        field(format!("{}<ceo@harbour.example>,{padding}", "x".repeat(filler)), "incomplete harbour.example");
    }
}

#[test]
fn fields_behind_the_limits_are_still_looked_for() {
    let many = "X: y\r\n".repeat(MAX_HEADER_FIELDS);
    section(format!("{many}From: ceo@victim.example"), "incomplete victim.example");
    section(
        format!("From: a@evil.example\r\n{many}From: ceo@victim.example"),
        "incomplete evil.example victim.example",
    );
    section(format!("{many}Subject: x"), "incomplete");
    let large = format!("X: {}\r\n", "y".repeat(MAX_HEADER_SIZE + 1024));
    section(format!("{large}From: ceo@victim.example"), "incomplete victim.example");
    section(
        format!("From: a@evil.example\r\n{large}FROM : CEO\r\n <ceo@victim.example>"),
        "incomplete evil.example victim.example",
    );
    assert!(matches!(
        of_section(&format!("{large}From: a@b.example")),
        Authorship::Incomplete(_, AuthorError::OverLimit(HeaderLimit::Size(MAX_HEADER_SIZE)))
    ));
    let kinds = ["Received: x\r\n".repeat(600), "received : x\r\n".repeat(600)].concat();
    section(format!("{kinds}From: ceo@victim.example"), "incomplete victim.example");
    // The body is no header section.
    let body = format!("{large}\r\nFrom: ceo@victim.example\r\n");
    assert_eq!(shown(&of(body.as_bytes())), "incomplete");
}

/// A reader at the end of its limit keeps as much however much comes.
#[test]
fn a_section_of_any_size_is_read_in_chunks() {
    let chunk = format!("X: {}\r\n", "y".repeat(60_000));
    for at in [0, 1, 7, 19] {
        let mut reader = HeaderReader::new();
        for n in 0..20 {
            reader.push(chunk.as_bytes());
            if n == at {
                for octet in b"From: Bank\r\n <ceo@victim.example>\r\n" {
                    reader.push(std::slice::from_ref(octet));
                }
            }
        }
        assert_eq!(shown(&authorship(&reader.finish())), "incomplete victim.example");
    }
}

/// The fuzz target `author_candidates` found it: readers that disagree on what ends a line have more than is kept at other places.
#[test]
fn where_there_are_more_candidates_than_are_kept_chunks_have_no_say_in_which() {
    let message = b"From: a@e\x01\0\0.em a@F\xffb:.exa}c@\t: a@evi\nFrom: ceo@hasbour(.exam";
    let limits = Limits::default().header_size(0);
    let whole = Header::split_within(message, &limits).0;
    for size in 1..message.len() {
        let mut reader = HeaderReader::within(&limits);
        message.chunks(size).for_each(|chunk| _ = reader.push(chunk));
        assert_eq!(reader.finish(), whole, "chunks of {size}");
    }
}

// --- What holds whatever comes ----------------------------------------------------------------------------------------

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: [&[u8]; 36] = [
        b"From: ",
        b"From",
        b"from :",
        b":",
        b"\r\n",
        b"\r\n ",
        b"\n",
        b"\r",
        b"\0",
        b" ",
        b"X: y\r\n",
        b"a@evil.example",
        b"@",
        b"<",
        b">",
        b"<b@legit.example>",
        b"b@legit.example",
        b".example",
        b",",
        b";",
        b"<a@evil.example>",
        b"From: a@evil.example\r\n",
        b"Name",
        b"\t",
        b"junk\r\n",
        b"[",
        b"]",
        b"\\",
        b"\"",
        b"(",
        b")",
        b"\xc4",
        b"\x81",
        b"=?utf-8?q?a=40b.example?=",
        b"\xe9",
        b"G: ",
    ];
    let piece = prop::sample::select(pieces.to_vec());
    (prop::collection::vec(piece.clone(), 0..4), prop::collection::vec(piece, 0..9))
        .prop_map(|(above, rest)| [above.concat(), b"From: ".to_vec(), rest.concat()].concat())
}

/// From fields without quotes and comments, which hide addresses where they are in order.
fn fields() -> impl Strategy<Value = String> {
    let pieces = [
        "\r\n ",
        "\r\nFrom: ",
        "\nFrom : ",
        "\rFROM:",
        "\0",
        " ",
        "a@evil.example",
        "@",
        "<",
        ">",
        "<b@legit.example>",
        "b@legit.example",
        ".example",
        ",",
        "<a@evil.example>",
        "Name",
        "\t",
        "[",
        "]",
        ".",
        "G: ",
        ";",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..9)
        .prop_map(|pieces| format!("From: {}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The plainest reader there is, any letters behind any `@`, finds only what is certain or a candidate.
    #[test]
    fn candidates_hold_what_a_naive_reader_finds(section in fields()) {
        let known: Vec<String> = match of(section.as_bytes()) {
            Authorship::Certain(author) => vec![author.domain.to_string()],
            Authorship::Candidates(found, _) => found.domains().iter().map(ToString::to_string).collect(),
            Authorship::Incomplete(..) => return Ok(()),
            Authorship::None(_) => vec![],
        };
        for behind in section.split('@').skip(1) {
            let name: String = behind.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
            let labels: Vec<&str> = name.split('.').filter(|label| !label.is_empty()).collect();
            let name = labels.join(".").to_ascii_lowercase();
            prop_assert!(name.is_empty() || known.contains(&name), "{:?} not in {:?}: {:?}", name, known, section);
        }
    }

    /// However the octets come, and whether or not a limit makes the reader forget them.
    #[test]
    fn chunks_and_limits_change_no_candidates(message in hostile(), cut in 0usize..60) {
        let limits = passerelle::limits::Limits::default().header_size(0);
        let whole = authorship(&Header::split_within(&message, &limits).0);
        let mut reader = HeaderReader::within(&limits);
        let cut = cut.min(message.len());
        reader.push(&message[..cut]);
        for octet in &message[cut..] {
            reader.push(std::slice::from_ref(octet));
        }
        prop_assert_eq!(&authorship(&reader.finish()), &whole);
        let (Authorship::Incomplete(found, _), Authorship::Candidates(kept, _)) = (&whole, of(&message)) else {
            return Ok(());
        };
        prop_assert_eq!(found.domains(), kept.domains());
    }

    /// What is certain is found by the search for candidates as well.
    #[test]
    fn what_is_certain_is_among_the_candidates(message in hostile()) {
        let (header, _) = Header::split(&message);
        let limits = passerelle::limits::Limits::default().header_size(0);
        if let (Ok(author), Authorship::Incomplete(found, _)) =
            (author(&header), authorship(&Header::split_within(&message, &limits).0))
        {
            prop_assert!(found.domains().contains(&author.domain), "{:?} {:?}", author.domain, found);
        }
    }
}
