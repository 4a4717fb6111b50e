//! Recipients: how many, what they ask for, and what holds for all of them together.

use super::play::{World, bob, hops, open, takes};

#[test]
fn a_recipient_more_than_the_host_takes_is_452_4_5_3() {
    let script = bob()
        + "! rcpt carl@b.example
        E: rcpt 1: withheld, 452 4.5.3 The next server takes no more recipients at a time
        ! data
        C0: DATA";
    World::new(hops(1)).plan(|plan| plan.hops[0].max_recipients = 1).plays(&script);
}

#[test]
fn one_that_was_refused_leaves_its_place() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        "
    .to_owned()
        + &open(0)
        + "C0: RCPT TO:<bob@b.example>
        S0: 550 Who?
        E: rcpt 0: 550 Who? (mx1.b.example)
        ! rcpt carl@b.example
        C0: RCPT TO:<carl@b.example>";
    World::new(hops(1)).plan(|plan| plan.hops[0].max_recipients = 1).plays(&script);
}

#[test]
fn the_limits_of_the_host_count() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250-mx
        S0: 250 LIMITS RCPTMAX=1
        C0: MAIL FROM:<ann@a.example>
        S0: 250 Ok
        C0: RCPT TO:<bob@b.example>
        S0: 250 Ok
        E: rcpt 0: accepted, 250 Ok (mx1.b.example)
        ! rcpt carl@b.example
        E: rcpt 1: withheld, 452 4.5.3 The next server takes no more recipients at a time";
    World::new(hops(1)).plays(script);
}

#[test]
fn where_domains_are_kept_apart_one_of_another_domain_is_452_4_5_3() {
    let script = bob()
        + "! rcpt carl@c.example
        E: rcpt 1: withheld, 452 4.5.3 The next server takes no more recipients at a time
        ! rcpt dora@b.example
        C0: RCPT TO:<dora@b.example>";
    World::new(hops(1)).plan(|plan| plan.hops[0].split_domains = true).plays(&script);
}

#[test]
fn who_asks_for_notifications_gets_4yz_where_the_host_has_none_against_what_is_known_of_it() {
    let script = bob()
        + "! rcpt carl@b.example notify
        E: rcpt 1: 451 4.3.3 The next host does not offer delivery status notifications; try again later";
    World::new(hops(1)).plays(&script);
    let script = "! rcpt bob@b.example notify
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250-mx
        S0: 250 DSN
        C0: MAIL FROM:<ann@a.example>
        S0: 250 Ok
        C0: RCPT TO:<bob@b.example> NOTIFY=NEVER";
    World::new(hops(1)).plays(script);
}

#[test]
fn auth_of_mail_is_not_passed_on() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        S0: 220 mx
        C0: EHLO gw.example
        S0: 250-mx
        S0: 250 AUTH PLAIN
        C0: MAIL FROM:<ann@a.example>";
    World::new(hops(1)).plan(|plan| plan.parameters.auth = Some(None)).plays(script);
}

// --- All or none ---

/// Two recipients that are handed in with the end of the recipients, as in a late message.
fn late(first: &str, second: &str, after: &str) -> String {
    format!(
        "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        ! rcpt carl@b.example
        ! data all
        {}C0: RCPT TO:<bob@b.example>
        S0: {first}
        C0: RCPT TO:<carl@b.example>
        S0: {second}
        {after}",
        open(0)
    )
}

#[test]
fn in_a_late_message_data_is_said_when_every_recipient_is_taken() {
    let script = late(
        "250 Ok",
        "250 Ok",
        "C0: DATA\nS0: 354 Go on\nE: wants content from 0\n! end\nC0: .\nS0: 250 Queued\nE: bob@b.example: accepted, 250 Queued (mx1.b.example)\nE: carl@b.example: accepted, 250 Queued (mx1.b.example)\nE: keep 0",
    );
    World::new(hops(1)).plays(&script);
}

#[test]
fn where_one_is_refused_for_now_it_is_reset_and_the_next_host_is_asked() {
    let after = format!(
        "C0: RSET
        E: connect 1 192.0.2.2
        S0: 250 Ok
        E: keep 0
        {}{}{}C1: DATA",
        open(1),
        takes(1, "bob@b.example"),
        takes(1, "carl@b.example")
    );
    World::new(hops(2)).plays(&late("250 Ok", "450 4.2.2 Full", &after));
}

#[test]
fn and_at_last_it_is_4yz_for_all() {
    let after = "C0: RSET
        E: bob@b.example: 450 4.2.2 Full (mx1.b.example)
        E: carl@b.example: 450 4.2.2 Full (mx1.b.example)
        S0: 250 Ok
        E: keep 0";
    World::new(hops(1)).plays(&late("250 Ok", "450 4.2.2 Full", after));
    World::new(hops(1)).plays(&late("550 Who?", "450 4.2.2 Full", after));
}

#[test]
fn where_some_are_refused_for_good_it_is_4yz_for_all_as_well() {
    let after = "C0: RSET
        E: bob@b.example: 451 4.5.0 No next host takes all recipients together; try again with fewer
        E: carl@b.example: 451 4.5.0 No next host takes all recipients together; try again with fewer
        S0: 250 Ok
        E: keep 0";
    World::new(hops(1)).plays(&late("250 Ok", "550 5.1.1 Who?", after));
}

