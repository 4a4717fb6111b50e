//! Where mail goes next, and under which security.

mod security;
