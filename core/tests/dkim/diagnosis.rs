//! What is said when the body hash does not match.

use passerelle::dkim::{Canonicalization, Diagnosis, Failure};

use crate::common::{Dns, NOW};
use crate::common::{ED25519, crlf, replaced, sign, signer, verify, verify_chunks};

fn diagnosis(message: &[u8], dns: &Dns) -> Diagnosis {
    let verdicts = verify(message, dns);
    let Some(Failure::BodyHash { diagnosis, header_intact: true }) = verdicts[0].failure else {
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
    assert_eq!(failure, Some(Failure::BodyHash { diagnosis: Diagnosis::LineEndsCrlf, header_intact: false }));
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
