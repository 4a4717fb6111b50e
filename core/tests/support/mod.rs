//! What several test crates share: where the suites of others are.
#![allow(dead_code, unreachable_pub)]

use std::path::PathBuf;

/// The folder of a suite, or `None` (after having said so) where the suites are not there.
///
/// # Panics
/// Under `CI=true` a missing suite is a failure.
pub fn suite(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PASSERELLE_SUITES")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/suites")));
    let folder = root.join(name);
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "suite {name} is missing at {}", folder.display());
    println!("skipped: suite {name} is not at {}; set PASSERELLE_SUITES", folder.display());
    None
}
