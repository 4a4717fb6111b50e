//! From `wasm/` to a package that npm can publish: `wasm/pkg`.

use std::path::{Path, PathBuf};

use super::Profile;
use crate::built;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::npm;
use crate::tools::wasm_toolchain::WasmToolchain;
use crate::{parallel, workspace};

/// What rustc uses of WebAssembly beyond its first version. All of it has been in browsers and in Node for years.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Stem of the generated files: `passerelle.js`, `passerelle_bg.wasm`.
const NAME: &str = "passerelle";

/// Builds the package; several steps need it, one run builds it once.
pub(crate) fn build(profile: Profile) -> StepResult {
    let module = workspace::root().join("wasm/pkg").join(format!("{NAME}_bg.wasm"));
    if profile != Profile::Release || !parallel::has_passed(super::STEP) {
        build_now(profile)?;
    }
    let size = std::fs::metadata(&module).map_or(0, |metadata| metadata.len());
    Ok(format!("wasm/pkg, module of {} KiB", size / 1024))
}

fn build_now(profile: Profile) -> Result<(), Stop> {
    let package = workspace::root().join("wasm/pkg");
    let module = compile(profile)?;
    // What an earlier build left behind must not be shipped.
    if package.is_dir() {
        std::fs::remove_dir_all(&package).map_err(|error| Stop::Failed(format!("wasm/pkg: {error}")))?;
    }
    workspace::create_dir(&package)?;
    Run::new(build_generator()?).arg("web").arg(module).arg(&package).arg(NAME).go()?;
    let module = package.join(format!("{NAME}_bg.wasm"));
    if profile == Profile::Release {
        optimise(&module)?;
    }
    assemble(&package)
}

/// The path of the module that rustc links.
fn compile(profile: Profile) -> Result<PathBuf, Stop> {
    let toolchain = WasmToolchain::ensure()?;
    let (options, folder) = profile.cargo();
    toolchain.cargo("build").args(["-p", "passerelle-wasm"]).args(options).go()?;
    Ok(toolchain.module(folder, "passerelle_wasm"))
}

/// The program that writes the JavaScript side, built from the same Cargo.lock as the module.
pub(crate) fn build_generator() -> Result<PathBuf, Stop> {
    if !built::generators_are_there() {
        Run::new("cargo")
            .args(["build", "--quiet", "-p", "xtask", "--features", "bindings", "--bin", "generate-bindings"])
            .go()?;
    }
    Ok(workspace::target().join("debug/generate-bindings"))
}

fn optimise(module: &Path) -> StepResult {
    let optimised = module.with_extension("opt");
    Run::new(npm::node()?)
        .arg(npm::wasm_opt()?)
        .args(["-Oz", "--strip-producers"])
        .args(FEATURES)
        .arg(module)
        .arg("-o")
        .arg(&optimised)
        .go()?;
    std::fs::rename(&optimised, module).map_err(|error| Stop::Failed(format!("{}: {error}", optimised.display())))?;
    Ok(String::new())
}

/// Adds what is written by hand: the modules and types of `wasm/js`, the page, the readme, the manifest with the
/// workspace's version in it, and the licences.
fn assemble(package: &Path) -> Result<(), Stop> {
    let root = workspace::root();
    let page = package.join("page");
    workspace::create_dir(&page)?;
    for (from, to) in [("wasm/js", package), ("wasm/page", page.as_path())] {
        for file in workspace::files(&root.join(from), "") {
            workspace::copy(&file, &to.join(file.file_name().unwrap_or_default()))?;
        }
    }
    workspace::copy(&root.join("wasm/README.md"), &package.join("README.md"))?;
    let version =
        workspace::manifest_value(&workspace::read(&root.join("Cargo.toml"))?, "workspace.package", "version")
            .ok_or_else(|| Stop::failed("no version in Cargo.toml"))?;
    let manifest = workspace::read(&root.join("wasm/package.json"))?;
    if !manifest.contains(VERSION_PLACE) {
        return Err(Stop::Failed(format!("wasm/package.json must contain {VERSION_PLACE}")));
    }
    let manifest = manifest.replace(VERSION_PLACE, &format!("\"version\": \"{version}\""));
    workspace::write(&package.join("package.json"), &manifest)?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        workspace::copy(&root.join(licence), &package.join(licence))?;
    }
    Ok(())
}

/// Filled in, so that the version is written down once, in Cargo.toml.
const VERSION_PLACE: &str = "\"version\": \"0.0.0\"";
