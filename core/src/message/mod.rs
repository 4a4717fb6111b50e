//! A message: header fields and body, without loss.

mod author;
mod candidates;
mod date;
mod edit;
mod eight_bit;
mod encoded_word;
mod extract;
mod face;
mod file_kind;
mod header;
mod hop;
mod line_endings;
mod mbox;
mod readings;
mod received;
mod recognize;
mod scan;
mod singular;
mod unfold;

pub use author::{Author, AuthorError, Authorship, author, authorship};
pub use candidates::Candidates;
pub use edit::EditError;
pub use extract::{Carried, Extraction, carried};
pub use face::{Face, ShownAddresses, ShownDate, ShownList, ShownMailbox};
pub use file_kind::FileKind;
pub use header::{Field, Header, HeaderLimit, HeaderReader};
pub use hop::Hop;
#[cfg(feature = "tls")]
pub(crate) use hop::received_by;
pub use line_endings::{LineEndings, MessageFile, Normalized, normalize_line_endings};
pub use mbox::Mbox;
pub(crate) use received::{Client, client, has_from_clause, return_path};
pub use recognize::{Recognized, recognize};
pub use singular::{SingularCounts, SingularField};
pub use unfold::unfold;
