//! SMTP (RFC 5321) and LMTP (RFC 2033), on both sides.

pub mod capabilities;

pub mod client;
pub mod command;
pub mod data;
pub mod line;
pub mod parameters;
pub mod proxy;
pub mod refusal;
pub mod reply;
pub mod reply_reader;
pub mod sasl;
pub mod server;
pub mod xtext;

pub use capabilities::{Capabilities, FutureRelease, SessionLimits};
pub use command::{ClientName, Command, CommandError};
pub use line::{Irregularity, Line, LineReader};
pub use parameters::{
    Body, DeliverBy, DeliverByMode, Hold, MailParameters, Notify, OriginalRecipient, RcptParameters, Ret,
};
pub use refusal::{Cause, Context as RefusalContext, Pasted, Provider, Refusal, classify};
pub use reply::{EnhancedCode, Reply, Severity};
pub use reply_reader::{ReplyError, ReplyReader};
