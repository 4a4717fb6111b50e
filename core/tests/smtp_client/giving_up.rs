//! A message that is taken back must not arrive, not even a part of it.

use passerelle::smtp::client::Settings;

use crate::dialogue::{dialogue, envelope, settings};

fn plays(settings: &Settings, offer: &str, script: &str) {
    let begins = format!(
        "S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 {offer}
        E: ready
        ! send
        C: MAIL FROM:<ann@client.example>{script}"
    );
    let one = envelope(&["bob@mx.example"]);
    dialogue(settings, &[one.clone(), one], &begins);
}

#[test]
fn between_commands() {
    plays(
        &settings(),
        "HELP",
        "
        ! abort
        S: 250 Ok
        C: RSET
        S: 250 Ok
        E: bob@mx.example: withheld, Aborted
        ! send
        C: MAIL FROM:<ann@client.example>",
    );
}

/// DATA is out, and the server may say 354 any moment: only closing the connection is left.
#[test]
fn behind_data() {
    plays(
        &settings(),
        "PIPELINING",
        "
        C: RCPT TO:<bob@mx.example>
        C: DATA
        ! abort
        E: bob@mx.example: withheld, Aborted
        E: closed, the message was withdrawn while it was being sent",
    );
}

#[test]
fn in_data() {
    plays(
        &settings(),
        "PIPELINING",
        "
        C: RCPT TO:<bob@mx.example>
        C: DATA
        S: 250 Ok
        S: 250 Ok
        S: 354 Go on
        E: wants content
        ! content Hello
        C: Hello
        ! abort
        E: bob@mx.example: withheld, Aborted
        E: closed, the message was withdrawn while it was being sent",
    );
}

#[test]
fn in_bdat() {
    let settings = Settings { chunk_size: 10, ..settings() };
    plays(
        &settings,
        "CHUNKING",
        "
        S: 250 Ok
        C: RCPT TO:<bob@mx.example>
        S: 250 Ok
        E: wants content
        ! content 12345678
        ! content 12345678
        C: BDAT 10
        C: 12345678
        ! abort
        S: 250 Ok
        C: RSET
        S: 250 Ok
        E: bob@mx.example: withheld, Aborted
        ! send
        C: MAIL FROM:<ann@client.example>",
    );
}

/// Too late: only the waiting ends, and what became of the message is not known.
#[test]
fn behind_the_end() {
    plays(
        &settings(),
        "PIPELINING",
        "
        C: RCPT TO:<bob@mx.example>
        C: DATA
        S: 250 Ok
        S: 250 Ok
        S: 354 Go on
        E: wants content
        ! content Hello
        C: Hello
        ! end
        C: .
        ! abort
        E: bob@mx.example: unconfirmed, the message was withdrawn while it was being sent
        E: closed, the message was withdrawn while it was being sent",
    );
}
