//! SCRAM, both sides against each other and by hand (RFC 5802, RFC 7677).

use passerelle::crypto::Hash;
use passerelle::smtp::sasl::Mechanism;
use passerelle::smtp::sasl::client::Error;
use passerelle::smtp::sasl::server::{Credentials, Decision, Failure, Step};

use crate::dialogue::*;

const BOTH: [Mechanism; 2] = [Mechanism::ScramSha256, Mechanism::ScramSha1];

#[test]
fn right_password_succeeds_and_wrong_ones_do_not() {
    for mechanism in BOTH {
        let with = |user, password| {
            let client = client(account(user, password), &[mechanism]);
            play(client, server(&[mechanism]), &Connection::default(), knows("ann", "pencil"))
        };
        let played = with("ann", "pencil");
        let identity = played.server.unwrap();
        assert_eq!((&*identity.user, identity.acting_as, identity.mechanism), ("ann", None, mechanism));
        assert_eq!(played.client, Ok(mechanism));
        // RFC 4954 §4: the server's last message is a challenge, which an empty line answers.
        assert_eq!((played.from_client.len(), played.from_server.len()), (3, 2));
        assert_eq!(played.from_client[2], "");
        assert!(played.from_client.iter().all(|line| !line.contains("pencil") && !line.contains(&encode("pencil"))));
        for (user, password) in [("ann", "Pencil"), ("ann", "pencil "), ("bob", "pencil")] {
            let played = with(user, password);
            assert_eq!(played.server, Err(Failure::Credentials));
            let Err(Error::Refused { reply, words: None }) = played.client else { panic!("{:?}", played.client) };
            assert_eq!(reply.to_string(), "535 5.7.8 Authentication credentials invalid");
        }
    }
}

#[test]
fn names_with_commas_and_equals_signs() {
    let mut account = account("a,b=c", "pencil");
    if let passerelle::smtp::sasl::client::Account::Password { acting_as, .. } = &mut account {
        *acting_as = Some("=,=2C".into());
    }
    let client = client(account, &[Mechanism::ScramSha256]);
    let played = play(client, server(&BOTH), &Connection::default(), |credentials| {
        let Credentials::Scram { authzid, authcid, .. } = credentials else { panic!("{credentials:?}") };
        assert_eq!((authzid.as_deref(), &**authcid), (Some("=,=2C"), "a,b=c"));
        Decision::Compare(stored("pencil")).acting_as("=,=2C")
    });
    let first = decode(played.from_client[0].rsplit(' ').next().unwrap());
    assert!(first.starts_with("n,a==3D=2C=3D2C,n=a=2Cb=3Dc,r="), "{first}");
    assert!(played.server.is_ok() && played.client.is_ok());
}

#[test]
fn user_names_are_prepared() {
    // RFC 4013 §3: a soft hyphen is nothing.
    let client = client(account("I\u{ad}X", "pencil"), &[Mechanism::ScramSha256]);
    let played = play(client, server(&BOTH), &Connection::default(), knows("IX", "pencil"));
    assert_eq!(played.server.unwrap().user, "IX");
    // By the server, too, for clients that don't.
    let credentials = asked(Mechanism::ScramSha1, "n,,n=I\u{ad}X,r=abc").unwrap();
    assert_eq!(credentials.user(), Some("IX"));
    let credentials = asked(Mechanism::Plain, "\0I\u{ad}X\0pencil").unwrap();
    assert_eq!(credentials.user(), Some("IX"));
}

#[test]
fn nonces_differ() {
    let first = |seed: u8| {
        let mut entropy = passerelle::smtp::sasl::Entropy::new([seed; 32]);
        let settings = std::sync::Arc::new(client(account("ann", "pencil"), &BOTH));
        let offered = ["SCRAM-SHA-256".to_owned()];
        [(); 2].map(|()| {
            let (_, command) =
                passerelle::smtp::sasl::client::Exchange::start(&settings, None, &mut entropy, &offered).unwrap();
            let message = decode(command.expose().rsplit(' ').next().unwrap());
            let nonce = message.rsplit_once("r=").unwrap().1.to_owned();
            assert!(nonce.len() >= 24 && nonce.bytes().all(|b| b.is_ascii_graphic() && b != b','), "{nonce}");
            nonce
        })
    };
    let [[a, b], [c, d]] = [first(1), first(2)];
    assert!(a != b && a != c && b != d && c != d);
}

/// A server's dialogue up to the proof: the exchange, and its first message.
fn challenged(first: &str) -> (passerelle::smtp::sasl::server::Exchange, String) {
    let (mut exchange, step) = begin(&server(&BOTH), None, "SCRAM-SHA-256", Some(&encode(first)));
    assert!(matches!(step, Step::Verify(_)), "{step:?}");
    let Ok(Step::Challenge(text)) = exchange.decide(Decision::Compare(stored("pencil"))) else { panic!() };
    (exchange, decode(&text))
}

