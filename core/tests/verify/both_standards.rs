//! DMARC by RFC 9989, by RFC 7489, and by both.

use passerelle::verify::{DmarcMode, Event, Input, Report, Settings, Verification, verify};
use passerelle::{Machine, Now, Output, Question, Transcript};
use serde_json::{Value, json};

use crate::world::{MESSAGE, NOW, envelope, settings, signed, transcript};

fn mode(dmarc: DmarcMode) -> Settings {
    settings().dmarc(dmarc)
}

fn report(message: &[u8], dmarc: DmarcMode, world: &Transcript) -> (Report, Value) {
    let report = verify(message, &envelope(), &mode(dmarc), Now::at(NOW), |question| world.answer(question)).unwrap();
    let json = serde_json::from_str(&report.to_json()).unwrap();
    (report, json)
}

/// Where they agree there is nothing to say, and what RFC 9989 alone says is not touched.
#[test]
fn an_authentic_message() {
    let (message, world) = (signed(MESSAGE, "harbour.example"), transcript("v=DMARC1; p=reject"));
    let (_, alone) = report(&message, DmarcMode::Rfc9989, &world);
    let (_, both) = report(&message, DmarcMode::Both, &world);
    assert_eq!((&both["dmarc"], &both["dmarc_rfc7489"]), (&alone["dmarc"], &alone["dmarc"]));
    assert_eq!(both["authentication_results"], alone["authentication_results"]);
    assert!(both.get("dmarc_difference").is_none());
    assert!(alone.get("dmarc_rfc7489").is_none() && alone.get("dmarc_difference").is_none());
    let (_, old) = report(&message, DmarcMode::Rfc7489, &world);
    assert_eq!(old["dmarc"], alone["dmarc"]);
    let rfc = |json: &Value| json["trail"].as_array().unwrap().iter().map(|s| s["rfc"].to_string()).collect::<String>();
    assert!(rfc(&old).contains("RFC 7489") && !rfc(&old).contains("RFC 9989"));
    assert!(rfc(&both).contains("RFC 7489") && rfc(&both).contains("RFC 9989"));
}

#[test]
fn where_they_differ() {
    // The envelope proves nothing here, and nothing is signed.
    let envelope = envelope().mail_from("x@elsewhere.example");
    let world = transcript("v=DMARC1; sp=none; p=reject; rua=mailto:a@harbour.example");
    let settings = mode(DmarcMode::Both);
    let report = verify(MESSAGE.as_bytes(), &envelope, &settings, Now::at(NOW), |q| world.answer(q)).unwrap();
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(
        (&json["dmarc"]["disposition"], &json["dmarc_rfc7489"]["disposition"]),
        (&json!("reject"), &json!("none"))
    );
    let difference = json["dmarc_difference"].as_str().unwrap();
    assert!(
        difference.contains("policy reject / none") && difference.contains("p is not right behind v"),
        "{difference}"
    );
    let last = json["trail"].as_array().unwrap().iter().find(|step| step["step"] == "dmarc difference").unwrap();
    assert_eq!(last["why"], difference);
    // The field speaks for the standard that is in force.
    assert!(report.authentication_results.contains("policy.dmarc=reject"), "{}", report.authentication_results);
}

#[test]
fn without_a_certain_author_there_is_nothing_to_differ_in() {
    let message = b"From: a@harbour.example\r\nFrom: b@harbour.example\r\n\r\n";
    let (_, json) = report(message, DmarcMode::Both, &transcript("v=DMARC1; p=reject"));
    assert_eq!((&json["dmarc"]["result"], &json["dmarc"]), (&json!("permerror"), &json["dmarc_rfc7489"]));
    assert!(json.get("dmarc_difference").is_none());
    let (_, old) = report(message, DmarcMode::Rfc7489, &transcript("v=DMARC1; p=reject"));
    assert_eq!(old["dmarc"], json["dmarc"]);
}

/// Octet by octet, with the answers in any of several orders, and none of them twice.
#[test]
fn neither_chunks_nor_order_matter() {
    let (message, world) = (signed(MESSAGE, "harbour.example"), transcript("v=DMARC1; p=reject; pct=5"));
    let (expected, _) = report(&message, DmarcMode::Both, &world);
    for order in 0..7 {
        let now = Now::at(NOW);
        let mut verification = Verification::new(&mode(DmarcMode::Both), &envelope(), now);
        for octet in &message {
            verification.handle(now, Input::Octets(&[*octet])).unwrap();
        }
        verification.handle(now, Input::End).unwrap();
        let (mut open, mut asked): (Vec<(_, Question)>, Vec<Question>) = Default::default();
        let report = loop {
            match verification.poll() {
                Output::Ask(id, question) => {
                    assert!(!asked.contains(&question), "{question:?} went out twice");
                    asked.push(question.clone());
                    open.push((id, question));
                }
                Output::Event(Event::Report(report)) => break report,
                Output::Event(_) => {}
                _ => {
                    let (id, question) = open.remove(order * 5 % open.len());
                    verification.handle(now, Input::Answer(id, world.answer(&question))).unwrap();
                }
            }
        };
        assert_eq!(report.to_json(), expected.to_json());
    }
}
