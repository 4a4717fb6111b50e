//! OpenSMTPD: SMTP and LMTP, PLAIN and LOGIN. It keeps its queue where it was told when it was built.

use std::fmt::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Peer, Route, Tls};
use crate::interop::process::{self, Server};
use crate::interop::world::{GUARDED, PASSWORD, USER, World};
use crate::report::Stop;
use crate::workspace;

/// Built in, all of them: where it locks itself in, where it listens to its control program, and its queue.
const EMPTY: &str = "/var/lib/opensmtpd/empty";
const CONTROL: &str = "/var/run/smtpd.sock";
const QUEUE: &str = "/var/spool/smtpd/queue";

/// How long it waits before it connects again or sends another message, by default for seconds.
const DELAYS: [&str; 8] = [
    "conn-delay-host",
    "conn-delay-route",
    "conn-delay-source",
    "conn-delay-connector",
    "conn-delay-relay",
    "conn-delay-domain",
    "reconn-delay-route",
    "session-transaction-delay",
];

/// Starts it, with a route for each domain that it accepts.
pub(in crate::interop) fn start(world: &World, routes: &[Route]) -> Result<Peer, Stop> {
    if UnixStream::connect(CONTROL).is_ok() {
        return Err(Stop::Skipped("an OpenSMTPD runs here already, and there can be but one".into()));
    }
    let folder = world.peer("opensmtpd")?;
    let (port, tls_port) = (process::free_port()?, process::free_port()?);
    workspace::create_dir(Path::new(EMPTY))?;
    let mut openssl = Command::new("openssl");
    openssl.args(["passwd", "-6", PASSWORD]);
    let hash = process::run("openssl", &mut openssl, None, Duration::from_secs(10))?.text;
    workspace::write(&folder.join("users"), &format!("{USER} {}\n", hash.trim()))?;
    workspace::write(&folder.join("login"), &format!("login {USER}:{PASSWORD}\n"))?;
    let configuration = folder.join("smtpd.conf");
    workspace::write(&configuration, &text(&folder, world, routes, port, tls_port))?;
    remove_queue()?;

    let mut command = Command::new(world.mail.path("usr/sbin/smtpd"));
    command.args(["-d", "-v", "-f"]).arg(&configuration);
    let mut server = Server::start("OpenSMTPD", command, folder.join("output"))?;
    server.accepts(port)?;
    server.accepts(tls_port)?;
    Ok(Peer {
        name: "OpenSMTPD",
        port,
        tls_port: Some(tls_port),
        mechanisms: &["PLAIN", "LOGIN"],
        starttls: true,
        utf8: false,
        chunking: false,
        lmtp: false,
        no_tls: "",
        server,
    })
}

/// What a run that was cut short has left would be delivered by this one, to who knows what port. The messages are
/// those of tests: a machine whose own mail goes through OpenSMTPD has it running, and was left alone above.
fn remove_queue() -> Result<(), Stop> {
    let queue = Path::new(QUEUE);
    if queue.exists() {
        std::fs::remove_dir_all(queue).map_err(|error| Stop::failed(format!("{QUEUE}: {error}")))?;
    }
    Ok(())
}

fn text(folder: &Path, world: &World, routes: &[Route], port: u16, tls_port: u16) -> String {
    let folder = folder.display();
    let mut text = format!(
        "pki mail cert \"{certificate}\"\npki mail key \"{key}\"\n\
         ca opensmtpd.test cert \"{ca}\"\n\
         table users file:{folder}/users\ntable login file:{folder}/login\n\
         smtp max-message-size 20M\nsmtp limit max-rcpt 1000\nsmtp limit max-mails 10000\n\
         listen on 127.0.0.1 port {port} tls pki mail auth-optional <users> hostname opensmtpd.test\n\
         listen on 127.0.0.1 port {tls_port} smtps pki mail auth-optional <users> hostname opensmtpd.test\n",
        certificate = world.certificate().display(),
        key = world.key().display(),
        ca = world.ca().display(),
    );
    for name in DELAYS {
        let _ = writeln!(text, "mta limit {name} 0");
    }
    for route in routes {
        let label = route.label();
        let scheme = match (route.lmtp, route.tls) {
            (true, _) => "lmtp",
            (false, Tls::Never) => "smtp+notls",
            (false, Tls::Upgraded) => "smtp+tls",
            (false, Tls::Implicit) => "smtps",
        };
        let (user, auth) = if route.auth.is_some() { ("login@", " auth <login>") } else { ("", "") };
        // Its built-in list of authorities cannot be replaced, so that it has to take any certificate.
        let verify = if route.tls == Tls::Never { "" } else { " tls no-verify" };
        let _ = writeln!(
            text,
            "action \"{label}\" relay host \"{scheme}://{user}127.0.0.1:{}\" helo opensmtpd.test{verify}{auth}",
            route.port
        );
        let who = if route.domain == GUARDED { "auth from any" } else { "from any" };
        let _ = writeln!(text, "match {who} for domain \"{}\" action \"{label}\"", route.domain);
    }
    text
}
