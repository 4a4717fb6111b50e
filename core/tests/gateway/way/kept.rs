//! Connections that are kept for the next message, and those that turn out to be dead.

use super::play::{Play, World, bob, hops, open, takes};

/// One message from the connection on to `250`.
fn message() -> String {
    bob()
        + "! data
        C0: DATA
        S0: 354 Go on
        E: wants content from 0
        ! end
        C0: .
        S0: 250 Queued
        E: bob@b.example: accepted, 250 Queued (mx1.b.example)
        E: keep 0
        "
}

/// The first message with places granted, then the second as the script has it, by hand.
#[track_caller]
fn second(world: &World, script: &str) {
    let expected = script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .fold(String::new(), |text, line| text + line + "\n");
    for size in [usize::MAX, 1] {
        let mut play = Play::new(world.clone(), size);
        play.script(&message());
        assert_eq!(play.kept.len(), 1);
        play.world.by_hand = true;
        play.next();
        let played = play.script(&expected);
        assert!(played == expected, "--- expected:\n{expected}\n--- played:\n{played}");
    }
}

#[test]
fn the_next_message_goes_over_the_kept_connection() {
    let script = "! rcpt carl@b.example
        E: place 0 mx1.b.example:25
        ! kept 0
        C0: MAIL FROM:<ann@a.example>
        S0: 250 Ok
        C0: RCPT TO:<carl@b.example>
        S0: 250 Ok
        E: rcpt 0: accepted, 250 Ok (mx1.b.example)";
    second(&World::new(hops(2)), script);
}

#[test]
fn a_dead_one_is_replaced_by_a_new_one_of_the_same_host_and_nobody_learns_of_it() {
    for end in ["S0: 421 4.4.2 Timeout", "! eof 0", "! cut 0", "S0: 250 what?"] {
        let script = format!(
            "! rcpt carl@b.example
            E: place 0 mx1.b.example:25
            ! kept 0
            C0: MAIL FROM:<ann@a.example>
            {end}
            E: close 0
            E: place 1 mx1.b.example:25, a new one
            ! fresh 1
            E: connect 1 192.0.2.1 within 30000
            ! connected 1 192.0.2.1
            {}{}E: rcpt 0: accepted, 250 Ok (mx1.b.example)",
            open(1),
            takes(1, "carl@b.example")
        );
        let script = if end.ends_with("what?") {
            script.replace("S0: 250 what?", "S0: 250 what?\nC0: RCPT TO:<carl@b.example>\n! cut 0")
        } else {
            script
        };
        second(&World::new(hops(2)), &script);
    }
}

#[test]
fn a_new_one_that_fails_as_well_is_what_it_is() {
    let script = "! rcpt carl@b.example
        E: place 0 mx1.b.example:25
        ! kept 0
        C0: MAIL FROM:<ann@a.example>
        ! cut 0
        E: close 0
        E: place 1 mx1.b.example:25, a new one
        ! fresh 1
        E: connect 1 192.0.2.1 within 30000
        ! refused 1
        E: close 1
        E: rcpt 0: 451 4.4.1 No next host answers; try again later";
    second(&World::new(hops(1)), script);
}

#[test]
fn one_that_takes_no_further_message_is_not_kept() {
    let script = message().replace("E: keep 0\n", "C0: QUIT\nE: close 0\n");
    World::new(hops(1)).plan(|plan| plan.hops[0].max_messages = 1).plays(&script);
    let limited = script.replace("S0: 250 mx\n", "S0: 250-mx\nS0: 250 LIMITS MAILMAX=1\n");
    World::new(hops(1)).plays(&limited);
}

#[test]
fn of_a_bounded_number_of_messages_each_counts() {
    let world = World::new(hops(1)).plan(|plan| plan.hops[0].max_messages = 2);
    let script = "! rcpt carl@b.example
        E: place 0 mx1.b.example:25
        ! kept 0
        C0: MAIL FROM:<ann@a.example>
        S0: 250 Ok
        C0: RCPT TO:<carl@b.example>
        S0: 250 Ok
        E: rcpt 0: accepted, 250 Ok (mx1.b.example)
        ! data
        C0: DATA
        S0: 354 Go on
        E: wants content from 0
        ! end
        C0: .
        S0: 250 Queued
        E: carl@b.example: accepted, 250 Queued (mx1.b.example)
        C0: QUIT
        E: close 0";
    second(&world, script);
}

#[test]
fn a_kept_connection_to_elsewhere_is_given_back() {
    let world = World::new(hops(1));
    let mut play = Play::new(world, usize::MAX);
    play.script(&message());
    play.world.by_hand = true;
    play.world.plan.hops = hops(2).split_off(1);
    play.next();
    let played = play.script("! rcpt carl@b.example\n! kept 0\n! fresh 1");
    let expected = "! rcpt carl@b.example
E: place 0 mx2.b.example:25
! kept 0
E: keep 0
E: place 1 mx2.b.example:25, a new one
! fresh 1
E: connect 1 192.0.2.2 within 30000
";
    assert_eq!(played, expected);
}
