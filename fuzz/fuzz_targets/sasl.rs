//! AUTH: whatever is changed on the way, whoever gets in by SCRAM knows the password, and a client believes only a server that
//! does.
#![no_main]

use std::sync::{Arc, LazyLock};

use arbitrary::Arbitrary;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use passerelle::crypto::Hash;
use passerelle::limits::{MAX_SASL_ERROR_TEXT, MAX_SASL_LINE, MAX_SASL_NAME};
use passerelle::smtp::sasl::client::{self, Account, Binding};
use passerelle::smtp::sasl::server::{self, Credentials, Decision, Failure, Identity, Step, Stored};
use passerelle::smtp::sasl::{Entropy, Mechanism, ScramVerifier, Secret, SecretKey};
use passerelle::tls::{ChannelBinding, ClientCertificate, Session, Version};
use passerelle_fuzz::fuzz_target;

const PASSWORD: &str = "pencil";
const TOKEN: &str = "vF9dft4qmTc2";

#[derive(Arbitrary, Debug)]
struct Input {
    mechanism: u8,
    account: u8,
    user: String,
    acting_as: Option<String>,
    knows_password: bool,
    same_connection: bool,
    end_point: bool,
    edits: Vec<Edit>,
    verifier: String,
}

/// What is done to a line on its way.
#[derive(Arbitrary, Debug)]
enum Edit {
    Keep,
    Line(Vec<u8>),
    Message(Vec<u8>),
    Splice { at: u8, cut: u8, insert: Vec<u8> },
}

fuzz_target!(|input: Input| {
    if let Ok(verifier) = ScramVerifier::parse(&input.verifier) {
        assert_eq!(ScramVerifier::parse(verifier.text().expose()), Ok(verifier));
    }
    let mechanism = Mechanism::ALL[usize::from(input.mechanism) % Mechanism::ALL.len()];
    let Some((mut client, command)) = begin(&input, mechanism) else { return };
    let mut edits = Edits { edits: input.edits.iter(), changed: false };
    let here = session(if input.same_connection { 1 } else { 2 });
    let mut words = command.expose().split(' ').skip(1);
    assert_eq!(words.next(), Some(mechanism.as_str()));
    let initial = words.next().and_then(|initial| String::from_utf8(edits.apply(initial.as_bytes())).ok());
    let mut entropy = Entropy::new([2; 32]);
    let (mut server, mut step) =
        server::Exchange::start(&SERVER, Some(&here), &mut entropy, mechanism.as_str(), initial.as_deref());
    let mut cancelled = false;
    for _ in 0..8 {
        step = match step {
            Step::Challenge(text) => {
                let Ok(text) = String::from_utf8(edits.apply(text.as_bytes())) else { return };
                if asks_much(&text) {
                    return;
                }
                let line = match client.challenge(&text) {
                    Ok(line) => line.expose().to_owned(),
                    Err(_) => return assert!(cancelled),
                };
                cancelled = line == "*";
                assert!(line.len() + 2 <= MAX_SASL_LINE && line.bytes().all(|b| b.is_ascii_graphic()));
                server.line(&edits.apply(line.as_bytes())).expect("a line is waited for")
            }
            Step::Verify(credentials) => {
                check(&credentials);
                server.decide(decision(&credentials)).expect("the decision fits")
            }
            Step::Done(outcome) => return conclude(&input, mechanism, edits.changed, outcome, client),
        };
    }
    panic!("no exchange has so many steps");
});

fn begin(input: &Input, mechanism: Mechanism) -> Option<(client::Exchange, Secret)> {
    let account = match mechanism {
        Mechanism::External => Account::Certificate { acting_as: input.acting_as.clone() },
        Mechanism::OAuthBearer | Mechanism::XOAuth2 => Account::Token {
            user: input.user.clone(),
            token: if input.knows_password { TOKEN } else { "wrong" }.into(),
            server: (input.account & 1 == 1).then(|| ("mx.example.com".to_owned(), u16::from(input.account))),
        },
        _ => Account::Password {
            user: input.user.clone(),
            password: if input.knows_password { PASSWORD } else { "wrong" }.into(),
            acting_as: input.acting_as.clone().filter(|_| mechanism != Mechanism::Login),
        },
    };
    let binding = if input.end_point { Binding::ServerEndPoint } else { Binding::Exporter };
    let settings = client::Settings { mechanisms: vec![mechanism], binding, ..client::Settings::new(account) };
    let offered: Vec<String> = Mechanism::ALL.iter().map(|mechanism| mechanism.to_string()).collect();
    let mut entropy = Entropy::new([1; 32]);
    client::Exchange::start(&Arc::new(settings), Some(&session(1)), &mut entropy, &offered).ok()
}

/// The server knows every user by the same password, but for those whose names begin with `x`; each may act as anybody.
fn decision(credentials: &Credentials) -> Decision {
    let decision = own_decision(credentials);
    match credentials {
        Credentials::Password { authzid: Some(authzid), .. }
        | Credentials::Scram { authzid: Some(authzid), .. }
        | Credentials::External { authzid: Some(authzid), .. } => decision.acting_as(authzid),
        _ => decision,
    }
}

fn own_decision(credentials: &Credentials) -> Decision {
    match credentials {
        Credentials::External { .. } => Decision::AcceptAs("certificate".into()),
        _ if credentials.user().is_some_and(|user| user.starts_with('x')) => Decision::UnknownUser,
        Credentials::Password { .. } => Decision::Compare(vec![Stored::password(PASSWORD.into())]),
        Credentials::Scram { .. } => Decision::Compare(STORED.clone()),
        Credentials::Bearer { token, .. } if token.expose() == TOKEN => Decision::Accept,
        Credentials::Bearer { .. } => Decision::Refuse,
    }
}

