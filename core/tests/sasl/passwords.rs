//! PLAIN, LOGIN and EXTERNAL; application passwords.

use passerelle::Misuse;
use passerelle::crypto::Hash;
use passerelle::smtp::sasl::client::{self, Account};
use passerelle::smtp::sasl::server::{Credentials, Decision, Failure, Step, Stored};
use passerelle::smtp::sasl::{Mechanism, Secret, application_password};

use crate::dialogue::*;

fn password(authzid: Option<&str>, authcid: &str, password: &str) -> Credentials {
    Credentials::Password {
        authzid: authzid.map(str::to_owned),
        authcid: authcid.to_owned(),
        password: Secret::new(password),
    }
}

#[test]
fn examples_of_rfc_4616() {
    let plain = |message| asked(Mechanism::Plain, message);
    assert_eq!(plain("\0tim\0tanstaaftanstaaf"), Ok(password(None, "tim", "tanstaaftanstaaf")));
    assert_eq!(plain("Ursel\0Kurt\0xipj3plmq"), Ok(password(Some("Ursel"), "Kurt", "xipj3plmq")));
    // To act as oneself is to act as nobody else. RFC 4954 §4.1's example: test, test, 1234.
    let (_, step) = begin(&server(&[Mechanism::Plain]), None, "plain", Some("dGVzdAB0ZXN0ADEyMzQ="));
    assert_eq!(step, Step::Verify(password(None, "test", "1234")));
}

#[test]
fn plain_without_an_initial_response_gets_an_empty_challenge() {
    let (mut exchange, step) = begin(&server(&[Mechanism::Plain]), None, "PLAIN", None);
    assert_eq!(step, Step::Challenge(String::new()));
    let step = exchange.line(b"dGVzdAB0ZXN0ADEyMzQ=").unwrap();
    assert_eq!(step, Step::Verify(password(None, "test", "1234")));
}

#[test]
fn malformed_plain() {
    let long = "x".repeat(256);
    let long_password = "x".repeat(1025);
    for message in [
        "",
        "\0",
        "\0\0",
        "tim",
        "\0tim",
        "\0tim\0",
        "\0\0secret",
        "a\0b\0c\0d",
        "\0tim\0sec\0ret",
        &format!("\0{long}\0secret"),
        &format!("{long}\0tim\0secret"),
        &format!("\0tim\0{long_password}"),
        "\0ti\u{7}m\0secret",
    ] {
        let failure = asked(Mechanism::Plain, message).unwrap_err();
        assert!(matches!(failure, Failure::Malformed(_)), "{message:?}: {failure:?}");
        assert_eq!(failure.reply().to_string(), "501 5.5.2 Malformed authentication message");
    }
    let (_, step) = begin(&server(&[Mechanism::Plain]), None, "PLAIN", Some(&encode(b"\0tim\0\xff")));
    assert!(matches!(step, Step::Done(Err(Failure::Malformed(_)))));
}

#[test]
fn login_asks_twice() {
    let settings = server(&[Mechanism::Login]);
    let (mut exchange, step) = begin(&settings, None, "LOGIN", None);
    assert_eq!(step, Step::Challenge("VXNlcm5hbWU6".into()));
    assert_eq!(exchange.line(encode("ann").as_bytes()).unwrap(), Step::Challenge("UGFzc3dvcmQ6".into()));
    assert_eq!(exchange.user(), Some("ann"));
    assert_eq!(exchange.line(encode("pencil").as_bytes()).unwrap(), Step::Verify(password(None, "ann", "pencil")));
    // With the user in the command, as many clients send it.
    let (mut exchange, step) = begin(&settings, None, "LOGIN", Some(&encode("ann")));
    assert_eq!(step, Step::Challenge("UGFzc3dvcmQ6".into()));
    assert_eq!(exchange.line(encode("pencil").as_bytes()).unwrap(), Step::Verify(password(None, "ann", "pencil")));
    for wrong in ["", "a\0b", "\u{7}"] {
        let (_, step) = begin(&settings, None, "LOGIN", Some(&encode(wrong)));
        assert!(matches!(step, Step::Done(Err(Failure::Malformed(_)))), "{step:?}");
    }
}

