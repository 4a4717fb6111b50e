//! What a server is told before the first connection: plain data, the same for all sessions.

use std::sync::Arc;

use crate::domain::Domain;
use crate::limits::{
    MAX_HEADER_SIZE, MAX_RECEIVED_FIELDS, MAX_SMTP_AUTH_FAILURES, MAX_SMTP_BAD_COMMANDS, MAX_SMTP_ERRORS,
    MAX_SMTP_IDLE_COMMANDS, MAX_SMTP_MESSAGE, MAX_SMTP_RECIPIENTS, MAX_SMTP_TRANSACTIONS,
};
use crate::smtp::data::{IrregularPolicy, LongLines};
use crate::smtp::sasl;

use crate::network::Network;

/// How a server behaves. The default relays nothing, authenticates nobody, and takes no message: each of that is a
/// decision of the host's, and [`decisions`](Self::decisions) says which it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The server's name, for the greeting and the replies to EHLO (RFC 5321 §4.3.1).
    pub hostname: String,
    /// What the greeting says behind the name and the protocol.
    pub greeting: String,
    /// SMTP or LMTP.
    pub protocol: Protocol,
    /// The domains for whose addresses RCPT is accepted where the host does not decide that, and those to which an
    /// address without a domain (`Postmaster`) belongs.
    pub local_domains: Vec<Domain>,
    /// Whether authenticated clients may send to any domain where the host does not decide on RCPT.
    pub relay_for_authenticated: bool,
    /// The decisions that the host takes.
    pub decisions: Decisions,
    /// The service extensions that are offered.
    pub extensions: Extensions,
    /// When TLS begins and what needs it.
    pub tls: TlsPolicy,
    /// How clients authenticate; `None` offers no AUTH.
    pub auth: Option<Arc<sasl::server::Settings>>,
    /// Whether MAIL needs authentication, as on a submission server (RFC 6409 §4.3).
    pub auth_required: bool,
    /// What becomes of a message with bare CR, bare LF or NUL.
    pub irregular: IrregularPolicy,
    /// What becomes of a message with a line of more than 998 octets.
    pub long_lines: LongLines,
    /// What becomes of clients that talk before it is their turn.
    pub early_talkers: EarlyTalkers,
    /// How much of everything.
    pub limits: Limits,
    /// How long for everything.
    pub timeouts: Timeouts,
    /// The neighbours whose connections begin with a PROXY header. It is expected of them, and never read from others.
    pub proxy_from: Vec<Network>,
    /// The neighbours that may use XCLIENT, and use it again as long as they have not told an address: they split long values so.
    /// Once one has told the client's address, it is the client that speaks, and what counts is whether that address is among
    /// these. Nothing of the neighbour's TLS, certificate and identity is the client's.
    pub xclient_from: Vec<Network>,
    /// Whether [`Event::Trace`](super::Event::Trace) tells every line.
    pub trace: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hostname: "localhost".into(),
            greeting: String::new(),
            protocol: Protocol::Smtp,
            local_domains: Vec::new(),
            relay_for_authenticated: false,
            decisions: Decisions::default(),
            extensions: Extensions::default(),
            tls: TlsPolicy::default(),
            auth: None,
            auth_required: false,
            irregular: IrregularPolicy::default(),
            long_lines: LongLines::default(),
            early_talkers: EarlyTalkers::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            proxy_from: Vec::new(),
            xclient_from: Vec::new(),
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
    /// RFC 2033: LHLO for a greeting, and a reply for each recipient behind the message.
    Lmtp,
}

/// Which decisions the host takes. Of each that it takes it hears by [`Event::Decide`](super::Event::Decide), and the
/// session waits for it. The others are taken as said here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Whether a client is served. Otherwise each is.
    pub connect: bool,
    /// Whether its name in HELO, EHLO or LHLO is good enough. Otherwise each is.
    pub hello: bool,
    /// Whether credentials are right. Otherwise none are.
    pub auth: bool,
    /// Whether a reverse-path is taken. Otherwise each is.
    pub mail: bool,
    /// Whether a recipient is taken. Otherwise those of [`Settings::local_domains`] are.
    pub rcpt: bool,
    /// Whether the message is taken, going by its header section. Otherwise each is.
    pub header: bool,
    /// Whether the host has taken responsibility for the message. Otherwise nobody has, and the reply is 451.
    pub message: bool,
    /// What VRFY says. Otherwise 252.
    pub vrfy: bool,
    /// What EXPN says. Otherwise 252.
    pub expn: bool,
}

impl Decisions {
    /// The host takes them all.
    pub const ALL: Self = Self {
        connect: true,
        hello: true,
        auth: true,
        mail: true,
        rcpt: true,
        header: true,
        message: true,
        vrfy: true,
        expn: true,
    };
}

