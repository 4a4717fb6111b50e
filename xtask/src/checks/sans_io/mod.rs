//! That `passerelle`, the engine, does no I/O: enforced, not promised.
//!
//! Three questions: what it depends on, whether it builds for a machine without an operating system, and whether its
//! own code touches what `core/clippy.toml` bans.

mod bans;
mod dependencies;

use crate::report::StepResult;
use crate::wasm;

pub(crate) fn check() -> StepResult {
    let crates = dependencies::check()?;
    let banned = bans::bite()?;
    bans::hold()?;
    wasm::core()?;
    Ok(format!("{crates} dependencies, {banned} bans"))
}
