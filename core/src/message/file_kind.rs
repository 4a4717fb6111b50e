//! The kinds of files that are handed in as messages.

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A message, perhaps with the line of an mbox in front.
    Message,
    /// Nothing, or nothing but white space.
    Empty,
    /// Outlook's own formats: `.msg`, `.pst`, `winmail.dat`.
    Outlook,
    /// A picture.
    Image,
    /// A PDF or another text document.
    Document,
    /// A ZIP, gzip or other archive.
    Archive,
    /// HTML, or a saved web page in another form.
    WebPage,
    /// JSON, such as a transcript.
    Json,
    /// Data of some other kind.
    Binary,
    /// Text without header lines: what one sees of a message was copied.
    NoHeader,
    /// Several messages in an mbox (RFC 4155).
    Mbox,
    /// A message with a byte order mark in front.
    ByteOrderMark,
    /// A message in UTF-16.
    Utf16,
    /// Apple Mail's `.emlx`: a count, the message, a property list.
    Emlx,
    /// A message that was pasted: with blank lines in front, or with every line indented or quoted.
    Indented,
}

impl FileKind {
    /// The kind in a word, such as `web-page`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Empty => "empty",
            Self::Outlook => "outlook",
            Self::Image => "image",
            Self::Document => "document",
            Self::Archive => "archive",
            Self::WebPage => "web-page",
            Self::Json => "json",
            Self::Binary => "binary",
            Self::NoHeader => "no-header",
            Self::Mbox => "mbox",
            Self::ByteOrderMark => "byte-order-mark",
            Self::Utf16 => "utf-16",
            Self::Emlx => "emlx",
            Self::Indented => "indented",
        }
    }

    /// Whether there is a message in it that an [`Extraction`](super::Extraction) takes out.
    pub fn holds_message(self) -> bool {
        matches!(self, Self::Mbox | Self::ByteOrderMark | Self::Utf16 | Self::Emlx | Self::Indented)
    }
}
