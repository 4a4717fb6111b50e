//! Writing `Authentication-Results`.

use std::fmt::Write;

use super::{AuthenticationResults, MethodResult, is_plain_pvalue, is_token};

/// Octets in a line that should not be exceeded (RFC 5322 §2.1.1).
const LINE: usize = 78;

impl AuthenticationResults {
    /// The whole field: name, folded value and the final CRLF, ready to be put in front of a message.
    ///
    /// A result has a line of its own, continued where it would pass 78 octets. No line passes 998: values are bounded
    /// by [`MAX_RESULT_VALUE`](crate::limits::MAX_RESULT_VALUE).
    pub fn to_field(&self) -> String {
        let mut lines = Lines { text: String::from("Authentication-Results:"), line: 0 };
        lines.line = lines.text.len();
        lines.word(&quoted_unless(is_token(&self.authserv_id), &self.authserv_id));
        if let Some(version) = self.version {
            lines.word(&version.to_string());
        }
        if self.results.is_empty() {
            lines.close(";");
            lines.word("none");
        }
        for result in &self.results {
            lines.close(";");
            lines.fold();
            write_result(&mut lines, result);
        }
        lines.close("\r\n");
        lines.text
    }
}

fn write_result(lines: &mut Lines, result: &MethodResult) {
    lines.word(&match result.version {
        Some(version) => format!("{}/{version}={}", result.method, result.result),
        None => format!("{}={}", result.method, result.result),
    });
    if let Some(reason) = &result.reason {
        lines.word(&format!("reason={}", quoted_unless(is_token(reason), reason)));
    }
    for property in &result.properties {
        let dot = if property.ptype.is_empty() { "" } else { "." };
        let value = quoted_unless(is_plain_pvalue(&property.value), &property.value);
        lines.word(&format!("{}{dot}{}={value}", property.ptype, property.property));
    }
}

/// The text as it is, or as a quoted string (RFC 5322 §3.2.4).
fn quoted_unless(is_plain: bool, text: &str) -> String {
    if is_plain {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// Text in lines, folded between words and at spaces inside quoted strings.
struct Lines {
    text: String,
    /// Octets in the last line.
    line: usize,
}

impl Lines {
    /// Adds a word, in a new line if it does not fit the present one.
    fn word(&mut self, word: &str) {
        let mut pieces = pieces(word);
        let first = pieces.next().unwrap_or_default();
        if self.line > 0 && !self.fits(first) {
            self.fold();
        }
        if self.line > 0 {
            self.close(" ");
        }
        self.line = self.line.max(1);
        self.close(first);
        for piece in pieces {
            // The space belongs to the text: a line that begins with it gives the same text once unfolded
            // (RFC 5322 §2.2.3, §3.2.4).
            if !self.fits(piece) {
                self.close("\r\n");
                self.line = 0;
            }
            self.close(" ");
            self.close(piece);
        }
    }

    /// Whether there is room for a space, the text, and the semicolon that may follow.
    fn fits(&self, text: &str) -> bool {
        self.line + text.len() + 2 <= LINE
    }

    /// Adds a text that cannot be separated from what is before it.
    fn close(&mut self, text: &str) {
        self.line += text.len();
        let _ = self.text.write_str(text); // writing to a String does not fail
    }

    /// Begins a continuation line.
    fn fold(&mut self) {
        self.close("\r\n\t");
        self.line = 0;
    }
}

/// The parts of a word, which has spaces where it is a quoted string: they come apart at each single space. No part is
/// empty, so that no line can be nothing but white space (RFC 5322 §3.2.2).
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(word);
    std::iter::from_fn(move || {
        let text = rest?;
        let single = |&(at, _): &(usize, &str)| {
            let (before, after) = (&text[..at], &text[at + 1..]);
            !before.is_empty() && !before.ends_with(' ') && !after.is_empty() && !after.starts_with(' ')
        };
        let Some((at, _)) = text.match_indices(' ').find(single) else { return rest.take() };
        rest = Some(&text[at + 1..]);
        Some(&text[..at])
    })
}
