//! AUTH (RFC 4954): when it may be used, what the host decides, and what guessing costs.

use std::sync::Arc;

use passerelle::crypto::Hash;
use passerelle::smtp::Reply;
use passerelle::smtp::sasl::server::{self as sasl, Credentials, Failure, Stored};
use passerelle::smtp::sasl::{Entropy, Mechanism, ScramVerifier, Secret, SecretKey, client};
use passerelle::smtp::server::{Closed, Decision, Decisions, Event, Extensions, Limits, Request, Settings};

use crate::talk::{Talk, session, settings};

/// `\0ann\0pencil`
const ANN: &str = "AGFubgBwZW5jaWw=";
/// `\0ann\0pencils`
const WRONG: &str = "AGFubgBwZW5jaWxz";

fn with_auth(in_clear: bool) -> Settings {
    let auth = sasl::Settings {
        mechanisms: vec![Mechanism::ScramSha256Plus, Mechanism::ScramSha256, Mechanism::Plain, Mechanism::Login],
        secrets_in_clear_text: in_clear,
        ..sasl::Settings::new(SecretKey::new([1; 32]))
    };
    Settings {
        auth: Some(Arc::new(auth)),
        relay_for_authenticated: true,
        decisions: Decisions { auth: true, message: true, ..Decisions::default() },
        extensions: Extensions { starttls: true, ..Extensions::default() },
        ..settings()
    }
}

/// A host that knows Ann and her pencil.
fn ann(request: &Request) -> Option<Decision> {
    Some(match request {
        Request::Auth { credentials, .. } => Decision::Auth(match credentials {
            Credentials::Password { authcid, .. } | Credentials::Scram { authcid, .. } if authcid == "ann" => {
                let verifier = ScramVerifier::derive(Hash::Sha256, "pencil", &[2; 16], 4096).unwrap();
                sasl::Decision::Compare(vec![Stored::verifier(verifier)])
            }
            _ => sasl::Decision::UnknownUser,
        }),
        _ => Decision::Accept,
    })
}

fn talk(settings: Settings) -> Talk {
    let mut talk = Talk::with_host(settings, Box::new(ann));
    talk.send("EHLO client.example.org\r\n");
    talk
}

#[test]
fn a_dialogue() {
    let mut talk = Talk::with_host(with_auth(false), Box::new(ann));
    talk.run(&format!(
        "S: 220 mx.example.com ESMTP
         C: AUTH PLAIN {ANN}
         S: 503 5.5.1 Say EHLO first
         C: HELO client.example.org
         S: 250 mx.example.com
         C: AUTH PLAIN {ANN}
         S: 503 5.5.1 Say EHLO first
         C: EHLO client.example.org
         S: 250-mx.example.com
         S: 250-PIPELINING
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-CHUNKING
         S: 250-ENHANCEDSTATUSCODES
         S: 250-STARTTLS
         S: 250-SIZE 52428800
         S: 250 AUTH SCRAM-SHA-256
         C: AUTH PLAIN {ANN}
         S: 538 5.7.11 Encryption required for requested authentication mechanism
         C: AUTH CRAM-MD5
         S: 504 5.5.4 Unrecognized authentication type
         C: STARTTLS
         S: 220 2.0.0 Ready to start TLS
         TLS
         C: EHLO client.example.org
         S: 250-mx.example.com
         S: 250-PIPELINING
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-CHUNKING
         S: 250-ENHANCEDSTATUSCODES
         S: 250-SIZE 52428800
         S: 250 AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN
         C: MAIL FROM:<ann@example.com>
         S: 250 2.1.0 Sender OK
         C: AUTH PLAIN {ANN}
         S: 503 5.5.1 Not while a message has begun
         C: RCPT TO:<bob@example.net>
         S: 550 5.7.1 Relaying denied
         C: RSET
         S: 250 2.0.0 OK
         C: AUTH PLAIN
         S: 334 \n\
         C: {ANN}
         S: 235 2.7.0 Authentication succeeded
         C: AUTH PLAIN {ANN}
         S: 503 5.5.1 You have authenticated already
         # The list of mechanisms is gone, and the identity outlives EHLO.
         C: EHLO client.example.org
         S: 250-mx.example.com
         S: 250-PIPELINING
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-CHUNKING
         S: 250-ENHANCEDSTATUSCODES
         S: 250 SIZE 52428800
         C: MAIL FROM:<ann@example.com> AUTH=<>
         C: RCPT TO:<bob@example.net>
         C: DATA
         S: 250 2.1.0 Sender OK
         S: 250 2.1.5 Recipient OK
         S: 354 Go ahead; end with <CRLF>.<CRLF>
         C: .
         S: 250 2.0.0 Message accepted",
    ));
    assert_eq!(talk.messages[0].0.protocol, "ESMTPSA");
    let authenticated: Vec<_> = talk.events.iter().filter(|event| matches!(event, Event::Authenticated(_))).collect();
    let [Event::Authenticated(identity)] = &authenticated[..] else { panic!("{:?}", talk.events) };
    assert_eq!((identity.user.as_str(), identity.mechanism), ("ann", Some(Mechanism::Plain)));
}

