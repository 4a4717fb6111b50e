//! A whole session through the server machine, in memory: what the engine costs a server for each message.

#![allow(missing_docs)] // criterion's macros make public functions

mod settings;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use passerelle::smtp::server::{Decision, Decisions, Event, Input, Server, Settings};
use passerelle::tls::Converse;
use passerelle::{Domain, Machine, Now, Output};

use settings::CpuTime;

criterion_main!(benches);
criterion_group! { name = benches; config = settings::criterion(); targets = session }

/// Octets of the message.
const MESSAGE: usize = 10_240;

fn session(criterion: &mut Criterion<CpuTime>) {
    let mut group = settings::group(criterion, "an SMTP session with a message of 10 KB");
    group.throughput(Throughput::Elements(1));
    let message = message();
    let turns: [&[u8]; 6] = [
        b"EHLO client.example.org\r\n",
        b"MAIL FROM:<ann@client.example.org> SIZE=10240\r\n",
        b"RCPT TO:<bob@example.com>\r\n",
        b"DATA\r\n",
        &message,
        b"QUIT\r\n",
    ];
    let pipelined: [&[u8]; 4] = [
        b"EHLO client.example.org\r\n",
        b"MAIL FROM:<ann@client.example.org> SIZE=10240\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n",
        &message,
        b"QUIT\r\n",
    ];
    for (name, decisions) in [
        ("passerelle", Decisions { message: true, ..Decisions::default() }),
        ("passerelle, the host deciding everything", Decisions::ALL),
    ] {
        let settings = Arc::new(Settings {
            hostname: "mx.example.com".into(),
            local_domains: vec![Domain::parse("example.com").expect("a domain")],
            decisions,
            ..Settings::default()
        });
        group.bench_function(name, |b| b.iter(|| run(&settings, black_box(&turns))));
        group.bench_function(format!("{name}, pipelined"), |b| b.iter(|| run(&settings, black_box(&pipelined))));
    }
}

/// One session; the octets of content that came.
fn run(settings: &Arc<Settings>, turns: &[&[u8]]) -> usize {
    let now = Now::at(1_790_000_000);
    let mut server = Server::new(Arc::clone(settings), None, None, [7; 32], now);
    let mut content = drain(&mut server, now);
    for turn in turns {
        server.octets(now, turn).expect("the server reads");
        content += drain(&mut server, now);
    }
    assert!(server.is_over() && content == MESSAGE);
    content
}

fn drain(server: &mut Server, now: Now) -> usize {
    let mut content = 0;
    loop {
        match server.poll() {
            Output::Transmit(octets) => drop(black_box(octets)),
            Output::Event(Event::Content(octets)) => content += black_box(octets).len(),
            Output::Event(Event::Decide { id, .. }) => {
                server.handle(now, Input::Decide(id, Decision::Accept)).expect("it was asked");
            }
            Output::Event(_) | Output::Ask(..) => {}
            Output::Idle { .. } => return content,
        }
    }
}

/// The message as it is sent, with the end of the data.
fn message() -> Vec<u8> {
    let mut message =
        b"From: Ann <ann@client.example.org>\r\nTo: Bob <bob@example.com>\r\nSubject: Hello\r\n\r\n".to_vec();
    let line = b"A line of text such as people write, some sixty octets long.\r\n";
    while message.len() + line.len() + 2 < MESSAGE {
        message.extend_from_slice(line);
    }
    let rest = MESSAGE - message.len() - 2;
    message.extend(std::iter::repeat_n(b'x', rest));
    message.extend_from_slice(b"\r\n.\r\n");
    message
}
