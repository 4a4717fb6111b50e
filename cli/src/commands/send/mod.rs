//! `passerelle send`: hands a message to a server.

mod content;
mod destination;
mod settings;
mod told;

use std::process::ExitCode;
use std::sync::Arc;

use passerelle::UnixTime;
use passerelle::smtp::client::{Client, Envelope, Event, Input, Tls, Trace};
use passerelle::smtp::sasl::Entropy;
use passerelle::tls::{self, Layer};
use tokio::net::TcpStream;
use tokio::runtime;

use super::{EXIT_NO, EXIT_TEMPORARY, EXIT_YES};
use crate::args::Send;
use crate::failure::Failure;
use crate::host::block_on;
use crate::input;
use crate::net::{Clock, Tracer, Wire, entropy};

use content::Content;
use destination::Destination;
use told::Worst;

pub(crate) fn run(args: &Send) -> Result<ExitCode, Failure> {
    let destination = Destination::parse(&args.to, args.tls)?;
    let content = Content::scan(&input::named_or_piped(args.message.as_deref())?)?;
    let envelope = settings::envelope(args, content.needs())?;
    let worst = block_on(runtime::Builder::new_current_thread(), async {
        let stream = destination.connect().await?;
        Sending::new(args, &destination, stream)?.run(envelope, content).await
    })??;
    Ok(ExitCode::from(match worst {
        Worst::Accepted => EXIT_YES,
        Worst::Temporary => EXIT_TEMPORARY,
        Worst::Permanent => EXIT_NO,
    }))
}

/// One connection with one message.
struct Sending<'a> {
    args: &'a Send,
    host: &'a str,
    wire: Wire<Client>,
    tracer: Tracer,
}

impl<'a> Sending<'a> {
    fn new(args: &'a Send, destination: &'a Destination, stream: TcpStream) -> Result<Self, Failure> {
        let clock = Clock::new(args.now.map(UnixTime));
        let settings = settings::client(args)?;
        let (tls, now) = (settings.tls, clock.now());
        let mut client = Client::new(settings, now);
        if let Some(sasl) = settings::authentication(args, destination)? {
            client = client.authenticating(Arc::new(sasl), Entropy::new(entropy()?));
        }
        let layer = match tls {
            Tls::Off => Layer::clear(client, now),
            Tls::Implicit | Tls::StartTls { .. } => Layer::client(client, &settings::tls(args, destination)?, now),
        };
        Ok(Self { args, host: destination.host(), wire: Wire::new(layer, stream, clock), tracer: Tracer::new("") })
    }

    async fn run(mut self, envelope: Envelope, mut content: Content) -> Result<Worst, Failure> {
        let mut envelope = Some(envelope);
        let mut worst = None;
        loop {
            while let Some(event) = self.wire.drain().await? {
                match event {
                    tls::Event::Inner(Event::Ready(ready)) => {
                        if self.args.verbose {
                            told::ready(&ready);
                        }
                        if let Some(envelope) = envelope.take() {
                            self.wire.input(Input::Send(Box::new(envelope)))?;
                        }
                    }
                    tls::Event::Inner(Event::Sent(outcome)) => {
                        content.done();
                        worst = Some(told::outcome(&outcome, self.host));
                        self.wire.input(Input::Quit)?;
                    }
                    tls::Event::Inner(Event::Closed(closed)) => {
                        worst.get_or_insert_with(|| told::closed(&closed, self.host));
                    }
                    tls::Event::Failed(failure) => told::tls_failed(&failure),
                    tls::Event::Inner(Event::Trace(Trace::Sent(line))) => self.tracer.line('C', &line),
                    tls::Event::Inner(Event::Trace(Trace::Received(line))) => self.tracer.line('S', &line),
                    tls::Event::Secured(session) if self.args.trace => {
                        self.tracer.line('*', &format!("{} {}", session.version.as_str(), session.cipher_suite));
                    }
                    // `wants_content` says when; the handshake was told of with `Ready`.
                    tls::Event::Inner(Event::WantsContent) | tls::Event::Secured(_) => {}
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
                self.wire.wait().await?;
            }
        }
        self.wire.close().await;
        worst.ok_or_else(|| Failure::new("the connection ended without a word; please report this as a bug"))
    }
}
