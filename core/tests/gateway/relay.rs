//! The hop's own words: a message is taken when it has taken it, and refused as it has refused it.

use passerelle::gateway::{Ending, Listener, Taken};
use passerelle::route::decide::Mode;
use passerelle::tls::End;
use passerelle::{Question, RecordType};

use crate::hop::{Hop, SILENCE};
use crate::host::Host;

/// Clients of our own range, and one host in clear text.
pub(crate) const RELAY: &str = r#"
hostname = "gw.example.com"
domains = ["example.com"]

[[relay]]
name = "apps"
peers = ["192.0.2.0/24"]

[[route]]
name = "smart"
hosts = ["smart.example.net"]
require_tls = false
require_ca = false
verify_hostname = false

[[rule]]
name = "out"
match = { direction = ["outbound"] }
do = { route = "smart" }
"#;

pub(crate) const DNS: &str = r#"{"answers": [
    {"name": "smart.example.net", "type": "A", "records": ["198.51.100.1"]}]}"#;

pub(crate) const SMART: &str = "198.51.100.1";

pub(crate) const MESSAGE: &str = "From: ann@example.com\r\nTo: bob@example.org\r\nSubject: Hello\r\nDate: Sat, 28 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\nHello.\r\n";

#[test]
fn given_one_host_when_it_takes_the_message_then_the_client_is_told_so_in_its_words() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    let rcpt = host.envelope("ann@example.com", &["bob@example.org"]);
    assert_eq!(rcpt, "250 2.1.5 smart.example.net said: Recipient OK\r\n");
    let end = host.message(MESSAGE);
    let id = host.only_done().id.clone();
    assert_eq!(end, format!("250 2.0.0 {id} smart.example.net said: Queued as 4711\r\n"));
    let done = host.only_done();
    assert_eq!((done.end, done.mode), (Ending::Accepted, Some(Mode::Stream)));
    assert_eq!(done.recipients[0].fate, Taken::Accepted);
    let taken = host.taken();
    let (to, message) = &taken[0];
    assert_eq!(to, &["bob@example.org"]);
    assert!(message.starts_with("Received: from client.example"), "{message}");
    assert!(message.contains(&format!("id {id}")), "{message}");
    assert!(message.ends_with(MESSAGE), "{message}");
}

#[test]
fn given_a_hop_that_refuses_a_recipient_when_rcpt_comes_then_each_line_of_its_reply_is_passed_on_with_code_and_enhanced_code()
 {
    let refusal = "550-5.1.1 No such user here\n550 5.1.1 Ask postmaster";
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new().on("RCPT TO:<nobody", refusal));
    let said = host.envelope("ann@example.com", &["nobody@example.org"]);
    let expected =
        "550-5.1.1 smart.example.net said: No such user here\r\n550 5.1.1 smart.example.net said: Ask postmaster\r\n";
    assert_eq!(said, expected);
    assert!(host.say("DATA\r\n").starts_with("554"));
}

#[test]
fn given_a_refusal_without_an_enhanced_code_when_it_is_passed_on_then_it_has_that_of_its_class() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new().on("RCPT", "451 busy"));
    assert_eq!(host.envelope("ann@example.com", &["b@example.org"]), "451 4.0.0 smart.example.net said: busy\r\n");
}

#[test]
fn given_two_recipients_of_whom_one_is_refused_when_the_message_comes_then_the_other_has_it_alone() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new().on("RCPT TO:<nobody", "550 5.1.1 no"));
    host.envelope("ann@example.com", &["nobody@example.org"]);
    assert!(host.say("RCPT TO:<bob@example.org>\r\n").starts_with("250"));
    assert!(host.message(MESSAGE).starts_with("250 2.0.0"));
    assert_eq!(host.taken()[0].0, ["bob@example.org"]);
    let fates: Vec<Taken> = host.only_done().recipients.iter().map(|recipient| recipient.fate).collect();
    assert_eq!(fates, [Taken::Refused, Taken::Accepted]);
}

#[test]
fn given_a_hop_that_refuses_the_message_when_it_has_come_then_its_words_are_the_reply_and_nobody_has_it() {
    for (given, expected, ending) in [
        ("554 5.6.0 Not this one", "554 5.6.0 smart.example.net said: Not this one\r\n", Ending::Refused),
        ("452 4.2.2 Over quota", "452 4.2.2 smart.example.net said: Over quota\r\n", Ending::Deferred),
        ("550 no", "550 5.0.0 smart.example.net said: no\r\n", Ending::Refused),
    ] {
        let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new().on(".", given));
        assert_eq!(host.send("ann@example.com", &["bob@example.org"], MESSAGE), expected);
        let done = host.only_done();
        assert_eq!((done.end, done.second_copy_possible), (ending, false));
        assert!(host.taken().is_empty() && host.charges.is_empty());
    }
}

