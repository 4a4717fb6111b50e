//! Messages from files and from standard input, in chunks, with line endings as mail has them.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::thread;

use passerelle::Step;
use passerelle::limits::MAX_FILE_HEAD;
use passerelle::message::{Carried, FileKind, Mbox, MessageFile, Recognized, carried, recognize};
use tokio::sync::mpsc;

use crate::failure::Failure;
use crate::host::Chunks;

/// Octets read at a time: no fewer than a file is recognized by. Memory does not grow with the message.
const CHUNK: usize = MAX_FILE_HEAD;
/// Chunks that wait for the engine before reading stops.
const CHUNKS_AHEAD: usize = 4;

/// A message that is being read.
pub(crate) struct MessageReader<R> {
    source: R,
    file: MessageFile,
    /// The file's name, for people.
    name: String,
    recognized: Recognized,
    carried: Option<Carried>,
    mbox: Mbox,
    /// Whether a second message in an mbox is refused.
    is_alone: bool,
    /// What was read to look at the first lines, and has not been handed out yet.
    ahead: Vec<u8>,
}

/// A message from a file or from standard input.
pub(crate) type Message = MessageReader<Box<dyn Read + Send>>;

/// The file that was named, or standard input where something else than a terminal is there.
pub(crate) fn named_or_piped(file: Option<&Path>) -> Result<PathBuf, Failure> {
    match file {
        Some(file) => Ok(file.to_owned()),
        None if io::stdin().is_terminal() => Err(Failure::new(
            "there is no message: name a file, or pipe one in; `-` reads what is typed, up to the end of input",
        )),
        None => Ok(STANDARD_INPUT.into()),
    }
}

const STANDARD_INPUT: &str = "-";

/// Whether this is the name of standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == STANDARD_INPUT
}

/// A file's name for people.
pub(crate) fn name(path: &Path) -> String {
    if is_standard_input(path) { "standard input".into() } else { path.display().to_string() }
}

/// Opens a file, or standard input for `-`.
pub(crate) fn source(path: &Path) -> Result<Box<dyn Read + Send>, Failure> {
    Ok(match is_standard_input(path) {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path).map_err(|error| Failure::file("read", path, &error))?),
    })
}

/// Opens a file, or standard input for `-`, as a message.
pub(crate) fn open(path: &Path) -> Result<Message, Failure> {
    MessageReader::new(source(path)?, path)
}

/// The octets by which a file is recognized.
pub(crate) fn read_head(source: &mut impl Read, path: &Path) -> Result<Vec<u8>, Failure> {
    let mut head = Vec::new();
    source.by_ref().take(CHUNK as u64).read_to_end(&mut head).map_err(|e| Failure::file("read", path, &e))?;
    Ok(head)
}

/// What a file is that is no message, why it is none, and what to do.
pub(crate) fn no_message(name: &str, found: &Recognized) -> Failure {
    let Recognized { kind, what, why, advice, .. } = found;
    let how = match kind.holds_message() {
        true if name == self::name(Path::new(STANDARD_INPUT)) => ": passerelle extract | passerelle verify".into(),
        true => format!(": passerelle extract {name} | passerelle verify"),
        false => String::new(),
    };
    Failure::new(format!("{name} is {what}, not a message: {why}; {advice}{how}"))
}

impl<R: Read> MessageReader<R> {
    /// Looks at the first lines: an mbox separator is dropped, and the first line's ending tells those of the file.
    pub(crate) fn new(mut source: R, path: &Path) -> Result<Self, Failure> {
        let read = read_head(&mut source, path)?;
        let (name, recognized) = (name(path), recognize(&read));
        if read.is_empty() {
            return Err(no_message(&name, &recognized));
        }
        let mut file = MessageFile::new();
        let mut ahead = Vec::new();
        file.push(&read, &mut ahead);
        let mut mbox = Mbox::new();
        mbox.push(&read, &mut |_, _| {});
        let carried = carried(&ahead);
        Ok(Self { source, file, name, recognized, carried, mbox, is_alone: false, ahead })
    }

    /// The same, if it is a message, and one alone: a second one in an mbox is refused when it comes.
    pub(crate) fn message(mut self) -> Result<Self, Failure> {
        self.is_alone = true;
        match self.recognized.kind {
            FileKind::Message => Ok(self),
            FileKind::Mbox => {
                let several = self.several();
                Err(several.map_or_else(|error| Failure::file("read", Path::new(&self.name), &error), Failure::new))
            }
            _ => Err(no_message(&self.name, &self.recognized)),
        }
    }

    /// What to say to people of a message that this one carries: who forwards one as an attachment hands in the wrapping.
    pub(crate) fn carried(&self) -> Option<(String, String)> {
        let subject = &self.carried.as_ref()?.subject;
        let what = if subject.is_empty() { "without a subject".into() } else { format!("\"{subject}\"") };
        let file = if self.name == name(Path::new(STANDARD_INPUT)) { "FILE" } else { &self.name };
        Some((
            format!("it carries another message, {what}"),
            format!(
                "the verdict is on the one around it; that one is checked by: passerelle extract {file} | passerelle verify"
            ),
        ))
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
            self.look(&read[..count])?;
            self.file.push(&read[..count], &mut chunk);
        }
        Ok(Some(chunk).filter(|c| !c.is_empty()))
    }
}

impl<R: Read> MessageReader<R> {
    /// Looks for another message in these octets, where there must be but one.
    fn look(&mut self, octets: &[u8]) -> io::Result<()> {
        self.mbox.push(octets, &mut |_, _| {});
        match self.is_alone && self.mbox.messages() > 1 {
            true => Err(io::Error::other(self.several()?)),
            false => Ok(()),
        }
    }

    /// Reads an mbox to its end, and says how many messages it has and how to get one.
    fn several(&mut self) -> io::Result<String> {
        let mut read = vec![0; CHUNK];
        loop {
            match self.source.read(&mut read) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(0) => break,
                Ok(count) => self.mbox.push(&read[..count], &mut |_, _| {}),
            }
        }
        let (name, messages) = (&self.name, self.mbox.messages());
        let file = if *name == self::name(Path::new(STANDARD_INPUT)) { "FILE" } else { name };
        Ok(format!(
            "{name} is an mbox with {messages} messages, and each has a verdict of its own; take one out, and hand that in: \
             passerelle extract {file} --message 1 | passerelle verify"
        ))
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

    #[test]
    fn a_second_message_of_an_mbox_is_refused_when_it_comes() {
        let separator = "From a@b.example Thu Jan  1 00:00:00 1970\n";
        let body = "text\n".repeat(CHUNK);
        let text = format!("{separator}To: x\n\n{body}\n{separator}To: y\n\n\n{separator}To: z\n");
        let reader = || MessageReader::new(Drip(text.as_bytes(), 5000), Path::new("in.mbox")).unwrap();
        let mut alone = reader().message().unwrap();
        let error = std::iter::from_fn(|| alone.next_chunk().transpose()).find_map(Result::err).unwrap();
        assert!(error.to_string().starts_with("in.mbox is an mbox with 3 messages"), "{error}");
        // Who only hands the file on is not told.
        let mut any = reader();
        assert!(std::iter::from_fn(|| any.next_chunk().transpose()).all(|chunk| chunk.is_ok()));
    }
}
