//! The whole of a verification: one report from one message, whatever the chunks and the order of answers.

#[cfg(feature = "psl")]
mod alignment;
mod both_standards;
mod invariance;
mod report;
mod world;
