//! Rules: codes and words that mean a cause.

use super::Cause;
use super::text;
use crate::smtp::reply::{EnhancedCode, Reply};

/// What a reply says, ready to be compared.
pub(super) struct Said {
    pub(super) code: u16,
    pub(super) enhanced: Option<EnhancedCode>,
    pub(super) temporary: bool,
    /// The text in lower case, its spaces made single.
    pub(super) text: String,
    /// The same without words that only quote something: addresses and links.
    pub(super) prose: String,
}

impl Said {
    pub(super) fn new(reply: &Reply) -> Self {
        let text = text::plain(&reply.lines);
        let enhanced = reply.enhanced.or_else(|| text::enhanced(&text, reply.code));
        let prose = text::prose(&text);
        Self { code: reply.code, enhanced, temporary: reply.code / 100 == 4, text, prose }
    }
}

/// Codes and words that mean a cause.
pub(super) struct Rule {
    class: Class,
    codes: Codes,
    /// All of them are in the text.
    words: &'static [&'static str],
    pub(super) cause: Cause,
    /// What can be done, where it is more than the cause's own advice.
    pub(super) advice: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Either,
    Temporary,
    Permanent,
}

#[derive(Clone, Copy)]
enum Codes {
    /// With any enhanced status code or none.
    Any,
    /// A subject, and details from one to the other.
    Enhanced(u16, u16, u16),
}

/// The first rule that fits.
pub(super) fn first<'a>(rules: &'a [Rule], said: &Said) -> Option<&'a Rule> {
    rules.iter().find(|rule| rule.fits(said))
}

/// `x.subject.detail`, with all of the words.
pub(super) const fn code(subject: u16, detail: u16, words: &'static [&'static str], cause: Cause) -> Rule {
    range(subject, detail, detail, words, cause)
}

/// `x.subject.first` to `x.subject.last`, with all of the words.
pub(super) const fn range(subject: u16, first: u16, last: u16, words: &'static [&'static str], cause: Cause) -> Rule {
    Rule { class: Class::Either, codes: Codes::Enhanced(subject, first, last), words, cause, advice: None }
}

/// Any code, with all of the words.
pub(super) const fn words(words: &'static [&'static str], cause: Cause) -> Rule {
    Rule { class: Class::Either, codes: Codes::Any, words, cause, advice: None }
}

impl Rule {
    /// For 4yz only.
    pub(super) const fn temporary(self) -> Self {
        Self { class: Class::Temporary, ..self }
    }

    /// For 5yz only.
    pub(super) const fn permanent(self) -> Self {
        Self { class: Class::Permanent, ..self }
    }

    pub(super) const fn advise(self, advice: &'static str) -> Self {
        Self { advice: Some(advice), ..self }
    }

    fn fits(&self, said: &Said) -> bool {
        let class = match self.class {
            Class::Either => true,
            Class::Temporary => said.temporary,
            Class::Permanent => !said.temporary,
        };
        let (codes, text) = match self.codes {
            // Without a code the words have to be the server's own.
            Codes::Any => (true, &said.prose),
            Codes::Enhanced(subject, first, last) => {
                let fits = |code: EnhancedCode| code.subject == subject && (first..=last).contains(&code.detail);
                (said.enhanced.is_some_and(fits), &said.text)
            }
        };
        class && codes && self.words.iter().all(|word| text::has(text, word))
    }
}
