//! `passerelle_recognize`: files that are handed in as messages.

use std::ffi::c_char;

use engine::message::{self, FileKind as Kind};

use crate::handle::guard;
use crate::memory::{octets, output, present};
use crate::status::Status;

/// What kind of file it is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A message, perhaps with the line of an mbox in front.
    Message = 0,
    /// Nothing, or nothing but white space.
    Empty = 1,
    /// Outlook's own formats: .msg, .pst, winmail.dat.
    Outlook = 2,
    /// A picture.
    Image = 3,
    /// A PDF or another text document.
    Document = 4,
    /// A ZIP, gzip or other archive.
    Archive = 5,
    /// HTML, or a saved web page in another form.
    WebPage = 6,
    /// JSON, such as a transcript.
    Json = 7,
    /// Data of some other kind.
    Binary = 8,
    /// Text without header lines: what one sees of a message was copied.
    NoHeader = 9,
    /// Several messages in an mbox.
    Mbox = 20,
    /// A message with a byte order mark in front.
    ByteOrderMark = 21,
    /// A message in UTF-16.
    Utf16 = 22,
    /// Apple Mail's .emlx: a count, the message, a property list.
    Emlx = 23,
    /// A message that was pasted: with blank lines in front, or with every line indented or quoted.
    Indented = 24,
}

/// What a file was found to be. The texts are constant, and not ended by a NUL.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Recognized {
    /// One of passerelle_file_kind; a later version may give others, of which none is a message.
    pub kind: u32,
    /// What it is, to stand behind "this is": "a PNG picture".
    pub what: *const c_char,
    /// The length of what.
    pub what_len: usize,
    /// Why it can't be judged as it is; empty for a message.
    pub why: *const c_char,
    /// The length of why.
    pub why_len: usize,
    /// What to do instead; empty for a message.
    pub advice: *const c_char,
    /// The length of advice.
    pub advice_len: usize,
}

/// Says what a file is that was handed in as a message, by all its octets or its first 64 KiB at least. Anything but
/// PASSERELLE_FILE_KIND_MESSAGE is not to be verified: the report would be one on nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn passerelle_recognize(file: *const u8, file_len: usize, out: *mut Recognized) -> Status {
    // SAFETY: the caller keeps to the header's rules for pointers.
    guard(|| unsafe {
        present(out)?;
        let found = message::recognize(octets(file, file_len, "the file")?);
        output(
            out,
            Recognized {
                kind: number(found.kind),
                what: found.what.as_ptr().cast(),
                what_len: found.what.len(),
                why: found.why.as_ptr().cast(),
                why_len: found.why.len(),
                advice: found.advice.as_ptr().cast(),
                advice_len: found.advice.len(),
            },
        )
    })
}

fn number(kind: Kind) -> u32 {
    let kind = match kind {
        Kind::Message => FileKind::Message,
        Kind::Empty => FileKind::Empty,
        Kind::Outlook => FileKind::Outlook,
        Kind::Image => FileKind::Image,
        Kind::Document => FileKind::Document,
        Kind::Archive => FileKind::Archive,
        Kind::WebPage => FileKind::WebPage,
        Kind::Json => FileKind::Json,
        Kind::NoHeader => FileKind::NoHeader,
        Kind::Mbox => FileKind::Mbox,
        Kind::ByteOrderMark => FileKind::ByteOrderMark,
        Kind::Utf16 => FileKind::Utf16,
        Kind::Emlx => FileKind::Emlx,
        Kind::Indented => FileKind::Indented,
        // A kind that the header has no number for is some other kind of data.
        _ => FileKind::Binary,
    };
    kind as u32
}
