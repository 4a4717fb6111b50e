//! Lists the targets, for the program that has all of them: each file in `fuzz_targets` is one.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs")
            && let Some(name) = path.file_stem().and_then(|stem| stem.to_str())
        {
            names.push((name.to_owned(), path.clone()));
        }
    }
    names.sort();

    let mut code = String::new();
    for (name, path) in &names {
        let _ = writeln!(code, "#[path = {path:?}]\nmod {name};");
    }
    code.push_str("\n/// Every target by its name.\nconst TARGETS: &[(&str, fn(&[u8]) -> Corpus)] = &[\n");
    for (name, _) in &names {
        let _ = writeln!(code, "    ({name:?}, {name}::fuzz),");
    }
    code.push_str("];\n");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo gives no OUT_DIR"))?;
    fs::write(Path::new(&out).join("targets.rs"), code)
}
