//! `passerelle serve` and `passerelle send` with the mail software that others run, on the loopback.
//!
//! Every client sends to every server in every mode that both have; a message must arrive octet for octet, exactly
//! once for each recipient. `--controls` puts smtplib and aiosmtpd in the place of ours: what fails then is not ours.

mod clients;
mod composers;
mod flood;
mod logins;
mod message;
mod modes;
mod ours;
mod peers;
mod process;
mod refusals;
mod stage;
mod store;
mod table;
mod throughput;
mod world;

use ours::{Send, Serve};
use stage::Stage;
use table::Table;

use crate::report::{StepResult, Stop};
use crate::tools::mail::Mail;
use crate::tools::{apt, npm};

const USAGE: &str = "usage: cargo xtask interop [--controls] [--throughput] [WORD...]";

/// The step of `cargo xtask test`.
pub(crate) fn check() -> StepResult {
    run(&[])
}

/// `cargo xtask interop`: scenarios in whose lines all the words appear.
pub(crate) fn run(words: &[&str]) -> StepResult {
    let (options, filter): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with("--"));
    let (mut send, mut serve, mut measure) = (Send::Passerelle, Serve::Passerelle, false);
    for option in options {
        match option {
            "--controls" => (send, serve) = (Send::StandIn, Serve::StandIn),
            "--throughput" => measure = true,
            _ => return Err(Stop::failed(USAGE)),
        }
    }
    let mail = Mail::ensure()?;
    if serve == Serve::Passerelle {
        ours::build()?;
    }
    if measure {
        return throughput::measure(mail, serve);
    }
    let mut stage = Stage::set(mail, send, serve)?;
    let mut table = Table::new(&filter);
    if serve == Serve::StandIn {
        modes::clients_to_mtas(&mut stage, &mut table);
    }
    modes::clients_to_serve(&mut stage, &mut table);
    composers::run(&mut stage, &mut table);
    modes::mtas_to_serve(&mut stage, &mut table);
    modes::send_to_servers(&mut stage, &mut table);
    flood::smtp_source(&mut stage, &mut table);
    logins::gsasl(&mut stage, &mut table);
    refusals::run(&mut stage, &mut table);
    stage.settle(&mut table);
    stage.strike(&mut table);
    table.result()
}

/// Installs what it needs, for `cargo xtask setup`.
pub(crate) fn setup() -> StepResult {
    Mail::ensure()?;
    npm::mail()?;
    apt::program("ruby", &["ruby"])?;
    Ok("Postfix, Exim, OpenSMTPD, swaks, msmtp, aiosmtpd, nodemailer, smtp-server, Haraka, Ruby".into())
}
