//! Where mail goes next, and under which security.

pub mod security;
