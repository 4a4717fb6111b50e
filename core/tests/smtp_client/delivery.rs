//! Messages that arrive.

use passerelle::smtp::client::Settings;

use crate::dialogue::{dialogue, envelope, settings};

const PLAIN: &str = "
    S: 220 mx.example ESMTP
    C: EHLO client.example
    S: 250 mx.example
    E: ready
    ! send
    C: MAIL FROM:<ann@client.example>
    S: 250 2.1.0 Ok
    C: RCPT TO:<bob@mx.example>
    S: 250 2.1.5 Ok
    C: DATA
    S: 354 Go on
    E: wants content
    ! content Subject: Hello
    ! content
    ! content .
    ! content ..two dots
    C: Subject: Hello
    C:
    C: ..
    C: ...two dots
    ! end
    C: .
    S: 250 2.0.0 Queued as 1
    E: bob@mx.example: accepted, 250 2.0.0 Queued as 1
    ! quit
    C: QUIT
    S: 221 2.0.0 Bye
    E: closed, the connection was closed as asked";

#[test]
fn plainly() {
    dialogue(&settings(), &[envelope(&["bob@mx.example"])], PLAIN);
}

#[test]
fn the_server_offers_pipelining() {
    let script = "
        S: 220 mx.example ESMTP
        C: EHLO client.example
        S: 250-mx.example
        S: 250-PIPELINING
        S: 250 8BITMIME
        E: ready
        ! send
        C: MAIL FROM:<ann@client.example> BODY=8BITMIME
        C: RCPT TO:<bob@mx.example>
        C: RCPT TO:<carl@mx.example>
        C: DATA
        S: 250 2.1.0 Ok
        S: 250 2.1.5 Ok
        S: 250 2.1.5 Ok
        S: 354 Go on
        E: wants content
        ! content Hello
        C: Hello
        ! end
        C: .
        S: 250 2.0.0 Queued
        E: bob@mx.example: accepted, 250 2.0.0 Queued
        E: carl@mx.example: accepted, 250 2.0.0 Queued";
    dialogue(&settings(), &[envelope(&["bob@mx.example", "carl@mx.example"])], script);
}

#[test]
fn pipelining_is_offered_and_not_wanted() {
    let settings = Settings { pipelining: false, ..settings() };
    let script = PLAIN.replace("S: 250 mx.example", "S: 250-mx.example\n S: 250 PIPELINING");
    dialogue(&settings, &[envelope(&["bob@mx.example"])], &script);
}
