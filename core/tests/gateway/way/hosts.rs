//! Which host: their order, and what makes the next one be tried.

use passerelle::route::decide::Fallback;
use passerelle::route::hops::Hop;

use super::play::{World, bob, hop, hops, open, takes};

#[test]
fn each_recipient_is_answered_by_the_host_in_its_own_words() {
    let script = bob()
        + "! rcpt carl@b.example
        C0: RCPT TO:<carl@b.example>
        S0: 550 5.1.1 Who?
        E: rcpt 1: 550 5.1.1 Who? (mx1.b.example)
        ! rcpt dora@b.example
        C0: RCPT TO:<dora@b.example>
        S0: 450 4.2.2 Full
        E: rcpt 2: 450 4.2.2 Full (mx1.b.example)
        ! data
        C0: DATA
        S0: 354 Go on
        E: wants content from 0
        ! content Subject: x
        C0: Subject: x
        ! end
        C0: .
        S0: 250 2.0.0 Queued
        E: bob@b.example: accepted, 250 2.0.0 Queued (mx1.b.example)
        E: carl@b.example: 550 5.1.1 Who? (mx1.b.example)
        E: dora@b.example: 450 4.2.2 Full (mx1.b.example)
        E: keep 0";
    World::new(hops(2)).plays(&script);
}

#[test]
fn a_host_that_cannot_be_connected_to_is_followed_by_the_next() {
    let script = format!(
        "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        E: close 0
        E: connect 1 192.0.2.2
        {}{}E: rcpt 0: accepted, 250 Ok (mx2.b.example)",
        open(1),
        takes(1, "bob@b.example")
    );
    World::new(hops(2)).dead(&["192.0.2.1"]).plays(&script);
}

#[test]
fn where_no_host_can_be_connected_to_it_is_451_4_4_1_and_so_for_those_that_come_after() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        E: close 0
        E: connect 1 192.0.2.2
        E: close 1
        E: rcpt 0: 451 4.4.1 No next host answers; try again later
        ! rcpt carl@b.example
        E: rcpt 1: 451 4.4.1 No next host answers; try again later
        ! data
        E: bob@b.example: 451 4.4.1 No next host answers; try again later
        E: carl@b.example: 451 4.4.1 No next host answers; try again later";
    World::new(hops(2)).dead(&["192.0.2.1", "192.0.2.2"]).plays(script);
}

#[test]
fn a_greeting_of_554_or_421_is_followed_by_the_next_host_and_at_last_by_451_4_4_1() {
    for (greeting, quits) in [("554 5.7.1 Blocked", true), ("421 4.3.2 Busy", false), ("450 Later", true)] {
        let end = |number: u64| match quits {
            true => format!("S{number}: {greeting}\nC{number}: QUIT\nS{number}: 221 Bye\nE: close {number}\n"),
            false => format!("S{number}: {greeting}\nE: close {number}\n"),
        };
        let script = format!(
            "! rcpt bob@b.example
            E: connect 0 192.0.2.1
            {}E: connect 1 192.0.2.2
            {}E: rcpt 0: 451 4.4.1 No next host answers; try again later",
            end(0),
            end(1)
        );
        World::new(hops(2)).plays(&script);
    }
}

#[test]
fn a_4yz_to_mail_is_followed_by_the_next_host_and_where_there_is_none_its_words_are_passed_on() {
    let refused = |number: u64, words: &str| {
        format!(
            "E: connect {number} 192.0.2.{}
            S{number}: 220 mx
            C{number}: EHLO gw.example
            S{number}: 250 mx
            C{number}: MAIL FROM:<ann@a.example>
            S{number}: {words}
            E: keep {number}
            ",
            number + 1
        )
    };
    let script = format!(
        "! rcpt bob@b.example
        {}{}E: rcpt 0: 451 4.7.1 Greylisted (mx1.b.example)",
        refused(0, "451 4.7.1 Greylisted"),
        refused(1, "452 4.3.1 No room"),
    );
    World::new(hops(2)).plays(&script);
}

#[test]
fn a_5yz_to_mail_is_the_answer() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250 mx
        C0: MAIL FROM:<ann@a.example>
        S0: 550 5.7.1 Never
        E: rcpt 0: 550 5.7.1 Never (mx1.b.example)
        ! rcpt carl@b.example
        E: rcpt 1: 550 5.7.1 Never (mx1.b.example)
        ! abort
        E: bob@b.example: 550 5.7.1 Never (mx1.b.example)
        E: carl@b.example: 550 5.7.1 Never (mx1.b.example)
        E: keep 0";
    World::new(hops(2)).plays(script);
}

