//! Messages whose recipients come one by one.

use passerelle::smtp::client::{Client, Delivery, Envelope, Event, Input, Needs, Omitted, Protocol, Recipient, Stage};
use passerelle::smtp::parameters::{Notify, RcptParameters};
use passerelle::{Machine, Misuse, Output};

use crate::dialogue::{Play, WHOLE, dialogue, envelope, mailbox, settings, start};
use crate::server::Server;

#[test]
fn each_recipient_is_answered_before_the_next_is_known() {
    let script = "
        S: 220 mx
        C: EHLO client.example
        S: 250 mx
        E: ready
        ! begin
        C: MAIL FROM:<ann@client.example>
        S: 250 2.1.0 Ok
        ! rcpt bob@mx.example
        C: RCPT TO:<bob@mx.example>
        S: 250 2.1.5 Ok
        E: rcpt 0: accepted, 250 2.1.5 Ok
        ! rcpt carl@mx.example
        C: RCPT TO:<carl@mx.example>
        S: 550 5.1.1 Who?
        E: rcpt 1: refused at Rcpt, 550 5.1.1 Who?
        ! rcpt dora@mx.example
        C: RCPT TO:<dora@mx.example>
        S: 450 4.2.2 Full
        E: rcpt 2: refused at Rcpt, 450 4.2.2 Full
        ! data
        C: DATA
        S: 354 Go on
        E: wants content
        ! content Subject: x
        C: Subject: x
        ! end
        C: .
        S: 250 2.0.0 Queued
        E: bob@mx.example: accepted, 250 2.0.0 Queued
        E: carl@mx.example: refused at Rcpt, 550 5.1.1 Who?
        E: dora@mx.example: refused at Rcpt, 450 4.2.2 Full
        ! quit
        C: QUIT
        S: 221 Bye
        E: closed, the connection was closed as asked";
    dialogue(&settings(), &[envelope(&[])], script);
}

#[test]
fn with_pipelining_what_comes_goes_out_at_once_and_the_answers_keep_their_order() {
    let script = "
        S: 220 mx
        C: EHLO client.example
        S: 250-mx
        S: 250-PIPELINING
        S: 250 LIMITS RCPTMAX=2
        E: ready
        ! begin
        C: MAIL FROM:<ann@client.example>
        ! rcpt bob@mx.example
        C: RCPT TO:<bob@mx.example>
        ! rcpt carl@mx.example
        C: RCPT TO:<carl@mx.example>
        ! rcpt dora@mx.example
        S: 250 Ok
        S: 250 Bob
        S: 250 Carl
        E: rcpt 0: accepted, 250 Bob
        E: rcpt 1: accepted, 250 Carl
        E: rcpt 2: withheld, TooManyRecipients
        ! data
        C: DATA";
    dialogue(&settings(), &[envelope(&[])], script);
}

#[test]
fn taken_back_before_data_it_is_reset_and_the_connection_goes_on() {
    let script = "
        S: 220 mx
        C: EHLO client.example
        S: 250 mx
        E: ready
        ! begin
        C: MAIL FROM:<ann@client.example>
        S: 250 Ok
        ! rcpt bob@mx.example
        C: RCPT TO:<bob@mx.example>
        S: 250 Ok
        E: rcpt 0: accepted, 250 Ok
        ! abort
        C: RSET
        S: 250 Ok
        E: bob@mx.example: withheld, Aborted
        ! send
        C: MAIL FROM:<ann@client.example>
        S: 250 Ok
        C: RCPT TO:<eve@mx.example>";
    dialogue(&settings(), &[envelope(&[]), envelope(&["eve@mx.example"])], script);
}

#[test]
fn taken_back_while_replies_are_on_their_way_it_is_reset_behind_them() {
    let script = "
        S: 220 mx
        C: EHLO client.example
        S: 250 mx
        E: ready
        ! begin
        C: MAIL FROM:<ann@client.example>
        ! rcpt bob@mx.example
        ! abort
        S: 250 Ok
        C: RSET
        S: 250 Ok
        E: bob@mx.example: withheld, Aborted";
    dialogue(&settings(), &[envelope(&[])], script);
}