#[test]
fn login_and_cancelling() {
    let mut talk = talk(with_auth(true));
    talk.run(
        "C: AUTH LOGIN
         S: 334 VXNlcm5hbWU6
         C: YW5u
         S: 334 UGFzc3dvcmQ6
         C: cGVuY2ls
         S: 235 2.7.0 Authentication succeeded",
    );
    let mut talk = self::talk(with_auth(true));
    assert_eq!(talk.send("AUTH LOGIN\r\n"), "334 VXNlcm5hbWU6\r\n");
    assert_eq!(talk.send("*\r\n"), "");
    assert_eq!(talk.pass(1000), "501 5.7.0 Authentication cancelled\r\n");
    // A response that is a command is a response.
    talk.send("AUTH PLAIN\r\n");
    assert_eq!(talk.send("QUIT\r\n"), "");
    assert_eq!(talk.pass(2000), "501 5.5.2 Malformed authentication message\r\n");
    talk.send("AUTH PLAIN\r\n");
    assert_eq!(talk.send("A\nA\r\n"), "");
    assert_eq!(talk.pass(4000), "501 5.5.2 Cannot decode base64\r\n");
    talk.send("AUTH PLAIN\r\n");
    assert_eq!(talk.send("A".repeat(20_000) + "\r\n"), "");
    assert_eq!(talk.pass(8000), "500 5.5.6 Authentication exchange line is too long\r\n");
    assert_eq!(talk.send("NOOP\r\n"), "250 2.0.0 OK\r\n");
}

/// SCRAM by the client of this crate, with channel binding.
#[test]
fn scram() {
    for (name, tls) in [("SCRAM-SHA-256", false), ("SCRAM-SHA-256-PLUS", true)] {
        let mut talk = talk(with_auth(false));
        if tls {
            talk.send("STARTTLS\r\n");
            talk.secure();
            talk.send("EHLO client.example.org\r\n");
        }
        let account =
            client::Account::Password { user: "ann".into(), password: Secret::new("pencil"), acting_as: None };
        let account = Arc::new(client::Settings::new(account));
        let session = tls.then(session);
        let (mut exchange, start) =
            client::Exchange::start(&account, session.as_ref(), &mut Entropy::new([5; 32]), &[name.to_owned()])
                .unwrap();
        let mut reply = talk.send(format!("{}\r\n", start.expose()));
        while let Some(challenge) = reply.strip_prefix("334 ") {
            let response = exchange.challenge(challenge.trim_end()).unwrap();
            reply = talk.send(format!("{}\r\n", response.expose()));
        }
        assert_eq!(reply, "235 2.7.0 Authentication succeeded\r\n", "{name}");
    }
}

