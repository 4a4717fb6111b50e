//! Messages a second of `serve`, of Postfix's smtp-sink and of Postfix, under the same load in one run.
//!
//! smtp-sink forgets what it is sent; Postfix and `serve` have it on the disk before they answer, Postfix in its
//! queue, from which it is thrown away, `serve` in a maildir.

use std::thread;
use std::time::{Duration, Instant};

use super::ours::Serve;
use super::peers::{postfix, smtp_sink};
use super::process;
use super::world::{OPEN, World};
use crate::report::{StepResult, Stop};
use crate::tools::mail::Mail;

const SESSIONS: &str = "50";
const MESSAGES: u32 = 5000;
/// Octets of a body.
const SIZE: &str = "10240";
/// Taken in turns, so that what else the machine does falls on all alike; the median counts.
const ROUNDS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(300);

/// Measures the three and prints a table.
pub(super) fn measure(mail: Mail, serve: Serve) -> StepResult {
    let world = World::create(mail)?;
    let (ours, _) = serve.start(&world, false, &[OPEN])?;
    let sink = smtp_sink::start_forgetting(&world, "smtp-sink")?;
    let postfix = postfix::start_discarding(&world, OPEN)?;
    let servers = [&ours, &sink, &postfix];
    let mut rates = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (server, rates) in servers.iter().zip(&mut rates) {
            rates.push(f64::from(MESSAGES) / load(&world, server.port)?.as_secs_f64());
            let started = Instant::now();
            while !postfix::is_idle(&world) {
                if started.elapsed() > PATIENCE {
                    return Err(Stop::failed("Postfix does not deliver what it has queued"));
                }
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
    println!("{MESSAGES} messages of 10 KB, {SESSIONS} sessions, median of {ROUNDS} rounds:");
    let mut note = Vec::new();
    for (server, rates) in servers.iter().zip(&mut rates) {
        rates.sort_by(f64::total_cmp);
        let (median, range) = (rates[ROUNDS / 2], format!("{:.0} to {:.0}", rates[0], rates[ROUNDS - 1]));
        println!("{:<12} {median:>8.0} messages/s  ({range})", server.name);
        note.push(format!("{} {median:.0}", server.name));
    }
    Ok(format!("messages a second: {}", note.join(", ")))
}

fn load(world: &World, port: u16) -> Result<Duration, Stop> {
    let mut command = postfix::program(world, "smtp-source");
    command.args(["-4", "-s", SESSIONS, "-m", &MESSAGES.to_string(), "-l", SIZE, "-M", "client.test"]);
    command.args(["-f", "ann@sender.test", "-t", &format!("bob@{OPEN}"), &format!("127.0.0.1:{port}")]);
    let started = Instant::now();
    process::run("smtp-source", &mut command, None, PATIENCE)?.success("smtp-source")?;
    Ok(started.elapsed())
}
