//! Recipients and messages that the server refuses.

use passerelle::smtp::client::{Delivery, Settings, Stage};
use passerelle::smtp::{EnhancedCode, Reply};

use crate::dialogue::{dialogue, envelope, settings};

const ONE_BY_ONE: &str = "
    S: 220 mx.example
    C: EHLO client.example
    S: 250 mx.example
    E: ready
    ! send
    C: MAIL FROM:<ann@client.example>";
const IN_GROUPS: &str = "
    S: 220 mx.example
    C: EHLO client.example
    S: 250-mx.example
    S: 250 PIPELINING
    E: ready
    ! send
    C: MAIL FROM:<ann@client.example>
    C: RCPT TO:<bob@mx.example>
    C: RCPT TO:<carl@mx.example>
    C: DATA";

fn plays(begins: &str, goes_on: &str) {
    let two = envelope(&["bob@mx.example", "carl@mx.example"]);
    dialogue(&settings(), &[two.clone(), two], &format!("{begins}{goes_on}"));
}

#[test]
fn mail() {
    plays(
        ONE_BY_ONE,
        "
        S: 550 5.7.1 No
        E: bob@mx.example: refused at Mail, 550 5.7.1 No
        E: carl@mx.example: refused at Mail, 550 5.7.1 No
        ! send
        C: MAIL FROM:<ann@client.example>",
    );
    plays(
        IN_GROUPS,
        "
        S: 550 5.7.1 No
        S: 503 5.5.1 MAIL first
        S: 503 5.5.1 MAIL first
        S: 503 5.5.1 MAIL first
        E: bob@mx.example: refused at Mail, 550 5.7.1 No
        E: carl@mx.example: refused at Mail, 550 5.7.1 No
        ! send
        C: MAIL FROM:<ann@client.example>
        C: RCPT TO:<bob@mx.example>
        C: RCPT TO:<carl@mx.example>
        C: DATA",
    );
}

#[test]
fn one_recipient() {
    plays(
        ONE_BY_ONE,
        "
        S: 250 Ok
        C: RCPT TO:<bob@mx.example>
        S: 550 5.1.1 Who?
        C: RCPT TO:<carl@mx.example>
        S: 251 2.1.5 Will forward
        C: DATA
        S: 354 Go on
        E: wants content
        ! content x
        C: x
        ! end
        C: .
        S: 250 Ok
        E: bob@mx.example: refused at Rcpt, 550 5.1.1 Who?
        E: carl@mx.example: accepted, 250 Ok",
    );
}

#[test]
fn all_recipients() {
    plays(
        ONE_BY_ONE,
        "
        S: 250 Ok
        C: RCPT TO:<bob@mx.example>
        S: 550 5.1.1 Who?
        C: RCPT TO:<carl@mx.example>
        S: 450 4.2.1 Later
        C: RSET
        S: 250 Ok
        E: bob@mx.example: refused at Rcpt, 550 5.1.1 Who?
        E: carl@mx.example: refused at Rcpt, 450 4.2.1 Later
        ! send
        C: MAIL FROM:<ann@client.example>",
    );
    plays(
        IN_GROUPS,
        "
        S: 250 Ok
        S: 550 5.1.1 Who?
        S: 450 4.2.1 Later
        S: 554 5.5.1 No valid recipients
        C: RSET
        S: 250 Ok
        E: bob@mx.example: refused at Rcpt, 550 5.1.1 Who?
        E: carl@mx.example: refused at Rcpt, 450 4.2.1 Later",
    );
}

/// RFC 2920 §3.1: the server says 354 all the same, and gets a lone dot. Nothing of the message goes out.
#[test]
fn all_recipients_and_still_354() {
    plays(
        IN_GROUPS,
        "
        S: 250 Ok
        S: 550 5.1.1 Who?
        S: 550 5.1.1 Who?
        S: 354 Go on
        C: .
        S: 554 5.5.1 No valid recipients
        E: bob@mx.example: refused at Rcpt, 550 5.1.1 Who?
        E: carl@mx.example: refused at Rcpt, 550 5.1.1 Who?
        ! send
        C: MAIL FROM:<ann@client.example>
        C: RCPT TO:<bob@mx.example>
        C: RCPT TO:<carl@mx.example>
        C: DATA",
    );
}

/// MAIL is refused and the rest is not: an empty message could arrive, so there is no lone dot.
#[test]
fn a_server_that_refuses_mail_and_nothing_else() {
    plays(
        IN_GROUPS,
        "
        S: 550 No
        S: 250 Ok
        S: 250 Ok
        S: 354 Go on
        E: bob@mx.example: refused at Mail, 550 No
        E: carl@mx.example: refused at Mail, 550 No
        E: closed, the server replied 354, which makes no sense here; the reply to DATA was waited for",
    );
}

#[test]
fn data() {
    plays(
        IN_GROUPS,
        "
        S: 250 Ok
        S: 250 Ok
        S: 550 5.1.1 Who?
        S: 451 4.3.0 Not now
        C: RSET
        S: 250 Ok
        E: bob@mx.example: refused at Data, 451 4.3.0 Not now
        E: carl@mx.example: refused at Rcpt, 550 5.1.1 Who?",
    );
}

