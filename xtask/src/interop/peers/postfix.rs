//! Postfix: SMTP and LMTP, Cyrus SASL with passwords in a file of its own, SMTPUTF8, CHUNKING as a server.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Peer, Route, Tls};
use crate::interop::process::{self, Server};
use crate::interop::world::{self, GUARDED, PASSWORD, REALM, TLS_NAME, USER, World};
use crate::report::Stop;
use crate::workspace;

const QUEUE: [&str; 14] = [
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "maildrop", "public",
    "pid", "saved", "trace",
];
/// Services that look the same in every configuration: name, kind, wake-up time, most processes, program.
const SERVICES: [(&str, &str, &str, &str, &str); 15] = [
    ("cleanup", "unix", "-", "0", "cleanup"),
    ("qmgr", "unix", "300", "1", "qmgr"),
    ("tlsmgr", "unix", "1000?", "1", "tlsmgr"),
    ("rewrite", "unix", "-", "-", "trivial-rewrite"),
    ("bounce", "unix", "-", "0", "bounce"),
    ("defer", "unix", "-", "0", "bounce"),
    ("trace", "unix", "-", "0", "bounce"),
    ("verify", "unix", "-", "1", "verify"),
    ("flush", "unix", "1000?", "0", "flush"),
    ("proxymap", "unix", "-", "-", "proxymap"),
    ("error", "unix", "-", "-", "error"),
    ("retry", "unix", "-", "-", "error"),
    ("discard", "unix", "-", "-", "discard"),
    ("anvil", "unix", "-", "1", "anvil"),
    ("scache", "unix", "-", "1", "scache"),
];

/// Starts it, with a route for each domain that it accepts.
pub(in crate::interop) fn start(world: &World, routes: &[Route]) -> Result<Peer, Stop> {
    start_with(world, routes, &transport(routes))
}

/// Starts one that queues what comes for a domain and then throws it away.
pub(in crate::interop) fn start_discarding(world: &World, domain: &str) -> Result<Peer, Stop> {
    let route = Route { domain: domain.to_owned(), port: 0, tls: Tls::Never, lmtp: false, auth: None };
    start_with(world, &[route], &format!("{domain} discard:\n"))
}

/// Whether all that it has accepted is delivered.
pub(in crate::interop) fn is_idle(world: &World) -> bool {
    let queue = world.folder.join("postfix/queue");
    ["incoming", "active", "deferred"].iter().all(|name| workspace::files(&queue.join(name), "").is_empty())
}