#[test]
fn given_a_hop_that_refuses_the_sender_when_rcpt_comes_then_the_refusal_is_passed_on() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new().on("MAIL", "550 5.7.1 Not you"));
    let said = host.envelope("ann@example.com", &["bob@example.org"]);
    assert_eq!(said, "550 5.7.1 smart.example.net said: Not you\r\n");
}

#[test]
fn given_a_message_that_streams_when_its_beginning_comes_then_the_hop_has_that_before_the_end() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.say("DATA\r\n");
    host.say("Subject: long\r\n\r\nfirst line\r\n");
    let content = String::from_utf8_lossy(&host.at(SMART).content).into_owned();
    assert!(content.contains("Subject: long\r\n\r\nfirst line\r\n"), "{content}");
    assert!(host.hold.is_empty() && !host.at(SMART).heard.contains(&".".to_owned()));
    assert!(host.say("second line\r\n.\r\n").starts_with("250"));
}

#[test]
fn given_a_client_that_is_cut_off_in_its_message_when_it_streams_then_the_hop_never_hears_the_end() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.say("DATA\r\nSubject: x\r\n\r\nhalf of");
    host.end(End::Cut);
    assert!(!host.all_heard().contains(&".".to_owned()));
    assert!(host.taken().is_empty());
    let done = host.only_done();
    assert_eq!((done.end, done.second_copy_possible), (Ending::Aborted, false));
    assert!(host.closed.is_some() && host.gateway.is_over());
}

#[test]
fn given_a_client_that_is_cut_off_behind_its_message_when_the_hop_takes_it_then_a_second_copy_is_counted() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new().on(".", SILENCE));
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.message(MESSAGE);
    host.end(End::Cut);
    assert!(host.done.is_empty(), "the hop may still take it");
    host.speak(SMART, "250 2.0.0 Taken");
    let done = host.only_done();
    assert_eq!((done.end, done.second_copy_possible), (Ending::Unheard, true));
    assert_eq!(done.recipients[0].fate, Taken::Accepted);
    assert!(host.closed.is_some());
}

#[test]
fn given_a_hop_that_never_answers_the_end_when_the_deadline_has_passed_then_it_is_tried_again_and_a_second_copy_is_counted()
 {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new().on(".", SILENCE));
    host.envelope("ann@example.com", &["bob@example.org"]);
    assert_eq!(host.message(MESSAGE), "");
    host.wait(239_000);
    assert_eq!(host.new_words(), "");
    host.wait(1_500);
    assert!(host.new_words().starts_with("451 4.4.2"), "{}", host.heard);
    let done = host.only_done();
    assert_eq!((done.end, done.second_copy_possible), (Ending::Deferred, true));
    assert_eq!(done.recipients[0].fate, Taken::Unconfirmed);
}

#[test]
fn given_a_hop_that_answers_the_end_just_in_time_when_it_does_then_its_word_counts() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new().on(".", SILENCE));
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.message(MESSAGE);
    host.wait(239_000);
    host.speak(SMART, "250 2.0.0 At last");
    assert!(host.new_words().starts_with("250 2.0.0"), "{}", host.heard);
}

#[test]
fn given_a_hop_that_does_not_answer_rcpt_when_the_deadline_has_passed_then_the_client_is_told_to_try_again() {
    let hop = || Hop::new().on("RCPT", SILENCE);
    let mut host = Host::new(RELAY, DNS).hop(SMART, hop());
    assert_eq!(host.envelope("ann@example.com", &["bob@example.org"]), "");
    host.wait(119_000);
    assert_eq!(host.new_words(), "");
    host.wait(1_500);
    assert!(host.new_words().starts_with("451 4.4."), "{}", host.heard);

    let mut host = Host::new(RELAY, DNS).hop(SMART, hop());
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.wait(119_000);
    host.speak(SMART, "250 2.1.5 Now");
    assert_eq!(host.new_words(), "250 2.1.5 smart.example.net said: Now\r\n");
}

