//! Replies from octets, however they come in.

use passerelle::limits;
use passerelle::smtp::{EnhancedCode, Reply, ReplyError, ReplyReader};
use proptest::prelude::*;

/// All replies in `wire`, fed in chunks of the given sizes (over and over), up to the first error.
fn read_all(wire: &[u8], chunks: &[usize]) -> Vec<Result<Reply, ReplyError>> {
    let mut reader = ReplyReader::new();
    let mut found = Vec::new();
    let mut rest = wire;
    let mut sizes = chunks.iter().cycle();
    while !rest.is_empty() {
        let size = (*sizes.next().unwrap()).clamp(1, rest.len());
        let (mut chunk, behind) = rest.split_at(size);
        rest = behind;
        while let Some(read) = reader.read(&mut chunk) {
            let failed = read.is_err();
            found.push(read);
            if failed {
                return found;
            }
        }
        assert!(chunk.is_empty(), "None means that all was taken");
    }
    found
}

/// The one reply or error, the same in one chunk, octet by octet, and in threes.
fn read_one(wire: &[u8]) -> Result<Reply, ReplyError> {
    let mut found = read_all(wire, &[usize::MAX]);
    assert_eq!(found, read_all(wire, &[1]));
    assert_eq!(found, read_all(wire, &[3]));
    assert_eq!(found.len(), 1, "{:?}", wire.escape_ascii().to_string());
    found.remove(0)
}

fn lines(text: &[&str]) -> Vec<String> {
    text.iter().map(|&line| line.to_owned()).collect()
}

#[test]
fn one_line_and_several() {
    let reply = read_one(b"250 2.1.5 Recipient ok\r\n").unwrap();
    assert_eq!((reply.code, reply.enhanced), (250, Some(EnhancedCode::new(2, 1, 5))));
    assert_eq!(reply.lines, lines(&["Recipient ok"]));

    let reply =
        read_one(b"550-5.7.26 Unauthenticated.\r\n550-5.7.26  DKIM = did not pass\r\n550 5.7.26 - gsmtp\r\n").unwrap();
    assert_eq!(reply.enhanced, Some(EnhancedCode::new(5, 7, 26)));
    assert_eq!(reply.lines, lines(&["Unauthenticated.", " DKIM = did not pass", "- gsmtp"]));
}

#[test]
fn several_replies_in_one_chunk() {
    let found = read_all(b"250 a\r\n250-b\r\n250 c\r\n354 go\r\n", &[usize::MAX]);
    let codes: Vec<u16> = found.iter().map(|reply| reply.as_ref().unwrap().code).collect();
    assert_eq!(codes, [250, 250, 354]);
}

#[test]
fn a_challenge_keeps_its_text() {
    assert_eq!(read_one(b"334 VXNlcm5hbWU6\r\n").unwrap().lines, lines(&["VXNlcm5hbWU6"]));
    assert_eq!(read_one(b"334 \r\n").unwrap().lines, lines(&[""]));
    assert_eq!(read_one(b"334 =\r\n").unwrap().lines, lines(&["="]));
}

/// RFC 5321 §4.2 tells clients to accept a code that stands alone; LF alone as a line ending is our own choice.
#[test]
fn what_servers_really_send() {
    assert_eq!(read_one(b"250\r\n").unwrap().lines, lines(&[""]));
    assert_eq!(read_one(b"250\n").unwrap().lines, lines(&[""]));
    assert_eq!(read_one(b"250-\r\n250\r\n").unwrap().lines, lines(&["", ""]));
    assert_eq!(read_one(b"250-a\n250 b\n").unwrap().lines, lines(&["a", "b"]));
    assert_eq!(read_one(b"571 no\r\n").unwrap().code, 571);
    // Text is shown and logged: neither control characters nor broken UTF-8 go on.
    assert_eq!(read_one(b"250 a\x1b[2Jb\tc\r\r\n").unwrap().lines, lines(&["a [2Jb c "]));
    assert_eq!(read_one("250 Grüße\r\n".as_bytes()).unwrap().lines, lines(&["Grüße"]));
    assert_eq!(read_one(b"250 Gr\xfc\xdfe\r\n").unwrap().lines, lines(&["Gr\u{fffd}\u{fffd}e"]));
}

