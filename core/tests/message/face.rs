//! What a header section shows to people.

use passerelle::limits::{MAX_SHOWN_FIELDS, MAX_SHOWN_HOPS, MAX_SHOWN_TEXT};
use passerelle::message::{Face, Header, Hop};
use proptest::prelude::*;
use serde_json::{Value, json};

fn of(section: impl AsRef<[u8]>) -> Face {
    Face::of(&Header::split(&[section.as_ref(), b"\r\n\r\nbody\r\n"].concat()).0)
}

fn json_of(section: impl AsRef<[u8]>) -> Value {
    serde_json::from_str(&of(section).to_json()).unwrap()
}

#[test]
fn the_whole_face() {
    let json = json_of(
        "Return-Path: <x@a.example>\r\n\
         Received: from mx.badger.example (mx.badger.example [192.0.2.9])\r\n\
         \tby mx.ferry.example (Postfix) with ESMTPS id 4XyZ\r\n\
         \tfor <bob@ferry.example>; Tue, 11 Mar 2025 11:47:09 +0100 (CET)\r\n\
         Received: by mx.badger.example (Postfix, from userid 1000)\r\n\
         \tid 123; Tue, 11 Mar 2025 10:47:07 +0000\r\n\
         From: =?iso-8859-1?q?J=FCrgen?= <j@xn--bcher-kva.example>, ann@harbour.example\r\n\
         Reply-To: \"Office\" <office@badger.example>\r\n\
         Subject: =?utf-8?b?w4lwcmV1dmU=?=\r\n =?utf-8?q?_2?=\r\n\
         Date: Tue, 11 Mar 2025 11:47:00 +0100\r\n\
         List-Id: =?utf-8?q?The_crew?= <crew.ferry.example>",
    );
    assert_eq!(
        json,
        json!({
            "from": [{
                "text": "Jürgen <j@xn--bcher-kva.example>, ann@harbour.example",
                "mailboxes": [
                    {"name": "Jürgen", "address": "j@xn--bcher-kva.example", "domain": "xn--bcher-kva.example",
                     "domain_unicode": "bücher.example"},
                    {"name": null, "address": "ann@harbour.example", "domain": "harbour.example", "domain_unicode": null},
                ],
            }],
            "reply_to": {
                "text": "\"Office\" <office@badger.example>",
                "mailboxes": [{"name": "Office", "address": "office@badger.example", "domain": "badger.example",
                               "domain_unicode": null}],
            },
            "subject": "Épreuve 2",
            "date": {"text": "Tue, 11 Mar 2025 11:47:00 +0100", "unix": 1_741_690_020},
            "list_id": {"text": "The crew <crew.ferry.example>", "id": "crew.ferry.example"},
            "received": [
                {"field": 2, "from": null, "ip": null, "by": "mx.badger.example", "with": null, "tls": false,
                 "time": 1_741_690_027, "delay": null},
                {"field": 1, "from": "mx.badger.example", "ip": "192.0.2.9", "by": "mx.ferry.example", "with": "ESMTPS",
                 "tls": true, "time": 1_741_690_029, "delay": 2},
            ],
            "headers_only": false,
            "over_limit": false,
        })
    );
}

#[test]
fn what_cannot_be_decoded_is_seen() {
    let face = of(b"From: Jos\xe9 <jose@harbour.example>\r\nSubject: \xd5\xc5 =?utf-8?q?=FF?= x");
    assert_eq!(face.from[0].mailboxes[0].name.as_deref(), Some("Jos\u{fffd}"));
    assert_eq!(face.from[0].mailboxes[0].domain.as_ref().map(|domain| domain.as_str()), Some("harbour.example"));
    assert_eq!(face.subject.as_deref(), Some("\u{fffd}\u{fffd} \u{fffd} x"));
}

#[test]
fn every_from_field_is_shown_and_malformed_ones_as_text() {
    let face = of("From: a@evil.example\r\nFrom: ceo@harbour.example>\r\nfrom : =?utf-8?q?CEO?= <ceo@harbour.example");
    let texts: Vec<&str> = face.from.iter().map(|field| field.text.as_str()).collect();
    assert_eq!(texts, ["a@evil.example", "ceo@harbour.example>", "CEO <ceo@harbour.example"]);
    let counts: Vec<usize> = face.from.iter().map(|field| field.mailboxes.len()).collect();
    assert_eq!(counts, [1, 0, 0]);
    let group = of("From: Crew: a@one.example, B <b@[192.0.2.1]>;");
    assert_eq!(group.from[0].mailboxes.len(), 2);
    assert_eq!((&group.from[0].mailboxes[1].domain, &*group.from[0].mailboxes[1].address), (&None, "b@[192.0.2.1]"));
}

