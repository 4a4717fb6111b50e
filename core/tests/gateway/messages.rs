//! What is put in front of messages, taken away from them, and signed; and messages that go in circles.

use passerelle::gateway::{Ending, Listener};
use passerelle::verify::{self, Envelope};
use passerelle::{Now, Transcript};

use crate::hop::Hop;
use crate::host::{Host, NOW, policy_with, setup};
use crate::late::before;
use crate::relay::{DNS, MESSAGE, RELAY, SMART};

const RSA: &[u8] = include_bytes!("../keys/rsa2048.pem");
const RSA_PUBLIC: &str = include_str!("../keys/rsa2048.pub.pem");

#[test]
fn given_a_message_when_it_goes_on_then_it_has_received_and_results_on_top_and_all_its_lines_as_they_were() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    let odd = "from:  ann@example.com\r\nSUBJECT :odd\r\n\tand folded\r\nX-8bit: \u{e9}\r\n\r\n.dot\r\n \r\n";
    let wire = odd.replace("\r\n.dot", "\r\n..dot");
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.say("DATA\r\n");
    host.say(format!("{wire}.\r\n"));
    let taken = host.taken()[0].1.clone();
    let front = taken.strip_suffix(odd).unwrap_or_else(|| panic!("{taken}"));
    let names: Vec<&str> =
        front.lines().filter(|line| !line.starts_with(['\t', ' '])).filter_map(|line| line.split(':').next()).collect();
    assert_eq!(names, ["Received", "Authentication-Results"], "{front}");
    assert!(front.contains("by gw.example.com with ESMTP id "), "{front}");
    assert!(front.contains("for <bob@example.org>"), "{front}");
}

#[test]
fn given_results_that_claim_our_name_when_the_message_goes_on_then_they_are_gone_and_those_of_others_stay() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    let forged =
        "Authentication-Results: gw.example.com; dmarc=pass\r\nAuthentication-Results: other.example; spf=pass\r\n";
    host.send("ann@example.com", &["bob@example.org"], &format!("{forged}{MESSAGE}"));
    let taken = host.taken()[0].1.clone();
    assert!(!taken.contains("dmarc=pass") && taken.contains("other.example; spf=pass"), "{taken}");
}

#[test]
fn given_fifty_received_fields_or_our_own_name_twice_when_a_message_comes_then_it_is_a_loop() {
    let other = "Received: from a.example by b.example with ESMTP; Sat, 28 Nov 2026 12:00:00 +0000\r\n";
    let own = "Received: from a.example by gw.example.com with ESMTP; Sat, 28 Nov 2026 12:00:00 +0000\r\n";
    for (fields, is_loop) in [
        (other.repeat(49), false),
        (other.repeat(50), true),
        (own.to_owned(), false),
        (own.repeat(2), true),
        (own.to_uppercase().replace("RECEIVED", "Received").repeat(2), true),
    ] {
        let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
        let said = host.send("ann@example.com", &["bob@example.org"], &format!("{fields}{MESSAGE}"));
        let expected = if is_loop { "554 5.4.6 " } else { "250 2.0.0 " };
        assert!(said.starts_with(expected), "{fields}: {said}");
        assert_eq!(host.only_done().end, if is_loop { Ending::Refused } else { Ending::Accepted });
        assert_eq!(host.taken().len(), usize::from(!is_loop));
        assert!(host.send("ann@example.com", &["bob@example.org"], MESSAGE).starts_with("250"), "the session goes on");
    }
}

#[test]
fn given_a_rule_that_changes_the_header_when_the_message_goes_on_then_it_is_changed_and_the_log_says_whose_signature_that_broke()
 {
    let rule = "[[rule]]\nname = \"tag\"\nmatch = { direction = [\"outbound\"] }\ndo = { subject_prefix = \"[x] \", add_header = [\"X-Note: yes\"] }\n";
    let mut host = Host::new(&before(rule), DNS).hop(SMART, Hop::new());
    let signed = "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=from:subject; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n";
    host.send("ann@example.com", &["bob@example.org"], &format!("{signed}{MESSAGE}"));
    let taken = host.taken()[0].1.clone();
    assert!(taken.contains("\r\nSubject: [x] Hello\r\n") && taken.contains("X-Note: yes\r\n"), "{taken}");
    let broke = &host.only_done().broke;
    assert_eq!((broke[0].rule.as_deref(), broke[0].action), (Some("tag"), "subject_prefix"), "{broke:?}");
    assert_eq!(broke[0].domains[0].as_str(), "example.org");
    let json = host.decided[0].to_json();
    assert!(json.contains("it breaks the signature of example.org"), "{json}");
}

