//! How a connection begins: greeting, EHLO, HELO.

use crate::dialogue::{dialogue, settings};

#[test]
fn a_server_that_only_knows_helo() {
    for refusal in ["500 5.5.1 What?", "502 Not implemented", "501 Syntax", "504 No", "550 No"] {
        let script = format!(
            "S: 220 old.example
            C: EHLO client.example
            S: {refusal}
            C: HELO client.example
            S: 250 old.example
            E: ready"
        );
        dialogue(&settings(), &[], &script);
    }
}

#[test]
fn a_server_that_wants_nobody() {
    let script = "
        S: 554-mx.example
        S: 554 No SMTP service here
        C: QUIT
        S: 221 Bye
        E: closed, the server refused the connection: 554 mx.example No SMTP service here";
    dialogue(&settings(), &[], script);
}

#[test]
fn a_server_that_wants_nobody_and_closes() {
    let script = "
        S: 554 5.7.1 Go away
        C: QUIT
        ! eof
        E: closed, the server refused the connection: 554 5.7.1 Go away";
    dialogue(&settings(), &[], script);
}

#[test]
fn a_greeting_of_421() {
    let script = "
        S: 421 4.3.2 Too many connections
        E: closed, the server closed the connection: 421 4.3.2 Too many connections";
    dialogue(&settings(), &[], script);
}

#[test]
fn neither_ehlo_nor_helo() {
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        S: 550 No
        C: HELO client.example
        S: 550 No
        C: QUIT
        S: 221 Bye
        E: closed, the reply to EHLO was a refusal: 550 No";
    dialogue(&settings(), &[], script);
}

#[test]
fn a_temporary_refusal_of_ehlo_is_no_reason_for_helo() {
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        S: 451 4.3.0 Not now
        C: QUIT
        S: 221 Bye
        E: closed, the reply to EHLO was a refusal: 451 4.3.0 Not now";
    dialogue(&settings(), &[], script);
}

#[test]
fn an_address_literal_for_a_name() {
    let name: std::net::IpAddr = "2001:db8::1".parse().unwrap();
    let settings = passerelle::smtp::client::Settings::new(name);
    dialogue(&settings, &[], "S: 220 mx.example\nC: EHLO [IPv6:2001:db8::1]\nS: 250 mx.example\nE: ready");
}

#[test]
fn quit_before_anything() {
    dialogue(&settings(), &[], "! quit\nE: closed, the connection was closed as asked");
}
