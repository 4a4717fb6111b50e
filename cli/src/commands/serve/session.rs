//! One connection to the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use passerelle::dkim::DkimResult;
use passerelle::smtp::reply::{EnhancedCode, Reply};
use passerelle::smtp::sasl::server::Decision as Verdict;
use passerelle::smtp::server::{Abort, Closed, Decision, Event, Input, Message, Peer, Request, Server, Trace};
use passerelle::tls::{self, Layer};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::arrival::{Arrival, Filed, Unfiled};
use super::places::Place;
use super::{Service, log, say, say_of_many};
use crate::net::{Tracer, Wire, WireError, entropy};
use crate::output::escape;

/// How long a client may take none of our octets once the server is told to stop.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Serves one client to the end.
pub(super) async fn run(
    service: Arc<Service>,
    stream: TcpStream,
    address: SocketAddr,
    is_tls: bool,
    place: Place,
    stopping: watch::Receiver<bool>,
) {
    let number = service.number();
    let tracer = service.trace.then(|| Tracer::by(format!("[{number}] "), log::trace));
    // On the heap, in one piece: a future that is handed on is held twice.
    match Session::open(service, stream, address, is_tls, number, tracer, place) {
        Ok(mut session) => {
            if let Err(error) = session.converse(stopping).await {
                say(&format!("[{number}] {error}"));
            }
            session.wire.close().await;
        }
        Err(error) => say(&format!("[{number}] {}", escape::text(&error))),
    }
}

struct Session {
    service: Arc<Service>,
    wire: Wire<Server>,
    number: u64,
    tracer: Option<Tracer>,
    arrival: Option<Box<Arrival>>,
    place: Place,
}

impl Session {
    fn open(
        service: Arc<Service>,
        stream: TcpStream,
        address: SocketAddr,
        is_tls: bool,
        number: u64,
        tracer: Option<Tracer>,
        place: Place,
    ) -> Result<Box<Self>, String> {
        let now = service.clock.now();
        let settings = if is_tls { &service.implicit } else { &service.settings };
        let entropy = entropy().map_err(|failure| failure.to_string())?;
        let machine = Server::new(Arc::clone(settings), Some(address), stream.local_addr().ok(), entropy, now);
        let layer = match &*service.tls.borrow() {
            Some(tls) => Layer::server(machine, tls, now),
            None => Layer::clear(machine, now),
        };
        let wire = Wire::new(layer, stream, service.clock);
        Ok(Box::new(Self { service, wire, number, tracer, arrival: None, place }))
    }

    async fn converse(&mut self, mut stopping: watch::Receiver<bool>) -> Result<(), WireError> {
        let mut told_to_stop = false;
        self.be_patient(told_to_stop)?;
        // What came before the greeting is to be known as that (RFC 2920 §3.1).
        self.wire.listen_first().await?;
        loop {
            // A client that does not read holds its place no longer than one that does not speak.
            let drained = tokio::select! {
                biased;
                drained = self.wire.drain() => drained?,
                () = self.place.changed() => {
                    self.be_patient(told_to_stop)?;
                    continue;
                }
                _ = stopping.wait_for(|stop| *stop), if !told_to_stop => {
                    told_to_stop = true;
                    self.stop()?;
                    continue;
                }
            };
            if let Some(event) = drained {
                match event {
                    // What is rare is not held by those who wait.
                    tls::Event::Inner(event) => Box::pin(self.event(event)).await?,
                    // Whoever scans ports for TLS makes thousands of these.
                    tls::Event::Failed(failure) => self.say_of_many(&format!("TLS failed: {failure}")),
                    tls::Event::Secured(session) => {
                        self.trace('*', &format!("{} {}", session.version.as_str(), session.cipher_suite));
                    }
                }
                continue;
            }
            if self.wire.is_over() {
                break;
            }
            tokio::select! {
                waited = self.wire.wait() => if waited? { self.place.heard(self.wire.machine().heard_at()) },
                () = self.place.changed() => self.be_patient(told_to_stop)?,
                _ = stopping.wait_for(|stop| *stop), if !told_to_stop => {
                    told_to_stop = true;
                    self.stop()?;
                }
            }
        }
        if self.wire.has_stalled() {
            self.say_of_many("closed: the client did not read what it was told");
        }
        Ok(())
    }

    /// Waits for the client, to speak and to read, for as long as its place allows.
    fn be_patient(&mut self, is_stopping: bool) -> Result<(), WireError> {
        let millis = self.place.patience();
        let patience = Duration::from_millis(millis);
        self.wire.be_patient(if is_stopping { patience.min(LAST_WORDS) } else { patience });
        self.wire.input(Input::Patience(millis))
    }

    /// The server stops.
    fn stop(&mut self) -> Result<(), WireError> {
        self.be_patient(true)?;
        self.wire.input(Input::Shutdown)
    }

    async fn event(&mut self, event: Event) -> Result<(), WireError> {
        match event {
            Event::Decide { id, request, peer } => {
                let decision = match request {
                    Request::Connect => self.connect(&peer),
                    Request::Auth { credentials, .. } => Decision::Auth(match &self.service.users {
                        Some(users) => users.decide(&credentials).await,
                        None => Verdict::Refuse,
                    }),
                    Request::Mail(sender) => {
                        self.arrival = Some(Box::new(Arrival::begin(&self.service, &peer, &sender)));
                        Decision::Accept
                    }
                    Request::Message(message) => self.message(&peer, &message).await,
                    _ => Decision::Accept,
                };
                self.wire.input(Input::Decide(id, decision))?;
            }
            Event::Content(octets) => {
                if let Some(arrival) = &mut self.arrival {
                    arrival.push(octets).await;
                }
            }
            Event::Aborted(abort) => {
                self.arrival = None;
                if let Some(why) = aborted(abort) {
                    self.say_of_many(why);
                }
            }
            Event::Discarded => self.say("discarded the message"),
            Event::Quarantined => self.say("quarantined the message, as its author's domain asks"),
            Event::Authenticated(identity) => self.say(&format!("authenticated as {}", identity.user)),
            Event::AuthenticationFailed { user, failure, .. } => {
                let user = user.as_deref().unwrap_or("nobody");
                self.say_of_kind(
                    &format!("authentication failed: {failure}"),
                    &format!("authentication as {user} failed: {failure}"),
                );
            }
            Event::Trace(Trace::Received(line)) => self.trace('C', &line),
            Event::Trace(Trace::Sent(line)) => self.trace('S', &line),
            Event::Closed(closed) => {
                if let Some(why) = closed_badly(closed) {
                    self.say_of_many(why);
                }
            }
        }
        Ok(())
    }

