//! Each decision, taken now, later, not at all, and wrongly.

use passerelle::smtp::server::{
    Abort, Closed, Decision, DecisionId, Decisions, EarlyTalkers, Event, Input, Protocol, Request, Settings,
};
use passerelle::smtp::{EnhancedCode, Reply};
use passerelle::tls::Converse;
use passerelle::{Machine, Misuse};

use crate::talk::{Talk, settings};

fn all() -> Settings {
    Settings { decisions: Decisions::ALL, ..settings() }
}

/// A host that takes its time with everything.
fn later(settings: Settings) -> Talk {
    Talk::with_host(settings, Box::new(|_| None))
}

fn name(request: &Request) -> &'static str {
    match request {
        Request::Connect => "connect",
        Request::Hello(_) => "hello",
        Request::Auth { .. } => "auth",
        Request::Mail(_) => "mail",
        Request::Rcpt { .. } => "rcpt",
        Request::HeaderEnd { .. } => "header",
        Request::Message(_) => "message",
        Request::Vrfy(_) => "vrfy",
        Request::Expn(_) => "expn",
    }
}

/// A whole session comes at once; each command waits for the decision before it.
#[test]
fn each_later() {
    let mut talk = later(Settings { early_talkers: EarlyTalkers::Serve, ..all() });
    talk.send(
        "EHLO a.example\r\nVRFY bob\r\nEXPN staff\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n\
         Subject: x\r\n\r\nbody\r\n.\r\nNOOP\r\nQUIT\r\n",
    );
    let mut decided = Vec::new();
    while let Some((_, request)) = talk.undecided.first() {
        let name = name(request);
        assert!(!talk.server.wants_octets(), "{name}");
        assert_eq!(talk.undecided.len(), 1);
        decided.push((name, talk.decide(Decision::Accept).lines().last().unwrap_or_default().to_owned()));
    }
    let expected = [
        ("connect", "220 mx.example.com ESMTP"),
        ("hello", "250 SIZE 52428800"),
        ("vrfy", "252 2.5.0 Cannot tell; send a message and see"),
        ("expn", "252 2.5.0 Cannot tell; send a message and see"),
        ("mail", "250 2.1.0 Sender OK"),
        ("rcpt", "354 Go ahead; end with <CRLF>.<CRLF>"),
        ("header", ""),
        ("message", "221 2.0.0 Bye"),
    ];
    assert_eq!(decided, expected.map(|(name, reply)| (name, reply.to_owned())));
    assert_eq!(talk.messages[0].1, b"Subject: x\r\n\r\nbody\r\n");
    assert_eq!(talk.closed, Some(Closed::Quit));
}

/// The body is not handed on before the host has decided on the header section.
#[test]
fn the_body_waits() {
    let mut talk = later(all());
    let mut step = |octets: &str, decision| {
        talk.send(octets);
        talk.decide(decision)
    };
    step("", Decision::Accept);
    step("EHLO a.example\r\n", Decision::Accept);
    step("MAIL FROM:<ann@example.org>\r\n", Decision::Accept);
    step("RCPT TO:<bob@example.com>\r\n", Decision::Accept);
    talk.send("DATA\r\n");
    talk.send("Subject: x\r\n\r\nbody\r\n.\r\nNOOP\r\n");
    assert_eq!(name(&talk.undecided[0].1), "header");
    // The message of a refused header section is read to its end, and not handed on.
    let refusal = Decision::Refuse(Reply::new(550, Some(EnhancedCode::new(5, 7, 1)), "No"));
    assert_eq!(talk.decide(refusal), "550 5.7.1 No\r\n250 2.0.0 OK\r\n");
    assert_eq!((&talk.aborted[..], talk.messages.len()), (&[Abort::Refused][..], 0));
}

