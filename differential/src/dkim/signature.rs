//! Signatures that verify, in every form the RFC allows and some it does not: the oddity is in the field, never in the
//! cryptography, so that what a verifier makes of it is a matter of rules.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::canonical::{self, Hash, Key, signed_data};
use super::mutations::Signed;
use crate::random::Random;

/// The keys that sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa2048,
    Rsa1024,
    Rsa512,
    Ed25519,
}

static KEYS: LazyLock<[Key; 4]> = LazyLock::new(|| {
    [
        Key::strong(include_str!("../../../core/tests/keys/rsa2048.pem")),
        Key::weak(include_str!("../../keys/rsa1024.pem")),
        Key::weak(include_str!("../../keys/rsa512.pem")),
        Key::strong(include_str!("../../../core/tests/keys/ed25519.pem")),
    ]
});

impl KeyKind {
    pub(super) fn key(self) -> &'static Key {
        let at = match self {
            Self::Rsa2048 => 0,
            Self::Rsa1024 => 1,
            Self::Rsa512 => 2,
            Self::Ed25519 => 3,
        };
        &KEYS[at]
    }

    pub(super) fn is_rsa(self) -> bool {
        self != Self::Ed25519
    }
}

/// How a base64 value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Folded,
    Spaced,
    Unpadded,
    Corrupt,
    Empty,
}

/// A signature before it is made.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    fields: Vec<Vec<u8>>,
    body: Vec<u8>,
    pub(super) key: KeyKind,
    pub(super) hash: Hash,
    header_relaxed: bool,
    body_relaxed: bool,
    field_name: &'static str,
    domain: String,
    selector: String,
    /// What `h=` lists.
    names: Vec<String>,
    /// Tags in order; those of `bh` and `b` get their values at the end.
    tags: Vec<(String, String)>,
    /// How many octets of the canonical body are hashed, when `l=` says so.
    length: Option<usize>,
    separator: &'static str,
    equals: &'static str,
    colon: &'static str,
    end: &'static str,
    b: Form,
    bh: Form,
}

type Change = fn(&mut Draft, &mut Random);

