//! The session itself: what it offers, AUTH, TLS, a new policy, a shutdown, and how it ends.

use std::sync::Arc;

use passerelle::crypto::Hash;
use passerelle::gateway::{Ending, Event, Input, Listener, Setup};
use passerelle::smtp::sasl::ScramVerifier;
use passerelle::smtp::server::{self, Closed};
use passerelle::tls::{End, ServerTls};

use crate::hop::Hop;
use crate::host::{Host, policy, policy_with, setup};
use crate::inside_tls::Client;
use crate::relay::{DNS, MESSAGE, RELAY, SMART};

fn ehlo(policy_text: &str) -> String {
    let mut host = Host::new(policy_text, DNS);
    host.say("");
    host.say("EHLO client.example\r\n")
}

#[test]
fn given_a_client_when_it_says_ehlo_then_it_is_offered_what_can_be_passed_on_and_no_binarymime() {
    let offered = ehlo(RELAY);
    for extension in ["PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES"] {
        assert!(offered.contains(extension), "{extension} is missing: {offered}");
    }
    for extension in ["BINARYMIME", "DSN", "REQUIRETLS", "AUTH", "STARTTLS"] {
        assert!(!offered.contains(extension), "{extension} is offered: {offered}");
    }
}

#[test]
fn given_routes_when_each_is_known_to_have_dsn_then_it_is_offered_and_passed_on() {
    let all = RELAY
        .replace("verify_hostname = false", "verify_hostname = false\noffers = [\"DSN\"]")
        .replace(r#"match = { direction = ["outbound"] }"#, "");
    assert!(ehlo(&all).contains("DSN"));
    // Mail to outside goes by it, mail to ourselves by the MX, of which nothing is known.
    let one_way = RELAY.replace("verify_hostname = false", "verify_hostname = false\noffers = [\"DSN\"]");
    assert!(!ehlo(&one_way).contains("DSN"));

    let hop = Hop::new().extensions(&["DSN", "PIPELINING", "SIZE"]);
    let mut host = Host::new(&all, DNS).hop(SMART, hop);
    host.say("");
    host.say("EHLO client.example\r\n");
    host.say("MAIL FROM:<ann@example.com> RET=HDRS ENVID=abc\r\n");
    assert!(host.say("RCPT TO:<bob@example.org> NOTIFY=FAILURE\r\n").starts_with("250"));
    let heard = host.all_heard();
    assert!(
        heard.iter().any(|line| line.starts_with("MAIL") && line.contains("RET=HDRS") && line.contains("ENVID=abc")),
        "{heard:?}"
    );
    assert!(heard.iter().any(|line| line.starts_with("RCPT") && line.contains("NOTIFY=FAILURE")), "{heard:?}");
}

#[test]
fn given_routes_when_each_is_known_to_have_requiretls_then_it_is_offered_inside_tls_alone_and_a_host_without_is_5_7_30()
{
    let all = USERS
        .replace("verify_hostname = false", "verify_hostname = false\noffers = [\"REQUIRETLS\"]")
        .replace(r#"match = { direction = ["outbound"] }"#, "");
    let setup = || {
        let users = users(b"one salt for all");
        setup(policy_with(&all, &[("users.toml", users.as_bytes())])).server_tls(Some(certificate()))
    };
    let mut clear = Host::with(setup(), DNS, Listener::Smtp);
    clear.say("");
    assert!(!clear.say("EHLO client.example\r\n").contains("REQUIRETLS"));
    let mut client = Client::new(Host::with(setup(), DNS, Listener::Submissions).hop(SMART, Hop::new()));
    assert!(client.say("EHLO client.example\r\n").contains("REQUIRETLS"));
    client.say("AUTH PLAIN AGFubgBhYmNkZWZnaA==\r\n");
    assert!(client.say("MAIL FROM:<ann@example.com> REQUIRETLS\r\n").starts_with("250"));
    let said = client.say("RCPT TO:<bob@example.org>\r\n");
    assert!(said.starts_with("550 5.7.30 ") || said.starts_with("451 4.7.5 "), "{said}");
    assert!(client.host.all_heard().iter().all(|line| !line.starts_with("MAIL")));
}

#[test]
fn given_a_hop_that_lacks_dsn_when_it_was_promised_then_it_is_4yz() {
    let all = RELAY
        .replace("verify_hostname = false", "verify_hostname = false\noffers = [\"DSN\"]")
        .replace(r#"match = { direction = ["outbound"] }"#, "");
    let mut host = Host::new(&all, DNS).hop(SMART, Hop::new());
    host.say("");
    host.say("EHLO client.example\r\n");
    host.say("MAIL FROM:<ann@example.com>\r\n");
    let said = host.say("RCPT TO:<bob@example.org> NOTIFY=FAILURE\r\n");
    assert!(said.starts_with("451 4.3.3 "), "{said}");
}

#[test]
fn given_chunks_of_bdat_when_they_come_then_the_message_goes_on_as_any_other() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    host.envelope("ann@example.com", &["bob@example.org"]);
    assert!(host.say(format!("BDAT {}\r\n{MESSAGE}", MESSAGE.len())).starts_with("250"));
    let said = host.say("BDAT 6 LAST\r\nmore\r\n");
    assert!(said.starts_with("250 2.0.0 ") && said.contains("Queued"), "{said}");
    assert!(host.taken()[0].1.ends_with(&format!("{MESSAGE}more\r\n")));
}

#[test]
fn given_a_new_policy_when_a_transaction_is_under_way_then_it_keeps_its_own_and_the_next_has_the_new_one() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    host.envelope("ann@example.com", &["bob@example.org"]);
    let reject = RELAY.replace(r#"do = { route = "smart" }"#, r#"do = { reject = "550 5.7.1 Not any more" }"#);
    host.input(Input::Renew(Arc::new(setup(policy(&reject)))));
    assert!(host.say("RCPT TO:<eve@example.org>\r\n").starts_with("250"));
    assert!(host.message(MESSAGE).starts_with("250"));
    assert_eq!(host.envelope("ann@example.com", &["bob@example.org"]), "550 5.7.1 Not any more\r\n");
    assert_ne!(host.decided[0].policy_version, policy(&reject).version);
}

#[test]
fn given_a_shutdown_when_a_message_is_on_its_way_then_it_is_taken_to_its_end_and_the_session_closes_with_421() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.say("DATA\r\n");
    host.say("Subject: x\r\n\r\n");
    host.input(Input::Shutdown);
    assert_eq!(host.new_words(), "");
    let said = host.say("text\r\n.\r\n");
    let codes: Vec<&str> = said.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["250", "421"], "{said}");
    assert_eq!((host.closed, host.only_done().end), (Some(Closed::Shutdown), Ending::Accepted));
}

