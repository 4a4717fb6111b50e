//! What is said when the body hash does not match.

use passerelle::dkim::{Canonicalization, Diagnosis, Failure, VerifyPolicy};

use crate::common::{Dns, NOW};
use crate::common::{ED25519, crlf, replaced, sign, signer, verify, verify_chunks, verify_with};

fn diagnosis(message: &[u8], dns: &Dns) -> Diagnosis {
    let verdicts = verify(message, dns);
    let Some(Failure::BodyHash { diagnosis, header: None }) = verdicts[0].failure else {
        panic!("{:?}", verdicts[0]);
    };
    // The same however the body is cut.
    for sizes in [vec![1; message.len()], vec![8192; 20], vec![20_000, 1, 9000]] {
        assert_eq!(verify_chunks(message, &sizes, dns, &Default::default(), NOW), verdicts);
    }
    diagnosis
}

fn long_body() -> String {
    (0..2000).map(|i| format!("Line {i} of a long message.\n")).collect()
}

#[test]
fn a_footer() {
    for body in ["Hi.\n".to_owned(), long_body(), String::new(), "Hi.\n\n\n".to_owned()] {
        for canonicalization in [Canonicalization::Simple, Canonicalization::Relaxed] {
            let (signer, dns) = signer(ED25519);
            let signer = signer.canonicalization(canonicalization, canonicalization);
            let message = sign(signer, &crlf(&format!("From: a@example.com\n\n{body}")));
            let footer = crlf("_____\nlist mailing list\nlist@lists.example.org\n");
            let found = diagnosis(&[&message[..], &footer].concat(), &dns);
            // With an empty line between, that line belongs to the footer or not: the hash is the same.
            assert!(matches!(found, Diagnosis::Footer { octets } if octets >= footer.len() as u64), "{found:?}");
            if !body.ends_with("\n\n") {
                assert_eq!(found, Diagnosis::Footer { octets: footer.len() as u64 });
            }
        }
    }
}

#[test]
fn line_endings() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer, &crlf("From: a@example.com\n\nHi.\n\nBye.\n"));
    let bare = [&message[..message.len() - 13], b"Hi.\n\nBye.\n"].concat();
    assert_eq!(diagnosis(&bare, &dns), Diagnosis::LineEndsBare);
}

/// A signer that hashed bare LFs, which is not ours: the body hash is put in by hand, so the header does not verify.
#[test]
fn line_endings_the_other_way() {
    use base64::Engine;
    let (signer, dns) = signer(ED25519);
    let message = sign(signer, &crlf("From: a@example.com\n\nHi.\n\nBye.\n"));
    let base64 =
        |body: &[u8]| base64::engine::general_purpose::STANDARD.encode(passerelle::crypto::Sha256::digest(body));
    let message = replaced(&message, &base64(b"Hi.\r\n\r\nBye.\r\n"), &base64(b"Hi.\n\nBye.\n\r\n"));
    let failure = verify(&message, &dns).remove(0).failure;
    let Some(Failure::BodyHash { diagnosis, header: Some(_) }) = failure else { panic!("{failure:?}") };
    assert_eq!(diagnosis, Diagnosis::LineEndsCrlf);
}

#[test]
fn cut_short() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer.with_body_length(), &crlf("From: a@example.com\n\nHi.\nBye.\n"));
    assert_eq!(diagnosis(&message[..message.len() - 6], &dns), Diagnosis::CutShort { signed: 11, present: 5 });
    assert_eq!(diagnosis(&replaced(&message, "Hi.", "Ho."), &dns), Diagnosis::PrefixChanged);
}

#[test]
fn what_is_not_certain_is_not_claimed() {
    let (signer, dns) = signer(ED25519);
    let message = sign(signer, &crlf("From: a@example.com\n\nHi.\nBye.\n"));
    assert_eq!(diagnosis(&replaced(&message, "Hi.", "Ho."), &dns), Diagnosis::Changed);
    assert_eq!(diagnosis(&message[..message.len() - 4], &dns), Diagnosis::MaybeCutShort);
    assert_eq!(diagnosis(&message[..message.len() - 11], &dns), Diagnosis::Empty);
}

/// A message of this header and body, signed; and what is found when the body is this.
#[track_caller]
fn changed(canonicalization: Canonicalization, header: &str, body: &str, to: &[u8]) -> Diagnosis {
    let (signer, dns) = signer(ED25519);
    let fields = crlf(&format!("From: a@example.com\n{header}\n"));
    let message =
        sign(signer.canonicalization(canonicalization, canonicalization), &[&fields[..], &crlf(body)].concat());
    diagnosis(&[&message[..message.len() - crlf(body).len()], to].concat(), &dns)
}

const BOTH: [Canonicalization; 2] = [Canonicalization::Simple, Canonicalization::Relaxed];

