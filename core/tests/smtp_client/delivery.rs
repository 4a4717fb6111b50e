//! Messages that arrive.

use passerelle::smtp::client::{Client, Delivery, Settings};

use crate::dialogue::{Play, WHOLE, dialogue, envelope, settings, start};
use crate::server::Server;

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

#[test]
fn several_messages_over_one_connection() {
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 PIPELINING
        E: ready
        ! send
        C: MAIL FROM:<ann@client.example>
        C: RCPT TO:<bob@mx.example>
        C: DATA
        S: 250 Ok
        S: 250 Ok
        S: 354 Go on
        E: wants content
        ! content one
        C: one
        ! end
        C: .
        S: 250 first
        E: bob@mx.example: accepted, 250 first
        ! send
        C: MAIL FROM:<ann@client.example>
        C: RCPT TO:<carl@mx.example>
        C: DATA
        S: 250 Ok
        S: 550 5.1.1 No
        S: 554 No
        C: RSET
        S: 250 Ok
        E: carl@mx.example: refused at Rcpt, 550 5.1.1 No
        ! send
        C: MAIL FROM:<ann@client.example>
        C: RCPT TO:<dan@mx.example>
        C: DATA
        S: 250 Ok
        S: 250 Ok
        S: 354 Go on
        E: wants content
        ! end
        C: .
        S: 250 third
        E: dan@mx.example: accepted, 250 third
        ! quit
        C: QUIT
        ! eof
        E: closed, the connection was closed as asked";
    let envelopes = ["bob@mx.example", "carl@mx.example", "dan@mx.example"].map(|to| envelope(&[to]));
    dialogue(&settings(), &envelopes, script);
}

/// A message that is larger than what the host hands in at a time, and has no line end at its end.
#[test]
fn a_large_message() {
    let message = b"Subject: large\r\n\r\n.dots and text in a line\r\n".repeat(20_000);
    let message = [&message[..], b"unended"].concat();
    for (chunking, offer) in
        [(false, "250 PIPELINING"), (true, "250-CHUNKING\r\n250 PIPELINING"), (true, "250 CHUNKING")]
    {
        let settings = Settings { chunking, chunk_size: 10_000, ..settings() };
        let mut play = Play::new(Client::new(settings, start()), &[envelope(&["bob@mx.example"])], WHOLE);
        let received = Server::new(offer).serve(&mut play, &message);
        assert!(matches!(&play.outcomes()[0].recipients[0].delivery, Delivery::Accepted(_)));
        assert!(received == [&message[..], b"\r\n"].concat(), "{chunking}, {offer}");
    }
}
