//! Key records: the right key in every form, and the wrong ones.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::EncodePublicKey;

use super::Key as Answer;
use super::canonical::Key;
use super::signature::{Draft, KeyKind};
use crate::random::Random;

/// A key record in the making.
struct Record {
    tags: Vec<(&'static str, String)>,
    separator: &'static str,
    equals: &'static str,
    end: &'static str,
    /// The other records under the name, in front of this and behind.
    before: Vec<Vec<u8>>,
    after: Vec<Vec<u8>>,
}

type Change = fn(&mut Record, &mut Random);

const ODDITIES: &[(&str, Change)] = &[
    ("key:no-v", |d, _| d.remove("v")),
    ("key:v-other", |d, r| d.set("v", r.word(&["DKIM2", "dkim1", "", "DKIM1.0"]))),
    ("key:v-last", |d, _| d.tags.rotate_left(1)),
    ("key:k-case", |d, _| d.set_with("k", |k| k.to_uppercase())),
    ("key:k-unknown", |d, r| d.set("k", r.word(&["dsa", "", "rsa:ed25519", "ed448"]))),
    ("key:k-missing", |d, _| d.remove("k")),
    ("key:h-sha256", |d, _| d.add("h", "sha256")),
    ("key:h-both", |d, r| d.add("h", r.word(&["sha1:sha256", "sha256 : sha1", "sha256:sha512"]))),
    ("key:h-sha1", |d, _| d.add("h", "sha1")),
    ("key:h-other", |d, r| d.add("h", r.word(&["sha512", "", "SHA256"]))),
    ("key:s-email", |d, r| d.add("s", r.word(&["email", "*", "email:*", "other:email", "email : other"]))),
    ("key:s-other", |d, r| d.add("s", r.word(&["other", "tlsrpt", "", "web:tlsrpt"]))),
    ("key:s-case", |d, _| d.add("s", "EMAIL")),
    ("key:t-y", |d, _| d.add("t", "y")),
    ("key:t-s", |d, r| d.add("t", r.word(&["s", "y:s", "s:y", "s : x"]))),
    ("key:t-unknown", |d, r| d.add("t", r.word(&["x", "", "ys", "n:o"]))),
    ("key:g", |d, r| d.add("g", r.word(&["*", "", "joe", "someone"]))),
    ("key:n", |d, r| d.add("n", r.word(&["a note", "a=3Bb", "50=25", "caf\u{e9}"]))),
    ("key:unknown-tag", |d, _| d.add("zz", "1")),
    ("key:p-empty", |d, _| d.set("p", "")),
    ("key:p-missing", |d, _| d.remove("p")),
    ("key:p-spaced", |d, _| d.set_with("p", |p| format!("{} {}", &p[..9], &p[9..]))),
    ("key:p-unpadded", |d, _| d.set_with("p", |p| p.trim_end_matches('=').to_owned())),
    ("key:p-corrupt", |d, r| d.set("p", r.word(&["*", "AAAA", "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKB", "="]))),
    ("key:p-trailing", |d, _| d.set_with("p", |p| format!("{}AAAA", p.trim_end_matches('=')))),
    ("key:p-first", |d, _| d.tags.rotate_right(1)),
    ("key:tight", |d, _| d.separator = ";"),
    ("key:spaced", |d, _| (d.separator, d.equals) = (" ; ", " = ")),
    ("key:trailing-semicolon", |d, r| d.end = r.word(&[";", "; ", " ;"])),
    ("key:double-semicolon", |d, _| d.separator = ";;"),
    ("key:no-equals", |d, _| d.end = "; rubbish"),
    ("key:duplicate-tag", |d, _| {
        let k = d.tags[0].clone();
        d.tags.push(k);
    }),
    ("key:upper-case-tag", |d, _| {
        d.tags.iter_mut().filter(|tag| tag.0 == "p").for_each(|tag| tag.0 = "P");
    }),
    ("key:records-behind", |d, _| d.after.push(b"v=spf1 -all".to_vec())),
    ("key:records-before", |d, _| d.before.push(b"verification=123".to_vec())),
    ("key:two-keys", |d, _| d.before.push(b"v=DKIM1; k=rsa; p=".to_vec())),
];

/// What the DNS says: the right key, most often in plain form.
pub(super) fn answer(random: &mut Random, traits: &mut Vec<&'static str>, draft: &Draft) -> Answer {
    match random.below(60) {
        0 => {
            traits.push("dns:missing");
            return Answer::Missing;
        }
        1 => {
            traits.push("dns:failed");
            return Answer::Failed;
        }
        2 => {
            traits.push("dns:garbage");
            let garbage: &[&[u8]] = &[b"", b" ", b"hello", b"p", b"=", b";", b"v=DKIM1", b"v=DKIM1;", b"\xff\xfe"];
            return Answer::Records(vec![random.pick(garbage).to_vec()]);
        }
        _ => {}
    }
    let wrong = random.one_in(30);
    if wrong {
        traits.push("key:wrong");
    }
    let kind = match draft.key {
        KeyKind::Ed25519 if wrong => KeyKind::Rsa2048,
        KeyKind::Rsa2048 if wrong => *random.pick(&[KeyKind::Rsa1024, KeyKind::Ed25519]),
        _ if wrong => KeyKind::Rsa2048,
        right => right,
    };
    let (k, p) = public(random, traits, kind);
    let mut record = Record {
        tags: vec![("v", "DKIM1".into()), ("k", k.into()), ("p", p)],
        separator: "; ",
        equals: "=",
        end: "",
        before: Vec::new(),
        after: Vec::new(),
    };
    if random.one_in(3) {
        let (name, change) = *random.pick(ODDITIES);
        change(&mut record, random);
        traits.push(name);
    }
    Answer::Records(record.written())
}

/// `k=` and `p=`. An RSA key is a SubjectPublicKeyInfo or, as RFC 6376 §3.6.1 says, an RSAPublicKey.
fn public(random: &mut Random, traits: &mut Vec<&'static str>, kind: KeyKind) -> (&'static str, String) {
    match kind.key() {
        Key::Strong(key) if kind == KeyKind::Ed25519 => ("ed25519", key.public_key()),
        Key::Strong(key) => ("rsa", key.public_key()),
        Key::Weak(key) if random.one_in(3) => {
            traits.push("key:pkcs1");
            let der = key.to_public_key().to_pkcs1_der().expect("a valid key").into_vec();
            ("rsa", STANDARD.encode(der))
        }
        Key::Weak(key) => {
            let der = key.to_public_key().to_public_key_der().expect("a valid key").into_vec();
            ("rsa", STANDARD.encode(der))
        }
    }
}

impl Record {
    fn set(&mut self, name: &str, value: &str) {
        self.set_with(name, |_| value.to_owned());
    }

    fn set_with(&mut self, name: &str, change: impl Fn(&str) -> String) {
        self.tags.iter_mut().filter(|tag| tag.0 == name).for_each(|tag| tag.1 = change(&tag.1));
    }

    fn add(&mut self, name: &'static str, value: &str) {
        self.tags.insert(1, (name, value.to_owned()));
    }

    fn remove(&mut self, name: &str) {
        self.tags.retain(|tag| tag.0 != name);
    }

    fn written(self) -> Vec<Vec<u8>> {
        let tags: Vec<String> = self.tags.iter().map(|(name, value)| format!("{name}{}{value}", self.equals)).collect();
        let own = format!("{}{}", tags.join(self.separator), self.end).into_bytes();
        [self.before, vec![own], self.after].concat()
    }
}