#[test]
fn a_host_that_breaks_off_is_tried_by_its_other_addresses_and_then_comes_the_next() {
    let two = hop("mx1.b.example", &["192.0.2.1", "192.0.2.11"]);
    let script = format!(
        "! rcpt bob@b.example
        E: connect 0 192.0.2.1 192.0.2.11
        ! eof 0
        E: close 0
        E: connect 1 192.0.2.11
        S1: HTTP/1.1 400 Bad Request
        E: close 1
        E: connect 2 192.0.2.2
        {}{}E: rcpt 0: accepted, 250 Ok (mx2.b.example)",
        open(2),
        takes(2, "bob@b.example")
    );
    World::new(vec![two, hops(2).remove(1)]).plays(&script);
}

#[test]
fn of_the_addresses_those_in_front_of_the_one_that_answered_are_not_tried_again() {
    let three = hop("mx1.b.example", &["2001:db8::1", "192.0.2.1", "192.0.2.11"]);
    let script = "! rcpt bob@b.example
        E: connect 0 2001:db8::1 192.0.2.1 192.0.2.11
        ! cut 0
        E: close 0
        E: connect 1 192.0.2.11";
    World::new(vec![three]).dead(&["2001:db8::1"]).plays(script);
}

#[test]
fn a_421_to_mail_or_rcpt_is_followed_by_the_next_host() {
    for at_rcpt in [false, true] {
        let mail = if at_rcpt { "S0: 250 Ok\nC0: RCPT TO:<bob@b.example>\n" } else { "" };
        let script = format!(
            "! rcpt bob@b.example
            E: connect 0 192.0.2.1
            S0: 220 mx
            C0: EHLO gw.example
            S0: 250 mx
            C0: MAIL FROM:<ann@a.example>
            {mail}S0: 421 4.3.2 Going down
            E: close 0
            E: connect 1 192.0.2.2
            {}{}E: rcpt 0: accepted, 250 Ok (mx2.b.example)",
            open(1),
            takes(1, "bob@b.example")
        );
        World::new(hops(2)).plays(&script);
    }
}

#[test]
fn without_another_host_its_421_is_what_is_said() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250 mx
        C0: MAIL FROM:<ann@a.example>
        S0: 421 4.3.2 Going down
        E: close 0
        E: rcpt 0: 421 4.3.2 Going down (mx1.b.example)";
    World::new(hops(1)).plays(script);
}

/// The fallback of a group.
fn fallback(hops: Vec<Hop>) -> Fallback {
    Fallback::new("other", hops)
}

#[test]
fn the_fallback_comes_when_every_host_failed_temporarily() {
    let other = hop("relay.c.example", &["192.0.2.99"]);
    let script = format!(
        "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        E: close 0
        E: connect 1 192.0.2.2
        S1: 554 5.7.1 Blocked
        C1: QUIT
        S1: 221 Bye
        E: close 1
        E: connect 2 192.0.2.99
        {}{}E: rcpt 0: accepted, 250 Ok (relay.c.example)",
        open(2),
        takes(2, "bob@b.example")
    );
    World::new(hops(2)).plan(|plan| plan.fallback = Some(fallback(vec![other]))).dead(&["192.0.2.1"]).plays(&script);
}

#[test]
fn and_not_where_one_refused_for_good() {
    let other = hop("relay.c.example", &["192.0.2.99"]);
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250 mx
        E: keep 0
        E: rcpt 0: withheld, 550 5.6.7 The message needs SMTPUTF8, which no next host offers";
    World::new(hops(1))
        .plan(|plan| {
            plan.fallback = Some(fallback(vec![other]));
            plan.parameters.smtputf8 = true;
        })
        .plays(script);
}

#[test]
fn no_place_within_the_time_is_451_4_3_2_unless_another_host_has_one() {
    let mut world = World::new(hops(2));
    world.by_hand = true;
    let script = "! rcpt bob@b.example
        E: place 0 mx1.b.example:25
        ! none 0
        E: place 1 mx2.b.example:25
        ! none 1
        E: rcpt 0: 451 4.3.2 No place for another message; try again later";
    world.plays(script);
    let script = "! rcpt bob@b.example
        E: place 0 mx1.b.example:25
        ! none 0
        E: place 1 mx2.b.example:25
        ! fresh 1
        E: connect 1 192.0.2.2 within 30000
        ! connected 1 192.0.2.2
        S1: 220 mx
        C1: EHLO gw.example";
    world.plays(script);
}

#[test]
fn what_comes_for_a_connection_that_is_not_wanted_any_more_is_given_back() {
    let mut world = World::new(hops(1));
    world.by_hand = true;
    let script = "! rcpt bob@b.example
        E: place 0 mx1.b.example:25
        ! abort
        E: bob@b.example: withheld, 451 4.3.0 Sending was given up
        E: close 0
        ! fresh 0
        E: close 0
        ! connected 0 192.0.2.1
        E: close 0";
    world.plays(script);
}
