//! What each attempt is reported as (RFC 8460).

use passerelle::route::hops::{Check, HopTls};
use passerelle::route::security::Encryption;

use super::play::{World, domain, hop_with, server};

fn world(mut tls: HopTls) -> World {
    tls.policy_domain = Some(domain("b.example"));
    let mut world = World::new(vec![hop_with("mx1.b.example", &["192.0.2.1"], tls)]);
    world.attempts = true;
    world
}

fn verified(because: &str, check: Check) -> HopTls {
    let mut tls = HopTls::new(Encryption::Encrypt);
    (tls.verify, tls.names, tls.because) = (check, vec![domain("mx1.b.example")], vec![because.to_owned()]);
    tls
}

const STARTTLS: &str = "! rcpt bob@b.example
    E: connect 0 192.0.2.1
    S0: 220 mx
    C0: EHLO gw.example
    S0: 250-mx
    S0: 250 STARTTLS
    C0: STARTTLS
    S0+tls: 220 Go on
    ";

#[test]
fn a_session_inside_tls_is_a_success() {
    world(verified("mta-sts", Check::CaName)).plays(&format!(
        "{STARTTLS}E: attempt mx1.b.example sts b.example: TLS1.3, verified, Some(true)
        C0*: EHLO gw.example"
    ));
}

#[test]
fn a_certificate_for_other_names_is_a_failure() {
    let mut world = world(verified("mta-sts", Check::CaName));
    world.server = server(&["other.example"]);
    world.plays(&format!(
        "{STARTTLS}E: close 0
        E: attempt mx1.b.example sts b.example: TlsFailed, certificate-host-mismatch, Some(false)
        E: rcpt 0: 451 4.7.5 The next host does not offer the TLS that is demanded; try again later"
    ));
}

#[test]
fn starttls_that_is_not_offered_is_a_failure_whatever_follows() {
    let start = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250 mx
        ";
    world(verified("mta-sts", Check::CaName)).plays(&format!(
        "{start}C0: QUIT
        S0: 221 Bye
        E: close 0
        E: attempt mx1.b.example sts b.example: TlsFailed, starttls-not-supported, Some(false)
        E: rcpt 0: 451 4.7.5 The next host does not offer the TLS that is demanded; try again later"
    ));
    world(HopTls::new(Encryption::May)).plays(&format!(
        "{start}E: attempt mx1.b.example no-policy-found b.example: Clear, starttls-not-supported, Some(false)
        C0: MAIL FROM:<ann@a.example>"
    ));
}

#[test]
fn dane_is_named_by_its_records() {
    let script = format!(
        "{STARTTLS}E: close 0
        E: attempt mx1.b.example tlsa b.example: TlsFailed, tlsa-invalid, Some(false)
        E: rcpt 0: 451 4.7.5 The next host does not offer the TLS that is demanded; try again later"
    );
    world(verified("dane", Check::Dane)).plays(&script);
}

#[test]
fn clear_text_that_is_wanted_and_a_host_that_is_not_there_are_no_sessions() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250 mx
        E: attempt mx1.b.example no-policy-found b.example: Clear, None
        C0: MAIL FROM:<ann@a.example>";
    world(HopTls::new(Encryption::None)).plays(script);
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        E: close 0
        E: attempt mx1.b.example no-policy-found b.example: NotConnected(Unreachable), None
        E: rcpt 0: 451 4.4.1 No next host answers; try again later";
    world(HopTls::new(Encryption::None)).dead(&["192.0.2.1"]).plays(script);
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        ! eof 0
        E: close 0
        E: attempt mx1.b.example no-policy-found b.example: Connected, None
        E: rcpt 0: 451 4.4.1 No next host answers; try again later";
    world(HopTls::new(Encryption::None)).plays(script);
}

#[test]
fn a_failed_handshake_at_may_and_the_clear_text_that_follows_are_one_failure() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250-mx
        S0: 250 STARTTLS
        C0: STARTTLS
        S0+deaf: 220 Go on
        ! wire 0 this is no TLS
        E: close 0
        E: attempt mx1.b.example no-policy-found b.example: TlsFailed, validation-failure, Some(false)
        E: TLS failed at mx1.b.example
        E: connect 1 192.0.2.1
        S1: 220 mx
        C1: EHLO gw.example
        S1: 250 mx
        E: attempt mx1.b.example no-policy-found b.example: Clear, None
        C1: MAIL FROM:<ann@a.example>";
    world(HopTls::new(Encryption::May)).plays(script);
}

#[test]
fn a_policy_in_mode_testing_learns_what_would_have_failed_and_the_mail_goes_on() {
    let testing = || {
        let mut tls = HopTls::new(Encryption::May);
        tls.report = Some(domain("b.example"));
        tls
    };
    let mut reported = world(testing());
    reported.plays(&format!(
        "{STARTTLS}E: attempt mx1.b.example sts b.example: TLS1.3, verified, Some(true)
        C0*: EHLO gw.example"
    ));
    reported.server = server(&["other.example"]);
    reported.plays(&format!(
        "{STARTTLS}E: attempt mx1.b.example sts b.example: TLS1.3, certificate-host-mismatch, Some(false)
        C0*: EHLO gw.example"
    ));
    let clear = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250 mx
        E: attempt mx1.b.example sts b.example: Clear, starttls-not-supported, Some(false)
        C0: MAIL FROM:<ann@a.example>";
    world(testing()).plays(clear);
}
