//! One connection: EHLO, TLS, QUIT.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use passerelle::UnixTime;
use passerelle::mailbox::Host;
use passerelle::route::hops::Hop;
use passerelle::route::tls_test::Trouble;
use passerelle::smtp::client::{Client, Closed, Event, Input, Ready, Settings, Stage, Timeouts, Tls};
use passerelle::tls::{self, ClientTls, Facts, Failure as TlsFailure, Layer, Roots, Verification};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::failure::Failure;
use crate::net::{Clock, Wire};

/// How connections are made.
pub(super) struct Prober<'a> {
    pub(super) roots: &'a Roots,
    pub(super) patience: Duration,
    pub(super) now: Option<UnixTime>,
}

/// What a connection showed.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) facts: Option<Facts>,
    pub(super) ready: Option<Box<Ready>>,
    pub(super) trouble: Option<Trouble>,
}

impl Prober<'_> {
    pub(super) fn now(&self) -> UnixTime {
        Clock::new(self.now).now().unix
    }

    pub(super) async fn probe(&self, hop: &Hop, address: IpAddr) -> Result<Shown, Failure> {
        let stream = match self.connect(hop, address).await {
            Ok(stream) => stream,
            Err(words) => return Ok(Shown { trouble: Some(Trouble::Connect(words)), ..Shown::default() }),
        };
        let (mode, tls) = (hop.tls_mode(), self.tls(hop));
        let mut shown = self.talk(hop, stream, mode, &tls).await?;
        if let (Some(Trouble::Closed(closed)), false) = (&shown.trouble, hop.implicit_tls)
            && is_silent(closed)
            && self.speaks_tls_at_once(hop, address).await?
        {
            shown.trouble = Some(Trouble::ImplicitTls);
        }
        Ok(shown)
    }

    async fn connect(&self, hop: &Hop, address: IpAddr) -> Result<TcpStream, String> {
        let connecting = async {
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            if let Some(source) = hop.source {
                socket.bind(SocketAddr::new(source, 0))?;
            }
            socket.connect(SocketAddr::new(address, hop.port)).await
        };
        match timeout(self.patience, connecting).await {
            Ok(connected) => connected.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {} s", self.patience.as_secs())),
        }
    }

    async fn talk(&self, hop: &Hop, stream: TcpStream, mode: Tls, tls: &ClientTls) -> Result<Shown, Failure> {
        let clock = Clock::new(self.now);
        let mut settings = Settings::new(Host::Domain(hop.ehlo.clone()));
        settings.tls = mode;
        let wait = u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX);
        settings.timeouts =
            Timeouts { greeting: wait, hello: wait, starttls: wait, quit: wait.min(5000), ..Timeouts::default() };
        let client = Client::new(settings, clock.now());
        let layer = match mode {
            Tls::Off => Layer::clear(client, clock.now()),
            _ => Layer::client(client, tls, clock.now()),
        };
        let mut wire = Wire::new(layer, stream, clock);
        let mut shown = Shown::default();
        let (mut failed, mut closed): (Option<TlsFailure>, Option<Closed>) = (None, None);
        loop {
            while let Some(event) = wire.drain().await? {
                match event {
                    tls::Event::Secured(_) => shown.facts = wire.facts(),
                    tls::Event::Failed(failure) => failed = Some(failure),
                    tls::Event::Inner(Event::Ready(ready)) => {
                        shown.ready = Some(ready);
                        wire.input(Input::Quit)?;
                    }
                    tls::Event::Inner(Event::Closed(over)) => closed = Some(over),
                    tls::Event::Inner(_) => {}
                }
            }
            if wire.is_over() {
                break;
            }
            wire.wait().await?;
        }
        wire.close().await;
        let problem = shown.facts.as_ref().and_then(|facts| facts.problem.clone());
        shown.trouble = match (failed.or(problem), &shown.ready, closed) {
            (Some(failure), ..) => Some(Trouble::Tls(failure)),
            (None, None, Some(closed)) => Some(Trouble::Closed(closed)),
            (None, Some(ready), _)
                if hop.tls.requiretls && !(ready.tls.is_some() && ready.capabilities.require_tls) =>
            {
                Some(Trouble::NoRequireTls)
            }
            _ => None,
        };
        Ok(shown)
    }

    /// Whether the port answers to a ClientHello.
    async fn speaks_tls_at_once(&self, hop: &Hop, address: IpAddr) -> Result<bool, Failure> {
        let Ok(stream) = self.connect(hop, address).await else { return Ok(false) };
        let tls = ClientTls::new(Verification::None);
        let shown = self.talk(hop, stream, Tls::Implicit, &tls).await?;
        Ok(shown.facts.is_some())
    }

    /// What the certificate has to stand up to, told and not enforced: the report is to have all that there is.
    fn tls(&self, hop: &Hop) -> ClientTls {
        let tls = hop.tls.client(Some(self.roots)).unwrap_or_else(|| ClientTls::new(Verification::None));
        tls.for_information()
    }
}

/// Whether nothing was said in clear text, or no SMTP: perhaps it is TLS that is spoken.
fn is_silent(closed: &Closed) -> bool {
    matches!(
        closed,
        Closed::TimedOut { stage: Stage::Greeting }
            | Closed::Lost { stage: Stage::Greeting, .. }
            | Closed::Protocol { stage: Stage::Greeting, .. }
    )
}
