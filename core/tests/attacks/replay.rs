//! Replay: a message that was signed once, sent again with something added.

use passerelle::dkim::VerifyPolicy;
use passerelle::dmarc::DmarcResult;
use passerelle::verify::Report;

use crate::world::{NOW, asked, dkim_words, evil, harbour, report_in, settings, signed_by, step, world};

const MESSAGE: &str = "From: maya@harbour.example\r\nTo: crew@receiver.example\r\nSubject: The tide\r\n\
    Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nHigh water at six.\r\n";

/// The fields that careless signers sign, each as often as it occurs.
const CARELESS: [&str; 4] = ["from", "to", "subject", "date"];

fn careless(message: &str) -> String {
    signed_by(harbour().fields(&CARELESS).unwrap().oversigned_fields(&[]).unwrap(), message)
}

fn replayed(message: impl AsRef<[u8]>) -> Report {
    report_in(&world(&[]), message, &evil())
}

/// The body grows, and its beginning is still signed (RFC 6376 §8.2).
#[test]
fn content_behind_the_signed_length() {
    let message = signed_by(harbour().with_body_length(), MESSAGE) + "<style>p{display:none}</style>Pay here.\r\n";
    let report = replayed(&message);
    assert_eq!((dkim_words(&report), report.dmarc.result), (vec!["policy"], DmarcResult::Fail));
    assert!(report.dkim[0].body_uncovered > Some(0));
    // A host that takes the risk gets it told.
    let dkim = VerifyPolicy::default().accept_body_length(true);
    let accepting = settings().dkim(dkim);
    let (report, _) = asked(message.as_bytes(), &evil(), &accepting, |question| world(&[]).answer(question));
    assert_eq!(dkim_words(&report), ["pass"]);
    assert_eq!(report.dkim[0].reason.as_deref(), Some("41 octets of the body are not signed (l=20)"));
}

/// `l=0` signs no body at all, and with another Content-Type nothing of the message is as it was.
#[test]
fn a_signed_length_of_zero_with_another_content_type() {
    let empty = MESSAGE.split_inclusive("\r\n\r\n").next().unwrap();
    let signed =
        signed_by(harbour().fields(&CARELESS).unwrap().oversigned_fields(&[]).unwrap().with_body_length(), empty);
    let message = format!("Content-Type: text/html\r\n{signed}<b>Pay here.</b>\r\n");
    assert_eq!(dkim_words(&replayed(&message)), ["policy"]);
    let dkim = VerifyPolicy::default().accept_body_length(true);
    let (report, _) =
        asked(message.as_bytes(), &evil(), &settings().dkim(dkim), |question| world(&[]).answer(question));
    assert!(report.to_json().contains("not covered, or not all of them: Content-Type"), "{}", report.to_json());
}

/// RFC 6376 §8.15: the signature covers the lowest field of a name, and programs may show the highest.
#[test]
fn a_second_field_of_a_name_that_is_signed_once() {
    let message = careless(MESSAGE);
    assert_eq!(dkim_words(&replayed(&message)), ["pass"]);
    for (name, value) in
        [("Subject", "Pay this invoice"), ("To", "you@receiver.example"), ("Date", "Sun, 22 Nov 2026 10:00:00 +0000")]
    {
        let report = replayed(format!("{name}: {value}\r\n{message}"));
        assert_eq!((dkim_words(&report), report.dmarc.result), (vec!["pass"], DmarcResult::Pass), "{name}");
        let repeated = step(&report, &format!("message field {name}")).expect("the trail tells of the second field");
        assert!(repeated.starts_with("repeated: it occurs 2 times"), "{repeated}");
        let unsigned = report.trail.steps().iter().find(|step| step.outcome == "unsigned fields").unwrap();
        assert_eq!(unsigned.why, format!("not covered, or not all of them: {name}"));
        assert_eq!(unsigned.rfc, "RFC 6376 §8.15");
        // At the bottom it is the one that counts as signed, and the signature breaks.
        let report = replayed(message.replacen("\r\n\r\n", &format!("\r\n{name}: {value}\r\n\r\n"), 1));
        assert_eq!(dkim_words(&report), ["fail"], "{name}");
    }
}

