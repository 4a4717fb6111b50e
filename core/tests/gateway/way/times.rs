//! By when: the two deadlines, and the share of each host.

use passerelle::gateway::way::Keeps;

use super::play::{World, bob, hop, hops, open, takes};

#[test]
fn a_recipient_answered_just_before_120_seconds_is_answered_by_the_host() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        "
    .to_owned()
        + &open(0)
        + "C0: RCPT TO:<bob@b.example>
        ! wait 119999
        S0: 250 Ok
        E: rcpt 0: accepted, 250 Ok (mx1.b.example)";
    World::new(hops(1)).plays(&script);
}

#[test]
fn and_one_that_is_not_answered_then_by_us() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        "
    .to_owned()
        + &open(0)
        + "C0: RCPT TO:<bob@b.example>
        ! wait 120000
        E: close 0
        E: rcpt 0: 451 4.4.1 No next host answers; try again later";
    World::new(hops(1)).plays(&script);
}

#[test]
fn the_time_counts_over_all_hosts_and_each_but_the_last_has_half_of_what_is_left() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        ! wait 60000
        E: close 0
        E: connect 1 192.0.2.2
        ! wait 30000
        E: close 1
        E: connect 2 192.0.2.3
        ! wait 29999
        ! wait 1
        E: close 2
        E: rcpt 0: 451 4.4.1 No next host answers; try again later";
    World::new(hops(3)).plays(script);
}

#[test]
fn a_host_that_has_answered_one_recipient_has_the_whole_time_for_the_next() {
    let script = bob()
        + "! rcpt carl@b.example
        C0: RCPT TO:<carl@b.example>
        ! wait 119999
        S0: 250 Ok
        E: rcpt 1: accepted, 250 Ok (mx1.b.example)";
    World::new(hops(2)).plays(&script);
}

#[test]
fn those_taken_before_one_that_is_not_answered_are_asked_for_again_at_the_end() {
    let script = bob()
        + "! rcpt carl@b.example
        C0: RCPT TO:<carl@b.example>
        ! wait 120000
        E: close 0
        E: rcpt 1: 451 4.4.1 No next host answers; try again later
        ! data
        E: connect 1 192.0.2.1
        "
        + &open(1)
        + &takes(1, "bob@b.example")
        + "C1: DATA";
    World::new(hops(1)).plays(&script);
}

#[test]
fn ipv6_without_a_way_falls_to_ipv4_within_the_time() {
    let both = hop("mx1.b.example", &["2001:db8::1", "2001:db8::2", "192.0.2.1"]);
    let mut world = World::new(vec![both, hops(2).remove(1)]);
    world.by_hand = true;
    // A minute for the host, since there is another: 20 seconds for each of three addresses, and not 30.
    let script = "! rcpt bob@b.example
        E: place 0 mx1.b.example:25
        ! fresh 0
        E: connect 0 2001:db8::1 2001:db8::2 192.0.2.1 within 20000";
    world.plays(script);
}

#[test]
fn each_address_has_30_seconds_where_there_is_time_enough() {
    let mut world = World::new(hops(1));
    world.by_hand = true;
    world.plays("! rcpt bob@b.example\nE: place 0 mx1.b.example:25\n! fresh 0\nE: connect 0 192.0.2.1 within 30000");
}

/// Up to the end of the content.
fn ended() -> String {
    bob()
        + "! data
        C0: DATA
        S0: 354 Go on
        E: wants content from 0
        ! end
        C0: .
        "
}

#[test]
fn an_end_answered_just_before_240_seconds_is_answered_by_the_host() {
    let script = ended()
        + "! wait 239999
        S0: 250 Queued
        E: bob@b.example: accepted, 250 Queued (mx1.b.example)
        E: keep 0";
    World::new(hops(1)).plays(&script);
    World::new(hops(1)).plan(|plan| plan.keeps = Keeps::UntilEnd).plays(&script);
}

#[test]
fn and_one_that_is_not_answered_then_may_have_arrived() {
    let script = ended()
        + "! wait 240000
        E: close 0
        E: bob@b.example: unconfirmed, waiting for the reply to the end of the content took too long (mx1.b.example)
        E: a second copy is possible";
    World::new(hops(2)).plays(&script);
    World::new(hops(2)).plan(|plan| plan.keeps = Keeps::UntilEnd).plays(&script);
}

#[test]
fn behind_the_dot_the_time_counts_over_all_tries() {
    let script = bob()
        + "! data
        C0: DATA
        ! wait 100000
        S0: 451 Later
        C0: RSET
        S0: 250 Ok
        E: keep 0
        E: connect 1 192.0.2.2
        "
        + &open(1)
        + "C1: RCPT TO:<bob@b.example>
        ! wait 139999
        ! wait 1
        E: bob@b.example: 451 Later (mx1.b.example)
        S1: 250 Ok
        C1: RSET
        S1: 250 Ok
        E: keep 1";
    World::new(hops(2)).plan(|plan| plan.keeps = Keeps::UntilEnd).plays(&script);
}

#[test]
fn a_host_that_is_slow_at_data_has_half_of_the_time_where_there_is_another() {
    let script = bob()
        + "! data
        C0: DATA
        ! wait 119999
        ! wait 1
        E: close 0
        E: connect 1 192.0.2.2";
    World::new(hops(2)).plan(|plan| plan.keeps = Keeps::UntilEnd).plays(&script);
}

#[test]
fn a_deadline_of_the_session_counts_in_the_place_of_ours() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        ! until 5000
        ! wait 4999
        ! wait 1
        E: close 0
        E: rcpt 0: 451 4.4.1 No next host answers; try again later";
    World::new(hops(1)).plays(script);
    let script = ended()
        + "! until 1000
        ! wait 999
        ! wait 1
        E: close 0
        E: bob@b.example: unconfirmed, waiting for the reply to the end of the content took too long (mx1.b.example)
        E: a second copy is possible";
    World::new(hops(1)).plays(&script);
}

#[test]
fn that_a_host_would_wait_no_longer_counts_while_recipients_come_and_not_behind_them() {
    let script = bob()
        + "! wait 1000
        ! data
        C0: DATA
        S0: 354 Go on
        E: wants content from 0
        ! wait 1000
        ! end
        C0: .
        ! wait 239999
        S0: 250 Queued
        E: bob@b.example: accepted, 250 Queued (mx1.b.example)
        E: keep 0";
    World::new(hops(1)).plays(&script);
}
