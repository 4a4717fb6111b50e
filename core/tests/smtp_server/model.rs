//! Every sequence of six commands of an alphabet of 23, from clear text, after STARTTLS and after AUTH, beside a small model
//! of the order that RFC 5321 §4.1.4 and the extensions ask for.
//!
//! There are 148 million sequences from each start. Sequences that leave the server in the same state (its
//! [fingerprint](Server::fingerprint)) go on alike, so one of them stands for all; and for each the model has to be in the same
//! state too, so that nothing is left of what only the model, or only the server, has forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;

use passerelle::smtp::sasl::server::{self as sasl, Credentials};
use passerelle::smtp::sasl::{Mechanism, SecretKey};
use passerelle::smtp::server::{Decision, Decisions, Extensions, Limits, Request, Server, Settings, Timeouts};
use passerelle::tls::Converse;

use crate::talk::{Talk, settings};

const LENGTH: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    Ehlo,
    Helo,
    Lhlo,
    Mail,
    MailBinary,
    MailMalformed,
    Rcpt,
    RcptElsewhere,
    Data,
    Chunk,
    LastChunk,
    EmptyLastChunk,
    Rset,
    Noop,
    Vrfy,
    Help,
    StartTls,
    Auth,
    AuthWrong,
    Xclient,
    Unknown,
    BareLf,
    Quit,
}

use Word::*;

const ALPHABET: [Word; 23] = [
    Ehlo,
    Helo,
    Lhlo,
    Mail,
    MailBinary,
    MailMalformed,
    Rcpt,
    RcptElsewhere,
    Data,
    Chunk,
    LastChunk,
    EmptyLastChunk,
    Rset,
    Noop,
    Vrfy,
    Help,
    StartTls,
    Auth,
    AuthWrong,
    Xclient,
    Unknown,
    BareLf,
    Quit,
];

impl Word {
    fn octets(self) -> &'static str {
        match self {
            Ehlo => "EHLO client.example.org\r\n",
            Helo => "HELO client.example.org\r\n",
            Lhlo => "LHLO client.example.org\r\n",
            Mail => "MAIL FROM:<ann@example.org>\r\n",
            MailBinary => "MAIL FROM:<> BODY=BINARYMIME\r\n",
            MailMalformed => "MAIL FROM:ann@example.org\r\n",
            Rcpt => "RCPT TO:<bob@example.com>\r\n",
            RcptElsewhere => "RCPT TO:<carol@example.net>\r\n",
            Data => "DATA\r\n",
            // The octets would be commands.
            Chunk => "BDAT 6\r\nRSET\r\n",
            LastChunk => "BDAT 6 LAST\r\nQUIT\r\n",
            EmptyLastChunk => "BDAT 0 LAST\r\n",
            Rset => "RSET\r\n",
            Noop => "NOOP\r\n",
            Vrfy => "VRFY bob\r\n",
            Help => "HELP\r\n",
            StartTls => "STARTTLS\r\n",
            Auth => "AUTH PLAIN AGFubgBwZW5jaWw=\r\n",
            AuthWrong => "AUTH PLAIN AGFubgBwZW5jaWxz\r\n",
            Xclient => "XCLIENT ADDR=127.0.0.1\r\n",
            Unknown => "NONSENSE\r\n",
            BareLf => "NO\nOP\r\n",
            Quit => "QUIT\r\n",
        }
    }
}

/// What the RFCs have a server know of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Model {
    over: bool,
    tls: bool,
    authenticated: bool,
    hello: Option<Word>,
    message: Option<Begun>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Begun {
    binary: bool,
    recipients: Vec<&'static str>,
    /// The chunks so far, once there was one.
    chunks: Option<String>,
}

/// A message that was handed to the host: sender, recipients, content, protocol.
type Delivered = (&'static str, Vec<&'static str>, String, String);