/// Each failure takes longer than the one before, and after the last the session ends. Whether the user exists does not
/// show.
#[test]
fn guessing() {
    let mut talk = talk(with_auth(true));
    let stranger = "AGV2ZQBwZW5jaWw="; // \0eve\0pencil
    for (try_, delay) in [1000, 2000, 4000, 8000].into_iter().enumerate() {
        let response = if try_ % 2 == 0 { WRONG } else { stranger };
        assert_eq!(talk.send(format!("AUTH PLAIN {response}\r\n")), "");
        assert!(talk.wake.is_some_and(|wake| wake.0 == talk.now.monotonic.0 + delay));
        // What is sent meanwhile waits, and does not shorten the time.
        assert_eq!(talk.send("NOOP\r\n"), "");
        assert_eq!(talk.pass(delay - 1), "");
        assert_eq!(talk.pass(1), "535 5.7.8 Authentication credentials invalid\r\n250 2.0.0 OK\r\n");
    }
    talk.send(format!("AUTH PLAIN {WRONG}\r\n"));
    let last = talk.pass(16_000);
    assert_eq!(
        last,
        "535 5.7.8 Authentication credentials invalid\r\n421 4.7.0 Too many failures of authentication\r\n"
    );
    assert_eq!(talk.closed, Some(Closed::TooManyAuthFailures));
    let failures = talk.events.iter().filter(|event| {
        matches!(
            event,
            Event::AuthenticationFailed { mechanism: Some(Mechanism::Plain), failure: Failure::Credentials, .. }
        )
    });
    assert_eq!(failures.count(), 5);
}

#[test]
fn early_talkers_and_what_they_get() {
    let mut talk = talk(with_auth(true));
    let reply = talk.send(format!("AUTH PLAIN {ANN}\r\nMAIL FROM:<ann@example.com>\r\n"));
    assert_eq!(reply, "554 5.5.0 You went on before the reply to AUTH\r\n");
    assert_eq!(talk.closed, Some(Closed::EarlyTalker));
    assert!(talk.requests.is_empty());
}

#[test]
fn submission_needs_authentication() {
    let mut talk = talk(Settings { auth_required: true, ..with_auth(true) });
    talk.run(&format!(
        "C: MAIL FROM:<ann@example.com>
         S: 530 5.7.0 Authentication required
         C: AUTH PLAIN {ANN}
         S: 235 2.7.0 Authentication succeeded
         C: MAIL FROM:<ann@example.com>
         S: 250 2.1.0 Sender OK"
    ));
}

/// A host that knows nothing of users refuses them all; one that can't tell now says so, and nobody is blamed.
#[test]
fn hosts() {
    let mut settings = with_auth(true);
    settings.decisions.auth = false;
    settings.timeouts.auth_delay = 0;
    let mut talk = talk(settings);
    assert_eq!(talk.send(format!("AUTH PLAIN {ANN}\r\n")), "535 5.7.8 Authentication credentials invalid\r\n");

    let mut settings = with_auth(true);
    settings.limits = Limits { auth_failures: 1, ..Limits::default() };
    let unavailable = |_: &Request| Some(Decision::Auth(sasl::Decision::Unavailable));
    let mut talk = Talk::with_host(settings.clone(), Box::new(unavailable));
    talk.send("EHLO client.example.org\r\n");
    assert_eq!(talk.send(format!("AUTH PLAIN {ANN}\r\n")), "454 4.7.0 Temporary authentication failure\r\n");
    // No decision within the time is the same.
    let mut talk = Talk::with_host(settings.clone(), Box::new(|_| None));
    talk.send("EHLO client.example.org\r\n");
    assert_eq!(talk.send(format!("AUTH PLAIN {ANN}\r\n")), "");
    assert_eq!(talk.pass(240_000), "454 4.7.0 Temporary authentication failure\r\n");
    // Nor may the host accept by mistake what it was not asked.
    let close = |_: &Request| Some(Decision::Close(Reply::new(421, None, "Not from there")));
    let mut talk = Talk::with_host(settings, Box::new(close));
    talk.send("EHLO client.example.org\r\n");
    assert_eq!(talk.send(format!("AUTH PLAIN {ANN}\r\n")), "421 4.0.0 Not from there\r\n");
    assert_eq!(talk.closed, Some(Closed::ByHost));
}
