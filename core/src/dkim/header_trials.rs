//! Attempts to undo what was done to the header fields that a signature covers.

use super::canonicalization::{Canonicalization, relaxed_field};
use super::effort::Effort;
use super::encoding::shown;
use super::header_diagnosis::HeaderChange;
use super::header_edits::{FOLDING_STYLES, TAGGED, folded_otherwise, without_tag};
use super::header_hash::{HeaderIndex, add_signature, before_colon};
use super::signature::Signature;
use crate::crypto::{Digest, PublicKey, Sha256};
use crate::limits::{FOLD_WIDTH, MAX_DIAGNOSIS_TRIALS, MAX_SHOWN};
use crate::message::{Field, Header};
use crate::tags::TagList;

/// Who can say whether a header hash is the one that was signed.
pub(super) enum Judge<'a> {
    /// The signature told which.
    Digest(Digest),
    /// The key, at the cost of a public-key operation.
    Key(&'a PublicKey, &'a [u8]),
}

impl Judge<'_> {
    fn is_signed(&self, digest: &Digest, effort: &mut Effort) -> bool {
        match self {
            Self::Digest(signed) => signed == digest,
            Self::Key(key, signature) => effort.verify() && key.verify_digest(digest, signature),
        }
    }
}

/// How the header may have been.
#[derive(Clone, Debug, Default)]
struct Edit {
    /// A field that is not there, by its place.
    without: Option<usize>,
    /// Fields that are otherwise, by their place.
    replaced: Vec<(usize, Vec<u8>)>,
    /// Fields that are there, by the number of their mention in `h=`.
    inserted: Vec<(usize, Vec<u8>)>,
    /// The value of the signature's own field.
    own: Option<Vec<u8>>,
}

/// An edit, and what it undoes.
type Undo = (Edit, Vec<HeaderChange>);

pub(super) struct Trials<'a, 'e> {
    index: HeaderIndex<'a>,
    /// The signature's own field.
    field: Field<'a>,
    place: usize,
    signature: &'a Signature<'a>,
    /// The names of `h=`, each once, and how often it is there.
    names: Vec<(&'a [u8], usize)>,
    judge: Judge<'a>,
    effort: &'e mut Effort,
    /// Octets of the fields that are signed: what a trial has to hash.
    size: usize,
    left: usize,
}

impl<'a, 'e> Trials<'a, 'e> {
    pub(super) fn new(
        header: &'a Header,
        place: usize,
        signature: &'a Signature<'a>,
        judge: Judge<'a>,
        effort: &'e mut Effort,
    ) -> Option<Self> {
        let index = HeaderIndex::new(header);
        let field = index.field(place)?;
        let mut names: Vec<(&'a [u8], usize)> = Vec::new();
        for name in signature.signed_fields() {
            match names.iter().position(|(known, _)| known.eq_ignore_ascii_case(name)) {
                Some(known) => names[known].1 += 1,
                None if names.len() < MAX_DIAGNOSIS_TRIALS => names.push((name, 1)),
                None => {}
            }
        }
        let selected = index.select(signature.signed_fields(), Some(place), None);
        let size =
            selected.iter().flatten().filter_map(|place| index.field(*place)).map(|field| field.raw().len()).sum();
        Some(Self { index, field, place, signature, names, judge, effort, size, left: MAX_DIAGNOSIS_TRIALS })
    }

    /// The changes that, undone, make the signature verify.
    pub(super) fn run(&mut self) -> Option<Vec<HeaderChange>> {
        let copies = self.copies();
        if !copies.1.is_empty() && self.verifies(&copies.0) {
            return Some(copies.1);
        }
        let rewritten = self.rewritten();
        let one_less = self.one_less();
        let alone = || rewritten.iter().chain(&one_less);
        for (edit, changes) in alone() {
            if self.verifies(edit) {
                return Some(changes.clone());
            }
        }
        if let Some(changes) = self.folding() {
            return Some(changes);
        }
        // Mailing lists do both.
        for (edit, changes) in &rewritten {
            for (other, added) in &one_less {
                let both = Edit { without: other.without, ..edit.clone() };
                if self.verifies(&both) {
                    return Some([&changes[..], added].concat());
                }
            }
        }
        None
    }

    /// Names in `h=` of which nothing is here.
    pub(super) fn absent(&self) -> impl Iterator<Item = &'a [u8]> {
        self.names.iter().map(|(name, _)| *name).filter(|name| self.index.places(name).is_empty())
    }