#[test]
fn given_a_session_that_ends_when_a_hop_is_still_to_be_left_then_closed_is_the_last_event() {
    let mut host = Host::new(RELAY, DNS).hop(SMART, Hop::new());
    host.envelope("ann@example.com", &["bob@example.org"]);
    host.say("QUIT\r\n");
    assert_eq!(host.closed, Some(Closed::Quit));
    assert!(host.gateway.is_over());
    assert_eq!(host.only_done().end, Ending::Aborted);
    host.end(End::Orderly);
}

#[test]
fn given_a_client_that_is_silent_when_the_time_of_the_policy_is_up_then_it_is_told_so() {
    let mut host = Host::new(&format!("{RELAY}\n[timeouts]\nidle = \"60s\"\n"), DNS);
    host.say("");
    host.wait(59_000);
    assert!(host.closed.is_none());
    host.wait(2_000);
    assert_eq!(host.closed, Some(Closed::TimedOut));
}

// --- AUTH ---

const USERS: &str = r#"
hostname = "gw.example.com"
domains = ["example.com"]

[[relay]]
name = "users"
require_auth = true
require_tls = true
senders = "registered"
users = "users.toml"

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

fn verifier(password: &str, salt: &[u8]) -> String {
    let verifier = ScramVerifier::derive(Hash::Sha256, password, salt, 4096).expect("a verifier");
    verifier.text().expose().to_owned()
}

