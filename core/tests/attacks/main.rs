//! Attacks, a family a file, against whole verifications: what the report says in the end is what counts.
//!
//! `README.md` here lists which fault of which other implementation each test stands for.

mod algorithms;
mod amplification;
mod bounds;
mod composition;
mod dns_lies;
mod forged_results;
mod homographs;
mod keys;
mod readme;
mod replay;
mod uncertain_author;
mod world;
