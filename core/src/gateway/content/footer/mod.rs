//! A footer below the text of a message.
//!
//! It goes to the end of what a reader sees as the text: a plain body, the body in HTML, before `</body>`; of a
//! `multipart/alternative` both; of a `multipart/mixed` the first text that is no attachment, however deep. All other octets stay as
//! they are, the attachments', the delimiters', the preamble's.
//!
//! - **Charset and transfer encoding are kept.** Where the footer has characters that the text's charset has not, HTML gets character
//!   references, and plain text is written anew in UTF-8, if it is certain which characters it has. Where it would need 8 bits or
//!   lines of more than 998 octets, and the text is in 7 bits, the text is encoded as quoted-printable. In any other doubt the text
//!   stays as it is: no footer is better than a text that cannot be read.
//! - **Signed and encrypted mail is left alone**, by S/MIME (RFC 8551) or OpenPGP (RFC 3156, or inline), and so is a message over whose
//!   parts readers may differ: a delimiter that is a prefix of another, or is missing; a field that is there twice; a line end that is
//!   none.
//! - **What has the footer gets no second one**; what quotes it does.
//!
//! The grammar of the fields is mail-parser's, the characters are encoding_rs's. The parts are found here, by RFC 2046 §5.1.1 and
//! nothing wider, since mail-parser takes a delimiter in the middle of a line for one, needs a time that grows with the square of the
//! size for delimiters that are missing, and a stack that grows with each message inside another.

mod characters;
mod fields;
mod insert;
mod parts;

use serde::Serialize;

use crate::limits::MAX_FOOTED;
use crate::message::{Header, LineEndings};
use crate::route::policy::Footer;

use parts::Leaf;

/// Why a message, or a part of it, has no footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhyNot {
    /// It is signed, by S/MIME or OpenPGP.
    Signed,
    /// It is encrypted.
    Encrypted,
    /// There is no text to put it below.
    NoText,
    /// The text ends with it already.
    Already,
    /// The structure of its parts is not the same for every reader.
    Structure,
    /// The characters of the text are not known for certain, or the footer has some that it cannot have.
    Characters,
    /// The text is in a transfer encoding that is not known, or is damaged.
    Encoding,
    /// It is larger than what is looked at.
    TooLarge,
    /// The body was not at hand.
    Unread,
}

impl WhyNot {
    /// Why, as a sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Signed => "the message is signed, and the footer would break that",
            Self::Encrypted => "the message is encrypted",
            Self::NoText => "there is no text to put the footer below",
            Self::Already => "the text ends with the footer already",
            Self::Structure => "readers may differ over where the parts of the message begin and end",
            Self::Characters => {
                "the text's characters are not known for certain, so that the footer's could come out as others"
            }
            Self::Encoding => "the text's transfer encoding is not known, or the text is damaged",
            Self::TooLarge => "the message is larger than what is looked at",
            Self::Unread => "the body was not at hand",
        }
    }
}

/// A message with a footer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Footed {
    /// The header section.
    pub header: Header,
    /// The body.
    pub body: Vec<u8>,
    /// Why one of the texts has no footer, where another has.
    pub left: Option<WhyNot>,
}

/// Puts a footer below the text of a message.
///
/// # Errors
/// [`WhyNot`]: the message is left alone.
pub fn apply(header: &Header, body: &[u8], footer: &Footer) -> Result<Footed, WhyNot> {
    if header.is_over_limit() || body.len() > MAX_FOOTED {
        return Err(WhyNot::TooLarge);
    }
    // Where a line ends must be the same for everybody.
    for octets in [header.octets(), body] {
        let ends = LineEndings::of(octets);
        if ends.bare_cr > 0 || ends.bare_lf > 0 {
            return Err(WhyNot::Structure);
        }
    }
    let leaves = parts::texts(header, body)?;
    let mut texts = Vec::new();
    for leaf in &leaves {
        texts.push(insert::Text::read(leaf, body));
    }
    if let Some(why) = texts.iter().flatten().find_map(insert::Text::protected) {
        return Err(why);
    }
    let mut left = None;
    let mut footed: Vec<(&Leaf, insert::Inserted)> = Vec::new();
    for (leaf, text) in leaves.iter().zip(texts) {
        match text.and_then(|text| text.with(footer)) {
            Ok(inserted) => footed.push((leaf, inserted)),
            Err(why) => left = left.or(Some(why)),
        }
    }
    if footed.is_empty() {
        return Err(left.unwrap_or(WhyNot::NoText));
    }
    let (header, body) = assembled(header, body, &footed)?;
    // The footer may have a line that is a delimiter of this very message.
    let again = parts::texts(&header, &body)?;
    let is_same = again.len() == leaves.len()
        && footed.iter().all(|(leaf, inserted)| {
            let place = leaves.iter().position(|other| std::ptr::eq(other, *leaf));
            let found = place.and_then(|place| again.get(place));
            found.is_some_and(|found| body.get(found.content.clone()) == Some(&inserted.octets))
        });
    if is_same { Ok(Footed { header, body, left }) } else { Err(WhyNot::Structure) }
}

/// The message with these parts in the place of those that they were.
fn assembled(header: &Header, body: &[u8], footed: &[(&Leaf, insert::Inserted)]) -> Result<(Header, Vec<u8>), WhyNot> {
    let mut head = header.clone();
    let mut out = Vec::with_capacity(body.len() + 1024);
    let mut done = 0;
    for (leaf, inserted) in footed {
        out.extend_from_slice(body.get(done..leaf.start).unwrap_or_default());
        match leaf.is_top {
            true => head = inserted.header.clone(),
            false => out.extend_from_slice(inserted.header.octets()),
        }
        out.extend_from_slice(&inserted.octets);
        done = leaf.content.end;
    }
    out.extend_from_slice(body.get(done..).unwrap_or_default());
    if head.separator().is_empty() {
        head = head.append(b"").map_err(|_| WhyNot::TooLarge)?;
    }
    Ok((head, out))
}
