//! A run of several steps, some of them at once.
//!
//! Each step is a process of its own, xtask again, so that what it and its programs say can be kept together: it goes into
//! a file, and is shown when the step has ended. What runs is told every minute.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::report::{Report, StepResult, Stop};
use crate::schedule::{Schedule, total};
use crate::select::Step;
use crate::times::Times;
use crate::{run, workspace};

/// How often the steps are looked after, and how often it is told what runs.
const TICK: Duration = Duration::from_millis(50);
const TELLING: Duration = Duration::from_secs(60);

/// Names the folder of the run to a step's process, and in it the steps that have passed.
const RUN: &str = "PASSERELLE_XTASK_RUN";

/// A step's process.
struct Running<'a> {
    step: &'a Step,
    child: Child,
    started: Instant,
}

/// Runs the steps and reports how each ended.
pub(crate) fn run(steps: &[&Step]) -> Result<Report, Stop> {
    let folder = workspace::root().join("target/xtask/run");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| Stop::Failed(format!("{}: {error}", folder.display())))?;
    }
    workspace::create_dir(&folder)?;
    let mut times = Times::read();
    println!("{}", forecast(steps, &times));
    let mut report = Report::new(run::in_ci());
    let (mut schedule, mut running) = (Schedule::new(steps), Vec::<Running<'_>>::new());
    let (begun, mut told) = (Instant::now(), Instant::now());
    loop {
        while let Some(step) = schedule.start() {
            println!("[{}] {} begins: {}", clock(begun), step.name, step.about);
            match start(step, &folder) {
                Ok(child) => running.push(Running { step, child, started: Instant::now() }),
                Err(stop) => {
                    schedule.ended(step.name);
                    report.note(step.name, Err(stop), Duration::ZERO, None);
                }
            }
        }
        if running.is_empty() {
            break;
        }
        thread::sleep(TICK);
        let mut index = 0;
        while index < running.len() {
            let Some(result) = ended(&mut running[index], &folder) else {
                index += 1;
                continue;
            };
            let Running { step, started, .. } = running.swap_remove(index);
            schedule.ended(step.name);
            let (took, processor) = (started.elapsed(), processor(&folder, step.name));
            if result.is_ok() {
                times.note(step.name, took);
            }
            println!("\n=== {}", step.name);
            print!("{}", text(&folder.join(format!("{}.log", step.name))));
            let how = report.note(step.name, result, took, processor);
            println!("[{}] {} {how}\n", clock(begun), step.name);
        }
        if told.elapsed() >= TELLING && !running.is_empty() {
            told = Instant::now();
            let names: Vec<String> =
                running.iter().map(|one| format!("{} for {}", one.step.name, clock(one.started))).collect();
            println!("[{}] {} of {} steps have ended; {}", clock(begun), report.len(), steps.len(), names.join(", "));
        }
    }
    times.write();
    report.took(begun.elapsed());
    Ok(report)
}

/// One step, by itself and in view.
pub(crate) fn alone(step: &Step) -> Report {
    let mut report = Report::new(run::in_ci());
    report.step(step.name, step.run);
    report
}

/// The process of a step: runs it and leaves behind how it ended.
pub(crate) fn child(step: &Step) -> StepResult {
    let Some(folder) = std::env::var_os(RUN).map(PathBuf::from) else {
        return Err(Stop::failed("a step by itself is `cargo xtask test STEP`"));
    };
    let result = (step.run)();
    let (word, note) = match &result {
        Ok(note) => (PASSED, note),
        Err(Stop::Failed(reason)) => (FAILED, reason),
        Err(Stop::Skipped(reason)) => (SKIPPED, reason),
    };
    let processor = run::processor_time().map_or(0.0, |time| time.as_secs_f64());
    workspace::write(&folder.join(format!("{}.result", step.name)), &format!("{word} {processor}\n{note}"))?;
    result
}

const PASSED: &str = "passed";
const FAILED: &str = "failed";
const SKIPPED: &str = "skipped";

/// Whether a step of this run has passed, so that what it has built is up to date.
pub(crate) fn has_passed(name: &str) -> bool {
    std::env::var_os(RUN)
        .is_some_and(|folder| text(&Path::new(&folder).join(format!("{name}.result"))).starts_with(PASSED))
}

fn start(step: &Step, folder: &Path) -> Result<Child, Stop> {
    let failed = |error: std::io::Error| Stop::Failed(format!("{} cannot be started: {error}", step.name));
    let log = File::create(folder.join(format!("{}.log", step.name))).map_err(failed)?;
    let errors = log.try_clone().map_err(failed)?;
    // The program that runs, even where a step has built another in its place.
    Command::new("/proc/self/exe")
        .args([crate::command::STEP, step.name])
        .env(RUN, folder)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(failed)
}

/// How a step has ended, if it has.
fn ended(one: &mut Running<'_>, folder: &Path) -> Option<StepResult> {
    let status = match one.child.try_wait() {
        Ok(None) => return None,
        Ok(Some(status)) => status.to_string(),
        Err(error) => error.to_string(),
    };
    let left = text(&folder.join(format!("{}.result", one.step.name)));
    let (line, note) = left.split_once('\n').unwrap_or_default();
    Some(match line.split(' ').next() {
        Some(PASSED) => Ok(note.to_owned()),
        Some(SKIPPED) => Err(Stop::Skipped(note.to_owned())),
        Some(FAILED) => Err(Stop::Failed(note.to_owned())),
        _ => Err(Stop::Failed(format!("the step's process ended without a result: {status}"))),
    })
}

/// The processor time that a step has left behind.
fn processor(folder: &Path, name: &str) -> Option<Duration> {
    let left = text(&folder.join(format!("{name}.result")));
    let seconds = left.lines().next()?.split_once(' ')?.1.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// How long it takes, as far as is known.
fn forecast(steps: &[&Step], times: &Times) -> String {
    let of_table = total(steps, |step| f64::from(step.seconds));
    let here = steps.iter().all(|step| times.of(step.name).is_some());
    let last = total(steps, |step| times.of(step.name).unwrap_or(f64::from(step.seconds)));
    let minutes = |seconds: f64| format!("{:.0} min", (seconds / 60.0).max(1.0));
    let table = format!("{} steps: about {} on two processors with nothing built", steps.len(), minutes(of_table));
    if here { format!("{table}, {} if as the last time here", minutes(last)) } else { table }
}

fn clock(since: Instant) -> String {
    let seconds = since.elapsed().as_secs();
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

/// The file's text, whatever octets a program has put into it; an absent file has none.
fn text(path: &Path) -> String {
    let octets = fs::read(path).unwrap_or_default();
    let mut text = String::from_utf8_lossy(&octets).into_owned();
    if !text.is_empty() && !text.ends_with('\n') && path.extension().is_some_and(|extension| extension == "log") {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forecast_says_what_it_is_of() {
        let steps = [Step { name: "a", seconds: 600, ..Step::NONE }, Step { name: "b", seconds: 300, ..Step::NONE }];
        let steps: Vec<&Step> = steps.iter().collect();
        let mut times = Times::default();
        assert_eq!(forecast(&steps, &times), "2 steps: about 10 min on two processors with nothing built");
        times.note("a", Duration::from_secs(120));
        times.note("b", Duration::from_secs(1));
        assert!(forecast(&steps, &times).ends_with("nothing built, 2 min if as the last time here"));
    }

    #[test]
    fn a_step_outside_a_run_has_nothing_built_for_it() {
        assert!(!has_passed("build"));
    }
}
