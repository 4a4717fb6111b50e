//! Address lists of header fields (RFC 5322 §3.4).

use serde::Serialize;

use super::cursor::{Cursor, is_atext};
use super::{AddressError, Host, Mailbox};
use crate::limits::MAX_ADDRESSES;

/// A mailbox and the name shown with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedMailbox {
    /// The display name without quoting, its encoded-words as they are; never to be read as an address.
    pub name: Option<String>,
    /// The mailbox.
    pub mailbox: Mailbox,
}

/// One element of an address list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A mailbox.
    Mailbox(NamedMailbox),
    /// A group, maybe without members.
    Group {
        /// The name before the colon, without quoting.
        name: String,
        /// The mailboxes between colon and semicolon.
        members: Vec<NamedMailbox>,
    },
}

/// Reads an address list that has been unfolded.
///
/// The grammar is that of RFC 5322 §3.4 with UTF-8 (RFC 6532 §3.2). Of what is obsolete or malformed but common,
/// these are accepted, because the domain is the same for every reader:
///
/// - dots in a display name that is not quoted (`John Q. Public <…>`, obs-phrase);
/// - dots at the start or the end of a local part, and several in a row (some carriers' mailboxes have them);
/// - a display name that is a mailbox of the same host as the one in the angle brackets (`a@b.example <a@b.example>`);
/// - empty list elements (`a@b.example,`, the obs-mbox-list of RFC 5322 §4.4);
/// - one dot behind a domain (`a@b.example.`), which names the root of the DNS.
///
/// All else that is obsolete is refused by its name: source routes, white space and comments inside a domain, words
/// other than one quoted string or one dot-atom in a local part, control characters.
///
/// # Errors
/// [`AddressError`] says what is wrong first.
pub fn parse_address_list(text: &str) -> Result<Vec<Address>, AddressError> {
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err(AddressError::Control);
    }
    let mut parser = Parser { cursor: Cursor::new(text), mailboxes: 0 };
    let mut addresses = Vec::new();
    loop {
        addresses.extend(parser.element()?);
        if parser.cursor.is_at_end() {
            return if addresses.is_empty() { Err(AddressError::Empty) } else { Ok(addresses) };
        }
        if !parser.cursor.eat(',') {
            return Err(parser.unexpected());
        }
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    /// Mailboxes and groups so far.
    mailboxes: usize,
}

/// What may become a display name, a group's name or a local part.
#[derive(Default)]
struct Words {
    words: Vec<Word>,
    /// Whether there is white space or a comment between two of them.
    apart: bool,
}

struct Word {
    text: String,
    quoted: bool,
    after_space: bool,
}

