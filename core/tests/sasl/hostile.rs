//! Messages cut short, changed, and too long, at each step of each mechanism. Whatever comes, nobody is let in by it, and the end has a
//! name.

use std::sync::LazyLock;

use passerelle::limits::MAX_SASL_LINE;
use passerelle::smtp::sasl::Mechanism;
use passerelle::smtp::sasl::client::{Account, Error};
use passerelle::smtp::sasl::server::{Credentials, Decision, Exchange, Failure, Identity, Step, Stored};

use crate::dialogue::*;

const PASSWORDS: [Mechanism; 6] = [
    Mechanism::ScramSha256Plus,
    Mechanism::ScramSha1Plus,
    Mechanism::ScramSha256,
    Mechanism::ScramSha1,
    Mechanism::Plain,
    Mechanism::Login,
];

fn host(credentials: &Credentials) -> Decision {
    static STORED: LazyLock<Vec<Stored>> = LazyLock::new(|| stored("pencil"));
    match (credentials, credentials.user()) {
        // One comparison is as good as two, and this is done thousands of times.
        (Credentials::Password { .. }, Some("ann")) => Decision::Compare(STORED[..1].to_vec()),
        (_, Some("ann")) => Decision::Compare(STORED.clone()),
        _ => Decision::UnknownUser,
    }
}

/// The lines of a client that gets in, the first being the answer to an empty challenge (or to LOGIN's).
fn good_lines(mechanism: Mechanism) -> Vec<Vec<u8>> {
    let played =
        play(client(account("ann", "pencil"), &[mechanism]), server(&[mechanism]), &Connection::secured(), host);
    assert!(played.server.is_ok() && played.client.is_ok());
    let mut lines: Vec<Vec<u8>> = played.from_client.into_iter().map(String::into_bytes).collect();
    if mechanism == Mechanism::Login {
        lines.remove(0);
    } else {
        lines[0] = lines[0].rsplit(|b| *b == b' ').next().unwrap().to_vec();
    }
    lines
}

/// Hands these lines to a server. `None` if it wants more.
fn run(mechanism: Mechanism, lines: &[Vec<u8>]) -> Option<Result<Identity, Failure>> {
    let (mut exchange, mut step) = begin(&server(&[mechanism]), Some(&session(1)), mechanism.as_str(), None);
    let mut lines = lines.iter();
    loop {
        step = match step {
            Step::Challenge(_) => exchange.line(lines.next()?).unwrap(),
            Step::Verify(credentials) => decide(&mut exchange, &credentials),
            Step::Done(outcome) => return Some(outcome),
        };
    }
}

fn decide(exchange: &mut Exchange, credentials: &Credentials) -> Step {
    exchange.decide(host(credentials)).unwrap()
}

#[test]
fn changed_lines_let_nobody_in() {
    for mechanism in PASSWORDS {
        let good = good_lines(mechanism);
        // The same entropy: the same lines get in again.
        assert!(run(mechanism, &good).is_some_and(|outcome| outcome.is_ok()), "{mechanism}");
        for (index, line) in good.iter().enumerate() {
            let with = |line: Vec<u8>| {
                let mut lines = good.clone();
                lines[index] = line;
                run(mechanism, &lines)
            };
            for cut in 0..line.len() {
                assert!(with(line[..cut].to_vec()).is_none_or(|outcome| outcome.is_err()), "{mechanism} {index} {cut}");
            }
            for at in 0..line.len() {
                for octet in [b'A', b'=', 0xff] {
                    let mut changed = line.clone();
                    if std::mem::replace(&mut changed[at], octet) != octet {
                        let outcome = with(changed);
                        assert!(outcome.is_none_or(|outcome| outcome.is_err()), "{mechanism} {index} {at} {octet}");
                    }
                }
            }
            // Blanks at the end are tolerated (RFC 5321 §4.1.1).
            assert!(with([&line[..], b" \t"].concat()).is_some_and(|outcome| outcome.is_ok()), "{mechanism} {index}");
            for longer in [&b"A"[..], b"AAAA", b"=", b" A", b"\0"] {
                let longer = with([line, longer].concat());
                assert!(longer.is_none_or(|outcome| outcome.is_err()), "{mechanism} {index}");
            }
        }
    }
}