#[test]
fn login_needs_nothing_of_its_challenges() {
    let settings = client(account("ann", "pencil"), &[Mechanism::Login]);
    let (mut exchange, command) = commanded(&settings, None, &[Mechanism::Login]).unwrap();
    assert_eq!(command.expose(), "AUTH LOGIN");
    assert_eq!(exchange.challenge("who are you?").unwrap().expose(), encode("ann"));
    assert_eq!(exchange.challenge("").unwrap().expose(), encode("pencil"));
    assert_eq!(exchange.finish(&reply(235)), Ok(Mechanism::Login));
}

#[test]
fn host_decides_or_has_it_compared() {
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let with = |decision: Decision| {
            let client = client(account("ann", "pencil"), &[mechanism]);
            let played = play(client, server(&[mechanism]), &Connection::default(), |_| decision.clone());
            assert_eq!(played.server.is_ok(), played.client.is_ok());
            played.server.map(|identity| identity.user)
        };
        assert_eq!(with(Decision::Accept), Ok("ann".into()));
        assert_eq!(with(Decision::Compare(stored("pencil"))), Ok("ann".into()));
        assert_eq!(with(Decision::Compare(vec![Stored::password("pencil".into())])), Ok("ann".into()));
        // One of several is enough.
        let several = vec![verifier(Hash::Sha1, "pen"), Stored::password("pencil".into()), verifier(Hash::Sha1, "p")];
        assert_eq!(with(Decision::Compare(several)), Ok("ann".into()));
        for wrong in [
            Decision::Refuse,
            Decision::UnknownUser,
            Decision::UnknownUserAs("ann@example.com".into()),
            Decision::Compare(Vec::new()),
            Decision::Compare(stored("Pencil")),
            Decision::Compare(vec![Stored::password("pencil ".into())]),
            Decision::CompareAndRefuse(stored("pencil")),
        ] {
            assert_eq!(with(wrong), Err(Failure::Credentials));
        }
        assert_eq!(with(Decision::Unavailable), Err(Failure::Unavailable));
        assert_eq!(with(Decision::ApplicationPasswordNeeded), Err(Failure::ApplicationPasswordNeeded));
    }
}

#[test]
fn spaces_in_application_passwords_do_not_count() {
    assert_eq!(application_password("abcd efgh ijkl mnop").expose(), "abcdefghijklmnop");
    let accepts = |typed: &str, stored: Stored| {
        let client = client(account("ann", typed), &[Mechanism::Plain]);
        let host = |_: &Credentials| Decision::Compare(vec![stored.clone()]);
        play(client, server(&[Mechanism::Plain]), &Connection::default(), host).server.is_ok()
    };
    for application in [
        verifier(Hash::Sha256, "abcdefghijklmnop").of_application(),
        Stored::password("abcd efgh ijkl mnop".into()).of_application(),
        Stored::password("abcdefghijklmnop".into()).of_application(),
    ] {
        assert!(accepts("abcd efgh ijkl mnop", application.clone()));
        assert!(accepts("abcdefghijklmnop", application.clone()));
        assert!(accepts(" abcdefgh ijklmnop ", application.clone()));
        assert!(!accepts("abcd efgh ijkl mno", application));
    }
    // In other passwords they do.
    for other in [verifier(Hash::Sha256, "abcdefgh"), Stored::password("abcdefgh".into())] {
        assert!(accepts("abcdefgh", other.clone()));
        assert!(!accepts("abcd efgh", other));
    }
    assert!(!accepts("abcdefgh", Stored::password("abcd efgh".into())));
}

