//! DATA, the content, and what is said of it: who gets it, and who no more.

use passerelle::gateway::way::Keeps;
use passerelle::smtp::Body;

use super::play::{World, bob, hops, open, takes};

/// Up to the content.
fn content() -> String {
    bob()
        + "! data
        C0: DATA
        S0: 354 Go on
        E: wants content from 0
        ! content Subject: x
        C0: Subject: x
        "
}

/// The same with another host, whatever came before.
fn again() -> String {
    format!(
        "E: connect 1 192.0.2.2
        {}{}C1: DATA
        S1: 354 Go on
        E: wants content from 0
        ! content Subject: x
        C1: Subject: x
        ! end
        C1: .
        S1: 250 Queued
        E: bob@b.example: accepted, 250 Queued (mx2.b.example)
        E: keep 1",
        open(1),
        takes(1, "bob@b.example")
    )
}

fn held() -> World {
    World::new(hops(2)).plan(|plan| plan.keeps = Keeps::UntilEnd)
}

#[test]
fn a_connection_lost_in_the_content_ends_a_message_that_is_not_kept() {
    let script = content()
        + "! cut 0
        E: bob@b.example: not sent, the connection was lost before the end of the content (mx1.b.example)
        E: close 0";
    World::new(hops(2)).plays(&script);
}

#[test]
fn and_one_that_is_kept_goes_to_the_next_host_from_the_beginning() {
    held().plays(&(content() + "! cut 0\nE: close 0\n" + &again()));
}

#[test]
fn a_4yz_to_the_end_lets_one_that_is_kept_go_to_the_next_host() {
    let script = content()
        + "! end
        C0: .
        S0: 451 4.3.0 Later
        E: keep 0
        "
        + &again();
    held().plays(&script);
    let script = content()
        + "! end
        C0: .
        S0: 451 4.3.0 Later
        E: bob@b.example: 451 4.3.0 Later (mx1.b.example)
        E: keep 0";
    World::new(hops(2)).plays(&script);
}

#[test]
fn a_421_to_the_end_is_a_refusal_for_now() {
    let script = content()
        + "! end
        C0: .
        S0: 421 4.3.2 Going down
        E: close 0
        "
        + &again();
    held().plays(&script);
}

#[test]
fn a_5yz_to_the_end_is_the_answer() {
    let script = content()
        + "! end
        C0: .
        S0: 550 5.7.1 Spam
        E: bob@b.example: 550 5.7.1 Spam (mx1.b.example)
        E: keep 0";
    held().plays(&script);
}

#[test]
fn once_the_end_is_out_no_other_host_gets_it() {
    let script = content()
        + "! end
        C0: .
        ! cut 0
        E: bob@b.example: unconfirmed, the connection was lost before the reply to the end of the content (mx1.b.example)
        E: a second copy is possible
        E: close 0";
    held().plays(&script);
    World::new(hops(2)).plays(&script);
}

#[test]
fn a_4yz_to_data_is_followed_by_the_next_host_also_where_nothing_is_kept() {
    let script = bob()
        + "! data
        C0: DATA
        S0: 451 4.3.0 Later
        C0: RSET
        S0: 250 Ok
        E: keep 0
        "
        + &again();
    World::new(hops(2)).plays(&script);
    held().plays(&script);
}

#[test]
fn a_refusal_in_the_middle_of_the_content_is_taken_at_its_word_and_what_still_comes_is_dropped() {
    let script = content()
        + "S0: 552 5.3.4 Too large
        E: bob@b.example: 552 5.3.4 Too large (mx1.b.example)
        E: close 0
        ! content more
        ! end";
    World::new(hops(2)).plays(&script);
}

#[test]
fn taken_back_before_data_it_is_reset_and_the_connection_kept() {
    let script = bob()
        + "! abort
        E: bob@b.example: withheld, 451 4.3.0 Sending was given up
        C0: RSET
        S0: 250 Ok
        E: keep 0";
    World::new(hops(2)).plays(&script);
}

#[test]
fn a_hop_that_does_not_answer_rset_is_closed() {
    let script = bob()
        + "! abort
        E: bob@b.example: withheld, 451 4.3.0 Sending was given up
        C0: RSET
        ! wait 4999
        ! wait 1
        E: close 0";
    World::new(hops(2)).plays(&script);
}

