//! OAUTHBEARER (RFC 7628) and XOAUTH2 (Google).

use passerelle::smtp::sasl::client::{self, Account, Error, Words};
use passerelle::smtp::sasl::server::{self, BearerHints, Credentials, Decision, Failure, Step};
use passerelle::smtp::sasl::{Mechanism, Secret};

use crate::dialogue::*;

const BOTH: [Mechanism; 2] = [Mechanism::OAuthBearer, Mechanism::XOAuth2];
/// RFC 7628 §4.1.
const TOKEN: &str = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";

fn token(user: &str, token: &str, server: Option<(&str, u16)>) -> Account {
    let server = server.map(|(name, port)| (name.to_owned(), port));
    Account::Token { user: user.into(), token: token.into(), server }
}

fn bearer(user: Option<&str>, token: &str, host: Option<&str>, port: Option<u16>) -> Credentials {
    Credentials::Bearer {
        user: user.map(str::to_owned),
        token: Secret::new(token),
        host: host.map(str::to_owned),
        port,
    }
}

#[test]
fn example_of_rfc_7628() {
    // §4.2: by SMTP, port 587.
    let line = "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRj\
                Mk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB";
    let account = token("user@example.com", TOKEN, Some(("server.example.com", 587)));
    let (_, command) = commanded(&client(account, &BOTH), None, &BOTH).unwrap();
    assert_eq!(command.expose(), format!("AUTH OAUTHBEARER {line}"));
    let (_, step) = begin(&server(&BOTH), None, "OAUTHBEARER", Some(line));
    let expected = bearer(Some("user@example.com"), TOKEN, Some("server.example.com"), Some(587));
    assert_eq!(step, Step::Verify(expected));
}

#[test]
fn example_of_google() {
    let line = "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZ\
                Mjl0Q2cBAQ==";
    let account = token("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", None);
    let (mut exchange, command) = commanded(&client(account, &BOTH), None, &[Mechanism::XOAuth2]).unwrap();
    assert_eq!(command.expose(), format!("AUTH XOAUTH2 {line}"));
    let (_, step) = begin(&server(&BOTH), None, "XOAUTH2", Some(line));
    let expected = bearer(Some("someuser@example.com"), "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", None, None);
    assert_eq!(step, Step::Verify(expected));
    // Its refusal: JSON, and nothing in answer.
    let refusal =
        "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0K";
    assert_eq!(exchange.challenge(refusal).unwrap().expose(), "");
    let Err(Error::Refused { words: Some(words), .. }) = exchange.finish(&reply(535)) else { panic!() };
    assert_eq!((&*words.status, words.scope.as_deref()), ("401", Some("https://mail.google.com/")));
    assert_eq!(words.to_string(), "401, scope https://mail.google.com/");
}

#[test]
fn both_sides() {
    for mechanism in BOTH {
        let with = |decision: Decision| {
            let account = token("a,b=c", "abc", None);
            play(client(account, &[mechanism]), server(&[mechanism]), &Connection::default(), |credentials| {
                assert_eq!(*credentials, bearer(Some("a,b=c"), "abc", None, None));
                decision.clone()
            })
        };
        let played = with(Decision::Accept);
        assert_eq!((&*played.server.unwrap().user, played.client), ("a,b=c", Ok(mechanism)));
        assert_eq!(with(Decision::AcceptAs("ann".into())).server.unwrap().user, "ann");
        assert_eq!(with(Decision::Unavailable).server, Err(Failure::Unavailable));
        for wrong in [Decision::Refuse, Decision::UnknownUser] {
            let played = with(wrong);
            assert_eq!(played.server, Err(Failure::Credentials));
            // RFC 7628 §3.2.3: an octet 1; Google: nothing.
            assert_eq!(played.from_client[1], if mechanism == Mechanism::OAuthBearer { "AQ==" } else { "" });
            assert!(matches!(played.client, Err(Error::Refused { words: Some(_), .. })), "{:?}", played.client);
        }
    }
}

#[test]
fn refusals_have_hints() {
    let bearer = BearerHints {
        scope: Some("mail \"x\"".into()),
        openid_configuration: Some("https://example.com/.well-known/openid-configuration".into()),
    };
    let settings = server::Settings { bearer: bearer.clone(), ..server(&BOTH) };
    for mechanism in BOTH {
        let client = client(token("ann", "abc", None), &[mechanism]);
        let played = play(client, settings.clone(), &Connection::default(), |_| Decision::Refuse);
        let json: serde_json::Value = serde_json::from_str(&decode(&played.from_server[0])).unwrap();
        assert_eq!(json["scope"], "mail \"x\"");
        let Err(Error::Refused { words: Some(words), .. }) = played.client else { panic!() };
        let is_standard = mechanism == Mechanism::OAuthBearer;
        let status = if is_standard { "invalid_token" } else { "401" };
        let openid_configuration = bearer.openid_configuration.clone().filter(|_| is_standard);
        assert_eq!(words, Words { status: status.into(), scope: bearer.scope.clone(), openid_configuration });
    }
}