    /// What the copies in `z=` say was changed.
    pub(super) fn copied_changes(&self) -> Vec<HeaderChange> {
        self.copies().1
    }

    /// The same with how to undo it, of fields that are signed.
    fn copies(&self) -> Undo {
        let copied: Vec<(&[u8], Vec<u8>)> = self.signature.copied_fields().collect();
        let (mut edit, mut changes) = (Edit::default(), Vec::new());
        for (name, count) in &self.names {
            let copies: Vec<&Vec<u8>> =
                copied.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect();
            let places: Vec<usize> =
                self.index.places(name).iter().copied().filter(|place| *place != self.place).collect();
            let shown_name = shown(name, MAX_SHOWN);
            match (copies.as_slice(), places.as_slice()) {
                ([copy], []) => {
                    let mention = self.signature.signed_fields().position(|other| other.eq_ignore_ascii_case(name));
                    edit.inserted.extend(mention.map(|mention| (mention, field_of(name, copy))));
                    changes.push(HeaderChange::Removed { name: shown_name, signed: shown(copy, MAX_SHOWN) });
                }
                (copies, places) if copies.len() == places.len() => {
                    for (copy, place) in copies.iter().zip(places) {
                        let Some(field) = self.index.field(*place) else { continue };
                        if same(field.value(), copy) {
                            continue;
                        }
                        edit.replaced.push((*place, field_of(field.name(), copy)));
                        changes.push(HeaderChange::Changed {
                            name: shown_name.clone(),
                            signed: shown(copy, MAX_SHOWN),
                            found: shown(field.value(), MAX_SHOWN),
                        });
                    }
                }
                // One more than was copied: the one that is not among the copies, if there is one.
                (copies, places) if !copies.is_empty() && copies.len() + 1 == places.len() && *count > copies.len() => {
                    let is_copied = |place: &usize| {
                        self.index
                            .field(*place)
                            .is_some_and(|field| copies.iter().any(|copy| same(field.value(), copy)))
                    };
                    edit.without = places.iter().copied().find(|place| !is_copied(place)).or(edit.without);
                    changes.push(HeaderChange::Added { name: shown_name });
                }
                _ => {}
            }
        }
        (edit, changes)
    }

    /// The ways in which lists and gateways rewrite a field.
    fn rewritten(&self) -> Vec<Undo> {
        let (subjects, authors) = (self.subjects(), self.authors());
        let mut rewritten = subjects.clone();
        rewritten.extend(authors.iter().cloned());
        for (edit, changes) in &authors {
            for (subject, tag) in &subjects {
                let replaced = [&edit.replaced[..], &subject.replaced].concat();
                rewritten.push((Edit { replaced, ..Edit::default() }, [&changes[..], tag].concat()));
            }
        }
        rewritten.extend(self.encodings());
        rewritten
    }

    /// Subject without what may have been put in front.
    fn subjects(&self) -> Vec<Undo> {
        let Some((place, field)) = self.signed("Subject") else { return Vec::new() };
        let variants = without_tag(field.raw()).into_iter().take(TAGGED);
        let undo = |(raw, tag): (Vec<u8>, &[u8])| {
            let edit = Edit { replaced: vec![(place, raw)], ..Edit::default() };
            (edit, vec![HeaderChange::SubjectTag(shown(tag, MAX_SHOWN))])
        };
        variants.map(undo).collect()
    }