/// A field that was not there when the message was signed.
#[test]
fn a_field_that_no_signature_covers() {
    for name in ["Reply-To", "Sender", "Cc", "Content-Type", "Content-Transfer-Encoding"] {
        let report = replayed(format!("{name}: x@evil.example\r\n{}", careless(MESSAGE)));
        let unsigned = report.trail.steps().iter().find(|step| step.outcome == "unsigned fields").unwrap();
        assert!(unsigned.why.ends_with(&format!(": {name}")), "{}", unsigned.why);
        assert_eq!(step(&report, &format!("message field {name}")), None, "one of it is allowed");
    }
}

/// What our own signer signs cannot be added to.
#[test]
fn nothing_can_be_added_where_fields_are_oversigned() {
    let message = signed_by(harbour(), MESSAGE);
    let unchanged = replayed(&message);
    assert_eq!(dkim_words(&unchanged), ["pass"]);
    assert!(!unchanged.trail.steps().iter().any(|step| step.outcome == "unsigned fields"));
    for name in ["From", "To", "Subject", "Date", "Cc", "Reply-To", "Content-Type"] {
        assert_eq!(dkim_words(&replayed(format!("{name}: x@evil.example\r\n{message}"))), ["fail"], "{name}");
    }
}

#[test]
fn a_second_from_is_no_author_even_if_a_signature_passes() {
    let report = replayed(format!("From: ceo@evil.example\r\n{}", careless(MESSAGE)));
    assert_eq!((dkim_words(&report), report.dmarc.result), (vec!["pass"], DmarcResult::PermError));
}

#[test]
fn expired_and_not_yet_valid() {
    let message = signed_by(harbour().expires_after(60), MESSAGE);
    assert_eq!(dkim_words(&replayed(&message)), ["pass"]);
    let at = |now| {
        let answer = |question: &passerelle::Question| world(&[]).answer(question);
        let report =
            passerelle::verify::verify(message.as_bytes(), &evil(), &settings(), passerelle::Now::at(now), answer);
        let report = report.unwrap();
        (dkim_words(&report)[0], report.dmarc.result)
    };
    assert_eq!(at(NOW + 60 + 301), ("fail", DmarcResult::Fail));
    assert_eq!(at(NOW - 301), ("policy", DmarcResult::Fail));
}

/// From another host it is the same signature: the report says that DKIM alone vouches for the author.
#[test]
fn sent_again_by_another_host() {
    let report = replayed(signed_by(harbour(), MESSAGE));
    assert_eq!(report.dmarc.aligned_by.iter().map(|method| method.as_str()).collect::<Vec<_>>(), ["dkim"]);
    let report = replayed(MESSAGE);
    assert_eq!((report.spf.result.as_str(), report.dmarc.result), ("pass", DmarcResult::Fail));
}

#[test]
fn a_signature_under_another_message() {
    let signed = signed_by(harbour(), MESSAGE);
    let signature = signed.strip_suffix(MESSAGE).unwrap();
    let report = replayed(format!("{signature}{}", MESSAGE.replace("six", "ten")));
    assert_eq!((dkim_words(&report), report.dmarc.result), (vec!["fail"], DmarcResult::Fail));
    let report = replayed(format!("{signature}{}", MESSAGE.replace("maya@harbour", "maya@evil")));
    assert_eq!(dkim_words(&report), ["fail"]);
}

/// Copies of a good signature, whole or changed, add nothing.
#[test]
fn a_signature_many_times() {
    let signed = signed_by(harbour(), MESSAGE);
    let signature = signed.strip_suffix(MESSAGE).unwrap();
    let report = replayed(format!("{}{signed}", signature.replace("d=harbour.example", "d=evil.example")));
    assert_eq!(dkim_words(&report), ["permerror", "pass"]);
    let report = replayed(format!("{}{signed}", signature.repeat(3)));
    assert_eq!(dkim_words(&report), ["pass"; 4]);
    assert_eq!(report.dmarc.aligned_by.len(), 1);
}
