//! What is changed on a message: pure functions over its header section and its body.

pub mod footer;
pub mod header;
pub mod keys;
pub mod rewrite;
pub mod signing;
pub mod submitted;
