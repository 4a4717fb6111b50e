//! The bounds: each is met with a result that names it.
//!
//! That each ends in time linear in the input is shown by `cargo xtask linear` with the inputs of `benches/src/bin/cost.rs`.

use passerelle::dkim::VerifyPolicy;
use passerelle::dmarc::DmarcResult;
use passerelle::limits::{Limits, MAX_REPORT_BASE, MAX_REPORT_SIZE, MAX_SIGNED_FIELDS, MAX_TREE_WALK_QUERIES};
use passerelle::verify::{Authenticated, Envelope, Report};
use passerelle::{Answer, DnsAnswer, Question, Record, Status};

use crate::keys::{der_of_rsa, encoded};
use crate::world::{asked, dkim_words, evil, from_evil, harbour, report_in, settings, signed_by, step, txt, world};

const MESSAGE: &str = "From: maya@harbour.example\r\nSubject: x\r\n\r\nHigh water at six.\r\n";

fn with(limits: Limits, message: &str) -> Report {
    asked(message.as_bytes(), &evil(), &settings().limits(limits), |question| world(&[]).answer(question)).0
}

fn reason(report: &Report) -> &str {
    report.dkim.last().and_then(|verdict| verdict.reason.as_deref()).unwrap_or_default()
}

#[test]
fn a_message_with_a_thousand_signatures() {
    let signed = signed_by(harbour(), MESSAGE);
    let signature = signed.strip_suffix(MESSAGE).unwrap();
    let message = format!("{}{MESSAGE}", signature.repeat(1000));
    let report = report_in(&world(&[]), &message, &evil());
    assert!(reason(&report).starts_with("the header section has more than 262144 octets"));
    let report = with(Limits::default().header_size(1 << 20), &message);
    assert_eq!(reason(&report), "990 more signatures were not examined: the limit is 10");
    assert_eq!((dkim_words(&report)[10], report.authenticated()), ("policy", Authenticated::Yes));
}

#[test]
fn public_key_operations() {
    let signed = signed_by(harbour(), MESSAGE);
    let signature = signed.strip_suffix(MESSAGE).unwrap();
    let dkim = VerifyPolicy::default().max_verifications(2);
    let message = format!("{}{signed}", signature.repeat(3));
    let settings = settings().dkim(dkim);
    let report = asked(message.as_bytes(), &evil(), &settings, |question| world(&[]).answer(question)).0;
    assert_eq!(dkim_words(&report), ["pass", "pass", "policy", "policy"]);
    assert_eq!(reason(&report), "the signature was not verified: a message may cost 2 public-key operations");
    // Records that do not fit cost nothing; keys that fit and have not signed do.
    let [one, two] =
        ["1", "2"].map(|n| format!("v=DKIM1; k=ed25519; n={n}; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="));
    let (rsa, good) = (crate::world::key(crate::world::RSA).key_record(), harbour_record());
    for (records, result) in [([rsa.as_str(), &rsa, &good], "pass"), ([one.as_str(), &two, &good], "policy")] {
        let entry = serde_json::json!({"name": "e._domainkey.harbour.example", "type": "TXT", "records": records});
        let world = world(&[entry]);
        let report = asked(signed.as_bytes(), &evil(), &settings, |question| world.answer(question)).0;
        assert_eq!(dkim_words(&report), [result]);
    }
}

fn harbour_record() -> String {
    crate::world::key(crate::world::ED25519).key_record()
}

#[test]
fn a_header_of_ten_megabytes() {
    let report = from_evil(format!("X: {}\r\nFrom: a@evil.example\r\n\r\n", "x".repeat(10 << 20)));
    assert_eq!((dkim_words(&report), report.dmarc.result), (vec!["permerror"], DmarcResult::PermError));
    assert!(reason(&report).starts_with("the header section has more than 262144 octets"));
    assert_eq!(report.dmarc.reason.as_deref(), Some("the header section has more than 262144 octets"));
    let limits = Limits::default().header_size(11 << 20);
    assert_eq!(
        with(limits, &format!("X: {}\r\nFrom: a@evil.example\r\n\r\n", "x".repeat(10 << 20))).dmarc.result,
        DmarcResult::Pass
    );
}

#[test]
fn a_hundred_thousand_fields() {
    let message = format!("From: a@evil.example\r\n{}\r\n", "X: y\r\n".repeat(100_000));
    let limits = Limits::default().header_size(usize::MAX);
    let report = with(limits, &message);
    assert_eq!(report.dmarc.reason.as_deref(), Some("the header section has more than 2000 fields"));
    let limits = limits.header_fields(usize::MAX);
    assert_eq!(
        with(limits, &message).dmarc.reason.as_deref(),
        Some("the header section has more than 1000 fields of one name")
    );
    let limits = limits.fields_of_a_kind(usize::MAX);
    assert_eq!(with(limits, &message).dmarc.result, DmarcResult::Pass);
}

#[test]
fn names_in_a_signature() {
    let signed = signed_by(harbour(), MESSAGE);
    let names = signed.replacen("h=", &format!("h={}", "x:".repeat(MAX_SIGNED_FIELDS)), 1);
    assert_eq!(reason(&report_in(&world(&[]), names, &evil())), "the value of h= has more than 1000 field names");
    let identity = signed.replacen("h=", &format!("i={}@harbour.example; h=", "x".repeat(2000)), 1);
    assert_eq!(reason(&report_in(&world(&[]), identity, &evil())), "the value of i= has more than 1024 octets");
    let tags: String = (0..100).map(|n| format!("x{n}=y; ")).collect();
    let tags = signed.replacen("h=", &format!("{tags}h="), 1);
    assert_eq!(
        reason(&report_in(&world(&[]), tags, &evil())),
        "the field is no list of tags: there are more than 64 tags"
    );
}

