//! `passerelle send`: hands a message to a server.

mod addresses;
mod content;
mod destination;
mod name;
mod report;
mod settings;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use passerelle::UnixTime;
use passerelle::mailbox::Host;
use passerelle::smtp::client::{Client, Closed, Envelope, Event, Input, Trace};
use passerelle::smtp::sasl::Entropy;
use passerelle::smtp::sasl::client::{Error, Settings as SaslSettings};
use passerelle::tls::{self, ClientTls, Layer};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::time::{Instant, sleep_until};

use crate::args::Send;
use crate::failure::Failure;
use crate::host::block_on;
use crate::input;
use crate::net::{Clock, Tracer, Wire, entropy};
use crate::output::tell;

use addresses::Addresses;
use content::Content;
use destination::{Destination, Silence};
use report::Report;

/// After which time it is said that a server is silent.
const SILENCE: Duration = Duration::from_secs(5);

pub(crate) fn run(args: &Send) -> Result<ExitCode, Failure> {
    let setup = Setup::new(args)?;
    let content = Content::scan(&input::named_or_piped(args.message.as_deref())?)?;
    let envelope = settings::envelope(args, content.needs())?;
    let report = block_on(runtime::Builder::new_current_thread(), setup.deliver(envelope, content))??;
    report.print(args)?;
    Ok(ExitCode::from(report.exit()))
}

/// The command line, read before anything is done.
struct Setup<'a> {
    args: &'a Send,
    destination: Destination,
    name: Option<Host>,
    tls: Option<ClientTls>,
    sasl: Option<Arc<SaslSettings>>,
}

impl<'a> Setup<'a> {
    fn new(args: &'a Send) -> Result<Self, Failure> {
        let destination = Destination::parse(&args.to, args.tls)?;
        Ok(Self {
            name: settings::name(args)?,
            tls: settings::tls(args, &destination)?,
            sasl: settings::authentication(args, &destination)?.map(Arc::new),
            args,
            destination,
        })
    }

    async fn deliver(self, envelope: Envelope, content: Content) -> Result<Report, Failure> {
        match Addresses::find(&self.destination).await {
            Ok(addresses) => self.deliver_to(addresses, envelope, content).await,
            Err(why) => Ok(Report::unreached(&envelope, self.destination.host(), why)),
        }
    }

    /// Tries one address after the other, until one has taken the message up (RFC 5321 §5.1).
    async fn deliver_to(
        &self,
        mut addresses: Addresses,
        envelope: Envelope,
        mut content: Content,
    ) -> Result<Report, Failure> {
        // What the addresses before have said, if that leaves more hope.
        let mut before: Option<Report> = None;
        loop {
            let report = match addresses.connect().await {
                Ok(stream) => Sending::new(self, stream)?.run(&envelope, &mut content).await?,
                Err(why) => Report::unreached(&envelope, self.destination.host(), why),
            };
            if !report.wants_next_address() {
                return Ok(report);
            }
            let hopeful = before.take().filter(Report::is_temporary);
            let report = hopeful.unwrap_or(report);
            if addresses.is_empty() {
                return Ok(report);
            }
            tell::note("the next address is tried");
            before = Some(report);
        }
    }
}

/// One connection with one message.
struct Sending<'a> {
    setup: &'a Setup<'a>,
    wire: Wire<Client>,
    tracer: Tracer,
    peer: Option<SocketAddr>,
}

impl<'a> Sending<'a> {
    fn new(setup: &'a Setup<'a>, stream: TcpStream) -> Result<Self, Failure> {
        let clock = Clock::new(setup.args.now.map(UnixTime));
        let now = clock.now();
        let name = match &setup.name {
            Some(name) => name.clone(),
            None => name::own(addresses::local(&stream).map_err(|error| Failure::new(error.to_string()))?),
        };
        let mut client = Client::new(settings::client(setup.args, &setup.destination, name), now);
        if let Some(sasl) = &setup.sasl {
            client = client.authenticating(sasl.clone(), Entropy::new(entropy()?));
        }
        let layer = match &setup.tls {
            None => Layer::clear(client, now),
            Some(tls) => Layer::client(client, tls, now),
        };
        let peer = stream.peer_addr().ok();
        Ok(Self { setup, wire: Wire::new(layer, stream, clock), tracer: Tracer::new(""), peer })
    }