impl Parser<'_> {
    /// `mailbox / group`, with the white space and comments around it, which may be all there is.
    fn element(&mut self) -> Result<Option<Address>, AddressError> {
        let words = self.words()?;
        match self.cursor.peek() {
            None | Some(',') if words.words.is_empty() => Ok(None),
            Some(':') => self.group(&words).map(Some),
            _ => self.mailbox(words).map(|mailbox| Some(Address::Mailbox(mailbox))),
        }
    }

    /// The rest of a group behind its name; the cursor is at the colon.
    fn group(&mut self, words: &Words) -> Result<Address, AddressError> {
        self.cursor.eat(':');
        let name = words.display().ok_or(AddressError::Group)?;
        self.count()?;
        let members = self.members()?;
        self.cursor.skip_cfws()?;
        Ok(Address::Group { name, members })
    }

    /// The mailboxes of a group, and its semicolon.
    fn members(&mut self) -> Result<Vec<NamedMailbox>, AddressError> {
        let mut members = Vec::new();
        loop {
            let words = self.words()?;
            let is_empty = words.words.is_empty() && matches!(self.cursor.peek(), Some(',' | ';'));
            if !is_empty {
                members.push(self.mailbox(words)?);
            }
            match self.cursor.next() {
                Some(';') => return Ok(members),
                Some(',') => {}
                _ => return Err(AddressError::Group),
            }
        }
    }

    /// The rest of `name-addr / addr-spec` behind the words it begins with.
    fn mailbox(&mut self, words: Words) -> Result<NamedMailbox, AddressError> {
        self.count()?;
        if self.cursor.eat('<') {
            let mailbox = self.angle()?;
            return Ok(NamedMailbox { name: words.display(), mailbox });
        }
        if !self.cursor.eat('@') {
            return Err(match self.cursor.peek() {
                None | Some(',' | ';') if words.words.is_empty() => AddressError::Empty,
                None | Some(',' | ';' | '[') => AddressError::MissingAt,
                Some(_) => self.unexpected(),
            });
        }
        let local = words.local_part()?;
        let host = self.host()?;
        let mailbox = Mailbox { local, host };
        if !self.cursor.eat('<') {
            return Ok(NamedMailbox { name: None, mailbox });
        }
        let shown = mailbox;
        let mailbox = self.angle()?;
        match mailbox.host == shown.host {
            true => Ok(NamedMailbox { name: Some(shown.to_string()), mailbox }),
            false => Err(AddressError::AddressBeforeAngle),
        }
    }

    /// An addr-spec, the closing bracket and what may follow; the cursor is behind the opening one.
    fn angle(&mut self) -> Result<Mailbox, AddressError> {
        self.cursor.skip_cfws()?;
        match self.cursor.peek() {
            Some('>') => return Err(AddressError::EmptyAngle),
            // obs-route may begin with commas (RFC 5322 §4.4).
            Some('@' | ',') => return Err(AddressError::Route),
            _ => {}
        }
        let words = self.words()?;
        if !self.cursor.eat('@') {
            return Err(match self.cursor.peek() {
                Some('>') => AddressError::MissingAt,
                None => AddressError::Angle,
                Some(_) => self.unexpected(),
            });
        }
        // A local part alone, so several words are not a display name here.
        let local = words.local_part().map_err(|error| match error {
            AddressError::MissingAngle => AddressError::LocalPart,
            other => other,
        })?;
        let host = self.host()?;
        if !self.cursor.eat('>') {
            return Err(match self.cursor.peek() {
                Some('@') => AddressError::SecondAt,
                _ => AddressError::Angle,
            });
        }
        self.cursor.skip_cfws()?;
        Ok(Mailbox { local, host })
    }

    /// A domain or domain literal, and what white space and comments follow.
    fn host(&mut self) -> Result<Host, AddressError> {
        self.cursor.skip_cfws()?;
        let mut has_dot_behind = false;
        let host = if self.cursor.eat('[') {
            let content = self.cursor.take_while(|c| !matches!(c, '[' | ']' | '\\'));
            if !self.cursor.eat(']') {
                return Err(AddressError::Literal);
            }
            super::literal(content.trim_matches([' ', '\t']))?
        } else {
            let text = self.cursor.take_while(|c| is_atext(c) || c == '.');
            let name = text.strip_suffix('.').filter(|name| !name.is_empty());
            has_dot_behind = name.is_some();
            Host::parse(name.unwrap_or(text))?
        };
        let apart = self.cursor.skip_cfws()?;
        match self.cursor.peek() {
            Some('.') if apart => Err(AddressError::ObsoleteDomain),
            // Another label may follow the dot (RFC 5322 §4.4 obs-domain).
            Some(c) if has_dot_behind && apart && is_atext(c) => Err(AddressError::ObsoleteDomain),
            Some('@') => Err(AddressError::SecondAt),
            _ => Ok(host),
        }
    }

    /// Words and dots, with the white space and comments before, between and behind them.
    fn words(&mut self) -> Result<Words, AddressError> {
        let mut found = Words::default();
        self.cursor.skip_cfws()?;
        let mut after_space = false;
        loop {
            let (text, quoted) = match self.cursor.peek() {
                Some('"') => {
                    self.cursor.next();
                    (self.cursor.quoted()?, true)
                }
                Some(c) if is_atext(c) || c == '.' => {
                    (self.cursor.take_while(|c| is_atext(c) || c == '.').to_owned(), false)
                }
                _ => return Ok(found),
            };
            found.apart |= after_space;
            found.words.push(Word { text, quoted, after_space });
            after_space = self.cursor.skip_cfws()?;
        }
    }

    fn count(&mut self) -> Result<(), AddressError> {
        self.mailboxes += 1;
        if self.mailboxes > MAX_ADDRESSES { Err(AddressError::TooMany) } else { Ok(()) }
    }

    /// What is wrong with the next character, which has no place here.
    fn unexpected(&self) -> AddressError {
        match self.cursor.peek() {
            Some('@') => AddressError::SecondAt,
            Some(')') => AddressError::Comment,
            Some('<' | '>') => AddressError::Angle,
            _ => AddressError::Trailing,
        }
    }
}

impl Words {
    /// As a name to show, each run of white space and comments being one space.
    fn display(&self) -> Option<String> {
        let mut name = String::new();
        for word in &self.words {
            if word.after_space {
                name.push(' ');
            }
            name.push_str(&word.text);
        }
        (!self.words.is_empty()).then_some(name)
    }

    /// As a local part: one quoted string, or one run of atoms and dots.
    fn local_part(self) -> Result<String, AddressError> {
        let [word] = self.words.as_slice() else {
            // A dot on either side of a gap makes it an obs-local-part, else it is a name without angle brackets.
            let has_dot = |w: &Word| !w.quoted && (w.text.starts_with('.') || w.text.ends_with('.'));
            let is_name = self.apart && !self.words.iter().any(has_dot);
            return Err(if is_name { AddressError::MissingAngle } else { AddressError::LocalPart });
        };
        let is_dots = !word.quoted && word.text.bytes().all(|b| b == b'.');
        if is_dots || word.text.contains('\t') {
            return Err(AddressError::LocalPart);
        }
        if has_encoded_word(&word.text) {
            return Err(AddressError::EncodedWord);
        }
        Ok(word.text.clone())
    }
}

/// Whether something looks like the encoded-words of RFC 2047 §2.
fn has_encoded_word(text: &str) -> bool {
    text.split_once("=?").is_some_and(|(_, rest)| rest.contains("?="))
}
