//! Rules: codes, stages and words that mean a cause; and groups of them that one document is the source of.

use std::ops::Range;

use super::Cause;
use super::context::{Party, Stage};
use super::text;
use crate::smtp::reply::{EnhancedCode, Reply};

/// What a reply says, ready to be compared.
pub(super) struct Said {
    pub(super) code: u16,
    pub(super) enhanced: Option<EnhancedCode>,
    pub(super) temporary: bool,
    pub(super) stage: Stage,
    /// The text in lower case, its spaces made single.
    pub(super) text: String,
    /// The same without words that only quote something: addresses and links.
    pub(super) prose: String,
}

impl Said {
    /// `inner` is where in the text the server's own words stand.
    pub(super) fn new(reply: &Reply, text: String, inner: Range<usize>, stage: Stage) -> Self {
        let text = text.get(inner).map_or_else(String::new, str::to_owned);
        let enhanced = reply.enhanced.or_else(|| text::enhanced(&text, reply.code));
        let prose = text::prose(&text);
        Self { code: reply.code, enhanced, temporary: reply.code / 100 == 4, stage, text, prose }
    }

    /// Whether the server's own words have this phrase.
    pub(super) fn has(&self, phrase: &str) -> bool {
        text::has(&self.prose, phrase)
    }
}

/// Rules with one source.
pub(super) struct Group {
    /// The title of the document, and where it is published; or a program and the file of its source code.
    pub(super) source: &'static str,
    /// The day on which it was read, or that it bears.
    pub(super) date: &'static str,
    pub(super) rules: &'static [Rule],
}

/// Codes, stages and words that mean a cause.
pub(super) struct Rule {
    class: Class,
    /// Reply codes from one to the other.
    replies: (u16, u16),
    codes: Codes,
    /// A bit for each stage.
    stages: u16,
    words: Words,
    /// Whether links and addresses are looked at too.
    quoted: bool,
    pub(super) cause: Cause,
    /// What can be done, where it is more than the cause's own advice.
    pub(super) advice: Option<&'static str>,
    /// Who can do it, where it is not whom the cause names.
    pub(super) who: Option<Party>,
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

#[derive(Clone, Copy)]
enum Words {
    /// All of them are in the text.
    All(&'static [&'static str]),
    /// One of them is.
    One(&'static [&'static str]),
}

/// The first rule that fits, with its group.
pub(super) fn first<'a>(groups: &'a [Group], said: &Said) -> Option<(&'a Group, &'a Rule)> {
    groups.iter().find_map(|group| group.rules.iter().find(|rule| rule.fits(said)).map(|rule| (group, rule)))
}

const fn rule(codes: Codes, words: Words, cause: Cause) -> Rule {
    Rule {
        class: Class::Either,
        replies: (0, u16::MAX),
        codes,
        stages: u16::MAX,
        words,
        quoted: matches!(codes, Codes::Enhanced(..)),
        cause,
        advice: None,
        who: None,
    }
}

/// `x.subject.detail`, with all of the words.
pub(super) const fn code(subject: u16, detail: u16, words: &'static [&'static str], cause: Cause) -> Rule {
    range(subject, detail, detail, words, cause)
}

/// `x.subject.first` to `x.subject.last`, with all of the words.
pub(super) const fn range(subject: u16, first: u16, last: u16, words: &'static [&'static str], cause: Cause) -> Rule {
    rule(Codes::Enhanced(subject, first, last), Words::All(words), cause)
}

/// Any code, with all of the words.
pub(super) const fn words(words: &'static [&'static str], cause: Cause) -> Rule {
    rule(Codes::Any, Words::All(words), cause)
}

/// Any code, with one of the words.
pub(super) const fn any(words: &'static [&'static str], cause: Cause) -> Rule {
    rule(Codes::Any, Words::One(words), cause)
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

    /// For this reply code only.
    pub(super) const fn reply(self, code: u16) -> Self {
        Self { replies: (code, code), ..self }
    }

    /// At these stages only.
    pub(super) const fn at(self, stages: &[Stage]) -> Self {
        let mut bits = 0;
        let mut next = 0;
        while next < stages.len() {
            bits |= 1 << stages[next] as u16;
            next += 1;
        }
        Self { stages: bits, ..self }
    }

    /// The words may stand in a link or an address.
    pub(super) const fn quoted(self) -> Self {
        Self { quoted: true, ..self }
    }

    pub(super) const fn advise(self, advice: &'static str) -> Self {
        Self { advice: Some(advice), ..self }
    }

    pub(super) const fn who(self, who: Party) -> Self {
        Self { who: Some(who), ..self }
    }

    fn fits(&self, said: &Said) -> bool {
        let class = match self.class {
            Class::Either => true,
            Class::Temporary => said.temporary,
            Class::Permanent => !said.temporary,
        };
        let codes = match self.codes {
            Codes::Any => true,
            Codes::Enhanced(subject, first, last) => {
                said.enhanced.is_some_and(|code| code.subject == subject && (first..=last).contains(&code.detail))
            }
        };
        let replies = (self.replies.0..=self.replies.1).contains(&said.code);
        let stage = self.stages & 1 << said.stage as u16 != 0;
        // Without a code the words have to be the server's own.
        let text = if self.quoted { &said.text } else { &said.prose };
        class
            && codes
            && replies
            && stage
            && match self.words {
                Words::All(words) => words.iter().all(|word| text::has(text, word)),
                Words::One(words) => words.iter().any(|word| text::has(text, word)),
            }
    }
}

#[cfg(test)]
impl Rule {
    /// Every phrase that the rule looks for.
    pub(super) fn phrases(&self) -> &'static [&'static str] {
        match self.words {
            Words::All(words) | Words::One(words) => words,
        }
    }
}
