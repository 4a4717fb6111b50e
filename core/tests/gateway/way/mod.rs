//! The way out: dialogues with several hosts as texts, which `play` plays in chunks of several sizes.

pub(crate) mod far;
pub(crate) mod play;

mod attempts;
mod content;
mod hostile;
mod hosts;
mod kept;
mod recipients;
mod times;
mod tls;
