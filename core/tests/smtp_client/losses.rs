//! The connection is lost, at every octet of a session: what is reported of the message is what is true of it.

use passerelle::smtp::client::{Client, Closed, Delivery, Event, Protocol, Settings, Tls};
use passerelle::tls::{Converse, End};
use passerelle::{Machine, Output};

use crate::dialogue::{Play, WHOLE, envelope, settings, start};

const PLAIN: &str = "
    S: 220 mx.example
    S: 250 mx.example
    ! send
    S: 250 Ok
    S: 250 Ok
    S: 550 No
    S: 354 Go on
    ! content Hello
    ! content there
    ! end
    S: 250 Queued
    ! quit
    S: 221 Bye";
const IN_GROUPS: &str = "
    S: 220 mx.example
    S: 250-mx.example
    S: 250 PIPELINING
    ! send
    S: 250 Ok
    S: 250 Ok
    S: 550 No
    S: 354 Go on
    ! content Hello
    ! end
    S: 250 Queued
    ! quit
    S: 221 Bye";
const IN_CHUNKS: &str = "
    S: 220 mx.example
    S: 250-mx.example
    S: 250-CHUNKING
    S: 250 PIPELINING
    ! send
    S: 250 Ok
    S: 250 Ok
    S: 550 No
    ! content Hello
    ! content there
    ! content again
    S: 250 Ok
    S: 250 Ok
    ! end
    S: 250 Queued
    ! quit
    S: 221 Bye";
const STARTTLS: &str = "
    S: 220 mx.example
    S: 250-mx.example
    S: 250 STARTTLS
    S: 220 Go on
    ! tls
    S: 250-mx.example
    S: 250 PIPELINING
    ! send
    S: 250 Ok
    S: 250 Ok
    S: 550 No
    S: 354 Go on
    ! content Hello
    ! end
    S: 250 Queued
    ! quit
    S: 221 Bye";
const LMTP: &str = "
    S: 220 store.example
    S: 250-store.example
    S: 250 PIPELINING
    ! send
    S: 250 Ok
    S: 250 Ok
    S: 550 No
    S: 354 Go on
    ! content Hello
    ! end
    S: 250 Queued
    ! quit
    S: 221 Bye";

/// Where the session is cut: in which step, and behind which octet of it if it has octets.
type Cut = (usize, usize);

#[test]
fn at_every_octet() {
    let smtp = Settings { chunk_size: 7, ..settings() };
    let starttls = Settings { tls: Tls::REQUIRED, ..settings() };
    let lmtp = Settings { protocol: Protocol::Lmtp, ..settings() };
    let mut cuts = 0;
    for (settings, script) in
        [(&smtp, PLAIN), (&smtp, IN_GROUPS), (&smtp, IN_CHUNKS), (&starttls, STARTTLS), (&lmtp, LMTP)]
    {
        let steps: Vec<&str> = script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        for (index, step) in steps.iter().enumerate() {
            let octets = step.strip_prefix("S: ").or(step.strip_prefix("! content ")).map_or(0, |text| text.len() + 2);
            for octet in 0..=octets {
                for end in [End::Orderly, End::Cut, End::TlsFailed] {
                    lose(settings, &steps, (index, octet), end, true);
                    cuts += 1;
                }
                lose(settings, &steps, (index, octet), End::Cut, false);
            }
        }
    }
    assert!(cuts > 2000, "{cuts}");
}

/// Plays up to a cut. Where the host does not poll what was said last, it has not been sent.
fn lose(settings: &Settings, steps: &[&str], (cut_step, cut_octet): Cut, end: End, polls_last: bool) {
    let mut play =
        Play::new(Client::new(settings.clone(), start()), &[envelope(&["a@mx.example", "b@mx.example"])], WHOLE);
    let (mut sent, mut ended, mut queued) = (false, false, false);
    play.drain();
    for (index, step) in steps[..=cut_step].iter().enumerate() {
        let is_cut = index == cut_step;
        if let Some(text) = step.strip_prefix("S: ") {
            // Everything that the client has to say before this has been said by now; a group is answered line by line.
            let line = format!("{text}\r\n");
            let length = if is_cut { cut_octet } else { line.len() };
            play.server(&line.as_bytes()[..length]);
            queued |= text.contains("Queued") && length == line.len();
        } else if let Some(text) = step.strip_prefix("! content ") {
            let line = format!("{text}\r\n");
            play.content(&line.as_bytes()[..if is_cut { cut_octet } else { line.len() }]);
        } else {
            play.act(step);
            sent |= *step == "! send";
            if !is_cut || polls_last {
                play.drain();
                ended |= *step == "! end";
            }
        }
    }
    let what = format!("{:?} in {steps:?} at {cut_step}, {cut_octet}, {polls_last}", play.events);
    if play.client.is_over() {
        assert!(queued, "{what}");
        return;
    }
    let stage = play.client.stage();
    play.client.end(play.now, end).unwrap();
    let unsent = play.wire.len();
    play.drain();
    assert!(play.wire.len() == unsent || !ended && !sent || queued, "what was not polled is not sent: {what}");
    assert!(play.client.is_over() && !play.client.wants_octets() && !play.client.starts_tls(), "{what}");
    assert_eq!(play.client.poll(), Output::Idle { wake: None });
    let Some((Event::Closed(why), before)) = play.events.split_last() else { panic!("{what}") };
    assert!(!before.iter().any(|event| matches!(event, Event::Closed(_))), "{what}");
    let quit = steps[..=cut_step].contains(&"! quit");
    let expected = if quit { Closed::Quit } else { Closed::Lost { stage, end } };
    assert_eq!(*why, expected, "{what}");
    let outcomes = play.outcomes();
    assert_eq!(outcomes.len(), usize::from(sent), "{what}");
    for outcome in outcomes {
        let a = &outcome.recipients[0].delivery;
        let is_right = match (queued, ended) {
            (true, _) => a.is_accepted(),
            (false, true) => *a == Delivery::Unconfirmed(expected.clone()),
            (false, false) => *a == Delivery::NotSent(expected.clone()),
        };
        assert!(is_right, "{a:?}: {what}");
        let b = &outcome.recipients[1].delivery;
        assert!(matches!(b, Delivery::Refused { .. } | Delivery::NotSent(_)), "{b:?}: {what}");
    }
}
