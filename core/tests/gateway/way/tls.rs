//! TLS with a hop as the decision has it: never less, and for `may` what can be had.

use std::sync::Arc;

use passerelle::route::hops::{Check, Hop, HopTls};
use passerelle::route::policy::MinTls;
use passerelle::route::replies::Reason;
use passerelle::route::security::Encryption;
use passerelle::tls::dane::{Matching, Selector, Usage};
use passerelle::tls::{Fingerprint, ServerTls, Tlsa};

use super::play::{AUTHORITY, World, domain, hop_with, open, server, setup, takes};

const HOST: &str = "mx1.b.example";

fn demands(encryption: Encryption, change: impl FnOnce(&mut HopTls)) -> HopTls {
    let mut tls = HopTls::new(encryption);
    change(&mut tls);
    tls
}

/// The authority's certificate for the host's name.
fn verified() -> HopTls {
    demands(Encryption::Encrypt, |tls| (tls.verify, tls.names) = (Check::CaName, vec![domain(HOST)]))
}

fn mx1(tls: HopTls) -> Hop {
    hop_with(HOST, &["192.0.2.1"], tls)
}

fn mx2(tls: HopTls) -> Hop {
    hop_with("mx2.b.example", &["192.0.2.2"], tls)
}

/// From the first recipient to the beginning of the handshake.
const STARTTLS: &str = "! rcpt bob@b.example
    E: connect 0 192.0.2.1
    S0: 220 mx
    C0: EHLO gw.example
    S0: 250-mx
    S0: 250 STARTTLS
    C0: STARTTLS
    S0+tls: 220 Go on
    ";

const INSIDE: &str = "C0*: EHLO gw.example
    S0: 250 mx
    C0*: MAIL FROM:<ann@a.example>
    ";

/// Whether the host, with this certificate, is taken.
#[track_caller]
fn is_taken(tls: HopTls, certificate: &ServerTls, taken: bool) {
    let mut world = World::new(vec![mx1(tls)]);
    world.server = certificate.clone();
    let end = match taken {
        true => INSIDE,
        false => {
            "E: close 0\nE: rcpt 0: 451 4.7.5 The next host does not offer the TLS that is demanded; try again later"
        }
    };
    world.plays(&format!("{STARTTLS}{end}"));
}

#[test]
fn each_check_of_a_decision_is_made() {
    let (own, other) = (AUTHORITY.certify(&[HOST]), AUTHORITY.certify(&["other.example"]));
    let stranger = crate::certificates::Authority::new("Strangers").certify(&[HOST]);
    let of =
        |leaf: &crate::certificates::Leaf| ServerTls::from_pem(leaf.chain.as_bytes(), leaf.key.as_bytes()).unwrap();
    let (right, misnamed, unknown) = (of(&own), of(&other), of(&stranger));
    let ca = demands(Encryption::Encrypt, |tls| tls.verify = Check::Ca);
    let anyone = HopTls::new(Encryption::Encrypt);
    let fingerprint = demands(Encryption::Encrypt, |tls| {
        let print = Fingerprint::of(&own.der).to_string();
        let digest = (0..32).map(|n| u8::from_str_radix(&print[7 + 2 * n..9 + 2 * n], 16).unwrap());
        (tls.verify, tls.fingerprints) = (Check::Fingerprint, vec![digest.collect()]);
    });
    let dane = demands(Encryption::Encrypt, |tls| {
        let record = Tlsa {
            usage: Usage::EndEntity,
            selector: Selector::Certificate,
            matching: Matching::Full,
            data: own.der.clone(),
        };
        (tls.verify, tls.tlsa) = (Check::Dane, vec![record]);
    });
    let both = demands(Encryption::Encrypt, |tls| {
        (tls.verify, tls.tlsa) = (Check::Dane, dane.tlsa.clone());
        tls.also = vec![(Check::CaName, vec![domain("third.example")])];
    });
    for (tls, taken) in [
        (anyone, [true, true, true]),
        (ca, [true, true, false]),
        (verified(), [true, false, false]),
        (fingerprint, [true, false, false]),
        (dane, [true, false, false]),
        (both, [false, false, false]),
    ] {
        for (certificate, taken) in [&right, &misnamed, &unknown].into_iter().zip(taken) {
            is_taken(tls.clone(), certificate, taken);
        }
    }
}

#[test]
fn tls_that_is_demanded_and_not_offered_is_followed_by_the_next_host_and_then_by_the_routes_reply() {
    for (reply, said) in [
        (None, "451 4.7.5 The next host does not offer the TLS that is demanded; try again later"),
        (Some(Reason::TlsBounce.reply()), "550 5.7.5 The next host does not offer the TLS that is demanded"),
    ] {
        let end = |number: u64| {
            format!(
                "S{number}: 220 mx\nC{number}: EHLO gw.example\nS{number}: 250 mx\nC{number}: QUIT\nS{number}: 221 Bye\nE: close {number}\n"
            )
        };
        let script = format!(
            "! rcpt bob@b.example
            E: connect 0 192.0.2.1
            {}E: connect 1 192.0.2.2
            {}E: rcpt 0: {said}",
            end(0),
            end(1)
        );
        let world = World::new(vec![mx1(verified()), mx2(HopTls::new(Encryption::Encrypt))]);
        world.plan(|plan| plan.tls_failure = reply).plays(&script);
    }
}

