//! Messages that get no footer, and why.

use std::time::{Duration, Instant};

use passerelle::gateway::content::footer::{WhyNot, apply};
use passerelle::message::Header;

use super::footers::{footed, footer};
use super::world::{came, crlf, policy, rule};

fn left(message: &str) -> WhyNot {
    footed(&crlf(message), &footer("bye €", None)).expect_err(message)
}

#[test]
fn given_signed_or_encrypted_mail_then_it_is_left_alone_and_the_log_says_why() {
    for (message, why) in [
        (
            "Content-Type: multipart/signed; boundary=b; micalg=sha-256\n\n--b\n\nHello\n--b\nContent-Type: application/pgp-signature\n\nx\n--b--\n",
            WhyNot::Signed,
        ),
        ("Content-Type: multipart/encrypted; boundary=b\n\n--b\n\nVersion: 1\n--b\n\nx\n--b--\n", WhyNot::Encrypted),
        ("Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n\nx\n", WhyNot::Signed),
        ("Content-Type: Application/X-PKCS7-MIME; smime-type=enveloped-data\n\nx\n", WhyNot::Encrypted),
        ("Content-Type: application/pkcs7-mime\n\nx\n", WhyNot::Encrypted),
        (
            "A: b\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n-----BEGIN PGP SIGNATURE-----\n",
            WhyNot::Signed,
        ),
        ("A: b\n\nSee below.\n-----BEGIN PGP MESSAGE-----\n\nx\n", WhyNot::Encrypted),
        ("Content-Transfer-Encoding: base64\n\nLS0tLS1CRUdJTiBQR1AgTUVTU0FHRS0tLS0t\n", WhyNot::Encrypted),
        // A list has put its own footer behind what is signed.
        (
            "Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/signed; boundary=b\n\n--b\n\nHello\n--b\n\nx\n--b--\n\n--m\n\nlist\n--m--\n",
            WhyNot::Signed,
        ),
    ] {
        assert_eq!(left(message), why, "{message}");
        let gone = came(policy(&rule("foot", "footer = { text = \"bye\" }")), &crlf(message))
            .of_a_stranger()
            .without_trace()
            .goes();
        assert_eq!(gone.message, crlf(message));
        assert_eq!(gone.rewritten.made[0].why_not, Some(why));
    }
    // Who quotes a signed text does not sign.
    assert!(footed(&crlf("A: b\n\n> -----BEGIN PGP SIGNED MESSAGE-----\n"), &footer("bye", None)).is_ok());
}

#[test]
fn given_no_text_then_there_is_nothing_to_put_it_below() {
    for message in [
        "Content-Type: application/pdf\n\nx\n",
        "Content-Type: text/plain\nContent-Disposition: attachment; filename=x.txt\n\nx\n",
        "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n",
        "Content-Type: message/rfc822\n\nSubject: x\n\nHello\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\nx\n--b--\n",
        "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\nHello\n--b--\n",
    ] {
        assert_eq!(left(message), WhyNot::NoText, "{message}");
    }
}

#[test]
fn given_parts_over_which_readers_may_differ_then_the_message_is_left_alone() {
    let parts = |lines: &str| format!("Content-Type: multipart/mixed; boundary=b\n\n{lines}");
    for message in [
        parts("--b\n\nHello\n"),
        parts("--b\n\nHello\n--bb\n\nHello\n--b--\n"),
        parts("Hello\n"),
        parts("--b\nno field\n\nHello\n--b--\n"),
        parts("--b\nContent-Type: text/plain\nContent-Type: text/html\n\nHello\n--b--\n"),
        "Content-Type: multipart/mixed\n\n--b\n\nHello\n--b--\n".to_owned(),
        "Content-Type: text/plain; charset=utf-8; charset=koi8-r\n\nHello\n".to_owned(),
        "Content-Type: text/plain\nContent-Type: text/html\n\nHello\n".to_owned(),
    ] {
        assert_eq!(left(&message), WhyNot::Structure, "{message}");
    }
    for bare in [&b"A: b\r\n\r\nHello\nyou\r\n"[..], b"A: b\r\n\r\nHello\ryou\r\n"] {
        assert_eq!(footed(bare, &footer("bye", None)), Err(WhyNot::Structure));
    }
}

#[test]
fn given_a_footer_that_would_be_a_delimiter_of_the_message_then_it_is_left_alone() {
    for foot in ["--bye", "--bye--", "--bye-and-more", "bye\n--bye"] {
        let message = "Content-Type: multipart/mixed; boundary=bye\n\n--bye\n\nHello\n--bye--\n";
        assert_eq!(footed(&crlf(message), &footer(foot, None)), Err(WhyNot::Structure), "{foot}");
    }
}

#[test]
fn given_characters_that_are_not_certain_then_the_text_is_left_alone() {
    for head in ["charset=utf-7", "charset=x-unknown", "charset=iso-2022-kr"] {
        assert_eq!(left(&format!("Content-Type: text/plain; {head}\n\nHello\n")), WhyNot::Characters, "{head}");
    }
    let eight_bits = |head: &str, text: &[u8]| footed(&[head.as_bytes(), text].concat(), &footer("bye €", None));
    assert_eq!(eight_bits("A: b\r\n\r\n", b"\xe9\r\n"), Err(WhyNot::Characters));
    let japanese = "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n";
    assert_eq!(eight_bits(japanese, b"\x1b$B$"), Err(WhyNot::Characters), "it ends within a character");
}

#[test]
fn given_a_transfer_encoding_that_is_unknown_or_damaged_then_the_text_is_left_alone() {
    for (encoding, text) in
        [("x-uuencode", "x"), ("base64", "****"), ("base64", "SGVsbG8=SGVsbG8="), ("quoted-printable", "=ZZ")]
    {
        let message = format!("Content-Transfer-Encoding: {encoding}\n\n{text}\n");
        assert_eq!(left(&message), WhyNot::Encoding, "{encoding} {text}");
    }
}

#[test]
fn given_one_alternative_that_cannot_have_it_then_the_other_has_it_and_the_log_says_so() {
    let message = "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-7\n\nHello\n--b\nContent-Type: text/html\n\n<p>Hello</p>\n--b--\n";
    let octets = crlf(message);
    let (header, body) = Header::split(&octets);
    let footed = apply(&header, body, &footer("bye", None)).unwrap();
    assert_eq!(footed.left, Some(WhyNot::Characters));
    assert_eq!(String::from_utf8(footed.body).unwrap().matches("bye").count(), 1);
}

/// What takes a whole-message parser a time that grows with the square of the size, or a stack that grows with it.
#[test]
fn given_hostile_structures_then_the_work_is_linear() {
    let nested = "Content-Type: message/rfc822\n\n".repeat(50_000);
    let unclosed = "--b\nContent-Type: multipart/mixed; boundary=z\n\n\n".repeat(10_000);
    let delimiters = "--b\n".repeat(100_000);
    let deep: String =
        (0..1000).map(|n| format!("--b{n}\nContent-Type: multipart/mixed; boundary=b{}\n\n", n + 1)).collect();
    let begin = Instant::now();
    for (boundary, body) in [("b", nested), ("b", unclosed + "--b--\n"), ("b", delimiters + "--b--\n"), ("b0", deep)] {
        let message = format!("Content-Type: multipart/mixed; boundary={boundary}\n\n{body}");
        footed(&crlf(&message), &footer("bye", None)).unwrap_err();
    }
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}
