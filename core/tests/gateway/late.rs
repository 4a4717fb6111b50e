//! Late messages: content has a say, so that RCPT is answered by admission alone.

use passerelle::gateway::{Ending, Taken};
use passerelle::route::decide::Mode;

use crate::hop::Hop;
use crate::host::Host;
use crate::relay::{DNS, MESSAGE, RELAY, SMART};

/// The rules of a policy, before those of [`RELAY`].
pub(crate) fn before(rules: &str) -> String {
    let (head, last) = RELAY.split_once("[[rule]]").expect("a rule");
    format!("{head}{rules}\n[[rule]]{last}")
}

const BY_SUBJECT: &str = "[[rule]]\nname = \"secret\"\nmatch = { direction = [\"outbound\"], header = [\"Subject: *secret*\"] }\ndo = { reject = \"550 5.7.1 Secrets stay here\" }\n";

/// A host whose messages are late.
pub(crate) fn subject_host() -> Host {
    Host::new(&before(BY_SUBJECT), DNS)
}

#[test]
fn given_a_rule_on_content_when_rcpt_comes_then_it_is_accepted_and_no_hop_is_asked() {
    let mut host = Host::new(&before(BY_SUBJECT), DNS).hop(SMART, Hop::new().on("RCPT TO:<no", "550 5.1.1 no"));
    let said = host.envelope("ann@example.com", &["bob@example.org"]);
    assert_eq!(said, "250 2.1.5 Recipient OK\r\n");
    assert!(host.all_heard().is_empty());
    assert!(host.message(MESSAGE).starts_with("250 2.0.0"));
    assert_eq!(host.taken()[0].0, ["bob@example.org"]);
    assert_eq!(host.only_done().mode, Some(Mode::Hold));
    assert!(host.decided[0].late, "{}", host.decided[0].to_json());
}

#[test]
fn given_a_late_message_when_its_content_is_forbidden_then_it_is_refused_behind_its_end_and_no_hop_heard_of_it() {
    let mut host = Host::new(&before(BY_SUBJECT), DNS).hop(SMART, Hop::new());
    let message = MESSAGE.replace("Hello\r\nDate", "A secret\r\nDate");
    assert_eq!(host.send("ann@example.com", &["bob@example.org"], &message), "550 5.7.1 Secrets stay here\r\n");
    assert!(host.all_heard().is_empty() && host.budget.held() == 0);
    assert_eq!((host.only_done().end, host.only_done().recipients[0].fate), (Ending::Refused, Taken::Refused));
}

#[test]
fn given_a_late_message_to_two_when_the_hop_refuses_one_of_them_then_nobody_has_it_and_it_is_4yz() {
    let mut host = Host::new(&before(BY_SUBJECT), DNS).hop(SMART, Hop::new().on("RCPT TO:<no", "550 5.1.1 no"));
    let said = host.send("ann@example.com", &["bob@example.org", "no@example.org"], MESSAGE);
    assert!(said.starts_with('4'), "{said}");
    assert!(host.taken().is_empty() && !host.all_heard().contains(&"DATA".to_owned()));
    assert!(!host.only_done().second_copy_possible);
}

#[test]
fn given_a_late_message_when_the_hop_refuses_each_of_its_recipients_for_good_then_it_is_5yz_in_its_words() {
    let mut host = Host::new(&before(BY_SUBJECT), DNS).hop(SMART, Hop::new().on("RCPT", "550 5.1.1 no"));
    let said = host.send("ann@example.com", &["bob@example.org", "no@example.org"], MESSAGE);
    assert_eq!(said, "550 5.1.1 smart.example.net said: no\r\n");
    assert!(host.taken().is_empty());
}

#[test]
fn given_recipients_for_whom_other_rules_are_open_when_they_come_together_then_the_second_waits_for_another_transaction()
 {
    let rule = "[[rule]]\nname = \"secret\"\nmatch = { direction = [\"outbound\"], to = [\"eve@example.org\"], header = [\"Subject: *secret*\"] }\ndo = { reject = \"550 5.7.1 no\" }\n";
    let mut host = Host::new(&before(rule), DNS).hop(SMART, Hop::new());
    let said = host.envelope("ann@example.com", &["eve@example.org", "bob@example.org"]);
    assert!(said.starts_with("452 4.5.3 "), "{said}");
}

#[test]
fn given_a_rule_on_size_when_the_message_is_larger_then_it_counts_as_it_came() {
    let rule = "[[rule]]\nname = \"large\"\nmatch = { direction = [\"outbound\"], larger_than = \"1 KB\" }\ndo = { reject = \"552 5.3.4 Too large for us\" }\n";
    let mut host = Host::new(&before(rule), DNS).hop(SMART, Hop::new());
    let large = format!("{MESSAGE}{}", "x\r\n".repeat(500));
    assert_eq!(host.send("ann@example.com", &["bob@example.org"], &large), "552 5.3.4 Too large for us\r\n");
    assert!(host.send("ann@example.com", &["bob@example.org"], MESSAGE).starts_with("250"));
}

const INBOUND: &str = r#"
hostname = "gw.example.com"
domains = ["example.com"]

