//! Footers, held against what mail-parser reads of the message before and behind.

use mail_parser::{MessageParser, MimeHeaders, PartType};
use passerelle::gateway::content::footer::{Footed, WhyNot, apply};
use passerelle::message::Header;
use passerelle::route::policy::{Change, Footer};

use super::world::{crlf, policy};

pub(crate) fn footer(text: &str, html: Option<&str>) -> Footer {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let html = html.map(|html| format!(", html = {}", quoted(html))).unwrap_or_default();
    let rule = format!("[[rule]]\nname = \"foot\"\ndo = {{ footer = {{ text = {}{html} }} }}\n", quoted(text));
    let policy = policy(&rule);
    let changes = policy.rules.iter().flat_map(|rule| &rule.changes);
    let mut footers = changes.filter_map(|change| match change {
        Change::Footer(footer) => Some(footer.clone()),
        _ => None,
    });
    footers.next().unwrap()
}

pub(crate) fn footed(message: &[u8], footer: &Footer) -> Result<Vec<u8>, WhyNot> {
    let (header, body) = Header::split(message);
    let Footed { header, body, left, .. } = apply(&header, body, footer)?;
    assert_eq!(left, None);
    Ok([header.octets(), &body].concat())
}

/// LF written for CRLF, before and behind.
fn with(message: &str, text: &str) -> String {
    let out = footed(&crlf(message), &footer(text, None)).unwrap_or_else(|why| panic!("{why:?}: {message}"));
    String::from_utf8(out).unwrap().replace("\r\n", "\n")
}

/// The texts of a message as mail-parser reads them, in order, LF written for CRLF; what is no text as its octets.
pub(crate) fn read(message: &[u8]) -> Vec<(String, Vec<u8>)> {
    let parsed = MessageParser::default().parse(message).unwrap();
    let parts = parsed.parts.iter().filter(|part| !matches!(part.body, PartType::Multipart(_)));
    let kind = |part: &mail_parser::MessagePart<'_>| {
        part.content_type()
            .map_or("text/plain".to_owned(), |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()))
    };
    let shown = |part: &mail_parser::MessagePart<'_>| match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.replace("\r\n", "\n").into_bytes(),
        _ => message[part.offset_body as usize..part.offset_end as usize].to_vec(),
    };
    parts.map(|part| (kind(part), shown(part))).collect()
}

#[test]
fn given_a_plain_message_then_the_footer_is_its_last_lines_and_begins_a_line() {
    assert_eq!(with("A: b\n\nHello\n", "bye"), "A: b\n\nHello\nbye\n");
    assert_eq!(with("A: b\n\nHello", "bye"), "A: b\n\nHello\nbye\n");
    assert_eq!(with("A: b\n\nHello\n\n\n", "-- \nbye\n"), "A: b\n\nHello\n\n\n-- \nbye\n");
    assert_eq!(with("A: b\n\nHello\n", "one\r\ntwo\rthree"), "A: b\n\nHello\none\ntwo\nthree\n");
}

#[test]
fn given_no_body_then_the_footer_is_the_body() {
    assert_eq!(with("A: b\n\n", "bye"), "A: b\n\nbye\n");
    assert_eq!(with("A: b\n", "bye"), "A: b\n\nbye\n", "a header section and no more");
    assert_eq!(with("A: b", "bye"), "A: b\n\nbye\n");
}

const ALTERNATIVE: &str = "Content-Type: multipart/alternative; boundary=\"b\"\n\npreamble\n--b\nContent-Type: text/plain\n\nHello\n--b\nContent-Type: text/html\n\n<html><body><p>Hello</p></body></html>\n--b--\nepilogue\n";

#[test]
fn given_alternatives_then_each_has_the_footer_and_html_before_the_end_of_its_body() {
    let out = footed(&crlf(ALTERNATIVE), &footer("a < b\nbye", Some("<p>bye</p>"))).unwrap();
    let expected = ALTERNATIVE
        .replace("\n\nHello\n", "\n\nHello\na < b\nbye\n")
        .replace("</p></body>", "</p>\n<p>bye</p>\n</body>");
    assert_eq!(String::from_utf8(out).unwrap().replace("\r\n", "\n"), expected);
    // Without one of its own HTML shows the text.
    let expected = ALTERNATIVE
        .replace("\n\nHello\n", "\n\nHello\na < b\nbye\n")
        .replace("</p></body>", "</p>\n<div>a &lt; b<br>\nbye</div>\n</body>");
    assert_eq!(with(ALTERNATIVE, "a < b\nbye"), expected);
}

