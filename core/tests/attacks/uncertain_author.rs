//! A From field that is malformed on purpose must not switch the owner's policy off, and one that is honest but not quite in
//! order must not fail.
//!
//! `harbour.example` publishes `p=reject`, and so does `evil.example`, for whom everything passes.

use passerelle::dmarc::{AuthorCertainty, Cause, Disposition, DmarcResult};
use passerelle::limits::{Limits, MAX_AUTHOR_CANDIDATES, MAX_QUESTIONS, MAX_TREE_WALK_QUERIES};
use passerelle::verify::{Authenticated, Report};
use passerelle::{Answer, DnsAnswer, Question, Status};

use crate::world::{asked, evil, from_evil, harbour, report_in, settings, signed_octets, txt, world};

const REST: &[u8] = b"\r\nTo: crew@receiver.example\r\nSubject: x\r\n\r\nbody\r\n";

fn message(from: impl AsRef<[u8]>) -> Vec<u8> {
    [b"From: ", from.as_ref(), REST].concat()
}

/// The candidates, each with its result.
fn candidates(report: &Report) -> Vec<String> {
    report.dmarc.candidates.iter().map(|c| format!("{} {}", c.domain, c.result)).collect()
}

/// A message of the attacker's to which the policy of harbour.example applies.
#[track_caller]
fn is_rejected(message: impl AsRef<[u8]>) -> Report {
    let report = from_evil(&message);
    let shown: String = String::from_utf8_lossy(message.as_ref()).chars().take(300).collect();
    assert_eq!(report.dmarc.disposition, Disposition::Reject, "{shown:?}: {:?}", report.dmarc.reason);
    assert_ne!(report.dmarc.result, DmarcResult::Pass);
    assert_eq!(report.authenticated(), Authenticated::No);
    report
}

/// Not quite in order, and still one domain for everyone.
fn certain(mailbox: &str) -> Vec<Vec<u8>> {
    let before: [&[u8]; 6] =
        [b"Jos\xe9 <", b"\"\xd5\xc5\xce\xb0\" <", b"\xd5\xc5\xce\xb0 <", b"\"\x81\x5c\" <", b",<", b"A: <"];
    let behind: [&[u8]; 6] = [b">", b">", b"> (\xe9)", b">", b">,", b">;"];
    let mut values: Vec<Vec<u8>> =
        before.iter().zip(behind).map(|(before, behind)| [before, mailbox.as_bytes(), behind].concat()).collect();
    values.push(format!("<{mailbox}.>").into_bytes());
    values.push(format!("{mailbox}\r\nno colon in this line").into_bytes());
    for depth in [33, 1000] {
        values.push(format!("{}x{} <{mailbox}>", "(".repeat(depth), ")".repeat(depth)).into_bytes());
    }
    values
}

#[test]
fn one_odd_octet_does_not_switch_the_policy_off() {
    for value in certain("ceo@harbour.example") {
        let report = is_rejected(message(value));
        assert_eq!((report.dmarc.result, report.dmarc.author), (DmarcResult::Fail, AuthorCertainty::Certain));
        assert_eq!(report.dmarc.domain.as_ref().map(|domain| domain.as_str()), Some("harbour.example"));
        assert!(report.dmarc.candidates.is_empty() && report.authentication_results.contains("dmarc=fail"));
    }
    for value in [
        "ceo@harbour.example>",
        "[Bank] Security <ceo@harbour.example>",
        "ceo@harbour.example\0",
        "\"CEO <ceo@harbour.example>",
        "ceo@harbour.example; cfo@harbour.example",
        "ceo@ha\u{200b}rbour.example",
        "=?utf-8?q?ceo=40harbour=2Eexample?=",
        "ceo@harbour.example\r\n.example",
    ] {
        let report = is_rejected(message(value));
        assert_eq!((report.dmarc.result, report.dmarc.author), (DmarcResult::PermError, AuthorCertainty::Candidates));
        assert!(candidates(&report).contains(&"harbour.example fail".to_owned()), "{value:?}");
    }
}

#[test]
fn honest_signed_mail_that_is_not_quite_in_order_passes() {
    for value in certain("maya@harbour.example") {
        let report = report_in(&world(&[]), signed_octets(harbour(), &message(&value)), &evil());
        assert_eq!(report.dmarc.result, DmarcResult::Pass, "{}", String::from_utf8_lossy(&value));
        assert_eq!(report.authenticated(), Authenticated::Yes);
    }
}

#[test]
fn beyond_the_limits_the_policy_holds() {
    let many: String = (0..2001).map(|n| format!("X-{n}: y\r\n")).collect();
    let large = format!("X: {}\r\n", "y".repeat(257 << 10));
    let kinds = "X-A: y\r\n".repeat(1001);
    for padding in [&many, &large, &kinds] {
        for text in [
            format!("From: ceo@harbour.example\r\n{padding}\r\nbody\r\n"),
            format!("{padding}From: CEO\r\n <ceo@harbour.example>\r\n\r\nbody\r\n"),
            format!("From: a@evil.example\r\n{padding}from : ceo@harbour.example\r\n\r\nbody\r\n"),
        ] {
            let report = is_rejected(text);
            assert_eq!(
                (report.dmarc.result, report.dmarc.author),
                (DmarcResult::PermError, AuthorCertainty::Incomplete)
            );
        }
        // An author who asks for nothing, and one who is not found: at least to quarantine.
        for text in [format!("From: a@nowhere.example\r\n{padding}\r\n"), format!("{padding}\r\nbody")] {
            assert_eq!(from_evil(text).dmarc.disposition, Disposition::Quarantine);
        }
    }
}

