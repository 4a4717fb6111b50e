//! The README of the package is compiled with the crate's documentation; that of the repository has the same programs.

use std::path::Path;

const OF_THE_PACKAGE: &str = include_str!("../../README.md");
const OF_THE_REPOSITORY: &str = include_str!("../../../README.md");

/// The blocks of a Markdown file that begin so.
fn blocks<'m>(markdown: &'m str, fence: &str) -> Vec<&'m str> {
    let behind = markdown.split(fence).skip(1);
    behind.map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn the_repositorys_readme_has_the_program_that_is_compiled() {
    let compiled = blocks(OF_THE_PACKAGE, "```rust,no_run\n");
    let shown = blocks(OF_THE_REPOSITORY, "```rust,no_run\n");
    assert!(!shown.is_empty() && shown.iter().all(|block| compiled.contains(block)), "{shown:?}");
}

#[test]
fn every_example_is_named_where_people_look() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .collect();
    names.sort();
    for name in ["sign", "smtp_client", "smtp_server", "tokio_host", "verify"] {
        assert!(names.iter().any(|other| other == name), "{name}: {names:?}");
        assert!(OF_THE_PACKAGE.contains(&format!("`{name}`")), "{name}");
    }
}
