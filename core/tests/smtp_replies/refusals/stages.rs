//! The stage has a say; who has to act; and the form of it all.

use passerelle::smtp::client;
use passerelle::smtp::refusal::{Context, Party, Refusal, Stage, meaning};
use passerelle::smtp::{Cause, EnhancedCode, classify};

use super::{GOOGLE, SOMEBODY, reply};

fn at(wire: &str, stage: Stage) -> Refusal {
    classify(&reply(wire), Context::from(SOMEBODY).at(stage))
}

#[test]
fn the_same_code_means_another_thing_at_another_stage() {
    use Stage::{Ehlo, EndOfMessage, Greeting, Mail, Rcpt};
    for (wire, expected) in [
        (
            "552 Requested mail action aborted",
            [Cause::Blocked, Cause::Protocol, Cause::MessageTooLarge, Cause::MailboxFull, Cause::MessageTooLarge],
        ),
        (
            "553 Requested action not taken",
            [Cause::Blocked, Cause::Protocol, Cause::BadSenderAddress, Cause::BadRecipientAddress, Cause::Policy],
        ),
        (
            "550 Requested action not taken",
            [Cause::Blocked, Cause::Protocol, Cause::Policy, Cause::NoSuchMailbox, Cause::Policy],
        ),
        (
            "550 5.1.1 x",
            [
                Cause::NoSuchMailbox,
                Cause::NoSuchMailbox,
                Cause::BadSenderAddress,
                Cause::NoSuchMailbox,
                Cause::NoSuchMailbox,
            ],
        ),
    ] {
        for (stage, cause) in [Greeting, Ehlo, Mail, Rcpt, EndOfMessage].into_iter().zip(expected) {
            assert_eq!(at(wire, stage).cause, cause, "{wire} at {stage}");
            assert_eq!(at(wire, stage).stage, stage);
        }
    }
    // The same cause, and another thing to do.
    assert_ne!(at("552 x", Mail).advice, at("552 x", EndOfMessage).advice);
    assert_eq!((at("552 x", Mail).who, at("552 x", Rcpt).who), (Party::Sender, Party::Recipient));
    assert_eq!((at("554 x", Greeting).who, at("554 x", EndOfMessage).who), (Party::Operator, Party::Sender));
}

/// X.1.1 and X.2.1 come with any mailbox that gets nothing.
#[test]
fn words_that_tell_why_a_mailbox_takes_nothing_say_more_than_a_code_of_any_mailbox() {
    for (wire, cause) in [
        ("550 5.1.1 mailbox is frozen", Cause::MailboxDisabled),
        ("550 5.1.1 <ann@example.com>: Account suspended", Cause::MailboxDisabled),
        ("550 5.1.1 mailbox is full", Cause::MailboxFull),
        ("452 4.1.1 <ann@example.com> over quota", Cause::MailboxFull),
        ("452 4.2.1 mailbox is full", Cause::MailboxFull),
        ("551 5.1.1 user has moved to <ann@example.net>", Cause::MailboxMoved),
        ("550 5.1.1 user unknown", Cause::NoSuchMailbox),
        ("550 5.2.1 x", Cause::MailboxDisabled),
    ] {
        assert_eq!(at(wire, Stage::Rcpt).cause, cause, "{wire}");
        assert_eq!(at(wire, Stage::Unknown).cause, cause, "{wire}");
    }
    assert_eq!(at("550 5.1.1 mailbox is frozen", Stage::Mail).cause, Cause::BadSenderAddress);
}

#[test]
fn a_421_has_advice_at_every_stage() {
    let mut advice: Vec<&str> = Vec::new();
    for &stage in Stage::ALL {
        let found = at("421 mx.example.com closing", stage);
        assert_eq!((found.cause, found.temporary), (Cause::SystemUnavailable, true), "{stage}");
        assert!(found.advice.len() > 20);
        advice.push(found.advice);
    }
    advice.dedup();
    assert!(advice.len() >= 4, "{advice:?}");
}

#[test]
fn the_client_knows_its_stage() {
    for (client, stage) in [
        (client::Stage::Greeting, Stage::Greeting),
        (client::Stage::Hello, Stage::Ehlo),
        (client::Stage::StartTls, Stage::StartTls),
        (client::Stage::Auth, Stage::Auth),
        (client::Stage::Mail, Stage::Mail),
        (client::Stage::Rcpt, Stage::Rcpt),
        (client::Stage::Data, Stage::Data),
        (client::Stage::Content, Stage::EndOfMessage),
        (client::Stage::EndOfData, Stage::EndOfMessage),
        (client::Stage::Idle, Stage::Unknown),
    ] {
        assert_eq!(classify(&reply("552 x"), Context::new().at(client)).stage, stage);
    }
}

