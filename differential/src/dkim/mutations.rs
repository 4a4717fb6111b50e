//! What happens to a message between signer and verifier.

use crate::random::Random;

/// A signed message on its way.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    /// With their CRLFs; the signature is the first.
    pub(super) fields: Vec<Vec<u8>>,
    /// What stands between header and body.
    pub(super) separator: Vec<u8>,
    pub(super) body: Vec<u8>,
}

impl Signed {
    pub(super) fn octets(&self) -> Vec<u8> {
        [self.fields.concat(), self.separator.clone(), self.body.clone()].concat()
    }

    /// Replaces the value of one field other than the signature.
    fn change_field(&mut self, random: &mut Random, change: impl FnOnce(&[u8]) -> Vec<u8>) {
        let at = 1 + random.below(self.fields.len() - 1);
        self.fields[at] = change(&self.fields[at]);
    }
}

type Change = fn(&mut Signed, &mut Random);

const MUTATIONS: &[(&str, Change)] = &[
    ("way:body-octet", |s, r| {
        if !s.body.is_empty() {
            let at = r.below(s.body.len());
            // A letter, so that no end of line is made or broken other than by losing it.
            s.body[at] = b'Z';
        }
    }),
    ("way:body-appended", |s, _| s.body.extend(b"--\r\nfooter\r\n")),
    ("way:body-blank-lines", |s, _| s.body.extend(b"\r\n\r\n")),
    ("way:body-cut", |s, r| s.body.truncate(r.below(s.body.len() + 1))),
    ("way:body-space", |s, r| {
        let at = r.below(s.body.len() + 1);
        s.body.splice(at..at, *b"  ");
    }),
    ("way:field-octet", |s, r| s.change_field(r, |f| f.to_ascii_uppercase())),
    ("way:field-name-case", |s, r| {
        s.change_field(r, |f| {
            let colon = f.iter().position(|&b| b == b':').unwrap_or(0);
            [f[..colon].to_ascii_uppercase(), f[colon..].to_vec()].concat()
        });
    }),
    ("way:field-folded", |s, r| {
        s.change_field(r, |f| {
            let text = String::from_utf8_lossy(f).into_owned();
            if text.is_ascii() { text.replacen(", ", ",\r\n ", 1).into_bytes() } else { f.to_vec() }
        });
    }),
    ("way:field-spaces", |s, r| s.change_field(r, |f| [&f[..f.len() - 2], b"  \r\n"].concat())),
    ("way:field-removed", |s, r| {
        let at = 1 + r.below(s.fields.len() - 1);
        // A message without From is another question.
        if !s.fields[at].to_ascii_lowercase().starts_with(b"from") {
            s.fields.remove(at);
        }
    }),
    ("way:received", |s, _| s.fields.insert(0, b"Received: from x by y; Mon, 6 Oct 2025 10:00:00 +0000\r\n".to_vec())),
    ("way:subject-added", |s, _| s.fields.insert(0, b"Subject: another\r\n".to_vec())),
    ("way:subject-below", |s, _| s.fields.push(b"Subject: another\r\n".to_vec())),
    ("way:from-added", |s, _| s.fields.insert(0, b"From: Eve <eve@example.org>\r\n".to_vec())),
    ("way:signature-space", |s, _| {
        let own = &mut s.fields[0];
        let end = own.len() - 2;
        own.splice(end..end, *b" ");
    }),
    ("way:signature-last", |s, _| s.fields.rotate_left(1)),
    ("way:signature-octet", |s, r| {
        let own = &mut s.fields[0];
        let at = own.len() - 3 - r.below(20);
        if own[at].is_ascii_alphanumeric() {
            own[at] = if own[at] == b'A' { b'B' } else { b'A' };
        }
    }),
    ("way:no-body", |s, _| {
        s.separator.clear();
        s.body.clear();
    }),
];

/// Two messages in five meet with something on their way.
pub(super) fn apply(random: &mut Random, traits: &mut Vec<&'static str>, signed: &mut Signed) {
    if random.below(5) < 2 {
        let (name, change) = *random.pick(MUTATIONS);
        change(signed, random);
        traits.push(name);
    }
}
