//! Where mail goes next, and under which security.

mod dane;
mod hops;
mod mta_sts;
mod mx;
mod properties;
mod security;
mod world;
