//! Plays a client of ours against a server of ours, and either by hand.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use passerelle::crypto::Hash;
use passerelle::smtp::Reply;
use passerelle::smtp::sasl::client::{self, Account};
use passerelle::smtp::sasl::server::{self, Credentials, Decision, Failure, Identity, Step, Stored};
use passerelle::smtp::sasl::{Entropy, Mechanism, ScramVerifier, Secret, SecretKey};
use passerelle::tls::{ChannelBinding, ClientCertificate, Session, Version};

pub(crate) fn encode(text: impl AsRef<[u8]>) -> String {
    STANDARD.encode(text)
}

pub(crate) fn decode(text: &str) -> String {
    String::from_utf8(STANDARD.decode(text).expect("base64")).expect("UTF-8")
}

/// A connection inside TLS, with both channel bindings made of `seed`.
pub(crate) fn session(seed: u8) -> Session {
    Session {
        version: Version::Tls13,
        cipher_suite: "TLS_AES_256_GCM_SHA384".into(),
        server_name: None,
        client_certificate: None,
        verified: true,
        binding: ChannelBinding { exporter: Some([seed; 32]), server_end_point: Some(vec![seed ^ 0xff; 32]) },
    }
}

pub(crate) fn with_certificate(mut session: Session, verified: bool) -> Session {
    session.client_certificate = Some(ClientCertificate { der: vec![0x30], verified });
    session
}

/// A server that offers these, inside TLS or not.
pub(crate) fn server(mechanisms: &[Mechanism]) -> server::Settings {
    server::Settings {
        mechanisms: mechanisms.to_vec(),
        secrets_in_clear_text: true,
        ..server::Settings::new(SecretKey::new([0x5e; 32]))
    }
}

/// A client that uses these, inside TLS or not.
pub(crate) fn client(account: Account, mechanisms: &[Mechanism]) -> client::Settings {
    client::Settings { mechanisms: mechanisms.to_vec(), secrets_in_clear_text: true, ..client::Settings::new(account) }
}

pub(crate) fn account(user: &str, password: &str) -> Account {
    Account::Password { user: user.into(), password: password.into(), acting_as: None }
}

pub(crate) fn verifier(hash: Hash, password: &str) -> Stored {
    Stored::verifier(ScramVerifier::derive(hash, password, b"sixteen octets..", 4096).expect("can be derived"))
}

/// What is stored of a password for all mechanisms.
pub(crate) fn stored(password: &str) -> Vec<Stored> {
    vec![verifier(Hash::Sha256, password), verifier(Hash::Sha1, password)]
}

/// A host that knows one user.
pub(crate) fn knows(user: &'static str, password: &'static str) -> impl FnMut(&Credentials) -> Decision {
    move |credentials| match credentials.user() {
        Some(name) if name == user => Decision::Compare(stored(password)),
        _ => Decision::UnknownUser,
    }
}

/// How an exchange ended on both sides, and what went over the wire: the client's command and lines, the server's challenges.
pub(crate) struct Played {
    pub(crate) server: Result<Identity, Failure>,
    pub(crate) client: Result<Mechanism, client::Error>,
    pub(crate) from_client: Vec<String>,
    pub(crate) from_server: Vec<String>,
}

/// One connection, as each side sees it.
#[derive(Clone, Default)]
pub(crate) struct Connection {
    pub(crate) of_client: Option<Session>,
    pub(crate) of_server: Option<Session>,
}

impl Connection {
    pub(crate) fn secured() -> Self {
        Self { of_client: Some(session(1)), of_server: Some(session(1)) }
    }
}

/// # Panics
/// If the client finds nothing to begin with, or if the exchange doesn't end.
pub(crate) fn play(
    client: client::Settings,
    server: server::Settings,
    connection: &Connection,
    mut host: impl FnMut(&Credentials) -> Decision,
) -> Played {
    let server = Arc::new(server);
    let offered: Vec<String> =
        server.offered(connection.of_server.as_ref()).into_iter().map(|mechanism| mechanism.to_string()).collect();
    let mut entropy = Entropy::new([0xc1; 32]);
    let (mut client, command) =
        client::Exchange::start(&Arc::new(client), connection.of_client.as_ref(), &mut entropy, &offered)
            .expect("a mechanism");
    let mut from_client = vec![command.expose().to_owned()];
    let mut from_server = Vec::new();
    let mut words = command.expose().split(' ').skip(1);
    let (mechanism, initial) = (words.next().expect("a mechanism"), words.next());
    let mut entropy = Entropy::new([0x5e; 32]);
    let (mut exchange, mut step) =
        server::Exchange::start(&server, connection.of_server.as_ref(), &mut entropy, mechanism, initial);
    for _ in 0..10 {
        step = match step {
            Step::Challenge(text) => {
                let line = client.challenge(&text).expect("the server does not go on");
                from_server.push(text);
                from_client.push(line.expose().to_owned());
                exchange.line(line.expose().as_bytes()).expect("a line is waited for")
            }
            Step::Verify(credentials) => exchange.decide(host(&credentials)).expect("a decision is waited for"),
            Step::Done(outcome) => {
                let reply = outcome.as_ref().map_or_else(|failure| failure.reply(), Identity::reply);
                return Played { client: client.finish(&reply), server: outcome, from_client, from_server };
            }
        };
    }
    panic!("the exchange does not end: {from_client:?} {from_server:?}");
}

/// A server at its first step.
pub(crate) fn begin(
    settings: &server::Settings,
    session: Option<&Session>,
    mechanism: &str,
    initial: Option<&str>,
) -> (server::Exchange, Step) {
    let mut entropy = Entropy::new([0x5e; 32]);
    server::Exchange::start(&Arc::new(settings.clone()), session, &mut entropy, mechanism, initial)
}

/// What the host is asked when a client begins so.
pub(crate) fn asked(mechanism: Mechanism, message: &str) -> Result<Credentials, Failure> {
    match begin(&server(&Mechanism::ALL), None, mechanism.as_str(), Some(&encode(message))).1 {
        Step::Verify(credentials) => Ok(credentials),
        Step::Done(Err(failure)) => Err(failure),
        step => panic!("{step:?}"),
    }
}

/// A client after its command.
pub(crate) fn commanded(
    settings: &client::Settings,
    session: Option<&Session>,
    offered: &[Mechanism],
) -> Result<(client::Exchange, Secret), client::Error> {
    let offered: Vec<String> = offered.iter().map(|mechanism| mechanism.to_string()).collect();
    let mut entropy = Entropy::new([0xc1; 32]);
    client::Exchange::start(&Arc::new(settings.clone()), session, &mut entropy, &offered)
}

pub(crate) fn reply(code: u16) -> Reply {
    Reply::new(code, None, "text")
}
