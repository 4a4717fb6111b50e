//! Where things are: the root, the build folders, and what Cargo.lock says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::report::Stop;

/// Only root can make and change what is here, and all can read it.
const FOR_OTHER_ACCOUNTS: &str = "/var/lib/passerelle-tests";

/// The workspace's root: the folder above this package.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// Cargo's build folder, wherever the user has put it.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Where xtask installs programs of its own, out of the user's way.
pub(crate) fn tools() -> PathBuf {
    root().join("target/tools")
}

/// Where programs are kept that take minutes to build and are the same for every clone, each at its own version: below the user's
/// folder for such things, or with the other tools where there is none.
pub(crate) fn kept_tools() -> PathBuf {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")));
    cache.map_or_else(tools, |cache| cache.join("passerelle"))
}

/// A folder below `target`, for programs that change from root to other accounts: elsewhere if those could not pass
/// through to it, as below a home folder.
pub(crate) fn for_other_accounts(below: &str) -> PathBuf {
    let target = root().join("target");
    let closed = |dir: &Path| fs::metadata(dir).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 == 0);
    if target.ancestors().any(closed) { Path::new(FOR_OTHER_ACCOUNTS).join(below) } else { target.join(below) }
}

/// The files in `dir` whose names end with `suffix`, sorted. An absent folder has none.
pub(crate) fn files(dir: &Path, suffix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(suffix)).collect();
    files.sort();
    files
}

/// The file's text; a file that cannot be read fails the step.
pub(crate) fn read(path: &Path) -> Result<String, Stop> {
    fs::read_to_string(path).map_err(|error| about(path, &error))
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), Stop> {
    fs::write(path, text).map_err(|error| about(path, &error))
}

pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Stop> {
    fs::copy(from, to).map(|_| ()).map_err(|error| about(from, &error))
}

pub(crate) fn create_dir(path: &Path) -> Result<(), Stop> {
    fs::create_dir_all(path).map_err(|error| about(path, &error))
}

fn about(path: &Path, error: &std::io::Error) -> Stop {
    Stop::Failed(format!("{}: {error}", path.strip_prefix(root()).unwrap_or(path).display()))
}

/// The value of `key = "value"` in section `[section]` of a Cargo.toml. Enough for the plain manifests of this workspace.
pub(crate) fn manifest_value(manifest: &str, section: &str, key: &str) -> Option<String> {
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == format!("[{section}]");
        } else if inside
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == key
        {
            return Some(value.trim().trim_matches('"').to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifest_values_come_from_their_section() {
        let manifest = "[package]\nname = \"passerelle-ffi\"\n\n[lib]\nname = \"passerelle_c\"\n";
        assert_eq!(manifest_value(manifest, "lib", "name").as_deref(), Some("passerelle_c"));
        assert_eq!(manifest_value(manifest, "package", "name").as_deref(), Some("passerelle-ffi"));
        assert_eq!(manifest_value(manifest, "bin", "name"), None);
    }

    #[test]
    fn an_absent_folder_has_no_files() {
        assert!(files(Path::new("/no/such/folder"), ".c").is_empty());
        assert!(!files(&root().join("xtask/src"), ".rs").is_empty());
    }
}
