//! The crate as it is published: what is in the package, and what it says of itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_package_holds_readme_and_licences_and_nothing_of_the_tests() {
    let listed = cargo(&["package", "-p", "passerelle", "--list", "--allow-dirty"]);
    let files: BTreeSet<&str> = listed.lines().collect();
    for file in
        ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs", "examples/verify.rs", "examples/smtp_server.rs"]
    {
        assert!(files.contains(file), "{file} is missing: {listed}");
    }
    assert!(files.iter().all(|file| !file.starts_with("tests/")), "{listed}");
}

#[test]
fn the_licences_in_the_package_are_those_of_the_repository() {
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
        assert_eq!(read(root().join("core").join(licence)), read(root().join(licence)), "{licence}");
    }
}

#[test]
fn the_package_says_where_it_comes_from_and_what_it_is() {
    let manifest = std::fs::read_to_string(root().join("core/Cargo.toml")).unwrap();
    for line in [
        "repository.workspace = true",
        "readme = \"README.md\"",
        "keywords = [",
        "categories = [",
        "all-features = true",
    ] {
        assert!(manifest.contains(line), "{line}");
    }
}

#[test]
fn nothing_that_is_compiled_lies_outside_the_package() {
    let sources = root().join("core/src");
    let mut folders = vec![sources.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let text = source.split("include_str!(\"").skip(1);
            for included in text.chain(source.split("include_bytes!(\"").skip(1)) {
                let name = included.split('"').next().unwrap_or_default();
                let levels = path.strip_prefix(root().join("core")).unwrap().components().count() - 1;
                assert!(name.matches("../").count() <= levels, "{}: {name}", path.display());
            }
        }
    }
}
