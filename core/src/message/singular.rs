//! Fields that may occur once: a second one is what some programs show and others do not.

use super::header::Header;

/// A field that may occur at most once, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SingularField {
    /// Its name.
    pub name: &'static str,
    /// The rule.
    pub rfc: &'static str,
    /// Whether a reader sees it, or the display of the body depends on it.
    pub is_displayed: bool,
}

const fn field(name: &'static str, rfc: &'static str, is_displayed: bool) -> SingularField {
    SingularField { name, rfc, is_displayed }
}

/// How many there are.
const COUNT: usize = 14;

/// RFC 5322 §3.6, and of MIME those that say how a body is to be read: RFC 2045 §4 wants one `MIME-Version`, and its
/// grammar in §3 has each of the others once.
const FIELDS: [SingularField; COUNT] = [
    field("From", "RFC 5322 §3.6", true),
    field("Sender", "RFC 5322 §3.6", true),
    field("Reply-To", "RFC 5322 §3.6", true),
    field("To", "RFC 5322 §3.6", true),
    field("Cc", "RFC 5322 §3.6", true),
    field("Bcc", "RFC 5322 §3.6", false),
    field("Subject", "RFC 5322 §3.6", true),
    field("Date", "RFC 5322 §3.6", true),
    field("Message-ID", "RFC 5322 §3.6", false),
    field("In-Reply-To", "RFC 5322 §3.6", false),
    field("References", "RFC 5322 §3.6", false),
    field("MIME-Version", "RFC 2045 §4", false),
    field("Content-Type", "RFC 2045 §3", true),
    field("Content-Transfer-Encoding", "RFC 2045 §3", true),
];

/// How often each field that may occur once does occur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SingularCounts([usize; COUNT]);

impl SingularCounts {
    /// Those of a header section.
    pub fn of(header: &Header) -> Self {
        Self::of_names(header.fields().filter(|field| !field.is_malformed()).map(|field| field.name()))
    }

    /// Those of a list of names, such as the `h=` of a signature.
    pub fn of_names<'n>(names: impl Iterator<Item = &'n [u8]>) -> Self {
        let mut counts = Self::default();
        for name in names {
            let found = FIELDS.iter().zip(&mut counts.0).find(|(field, _)| is(name, field.name));
            if let Some((_, count)) = found {
                *count += 1;
            }
        }
        counts
    }

    /// The fields that occur more than once, and how often.
    pub fn repeated(&self) -> impl Iterator<Item = (SingularField, usize)> + '_ {
        self.iter().filter(|(_, count)| *count > 1)
    }

    /// The fields that occur more often here than in `signed`: some of them are not signed.
    pub fn beyond(&self, signed: &Self) -> impl Iterator<Item = SingularField> {
        let pairs = self.0.into_iter().zip(signed.0);
        FIELDS.into_iter().zip(pairs).filter(|(_, (here, signed))| here > signed).map(|(field, _)| field)
    }

    fn iter(&self) -> impl Iterator<Item = (SingularField, usize)> + '_ {
        FIELDS.into_iter().zip(self.0)
    }
}

fn is(name: &[u8], known: &str) -> bool {
    name.eq_ignore_ascii_case(known.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_differences() {
        let (header, _) =
            Header::split(b"From: a\r\nSUBJECT: b\r\nsubject : c\r\nTo: d\r\nX: e\r\nX: f\r\njunk\r\n\r\n");
        let counts = SingularCounts::of(&header);
        let repeated: Vec<_> = counts.repeated().map(|(field, count)| (field.name, count)).collect();
        assert_eq!(repeated, [("Subject", 2)]);
        let signed = SingularCounts::of_names([&b"from"[..], b"Subject", b"date"].into_iter());
        let beyond: Vec<_> = counts.beyond(&signed).map(|field| field.name).collect();
        assert_eq!(beyond, ["To", "Subject"]);
    }
}
