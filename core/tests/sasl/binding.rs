//! Channel binding: a server in between is noticed (RFC 5802 §6, RFC 9266, RFC 5929).

use passerelle::smtp::sasl::Mechanism;
use passerelle::smtp::sasl::client::{self, Binding, Error};
use passerelle::smtp::sasl::server::{Failure, Step};
use passerelle::tls::{ChannelBinding, Session};

use crate::dialogue::*;

const PLUS: [Mechanism; 2] = [Mechanism::ScramSha256Plus, Mechanism::ScramSha1Plus];
const WITHOUT: [Mechanism; 2] = [Mechanism::ScramSha256, Mechanism::ScramSha1];
const FOUR: [Mechanism; 4] =
    [Mechanism::ScramSha256Plus, Mechanism::ScramSha1Plus, Mechanism::ScramSha256, Mechanism::ScramSha1];

fn run(client: client::Settings, connection: &Connection) -> Played {
    play(client, server(&FOUR), connection, knows("ann", "pencil"))
}

fn gs2_flag(played: &Played) -> String {
    let first = decode(played.from_client[0].rsplit(' ').next().unwrap());
    first.split(',').next().unwrap().to_owned()
}

#[test]
fn same_connection_succeeds() {
    for mechanism in PLUS {
        for (binding, flag) in
            [(Binding::Exporter, "p=tls-exporter"), (Binding::ServerEndPoint, "p=tls-server-end-point")]
        {
            let client = client::Settings { binding, ..client(account("ann", "pencil"), &[mechanism]) };
            let played = run(client, &Connection::secured());
            assert_eq!((gs2_flag(&played), played.client.is_ok()), (flag.to_owned(), true));
            assert_eq!(played.server.unwrap().mechanism, mechanism);
        }
    }
}

#[test]
fn binding_that_is_there_is_taken() {
    let only_end_point = |mut session: Session| {
        session.binding.exporter = None;
        Some(session)
    };
    let connection = Connection { of_client: only_end_point(session(1)), of_server: only_end_point(session(1)) };
    let played = run(client(account("ann", "pencil"), &FOUR), &connection);
    assert_eq!(gs2_flag(&played), "p=tls-server-end-point");
    assert!(played.server.is_ok() && played.client.is_ok());
}

#[test]
fn other_connection_fails() {
    for mechanism in PLUS {
        for binding in [Binding::Exporter, Binding::ServerEndPoint] {
            let client = client::Settings { binding, ..client(account("ann", "pencil"), &[mechanism]) };
            let connection = Connection { of_client: Some(session(1)), of_server: Some(session(2)) };
            let played = run(client, &connection);
            assert!(matches!(played.server, Err(Failure::ChannelBinding(_))), "{:?}", played.server);
            assert!(matches!(played.client, Err(Error::Refused { .. })));
            // With a wrong password nothing is told of the binding.
            let played = run(crate::dialogue::client(account("ann", "wrong"), &[mechanism]), &connection);
            assert_eq!(played.server, Err(Failure::Credentials));
        }
    }
}

#[test]
fn list_without_plus_is_noticed() {
    // Somebody in between took -PLUS away from the list; the rest is as it was.
    let settings = client(account("ann", "pencil"), &FOUR);
    let (_, command) = commanded(&settings, Some(&session(1)), &WITHOUT).unwrap();
    let (mechanism, first) = command.expose().strip_prefix("AUTH ").unwrap().split_once(' ').unwrap();
    assert_eq!(mechanism, "SCRAM-SHA-256");
    assert!(decode(first).starts_with("y,,"));
    let (_, step) = begin(&server(&FOUR), Some(&session(1)), mechanism, Some(first));
    let Step::Done(Err(failure)) = step else { panic!("{step:?}") };
    assert!(matches!(failure, Failure::ChannelBinding(_)));
    assert_eq!(failure.reply(), Failure::Credentials.reply());
    // A server that has none believes it.
    let (_, step) = begin(&server(&WITHOUT), Some(&session(1)), mechanism, Some(first));
    assert!(matches!(step, Step::Verify(_)));
}

#[test]
fn flags() {
    let flag = |session: Option<&Session>, allowed: &[Mechanism], offered: &[Mechanism]| {
        let (_, command) = commanded(&client(account("ann", "pencil"), allowed), session, offered).unwrap();
        decode(command.expose().rsplit(' ').next().unwrap()).split(',').next().unwrap().to_owned()
    };
    let without_binding = Session { binding: ChannelBinding::default(), ..session(1) };
    assert_eq!(flag(None, &FOUR, &FOUR), "n");
    assert_eq!(flag(Some(&without_binding), &FOUR, &FOUR), "n");
    assert_eq!(flag(Some(&session(1)), &FOUR, &FOUR), "p=tls-exporter");
    assert_eq!(flag(Some(&session(1)), &FOUR, &WITHOUT), "y");
    // Told not to bind although the server could: `y` would say that it can't.
    assert_eq!(flag(Some(&session(1)), &WITHOUT, &FOUR), "n");
}

#[test]
fn flags_that_do_not_fit_the_mechanism() {
    let failure = |mechanism: &str, session: &Session, first: &str| match begin(
        &server(&FOUR),
        Some(session),
        mechanism,
        Some(&encode(first)),
    )
    .1
    {
        Step::Done(Err(failure)) => Some(failure),
        _ => None,
    };
    let here = session(1);
    assert_eq!(failure("SCRAM-SHA-256-PLUS", &here, "p=tls-exporter,,n=ann,r=abc"), None);
    for (mechanism, first) in [
        ("SCRAM-SHA-256-PLUS", "n,,n=ann,r=abc"),
        ("SCRAM-SHA-256-PLUS", "y,,n=ann,r=abc"),
        ("SCRAM-SHA-256", "p=tls-exporter,,n=ann,r=abc"),
    ] {
        assert!(matches!(failure(mechanism, &here, first), Some(Failure::Malformed(_))), "{mechanism} {first}");
    }
    for name in ["tls-unique", "tls-server-end-point-x", "TLS-EXPORTER"] {
        let failure = failure("SCRAM-SHA-256-PLUS", &here, &format!("p={name},,n=ann,r=abc"));
        assert!(matches!(failure, Some(Failure::ChannelBinding(_))), "{name}");
    }
    // A binding that this connection doesn't have.
    let mut without_exporter = session(1);
    without_exporter.binding.exporter = None;
    let failure = failure("SCRAM-SHA-256-PLUS", &without_exporter, "p=tls-exporter,,n=ann,r=abc");
    assert!(matches!(failure, Some(Failure::ChannelBinding(_))));
}