[[route]]
name = "inside"
hosts = ["inside.example.com"]
require_tls = false
require_ca = false
verify_hostname = false

[[rule]]
name = "unauthenticated"
match = { direction = ["inbound"], results = ["dmarc=fail"] }
do = { reject = "550 5.7.26 Not authenticated" }

[[rule]]
name = "in"
match = { direction = ["inbound"] }
do = { route = "inside" }
"#;

const INBOUND_DNS: &str = r#"{"answers": [
    {"name": "inside.example.com", "type": "A", "records": ["198.51.100.1"]},
    {"name": "good.example", "type": "TXT", "records": ["v=spf1 ip4:192.0.2.7 -all"]},
    {"name": "_dmarc.good.example", "type": "TXT", "records": ["v=DMARC1; p=reject"]},
    {"name": "bad.example", "type": "TXT", "records": ["v=spf1 -all"]},
    {"name": "_dmarc.bad.example", "type": "TXT", "records": ["v=DMARC1; p=reject"]}]}"#;

#[test]
fn given_a_strangers_message_when_it_is_authenticated_then_it_goes_in_with_what_was_found() {
    let mut host = Host::new(INBOUND, INBOUND_DNS).hop(SMART, Hop::new());
    let message = "From: Eve <eve@good.example>\r\nTo: ann@example.com\r\n\r\nHello.\r\n";
    assert!(host.send("eve@good.example", &["ann@example.com"], message).starts_with("250 2.0.0"));
    let taken = host.taken()[0].1.clone();
    assert!(taken.contains("\r\nAuthentication-Results: gw.example.com;") && taken.contains("dmarc=pass"), "{taken}");
    assert!(taken.starts_with("Received: ") && taken.ends_with(message), "{taken}");
    assert!(host.charges.is_empty(), "strangers are charged nothing");
}

#[test]
fn given_a_strangers_message_when_it_fails_dmarc_then_the_rule_on_results_refuses_it() {
    let mut host = Host::new(INBOUND, INBOUND_DNS).hop(SMART, Hop::new());
    let message = "From: Eve <eve@bad.example>\r\nTo: ann@example.com\r\n\r\nHello.\r\n";
    assert_eq!(host.send("eve@bad.example", &["ann@example.com"], message), "550 5.7.26 Not authenticated\r\n");
    assert!(host.all_heard().is_empty());
}

#[test]
fn given_a_verification_when_the_dns_does_not_answer_then_the_message_is_decided_in_time() {
    let mut host = Host::new(INBOUND, INBOUND_DNS).hop(SMART, Hop::new());
    let name = passerelle::Domain::parse("_dmarc.good.example").unwrap();
    host.slow.push(passerelle::Question::Dns(name, passerelle::RecordType::Txt));
    host.envelope("eve@good.example", &["ann@example.com"]);
    assert_eq!(host.message("From: Eve <eve@good.example>\r\nTo: ann@example.com\r\n\r\nHello.\r\n"), "");
    host.wait(120_000);
    assert!(host.new_words().starts_with("250 2.0.0"), "{}", host.heard);
    assert!(host.taken()[0].1.contains("dmarc=temperror"), "{}", host.taken()[0].1);
}

#[test]
fn given_questions_about_a_stranger_when_mail_has_come_then_they_go_out_before_its_message() {
    let mut host = Host::new(INBOUND, INBOUND_DNS).hop(SMART, Hop::new());
    host.envelope("eve@good.example", &["ann@example.com"]);
    let name = passerelle::Domain::parse("good.example").unwrap();
    assert!(host.asked.contains(&passerelle::Question::Dns(name, passerelle::RecordType::Txt)), "{:?}", host.asked);
}

#[test]
fn given_a_destination_with_an_sts_policy_when_tls_required_no_could_lift_it_then_the_message_is_late() {
    let policy = r#"
hostname = "gw.example.com"
domains = ["example.com"]
[[relay]]
name = "apps"
peers = ["192.0.2.0/24"]
"#;
    let dns = r#"{"answers": [
        {"name": "sts.example", "type": "MX", "records": ["10 mx.sts.example"]},
        {"name": "mx.sts.example", "type": "A", "records": ["198.51.100.3"]},
        {"name": "_mta-sts.sts.example", "type": "TXT", "records": ["v=STSv1; id=1"]},
        {"name": "plain.example", "type": "MX", "records": ["10 mx.plain.example"]},
        {"name": "mx.plain.example", "type": "A", "records": ["198.51.100.4"]}],
        "sts": {"sts.example": "version: STSv1\nmode: enforce\nmx: mx.sts.example\nmax_age: 86400\n"}}"#;
    let mut host = Host::new(policy, dns).hop("198.51.100.4", Hop::new());
    assert_eq!(host.envelope("ann@example.com", &["bob@sts.example"]), "250 2.1.5 Recipient OK\r\n");
    assert!(host.all_heard().is_empty());
    host.say("RSET\r\n");
    let said = host.envelope("ann@example.com", &["bob@plain.example"]);
    assert_eq!(said, "250 2.1.5 mx.plain.example said: Recipient OK\r\n");
}
