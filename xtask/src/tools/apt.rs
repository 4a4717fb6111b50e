//! Programs that come as Debian packages.
//!
//! Installed only where xtask runs as root, as on a build server or in a container. On somebody's own machine a
//! missing program is a skip that names the package, and its owner decides.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::find;
use crate::report::Stop;
use crate::run::Run;

/// The program's path, after installing `packages` if it is missing.
pub(crate) fn program(program: &str, packages: &[&str]) -> Result<PathBuf, Stop> {
    if let Some(path) = find(program) {
        return Ok(path);
    }
    install(packages)?;
    find(program)
        .ok_or_else(|| Stop::Skipped(format!("{program} is missing even with {} installed", packages.join(", "))))
}

pub(crate) fn install(packages: &[&str]) -> Result<(), Stop> {
    let names = packages.join(" ");
    if find("apt-get").is_none() {
        return Err(Stop::Skipped(format!("install {names}: this system has no apt-get")));
    }
    if !is_root() {
        return Err(Stop::Skipped(format!("not root: run apt-get install {names} first")));
    }
    update();
    apt_get().args(["install", "--yes", "--no-install-recommends"]).args(packages).go().map(drop).map_err(|stop| {
        let (Stop::Failed(reason) | Stop::Skipped(reason)) = stop;
        Stop::Skipped(format!("{names} cannot be installed: {reason}"))
    })
}

/// Puts the packages' archives into `folder` without installing anything.
pub(crate) fn download(packages: &[&str], folder: &Path) -> Result<(), Stop> {
    let names = packages.join(" ");
    if find("apt-get").is_none() {
        return Err(Stop::Skipped(format!("download {names}: this system has no apt-get")));
    }
    update();
    apt_get().args(["download", "-o", "APT::Sandbox::User=root"]).args(packages).dir(folder).go().map(drop).map_err(
        |stop| {
            let (Stop::Failed(reason) | Stop::Skipped(reason)) = stop;
            Stop::Skipped(format!("{names} cannot be downloaded: {reason}"))
        },
    )
}

/// Once a run: a fresh machine's lists are absent or name versions that are gone.
fn update() {
    static UPDATED: OnceLock<()> = OnceLock::new();
    UPDATED.get_or_init(|| {
        // Without a network the lists may still do; the installation tells.
        let _ = apt_get().arg("update").go();
    });
}

fn apt_get() -> Run {
    Run::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").arg("-qq")
}

pub(crate) fn is_root() -> bool {
    Run::new("id").arg("-u").quietly().is_ok_and(|said| said.line().as_deref() == Some("0"))
}
