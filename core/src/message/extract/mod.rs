//! Messages taken out of what they are in.

mod carried;
mod emlx;
mod paste;
mod utf16;

use self::carried::Walk;
use self::emlx::Emlx;
use super::file_kind::FileKind;
use super::mbox::Mbox;
use super::unfold;
use super::{Header, normalize_line_endings};
use crate::limits::MAX_FILE_HEAD;

pub(super) use self::paste::{Paste, behind_blank_lines, prefix_length};
pub(super) use self::utf16::Utf16;

/// Takes a message out of a file, as the file is read: in constant memory, and the octets as they are.
///
/// What comes out is to be looked at as a file again ([`recognize`](super::recognize())): a message may be wrapped twice.
///
/// ```
/// use passerelle::message::{Extraction, FileKind, recognize};
///
/// let file = b"31\nSubject: 1\n\nWhat was to be said\n<?xml version=\"1.0\"?>\n<plist>\n";
/// let mut extraction = Extraction::from(recognize(file).kind, 1).expect("a message is in it");
/// let mut message = Vec::new();
/// extraction.push(file, &mut message);
/// extraction.finish(&mut message);
/// assert_eq!(message, b"Subject: 1\n\nWhat was to be said");
/// ```
#[derive(Clone, Debug)]
pub struct Extraction(Way);

#[derive(Clone, Debug)]
enum Way {
    /// So many octets to be dropped.
    Behind(usize),
    Utf16(Utf16),
    Emlx(Emlx),
    Paste(Paste),
    /// The message of this number.
    Mbox(Mbox, u64),
    Carried(Box<Walk>),
}

impl Extraction {
    /// The way to take a message out of a file of this kind. From an mbox it takes the one of this number, the first being 1;
    /// elsewhere the number has no say. `None` where no message is in the file, or it is one.
    pub fn from(kind: FileKind, number: u64) -> Option<Self> {
        Some(Self(match kind {
            FileKind::ByteOrderMark => Way::Behind(3),
            FileKind::Utf16 => Way::Utf16(Utf16::default()),
            FileKind::Emlx => Way::Emlx(Emlx::default()),
            FileKind::Indented => Way::Paste(Paste::default()),
            FileKind::Mbox => Way::Mbox(Mbox::new(), number),
            _ => return None,
        }))
    }

    /// The way to take out the first message that a message carries as a part (`message/rfc822`, RFC 2046 §5.2.1), at any
    /// level: as an attachment, or as all its content. Base64 is decoded, which RFC 2046 forbids there and mail has.
    pub fn of_carried() -> Self {
        Self(Way::Carried(Box::default()))
    }

    /// Takes the next octets of the file, and appends to `to` what of the message is there by now.
    pub fn push(&mut self, octets: &[u8], to: &mut Vec<u8>) {
        match &mut self.0 {
            Way::Behind(left) => {
                let dropped = octets.len().min(*left);
                *left -= dropped;
                to.extend_from_slice(&octets[dropped..]);
            }
            Way::Utf16(utf16) => utf16.push(octets, to),
            Way::Emlx(emlx) => emlx.push(octets, to),
            Way::Paste(paste) => paste.push(octets, to),
            Way::Mbox(mbox, wanted) => {
                let wanted = *wanted;
                mbox.push(octets, &mut |number, octets| {
                    if number == wanted {
                        to.extend_from_slice(octets);
                    }
                });
            }
            Way::Carried(walk) => walk.push(octets, to),
        }
    }

    /// Ends the file.
    pub fn finish(self, to: &mut Vec<u8>) {
        match self.0 {
            Way::Behind(_) | Way::Emlx(_) => {}
            Way::Utf16(utf16) => utf16.finish(to),
            Way::Paste(paste) => paste.finish(to),
            Way::Mbox(mut mbox, wanted) => mbox.finish(&mut |number, octets| {
                if number == wanted {
                    to.extend_from_slice(octets);
                }
            }),
            Way::Carried(walk) => walk.finish(to),
        }
    }
}

/// A message that another one carries, as far as it is told of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Carried {
    /// Its Subject, unfolded and otherwise as it is; empty where it has none.
    pub subject: String,
}

/// The first message that this message carries as a part, looked for in its first [`MAX_FILE_HEAD`] octets.
///
/// Who forwards a suspicious message as an attachment hands in the wrapping; what is to be judged is inside.
pub fn carried(message: &[u8]) -> Option<Carried> {
    let message = normalize_line_endings(&message[..message.len().min(MAX_FILE_HEAD)]);
    let mut extraction = Extraction::of_carried();
    let mut found = Vec::new();
    extraction.push(&message.octets, &mut found);
    extraction.finish(&mut found);
    let (header, _) = Header::split(&found);
    let is_message = header.fields().any(|field| !field.is_malformed());
    is_message.then(|| Carried {
        subject: header
            .named("subject")
            .next()
            .map_or(String::new(), |field| String::from_utf8_lossy(unfold(field.value()).trim_ascii()).into_owned()),
    })
}
