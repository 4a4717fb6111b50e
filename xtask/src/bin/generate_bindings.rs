//! Writes the JavaScript side of a WebAssembly module: `generate-bindings web|nodejs|bundler MODULE.wasm OUT_DIR NAME`.
//!
//! This is wasm-bindgen's generator without the browser test runner of its command, which takes most of that
//! command's building time and which this project does not use.

use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, module, out_dir, name] = arguments.as_slice() else {
        eprintln!("usage: generate-bindings web|nodejs|bundler MODULE.wasm OUT_DIR NAME");
        return ExitCode::from(2);
    };
    match generate(target, Path::new(module), Path::new(out_dir), name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("generate-bindings: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn generate(target: &str, module: &Path, out_dir: &Path, name: &str) -> Result<(), String> {
    let mut bindgen = Bindgen::new();
    match target {
        "web" => bindgen.web(true),
        "nodejs" => bindgen.nodejs(true),
        "bundler" => bindgen.bundler(true),
        other => return Err(format!("no target {other:?}: web, nodejs or bundler")),
    }
    .map_err(|error| error.to_string())?;
    bindgen
        .input_path(module)
        .out_name(name)
        // The package's types are written by hand, and each of its entries says where the module is.
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out_dir)
        .map_err(|error| format!("{error:#}"))
}
