//! Postfix's smtp-source: many messages over many connections at once.

use std::time::Duration;

use super::clients;
use super::message::Kind;
use super::peers::postfix;
use super::process;
use super::stage::Stage;
use super::table::Table;
use super::world::OPEN;

const SESSIONS: usize = 50;
const PATIENCE: Duration = Duration::from_secs(120);

/// 5,000 messages by SMTP, one a connection and again many over one, and 500 by LMTP.
pub(super) fn smtp_source(stage: &mut Stage, table: &mut Table) {
    let floods: [(&str, usize, &[&str], bool); 3] = [
        ("5,000 in 50 sessions", 5000, &[], false),
        ("5,000 in 50, kept open", 5000, &["-d"], false),
        ("500 in 50 sessions", 500, &["-L"], true),
    ];
    for (what, count, options, lmtp) in floods {
        let target = if lmtp { &stage.serve_lmtp } else { &stage.serve };
        let (port, store) = (target.peer.port, target.store);
        let who = format!("smtp-source -> {}", target.peer.name);
        table.scenario(&who, what, || {
            let message = stage.message(Kind::Awkward);
            // It ends lines and doubles dots itself.
            let file = clients::write(&stage.world, "message.unended", &message.unended())?;
            let mut command = postfix::program(&stage.world, "smtp-source");
            // A number of its own before each recipient: so each message can be told from the others.
            command.args(["-4", "-N", "-s", &SESSIONS.to_string(), "-m", &count.to_string()]);
            command.args(["-f", "ann@sender.test", "-t", &format!("bob@{OPEN}"), "-M", "client.test", "-F"]).arg(&file);
            command.args(options).arg(format!("127.0.0.1:{port}"));
            process::run("smtp-source", &mut command, None, PATIENCE)?.success("smtp-source")?;
            let recipients: Vec<String> = (1..=count).map(|number| format!("{number}bob@{OPEN}")).collect();
            stage.expect(&format!("{who}, {what}"), store, &message, &recipients)
        });
    }
}