/// An empty line makes a body, be it empty; without one there is none.
#[test]
fn a_message_of_headers_only_is_told_as_that() {
    let face = |message: &[u8]| Face::of(&Header::split(message).0);
    assert!(face(b"From: a@b.example\r\nSubject: x\r\n").headers_only);
    assert!(face(b"From: a@b.example").headers_only);
    assert!(!face(b"From: a@b.example\r\n\r\n").headers_only);
    assert!(!face(b"From: a@b.example\r\n\r\nbody").headers_only);
    assert!(!face(b"").headers_only && !face(b"\r\n").headers_only);
}

#[test]
fn received_fields_of_many_programs() {
    let hop = |value: &str| -> Hop { of(format!("Received: {value}")).received.remove(0) };
    let postfix = hop(
        "from a.example (a.example [192.0.2.1])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n\t\
         by b.example (Postfix) with ESMTP id 1; Thu, 1 Jan 1970 00:00:10 GMT",
    );
    assert_eq!((postfix.tls, postfix.with.as_deref(), postfix.time), (true, Some("ESMTP"), Some(10)));
    let gmail = hop(
        "from mail-x.example (mail-x.example. [2001:db8::5])\r\n by mx.example with ESMTPS id q1\r\n for <a@b.example>\r\n \
         (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128);\r\n Thu, 01 Jan 1970 00:00:00 -0800 (PST)",
    );
    assert_eq!((gmail.ip, gmail.time), (Some("2001:db8::5".parse().unwrap()), Some(8 * 3600)));
    let qmail = hop("from unknown (HELO a.example) (192.0.2.1)\r\n  by b.example with SMTP; 1 Jan 1970 00:00:00 -0000");
    assert_eq!((qmail.from.as_deref(), qmail.by.as_deref(), qmail.tls), (Some("unknown"), Some("b.example"), false));
    let http = hop("by 2002:a05:6500:1 with HTTP; Thu, 1 Jan 1970 00:00:00 GMT");
    assert_eq!((http.by.as_deref(), http.with.as_deref()), (Some("2002:a05:6500:1"), Some("HTTP")));
    // The client's words are not ours: neither names nor comments make an address, a time or TLS of what is none.
    for value in ["from tls (tlsfoo) by b", "nonsense", "", "(", "from", "from a by b; not a date", "(from x) by"] {
        let hop = hop(value);
        assert_eq!((hop.ip, hop.time, hop.tls), (None, None, false), "{value:?}");
    }
}

/// A step without a time is passed over, and a clock may be behind.
#[test]
fn delays_between_steps() {
    let line = |time: &str| format!("Received: by b.example; {time}\r\n");
    let text: String = ["1 Jan 1970 00:00:05 GMT", "1 Jan 1970 00:00:08 GMT", "never", "1 Jan 1970 00:00:01 GMT"]
        .into_iter()
        .map(line)
        .collect();
    let delays: Vec<Option<i64>> = of(text.trim_end()).received.iter().map(|hop| hop.delay).collect();
    assert_eq!(delays, [None, None, Some(7), Some(-3)]);
}

#[test]
fn what_is_shown_is_bounded() {
    let face = of(format!(
        "{}{}Subject: {}",
        "From: a@b.example\r\n".repeat(MAX_SHOWN_FIELDS + 1),
        "Received: by b.example; x\r\n".repeat(MAX_SHOWN_HOPS + 1),
        "x".repeat(MAX_SHOWN_TEXT + 1)
    ));
    assert_eq!((face.from.len(), face.received.len()), (MAX_SHOWN_FIELDS, MAX_SHOWN_HOPS));
    assert_eq!(face.subject.unwrap().len(), MAX_SHOWN_TEXT);
    let over = of("X: y\r\n".repeat(3000));
    assert_eq!(over, {
        let mut face = Face::default();
        face.over_limit = true;
        face
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_octets_panic_and_all_become_json(value in proptest::collection::vec(any::<u8>(), 0..80)) {
        for name in ["From", "Subject", "Date", "Reply-To", "List-Id", "Received"] {
            let face = of([name.as_bytes(), b": ", &value].concat());
            prop_assert!(serde_json::from_str::<Value>(&face.to_json()).is_ok());
        }
    }
}
