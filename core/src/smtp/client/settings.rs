//! How a client behaves; the same for all connections of a kind.

use crate::limits::CHUNK_SIZE;
use crate::mailbox::Host;
use crate::smtp::data::{EncodePolicy, LongLines};

/// How a [`Client`](super::Client) behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our name for EHLO, LHLO and HELO: a domain, or an address literal where there is none (RFC 5321 §4.1.4).
    pub name: Host,
    /// SMTP or LMTP.
    pub protocol: Protocol,
    /// Whether and how TLS comes in.
    pub tls: Tls,
    /// What is done about bare CR and bare LF in a message. A NUL is always refused.
    pub irregular: EncodePolicy,
    /// What becomes of a message with long lines. It is the server's setting, too; they pass by default, octet for octet.
    pub long_lines: LongLines,
    /// Whether commands are sent in groups where the server offers PIPELINING (RFC 2920).
    pub pipelining: bool,
    /// Whether BDAT is used instead of DATA where the server offers CHUNKING (RFC 3030). A binary message needs it.
    pub chunking: bool,
    /// Octets in one chunk of BDAT, the last one aside. So much is held in memory. 0 counts as 1.
    pub chunk_size: usize,
    /// How long the client waits.
    pub timeouts: Timeouts,
    /// Whether [`Event::Trace`](super::Event::Trace) tells every line.
    pub trace: bool,
}

impl Settings {
    /// A client of this name: SMTP, in clear text, what is irregular refused.
    pub fn new(name: impl Into<Host>) -> Self {
        Self {
            name: name.into(),
            protocol: Protocol::Smtp,
            tls: Tls::Off,
            irregular: EncodePolicy::Refuse,
            long_lines: LongLines::default(),
            pipelining: true,
            chunking: true,
            chunk_size: CHUNK_SIZE,
            timeouts: Timeouts::default(),
            trace: false,
        }
    }
}

/// What is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 5321.
    #[default]
    Smtp,
    /// RFC 2033: LHLO, and at the end of a message one reply for each recipient.
    Lmtp,
}

/// Whether and how TLS comes in.
///
/// What the server's certificate has to stand up to is a setting of the TLS around the machine, and that one has the last word:
/// where it asks for a verification, or for TLS at all, [`Layer`](crate::tls::Layer) says so
/// ([`Converse::require_tls`](crate::tls::Converse::require_tls)), and both [`Off`](Self::Off) and
/// [`OPPORTUNISTIC`](Self::OPPORTUNISTIC) are as [`REQUIRED`](Self::REQUIRED). So no one who strips STARTTLS from the reply to EHLO
/// gets a message in clear text that was meant for a verified server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Clear text, whatever the server offers.
    #[default]
    Off,
    /// From the first octet (RFC 8314 §3).
    Implicit,
    /// By STARTTLS (RFC 3207).
    StartTls {
        /// Where the server does not offer it.
        not_offered: Without,
        /// Where the server offers it and then refuses.
        refused: Without,
    },
}

impl Tls {
    /// STARTTLS, or nothing.
    pub const REQUIRED: Self = Self::StartTls { not_offered: Without::Fail, refused: Without::Fail };
    /// STARTTLS where it can be had (RFC 7435).
    pub const OPPORTUNISTIC: Self = Self::StartTls { not_offered: Without::GoOn, refused: Without::GoOn };
}

/// What follows when there is no TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// The connection is given up.
    Fail,
    /// It goes on in clear text.
    GoOn,
}

/// How long the client waits for each thing, in milliseconds. The defaults are those of RFC 5321 §4.5.3.2, and ours where
/// it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the greeting (§4.5.3.2.1).
    pub greeting: u64,
    /// For the reply to EHLO, LHLO or HELO. Ours, as for MAIL.
    pub hello: u64,
    /// For the reply to STARTTLS, and then for the handshake. Ours.
    pub starttls: u64,
    /// For each reply of an AUTH exchange (RFC 4954 §4 asks servers for three minutes at least).
    pub auth: u64,
    /// For the reply to MAIL (§4.5.3.2.2).
    pub mail: u64,
    /// For the reply to RCPT (§4.5.3.2.3).
    pub rcpt: u64,
    /// For the reply to DATA (§4.5.3.2.4).
    pub data: u64,
    /// Between two pieces of content, whether the host has none or the server takes none (§4.5.3.2.5), and for the reply to
    /// a chunk that is not the last.
    pub content: u64,
    /// For the reply to the end of the message (§4.5.3.2.6).
    pub end_of_data: u64,
    /// For the reply to RSET. Ours, as for MAIL.
    pub reset: u64,
    /// For the reply to QUIT. Ours: nothing depends on it.
    pub quit: u64,
    /// For the connection as a whole, if it has a limit.
    pub session: Option<u64>,
}

impl Default for Timeouts {
    fn default() -> Self {
        const MINUTE: u64 = 60_000;
        Self {
            greeting: 5 * MINUTE,
            hello: 5 * MINUTE,
            starttls: 2 * MINUTE,
            auth: 3 * MINUTE,
            mail: 5 * MINUTE,
            rcpt: 5 * MINUTE,
            data: 2 * MINUTE,
            content: 3 * MINUTE,
            end_of_data: 10 * MINUTE,
            reset: 5 * MINUTE,
            quit: MINUTE / 2,
            session: None,
        }
    }
}
