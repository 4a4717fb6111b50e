//! Lines and commands: the same lines for any chunks; every line is a command or has a reply; what was read stays within bounds.
#![no_main]

use passerelle::limits::{MAX_CLIENT_NAME, MAX_COMMAND_LINE, MAX_ENVELOPE_ID, MAX_ORIGINAL_RECIPIENT};
use passerelle::mailbox::{ForwardPath, ReversePath};
use passerelle::smtp::{Command, CommandError, Line, LineReader};
use passerelle_fuzz::chunks::{chunks, sizes_and_text};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((sizes, octets)) = sizes_and_text(input) else { return };
    let whole = lines(octets, &[]);
    assert_eq!(lines(octets, sizes), whole);
    for line in whole.iter().flatten() {
        assert!(line.len() + 2 <= MAX_COMMAND_LINE && !line.iter().any(|octet| b"\r\n\0".contains(octet)));
        match Command::parse(line) {
            Ok(command) => check(line, &command),
            Err(error) => check_reply(&error),
        }
    }
});

/// The lines; `None` for those that are refused.
fn lines(octets: &[u8], sizes: &[u8]) -> Vec<Option<Vec<u8>>> {
    let mut reader = LineReader::new(MAX_COMMAND_LINE);
    let mut lines = Vec::new();
    for mut chunk in chunks(octets, sizes) {
        while let Some(line) = reader.read(&mut chunk) {
            lines.push(match line {
                Line::Whole(line) => Some(line.to_vec()),
                Line::TooLong | Line::Irregular(_) => None,
            });
        }
    }
    lines
}

fn check(line: &[u8], command: &Command) {
    assert!(line.len() >= command.verb().len());
    assert!(line[..command.verb().len()].eq_ignore_ascii_case(command.verb().as_bytes()));
    let spaced = [line, b"  "].concat();
    if spaced.len() + 2 <= MAX_COMMAND_LINE {
        assert_eq!(Command::parse(&spaced).as_ref(), Ok(command), "trailing spaces are tolerated");
    }
    match command {
        Command::Ehlo(name) | Command::Helo(name) | Command::Lhlo(name) => {
            assert!((1..=MAX_CLIENT_NAME).contains(&name.as_str().len()) && !name.as_str().contains(' '));
        }
        Command::Mail { from, parameters } => {
            let text = std::str::from_utf8(line).expect("a command is UTF-8");
            let path = &text["MAIL FROM:".len()..];
            let end = (1..=path.len()).rev().filter(|&at| path.is_char_boundary(at) && path[..at].ends_with('>'));
            let read: Vec<_> = end.filter_map(|at| ReversePath::parse(&path[..at]).ok()).collect();
            assert!(read.contains(from), "the path stands behind the colon");
            assert!(parameters.smtputf8 || text.is_ascii());
            assert!(parameters.envelope_id.as_ref().is_none_or(|id| id.len() <= MAX_ENVELOPE_ID));
            assert!(parameters.priority.is_none_or(|priority| (-9..=9).contains(&priority)));
        }
        Command::Rcpt { to, parameters, is_utf8 } => {
            assert_eq!(*is_utf8, !line.is_ascii());
            assert!(matches!(to, ForwardPath::Postmaster | ForwardPath::Mailbox(_)));
            let original = parameters.original.as_ref();
            assert!(original.is_none_or(|original| (1..=MAX_ORIGINAL_RECIPIENT).contains(&original.address.len())));
        }
        _ => {}
    }
}

fn check_reply(error: &CommandError) {
    let mut wire = Vec::new();
    error.reply().write(&mut wire);
    let text = std::str::from_utf8(&wire).expect("a reply is text");
    assert!(text.starts_with('5') && text.ends_with("\r\n") && text.len() <= 512);
    assert!(!text[..text.len() - 2].contains(char::is_control));
}
