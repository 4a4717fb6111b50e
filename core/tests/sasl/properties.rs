//! Any user and any password: they get in if and only if the password is theirs.

use passerelle::crypto::Hash;
use passerelle::smtp::sasl::server::{Decision, Stored};
use passerelle::smtp::sasl::{Mechanism, ScramVerifier, Secret};
use proptest::prelude::*;

use crate::dialogue::*;

/// Text that SASLprep leaves as it is.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{1,40}", "[a-zäöüßéŁ東京=,]{1,20}", "[=,]{1,10}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn in_if_and_only_if_the_password_is_right(
        user in text(),
        right in text(),
        other in text(),
        is_right: bool,
        mechanism in prop::sample::select(vec![
            Mechanism::ScramSha256Plus,
            Mechanism::ScramSha1Plus,
            Mechanism::ScramSha256,
            Mechanism::ScramSha1,
            Mechanism::Plain,
            Mechanism::Login,
        ]),
        salt in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let typed = if is_right { &right } else { &other };
        let stored: Vec<Stored> = [Hash::Sha1, Hash::Sha256]
            .map(|hash| Stored::verifier(ScramVerifier::derive(hash, &right, &salt, 4096).unwrap()))
            .into();
        let client = client(account(&user, typed), &[mechanism]);
        let played = play(client, server(&[mechanism]), &Connection::secured(), |credentials| {
            assert_eq!(credentials.user(), Some(&*user));
            Decision::Compare(stored.clone())
        });
        prop_assert_eq!(played.server.is_ok(), *typed == right);
        prop_assert_eq!(played.client.is_ok(), *typed == right);
        if let Ok(identity) = played.server {
            prop_assert_eq!(identity.user, user);
        }
    }

    #[test]
    fn verifiers_are_read_as_written(password in text(), salt in prop::collection::vec(any::<u8>(), 1..256), sha1: bool) {
        let hash = if sha1 { Hash::Sha1 } else { Hash::Sha256 };
        let verifier = ScramVerifier::derive(hash, &password, &salt, 4096).unwrap();
        prop_assert_eq!(ScramVerifier::parse(verifier.text().expose()), Ok(verifier));
    }

    #[test]
    fn tokens_arrive(user in "[!-~é]{1,60}", token in "[A-Za-z0-9._~+/=-]{1,600}", port: u16) {
        for mechanism in [Mechanism::OAuthBearer, Mechanism::XOAuth2] {
            let account = passerelle::smtp::sasl::client::Account::Token {
                user: user.clone(),
                token: Secret::new(token.clone()),
                server: Some(("mx.example.com".into(), port)),
            };
            let played = play(client(account, &[mechanism]), server(&[mechanism]), &Connection::default(), |credentials| {
                let passerelle::smtp::sasl::server::Credentials::Bearer { user: named, token: shown, .. } = credentials else {
                    panic!("{credentials:?}")
                };
                assert_eq!((named.as_deref(), shown.expose()), (Some(&*user), &*token));
                Decision::Accept
            });
            prop_assert!(played.server.is_ok() && played.client.is_ok());
        }
    }

    #[test]
    fn any_lines_at_all(
        mechanism in prop::sample::select(Mechanism::ALL.to_vec()),
        lines in prop::collection::vec(prop_oneof![any::<Vec<u8>>(), any::<String>().prop_map(|t| encode(t).into_bytes())], 1..5),
    ) {
        let session = with_certificate(session(1), false);
        let (mut exchange, mut step) = begin(&server(&Mechanism::ALL), Some(&session), mechanism.as_str(), None);
        for line in &lines {
            while let passerelle::smtp::sasl::server::Step::Verify(_) = step {
                step = exchange.decide(Decision::UnknownUser).unwrap();
            }
            let passerelle::smtp::sasl::server::Step::Challenge(_) = step else { break };
            step = exchange.line(line).unwrap();
        }
        prop_assert!(!matches!(step, passerelle::smtp::sasl::server::Step::Done(Ok(_))));
    }
}