#[test]
fn a_key_of_16384_bits() {
    let message = signed_by(harbour(), MESSAGE).replace("a=ed25519-sha256", "a=rsa-sha256");
    let record = format!("p={}", encoded(&der_of_rsa(16_384)));
    let report = report_in(&world(&[txt("e._domainkey.harbour.example", &record)]), &message, &evil());
    assert_eq!((dkim_words(&report), report.dkim[0].key_bits), (vec!["policy"], Some(16_384)));
    assert_eq!(reason(&report), "the RSA key has 16384 bits; at most 8192 are accepted");
}

#[test]
fn an_spf_record_of_64_kilobytes() {
    let record = format!("v=spf1 {}-all", "ip4:192.0.2.1 ".repeat((64 << 10) / 14));
    let report = report_in(&world(&[txt("evil.example", &record)]), MESSAGE, &evil());
    assert_eq!(report.spf.result.as_str(), "permerror");
    assert!(report.spf.reason.unwrap().contains("longer than 16384 octets"));
    let record = format!("v=spf1 {}-all", "a ".repeat(2000));
    let report = report_in(&world(&[txt("evil.example", &record)]), MESSAGE, &evil());
    assert!(report.spf.reason.unwrap().contains("terms"));
}

#[test]
fn a_dmarc_record_of_64_kilobytes() {
    let record = format!("v=DMARC1; p=reject; {}", "x=y;".repeat(16 << 10));
    let report = report_in(&world(&[txt("_dmarc.evil.example", &record)]), "From: a@evil.example\r\n\r\n", &evil());
    assert_eq!(report.dmarc.result, DmarcResult::None);
    let why = step(&report, "dmarc record evil.example").unwrap();
    assert!(why.starts_with("none: ") && why.ends_with("it has more than 4096 octets"), "{why}");
}

/// The longest name there can be: it has no room for `_dmarc`, and its parents are asked for, eight names in all.
#[test]
fn a_tree_of_127_labels() {
    let domain = vec!["a"; 127].join(".");
    let answer = |_: &Question| Answer::Dns(DnsAnswer::empty(Status::NxDomain));
    let (report, questions) =
        asked(format!("From: a@{domain}\r\n\r\n").as_bytes(), &Envelope::default(), &settings(), answer);
    assert_eq!((report.dmarc.result, report.dmarc.domain.unwrap().label_count()), (DmarcResult::None, 127));
    assert_eq!(questions.len(), MAX_TREE_WALK_QUERIES - 1, "{questions:?}");
    let longer = from_evil(format!("From: a@a.{domain}\r\n\r\n"));
    assert!(longer.dmarc.reason.unwrap().contains("longer than 253 octets"));
}

/// Evaluations with as many steps as there can be, in texts as long as they can be.
fn talkative(limits: Limits) -> Report {
    let spec = "%{l}".repeat(240);
    let record = format!("v=spf1 {}{}-all", "ip6:2001:db8::/32 ".repeat(600), format!("exists:{spec} ").repeat(5));
    let identity = "\u{e9}".repeat(500);
    let signature = format!(
        "DKIM-Signature: v=1; a=ed25519-sha256; d=harbour.example; s=e; h=from; b=dGVzdA==; i={identity}@harbour.example;\r\n \
         bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n"
    );
    let envelope = evil().helo("helo.example").mail_from(format!("\"{}\"@evil.example", "\\\"".repeat(300)));
    let answer = |_: &Question| Answer::Dns(DnsAnswer::found([Record::Txt(record.clone().into_bytes())]));
    let message = format!("{}From: a@evil.example\r\n\r\n", signature.repeat(20));
    asked(message.as_bytes(), &envelope, &settings().limits(limits), answer).0
}

#[test]
fn the_size_of_a_report() {
    let report = talkative(Limits::default());
    let size = report.to_json().len();
    assert!(size <= MAX_REPORT_SIZE && size > 50_000, "{size}");
    for report_size in [0, 20_000, 30_000, 40_000] {
        let limits = Limits::default().report_size(report_size);
        let report = talkative(limits);
        let trail = serde_json::to_string(&report.trail).unwrap().len();
        let size = report.to_json().len();
        assert!(size <= report_size || trail < 300, "{size} octets for {report_size}, {trail} of them the trail");
        assert!(size - trail < MAX_REPORT_BASE, "{}", size - trail);
        assert!(step(&report, "trail").unwrap().contains("more steps were taken"));
    }
}

#[test]
fn the_length_of_a_trail() {
    let report = talkative(Limits::default());
    assert!(step(&report, "trail").unwrap().starts_with("left out: "), "SPF has more steps than a verdict keeps");
    let whole = report.trail.steps().len();
    for trail_steps in [1, 2, 10, 100] {
        let report = talkative(Limits::default().trail_steps(trail_steps));
        assert_eq!(report.trail.steps().len(), trail_steps);
        assert!(report.trail.dropped() >= whole - trail_steps);
    }
    // The end is kept, where DMARC's verdict is.
    let short = talkative(Limits::default().trail_steps(10));
    assert!(short.trail.steps().last().unwrap().step.starts_with("dmarc"));
}