#[test]
fn the_message() {
    plays(
        IN_GROUPS,
        "
        S: 250 Ok
        S: 250 Ok
        S: 550 5.1.1 Who?
        S: 354 Go on
        E: wants content
        ! content x
        C: x
        ! end
        C: .
        S: 550-5.7.26 Unauthenticated.
        S: 550 5.7.26 See the manual.
        E: bob@mx.example: refused at EndOfData, 550 5.7.26 Unauthenticated. See the manual.
        E: carl@mx.example: refused at Rcpt, 550 5.1.1 Who?
        ! send
        C: MAIL FROM:<ann@client.example>
        C: RCPT TO:<bob@mx.example>
        C: RCPT TO:<carl@mx.example>
        C: DATA",
    );
}

/// The server can't wait for the end. It never gets one.
#[test]
fn the_message_before_its_end() {
    plays(
        IN_GROUPS,
        "
        S: 250 Ok
        S: 250 Ok
        S: 250 Ok
        S: 354 Go on
        E: wants content
        ! content x
        C: x
        S: 552 5.3.4 Too large
        E: bob@mx.example: refused at Content, 552 5.3.4 Too large
        E: carl@mx.example: refused at Content, 552 5.3.4 Too large
        E: closed, the server refused the message before its end: 552 5.3.4 Too large",
    );
}

#[test]
fn rset() {
    plays(
        ONE_BY_ONE,
        "
        S: 250 Ok
        C: RCPT TO:<bob@mx.example>
        S: 550 5.1.1 Who?
        C: RCPT TO:<carl@mx.example>
        S: 450 4.2.1 Later
        C: RSET
        S: 500 What?
        E: bob@mx.example: refused at Rcpt, 550 5.1.1 Who?
        E: carl@mx.example: refused at Rcpt, 450 4.2.1 Later
        E: closed, the reply to RSET was a refusal: 500 What?",
    );
}

/// 421 may answer anything, and everything else is answered with it (RFC 5321 §3.8).
#[test]
fn shutting_down_in_the_middle() {
    plays(
        IN_GROUPS,
        "
        S: 250 Ok
        S: 550 5.1.1 Who?
        S: 421 4.3.2 Shutting down
        E: bob@mx.example: refused at Rcpt, 550 5.1.1 Who?
        E: carl@mx.example: refused at Rcpt, 421 4.3.2 Shutting down
        E: closed, the server closed the connection: 421 4.3.2 Shutting down",
    );
    plays(
        IN_GROUPS,
        "
        S: 250 Ok
        S: 250 Ok
        S: 250 Ok
        S: 354 Go on
        E: wants content
        ! content x
        C: x
        S: 421 4.3.2 Shutting down
        E: bob@mx.example: refused at Content, 421 4.3.2 Shutting down
        E: carl@mx.example: refused at Content, 421 4.3.2 Shutting down
        E: closed, the server closed the connection: 421 4.3.2 Shutting down",
    );
    plays(
        ONE_BY_ONE.strip_suffix("\n    ! send\n    C: MAIL FROM:<ann@client.example>").unwrap(),
        "
        S: 421 4.4.2 You are idle
        E: closed, the server closed the connection: 421 4.4.2 You are idle",
    );
}

/// 452 is what "too many recipients" is; 552 was once, and means a full mailbox as well (RFC 5321 §4.5.3.1.10).
#[test]
fn too_many_recipients_is_temporary() {
    let refused = |stage, code, enhanced: Option<(u8, u16, u16)>| {
        let enhanced = enhanced.map(|(class, subject, detail)| EnhancedCode::new(class, subject, detail));
        Delivery::Refused { stage, reply: Reply::new(code, enhanced, "No") }.is_temporary()
    };
    assert!(refused(Stage::Rcpt, 452, Some((4, 5, 3))));
    assert!(refused(Stage::Rcpt, 552, None));
    assert!(refused(Stage::Rcpt, 552, Some((5, 5, 3))));
    assert!(!refused(Stage::Rcpt, 552, Some((5, 2, 2))));
    assert!(!refused(Stage::EndOfData, 552, None));
    assert!(!refused(Stage::Rcpt, 550, Some((5, 1, 1))));
}

/// A server without PIPELINING and one with it are told the same.
#[test]
fn one_by_one_and_in_groups_ends_the_same() {
    let settings = Settings { pipelining: false, ..settings() };
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 PIPELINING
        E: ready
        ! send
        C: MAIL FROM:<ann@client.example>
        S: 250 Ok
        C: RCPT TO:<bob@mx.example>
        S: 452 4.5.3 Too many
        C: RSET
        S: 250 Ok
        E: bob@mx.example: refused at Rcpt, 452 4.5.3 Too many";
    dialogue(&settings, &[envelope(&["bob@mx.example"])], script);
}
