//! What comes from PyPI: peers that are written in Python. Installed into a virtual environment, `target/tools/venv`.

use std::path::PathBuf;

use super::apt;
use crate::report::Stop;
use crate::run::Run;
use crate::workspace;

/// At these versions and no others; dnspython and PyNaCl are what the first two need, the last two what aiosmtpd needs.
const PACKAGES: [&str; 7] = [
    "pyspf==2.0.14",
    "dkimpy==1.1.8",
    "dnspython==2.9.2",
    "PyNaCl==1.6.2",
    "aiosmtpd==1.4.6",
    "atpublic==9.0.0",
    "attrs==26.1.0",
];

/// The environment's Python, with the packages.
pub(crate) fn python() -> Result<PathBuf, Stop> {
    let venv = workspace::tools().join("venv");
    let (python, record) = (venv.join("bin/python"), venv.join("packages.txt"));
    let wanted = PACKAGES.join("\n");
    if python.is_file() && std::fs::read_to_string(&record).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let system = apt::program("python3", &["python3", "python3-venv"])?;
    workspace::create_dir(&workspace::tools())?;
    if Run::new(&system).args(["-m", "venv", "--clear"]).arg(&venv).go().is_err() {
        // Debian has the module without what it puts into an environment.
        apt::install(&["python3-venv"])?;
        Run::new(&system).args(["-m", "venv", "--clear"]).arg(&venv).go()?;
    }
    Run::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(PACKAGES)
        .go()
        .map_err(|stop| {
            let (Stop::Failed(reason) | Stop::Skipped(reason)) = stop;
            Stop::Skipped(format!("Python packages cannot be installed: {reason}"))
        })?;
    workspace::write(&record, &wanted)?;
    Ok(python)
}
