//! Where mail goes next, and under which security.

mod dane;
mod mta_sts;
mod security;
mod world;
