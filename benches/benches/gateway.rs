//! A message through the whole gateway, in memory, and through each of its parts alone: what the engine costs for each message.

#![allow(missing_docs)] // criterion's macros make public functions

mod settings;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use passerelle::crypto::SigningKey;
use passerelle::dkim::{Signer, Signing};
use passerelle::gateway::{self, Event, Gateway, Held, Hold, Listener, Place, Setup};
use passerelle::mailbox::{ForwardPath, ReversePath};
use passerelle::message::Header;
use passerelle::route::policy::Policy;
use passerelle::smtp::client::{self, Client};
use passerelle::smtp::sasl::SecretKey;
use passerelle::smtp::server::{self, Decision, Decisions, Server};
use passerelle::tls::Converse;
use passerelle::verify::{self, Envelope, verify};
use passerelle::{Answer, DnsAnswer, Domain, Machine, Now, Output, Question, Record, RecordType, Status, UnixTime};
use passerelle_benches::mail::KEY;

use settings::CpuTime;

criterion_main!(benches);
criterion_group! { name = benches; config = settings::criterion(); targets = messages }

/// Octets of the message.
const MESSAGE: usize = 10_240;
const NOW: u64 = 1_790_000_000;

/// What every policy of these has.
const COMMON: &str = r#"
hostname = "gw.example.com"
domains = ["example.com"]

[[relay]]
name = "apps"
peers = ["192.0.2.0/24"]

[[route]]
name = "smart"
hosts = ["smart.example.net"]
require_tls = false
require_ca = false
verify_hostname = false

[[rule]]
name = "all"
match = { direction = ["outbound", "inbound"] }
do = { route = "smart" }
"#;

const SIGN: &str = r#"
[[sign]]
domain = "example.com"
keys = [{ selector = "s1", file = "key.pem" }]
"#;

fn setup(more: &str) -> Arc<Setup> {
    let files = |_: &str| Ok(KEY.as_bytes().to_vec());
    let policy = Policy::compile(&format!("{COMMON}{more}"), &files).accepted().expect("a policy");
    Arc::new(Setup::new(Arc::new(policy), SecretKey::new([3; 32])))
}

fn messages(criterion: &mut Criterion<CpuTime>) {
    let mut group = settings::group(criterion, "a message of 10 KB through the gateway");
    group.throughput(Throughput::Elements(1));
    let (plain, signing) = (setup(""), setup(SIGN));
    let message = message();
    let ours = ("192.0.2.7:2525", "ann@example.com", "bob@example.org");
    let strangers = ("203.0.113.7:2525", "ann@example.com", "bob@example.com");
    group.bench_function("streaming", |b| b.iter(|| through(&plain, ours, black_box(&message))));
    group.bench_function("held and verified", |b| b.iter(|| through(&plain, strangers, black_box(&message))));
    group.bench_function("held and signed (RSA-2048)", |b| b.iter(|| through(&signing, ours, black_box(&message))));
    group.bench_function("its server alone", |b| b.iter(|| server(black_box(&message))));
    group.bench_function("its client alone", |b| b.iter(|| client(black_box(&message))));
    let text = message.strip_suffix(b".\r\n").expect("an end");
    group.bench_function("its verification alone", |b| b.iter(|| verification(black_box(text))));
    let signer = signer();
    group.bench_function("its signature alone (RSA-2048)", |b| b.iter(|| signature(&signer, black_box(text))));
}

fn answer(question: &Question) -> Answer {
    Answer::Dns(match question {
        Question::Dns(name, RecordType::A) if name.as_str() == "smart.example.net" => {
            DnsAnswer::found([Record::A([198, 51, 100, 1].into())])
        }
        Question::Dns(name, RecordType::Txt) if name.as_str() == "example.com" => {
            DnsAnswer::found([Record::Txt(b"v=spf1 ip4:203.0.113.0/24 -all".to_vec())])
        }
        _ => DnsAnswer::empty(Status::NxDomain),
    })
}

/// What a hop says to commands, one a line, and to the end of a message.
fn reply(octets: &[u8]) -> Vec<u8> {
    if octets.ends_with(b"\r\n.\r\n") {
        return b"250 2.0.0 Queued\r\n".to_vec();
    }
    let is_command =
        |line: &[u8]| [&b"EHLO"[..], b"MAIL", b"RCPT", b"DATA", b"RSET"].contains(&line.get(..4).unwrap_or_default());
    let lines = octets.split_inclusive(|octet| *octet == b'\n').take_while(|line| is_command(line));
    let said = lines.map(|line| match &line[..4] {
        b"EHLO" => &b"250-smart\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n"[..],
        b"DATA" => b"354 Go on\r\n",
        _ => b"250 2.1.5 OK\r\n",
    });
    said.flatten().copied().collect()
}

