//! Exim: SMTP and LMTP, AUTH by its own authenticators and by Cyrus SASL, SMTPUTF8, CHUNKING on both sides.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::postfix::{sasl_configuration, saslpasswd};
use super::{Peer, Route, Tls};
use crate::interop::process::{self, Server};
use crate::interop::world::{self, GUARDED, PASSWORD, REALM, TLS_NAME, USER, World};
use crate::report::Stop;
use crate::workspace;

const PROGRAM: &str = "usr/sbin/exim4";

/// Starts it, with a route for each domain that it accepts.
pub(in crate::interop) fn start(world: &World, routes: &[Route]) -> Result<Peer, Stop> {
    let folder = world.peer("exim")?;
    let (port, tls_port) = (process::free_port()?, process::free_port()?);
    for name in ["spool", "log", "sasl"] {
        workspace::create_dir(&folder.join(name))?;
    }
    // It reads certificate and key under its own account.
    workspace::copy(&world.certificate(), &folder.join("certificate.pem"))?;
    workspace::copy(&world.key(), &folder.join("key.pem"))?;
    sasl_configuration(&folder.join("sasl"), "exim.conf")?;
    saslpasswd(world, &folder.join("sasl"))?;
    world::give(&folder, "Debian-exim")?;
    // It refuses a configuration that is not root's, and belongs into nobody else's folder then.
    let configuration = world.folder.join("exim.conf");
    workspace::write(&configuration, &text(&folder, world, routes, port, tls_port))?;

    let mut command = Command::new(world.mail.path(PROGRAM));
    // In the foreground; what could not be delivered at once is tried again every two seconds.
    command.arg("-C").arg(&configuration).args(["-bdf", "-q2s"]);
    command.env("SASL_CONF_PATH", folder.join("sasl"));
    let mut server = Server::start("Exim", command, folder.join("output"))?;
    server.accepts(port)?;
    server.accepts(tls_port)?;
    Ok(Peer {
        name: "Exim",
        port,
        tls_port: Some(tls_port),
        mechanisms: &["PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256"],
        starttls: true,
        utf8: true,
        chunking: true,
        lmtp: false,
        no_tls: "",
        server,
    })
}

fn text(folder: &Path, world: &World, routes: &[Route], port: u16, tls_port: u16) -> String {
    let (folder, program) = (folder.display(), world.mail.path(PROGRAM));
    let program = program.display();
    let open: Vec<&str> = routes.iter().map(|route| route.domain.as_str()).filter(|name| *name != GUARDED).collect();
    let open = open.join(" : ");
    let mut text = format!(
        "primary_hostname = exim.test
exim_user = Debian-exim
exim_group = Debian-exim
exim_path = {program}
deliver_drop_privilege = true
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
keep_environment = SASL_CONF_PATH
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port} : {tls_port}
tls_on_connect_ports = {tls_port}
tls_advertise_hosts = *
tls_certificate = {folder}/certificate.pem
tls_privatekey = {folder}/key.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
smtputf8_advertise_hosts = *
chunking_advertise_hosts = *
host_lookup =
rfc1413_hosts =
dns_again_means_nonexist = *
message_size_limit = 20M
recipients_max = 1000
smtp_accept_max = 200
smtp_accept_queue_per_connection = 0
queue_run_max = 5
remote_max_parallel = 20
acl_smtp_rcpt = check_rcpt
acl_smtp_data = accept
acl_smtp_predata = accept
begin acl
check_rcpt:
  accept domains = {open}
  accept authenticated = *
  deny message = no relaying
begin routers
"
    );
    for route in routes {
        let (name, domain) = (route.label(), &route.domain);
        let _ = write!(text, "{name}:\n  driver = accept\n  domains = {domain}\n  transport = {name}\n");
    }
    text.push_str("begin transports\n");
    for route in routes {
        text.push_str(&transport(route, world));
    }
    // Soon again: what waits here for hours would not be found.
    text.push_str("begin retry\n* * F,1h,1s\nbegin authenticators\n");
    text.push_str(&authenticators(routes));
    text
}

fn transport(route: &Route, world: &World) -> String {
    let protocol = match (route.lmtp, route.tls) {
        (true, _) => "lmtp",
        (false, Tls::Implicit) => "smtps",
        (false, _) => "smtp",
    };
    let mut text = format!(
        "{}:\n  driver = smtp\n  hosts = 127.0.0.1\n  port = {}\n  allow_localhost\n  protocol = {protocol}\n  max_rcpt = 0\n\
         \x20 hosts_try_fastopen =\n",
        route.label(),
        route.port
    );
    if route.tls == Tls::Never {
        text.push_str("  hosts_avoid_tls = *\n");
    } else {
        let _ = write!(
            text,
            "  hosts_require_tls = *\n  tls_verify_certificates = {}\n  tls_verify_hosts = *\n\
             \x20 tls_verify_cert_hostnames =\n  tls_sni = {TLS_NAME}\n",
            world.ca().display()
        );
    }
    if route.auth.is_some() {
        text.push_str("  hosts_require_auth = *\n");
    }
    text
}

/// Its own for what it speaks as a client, Cyrus SASL for what it can only check.
fn authenticators(routes: &[Route]) -> String {
    // It takes the first that both sides have, so each is for its own route only.
    let on = |mechanism: &str| {
        let route = routes.iter().find(|route| route.auth == Some(mechanism)).map(Route::label).unwrap_or_default();
        format!("${{if eq{{$transport_name}}{{{route}}}}}")
    };
    let scram = |name: &str| {
        let label = name.replace('-', "_");
        format!(
            "{label}:\n  driver = cyrus_sasl\n  public_name = {name}\n  server_realm = {REALM}\n  server_service = smtp\n\
             \x20 server_hostname = exim.test\n  server_set_id = $auth1\n"
        )
    };
    let right = |user: &str, password: &str| {
        format!("${{if and{{{{eq{{{user}}}{{{USER}}}}}{{eq{{{password}}}{{{PASSWORD}}}}}}}}}")
    };
    format!(
        "PLAIN:\n  driver = plaintext\n  public_name = PLAIN\n  server_prompts = :\n  server_condition = {}\n\
         \x20 server_set_id = $auth2\n  client_send = ^{USER}^{PASSWORD}\n  client_condition = {}\n\
         LOGIN:\n  driver = plaintext\n  public_name = LOGIN\n  server_prompts = Username:: : Password::\n\
         \x20 server_condition = {}\n  server_set_id = $auth1\n  client_send = : {USER} : {PASSWORD}\n\
         \x20 client_condition = {}\n{}{}",
        right("$auth2", "$auth3"),
        on("PLAIN"),
        right("$auth1", "$auth2"),
        on("LOGIN"),
        scram("SCRAM-SHA-1"),
        scram("SCRAM-SHA-256"),
    )
}