#[test]
fn a_bounce_is_for_where_tls_is_all_that_is_missing() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250 mx
        C0: QUIT
        S0: 221 Bye
        E: close 0
        E: connect 1 192.0.2.2
        E: close 1
        E: rcpt 0: 451 4.4.1 No next host answers; try again later";
    let world = World::new(vec![mx1(verified()), mx2(verified())]).dead(&["192.0.2.2"]);
    world.plan(|plan| plan.tls_failure = Some(Reason::TlsBounce.reply())).plays(script);
}

#[test]
fn a_refused_starttls_is_no_tls() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250-mx
        S0: 250 STARTTLS
        C0: STARTTLS
        S0: 454 4.7.0 Not now
        C0: QUIT
        S0: 221 Bye
        E: close 0
        E: rcpt 0: 451 4.7.5 The next host does not offer the TLS that is demanded; try again later";
    World::new(vec![mx1(HopTls::new(Encryption::Encrypt))]).plays(script);
}

#[test]
fn at_may_a_failed_handshake_goes_on_in_clear_text_on_a_new_connection() {
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
        E: TLS failed at mx1.b.example
        E: connect 1 192.0.2.1
        S1: 220 mx
        C1: EHLO gw.example
        S1: 250-mx
        S1: 250 STARTTLS
        C1: MAIL FROM:<ann@a.example>
        S1: 250 Ok
        C1: RCPT TO:<bob@b.example>
        S1: 250 Ok
        E: rcpt 0: accepted, 250 Ok (mx1.b.example)";
    World::new(vec![mx1(HopTls::new(Encryption::May))]).plays(script);
}

#[test]
fn and_to_the_address_that_answered() {
    let script = "! rcpt bob@b.example
        E: connect 0 2001:db8::1 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250-mx
        S0: 250 STARTTLS
        C0: STARTTLS
        S0+deaf: 220 Go on
        ! cut 0
        E: close 0
        E: TLS failed at mx1.b.example
        E: connect 1 192.0.2.1";
    let hop = hop_with(HOST, &["2001:db8::1", "192.0.2.1"], HopTls::new(Encryption::May));
    World::new(vec![hop]).dead(&["2001:db8::1"]).plays(script);
}

#[test]
fn at_may_clear_text_is_used_where_starttls_is_not_offered_or_refused() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        "
    .to_owned()
        + &open(0)
        + &takes(0, "bob@b.example")
        + "E: rcpt 0: accepted, 250 Ok (mx1.b.example)";
    World::new(vec![mx1(HopTls::new(Encryption::May))]).plays(&script);
    let refused = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250-mx
        S0: 250 STARTTLS
        C0: STARTTLS
        S0: 454 4.7.0 Not now
        C0: MAIL FROM:<ann@a.example>";
    World::new(vec![mx1(HopTls::new(Encryption::May))]).plays(refused);
}

#[test]
fn a_place_in_clear_text_is_for_may_alone() {
    let clear = |tls: HopTls, after: &str| {
        let mut world = World::new(vec![mx1(tls)]);
        world.by_hand = true;
        let script = format!(
            "! rcpt bob@b.example
            E: place 0 mx1.b.example:25
            ! clear 0
            E: connect 0 192.0.2.1 within 30000
            ! connected 0 192.0.2.1
            S0: 220 mx
            C0: EHLO gw.example
            S0: 250-mx
            S0: 250 STARTTLS
            {after}"
        );
        world.plays(&script);
    };
    clear(HopTls::new(Encryption::May), "C0: MAIL FROM:<ann@a.example>");
    clear(HopTls::new(Encryption::Encrypt), "C0: STARTTLS");
    clear(verified(), "C0: STARTTLS");
    clear(demands(Encryption::May, |tls| tls.requiretls = true), "C0: STARTTLS");
}

#[test]
fn clear_text_is_clear_text_whatever_is_offered() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250-mx
        S0: 250 STARTTLS
        C0: MAIL FROM:<ann@a.example>";
    World::new(vec![mx1(HopTls::new(Encryption::None))]).plays(script);
}

#[test]
fn tls_from_the_first_octet() {
    let mut hop = mx1(verified());
    (hop.implicit_tls, hop.port) = (true, 465);
    let mut world = World::new(vec![hop]);
    world.implicit = true;
    world.plays(
        "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0*: EHLO gw.example
        S0: 250 mx
        C0*: MAIL FROM:<ann@a.example>",
    );
}

#[test]
fn what_is_demanded_needs_an_authority_that_is_known() {
    let setup = setup("").roots(None);
    let mut world = World::new(vec![mx1(verified())]);
    world.setup = Arc::new(setup);
    world.plays("! rcpt bob@b.example\nE: rcpt 0: 451 4.7.5 The next host does not offer the TLS that is demanded; try again later");
}

