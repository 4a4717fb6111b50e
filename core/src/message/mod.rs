//! A message: header fields and body, without loss.

mod author;
mod edit;
mod header;
mod line_endings;
mod readings;
mod received;
mod singular;
mod unfold;

pub use author::{Author, AuthorError, author};
pub use edit::EditError;
pub use header::{Field, Header, HeaderLimit, HeaderReader};
pub use line_endings::{LineEndings, MessageFile, Normalized, normalize_line_endings};
pub use received::{Envelope, envelope};
pub use singular::{SingularCounts, SingularField};
pub use unfold::unfold;