#[test]
fn stages_are_read_as_they_are_written_and_as_logs_have_them() {
    for &stage in Stage::ALL {
        assert_eq!(stage.as_str().parse(), Ok(stage));
        assert_eq!(stage.as_str().to_uppercase().parse(), Ok(stage));
        assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
    }
    for (text, stage) in [
        ("MAIL FROM", Stage::Mail),
        ("rcpt to command", Stage::Rcpt),
        ("end of DATA command", Stage::EndOfMessage),
        ("HELO", Stage::Ehlo),
        ("connect", Stage::Greeting),
    ] {
        assert_eq!(text.parse(), Ok(stage), "{text}");
    }
    assert!("".parse::<Stage>().is_err() && "vrfy".parse::<Stage>().is_err());
}

/// RFC 5321 §4.2.1: the first digit decides; §4.5.3.1.10 has the exception.
#[test]
fn temporary_or_permanent() {
    let temporary = |wire: &str| classify(&reply(wire), SOMEBODY).temporary;
    assert!(temporary("450 4.2.2 Mailbox full") && !temporary("552 5.2.2 Mailbox full"));
    assert!(temporary("552 5.5.3 Too many recipients") && temporary("552 too many recipients"));
    assert!(!temporary("550 5.5.3 Too many recipients"));
    assert!(!temporary("550 please try again later"));
    // No refusal at all: something is out of step.
    let refusal = classify(&reply("250 2.0.0 ok"), SOMEBODY);
    assert_eq!((refusal.cause, refusal.temporary), (Cause::Protocol, true));
}

/// The fixed form: cause, provider, stage, temporary, who, advice, source, date.
#[test]
fn as_json() {
    let json = |refusal: &Refusal| serde_json::to_value(refusal).unwrap();
    let refusal = classify(&reply("550 5.7.27 SPF did not pass"), Context::from(GOOGLE).at(Stage::EndOfMessage));
    let expected = serde_json::json!({
        "cause": "spf-failed", "provider": "google", "stage": "end-of-message", "temporary": false, "who": "operator",
        "advice": Cause::SpfFailed.advice(), "source": refusal.source.unwrap(), "date": refusal.date.unwrap(),
    });
    assert_eq!(json(&refusal), expected);
    assert!(refusal.source.unwrap().contains("support.google.com"));
    // What is not known is left out.
    let silent = json(&classify(&reply("599 x"), SOMEBODY));
    assert_eq!(silent["cause"], "unspecified");
    for member in ["provider", "source", "date"] {
        assert_eq!(silent.get(member), None, "{member}");
    }
    assert_eq!(silent["stage"], "unknown");
}

/// A list that was asked through a public resolver lists nothing: the receiving side has to act.
#[test]
fn a_list_asked_through_a_public_resolver_is_no_listing() {
    let wire = "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; Error: open resolver; \
                https://check.spamhaus.org/returnc/pub/192.0.2.53/";
    let found = at(wire, Stage::Rcpt);
    assert_eq!((found.cause, found.who), (Cause::SystemMisconfigured, Party::Provider));
    assert_eq!(at("550 5.7.1 blocked using zen.spamhaus.org", Stage::Rcpt).cause, Cause::Blocked);
}

#[test]
fn causes_have_words_of_their_own() {
    let mut words: Vec<&str> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Cause::ALL.len());
    for cause in Cause::ALL {
        assert!(cause.as_str().bytes().all(|c| c.is_ascii_lowercase() || c == b'-'), "{cause}");
        assert!(cause.advice().ends_with('.') && cause.advice().len() > 20, "{cause}");
    }
}

/// The registry, by its RFCs: each code that they define has a meaning, and no other.
#[test]
fn the_whole_registry() {
    let details = [(0, 0..=0), (1, 0..=10), (2, 0..=4), (3, 0..=6), (4, 0..=7), (5, 0..=6), (6, 0..=10), (7, 0..=30)];
    for subject in 0..12 {
        for detail in 0..40 {
            let known = details.iter().any(|(known, range)| *known == subject && range.contains(&detail));
            assert_eq!(meaning(EnhancedCode::new(5, subject, detail)).is_some(), known, "5.{subject}.{detail}");
        }
    }
}
