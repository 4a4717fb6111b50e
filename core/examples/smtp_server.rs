//! A server that takes mail by SMTP with STARTTLS, on `std::net`, with a thread for each session.
//!
//! ```sh
//! cargo run -p passerelle --example smtp_server -- 127.0.0.1:2525 mx.example.com chain.pem key.pem
//! ```
//!
//! It prints what it takes. One that keeps it writes it to the disk, durably, before it answers `Accept`.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use passerelle::smtp::server::{Decision, Decisions, Event, Extensions, Input, Message, Request, Server, Settings};
use passerelle::tls::{self, End, Layer, ServerTls};
use passerelle::{Domain, Machine, Millis, Now, Output, UnixTime};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, hostname, chain, key] = &*arguments else {
        return Err("give an address to listen on, a host name, a certificate chain and its key".into());
    };
    let tls = ServerTls::from_pem(&fs::read(chain)?, &fs::read(key)?)?;
    let settings = Arc::new(settings(hostname)?);
    for stream in TcpListener::bind(address)?.incoming() {
        let (settings, tls, stream) = (Arc::clone(&settings), tls.clone(), stream?);
        thread::spawn(move || {
            let printed = serve(stream, settings, &tls, |message, octets| {
                println!(
                    "{} for {} recipients, {} octets",
                    message.sender.path,
                    message.recipients.len(),
                    octets.len()
                );
                Decision::Accept
            });
            if let Err(error) = printed {
                eprintln!("a session ended: {error}");
            }
        });
    }
    Ok(())
}

/// Takes mail for one domain. It decides about whole messages; everything else is decided safely by the engine, which relays
/// nothing.
pub fn settings(hostname: &str) -> Result<Settings, Box<dyn Error>> {
    Ok(Settings {
        hostname: hostname.into(),
        local_domains: vec![Domain::parse(hostname)?],
        decisions: Decisions { message: true, ..Decisions::default() },
        extensions: Extensions { starttls: true, ..Extensions::default() },
        ..Settings::default()
    })
}

/// Serves one client to the end. `take` takes responsibility for a message, or does not.
pub fn serve(
    mut stream: TcpStream,
    settings: Arc<Settings>,
    tls: &ServerTls,
    mut take: impl FnMut(&Message, &[u8]) -> Decision,
) -> Result<(), Box<dyn Error>> {
    let clock = Clock(Instant::now());
    let server = Server::new(settings, Some(stream.peer_addr()?), Some(stream.local_addr()?), entropy()?, clock.now());
    let mut server = Layer::server(server, tls, clock.now());
    let (mut content, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    stream.set_write_timeout(Some(Duration::from_secs(300)))?;
    loop {
        // All that it has to say. It reads nothing while a decision is open.
        let wake = loop {
            match server.poll() {
                Output::Transmit(octets) => stream.write_all(&octets)?,
                Output::Event(tls::Event::Inner(event)) => match event {
                    Event::Content(octets) => content.extend(octets),
                    Event::Aborted(_) => content.clear(),
                    Event::Decide { id, request, .. } => {
                        let decision = match request {
                            Request::Message(message) => take(&message, &std::mem::take(&mut content)),
                            _ => Decision::Accept,
                        };
                        server.handle(clock.now(), tls::Input::Inner(Input::Decide(id, decision)))?;
                    }
                    _ => {}
                },
                Output::Idle { wake } => break wake,
                // TLS begins or fails, which the engine deals with; SMTP asks nothing.
                _ => {}
            }
        };
        if server.is_over() {
            return Ok(());
        }
        // What comes next: octets, their end, or the time at which it wants to be called again.
        stream.set_read_timeout(wake.map(|at| clock.until(at)))?;
        let read = stream.read(&mut buffer);
        let input = match &read {
            Ok(0) => tls::Input::End(End::Orderly),
            Ok(count) => tls::Input::Wire(&buffer[..*count]),
            Err(error) if is_timeout(error) => tls::Input::Tick,
            Err(_) => tls::Input::End(End::Cut),
        };
        server.handle(clock.now(), input)?;
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

/// Octets that nobody can guess, for SCRAM; others for each session. The engine itself has none.
fn entropy() -> io::Result<[u8; 32]> {
    let mut octets = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut octets)?;
    Ok(octets)
}

/// The time, which the engine is handed with each input.
struct Clock(Instant);

impl Clock {
    fn now(&self) -> Now {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Now { monotonic: Millis(self.0.elapsed().as_millis() as u64), unix: UnixTime(unix) }
    }

    /// How long it is until then; a socket can't wait for no time at all.
    fn until(&self, at: Millis) -> Duration {
        Duration::from_millis(at.0.saturating_sub(self.now().monotonic.0).max(1))
    }
}