#[test]
fn to_act_as_somebody_else() {
    let account =
        Account::Password { user: "Kurt".into(), password: "xipj3plmq".into(), acting_as: Some("Ursel".into()) };
    for mechanism in [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha1] {
        let seen = |credentials: &Credentials| {
            let (Credentials::Password { authzid, .. } | Credentials::Scram { authzid, .. }) = credentials else {
                panic!("{credentials:?}")
            };
            assert_eq!((credentials.user(), authzid.as_deref()), (Some("Kurt"), Some("Ursel")));
            Decision::Compare(stored("xipj3plmq")).acting_as("Ursel")
        };
        let played = play(client(account.clone(), &[mechanism]), server(&[mechanism]), &Connection::default(), seen);
        let identity = played.server.unwrap();
        assert_eq!((&*identity.user, identity.acting_as.as_deref()), ("Kurt", Some("Ursel")));
    }
    // LOGIN can't say it.
    let error = commanded(&client(account, &[Mechanism::Login]), None, &[Mechanism::Login]).unwrap_err();
    assert!(matches!(error, client::Error::NoMechanism { .. }));
}

/// Right credentials do not say for whom one may act: the host has to, and for that one.
#[test]
fn without_the_hosts_word_nobody_acts_for_another() {
    let account =
        Account::Password { user: "Kurt".into(), password: "xipj3plmq".into(), acting_as: Some("Ursel".into()) };
    let right = || stored("xipj3plmq");
    for mechanism in [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha1] {
        let outcome = |decision: Decision| {
            let client = client(account.clone(), &[mechanism]);
            play(client, server(&[mechanism]), &Connection::default(), |_| decision.clone()).server
        };
        assert_eq!(outcome(Decision::Compare(right())), Err(Failure::Credentials), "{mechanism}");
        assert_eq!(outcome(Decision::Compare(right()).acting_as("Hans")), Err(Failure::Credentials), "{mechanism}");
        assert_eq!(outcome(Decision::CompareAndRefuse(right()).acting_as("Ursel")), Err(Failure::Credentials));
        assert_eq!(outcome(Decision::Compare(stored("wrong")).acting_as("Ursel")), Err(Failure::Credentials));
        assert_eq!(outcome(Decision::UnknownUser.acting_as("Ursel")), Err(Failure::Credentials));
        assert!(outcome(Decision::Compare(right()).acting_as("Ursel")).is_ok(), "{mechanism}");
        if mechanism == Mechanism::Plain {
            assert_eq!(outcome(Decision::Accept), Err(Failure::Credentials));
            assert!(outcome(Decision::Accept.acting_as("Ursel")).is_ok());
        }
    }
    // A certificate says no more than a password.
    let settings = server(&[Mechanism::External]);
    let connection = Connection { of_client: Some(session(1)), of_server: Some(with_certificate(session(1), true)) };
    let outcome = |decision: Decision| {
        let client = client(Account::Certificate { acting_as: Some("ann".into()) }, &[Mechanism::External]);
        play(client, settings.clone(), &connection, |_| decision.clone()).server
    };
    assert_eq!(outcome(Decision::Accept), Err(Failure::Credentials));
    assert_eq!(outcome(Decision::AcceptAs("bob".into())), Err(Failure::Credentials));
    assert_eq!(outcome(Decision::AcceptAs("bob".into()).acting_as("eve")), Err(Failure::Credentials));
    let identity = outcome(Decision::AcceptAs("ann".into())).unwrap();
    assert_eq!((&*identity.user, identity.acting_as), ("ann", None));
    let identity = outcome(Decision::AcceptAs("bob".into()).acting_as("ann")).unwrap();
    assert_eq!((&*identity.user, identity.acting_as.as_deref()), ("bob", Some("ann")));
}

/// The host can compare where it stands in nobody's way.
#[test]
fn comparing_outside_of_the_machine_is_the_same() {
    let settings = server(&[Mechanism::Plain]);
    for (typed, kept, right) in
        [("pencil", stored("pencil"), true), ("pencils", stored("pencil"), false), ("x", vec![], false)]
    {
        let decided = play(
            client(account("ann", typed), &[Mechanism::Plain]),
            settings.clone(),
            &Connection::default(),
            |credentials| {
                let Credentials::Password { authcid, password, .. } = credentials else { panic!() };
                let is_right = passerelle::smtp::sasl::server::compare(&kept, password, authcid, &settings);
                assert_eq!(is_right, right);
                if is_right { Decision::Accept } else { Decision::Refuse }
            },
        );
        assert_eq!(decided.server.is_ok(), right);
    }
}

