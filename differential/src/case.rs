//! What all cases have in common, and the words in which verdicts are compared.

use std::fmt;

use crate::random::Random;

/// A verdict, in the words of the RFC that defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // RFC 6376 §6.1 has SUCCESS (here `pass`), PERMFAIL and TEMPFAIL (`temperror`); RFC 7208 §2.6 the others.
pub(crate) enum Word {
    Pass,
    Fail,
    SoftFail,
    Neutral,
    None,
    TempError,
    PermError,
    PermFail,
    /// The peer ended with an exception.
    Crash,
}

impl Word {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Pass, "pass"),
        (Self::Fail, "fail"),
        (Self::SoftFail, "softfail"),
        (Self::Neutral, "neutral"),
        (Self::None, "none"),
        (Self::TempError, "temperror"),
        (Self::PermError, "permerror"),
        (Self::PermFail, "permfail"),
        (Self::Crash, "crash"),
    ];

    /// Reads the word.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == text).map(|(word, _)| *word)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Self::ALL.iter().find(|(word, _)| word == self).map_or("", |(_, text)| text);
        f.pad(text)
    }
}

/// A verdict of our side's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ours {
    /// The word.
    pub(crate) word: Word,
    /// Why.
    pub(crate) why: String,
}

/// A verdict of a peer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Theirs {
    /// The word.
    pub(crate) word: Word,
    /// What else it says; may be empty.
    pub(crate) why: String,
}

/// Something that can be judged.
pub(crate) trait Case: Sized {
    /// `dkim` or `spf`.
    const KIND: &'static str;
    /// Makes one.
    fn generate(random: &mut Random) -> Self;
    /// What our side says.
    fn ours(&self) -> Ours;
    /// The case as a line for a peer's program.
    fn line(&self) -> String;
    /// The case in some words.
    fn brief(&self) -> String;
    /// The case for people.
    fn shown(&self) -> String;
}

/// A kind of difference that is explained in `core/tests/DIFFERENCES.md` under its name.
pub(crate) struct Class<C> {
    /// The heading in that file.
    pub(crate) name: &'static str,
    /// The peers that differ in this way.
    pub(crate) peers: &'static [&'static str],
    /// Whether a difference is one of these. It must say no where in doubt.
    pub(crate) applies: fn(&Difference<'_, C>) -> bool,
}

/// A case about which a peer and our side say different words.
#[derive(Debug)]
pub(crate) struct Difference<'a, C> {
    /// The case.
    pub(crate) case: &'a C,
    /// What our side says.
    pub(crate) ours: &'a Ours,
    /// What the peer says.
    pub(crate) theirs: &'a Theirs,
}
