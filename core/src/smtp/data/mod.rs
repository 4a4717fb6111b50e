//! The content of a message on its way: the DATA command's encoding in both directions (RFC 5321 §4.1.1.4, §4.5.2), and what
//! goes into the chunks of BDAT (RFC 3030).
//!
//! Exactly one sequence ends a message: CRLF, a dot, CRLF, the first CRLF being that of the line before, or none where the message
//! is empty. Nothing that merely looks like it does, in whatever way the octets are split into calls, and whatever the policy
//! for irregular octets.
//!
#![doc = include_str!("decoder.md")]

mod decode;
mod encode;
mod lines;
mod scan;
#[cfg(test)]
mod table;

pub use decode::{DataDecoder, DataEnd, DecodePolicy, IrregularPolicy, Progress};
pub use encode::{BdatEncoder, DataEncoder, EncodePolicy};
pub use lines::{LineMeter, LongLine, LongLines};