fn signing(dns: &str) -> Host {
    let text =
        format!("{RELAY}\n[[sign]]\ndomain = \"example.com\"\nkeys = [{{ selector = \"s1\", file = \"key.pem\" }}]\n");
    Host::with(setup(policy_with(&text, &[("key.pem", RSA)])), dns, Listener::Smtp).hop(SMART, Hop::new())
}

fn published() -> String {
    let key: String = RSA_PUBLIC.lines().filter(|line| !line.starts_with("--")).collect();
    DNS.replace(
        "]}]}",
        &format!(r#"]}}, {{"name": "s1._domainkey.example.com", "type": "TXT", "records": ["v=DKIM1; p={key}"]}}]}}"#),
    )
}

#[test]
fn given_a_key_that_is_published_when_a_message_of_its_domain_goes_out_then_its_signature_verifies_at_the_hop() {
    let dns = published();
    let mut host = signing(&dns);
    assert!(host.send("ann@example.com", &["bob@example.org"], MESSAGE).starts_with("250"));
    let taken = host.taken()[0].1.clone();
    let transcript = Transcript::parse(dns.as_bytes()).unwrap();
    let settings = verify::Settings::new("hop.example");
    let answer = |question: &passerelle::Question| transcript.answer(question);
    let report = verify::verify(taken.as_bytes(), &Envelope::new(), &settings, Now::at(NOW), answer).expect("a report");
    let [signature] = &report.dkim[..] else { panic!("{taken}") };
    assert_eq!(signature.result.as_str(), "pass", "{taken}");
    assert_eq!(signature.domain.as_ref().map(|domain| domain.as_str()), Some("example.com"));
    assert!(host.key_states.is_empty(), "{:?}", host.key_states);
    assert_eq!(host.decided[0].signed_by.as_ref().map(|domain| domain.as_str()), Some("example.com"));
}

#[test]
fn given_a_key_that_is_definitely_not_published_when_a_message_goes_out_then_it_goes_unsigned_and_that_is_told_once() {
    let mut host = signing(DNS);
    for _ in 0..2 {
        assert!(host.send("ann@example.com", &["bob@example.org"], MESSAGE).starts_with("250"));
    }
    assert!(host.taken().iter().all(|(_, message)| !message.contains("DKIM-Signature")));
    assert_eq!(host.key_states, ["s1._domainkey.example.com missing"]);
}

#[test]
fn given_a_dns_that_fails_when_the_key_is_looked_for_then_the_message_is_signed() {
    let dns =
        DNS.replace("]}]}", r#"]}, {"name": "s1._domainkey.example.com", "type": "TXT", "status": "SERVFAIL"}]}"#);
    let mut host = signing(&dns);
    assert!(host.send("ann@example.com", &["bob@example.org"], MESSAGE).starts_with("250"));
    assert!(host.taken()[0].1.contains("DKIM-Signature: "), "{}", host.taken()[0].1);
    assert!(host.key_states.is_empty());
}

#[test]
fn given_an_author_of_another_domain_when_we_have_no_key_for_it_then_no_other_domain_of_ours_signs() {
    let text =
        format!("{RELAY}\n[[sign]]\ndomain = \"example.com\"\nkeys = [{{ selector = \"s1\", file = \"key.pem\" }}]\n")
            .replace("name = \"apps\"", "name = \"apps\"\nsenders = \"any\"");
    let setup = setup(policy_with(&text, &[("key.pem", RSA)]));
    let mut host = Host::with(setup, &published(), Listener::Smtp).hop(SMART, Hop::new());
    let message = MESSAGE.replace("From: ann@example.com", "From: ann@elsewhere.example");
    assert!(host.send("ann@example.com", &["bob@example.org"], &message).starts_with("250"));
    assert!(!host.taken()[0].1.contains("DKIM-Signature"));
}

#[test]
fn given_a_footer_when_the_message_goes_out_then_it_stands_below_and_our_signature_is_made_after_it() {
    let text = format!(
        "{}\n[[sign]]\ndomain = \"example.com\"\nkeys = [{{ selector = \"s1\", file = \"key.pem\" }}]\n",
        before(
            "[[rule]]\nname = \"foot\"\nmatch = { direction = [\"outbound\"] }\ndo = { footer = { text = \"Example Ltd\" } }\n"
        )
    );
    let dns = published();
    let mut host =
        Host::with(setup(policy_with(&text, &[("key.pem", RSA)])), &dns, Listener::Smtp).hop(SMART, Hop::new());
    assert!(host.send("ann@example.com", &["bob@example.org"], MESSAGE).starts_with("250"));
    let taken = host.taken()[0].1.clone();
    assert!(taken.contains("Hello.\r\n") && taken.contains("Example Ltd"), "{taken}");
    let transcript = Transcript::parse(dns.as_bytes()).unwrap();
    let settings = verify::Settings::new("hop.example");
    let answer = |question: &passerelle::Question| transcript.answer(question);
    let report = verify::verify(taken.as_bytes(), &Envelope::new(), &settings, Now::at(NOW), answer).expect("a report");
    assert_eq!(report.dkim[0].result.as_str(), "pass", "{taken}");
}

#[test]
fn given_a_malformed_header_section_when_nothing_can_be_put_in_front_then_it_is_refused() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    let said = host.send("ann@example.com", &["bob@example.org"], " a line that would be a part of ours\r\n\r\nx\r\n");
    assert!(said.starts_with("550 5.6.0 ") || said.starts_with("250 "), "{said}");
    if let Some((_, taken)) = host.taken().first() {
        assert!(taken.starts_with("Received: "), "{taken}");
    }
}

#[test]
fn given_a_message_without_a_body_when_it_comes_then_it_goes_on() {
    for message in ["", "Subject: x\r\n", "Subject: x\r\n\r\n", "\r\n"] {
        let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
        assert!(host.send("ann@example.com", &["bob@example.org"], message).starts_with("250 2.0.0"), "{message:?}");
        assert_eq!(host.taken().len(), 1);
    }
}

#[test]
fn given_octets_that_a_hop_cannot_take_when_the_message_is_whole_then_it_is_refused_before_it_is_sent() {
    let two =
        RELAY.replace(r#"hosts = ["smart.example.net"]"#, r#"hosts = ["smart.example.net", "second.example.net"]"#);
    let dns = DNS.replace("]}]}", r#"]}, {"name": "second.example.net", "type": "A", "records": ["198.51.100.1"]}]}"#);
    for (message, extensions, expected) in [
        (MESSAGE.replace("Hello.", "H\u{e9}llo."), &["PIPELINING"][..], "550 5.6.3 "),
        (format!("{MESSAGE}{}", "x\r\n".repeat(2000)), &["SIZE 1000", "8BITMIME"][..], "552 5.3.4 "),
    ] {
        let mut host = Host::new(&two, &dns).hop(SMART, Hop::new().extensions(extensions));
        let said = host.send("ann@example.com", &["bob@example.org"], &message);
        assert!(said.starts_with(expected), "{said}");
        assert!(host.taken().is_empty());
    }
}

#[test]
fn given_quotas_when_a_transaction_has_more_recipients_than_are_left_then_the_others_are_told_to_wait() {
    let text = format!("{RELAY}\n[limits]\nper_organisation = {{ recipients = 10, window = \"10m\" }}\n");
    let dns = DNS.replace("]}]}", r#"]}], "quota": {"recipients organisation 10m": 8}}"#);
    let mut host = Host::new(&text, &dns).hop(SMART, Hop::new());
    let to = ["a@example.org", "b@example.org"];
    assert!(host.envelope("ann@example.com", &to).starts_with("250"));
    let said = host.say("RCPT TO:<c@example.org>\r\n");
    assert!(said.starts_with("452 4.7.1 "), "{said}");
    assert!(host.message(MESSAGE).starts_with("250"));
    assert_eq!(host.charges[0].recipients, 2);
}
