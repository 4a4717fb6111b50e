//! One transaction, one end: the group of the first recipient, copies, quarantine, and what a rule throws away.

use passerelle::gateway::{Ending, Taken};

use crate::hop::{Hop, SILENCE};
use crate::host::Host;
use crate::relay::{DNS, MESSAGE, RELAY, SMART};

const ARCHIVE: &str = "198.51.100.9";
const OTHER: &str = "198.51.100.2";

/// A second route, in clear text, and what rules say before the others.
fn with(rules: &str) -> String {
    let routes = r#"
[[route]]
name = "other"
hosts = ["other.example.net"]
require_tls = false
require_ca = false
verify_hostname = false

[[route]]
name = "archive"
hosts = ["archive.example.net"]
require_tls = false
require_ca = false
verify_hostname = false
"#;
    let (head, last) = RELAY.split_once("[[rule]]").expect("a rule");
    format!("{head}{routes}{rules}\n[[rule]]{last}")
}

fn dns() -> String {
    DNS.replace(
        "]}]}",
        r#"]},
        {"name": "other.example.net", "type": "A", "records": ["198.51.100.2"]},
        {"name": "archive.example.net", "type": "A", "records": ["198.51.100.9"]}]}"#,
    )
}

fn host(rules: &str) -> Host {
    Host::new(&with(rules), &dns()).hop(SMART, Hop::new())
}

const TO_OTHER: &str = r#"
[[rule]]
name = "other"
match = { direction = ["outbound"], to = ["@other.example"] }
do = { route = "other" }
"#;

const COPIES: &str = r#"
[[rule]]
name = "to the archive"
match = { direction = ["outbound"], to = ["keep@archive.example"] }
do = { route = "archive" }

[[rule]]
name = "copies"
match = { direction = ["outbound"], from = ["ann@example.com"] }
do = { also_to = ["keep@archive.example"] }
"#;

/// A host with an archive.
pub(crate) fn archiving() -> Host {
    host(COPIES)
}

#[test]
fn given_a_recipient_of_another_group_when_the_first_is_accepted_then_it_is_told_to_come_in_another_transaction() {
    let mut host = host(TO_OTHER).hop(OTHER, Hop::new());
    let said = host.envelope("ann@example.com", &["bob@example.org", "eve@other.example"]);
    assert!(said.starts_with("452 4.5.3 "), "{said}");
    assert!(host.message(MESSAGE).starts_with("250"));
    assert_eq!(host.taken().len(), 1);
    assert_eq!(host.taken()[0].0, ["bob@example.org"]);
    assert!(host.send("ann@example.com", &["eve@other.example"], MESSAGE).starts_with("250"));
    assert_eq!(host.at(OTHER).taken[0].0, ["eve@other.example"]);
}

#[test]
fn given_a_recipient_whose_domain_does_not_exist_when_others_are_accepted_then_it_is_refused_for_what_it_is() {
    let mut host = Host::new(
        &with(TO_OTHER)
            .replace("direction = [\"outbound\"] }", "direction = [\"outbound\"], to = [\"@example.org\"] }"),
        &dns(),
    );
    host = host.hop(SMART, Hop::new());
    let said = host.envelope("ann@example.com", &["bob@example.org", "eve@nowhere.example"]);
    assert!(said.starts_with("550 5.1.2 "), "{said}");
    assert!(host.message(MESSAGE).starts_with("250"));
}

#[test]
fn given_recipients_without_end_when_each_is_told_to_come_another_time_then_no_more_are_remembered_than_the_bound() {
    let mut host = host(TO_OTHER);
    host.envelope("ann@example.com", &["bob@example.org"]);
    for number in 0..2100 {
        let said = host.say(format!("RCPT TO:<n{number}@other.example>\r\n"));
        assert!(said.starts_with("452 4.5.3 "), "{said}");
    }
    assert!(host.message(MESSAGE).starts_with("250"));
    assert_eq!(host.only_done().recipients.len(), passerelle::limits::GATEWAY_NAMED);
}

#[test]
fn given_a_first_recipient_that_its_hop_refuses_when_one_of_another_group_comes_then_that_group_goes() {
    let mut host =
        Host::new(&with(TO_OTHER), &dns()).hop(SMART, Hop::new().on("RCPT", "550 5.1.1 no")).hop(OTHER, Hop::new());
    assert!(host.envelope("ann@example.com", &["bob@example.org"]).starts_with("550"));
    assert!(host.say("RCPT TO:<eve@other.example>\r\n").starts_with("250"));
    assert!(host.message(MESSAGE).starts_with("250"));
    assert_eq!(host.taken().iter().map(|(to, _)| to.clone()).collect::<Vec<_>>(), [["eve@other.example"]]);
}