/// A message without a body, and one without anything, has a header section too.
/// The client can't tell them from a message that is delivered; the host's log can.
#[test]
fn discarded_and_quarantined_messages() {
    let done = || Some(Reply::new(250, None, "Queued as 1"));
    for (decision, event, reply) in [
        (Decision::Accept, None, "250 2.0.0 Message accepted\r\n"),
        (Decision::Discard(None), Some(Event::Discarded), "250 2.0.0 Message accepted\r\n"),
        (Decision::Discard(done()), Some(Event::Discarded), "250 2.0.0 Queued as 1\r\n"),
        (Decision::Quarantine(None), Some(Event::Quarantined), "250 2.0.0 Message accepted\r\n"),
        (Decision::Quarantine(done()), Some(Event::Quarantined), "250 2.0.0 Queued as 1\r\n"),
    ] {
        for (protocol, hello, replies) in [(Protocol::Smtp, "EHLO", 1), (Protocol::Lmtp, "LHLO", 2)] {
            let decision = decision.clone();
            let mut talk = Talk::with_host(
                Settings { protocol, ..settings() },
                Box::new(move |request| {
                    assert!(matches!(request, Request::Message(_)));
                    Some(decision.clone())
                }),
            );
            talk.send(format!("{hello} a.example\r\n"));
            let recipients = "RCPT TO:<bob@example.com>\r\nRCPT TO:<carol@example.com>\r\n";
            talk.send(format!("MAIL FROM:<>\r\n{recipients}DATA\r\n"));
            assert_eq!(talk.send(".\r\n"), reply.repeat(replies));
            assert_eq!(talk.events, event.iter().cloned().collect::<Vec<_>>());
            assert_eq!(talk.aborted, []);
        }
    }
    // Of a message alone, and never by a reply that refuses.
    let mut talk = Talk::with_host(Settings { decisions: Decisions::ALL, ..settings() }, Box::new(|_| None));
    let (id, _) = talk.undecided[0];
    for decision in [Decision::Discard(None), Decision::Quarantine(None)] {
        let misuse = talk.server.handle(talk.now, Input::Decide(id, decision));
        assert_eq!(misuse, Err(Misuse::NothingToDecide));
    }
}

#[test]
fn header_sections_that_do_not_end() {
    for content in ["", "Subject: x\r\n", "\r\n", "Subject: x\r\n\r\n"] {
        let mut talk = Talk::new(Settings {
            decisions: Decisions { header: true, message: true, ..Decisions::default() },
            ..settings()
        });
        talk.send("EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n");
        assert_eq!(talk.send([content, ".\r\n"].concat()), "250 2.0.0 Message accepted\r\n");
        assert_eq!(talk.requests.iter().map(name).collect::<Vec<_>>(), ["header", "message"], "{content:?}");
        assert_eq!(talk.messages[0].1, content.as_bytes());
    }
}

#[test]
fn refusals() {
    let refuse = |which: &'static str| {
        move |request: &Request| {
            Some(match name(request) == which {
                true => Decision::Refuse(Reply::new(450, None, "Not now")),
                false => Decision::Accept,
            })
        }
    };
    for (which, octets, expected, last) in [
        ("hello", "EHLO a.example\r\nMAIL FROM:<>\r\n", "450 4.0.0 Not now\r\n", "503 5.5.1 Say EHLO first\r\n"),
        ("vrfy", "VRFY bob\r\nNOOP\r\n", "450 4.0.0 Not now\r\n", "250 2.0.0 OK\r\n"),
        (
            "mail",
            "HELO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\n",
            "450 4.0.0 Not now\r\n",
            "503 5.5.1 Say MAIL first\r\n",
        ),
        (
            "rcpt",
            "HELO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n",
            "450 4.0.0 Not now\r\n",
            "554 5.5.1 No valid recipients\r\n",
        ),
    ] {
        let mut talk = Talk::with_host(all(), Box::new(refuse(which)));
        talk.read();
        let replies = talk.send(octets);
        assert!(replies.ends_with(&[expected, last].concat()), "{which}: {replies}");
    }
    // A HELO that is refused leaves the session as it was, a message that had begun included (RFC 5321 §4.1.4).
    let host = |request: &Request| {
        Some(match request {
            Request::Hello(hello) if hello.name.as_str() == "evil.example" => {
                Decision::Refuse(Reply::new(550, None, "No"))
            }
            _ => Decision::Accept,
        })
    };
    let mut talk = Talk::with_host(all(), Box::new(host));
    talk.send("EHLO a.example\r\nMAIL FROM:<>\r\n");
    assert_eq!(
        talk.send("EHLO evil.example\r\nRCPT TO:<bob@example.com>\r\n"),
        "550 5.0.0 No\r\n250 2.1.5 Recipient OK\r\n"
    );
    assert_eq!(talk.server.peer().hello.as_ref().unwrap().name.as_str(), "a.example");
}