#[test]
fn given_attachments_then_they_are_octet_for_octet_what_they_were() {
    let attachments = "--m\nContent-Type: text/plain; name=notes.txt\nContent-Disposition: attachment\n\nHello\n--m\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nJVBE\nRi0=\n--m\nContent-Type: message/rfc822\n\nSubject: inner\n\nHello\n--m\nContent-Type: application/pkcs7-mime; name=invoice.xml.p7m\nContent-Disposition: attachment\n\nabc\n--m--\n";
    for text in ["Content-Type: text/plain\n\nHello\n", ALTERNATIVE] {
        let message =
            format!("From: a@b.example\nContent-Type: multipart/mixed; boundary=m\n\n--m\n{text}{attachments}");
        let out = with(&message, "bye");
        assert!(out.ends_with(&format!("\n{attachments}")), "{out}");
        assert_eq!(out.matches("bye").count(), if text == ALTERNATIVE { 2 } else { 1 });
        let (before, behind) = (read(&crlf(&message)), read(&crlf(&out)));
        assert_eq!(before.len(), behind.len());
        let texts = before.len() - 4;
        assert_eq!(before[texts..], behind[texts..]);
    }
}

#[test]
fn given_parts_in_parts_then_the_text_is_found_however_deep() {
    let related = format!(
        "Content-Type: multipart/related; boundary=r\n\n--r\n{ALTERNATIVE}--r\nContent-Type: image/png\nContent-ID: <i>\n\nx\n--r--\n"
    );
    let mixed = format!(
        "Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: image/png\n\ny\n--m\n{related}\n--m--\n"
    );
    assert_eq!(with(&mixed, "bye").matches("bye").count(), 2);
    // The root of what is related may be named.
    let rooted = "Content-Type: multipart/related; start=\"<t>\"; boundary=r\n\n--r\nContent-ID: <i>\n\nx\n--r\nContent-ID: <t>\n\nHello\n--r--\n";
    assert_eq!(with(rooted, "bye"), rooted.replace("Hello\n", "Hello\nbye\n"));
}

#[test]
fn given_empty_texts_in_parts_then_the_footer_is_all_of_them() {
    for empty in
        ["--b\nContent-Type: text/plain\n\n\n--b--\n", "--b\nContent-Type: text/plain\n\n--b--\n", "--b\n\n--b--\n"]
    {
        let message = format!("Content-Type: multipart/mixed; boundary=b\n\n{empty}");
        assert_eq!(read(&crlf(&with(&message, "bye")))[0].1, b"bye", "{message}");
    }
}

#[test]
fn given_a_transfer_encoding_then_it_is_kept() {
    for (encoding, text, expected) in [
        ("7bit", "Hello\n", "Hello\nbye = ok\n"),
        ("8bit", "Hello\n", "Hello\nbye = ok\n"),
        ("quoted-printable", "Hel=\nlo=3D \n", "Hel=\nlo=3D \nbye =3D ok\n"),
        ("quoted-printable", "Hello=\n", "Hello=\n\nbye =3D ok\n"),
        ("Base64", "SGVsbG8NCg==\n", "SGVsbG8NCmJ5ZSA9IG9rDQo=\n"),
        ("base64", "SGVs\nbG8=\n", "SGVsbG8NCmJ5ZSA9IG9rDQo=\n"),
        ("base64", "SGVsbG8K\n", "SGVsbG8KYnllID0gb2sK\n"), // LF inside, and LF it stays
    ] {
        let message = format!("MIME-Version: 1.0\nContent-Transfer-Encoding: {encoding}\n\n");
        assert_eq!(with(&format!("{message}{text}"), "bye = ok"), format!("{message}{expected}"));
    }
}

#[test]
fn given_quoted_printable_html_then_no_line_but_the_one_that_is_divided_is_written_anew() {
    let message = "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<p>=C3=A9=\n</p> </bo=\ndy>=20\n</html>\n";
    let out = footed(&crlf(message), &footer("x", Some("<p>ü</p>"))).unwrap();
    let out = String::from_utf8(out).unwrap().replace("\r\n", "\n");
    assert_eq!(out, message.replace("</p> </bo=", "</p> =\n\n<p>=C3=BC</p>\n</bo="));
    let text = String::from_utf8(read(&crlf(&out))[0].1.clone()).unwrap();
    assert_eq!(text, "<p>é</p> \n<p>ü</p>\n</body> \n</html>\n");
}

/// A footer in another script than most texts.
const GREEK: &str = "Ελληνικά €";

