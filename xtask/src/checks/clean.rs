//! That a run leaves the clone as it was: what it writes is ignored, and what is committed is complete.

use crate::report::{StepResult, Stop};
use crate::run::Run;

/// Fails if `git status` shows anything. Where somebody works, what they have not committed is theirs: there it is told, and
/// only on a build server, which works on a fresh clone, is it a failure.
pub(crate) fn check() -> StepResult {
    let said = Run::new("git").args(["status", "--porcelain", "--untracked-files=all"]).quietly()?;
    if !said.success {
        return Err(Stop::Skipped(format!("no clone of a repository: {}", said.text().trim())));
    }
    let changed = said.line().unwrap_or_default();
    if changed.is_empty() {
        return Ok("nothing changed".to_owned());
    }
    if crate::run::in_ci() {
        return Err(Stop::Failed(format!("the run has changed the clone:\n{changed}")));
    }
    Ok(format!("{} files are not as committed, which on a build server is a failure", changed.lines().count()))
}
