//! What servers note of the envelope in `Received` and `Return-Path`: whoever wrote the message can have written it.
//!
//! The forms of Postfix, Exim, Sendmail, qmail, Exchange and Gmail are understood; they agree on little more than
//! RFC 5321 §4.4.

use std::net::{IpAddr, Ipv6Addr};

use super::header::Field;
use super::unfold;
use crate::mailbox::{Address, Cursor, ReversePath, is_wsp, parse_address_list};

/// The path, or what some software writes in its place: an address as in other fields, maybe without brackets.
pub(crate) fn return_path(field: Field<'_>) -> Option<String> {
    let value = unfold(field.value());
    let text = str::from_utf8(&value).ok()?.trim_matches(is_wsp);
    let inside = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
    if let Some(Ok(path)) = inside.map(ReversePath::written) {
        return Some(path);
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

/// The SMTP client that a `Received` field tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) ip: IpAddr,
    pub(crate) helo: Option<String>,
}

/// Whether the field says that the message came from another host, whether or not it can be read which.
pub(crate) fn has_from_clause(field: Field<'_>) -> bool {
    let value = unfold(field.value());
    let text = String::from_utf8_lossy(&value);
    let mut cursor = Cursor::new(&text);
    cursor.skip_cfws().is_ok() && word(&mut cursor).eq_ignore_ascii_case("from")
}

/// The From-domain and the parts behind it, up to `by`.
pub(crate) fn client(field: Field<'_>) -> Option<Client> {
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
