//! `--record FILE`.

use std::fs;
use std::path::{Path, PathBuf};

use passerelle::{Answer, Question, StsCache, Transcript};

use crate::failure::Failure;

/// Notes every answer that the engine was given, so that [`save`](Self::save) can write them as a transcript.
pub(crate) struct Recorder {
    path: PathBuf,
    transcript: Transcript,
}

impl Recorder {
    /// A recorder for this file. The file is written at once, so that a path that cannot be written is noticed before
    /// the work and not after it.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let recorder = Self { path: path.to_owned(), transcript: Transcript::new() };
        recorder.save()?;
        Ok(recorder)
    }

    pub(crate) fn note(&mut self, question: &Question, answer: &Answer) {
        self.transcript.record(question, answer);
    }

    /// Notes the MTA-STS policies that were had before: the verdict rests on them as well.
    pub(crate) fn note_sts_cache(&mut self, cache: StsCache) {
        self.transcript.set_sts_cache(cache);
    }

    pub(crate) fn save(&self) -> Result<(), Failure> {
        fs::write(&self.path, self.transcript.to_json())
            .map_err(|error| Failure::file("write the transcript", &self.path, &error))
    }
}
