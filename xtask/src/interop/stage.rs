//! All the servers of a run, started in the order in which they need one another.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::clients::{Client, Delivery};
use super::message::{Kind, Message};
use super::ours::{Send, Serve, Service};
use super::peers::{Peer, Route, Tls, aiosmtpd, exim, haraka, opensmtpd, postfix, smtp_server, smtp_sink};
use super::store::Store;
use super::table::Table;
use super::world::{GUARDED, OPEN, SENDER_DOMAIN, Trust, World};
use crate::report::Stop;
use crate::run;
use crate::tools::mail::Mail;

/// The mechanisms by which an MTA logs in at ours, each with a domain that is routed so.
pub(super) const RELAY_MECHANISMS: [&str; 4] = ["PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256"];

/// A server to send to, and which store has what it took.
pub(super) struct Target {
    pub(super) peer: Peer,
    pub(super) store: usize,
}

/// The servers, the clients, and where everything arrives.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) send: Client,
    pub(super) serve: Target,
    pub(super) serve_lmtp: Target,
    /// Takes mail from users alone: what arrives there shows that its client had logged in.
    pub(super) serve_users: Target,
    pub(super) mtas: Vec<Target>,
    /// What else `send` is tried with.
    pub(super) servers: Vec<Target>,
    /// Why a server could not be started: a scenario of its own.
    missing: Vec<(&'static str, Stop)>,
    stores: Vec<Store>,
    /// What was sent and must be in its store once for each recipient, still when all is over.
    sent: Vec<Sent>,
    next: usize,
    /// Behind the MTAs.
    _behind: Peer,
}

struct Sent {
    what: String,
    token: String,
    store: usize,
    recipients: Vec<String>,
}

impl Stage {
    pub(super) fn set(mail: Mail, send: Send, serve: Serve) -> Result<Self, Stop> {
        let world = World::create(mail)?;
        let mut stores = Vec::new();
        let mut keep = |(peer, store): (Peer, Store)| {
            stores.push(store);
            Target { peer, store: stores.len() - 1 }
        };
        let behind = keep(aiosmtpd::start(&world, "store", false, &[OPEN, GUARDED, SENDER_DOMAIN])?);
        let routed: Vec<String> = ["plain", "starttls", "tls", "lmtp"].map(serve_domain).into();
        let mut domains: Vec<&str> = routed.iter().map(String::as_str).collect();
        domains.push(OPEN);
        let logged_in: Vec<String> =
            RELAY_MECHANISMS.map(|mechanism| serve_domain(&format!("auth-{mechanism}"))).into();
        let mut guarded: Vec<&str> = logged_in.iter().map(String::as_str).collect();
        guarded.push(GUARDED);
        let serve_smtp = keep(serve.start(&world, Service::Smtp, &domains)?);
        let serve_lmtp = keep(serve.start(&world, Service::Lmtp, &domains)?);
        let serve_users = keep(serve.start(&world, Service::Users, &guarded)?);

        let routes = routes(&behind.peer, &serve_smtp.peer, &serve_lmtp.peer, &serve_users.peer);
        let (mut mtas, mut missing) = (Vec::new(), Vec::new());
        type Start = fn(&World, &[Route]) -> Result<Peer, Stop>;
        let starts: [(&str, Start); 3] =
            [("Postfix", postfix::start), ("Exim", exim::start), ("OpenSMTPD", opensmtpd::start)];
        for (name, start) in starts {
            match start(&world, &routes) {
                Ok(peer) => mtas.push(Target { peer, store: behind.store }),
                Err(stop) => missing.push((name, stop)),
            }
        }
        let mut servers = vec![
            keep(aiosmtpd::start(&world, "aiosmtpd", false, &[OPEN])?),
            keep(aiosmtpd::start(&world, "aiosmtpd LMTP", true, &[OPEN])?),
        ];
        let started = [
            ("smtp-server", smtp_server::start(&world, "smtp-server", false, &[OPEN])),
            ("smtp-server LMTP", smtp_server::start(&world, "smtp-server LMTP", true, &[OPEN])),
            ("Haraka", haraka::start(&world, &[OPEN])),
        ];
        for (name, started) in started {
            match started {
                Ok(started) => servers.push(keep(started)),
                Err(stop) => missing.push((name, stop)),
            }
        }
        for (name, options) in [("smtp-sink", [].as_slice()), ("smtp-sink LMTP", &["-L"]), ("smtp-sink HELO", &["-e"])]
        {
            match smtp_sink::start(&world, name, options) {
                Ok(started) => servers.push(keep(started)),
                Err(stop) => missing.push((name, stop)),
            }
        }
        let mut stage = Self {
            world,
            send: Client::Ours(send),
            serve: serve_smtp,
            serve_lmtp,
            serve_users,
            mtas,
            servers,
            missing,
            stores,
            sent: Vec::new(),
            next: 0,
            _behind: behind.peer,
        };
        stage.try_tls();
        Ok(stage)
    }