#[test]
fn the_authorities_of_the_route_count_in_the_place_of_those_of_all() {
    let strangers = crate::certificates::Authority::new("Strangers");
    let route = r#", "route": [{"name": "r", "hosts": ["mx1.b.example"], "ca": "strangers.pem"}]"#;
    let setup = Arc::new(setup(route).route_roots([("strangers.pem".to_owned(), strangers.roots())].into()));
    let leaf = strangers.certify(&[HOST]);
    let theirs = ServerTls::from_pem(leaf.chain.as_bytes(), leaf.key.as_bytes()).unwrap();
    for (route, certificate, taken) in [
        (Some("r"), &theirs, true),
        (Some("r"), &server(&[HOST]), false),
        (None, &theirs, false),
        (None, &server(&[HOST]), true),
    ] {
        let mut world = World::new(vec![mx1(verified())]).plan(|plan| plan.route = route.map(str::to_owned));
        (world.setup, world.server) = (setup.clone(), certificate.clone());
        let end = match taken {
            true => INSIDE,
            false => {
                "E: close 0\nE: rcpt 0: 451 4.7.5 The next host does not offer the TLS that is demanded; try again later"
            }
        };
        world.plays(&format!("{STARTTLS}{end}"));
    }
}

#[test]
fn a_host_that_speaks_no_tls_1_3_where_that_is_the_least_is_refused() {
    let tls = demands(Encryption::Encrypt, |tls| tls.min_tls = MinTls::V1_3);
    is_taken(tls.clone(), &server(&[HOST]), true);
    is_taken(tls, &server(&[HOST]).only(passerelle::tls::Version::Tls12), false);
}

#[test]
fn requiretls_goes_to_a_host_that_offers_it_inside_tls_and_else_is_550_5_7_30() {
    let tls = || {
        demands(Encryption::Encrypt, |tls| {
            (tls.verify, tls.names) = (Check::CaName, vec![domain(HOST)]);
            tls.requiretls = true;
        })
    };
    let world = World::new(vec![mx1(tls())]).plan(|plan| plan.parameters.require_tls = true);
    let script = format!(
        "{STARTTLS}C0*: EHLO gw.example
        S0: 250-mx
        S0: 250 REQUIRETLS
        C0*: MAIL FROM:<ann@a.example> REQUIRETLS"
    );
    world.plays(&script);
    let script = format!(
        "{STARTTLS}C0*: EHLO gw.example
        S0: 250 mx
        E: keep 0
        E: rcpt 0: withheld, 550 5.7.30 REQUIRETLS support required"
    );
    world.plays(&script);
}

// --- Credentials ---

fn with_login(tls: HopTls) -> World {
    let route = r#", "credentials": [{"name": "c", "user": "ann", "password_file": "password"}],
        "route": [{"name": "r", "hosts": ["mx1.b.example"], "credentials": "c"}]"#;
    let mut hop = mx1(tls);
    hop.credentials = Some("c".to_owned());
    let mut world = World::new(vec![hop]).plan(|plan| plan.route = Some("r".to_owned()));
    world.setup = Arc::new(setup(route));
    world
}

#[test]
fn credentials_go_to_a_verified_host() {
    let script = format!(
        "{STARTTLS}C0*: EHLO gw.example
        S0: 250-mx
        S0: 250 AUTH PLAIN
        C0*: AUTH PLAIN AGFubgBwZW5jaWw=
        S0: 235 Welcome
        C0*: MAIL FROM:<ann@a.example>"
    );
    with_login(verified()).plays(&script);
}

#[test]
fn and_to_nobody_else() {
    let mut world = with_login(verified());
    world.server = server(&["other.example"]);
    world.plays(&format!(
        "{STARTTLS}E: close 0
        E: rcpt 0: 451 4.7.5 The next host does not offer the TLS that is demanded; try again later"
    ));
    // Where nothing verifies, there is no connection at all.
    for tls in [HopTls::new(Encryption::May), HopTls::new(Encryption::Encrypt), HopTls::new(Encryption::None)] {
        let script = "! rcpt bob@b.example
            E: rcpt 0: 451 4.7.0 The next host does not take the gateway's credentials; try again later";
        with_login(tls).plays(script);
    }
}

#[test]
fn a_535_is_451_4_7_0() {
    let script = format!(
        "{STARTTLS}C0*: EHLO gw.example
        S0: 250-mx
        S0: 250 AUTH PLAIN
        C0*: AUTH PLAIN AGFubgBwZW5jaWw=
        S0: 535 5.7.8 Wrong
        C0*: QUIT
        S0: 221 Bye
        E: close 0
        E: rcpt 0: 451 4.7.0 The next host does not take the gateway's credentials; try again later"
    );
    with_login(verified()).plays(&script);
}

#[test]
fn no_auth_offered_is_451_4_7_0_as_well() {
    let script = format!(
        "{STARTTLS}C0*: EHLO gw.example
        S0: 250 mx
        C0*: QUIT
        S0: 221 Bye
        E: close 0
        E: rcpt 0: 451 4.7.0 The next host does not take the gateway's credentials; try again later"
    );
    with_login(verified()).plays(&script);
}