impl Model {
    /// The codes of the replies, and the message that is delivered, if one is.
    fn step(&mut self, word: Word) -> (Vec<&'static str>, Option<Delivered>) {
        let mut delivered = None;
        let is_extended = self.hello == Some(Ehlo);
        let codes = match word {
            _ if self.over => vec![],
            Ehlo | Helo => {
                (self.hello, self.message) = (Some(word), None);
                vec!["250"]
            }
            Lhlo => vec!["500 5.5.1"],
            MailMalformed => vec!["501 5.5.4"],
            Mail | MailBinary if self.hello.is_none() || self.message.is_some() => vec!["503 5.5.1"],
            MailBinary if !is_extended => vec!["555 5.5.4"],
            Mail | MailBinary => {
                self.message = Some(Begun { binary: word == MailBinary, ..Begun::default() });
                vec!["250 2.1.0"]
            }
            Rcpt | RcptElsewhere => match &mut self.message {
                Some(message) if message.chunks.is_none() => match word {
                    RcptElsewhere if !self.authenticated => vec!["550 5.7.1"],
                    _ => {
                        message.recipients.push(if word == Rcpt { "<bob@example.com>" } else { "<carol@example.net>" });
                        vec!["250 2.1.5"]
                    }
                },
                _ => vec!["503 5.5.1"],
            },
            Data => match &self.message {
                Some(Begun { chunks: None, recipients, .. }) if recipients.is_empty() => vec!["554 5.5.1"],
                Some(Begun { chunks: None, binary: false, .. }) => {
                    delivered = self.deliver("text\r\n".into());
                    vec!["354", "250 2.0.0"]
                }
                _ => vec!["503 5.5.1"],
            },
            Chunk | LastChunk | EmptyLastChunk => match &mut self.message {
                Some(message) if is_extended && message.recipients.is_empty() => vec!["554 5.5.1"],
                Some(message) if is_extended => {
                    let content = message.chunks.get_or_insert_default();
                    match word {
                        Chunk => content.push_str("RSET\r\n"),
                        LastChunk => content.push_str("QUIT\r\n"),
                        _ => {}
                    }
                    if word != Chunk {
                        let content = content.clone();
                        delivered = self.deliver(content);
                    }
                    vec!["250 2.0.0"]
                }
                _ => vec!["503 5.5.1"],
            },
            Rset => {
                self.message = None;
                vec!["250 2.0.0"]
            }
            Noop => vec!["250 2.0.0"],
            Vrfy => vec!["252 2.5.0"],
            Help => vec!["214 2.0.0"],
            StartTls if self.tls || !is_extended || self.message.is_some() => vec!["503 5.5.1"],
            StartTls => {
                *self = Self { tls: true, ..Self::default() };
                vec!["220 2.0.0"]
            }
            Auth | AuthWrong if self.authenticated || !is_extended || self.message.is_some() => vec!["503 5.5.1"],
            Auth => {
                self.authenticated = true;
                vec!["235 2.7.0"]
            }
            AuthWrong => vec!["535 5.7.8"],
            Xclient => vec!["550 5.7.0"],
            Unknown | BareLf => vec!["500 5.5.2"],
            Quit => {
                (self.over, self.message) = (true, None);
                vec!["221 2.0.0"]
            }
        };
        (codes, delivered)
    }

    fn deliver(&mut self, content: String) -> Option<Delivered> {
        let message = self.message.take()?;
        let sender = if message.binary { "<>" } else { "<ann@example.org>" };
        let protocol = match (self.hello, self.tls, self.authenticated) {
            (Some(Helo), false, false) => "SMTP",
            (_, false, false) => "ESMTP",
            (_, true, false) => "ESMTPS",
            (_, false, true) => "ESMTPA",
            (_, true, true) => "ESMTPSA",
        };
        Some((sender, message.recipients, content, protocol.into()))
    }
}

fn host(request: &Request) -> Option<Decision> {
    Some(match request {
        Request::Auth { credentials: Credentials::Password { password, .. }, .. } => {
            Decision::Auth(if password.expose() == "pencil" { sasl::Decision::Accept } else { sasl::Decision::Refuse })
        }
        _ => Decision::Accept,
    })
}

