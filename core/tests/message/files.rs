//! Files that people hand in as messages: what each is, and the message that can be taken out.

use passerelle::limits::{MAX_FILE_HEAD, MAX_MBOX_LINE, MAX_MBOX_STARTS};
use passerelle::message::{Carried, Extraction, FileKind, Mbox, carried, recognize};
use proptest::collection::vec;
use proptest::prelude::{any, prop_oneof};
use proptest::strategy::Strategy;
use proptest::{prop_assert_eq, prop_assume, proptest};

const MESSAGE: &str = "Received: from a.example by b.example; now\r\n\tand on\r\nFrom: ann@a.example\r\nSubject: Hi\r\n\r\n\
                       Good morning\r\n\r\n  indented\r\n";

#[track_caller]
fn is(file: impl AsRef<[u8]>, kind: FileKind, what: &str) {
    let found = recognize(file.as_ref());
    assert_eq!(found.kind, kind, "{found:?}");
    assert!(found.what.contains(what), "{found:?}");
    assert_eq!(found.is_message(), kind == FileKind::Message);
    // Whoever handed it in is told why not, and what to do.
    assert_eq!((found.why.is_empty(), found.advice.is_empty()), (found.is_message(), found.is_message()));
}

/// The message that is taken out, the same in chunks of any size.
#[track_caller]
fn extract(file: &[u8], number: u64) -> Vec<u8> {
    let kind = recognize(file).kind;
    assert!(kind.holds_message(), "{kind:?}");
    extract_by(|| Extraction::from(kind, number).expect("a way"), file)
}

#[track_caller]
fn extract_by(way: impl Fn() -> Extraction, file: &[u8]) -> Vec<u8> {
    let in_chunks = |size: usize| {
        let (mut extraction, mut message) = (way(), Vec::new());
        file.chunks(size).for_each(|chunk| extraction.push(chunk, &mut message));
        extraction.finish(&mut message);
        message
    };
    let whole = in_chunks(file.len().max(1));
    for size in 1..30 {
        assert_eq!(in_chunks(size), whole, "{size}");
    }
    whole
}

