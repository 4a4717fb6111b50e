//! The function `face`.

use passerelle::message::{Face, Header};
use wasm_bindgen::prelude::wasm_bindgen;

/// What a message shows of itself, as JSON. Its header section is enough.
#[must_use]
#[wasm_bindgen(skip_typescript)]
pub fn face(message: &[u8]) -> String {
    Face::of(&Header::split(message).0).to_json()
}