fn start_with(world: &World, routes: &[Route], transport: &str) -> Result<Peer, Stop> {
    let folder = world.peer("postfix")?;
    let (port, tls_port) = (process::free_port()?, process::free_port()?);
    for name in QUEUE {
        workspace::create_dir(&folder.join("queue").join(name))?;
    }
    workspace::create_dir(&folder.join("data"))?;
    world::give(&folder.join("queue"), "postfix")?;
    world::give(&folder.join("data"), "postfix")?;
    // The queue itself and what is in pid are root's.
    for own in ["queue", "queue/pid"] {
        let mut command = Command::new("chown");
        command.arg("root:root").arg(folder.join(own));
        process::run("chown", &mut command, None, Duration::from_secs(10))?.success("chown")?;
    }
    passwords(world, &folder)?;
    workspace::write(&folder.join("transport"), transport)?;
    workspace::write(&folder.join("login"), &format!("127.0.0.1 {USER}:{PASSWORD}\n"))?;
    workspace::write(&folder.join("main.cf"), &main_cf(world, &folder, routes))?;
    workspace::write(&folder.join("master.cf"), &master_cf(port, tls_port, routes))?;

    let mut command = Command::new(world.mail.path("usr/lib/postfix/sbin/master"));
    // Without -d it would leave this process group.
    command.arg("-d").arg("-c").arg(&folder);
    command.env("LD_LIBRARY_PATH", libraries(world)).env("MAIL_CONFIG", &folder);
    let mut server = Server::start("Postfix", command, folder.join("output"))?;
    server.accepts(port)?;
    server.accepts(tls_port)?;
    Ok(Peer {
        name: "Postfix",
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

/// A program of Postfix's.
pub(in crate::interop) fn program(world: &World, name: &str) -> Command {
    let mut command = Command::new(world.mail.path("usr/sbin").join(name));
    command.env("LD_LIBRARY_PATH", libraries(world)).env("MAIL_CONFIG", world.folder.join("postfix"));
    command
}

fn libraries(world: &World) -> std::path::PathBuf {
    world.mail.path("usr/lib/postfix")
}

/// Cyrus SASL's own database, and the file that tells the library of it.
fn passwords(world: &World, folder: &Path) -> Result<(), Stop> {
    let sasl = folder.join("sasl");
    workspace::create_dir(&sasl)?;
    sasl_configuration(&sasl, "smtpd.conf")?;
    saslpasswd(world, &sasl)?;
    world::give(&sasl, "postfix")
}

/// Exim asks the same library.
pub(super) fn sasl_configuration(folder: &Path, name: &str) -> Result<(), Stop> {
    let database = folder.join("sasldb2");
    let text = format!(
        "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {}\n\
         mech_list: PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256\n",
        database.display()
    );
    workspace::write(&folder.join(name), &text)
}

pub(super) fn saslpasswd(world: &World, folder: &Path) -> Result<(), Stop> {
    let (user, _) = USER.split_once('@').unwrap_or((USER, ""));
    let mut command = Command::new(world.mail.path("usr/sbin/saslpasswd2"));
    command.args(["-p", "-c", "-u", REALM, "-f"]).arg(folder.join("sasldb2")).arg(user);
    // It takes everything up to the end of its input for the password, a line end too.
    let input = folder.join("password");
    workspace::write(&input, PASSWORD)?;
    process::run("saslpasswd2", &mut command, Some(&input), Duration::from_secs(10))?.success("saslpasswd2")
}

fn transport(routes: &[Route]) -> String {
    let mut text = String::new();
    for route in routes {
        let _ = writeln!(text, "{} {}:[127.0.0.1]:{}", route.domain, route.label(), route.port);
    }
    text
}

fn main_cf(world: &World, folder: &Path, routes: &[Route]) -> String {
    let root = |below: &str| world.mail.path(below).display().to_string();
    let here = |below: &str| folder.join(below).display().to_string();
    // A guarded domain is not among those that it relays for, so that relaying to it takes a user.
    let domains: Vec<&str> = routes.iter().map(|route| route.domain.as_str()).filter(|name| *name != GUARDED).collect();
    let settings = [
        ("compatibility_level", "3.7".to_owned()),
        ("queue_directory", here("queue")),
        ("data_directory", here("data")),
        ("daemon_directory", root("usr/lib/postfix/sbin")),
        ("command_directory", root("usr/sbin")),
        ("shlib_directory", root("usr/lib/postfix")),
        ("meta_directory", here("")),
        ("mail_owner", "postfix".into()),
        ("setgid_group", "postdrop".into()),
        // Its processes are started with few variables, and the library path is not among them by default.
        ("import_environment", "MAIL_CONFIG TZ LANG=C LD_LIBRARY_PATH".into()),
        ("maillog_file", here("log")),
        ("maillog_file_prefixes", here("")),
        ("inet_interfaces", "127.0.0.1".into()),
        ("inet_protocols", "ipv4".into()),
        ("myhostname", "postfix.test".into()),
        ("mydestination", String::new()),
        ("mynetworks", String::new()),
        ("alias_maps", String::new()),
        ("alias_database", String::new()),
        ("local_recipient_maps", String::new()),
        ("relay_domains", domains.join(" ")),
        ("relay_recipient_maps", String::new()),
        ("transport_maps", format!("texthash:{}", here("transport"))),
        ("parent_domain_matches_subdomains", String::new()),
        ("smtpd_relay_restrictions", "permit_sasl_authenticated reject_unauth_destination".into()),
        ("disable_dns_lookups", "yes".into()),
        ("smtp_dns_support_level", "disabled".into()),
        ("smtpd_peername_lookup", "no".into()),
        ("smtpd_client_connection_count_limit", "0".into()),
        ("smtputf8_enable", "yes".into()),
        ("message_size_limit", "20000000".into()),
        ("smtpd_recipient_limit", "1000".into()),
        ("default_destination_recipient_limit", "1000".into()),
        ("notify_classes", String::new()),
        ("minimal_backoff_time", "2s".into()),
        ("queue_run_delay", "2s".into()),
        ("smtpd_tls_security_level", "may".into()),
        ("smtpd_tls_auth_only", "yes".into()),
        ("smtpd_tls_chain_files", format!("{} {}", world.key().display(), world.certificate().display())),
        ("smtpd_sasl_auth_enable", "yes".into()),
        ("smtpd_sasl_type", "cyrus".into()),
        ("smtpd_sasl_path", "smtpd".into()),
        ("cyrus_sasl_config_path", here("sasl")),
        ("smtpd_sasl_local_domain", REALM.into()),
        ("smtpd_sasl_security_options", "noanonymous".into()),
        ("smtp_tls_CAfile", world.ca().display().to_string()),
        ("smtp_sasl_password_maps", format!("texthash:{}", here("login"))),
        ("smtp_sasl_security_options", "noanonymous".into()),
    ];
    settings.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name} = {value}");
        text
    })
}