/// RFC 2034 §4: the class agrees with the code. A number that does not is text.
#[test]
fn enhanced_codes_agree_with_the_code() {
    let reply = read_one(b"550 4.7.1 later\r\n").unwrap();
    assert_eq!((reply.enhanced, reply.lines), (None, lines(&["4.7.1 later"])));
    let reply = read_one(b"354 2.0.0 go\r\n").unwrap();
    assert_eq!((reply.enhanced, reply.lines), (None, lines(&["2.0.0 go"])));
    // A second code on a later line stays where it is; a line without one is no fault.
    let reply = read_one(b"550-5.1.1 a\r\n550-b\r\n550 5.7.1 c\r\n").unwrap();
    assert_eq!((reply.enhanced, reply.lines), (Some(EnhancedCode::new(5, 1, 1)), lines(&["a", "b", "5.7.1 c"])));
    let reply = read_one(b"550-first\r\n550 5.1.1 second\r\n").unwrap();
    assert_eq!((reply.enhanced, reply.lines), (Some(EnhancedCode::new(5, 1, 1)), lines(&["first", "second"])));
}

/// Found by the fuzz target `smtp_reply`: written out again, the reply was read as another one.
#[test]
fn a_control_character_behind_an_enhanced_code_is_the_space_that_it_becomes() {
    let reply = read_one(b"421 4.7.0\x1b\x1f[TSS04]\r\n").unwrap();
    assert_eq!(reply.enhanced, Some(EnhancedCode::new(4, 7, 0)));
    assert_eq!(reply.lines, lines(&[" [TSS04]"]));
}

#[test]
fn what_is_no_reply() {
    for (wire, error) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], ReplyError::NoCode),
        (b"SSH-2.0-OpenSSH_9.6\r\n", ReplyError::NoCode),
        (b"\x15\x03\x01\x00\x02\x02\x46", ReplyError::NoCode),
        (b"\r\n", ReplyError::NoCode),
        (b"\n", ReplyError::NoCode),
        (b" 250 ok\r\n", ReplyError::NoCode),
        (b"25\r\n", ReplyError::NoCode),
        (b"2a0 x\r\n", ReplyError::NoCode),
        (b"\xef\xbb\xbf220 x\r\n", ReplyError::NoCode),
        (b"100 x\r\n", ReplyError::CodeOutOfRange(100)),
        (b"199 x\r\n", ReplyError::CodeOutOfRange(199)),
        (b"600 x\r\n", ReplyError::CodeOutOfRange(600)),
        (b"000 x\r\n", ReplyError::CodeOutOfRange(0)),
        (b"999-x\r\n", ReplyError::CodeOutOfRange(999)),
        (b"250ok\r\n", ReplyError::NoSeparator),
        (b"2500 ok\r\n", ReplyError::NoSeparator),
        (b"250\tok\r\n", ReplyError::NoSeparator),
        (b"250\rok\r\n", ReplyError::NoSeparator),
        (b"250\r\0\r\n", ReplyError::NoSeparator),
        (b"250-a\r\n251 b\r\n", ReplyError::CodesDiffer { first: 250, then: 251 }),
        (b"250-a\r\n550 b\r\n", ReplyError::CodesDiffer { first: 250, then: 550 }),
        (b"250-a\r\nHello\r\n", ReplyError::NoCode),
        (b"250 a\0b\r\n", ReplyError::Nul),
        (b"25\0", ReplyError::NoCode),
    ] {
        assert_eq!(read_one(wire), Err(error), "{:?}", wire.escape_ascii().to_string());
    }
}

/// A peer that is no mail server is noticed at its first octets, not when a line of it ends (which may be never).
#[test]
fn what_is_no_reply_is_noticed_at_once() {
    for (wire, error) in [
        (&b"H"[..], ReplyError::NoCode),
        (b"\x16", ReplyError::NoCode),
        (b"199", ReplyError::CodeOutOfRange(199)),
        (b"250:", ReplyError::NoSeparator),
        (b"250-a\r\n550", ReplyError::CodesDiffer { first: 250, then: 550 }),
    ] {
        if let ReplyError::CodesDiffer { .. } = error {
            // The separator is needed before a line has a code.
            assert_eq!(read_one(&[wire, b" "].concat()), Err(error));
        } else {
            assert_eq!(read_one(wire), Err(error));
        }
    }
}

#[test]
fn a_line_has_an_end() {
    let line = |length: usize| [b"250 ".as_slice(), &vec![b'x'; length - 6], b"\r\n"].concat();
    let reply = read_one(&line(limits::MAX_REPLY_LINE)).unwrap();
    assert_eq!(reply.lines[0].len(), limits::MAX_REPLY_LINE - 6);
    assert_eq!(read_one(&line(limits::MAX_REPLY_LINE + 1)), Err(ReplyError::LineTooLong));
    // Without a line ending at all, it is noticed when the bound is passed.
    let endless = [b"250 ".as_slice(), &vec![b'x'; limits::MAX_REPLY_LINE - 3]].concat();
    assert_eq!(read_one(&endless), Err(ReplyError::LineTooLong));
}