fn utf16(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn a_message_is_one_whatever_is_wrong_with_it() {
    for message in [
        MESSAGE,
        "From: ann@a.example\n\nLF\n",
        "From : ann@a.example\r\n\r\nobsolete syntax\r\n",
        "subject:\r\n\r\n",
        "X-Anything: x",
        " a continuation at once\r\nFrom: ann@a.example\r\n\r\n",
        "a line that is no field\r\nFrom: ann@a.example\r\n\r\n",
        "From ann@a.example Thu Jan  1 00:00:00 1970\nFrom: ann@a.example\n\nof an mbox\n",
        "From: <script>\r\n\r\n<html><body>\r\n",
        "Subject: with NUL\0\r\n\r\n\0\0\0",
    ] {
        is(message, FileKind::Message, "a message");
    }
}

#[test]
fn a_header_section_longer_than_what_is_looked_at_is_one() {
    let long = format!("Unknown-to-us: {}\r\nFrom: ann@a.example\r\n\r\n", "x".repeat(MAX_FILE_HEAD));
    is(long, FileKind::Message, "a message");
    is(format!("no field {}", "x".repeat(MAX_FILE_HEAD)), FileKind::NoHeader, "without");
}

#[test]
fn an_empty_file_is_told() {
    is("", FileKind::Empty, "empty");
    is(" \r\n\n\t\n", FileKind::Empty, "empty");
}

#[test]
fn outlooks_own_formats_are_told() {
    is(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0", FileKind::Outlook, "Outlook .msg");
    is(b"\x78\x9f\x3e\x22\x01\0", FileKind::Outlook, "winmail.dat");
    is(b"!BDN\0\0\0\0SM", FileKind::Outlook, ".pst");
}

#[test]
fn pictures_are_told() {
    is(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", FileKind::Image, "PNG");
    is(b"\xff\xd8\xff\xe0\0\x10JFIF\0", FileKind::Image, "JPEG");
    is(b"GIF89a\x01\0\x01\0", FileKind::Image, "GIF");
    is(b"RIFF\x24\0\0\0WEBPVP8 ", FileKind::Image, "WebP");
    is(b"\0\0\0\x18ftypheic\0\0\0\0", FileKind::Image, "HEIC");
    is("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", FileKind::Image, "SVG");
}

#[test]
fn documents_and_archives_are_told() {
    is(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", FileKind::Document, "PDF");
    is(b"{\\rtf1\\ansi From: ann@a.example\r\n", FileKind::Document, "RTF");
    is("BEGIN:VCALENDAR\r\nX-WR-CALNAME:Work\r\n", FileKind::Document, "calendar");
    is("BEGIN:VCARD\r\nVERSION:4.0\r\n", FileKind::Document, "card");
    is(b"PK\x03\x04\x14\0\0\0", FileKind::Archive, "ZIP");
    is(b"\x1f\x8b\x08\0\0\0\0\0", FileKind::Archive, "gzip");
    is(b"7z\xbc\xaf\x27\x1c\0\x04", FileKind::Archive, "7z");
    let tar = [b"message.eml".to_vec(), vec![0; 246], b"ustar\x0000".to_vec()].concat();
    is(tar, FileKind::Archive, "tar");
}

#[test]
fn a_saved_web_page_is_told() {
    is("<!DOCTYPE html>\r\n<html><head>\r\nFrom: ann@a.example\r\n", FileKind::WebPage, "HTML");
    is("\u{feff}\n\n  <html lang=\"fr\">", FileKind::WebPage, "HTML");
    is("<?xml version=\"1.0\"?><html>", FileKind::WebPage, "XML");
    let mhtml = "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://mail.example/\r\nSubject: Inbox\r\n\r\n";
    is(mhtml, FileKind::WebPage, "MHTML");
    is("From: <Saved by Windows Internet Explorer 8>\r\nSubject: Inbox\r\n\r\n", FileKind::WebPage, "MHTML");
}

#[test]
fn json_is_told() {
    is("{\"answers\": []}", FileKind::Json, "JSON");
    is("\r\n[\n  {\"subject\": \"x\"}]", FileKind::Json, "JSON");
    is("[Bank] Dear customer,\r\n\r\nyour account", FileKind::NoHeader, "without");
}

#[test]
fn text_without_header_lines_is_told() {
    is("Dear customer,\r\n\r\nyour account: blocked\r\n", FileKind::NoHeader, "without");
    is("Eggs: 6\nMilk: 2 l\n", FileKind::NoHeader, "without");
    is(
        "De : Anne <anne@a.example>\nEnvoyé : mardi\nÀ : Bob\nObjet : Bonjour\n\nBonjour\n",
        FileKind::NoHeader,
        "without",
    );
    is("\r\n\r\nGood morning\r\n\r\nFrom: too late\r\n", FileKind::NoHeader, "without");
    is(b"caf\xe9 au lait\r\n", FileKind::NoHeader, "without");
    is(b"\x1b$B$3$s$K$A$O\x1b(B", FileKind::NoHeader, "without");
}

#[test]
fn what_outlook_shows_of_a_header_section_is_none() {
    let shown =
        "From: Ann <ann@a.example>\r\nSent: Tuesday, March 11, 2025 11:47 AM\r\nTo: Bob\r\nSubject: Hi\r\n\r\nHi\r\n";
    is(shown, FileKind::NoHeader, "Outlook shows");
    // A field of that name in a message is none of our business.
    is(format!("Date: Tue, 11 Mar 2025 11:47:00 +0000\r\n{shown}"), FileKind::Message, "a message");
}

#[test]
fn other_data_is_told() {
    is(b"\x7fELF\x02\x01\x01\0\0\0\0\0", FileKind::Binary, "no text");
    is(b"bplist00\xd1\x01\x02", FileKind::Binary, "property list");
    is(b"\x01\x02\x03\x04 some \x05\x06 words", FileKind::Binary, "no text");
    is(b"\xff\xfe\0\0F\0\0\0r\0\0\0", FileKind::Binary, "no text");
}

#[test]
fn a_byte_order_mark_is_taken_away() {
    let file = [b"\xef\xbb\xbf", MESSAGE.as_bytes()].concat();
    is(&file, FileKind::ByteOrderMark, "byte order mark");
    assert_eq!(extract(&file, 1), MESSAGE.as_bytes());
    is("\u{feff}Dear customer", FileKind::NoHeader, "without");
}

#[test]
fn utf_16_is_made_utf_8() {
    let message = "Subject: café \u{1f600}\r\n\r\nGood morning\r\n";
    for (big_endian, mark) in [(false, true), (true, true), (false, false), (true, false)] {
        let file = utf16(message, big_endian, mark);
        is(&file, FileKind::Utf16, "UTF-16");
        assert_eq!(extract(&file, 1), message.as_bytes());
    }
    is(utf16("Dear customer", false, true), FileKind::NoHeader, "without");
}

#[test]
fn halves_of_characters_in_utf_16_are_replaced() {
    let units = [0xfeff_u16, b'T'.into(), b'o'.into(), b':'.into(), 0xd83d, 0xd83d, 0xde00, 0xde00, 0xd83d];
    let file: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).chain([b'x']).collect();
    assert_eq!(String::from_utf8(extract(&file, 1)).unwrap(), "To:\u{fffd}\u{1f600}\u{fffd}\u{fffd}");
}

#[test]
fn the_message_of_an_emlx_is_taken_out() {
    let file = format!("{}      \n{MESSAGE}<?xml version=\"1.0\"?>\n<plist version=\"1.0\">\n", MESSAGE.len());
    is(&file, FileKind::Emlx, ".emlx");
    assert_eq!(extract(file.as_bytes(), 1), MESSAGE.as_bytes());
    // A count that promises more than there is.
    assert_eq!(extract(format!("999999\n{MESSAGE}").as_bytes(), 1), MESSAGE.as_bytes());
    is("42\nis the answer\n", FileKind::NoHeader, "without");
    // The fuzz target `file` found it: there is no message of no octets.
    for none in ["0", "000"] {
        assert_ne!(recognize(format!("{none}\n{MESSAGE}").as_bytes()).kind, FileKind::Emlx);
    }
}

#[test]
fn a_paste_loses_what_stands_in_front() {
    let lines = |prefix: &str, blank: &str| -> String {
        let line = |line: &str| match line {
            "" => format!("{blank}\r\n"),
            line => format!("{prefix}{line}\r\n"),
        };
        MESSAGE.split_terminator("\r\n").map(line).collect()
    };
    for file in [lines("    ", "    "), lines("\t", ""), lines("> ", ">"), lines("  >> ", "  >>"), lines("", "")] {
        let file = format!("\r\n \r\n{file}");
        is(&file, FileKind::Indented, "in front");
        assert_eq!(String::from_utf8(extract(file.as_bytes(), 1)).unwrap(), MESSAGE);
    }
    // A line that lacks it stays as it is.
    assert_eq!(extract(b"  To: x\n  Cc: y\n\nz\n  z\n   z", 1), b"To: x\nCc: y\n\nz\nz\n z");
    is("    Dear customer,\n    good morning\n", FileKind::NoHeader, "without");
}

const MBOX: &str = "From ann@a.example Thu Jan  1 00:00:00 1970\nSubject: one\n\nFrom here on\n\nFrom Tuesday on, too\n\n\
                    From bob@b.example Fri, 2 Jan 1970 00:00:00 +0000\nSubject: no, but no asctime\n\n\
                    From - Fri Jan  2 00:00:00 1970\nSubject : two\n\n>From there\n\n\
                    From c Sat Jan  3 00:00 1970\r\nX-Status: three\r\n\r\nEnd";

#[test]
fn several_messages_in_an_mbox_are_told_and_taken_out() {
    is(MBOX, FileKind::Mbox, "several messages");
    let second = "Subject : two\n\n>From there\n\n";
    assert_eq!(String::from_utf8(extract(MBOX.as_bytes(), 2)).unwrap(), second);
    assert_eq!(extract(MBOX.as_bytes(), 3), b"X-Status: three\r\n\r\nEnd");
    assert!(extract(MBOX.as_bytes(), 1).starts_with(b"Subject: one\n\nFrom here on\n"));
    assert_eq!(extract(MBOX.as_bytes(), 4), b"");
    let mut mbox = Mbox::new();
    mbox.push(MBOX.as_bytes(), &mut |_, _| {});
    assert_eq!(mbox.messages(), 3);
    let begins = |start: &u64| MBOX[usize::try_from(*start).unwrap()..].split(' ').next().unwrap().to_owned();
    assert_eq!(mbox.starts().iter().map(begins).collect::<Vec<_>>(), ["Subject:", "Subject", "X-Status:"]);
}

#[test]
fn a_second_message_behind_what_is_looked_at_is_found_while_reading() {
    let body = "text\n".repeat(MAX_FILE_HEAD);
    let file = format!(
        "From a Thu Jan  1 00:00:00 1970\nSubject: 1\n\n{body}\nFrom b Thu Jan  1 00:00:00 1970\nSubject: 2\n\n"
    );
    is(&file.as_bytes()[..MAX_FILE_HEAD], FileKind::Message, "a message");
    is(&file, FileKind::Mbox, "several");
    let mut mbox = Mbox::new();
    file.as_bytes().chunks(4096).for_each(|chunk| mbox.push(chunk, &mut |_, _| {}));
    assert_eq!(mbox.messages(), 2);
}

#[test]
fn a_message_that_quotes_an_mbox_is_one() {
    let quoting = MBOX.replacen("From ann@a.example Thu Jan  1 00:00:00 1970\n", "", 1);
    is(&quoting, FileKind::Message, "a message");
    // A separator without an empty line in front, without a date, without a field behind it.
    for line in [
        "From b Thu Jan  1 00:00:00 1970\nTo: x\n",
        "\nFrom me to you\nTo: x\n",
        "\nFrom b Thu Jan  1 00:00:00 1970\nno\n",
    ] {
        is(format!("From a Thu Jan  1 00:00:00 1970\nSubject: 1\n\ntext\n{line}"), FileKind::Message, "a message");
    }
}

#[test]
fn the_mbox_keeps_no_more_than_its_bounds() {
    let one = "From a Thu Jan  1 00:00:00 1970\nA: b\n\n\n";
    let mut mbox = Mbox::new();
    for _ in 0..=MAX_MBOX_STARTS {
        mbox.push(one.as_bytes(), &mut |_, _| {});
    }
    assert_eq!((mbox.messages(), mbox.starts().len()), (MAX_MBOX_STARTS as u64 + 1, MAX_MBOX_STARTS));
    let long = format!("From a Thu Jan  1 00:00:00 1970\nA: b\n\nFrom {}\nA: b\n", "x".repeat(2 * MAX_MBOX_LINE));
    assert_eq!(extract_by(|| Extraction::from(FileKind::Mbox, 1).unwrap(), long.as_bytes()), &long.as_bytes()[32..]);
}

fn carrying(content_type: &str, encoding: &str, content: &str) -> String {
    format!(
        "From: ann@a.example\r\nSubject: Fwd\r\nContent-Type: {content_type}\r\n\
             Content-Transfer-Encoding: {encoding}\r\n\r\n{content}"
    )
}

#[test]
fn a_message_that_another_carries_is_offered_and_taken_out() {
    let inside = MESSAGE;
    let attached = |boundary: &str, encoding: &str, content: &str| {
        format!(
            "preamble\r\n--{boundary}\r\nContent-Type: text/plain\r\n\r\nSee below\r\n--{boundary}\r\n\
                 Content-Type: message/rfc822;\r\n\tname=\"x.eml\"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n\
                 {content}\r\n--{boundary}--\r\n"
        )
    };
    let base64 = "UmVjZWl2ZWQ6IGZyb20gYS5leGFtcGxlIGJ5IGIuZXhhbXBsZTsgbm93DQoJYW5kIG9uDQpGcm9t\r\n\
                  OiBhbm5AYS5leGFtcGxlDQpTdWJqZWN0OiBIaQ0KDQpHb29kIG1vcm5pbmcNCg0KICBpbmRlbnRl\r\nZA0K";
    let nested =
        format!("--o\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n{}--o--\r\n", attached("i", "", inside));
    for message in [
        carrying("message/rfc822", "7bit", inside),
        carrying("Message/RFC822", "", inside),
        carrying("multipart/mixed; charset=x; boundary=\"a \\\"b\"", "7bit", &attached("a \"b", "8bit", inside)),
        carrying("multipart/mixed;\r\n boundary=b;x=y", "", &attached("b", "base64", base64)),
        carrying("multipart/mixed; Boundary=o", "", &nested),
    ] {
        assert!(recognize(message.as_bytes()).is_message());
        assert_eq!(carried(message.as_bytes()).map(|c| c.subject), Some("Hi".into()), "{message}");
        assert_eq!(
            String::from_utf8(extract_by(Extraction::of_carried, message.as_bytes())).unwrap(),
            inside,
            "{message}"
        );
        let lf = message.replace("\r\n", "\n");
        assert!(carried(lf.as_bytes()).is_some(), "{message}");
    }
}

#[test]
fn a_message_that_carries_none_is_not_said_to() {
    for message in [
        MESSAGE.to_owned(),
        carrying("text/plain", "", "--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: no\r\n"),
        carrying("multipart/mixed; boundary=x", "", "--y\r\nContent-Type: message/rfc822\r\n\r\nSubject: no\r\n"),
        carrying(
            "multipart/mixed; boundary=x",
            "",
            "--x\r\nContent-Type: text/plain\r\n\r\nContent-Type: message/rfc822\r\n\r\nSubject: no\r\n",
        ),
        carrying("message/rfc822", "quoted-printable", "Subject: no\r\n"),
        carrying("message/rfc822", "", ""),
        carrying("multipart/mixed", "", "--\r\nContent-Type: message/rfc822\r\n\r\nSubject: no\r\n"),
    ] {
        assert_eq!(carried(message.as_bytes()), None::<Carried>, "{message}");
    }
}

/// Octets in which everything that the readers look for occurs often.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = vec![
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b">",
        b"\t",
        b"From ",
        b"From a Thu Jan  1 00:00:00 1970\n",
        b"Subject: x",
        b":",
        b"--b",
        b"--",
        b"Content-Type: message/rfc822\n",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"\xff\xfe",
        b"\0",
        b"12",
        b"\xef\xbb\xbf",
        b"{",
        b"<html>",
        b"Content-Transfer-Encoding: base64\n",
        b"QUJD",
        b"\xd8",
    ];
    let word = prop_oneof![8 => proptest::sample::select(words).prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 1..4)];
    vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn chunks_have_no_say_in_what_is_taken_out(file in hostile(), cuts in vec(1_usize..9, 1..20)) {
        let kinds = [FileKind::ByteOrderMark, FileKind::Utf16, FileKind::Emlx, FileKind::Indented, FileKind::Mbox];
        let ways = kinds.map(|kind| Extraction::from(kind, 1).unwrap()).into_iter().chain([Extraction::of_carried()]);
        for way in ways {
            let run = |sizes: &[usize]| {
                let (mut way, mut to, mut rest) = (way.clone(), Vec::new(), &*file);
                for size in sizes.iter().cycle() {
                    if rest.is_empty() {
                        break;
                    }
                    let (chunk, behind) = rest.split_at((*size).min(rest.len()));
                    way.push(chunk, &mut to);
                    rest = behind;
                }
                way.finish(&mut to);
                to
            };
            prop_assert_eq!(run(&cuts), run(&[usize::MAX]));
        }
    }

    #[test]
    fn the_messages_of_an_mbox_are_all_of_it_but_separators(file in hostile()) {
        let mut taken = Vec::new();
        let mut mbox = Mbox::new();
        mbox.push(&file, &mut |number, octets| taken.push((number, octets.to_vec())));
        mbox.finish(&mut |number, octets| taken.push((number, octets.to_vec())));
        let octets: usize = taken.iter().map(|(_, octets)| octets.len()).sum();
        let separators = file.len() - octets;
        assert!(separators <= usize::try_from(mbox.messages()).unwrap() * MAX_MBOX_LINE);
        assert!(taken.iter().all(|(number, _)| (1..=mbox.messages()).contains(number)));
        assert!(taken.is_sorted_by_key(|(number, _)| *number));
        if mbox.messages() == 1 && !file.starts_with(b"From ") {
            prop_assert_eq!(separators, 0);
        }
    }

    /// What is looked at is bounded, but for an mbox.
    #[test]
    fn what_is_behind_the_head_has_no_say(file in hostile(), more in hostile()) {
        prop_assume!(!file.starts_with(b"From ") && !file.starts_with(b"\xef\xbb\xbfFrom "));
        let head = [file, vec![b'x'; MAX_FILE_HEAD]].concat()[..MAX_FILE_HEAD].to_vec();
        prop_assert_eq!(recognize(&[&*head, &*more].concat()), recognize(&head));
    }

    #[test]
    fn a_message_in_something_is_the_message(body in "[ -~]{0,40}", prefix in "[ \t>]{1,8}") {
        let message = format!("Subject: x\r\n\r\n{body}\r\n");
        let marked = format!("\u{feff}{message}");
        prop_assert_eq!(extract(marked.as_bytes(), 1), message.as_bytes());
        let file = format!("{}\n{message}<plist>", message.len());
        prop_assert_eq!(extract(file.as_bytes(), 1), message.as_bytes());
        prop_assert_eq!(extract(&utf16(&message, false, true), 1), message.as_bytes());
        let pasted: String = message.split_inclusive('\n').map(|line| format!("{prefix}{line}")).collect();
        prop_assert_eq!(extract(pasted.as_bytes(), 1), message.as_bytes());
    }
}
