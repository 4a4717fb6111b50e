//! Servers that run beside the scenarios, and clients that run to their end, none of them seen unless they fail.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::report::Stop;
use crate::tools;

/// How long a server may take until it accepts connections.
const STARTING: Duration = Duration::from_secs(20);
/// How long it may take to stop when asked to.
const STOPPING: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(10);

/// A server, stopped when dropped, with the processes it has started.
pub(super) struct Server {
    name: String,
    child: Child,
    log: PathBuf,
}

/// How a client ended.
pub(super) struct Ended {
    /// Absent if a signal ended it.
    pub(super) code: Option<i32>,
    /// What it wrote to either stream.
    pub(super) text: String,
}

impl Server {
    /// Starts it as the head of a process group of its own; what it writes goes into `log`.
    pub(super) fn start(name: &str, command: Command, log: PathBuf) -> Result<Self, Stop> {
        let output = File::create(&log).map_err(|error| Stop::failed(format!("{}: {error}", log.display())))?;
        let errors = output.try_clone().map_err(|error| Stop::failed(format!("{}: {error}", log.display())))?;
        let child = ending_with_us(command)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|error| Stop::failed(format!("{name} cannot be started: {error}")))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// Waits until it accepts connections at `port`.
    pub(super) fn accepts(&mut self, port: u16) -> Result<(), Stop> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        self.until(|_| TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok().map(drop))
    }

    /// Waits for `count` lines `listening on 127.0.0.1:PORT`, and returns the ports in their order.
    pub(super) fn says_ports(&mut self, count: usize) -> Result<Vec<u16>, Stop> {
        self.until(|server| {
            let output = server.output();
            let ports: Vec<u16> = output.lines().filter_map(listening).collect();
            // The last line may be half written.
            (ports.len() >= count && output.ends_with('\n')).then_some(ports)
        })
    }

    /// What it has written so far.
    pub(super) fn output(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Asks it to stop, and fails unless it does with success.
    pub(super) fn stop(mut self) -> Result<(), Stop> {
        signal("TERM", &self.child.id().to_string());
        match ended(&mut self.child, STOPPING) {
            Some(Some(0)) => Ok(()),
            Some(code) => Err(Stop::Failed(format!("{} ended with {code:?} on SIGTERM", self.name))),
            None => Err(Stop::Failed(format!("{} did not stop on SIGTERM", self.name))),
        }
    }

    fn until<T>(&mut self, ready: impl Fn(&Self) -> Option<T>) -> Result<T, Stop> {
        let started = Instant::now();
        loop {
            if let Some(found) = ready(self) {
                return Ok(found);
            }
            let gone = matches!(self.child.try_wait(), Ok(Some(_)) | Err(_));
            if gone || started.elapsed() > STARTING {
                let how = if gone { "ended at once" } else { "does not listen" };
                return Err(Stop::Failed(format!("{} {how}: {}", self.name, last_lines(&self.output()))));
            }
            thread::sleep(TICK);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended is what is wanted, so nothing here is an error.
        let group = format!("-{}", self.child.id());
        if matches!(self.child.try_wait(), Ok(None)) {
            signal("TERM", &group);
            if ended(&mut self.child, STOPPING).is_none() {
                signal("KILL", &group);
                let _ = self.child.wait();
            }
        }
        // Helpers may outlive the head of their group.
        signal("KILL", &group);
    }
}

/// Runs a client to its end, with `input` as its standard input.
pub(super) fn run(name: &str, command: &mut Command, input: Option<&Path>, patience: Duration) -> Result<Ended, Stop> {
    let failed = |what: &str, error: std::io::Error| Stop::Failed(format!("{name} {what}: {error}"));
    let log = super::world::scratch_file("client.log");
    let output = File::create(&log).map_err(|error| failed("log", error))?;
    let errors = output.try_clone().map_err(|error| failed("log", error))?;
    let input = match input {
        Some(path) => Stdio::from(File::open(path).map_err(|error| failed("input", error))?),
        None => Stdio::null(),
    };
    let mut child = command
        .stdin(input)
        .stdout(output)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(|error| failed("cannot be started", error))?;
    let code = ended(&mut child, patience);
    let text = fs::read(&log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    match code {
        Some(code) => Ok(Ended { code, text }),
        None => {
            signal("KILL", &format!("-{}", child.id()));
            let _ = child.wait();
            Err(Stop::Failed(format!("{name} did not end within {} s: {}", patience.as_secs(), last_lines(&text))))
        }
    }
}

impl Ended {
    /// Anything but exit code 0 is a failure that shows the last that was said.
    pub(super) fn success(self, name: &str) -> Result<(), Stop> {
        match self.code {
            Some(0) => Ok(()),
            code => Err(Stop::Failed(format!("{name} ended with {code:?}: {}", last_lines(&self.text)))),
        }
    }
}

/// A port of the loopback that nobody listens at. Another program could take it before it is used; then the server
/// that was to use it fails, by name.
pub(super) fn free_port() -> Result<u16, Stop> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Stop::failed(format!("no free port on the loopback: {error}")))
}

/// The last that a program said, in one line.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(6)..).unwrap_or_default();
    last.join(" | ")
}

fn listening(line: &str) -> Option<u16> {
    let address = line.strip_prefix("listening on ")?;
    address.split(' ').next()?.rsplit_once(':')?.1.parse().ok()
}

/// The same command, asked to stop when this process ends, however that comes: a server that is left behind would
/// keep its port, and meet the next run.
fn ending_with_us(command: Command) -> Command {
    let Some(setpriv) = tools::find("setpriv") else { return command };
    let mut wrapped = Command::new(setpriv);
    wrapped.args(["--pdeathsig", "TERM"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            wrapped.env(name, value);
        }
    }
    if let Some(dir) = command.get_current_dir() {
        wrapped.current_dir(dir);
    }
    wrapped
}

/// The exit code, once it has ended; a program that a signal has ended has none.
fn ended(child: &mut Child, patience: Duration) -> Option<Option<i32>> {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.code()),
            Ok(None) if started.elapsed() < patience => thread::sleep(TICK),
            Ok(None) | Err(_) => return None,
        }
    }
}

/// A process, or with `-` in front its group. There may be nobody left to hear it.
fn signal(name: &str, process: &str) {
    let _ = Command::new("kill")
        .args(["-s", name, "--", process])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_from_what_a_server_says() {
        assert_eq!(listening("listening on 127.0.0.1:2525"), Some(2525));
        assert_eq!(listening("listening on 127.0.0.1:465 (TLS)"), Some(465));
        assert_eq!(listening("not listening on 127.0.0.1:25"), None);
    }

    #[test]
    fn a_server_that_ends_is_named_with_its_last_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such configuration; exit 1"]);
        let log = std::env::temp_dir().join(format!("interop-test-{}", std::process::id()));
        let mut server = Server::start("sh", command, log.clone()).unwrap();
        let Err(Stop::Failed(reason)) = server.says_ports(1) else { panic!("it listens") };
        assert!(reason.contains("sh ended at once: no such configuration"), "{reason}");
        fs::remove_file(log).unwrap();
    }
}
