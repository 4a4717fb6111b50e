//! `passerelle extract`

use std::io::{self, Read};
use std::process::ExitCode;

use passerelle::message::{Extraction, FileKind, carried, recognize};

use super::EXIT_YES;
use crate::args::Extract;
use crate::failure::Failure;
use crate::input;
use crate::output::print;

/// Octets read at a time.
const CHUNK: usize = 64 << 10;

pub(crate) fn run(args: &Extract) -> Result<ExitCode, Failure> {
    let path = input::named_or_piped(args.file.as_deref())?;
    let name = input::name(&path);
    let mut source = input::source(&path)?;
    let mut chunk = input::read_head(&mut source, &path)?;
    let found = recognize(&chunk);
    let extraction = match (found.kind, args.message) {
        // A second message may come behind what was looked at.
        (FileKind::Message, Some(number)) if chunk.starts_with(b"From ") => Extraction::from(FileKind::Mbox, number),
        (FileKind::Message, None | Some(1)) => carried(&chunk).map(|_| Extraction::of_carried()),
        (kind, Some(1)) | (kind @ FileKind::Mbox, Some(_)) => Extraction::from(kind, args.message.unwrap_or(1)),
        (FileKind::Mbox, None) => {
            let what = "is an mbox with several messages; say which one with --message NUMBER, the first being 1";
            return Err(Failure::new(format!("{name} {what}")));
        }
        (kind, None) => Extraction::from(kind, 1),
        (_, Some(number)) => return Err(none_of_that_number(&name, number)),
    };
    let mut extraction = match extraction {
        Some(extraction) => extraction,
        None if found.is_message() => {
            let what = "is a message, and carries no other; there is nothing to be taken out";
            return Err(Failure::new(format!("{name} {what}")));
        }
        None => return Err(input::no_message(&name, &found)),
    };
    let (mut message, mut octets) = (Vec::new(), 0);
    loop {
        extraction.push(&chunk, &mut message);
        octets += message.len();
        print(&message)?;
        message.clear();
        chunk.resize(CHUNK, 0);
        match source.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => chunk.truncate(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => chunk.clear(),
            Err(error) => return Err(Failure::file("read", &path, &error)),
        }
    }
    extraction.finish(&mut message);
    print(&message)?;
    match (octets + message.len(), args.message) {
        (0, Some(number)) => Err(none_of_that_number(&name, number)),
        (0, None) => Err(Failure::new(format!("{name} holds no octets of a message"))),
        _ => Ok(ExitCode::from(EXIT_YES)),
    }
}

fn none_of_that_number(name: &str, number: u64) -> Failure {
    Failure::new(format!("{name} has no message of number {number}"))
}