/// What can be odd about a signature. All of these are done before it is signed.
const ODDITIES: &[(&str, Change)] = &[
    ("v:missing", |d, _| d.remove("v")),
    ("v:other", |d, r| d.set("v", r.word(&["2", "0.5", "01", "1.0", ""]))),
    ("v:last", |d, _| d.tags.rotate_left(1)),
    ("a:sha1", |d, _| {
        (d.key, d.hash) = (KeyKind::Rsa1024, Hash::Sha1);
        d.set("a", "rsa-sha1");
    }),
    ("a:case", |d, _| d.set_with("a", |a| a.to_uppercase())),
    ("a:unknown", |d, r| d.set("a", r.word(&["rsa-sha512", "rsa", "", "dsa-sha256", "sha256-rsa", "rsa-sha256:x"]))),
    ("a:missing", |d, _| d.remove("a")),
    ("key:512", |d, _| d.rsa(KeyKind::Rsa512)),
    ("key:1024", |d, _| d.rsa(KeyKind::Rsa1024)),
    ("c:case", |d, _| d.set_with("c", |c| c.to_uppercase())),
    ("c:unknown", |d, r| {
        d.set("c", r.word(&["nowsp", "relaxed/nowsp", "relaxed/", "/relaxed", "", "simple/simple/simple"]))
    }),
    ("c:spaced", |d, _| d.set_with("c", |c| c.replace('/', " / "))),
    ("d:case", |d, _| d.set("d", "Example.COM")),
    ("d:dot", |d, _| d.set("d", "example.com.")),
    ("d:other", |d, r| {
        d.set("d", r.word(&["", "com", "example..com", "example.com/", "exa mple.com", ".example.com"]))
    }),
    ("d:missing", |d, _| d.remove("d")),
    ("s:dotted", |d, _| d.selector("a.b")),
    ("s:case", |d, _| d.set_with("s", |s| s.to_uppercase())),
    ("s:underscore", |d, _| d.selector("a_b")),
    ("s:other", |d, r| d.set("s", r.word(&["", "a..b", ".a", "a b", "a."]))),
    ("s:missing", |d, _| d.remove("s")),
    ("h:missing", |d, _| d.remove("h")),
    ("h:empty", |d, _| d.names.clear()),
    ("h:no-from", |d, _| d.names.retain(|name| !name.eq_ignore_ascii_case("from"))),
    ("h:oversigned", |d, _| d.names.extend(["From", "Subject", "Reply-To"].map(String::from))),
    ("h:duplicated", |d, _| d.names = d.names.iter().flat_map(|name| [name.clone(), name.clone()]).collect()),
    ("h:absent-fields", |d, _| d.names.insert(0, "X-Not-There".into())),
    ("h:case", |d, _| d.names.iter_mut().for_each(|name| *name = name.to_uppercase())),
    ("h:itself", |d, _| d.names.push("DKIM-Signature".into())),
    ("h:spaced", |d, r| d.colon = r.word(&[" : ", " :", ": ", ":\r\n\t", "\r\n : "])),
    ("h:empty-item", |d, r| d.names.insert(r.below(d.names.len() + 1), String::new())),
    ("h:trailing-colon", |d, _| d.names.push(String::new())),
    ("i:domain", |d, _| d.add("i", "@example.com")),
    ("i:address", |d, r| d.add("i", r.word(&["joe@example.com", "joe=20smith@example.com", "joe+x@EXAMPLE.com"]))),
    ("i:subdomain", |d, r| d.add("i", r.word(&["@sub.example.com", "joe@a.b.example.com"]))),
    ("i:other", |d, r| d.add("i", r.word(&["@example.org", "joe@notexample.com", "@com"]))),
    ("i:malformed", |d, r| d.add("i", r.word(&["", "joe", "example.com", "joe@", "sub.example.com"]))),
    ("i:quoted-at", |d, r| d.add("i", r.word(&["a=40b@example.com", "\"a@b\"@example.com", "joe@example=2Ecom"]))),
    ("q:dns", |d, _| d.add("q", "dns/txt")),
    ("q:several", |d, r| d.add("q", r.word(&["dns/txt:http/x", "http/x:dns/txt", "dns/txt : dns/x"]))),
    ("q:case", |d, _| d.add("q", "DNS/TXT")),
    ("q:dns-alone", |d, _| d.add("q", "dns")),
    ("q:unknown", |d, r| d.add("q", r.word(&["http/x", "", "dns/x"]))),
    ("t:past", |d, _| d.add("t", "1500000000")),
    ("t:future", |d, _| d.add("t", "4000000000")),
    ("t:malformed", |d, r| d.add("t", r.word(&["", "soon", "-1", "1.5", "15 00"]))),
    ("t:long", |d, _| d.add("t", "0000000001500000000")),
    ("x:past", |d, _| d.add("x", "1600000000")),
    ("x:future", |d, _| d.add("x", "4000000000")),
    ("x:long", |d, _| d.add("x", "9999999999999999999999")),
    ("x:zero", |d, _| d.add("x", "0")),
    ("x:malformed", |d, r| d.add("x", r.word(&["", "never", "-1", "0x70000000"]))),
    ("x:before-t", |d, _| {
        d.add("t", "1500000000");
        d.add("x", "1400000000");
    }),
    ("x:equals-t", |d, _| {
        d.add("t", "1500000000");
        d.add("x", "1500000000");
    }),
    ("x:after-t", |d, _| {
        d.add("t", "1500000000");
        d.add("x", "4100000000");
    }),
    ("l:exact", |d, _| d.with_length(|whole| whole)),
    ("l:short", |d, r| d.with_length(|whole| r.below(whole + 1))),
    ("l:zero", |d, _| d.with_length(|_| 0)),
    ("l:beyond", |d, _| d.add("l", "100000")),
    ("l:huge", |d, _| d.add("l", &"9".repeat(70))),
    ("l:malformed", |d, r| d.add("l", r.word(&["", "all", "-1", "1e3", "+5"]))),
    ("z:copied", |d, _| d.add("z", "From:joe@example.com|Subject:a=20b")),
    ("tag:unknown", |d, r| d.insert(r, "xyz", "any thing")),
    ("tag:unknown-empty", |d, r| d.insert(r, "y", "")),
    ("tag:ends-in-b", |d, _| d.tags.insert(0, ("xb".into(), "AAAA".into()))),
    ("tag:duplicate", |d, r| {
        let (name, value) = r.pick(&d.tags).clone();
        d.tags.insert(0, (name, value));
    }),
    ("tag:upper-case", |d, _| d.rename("s", "S")),
    ("tag:order", |d, r| {
        let by = r.below(d.tags.len());
        d.tags.rotate_left(by);
    }),
    ("tag:name-malformed", |d, r| {
        let name = r.word(&["1a", "a-b", "", "_a"]);
        d.insert(r, name, "x");
    }),
    ("list:trailing-semicolon", |d, _| d.end = ";"),
    ("list:trailing-space", |d, _| d.end = "; "),
    ("list:trailing-fold", |d, _| d.end = ";\r\n "),
    ("list:double-semicolon", |d, _| d.end = ";;"),
    ("list:no-equals", |d, _| d.end = "; rubbish"),
    ("list:empty-part", |d, _| d.separator = ";;"),
    ("list:tight", |d, _| d.separator = ";"),
    ("list:folded", |d, r| d.separator = r.word(&[";\r\n\t", ";\r\n ", " ; ", "; \r\n \t"])),
    ("list:spaced-equals", |d, r| d.equals = r.word(&[" = ", "= ", " =", " =\r\n "])),
    ("name:case", |d, r| d.field_name = r.word(&["dkim-signature", "DKIM-SIGNATURE", "Dkim-Signature"])),
    ("b:folded", |d, _| d.b = Form::Folded),
    ("b:spaced", |d, _| d.b = Form::Spaced),
    ("b:unpadded", |d, _| d.b = Form::Unpadded),
    ("b:corrupt", |d, _| d.b = Form::Corrupt),
    ("b:empty", |d, _| d.b = Form::Empty),
    ("b:missing", |d, _| d.remove("b")),
    ("bh:folded", |d, _| d.bh = Form::Folded),
    ("bh:spaced", |d, _| d.bh = Form::Spaced),
    ("bh:unpadded", |d, _| d.bh = Form::Unpadded),
    ("bh:corrupt", |d, _| d.bh = Form::Corrupt),
    ("bh:empty", |d, _| d.bh = Form::Empty),
    ("bh:missing", |d, _| d.remove("bh")),
];

