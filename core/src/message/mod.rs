//! A message: header fields and body, without loss.

mod author;
mod edit;
mod extract;
mod file_kind;
mod header;
mod line_endings;
mod mbox;
mod readings;
mod received;
mod recognize;
mod singular;
mod unfold;

pub use author::{Author, AuthorError, author};
pub use edit::EditError;
pub use extract::{Carried, Extraction, carried};
pub use file_kind::FileKind;
pub use header::{Field, Header, HeaderLimit, HeaderReader};
pub use line_endings::{LineEndings, MessageFile, Normalized, normalize_line_endings};
pub use mbox::Mbox;
pub use received::{Envelope, envelope};
pub use recognize::{Recognized, recognize};
pub use singular::{SingularCounts, SingularField};
pub use unfold::unfold;