#[test]
fn given_characters_that_the_charset_has_then_it_is_kept() {
    for (charset, text, foot, expected) in [
        ("utf-8", "é".as_bytes(), GREEK, GREEK.as_bytes()),
        ("windows-1252", b"\xe9", "é€", b"\xe9\x80"),
        ("iso-8859-1", b"\xe9", "è", b"\xe8"),
        ("iso-8859-2", b"\xe6", "ą", b"\xb1"),
        ("koi8-r", b"\xc1", "бв", b"\xc2\xd7"),
        ("gb2312", b"\xd6\xd0", "bye", b"bye"),
        ("iso-2022-jp", b"\x1b$B$\"\x1b(B", "bye", b"bye"),
    ] {
        let head = format!("Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
        let message = [head.as_bytes(), text, b"\r\n"].concat();
        let out = footed(&message, &footer(foot, None)).unwrap();
        assert_eq!(out, [&message[..], expected, b"\r\n"].concat(), "{charset}");
    }
}

#[test]
fn given_characters_that_a_plain_text_cannot_have_then_all_of_it_is_utf8_and_its_own_are_the_same() {
    for (charset, encoding, text, shown) in [
        ("us-ascii", "7bit", &b"Hello"[..], "Hello"),
        ("iso-8859-1", "8bit", b"\xe9", "é"),
        ("iso-8859-1", "quoted-printable", b"=E9", "é"),
        ("koi8-r", "base64", b"wQ==", "а"),
        ("utf-16", "base64", b"/v8A6Q==", "é"),
    ] {
        let head = format!(
            "MIME-Version: 1.0\r\nContent-Type: text/plain; format=fixed; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        );
        let out = footed(&[head.as_bytes(), text, b"\r\n"].concat(), &footer(GREEK, None)).unwrap();
        let text = String::from_utf8_lossy(&out).into_owned();
        assert!(text.contains("Content-Type: text/plain; charset=utf-8;\r\n\tformat=fixed\r\n"), "{text}");
        let kept = if encoding == "7bit" { "quoted-printable" } else { encoding };
        assert!(text.contains(&format!("Content-Transfer-Encoding: {kept}\r\n")), "{text}");
        assert_eq!(String::from_utf8(read(&out)[0].1.clone()).unwrap(), format!("{shown}\n{GREEK}\n"), "{charset}");
    }
    // A message that says nothing of MIME says so now.
    let out = with("From: a@b.example\n\nHello\n", "é");
    assert_eq!(
        out,
        "From: a@b.example\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nHello\n=C3=A9\n"
    );
}

#[test]
fn given_characters_that_html_cannot_have_then_they_are_references_and_all_else_stays() {
    for charset in ["", "; charset=us-ascii", "; charset=iso-8859-1", "; charset=gb2312", "; charset=koi8-r"] {
        let message = format!("Content-Type: text/html{charset}\n\n<body>Hello</body>\n");
        let out = footed(&crlf(&message), &footer("x", Some("<p>€é</p>"))).unwrap();
        let expected = message.replace("</body>", "\n<p>&#8364;&#233;</p>\n</body>");
        // ISO-8859-1 has one of them, in 8 bits, which the text is not in.
        assert_eq!(String::from_utf8(out).unwrap().replace("\r\n", "\n"), expected, "{charset}");
    }
}

#[test]
fn given_eight_bits_in_a_text_of_seven_then_it_becomes_quoted_printable() {
    let out = with("Content-Type: text/plain; charset=utf-8\n\nHello = you\n", "é");
    assert_eq!(
        out,
        "Content-Type: text/plain; charset=utf-8\nMIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\nHello =3D you\n=C3=A9\n"
    );
    // And so do lines that not every server takes.
    let long = "x".repeat(999);
    let out = with("A: b\n\nHello\n", &long);
    assert!(out.contains("quoted-printable") && out.lines().all(|line| line.len() <= 76));
    assert_eq!(read(&crlf(&out))[0].1, format!("Hello\n{long}\n").into_bytes());
}

#[test]
fn given_flowed_text_then_the_footer_is_a_paragraph_of_its_own_and_no_quote() {
    let head = "Content-Type: text/plain; format=flowed\n\n";
    for (text, expected) in [
        ("a line that \nflows\n", "a line that \nflows\n"),
        ("a line that \n", "a line that \n\n"),
        ("a line that ", "a line that \n\n"),
        ("Hello\n-- \n", "Hello\n-- \n"),
    ] {
        let foot = "> quoted \nFrom here\n indented\n-- \nbye  ";
        let stuffed = " > quoted\n From here\n  indented\n-- \nbye\n";
        assert_eq!(with(&format!("{head}{text}"), foot), format!("{head}{expected}{stuffed}"));
    }
}

#[test]
fn given_a_text_that_ends_with_the_footer_then_it_gets_no_second_one_and_a_reply_that_quotes_it_does() {
    let foot = footer("-- \nbye é", Some("<p>bye</p>"));
    for message in [
        ALTERNATIVE,
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nSGVsbG8=\n",
        "A: b\n\nHello\n",
    ] {
        let once = footed(&crlf(message), &foot).unwrap();
        assert_eq!(footed(&once, &foot), Err(WhyNot::Already), "{message}");
    }
    let reply = crlf("A: b\n\nYes.\n\n> Hello\n> -- \n> bye\n");
    let out = footed(&reply, &footer("-- \nbye", None)).unwrap();
    assert!(out.ends_with(b"> bye\r\n-- \r\nbye\r\n"));
}