/// The report tells which they are, and none of them makes the message pass.
#[test]
fn two_from_fields_of_which_one_is_aligned_never_pass() {
    for (text, expected) in [
        ("From: a@evil.example\r\nFrom: ceo@harbour.example", ["evil.example pass", "harbour.example fail"]),
        ("From: ceo@harbour.example\r\nFrom: a@evil.example", ["harbour.example fail", "evil.example pass"]),
    ] {
        let report = is_rejected([text.as_bytes(), REST].concat());
        assert_eq!((report.dmarc.result, &report.dmarc.domain), (DmarcResult::PermError, &None));
        assert_eq!(report.dmarc.author, AuthorCertainty::Candidates);
        assert_eq!(candidates(&report), expected);
        assert!(report.authentication_results.contains("dmarc=permerror"));
        assert!(!report.authentication_results.contains("header.from"));
    }
    // Where all of them are aligned, nothing is asked, and it is no pass either.
    let report = from_evil([b"From: a@evil.example\r\nFrom: b@evil.example", REST].concat());
    assert_eq!((report.dmarc.result, report.dmarc.disposition), (DmarcResult::PermError, Disposition::None));
    assert_eq!(
        (candidates(&report), report.authenticated()),
        (vec!["evil.example pass".to_owned()], Authenticated::No)
    );
}

#[test]
fn nobody_is_named() {
    for value in ["", "Harbour Office", "Undisclosed:;", "a@[192.0.2.1]"] {
        let report = from_evil(message(value));
        assert_eq!((report.dmarc.result, report.dmarc.disposition), (DmarcResult::PermError, Disposition::None));
        assert_eq!((report.dmarc.author, report.dmarc.cause), (AuthorCertainty::None, None));
        assert!(report.dmarc.reason.is_some() && report.dmarc.candidates.is_empty());
    }
}

/// The owner's fault and the sender's are not told with the same words.
#[test]
fn a_broken_record_and_a_broken_from_are_told_apart() {
    let world = world(&[txt("_dmarc.harbour.example", "v=DMARC1; p=oops")]);
    let record = report_in(&world, message("ceo@harbour.example"), &evil()).dmarc;
    let from = report_in(&world, message("ceo@harbour.example>"), &evil()).dmarc;
    assert_eq!((record.result, from.result), (DmarcResult::PermError, DmarcResult::PermError));
    assert_eq!((record.author, record.cause), (AuthorCertainty::Certain, Some(Cause::RecordUnusable)));
    assert_eq!((from.author, from.cause), (AuthorCertainty::Candidates, None));
    assert_eq!(from.candidates[0].result, DmarcResult::PermError);
}

/// Each candidate costs a tree walk, and what they have in common is asked once.
#[test]
fn candidates_cost_a_bounded_number_of_questions() {
    let domain = |n: usize| format!("{}{n}.example", "a.".repeat(100));
    let list = (0..50).map(|n| format!("x@{}", domain(n))).collect::<Vec<_>>().join(", ");
    let none = |_: &Question| Answer::Dns(DnsAnswer::empty(Status::NxDomain));
    let (report, questions) = asked(&message(&list), &Default::default(), &settings(), none);
    assert_eq!(report.dmarc.author, AuthorCertainty::Incomplete);
    assert_eq!(report.dmarc.candidates.len(), MAX_AUTHOR_CANDIDATES);
    // All end at the same top-level domain.
    assert_eq!(questions.len(), MAX_AUTHOR_CANDIDATES * (MAX_TREE_WALK_QUERIES - 1) + 1);
    assert!(questions.len() < MAX_QUESTIONS);
    let limits = Limits::default().questions(3);
    let (report, questions) = asked(&message(&list), &Default::default(), &settings().limits(limits), none);
    assert_eq!((questions.len(), report.dmarc.disposition), (3, Disposition::Quarantine));
}

/// A query that fails leaves a candidate open; the others' wishes stand.
#[test]
fn a_candidate_without_an_answer() {
    let failing = serde_json::json!({"name": "_dmarc.harbour.example", "type": "TXT", "status": "SERVFAIL"});
    let world = world(&[failing, txt("_dmarc.other.example", "v=DMARC1; p=quarantine")]);
    let report = report_in(&world, message("ceo@harbour.example, a@other.example"), &evil());
    assert_eq!(candidates(&report), ["harbour.example temperror", "other.example fail"]);
    assert_eq!((report.dmarc.result, report.dmarc.disposition), (DmarcResult::PermError, Disposition::Quarantine));
}

#[cfg(feature = "psl")]
#[test]
fn by_rfc_7489_and_by_both() {
    use passerelle::verify::DmarcMode;
    let world = world(&[txt("_dmarc.old.example", "v=DMARC1; p=quarantine; pct=0")]);
    let text = message("ceo@harbour.example, a@old.example");
    let with = |dmarc| asked(&text, &evil(), &settings().dmarc(dmarc), |q| world.answer(q)).0;
    let old = with(DmarcMode::Rfc7489);
    assert_eq!(candidates(&old), ["harbour.example fail", "old.example fail"]);
    assert_eq!(old.dmarc.candidates[1].disposition, Disposition::None);
    let both = with(DmarcMode::Both);
    assert_eq!((both.dmarc.disposition, &both.dmarc_rfc7489), (Disposition::Reject, &Some(old.dmarc)));
    assert_eq!(both.dmarc.candidates[1].disposition, Disposition::Quarantine);
    assert!(both.dmarc_difference.unwrap().contains("old.example"));
}