/// Drafts a signature of the message; two in five have nothing odd about them but their canonicalization.
pub(super) fn draft(random: &mut Random, traits: &mut Vec<&'static str>, fields: Vec<Vec<u8>>, body: Vec<u8>) -> Draft {
    let key = if random.one_in(3) { KeyKind::Ed25519 } else { KeyKind::Rsa2048 };
    let canonicalization: &[(&str, bool, bool)] = &[
        ("relaxed/relaxed", true, true),
        ("relaxed/simple", true, false),
        ("simple/relaxed", false, true),
        ("simple/simple", false, false),
        ("relaxed", true, false),
        ("simple", false, false),
        ("", false, false),
    ];
    let &(c, header_relaxed, body_relaxed) = random.pick(canonicalization);
    let mut names = vec!["From".to_owned()];
    for field in &fields {
        let name = String::from_utf8_lossy(&field[..field.iter().position(|&b| b == b':').unwrap_or(0)]);
        if !random.one_in(3) {
            names.push(name.trim().to_owned());
        }
    }
    let algorithm = if key.is_rsa() { "rsa-sha256" } else { "ed25519-sha256" };
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut tags = vec![tag("v", "1"), tag("a", algorithm)];
    tags.extend((!c.is_empty()).then(|| tag("c", c)));
    tags.extend([tag("d", "example.com"), tag("s", "sel"), tag("h", ""), tag("bh", ""), tag("b", "")]);
    let mut draft = Draft {
        fields,
        body,
        key,
        hash: Hash::Sha256,
        header_relaxed,
        body_relaxed,
        field_name: "DKIM-Signature",
        domain: "example.com".into(),
        selector: "sel".into(),
        names,
        tags,
        length: None,
        separator: "; ",
        equals: "=",
        colon: ":",
        end: "",
        b: Form::Plain,
        bh: Form::Plain,
    };
    let count = *random.pick(&[0, 0, 1, 1, 2]);
    for _ in 0..count {
        let (name, change) = *random.pick(ODDITIES);
        change(&mut draft, random);
        traits.push(name);
    }
    draft
}

