//! Everything in a header section that some program may take for a `From` field, in constant memory.
//!
//! This is for messages whose author is not certain, of any size: it reads each octet once for each idea of what ends a line,
//! keeps one field at a time, and of that no more than [`MAX_FROM_SIZE`]. Empty lines end nothing here, and lines that
//! are no field may be a `From` field or go on with one.

use super::author::domains_of;
use super::candidates::Candidates;
use super::header::field_name;
use super::readings::{is_mbox_line, resembles_from};
use crate::domain::Domain;
use crate::limits::{MAX_FIELD_NAME, MAX_FROM_SIZE, MAX_UNICODE_DOMAIN_LENGTH};

/// A search for the author in octets that come in any chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuthorScan([Scan; 3]);

impl Default for AuthorScan {
    fn default() -> Self {
        Self([Ends::CrLf, Ends::Lf, Ends::Any].map(Scan::new))
    }
}

impl AuthorScan {
    /// What is found in a whole section.
    pub(super) fn of(section: &[u8]) -> Candidates {
        let mut scan = Self::default();
        scan.push(section);
        scan.finish()
    }

    pub(super) fn push(&mut self, octets: &[u8]) {
        self.0.iter_mut().for_each(|scan| scan.push(octets));
    }

    /// The candidates in order of appearance, whoever finds them.
    pub(super) fn finish(self) -> Candidates {
        let mut all: Vec<(usize, Domain)> = Vec::new();
        let mut has_more = false;
        for mut scan in self.0 {
            scan.end_field();
            scan.close_from();
            has_more |= scan.found.has_more();
            all.extend(scan.places.into_iter().zip(scan.found.into_domains()));
        }
        all.sort_by_key(|(place, _)| *place);
        all.into_iter().map(|(_, domain)| domain).fold(Candidates::begin(has_more), |mut found, domain| {
            found.add(domain);
            found
        })
    }
}

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    CrLf,
    /// LF, with a CR before it or without.
    Lf,
    /// CR, LF, and both together.
    Any,
}

/// The search with one idea of what ends a line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Scan {
    ends: Ends,
    found: Candidates,
    /// Where in the section the field begins that has each of those found.
    places: Vec<usize>,
    kind: Kind,
    /// The line under way, until it is known what it is.
    line: Vec<u8>,
    /// How many octets came before the one at hand, and before the line under way.
    position: usize,
    line_at: usize,
    /// The `From` field that may still go on.
    from: Option<From>,
    /// A CR has just come.
    is_behind_cr: bool,
    /// A line has just ended.
    has_ended: bool,
}

/// What the line under way is, with those that continue it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unknown,
    From,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct From {
    at: usize,
    value: Vec<u8>,
    /// Whether it is a field that every program reads from here to there.
    is_plain: bool,
    /// Whether its last line has nothing but white space.
    is_line_blank: bool,
}

impl Scan {
    fn new(ends: Ends) -> Self {
        Self {
            ends,
            found: Candidates::default(),
            places: Vec::new(),
            kind: Kind::Unknown,
            line: Vec::new(),
            position: 0,
            line_at: 0,
            from: None,
            is_behind_cr: false,
            has_ended: false,
        }
    }

    /// With more candidates than are kept, nothing can be added: it looks no further. The others do, or chunks would have a say.
    fn push(&mut self, mut octets: &[u8]) {
        while !self.found.has_more() && !octets.is_empty() {
            if self.kind == Kind::Other && !self.has_ended && !self.is_behind_cr {
                let end = memchr::memchr2(b'\r', b'\n', octets).unwrap_or(octets.len());
                self.position += end;
                octets = &octets[end..];
            }
            if let Some((&octet, rest)) = octets.split_first() {
                self.octet(octet);
                self.position += 1;
                octets = rest;
            }
        }
    }

