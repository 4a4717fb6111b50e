//! A client that is cut off at any octet, and a hop that is: nobody gets what has no end, and what may be there twice is counted.

use passerelle::gateway::{Ending, Taken};
use passerelle::tls::End;

use crate::groups::archiving;
use crate::hop::{CUT, Hop};
use crate::host::Host;
use crate::late;
use crate::relay::{DNS, MESSAGE, RELAY, SMART};

fn worlds() -> Vec<Box<dyn Fn() -> Host>> {
    vec![
        Box::new(|| Host::new(RELAY, DNS).hop(SMART, Hop::new())),
        Box::new(|| late::subject_host().hop(SMART, Hop::new())),
        Box::new(|| archiving().hop("198.51.100.9", Hop::new())),
    ]
}

/// Those of the message itself: the archive's are its own.
fn taken(host: &mut Host) -> usize {
    host.taken().iter().filter(|(to, _)| to.contains(&"bob@example.org".to_owned())).count()
}

#[test]
fn given_a_client_that_is_cut_off_at_any_octet_when_its_message_had_no_end_then_nobody_has_it() {
    let envelope = "MAIL FROM:<ann@example.com>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n";
    let message = format!("{MESSAGE}.\r\n");
    for make in worlds() {
        for cut in 0..=envelope.len() + message.len() {
            let mut host = make();
            host.say("");
            host.say("EHLO client.example\r\n");
            let (first, second) =
                (&envelope[..cut.min(envelope.len())], &message[..cut.saturating_sub(envelope.len())]);
            host.say(first);
            host.say(second);
            let was_told = host.heard.contains(" said: Queued as");
            host.end(End::Cut);
            assert!(host.closed.is_some() && host.gateway.is_over(), "{cut}");
            assert_eq!(host.budget.held(), 0, "{cut}");
            let is_whole = cut == envelope.len() + message.len();
            assert_eq!((taken(&mut host), was_told), (usize::from(is_whole), is_whole), "{cut}");
            let has_begun = cut >= "MAIL FROM:<ann@example.com>\r\n".len();
            assert_eq!(host.done.len(), usize::from(has_begun), "{cut}");
            if let Some(done) = host.done.first() {
                assert_eq!(done.end, if is_whole { Ending::Accepted } else { Ending::Aborted }, "{cut}");
                assert!(!done.second_copy_possible, "{cut}");
            }
        }
    }
}

#[test]
fn given_a_hop_that_is_cut_off_at_any_command_when_it_may_have_taken_the_message_then_that_alone_is_counted() {
    for (command, is_counted) in [("EHLO", false), ("MAIL", false), ("RCPT", false), ("DATA", false), (".", true)] {
        for make in [0, 1] {
            let mut host = match make {
                0 => Host::new(RELAY, DNS).hop(SMART, Hop::new().on(command, CUT)),
                _ => late::subject_host().hop(SMART, Hop::new().on(command, CUT)),
            };
            let rcpt = host.envelope("ann@example.com", &["bob@example.org"]);
            let said = if rcpt.starts_with("250") { host.message(MESSAGE) } else { rcpt };
            assert!(said.starts_with("451 4.4."), "{command}: {said}");
            assert_eq!(taken(&mut host), 0, "{command}");
            host.say("QUIT\r\n");
            let done = host.only_done();
            assert_eq!(done.second_copy_possible, is_counted, "{command}");
            let expected = if is_counted { Taken::Unconfirmed } else { Taken::Deferred };
            assert_eq!(done.recipients[0].fate, expected, "{command}");
            assert!(host.closed.is_some());
        }
    }
}
