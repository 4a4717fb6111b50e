//! A policy's document and the files that it names.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use passerelle::limits::MAX_POLICY_SIZE;
use passerelle::route::policy::{Compiled, Gravity, Policy};

use crate::failure::Failure;
use crate::output::tell;

/// Reads and compiles a policy, whatever is wrong with it.
pub(crate) fn compile(path: &Path) -> Result<Compiled, Failure> {
    let octets = read(path).map_err(|error| Failure::file("read the policy", path, &error))?;
    let text = String::from_utf8(octets).map_err(|_| Failure::new(format!("{} is not UTF-8", path.display())))?;
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    // Paths are relative to the document.
    let files = |name: &str| read(&folder.join(name)).map_err(|error| error.to_string());
    Ok(Policy::compile(&text, &files))
}

/// A file that a policy names, its path relative to the policy's.
pub(crate) fn file_of(policy: &Path, name: &str) -> Result<Vec<u8>, Failure> {
    let path = policy.parent().map_or_else(PathBuf::new, Path::to_path_buf).join(name);
    read(&path).map_err(|error| Failure::file("read", &path, &error))
}

/// Reads and compiles a policy that is to be used: an error in it is a failure, warnings are told.
pub(crate) fn open(path: &Path) -> Result<Arc<Policy>, Failure> {
    let compiled = compile(path)?;
    let of = |level| compiled.findings.iter().filter(move |finding| finding.level == level);
    let mut errors = of(Gravity::Error).map(|finding| format!("{}: {finding}", path.display()));
    if let Some(first) = errors.next() {
        let rest: Vec<String> = errors.collect();
        rest.iter().rev().for_each(|error| tell::error(error));
        return Err(Failure::new(first));
    }
    of(Gravity::Warning).for_each(|finding| tell::warning(&format!("{}: {finding}", path.display())));
    match compiled.policy {
        Some(policy) => Ok(Arc::new(policy)),
        None => Err(Failure::new(format!("{} is no policy", path.display()))),
    }
}

/// The octets of a file, and no more of them than a policy's file may have.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    fs::File::open(path)?.take(MAX_POLICY_SIZE as u64 + 1).read_to_end(&mut octets)?;
    Ok(octets)
}
