//! Names do not tell whether there is such a user.

use std::sync::Arc;

use passerelle::smtp::sasl::server::{self, Credentials, Decision, Failure};
use passerelle::smtp::sasl::{Mechanism, SecretKey};

use crate::dialogue::*;

/// What the server says to a client that has the wrong password, with the nonces taken out, and how it ends.
fn heard(settings: server::Settings, mechanism: Mechanism, user: &str, decision: Decision) -> (Vec<String>, Failure) {
    let client = client(account(user, "wrong"), &[mechanism]);
    let played = play(client, settings, &Connection::secured(), |_: &Credentials| decision.clone());
    let after_nonce = |text: &String| {
        let text = decode(text);
        let (nonce, rest) = text.split_once(',').unwrap_or(("", &text));
        format!("{} {rest}", nonce.len())
    };
    (played.from_server.iter().map(after_nonce).collect(), played.server.unwrap_err())
}

fn scrams() -> [Mechanism; 4] {
    [Mechanism::ScramSha256, Mechanism::ScramSha1, Mechanism::ScramSha256Plus, Mechanism::ScramSha1Plus]
}

#[test]
fn unknown_users_look_like_users_with_another_password() {
    for mechanism in Mechanism::ALL.into_iter().filter(|m| scrams().contains(m) || m.shows_secret()) {
        if matches!(mechanism, Mechanism::OAuthBearer | Mechanism::XOAuth2) {
            continue;
        }
        let hear = |decision| heard(server(&[mechanism]), mechanism, "ann", decision);
        let (known, failure) = hear(Decision::Compare(stored("pencil")));
        assert_eq!(failure, Failure::Credentials);
        for decision in [
            Decision::UnknownUser,
            Decision::UnknownUserAs("ann@example.com".into()),
            Decision::Refuse,
            Decision::Compare(Vec::new()),
            Decision::CompareAndRefuse(stored("pencil")),
        ] {
            let (unknown, failure) = hear(decision);
            assert_eq!(failure, Failure::Credentials);
            let shape = |heard: &[String]| heard.iter().map(String::len).collect::<Vec<_>>();
            assert_eq!(shape(&unknown), shape(&known), "{mechanism}: {unknown:?} {known:?}");
        }
    }
}

#[test]
fn who_asks_again_hears_the_same() {
    for mechanism in scrams() {
        let unknown = |user: &str| heard(server(&[mechanism]), mechanism, user, Decision::UnknownUser).0;
        assert_eq!(unknown("ghost"), unknown("ghost"));
        assert_ne!(unknown("ghost"), unknown("ghosts"));
        // What comes of the name is not for everybody to compute.
        let other = server::Settings { secret: SecretKey::new([7; 32]), ..server(&[mechanism]) };
        assert_ne!(unknown("ghost"), heard(other, mechanism, "ghost", Decision::UnknownUser).0);
    }
    // Two verifiers of one user have two salts.
    let of = |mechanism| heard(server(&[mechanism]), mechanism, "ghost", Decision::UnknownUser).0;
    assert_ne!(of(Mechanism::ScramSha256), of(Mechanism::ScramSha1));
    assert_eq!(of(Mechanism::ScramSha256), of(Mechanism::ScramSha256Plus));
}

#[test]
fn spellings_of_one_user_share_a_salt() {
    let mechanism = Mechanism::ScramSha256;
    let hear = |user: &str, decision| heard(server(&[mechanism]), mechanism, user, decision).0;
    let folded = || Decision::UnknownUserAs("ghost".into());
    assert_eq!(hear("Ghost", folded()), hear("GHOST", folded()));
    assert_eq!(hear("Ghost", folded()), hear("ghost", Decision::UnknownUser));
    assert_ne!(hear("Ghost", Decision::UnknownUser), hear("GHOST", Decision::UnknownUser));
}

#[test]
fn locked_users_show_their_salt() {
    let mechanism = Mechanism::ScramSha256;
    let hear = |decision| heard(server(&[mechanism]), mechanism, "ann", decision);
    assert_eq!(hear(Decision::CompareAndRefuse(stored("pencil"))), hear(Decision::Compare(stored("pencil"))));
    // And the right password does not help.
    let client = client(account("ann", "pencil"), &[mechanism]);
    let host = |_: &Credentials| Decision::CompareAndRefuse(stored("pencil"));
    let played = play(client, server(&[mechanism]), &Connection::default(), host);
    assert_eq!(played.server, Err(Failure::Credentials));
}

#[test]
fn salts_and_iterations_are_as_the_host_says() {
    let settings = server::Settings {
        salt_length: 40,
        iterations: std::num::NonZeroU32::new(5000).unwrap(),
        ..server(&[Mechanism::ScramSha256])
    };
    let (heard, _) = heard(settings, Mechanism::ScramSha256, "ghost", Decision::UnknownUser);
    let (salt, iterations) = heard[0].split_once("s=").unwrap().1.split_once(',').unwrap();
    assert_eq!((salt.len(), iterations), (encode([0; 40]).len(), "i=5000"));
}

#[test]
fn settings_are_shared() {
    // An exchange keeps the settings that it began with, when the host has others for the next one.
    let settings = Arc::new(server(&[Mechanism::ScramSha256]));
    let mut entropy = passerelle::smtp::sasl::Entropy::new([1; 32]);
    let (exchange, _) = server::Exchange::start(&settings, None, &mut entropy, "SCRAM-SHA-256", None);
    assert_eq!(Arc::strong_count(&settings), 2);
    drop(exchange);
    assert_eq!(Arc::strong_count(&settings), 1);
}
