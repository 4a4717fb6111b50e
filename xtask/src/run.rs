//! Running a program: echoed first, its output shown as it comes, captured where somebody counts.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::report::{StepResult, Stop};
use crate::workspace;

/// No program that xtask starts may run longer than this: a hung test ends as a failure with its name on it.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Whether this is a build server, where nothing may be skipped.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// The processor time of this process and of all its programs that have ended, where the system tells it.
pub(crate) fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    processor_time_in(&stat)
}

/// The 14th to the 17th field of a `stat` file (proc(5)), in hundredths of a second on every Linux.
fn processor_time_in(stat: &str) -> Option<Duration> {
    let (_, behind_name) = stat.rsplit_once(") ")?;
    let fields: Vec<u64> = behind_name.split(' ').skip(11).take(4).map_while(|field| field.parse().ok()).collect();
    (fields.len() == 4).then(|| Duration::from_millis(10 * fields.iter().sum::<u64>()))
}

/// A program about to run, in the workspace's root unless told otherwise.
pub(crate) struct Run {
    command: Command,
    shown: String,
    patience: Duration,
}

/// What a program that ran said.
pub(crate) struct Said {
    pub(crate) success: bool,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// As last seen before its end; nothing where the system does not tell.
    pub(crate) processor: Duration,
}

impl Run {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(&program);
        command.current_dir(workspace::root()).stdin(Stdio::null());
        // `cargo xtask` describes the xtask package in the environment; a nested build must look like the user's own.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
                command.env_remove(name);
            }
        }
        // What speeds up the next build is of no use where there is none, and takes half the disk.
        if in_ci() && std::env::var_os("CARGO_INCREMENTAL").is_none() {
            command.env("CARGO_INCREMENTAL", "0");
        }
        Self { command, shown: shown(program.as_ref()), patience: PATIENCE }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.shown.push(' ');
        self.shown.push_str(&shown(arg.as_ref()));
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// Sets a variable, shown in front of the command.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.shown = format!("{name}={} {}", shown(value.as_ref()), self.shown);
        self.command.env(name, value);
        self
    }

    /// Sets a variable that nobody has to type.
    pub(crate) fn quiet_env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn env_remove(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs it in view. Anything but success is a failure of the step.
    pub(crate) fn go(mut self) -> StepResult {
        println!("$ {}", self.shown);
        let mut child = self.start()?;
        let status = self.wait(&mut child)?;
        self.judge(status).map(|()| String::new())
    }

    /// Runs it in view and returns what it wrote to standard output, also when it failed.
    pub(crate) fn tee(mut self) -> Result<(String, Result<(), Stop>), Stop> {
        println!("$ {}", self.shown);
        self.command.stdout(Stdio::piped());
        let mut child = self.start()?;
        let reader = child.stdout.take().map(|pipe| thread::spawn(move || copy(pipe)));
        let status = self.wait(&mut child)?;
        let text = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
        Ok((String::from_utf8_lossy(&text).into_owned(), self.judge(status)))
    }

    /// Runs it, its errors in view, and returns what it wrote to standard output.
    pub(crate) fn read(mut self) -> Result<String, Stop> {
        println!("$ {}", self.shown);
        self.command.stdout(Stdio::piped());
        let mut child = self.start()?;
        let reader = child.stdout.take().map(collect);
        let status = self.wait(&mut child)?;
        let text = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
        self.judge(status)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Runs it unseen; how it ended is for the caller to judge.
    pub(crate) fn quietly(mut self) -> Result<Said, Stop> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.start()?;
        let (stdout, stderr) = (child.stdout.take().map(collect), child.stderr.take().map(collect));
        let mut processor = Duration::ZERO;
        let status = self.wait_watching(&mut child, |id| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            processor = processor_time_in(&stat).unwrap_or(processor);
        })?;
        let join = |reader: Option<thread::JoinHandle<Vec<u8>>>| {
            reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
        };
        Ok(Said { success: status.success(), stdout: join(stdout), stderr: join(stderr), processor })
    }

    fn start(&mut self) -> Result<Child, Stop> {
        self.command.spawn().map_err(|error| self.cannot_start(&error))
    }

    fn cannot_start(&self, error: &io::Error) -> Stop {
        Stop::Failed(format!("cannot start `{}`: {error}", self.shown))
    }

    fn wait(&self, child: &mut Child) -> Result<ExitStatus, Stop> {
        self.wait_watching(child, |_| ())
    }

    /// Looks at the process, by its number, until it has ended.
    fn wait_watching(&self, child: &mut Child, mut look: impl FnMut(u32)) -> Result<ExitStatus, Stop> {
        let started = Instant::now();
        loop {
            look(child.id());
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if started.elapsed() < self.patience => thread::sleep(Duration::from_millis(20)),
                Ok(None) => {
                    // Already ended is as good as killed, and there is nothing else to try.
                    let _ = child.kill();
                    let _ = child.wait();
                    let seconds = self.patience.as_secs();
                    return Err(Stop::Failed(format!("`{}` did not end within {seconds} s", self.shown)));
                }
                Err(error) => return Err(Stop::Failed(format!("waiting for `{}`: {error}", self.shown))),
            }
        }
    }

    fn judge(&self, status: ExitStatus) -> Result<(), Stop> {
        if status.success() { Ok(()) } else { Err(Stop::Failed(format!("`{}`: {status}", self.shown))) }
    }
}

