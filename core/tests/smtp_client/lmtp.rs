//! LMTP (RFC 2033): LHLO, and a reply for each recipient at the end.

use passerelle::smtp::client::{Protocol, Settings};

use crate::dialogue::{dialogue, envelope, settings};

fn lmtp() -> Settings {
    Settings { protocol: Protocol::Lmtp, ..settings() }
}

const BEGINS: &str = "
    S: 220 store.example LMTP
    C: LHLO client.example
    S: 250-store.example
    S: 250 PIPELINING
    E: ready
    ! send
    C: MAIL FROM:<ann@client.example>
    C: RCPT TO:<a@mx.example>
    C: RCPT TO:<b@mx.example>
    C: RCPT TO:<c@mx.example>
    C: DATA
    S: 250 Ok";

fn plays(script: &str) {
    let three = envelope(&["a@mx.example", "b@mx.example", "c@mx.example"]);
    dialogue(&lmtp(), &[three], &format!("{BEGINS}{script}"));
}

#[test]
fn a_reply_for_each_that_was_accepted() {
    plays(
        "
        S: 250 Ok
        S: 550 5.1.1 No
        S: 250 Ok
        S: 354 Go on
        E: wants content
        ! content x
        C: x
        ! end
        C: .
        S: 250 2.1.5 Delivered
        S: 452 4.2.2 Full
        E: a@mx.example: accepted, 250 2.1.5 Delivered
        E: b@mx.example: refused at Rcpt, 550 5.1.1 No
        E: c@mx.example: refused at EndOfData, 452 4.2.2 Full",
    );
}

#[test]
fn lost_between_the_replies() {
    plays(
        "
        S: 250 Ok
        S: 250 Ok
        S: 250 Ok
        S: 354 Go on
        E: wants content
        ! content x
        C: x
        ! end
        C: .
        S: 250 2.1.5 Delivered
        ! cut
        E: a@mx.example: accepted, 250 2.1.5 Delivered
        E: b@mx.example: unconfirmed, the connection was lost before the reply to the end of the content
        E: c@mx.example: unconfirmed, the connection was lost before the reply to the end of the content
        E: closed, the connection was lost before the reply to the end of the content",
    );
}

/// RFC 2033 §4.2 has 503 for this. With 354 nobody knows how many replies would follow a lone dot.
#[test]
fn all_recipients_and_still_354() {
    plays(
        "
        S: 550 5.1.1 No
        S: 550 5.1.1 No
        S: 550 5.1.1 No
        S: 354 Go on
        E: a@mx.example: refused at Rcpt, 550 5.1.1 No
        E: b@mx.example: refused at Rcpt, 550 5.1.1 No
        E: c@mx.example: refused at Rcpt, 550 5.1.1 No
        E: closed, the server replied 354, which makes no sense here; the reply to DATA was waited for",
    );
}

#[test]
fn there_is_no_helo() {
    let script = "
        S: 220 store.example
        C: LHLO client.example
        S: 500 What?
        C: QUIT
        S: 221 Bye
        E: closed, the reply to EHLO was a refusal: 500 What?";
    dialogue(&lmtp(), &[], script);
}

#[test]
fn in_chunks() {
    let settings = Settings { chunk_size: 4, ..lmtp() };
    let script = "
        S: 220 store.example LMTP
        C: LHLO client.example
        S: 250-store.example
        S: 250-PIPELINING
        S: 250 CHUNKING
        E: ready
        ! send
        C: MAIL FROM:<ann@client.example>
        C: RCPT TO:<a@mx.example>
        C: RCPT TO:<b@mx.example>
        S: 250 Ok
        S: 250 Ok
        S: 250 Ok
        E: wants content
        ! content 12
        ! content 34
        C: BDAT 4
        C: 12
        ! end
        S: 250 Ok
        C: BDAT 4 LAST
        C: 34
        S: 250 one
        S: 250 two
        E: a@mx.example: accepted, 250 one
        E: b@mx.example: accepted, 250 two";
    dialogue(&settings, &[envelope(&["a@mx.example", "b@mx.example"])], script);
}