    /// From as lists keep it when they put their own address there.
    fn authors(&self) -> Vec<Undo> {
        let Some((place, field)) = self.signed("From") else { return Vec::new() };
        let originals = ["X-Original-From", "Reply-To"].into_iter().filter_map(|name| {
            let place = self.index.places(name.as_bytes()).last()?;
            Some(self.index.field(*place)?.value()).filter(|value| !same(value, field.value()))
        });
        let undo = |value: &[u8]| {
            let raw = field_of(field.name(), value);
            let (signed, found) = (shown(value, MAX_SHOWN), shown(field.value(), MAX_SHOWN));
            let change = HeaderChange::Changed { name: "From".into(), signed, found };
            (Edit { replaced: vec![(place, raw)], ..Edit::default() }, vec![change])
        };
        originals.map(undo).collect()
    }

    /// Content-Transfer-Encoding as it may have been before a relay encoded the body anew.
    fn encodings(&self) -> Vec<Undo> {
        const NAME: &str = "Content-Transfer-Encoding";
        let Some((place, field)) = self.signed(NAME) else { return Vec::new() };
        let words = ["7bit", "8bit", "quoted-printable", "base64"].into_iter();
        let others = words.filter(|word| !field.value().trim_ascii().eq_ignore_ascii_case(word.as_bytes()));
        let undo = |word: &str| {
            let raw = field_of(field.name(), format!(" {word}").as_bytes());
            let found = shown(field.value(), MAX_SHOWN);
            let change = HeaderChange::Changed { name: NAME.into(), signed: word.into(), found };
            (Edit { replaced: vec![(place, raw)], ..Edit::default() }, vec![change])
        };
        others.map(undo).collect()
    }

    /// Each field that may have been added: those that are there several times first.
    fn one_less(&self) -> Vec<Undo> {
        let mut places = Vec::new();
        for several in [true, false] {
            for (name, _) in &self.names {
                let fields = self.index.places(name);
                // A message without From was not signed.
                if (fields.len() > 1) == several && (several || !name.eq_ignore_ascii_case(b"From")) {
                    places.extend(fields.iter().filter(|place| **place != self.place));
                }
            }
        }
        places.truncate(MAX_DIAGNOSIS_TRIALS);
        let undo = |place: usize| {
            let name = self.shown_name(place);
            (Edit { without: Some(place), ..Edit::default() }, vec![HeaderChange::Added { name }])
        };
        places.into_iter().map(undo).collect()
    }

    /// The signed fields folded otherwise: all of them, or one.
    fn folding(&mut self) -> Option<Vec<HeaderChange>> {
        if self.signature.header_canonicalization == Canonicalization::Relaxed {
            return None;
        }
        let mut places: Vec<usize> =
            self.index.select(self.signature.signed_fields(), Some(self.place), None).into_iter().flatten().collect();
        places.sort_unstable();
        places.dedup();
        let changed = |style, place: usize| {
            let raw = self.index.field(place)?.raw();
            Some((place, folded_otherwise(raw, style, FOLD_WIDTH)?)).filter(|(_, folded)| folded != raw)
        };
        let styles = || 0..FOLDING_STYLES;
        let all: Vec<Vec<(usize, Vec<u8>)>> =
            styles().map(|style| places.iter().filter_map(|place| changed(style, *place)).collect()).collect();
        let own: Vec<Option<Vec<u8>>> = styles()
            .map(|style| {
                let raw = folded_otherwise(self.field.raw(), style, FOLD_WIDTH)?;
                let value = raw.get(memchr::memchr(b':', &raw)? + 1..)?;
                Some(value.strip_suffix(b"\r\n").unwrap_or(value).to_vec()).filter(|value| value != self.field.value())
            })
            .collect();
        for (replaced, own) in all.iter().zip(&own) {
            for own in [None, Some(own.clone()).filter(Option::is_some)] {
                if own.is_none() && replaced.is_empty() {
                    continue;
                }
                let edit = Edit { replaced: replaced.clone(), own: own.flatten(), ..Edit::default() };
                if self.verifies(&edit) {
                    let alone = edit.replaced.first().filter(|_| edit.replaced.len() == 1 && edit.own.is_none());
                    return Some(vec![HeaderChange::Folding(alone.map(|(place, _)| self.shown_name(*place)))]);
                }
            }
        }
        for own in own.into_iter().flatten() {
            if self.verifies(&Edit { own: Some(own), ..Edit::default() }) {
                return Some(vec![HeaderChange::Folding(Some("DKIM-Signature".into()))]);
            }
        }
        for (place, raw) in all.into_iter().flatten() {
            if self.verifies(&Edit { replaced: vec![(place, raw)], ..Edit::default() }) {
                return Some(vec![HeaderChange::Folding(Some(self.shown_name(place)))]);
            }
        }
        None
    }

