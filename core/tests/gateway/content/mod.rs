//! What is changed on a message.

mod footers;
mod footers_left;
mod headers;
mod keys;
mod properties;
mod signatures;
mod world;