#[test]
fn given_a_copy_when_the_archive_takes_it_then_it_has_it_before_the_recipient() {
    let mut host = host(COPIES).hop(ARCHIVE, Hop::new());
    assert!(host.send("ann@example.com", &["bob@example.org"], MESSAGE).starts_with("250"));
    let (archive, smart) = (host.at(ARCHIVE), host.at(SMART));
    assert_eq!(archive.taken[0].0, ["keep@archive.example"]);
    assert_eq!(smart.taken[0].0, ["bob@example.org"]);
    assert!(archive.taken[0].1.ends_with(MESSAGE));
    let done = host.only_done();
    let copy = done.recipients.last().expect("a copy");
    assert!(copy.copy && copy.fate == Taken::Accepted, "{copy:?}");
    // In the log, the end of the copy stands before the message's own DATA.
    let whole = host.log.concat();
    let copied = whole.find("RCPT TO:<keep@archive.example>").expect("a copy");
    assert_eq!(whole.matches("DATA\r\n").count(), 2);
    assert!(whole.rfind("DATA\r\n").expect("the message's own") > copied);
}

#[test]
fn given_a_copy_when_the_archive_does_not_take_it_then_nobody_has_the_message_and_it_is_451() {
    for refusal in ["550 5.1.1 no", "450 4.2.0 later"] {
        let mut host = host(COPIES).hop(ARCHIVE, Hop::new().on("RCPT", refusal));
        let said = host.send("ann@example.com", &["bob@example.org"], MESSAGE);
        assert!(said.starts_with("451 4.3.0 "), "{said}");
        assert!(host.taken().is_empty());
        let done = host.only_done();
        assert_eq!((done.end, done.second_copy_possible), (Ending::Deferred, false));
    }
}

#[test]
fn given_a_copy_that_is_taken_when_the_recipient_is_refused_then_that_is_the_reply_and_the_archive_may_have_it_twice() {
    let mut host =
        Host::new(&with(COPIES), &dns()).hop(SMART, Hop::new().on(".", "450 4.2.0 later")).hop(ARCHIVE, Hop::new());
    let said = host.send("ann@example.com", &["bob@example.org"], MESSAGE);
    assert!(said.starts_with("450 4.2.0 smart.example.net said: later"), "{said}");
    let done = host.only_done();
    assert!(!done.second_copy_possible, "the archive's own is not counted there");
    assert_eq!(done.recipients.last().map(|copy| (copy.copy, copy.fate)), Some((true, Taken::Accepted)));
}

#[test]
fn given_a_rule_that_discards_when_the_message_has_come_then_it_is_250_without_a_hop_and_the_log_says_so() {
    let rule = "[[rule]]\nname = \"away\"\nmatch = { direction = [\"outbound\"] }\ndo = { discard = true }\n";
    let mut host = host(rule);
    let said = host.send("ann@example.com", &["bob@example.org"], MESSAGE);
    assert!(said.starts_with("250 2.0.0 "), "{said}");
    assert!(host.all_heard().is_empty() && host.charges.is_empty() && host.budget.peak() == 0);
    let done = host.only_done();
    assert_eq!((done.end, done.recipients[0].fate), (Ending::Discarded, Taken::Discarded));
    assert_eq!(host.decided[0].rules[0], "away");
}

const QUARANTINE: &str =
    "[[rule]]\nname = \"held\"\nmatch = { direction = [\"outbound\"] }\ndo = { quarantine = true }\n";

#[test]
fn given_a_quarantine_in_a_maildir_when_it_is_stored_then_that_is_the_250() {
    let mut host = host(&format!("[quarantine]\nmaildir = \"held\"\n{QUARANTINE}"));
    let said = host.send("ann@example.com", &["bob@example.org"], MESSAGE);
    assert!(said.starts_with("250 2.0.0 "), "{said}");
    let [(maildir, message)] = &host.stored[..] else { panic!("{:?}", host.stored) };
    assert_eq!(maildir, "held");
    let message = String::from_utf8_lossy(message);
    assert!(message.starts_with("Received: ") && message.ends_with(MESSAGE), "{message}");
    assert_eq!(host.only_done().end, Ending::Quarantined);
    assert!(host.all_heard().is_empty() && host.budget.held() == 0);
}

#[test]
fn given_a_quarantine_that_cannot_be_stored_when_the_message_has_come_then_it_is_451() {
    let mut host = host(&format!("[quarantine]\nmaildir = \"held\"\n{QUARANTINE}"));
    host.can_store = false;
    let said = host.send("ann@example.com", &["bob@example.org"], MESSAGE);
    assert!(said.starts_with("451 4.3.0 "), "{said}");
    assert_eq!(host.only_done().end, Ending::Deferred);
}

