//! A client that hands a message to a server by SMTP with STARTTLS, on `std::net`.
//!
//! ```sh
//! cargo run -p passerelle --example smtp_client -- mx.example.com 25 roots.pem ann@example.org bob@example.com < message.eml
//! ```
//!
//! The server's certificate has to be for its name, and from an authority in `roots.pem`.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use passerelle::mailbox::{ForwardPath, ReversePath};
use passerelle::smtp::client::{Client, Envelope, Event, Input, NeedsScanner, Outcome, Settings, Tls};
use passerelle::tls::{self, ClientTls, End, Layer, Roots, Verification};
use passerelle::{Domain, Machine, Millis, Now, Output, UnixTime};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, roots, from, to] = &*arguments else {
        return Err("give a host, a port, a file of authorities, a sender and a recipient".into());
    };
    let host = Domain::parse(host)?;
    let tls = client_tls(&host, &std::fs::read(roots)?)?;
    let stream = TcpStream::connect((host.as_str(), port.parse()?))?;
    let mut message = Vec::new();
    io::stdin().read_to_end(&mut message)?;
    let outcome = send(stream, &tls, envelope(from, to, &message)?, &message)?;
    for recipient in outcome.recipients {
        println!("{}: {:?}", recipient.to, recipient.delivery);
    }
    Ok(())
}

/// Certificates have to be for this name, and from one of these authorities.
pub fn client_tls(host: &Domain, roots: &[u8]) -> Result<ClientTls, Box<dyn Error>> {
    let verification = Verification::Name(Roots::from_pem(roots)?, vec![host.clone()]);
    Ok(ClientTls::new(verification).server_name(host))
}

/// The envelope, with what the message asks of a server: one that can't take it is not sent it.
pub fn envelope(from: &str, to: &str, message: &[u8]) -> Result<Envelope, Box<dyn Error>> {
    let (from, to) = (ReversePath::parse(&format!("<{from}>"))?, ForwardPath::parse(&format!("<{to}>"))?);
    let mut scanner = NeedsScanner::new();
    scanner.push(message);
    let mut envelope = Envelope::new(from, [to]);
    envelope.needs = Some(scanner.finish());
    Ok(envelope)
}

/// Sends one message, by TLS or not at all, and says what became of it.
pub fn send(
    mut stream: TcpStream,
    tls: &ClientTls,
    envelope: Envelope,
    message: &[u8],
) -> Result<Outcome, Box<dyn Error>> {
    let clock = Clock(Instant::now());
    let mut settings = Settings::new(Domain::parse("client.example.org")?);
    settings.tls = Tls::REQUIRED;
    let mut client = Layer::client(Client::new(settings, clock.now()), tls, clock.now());
    let (mut envelope, mut rest) = (Some(Box::new(envelope)), message);
    let (mut outcome, mut buffer) = (None, vec![0; 64 << 10]);
    stream.set_write_timeout(Some(Duration::from_secs(300)))?;
    loop {
        // All that it has to say, and what it asks for.
        let wake = loop {
            let input = match client.poll() {
                Output::Transmit(octets) => {
                    stream.write_all(&octets)?;
                    continue;
                }
                Output::Event(tls::Event::Inner(Event::Ready(_))) => match envelope.take() {
                    Some(envelope) => Input::Send(envelope),
                    None => Input::Quit,
                },
                Output::Event(tls::Event::Inner(Event::Sent(sent))) => {
                    outcome = Some(sent);
                    Input::Quit
                }
                Output::Event(tls::Event::Inner(Event::Closed(closed))) => {
                    return outcome.ok_or_else(|| closed.to_string().into());
                }
                Output::Event(tls::Event::Failed(failure)) => return Err(failure.to_string().into()),
                Output::Idle { .. } if client.machine().wants_content() && !rest.is_empty() => {
                    let (piece, others) = rest.split_at(rest.len().min(64 << 10));
                    rest = others;
                    Input::Content(piece)
                }
                Output::Idle { .. } if client.machine().wants_content() => Input::ContentEnd,
                Output::Idle { wake } => break wake,
                _ => continue,
            };
            client.handle(clock.now(), tls::Input::Inner(input))?;
        };
        // What comes next: octets, their end, or the time at which it wants to be called again.
        stream.set_read_timeout(wake.map(|at| clock.until(at)))?;
        let read = stream.read(&mut buffer);
        let input = match &read {
            Ok(0) => tls::Input::End(End::Orderly),
            Ok(count) => tls::Input::Wire(&buffer[..*count]),
            Err(error) if is_timeout(error) => tls::Input::Tick,
            Err(_) => tls::Input::End(End::Cut),
        };
        client.handle(clock.now(), input)?;
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
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