#[test]
fn lines_that_mbox_escaped() {
    for canonicalization in BOTH {
        for (body, escaped) in [
            ("Hi.\nFrom here on\n", "Hi.\n>From here on\n"),
            ("From here on\n", ">From here on\n"),
            ("a\n>From b\nFrom c\n", "a\n>From b\n>From c\n"),
            ("a\n>From b\nFrom c\n", "a\n>>From b\n>From c\n"),
        ] {
            // That only one of them was escaped cannot be undone: that is only where all begin with one `>`.
            if body.contains("\n>From") && !escaped.contains(">>From") {
                continue;
            }
            let found = changed(canonicalization, "", body, &crlf(escaped));
            assert_eq!(found, Diagnosis::FromEscaped, "{canonicalization} {escaped:?}");
        }
    }
}

/// Of a long body only the end is kept, so it is hashed twice where its start has such a line.
#[test]
fn lines_that_mbox_escaped_in_a_long_body() {
    let long: String = (0..700).map(|i| format!("Line {i} of a long message.\n")).collect();
    for canonicalization in BOTH {
        for start in ["From the start\n", "Hi.\nFrom the start\n"] {
            let body = format!("{start}{long}From here on\n");
            let escaped = body.replace("From ", ">From ");
            assert_eq!(
                changed(canonicalization, "", &body, &crlf(&escaped)),
                Diagnosis::FromEscaped,
                "{canonicalization}"
            );
            let other = escaped.replace("Line 9 ", "Line X ");
            assert_eq!(changed(canonicalization, "", &body, &crlf(&other)), Diagnosis::Changed);
        }
    }
}

#[test]
fn a_body_that_was_decoded_from_quoted_printable_or_encoded() {
    const QUOTED: &str = "Content-Transfer-Encoding: quoted-printable\n";
    let text =
        "Caf\u{e9} = good, and a line that is so much longer than seventy-six columns that it is broken softly.\n";
    let encoded =
        "Caf=C3=A9 =3D good, and a line that is so much longer than seventy-six colu=\nmns that it is broken softly.\n";
    let quoted_printable = passerelle::dkim::TransferEncoding::QuotedPrintable;
    for canonicalization in BOTH {
        let decoded = Diagnosis::Decoded { encoding: quoted_printable, proven: true };
        assert_eq!(changed(canonicalization, QUOTED, encoded, &crlf(text)), decoded);
        let was_plain = Diagnosis::Encoded { encoding: quoted_printable };
        assert_eq!(changed(canonicalization, "Content-Transfer-Encoding: 8bit\n", text, &crlf(encoded)), was_plain);
        // Another encoder: that it was decoded is not proven, and plain to see.
        let otherwise = encoded.replace("colu=\nmns", "=\ncolumns");
        let likely = Diagnosis::Decoded { encoding: quoted_printable, proven: false };
        assert_eq!(changed(canonicalization, QUOTED, &otherwise, &crlf(text)), likely);
    }
}

#[test]
fn a_body_that_was_put_into_base64() {
    let base64 = passerelle::dkim::TransferEncoding::Base64;
    let found = changed(Canonicalization::Relaxed, "", "Hi.\n\nBye.\n", b"SGkuDQoNCkJ5ZS4NCg==\r\n");
    assert_eq!(found, Diagnosis::Encoded { encoding: base64 });
    let header = "Content-Transfer-Encoding: base64\n";
    let found = changed(Canonicalization::Relaxed, header, "SGkuDQoNCkJ5ZS4NCg==\n", b"Hi.\r\n\r\nBye.\r\n");
    assert_eq!(found, Diagnosis::Decoded { encoding: base64, proven: true });
}

#[test]
fn blank_lines_and_spaces_at_ends() {
    let simple = Canonicalization::Simple;
    assert_eq!(changed(simple, "", "Hi.\n", b"Hi.\r\n \t\r\n\r\n"), Diagnosis::BlankEnd { octets: 6 });
    assert_eq!(changed(simple, "", "Hi.\nBye.\n", b"Hi. \r\nBye.\t\r\n"), Diagnosis::BlanksAdded);
    assert_eq!(changed(simple, "", "Hi.\nBye.\n", b"Hi.\r\nBye. \r\n"), Diagnosis::BlanksAdded);
    assert_eq!(changed(simple, "", "Hi.\nBye. \n", b"Hi.\r\nBye.\r\n"), Diagnosis::BlanksLost);
    assert_eq!(changed(simple, "", "Hi.\n \n", b"Hi.\r\n"), Diagnosis::BlanksLost);
    assert_eq!(changed(simple, "", "Hi.\n-- \nAnn\n", b"Hi.\r\n--\r\nAnn\r\n"), Diagnosis::BlanksLost);
    // At the end of a body that is not kept whole, too.
    let long = long_body();
    assert_eq!(changed(simple, "", &long, &crlf(&format!("{long} \n\t\n"))), Diagnosis::BlankEnd { octets: 6 });
    let added = long.trim_end().to_owned() + " \n";
    assert_eq!(changed(simple, "", &long, &crlf(&added)), Diagnosis::BlanksAdded);
    assert_eq!(changed(simple, "", &added, &crlf(&long)), Diagnosis::BlanksLost);
}

