//! Messages of a given size, made from a seed, signed and unsigned.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use passerelle::crypto::SigningKey;
use passerelle::dkim::{Canonicalization, Signer, Signing};
use passerelle::message::Header;
use passerelle::{Domain, UnixTime};

/// The RSA-2048 key of every signature, in PKCS#8 and in PKCS#1. It is one of core's test keys.
pub const KEY: &str = include_str!("../../core/tests/keys/rsa2048.pem");
/// The same key.
pub const KEY_PKCS1: &str = include_str!("../../core/tests/keys/rsa2048-pkcs1.pem");
/// When messages are signed and verified.
pub const NOW: UnixTime = UnixTime(1_700_000_000);

/// The sizes that are measured, in octets.
pub const SIZES: [(&str, usize); 5] =
    [("2 KB", 2_000), ("10 KB", 10_000), ("100 KB", 100_000), ("1 MB", 1_000_000), ("10 MB", 10_000_000)];

/// What a body is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Paragraphs of words: the relaxed form is the same.
    Text,
    /// The lines of an attachment.
    Base64,
    /// Words with some octets encoded, in lines that are joined again: the relaxed form is the same.
    QuotedPrintable,
    /// The same of indented text with two spaces between sentences: the relaxed form differs here and there.
    QuotedPrintableChanged,
    /// Indented tags: the relaxed form differs at most line starts.
    Html,
    /// White space at the end of every line and several kinds of it between words: every line changes.
    Changed,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Text, Self::Base64, Self::QuotedPrintable, Self::QuotedPrintableChanged, Self::Html, Self::Changed];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Text => "plain",
            Self::Base64 => "base64",
            Self::QuotedPrintable => "quoted-printable",
            Self::QuotedPrintableChanged => "quoted-printable, changed",
            Self::Html => "HTML",
            Self::Changed => "every line changes",
        })
    }
}

/// A message of about `size` octets without a signature.
pub fn unsigned(kind: Kind, size: usize) -> Vec<u8> {
    let mut message = HEADER.replace('\n', "\r\n").into_bytes();
    message.extend_from_slice(b"\r\n");
    let mut random = Random(7);
    while message.len() < size {
        match kind {
            Kind::Text => text_line(&mut random, &mut message),
            Kind::Base64 => message.extend((0..76).map(|_| random.octet(b"ABCDEFGHabcdefgh01234567+/"))),
            Kind::QuotedPrintable => quoted_line(&mut random, &mut message, b" "),
            Kind::QuotedPrintableChanged => {
                message.extend(std::iter::repeat_n(b' ', 4 * random.below(3)));
                quoted_line(&mut random, &mut message, b"  ");
            }
            Kind::Html => html_line(&mut random, &mut message),
            Kind::Changed => changed_line(&mut random, &mut message),
        }
        message.extend_from_slice(b"\r\n");
    }
    message
}

/// The same with `signatures` signatures in front, each by the same key.
pub fn signed(kind: Kind, size: usize, canonicalization: Canonicalization, signatures: usize) -> Vec<u8> {
    let plain = unsigned(kind, size);
    let mut signer = signer().canonicalization(canonicalization, canonicalization);
    for _ in 1..signatures {
        signer = signer.key("sel", key()).expect("the selector is valid");
    }
    let (header, body) = Header::split(&plain);
    let mut signing = Signing::new(&Arc::new(signer), &header, NOW).expect("the message can be signed");
    signing.body(body);
    [signing.finish().expect("the key works"), plain].concat()
}

/// The domain's signer with one key and the default settings.
pub fn signer() -> Signer {
    let domain = Domain::parse("example.com").expect("a domain");
    Signer::new(domain).key("sel", key()).expect("the selector is valid")
}

/// The private key.
pub fn key() -> SigningKey {
    SigningKey::from_pem(KEY).expect("the test key is a key")
}

/// The private key as a DER RSAPrivateKey.
pub fn key_pkcs1() -> Vec<u8> {
    let text: String = KEY_PKCS1.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(text).expect("the test key is base64")
}

/// A message's header section as it is after two hops.
const HEADER: &str = "\
Received: from mx.example.net (mx.example.net [192.0.2.25])
\tby mail.example.org (Postfix) with ESMTPS id 4Zq8cK3x1Fz9sT1
\tfor <bob@example.org>; Tue, 14 Nov 2023 22:13:21 +0000 (UTC)
Received: from [198.51.100.7] (unknown [198.51.100.7])
\tby mx.example.net (Postfix) with ESMTPSA id 5C0FD1A2B3C
\tfor <bob@example.org>; Tue, 14 Nov 2023 22:13:19 +0000 (UTC)
From: Ann Example <ann@example.com>
To: Bob Example <bob@example.org>, \"Carol, of the other office\" <carol@example.org>
Cc: dave@example.net
Subject: Minutes of the meeting on the second Tuesday,
 with the list of what is still to be done
Date: Tue, 14 Nov 2023 22:13:18 +0000
Message-ID: <5f1d7a52-8c5e-4c1c-9a6e-0d3e5c7b9f11@example.com>
In-Reply-To: <2c9c4a3e-1111-4b8c-8f1e-3f5d7e9a1b20@example.org>
References: <2c9c4a3e-1111-4b8c-8f1e-3f5d7e9a1b20@example.org>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit
User-Agent: Example Mail/1.2
X-Mailer-Note: nothing that matters
";

const WORDS: [&str; 16] = [
    "the", "meeting", "was", "opened", "by", "our", "chair", "at", "noon", "and", "everyone", "agreed", "that", "more",
    "tests", "help",
];

fn text_line(random: &mut Random, to: &mut Vec<u8>) {
    // Every tenth line is the empty one between paragraphs.
    if random.below(10) == 0 {
        return;
    }
    let start = to.len();
    while to.len() - start < 66 {
        if to.len() > start {
            to.push(b' ');
        }
        to.extend_from_slice(WORDS[random.below(WORDS.len())].as_bytes());
    }
}

/// A line that ends with a soft line break; `between` stands between sentences.
fn quoted_line(random: &mut Random, to: &mut Vec<u8>, between: &[u8]) {
    let start = to.len();
    while to.len() - start < 64 {
        to.extend_from_slice(WORDS[random.below(WORDS.len())].as_bytes());
        match random.below(12) {
            0 => to.extend_from_slice(b"=C3=A9 "),
            1 => to.extend_from_slice(&[&b"."[..], between].concat()),
            _ => to.push(b' '),
        }
    }
    to.push(b'=');
}

fn html_line(random: &mut Random, to: &mut Vec<u8>) {
    to.extend(std::iter::repeat_n(b' ', 2 * random.below(8)));
    to.extend_from_slice(b"<td class=\"cell\">");
    for _ in 0..random.below(6) {
        to.extend_from_slice(WORDS[random.below(WORDS.len())].as_bytes());
        to.push(b' ');
    }
    to.extend_from_slice(b"</td>");
}

fn changed_line(random: &mut Random, to: &mut Vec<u8>) {
    for _ in 0..10 {
        to.extend_from_slice(WORDS[random.below(WORDS.len())].as_bytes());
        to.extend_from_slice([&b" "[..], b"  ", b"\t", b" \t "][random.below(4)]);
    }
    to.extend_from_slice(b" \t");
}

/// A small generator (Knuth's MMIX constants): the same messages in every run and on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn octet(&mut self, of: &[u8]) -> u8 {
        of[self.below(of.len())]
    }
}