impl Said {
    /// Both streams as text, for messages and for searching.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", String::from_utf8_lossy(&self.stdout), String::from_utf8_lossy(&self.stderr))
    }

    /// Standard output without the line ending, of a program that must have succeeded.
    pub(crate) fn line(&self) -> Option<String> {
        self.success.then(|| String::from_utf8_lossy(&self.stdout).trim().to_owned())
    }
}

/// Keeps a program's output; what could be read is judged by how the program ends.
fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut text = Vec::new();
        let _ = pipe.read_to_end(&mut text);
        text
    })
}

/// Passes a program's output on as it comes and keeps it.
fn copy(mut pipe: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = [0; 8192];
    while let Ok(read @ 1..) = pipe.read(&mut buffer) {
        let mut out = io::stdout().lock();
        // A closed terminal must not end the count.
        let _ = out.write_all(&buffer[..read]);
        let _ = out.flush();
        kept.extend_from_slice(&buffer[..read]);
    }
    kept
}

/// An argument as one would type it, with paths inside the workspace made relative to it.
fn shown(arg: &OsStr) -> String {
    let text = arg.to_string_lossy();
    let root = format!("{}/", workspace::root().display());
    let text = text.replace(&root, "");
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || "\"'$&|;<>()*".contains(c)) {
        format!("'{}'", text.replace('\'', r"'\''"))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_shown_as_one_would_type_them() {
        let inside = workspace::root().join("ffi/include");
        assert_eq!(shown(inside.as_os_str()), "ffi/include");
        assert_eq!(shown(OsStr::new("two words")), "'two words'");
        assert_eq!(shown(OsStr::new("")), "''");
    }

    #[test]
    fn a_program_that_hangs_is_ended_and_named() {
        let Err(Stop::Failed(reason)) = Run::new("sleep").arg("60").patience(Duration::from_millis(50)).go() else {
            panic!("sleep ended")
        };
        assert!(reason.contains("`sleep 60`"), "{reason}");
    }

    #[test]
    fn processor_time_is_that_of_the_process_and_its_programs() {
        let stat = "1 (a) b) S 0 1 1 0 -1 4194560 1 2 3 4 100 20 3000 400 20 0 1";
        assert_eq!(processor_time_in(stat), Some(Duration::from_millis(35_200)));
        assert_eq!(processor_time_in("1 (a) S 0"), None);
    }

    #[test]
    fn output_is_kept_and_a_bad_exit_is_a_failure() {
        let (text, result) = Run::new("sh").args(["-c", "echo counted; exit 3"]).tee().unwrap();
        assert_eq!(text, "counted\n");
        assert!(matches!(result, Err(Stop::Failed(reason)) if reason.contains('3')));
    }

    #[test]
    fn a_missing_program_is_a_failure_with_its_name() {
        assert!(
            matches!(Run::new("no-such-program").go(), Err(Stop::Failed(reason)) if reason.contains("no-such-program"))
        );
    }
}