#[test]
fn where_nobody_is_taken_there_is_no_data_and_the_connection_goes_on() {
    for offer in ["250 mx", "250 CHUNKING", "250 PIPELINING"] {
        let script = format!(
            "
        S: 220 mx
        C: EHLO client.example
        S: 250-mx
        S: {offer}
        E: ready
        ! begin
        C: MAIL FROM:<ann@client.example>
        S: 250 Ok
        ! rcpt bob@mx.example
        C: RCPT TO:<bob@mx.example>
        S: 550 Who?
        E: rcpt 0: refused at Rcpt, 550 Who?
        ! data
        C: RSET
        S: 250 Ok
        E: bob@mx.example: refused at Rcpt, 550 Who?
        ! begin
        C: MAIL FROM:<ann@client.example>"
        );
        dialogue(&settings(), &[envelope(&[]), envelope(&[])], &script);
    }
}

#[test]
fn a_refused_mail_is_the_answer_to_every_recipient_and_nothing_is_to_be_reset() {
    for end in ["data", "abort"] {
        let script = format!(
            "
        S: 220 mx
        C: EHLO client.example
        S: 250 mx
        E: ready
        ! begin
        C: MAIL FROM:<ann@client.example>
        ! rcpt bob@mx.example
        S: 451 4.7.1 Later
        E: rcpt 0: refused at Mail, 451 4.7.1 Later
        ! rcpt carl@mx.example
        E: rcpt 1: refused at Mail, 451 4.7.1 Later
        ! {end}
        E: bob@mx.example: refused at Mail, 451 4.7.1 Later
        E: carl@mx.example: refused at Mail, 451 4.7.1 Later
        ! begin
        C: MAIL FROM:<ann@client.example>"
        );
        dialogue(&settings(), &[envelope(&[]), envelope(&[])], &script);
    }
}

#[test]
fn what_the_server_cannot_take_is_the_answer_to_every_recipient_and_nothing_is_said() {
    let mut large = envelope(&[]);
    large.needs = Some(Needs { size: 2000, ..Needs::default() });
    let script = "
        S: 220 mx
        C: EHLO client.example
        S: 250-mx
        S: 250 SIZE 1000
        E: ready
        ! begin
        ! rcpt bob@mx.example
        E: rcpt 0: withheld, TooLarge
        ! rcpt carl@mx.example
        E: rcpt 1: withheld, TooLarge
        ! data
        E: bob@mx.example: withheld, TooLarge
        E: carl@mx.example: withheld, TooLarge
        ! begin
        C: MAIL FROM:<ann@client.example>";
    dialogue(&settings(), &[large.clone(), envelope(&[])], script);
    // Taken back, and left, likewise.
    let begun = &script[..script.find("! data").unwrap()];
    let aborted = format!(
        "{begun}! abort
        E: bob@mx.example: withheld, TooLarge
        E: carl@mx.example: withheld, TooLarge
        ! begin
        C: MAIL FROM:<ann@client.example>"
    );
    dialogue(&settings(), &[large.clone(), envelope(&[])], &aborted);
    let left = format!(
        "{begun}! quit
        C: QUIT
        E: bob@mx.example: withheld, TooLarge
        E: carl@mx.example: withheld, TooLarge
        S: 221 Bye
        E: closed, the connection was closed as asked"
    );
    dialogue(&settings(), &[large], &left);
}

#[test]
fn by_bdat_it_is_the_same() {
    let script = "
        S: 220 mx
        C: EHLO client.example
        S: 250-mx
        S: 250 CHUNKING
        E: ready
        ! begin
        C: MAIL FROM:<ann@client.example>
        S: 250 Ok
        ! rcpt bob@mx.example
        C: RCPT TO:<bob@mx.example>
        S: 250 Ok
        E: rcpt 0: accepted, 250 Ok
        ! data
        E: wants content
        ! content Subject: x
        ! end
        C: BDAT 12 LAST
        C: Subject: x
        S: 250 Queued
        E: bob@mx.example: accepted, 250 Queued";
    dialogue(&settings(), &[envelope(&[])], script);
}