fn users(second_salt: &[u8]) -> String {
    let [laptop, phone] = [verifier("abcdefgh", b"one salt for all"), verifier("ijklmnop", second_salt)];
    format!(
        "[[user]]\nname = \"ann\"\nsenders = [\"ann@example.com\"]\n\
         verifiers = [{{ label = \"laptop\", scram = \"{laptop}\" }}, {{ label = \"phone\", scram = \"{phone}\" }}]\n"
    )
}

pub(crate) fn certificate() -> ServerTls {
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(vec!["gw.example.com".to_owned()])
        .and_then(|parameters| parameters.self_signed(&key))
        .expect("a certificate");
    ServerTls::from_pem(certificate.pem().as_bytes(), key.serialize_pem().as_bytes()).expect("both go together")
}

fn with_users(users: &str) -> Setup {
    setup(policy_with(USERS, &[("users.toml", users.as_bytes())])).server_tls(Some(certificate()))
}

#[test]
fn given_a_port_for_submission_when_there_is_no_tls_then_nothing_but_starttls_is_offered_to_who_wants_to_log_in() {
    let mut host = Host::with(with_users(&users(b"one salt for all")), DNS, Listener::Submission);
    host.say("");
    let offered = host.say("EHLO client.example\r\n");
    assert!(offered.contains("STARTTLS") && !offered.contains("AUTH"), "{offered}");
    assert!(host.say("AUTH PLAIN AGFubgBhYmNkZWZnaA==\r\n").starts_with("530 "));
    assert!(host.say("MAIL FROM:<ann@example.com>\r\n").starts_with("530 5.7.0 "));
}

#[test]
fn given_an_account_when_it_logs_in_with_any_of_its_application_passwords_then_its_mail_is_relayed_and_charged_to_it() {
    // \0ann\0abcdefgh, \0ann\0ijkl mnop: spaces in an application password do not count.
    for response in ["AGFubgBhYmNkZWZnaA==", "AGFubgBpamtsIG1ub3A="] {
        let setup = with_users(&users(b"one salt for all"));
        let host = Host::with(setup, DNS, Listener::Submissions).hop(SMART, Hop::new());
        let mut client = Client::new(host);
        let offered = client.say("EHLO client.example\r\n");
        assert!(offered.contains("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN"), "{offered}");
        assert!(client.say("MAIL FROM:<ann@example.com>\r\n").starts_with("530 5.7.0"));
        assert!(client.say(&format!("AUTH PLAIN {response}\r\n")).starts_with("235 "));
        client.say("MAIL FROM:<ann@example.com> AUTH=<>\r\n");
        assert!(client.say("RCPT TO:<bob@example.org>\r\n").starts_with("250"));
        client.say("DATA\r\n");
        assert!(client.say(&format!("{MESSAGE}.\r\n")).starts_with("250"));
        let mut host = client.host;
        assert_eq!(host.charges[0].keys, ["user:ann", "organisation"]);
        assert!(host.all_heard().iter().all(|line| !line.contains("AUTH")));
        assert!(host.taken()[0].1.contains("with ESMTPSA id "), "{}", host.taken()[0].1);
        assert!(host.session.iter().any(|event| matches!(event, server::Event::Authenticated(_))));
    }
}