#[test]
fn taken_back_in_the_content_it_is_never_ended() {
    let script = content()
        + "! abort
        E: close 0
        E: bob@b.example: withheld, 451 4.3.0 Sending was given up";
    World::new(hops(2)).plays(&script);
}

#[test]
fn taken_back_behind_the_end_it_may_have_arrived() {
    let script = content()
        + "! end
        C0: .
        ! abort
        E: close 0
        E: bob@b.example: unconfirmed, the message was withdrawn while it was being sent (mx1.b.example)
        E: a second copy is possible";
    World::new(hops(2)).plays(&script);
}

/// A host that offers this, up to the end of EHLO.
fn offers(number: u64, offer: &str) -> String {
    format!("S{number}: 220 mx\nC{number}: EHLO gw.example\nS{number}: 250-mx\nS{number}: {offer}\n")
}

#[test]
fn a_message_too_large_for_a_host_goes_to_the_next_before_anything_is_said_to_its_sender() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        ! data all size 2000
        "
    .to_owned()
        + &offers(0, "250 SIZE 1000")
        + "E: keep 0
        E: connect 1 192.0.2.2
        "
        + &offers(1, "250 SIZE 3000")
        + "C1: MAIL FROM:<ann@a.example> SIZE=2000";
    World::new(hops(2)).plays(&script);
}

#[test]
fn and_where_it_is_too_large_for_every_one_it_is_552_5_3_4() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        ! data all size 2000
        "
    .to_owned()
        + &offers(0, "250 SIZE 1000")
        + "E: keep 0
        E: bob@b.example: withheld, 552 5.3.4 The message is too large for every next host";
    World::new(hops(1)).plays(&script);
}

#[test]
fn while_another_host_may_take_it_later_it_is_4yz() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        ! data all size 2000
        "
    .to_owned()
        + &offers(0, "250 SIZE 1000")
        + "E: keep 0
        E: connect 1 192.0.2.2
        E: close 1
        E: bob@b.example: 451 4.4.1 No next host answers; try again later";
    World::new(hops(2)).dead(&["192.0.2.2"]).plays(&script);
}

#[test]
fn eight_bit_content_goes_to_a_host_that_takes_it_and_else_is_550_5_6_3() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        ! data all 8bit
        "
    .to_owned()
        + &offers(0, "250 PIPELINING")
        + "E: keep 0
        E: connect 1 192.0.2.2
        "
        + &offers(1, "250 8BITMIME")
        + "C1: MAIL FROM:<ann@a.example> BODY=8BITMIME";
    World::new(hops(2)).plays(&script);
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        ! data all 8bit
        "
    .to_owned()
        + &offers(0, "250 PIPELINING")
        + "E: keep 0
        E: bob@b.example: withheld, 550 5.6.3 The message has 8-bit content, which no next host takes";
    World::new(hops(1)).plays(&script);
}

#[test]
fn a_header_in_utf_8_goes_to_a_host_with_smtputf8_and_else_is_550_5_6_7() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        ! data all utf8
        "
    .to_owned()
        + &offers(0, "250 8BITMIME")
        + "E: keep 0
        E: connect 1 192.0.2.2
        S1: 220 mx
        C1: EHLO gw.example
        S1: 250-mx
        S1: 250-8BITMIME
        S1: 250 SMTPUTF8
        C1: MAIL FROM:<ann@a.example> BODY=8BITMIME SMTPUTF8";
    World::new(hops(2)).plays(&script);
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        ! data all utf8
        "
    .to_owned()
        + &offers(0, "250 8BITMIME")
        + "E: keep 0
        E: bob@b.example: withheld, 550 5.6.7 The message needs SMTPUTF8, which no next host offers";
    World::new(hops(1)).plays(&script);
}

#[test]
fn what_mail_said_before_the_content_was_known_is_said_anew_where_it_does_not_fit() {
    let script =
        "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        "
        .to_owned()
            + &offers(0, "250 8BITMIME")
            + "C0: MAIL FROM:<ann@a.example>
        S0: 250 Ok
        " + &takes(0, "bob@b.example")
            + "E: rcpt 0: accepted, 250 Ok (mx1.b.example)
        ! data 8bit
        C0: RSET
        S0: 250 Ok
        C0: MAIL FROM:<ann@a.example> BODY=8BITMIME
        S0: 250 Ok
        " + &takes(0, "bob@b.example")
            + "C0: DATA";
    let world = World::new(hops(1)).plan(|plan| plan.parameters.body = Some(Body::SevenBit));
    world.plays(&script);
}
