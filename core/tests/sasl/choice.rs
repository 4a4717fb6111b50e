//! What a server offers and what a client chooses.

use passerelle::smtp::sasl::client::{self, Account, Error};
use passerelle::smtp::sasl::server::{self, Failure, Step};
use passerelle::smtp::sasl::{Mechanism, SecretKey};
use passerelle::tls::{ChannelBinding, Session};

use Mechanism::*;

use crate::dialogue::*;

fn settings(mechanisms: &[Mechanism]) -> server::Settings {
    server::Settings { mechanisms: mechanisms.to_vec(), ..server::Settings::new(SecretKey::new([1; 32])) }
}

#[test]
fn server_shows_no_secret_without_tls() {
    let all = settings(&Mechanism::ALL);
    assert_eq!(all.offered(None), [ScramSha256, ScramSha1]);
    let plus_and_rest = [ScramSha256Plus, ScramSha1Plus, ScramSha256, ScramSha1, OAuthBearer, XOAuth2, Plain, Login];
    assert_eq!(all.offered(Some(&session(1))), plus_and_rest);
    assert_eq!(all.offered(Some(&with_certificate(session(1), false))), Mechanism::ALL);
    let unbound = Session { binding: ChannelBinding::default(), ..session(1) };
    assert_eq!(all.offered(Some(&unbound)), plus_and_rest[2..]);
    // Unless the host insists.
    let insists = server::Settings { secrets_in_clear_text: true, ..all };
    assert_eq!(insists.offered(None), plus_and_rest[2..]);
    // A host that sets nothing can answer what is offered.
    let default = server::Settings::new(SecretKey::new([1; 32]));
    assert_eq!((default.offered(None), default.offered(Some(&session(1)))), (vec![], vec![Plain, Login]));
    // The order is the host's.
    assert_eq!(settings(&[Login, ScramSha1]).offered(Some(&session(1))), [Login, ScramSha1]);
}

#[test]
fn what_is_not_offered_is_refused() {
    let refused = |mechanism: &str| match begin(&settings(&[Plain, ScramSha256Plus]), None, mechanism, None).1 {
        Step::Done(Err(failure)) => failure,
        step => panic!("{step:?}"),
    };
    assert_eq!(refused("PLAIN").reply().to_string().split(" E").next(), Some("538 5.7.11"));
    assert_eq!(refused("plain"), Failure::TlsNeeded);
    assert_eq!(refused("SCRAM-SHA-256-PLUS"), Failure::TlsNeeded);
    for unknown in ["LOGIN", "SCRAM-SHA-256", "CRAM-MD5", "", "PLAIN-PLUS", "*", "\u{130}"] {
        assert_eq!(refused(unknown), Failure::UnknownMechanism, "{unknown}");
    }
    assert_eq!(Failure::UnknownMechanism.reply().to_string(), "504 5.5.4 Unrecognized authentication type");
}

fn chosen(settings: &client::Settings, offered: &str, session: Option<&Session>) -> Result<Mechanism, Error> {
    let offered: Vec<String> = offered.split_whitespace().map(str::to_owned).collect();
    settings.choose(&offered, session)
}

#[test]
fn client_takes_the_strongest() {
    let password = client::Settings::new(account("ann", "pencil"));
    let here = session(1);
    let offered = "LOGIN PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS XOAUTH2";
    assert_eq!(chosen(&password, offered, Some(&here)), Ok(ScramSha256Plus));
    assert_eq!(chosen(&password, offered, None), Ok(ScramSha256));
    assert_eq!(chosen(&password, "login plain scram-sha-1", Some(&here)), Ok(ScramSha1));
    assert_eq!(chosen(&password, "SCRAM-SHA-1-PLUS SCRAM-SHA-256", Some(&here)), Ok(ScramSha1Plus));
    assert_eq!(chosen(&password, "LOGIN PLAIN", Some(&here)), Ok(Plain));
    assert_eq!(chosen(&password, "LOGIN", Some(&here)), Ok(Login));
    // What is allowed has a say.
    let login = client::Settings { mechanisms: vec![Login], ..password.clone() };
    assert_eq!(chosen(&login, offered, Some(&here)), Ok(Login));
}

#[test]
fn client_shows_no_secret_without_tls() {
    for account in [account("ann", "pencil"), token()] {
        let settings = client::Settings::new(account);
        let offered = "LOGIN PLAIN XOAUTH2 OAUTHBEARER";
        assert_eq!(chosen(&settings, offered, None), Err(Error::SecretInClearText));
        assert!(chosen(&settings, offered, Some(&session(1))).is_ok());
        let insists = client::Settings { secrets_in_clear_text: true, ..settings };
        assert!(chosen(&insists, offered, None).is_ok());
    }
}