impl Draft {
    /// Where the key is.
    pub(super) fn key_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// The message with its signature in front.
    pub(super) fn sign(mut self, random: &mut Random) -> Signed {
        let mut body = canonical::body(&self.body, self.body_relaxed);
        body.truncate(self.length.unwrap_or(body.len()));
        let body_hash = written(&self.hash.of(&body), self.bh, random);
        let names = self.names.join(self.colon);
        self.set("bh", &body_hash);
        self.set("h", &names);

        // `b=` may stand anywhere; what is around its value is kept apart.
        let mut halves = [format!("{}:", self.field_name), String::new()];
        let mut half = 0;
        for (at, (name, value)) in self.tags.iter().enumerate() {
            let before = if at == 0 { " " } else { self.separator };
            halves[half] += &format!("{before}{name}{}", self.equals);
            if name == "b" {
                // White space around the value goes with it (RFC 6376 §3.5).
                half = 1;
            } else {
                halves[half] += value;
            }
        }
        halves[half] += self.end;
        let [before, after] = halves;
        let space = [' ', '\t', '\r', '\n'];
        let own = match self.names_b() {
            true => format!("{}{}", before.trim_end_matches(space), after.trim_start_matches(space)),
            false => before.clone(),
        };
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let data = signed_data(&self.fields, &names, own.as_bytes(), self.header_relaxed);
        let signature = self.key.key().sign(self.hash, &self.hash.of(&data));
        let b = if self.names_b() { written(&signature, self.b, random) } else { String::new() };
        let own = format!("{before}{b}{after}\r\n").into_bytes();
        let fields = [vec![own], self.fields].concat();
        Signed { fields, separator: b"\r\n".to_vec(), body: self.body }
    }

    fn names_b(&self) -> bool {
        self.tags.iter().any(|(name, _)| name == "b")
    }

    fn rsa(&mut self, key: KeyKind) {
        (self.key, self.hash) = (key, Hash::Sha256);
        self.set("a", "rsa-sha256");
    }

    fn selector(&mut self, selector: &str) {
        self.selector = selector.to_owned();
        self.set("s", selector);
    }

    fn with_length(&mut self, of_whole: impl FnOnce(usize) -> usize) {
        let length = of_whole(canonical::body(&self.body, self.body_relaxed).len());
        self.length = Some(length);
        self.add("l", &length.to_string());
    }

    /// Sets the values of all tags of this name.
    fn set(&mut self, name: &str, value: &str) {
        self.set_with(name, |_| value.to_owned());
    }

    fn set_with(&mut self, name: &str, change: impl Fn(&str) -> String) {
        self.tags.iter_mut().filter(|tag| tag.0 == name).for_each(|tag| tag.1 = change(&tag.1));
    }

    /// Adds a tag behind the first, or sets it.
    fn add(&mut self, name: &str, value: &str) {
        if self.tags.iter().any(|tag| tag.0 == name) {
            self.set(name, value);
        } else {
            self.tags.insert(1.min(self.tags.len()), (name.to_owned(), value.to_owned()));
        }
    }

    fn insert(&mut self, random: &mut Random, name: &str, value: &str) {
        let at = random.below(self.tags.len() + 1);
        self.tags.insert(at, (name.to_owned(), value.to_owned()));
    }

    fn remove(&mut self, name: &str) {
        self.tags.retain(|tag| tag.0 != name);
    }

    fn rename(&mut self, from: &str, to: &str) {
        self.tags.iter_mut().filter(|tag| tag.0 == from).for_each(|tag| tag.0 = to.to_owned());
    }
}

/// A value in base64.
fn written(octets: &[u8], form: Form, random: &mut Random) -> String {
    let plain = STANDARD.encode(octets);
    let at = 1 + random.below(plain.len() - 1);
    match form {
        Form::Plain => plain,
        Form::Folded => format!("{}\r\n\t{}", &plain[..at], &plain[at..]),
        Form::Spaced => format!(" {} {} ", &plain[..at], &plain[at..]),
        Form::Unpadded => STANDARD_NO_PAD.encode(octets),
        Form::Corrupt => format!("{}*{}", &plain[..at], &plain[at..]),
        Form::Empty => String::new(),
    }
}
