//! `--trace`: the dialogue as it goes, a line each, `C:` for the client's and `S:` for the server's.

use std::io::Write;

use crate::output::escape;

/// Prints lines of a dialogue.
#[derive(Clone, Debug)]
pub(crate) struct Tracer {
    /// What stands in front, to tell sessions apart.
    prefix: String,
    print: fn(String),
}

impl Tracer {
    pub(crate) fn new(prefix: impl Into<String>) -> Self {
        // Nobody reads on: that is no reason to stop the mail.
        Self::by(prefix, |line| drop(writeln!(std::io::stderr(), "{line}")))
    }

    /// One whose lines are printed by this.
    pub(crate) fn by(prefix: impl Into<String>, print: fn(String)) -> Self {
        Self { prefix: prefix.into(), print }
    }

    /// One line of the dialogue. What a peer wrote is escaped: it must not move the cursor.
    pub(crate) fn line(&self, side: char, line: &str) {
        (self.print)(format!("{}{side}: {}", self.prefix, escape::text(line)));
    }
}
