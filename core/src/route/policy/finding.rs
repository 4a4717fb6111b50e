//! What is to be said of a document, and where in it.

use std::fmt;

use serde::Serialize;

use crate::domain::Domain;

/// How bad a [`Finding`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Gravity {
    /// The document is refused.
    Error,
    /// It works, and perhaps not as meant.
    Warning,
}

/// Something that is wrong with a document, or that its author should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub level: Gravity,
    /// The included file, or `None` for the document itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// The key, as it stands there; empty where it is none.
    pub key: String,
    /// What it is, and what would be right.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}, ")?;
        }
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// A place in one of the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of the file, in the order in which they were read.
    pub(crate) file: usize,
    /// The first octet.
    pub(crate) start: usize,
}

/// The files of a document, and what was found in them.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    files: Vec<(Option<String>, LineIndex)>,
    list: Vec<(Gravity, Place, String, String)>,
    /// Whether an error leaves it open what the document means.
    is_unreadable: bool,
    /// Where something stands that is looked at again when the world has been asked.
    marks: Vec<(String, Place, String)>,
}

/// The mark of a key that signs.
pub(crate) fn key_mark(domain: &Domain, selector: &str) -> String {
    format!("key {selector} {domain}")
}

/// Where things stand in a document, for findings that come later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks(Vec<(String, Finding)>);

impl Marks {
    /// A finding about something.
    pub(crate) fn finding(&self, what: &str, level: Gravity, message: String) -> Finding {
        let known = self.0.iter().find(|(mark, _)| mark == what).map(|(_, finding)| finding.clone());
        let none = Finding { level, file: None, line: 1, column: 1, key: String::new(), message: String::new() };
        Finding { level, message, ..known.unwrap_or(none) }
    }
}

impl Findings {
    /// Adds a file, and gives its number.
    pub(crate) fn file(&mut self, name: Option<&str>, text: &str) -> usize {
        self.files.push((name.map(str::to_owned), LineIndex::of(text)));
        self.files.len() - 1
    }

    /// An error that leaves it open what is meant.
    pub(crate) fn error(&mut self, place: Place, key: &str, message: impl Into<String>) {
        self.is_unreadable = true;
        self.list.push((Gravity::Error, place, key.to_owned(), message.into()));
    }

    /// An error in a document whose meaning is clear, and bad: it can still be proven to be.
    pub(crate) fn flaw(&mut self, place: Place, key: &str, message: impl Into<String>) {
        self.list.push((Gravity::Error, place, key.to_owned(), message.into()));
    }

    pub(crate) fn warn(&mut self, place: Place, key: &str, message: impl Into<String>) {
        self.list.push((Gravity::Warning, place, key.to_owned(), message.into()));
    }

    /// Notes where something stands.
    pub(crate) fn mark(&mut self, what: String, place: Place, key: &str) {
        self.marks.push((what, place, key.to_owned()));
    }

    pub(crate) fn is_unreadable(&self) -> bool {
        self.is_unreadable
    }

    /// All of them, errors first, each kind in the order of the files; and the marks.
    pub(crate) fn into_list(mut self) -> (Vec<Finding>, Marks) {
        self.list.sort_by_key(|(level, place, ..)| (*level, place.file, place.start));
        let files = self.files;
        let found = |level: Gravity, place: Place, key: String, message: String| {
            let (file, (line, column)) = match files.get(place.file) {
                Some((name, index)) => (name.clone(), index.position(place.start)),
                None => (None, (1, 1)),
            };
            Finding { level, file, line, column, key, message }
        };
        let marks =
            self.marks.into_iter().map(|(what, place, key)| (what, found(Gravity::Warning, place, key, String::new())));
        let marks = Marks(marks.collect());
        let list = self.list.into_iter().map(|(level, place, key, message)| found(level, place, key, message));
        (list.collect(), marks)
    }
}

/// Where the lines of a text begin.
#[derive(Debug, Default)]
struct LineIndex {
    text: String,
    starts: Vec<usize>,
}

impl LineIndex {
    fn of(text: &str) -> Self {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        Self { starts: starts.collect(), text: text.to_owned() }
    }

    /// Line and column of an octet, both from 1.
    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::LineIndex;

    #[test]
    fn lines_and_columns_are_counted_from_one_and_in_characters() {
        let index = LineIndex::of("ab\n\nü = 1\n");
        for (offset, expected) in [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (4, (3, 1)), (7, (3, 3)), (99, (4, 1))] {
            assert_eq!(index.position(offset), expected, "{offset}");
        }
    }
}
