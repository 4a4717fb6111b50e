//! The whole of a verification: one report from one message, whatever the chunks and the order of answers.

mod invariance;
mod report;
mod world;
