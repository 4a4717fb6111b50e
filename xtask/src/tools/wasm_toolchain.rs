//! A Rust compiler with a standard library for `wasm32-unknown-unknown`.
//!
//! Most have it from rustup. Where rustup can download nothing, Debian has a recent compiler (`rustc-web`) and the
//! standard library's source of the same version (`rust-web-src`); cargo builds the library along with the program.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{apt, find};
use crate::report::Stop;
use crate::run::Run;
use crate::workspace;

const TARGET: &str = "wasm32-unknown-unknown";

/// Names the way to take instead of trying both: `rustup` or `debian`.
const CHOICE: &str = "PASSERELLE_WASM_TOOLCHAIN";

/// rustup without a network tries again for a long time.
const RUSTUP_PATIENCE: Duration = Duration::from_secs(120);

pub(crate) enum WasmToolchain {
    /// The toolchain in use has the target.
    Rustup,
    Debian {
        rustc: PathBuf,
        /// The workspace of the standard library's source.
        library: PathBuf,
        /// rustup's `rust-lld`: Debian's compiler comes without one.
        linker: PathBuf,
    },
}

impl WasmToolchain {
    /// What is there, or what can be installed.
    pub(crate) fn ensure() -> Result<Self, Stop> {
        match std::env::var(CHOICE).as_deref() {
            Ok("rustup") => rustup(),
            Ok("debian") => debian(),
            Ok(other) => Err(Stop::Failed(format!("{CHOICE}={other}: rustup or debian"))),
            Err(_) => rustup().or_else(|_| debian()),
        }
    }

    /// `cargo build` or `cargo check` for the target.
    pub(crate) fn cargo(&self, subcommand: &str) -> Run {
        let cargo = Run::new("cargo");
        let cargo = match self {
            Self::Rustup => cargo,
            Self::Debian { rustc, library, linker } => cargo
                .env("RUSTC", rustc)
                // -Zbuild-std is for nightly compilers; this lets a released one accept it.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("__CARGO_TESTS_ONLY_SRC_ROOT", library)
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                // cargo points it at rustup's compiler, whose libraries are not this one's.
                .env_remove("LD_LIBRARY_PATH"),
        };
        let cargo = cargo.args([subcommand, "--target", TARGET]).arg("--target-dir").arg(self.target_dir());
        match self {
            Self::Rustup => cargo,
            Self::Debian { .. } => cargo.arg("-Zbuild-std=std,panic_abort"),
        }
    }

    /// Where the module of a library crate is after `cargo build`.
    pub(crate) fn module(&self, profile_dir: &str, library: &str) -> PathBuf {
        self.target_dir().join(TARGET).join(profile_dir).join(format!("{library}.wasm"))
    }

    /// One per compiler: in a shared folder each would rebuild what the other built.
    fn target_dir(&self) -> PathBuf {
        match self {
            Self::Rustup => workspace::target(),
            Self::Debian { .. } => workspace::target().join("wasm"),
        }
    }
}

fn rustup() -> Result<WasmToolchain, Stop> {
    let installed = || Some(sysroot()?.join("lib/rustlib").join(TARGET).join("lib").is_dir());
    if installed() != Some(true) {
        if find("rustup").is_none() {
            return Err(Stop::Skipped(format!("no standard library for {TARGET}, and no rustup to install it")));
        }
        Run::new("rustup").args(["target", "add", TARGET]).patience(RUSTUP_PATIENCE).go().map_err(|stop| {
            let (Stop::Failed(reason) | Stop::Skipped(reason)) = stop;
            Stop::Skipped(reason)
        })?;
    }
    Ok(WasmToolchain::Rustup)
}

fn debian() -> Result<WasmToolchain, Stop> {
    let rustc = PathBuf::from("/usr/bin/rustc");
    if library(&rustc).is_none() {
        apt::install(&["rustc-web", "rust-web-src"])?;
    }
    let library =
        library(&rustc).ok_or_else(|| Stop::Skipped(format!("no source of {}'s standard library", rustc.display())))?;
    let linker = sysroot()
        .map(|root| root.join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld"))
        .filter(|linker| linker.is_file())
        .ok_or_else(|| Stop::Skipped("no rust-lld in the Rust toolchain, to link WebAssembly with".into()))?;
    Ok(WasmToolchain::Debian { rustc, library, linker })
}

/// The source of this compiler's standard library, where Debian puts it; no other version's will do.
fn library(rustc: &Path) -> Option<PathBuf> {
    let said = Run::new(rustc).arg("--version").env_remove("LD_LIBRARY_PATH").quietly().ok()?.line()?;
    let version = said.split_whitespace().nth(1)?;
    let library = PathBuf::from(format!("/usr/src/rustc-{version}/library"));
    library.join("Cargo.toml").is_file().then_some(library)
}

fn sysroot() -> Option<PathBuf> {
    Run::new("rustc").args(["--print", "sysroot"]).quietly().ok()?.line().map(PathBuf::from)
}
