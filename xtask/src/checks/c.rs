//! The C interface, as a C programmer meets it: the header, the shared and the static library, valgrind.

use std::path::{Path, PathBuf};

use super::{count, header};
use crate::built;
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::tools::apt;
use crate::workspace;

/// The name in `-lpasserelle`.
const LIBRARY: &str = "passerelle";

/// What the Rust standard library needs of the system when it is linked in statically.
const SYSTEM_LIBRARIES: [&str; 4] = ["-lgcc_s", "-lpthread", "-ldl", "-lm"];

#[derive(Clone, Copy, PartialEq)]
enum Linking {
    Shared,
    Static,
}

pub(crate) fn compiler() -> Result<PathBuf, Stop> {
    apt::program("gcc", &["gcc", "libc6-dev"])
}

pub(crate) fn valgrind() -> Result<PathBuf, Stop> {
    apt::program("valgrind", &["valgrind", "libc6-dbg"])
}

pub(crate) fn check() -> StepResult {
    let (gcc, valgrind) = (compiler()?, valgrind()?);
    let examples = workspace::files(&workspace::root().join("ffi/examples"), ".c");
    let tests = workspace::files(&workspace::root().join("ffi/tests"), ".c");
    if examples.is_empty() || tests.is_empty() {
        return Err(Stop::Failed(format!(
            "{} C programs in ffi/examples and {} in ffi/tests: there must be some in both",
            examples.len(),
            tests.len()
        )));
    }
    header::unchanged()?;
    let behind = if built::TESTS.is_there() {
        built::TESTS.run("passerelle-ffi")?
    } else {
        count::tests(Run::new("cargo").args(["test", "-p", "passerelle-ffi"]))?
    };
    build_libraries()?;

    let mut runs = 0;
    for linking in [Linking::Shared, Linking::Static] {
        for source in &tests {
            let program = compile(&gcc, source, linking)?;
            under_valgrind(&valgrind, &program).go()?;
            runs += 1;
        }
        for source in &examples {
            let program = compile(&gcc, source, linking)?;
            if let Some(arguments) = arguments(source)? {
                under_valgrind(&valgrind, &program).args(arguments).go()?;
                runs += 1;
            }
        }
    }
    Ok(format!(
        "{behind} behind the interface, {} and {} examples in C, shared and static; {runs} runs under valgrind",
        tests.len(),
        examples.len()
    ))
}

/// A C example as a program that is linked statically, for other steps to run.
pub(crate) fn example(name: &str) -> Result<PathBuf, Stop> {
    build_libraries()?;
    compile(&compiler()?, &workspace::root().join("ffi/examples").join(format!("{name}.c")), Linking::Static)
}

/// Builds the libraries and puts them into folders of their own, `target/c/shared` and `target/c/static`: side by side,
/// the linker would always take the shared one.
fn build_libraries() -> Result<(), Stop> {
    if !built::TESTS.is_there() {
        Run::new("cargo").args(["build", "-p", "passerelle-ffi"]).go()?;
    }
    let manifest = workspace::read(&workspace::root().join("ffi/Cargo.toml"))?;
    let crate_name = workspace::manifest_value(&manifest, "lib", "name").unwrap_or_else(|| "passerelle_ffi".into());
    for (linking, extension) in [(Linking::Shared, "so"), (Linking::Static, "a")] {
        let folder = library_dir(linking);
        workspace::create_dir(&folder)?;
        let built = workspace::target().join("debug").join(format!("lib{crate_name}.{extension}"));
        workspace::copy(&built, &folder.join(format!("lib{LIBRARY}.{extension}")))?;
        if linking == Linking::Shared
            && let Some(soname) = soname(&built)
        {
            workspace::copy(&built, &folder.join(soname))?;
        }
    }
    Ok(())
}

/// The name under which the loader looks for a shared library, if the library gives itself one.
fn soname(library: &Path) -> Option<String> {
    let said = Run::new("readelf").args(["--dynamic", "--wide"]).arg(library).quietly().ok()?.line()?;
    let line = said.lines().find(|line| line.contains("(SONAME)"))?;
    Some(line.split_once('[')?.1.split_once(']')?.0.to_owned())
}

fn compile(gcc: &Path, source: &Path, linking: Linking) -> Result<PathBuf, Stop> {
    let libraries = library_dir(linking);
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let program = libraries.join(format!("run-{stem}"));
    let gcc = Run::new(gcc)
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-D_POSIX_C_SOURCE=200809L"])
        .arg("-I")
        .arg(workspace::root().join("ffi/include"))
        .arg(source)
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(&libraries)
        .arg(format!("-l{LIBRARY}"));
    match linking {
        Linking::Shared => gcc.arg(format!("-Wl,-rpath,{}", libraries.display())).go()?,
        Linking::Static => gcc.args(SYSTEM_LIBRARIES).go()?,
    };
    Ok(program)
}

fn under_valgrind(valgrind: &Path, program: &Path) -> Run {
    Run::new(valgrind)
        .args(["--quiet", "--error-exitcode=1", "--leak-check=full", "--errors-for-leak-kinds=definite,possible"])
        .arg(program)
}

/// The words with which an example is run: `NAME.args` beside `NAME.c`, one a line, paths from the workspace's root.
fn arguments(source: &Path) -> Result<Option<Vec<String>>, Stop> {
    let file = source.with_extension("args");
    if !file.is_file() {
        return Ok(None);
    }
    Ok(Some(workspace::read(&file)?.lines().map(str::to_owned).collect()))
}

fn library_dir(linking: Linking) -> PathBuf {
    workspace::target().join("c").join(match linking {
        Linking::Shared => "shared",
        Linking::Static => "static",
    })
}
