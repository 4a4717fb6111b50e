//! AUTH. What the mechanisms say is tested with them; here is what the dialogue makes of it.

use std::sync::Arc;

use passerelle::smtp::client::{Client, Event, Input, Settings, Tls};
use passerelle::smtp::sasl::client::{Account, Settings as Authentication};
use passerelle::smtp::sasl::{Entropy, Mechanism, Secret};
use passerelle::tls::Converse;
use passerelle::{Machine, Output};

use crate::dialogue::{dialogue_with, session, settings, start};

fn client(tls: Tls, mechanisms: &[Mechanism]) -> impl Fn() -> Client {
    let account = Account::Password { user: "ann".into(), password: Secret::new("pencil"), acting_as: None };
    let authentication = Authentication { mechanisms: mechanisms.to_vec(), ..Authentication::new(account) };
    let (settings, authentication) = (Arc::new(Settings { tls, ..settings() }), Arc::new(authentication));
    move || {
        let client = Client::new(Arc::clone(&settings), start());
        client.authenticating(Arc::clone(&authentication), Entropy::new([7; 32]))
    }
}

#[test]
fn plain_and_login() {
    let begins = "
        E: starts TLS
        ! tls
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 AUTH LOGIN PLAIN";
    let plain = "
        C: AUTH PLAIN AGFubgBwZW5jaWw=
        S: 235 2.7.0 Welcome
        E: ready, TLS, PLAIN";
    dialogue_with(client(Tls::Implicit, &[Mechanism::Plain, Mechanism::Login]), &[], &format!("{begins}{plain}"));
    let login = "
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: YW5u
        S: 334 UGFzc3dvcmQ6
        C: cGVuY2ls
        S: 235 2.7.0 Welcome
        E: ready, TLS, LOGIN";
    dialogue_with(client(Tls::Implicit, &[Mechanism::Login]), &[], &format!("{begins}{login}"));
}

#[test]
fn a_wrong_password() {
    let script = "
        E: starts TLS
        ! tls
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250 AUTH PLAIN
        C: AUTH PLAIN AGFubgBwZW5jaWw=
        S: 535 5.7.8 No
        C: QUIT
        S: 221 Bye
        E: closed, authentication failed: the server refused: 535 5.7.8 No";
    dialogue_with(client(Tls::Implicit, &[Mechanism::Plain]), &[], script);
}

/// No password in clear text; nothing at all where nothing is offered.
#[test]
fn nothing_to_authenticate_with() {
    let script = |offer: &str, why: &str| {
        format!(
            "S: 220 mx.example
            C: EHLO client.example
            S: 250-mx.example
            S: 250 {offer}
            C: QUIT
            S: 221 Bye
            E: closed, authentication failed: {why}"
        )
    };
    let only_secrets = "without TLS the server offers only mechanisms that show the password or the token";
    dialogue_with(client(Tls::Off, &Mechanism::ALL), &[], &script("AUTH PLAIN LOGIN", only_secrets));
    let nothing = "the server offers no authentication here (AUTH)";
    dialogue_with(client(Tls::Off, &Mechanism::ALL), &[], &script("HELP", nothing));
    let others = "the server offers no mechanism that can be used here; it offers: GSSAPI NTLM";
    dialogue_with(client(Tls::Off, &Mechanism::ALL), &[], &script("AUTH GSSAPI NTLM", others));
}

/// Mechanisms that were offered in clear text don't count inside TLS.
#[test]
fn what_was_offered_before_starttls_is_forgotten() {
    let script = "
        S: 220 mx.example
        C: EHLO client.example
        S: 250-mx.example
        S: 250-AUTH PLAIN
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 Go on
        E: starts TLS
        ! tls
        C: EHLO client.example
        S: 250-mx.example
        S: 250 AUTH LOGIN
        C: AUTH LOGIN
        S: 334
        C: YW5u
        S: 421 4.7.0 Too slow
        E: closed, the server closed the connection: 421 4.7.0 Too slow";
    dialogue_with(client(Tls::REQUIRED, &[Mechanism::Plain, Mechanism::Login]), &[], script);
}

/// Inside TLS, but nobody knows with whom: no password, no AUTH line at all.
#[test]
fn a_server_that_is_not_verified_gets_no_password() {
    let script = |offer: &str, then: &str| {
        format!(
            "E: starts TLS
            ! tls unverified
            S: 220 mx.example
            C: EHLO client.example
            S: 250-mx.example
            S: 250 AUTH {offer}
            {then}"
        )
    };
    let why = "the server is not verified, and offers only mechanisms that would show it the password or the token";
    let refused = format!("C: QUIT\nS: 221 Bye\nE: closed, authentication failed: {why}");
    dialogue_with(client(Tls::Implicit, &Mechanism::ALL), &[], &script("PLAIN LOGIN", &refused));
    let verified = script("PLAIN", "C: AUTH PLAIN AGFubgBwZW5jaWw=").replace("! tls unverified", "! tls");
    dialogue_with(client(Tls::Implicit, &Mechanism::ALL), &[], &verified);
}

/// A reply that comes before AUTH can have been read, or 421 at that moment: the password, which nobody has polled, is not sent.
#[test]
fn nothing_is_shown_to_a_server_that_ends_the_dialogue() {
    for reply in ["250 slipped in", "421 4.3.2 Bye", "no reply at all"] {
        let mut client = client(Tls::Implicit, &[Mechanism::Plain])();
        let now = start();
        client.secured(now, session(true)).unwrap();
        client.handle(now, Input::Octets(b"220 mx.example\r\n")).unwrap();
        while client.poll() != (Output::Transmit(b"EHLO client.example\r\n".into())) {}
        let replies = format!("250-mx.example\r\n250 AUTH PLAIN\r\n{reply}\r\n");
        client.handle(now, Input::Octets(replies.as_bytes())).unwrap();
        assert!(matches!(client.poll(), Output::Event(Event::Closed(_))), "{reply}");
        assert_eq!(client.poll(), Output::Idle { wake: None });
    }
}