#[test]
fn it_is_left_by_quit_while_the_next_recipient_is_waited_for_and_at_no_other_time() {
    let script = "
        S: 220 mx
        C: EHLO client.example
        S: 250 mx
        E: ready
        ! begin
        C: MAIL FROM:<ann@client.example>
        S: 250 Ok
        ! rcpt bob@mx.example
        C: RCPT TO:<bob@mx.example>
        S: 250 Ok
        E: rcpt 0: accepted, 250 Ok
        ! quit
        C: QUIT
        E: bob@mx.example: not sent, the connection was closed as asked
        S: 221 Bye
        E: closed, the connection was closed as asked";
    dialogue(&settings(), &[envelope(&[])], script);
    let mut play = ready();
    play.act("! begin");
    play.drain();
    assert!(matches!(play.client.handle(start(), Input::Quit), Err(Misuse::OutOfOrder(_))), "MAIL is not answered");
}

/// A client that a message can be handed to.
fn ready() -> Play {
    let mut play = Play::new(Client::new(settings(), start()), &[envelope(&[])], WHOLE);
    for line in ["220 mx\r\n", "250 mx\r\n"] {
        play.drain();
        play.server(line.as_bytes());
    }
    play.drain();
    play
}

/// What the server says to MAIL and to the first recipient; then the second one comes, and is answered.
const UP_TO: [&str; 4] = ["250 Ok", "250 Ok", "", "550 Who?"];

/// A message that grows, with its end at one of the moments.
fn until(moment: usize, end: &str) -> Play {
    let mut play = ready();
    let act = |play: &mut Play, step: &str| {
        play.act(step);
        play.drain();
    };
    act(&mut play, "! begin");
    act(&mut play, "! rcpt bob@mx.example");
    for (number, reply) in UP_TO.iter().enumerate() {
        if number == moment {
            match end {
                "421" => play.server(b"421 4.3.2 Going down\r\n"),
                end => act(&mut play, end),
            }
            break;
        }
        if reply.is_empty() {
            act(&mut play, "! rcpt carl@mx.example");
        } else {
            play.server(format!("{reply}\r\n").as_bytes());
        }
        play.drain();
    }
    play.drain();
    play
}

#[test]
fn an_end_at_any_moment_is_told_of_every_recipient_and_what_follows_is_no_misuse() {
    for end in ["421", "! eof", "! cut"] {
        for moment in 0..UP_TO.len() {
            let mut play = until(moment, end);
            let outcomes: Vec<_> = play.outcomes().into_iter().cloned().collect();
            assert_eq!(outcomes.len(), 1, "{end} at {moment}: {:?}", play.events);
            let expected = if moment == 3 { 2 } else { 1 };
            assert_eq!(outcomes[0].recipients.len(), expected, "{end} at {moment}");
            for recipient in &outcomes[0].recipients {
                match (&recipient.delivery, end) {
                    (Delivery::Refused { reply, .. }, "421") => assert_eq!(reply.code, 421),
                    (Delivery::NotSent(_), "! eof" | "! cut") => {}
                    (other, _) => panic!("{end} at {moment}: {other:?}"),
                }
            }
            assert!(matches!(play.events.last(), Some(Event::Closed(_))));
            // The host does not know of it yet, and goes on.
            for input in [Input::Rcpt(mailbox("dora@mx.example").into()), Input::Data, Input::Abort, Input::Quit] {
                play.client.handle(start(), input.clone()).unwrap_or_else(|misuse| panic!("{input:?}: {misuse}"));
            }
            play.drain();
            assert_eq!(play.outcomes().len(), 1);
        }
    }
}

