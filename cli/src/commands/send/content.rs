//! The message: read once to learn what it asks of the server, and once more to send it.

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use passerelle::smtp::client::{Needs, NeedsScanner};

use crate::failure::Failure;
use crate::host::Chunks;
use crate::input;

/// Octets of a message from which on progress is shown.
const LARGE: u64 = 1 << 20;
/// Octets that are handed over at a time.
const CHUNK: usize = 64 << 10;

/// A message that is to be sent.
pub(super) struct Content {
    needs: Needs,
    path: PathBuf,
    /// The message itself, where it came through standard input and can't be read twice.
    kept: Option<VecDeque<u8>>,
    chunks: Option<Chunks>,
    sent: u64,
    /// The percentage that was shown last.
    shown: u64,
}

impl Content {
    /// Reads the message through to see what it asks for.
    pub(super) fn scan(path: &Path) -> Result<Self, Failure> {
        let mut reader = input::open(path)?;
        let mut scanner = NeedsScanner::new();
        let mut kept = input::is_standard_input(path).then(VecDeque::new);
        while let Some(chunk) = reader.next_chunk().map_err(|error| cannot_read(&error))? {
            scanner.push(&chunk);
            if let Some(kept) = &mut kept {
                kept.extend(&chunk);
            }
        }
        Ok(Self { needs: scanner.finish(), path: path.to_owned(), kept, chunks: None, sent: 0, shown: 0 })
    }

    pub(super) fn needs(&self) -> Needs {
        self.needs
    }

    /// The next octets; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let chunk = match &mut self.kept {
            Some(kept) => {
                Some(kept.drain(..CHUNK.min(kept.len())).collect()).filter(|chunk: &Vec<u8>| !chunk.is_empty())
            }
            None => self.read().await?,
        };
        match &chunk {
            Some(chunk) => {
                self.sent += chunk.len() as u64;
                self.show();
            }
            // Half a message must not be ended as if it were one.
            None if self.sent != self.needs.size => {
                return Err(Failure::new("the message was changed while it was being sent; nothing was delivered"));
            }
            None => {}
        }
        Ok(chunk)
    }

    async fn read(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let chunks = match &mut self.chunks {
            Some(chunks) => chunks,
            None => self.chunks.insert(input::open(&self.path)?.into_chunks(Vec::new())),
        };
        loop {
            match chunks.recv().await.transpose().map_err(|error| cannot_read(&error))? {
                Some(chunk) if chunk.is_empty() => {}
                chunk => return Ok(chunk),
            }
        }
    }

    /// Shows how far a large message has come: one line that changes on a terminal, else a line for each tenth.
    fn show(&mut self) {
        if self.needs.size < LARGE {
            return;
        }
        let percent = (100 * self.sent / self.needs.size).min(100);
        let mut out = std::io::stderr();
        let line = format!("{} of {} octets, {percent} %", self.sent, self.needs.size);
        let shown = match out.is_terminal() {
            true if percent > self.shown => write!(out, "\r{line}").and_then(|()| out.flush()),
            false if percent / 10 > self.shown / 10 => writeln!(out, "{line}"),
            _ => return,
        };
        let _ = shown; // Nobody looks on; the message goes on its way.
        self.shown = percent;
    }

    /// The message is done with, well or badly.
    pub(super) fn done(&self) {
        if self.shown > 0 && std::io::stderr().is_terminal() {
            eprintln!();
        }
    }
}

fn cannot_read(error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot read the message: {error}"))
}