#[test]
fn each_step_can_be_cancelled_and_is_bounded() {
    let mechanisms = PASSWORDS.into_iter().chain([Mechanism::OAuthBearer, Mechanism::XOAuth2]);
    for mechanism in mechanisms {
        let good = if PASSWORDS.contains(&mechanism) { good_lines(mechanism) } else { vec![Vec::new()] };
        for index in 0..good.len() {
            for (line, failure) in [
                (b"*".to_vec(), Failure::Cancelled),
                (b"**".to_vec(), Failure::NotBase64),
                (b"AAA".to_vec(), Failure::NotBase64),
                (b"AB==".to_vec(), Failure::NotBase64),
                ("ä".into(), Failure::NotBase64),
                (vec![b'A'; MAX_SASL_LINE - 1], Failure::LineTooLong),
            ] {
                let mut lines = good.clone();
                lines[index] = line;
                assert_eq!(run(mechanism, &lines), Some(Err(failure)), "{mechanism} {index}");
            }
            let mut lines = good.clone();
            lines[index] = vec![b'A'; (MAX_SASL_LINE - 2) / 4 * 4];
            assert!(matches!(run(mechanism, &lines), Some(Err(Failure::Malformed(_)))), "{mechanism} {index}");
        }
    }
    assert_eq!(Failure::Cancelled.reply().to_string(), "501 5.7.0 Authentication cancelled");
    assert_eq!(Failure::NotBase64.reply().to_string(), "501 5.5.2 Cannot decode base64");
    assert_eq!(Failure::LineTooLong.reply().code, 500);
}

#[test]
fn old_lines_let_nobody_in_again() {
    for mechanism in PASSWORDS.into_iter().filter(|mechanism| mechanism.scram_hash().is_some()) {
        // Both nonces of the good dialogue are old ones on a connection with other entropy.
        let good = good_lines(mechanism);
        let settings = std::sync::Arc::new(server(&[mechanism]));
        let mut entropy = passerelle::smtp::sasl::Entropy::new([0x99; 32]);
        let first = String::from_utf8(good[0].clone()).unwrap();
        let (mut exchange, step) =
            Exchange::start(&settings, Some(&session(1)), &mut entropy, mechanism.as_str(), Some(&first));
        let Step::Verify(credentials) = step else { panic!("{step:?}") };
        assert!(matches!(decide(&mut exchange, &credentials), Step::Challenge(_)));
        let step = exchange.line(&good[1]).unwrap();
        assert!(matches!(step, Step::Done(Err(Failure::Malformed("nonce")))), "{step:?}");
    }
}

#[test]
fn changed_challenges_are_noticed() {
    // Each try costs a PBKDF2: one mechanism of each kind will do.
    for mechanism in [Mechanism::ScramSha256Plus, Mechanism::ScramSha1] {
        let settings = client(account("ann", "pencil"), &[mechanism]);
        let good = play(settings.clone(), server(&[mechanism]), &Connection::secured(), host).from_server;
        let run = |challenges: &[String]| {
            let (mut exchange, _) = commanded(&settings, Some(&session(1)), &[mechanism]).unwrap();
            for challenge in challenges {
                if exchange.challenge(challenge).unwrap().expose() == "*" {
                    break;
                }
            }
            exchange.finish(&reply(235))
        };
        assert_eq!(run(&good), Ok(mechanism));
        for (index, line) in good.iter().enumerate() {
            let with = |line: String| {
                let mut lines = good.clone();
                lines[index] = line;
                run(&lines).unwrap_err()
            };
            let is_about_the_server = |error: &Error| {
                matches!(
                    error,
                    Error::Challenge
                        | Error::Malformed(_)
                        | Error::Nonce
                        | Error::Iterations(_)
                        | Error::ServerSignature
                        | Error::ServerNotProven
                )
            };
            for at in 0..line.len() {
                assert!(is_about_the_server(&with(line[..at].to_owned())));
                let other =
                    ["A", "z", "=", "é"].into_iter().cycle().skip(at).find(|other| *other != &line[at..=at]).unwrap();
                let error = with(format!("{}{other}{}", &line[..at], &line[at + 1..]));
                assert!(is_about_the_server(&error), "{error:?}");
            }
            assert_eq!(with("A".repeat(MAX_SASL_LINE)), Error::Challenge);
        }
    }
}

#[test]
fn challenges_without_end() {
    let token = Account::Token { user: "ann".into(), token: "abc".into(), server: None };
    for (account, mechanism) in PASSWORDS
        .map(|mechanism| (account("ann", "pencil"), mechanism))
        .into_iter()
        .chain([Mechanism::OAuthBearer, Mechanism::XOAuth2].map(|mechanism| (token.clone(), mechanism)))
    {
        let (mut exchange, _) = commanded(&client(account, &[mechanism]), Some(&session(1)), &[mechanism]).unwrap();
        let lines = (0..10).take_while(|_| exchange.challenge("").is_ok()).count();
        assert!(lines <= 3, "{mechanism}: {lines}");
        assert!(exchange.finish(&reply(235)).is_err());
    }
}
