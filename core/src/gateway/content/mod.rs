//! What is changed on a message: pure functions over its header section and its body.

pub mod keys;
