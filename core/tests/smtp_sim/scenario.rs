//! What is sent, by what kind of client to what kind of server.

use std::sync::{Arc, LazyLock};

use passerelle::crypto::Hash;
use passerelle::mailbox::{ForwardPath, ReversePath};
use passerelle::smtp::client::{Envelope, Needs, Tls};
use passerelle::smtp::sasl::client::{Account, Settings as ClientSasl};
use passerelle::smtp::sasl::server::Settings as ServerSasl;
use passerelle::smtp::sasl::{Mechanism, ScramVerifier, Secret, SecretKey};
use passerelle::smtp::server::{Decisions, EarlyTalkers, Extensions, TlsPolicy};
use passerelle::smtp::{client, server};

use crate::dice::Dice;

/// Whom the server refuses, for now or for good.
pub(crate) const LATER: &str = "later";
pub(crate) const NOBODY: &str = "nobody";

/// A message, and what the receiving host does to it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) envelope: Envelope,
    pub(crate) content: Vec<u8>,
}

/// A simulation, without its faults.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    pub(crate) messages: Vec<Message>,
    pub(crate) server: server::Settings,
    pub(crate) client: client::Settings,
    pub(crate) sasl: Option<ClientSasl>,
}

/// The password's verifier, made once: it takes thousands of hashes.
static VERIFIER: LazyLock<ScramVerifier> =
    LazyLock::new(|| ScramVerifier::derive(Hash::Sha256, "pencil", b"sixteen of salt.", 4096).expect("a password"));

pub(crate) fn verifier() -> ScramVerifier {
    VERIFIER.clone()
}

impl Scenario {
    /// Anything.
    pub(crate) fn random(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let is_lmtp = dice.once_in(6);
        let server = server(&mut dice, is_lmtp);
        let client = client(&mut dice, is_lmtp);
        let count = 1 + dice.below(4);
        let messages = (0..count).map(|number| message(&mut dice, number)).collect();
        let mut scenario = Self { seed, messages, server, client, sasl: None };
        // Handshakes and SCRAM cost a thousand times as much as the rest.
        if dice.once_in(60) {
            scenario.secure(&mut dice);
        }
        if dice.once_in(60) {
            scenario.authenticate(&mut dice);
        }
        scenario
    }

    /// Two short messages, in clear text.
    pub(crate) fn small(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let is_lmtp = seed.is_multiple_of(3);
        let (server, client) = (server(&mut dice, is_lmtp), client(&mut dice, is_lmtp));
        let messages = (0..2).map(|number| {
            let mut message = message(&mut dice, number);
            message.content = format!("Subject: {number}\r\n\r\n.\r\n..\r\nHello.\r\n").into_bytes();
            message.envelope.needs = Some(Needs::of(&message.content));
            message
        });
        Self { seed, messages: messages.collect(), server, client, sasl: None }
    }

    fn secure(&mut self, dice: &mut Dice) {
        if dice.once_in(2) {
            self.server.tls = TlsPolicy { implicit: true, ..TlsPolicy::default() };
            self.client.tls = Tls::Implicit;
        } else {
            self.server.extensions.starttls = true;
            self.client.tls = dice.of(&[Tls::REQUIRED, Tls::OPPORTUNISTIC]);
        }
    }

    fn authenticate(&mut self, dice: &mut Dice) {
        let mut sasl = ServerSasl::new(SecretKey::new([7; 32]));
        sasl.mechanisms = vec![Mechanism::ScramSha256Plus, Mechanism::ScramSha256, Mechanism::Plain, Mechanism::Login];
        sasl.secrets_in_clear_text = true;
        self.server.auth = Some(Arc::new(sasl));
        self.server.auth_required = true;
        let account = Account::Password { user: "ann".into(), password: Secret::new("pencil"), acting_as: None };
        let mut sasl = ClientSasl::new(account);
        sasl.secrets_in_clear_text = true;
        if dice.once_in(2) {
            sasl.mechanisms = vec![dice.of(&[Mechanism::Plain, Mechanism::Login])];
        }
        self.sasl = Some(sasl);
    }

    /// Whether there is TLS in it.
    pub(crate) fn is_secured(&self) -> bool {
        self.client.tls != Tls::Off
    }
}

fn server(dice: &mut Dice, is_lmtp: bool) -> server::Settings {
    server::Settings {
        hostname: "mx.example.com".into(),
        protocol: if is_lmtp { server::Protocol::Lmtp } else { server::Protocol::Smtp },
        decisions: Decisions {
            connect: dice.once_in(4),
            hello: dice.once_in(4),
            auth: true,
            mail: dice.once_in(4),
            rcpt: true,
            header: dice.once_in(4),
            message: true,
            ..Decisions::default()
        },
        extensions: Extensions {
            pipelining: !dice.once_in(3),
            chunking: !dice.once_in(3),
            size: !dice.once_in(3),
            enhanced_status_codes: !dice.once_in(3),
            ..Extensions::default()
        },
        early_talkers: EarlyTalkers::Refuse,
        ..server::Settings::default()
    }
}

fn client(dice: &mut Dice, is_lmtp: bool) -> client::Settings {
    let name = passerelle::mailbox::Host::parse("client.example").expect("a host");
    let mut settings = client::Settings::new(name);
    settings.protocol = if is_lmtp { client::Protocol::Lmtp } else { client::Protocol::Smtp };
    settings.pipelining = !dice.once_in(4);
    settings.chunking = dice.once_in(2);
    settings.chunk_size = dice.of(&[11, 100, 65_536]);
    settings
}

fn message(dice: &mut Dice, number: u64) -> Message {
    let from = ReversePath::parse(dice.of(&["<ann@client.example>", "<>"])).expect("a path");
    let local = |dice: &mut Dice, index| {
        let name = dice.of(&["bob", "bob", "bob", "carl", LATER, NOBODY]);
        ForwardPath::parse(&format!("<{name}+{number}.{index}@example.com>")).expect("a path")
    };
    let recipients: Vec<_> = (0..=dice.below(4)).map(|index| local(dice, index)).collect();
    let content = content(dice, number);
    let mut envelope = Envelope::new(from, recipients);
    envelope.needs = dice.once_in(2).then(|| Needs::of(&content));
    Message { envelope, content }
}

/// Lines of every kind that matters to framing; the message's number makes each another one.
fn content(dice: &mut Dice, number: u64) -> Vec<u8> {
    let mut content = format!("Subject: {number}\r\nX-Dice: {}\r\n\r\n", dice.next()).into_bytes();
    let lines = dice.of(&[0, 3, 30, 300]);
    for _ in 0..lines {
        match dice.below(8) {
            0 => content.extend_from_slice(b".\r\n"),
            1 => content.extend_from_slice(b"..\r\n"),
            2 => content.extend_from_slice(b"\r\n"),
            3 => content.extend_from_slice(b".dot first\r\n"),
            4 => content.extend_from_slice(b"QUIT\r\n"),
            5 => content.extend(std::iter::repeat_n(b'x', 900).chain(*b"\r\n")),
            _ => content.extend_from_slice(b"The quick brown fox jumps over the lazy dog.\r\n"),
        }
    }
    content
}
