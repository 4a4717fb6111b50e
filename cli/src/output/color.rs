//! Colour, where it is wanted.

use std::io::{self, IsTerminal};

use crate::args::When;

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Palette {
    on: bool,
}

/// What a word means to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Doubtful,
    Quiet,
    Strong,
}

impl Palette {
    /// `auto` colours a terminal, unless NO_COLOR is set and not empty (no-color.org) or the terminal is dumb.
    pub(crate) fn new(when: When) -> Self {
        let on = match when {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                !refused && !dumb && io::stdout().is_terminal()
            }
        };
        Self { on }
    }

    /// The text in this tone. It must have been escaped before.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        if !self.on {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Doubtful => "33",
            Tone::Quiet => "2",
            Tone::Strong => "1",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

impl Tone {
    /// The tone of an RFC's result word.
    pub(crate) fn of(result: &str) -> Self {
        match result {
            "pass" => Self::Good,
            "fail" | "permerror" => Self::Bad,
            "none" => Self::Quiet,
            _ => Self::Doubtful,
        }
    }
}
