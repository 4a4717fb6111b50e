//! SMTP (RFC 5321) and LMTP (RFC 2033), on both sides.

pub mod parameters;
pub mod reply;
pub mod sasl;

pub use parameters::{
    Body, DeliverBy, DeliverByMode, Hold, MailParameters, Notify, OriginalRecipient, RcptParameters, Ret,
};
pub use reply::{EnhancedCode, Reply, Severity};