#[test]
fn where_each_is_refused_for_good_each_gets_its_own_5yz_and_no_other_host_is_asked() {
    let after = "E: bob@b.example: 551 5.1.6 Moved (mx1.b.example)
        E: carl@b.example: 550 5.1.1 Who? (mx1.b.example)
        C0: RSET
        S0: 250 Ok
        E: keep 0";
    World::new(hops(2)).plays(&late("551 5.1.6 Moved", "550 5.1.1 Who?", after));
}

#[test]
fn also_where_they_were_refused_while_recipients_came() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        "
    .to_owned()
        + &open(0)
        + "C0: RCPT TO:<bob@b.example>
        S0: 550 5.1.1 Who?
        E: rcpt 0: 550 5.1.1 Who? (mx1.b.example)
        ! data all
        E: bob@b.example: 550 5.1.1 Who? (mx1.b.example)
        C0: RSET
        S0: 250 Ok
        E: keep 0";
    World::new(hops(2)).plays(&script);
}

#[test]
fn what_one_host_said_does_not_count_at_the_next() {
    let after = format!(
        "C0: RSET
        E: connect 1 192.0.2.2
        S0: 250 Ok
        E: keep 0
        {}{}{}C1: DATA
        S1: 354 Go on
        E: wants content from 0
        ! end
        C1: .
        S1: 250 Queued
        E: bob@b.example: accepted, 250 Queued (mx2.b.example)
        E: carl@b.example: accepted, 250 Queued (mx2.b.example)
        E: keep 1",
        open(1),
        takes(1, "bob@b.example"),
        takes(1, "carl@b.example")
    );
    World::new(hops(2)).plays(&late("250 Ok", "450 4.2.2 Full", &after));
}

#[test]
fn what_was_told_while_recipients_came_does_not_count_for_a_late_message() {
    let script = bob()
        + "! rcpt carl@b.example
        C0: RCPT TO:<carl@b.example>
        S0: 450 4.2.2 Full
        E: rcpt 1: 450 4.2.2 Full (mx1.b.example)
        ! data all
        C0: RSET
        E: connect 1 192.0.2.2
        S0: 250 Ok
        E: keep 0
        "
        + &open(1)
        + &takes(1, "bob@b.example")
        + &takes(1, "carl@b.example")
        + "C1: DATA";
    World::new(hops(2)).plays(&script);
}

#[test]
fn nobody_taken_there_is_no_data() {
    let script = "! rcpt bob@b.example
        E: connect 0 192.0.2.1
        "
    .to_owned()
        + &open(0)
        + "C0: RCPT TO:<bob@b.example>
        S0: 550 Who?
        E: rcpt 0: 550 Who? (mx1.b.example)
        ! data
        E: bob@b.example: 550 Who? (mx1.b.example)
        C0: RSET
        S0: 250 Ok
        E: keep 0";
    World::new(hops(2)).plays(&script);
}

// --- A host that waits ---

#[test]
fn a_host_that_waits_is_left_by_quit_before_its_time_is_up_and_opened_again_at_the_end() {
    let script = bob()
        + "! wait 239999
        ! wait 1
        C0: QUIT
        E: close 0
        ! wait 100000
        ! data
        E: connect 1 192.0.2.1
        "
        + &open(1)
        + &takes(1, "bob@b.example")
        + "C1: DATA";
    World::new(hops(2)).plays(&script);
}

#[test]
fn or_with_the_next_recipient_and_those_before_it_are_asked_for_again() {
    let script = bob()
        + "! wait 240000
        C0: QUIT
        E: close 0
        ! rcpt carl@b.example
        E: connect 1 192.0.2.1
        "
        + &open(1)
        + &takes(1, "bob@b.example")
        + &takes(1, "carl@b.example")
        + "E: rcpt 1: accepted, 250 Ok (mx1.b.example)";
    World::new(hops(2)).plays(&script);
}

#[test]
fn an_answer_that_differs_then_is_4yz() {
    for (answer, said) in [
        ("550 5.1.1 Who?", "451 4.5.0 No next host takes all recipients together; try again with fewer"),
        ("450 4.2.2 Full", "450 4.2.2 Full (mx1.b.example)"),
    ] {
        let script = bob()
            + "! wait 240000
            C0: QUIT
            E: close 0
            ! data
            E: connect 1 192.0.2.1
            "
            + &open(1)
            + &format!(
                "C1: RCPT TO:<bob@b.example>
                S1: {answer}
                C1: RSET
                E: bob@b.example: {said}
                S1: 250 Ok
                E: keep 1"
            );
        World::new(hops(1)).plays(&script);
    }
}

#[test]
fn a_host_that_closes_while_it_waits_is_opened_again_and_not_for_ever() {
    for end in ["! eof", "S0: 421 4.4.2 Timeout"] {
        let end = |number: u64| {
            format!(
                "{}\nE: close {number}\n",
                end.replace("eof", &format!("eof {number}")).replace("S0", &format!("S{number}"))
            )
        };
        let mut script = bob() + &end(0);
        for number in 1..=3 {
            script += &format!(
                "! rcpt r{number}@b.example
                E: connect {number} 192.0.2.1
                {}{}",
                open(number),
                takes(number, "bob@b.example")
            );
            for before in 1..number {
                script += &takes(number, &format!("r{before}@b.example"));
            }
            script += &takes(number, &format!("r{number}@b.example"));
            script += &format!("E: rcpt {number}: accepted, 250 Ok (mx1.b.example)\n");
            script += &end(number);
        }
        script += "! data\nE: connect 4 192.0.2.2\n";
        World::new(hops(2)).plays(&script);
    }
}