#[test]
fn begun_when_the_connection_has_just_ended_it_is_not_sent() {
    let mut play = Play::new(Client::new(settings(), start()), &[], WHOLE);
    play.server(b"220 mx\r\n");
    play.drain();
    play.client.handle(start(), Input::Octets(b"250 mx\r\n421 4.4.2 timeout\r\n")).unwrap();
    let recipient = || Input::Rcpt(mailbox("bob@mx.example").into());
    for input in [Input::Begin(Box::new(envelope(&[]))), recipient(), recipient(), Input::Data] {
        play.client.handle(start(), input).unwrap();
    }
    play.drain();
    assert_eq!(play.outcomes().len(), 1);
    assert_eq!(play.outcomes()[0].recipients, []);
    assert!(matches!(play.client.handle(start(), recipient()), Err(Misuse::OutOfOrder(_))), "DATA has been said");
}

#[test]
fn for_the_next_recipient_the_client_has_all_the_time_of_the_world() {
    let mut play = until(usize::MAX, "");
    play.drain();
    assert_eq!(play.client.stage(), Stage::Idle);
    assert!(matches!(play.client.poll(), Output::Idle { wake: None }));
}

#[test]
fn after_data_no_recipient_is_taken_and_data_is_said_once() {
    let mut play = until(usize::MAX, "");
    play.act("! data");
    assert!(matches!(play.client.handle(start(), Input::Data), Err(Misuse::OutOfOrder(_))));
    let late = Input::Rcpt(mailbox("eve@mx.example").into());
    assert!(matches!(play.client.handle(start(), late), Err(Misuse::OutOfOrder(_))));
}

#[test]
fn notify_is_left_out_and_told_where_dsn_is_not_offered() {
    let mut play = ready();
    play.act("! begin");
    let parameters = RcptParameters { notify: Some(Notify::default()), original: None };
    for address in ["bob@mx.example", "carl@mx.example"] {
        let recipient = Recipient { to: mailbox(address), parameters: parameters.clone() };
        play.client.handle(start(), Input::Rcpt(recipient)).unwrap();
    }
    play.drain();
    play.act("! abort");
    play.server(b"250 Ok\r\n");
    play.drain();
    play.server(b"250 Ok\r\n");
    play.drain();
    assert_eq!(play.outcomes()[0].omitted, [Omitted::Dsn]);
}

/// The short form and the long one are the same on the wire.
#[test]
fn handed_in_at_once_it_is_what_send_is() {
    for (offer, lmtp) in
        [("250 mx", false), ("250 PIPELINING", false), ("250 CHUNKING", false), ("250 PIPELINING", true)]
    {
        let mut settings = settings();
        settings.protocol = if lmtp { Protocol::Lmtp } else { Protocol::Smtp };
        let wire = |grows: bool| {
            let recipients = ["bob@mx.example", "carl@mx.example", "dora@mx.example"];
            let mut play = Play::new(Client::new(settings.clone(), start()), &[envelope(&recipients)], WHOLE);
            let mut server = Server::new(offer);
            server.lmtp = lmtp;
            if grows {
                let envelope = play.envelopes.pop_front().unwrap();
                play.server(b"220 mx.example\r\n");
                play.drain();
                let replies = server.replies(&play.wire);
                play.server(&replies);
                play.drain();
                play.client
                    .handle(start(), Input::Begin(Box::new(Envelope { recipients: Vec::new(), ..envelope.clone() })))
                    .unwrap();
                for recipient in envelope.recipients {
                    play.client.handle(start(), Input::Rcpt(recipient)).unwrap();
                }
                play.client.handle(start(), Input::Data).unwrap();
                play.drain();
            }
            let message = b"Subject: x\r\n\r\n.\r\n";
            let content = if grows { server.go_on(&mut play, message) } else { server.serve(&mut play, message) };
            let deliveries: Vec<_> = play.outcomes()[0].recipients.clone();
            (play.wire, content, deliveries)
        };
        let (long, short) = (wire(true), wire(false));
        assert_eq!(String::from_utf8_lossy(&long.0), String::from_utf8_lossy(&short.0), "{offer}");
        assert_eq!((long.1, long.2), (short.1, short.2), "{offer}");
        assert!(!short.0.is_empty());
    }
}
