//! What people see.

pub(crate) mod color;
pub(crate) mod columns;
pub(crate) mod escape;
pub(crate) mod human;
mod lines;
pub(crate) mod routing;
pub(crate) mod tell;

use std::io::{self, IsTerminal, Write};

use crate::failure::Failure;

/// Writes to standard output. A reader that has gone away (`| head`) is no failure.
pub(crate) fn print(octets: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(octets).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints a report's JSON and a line end: exactly, or on a terminal with what could steer it escaped, which is the
/// same JSON.
pub(crate) fn print_json(json: &str) -> Result<(), Failure> {
    let json = if io::stdout().is_terminal() { escape::json(json) } else { json.into() };
    print(format!("{json}\n").as_bytes())
}
