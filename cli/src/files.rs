//! The files that a command line names: folders stand for what is in them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Folders within folders that are gone into.
const MAX_DEPTH: usize = 32;

/// Whether this names several files: more than one, or a folder.
pub(crate) fn are_several(named: &[PathBuf]) -> bool {
    named.len() > 1 || named.iter().any(|path| path.is_dir())
}

/// The files, those of a folder in the order of their names: of a maildir (a folder with `new` and `cur`) the messages, of
/// another all that are in it and in its folders. Hidden ones are left out, and so are links to folders, which may lead in a circle.
pub(crate) fn of(named: &[PathBuf]) -> Vec<Result<PathBuf, (PathBuf, Failure)>> {
    let mut files = Vec::new();
    for path in named {
        match path.is_dir() {
            true => walk(path, 0, &mut files),
            false => files.push(Ok(path.clone())),
        }
    }
    files
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<Result<PathBuf, (PathBuf, Failure)>>) {
    let is_maildir = ["new", "cur"].iter().all(|name| folder.join(name).is_dir());
    let entries = match entries(folder) {
        Ok(entries) if depth <= MAX_DEPTH => entries,
        Ok(_) => {
            let failure = Failure::new(format!("{} is more than {MAX_DEPTH} folders deep", folder.display()));
            return files.push(Err((folder.to_owned(), failure)));
        }
        Err(error) => return files.push(Err((folder.to_owned(), Failure::file("read the folder", folder, &error)))),
    };
    for (name, is_folder) in entries {
        let path = folder.join(&name);
        match is_folder {
            true if is_maildir && name != *"new" && name != *"cur" => {}
            true => walk(&path, depth + 1, files),
            false if is_maildir => {}
            false => files.push(Ok(path)),
        }
    }
}

/// The names in a folder that are not hidden, in order, and which of them are folders.
fn entries(folder: &Path) -> io::Result<Vec<(std::ffi::OsString, bool)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let (entry, name) = entry.map(|entry| (entry.file_type(), entry.file_name()))?;
        let kind = entry?;
        let is_link_to_folder = kind.is_symlink() && folder.join(&name).is_dir();
        if !name.as_encoded_bytes().starts_with(b".") && !is_link_to_folder {
            entries.push((name, kind.is_dir()));
        }
    }
    entries.sort();
    Ok(entries)
}
