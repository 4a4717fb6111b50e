//! What comes from npm: the driver of the headless browser, and wasm-opt. Installed into `target/tools/npm`.

use std::path::PathBuf;

use super::apt;
use crate::report::Stop;
use crate::run::Run;
use crate::workspace;

/// Drives an installed Chromium; brings no browser of its own.
const PLAYWRIGHT_CORE: (&str, &str) = ("playwright-core", "1.64.1");
/// Brings `wasm-opt` compiled to WebAssembly, for every platform that has Node.
const BINARYEN: (&str, &str) = ("binaryen", "132.0.0");
/// Checks the package's types.
const TYPESCRIPT: (&str, &str) = ("typescript", "7.0.2");

/// Node itself; its test runner is what the JavaScript tests use.
pub(crate) fn node() -> Result<PathBuf, Stop> {
    apt::program("node", &["nodejs"])
}

/// The module that a browser test imports as `PASSERELLE_PLAYWRIGHT`.
pub(crate) fn playwright() -> Result<PathBuf, Stop> {
    Ok(package(PLAYWRIGHT_CORE)?.join("index.mjs"))
}

pub(crate) fn wasm_opt() -> Result<PathBuf, Stop> {
    Ok(package(BINARYEN)?.join("bin/wasm-opt"))
}

/// The folder of the compiler, which the package's tests find as `PASSERELLE_TYPESCRIPT`.
pub(crate) fn typescript() -> Result<PathBuf, Stop> {
    package(TYPESCRIPT)
}

/// Servers and clients of mail, which `interop` meets: of the versions that Debian's Node runs.
const MAIL: [(&str, &str); 3] = [("nodemailer", "6.10.1"), ("smtp-server", "3.13.6"), ("Haraka", "3.1.1")];

/// The folder of the modules of mail. They are apart from the others, since they bring a hundred packages.
pub(crate) fn mail() -> Result<PathBuf, Stop> {
    ensure("npm-mail", &MAIL)
}

/// The folder of an installed package. All are installed together, at these versions and no others.
fn package((name, _): (&str, &str)) -> Result<PathBuf, Stop> {
    Ok(ensure("npm", &[PLAYWRIGHT_CORE, BINARYEN, TYPESCRIPT])?.join(name))
}

/// `node_modules` with these packages, in a folder of that name.
fn ensure(folder: &str, packages: &[(&str, &str)]) -> Result<PathBuf, Stop> {
    let root = workspace::tools().join(folder);
    let modules = root.join("node_modules");
    let is_there = |(name, version): &(&str, &str)| {
        let installed = std::fs::read_to_string(modules.join(name).join("package.json")).unwrap_or_default();
        installed.contains(&format!("\"version\": \"{version}\""))
    };
    if !packages.iter().all(is_there) {
        install(&root, packages)?;
    }
    Ok(modules)
}

fn install(root: &std::path::Path, packages: &[(&str, &str)]) -> Result<(), Stop> {
    node()?;
    let npm = apt::program("npm", &["npm"])?;
    workspace::create_dir(root)?;
    let dependencies: Vec<String> =
        packages.iter().map(|(name, version)| format!("\"{name}\": \"{version}\"")).collect();
    let manifest = format!("{{\"private\": true, \"dependencies\": {{{}}}}}\n", dependencies.join(", "));
    workspace::write(&root.join("package.json"), &manifest)?;
    Run::new(npm)
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"])
        .dir(root)
        .go()
        .map(drop)
        .map_err(|stop| {
            let (Stop::Failed(reason) | Stop::Skipped(reason)) = stop;
            Stop::Skipped(format!("npm packages cannot be installed: {reason}"))
        })
}
