//! Writes the C header of `passerelle-ffi`: `generate-header CRATE_DIR OUTPUT`.
//!
//! `CRATE_DIR/cbindgen.toml` is the configuration. A program of its own, so that only those who need a header build cbindgen.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [crate_dir, output] = arguments.as_slice() else {
        eprintln!("usage: generate-header CRATE_DIR OUTPUT");
        return ExitCode::from(2);
    };
    match generate(crate_dir, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("generate-header: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn generate(crate_dir: &Path, output: &Path) -> Result<(), String> {
    let config = cbindgen::Config::from_file(crate_dir.join("cbindgen.toml"))?;
    let bindings = cbindgen::generate_with_config(crate_dir, config).map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    std::fs::write(output, text).map_err(|error| format!("{}: {error}", output.display()))
}
