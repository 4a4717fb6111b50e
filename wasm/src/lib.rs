//! Passerelle for JavaScript: the classes that the npm package's own modules (`wasm/js`) are written on.
//!
//! This crate only translates. What JavaScript hands in is checked and turned into the engine's types; what the
//! engine puts out becomes plain objects. Nothing here decides anything, keeps a clock or does any I/O, and what is
//! wrong with an argument is thrown as an `Error` whose message says what would be right.

mod answer;
mod envelope;
mod face;
mod file;
mod transcript;
mod value;
mod verification;

pub use answer::{decode_response, encode_query};
pub use face::face;
pub use file::{extract, from_file, recognize};
pub use transcript::Transcript;
pub use verification::Verification;