#[test]
fn a_reply_has_an_end() {
    let continued = |lines: usize| [b"250-x\r\n".repeat(lines - 1).as_slice(), b"250 x\r\n"].concat();
    assert_eq!(read_one(&continued(limits::MAX_REPLY_LINES)).unwrap().lines.len(), limits::MAX_REPLY_LINES);
    assert_eq!(read_one(&continued(limits::MAX_REPLY_LINES + 1)), Err(ReplyError::TooManyLines));

    let long = [b"250-".as_slice(), &[b'x'; 1024 - 6], b"\r\n"].concat();
    let fits =
        [long.repeat(limits::MAX_REPLY_SIZE / 1024 - 1).as_slice(), b"250 ", &[b'x'; 1024 - 6], b"\r\n"].concat();
    assert_eq!(fits.len(), limits::MAX_REPLY_SIZE);
    assert!(read_one(&fits).is_ok());
    assert_eq!(read_one(&[&long[..], &fits].concat()), Err(ReplyError::TooLong));
}

/// After an error the reader takes nothing more, and can be used again after `clear`.
#[test]
fn an_error_stays() {
    let mut reader = ReplyReader::new();
    let mut input = &b"250-a\r\n550 b\r\n250 c\r\n"[..];
    let error = ReplyError::CodesDiffer { first: 250, then: 550 };
    assert_eq!(reader.read(&mut input), Some(Err(error)));
    let left = input;
    assert_eq!(reader.read(&mut input), Some(Err(error)));
    assert_eq!(input, left);
    assert!(!reader.is_empty());
    reader.clear();
    assert!(reader.is_empty());
    assert_eq!(reader.read(&mut &b"250 c\r\n"[..]).unwrap().unwrap().lines, lines(&["c"]));
}

#[test]
fn it_knows_whether_a_reply_has_begun() {
    let mut reader = ReplyReader::new();
    assert!(reader.is_empty());
    assert_eq!(reader.read(&mut &b"2"[..]), None);
    assert!(!reader.is_empty());
    assert_eq!(reader.read(&mut &b"50-a\r\n"[..]), None);
    assert!(!reader.is_empty());
    assert!(reader.read(&mut &b"250 b\r\n"[..]).unwrap().is_ok());
    assert!(reader.is_empty());
}

fn a_reply() -> impl Strategy<Value = Reply> {
    let enhanced = |class: u8| (0..1000u16, 0..1000u16).prop_map(move |(s, d)| EnhancedCode::new(class, s, d));
    // Text that begins like an enhanced code cannot be told from one where there is none: no digit in front.
    let text = prop::collection::vec("([ a-zA-Zéß€.-][ -~é€]{0,40})?", 1..6);
    (200..600u16, any::<bool>(), text).prop_flat_map(move |(code, has, lines)| {
        let class = (code / 100) as u8;
        let enhanced = if has && class != 3 { enhanced(class).prop_map(Some).boxed() } else { Just(None).boxed() };
        enhanced.prop_map(move |enhanced| Reply { code, enhanced, lines: lines.clone() })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read(replies in prop::collection::vec(a_reply(), 1..5), chunks in prop::collection::vec(1..40usize, 1..6)) {
        let mut wire = Vec::new();
        replies.iter().for_each(|reply| reply.write(&mut wire));
        let found: Vec<Reply> = read_all(&wire, &chunks).into_iter().map(Result::unwrap).collect();
        prop_assert_eq!(found, replies);
    }

    /// Any octets, of which those that matter are frequent, give the same in any chunks.
    #[test]
    fn chunks_have_no_say(
        pieces in prop::collection::vec(prop::sample::select(vec![
            &b"250 "[..], b"250-", b"550-5.1.1 ", b"550 5.1.1 x", b"\r\n", b"\r\n", b"\n", b"\r", b"\0", b"2", b" ",
            b"-", b"text", b"\xff", b"100 ", b"250\r",
        ]), 0..30),
        chunks in prop::collection::vec(1..12usize, 1..6),
    ) {
        let wire = pieces.concat();
        prop_assert_eq!(read_all(&wire, &[usize::MAX]), read_all(&wire, &chunks));
    }

    #[test]
    fn any_octets(wire in prop::collection::vec(any::<u8>(), 0..200), chunks in prop::collection::vec(1..12usize, 1..6)) {
        let found = read_all(&wire, &chunks);
        for reply in found.into_iter().flatten() {
            prop_assert!((200..600).contains(&reply.code));
            prop_assert!(!reply.lines.is_empty());
            prop_assert!(reply.lines.iter().all(|line| !line.contains(char::is_control)));
        }
    }
}
