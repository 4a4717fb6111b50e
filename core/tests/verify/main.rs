//! The whole of a verification: one report from one message, whatever the chunks and the order of answers.

mod alignment;
#[cfg(feature = "psl")]
mod both_standards;
mod derived;
mod early;
mod host;
mod invariance;
mod paths;
mod report;
mod trail;
mod world;