#[test]
fn given_a_store_that_is_answered_too_late_when_the_next_message_waits_for_its_own_then_it_is_not_told_the_others_answer()
 {
    let mut host = host(&format!("[quarantine]\nmaildir = \"held\"\n{QUARANTINE}"));
    host.slow_store = true;
    assert_eq!(host.send("ann@example.com", &["bob@example.org"], MESSAGE), "");
    host.wait(240_000);
    assert!(host.new_words().starts_with("451 4.4.7 "), "{}", host.heard);
    assert!(host.only_done().second_copy_possible, "it may be kept all the same");

    assert_eq!(host.send("ann@example.com", &["bob@example.org"], MESSAGE), "");
    host.input(passerelle::gateway::Input::Stored(true));
    assert_eq!(host.new_words(), "", "that was the answer to the first");
    host.input(passerelle::gateway::Input::Stored(false));
    assert!(host.new_words().starts_with("451 4.3.0 "), "{}", host.heard);
    assert!(!host.done[1].second_copy_possible);
}

#[test]
fn given_a_client_that_is_cut_off_when_its_message_may_be_stored_then_that_is_waited_for_and_counted() {
    let mut host = host(&format!("[quarantine]\nmaildir = \"held\"\n{QUARANTINE}"));
    host.slow_store = true;
    host.send("ann@example.com", &["bob@example.org"], MESSAGE);
    host.end(passerelle::tls::End::Cut);
    assert!(host.done.is_empty());
    host.input(passerelle::gateway::Input::Stored(true));
    assert_eq!((host.only_done().end, host.only_done().second_copy_possible), (Ending::Unheard, true));
    assert!(host.closed.is_some());
}

#[test]
fn given_a_quarantine_by_a_route_when_its_host_takes_it_then_that_is_the_250_in_our_own_words() {
    let mut host = host(&format!("[quarantine]\nroute = \"archive\"\n{QUARANTINE}")).hop(ARCHIVE, Hop::new());
    let said = host.send("ann@example.com", &["bob@example.org"], MESSAGE);
    assert!(said.starts_with("250 2.0.0 ") && !said.contains(" said:"), "{said}");
    assert_eq!(host.at(ARCHIVE).taken.len(), 1);
    assert_eq!((host.only_done().end, host.only_done().recipients[0].fate), (Ending::Quarantined, Taken::Quarantined));
}

#[test]
fn given_a_rule_that_rejects_when_rcpt_comes_then_it_is_refused_in_the_rules_words() {
    let rule = "[[rule]]\nname = \"no\"\nmatch = { direction = [\"outbound\"], to = [\"eve@example.org\"] }\ndo = { reject = \"550 5.7.1 Not to Eve\" }\n";
    let mut host = host(rule);
    assert_eq!(host.envelope("ann@example.com", &["eve@example.org"]), "550 5.7.1 Not to Eve\r\n");
    assert!(host.say("RCPT TO:<bob@example.org>\r\n").starts_with("250"));
}

#[test]
fn given_a_recipient_that_a_rule_replaces_when_the_message_comes_then_the_hop_hears_of_the_other() {
    let rule = "[[rule]]\nname = \"instead\"\nmatch = { direction = [\"outbound\"], to = [\"bob@example.org\"] }\ndo = { to = [\"rob@example.org\"], sender = \"boss@example.com\" }\n";
    let mut host = host(rule);
    assert!(host.send("ann@example.com", &["bob@example.org"], MESSAGE).starts_with("250"));
    assert_eq!(host.taken()[0].0, ["rob@example.org"]);
    assert!(host.all_heard().iter().any(|line| line.starts_with("MAIL FROM:<boss@example.com>")));
    assert_eq!(host.only_done().recipients[0].to.to_string(), "bob@example.org");
    assert_eq!(host.only_done().recipients[0].fate, Taken::Accepted);
}

#[test]
fn given_a_recipient_that_becomes_two_when_one_is_refused_then_neither_has_the_message() {
    let rule = "[[rule]]\nname = \"both\"\nmatch = { direction = [\"outbound\"], to = [\"bob@example.org\"] }\ndo = { to = [\"rob@example.org\", \"joe@example.org\"] }\n";
    let refusing = Hop::new().on("RCPT TO:<joe", "550 5.1.1 no");
    let mut host = Host::new(&with(rule), &dns()).hop(SMART, refusing);
    let said = host.send("ann@example.com", &["bob@example.org"], MESSAGE);
    assert!(said.starts_with('4'), "{said}");
    assert!(host.taken().is_empty());
}

#[test]
fn given_a_client_that_is_cut_off_while_the_archive_is_asked_when_it_is_then_the_recipient_has_nothing() {
    let mut host = Host::new(&with(COPIES), &dns()).hop(SMART, Hop::new()).hop(ARCHIVE, Hop::new().on(".", SILENCE));
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.message(MESSAGE);
    host.end(passerelle::tls::End::Cut);
    assert!(host.taken().is_empty());
    let done = host.only_done();
    assert_eq!((done.end, done.second_copy_possible), (Ending::Unheard, false));
}
