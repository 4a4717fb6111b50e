//! A host that does what the documentation of each of the client's events says, and a server that says anything, in clear text and
//! inside the TLS layer: what the server says is never the host's misuse.
#![no_main]

#[path = "../../core/tests/smtp_client/host.rs"]
#[allow(dead_code)]
mod host;

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use host::{Host, Policy, Step};
use passerelle::Now;
use passerelle::tls::{ClientTls, End, ServerTls, Verification};
use passerelle_fuzz::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Dialogue {
    policy: u64,
    /// Whether the server's TLS is ours, and on the wire; else the host has its own.
    in_tls: bool,
    happenings: Vec<Happening>,
}

#[derive(Arbitrary, Debug)]
enum Happening {
    /// The server says what a server says, one reply behind the other in one piece.
    Replies(Vec<u8>),
    Says(Vec<u8>),
    /// It says so, and then begins TLS.
    BeginsTls(Vec<u8>),
    Wire(Vec<u8>),
    Later(u32),
    End(u8),
}

/// What servers say, well or badly.
const REPLIES: [&str; 16] = [
    "220 mx\r\n",
    "250-mx\r\n250-PIPELINING\r\n250-AUTH PLAIN SCRAM-SHA-256\r\n250-STARTTLS\r\n250 SIZE\r\n",
    "250-mx\r\n250-CHUNKING\r\n250 8BITMIME\r\n",
    "250 ok\r\n",
    "250 ok\r\n250 ok\r\n354 go on\r\n",
    "354 go on\r\n",
    "235 ok\r\n",
    "334 \r\n",
    "221 bye\r\n",
    "421 4.4.2 timeout\r\n",
    "450 later\r\n",
    "454 4.7.0 no\r\n",
    "502 no\r\n",
    "550 5.7.1 no\r\n",
    "250-half",
    "250 bare\n",
];

impl From<Happening> for Step {
    fn from(happening: Happening) -> Self {
        match happening {
            Happening::Replies(choice) => {
                let replies = choice.iter().take(8).map(|octet| REPLIES[usize::from(octet % 16)]);
                Self::Say(replies.collect::<String>().into_bytes())
            }
            Happening::Says(octets) => Self::Say(octets),
            Happening::BeginsTls(before) if before.is_empty() => Self::BeginTls(b"220 go on\r\n".to_vec()),
            Happening::BeginsTls(before) => Self::BeginTls(before),
            Happening::Wire(octets) => Self::Wire(octets),
            Happening::Later(millis) => Self::Later(u64::from(millis)),
            Happening::End(how) => Self::End([End::Orderly, End::Cut, End::TlsFailed][usize::from(how % 3)]),
        }
    }
}

static SERVER: LazyLock<ServerTls> = LazyLock::new(|| {
    let (chain, key) = (include_bytes!("../certificates/certificate.pem"), include_bytes!("../certificates/key.pem"));
    ServerTls::from_pem(chain, key).expect("a certificate and its key")
});
static CLIENT: LazyLock<ClientTls> = LazyLock::new(|| ClientTls::new(Verification::None));

fuzz_target!(|dialogue: Dialogue| {
    let (policy, now) = (Policy::of(dialogue.policy), Now::at(1_800_000_000));
    let steps: Vec<Step> = dialogue.happenings.into_iter().take(40).map(Step::from).collect();
    let played = match dialogue.in_tls {
        true => Host::in_tls(policy, &CLIENT, &SERVER, now).run(&steps),
        false => Host::bare(policy, now).run(&steps),
    };
    assert!(played.is_ok(), "{played:?}: {policy:?}");
});
