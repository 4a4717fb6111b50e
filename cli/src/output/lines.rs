//! The lines of a report for people. Every text goes through [`escape`] here, and nowhere else.

use super::color::{Palette, Tone};
use super::escape;

/// Columns that a line of prose may have.
const WIDTH: usize = 100;
/// Where the text behind label and result begins.
const TEXT_COLUMN: usize = 21;

/// Lines that are being written.
pub(super) struct Lines {
    palette: Palette,
    out: String,
}

impl Lines {
    pub(super) fn new(palette: Palette) -> Self {
        Self { palette, out: String::new() }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    pub(super) fn blank(&mut self) {
        self.out.push('\n');
    }

    pub(super) fn headline(&mut self, tone: Tone, text: &str) {
        let text = self.palette.paint(tone, &escape::text(text));
        self.line(&self.palette.paint(Tone::Strong, &text));
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
        self.line(&format!("  {}", self.palette.paint(Tone::Strong, &escape::text(what))));
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
        let text = escape::text(text);
        let mut line = head.to_owned();
        let mut column = indent;
        let mut first = true;
        for word in text.split(' ').filter(|w| !w.is_empty()) {
            let width = word.chars().count();
            if !first && column + 1 + width > WIDTH {
                self.line(&line);
                line = " ".repeat(indent);
                column = indent;
                first = true;
            }
            if !first {
                line.push(' ');
                column += 1;
            }
            line.push_str(word);
            column += width;
            first = false;
        }
        self.line(&line);
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
        let mut lines = Lines::new(Palette::new(When::Never));
        let reason = "because ".repeat(40);
        lines.verdict("dkim", "permerror", "example.com", Some(&reason));
        let out = lines.finish();
        assert!(out.lines().all(|line| line.len() <= WIDTH));
        assert_eq!(out.matches("because").count(), 40);
        assert!(out.starts_with("  dkim   permerror   example.com\n"));
    }

    #[test]
    fn lists_read_well() {
        let items = |n: usize| ["a", "b", "c"].iter().take(n).map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!([list(&items(1)), list(&items(2)), list(&items(3))], ["a", "a and b", "a, b and c"]);
    }
}