    async fn run(mut self, envelope: &Envelope, content: &mut Content) -> Result<Report, Failure> {
        let mut report = Report::new(self.setup.destination.host(), self.peer);
        let mut message = Some(envelope);
        let mut silent_at = Some(Instant::now() + SILENCE);
        loop {
            while let Some(event) = self.wire.drain().await? {
                match event {
                    tls::Event::Inner(Event::Ready(ready)) => {
                        if self.setup.args.verbose {
                            report::ready(&ready);
                        }
                        report.ready(*ready);
                        if let Some(envelope) = message.take() {
                            self.wire.input(Input::Send(Box::new(envelope.clone())))?;
                        }
                    }
                    tls::Event::Inner(Event::Sent(outcome)) => {
                        content.done();
                        report.outcome(outcome);
                        self.wire.input(Input::Quit)?;
                    }
                    // What the user gave as user or password is nothing that could be sent.
                    tls::Event::Inner(Event::Closed(Closed::Authentication(error @ Error::Account(_)))) => {
                        return Err(Failure::new(format!("--auth: {error}")));
                    }
                    tls::Event::Inner(Event::Closed(closed)) => {
                        if let Some(silence) = report.closed(envelope, closed).filter(|_| silent_at.is_some()) {
                            tell::note(&self.setup.destination.silence(silence));
                        }
                    }
                    tls::Event::Failed(failure) => report.tls_failed(failure),
                    tls::Event::Inner(Event::Trace(Trace::Sent(line))) => self.tracer.line('C', &line),
                    tls::Event::Inner(Event::Trace(Trace::Received(line))) => self.tracer.line('S', &line),
                    tls::Event::Secured(session) if self.setup.args.trace => {
                        self.tracer.line('*', &format!("{} {}", session.version.as_str(), session.cipher_suite));
                    }
                    // `wants_content` says when; the handshake was told of with `Ready`.
                    tls::Event::Inner(Event::WantsContent | Event::Rcpt { .. }) | tls::Event::Secured(_) => {}
                }
            }
            if self.wire.machine().wants_content() {
                // A server may refuse in the middle, and read no more.
                if self.wire.glance().await? {
                    continue;
                }
                match content.next().await? {
                    Some(chunk) => self.wire.input(Input::Content(&chunk))?,
                    None => self.wire.input(Input::ContentEnd)?,
                }
            } else if self.wire.is_over() {
                break;
            } else {
                self.wait(&mut silent_at).await?;
            }
        }
        self.wire.close().await;
        Ok(report)
    }

    /// Waits for what comes next, and explains a silence at the beginning.
    async fn wait(&mut self, silent_at: &mut Option<Instant>) -> Result<(), Failure> {
        if self.wire.has_heard() {
            *silent_at = None;
        }
        let silence = async {
            match *silent_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            waited = self.wire.wait() => waited.map(|_| ()).map_err(Failure::from),
            () = silence => {
                *silent_at = None;
                tell::note(&self.setup.destination.silence(Silence::Lasting));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::args::{Cli, Command};

    /// A server that greets with this, and takes a message if that is 220.
    fn server(greeting: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(format!("{greeting}\r\n").as_bytes()).unwrap();
            let (lines, mut in_content) = (BufReader::new(stream.try_clone().unwrap()).lines(), false);
            for line in lines.map_while(Result::ok) {
                let reply = match line.split(' ').next().unwrap() {
                    _ if in_content && line != "." => continue,
                    "DATA" => "354 Go on",
                    "QUIT" => "221 Bye",
                    _ => "250 Ok",
                };
                in_content = reply.starts_with("354");
                stream.write_all(format!("{reply}\r\n").as_bytes()).unwrap();
            }
        });
        address
    }

    /// How it ends with these addresses.
    fn sent(addresses: &[SocketAddr]) -> u8 {
        let message = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/message.eml");
        let words = ["passerelle", "send", message, "--to", "mx.example.com", "--from", "<>", "--rcpt", "a@b.example"];
        let Command::Send(args) = Cli::read(words.into_iter().map(Into::into), None).unwrap().command else {
            unreachable!("it is send")
        };
        let setup = Setup::new(&args).unwrap();
        let content = Content::scan(message.as_ref()).unwrap();
        let envelope = settings::envelope(&args, content.needs()).unwrap();
        let delivery = setup.deliver_to(Addresses::of(addresses), envelope, content);
        block_on(runtime::Builder::new_current_thread(), delivery).unwrap().unwrap().exit()
    }

    /// RFC 5321 §5.1: behind 421 and 554, and behind what is no SMTP or nobody.
    #[test]
    fn the_next_address_is_tried_behind_a_greeting_that_refuses() {
        // Not a port that was free a moment ago: another test may have it by now.
        let nobody = || SocketAddr::from(([127, 0, 0, 1], 1));
        for greeting in ["421 4.3.2 Busy", "554 5.7.1 Not you", "450 Later", "HTTP/1.1 400 Bad Request"] {
            assert_eq!(sent(&[server(greeting), server("220 mx")]), 0, "{greeting}");
        }
        assert_eq!(sent(&[nobody(), server("554 No"), server("220 mx")]), 0);
        // Where none does better, what leaves most hope counts.
        assert_eq!(sent(&[server("554 No"), server("554 No")]), 1);
        assert_eq!(sent(&[server("421 No"), server("554 No")]), 3);
        assert_eq!(sent(&[server("554 No"), server("421 No")]), 3);
        assert_eq!(sent(&[server("554 No"), nobody()]), 3);
        assert_eq!(sent(&[nobody()]), 3);
    }
}
