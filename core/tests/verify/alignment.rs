//! How each identifier of a message stands to its author domain, as the report has it.

use passerelle::verify::{Envelope, Report};
use passerelle::{Question, Transcript};

use crate::world::{MESSAGE, envelope, report_with, signed, transcript};

fn words(report: &Report) -> (Vec<String>, Vec<Option<String>>) {
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let word = |value: &serde_json::Value| value["aligned"].as_str().map(str::to_owned);
    let dkim = json["dkim"].as_array().unwrap().iter().map(|signature| word(signature).unwrap()).collect();
    (dkim, [&json["spf"], &json["spf_helo"]].map(word).into())
}

fn dmarc(tags: &str) -> Transcript {
    transcript(&format!("v=DMARC1; p=reject; {tags}"))
}

#[test]
fn signatures_that_failed_have_it_too() {
    let mut message = signed(MESSAGE, "harbour.example");
    message.extend_from_slice(b"a footer\r\n");
    assert_eq!(words(&report_with(&message, &Envelope::default(), &dmarc(""))).0, ["strict", "strict"]);
    let message = MESSAGE.replace("maya@harbour.example>", "maya@news.harbour.example>");
    let message = [signed(&message, "harbour.example"), b"changed\r\n".to_vec()].concat();
    for tags in ["", "adkim=s; aspf=s"] {
        let report = report_with(&message, &envelope(), &dmarc(tags));
        let (dkim, spf) = words(&report);
        assert_eq!(dkim, ["relaxed", "relaxed"], "{tags}");
        // HELO counts for nothing in DMARC: of its name what is known without a question is told.
        assert_eq!(spf, [Some("relaxed".into()), Some("unknown".into())], "{tags}");
    }
}

/// Expired, without a tag that must be there, by a stranger, and without a domain at all: none of them asks for a key, and
/// all but the last have their word.
#[test]
fn signatures_that_could_never_pass_have_it_too() {
    let signature = |tags: &str| format!("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; h=from; {tags}\r\n");
    let message = [
        signature("d=harbour.example; s=r; t=1; x=2; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA"),
        signature("d=mail.harbour.example; s=r"),
        signature("d=elsewhere.example; s=r"),
        signature("s=r"),
        MESSAGE.to_owned(),
    ]
    .concat();
    let mut asked = Vec::new();
    let world = dmarc("");
    let report = passerelle::verify::verify(
        message.as_bytes(),
        &Envelope::default(),
        &crate::world::settings(),
        passerelle::Now::at(crate::world::NOW),
        |question| {
            if let Question::Dns(name, _) = question {
                asked.push(name.to_string());
            }
            world.answer(question)
        },
    );
    let report = report.unwrap();
    assert!(report.dkim.iter().all(|verdict| verdict.result.as_str() != "pass"));
    assert_eq!(words(&report).0, ["strict", "relaxed", "no", "unknown"]);
    // One walk for each name that could share the organizational domain, and nothing else.
    assert_eq!(asked, ["_dmarc.harbour.example", "_dmarc.example", "_dmarc.mail.harbour.example"]);
}

#[test]
fn unknown_without_an_author_and_where_the_dns_failed() {
    let two = MESSAGE.replace("To: crew", "From: other@harbour.example\r\nTo: crew");
    let (dkim, spf) = words(&report_with(&signed(&two, "harbour.example"), &envelope(), &dmarc("")));
    assert_eq!((dkim, spf), (vec!["unknown".into(); 2], vec![Some("unknown".into()); 2]));
    let mut json: serde_json::Value = serde_json::from_str(&dmarc("").to_json()).unwrap();
    for answer in json["answers"].as_array_mut().unwrap() {
        if answer["name"] == "_dmarc.harbour.example" {
            *answer = serde_json::json!({"name": "_dmarc.harbour.example", "type": "TXT", "status": "SERVFAIL"});
        }
    }
    let failing = Transcript::parse(json.to_string().as_bytes()).unwrap();
    let message = MESSAGE.replace("maya@harbour.example>", "maya@news.harbour.example>");
    let report = report_with(&signed(&message, "harbour.example"), &envelope(), &failing);
    assert_eq!(report.dmarc.cause.unwrap().as_str(), "record-unavailable");
    assert_eq!(words(&report).0, ["unknown", "unknown"]);
}

/// Where SPF has no identity to check there is none to stand anywhere.
#[test]
fn unknown_without_an_identity() {
    let report = report_with(MESSAGE.as_bytes(), &Envelope::default(), &dmarc(""));
    assert_eq!(words(&report).1, [Some("unknown".into()), None]);
}

/// RFC 9989 §9.1: the policy after its options have been processed.
#[test]
fn authentication_results_have_the_policy_after_processing() {
    for (record, policy) in [
        ("v=DMARC1; p=reject", "reject"),
        ("v=DMARC1; p=reject; t=y", "quarantine"),
        ("v=DMARC1; p=quarantine; t=y", "none"),
        ("v=DMARC1; p=none; t=y", "none"),
    ] {
        let stranger = envelope().ip([203, 0, 113, 9].into());
        for envelope in [envelope(), stranger] {
            let report = report_with(MESSAGE.as_bytes(), &envelope, &transcript(record));
            let field = &report.authentication_results;
            assert!(
                field.contains(&format!("policy.dmarc={policy}\r\n"))
                    || field.contains(&format!("policy.dmarc={policy};")),
                "{field}"
            );
            assert!(report.dmarc.result.as_str() == "pass" || report.dmarc.disposition.as_str() == policy);
        }
    }
}
