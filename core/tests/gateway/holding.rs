//! Messages that are held until they are whole: within a budget, and for as many hosts as there are.

use passerelle::gateway::{Ending, Held, Input, Taken};
use passerelle::route::decide::Mode;
use passerelle::{Machine, Misuse};

use crate::hop::{CUT, Hop, SILENCE};
use crate::host::Host;
use crate::relay::{DNS, MESSAGE, RELAY, SMART};

const SECOND: &str = "198.51.100.2";

/// Two hosts, so that a message is held.
fn two() -> (String, String) {
    let policy = RELAY.replace(
        r#"hosts = ["smart.example.net"]"#,
        r#"hosts = ["smart.example.net", { address = "second.example.net", tier = "secondary" }]"#,
    );
    let dns = DNS.replace("]}]}", r#"]}, {"name": "second.example.net", "type": "A", "records": ["198.51.100.2"]}]}"#);
    (policy, dns)
}

fn host() -> Host {
    let (policy, dns) = two();
    Host::new(&policy, &dns)
}

#[test]
fn given_a_second_host_when_the_message_comes_then_it_is_held_and_the_first_hears_nothing_of_it_before_the_end() {
    let mut host = host().hop(SMART, Hop::new()).hop(SECOND, Hop::new());
    let said = host.envelope("ann@example.com", &["bob@example.org"]);
    assert_eq!(said, "250 2.1.5 smart.example.net said: Recipient OK\r\n", "it is early all the same");
    host.say("DATA\r\n");
    host.say("Subject: x\r\n\r\nfirst\r\n");
    assert_eq!(host.hold.octets(), b"first\r\n");
    assert!(!host.all_heard().contains(&"DATA".to_owned()));
    assert!(host.say("second\r\n.\r\n").starts_with("250 2.0.0"));
    assert!(host.taken()[0].1.ends_with("Subject: x\r\n\r\nfirst\r\nsecond\r\n"));
    assert_eq!(host.only_done().mode, Some(Mode::Hold));
    assert_eq!((host.budget.held(), host.budget.peak()), (0, 15));
}

#[test]
fn given_a_first_host_that_fails_at_the_end_when_it_has_certainly_not_taken_the_message_then_the_second_gets_it() {
    for (command, reply) in [("DATA", "451 4.3.0 not now"), (".", "451 4.3.0 not now"), ("DATA", CUT)] {
        let mut host = host().hop(SMART, Hop::new().on(command, reply)).hop(SECOND, Hop::new());
        let said = host.send("ann@example.com", &["bob@example.org"], MESSAGE);
        assert!(said.contains("second.example.net said: Queued"), "{command} {reply}: {said}");
        assert_eq!(host.taken().len(), 1);
        let done = host.only_done();
        assert_eq!((done.end, done.second_copy_possible), (Ending::Accepted, false));
        assert_eq!(done.recipients[0].host.as_deref(), Some("second.example.net"));
    }
}

#[test]
fn given_a_first_host_that_turns_us_away_in_its_greeting_when_rcpt_comes_then_the_second_answers_it() {
    for greeting in ["554 no service", "421 busy"] {
        let mut host = host().hop(SMART, Hop::new().greeting(greeting)).hop(SECOND, Hop::new());
        let said = host.envelope("ann@example.com", &["bob@example.org"]);
        assert_eq!(said, "250 2.1.5 second.example.net said: Recipient OK\r\n");
    }
}

#[test]
fn given_a_first_host_that_is_cut_behind_the_end_when_it_may_have_taken_the_message_then_no_second_gets_it() {
    let mut host = host().hop(SMART, Hop::new().on(".", CUT)).hop(SECOND, Hop::new());
    let said = host.send("ann@example.com", &["bob@example.org"], MESSAGE);
    assert!(said.starts_with("451 4.4.2 "), "{said}");
    assert!(host.taken().is_empty());
    let done = host.only_done();
    assert_eq!((done.end, done.second_copy_possible), (Ending::Deferred, true));
    assert_eq!(done.recipients[0].fate, Taken::Unconfirmed);
}

#[test]
fn given_a_second_host_that_refuses_one_whom_the_first_took_when_the_message_goes_there_then_nobody_has_it() {
    let first = Hop::new().on("DATA", "451 4.3.0 not now");
    let mut host = host().hop(SMART, first).hop(SECOND, Hop::new().on("RCPT TO:<eve", "550 5.1.1 no"));
    let said = host.send("ann@example.com", &["bob@example.org", "eve@example.org"], MESSAGE);
    assert!(said.starts_with('4'), "{said}");
    assert!(host.taken().is_empty());
}

#[test]
fn given_a_budget_when_a_message_does_not_fit_then_it_is_452_4_3_1_and_the_rest_of_it_is_dropped() {
    let (policy, dns) = two();
    let policy = format!("{policy}\n[capacity]\nheld = \"1 KB\"\n");
    let mut host = Host::new(&policy, &dns).hop(SMART, Hop::new());
    host.chunk = 512;
    let large = format!("{MESSAGE}{}", "x\r\n".repeat(2000));
    let said = host.send("ann@example.com", &["bob@example.org"], &large);
    assert!(said.starts_with("452 4.3.1 "), "{said}");
    assert!(host.budget.held() == 0 && host.budget.peak() <= 1024, "{:?}", host.budget);
    assert_eq!(host.only_done().end, Ending::Deferred);
    assert!(host.send("ann@example.com", &["bob@example.org"], MESSAGE).starts_with("250"), "the session goes on");
}

#[test]
fn given_octets_that_the_host_has_not_kept_yet_when_the_client_sends_more_then_nothing_is_read() {
    let mut host = host().hop(SMART, Hop::new());
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.say("DATA\r\n");
    host.slow_hold = true;
    host.say("Subject: x\r\n\r\nfirst\r\n");
    assert!(!host.gateway.wants_wire());
    host.say("second\r\n.\r\n");
    assert!(host.has_unread());
    assert_eq!(host.misuse(Input::Wire(b"x")), Misuse::NotReading);
    host.answer_holds();
    assert!(host.new_words().starts_with("250 2.0.0"), "{}", host.heard);
    assert!(host.taken()[0].1.ends_with("first\r\nsecond\r\n"));
}

#[test]
fn given_a_message_that_is_over_before_it_was_kept_when_the_next_one_comes_then_the_late_answer_is_not_its_own() {
    let mut host = host().hop(SMART, Hop::new());
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.say(format!("BDAT {}\r\n{MESSAGE}", MESSAGE.len()));
    host.slow_hold = true;
    host.say("BDAT 6\r\nmore\r\nRSET\r\n");
    assert_eq!(host.pending_hold.len(), 1, "it is asked to keep what is forgotten now");
    assert_eq!(host.only_done().end, Ending::Aborted);
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.say("DATA\r\n");
    host.say("Subject: second\r\n\r\nsecond\r\n.\r\n");
    assert_eq!(host.pending_hold.len(), 1, "the second waits for its turn");
    // What was dropped meanwhile is kept by nobody.
    host.pending_hold.clear();
    host.slow_hold = false;
    host.input(Input::Held(Held::Kept));
    assert!(host.heard.ends_with("Queued as 4711\r\n"), "{}", host.heard);
    assert!(host.taken()[0].1.ends_with("Subject: second\r\n\r\nsecond\r\n"));
}

#[test]
fn given_a_disk_that_fails_when_the_message_is_read_back_then_it_is_451_and_nothing_is_ended() {
    let mut host = host().hop(SMART, Hop::new());
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.say("DATA\r\n");
    host.say(MESSAGE);
    host.slow_hold = true;
    host.say(".\r\n");
    assert!(host.pending_hold.pop_front().is_some(), "it is read back");
    host.input(Input::Held(Held::Lost));
    assert!(host.new_words().starts_with("451 4.3.0 "), "{}", host.heard);
    assert!(host.taken().is_empty() && !host.all_heard().contains(&".".to_owned()));
    assert!(!host.only_done().second_copy_possible);
}

#[test]
fn given_a_client_that_is_cut_off_behind_its_end_when_the_message_is_held_and_not_out_then_nobody_gets_it() {
    let mut host = host().hop(SMART, Hop::new().on("DATA", SILENCE));
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.message(MESSAGE);
    host.end(passerelle::tls::End::Cut);
    host.run();
    assert!(host.taken().is_empty() && !host.all_heard().contains(&".".to_owned()));
    let done = host.only_done();
    assert_eq!((done.end, done.second_copy_possible), (Ending::Unheard, false));
    assert_eq!(host.budget.held(), 0);
}

#[test]
fn given_answers_that_nobody_asked_for_when_they_come_then_they_are_misuse() {
    let mut host = host();
    host.say("");
    assert_eq!(host.misuse(Input::Held(Held::Kept)), Misuse::NothingToDecide);
    assert_eq!(host.misuse(Input::Stored(true)), Misuse::NothingToDecide);
    let id = passerelle::QuestionId(9);
    let answer = passerelle::Answer::Quota(None);
    assert_eq!(host.gateway.handle(host.now, Input::Answer(id, answer)), Err(Misuse::UnknownQuestion(id)));
}