#[test]
fn client_without_a_token_learns_what_it_needs() {
    // RFC 7628 §4.3.
    let settings = server(&BOTH);
    let (mut exchange, step) = begin(&settings, None, "OAUTHBEARER", Some(&encode("n,,\u{1}auth=\u{1}\u{1}")));
    let Step::Challenge(text) = step else { panic!("{step:?}") };
    assert!(decode(&text).contains("invalid_token"));
    // Nor does it help to cancel.
    assert_eq!(exchange.line(b"*"), Ok(Step::Done(Err(Failure::Credentials))));
}

#[test]
fn malformed_messages() {
    for (message, is_fine) in [
        ("n,a=ann,\u{1}auth=Bearer abc\u{1}\u{1}", true),
        ("n,,\u{1}auth=bearer abc\u{1}\u{1}", true),
        ("y,,\u{1}auth=Bearer abc\u{1}x=y\u{1}\u{1}", true),
        ("", false),
        ("\u{1}", false),
        ("\u{1}\u{1}", false),
        ("n,,\u{1}\u{1}", false),
        ("n,,\u{1}auth=Bearer abc\u{1}", false),
        ("n,,\u{1}auth=Bearer abc\u{1}auth=Bearer abc\u{1}\u{1}", false),
        ("n,,\u{1}auth=Bearer a b\u{1}\u{1}", false),
        ("n,,\u{1}auth=Basic abc\u{1}\u{1}", false),
        ("n,,\u{1}auth=Bearer abc\u{1}user=ann\u{1}\u{1}", false),
        ("n,,\u{1}port=66000\u{1}auth=Bearer abc\u{1}\u{1}", false),
        ("n,,\u{1}host=a\u{1}host=b\u{1}auth=Bearer abc\u{1}\u{1}", false),
        ("n,a=a=b,\u{1}auth=Bearer abc\u{1}\u{1}", false),
        ("p=tls-exporter,,\u{1}auth=Bearer abc\u{1}\u{1}", false),
        ("n,,x\u{1}auth=Bearer abc\u{1}\u{1}", false),
        ("n,,\u{1}auth=Bearer a\0c\u{1}\u{1}", false),
    ] {
        let asked = asked(Mechanism::OAuthBearer, message);
        assert_eq!(asked.is_ok(), is_fine, "{message:?}: {asked:?}");
        assert!(matches!(asked, Ok(_) | Err(Failure::Malformed(_))), "{message:?}: {asked:?}");
    }
    let long = format!("user={}\u{1}auth=Bearer abc\u{1}\u{1}", "x".repeat(256));
    for (message, is_fine) in [
        ("user=ann\u{1}auth=Bearer abc\u{1}\u{1}", true),
        ("auth=Bearer abc\u{1}\u{1}", false),
        ("user=\u{1}auth=Bearer abc\u{1}\u{1}", false),
        ("user=ann\u{1}user=bob\u{1}auth=Bearer abc\u{1}\u{1}", false),
        ("user=ann\u{1}\u{1}", false),
        ("user=ann\u{1}auth=Bearer abc", false),
        (&long, false),
    ] {
        let asked = asked(Mechanism::XOAuth2, message);
        assert_eq!(asked.is_ok(), is_fine, "{message:?}: {asked:?}");
    }
}

#[test]
fn refusals_that_can_not_be_read_or_are_long() {
    for mechanism in BOTH {
        let settings = client::Settings::new(token("ann", "abc", None));
        let start = || commanded(&settings, Some(&session(1)), &[mechanism]).unwrap().0;
        for text in ["", "no base64!", &encode("no JSON"), &encode("[1]"), &encode("[".repeat(5000))] {
            let mut exchange = start();
            assert_ne!(exchange.challenge(text).unwrap().expose(), "*");
            let Err(Error::Refused { reply, words: None }) = exchange.finish(&reply(535)) else { panic!("{text}") };
            assert_eq!(reply.code, 535);
        }
        let mut exchange = start();
        let json = format!("{{\"status\": 400, \"scope\": \"a\\r\\n{}\"}}", "ä".repeat(500));
        exchange.challenge(&encode(json)).unwrap();
        // A second one is too many.
        assert_eq!(exchange.challenge("").unwrap().expose(), "*");
        assert_eq!(exchange.finish(&reply(535)), Err(Error::Unexpected));
        let mut exchange = start();
        let json = format!("{{\"status\": 400, \"scope\": \"a\\r\\n{}\"}}", "ä".repeat(500));
        exchange.challenge(&encode(json)).unwrap();
        let Err(Error::Refused { words: Some(words), .. }) = exchange.finish(&reply(535)) else { panic!() };
        let scope = words.scope.unwrap();
        assert_eq!(words.status, "400");
        assert!(scope.len() <= 512 && scope.starts_with("a  ä"), "{scope}");
    }
}
