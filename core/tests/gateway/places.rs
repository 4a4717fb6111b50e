//! Places at destinations and kept connections, of the process as a whole.

use std::sync::Arc;

use passerelle::gateway::way::Way;
use passerelle::gateway::{Kept, Place, PlaceKey, Places, Setup, Terms, Ticket, Told};
use passerelle::limits::{KEPT_IDLE, MAX_KEPT_CONNECTIONS};
use passerelle::route::hops::{Check, Hop, HopTls};
use passerelle::route::security::Encryption;
use passerelle::{Millis, Now};

use crate::way::play::{Play, World, address, bob, domain, hop, hop_with, hops, setup, start};

/// A policy with so many places.
fn terms(per_destination: usize) -> Terms {
    let policy = setup(&format!(r#", "capacity": {{"per_destination": {per_destination}, "wait": "10s"}}"#)).policy;
    Terms::of(&policy)
}

fn places(per_destination: usize) -> Places<u32> {
    Places::new(terms(per_destination))
}

fn key(hop: &Hop) -> PlaceKey {
    PlaceKey::of(hop, None, &setup(""))
}

fn later(millis: u64) -> Now {
    Now { monotonic: start().monotonic + millis, ..start() }
}

/// A connection to the first of these hosts that has carried a message.
fn kept(hop: Hop) -> Box<Kept> {
    let mut play = Play::new(World::new(vec![hop]), usize::MAX);
    play.script(&(bob() + "! abort\nS0: 250 Ok"));
    Box::new(play.kept.pop().expect("the connection is kept"))
}

/// What is told, as words.
fn told(places: &mut Places<u32>) -> Vec<String> {
    std::iter::from_fn(|| places.poll())
        .map(|told| match told {
            Told::Place { ticket, place: Place::Fresh { clear: false }, .. } => format!("{} fresh", ticket.0),
            Told::Place { ticket, place: Place::Fresh { clear: true }, .. } => format!("{} clear", ticket.0),
            Told::Place { ticket, place: Place::Kept(_), socket } => format!("{} kept {}", ticket.0, socket.unwrap()),
            Told::Place { ticket, place: Place::None, .. } => format!("{} none", ticket.0),
            Told::Leave { socket, .. } => format!("leave {socket}"),
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn places_at_a_destination_are_bounded_and_given_in_the_order_in_which_they_are_asked_for() {
    let mut places = places(2);
    let key = key(&hops(1)[0]);
    let tickets: Vec<Ticket> = (0..4).map(|_| places.ask(key.clone(), start())).collect();
    assert_eq!(told(&mut places), ["0 fresh", "1 fresh"]);
    assert_eq!(places.in_use(&key), 2);
    places.close(tickets[1], later(5));
    assert_eq!(told(&mut places), ["2 fresh"]);
    places.close(tickets[0], later(5));
    assert_eq!(told(&mut places), ["3 fresh"]);
    places.close(tickets[2], later(5));
    places.close(tickets[3], later(5));
    assert_eq!((told(&mut places).len(), places.in_use(&key)), (0, 0));
}

#[test]
fn who_waits_holds_up_nobody_elsewhere() {
    let mut places = places(1);
    let [one, two] = [0, 1].map(|n| key(&hops(2)[n]));
    places.ask(one.clone(), start());
    places.ask(one, start());
    places.ask(two, start());
    assert_eq!(told(&mut places), ["0 fresh", "2 fresh"]);
}

#[test]
fn a_place_is_waited_for_so_long_and_no_longer() {
    let mut places = places(1);
    let key = key(&hops(1)[0]);
    let held = places.ask(key.clone(), start());
    places.ask(key.clone(), start());
    places.ask(key, later(3000));
    told(&mut places);
    assert_eq!(places.wake(), Some(Millis(start().monotonic.0 + 10_000)));
    places.tick(later(9999));
    assert_eq!(told(&mut places), [""; 0]);
    places.tick(later(10_000));
    assert_eq!(told(&mut places), ["1 none"]);
    // It comes too late for the one, and in time for the other.
    places.close(held, later(12_999));
    assert_eq!(told(&mut places), ["2 fresh"]);
}

#[test]
fn who_does_not_wait_any_more_is_given_nothing() {
    let mut places = places(1);
    let key = key(&hops(1)[0]);
    let held = places.ask(key.clone(), start());
    let gone = places.ask(key.clone(), start());
    places.ask(key.clone(), start());
    places.close(gone, start());
    places.close(gone, start());
    places.close(held, start());
    assert_eq!(told(&mut places), ["0 fresh", "2 fresh"]);
    assert_eq!(places.in_use(&key), 1);
}

#[test]
fn a_kept_connection_goes_to_the_next_who_asks_for_the_same() {
    let mut places = places(2);
    let hop = hops(1).remove(0);
    let ticket = places.ask(key(&hop), start());
    places.keep(ticket, kept(hop.clone()), 7, start());
    assert_eq!((places.idle(), places.in_use(&key(&hop))), (1, 0));
    places.ask(key(&hop), later(100));
    assert_eq!(told(&mut places), ["0 fresh", "1 kept 7"]);
    assert_eq!((places.idle(), places.in_use(&key(&hop))), (0, 1));
}

#[test]
fn who_waits_gets_a_connection_that_becomes_free() {
    let mut places = places(1);
    let hop = hops(1).remove(0);
    let ticket = places.ask(key(&hop), start());
    places.ask(key(&hop), start());
    places.keep(ticket, kept(hop), 7, start());
    assert_eq!(told(&mut places), ["0 fresh", "1 kept 7"]);
}

/// Keys that differ in one thing from the one of a plain host.
fn others() -> Vec<(&'static str, PlaceKey)> {
    let plain = || hops(1).remove(0);
    let changed = |change: fn(&mut Hop)| {
        let mut hop = plain();
        change(&mut hop);
        key(&hop)
    };
    let mut fresh = key(&plain());
    fresh.fresh = true;
    vec![
        ("a new one is wanted", fresh),
        ("port", changed(|hop| hop.port = 587)),
        ("local address", changed(|hop| hop.source = Some(address("192.0.2.200")))),
        ("EHLO name", changed(|hop| hop.ehlo = domain("other.example"))),
        ("addresses", changed(|hop| hop.addresses = vec![address("192.0.2.77")])),
        ("TLS demanded", changed(|hop| hop.tls.encryption = Encryption::Encrypt)),
        ("TLS tried", changed(|hop| hop.tls.encryption = Encryption::May)),
        ("verification", changed(|hop| hop.tls.verify = Check::CaName)),
        ("names", changed(|hop| hop.tls.names = vec![domain("b.example")])),
        ("REQUIRETLS", changed(|hop| hop.tls.requiretls = true)),
        ("implicit TLS", changed(|hop| hop.implicit_tls = true)),
    ]
}

#[test]
fn a_connection_is_never_used_across_what_it_was_made_for() {
    for (what, other) in others() {
        let mut places = places(20);
        let hop = hops(1).remove(0);
        let ticket = places.ask(key(&hop), start());
        places.keep(ticket, kept(hop), 7, start());
        places.ask(other, start());
        assert_eq!(told(&mut places), ["0 fresh", "1 fresh"], "{what}");
        assert_eq!(places.idle(), 1, "{what}");
    }
}

#[test]
fn nor_across_credentials_or_authorities() {
    let login = |password: &str| {
        let route = r#", "credentials": [{"name": "c", "user": "USER", "password_file": "password"}],
            "route": [{"name": "r", "hosts": ["mx1.b.example"], "credentials": "c"}]"#;
        setup(&route.replace("USER", password))
    };
    let mut tls = HopTls::new(Encryption::Encrypt);
    (tls.verify, tls.names) = (Check::CaName, vec![domain("mx1.b.example")]);
    let plain = hop_with("mx1.b.example", &["192.0.2.1"], tls);
    let mut with_login = plain.clone();
    with_login.credentials = Some("c".to_owned());
    let of = |hop: &Hop, setup: &Setup| PlaceKey::of(hop, Some("r"), setup);
    let (ann, bob) = (login("ann"), login("bob"));
    assert_eq!(of(&with_login, &ann), of(&with_login, &ann));
    assert_ne!(of(&with_login, &ann), of(&plain, &ann));
    assert_ne!(of(&with_login, &ann), of(&with_login, &bob));
    // Authorities that were read anew may be others.
    let anew = login("ann").roots(Some(crate::certificates::Authority::new("Others").roots()));
    assert_ne!(of(&plain, &ann), of(&plain, &anew));
    // Who asked for something, and who wants to know, makes no difference.
    let mut because = plain.clone();
    (because.tls.because, because.tls.report) = (vec!["route".to_owned()], Some(domain("b.example")));
    assert_eq!(of(&plain, &ann), of(&because, &ann));
}

#[test]
fn a_connection_that_fits_nobody_makes_room_for_one_that_is_asked_for() {
    let mut places = places(1);
    let hop = hops(1).remove(0);
    let ticket = places.ask(key(&hop), start());
    places.keep(ticket, kept(hop.clone()), 7, start());
    let mut other = hop;
    other.ehlo = domain("other.example");
    places.ask(key(&other), start());
    assert_eq!(told(&mut places), ["0 fresh", "leave 7", "1 fresh"]);
}

#[test]
fn one_that_is_idle_too_long_is_left_by_quit() {
    let mut places = places(1);
    let hop = hops(1).remove(0);
    let ticket = places.ask(key(&hop), start());
    places.keep(ticket, kept(hop.clone()), 7, start());
    told(&mut places);
    places.tick(later(KEPT_IDLE - 1));
    assert!(places.poll().is_none());
    assert_eq!(places.wake(), Some(later(KEPT_IDLE).monotonic));
    places.tick(later(KEPT_IDLE));
    let Some(Told::Leave { connection, socket: 7 }) = places.poll() else { panic!("it is left") };
    assert_eq!(connection.farewell(later(KEPT_IDLE)), b"QUIT\r\n");
    assert_eq!((places.idle(), places.wake()), (0, None));
    // And is not handed out when nobody has looked at the clock.
    let ticket = places.ask(key(&hop), later(KEPT_IDLE));
    places.keep(ticket, kept(hop.clone()), 8, later(KEPT_IDLE));
    places.ask(key(&hop), later(3 * KEPT_IDLE));
    assert_eq!(told(&mut places), ["1 fresh", "leave 8", "2 fresh"]);
}

#[test]
fn one_over_which_something_came_is_dropped_and_another_is_made() {
    let mut places = places(1);
    let hop = hops(1).remove(0);
    let ticket = places.ask(key(&hop), start());
    assert!(places.lost(ticket, start()).is_none(), "it is in use, and its session's business");
    places.keep(ticket, kept(hop.clone()), 7, start());
    let (_, socket) = places.lost(ticket, later(5)).expect("it was kept");
    assert_eq!((socket, places.idle()), (7, 0));
    assert!(places.lost(ticket, later(5)).is_none());
    places.ask(key(&hop), later(5));
    assert_eq!(told(&mut places), ["0 fresh", "1 fresh"]);
}

#[test]
fn that_tls_failed_is_remembered_where_clear_text_will_do_for_an_hour() {
    let mut places = places(9);
    let may = hop_with("mx1.b.example", &["192.0.2.1"], HopTls::new(Encryption::May));
    let must = hop_with("mx1.b.example", &["192.0.2.1"], HopTls::new(Encryption::Encrypt));
    let elsewhere = hop_with("mx2.b.example", &["192.0.2.1"], HopTls::new(Encryption::May));
    places.tls_failed(&key(&may), start());
    for hop in [&may, &must, &elsewhere] {
        places.ask(key(hop), later(3_599_999));
    }
    places.ask(key(&may), later(3_600_000));
    assert_eq!(told(&mut places), ["0 clear", "1 fresh", "2 fresh", "3 fresh"]);
}

#[test]
fn a_new_policy_leaves_what_was_made_under_the_old_one() {
    let mut places = places(1);
    let hop = hops(1).remove(0);
    let ticket = places.ask(key(&hop), start());
    places.keep(ticket, kept(hop.clone()), 7, start());
    places.tls_failed(&key(&hop_with("mx1.b.example", &["192.0.2.1"], HopTls::new(Encryption::May))), start());
    told(&mut places);
    places.renew(terms(3), start());
    assert_eq!(told(&mut places), ["leave 7"]);
    for _ in 0..4 {
        places.ask(key(&hop), start());
    }
    assert_eq!(told(&mut places), ["1 fresh", "2 fresh", "3 fresh"]);
}

#[test]
fn a_host_that_stops_leaves_all() {
    let mut places = places(5);
    for number in 0..3 {
        let hop = hop("mx1.b.example", &["192.0.2.1"]);
        let mut key = key(&hop);
        key.fresh = true;
        let ticket = places.ask(key, start());
        places.keep(ticket, kept(hop), number, start());
    }
    told(&mut places);
    places.leave_all();
    assert_eq!(told(&mut places), ["leave 0", "leave 1", "leave 2"]);
}

#[test]
fn connections_that_are_kept_are_bounded_in_all() {
    let mut places = places(usize::from(u16::MAX));
    let (hop, mut left) = (hops(1).remove(0), Vec::new());
    let mut key = key(&hop);
    key.fresh = true;
    for number in 0..=MAX_KEPT_CONNECTIONS as u32 {
        let ticket = places.ask(key.clone(), start());
        places.keep(ticket, kept(hop.clone()), number, start());
        left.extend(told(&mut places).into_iter().filter(|told| told.starts_with("leave")));
    }
    assert_eq!(places.idle(), MAX_KEPT_CONNECTIONS);
    assert_eq!(left, ["leave 0"]);
}

#[test]
fn kept_connections_and_ways_go_from_thread_to_thread() {
    fn is_send<T: Send>() {}
    is_send::<Kept>();
    is_send::<Way>();
    is_send::<Places<u32>>();
    is_send::<Arc<Setup>>();
}
