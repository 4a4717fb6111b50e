//! Clients that write the message themselves, of a body and a field that they are handed: s-nail and sendmail.
//!
//! Neither can be told to find another name on the certificate than the one that it connects to, so their TLS is not verified.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::clients::write;
use super::message::{Kind, Message};
use super::peers::Tls;
use super::process;
use super::stage::Stage;
use super::table::Table;
use super::world::{OPEN, World};
use crate::report::Stop;
use crate::workspace;

const PATIENCE: Duration = Duration::from_secs(60);
const SENDER: &str = "ann@sender.test";

/// Each of them, to ours.
pub(super) fn run(stage: &mut Stage, table: &mut Table) {
    for (what, tls) in [("plain", Tls::Never), ("STARTTLS", Tls::Upgraded), ("TLS", Tls::Implicit)] {
        scenario(stage, table, "s-nail", what, |world, message, recipients, ports| {
            s_nail(world, message, recipients, tls, if tls == Tls::Implicit { ports.1 } else { ports.0 })
        });
    }
    // It takes STARTTLS where it is offered.
    scenario(stage, table, "sendmail", "STARTTLS", |world, message, recipients, ports| {
        sendmail(world, message, recipients, ports.0)
    });
}

type Prepared = (Command, PathBuf);

fn scenario(
    stage: &mut Stage,
    table: &mut Table,
    name: &'static str,
    what: &str,
    command: impl FnOnce(&World, &Message, &[String], (u16, u16)) -> Result<Prepared, Stop>,
) {
    let (port, store) = (stage.serve.peer.port, stage.serve.store);
    let tls_port = stage.serve.peer.tls_port.unwrap_or(port);
    let who = format!("{name} -> {}", stage.serve.peer.name);
    table.scenario(&who, what, || {
        let recipients = ["bob0", "bob1"].map(|local| format!("{local}@{OPEN}"));
        let message = stage.message(Kind::Composed);
        let (mut command, input) = command(&stage.world, &message, &recipients, (port, tls_port))?;
        process::run(name, &mut command, Some(&input), PATIENCE)?.success(name)?;
        stage.expect(&format!("{who}, {what}"), store, &message, &recipients)
    });
}

fn s_nail(world: &World, message: &Message, recipients: &[String], tls: Tls, port: u16) -> Result<Prepared, Stop> {
    let scheme = if tls == Tls::Implicit { "smtps" } else { "smtp" };
    let mut command = Command::new(world.mail.path("usr/bin/s-nail"));
    // No configuration but this one.
    command.arg("-:/").args(["v15-compat", "sendwait", "hostname=client.test", "smtp-auth=none"].map(set).concat());
    command.args(set(&format!("mta={scheme}://127.0.0.1:{port}"))).args(set("tls-verify=ignore"));
    if tls == Tls::Upgraded {
        command.args(set("smtp-use-starttls"));
    }
    command.args(["-r", SENDER, "-s", "a message for a peer", "-C", &message.field()]).args(recipients);
    Ok((command, write(world, "body.lf", &message.body_with_lf())?))
}

/// The words that set a variable.
fn set(variable: &str) -> Vec<OsString> {
    vec!["-S".into(), variable.into()]
}

/// As a program that takes mail of this host and hands it to a relay.
fn sendmail(world: &World, message: &Message, recipients: &[String], port: u16) -> Result<Prepared, Stop> {
    let folder = world.peer("sendmail")?;
    let queue = world.peer("sendmail/queue")?;
    let macros = world.mail.path("usr/share/sendmail/cf");
    let source = format!(
        "divert(-1)\ndefine(`_CF_DIR_', `{macros}/')\ninclude(`{macros}/m4/cf.m4')\ndivert(0)\nOSTYPE(`linux')\n\
         define(`confDOMAIN_NAME', `client.test')\ndefine(`confDONT_PROBE_INTERFACES', `True')\n\
         define(`RELAY_MAILER_ARGS', `TCP $h {port}')\ndefine(`SMART_HOST', `relay:[127.0.0.1]')\n\
         FEATURE(`nocanonify')\nMAILER(`smtp')\n",
        macros = macros.display()
    );
    let (input, configuration) = (folder.join("client.mc"), folder.join("client.cf"));
    workspace::write(&input, &source)?;
    let said = Command::new("m4").arg(&input).output().map_err(|error| Stop::failed(format!("m4: {error}")))?;
    workspace::write(&configuration, &String::from_utf8_lossy(&said.stdout))?;
    // It waits a minute where the host's name has no domain, so it is given one, for itself alone.
    let mut command = Command::new("unshare");
    command.args(["--uts", "sh", "-c", "hostname client.test && exec \"$@\"", "sh"]);
    command.arg(world.mail.path("usr/libexec/sendmail/sendmail")).arg("-C").arg(configuration);
    command.arg(format!("-oQ{}", queue.display())).args(["-odi", "-i", "-f", SENDER]).args(recipients);
    Ok((command, write(world, "message.lf", &message.with_lf())?))
}
