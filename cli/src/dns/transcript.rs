//! `--dns FILE`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use passerelle::Transcript;
use passerelle::limits::MAX_TRANSCRIPT_SIZE;

use crate::failure::Failure;

/// Reads a transcript, and no more of the file than a transcript may have.
pub(super) fn read(path: &Path) -> Result<Transcript, Failure> {
    let cannot = |error| Failure::file("read the transcript", path, &error);
    let mut json = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(MAX_TRANSCRIPT_SIZE as u64 + 1).read_to_end(&mut json).map_err(cannot)?;
    Transcript::parse(&json).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}
