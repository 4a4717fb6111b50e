//! The tokens that SMTP and header fields share: atoms, quoted strings, comments.

use super::AddressError;
use crate::limits::MAX_COMMENT_DEPTH;

/// A place in a text that is read from left to right, each character once.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next();
        self.rest = characters.as_str();
        next
    }

    /// Takes this character if it is the next one.
    pub(crate) fn eat(&mut self, character: char) -> bool {
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes the characters up to the first that is not wanted; maybe none.
    pub(crate) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// The content of a quoted string, unquoted; the cursor is behind the opening quote (RFC 5322 §3.2.4).
    pub(crate) fn quoted(&mut self) -> Result<String, AddressError> {
        let mut content = String::new();
        loop {
            let character = match self.next().ok_or(AddressError::Quote)? {
                '"' => return Ok(content),
                '\\' => self.next().ok_or(AddressError::Quote)?,
                character => character,
            };
            if character.is_control() && character != '\t' {
                return Err(AddressError::Control);
            }
            content.push(character);
        }
    }

    /// Skips white space and comments (RFC 5322 §3.2.2); says whether there were any.
    pub(crate) fn skip_cfws(&mut self) -> Result<bool, AddressError> {
        let before = self.rest.len();
        loop {
            self.take_while(is_wsp);
            if !self.eat('(') {
                return Ok(self.rest.len() != before);
            }
            self.comment()?;
        }
    }

    /// The content of a comment as written; the cursor is behind its opening parenthesis.
    pub(crate) fn comment(&mut self) -> Result<&'a str, AddressError> {
        let content = self.rest;
        let mut depth = 1;
        loop {
            match self.next().ok_or(AddressError::Comment)? {
                '(' if depth == MAX_COMMENT_DEPTH => return Err(AddressError::CommentDepth),
                '(' => depth += 1,
                ')' if depth == 1 => return Ok(&content[..content.len() - self.rest.len() - 1]),
                ')' => depth -= 1,
                '\\' => drop(self.next().ok_or(AddressError::Comment)?),
                _ => {}
            }
        }
    }
}

pub(crate) fn is_wsp(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// A character of an atom (RFC 5322 §3.2.3, with RFC 6532 §3.2).
pub(crate) fn is_atext(character: char) -> bool {
    match character {
        '!' | '#' | '$' | '%' | '&' | '\'' | '*' | '+' | '-' | '/' | '=' | '?' | '^' | '_' | '`' | '{' | '|' | '}'
        | '~' => true,
        _ => character.is_ascii_alphanumeric() || (!character.is_ascii() && !character.is_control()),
    }
}

/// Whether a text is atoms with single dots between them (RFC 5321 §4.1.2 Dot-string).
pub(crate) fn is_dot_string(text: &str) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}
