//! The envelope of a stored message, as the receiving server noted it in `Received` and `Return-Path`.

use std::net::{IpAddr, Ipv6Addr};

use super::header::{Field, Header};
use super::unfold;
use crate::mailbox::{Address, Cursor, ReversePath, is_wsp, parse_address_list};

/// What the header section says about the envelope: hints for a check by hand, not evidence. Whoever wrote the message
/// can have written them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The name the client gave in HELO or EHLO.
    pub helo: Option<String>,
    /// The reverse-path without angle brackets; empty for `<>`.
    pub mail_from: Option<String>,
    /// Where each of these comes from, in words.
    pub sources: Vec<String>,
}

/// Takes the client's address and HELO name from the topmost `Received` field that has an address, and the
/// reverse-path from the topmost `Return-Path` that parses.
///
/// The forms of Postfix, Exim, Sendmail, qmail, Exchange and Gmail are understood; they agree on little more than
/// RFC 5321 §4.4.
pub fn envelope(header: &Header) -> Envelope {
    let mut found = Envelope::default();
    let received = header.named("received").enumerate().find_map(|(i, field)| client(field).map(|client| (i, client)));
    if let Some((index, client)) = received {
        let which = index + 1;
        found.ip = Some(client.ip);
        found.sources.push(format!("client address {} from Received field {which}", client.ip));
        if let Some(helo) = client.helo {
            found.sources.push(format!("HELO name {helo} from Received field {which}"));
            found.helo = Some(helo);
        }
    }
    let path = header.named("return-path").enumerate().find_map(|(i, field)| return_path(field).map(|path| (i, path)));
    if let Some((index, path)) = path {
        found.sources.push(format!("reverse-path <{path}> from Return-Path field {}", index + 1));
        found.mail_from = Some(path);
    }
    found
}

/// The path, or what some software writes in its place: an address as in other fields, maybe without brackets.
fn return_path(field: Field<'_>) -> Option<String> {
    let value = unfold(field.value());
    let text = str::from_utf8(&value).ok()?.trim_matches(is_wsp);
    if let Ok(path) = ReversePath::parse(text) {
        return Some(path.mailbox().map(ToString::to_string).unwrap_or_default());
    }
    match parse_address_list(text).ok()?.as_slice() {
        [Address::Mailbox(only)] => Some(only.mailbox.to_string()),
        _ => None,
    }
}

/// The client's address, if the field has one.
pub(super) fn client_address(field: Field<'_>) -> Option<IpAddr> {
    client(field).map(|client| client.ip)
}

struct Client {
    ip: IpAddr,
    helo: Option<String>,
}

/// The From-domain and the parts behind it, up to `by`.
fn client(field: Field<'_>) -> Option<Client> {
    let value = unfold(field.value());
    let text = str::from_utf8(&value).ok()?;
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return None;
    }
    let mut cursor = Cursor::new(text);
    cursor.skip_cfws().ok()?;
    if !word(&mut cursor).eq_ignore_ascii_case("from") {
        return None;
    }
    let (mut name, mut ip, mut helo) = (None, None, None);
    loop {
        cursor.take_while(is_wsp);
        if cursor.eat('(') {
            let comment = Comment::read(cursor.comment().ok()?);
            ip = ip.or(comment.ip);
            helo = helo.or(comment.helo);
            continue;
        }
        let word = word(&mut cursor);
        if word.is_empty() || word.eq_ignore_ascii_case("by") {
            break;
        }
        match name {
            None => name = Some(word),
            // RFC 5321 §4.4 wants TCP-info in parentheses; some leave them out.
            Some(_) => ip = ip.or_else(|| bracketed(word)),
        }
    }
    let name = name?;
    // Where the client gave no name, or Exim could not find one, the address stands in its place.
    let ip = ip.or_else(|| bracketed(name))?;
    Some(Client { ip, helo: helo.or_else(|| Some(name.to_owned())) })
}

/// Up to white space, a comment or the semicolon before the date.
fn word<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    cursor.take_while(|c| !is_wsp(c) && !matches!(c, '(' | ')' | ';'))
}

/// What a comment behind the From-domain says.
#[derive(Default)]
struct Comment {
    ip: Option<IpAddr>,
    helo: Option<String>,
}

impl Comment {
    fn read(text: &str) -> Self {
        let mut words = text.split(is_wsp).filter(|w| !w.is_empty());
        let first = words.next().unwrap_or_default();
        // qmail: (HELO name)
        if first.eq_ignore_ascii_case("HELO") || first.eq_ignore_ascii_case("EHLO") {
            return Self { ip: None, helo: words.next().map(str::to_owned) };
        }
        // Exim: ([192.0.2.1]:25 helo=name ident=user). What the client says must not be taken for its address.
        let claims = text.find("helo=").into_iter().chain(text.find("ident=")).min().unwrap_or(text.len());
        let (observed, claimed) = text.split_at(claims);
        let helo = claimed.split_once("helo=").and_then(|(_, rest)| rest.split(is_wsp).next());
        // Exchange and qmail: (192.0.2.1), qmail with ident: (user@192.0.2.1).
        let bare = || address(first.rsplit('@').next().unwrap_or_default()).filter(|_| claims == text.len());
        Self {
            ip: last_bracketed(observed).or_else(bare),
            helo: helo.filter(|name| !name.is_empty()).map(str::to_owned),
        }
    }
}

/// The last address in square brackets: names may precede it, and they come from the client or its DNS.
fn last_bracketed(text: &str) -> Option<IpAddr> {
    let mut found = None;
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('[') {
        let (inside, behind) = behind.split_once(']')?;
        found = address(inside).or(found);
        rest = behind;
    }
    found
}

/// `[192.0.2.1]`, maybe with a port behind it.
fn bracketed(word: &str) -> Option<IpAddr> {
    let (inside, _) = word.strip_prefix('[')?.split_once(']')?;
    address(inside)
}

/// An address with or without the tag of RFC 5321 §4.1.3. An IPv4-mapped one is what it stands for.
fn address(text: &str) -> Option<IpAddr> {
    let tagged = text.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case("IPv6:"));
    let text = if tagged { text.get(5..)? } else { text };
    // A zone means something only on the host that wrote it.
    let text = text.split('%').next().unwrap_or_default();
    match tagged {
        true => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        false => text.parse().ok(),
    }
    .map(|ip: IpAddr| ip.to_canonical())
}
