//! `passerelle serve`: takes mail, verifies it, and files it.

mod arrival;
mod header;
mod log;
mod places;
mod session;
mod users;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use passerelle::smtp::data::LongLines;
use passerelle::smtp::server::{Decisions, EarlyTalkers, Extensions, Protocol, Settings, TlsPolicy};
use passerelle::tls::ServerTls;
use passerelle::{UnixTime, verify};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::EXIT_YES;
use crate::args::Serve;
use crate::failure::Failure;
use crate::host::{Host, block_on};
use crate::maildir::Maildir;
use crate::net::Clock;
use crate::output::{escape, tell};

use log::{say, say_of_many};
use places::{NoPlace, Place, Places};
use users::Users;

/// How long sessions may take to end when the server is told to stop.
const GRACE: Duration = Duration::from_secs(30);

/// What all sessions share.
pub(crate) struct Service {
    settings: Arc<Settings>,
    implicit: Arc<Settings>,
    tls: watch::Receiver<Option<ServerTls>>,
    users: Option<Users>,
    maildir: Option<Maildir>,
    quarantine: Option<Maildir>,
    host: Host,
    judge: verify::Settings,
    clock: Clock,
    trace: bool,
    sessions: AtomicU64,
    places: Places,
}

pub(crate) fn run(args: &Serve) -> Result<ExitCode, Failure> {
    block_on(runtime::Builder::new_multi_thread(), serve(args))?
}

async fn serve(args: &Serve) -> Result<ExitCode, Failure> {
    if args.listen.is_empty() && args.listen_tls.is_empty() {
        return Err(Failure::new("say where to listen with --listen ADDRESS, or --listen-tls ADDRESS"));
    }
    let tls = read_tls(args)?;
    if tls.is_none() && !args.listen_tls.is_empty() {
        return Err(Failure::new("--listen-tls needs --tls-cert and --tls-key"));
    }
    let (tls_changes, tls) = watch::channel(tls);
    let service = Arc::new(Service::new(args, tls)?);
    // Before anybody is told that there is a server to send signals to.
    let mut signals = Signals::listen()?;
    let mut listening = Vec::new();
    for (addresses, is_tls) in [(&args.listen, false), (&args.listen_tls, true)] {
        for address in addresses {
            let listener = TcpListener::bind(address)
                .await
                .map_err(|error| Failure::new(format!("cannot listen on {address}: {error}")))?;
            let bound = listener.local_addr().unwrap_or(*address);
            say(&format!("listening on {bound}{}", if is_tls { " (TLS)" } else { "" }));
            listening.push((listener, is_tls));
        }
    }
    if service.maildir.is_none() {
        tell::note("messages are verified and not kept; file them with --maildir DIR");
    }
    tokio::spawn(keep_house(Arc::clone(&service)));
    let (stop, stopping) = watch::channel(false);
    let mut sessions = JoinSet::new();
    for (listener, is_tls) in listening {
        sessions.spawn(accept(listener, is_tls, Arc::clone(&service), stopping.clone()));
    }
    signals.wait(args, &tls_changes).await;
    // No new sessions; those under way end with the message that they are at.
    let _ = stop.send(true);
    let ended = async { while sessions.join_next().await.is_some() {} };
    match tokio::time::timeout(GRACE, ended).await {
        Ok(()) => say("stopped"),
        Err(_) => say("stopped; sessions that did not end in time were cut"),
    }
    log::finish();
    Ok(ExitCode::from(EXIT_YES))
}

/// Takes connections until it is told to stop, and then waits for their sessions.
async fn accept(listener: TcpListener, is_tls: bool, service: Arc<Service>, mut stopping: watch::Receiver<bool>) {
    let mut sessions = JoinSet::new();
    loop {
        let accepted: std::io::Result<(TcpStream, SocketAddr)> = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stop| *stop) => break,
            Some(_) = sessions.join_next(), if !sessions.is_empty() => continue,
        };
        match accepted {
            Ok((stream, address)) => {
                let place = match service.place(address) {
                    Ok(place) => place,
                    Err(why) => {
                        service.turn_away(stream, address, is_tls, why);
                        continue;
                    }
                };
                sessions.spawn(session::run(Arc::clone(&service), stream, address, is_tls, place, stopping.clone()));
            }
            Err(error) => {
                // Out of file descriptors, as a rule: some will come back.
                say_of_many("cannot take a connection", &format!("cannot take a connection: {error}"));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    while sessions.join_next().await.is_some() {}
}

/// What is done now and then.
async fn keep_house(service: Arc<Service>) {
    const HOUR: u64 = 60;
    let mut minutes = interval(Duration::from_secs(60));
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for minute in 0_u64.. {
        minutes.tick().await;
        log::say_what_was_counted();
        if minute % HOUR == 0 && service.maildir.is_some() {
            let service = Arc::clone(&service);
            let clear =
                move || [&service.maildir, &service.quarantine].into_iter().flatten().for_each(Maildir::clear_tmp);
            let _ = tokio::task::spawn_blocking(clear).await;
        }
    }
}

/// Raises the limit of open files as far as it goes, and says what it is.
fn raise_limit_of_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    // `None` is no limit.
    if limit.current.is_some() && limit.current != limit.maximum {
        // Where it does not work, the limit stays, and there are fewer places.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// What the server is told from outside.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind: SignalKind| {
            signal(kind).map_err(|error| Failure::new(format!("cannot listen for signals: {error}")))
        };
        let (terminate, interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hang_up: listen(SignalKind::hangup())? })
    }

    /// Until SIGTERM or SIGINT. SIGHUP reads the certificate again.
    async fn wait(&mut self, args: &Serve, tls: &watch::Sender<Option<ServerTls>>) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => match read_tls(args) {
                    Ok(None) => {} // There is none to read.
                    Ok(new) => {
                        let _ = tls.send(new);
                        say("the certificate was read again");
                    }
                    Err(failure) => {
                        say(&format!("the certificate stays as it was: {}", escape::text(&failure.to_string())));
                    }
                },
            }
        }
    }
}

