//! What other programs take for the end of a message ends none here, wherever the octets are split.

#[path = "../support/mod.rs"]
mod support;

use passerelle::smtp::data::IrregularPolicy;
use passerelle::smtp::server::{Abort, Closed, EarlyTalkers, Settings};

use crate::talk::{Talk, settings};

const BEFORE: &str = "EHLO a.example\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n";
const SMUGGLED: &str =
    "MAIL FROM:<admin@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nsmuggled\r\n.\r\nQUIT\r\n";

fn payloads() -> Vec<String> {
    let Some(folder) = support::suite("smuggling") else { return Vec::new() };
    let text = std::fs::read_to_string(folder.join("payloads.json")).unwrap();
    let suite: serde_json::Value = serde_json::from_str(&text).unwrap();
    let payloads: Vec<String> = serde_json::from_value(suite["union"].clone()).unwrap();
    assert_eq!(payloads.len(), 12);
    payloads
}

/// Every payload, split at every octet into two chunks, and into single octets.
fn for_each_split(settings: &Settings, check: impl Fn(&str, Talk, String)) {
    for payload in payloads() {
        let octets = ["Subject: Hello\r\n\r\nHello", &payload, SMUGGLED].concat();
        for split in 0..=octets.len() {
            let mut talk = Talk::new(settings.clone());
            talk.send(BEFORE);
            let (one, two) = octets.split_at(split);
            let replies = talk.send(one) + &talk.send(two);
            check(&payload, talk, replies);
        }
        let mut talk = Talk::new(settings.clone());
        talk.send(BEFORE);
        let replies = octets.bytes().map(|octet| talk.send([octet])).collect();
        check(&payload, talk, replies);
    }
}

#[test]
fn refused_by_default() {
    for_each_split(&settings(), |payload, talk, replies| {
        let lines: Vec<_> = replies.lines().collect();
        assert_eq!(lines.len(), 2, "{payload:?}: {replies}");
        assert!(lines[0].starts_with("550 5.6.0 The message has a "), "{payload:?}: {replies}");
        assert_eq!(lines[1], "221 2.0.0 Bye");
        assert_eq!((talk.messages.len(), &talk.aborted[..]), (0, &[Abort::Irregular][..]), "{payload:?}");
        assert_eq!(talk.closed, Some(Closed::Quit));
    });
}

#[test]
fn content_where_they_are_kept() {
    let settings = Settings { irregular: IrregularPolicy::Keep, ..settings() };
    for_each_split(&settings, |payload, talk, replies| {
        assert_eq!(replies, "250 2.0.0 Message accepted\r\n221 2.0.0 Bye\r\n", "{payload:?}");
        let [(_, content)] = &talk.messages[..] else { panic!("{payload:?}: {:?}", talk.messages) };
        let content = String::from_utf8(content.clone()).unwrap();
        assert!(
            content.ends_with("MAIL FROM:<admin@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\nsmuggled\r\n")
        );
    });
}

/// A command line is no way around it: the octets in question do not end one.
#[test]
fn commands_end_with_crlf_alone() {
    for payload in payloads() {
        let octets = ["NOOP", &payload, "NOOP\r\nQUIT\r\n"].concat();
        for split in 0..=octets.len() {
            let mut talk = Talk::new(Settings { early_talkers: EarlyTalkers::Serve, ..settings() });
            talk.read();
            let (one, two) = octets.split_at(split);
            let replies = talk.send(one) + &talk.send(two);
            let accepted = replies.lines().filter(|line| line.starts_with("250")).count();
            let with_crlf = payload.matches("\r\n").count();
            assert!(accepted <= with_crlf + 1, "{payload:?}: {replies}");
            assert!(replies.contains("500 5.5.2 "), "{payload:?}: {replies}");
            assert!(replies.ends_with("221 2.0.0 Bye\r\n"), "{payload:?}: {replies}");
        }
    }
}