/// RFC 5321 §3.1: a client that is not served is told so, and may say QUIT.
#[test]
fn connections_refused() {
    let refuse =
        |code| move |_: &Request| Some(Decision::Refuse(Reply::new(code, Some(EnhancedCode::new(5, 7, 1)), "Go away")));
    let mut talk = Talk::with_host(all(), Box::new(refuse(554)));
    talk.run(
        "S: 554 Go away
         C: EHLO a.example
         S: 503 5.5.1 No service here; QUIT
         C: BDAT 6
         C: NOOP
         S: 503 5.5.1 No service here; QUIT
         C: QUIT
         S: 221 2.0.0 Bye",
    );
    let mut talk = Talk::with_host(all(), Box::new(refuse(421)));
    assert_eq!(talk.read(), "421 mx.example.com Go away\r\n");
    assert_eq!(talk.closed, Some(Closed::ByHost));
}

/// RFC 5321 §4.2.3: in place of the greeting, 421 says who it is that closes, and says it once.
#[test]
fn with_421_in_place_of_the_greeting_the_server_says_its_name() {
    for text in ["Busy", "mx.example.com Busy"] {
        let reply = Reply::new(421, None, text);
        for decision in [Decision::Refuse(reply.clone()), Decision::Close(reply)] {
            let host = move |request: &Request| (name(request) == "connect").then(|| decision.clone());
            assert_eq!(Talk::with_host(all(), Box::new(host)).read(), "421 mx.example.com Busy\r\n");
        }
    }
}

/// 421 closes the connection, whoever says it.
#[test]
fn with_421_it_ends() {
    for decision in [Decision::Refuse(Reply::new(421, None, "Bye")), Decision::Close(Reply::new(421, None, "Bye"))] {
        for which in ["hello", "vrfy", "mail", "rcpt", "header", "message"] {
            let decision = decision.clone();
            let host =
                move |request: &Request| Some(if name(request) == which { decision.clone() } else { Decision::Accept });
            let mut talk = Talk::with_host(all(), Box::new(host));
            for octets in [
                "EHLO a.example\r\n",
                "VRFY x\r\n",
                "MAIL FROM:<>\r\nRCPT TO:<b@example.com>\r\n",
                "DATA\r\n",
                "\r\n.\r\n",
            ] {
                talk.send(octets);
            }
            assert_eq!(talk.closed, Some(Closed::ByHost), "{which}");
            let aborted = match which {
                "rcpt" | "header" => 1,
                _ => 0,
            };
            assert_eq!(talk.aborted.len(), aborted, "{which}");
        }
    }
}

/// What the host does not decide in time, the client may try again; the host's decision comes too late then, and is not
/// taken for one on something else.
#[test]
fn too_late() {
    let mut talk = later(all());
    assert_eq!(talk.pass(240_000), "421 mx.example.com Try again later\r\n");
    assert_eq!(talk.closed, Some(Closed::ByHost));
    assert_eq!(talk.decide(Decision::Accept), "");

    let mut talk =
        later(Settings { decisions: Decisions { mail: true, message: true, ..Decisions::default() }, ..settings() });
    talk.send("EHLO a.example\r\nMAIL FROM:<one@example.org>\r\n");
    assert_eq!(talk.pass(240_000), "451 4.3.0 Try again later\r\n");
    talk.send("MAIL FROM:<two@example.org>\r\n");
    assert_eq!(talk.decide(Decision::Accept), "", "that was for one@");
    assert_eq!(talk.decide(Decision::Accept), "250 2.1.0 Sender OK\r\n");
    talk.send("RCPT TO:<bob@example.com>\r\nDATA\r\n");
    talk.send(".\r\n");
    assert_eq!(talk.pass(240_000), "", "for a message there is more time");
    assert_eq!(talk.pass(300_000), "451 4.3.0 Try again later\r\n");
    assert_eq!(talk.aborted, [Abort::Undecided]);
    assert_eq!(talk.decide(Decision::Accept), "");
}

