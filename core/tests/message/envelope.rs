//! The envelope as other servers note it.

use passerelle::message::Header;
use passerelle::verify::{Believed, Envelope};
use proptest::prelude::*;

fn of(text: &str) -> Envelope {
    let (header, _) = Header::split(text.replace('\n', "\r\n").as_bytes());
    Envelope::new().completed_from(&header, &Believed::nothing())
}

#[track_caller]
fn assert_client(received: &str, ip: &str, helo: &str) {
    let found = of(&format!("Received: {received}; Fri, 11 Jul 2003 21:01:54 -0700\n"));
    assert_eq!(
        (found.ip.map(|ip| ip.to_string()).as_deref(), found.helo.as_deref()),
        (Some(ip), Some(helo)),
        "{received}"
    );
}

#[track_caller]
fn assert_none(received: &str) {
    let found = of(&format!("Received: {received}\n"));
    assert_eq!((found.ip, &found.helo, found.received_field()), (None, &None, None), "{received}");
}

#[test]
fn postfix() {
    assert_client(
        "from helo.example (rdns.example [192.0.2.1])\n\t(using TLSv1.3 with cipher X (256/256 bits))\n\tby mx.example (Postfix) with ESMTPS id 4",
        "192.0.2.1",
        "helo.example",
    );
    assert_client("from helo.example (unknown [IPv6:2001:db8::1]) by mx", "2001:db8::1", "helo.example");
    assert_client("from [198.51.100.7] (rdns.example [192.0.2.1]) by mx", "192.0.2.1", "[198.51.100.7]");
}

#[test]
fn exim() {
    assert_client(
        "from rdns.example ([192.0.2.1]:4711 helo=helo.example)\n\tby mx with esmtps",
        "192.0.2.1",
        "helo.example",
    );
    assert_client("from [192.0.2.1] (port=4711 helo=helo.example) by mx", "192.0.2.1", "helo.example");
    assert_client("from [192.0.2.1] (helo=helo.example) by mx", "192.0.2.1", "helo.example");
    assert_client("from rdns.example ([192.0.2.1]) by mx with esmtp (Exim 4.98)", "192.0.2.1", "rdns.example");
    assert_client("from [192.0.2.1] (helo=[198.51.100.7]) by mx", "192.0.2.1", "[198.51.100.7]");
    assert_client("from [192.0.2.1] (ident=[198.51.100.7]) by mx", "192.0.2.1", "[192.0.2.1]");
}

#[test]
fn sendmail() {
    assert_client(
        "from helo.example (rdns.example [192.0.2.1] (may be forged))\n by mx (8.18.1/8.18.1)",
        "192.0.2.1",
        "helo.example",
    );
    assert_client("from helo.example (IDENT:joe[198.51.100.7]@rdns [192.0.2.1]) by mx", "192.0.2.1", "helo.example");
}

#[test]
fn qmail() {
    assert_client("from unknown (HELO helo.example) (192.0.2.1)\n  by mx with SMTP", "192.0.2.1", "helo.example");
    assert_client("from rdns.example (HELO helo.example) (joe@192.0.2.1) by mx", "192.0.2.1", "helo.example");
    assert_none("(qmail 1234 invoked by uid 89); 11 Jul 2003 21:01:54 -0000");
}

#[test]
fn exchange_and_gmail() {
    assert_client(
        "from EX1.example (2603:10b6:5::10) by EX2.example\n (10.0.0.2) with Microsoft SMTP Server",
        "2603:10b6:5::10",
        "EX1.example",
    );
    assert_client(
        "from helo.example (rdns.example. [192.0.2.1])\n        by mx.google.com with ESMTPS id 5",
        "192.0.2.1",
        "helo.example",
    );
    assert_none("by 2002:a05:6402:1e8e:b0:1 with SMTP id f14csp1; Fri, 11 Jul 2003 21:01:54 -0700 (PDT)");
}

#[test]
fn without_parentheses_as_rfc_6376_appendix_a_has_it() {
    assert_client(
        "from client1.football.example.com  [192.0.2.1]\n      by submitserver.example.com with SUBMISSION",
        "192.0.2.1",
        "client1.football.example.com",
    );
}

#[test]
fn a_mapped_address_is_the_ipv4_address() {
    assert_client("from h.example (r.example [IPv6:::ffff:192.0.2.1]) by mx", "192.0.2.1", "h.example");
}

#[test]
fn the_topmost_that_parses_counts() {
    let found = of("Received: by local with LMTP\nReturn-Path: junk\nReturn-Path: <bounce@x.example>\n\
        Received: from a.example (b.example [192.0.2.1]) by c\nReceived: from d.example (e.example [192.0.2.2]) by f\n");
    assert_eq!(found.ip, Some("192.0.2.1".parse().unwrap()));
    assert_eq!(found.mail_from.as_deref(), Some("bounce@x.example"));
    assert_eq!((found.received_field(), found.helo.as_deref()), (Some(2), Some("a.example")));
    assert_eq!(of("Return-Path: <>\n").mail_from.as_deref(), Some(""));
    assert_eq!(of("Return-Path: bounce@x.example\n").mail_from.as_deref(), Some("bounce@x.example"));
    assert_eq!(of("Return-Path: <a..b@x.example>\n").mail_from.as_deref(), Some("a..b@x.example"));
    assert_eq!(of("Return-Path: <a@x.example>, <b@x.example>\n").mail_from, None);
    let nothing = of("Subject: x\n");
    assert_eq!((nothing.ip, &nothing.helo, &nothing.mail_from), (None, &None, &None));
}

#[test]
fn hostile_fields_are_passed_over() {
    assert_none("from");
    assert_none("from a (b [192.0.2.1] by c");
    assert_none("from a (b [999.0.2.1]) by c");
    assert_none("from a\u{1} (b [192.0.2.1]) by c");
    assert_none(&format!("from a {} by c", "(".repeat(10_000)));
    assert_none(&format!("from a ({}) by c", "[".repeat(10_000)));
    assert_none("from a by c ([192.0.2.1])");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_text_panics(text in "(from |by |helo=|ident=|HELO |IPv6:|\\[|\\]|\\(|\\)|@|192.0.2.1|::|%|é|;| |\r\n ){0,20}") {
        let message = format!("Received: from {text}\r\nReceived: {text}\r\nReturn-Path: {text}\r\n");
        let _ = Envelope::new().completed_from(&Header::split(message.as_bytes()).0, &Believed::nothing());
    }
}