/// The service extensions that are offered in reply to EHLO or LHLO. What a session can't do is left out of the reply:
/// STARTTLS inside TLS, REQUIRETLS outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extensions {
    /// PIPELINING (RFC 2920).
    pub pipelining: bool,
    /// SIZE (RFC 1870), with [`Limits::message_size`].
    pub size: bool,
    /// 8BITMIME (RFC 6152).
    pub eight_bit_mime: bool,
    /// SMTPUTF8 (RFC 6531), which needs 8BITMIME.
    pub smtputf8: bool,
    /// CHUNKING (RFC 3030).
    pub chunking: bool,
    /// BINARYMIME (RFC 3030 §3), which needs CHUNKING.
    pub binary_mime: bool,
    /// ENHANCEDSTATUSCODES (RFC 2034).
    pub enhanced_status_codes: bool,
    /// DSN (RFC 3461).
    pub dsn: bool,
    /// STARTTLS (RFC 3207). Off by default, since the machine alone can't do it.
    pub starttls: bool,
    /// REQUIRETLS (RFC 8689), inside TLS. Off by default: whoever offers it has to pass it on.
    pub require_tls: bool,
    /// LIMITS (RFC 9422), with [`Limits::recipients`] and [`Limits::transactions`].
    pub limits: bool,
    /// MT-PRIORITY (RFC 6710). Off by default: whoever offers it has to honour it.
    pub mt_priority: bool,
    /// DELIVERBY (RFC 2852), with the least number of seconds that can be asked for. Off by default, likewise.
    pub deliver_by: Option<u32>,
    /// FUTURERELEASE (RFC 4865), with the longest interval in seconds. Off by default, likewise.
    pub future_release: Option<u32>,
    /// Whether VRFY is listed (RFC 5321 §3.5). It is answered in any case.
    pub vrfy: bool,
    /// Whether EXPN is listed. It is answered in any case.
    pub expn: bool,
    /// Whether HELP is listed. It is answered in any case.
    pub help: bool,
}

impl Default for Extensions {
    fn default() -> Self {
        Self {
            pipelining: true,
            size: true,
            eight_bit_mime: true,
            smtputf8: true,
            chunking: true,
            binary_mime: false,
            enhanced_status_codes: true,
            dsn: false,
            starttls: false,
            require_tls: false,
            limits: false,
            mt_priority: false,
            deliver_by: None,
            future_release: None,
            vrfy: false,
            expn: false,
            help: false,
        }
    }
}

impl Extensions {
    /// SMTPUTF8 is not offered without 8BITMIME (RFC 6531 §3.1 item 8).
    pub(super) fn offers_smtputf8(&self) -> bool {
        self.smtputf8 && self.eight_bit_mime
    }

    /// BINARYMIME is not offered without CHUNKING (RFC 3030 §3).
    pub(super) fn offers_binary_mime(&self) -> bool {
        self.binary_mime && self.chunking
    }
}

/// When TLS begins and what needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TlsPolicy {
    /// TLS begins with the connection (RFC 8314 §3), behind the PROXY header if there is one.
    pub implicit: bool,
    /// Nothing but EHLO, NOOP, STARTTLS, RSET, HELP and QUIT is served outside TLS (RFC 3207 §4).
    pub required: bool,
}

/// What becomes of a client that talks before it is its turn: before the greeting, or behind a command that has to be
/// the last of its group (RFC 2920 §3.1): EHLO and its kin, AUTH, DATA, and XCLIENT, behind which there is a greeting again. No
/// regular client does: until the reply to EHLO has come, it does not know that it may pipeline at all. Who does is often a
/// program that was made to speak to us by somebody else, as browsers can be, and never reads what we say.
///
/// What is pipelined behind STARTTLS is dropped in any case. A PROXY header that is expected comes before the greeting by
/// right; what comes behind it in one piece does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EarlyTalkers {
    /// The reply is 554, and the connection closes.
    #[default]
    Refuse,
    /// It is served as if it had waited.
    Serve,
}

/// How much of everything a session may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a message; `None` for any number. What is longer is read to its end and refused.
    pub message_size: Option<u64>,
    /// Octets of a message's header section.
    pub header_size: usize,
    /// `Received` fields at which a message is taken to be looping (RFC 5321 §6.3).
    pub received_fields: usize,
    /// Recipients of a message (at least 100: RFC 5321 §4.5.3.1.8).
    pub recipients: usize,
    /// Messages begun in a session.
    pub transactions: u32,
    /// Commands that are unknown, malformed or out of order, in a session.
    pub bad_commands: u32,
    /// Refusals of any kind in a session.
    pub errors: u32,
    /// Commands since the last message that move nothing: NOOP, RSET, HELP, VRFY, EXPN, EHLO again.
    pub idle_commands: u32,
    /// Failures of authentication in a session.
    pub auth_failures: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_size: Some(MAX_SMTP_MESSAGE),
            header_size: MAX_HEADER_SIZE,
            received_fields: MAX_RECEIVED_FIELDS,
            recipients: MAX_SMTP_RECIPIENTS,
            transactions: MAX_SMTP_TRANSACTIONS,
            bad_commands: MAX_SMTP_BAD_COMMANDS,
            errors: MAX_SMTP_ERRORS,
            idle_commands: MAX_SMTP_IDLE_COMMANDS,
            auth_failures: MAX_SMTP_AUTH_FAILURES,
        }
    }
}

/// How long the server waits, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a whole command line, a line of authentication, a handshake, and the PROXY header: five minutes
    /// (RFC 5321 §4.5.3.2.7).
    pub command: u64,
    /// For more of a message: five minutes, by the same section.
    pub content: u64,
    /// For a decision of the host's. A client waits five minutes for the reply (RFC 5321 §4.5.3.2), so four.
    pub decision: u64,
    /// For the decision on a whole message. A client waits ten minutes (RFC 5321 §4.5.3.2.6), so nine.
    pub message_decision: u64,
    /// For the session: an hour.
    pub session: u64,
    /// How long a greeting is held back, to see who talks early.
    pub greeting_delay: u64,
    /// How long the reply to the first failure of authentication is held back: a second. It doubles with each, up to
    /// half a minute.
    pub auth_delay: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        const MINUTE: u64 = 60_000;
        Self {
            command: 5 * MINUTE,
            content: 5 * MINUTE,
            decision: 4 * MINUTE,
            message_decision: 9 * MINUTE,
            session: 60 * MINUTE,
            greeting_delay: 0,
            auth_delay: 1000,
        }
    }
}
