//! SMTP (RFC 5321) and LMTP (RFC 2033), on both sides.

pub mod capabilities;
pub mod parameters;
pub mod proxy;
pub mod refusal;
pub mod reply;
pub mod reply_reader;

pub use capabilities::{Capabilities, FutureRelease, SessionLimits};
pub use parameters::{
    Body, DeliverBy, DeliverByMode, Hold, MailParameters, Notify, OriginalRecipient, RcptParameters, Ret,
};
pub use refusal::{Cause, Provider, Refusal, classify};
pub use reply::{EnhancedCode, Reply, Severity};
pub use reply_reader::{ReplyError, ReplyReader};
