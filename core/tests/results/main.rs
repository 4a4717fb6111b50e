//! `Authentication-Results` and iprev.

mod forgeries;
mod iprev;
mod provider;
mod real_fields;
mod round_trip;
#[path = "../support/mod.rs"]
mod support;