/// A server inside TLS that nobody has verified may be anybody.
#[test]
fn client_shows_no_secret_to_a_server_that_is_not_verified() {
    let stranger = Session { verified: false, ..session(1) };
    for (account, offered) in [
        (account("ann", "pencil"), "LOGIN PLAIN"),
        (account("ann", "pencil"), "LOGIN"),
        (token(), "XOAUTH2"),
        (token(), "XOAUTH2 OAUTHBEARER"),
    ] {
        let settings = client::Settings::new(account);
        let refused = chosen(&settings, offered, Some(&stranger));
        assert_eq!(refused, Err(Error::SecretToUnverified), "{offered}");
        assert!(chosen(&settings, offered, Some(&session(1))).is_ok(), "{offered}");
        let insists = client::Settings { secrets_to_unverified: true, ..settings.clone() };
        assert!(chosen(&insists, offered, Some(&stranger)).is_ok(), "{offered}");
        // That is no leave for clear text, but the other way round it is.
        assert_eq!(chosen(&insists, offered, None), Err(Error::SecretInClearText), "{offered}");
        let anybody = client::Settings { secrets_in_clear_text: true, ..settings };
        assert!(chosen(&anybody, offered, Some(&stranger)).is_ok(), "{offered}");
    }
    // What shows no secret is taken, though it comes later in the server's list.
    let password = client::Settings::new(account("ann", "pencil"));
    assert_eq!(chosen(&password, "PLAIN SCRAM-SHA-1", Some(&stranger)), Ok(ScramSha1));
    let certificate = client::Settings::new(Account::Certificate { acting_as: None });
    assert_eq!(chosen(&certificate, "EXTERNAL", Some(&stranger)), Ok(External));
}

fn token() -> Account {
    Account::Token { user: "ann".into(), token: "abc".into(), server: None }
}

#[test]
fn account_decides_the_kind() {
    let here = session(1);
    let offered = "EXTERNAL XOAUTH2 OAUTHBEARER LOGIN SCRAM-SHA-1";
    assert_eq!(chosen(&client::Settings::new(token()), offered, Some(&here)), Ok(OAuthBearer));
    assert_eq!(chosen(&client::Settings::new(token()), "XOAUTH2 PLAIN", Some(&here)), Ok(XOAuth2));
    let certificate = client::Settings::new(Account::Certificate { acting_as: None });
    assert_eq!(chosen(&certificate, offered, Some(&here)), Ok(External));
    for (settings, offered, session) in [
        (certificate, offered, None),
        (client::Settings::new(token()), "PLAIN SCRAM-SHA-1", Some(&here)),
        (client::Settings::new(account("ann", "pencil")), "XOAUTH2 EXTERNAL GSSAPI", Some(&here)),
        (client::Settings::new(account("ann", "pencil")), "", Some(&here)),
    ] {
        assert!(matches!(chosen(&settings, offered, session), Err(Error::NoMechanism { .. })), "{offered}");
    }
}

#[test]
fn account_that_can_not_be_sent() {
    let here = session(1);
    let refused = |account: Account, mechanism: Mechanism| {
        commanded(&client::Settings::new(account), Some(&here), &[mechanism]).map(|(_, command)| command).unwrap_err()
    };
    let long = "x".repeat(256);
    for mechanism in [Plain, Login, ScramSha256] {
        for user in ["", "a\0b", &long] {
            assert_eq!(refused(account(user, "pencil"), mechanism), Error::Account("user"));
        }
        assert_eq!(refused(account("ann", ""), mechanism), Error::Account("password"));
        assert_eq!(refused(account("ann", "a\0b"), mechanism), Error::Account("password"));
        assert_eq!(refused(account("ann", &"x".repeat(1025)), mechanism), Error::Account("password"));
    }
    assert_eq!(refused(account("a\u{7}", "pencil"), ScramSha1), Error::Account("user"));
    assert_eq!(refused(account("ann", "\u{7}"), ScramSha1), Error::Account("password"));
    let token = |user: &str, token: &str, server: Option<&str>| Account::Token {
        user: user.into(),
        token: token.into(),
        server: server.map(|server| (server.to_owned(), 587)),
    };
    for mechanism in [OAuthBearer, XOAuth2] {
        for wrong in ["", "a b", "a\u{1}b", "ä", "a\r\nb"] {
            assert_eq!(refused(token("ann", wrong, None), mechanism), Error::Account("token"));
        }
        assert_eq!(refused(token("ann", &"x".repeat(10_000), None), mechanism), Error::Account("token"));
        assert_eq!(refused(token("a\u{1}auth=Bearer x", "abc", None), mechanism), Error::Account("user"));
        assert_eq!(refused(token("ann", "abc", Some("a\u{1}b")), mechanism), Error::Account("server's name"));
    }
}
