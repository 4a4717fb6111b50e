//! Whom some reader may take for the author, where that is not certain.
//!
//! Programs disagree about malformed fields, and nobody knows all of them. So this looks for every domain that stands
//! behind an `@`, in each of the ways in which a program may tidy the text up before it looks for an address. It finds
//! too many rather than too few: quotes and comments do not hide anything here.

use super::encoded_word;
use crate::domain::Domain;
use crate::limits::{MAX_AUTHOR_CANDIDATES, MAX_UNICODE_DOMAIN_LENGTH};
use crate::mailbox::Host;

/// The domains that some reader of a message may take for its author's, each once, in order of appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    domains: Vec<Domain>,
    has_more: bool,
}

impl Candidates {
    /// The domains, at most [`MAX_AUTHOR_CANDIDATES`].
    pub fn domains(&self) -> &[Domain] {
        &self.domains
    }

    /// Whether there are more than are kept.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// None yet, of more than there are.
    pub(super) fn begin(has_more: bool) -> Self {
        Self { domains: Vec::new(), has_more }
    }

    pub(super) fn into_domains(self) -> Vec<Domain> {
        self.domains
    }

    pub(super) fn add(&mut self, domain: Domain) {
        if self.domains.contains(&domain) {
            return;
        }
        match self.domains.len() < MAX_AUTHOR_CANDIDATES {
            true => self.domains.push(domain),
            false => self.has_more = true,
        }
    }

    /// Whether a text, read in any way, names this domain and no other.
    pub(super) fn are_only(text: &[u8], domain: &Domain) -> bool {
        let mut found = Self::default();
        found.read(text);
        found.domains == [domain.clone()]
    }

    /// Adds what any reader may find in a text. The time it takes grows as the text does: what is read behind one `@` ends
    /// at the next.
    pub(super) fn read(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        self.read_behind_at_signs(&text);
        let decoded = encoded_word::decode(text.as_bytes());
        for changed in [without_gaps(&text), without_invisible(&text), decoded] {
            if changed != text {
                self.read_behind_at_signs(&changed);
            }
        }
    }

    fn read_behind_at_signs(&mut self, text: &str) {
        let mut rest = text;
        while let Some((_, behind)) = rest.split_once(is_at) {
            self.read_name(behind);
            rest = behind;
        }
    }

    /// The name at the beginning of a text.
    fn read_name(&mut self, text: &str) {
        let text = text.trim_start_matches(is_blank);
        if let Some(literal) = text.strip_prefix('[') {
            let literal = literal.split(|c| is_at(c) || c == ']').next().unwrap_or_default();
            if Host::parse(&["[", literal.trim_matches(is_blank), "]"].concat()).is_ok() {
                return;
            }
        }
        let text = text.trim_start_matches([' ', '\t', '"', '\\', '[', '.']);
        let name = text.split(ends_name).next().unwrap_or_default().trim_end_matches('.');
        let common = name.split(|c: char| c.is_ascii() && !is_name_octet(c)).next().unwrap_or_default();
        for name in [name, common.trim_end_matches('.')] {
            if name.is_empty() || name.len() > MAX_UNICODE_DOMAIN_LENGTH {
                continue;
            }
            let labels: Vec<&str> = name.split('.').filter(|label| !label.is_empty()).collect();
            let name = labels.join(".");
            let domain = Domain::parse(&name).ok().or_else(|| Domain::mapped(&name));
            domain.into_iter().for_each(|domain| self.add(domain));
        }
    }
}

/// Full-width and small forms are signs of their own; to a program that maps them first they are the same.
fn is_at(c: char) -> bool {
    matches!(c, '@' | '\u{ff20}' | '\u{fe6b}')
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn is_name_octet(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// What ends a name for a reader that knows nothing of domains.
fn ends_name(c: char) -> bool {
    is_at(c)
        || c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ':' | ';' | ',' | '"' | '\\' | '\u{fffd}')
}

/// What is not shown, or has no width, or is no text.
fn is_invisible(c: char) -> bool {
    (c.is_control() && c != '\t')
        || (c.is_whitespace() && !is_blank(c))
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fffd}')
}

fn without_invisible(text: &str) -> String {
    text.chars().filter(|&c| !is_invisible(c)).collect()
}

/// Without comments, and without white space around dots: an obs-domain (RFC 5322 §4.4) becomes what it stands for.
fn without_gaps(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut depth = 0u32;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if depth > 0 => drop(characters.next()),
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '.' => {
                whole.truncate(whole.trim_end_matches(is_blank).len());
                whole.push('.');
            }
            _ if is_blank(c) && whole.ends_with('.') => {}
            _ => whole.push(c),
        }
    }
    whole
}