#[test]
fn given_a_decision_when_it_is_told_then_it_shows_both_deadlines() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    host.send("ann@example.com", &["bob@example.org"], MESSAGE);
    let json = host.decided[0].to_json();
    assert!(json.contains(r#""deadlines":{"rcpt":120,"end_of_data":240}"#), "{json}");
    assert!(json.contains(r#""mode":"stream""#), "{json}");
}

#[test]
fn given_a_hop_that_cannot_be_connected_to_when_rcpt_comes_then_it_is_451_4_4_1() {
    let mut host = Host::new(RELAY, DNS);
    let said = host.envelope("ann@example.com", &["bob@example.org"]);
    assert!(said.starts_with("451 4.4.1 "), "{said}");
    assert!(!said.contains(" said:"));
}

#[test]
fn given_an_early_message_when_the_client_resets_then_the_connection_serves_its_next_message() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    host.envelope("ann@example.com", &["bob@example.org"]);
    assert!(host.say("RSET\r\n").starts_with("250"));
    assert!(host.send("ann@example.com", &["bob@example.org"], MESSAGE).starts_with("250"));
    let heard = host.all_heard();
    assert_eq!(heard.iter().filter(|line| line.starts_with("EHLO")).count(), 1, "{heard:?}");
    assert_eq!(host.done.iter().map(|done| done.end).collect::<Vec<_>>(), [Ending::Aborted, Ending::Accepted]);
    assert_eq!(host.done[0].recipients[0].fate, Taken::Abandoned);
}

#[test]
fn given_a_stranger_when_it_wants_to_relay_then_no_hop_hears_of_it() {
    let setup = crate::host::setup(crate::host::policy(RELAY));
    let mut host = Host::of(setup, DNS, Listener::Smtp, Some("203.0.113.9:2525")).hop(SMART, Hop::new());
    let said = host.envelope("ann@example.com", &["bob@example.org"]);
    assert!(said.starts_with("550 5.7.1 "), "{said}");
    assert!(host.all_heard().is_empty());
}

#[test]
fn given_a_dns_that_does_not_answer_when_the_deadline_of_rcpt_has_passed_then_the_client_is_told_to_try_again() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    let name = passerelle::Domain::parse("smart.example.net").unwrap();
    host.slow.push(Question::Dns(name, RecordType::A));
    assert_eq!(host.envelope("ann@example.com", &["bob@example.org"]), "");
    host.wait(120_000);
    assert!(host.new_words().starts_with("451 4.4.3 "), "{}", host.heard);
    host.answer_slow();
    assert_eq!(host.new_words(), "", "the answer comes too late, and is no misuse");
    assert!(host.say("RCPT TO:<bob@example.org>\r\n").starts_with("250"));
}

#[test]
fn given_a_recipient_that_is_named_twice_when_the_message_comes_then_the_hop_hears_of_it_once() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    host.send("ann@example.com", &["bob@example.org", "bob@example.org"], MESSAGE);
    assert_eq!(host.taken()[0].0, ["bob@example.org"]);
}

#[test]
fn given_a_message_of_ours_when_the_hop_has_taken_it_then_it_is_charged_once() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    host.send("ann@example.com", &["bob@example.org", "eve@example.org"], MESSAGE);
    let [charge] = &host.charges[..] else { panic!("{:?}", host.charges) };
    assert_eq!((&charge.keys[..], charge.messages, charge.recipients), (&["organisation".to_owned()][..], 1, 2));
}

#[test]
fn given_a_client_that_pipelines_when_it_says_everything_at_once_then_each_command_has_its_reply_in_order() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new().on("RCPT TO:<no", "550 5.1.1 no"));
    host.say("");
    host.say("EHLO client.example\r\n");
    let said =
        host.say("MAIL FROM:<ann@example.com>\r\nRCPT TO:<no@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n");
    let codes: Vec<&str> = said.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["250", "550", "250", "354"], "{said}");
    assert!(host.say(format!("{MESSAGE}.\r\nQUIT\r\n")).contains("\r\n221 "));
    assert!(host.closed.is_some());
}

#[test]
fn given_parameters_of_mail_when_they_are_passed_on_then_auth_is_not() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    host.say("");
    host.say("EHLO client.example\r\n");
    host.say("MAIL FROM:<ann@example.com> SIZE=100 BODY=8BITMIME\r\n");
    host.say("RCPT TO:<bob@example.org>\r\n");
    let mail = host.all_heard().into_iter().find(|line| line.starts_with("MAIL")).expect("MAIL");
    assert!(mail.contains("BODY=8BITMIME") && mail.contains("SIZE=") && !mail.contains("AUTH"), "{mail}");
}