    fn shown_name(&self, place: usize) -> String {
        self.index.field(place).map(|field| shown(field.name(), MAX_SHOWN)).unwrap_or_default()
    }

    /// The lowest field of this name, if it is signed.
    fn signed(&self, name: &str) -> Option<(usize, Field<'a>)> {
        self.names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))?;
        let place = *self.index.places(name.as_bytes()).last()?;
        Some((place, self.index.field(place)?))
    }

    fn verifies(&mut self, edit: &Edit) -> bool {
        if self.left == 0 || !self.effort.hash(self.size + self.field.raw().len()) {
            return false;
        }
        self.left -= 1;
        let canonicalization = self.signature.header_canonicalization;
        let selected = self.index.select(self.signature.signed_fields(), Some(self.place), edit.without);
        let mut signed = Vec::with_capacity(self.size);
        for (mention, place) in selected.into_iter().enumerate() {
            let (edits, key) = match place {
                Some(place) => (&edit.replaced, place),
                None => (&edit.inserted, mention),
            };
            match (edits.iter().find(|(known, _)| *known == key), place) {
                (Some((_, raw)), _) => append(&mut signed, canonicalization, raw),
                (None, Some(place)) => self.index.append(&mut signed, canonicalization, place),
                (None, None) => {}
            }
        }
        let mut state = Sha256::new();
        state.update(&signed);
        let name = before_colon(self.field);
        match &edit.own {
            None => add_signature(&mut state, canonicalization, name, self.field.value(), self.signature.b_span),
            Some(value) => {
                let Some(b) = TagList::parse(value).ok().and_then(|tags| tags.get("b").map(|b| b.span)) else {
                    return false;
                };
                add_signature(&mut state, canonicalization, name, value, b);
            }
        }
        self.judge.is_signed(&state.finish(), self.effort)
    }
}

fn append(signed: &mut Vec<u8>, canonicalization: Canonicalization, raw: &[u8]) {
    match (canonicalization, memchr::memchr(b':', raw)) {
        (Canonicalization::Relaxed, Some(colon)) => {
            let value = &raw[colon + 1..];
            relaxed_field(&raw[..colon], value.strip_suffix(b"\r\n").unwrap_or(value), signed);
        }
        _ => signed.extend_from_slice(raw),
    }
}

/// A whole field.
fn field_of(name: &[u8], value: &[u8]) -> Vec<u8> {
    // Signers differ in whether they copy the space behind the colon; nobody leaves it out of a field.
    let space: &[u8] = if value.starts_with(b" ") { b"" } else { b" " };
    [name, b":", space, value, b"\r\n"].concat()
}

/// Whether two values are the same but for white space.
fn same(one: &[u8], other: &[u8]) -> bool {
    let form = |value| {
        let mut form = Vec::new();
        relaxed_field(b"", value, &mut form);
        form
    };
    form(one) == form(other)
}