#[test]
fn misuse() {
    let nothing = Err(Misuse::NothingToDecide);
    let mut talk = later(all());
    let mut decide = |id, decision| talk.server.handle(talk.now, Input::Decide(DecisionId(id), decision));
    let ok = Reply::new(250, None, "OK");
    assert_eq!(decide(1, Decision::Accept), nothing, "not asked yet");
    assert_eq!(decide(0, Decision::Refuse(ok.clone())), nothing, "250 refuses nothing");
    assert_eq!(decide(0, Decision::AcceptWith(ok.clone())), nothing, "the greeting is the server's");
    assert_eq!(decide(0, Decision::Each(vec![ok.clone()])), nothing, "there is no message");
    assert_eq!(decide(0, Decision::Close(Reply::new(354, None, "Go on"))), nothing);
    assert_eq!(decide(0, Decision::Close(Reply::new(954, None, "What"))), nothing);
    assert_eq!(decide(0, Decision::Auth(passerelle::smtp::sasl::server::Decision::Accept)), nothing);
    assert_eq!(decide(0, Decision::Accept), Ok(()));
    assert_eq!(decide(0, Decision::Accept), Ok(()), "it counts for nothing");
    talk.drain();
    talk.undecided.clear();

    let mut talk = later(Settings { protocol: Protocol::Lmtp, ..settings() });
    talk.send("LHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
    talk.send(".\r\n");
    let (id, _) = talk.undecided[0];
    let one = Input::Decide(id, Decision::Each(vec![ok.clone()]));
    assert_eq!(talk.server.handle(talk.now, one), nothing, "there are two recipients");
    assert_eq!(talk.decide(Decision::AcceptWith(ok)), "250 2.0.0 OK\r\n".repeat(2));
}

/// Octets that come although none are wanted wait, up to a bound.
#[test]
fn octets_that_are_not_wanted() {
    let mut talk = later(Settings { decisions: Decisions { mail: true, ..Decisions::default() }, ..settings() });
    talk.send("EHLO a.example\r\nMAIL FROM:<>\r\n");
    let noops = b"NOOP\r\n".repeat(10);
    assert!(!talk.server.wants_octets());
    assert_eq!(talk.server.octets(talk.now, &noops), Ok(()));
    assert_eq!(talk.server.octets(talk.now, &[b'x'; 65_536]), Err(Misuse::NotReading));
    assert_eq!(talk.decide(Decision::Accept), "250 2.1.0 Sender OK\r\n".to_owned() + &"250 2.0.0 OK\r\n".repeat(10));
    assert!(talk.server.wants_octets());
}

/// What the host's replies have in them that the wire can't carry does not get there.
#[test]
fn replies_of_the_host() {
    let long = "é".repeat(700);
    let text = format!("one\r\ntwo\n{long}\n250 OK");
    let host = move |_: &Request| {
        Some(Decision::Refuse(Reply {
            code: 550,
            enhanced: Some(EnhancedCode::new(2, 0, 0)),
            lines: vec![text.clone()],
        }))
    };
    let mut talk = Talk::with_host(
        Settings { decisions: Decisions { mail: true, ..Decisions::default() }, ..settings() },
        Box::new(host),
    );
    talk.send("EHLO a.example\r\n");
    let reply = talk.send("MAIL FROM:<>\r\n");
    assert!(reply.starts_with("550 5.0.0 one  two ???") && reply.ends_with("\r\n") && reply.matches('\n').count() == 1);
    assert!(reply.len() <= 512 && reply.is_ascii());
    assert!(talk.send("MAIL FROM:<> SMTPUTF8\r\n").contains("ééé"));
}