fn read_tls(args: &Serve) -> Result<Option<ServerTls>, Failure> {
    let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) else { return Ok(None) };
    let read = |path: &std::path::Path| std::fs::read(path).map_err(|error| Failure::file("read", path, &error));
    ServerTls::from_pem(&read(certificate)?, &read(key)?)
        .map(Some)
        .map_err(|error| Failure::new(format!("{} and {}: {error}", certificate.display(), key.display())))
}

impl Service {
    fn new(args: &Serve, tls: watch::Receiver<Option<ServerTls>>) -> Result<Self, Failure> {
        let hostname = args.hostname.clone();
        let has_tls = tls.borrow().is_some();
        let users = args.auth_users.as_deref().map(|path| Users::read(path, args.auth_without_tls)).transpose()?;
        let auth = users.as_ref().map(Users::settings);
        let settings = Settings {
            hostname: hostname.clone(),
            greeting: "Passerelle".into(),
            protocol: if args.lmtp { Protocol::Lmtp } else { Protocol::Smtp },
            local_domains: args.domain.clone(),
            // Nothing is relayed: whatever is accepted is filed here.
            decisions: Decisions {
                // The places of a neighbour's clients are counted when it has said whose they are.
                connect: !args.proxy_from.is_empty(),
                auth: users.is_some(),
                mail: true,
                rcpt: args.domain.is_empty(),
                message: true,
                ..Decisions::default()
            },
            extensions: Extensions {
                starttls: has_tls,
                binary_mime: true,
                dsn: false,
                limits: true,
                ..Extensions::default()
            },
            auth,
            auth_required: args.auth_required,
            early_talkers: EarlyTalkers::Refuse,
            long_lines: if args.refuse_long_lines { LongLines::Refuse } else { LongLines::default() },
            proxy_from: args.proxy_from.clone(),
            trace: args.trace,
            ..Settings::default()
        };
        let implicit = Settings { tls: TlsPolicy { implicit: true, ..settings.tls }, ..settings.clone() };
        Ok(Self {
            settings: settings.into(),
            implicit: implicit.into(),
            tls,
            users,
            maildir: args.maildir.as_deref().map(|path| Maildir::open(path, &hostname)).transpose()?,
            quarantine: args.quarantine.as_deref().map(|path| Maildir::open(path, &hostname)).transpose()?,
            host: Host::new(&args.world)?,
            judge: verify::Settings::new(hostname),
            clock: Clock::new(args.world.now.map(UnixTime)),
            trace: args.trace,
            sessions: AtomicU64::new(0),
            places: Places::new(sessions(args)),
        })
    }

    /// A place for a connection.
    fn place(&self, address: SocketAddr) -> Result<Place, NoPlace> {
        let speaks_for_others = self.settings.proxy_from.iter().any(|network| network.contains(address.ip()));
        self.places.place((!speaks_for_others).then_some(address.ip()), self.clock.now().monotonic)
    }

    /// There is no place for the client, and it is told at once (RFC 5321 §3.8).
    fn turn_away(&self, stream: TcpStream, address: SocketAddr, is_tls: bool, why: NoPlace) {
        let (told, reply) = match why {
            NoPlace::HasItsShare => ("it has too many connections", "Too many connections from your address"),
            NoPlace::AllTaken => ("all places are taken", "Too many connections; try again later"),
        };
        say_of_many(&format!("turned away: {told}"), &format!("turned away {}: {told}", address.ip()));
        // In place of a greeting to a neighbour, or of a handshake, it would not be understood.
        if !is_tls {
            // Nothing has been written, so this fits; and nobody waits for a client that reads nothing.
            let _ = stream.try_write(format!("421 {} {reply}\r\n", self.settings.hostname).as_bytes());
        }
    }

    /// A number for a session, for the log.
    fn number(&self) -> u64 {
        self.sessions.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Sessions at a time.
fn sessions(args: &Serve) -> usize {
    let possible = Places::for_files(raise_limit_of_files());
    let wanted = args.sessions.map_or(possible, |number| usize::try_from(number).unwrap_or(usize::MAX));
    if wanted > possible {
        tell::warning(&format!(
            "the limit of open files allows {possible} sessions; raise it (ulimit -n) for {wanted}"
        ));
    }
    wanted.min(possible)
}