#[test]
fn servers_first_message() {
    let (_, message) = challenged("n,,n=ann,r=client");
    let (nonce, rest) = message.split_once(",s=").unwrap();
    assert!(nonce.strip_prefix("r=client").is_some_and(|nonce| nonce.len() >= 24), "{message}");
    assert_eq!(rest, "c2l4dGVlbiBvY3RldHMuLg==,i=4096");
}

#[test]
fn clients_last_message_has_the_nonce_and_a_whole_proof() {
    let proof = encode([0; 32]);
    for (last, malformed) in [
        (format!("c=biws,r=NONCE,p={proof}"), false),
        (format!("c=biws,r=NONCE,p={}", encode([0; 31])), false),
        (format!("c=biws,r=NONCE,p={}", encode([0; 33])), false),
        (format!("c=biws,r=NONCE,x=y,p={proof}"), false),
        (format!("c=biws,r=NONCEx,p={proof}"), true),
        (format!("c=biws,r=client,p={proof}"), true),
        (format!("c=biws,p={proof}"), true),
        (format!("r=NONCE,c=biws,p={proof}"), true),
        (format!("c=biws,r=NONCE,m=x,p={proof}"), true),
        (format!("c=biws,r=NONCE,p={proof},x=y"), true),
        ("c=biws,r=NONCE".to_owned(), true),
        ("c=biws,r=NONCE,p=".to_owned(), true),
        ("c=biws,r=NONCE,p=AA".to_owned(), true),
        (format!("c=,r=NONCE,p={proof}"), true),
    ] {
        let (mut exchange, message) = challenged("n,,n=ann,r=client");
        let nonce = &message[2..message.find(',').unwrap()];
        let step = exchange.line(encode(last.replace("NONCE", nonce)).as_bytes()).unwrap();
        let Step::Done(Err(failure)) = step else { panic!("{last}: {step:?}") };
        assert_eq!(matches!(failure, Failure::Malformed(_)), malformed, "{last}: {failure:?}");
        assert_eq!(failure == Failure::Credentials, !malformed, "{last}: {failure:?}");
    }
}

#[test]
fn clients_first_message() {
    let long_name = format!("n,,n={},r=abc", "x".repeat(256));
    let long_nonce = format!("n,,n=ann,r={}", "x".repeat(513));
    for (message, is_fine) in [
        ("n,,n=ann,r=abc", true),
        ("y,,n=ann,r=abc", true),
        ("n,a=bob,n=ann,r=abc", true),
        ("n,,n=ann,r=abc,x=y", true),
        ("", false),
        ("n", false),
        ("n,", false),
        ("n,,", false),
        ("n,,n=ann", false),
        ("n,,r=abc,n=ann", false),
        ("n,,n=,r=abc", false),
        ("n,,n=ann,r=", false),
        ("n,,n=ann,r=a c", false),
        ("n,,n=ann,r=abc,", false),
        ("n,,n=ann,r=abc,m=x", false),
        ("n,,m=x,n=ann,r=abc", false),
        ("n,,n=a=nn,r=abc", false),
        ("n,,n=ann=2c,r=abc", false),
        ("n,,n=ann=3,r=abc", false),
        ("n,,n=a\0nn,r=abc", false),
        ("n,a=,n=ann,r=abc", false),
        ("n,bob,n=ann,r=abc", false),
        ("N,,n=ann,r=abc", false),
        ("p=,,n=ann,r=abc", false),
        ("p=tls-exporter,,n=ann,r=abc", false),
        ("p,,n=ann,r=abc", false),
        (&long_name, false),
        (&long_nonce, false),
    ] {
        let asked = asked(Mechanism::ScramSha256, message);
        assert_eq!(asked.is_ok(), is_fine, "{message}: {asked:?}");
        assert!(matches!(asked, Ok(_) | Err(Failure::Malformed(_))), "{message}: {asked:?}");
    }
}

/// What a client says in the end to a server's first message, `NONCE` standing for the nonce that it sent.
fn after_first(message: &str) -> Result<(), Error> {
    let settings = client(account("ann", "pencil"), &BOTH);
    let (mut exchange, command) = commanded(&settings, None, &[Mechanism::ScramSha256]).unwrap();
    let first = decode(command.expose().rsplit(' ').next().unwrap());
    let nonce = first.rsplit_once("r=").unwrap().1;
    let line = exchange.challenge(&encode(message.replace("NONCE", nonce))).unwrap();
    if line.expose() == "*" {
        // Whatever the server says then.
        assert!(exchange.challenge("").is_err());
        return Err(exchange.finish(&reply(501)).unwrap_err());
    }
    assert!(decode(line.expose()).starts_with("c=biws,r="));
    // The server has proved nothing yet.
    assert_eq!(exchange.finish(&reply(235)), Err(Error::ServerNotProven));
    Ok(())
}

