//! What a file is that was handed in as a message.
//!
//! People hand in what their mail program gave them, and that is often not the message: a picture of it, Outlook's own
//! format, what was to be read on the screen. A verdict on such a file would be a verdict on nothing.

mod magic;
mod markup;
mod names;
mod shape;

use self::names::{HeaderLines, header_lines};
use super::file_kind::FileKind;
use super::line_endings::is_mbox_separator;
use super::mbox::Mbox;
use crate::limits::MAX_FILE_HEAD;

/// What a file was found to be, in words for whoever handed it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recognized {
    /// The kind.
    pub kind: FileKind,
    /// What it is, to stand behind "this is": `a PNG picture`.
    pub what: &'static str,
    /// Why it can't be judged as it is; empty for a message.
    pub why: &'static str,
    /// What to do instead; empty for a message.
    pub advice: &'static str,
}

/// How to get what can be judged.
const GET_SOURCE: &str = "get the message's source instead: in Gmail \"Show original\" and \"Download original\"; in Outlook \
    on the web \"Save as\" or \"Download\"; in Thunderbird \"Save as\"; in Apple Mail \"Save as\" with \"Raw message \
    source\"";

impl Recognized {
    fn new(kind: FileKind, what: &'static str) -> Self {
        let (why, advice) = match kind {
            FileKind::Message => ("", ""),
            FileKind::Empty => ("a message has at least one header field", GET_SOURCE),
            FileKind::Outlook => (
                "it does not keep the message as it was sent",
                "get the message's source instead: open the mailbox in Outlook on the web, and choose \"Save as\" or \
                 \"Download\", which gives an .eml file",
            ),
            FileKind::Image => ("a picture does not have the header fields by which a message is judged", GET_SOURCE),
            FileKind::Document | FileKind::WebPage => {
                ("it shows a message at most, and lacks the header fields by which one is judged", GET_SOURCE)
            }
            FileKind::Archive => {
                ("what is judged is a message by itself", "unpack it, and hand in the message that is in it")
            }
            FileKind::Json => {
                ("it has no header fields", "hand in the message; recorded answers are handed in as a transcript")
            }
            FileKind::Binary => ("it has no header fields", GET_SOURCE),
            FileKind::NoHeader => (
                "this is what one sees of a message at most; the header fields above it, by which it is judged, are hidden",
                GET_SOURCE,
            ),
            FileKind::Mbox => ("each message has a verdict of its own", "take one of them out, and hand that in"),
            FileKind::ByteOrderMark => (
                "an editor put it there; it is no part of the message, and hides the first header field",
                "take the message out, and hand that in",
            ),
            FileKind::Utf16 => (
                "a message has a byte where this has two; an editor or a shell saved it so",
                "take the message out, and hand that in; a signature fits again where the message was plain ASCII",
            ),
            FileKind::Emlx => (
                "the message begins in its second line, and a property list follows it",
                "take the message out, and hand that in",
            ),
            FileKind::Indented => (
                "what stands in front hides the header fields",
                "take the message out, and hand that in; better, save its source as a file, since a paste can change it",
            ),
        };
        Self { kind, what, why, advice }
    }

    /// Whether it is a message, and can be judged.
    pub fn is_message(&self) -> bool {
        self.kind == FileKind::Message
    }
}

/// Says what a file is: of all its octets, or of its first [`MAX_FILE_HEAD`] at least, which are the only ones that are looked
/// at unless it is an mbox. There a second message is searched for in all that is handed in; a host that streams finds it
/// with [`Mbox`].
///
/// It is a message where a field that mail has stands in its first paragraph, whatever else there is: junk lines are for
/// the verdict to deal with.
///
/// ```
/// use passerelle::message::{FileKind, recognize};
///
/// assert!(recognize(b"Subject: Hello\r\nFrom: ann@a.example\r\n\r\n").is_message());
/// let found = recognize(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
/// assert_eq!((found.kind, found.what), (FileKind::Image, "a PNG picture"));
/// ```
pub fn recognize(file: &[u8]) -> Recognized {
    let head = &file[..file.len().min(MAX_FILE_HEAD)];
    if head.iter().all(u8::is_ascii_whitespace) && head.len() == file.len() {
        return Recognized::new(FileKind::Empty, "empty");
    }
    if let Some((kind, what)) = magic::of(head) {
        return Recognized::new(kind, what);
    }
    if head.strip_prefix(shape::BYTE_ORDER_MARK).is_some() {
        let mark = shape::BYTE_ORDER_MARK.len();
        let inside = text(&file[mark..], MAX_FILE_HEAD - mark);
        return around(inside, FileKind::ByteOrderMark, "a message with a byte order mark in front");
    }
    if let Some(text) = shape::from_utf16(head) {
        return around(self::text(&text, MAX_FILE_HEAD), FileKind::Utf16, "text in UTF-16");
    }
    text(file, MAX_FILE_HEAD)
}

/// A message inside something: told of where there is one, and else what is inside.
fn around(inside: Recognized, kind: FileKind, what: &'static str) -> Recognized {
    match inside.is_message() || inside.kind.holds_message() {
        true => Recognized::new(kind, what),
        false => inside,
    }
}

/// Of a text `bound` octets are looked at.
fn text(file: &[u8], bound: usize) -> Recognized {
    let head = &file[..file.len().min(bound)];
    if let Some((kind, what)) = markup::of(head) {
        return Recognized::new(kind, what);
    }
    if shape::behind_emlx_count(head).is_some_and(|rest| header_lines(rest) == HeaderLines::OfMail) {
        return Recognized::new(FileKind::Emlx, "an .emlx file, in which Apple Mail keeps a message");
    }
    match header_lines(behind_separator(head)) {
        HeaderLines::OfMail if holds_several(file) => Recognized::new(FileKind::Mbox, "an mbox with several messages"),
        HeaderLines::OfMail => Recognized::new(FileKind::Message, "a message"),
        HeaderLines::OfWebPage => Recognized::new(FileKind::WebPage, "a saved web page (MHTML)"),
        HeaderLines::AsShown => Recognized::new(FileKind::NoHeader, "text with the header lines that Outlook shows"),
        HeaderLines::None if shape::pasted(head).is_some_and(|text| header_lines(&text) == HeaderLines::OfMail) => {
            Recognized::new(FileKind::Indented, "a message with white space or quotation marks in front")
        }
        HeaderLines::None if shape::is_binary(head) => Recognized::new(FileKind::Binary, "data that is no text"),
        HeaderLines::None => Recognized::new(FileKind::NoHeader, "text without the header fields of a message"),
    }
}

/// The file without the line that mbox puts in front.
fn behind_separator(head: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', head).map_or(head.len(), |at| at + 1);
    let (line, rest) = head.split_at(end);
    if is_mbox_separator(line) == Some(true) { rest } else { head }
}

fn holds_several(file: &[u8]) -> bool {
    let mut mbox = Mbox::new();
    mbox.push(file, &mut |_, _| {});
    mbox.messages() > 1
}
