//! `passerelle.h` is generated from the Rust source and committed; the test regenerates it and accepts no difference.

use std::path::{Path, PathBuf};

use crate::built;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::workspace;

const HEADER: &str = "ffi/include/passerelle.h";

/// `cargo xtask header`.
pub(crate) fn regenerate() -> StepResult {
    workspace::create_dir(&workspace::root().join("ffi/include"))?;
    generate(&workspace::root().join(HEADER))?;
    Ok(format!("{HEADER} written"))
}

/// Fails if the committed header is not what the source gives.
pub(crate) fn unchanged() -> Result<(), Stop> {
    let committed = workspace::read(&workspace::root().join(HEADER))?;
    let fresh_path = workspace::target().join("passerelle.h");
    generate(&fresh_path)?;
    let fresh = workspace::read(&fresh_path)?;
    match first_difference(&committed, &fresh) {
        None => Ok(()),
        Some((line, committed, fresh)) => Err(Stop::Failed(format!(
            "{HEADER} is not what the source gives: run `cargo xtask header` and commit it\n\
             line {line}: committed  {committed}\nline {line}: generated  {fresh}"
        ))),
    }
}

/// Builds the generator, if a step has not done so.
pub(crate) fn build_generator() -> StepResult {
    if built::generators_are_there() {
        return Ok(String::new());
    }
    Run::new("cargo").args(["build", "--quiet", "-p", "xtask", "--features", "header", "--bin", "generate-header"]).go()
}

fn generate(output: &Path) -> StepResult {
    let crate_dir: PathBuf = workspace::root().join("ffi");
    if !crate_dir.join("cbindgen.toml").is_file() {
        return Err(Stop::failed("ffi/cbindgen.toml is missing"));
    }
    build_generator()?;
    Run::new(workspace::target().join("debug/generate-header")).arg(crate_dir).arg(output).go()
}

/// The first line at which two texts part, counted from 1, with both versions of it.
fn first_difference<'a>(old: &'a str, new: &'a str) -> Option<(usize, &'a str, &'a str)> {
    const END: &str = "(the end of the file)";
    if old == new {
        return None;
    }
    let (mut old_lines, mut new_lines) = (old.split('\n'), new.split('\n'));
    let mut number = 0;
    loop {
        number += 1;
        match (old_lines.next(), new_lines.next()) {
            (None, None) => return None,
            (old, new) if old != new => return Some((number, old.unwrap_or(END), new.unwrap_or(END))),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn the_first_differing_line_is_found() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some((2, "b", "c")));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some((2, "", "b")));
        assert_eq!(first_difference("a", "a\nb"), Some((2, "(the end of the file)", "b")));
        assert_eq!(first_difference("a", "a\n"), Some((2, "(the end of the file)", "")));
    }
}