#[test]
fn clients_bound_what_servers_ask_for() {
    assert_eq!(after_first("r=NONCEx,s=c2FsdA==,i=4096"), Ok(()));
    assert_eq!(after_first("r=NONCEx,s=c2FsdA==,i=4096,x=y"), Ok(()));
    // Four thousand millions of iterations would take an hour, and few would help whoever guesses.
    for iterations in ["4294967295", "4294967296", "2000001", "99999999999999999999", "4095", "1", "0", "04096"] {
        let refused = after_first(&format!("r=NONCEx,s=c2FsdA==,i={iterations}"));
        assert_eq!(refused, Err(Error::Iterations(iterations.into())));
    }
    for nonce in ["r=NONCE", "r=x", "r=xNONCE"] {
        assert_eq!(after_first(&format!("{nonce},s=c2FsdA==,i=4096")), Err(Error::Nonce));
    }
    let long_salt = format!("r=NONCEx,s={},i=4096", encode([7; 257]));
    let long_nonce = format!("r=NONCE{},s=c2FsdA==,i=4096", "x".repeat(512));
    for message in [
        "",
        "r=NONCEx",
        "r=NONCEx,s=c2FsdA==",
        "r=NONCEx,i=4096,s=c2FsdA==",
        "r=NONCEx,s=,i=4096",
        "r=NONCEx,s=c2FsdA,i=4096",
        "r=NONCEx,s=c2FsdA==,i=-4096",
        "r=NONCEx,s=c2FsdA==,i=4096,",
        "r=NONCEx,s=c2FsdA==,i=100000000000000000000",
        "m=x,r=NONCEx,s=c2FsdA==,i=4096",
        "e=other-error",
        &long_salt,
        &long_nonce,
    ] {
        assert!(matches!(after_first(message), Err(Error::Malformed(_))), "{message}: {:?}", after_first(message));
    }
}

/// A client that has sent its proof to a server of ours, with the server's true last message.
fn proved() -> (passerelle::smtp::sasl::client::Exchange, String) {
    let settings = client(account("ann", "pencil"), &[Mechanism::ScramSha256]);
    let (mut client, command) = commanded(&settings, None, &BOTH).unwrap();
    let first = command.expose().rsplit(' ').next().unwrap();
    let (mut server, _) = begin(&server(&BOTH), None, "SCRAM-SHA-256", Some(first));
    let Ok(Step::Challenge(text)) = server.decide(Decision::Compare(stored("pencil"))) else { panic!() };
    let last = client.challenge(&text).unwrap();
    let Ok(Step::Challenge(text)) = server.line(last.expose().as_bytes()) else { panic!() };
    (client, decode(&text))
}

#[test]
fn servers_have_to_prove_themselves() {
    let (mut client, last) = proved();
    assert_eq!(client.challenge(&encode(&last)).unwrap().expose(), "");
    assert_eq!(client.finish(&reply(235)), Ok(Mechanism::ScramSha256));

    let (client, _) = proved();
    assert_eq!(client.finish(&reply(235)), Err(Error::ServerNotProven));

    for (message, expected) in [
        (format!("v={}", encode([0; 32])), Error::ServerSignature),
        (format!("v={}", encode([0; 31])), Error::ServerSignature),
        ("v=".to_owned(), Error::Malformed("an attribute without a value")),
        ("x=y".to_owned(), Error::Malformed("an attribute is missing, or at the wrong place")),
    ] {
        let (mut client, _) = proved();
        assert_eq!(client.challenge(&encode(message)).unwrap().expose(), "*");
        assert_eq!(client.finish(&reply(235)), Err(expected));
    }
    let (mut client, _) = proved();
    assert_eq!(client.challenge("not base64").unwrap().expose(), "*");
    assert_eq!(client.finish(&reply(501)), Err(Error::Challenge));
}

#[test]
fn servers_reason_is_told() {
    let (mut client, _) = proved();
    assert_eq!(client.challenge(&encode("e=invalid-proof")).unwrap().expose(), "");
    let Err(Error::Refused { reply: told, words: Some(words) }) = client.finish(&reply(535)) else { panic!() };
    assert_eq!((told.code, &*words.status), (535, "invalid-proof"));
    let (mut client, _) = proved();
    client.challenge(&encode("e=invalid-proof")).unwrap();
    assert_eq!(client.finish(&reply(235)), Err(Error::ServerNotProven));
}

#[test]
fn verifier_of_another_hash_is_none() {
    let client = client(account("ann", "pencil"), &[Mechanism::ScramSha256]);
    let host = |_: &Credentials| Decision::Compare(vec![verifier(Hash::Sha1, "pencil")]);
    let played = play(client, server(&BOTH), &Connection::default(), host);
    assert_eq!(played.server, Err(Failure::Credentials));
    assert_eq!(played.from_server.len(), 1);
}
