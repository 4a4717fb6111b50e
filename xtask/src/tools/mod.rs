//! What the tests need beyond the Rust toolchain, and how it is installed.

pub(crate) mod apt;
pub(crate) mod cargo_tools;
pub(crate) mod mail;
pub(crate) mod npm;
pub(crate) mod python;
pub(crate) mod wasm_toolchain;

use std::path::PathBuf;

/// The program's place in `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|candidate| candidate.is_file())
}