    /// A message unlike the others.
    pub(super) fn message(&mut self, kind: Kind) -> Message {
        self.next += 1;
        Message::new(&format!("t{}.{}", std::process::id(), self.next), kind)
    }

    /// Notes that a message must be found, and waits for it.
    pub(super) fn expect(
        &mut self,
        what: &str,
        store: usize,
        message: &Message,
        recipients: &[String],
    ) -> Result<(), Stop> {
        self.sent.push(Sent {
            what: what.to_owned(),
            token: message.token.clone(),
            store,
            recipients: recipients.to_vec(),
        });
        self.stores[store].expect(message, recipients, ARRIVAL)
    }

    /// Notes that a message must never be found.
    pub(super) fn expect_nowhere(&mut self, what: &str, store: usize, message: &Message) {
        self.sent.push(Sent { what: what.to_owned(), token: message.token.clone(), store, recipients: Vec::new() });
    }

    /// Whether an MTA's log says that a message came or went in BDAT.
    pub(super) fn went_in_bdat(&self, mta: &str, message: &Message) -> Result<(), Stop> {
        let log = match mta {
            "Postfix" => "postfix/log",
            "Exim" => "exim/log/mainlog",
            // No other has BDAT on its list, and ours says nothing that it could be known by.
            _ => return Ok(()),
        };
        let started = Instant::now();
        while started.elapsed() < LOGGING {
            let text = fs::read(self.world.folder.join(log)).unwrap_or_default();
            if chunked(&String::from_utf8_lossy(&text), mta, &message.token) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(Stop::Failed(format!("{mta}'s log does not say that it was BDAT")))
    }

    /// Looks again, for what came twice or late, and for what nobody sent.
    pub(super) fn settle(&mut self, table: &mut Table) {
        for (name, stop) in std::mem::take(&mut self.missing) {
            table.scenario(name, "starts", || match stop {
                // Not a thing that it cannot do, but one that was not tried.
                Stop::Skipped(reason) if run::in_ci() => Err(Stop::Failed(reason)),
                stop => Err(stop),
            });
        }
        let (sent, stores) = (&self.sent, &mut self.stores);
        table.scenario("all", "once, in the end", || {
            stores.iter_mut().for_each(Store::look);
            for sent in sent {
                stores[sent.store].once_for_each(&sent.token, &sent.recipients).map_err(|stop| {
                    let (Stop::Failed(reason) | Stop::Skipped(reason)) = stop;
                    Stop::Failed(format!("{}: {reason}", sent.what))
                })?;
            }
            match stores.iter().find_map(|store| store.strangers().first().cloned()) {
                Some(stranger) => Err(Stop::Failed(format!("{} was sent by nobody here", stranger.display()))),
                None => Ok(()),
            }
        });
    }

    /// Stops ours, which must stop when asked to.
    pub(super) fn strike(self, table: &mut Table) {
        for target in [self.serve, self.serve_lmtp, self.serve_users] {
            table.scenario(target.peer.name, "stops on SIGTERM", || target.peer.server.stop());
        }
    }

    /// Whether each MTA's TLS works at all, shown by a client that is not ours: what does not is no fault of ours, and
    /// is named as what the peer lacks.
    fn try_tls(&mut self) {
        for target in &mut self.mtas {
            let message = Message::new("probe", Kind::Awkward);
            let probe = Delivery {
                port: target.peer.port,
                tls: Tls::Upgraded,
                trust: Trust::Ours,
                lmtp: false,
                bdat: false,
                auth: None,
                wrong_password: false,
                sender: "",
                recipients: &["nobody@nowhere.test".to_owned()],
                message: &message,
            };
            let said = Client::Smtplib.send(&self.world, &probe).map(|ended| ended.text).unwrap_or_default();
            if said.contains("SSLError") {
                println!(
                    "{}: TLS fails with smtplib too: {}",
                    target.peer.name,
                    said.lines().last().unwrap_or_default()
                );
                target.peer.starttls = false;
                target.peer.tls_port = None;
                target.peer.mechanisms = &[];
                target.peer.no_tls = "its TLS fails with Python's too, as Debian 12 has built it";
            }
        }
    }
}

/// How long a log may lag behind.
const LOGGING: Duration = Duration::from_secs(3);

/// Postfix counts a session's commands at its end; Exim marks what came and what went in chunks with a K.
fn chunked(log: &str, mta: &str, token: &str) -> bool {
    if mta == "Postfix" {
        // Its lines name a connection's process, and the message by a queue name that the process gave it.
        let Some(queued) = log.lines().find(|line| line.contains(&format!("message-id=<{token}@"))) else {
            return false;
        };
        let queue = queued.split_whitespace().nth(5).unwrap_or_default();
        let smtpd = log.lines().find(|line| line.contains("/smtpd[") && line.contains(&format!("{queue} client=")));
        let process = smtpd.and_then(|line| line.split_whitespace().nth(4)).unwrap_or_default();
        let after = log.lines().skip_while(|line| !std::ptr::eq(*line, queued));
        return after.filter(|line| line.contains(process)).any(|line| line.contains(" bdat="));
    }
    let Some(came) = log.lines().find(|line| line.contains(&format!("id={token}@"))) else { return false };
    let name = came.split_whitespace().nth(2).unwrap_or_default();
    let marked = |line: &str| line.contains(name) && line.contains(" K ");
    log.lines().any(marked)
}

/// How long a message may take through an MTA and its queue.
const ARRIVAL: Duration = Duration::from_secs(30);

/// The domain that an MTA delivers to ours in one of its ways.
pub(super) fn serve_domain(way: &str) -> String {
    format!("{}.serve.test", way.to_ascii_lowercase())
}

fn routes(store: &Peer, serve: &Peer, serve_lmtp: &Peer, serve_users: &Peer) -> Vec<Route> {
    let plain = |domain: &str, port| Route { domain: domain.into(), port, tls: Tls::Never, lmtp: false, auth: None };
    let tls_port = serve.tls_port.unwrap_or(serve.port);
    let mut routes: Vec<Route> = [OPEN, GUARDED, SENDER_DOMAIN].map(|domain| plain(domain, store.port)).into();
    routes.push(plain(&serve_domain("plain"), serve.port));
    routes.push(Route { tls: Tls::Upgraded, ..plain(&serve_domain("starttls"), serve.port) });
    routes.push(Route { tls: Tls::Implicit, ..plain(&serve_domain("tls"), tls_port) });
    routes.push(Route { lmtp: true, ..plain(&serve_domain("lmtp"), serve_lmtp.port) });
    for mechanism in RELAY_MECHANISMS {
        let route = plain(&serve_domain(&format!("auth-{mechanism}")), serve_users.port);
        routes.push(Route { tls: Tls::Upgraded, auth: Some(mechanism), ..route });
    }
    routes
}