    /// Whose place it is, where a neighbour has said for whom it speaks.
    fn connect(&self, peer: &Peer) -> Decision {
        let client = peer.address.filter(|_| peer.address != peer.connection);
        match client.is_none_or(|client| self.place.belongs_to(client.ip())) {
            true => Decision::Accept,
            false => Decision::Close(Reply::new(421, None, "Too many connections from your address")),
        }
    }

    /// The message is whole. Only what is on the disk is acknowledged.
    async fn message(&mut self, peer: &Arc<Peer>, message: &Message) -> Decision {
        let Some(arrival) = self.arrival.take() else {
            return Decision::Refuse(Reply::new(451, Some(EnhancedCode::new(4, 3, 0)), "Try again later"));
        };
        match arrival.finish(&self.service, peer, message).await {
            Ok(filed) => {
                self.say(&told(message, &filed));
                let text = match filed.path.as_ref().and_then(|path| path.file_name()) {
                    Some(name) => format!("Filed as {}", name.to_string_lossy()),
                    None => "Verified, and not kept".to_owned(),
                };
                let reply = Reply::new(250, Some(EnhancedCode::new(2, 0, 0)), &text);
                // The client hears the same.
                if filed.is_quarantined { Decision::Quarantine(Some(reply)) } else { Decision::AcceptWith(reply) }
            }
            Err(Unfiled::Now(error)) => {
                self.say_of_many(&error);
                Decision::Refuse(Reply::new(451, Some(EnhancedCode::new(4, 3, 0)), "Cannot file the message now"))
            }
            Err(Unfiled::Ever(error)) => {
                self.say_of_many(&format!("refused a message: {error}"));
                let text = format!("Cannot file the message: {error}");
                Decision::Refuse(Reply::new(554, Some(EnhancedCode::new(5, 6, 0)), &text))
            }
        }
    }

    /// What clients can cause as often as they like.
    fn say_of_many(&self, what: &str) {
        self.say_of_kind(what, what);
    }

    /// The same where more is told than what tells the kinds apart.
    fn say_of_kind(&self, kind: &str, what: &str) {
        say_of_many(&escape::text(kind), &format!("[{}] {}", self.number, escape::text(what)));
    }

    fn say(&self, what: &str) {
        say(&format!("[{}] {}", self.number, escape::text(what)));
    }

    fn trace(&self, side: char, line: &str) {
        if let Some(tracer) = &self.tracer {
            tracer.line(side, line);
        }
    }
}

/// What is said of a message that was filed.
fn told(message: &Message, filed: &Filed) -> String {
    let report = &filed.report;
    let passing = report.dkim.iter().filter(|verdict| verdict.result == DkimResult::Pass).count();
    let recipients = message.recipients.len();
    let first = message.recipients.first().map_or_else(String::new, |recipient| recipient.path.to_string());
    let others = if recipients > 1 { format!(" and {} more", recipients - 1) } else { String::new() };
    let place = filed.path.as_ref().map_or("not kept".into(), |path| path.display().to_string());
    format!(
        "accepted from {} for {first}{others}, {} octets by {}: spf={} dkim={passing}/{} dmarc={}; {place}",
        message.sender.path,
        message.size,
        message.protocol,
        report.spf.result.as_str(),
        report.dkim.len(),
        report.dmarc.result.as_str(),
    )
}

/// What of a message that did not come is worth a line.
fn aborted(abort: Abort) -> Option<&'static str> {
    Some(match abort {
        Abort::Reset => return None,
        Abort::Refused => "refused a message by its header section",
        Abort::TooLarge => "refused a message: too large",
        Abort::HeaderTooLarge => "refused a message: its header section is too large",
        Abort::Irregular => "refused a message: it has a bare CR, a bare LF or a NUL",
        Abort::LineTooLong => "refused a message: it has a line that is too long",
        Abort::Looping => "refused a message: it has passed too many hosts",
        Abort::SessionEnded => "a message broke off",
        Abort::Undecided => "a message took too long to be filed; the client was told to try again",
    })
}

/// What of a session's end is worth a line.
fn closed_badly(closed: Closed) -> Option<&'static str> {
    Some(match closed {
        Closed::Quit | Closed::Ended(_) | Closed::ByHost | Closed::Shutdown => return None,
        Closed::Reclaimed => "closed: the client was silent, and others need the place",
        Closed::TimedOut => "closed: the client was silent for too long",
        Closed::SessionTooLong => "closed: the session lasted too long",
        Closed::EarlyTalker => "closed: the client talked before its turn",
        Closed::TooMany => "closed: too many errors or commands",
        Closed::TooManyAuthFailures => "closed: too many failures of authentication",
        Closed::NoProxyHeader => "closed: no PROXY header",
        Closed::OtherProtocol => "closed: the client speaks another protocol",
        Closed::OutOfStep => "closed: a BDAT without a size",
    })
}
