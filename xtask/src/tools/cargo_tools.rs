//! Cargo's subcommands, at a pinned version each, built once for all clones ([`workspace::kept_tools`]).
//!
//! Built without optimisation: they run for a second or two here, and building them is what costs.

use std::path::PathBuf;

use crate::report::Stop;
use crate::run::Run;
use crate::workspace;

pub(crate) struct CargoTool {
    name: &'static str,
    version: &'static str,
    features: &'static [&'static str],
}

/// Licences, bans and sources of dependencies. Its defaults are for fetching advisories, which is not done here.
pub(crate) const CARGO_DENY: CargoTool =
    CargoTool { name: "cargo-deny", version: "0.20.2", features: &["--no-default-features"] };

pub(crate) const CARGO_FUZZ: CargoTool = CargoTool { name: "cargo-fuzz", version: "0.13.2", features: &[] };

impl CargoTool {
    /// The program's path, after installing it if need be.
    pub(crate) fn ensure(&self) -> Result<PathBuf, Stop> {
        let program = self.root().join("bin").join(self.name);
        if program.is_file() && self.is_recorded() {
            return Ok(program);
        }
        // The published lock file may name versions that a registry mirror does not carry; then any that fit will do.
        if self.install(&["--locked"]).is_err() {
            self.install(&[]).map_err(|stop| {
                let (Stop::Failed(reason) | Stop::Skipped(reason)) = stop;
                Stop::Skipped(format!("{} {} cannot be installed: {reason}", self.name, self.version))
            })?;
        }
        Ok(program)
    }

    /// A folder of this version's own, so that clones of other days keep theirs.
    fn root(&self) -> PathBuf {
        workspace::kept_tools().join(format!("{}-{}", self.name, self.version))
    }

    fn install(&self, lock: &[&str]) -> Result<(), Stop> {
        Run::new("cargo")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .args(["install", self.name, "--version", self.version, "--debug", "--force"])
            .args(lock)
            .args(self.features)
            .arg("--root")
            .arg(self.root())
            .arg("--target-dir")
            .arg(workspace::tools().join("build"))
            .go()
            .map(drop)
    }

    /// Whether cargo's own record says that this version is what is installed.
    fn is_recorded(&self) -> bool {
        std::fs::read_to_string(self.root().join(".crates.toml"))
            .is_ok_and(|record| records(&record, self.name, self.version))
    }
}

fn records(record: &str, name: &str, version: &str) -> bool {
    record.lines().any(|line| line.starts_with(&format!("\"{name} {version} ")))
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn the_record_tells_the_version() {
        let record = "[v1]\n\"cargo-deny 0.20.2 (registry+index)\" = [\"cargo-deny\"]\n";
        assert!(records(record, "cargo-deny", "0.20.2"));
        assert!(!records(record, "cargo-deny", "0.20.3"));
        assert!(!records(record, "cargo-den", "0.20.2"));
        assert!(!records(record, "cargo-deny", "0.20"));
    }
}