#[test]
fn given_a_wrong_password_when_it_is_tried_then_it_is_refused_and_told_to_the_host() {
    for response in ["AGFubgB3cm9uZw==", "AG5vYm9keQBhYmNkZWZnaA=="] {
        let host = Host::with(with_users(&users(b"one salt for all")), DNS, Listener::Submissions);
        let mut client = Client::new(host);
        client.say("EHLO client.example\r\n");
        assert_eq!(client.say(&format!("AUTH PLAIN {response}\r\n")), "");
        client.host.wait(1_000);
        assert!(client.say("").starts_with("535 5.7.8"));
        assert!(client.host.session.iter().any(|event| matches!(event, server::Event::AuthenticationFailed { .. })));
    }
}

#[test]
fn given_an_account_when_it_uses_a_sender_that_is_not_its_own_then_it_is_553() {
    let host = Host::with(with_users(&users(b"one salt for all")), DNS, Listener::Submissions).hop(SMART, Hop::new());
    let mut client = Client::new(host);
    client.say("EHLO client.example\r\n");
    assert!(client.say("AUTH PLAIN AGFubgBhYmNkZWZnaA==\r\n").starts_with("235 "));
    client.say("MAIL FROM:<bob@example.com>\r\n");
    assert!(client.say("RCPT TO:<bob@example.org>\r\n").starts_with("553 5.7.1 "));
    assert!(client.host.all_heard().is_empty());
}

#[test]
fn given_passwords_of_different_salts_when_scram_could_not_prove_each_then_it_is_not_offered() {
    let host = Host::with(with_users(&users(b"another salt....")), DNS, Listener::Submissions);
    let mut client = Client::new(host);
    let offered = client.say("EHLO client.example\r\n");
    assert!(offered.contains("AUTH PLAIN LOGIN") && !offered.contains("SCRAM"), "{offered}");
}

#[test]
fn given_an_account_that_was_taken_away_when_it_logs_in_later_in_the_session_then_it_cannot() {
    let host = Host::with(with_users(&users(b"one salt for all")), DNS, Listener::Submissions);
    let mut client = Client::new(host);
    client.say("EHLO client.example\r\n");
    let nobody = with_users("[[user]]\nname = \"bob\"\nsenders = [\"bob@example.com\"]\n");
    client.host.input(Input::Renew(Arc::new(nobody)));
    assert_eq!(client.say("AUTH PLAIN AGFubgBhYmNkZWZnaA==\r\n"), "");
    client.host.wait(1_000);
    assert!(client.say("").starts_with("535 "));
}

#[test]
fn given_a_message_that_is_submitted_when_it_lacks_date_and_message_id_then_they_are_added_and_blind_copies_are_hidden()
{
    let host = Host::with(with_users(&users(b"one salt for all")), DNS, Listener::Submissions).hop(SMART, Hop::new());
    let mut client = Client::new(host);
    client.say("EHLO client.example\r\n");
    client.say("AUTH PLAIN AGFubgBhYmNkZWZnaA==\r\n");
    client.say("MAIL FROM:<ann@example.com>\r\n");
    client.say("RCPT TO:<bob@example.org>\r\n");
    client.say("DATA\r\n");
    assert!(client.say("From: ann@example.com\r\nBcc: secret@example.org\r\n\r\nHi.\r\n.\r\n").starts_with("250"));
    let taken = client.host.taken()[0].1.clone();
    assert!(taken.contains("\r\nDate: ") && taken.contains("\r\nMessage-ID: <"), "{taken}");
    assert!(!taken.contains("secret@example.org"), "{taken}");
}

#[test]
fn given_a_trace_that_is_wanted_when_the_client_speaks_then_each_line_is_told_and_no_password() {
    let host = Host::with(with_users(&users(b"one salt for all")).trace(true), DNS, Listener::Submissions);
    let mut client = Client::new(host);
    client.say("EHLO client.example\r\n");
    client.say("AUTH PLAIN AGFubgBhYmNkZWZnaA==\r\n");
    let told = format!("{:?}", client.host.session);
    assert!(told.contains("EHLO client.example") && told.contains("AUTH PLAIN <response>"), "{told}");
    assert!(!told.contains("AGFubgBhYmNkZWZnaA=="));
    let _: Option<Event> = None;
}