fn check(credentials: &Credentials) {
    let Some(user) = credentials.user() else { return };
    assert!(!user.is_empty() && !user.contains('\0'));
    // NFKC can make a name longer.
    assert!(user.len() <= 18 * MAX_SASL_NAME);
    if let Credentials::Password { password, .. } = credentials {
        assert!(!password.expose().is_empty() && !password.expose().contains('\0'));
    }
}

fn conclude(
    input: &Input,
    mechanism: Mechanism,
    changed: bool,
    outcome: Result<Identity, Failure>,
    client: client::Exchange,
) {
    let reply = outcome.as_ref().map_or_else(|failure| failure.reply(), Identity::reply);
    let believed = client.finish(&reply);
    if let Err(client::Error::Refused { words: Some(words), .. }) = &believed {
        assert!(words.status.len() <= MAX_SASL_ERROR_TEXT && !words.status.contains(char::is_control));
    }
    assert!(outcome.is_ok() || believed.is_err());
    if let Ok(identity) = &outcome {
        assert_eq!(identity.mechanism, mechanism);
        assert!(mechanism == Mechanism::External || !identity.user.starts_with('x'));
        if mechanism.scram_hash().is_some() {
            assert!(input.knows_password);
            // All that is said is signed.
            assert!(!mechanism.binds_channel() || input.same_connection);
        }
    }
    if mechanism.scram_hash().is_some() {
        // It was the server that knows the password, or nobody.
        assert!(believed.is_err() || outcome.is_ok() && input.knows_password);
    }
    if !changed {
        let known = mechanism == Mechanism::External || input.knows_password && !is_unknown(&input.user);
        let bound = !mechanism.binds_channel() || input.same_connection;
        assert_eq!(outcome.is_ok(), known && bound && is_accepted(mechanism, &input.user), "{outcome:?} {input:?}");
        assert_eq!(outcome.is_ok(), believed.is_ok());
    }
}

/// SASLprep may make an `x` of another character, and refuses some names of PLAIN and LOGIN that our client sends as they are.
fn is_unknown(user: &str) -> bool {
    prepared(user).is_some_and(|user| user.starts_with('x')) || user.starts_with('x')
}

fn is_accepted(mechanism: Mechanism, user: &str) -> bool {
    !matches!(mechanism, Mechanism::Plain | Mechanism::Login) || prepared(user).is_some()
}

/// What the server makes of a name.
fn prepared(user: &str) -> Option<String> {
    let mut entropy = Entropy::new([2; 32]);
    let message = STANDARD.encode(user);
    let (mut server, _) = server::Exchange::start(&SERVER, Some(&session(1)), &mut entropy, "LOGIN", Some(&message));
    match server.line(STANDARD.encode("password").as_bytes()) {
        Ok(Step::Verify(credentials)) => credentials.user().map(str::to_owned),
        _ => None,
    }
}

struct Edits<'a> {
    edits: std::slice::Iter<'a, Edit>,
    changed: bool,
}

impl Edits<'_> {
    fn apply(&mut self, line: &[u8]) -> Vec<u8> {
        let edited = match self.edits.next() {
            None | Some(Edit::Keep) => return line.to_vec(),
            Some(Edit::Line(line)) => line.clone(),
            Some(Edit::Message(message)) => STANDARD.encode(message).into_bytes(),
            Some(Edit::Splice { at, cut, insert }) => {
                let Ok(mut message) = STANDARD.decode(line) else { return line.to_vec() };
                let at = usize::from(*at).min(message.len());
                let end = (at + usize::from(*cut)).min(message.len());
                message.splice(at..end, insert.iter().copied());
                STANDARD.encode(message).into_bytes()
            }
        };
        self.changed |= edited != line;
        edited
    }
}

/// Whether a challenge asks for more iterations than a fuzzer has time for.
fn asks_much(text: &str) -> bool {
    let message = STANDARD.decode(text).unwrap_or_default();
    let message = String::from_utf8_lossy(&message);
    let iterations = message.split(',').filter_map(|attribute| attribute.strip_prefix("i=")?.parse::<u32>().ok());
    iterations.max().is_some_and(|iterations| (10_000..=2_000_000).contains(&iterations))
}

fn session(seed: u8) -> Session {
    Session {
        version: Version::Tls13,
        cipher_suite: "TLS_AES_128_GCM_SHA256".into(),
        server_name: None,
        client_certificate: Some(ClientCertificate { der: Vec::new(), verified: true }),
        verified: true,
        binding: ChannelBinding { exporter: Some([seed; 32]), server_end_point: Some(vec![seed; 32]) },
    }
}

static SERVER: LazyLock<Arc<server::Settings>> = LazyLock::new(|| {
    let settings = server::Settings::new(SecretKey::new([3; 32]));
    Arc::new(server::Settings { mechanisms: Mechanism::ALL.to_vec(), ..settings })
});

static STORED: LazyLock<Vec<Stored>> = LazyLock::new(|| {
    let verifier = |hash| ScramVerifier::derive(hash, PASSWORD, b"sixteen octets..", 4096).expect("can be derived");
    vec![Stored::verifier(verifier(Hash::Sha1)), Stored::verifier(verifier(Hash::Sha256))]
});
