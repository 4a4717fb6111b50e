//! What a client may say of a message and of a recipient beside their addresses: the parameters of MAIL and RCPT.

use crate::mailbox::Mailbox;
use crate::time::UnixTime;

/// The parameters of MAIL (RFC 5321 §4.1.1.11).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// `SIZE=`: octets of the message, as the client estimates them (RFC 1870 §6).
    pub size: Option<u64>,
    /// `BODY=`: what the message consists of (RFC 6152 §3, RFC 3030 §3).
    pub body: Option<Body>,
    /// `SMTPUTF8`: addresses or header fields have UTF-8 (RFC 6531 §3.4).
    pub smtputf8: bool,
    /// `REQUIRETLS`: no hop without TLS and a verified server (RFC 8689 §2).
    pub require_tls: bool,
    /// `RET=`: what a delivery status notification returns (RFC 3461 §4.3).
    pub ret: Option<Ret>,
    /// `ENVID=`, decoded: the sender's name for the transaction (RFC 3461 §4.4).
    pub envelope_id: Option<String>,
    /// `AUTH=`: who submitted the message first, `Some(None)` being `<>` (RFC 4954 §5).
    pub auth: Option<Option<Mailbox>>,
    /// `MT-PRIORITY=`, from -9 to 9 (RFC 6710 §4.1).
    pub priority: Option<i8>,
    /// `BY=`: when it has to be there (RFC 2852 §4).
    pub deliver_by: Option<DeliverBy>,
    /// `HOLDFOR=` or `HOLDUNTIL=`: when to send it on (RFC 4865 §4).
    pub hold: Option<Hold>,
}

/// The parameters of RCPT (RFC 5321 §4.1.1.11).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RcptParameters {
    /// `NOTIFY=`: when the sender wants to hear of it (RFC 3461 §4.1).
    pub notify: Option<Notify>,
    /// `ORCPT=`: the recipient that the sender named (RFC 3461 §4.2).
    pub original: Option<OriginalRecipient>,
}

/// What a message consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// `7BIT`: lines of US-ASCII.
    SevenBit,
    /// `8BITMIME`: lines with octets above 127.
    EightBitMime,
    /// `BINARYMIME`: any octets, without lines; by BDAT only.
    BinaryMime,
}

/// What a delivery status notification returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ret {
    /// `FULL`: the message.
    Full,
    /// `HDRS`: its header section.
    Headers,
}

/// When the sender wants a delivery status notification. All false is `NEVER`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// `SUCCESS`.
    pub success: bool,
    /// `FAILURE`.
    pub failure: bool,
    /// `DELAY`.
    pub delay: bool,
}

/// The recipient that the sender named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalRecipient {
    /// The type of address, as registered: `rfc822`, `utf-8`.
    pub address_type: String,
    /// The address, decoded.
    pub address: String,
}

/// When a message has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliverBy {
    /// Seconds from now, of at most nine digits; negative when the time has passed already.
    pub seconds: i64,
    /// What to do when it is too late.
    pub mode: DeliverByMode,
    /// `T`: tell of every relay.
    pub trace: bool,
}

/// What to do with a message that comes too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliverByMode {
    /// `R`: return it.
    Return,
    /// `N`: deliver it and notify the sender.
    Notify,
}

/// When to send a message on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// `HOLDFOR=`: after so many seconds.
    For(u64),
    /// `HOLDUNTIL=`: at this moment.
    Until(UnixTime),
}
