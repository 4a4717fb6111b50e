//! DMARC by RFC 7489 with the public suffix list, and where it differs from RFC 9989.

mod differences;
mod discovery;
mod mox_strings;
mod properties;
mod suffixes;
mod world;