/// One session with one message, over a new connection to the hop; the octets that it was sent.
fn through(setup: &Arc<Setup>, (peer, from, to): (&str, &str, &str), message: &[u8]) -> usize {
    let now = Now::at(NOW);
    let client = gateway::Client::new(peer.parse().ok(), None, Listener::Smtp);
    let mut gateway = Gateway::new(Arc::clone(setup), client, [7; 32], now);
    let (mut held, mut sent, mut taken) = (Vec::new(), 0, false);
    let envelope = format!("MAIL FROM:<{from}> SIZE=10240\r\nRCPT TO:<{to}>\r\nDATA\r\n");
    let turns: [&[u8]; 5] = [b"", b"EHLO client.example\r\n", envelope.as_bytes(), message, b"QUIT\r\n"];
    for turn in turns {
        gateway.handle(now, gateway::Input::Wire(turn)).expect("it reads");
        loop {
            let input = match gateway.poll() {
                Output::Idle { .. } => break,
                Output::Transmit(octets) => {
                    drop(black_box(octets));
                    continue;
                }
                Output::Ask(id, question) => gateway::Input::Answer(id, answer(&question)),
                Output::Event(Event::Place { id, .. }) => gateway::Input::Place(id, Place::Fresh { clear: false }),
                Output::Event(Event::Connect { id, addresses, .. }) => {
                    let address = addresses[0];
                    gateway.handle(now, gateway::Input::Connected { id, address }).expect("it waits");
                    gateway::Input::Octets { id, octets: b"220 smart ESMTP\r\n" }
                }
                Output::Event(Event::Send { id, octets }) => {
                    sent += octets.len();
                    let said = reply(&octets);
                    if !said.is_empty() {
                        gateway.handle(now, gateway::Input::Octets { id, octets: &said }).expect("it reads");
                    }
                    continue;
                }
                Output::Event(Event::Hold(Hold::Append(octets))) => {
                    held.extend(octets);
                    gateway::Input::Held(Held::Kept)
                }
                Output::Event(Event::Hold(Hold::Read { from, octets })) => {
                    let rest = &held[from as usize..];
                    let piece = rest[..octets.min(rest.len())].to_vec();
                    gateway.handle(now, gateway::Input::Held(Held::Octets(&piece))).expect("it was asked");
                    continue;
                }
                Output::Event(Event::Done(done)) => {
                    taken = done.end == gateway::Ending::Accepted;
                    continue;
                }
                Output::Event(_) => continue,
            };
            gateway.handle(now, input).expect("it was asked");
        }
    }
    assert!(taken && sent > MESSAGE, "the hop has the message");
    sent
}

/// The same message through the server, whose host takes it.
fn server(message: &[u8]) -> usize {
    let now = Now::at(NOW);
    let settings = server::Settings {
        hostname: "gw.example.com".into(),
        decisions: Decisions { message: true, header: true, mail: true, rcpt: true, ..Decisions::default() },
        ..server::Settings::default()
    };
    let mut server = Server::new(Arc::new(settings), None, None, [7; 32], now);
    let envelope = b"MAIL FROM:<ann@example.com> SIZE=10240\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n";
    let turns: [&[u8]; 5] = [b"", b"EHLO client.example\r\n", envelope, message, b"QUIT\r\n"];
    let mut content = 0;
    for turn in turns {
        server.octets(now, turn).expect("it reads");
        loop {
            match server.poll() {
                Output::Idle { .. } => break,
                Output::Event(server::Event::Content(octets)) => content += black_box(octets).len(),
                Output::Event(server::Event::Decide { id, .. }) => {
                    server.handle(now, server::Input::Decide(id, Decision::Accept)).expect("it was asked");
                }
                other => drop(black_box(other)),
            }
        }
    }
    content
}

/// The same message through the client, whose host hands it over.
fn client(message: &[u8]) -> usize {
    let now = Now::at(NOW);
    let mut client = Client::new(client::Settings::new(Domain::parse("gw.example.com").expect("a name")), now);
    let recipient = ForwardPath::parse("<bob@example.org>").expect("a path");
    let envelope = client::Envelope::new(ReversePath::parse("<ann@example.com>").expect("a path"), [recipient]);
    let text = message.strip_suffix(b".\r\n").expect("an end");
    client.octets(now, b"220 smart ESMTP\r\n").expect("it reads");
    let mut sent = 0;
    loop {
        match client.poll() {
            Output::Transmit(octets) => {
                sent += octets.len();
                let said = reply(&octets);
                if !said.is_empty() {
                    client.octets(now, &said).expect("it reads");
                }
            }
            Output::Event(client::Event::Ready(_)) => {
                client.handle(now, client::Input::Send(Box::new(envelope.clone()))).expect("it is ready");
            }
            Output::Event(client::Event::WantsContent) => {
                client.handle(now, client::Input::Content(text)).expect("it wants that");
                client.handle(now, client::Input::ContentEnd).expect("it wants that");
            }
            Output::Event(client::Event::Sent(_)) => return sent,
            Output::Event(_) | Output::Ask(..) => {}
            Output::Idle { .. } => unreachable!("the hop has said all that is due"),
        }
    }
}

fn verification(message: &[u8]) -> bool {
    let envelope = Envelope::new().ip([203, 0, 113, 7].into()).helo("client.example").mail_from("ann@example.com");
    let settings = verify::Settings::new("gw.example.com");
    verify(message, &envelope, &settings, Now::at(NOW), answer).is_some()
}

fn signer() -> Arc<Signer> {
    let key = SigningKey::from_pem(KEY).expect("a key");
    let signer = Signer::new(Domain::parse("example.com").expect("a name")).key("s1", key).expect("a selector");
    Arc::new(signer)
}

fn signature(signer: &Arc<Signer>, message: &[u8]) -> usize {
    let (header, body) = Header::split(message);
    let mut signing = Signing::new(signer, &header, UnixTime(NOW)).expect("it can be signed");
    signing.body(body);
    signing.finish().expect("it is signed").len()
}

/// The message as it is sent, with the end of the data.
fn message() -> Vec<u8> {
    let mut message = b"From: Ann <ann@example.com>\r\nTo: Bob <bob@example.org>\r\nSubject: Hello\r\n\
        Date: Sat, 28 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\n"
        .to_vec();
    let line = b"A line of text such as people write, some sixty octets long.\r\n";
    while message.len() + line.len() + 2 < MESSAGE {
        message.extend_from_slice(line);
    }
    let rest = MESSAGE - message.len() - 2;
    message.extend(std::iter::repeat_n(b'x', rest));
    message.extend_from_slice(b"\r\n.\r\n");
    message
}