fn multipart(parts: &[&str]) -> String {
    let part = |text: &&str| format!("--b\nContent-Type: text/plain\n\n{text}\n");
    format!("{}--b--\n", parts.iter().map(part).collect::<String>())
}

const MIXED: &str = "MIME-Version: 1.0\nContent-Type: multipart/mixed;\n boundary=\"b\"\n";

#[test]
fn a_part_that_was_added() {
    let long = long_body();
    for (parts, added, last) in [
        (vec!["one", "two", "a footer"], 2, true),
        (vec!["a banner", "one", "two"], 0, false),
        (vec![&long[..], "a footer"], 1, true),
    ] {
        let signed: Vec<&str> = parts.iter().enumerate().filter(|(n, _)| *n != added).map(|(_, part)| *part).collect();
        let octets = crlf(&multipart(&parts)).len() - crlf(&multipart(&signed)).len();
        for canonicalization in BOTH {
            let found = changed(canonicalization, MIXED, &multipart(&signed), &crlf(&multipart(&parts)));
            assert_eq!(found, Diagnosis::PartAdded { octets: octets as u64, last });
        }
    }
}

#[test]
fn a_part_that_was_taken_out_or_cut_off() {
    let signed = multipart(&["one", "two"]);
    let with = |to: &str| changed(Canonicalization::Relaxed, MIXED, &signed, &crlf(to));
    assert_eq!(with(&multipart(&["one"])), Diagnosis::PartsMissing { parts: 1 });
    assert_eq!(with("one\n"), Diagnosis::PartsMissing { parts: 0 });
    assert_eq!(with(signed.strip_suffix("--b--\n").unwrap()), Diagnosis::Unclosed);
    assert_eq!(with(&multipart(&["one", "other"])), Diagnosis::Changed);
}

#[test]
fn parts_that_were_encoded_or_decoded() {
    let quoted_printable = passerelle::dkim::TransferEncoding::QuotedPrintable;
    let of = |encoding: &str, text: &str| {
        format!("--b\nContent-Transfer-Encoding: {encoding}\n\n{text}\n--b\n\nmore\n--b--\n")
    };
    let (plain, encoded) = (of("8bit", "Caf\u{e9}"), of("quoted-printable", "Caf=C3=A9"));
    let found = changed(Canonicalization::Relaxed, MIXED, &plain, &crlf(&encoded));
    assert_eq!(found, Diagnosis::Encoded { encoding: quoted_printable });
    let found = changed(Canonicalization::Relaxed, MIXED, &encoded, &crlf(&plain));
    assert_eq!(found, Diagnosis::Decoded { encoding: quoted_printable, proven: true });
}

/// Which octets are kept does not depend on the chunks, so neither does what is found at the edge of them.
#[test]
fn the_window_is_the_same_in_any_chunks() {
    for length in [8191, 8192, 8193, 16_383, 16_384, 16_385, 24_575, 24_576, 24_577, 40_000] {
        for footer in [8000, 8190, 12_000, 16_300] {
            let body = "x".repeat(70).repeat(length / 70) + "\r\n";
            let (signer, dns) = signer(ED25519);
            let message = sign(signer, &[b"From: a@example.com\r\n\r\n", body.as_bytes()].concat());
            let message = [&message[..], "y".repeat(footer).as_bytes(), b"\r\n"].concat();
            let one = verify(&message, &dns);
            for size in [1000, 8192, 10_000, 30_000] {
                let sizes = vec![size; message.len() / size];
                assert_eq!(
                    verify_chunks(&message, &sizes, &dns, &Default::default(), NOW),
                    one,
                    "{length} {footer} {size}"
                );
            }
        }
    }
}

/// Each failing signature costs some trials; all of them together hash no more than a fixed number of octets.
#[test]
fn trials_of_many_signatures_are_bounded() {
    let (signer, dns) = signer(ED25519);
    let plain = crlf("From: a@example.com\n\nHi.\n");
    let message = sign(signer, &plain);
    let field = &message[..message.len() - plain.len()];
    let body = "a\r\n".repeat(5000);
    let many = [&field.repeat(300)[..], &plain, body.as_bytes()].concat();
    let policy = VerifyPolicy::default().max_signatures(300).max_verifications(300);
    let causes: Vec<_> = verify_with(&many, &dns, &policy, NOW).iter().map(|v| v.cause.unwrap().as_str()).collect();
    assert_eq!(causes, ["body-changed"; 300], "the footer is too long to be found, and none is an error");
}
