//! Files that say what they are in their first octets.

use super::FileKind;

/// What a file begins with, the kind, and what it is. Sources: the formats' own specifications.
const MAGIC: &[(&[u8], FileKind, &str)] = &[
    // MS-CFB §2.2. Older Office documents are in the same container.
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind::Outlook, "an Outlook .msg file, or another file in its container"),
    (b"!BDN", FileKind::Outlook, "an Outlook data file (.pst)"),
    (b"\x78\x9f\x3e\x22", FileKind::Outlook, "a winmail.dat of Outlook (TNEF)"),
    (b"\x89PNG\r\n\x1a\n", FileKind::Image, "a PNG picture"),
    (b"\xff\xd8\xff", FileKind::Image, "a JPEG picture"),
    (b"GIF87a", FileKind::Image, "a GIF picture"),
    (b"GIF89a", FileKind::Image, "a GIF picture"),
    (b"II*\0", FileKind::Image, "a TIFF picture"),
    (b"MM\0*", FileKind::Image, "a TIFF picture"),
    (b"%PDF-", FileKind::Document, "a PDF"),
    (b"{\\rtf", FileKind::Document, "an RTF document"),
    // Their lines look like header fields (RFC 5545 §3.1, RFC 6350 §3.3).
    (b"BEGIN:VCALENDAR", FileKind::Document, "a calendar entry"),
    (b"BEGIN:VCARD", FileKind::Document, "a contact's card"),
    (b"PK\x03\x04", FileKind::Archive, "a ZIP archive, or a document in one"),
    (b"PK\x05\x06", FileKind::Archive, "an empty ZIP archive"),
    (b"\x1f\x8b", FileKind::Archive, "a gzip archive"),
    (b"BZh", FileKind::Archive, "a bzip2 archive"),
    (b"\xfd7zXZ\0", FileKind::Archive, "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", FileKind::Archive, "a 7z archive"),
    (b"Rar!\x1a\x07", FileKind::Archive, "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", FileKind::Archive, "a Zstandard archive"),
    (b"bplist00", FileKind::Binary, "a property list of macOS, such as a saved link or a .webarchive"),
];

/// A format whose mark stands behind octets that are not always the same.
struct Inside {
    begin: &'static [u8],
    at: usize,
    mark: &'static [u8],
    kind: FileKind,
    what: &'static str,
}

#[rustfmt::skip]
const INSIDE: &[Inside] = &[
    Inside { begin: b"RIFF", at: 8, mark: b"WEBP", kind: FileKind::Image, what: "a WebP picture" },
    Inside { begin: b"", at: 4, mark: b"ftypheic", kind: FileKind::Image, what: "a HEIC picture" },
    Inside { begin: b"", at: 4, mark: b"ftypheix", kind: FileKind::Image, what: "a HEIC picture" },
    Inside { begin: b"", at: 4, mark: b"ftypmif1", kind: FileKind::Image, what: "a HEIF picture" },
    Inside { begin: b"", at: 4, mark: b"ftypavif", kind: FileKind::Image, what: "an AVIF picture" },
    Inside { begin: b"BM", at: 6, mark: b"\0\0\0\0", kind: FileKind::Image, what: "a BMP picture" },
    Inside { begin: b"", at: 257, mark: b"ustar", kind: FileKind::Archive, what: "a tar archive" },
];

pub(super) fn of(head: &[u8]) -> Option<(FileKind, &'static str)> {
    let plain = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)).map(|&(_, kind, what)| (kind, what));
    let is_inside = |format: &&Inside| {
        head.starts_with(format.begin) && head.get(format.at..).is_some_and(|rest| rest.starts_with(format.mark))
    };
    plain.or_else(|| INSIDE.iter().find(is_inside).map(|format| (format.kind, format.what)))
}
