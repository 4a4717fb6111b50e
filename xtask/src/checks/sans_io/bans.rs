//! The bans of `core/clippy.toml`: that they bite, and that core holds them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::checks::rust::{PSL, RUST_CRYPTO};
use crate::report::Stop;
use crate::run::Run;
use crate::workspace;

const LINTS: [&str; 3] = ["clippy::disallowed_methods", "clippy::disallowed_types", "clippy::disallowed_macros"];

/// The mark in `xtask/probe/banned.rs` of a line that clippy must reject.
const MARK: &str = "// banned";

/// core's library under the bans, *forbidden* so that no `allow` in its source can lift one. Its tests are free.
pub(super) fn hold() -> Result<(), Stop> {
    for features in [&PSL[..], &RUST_CRYPTO[..]] {
        let clippy = clippy(workspace::root()).args(["-p", "passerelle", "--lib"]).args(features).arg("--");
        LINTS.iter().fold(clippy, |clippy, lint| clippy.args(["-F", lint])).go()?;
    }
    Ok(())
}

/// The number of bans, each of which clippy enforced on a program that uses all that is banned, in a workspace like
/// ours: the package with the file is held to it, its neighbour is not.
pub(super) fn bite() -> Result<usize, Stop> {
    let (probe, source, bans) = lay_out()?;
    let rejected = clippy(&probe).args(["-p", "inside", "--message-format=short"]).quietly()?.text();
    let lines = marked_lines(&source);
    let missed_lines: Vec<String> = lines.difference(&rejected_lines(&rejected)).map(usize::to_string).collect();
    let missed_bans: Vec<&str> =
        bans.iter().filter(|ban| !rejected.contains(&format!(" `{ban}`"))).map(String::as_str).collect();
    if lines.is_empty() || bans.is_empty() || !missed_lines.is_empty() || !missed_bans.is_empty() {
        return Err(Stop::Failed(format!(
            "core/clippy.toml does not bite: {} bans, of which clippy never named [{}]; of {} lines in \
             xtask/probe/banned.rs it let pass [{}]\n{rejected}",
            bans.len(),
            missed_bans.join(", "),
            lines.len(),
            missed_lines.join(", ")
        )));
    }
    let outside = clippy(&probe).args(["-p", "outside", "--", "-D", "warnings"]).quietly()?;
    if !outside.success {
        return Err(Stop::Failed(format!("core/clippy.toml reaches beyond core:\n{}", outside.text())));
    }
    Ok(bans.len())
}

/// Writes the workspace of the probe into `target/sans-io`: its folder, the probe's source and the banned paths.
fn lay_out() -> Result<(PathBuf, String, Vec<String>), Stop> {
    let root = workspace::root();
    let source = workspace::read(&root.join("xtask/probe/banned.rs"))?;
    let config = workspace::read(&root.join("core/clippy.toml"))?;
    let probe = workspace::target().join("sans-io");
    workspace::create_dir(&probe)?;
    workspace::write(
        &probe.join("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\nmembers = [\"inside\", \"outside\"]\n",
    )?;
    for (name, text) in [("inside", source.as_str()), ("outside", OUTSIDE)] {
        workspace::create_dir(&probe.join(name).join("src"))?;
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n");
        workspace::write(&probe.join(name).join("Cargo.toml"), &manifest)?;
        workspace::write(&probe.join(name).join("src/lib.rs"), text)?;
    }
    workspace::write(&probe.join("inside/clippy.toml"), &config)?;
    Ok((probe, source, banned_paths(&config)))
}

/// The neighbour: what core may not do, a host does.
const OUTSIDE: &str =
    "//! A host.\n/// Reads a clock.\npub fn now() -> std::time::Instant {\n    std::time::Instant::now()\n}\n";

/// clippy, free of a configuration that the environment might name in place of the package's own.
fn clippy(workspace_root: &Path) -> Run {
    let target = if workspace_root == workspace::root() { workspace::target() } else { workspace_root.join("target") };
    Run::new("cargo").env_remove("CLIPPY_CONF_DIR").dir(workspace_root).arg("clippy").arg("--target-dir").arg(target)
}

/// The `path = "…"` entries.
fn banned_paths(config: &str) -> Vec<String> {
    let entries = config.lines().filter_map(|line| line.split_once("path = \"")?.1.split_once('"'));
    entries.map(|(path, _)| path.to_owned()).collect()
}

fn marked_lines(source: &str) -> BTreeSet<usize> {
    source.lines().enumerate().filter(|(_, line)| line.contains(MARK)).map(|(index, _)| index + 1).collect()
}

/// The lines of `…/lib.rs:LINE:COLUMN: error: use of a disallowed …`.
fn rejected_lines(output: &str) -> BTreeSet<usize> {
    let errors = output.lines().filter(|line| line.contains("error: use of a disallowed"));
    errors.filter_map(|line| line.split_once("lib.rs:")?.1.split(':').next()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bans_are_read_from_the_file() {
        let config = "disallowed-methods = [\n  { path = \"std::fs::read\", reason = \"x\" },\n]\n# std::env\n";
        assert_eq!(banned_paths(config), ["std::fs::read"]);
    }

    #[test]
    fn lines_are_read_from_clippy_and_from_the_marks() {
        let output = "inside/src/lib.rs:10:13: error: use of a disallowed method `std::time::Instant::now`\n\
            inside/src/lib.rs:11:1: warning: unused\n";
        assert_eq!(rejected_lines(output), BTreeSet::from([10]));
        assert_eq!(marked_lines("a\nb // banned: twice\n"), BTreeSet::from([2]));
    }
}