fn master_cf(port: u16, tls_port: u16, routes: &[Route]) -> String {
    let mut text = format!(
        "127.0.0.1:{port} inet n - n - - smtpd\n\
         127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n\
         postlog unix-dgram n - n - 1 postlogd\n\
         pickup unix n - n 60 1 pickup\n\
         smtp unix - - n - - smtp\n"
    );
    for (name, kind, wake, most, program) in SERVICES {
        let private = if matches!(name, "cleanup" | "qmgr" | "flush") { "n" } else { "-" };
        let _ = writeln!(text, "{name} {kind} {private} - n {wake} {most} {program}");
    }
    for route in routes {
        let program = if route.lmtp { "lmtp" } else { "smtp" };
        let _ = write!(text, "{} unix - - n - - {program}", route.label());
        for option in client_options(route) {
            let _ = write!(text, " -o {program}_{option}");
        }
        text.push('\n');
    }
    text
}

fn client_options(route: &Route) -> Vec<String> {
    let secure = ["tls_security_level=secure".to_owned(), format!("tls_secure_cert_match={TLS_NAME}")];
    let mut options = match route.tls {
        Tls::Never => vec!["tls_security_level=none".to_owned()],
        Tls::Upgraded => secure.to_vec(),
        Tls::Implicit => [secure.as_slice(), &["tls_wrappermode=yes".to_owned()]].concat(),
    };
    if let Some(mechanism) = route.auth {
        options.push("sasl_auth_enable=yes".into());
        options.push(format!("sasl_mechanism_filter={}", mechanism.to_ascii_lowercase()));
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_becomes_a_service_of_its_own() {
        let route =
            Route { domain: "sender.test".into(), port: 1025, tls: Tls::Implicit, lmtp: false, auth: Some("PLAIN") };
        assert_eq!(transport(std::slice::from_ref(&route)), "sender.test sender_test:[127.0.0.1]:1025\n");
        let line = master_cf(1, 2, &[route]).lines().last().unwrap_or_default().to_owned();
        assert!(line.starts_with("sender_test unix - - n - - smtp -o smtp_tls_security_level=secure"), "{line}");
        assert!(line.contains("smtp_tls_wrappermode=yes") && line.contains("filter=plain"), "{line}");
    }
}