    fn octet(&mut self, octet: u8) {
        let is_behind_cr = std::mem::replace(&mut self.is_behind_cr, octet == b'\r');
        match (octet, self.ends) {
            (b'\n', Ends::CrLf) if !is_behind_cr => {}
            (b'\n', _) | (b'\r', Ends::Any) => return self.has_ended = true,
            // Not before the next one is it known what this is.
            (b'\r', _) if is_behind_cr => return self.text(b'\r'),
            (b'\r', _) => return,
            _ => {}
        }
        if is_behind_cr && self.ends != Ends::Any {
            self.text(b'\r');
        }
        self.text(octet);
    }

    /// An octet that ends no line.
    fn text(&mut self, octet: u8) {
        if std::mem::take(&mut self.has_ended) {
            self.begin_line(octet);
        }
        match self.kind {
            Kind::Unknown => self.unknown(octet),
            Kind::From => self.value(octet),
            Kind::Other => {}
        }
    }

    /// A line begins, and with it another field unless it begins with white space.
    fn begin_line(&mut self, first: u8) {
        if let Some(from) = &mut self.from {
            from.is_plain &= self.kind != Kind::From || !from.is_line_blank;
            from.is_line_blank = true;
        }
        if !matches!(first, b' ' | b'\t') {
            self.end_field();
            self.kind = Kind::Unknown;
            self.line_at = self.position;
        } else if self.kind == Kind::Unknown {
            // A name that is folded is none.
            self.line.push(b'\n');
        }
    }

    /// An octet of a line of which it is not known what it is.
    fn unknown(&mut self, octet: u8) {
        self.line.push(octet);
        if octet == b':'
            && let Some(name) = field_name(&self.line)
        {
            let is_from = name.eq_ignore_ascii_case(b"from");
            self.line.clear();
            self.close_from();
            self.kind = Kind::Other;
            if is_from {
                self.begin_from(true);
            }
        } else if self.line.len() >= MAX_FIELD_NAME {
            self.no_field();
        }
    }

    /// The line under way has come to its end, or the section has.
    fn end_field(&mut self) {
        if self.kind == Kind::Unknown && !self.line.is_empty() {
            self.no_field();
        }
    }

    /// The line under way is no field.
    fn no_field(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.kind = Kind::Other;
        if self.line_at == 0 && is_mbox_line(&line) {
            return;
        }
        if resembles_from(&line) {
            self.close_from();
            self.begin_from(false);
        } else if self.from.is_some() {
            // Some programs take it for a part of the field.
            self.kind = Kind::From;
            self.value(b' ');
        }
        if let Some(from) = &mut self.from {
            from.is_plain = false;
            line.iter().for_each(|&octet| self.value(octet));
        }
    }

    fn begin_from(&mut self, is_plain: bool) {
        self.kind = Kind::From;
        // The line of the name may be empty behind it.
        self.from = Some(From { at: self.line_at, value: Vec::new(), is_plain, is_line_blank: false });
    }

    fn value(&mut self, octet: u8) {
        let Some(from) = &mut self.from else { return };
        from.is_line_blank &= matches!(octet, b' ' | b'\t');
        from.value.push(octet);
        if from.value.len() <= MAX_FROM_SIZE {
            return;
        }
        from.is_plain = false;
        // A name may go on in what comes.
        let behind_last = memchr::memrchr(b'@', &from.value);
        let kept = behind_last.filter(|at| from.value.len() - at <= 2 * MAX_UNICODE_DOMAIN_LENGTH);
        let kept = from.value.split_off(kept.unwrap_or(from.value.len()));
        self.found.read(&std::mem::replace(&mut from.value, kept));
        self.places.resize(self.found.domains().len(), from.at);
    }

    /// Reads the `From` field, which goes on no more.
    fn close_from(&mut self) {
        let Some(from) = self.from.take() else { return };
        match domains_of(&from.value).filter(|_| from.is_plain) {
            Some(domains) => domains.into_iter().for_each(|domain| self.found.add(domain)),
            None => self.found.read(&from.value),
        }
        self.places.resize(self.found.domains().len(), from.at);
    }
}
