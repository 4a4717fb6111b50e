//! The lines of a report for people. Every text goes through [`escape`] here, and nowhere else.

use super::color::{Palette, Tone};
use super::{columns, escape};

/// Where the text behind label and result begins.
const TEXT_COLUMN: usize = 21;

/// Lines that are being written.
pub(super) struct Lines {
    palette: Palette,
    /// Columns that a line of prose may have.
    width: usize,
    out: String,
}

impl Lines {
    pub(super) fn new(palette: Palette) -> Self {
        Self::within(palette, columns::for_prose())
    }

    fn within(palette: Palette, width: usize) -> Self {
        Self { palette, width, out: String::new() }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    pub(super) fn blank(&mut self) {
        self.out.push('\n');
    }

    pub(super) fn headline(&mut self, tone: Tone, text: &str) {
        for line in self.broken(0, text) {
            let line = self.palette.paint(tone, &line);
            self.line(&self.palette.paint(Tone::Strong, &line));
        }
    }

    /// `folder/message.eml: Not authenticated`, never wrapped: programs cut such lines up, too.
    pub(super) fn line_of_a_file(&mut self, file: &str, tone: Tone, text: &str) {
        self.line(&format!("{}: {}", escape::text(file), self.palette.paint(tone, &escape::text(text))));
    }

    /// `dkim    pass        example.com, selector s`, and the reason below.
    pub(super) fn verdict(&mut self, label: &str, result: &str, about: &str, reason: Option<&str>) {
        let result = escape::text(result);
        // Padded before it is painted: a terminal's escapes have no width.
        let padded = format!("{result:<11}");
        let head = format!("  {label:<6} {} ", self.palette.paint(Tone::of(&result), &padded));
        // With nothing to tell of, the reason takes its place.
        let (about, reason) = if about.is_empty() { (reason.unwrap_or_default(), None) } else { (about, reason) };
        self.prose(&head, about);
        if let Some(reason) = reason {
            self.reason(reason);
        }
    }

    /// A reason below a verdict.
    pub(super) fn reason(&mut self, text: &str) {
        self.prose(&" ".repeat(TEXT_COLUMN), text);
    }

    /// Something the reader should know.
    pub(super) fn note(&mut self, what: &str, why: &str) {
        for line in self.broken(2, what) {
            self.line(&format!("  {}", self.palette.paint(Tone::Strong, &line)));
        }
        self.wrapped("    ", 4, why);
    }

    pub(super) fn section(&mut self, title: &str) {
        self.blank();
        self.line(&self.palette.paint(Tone::Strong, title));
    }

    /// A step of the trail: what, what came of it, and below why, with the rule's source.
    pub(super) fn step(&mut self, step: &str, outcome: &str, why: &str, rfc: &str) {
        self.line(&format!("  {}: {}", escape::text(step), self.palette.paint(Tone::Strong, &escape::text(outcome))));
        let source = if rfc.is_empty() { String::new() } else { format!(" ({rfc})") };
        if !why.is_empty() || !source.is_empty() {
            self.wrapped("    ", 4, format!("{why}{source}").trim_start());
        }
    }

    /// A line to be copied: escaped, but not wrapped.
    pub(super) fn preformatted(&mut self, text: &str) {
        // Folded fields continue with a tab or a space.
        let (indent, rest) = text.split_at(text.len() - text.trim_start_matches(['\t', ' ']).len());
        self.line(&format!("  {indent}{}", escape::text(rest)));
    }

    fn prose(&mut self, head: &str, text: &str) {
        self.wrapped(head, TEXT_COLUMN, text);
    }

    /// Words of an unescaped text, wrapped, with `head` before the first line and `indent` columns before the others.
    fn wrapped(&mut self, head: &str, indent: usize, text: &str) {
        let blanks = " ".repeat(indent);
        for (index, line) in self.broken(indent, text).iter().enumerate() {
            self.line(&format!("{}{line}", if index == 0 { head } else { &blanks }));
        }
    }

    /// The words of an unescaped text in lines that leave room for `indent` columns; one line at least.
    fn broken(&self, indent: usize, text: &str) -> Vec<String> {
        let text = escape::text(text);
        let mut lines = vec![String::new()];
        let mut column = indent;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let width = word.chars().count();
            if let Some(line) = lines.last_mut().filter(|line| line.is_empty() || column + 1 + width <= self.width) {
                if !line.is_empty() {
                    line.push(' ');
                    column += 1;
                }
                line.push_str(word);
                column += width;
            } else {
                lines.push(word.to_owned());
                column = indent + width;
            }
        }
        lines
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::When;

    #[test]
    fn long_reasons_are_wrapped_and_whole() {
        for width in [40, 72, 100] {
            let mut lines = Lines::within(Palette::new(When::Never), width);
            let reason = "because ".repeat(40);
            lines.verdict("dkim", "permerror", "example.com", Some(&reason));
            let out = lines.finish();
            let longest = out.lines().map(str::len).max();
            assert!(longest.is_some_and(|longest| longest <= width && longest + " because".len() > width), "{out}");
            assert_eq!(out.matches("because").count(), 40);
            assert!(out.starts_with("  dkim   permerror   example.com\n"));
        }
    }

    #[test]
    fn lists_read_well() {
        let items = |n: usize| ["a", "b", "c"].iter().take(n).map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!([list(&items(1)), list(&items(2)), list(&items(3))], ["a", "a and b", "a, b and c"]);
    }
}