fn model_settings() -> Settings {
    let auth = sasl::Settings {
        mechanisms: vec![Mechanism::Plain],
        secrets_in_clear_text: true,
        ..sasl::Settings::new(SecretKey::new([1; 32]))
    };
    Settings {
        auth: Some(Arc::new(auth)),
        relay_for_authenticated: true,
        decisions: Decisions { auth: true, message: true, ..Decisions::default() },
        extensions: Extensions { starttls: true, binary_mime: true, ..Extensions::default() },
        timeouts: Timeouts { auth_delay: 0, ..Timeouts::default() },
        limits: Limits {
            bad_commands: u32::MAX,
            errors: u32::MAX,
            idle_commands: u32::MAX,
            auth_failures: u32::MAX,
            transactions: u32::MAX,
            ..Limits::default()
        },
        ..settings()
    }
}

/// Says the words, and gives the codes of the replies to the last and the message that it delivered.
fn say(settings: &Settings, words: &[Word]) -> (Server, Vec<String>, Option<Delivered>) {
    let mut talk = Talk::with_host(settings.clone(), Box::new(host));
    talk.read();
    let mut replies = String::new();
    for &word in words {
        talk.messages.clear();
        replies = talk.send(word.octets());
        if word == Data && replies.starts_with("354") {
            replies += &talk.send("text\r\n.\r\n");
        }
        if talk.server.starts_tls() {
            talk.secure();
        }
    }
    let last_lines = replies.lines().filter(|line| line.as_bytes().get(3) == Some(&b' '));
    let codes = last_lines.map(|line| {
        let (code, rest) = line.split_at(3);
        let enhanced =
            rest.split(' ').nth(1).filter(|word| word.split('.').count() == 3 && word.starts_with(&code[..1]));
        enhanced
            .filter(|_| rest.as_bytes().get(2) == Some(&b'.'))
            .map_or(code.into(), |enhanced| format!("{code} {enhanced}"))
    });
    let delivered = talk.messages.pop().map(|(message, content)| {
        let sender = if message.sender.path.mailbox().is_some() { "<ann@example.org>" } else { "<>" };
        let names = ["<bob@example.com>", "<carol@example.net>"];
        let name = |path: String| *names.iter().find(|name| **name == path).expect("one of the two");
        let recipients = message.recipients.iter().map(|recipient| name(recipient.path.to_string())).collect();
        (sender, recipients, String::from_utf8(content).expect("text"), message.protocol.to_owned())
    });
    (talk.server, codes.collect(), delivered)
}

#[test]
fn every_sequence_of_six() {
    let settings = model_settings();
    for start in [&[][..], &[Ehlo, StartTls], &[Ehlo, Auth], &[Ehlo, StartTls, Ehlo, Auth]] {
        let mut model = Model::default();
        for &word in start {
            model.step(word);
        }
        let first = say(&settings, start).0.fingerprint();
        let mut known = BTreeMap::from([(first, model.clone())]);
        let mut frontier = vec![(start.to_vec(), model)];
        let mut tried = 0;
        for _ in 0..LENGTH {
            let mut next = Vec::new();
            for (words, model) in frontier {
                for word in ALPHABET {
                    let (words, mut model) = ([&words[..], &[word]].concat(), model.clone());
                    let (codes, delivered) = model.step(word);
                    let (server, said, message) = say(&settings, &words);
                    assert_eq!(
                        (&said, &message),
                        (&codes.iter().map(ToString::to_string).collect(), &delivered),
                        "{words:?}"
                    );
                    assert_eq!(server.is_over(), model.over, "{words:?}");
                    tried += 1;
                    let fingerprint = server.fingerprint();
                    match known.get(&fingerprint) {
                        Some(known) => assert_eq!(known, &model, "{words:?}"),
                        None => {
                            known.insert(fingerprint, model.clone());
                            next.push((words, model));
                        }
                    }
                }
            }
            frontier = next;
        }
        println!(
            "from {start:?}: {} states, {tried} steps for {} sequences",
            known.len(),
            ALPHABET.len().pow(LENGTH as u32)
        );
        assert!(known.len() > 20);
    }
}