#[test]
fn long_initial_responses_wait_for_the_challenge() {
    // RFC 4954 §4: a command line has at most 512 octets.
    let long = "p".repeat(1000);
    let host = |_: &Credentials| Decision::Compare(vec![Stored::password(Secret::new("p".repeat(1000)))]);
    let client = client(account("ann", &long), &[Mechanism::Plain]);
    let played = play(client, server(&[Mechanism::Plain]), &Connection::default(), host);
    assert_eq!(played.from_client[0], "AUTH PLAIN");
    assert_eq!((played.from_server.len(), played.server.is_ok(), played.client.is_ok()), (1, true, true));
}

#[test]
fn external_is_the_certificate() {
    let settings = server(&[Mechanism::External]);
    let connection = Connection { of_client: Some(session(1)), of_server: Some(with_certificate(session(1), true)) };
    let client = |acting_as: Option<&str>| {
        client(Account::Certificate { acting_as: acting_as.map(str::to_owned) }, &[Mechanism::External])
    };
    let played = play(client(None), settings.clone(), &connection, |credentials| {
        assert_eq!(*credentials, Credentials::External { authzid: None, verified: true });
        Decision::AcceptAs("mx.example.com".into())
    });
    assert_eq!(played.from_client, ["AUTH EXTERNAL ="]);
    assert_eq!(played.server.unwrap().user, "mx.example.com");
    let played = play(client(Some("ann")), settings.clone(), &connection, |credentials| {
        assert_eq!(*credentials, Credentials::External { authzid: Some("ann".into()), verified: true });
        Decision::AcceptAs("mx.example.com".into()).acting_as("ann")
    });
    assert_eq!(played.server.unwrap().acting_as.as_deref(), Some("ann"));
    let played = play(client(None), settings.clone(), &connection, |_| Decision::Refuse);
    assert_eq!(played.server, Err(Failure::Credentials));
    // Without a certificate it is not there.
    let (_, step) = begin(&settings, Some(&session(1)), "EXTERNAL", Some("="));
    assert_eq!(step, Step::Done(Err(Failure::UnknownMechanism)));
}

#[test]
fn calls_out_of_order_change_nothing() {
    let (mut exchange, _) = begin(&server(&[Mechanism::Plain]), None, "PLAIN", None);
    assert_eq!(exchange.decide(Decision::Accept), Err(Misuse::NothingToDecide));
    exchange.line(encode("\0ann\0pencil").as_bytes()).unwrap();
    assert_eq!(exchange.line(b""), Err(Misuse::NotReading));
    assert_eq!(exchange.decide(Decision::AcceptAs("bob".into())), Err(Misuse::NothingToDecide));
    assert!(matches!(exchange.decide(Decision::Accept), Ok(Step::Done(Ok(_)))));
    assert_eq!(exchange.line(b""), Err(Misuse::NotReading));
    assert_eq!(exchange.decide(Decision::Accept), Err(Misuse::NothingToDecide));
}

#[test]
fn secrets_do_not_show() {
    let (exchange, step) = begin(&server(&[Mechanism::Plain]), None, "PLAIN", Some(&encode("\0ann\0pencil")));
    let settings = client(account("ann", "pencil"), &[Mechanism::Plain]);
    let (client, command) = commanded(&settings, None, &[Mechanism::Plain]).unwrap();
    let shown = format!("{exchange:?} {step:?} {settings:?} {client:?} {command:?} {:?}", stored("pencil"));
    assert!(!shown.contains("pencil") && !shown.contains(&encode("\0ann\0pencil")), "{shown}");
    assert!(shown.contains("ann"));
}
