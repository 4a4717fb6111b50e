//! A message: header fields and body, without loss.

mod header;

pub use header::{Field, Header, HeaderReader};
