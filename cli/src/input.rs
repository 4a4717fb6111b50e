//! Messages from files and from standard input, in chunks, with line endings as mail has them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::thread;

use passerelle::Step;
use passerelle::message::MessageFile;
use tokio::sync::mpsc;

use crate::failure::Failure;
use crate::host::Chunks;

/// Octets read at a time. Memory does not grow with the message.
const CHUNK: usize = 64 << 10;
/// Chunks that wait for the engine before reading stops.
const CHUNKS_AHEAD: usize = 4;

/// A message that is being read.
pub(crate) struct MessageReader<R> {
    source: R,
    file: MessageFile,
    /// What was read to look at the first lines, and has not been handed out yet.
    ahead: Vec<u8>,
}

/// Opens a file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<MessageReader<Box<dyn Read + Send>>, Failure> {
    let source: Box<dyn Read + Send> = match path.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path).map_err(|error| Failure::file("read", path, &error))?),
    };
    MessageReader::new(source, path)
}

impl<R: Read> MessageReader<R> {
    /// Looks at the first lines: an mbox separator is dropped, and the first line's ending tells those of the file.
    pub(crate) fn new(mut source: R, path: &Path) -> Result<Self, Failure> {
        let mut read = Vec::new();
        source.by_ref().take(CHUNK as u64).read_to_end(&mut read).map_err(|e| Failure::file("read", path, &e))?;
        if read.is_empty() {
            let what = if path.as_os_str() == "-" { "standard input".into() } else { path.display().to_string() };
            return Err(Failure::new(format!("{what} is empty; a message has at least a header field")));
        }
        let mut reader = Self { source, file: MessageFile::new(), ahead: Vec::new() };
        reader.file.push(&read, &mut reader.ahead);
        Ok(reader)
    }

    /// What was changed in the message, for the report.
    pub(crate) fn notes(&self) -> Vec<Step> {
        self.file.steps()
    }

    /// The next octets; none at the end.
    pub(crate) fn next_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut chunk = std::mem::take(&mut self.ahead);
        let mut read = Vec::new();
        // What was read may be a line that is dropped.
        while chunk.is_empty() {
            read.resize(CHUNK, 0);
            let count = loop {
                match self.source.read(&mut read) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => break result?,
                }
            };
            if count == 0 {
                self.file.finish(&mut chunk);
                break;
            }
            self.file.push(&read[..count], &mut chunk);
        }
        Ok(Some(chunk).filter(|c| !c.is_empty()))
    }
}

impl<R: Read + Send + 'static> MessageReader<R> {
    /// Reads on a thread of its own, so that a slow pipe keeps no answer waiting. `first` goes out before the rest.
    pub(crate) fn into_chunks(mut self, first: Vec<u8>) -> Chunks {
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        thread::spawn(move || {
            let mut next = Ok(Some(first));
            while let Some(chunk) = next.transpose() {
                let failed = chunk.is_err();
                // Nobody listens any more, or there is nothing more to be had.
                if sender.blocking_send(chunk).is_err() || failed {
                    return;
                }
                next = self.next_chunk();
            }
        });
        receiver
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that gives `step` octets at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn read(text: &[u8], step: usize) -> (Vec<u8>, Vec<String>) {
        let mut reader = MessageReader::new(Drip(text, step), Path::new("test")).unwrap();
        let notes = reader.notes().iter().map(|n| n.outcome.to_string()).collect();
        let mut all = Vec::new();
        while let Some(chunk) = reader.next_chunk().unwrap() {
            all.extend(chunk);
        }
        (all, notes)
    }

    #[test]
    fn crlf_is_left_alone_whatever_the_body_has() {
        let text = b"A: b\r\n\r\nbare\nLF\r\n";
        assert_eq!(read(text, 1), (text.to_vec(), vec![]));
    }

    #[test]
    fn lf_becomes_crlf_across_chunks() {
        let mut text = b"A: b\n\n".to_vec();
        text.extend(b"x".repeat(CHUNK - text.len() - 1));
        text.extend(b"\r\n\ny\n"); // The CR is the last octet of the first chunk.
        let (all, notes) = read(&text, 1000);
        assert!(all.starts_with(b"A: b\r\n\r\nx") && all.ends_with(b"x\r\n\r\ny\r\n"));
        assert_eq!(notes, ["LF converted to CRLF"]);
    }

    #[test]
    fn the_mbox_line_goes() {
        let (all, notes) = read(b"From a@b.example Thu Jan  1 00:00:00 1970\r\nFrom: a\r\n", 7);
        assert_eq!(all, b"From: a\r\n");
        assert_eq!(notes, ["mbox line dropped"]);
    }

    #[test]
    fn a_from_field_in_obsolete_syntax_is_no_mbox_line() {
        for text in ["From : a@b.example\r\n\r\n", "From \t: a@b.example\r\nFrom: c@d.example\r\n\r\n"] {
            assert_eq!(read(text.as_bytes(), 9), (text.as_bytes().to_vec(), vec![]));
        }
    }

    #[test]
    fn nothing_is_no_message() {
        assert!(MessageReader::new(Drip(b"", 1), Path::new("-")).is_err());
    }
}
